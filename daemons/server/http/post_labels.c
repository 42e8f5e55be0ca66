/* post_labels.c - see post_labels.h. */
#include "server/http/post_labels.h"

#include "server/http/label_parameters.h"
#include "server/http/parameters.h"
#include <cjson/cJSON.h>
#include <meower/backend.h>

static bool refuse(meower_error *error, const char *why)
{
    meower_error_set(error, MEOWER_ERROR_INVALID, 0, 0, "%s", why);
    return false;
}

/* ---- "labels" in JSON ------------------------------------------------------------------------------------------- */

static bool add_text(const cJSON *text, const char *key, struct labels_buffer *labels, meower_error *error)
{
    const char *value = cJSON_GetStringValue(text);
    if (value == NULL) {
        return refuse(error, "\"labels\" must be an object; each of its members is a text or an array of texts");
    }
    return label_add(labels, key, strlen(key), value, strlen(value), error);
}

/* A member of "labels" has one value or several. */
static bool add_key(const cJSON *member, struct labels_buffer *labels, meower_error *error)
{
    const cJSON *element;
    if (!cJSON_IsArray(member)) {
        return add_text(member, member->string, labels, error);
    }
    cJSON_ArrayForEach(element, member)
    {
        if (!add_text(element, member->string, labels, error)) {
            return false;
        }
    }
    return true;
}

static bool add_document(const cJSON *document, struct labels_buffer *labels, meower_error *error)
{
    const cJSON *member, *key, *found = NULL;
    cJSON_ArrayForEach(member, document)
    {
        if (strcmp(member->string, "labels") != 0) {
            continue;
        }
        if (found != NULL) {
            return refuse(error, "\"labels\" is there twice; one object may have all labels");
        }
        if (!cJSON_IsObject(member)) {
            return refuse(error,
                          "\"labels\" must be an object, such as {\"room\":\"garden\",\"tag\":[\"cats\",\"naps\"]}");
        }
        found = member;
    }
    if (found == NULL) {
        return true;
    }
    cJSON_ArrayForEach(key, found)
    {
        if (!add_key(key, labels, error)) {
            return false;
        }
    }
    return true;
}

/* Most posts have none, and need no second look: the name stands there as it is, or with an escape in it. */
static bool may_have_labels(struct slice json)
{
    return memmem(json.text, json.len, "labels", strlen("labels")) != NULL || memchr(json.text, '\\', json.len) != NULL;
}

static bool add_json(struct slice json, struct labels_buffer *labels, meower_error *error)
{
    if (!may_have_labels(json)) {
        return true;
    }
    cJSON *document = cJSON_ParseWithLength(json.text, json.len);
    bool is_right =
        document != NULL ? add_document(document, labels, error) : refuse(error, "no memory for the labels");
    cJSON_Delete(document);
    return is_right;
}

/* ---- a request -------------------------------------------------------------------------------------------------- */

static bool has_body_in_query(const struct request *request)
{
    char text[1];
    size_t len;
    return parameter_get(request->query, "body", text, sizeof(text), &len) != PARAMETER_ABSENT;
}

bool post_labels_find(const struct request *request, struct labels_buffer *labels, meower_error *error)
{
    struct slice list = request->fields[REQUEST_CONTENT_TYPE], type = {"", 0};
    bool is_right = true;
    labels->count = 0;
    labels->len = 0;
    if (!label_parameters_add(request->query, labels, error)) {
        return false;
    }
    slice_next(&list, ';', &type);
    if (request->content_len > 0 && !has_body_in_query(request)) {
        is_right = slice_equals_nocase(type, "application/json")
                       ? add_json(request->content, labels, error)
                       : label_parameters_add(request->content, labels, error);
    }
    return is_right && meower_labels_check(labels->labels, labels->count, error) == MEOWER_OK;
}
