/* post_body.c - where the body of a meow stands in a POST: query string, form or JSON (RFC 8259). */
#include "server/http/post_body.h"

#include "base/utf8.h"
#include "server/http/parameters.h"
#include <cjson/cJSON.h>

static int refuse(const char **detail, const char *why)
{
    *detail = why;
    return 400;
}

static int find_in_parameters(struct slice parameters, char *out, size_t size, size_t *len, const char **detail)
{
    switch (parameter_get(parameters, "body", out, size, len)) {
    case PARAMETER_FOUND:
        return 200;
    case PARAMETER_MALFORMED:
        return refuse(detail, "the body must be percent-encoded");
    default:
        return refuse(detail,
                      "there is no body: send it as a query parameter, a form field or JSON {\"body\":\"...\"}");
    }
}

/* cJSON accepts bytes that are no UTF-8 and control characters in strings, and it cuts a string at \u0000: all that is
 * refused here. */
static bool is_strict_json_text(struct slice text)
{
    bool in_string = false;
    if (!utf8_is_valid(text.text, text.len)) {
        return false;
    }
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.text[i];
        if (in_string && c == '\\') {
            if (text.len - i >= 6 && memcmp(text.text + i + 1, "u0000", 5) == 0) {
                return false;
            }
            i++;
        } else if (c == '"') {
            in_string = !in_string;
        } else if (c < 0x20 && (in_string || (c != '\t' && c != '\n' && c != '\r'))) {
            return false;
        }
    }
    return true;
}

/* The only member "body" of the document, or NULL. */
static const char *only_body(const cJSON *document)
{
    const cJSON *member, *body = NULL;
    if (!cJSON_IsObject(document)) {
        return NULL;
    }
    cJSON_ArrayForEach(member, document)
    {
        if (strcmp(member->string, "body") != 0) {
            continue;
        }
        if (body != NULL) {
            return NULL;
        }
        body = member;
    }
    return cJSON_GetStringValue(body);
}

static int find_in_json(struct slice text, char *out, size_t size, size_t *len, const char **detail)
{
    const char *end = NULL;
    if (!is_strict_json_text(text)) {
        return refuse(detail, "the content must be JSON in UTF-8, without control characters");
    }
    cJSON *document = cJSON_ParseWithLengthOpts(text.text, text.len, &end, 0);
    while (document != NULL && end < text.text + text.len && strchr(" \t\r\n", *end) != NULL) {
        end++;
    }
    const char *body = document != NULL && end == text.text + text.len ? only_body(document) : NULL;
    int status = 200;
    if (body == NULL || strlen(body) >= size) {
        status = refuse(detail, "the content must be one JSON object with one text \"body\"");
    } else {
        memcpy(out, body, (*len = strlen(body)) + 1);
    }
    cJSON_Delete(document);
    return status;
}

/* Without parameters such as charset. */
static struct slice media_type_of(const struct request *request)
{
    struct slice list = request->fields[REQUEST_CONTENT_TYPE], type = {"", 0};
    slice_next(&list, ';', &type);
    return type;
}

int post_body_find(const struct request *request, char *out, size_t size, size_t *len, const char **detail)
{
    struct slice type = media_type_of(request);
    enum parameter_result in_query = parameter_get(request->query, "body", out, size, len);
    if (in_query == PARAMETER_FOUND) {
        return 200;
    }
    if (in_query == PARAMETER_MALFORMED) {
        return refuse(detail, "the body must be percent-encoded");
    }
    if (request->content_len == 0) {
        return refuse(detail,
                      "there is no body: send it as a query parameter, a form field or JSON {\"body\":\"...\"}");
    }
    if (slice_equals_nocase(type, "application/x-www-form-urlencoded")) {
        return find_in_parameters(request->content, out, size, len, detail);
    }
    if (slice_equals_nocase(type, "application/json")) {
        return find_in_json(request->content, out, size, len, detail);
    }
    *detail = "Content-Type must be application/x-www-form-urlencoded or application/json";
    return 415;
}
