/* request.c - the strict gate: HTTP/1.1 as RFC 9112 has it, or a refusal. */
#include "server/http/request.h"

#include <stdint.h>

#define NAME(text)                                                                                                     \
    {                                                                                                                  \
        text, sizeof(text) - 1                                                                                         \
    }

static const struct {
    struct slice name;
    enum request_field field;
} field_names[] = {
    {NAME("Host"), REQUEST_HOST},
    {NAME("Content-Length"), REQUEST_CONTENT_LENGTH},
    {NAME("Content-Type"), REQUEST_CONTENT_TYPE},
    {NAME("Authorization"), REQUEST_AUTHORIZATION},
    {NAME("Idempotency-Key"), REQUEST_IDEMPOTENCY_KEY},
    {NAME("Meower-Cursor"), REQUEST_MEOWER_CURSOR},
    {NAME("Last-Event-ID"), REQUEST_LAST_EVENT_ID},
    {NAME("Origin"), REQUEST_ORIGIN},
    {NAME("Sec-WebSocket-Key"), REQUEST_WEBSOCKET_KEY},
    {NAME("Sec-WebSocket-Version"), REQUEST_WEBSOCKET_VERSION},
    {NAME("Expect"), REQUEST_EXPECT},
};

static const struct {
    struct slice name;
    enum request_list_field field;
} list_names[] = {
    {NAME("If-None-Match"), REQUEST_IF_NONE_MATCH},
    {NAME("Accept-Encoding"), REQUEST_ACCEPT_ENCODING},
    {NAME("Upgrade"), REQUEST_UPGRADE},
};

static const struct {
    const char *name;
    enum request_method method;
} method_names[] = {
    {"GET", REQUEST_GET},       {"HEAD", REQUEST_HEAD},       {"POST", REQUEST_POST},
    {"DELETE", REQUEST_DELETE}, {"OPTIONS", REQUEST_OPTIONS},
};

static bool refuse(struct request_refusal *refusal, int status, const char *detail)
{
    *refusal = (struct request_refusal){status, detail};
    return false;
}

static bool is_letter_or_digit(unsigned char c)
{
    return (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z');
}

/* RFC 9110, 5.6.2: tchar. */
static bool is_token_character(unsigned char c)
{
    return is_letter_or_digit(c) || (c != 0 && strchr("!#$%&'*+-.^_`|~", c) != NULL);
}

static bool is_hexadecimal(unsigned char c)
{
    return (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'f');
}

static bool is_token(struct slice text)
{
    for (size_t i = 0; i < text.len; i++) {
        if (!is_token_character((unsigned char)text.text[i])) {
            return false;
        }
    }
    return text.len > 0;
}

/* RFC 9110, 5.5: visible characters, spaces, tabs and obs-text; neither NUL nor any other control character. */
static bool is_field_value(struct slice value)
{
    for (size_t i = 0; i < value.len; i++) {
        unsigned char c = (unsigned char)value.text[i];
        if ((c < 0x20 && c != '\t') || c == 0x7f) {
            return false;
        }
    }
    return true;
}

/* Visible ASCII without '#', each '%' followed by two hexadecimal digits. */
static bool check_target(struct slice target, struct request_refusal *refusal)
{
    for (size_t i = 0; i < target.len; i++) {
        unsigned char c = (unsigned char)target.text[i];
        if (c <= 0x20 || c >= 0x7f || c == '#') {
            return refuse(refusal, 400, "the request target has a character that must be percent-encoded");
        }
        if (c == '%' && (target.len - i < 3 || !is_hexadecimal((unsigned char)target.text[i + 1]) ||
                         !is_hexadecimal((unsigned char)target.text[i + 2]))) {
            return refuse(refusal, 400, "a '%' in the request target must be followed by two hexadecimal digits");
        }
    }
    return true;
}

/* Takes "/path?query", or "*" of OPTIONS, or the path out of "http://host/path" (RFC 9112, 3.2). */
static bool parse_target(struct slice target, struct request *request, struct request_refusal *refusal)
{
    if (!check_target(target, refusal)) {
        return false;
    }
    static const char *const schemes[] = {"http://", "https://"};
    for (size_t i = 0; i < sizeof(schemes) / sizeof(schemes[0]); i++) {
        size_t len = strlen(schemes[i]);
        if (target.len <= len || strncasecmp(target.text, schemes[i], len) != 0) {
            continue;
        }
        const char *slash = memchr(target.text + len, '/', target.len - len);
        if (slash == NULL) {
            return refuse(refusal, 400, "the request target must have a path");
        }
        target.len -= (size_t)(slash - target.text);
        target.text = slash;
        break;
    }
    bool is_asterisk = request->method == REQUEST_OPTIONS && slice_equals(target, "*");
    if (!is_asterisk && (target.len == 0 || target.text[0] != '/')) {
        return refuse(refusal, 400, "the request target must begin with '/'");
    }
    const char *mark = memchr(target.text, '?', target.len);
    request->path = target;
    if (mark != NULL) {
        request->path.len = (size_t)(mark - target.text);
        request->query = (struct slice){mark + 1, target.len - request->path.len - 1};
    }
    return true;
}

/* "GET /path HTTP/1.1": exactly one space at both places. */
static bool parse_request_line(struct slice line, struct request *request, bool *is_1_0,
                               struct request_refusal *refusal)
{
    const char *space = memchr(line.text, ' ', line.len);
    const char *last = space == NULL ? NULL : memrchr(line.text, ' ', line.len);
    if (space == NULL || last == space) {
        return refuse(refusal, 400, "the request line must be a method, a target and a version");
    }
    request->method_name = (struct slice){line.text, (size_t)(space - line.text)};
    if (!is_token(request->method_name)) {
        return refuse(refusal, 400, "the method must be a token");
    }
    request->method = REQUEST_OTHER;
    for (size_t i = 0; i < sizeof(method_names) / sizeof(method_names[0]); i++) {
        if (slice_equals(request->method_name, method_names[i].name)) {
            request->method = method_names[i].method;
        }
    }

    struct slice version = {last + 1, line.len - (size_t)(last + 1 - line.text)};
    *is_1_0 = slice_equals(version, "HTTP/1.0");
    if (!*is_1_0 && !slice_equals(version, "HTTP/1.1")) {
        return refuse(refusal, 400, "the version must be HTTP/1.1 or HTTP/1.0");
    }
    return parse_target((struct slice){space + 1, (size_t)(last - space - 1)}, request, refusal);
}

/* RFC 9110, 7.2: a name or address and perhaps a port; never two of them, a user or a path. */
static bool is_host(struct slice host)
{
    for (size_t i = 0; i < host.len; i++) {
        unsigned char c = (unsigned char)host.text[i];
        if (!is_letter_or_digit(c) && strchr("-._~!$&'()*+;=%:[]", c) == NULL) {
            return false;
        }
    }
    return host.len > 0;
}

static bool parse_content_length(struct slice value, size_t *len, struct request_refusal *refusal)
{
    *len = 0;
    for (size_t i = 0; i < value.len; i++) {
        if (value.text[i] < '0' || value.text[i] > '9') {
            return refuse(refusal, 400, "Content-Length must be decimal digits");
        }
        if (*len <= REQUEST_CONTENT_MAX) {
            *len = *len * 10 + (size_t)(value.text[i] - '0');
        }
    }
    if (value.len == 0) {
        return refuse(refusal, 400, "Content-Length must be decimal digits");
    }
    return true;
}

/* The options of the Connection field that matter here; others are ignored. */
static void parse_connection(struct slice value, struct request *request)
{
    struct slice option;
    while (slice_next(&value, ',', &option)) {
        if (slice_equals_nocase(option, "close")) {
            request->keep_alive = false;
        } else if (slice_equals_nocase(option, "upgrade")) {
            request->wants_upgrade = true;
        }
    }
}

static void keep_list_line(struct slice name, struct slice value, struct request *request)
{
    for (size_t i = 0; i < sizeof(list_names) / sizeof(list_names[0]); i++) {
        if (!slices_equal_nocase(name, list_names[i].name)) {
            continue;
        }
        struct slice *lines = request->lists[list_names[i].field].lines;
        for (size_t line = 0; line < REQUEST_LIST_LINES; line++) {
            if (lines[line].text == NULL) {
                lines[line] = value;
                return;
            }
        }
    }
}

/* "Name: value". A space before the colon and a folded line are refused: both were used to smuggle requests. */
static bool parse_field(struct slice line, struct request *request, struct request_refusal *refusal)
{
    const char *colon = memchr(line.text, ':', line.len);
    struct slice name = {line.text, colon == NULL ? line.len : (size_t)(colon - line.text)};
    if (colon == NULL || !is_token(name)) {
        return refuse(refusal, 400, "a header field must be a name, a colon and a value on one line");
    }
    struct slice value = slice_trim((struct slice){colon + 1, line.len - name.len - 1});
    if (!is_field_value(value)) {
        return refuse(refusal, 400, "a header field's value must have no control characters");
    }
    if (slice_equals_nocase(name, "Transfer-Encoding")) {
        return refuse(refusal, 400, "Transfer-Encoding is not supported; send a Content-Length");
    }
    if (slice_equals_nocase(name, "Connection")) {
        parse_connection(value, request);
    }
    for (size_t i = 0; i < sizeof(field_names) / sizeof(field_names[0]); i++) {
        enum request_field field = field_names[i].field;
        if (!slices_equal_nocase(name, field_names[i].name)) {
            continue;
        }
        if (request->fields[field].text != NULL) {
            return refuse(refusal, 400, "a header field that may stand there once stands there twice");
        }
        request->fields[field] = value;
        return true;
    }
    keep_list_line(name, value, request);
    return true;
}

/* Checks what depends on several fields. */
static bool check_head(struct request *request, bool is_1_0, struct request_refusal *refusal)
{
    struct slice host = request->fields[REQUEST_HOST];
    if (host.text == NULL ? !is_1_0 : !is_host(host)) {
        return refuse(refusal, 400, "there must be one Host field with a host and perhaps a port");
    }
    struct slice length = request->fields[REQUEST_CONTENT_LENGTH];
    if (length.text != NULL && !parse_content_length(length, &request->content_len, refusal)) {
        return false;
    }
    if (request->content_len > REQUEST_CONTENT_MAX) {
        return refuse(refusal, 413, "the content must not be longer than 16384 bytes");
    }
    struct slice expect = request->fields[REQUEST_EXPECT];
    if (expect.text != NULL && !slice_equals_nocase(expect, "100-continue")) {
        return refuse(refusal, 417, "the only expectation that can be met is 100-continue");
    }
    request->expects_continue = expect.text != NULL && !is_1_0;
    if (is_1_0) {
        request->keep_alive = false;
        request->wants_upgrade = false;
    }
    return true;
}

/* Cuts off the next line, which must end in CR LF. Returns false when it is not complete, or refused. */
static bool next_line(const char *bytes, size_t len, size_t *used, struct slice *line, struct request_refusal *refusal)
{
    const char *start = bytes + *used;
    size_t rest = (len < REQUEST_HEAD_MAX ? len : REQUEST_HEAD_MAX) - *used;
    const char *end = rest == 0 ? NULL : memchr(start, '\n', rest);
    if (end == NULL) {
        if (len >= REQUEST_HEAD_MAX) {
            refuse(refusal, 431, "request line and header fields must not be longer than 8192 bytes");
        }
        return false;
    }
    *line = (struct slice){start, (size_t)(end - start)};
    *used += line->len + 1;
    if (line->len == 0 || line->text[line->len - 1] != '\r') {
        return refuse(refusal, 400, "a line must end in CR LF");
    }
    line->len--;
    if (memchr(line->text, '\r', line->len) != NULL) {
        return refuse(refusal, 400, "a CR must be followed by LF");
    }
    return true;
}

static bool parse_head(const char *bytes, size_t len, struct request *request, struct request_refusal *refusal)
{
    size_t used = 0;
    bool is_1_0 = false;
    struct slice line;
    /* One empty line before a request is skipped (RFC 9112, 2.2). */
    if (len >= 2 && bytes[0] == '\r' && bytes[1] == '\n') {
        used = 2;
    } else if (len > 0 && bytes[0] != '\r' && !is_token_character((unsigned char)bytes[0])) {
        return refuse(refusal, 400, "a request must begin with a method");
    }
    if (!next_line(bytes, len, &used, &line, refusal) || !parse_request_line(line, request, &is_1_0, refusal)) {
        return false;
    }
    for (;;) {
        if (!next_line(bytes, len, &used, &line, refusal)) {
            return false;
        }
        if (line.len == 0) {
            break;
        }
        if (!parse_field(line, request, refusal)) {
            return false;
        }
    }
    if (!check_head(request, is_1_0, refusal)) {
        return false;
    }
    request->head_len = used;
    return true;
}

enum request_result request_parse(const char *bytes, size_t len, struct request *request,
                                  struct request_refusal *refusal)
{
    *request = (struct request){.keep_alive = true};
    *refusal = (struct request_refusal){0, NULL};
    if (!parse_head(bytes, len, request, refusal)) {
        return refusal->status != 0 ? REQUEST_REFUSED : REQUEST_INCOMPLETE;
    }
    if (len - request->head_len < request->content_len) {
        return REQUEST_INCOMPLETE;
    }
    request->content = (struct slice){bytes + request->head_len, request->content_len};
    return REQUEST_COMPLETE;
}

bool request_list_next(struct request_list *list, struct slice *element)
{
    for (size_t line = 0; line < REQUEST_LIST_LINES; line++) {
        if (slice_next(&list->lines[line], ',', element)) {
            return true;
        }
    }
    return false;
}
