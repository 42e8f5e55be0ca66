/* post_labels.c - see post_labels.h. */
#include "server/http/post_labels.h"

#include "server/http/parameters.h"
#include <cjson/cJSON.h>
#include <meower/backend.h>

#define PREFIX     "label."
#define PREFIX_LEN (sizeof(PREFIX) - 1)
#define NAME_SIZE  (PREFIX_LEN + MEOWER_LABEL_KEY_MAX + 2) /* decoded; one more than is right, to be refused by name */
#define VALUE_SIZE (4 * (MEOWER_LABEL_VALUE_MAX + 1) + 1)  /* the same */

static bool refuse(meower_error *error, const char *why)
{
    meower_error_set(error, MEOWER_ERROR_INVALID, 0, 0, "%s", why);
    return false;
}

static bool add(struct labels_buffer *labels, const char *key, size_t key_len, const char *value, size_t value_len,
                meower_error *error)
{
    return labels_buffer_add(labels, key, key_len, value, value_len) ||
           refuse(error, "there are more labels than a meow may have, which is 16, or longer ones");
}

/* ---- label.KEY=VALUE -------------------------------------------------------------------------------------------- */

/* Whether a name that cannot be decoded was meant for a label. */
static bool begins_as_label(struct slice name)
{
    return name.len >= PREFIX_LEN && memcmp(name.text, PREFIX, PREFIX_LEN) == 0;
}

static bool add_parameters(struct slice parameters, struct labels_buffer *labels, meower_error *error)
{
    char name[NAME_SIZE], value[VALUE_SIZE];
    struct slice encoded_name, encoded_value;
    while (parameter_next(&parameters, &encoded_name, &encoded_value)) {
        size_t name_len, value_len;
        bool is_name = percent_decode(encoded_name, true, name, sizeof(name), &name_len);
        if (!is_name && begins_as_label(encoded_name)) {
            return refuse(error, "the key of a label is too long or badly encoded; it has 1 to 32 characters");
        }
        if (!is_name || name_len < PREFIX_LEN || memcmp(name, PREFIX, PREFIX_LEN) != 0) {
            continue;
        }
        if (!percent_decode(encoded_value, true, value, sizeof(value), &value_len)) {
            return refuse(error, "the value of a label is too long or badly encoded; it has 1 to 128 characters");
        }
        if (!add(labels, name + PREFIX_LEN, name_len - PREFIX_LEN, value, value_len, error)) {
            return false;
        }
    }
    return true;
}

/* ---- "labels" in JSON ------------------------------------------------------------------------------------------- */

static bool add_text(const cJSON *text, const char *key, struct labels_buffer *labels, meower_error *error)
{
    const char *value = cJSON_GetStringValue(text);
    if (value == NULL) {
        return refuse(error, "\"labels\" must be an object; each of its members is a text or an array of texts");
    }
    return add(labels, key, strlen(key), value, strlen(value), error);
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
        if (found != NULL || !cJSON_IsObject(member)) {
            return refuse(error, "there must be one \"labels\" at most, and it must be an object");
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
    if (!add_parameters(request->query, labels, error)) {
        return false;
    }
    slice_next(&list, ';', &type);
    if (request->content_len > 0 && !has_body_in_query(request)) {
        is_right = slice_equals_nocase(type, "application/json") ? add_json(request->content, labels, error)
                                                                 : add_parameters(request->content, labels, error);
    }
    return is_right && meower_labels_check(labels->labels, labels->count, error) == MEOWER_OK;
}
