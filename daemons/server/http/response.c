/* response.c - answers: built in one buffer, header and content together, and sent in one piece. */
#include "server/http/response.h"

#include "server/http/cors.h"
#include "server/http/json_text.h"
#include "server/net/counter.h"
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const struct {
    int status;
    const char *reason;
} reasons[] = {
    {101, "Switching Protocols"},
    {200, "OK"},
    {204, "No Content"},
    {304, "Not Modified"},
    {400, "Bad Request"},
    {401, "Unauthorized"},
    {403, "Forbidden"},
    {404, "Not Found"},
    {405, "Method Not Allowed"},
    {408, "Request Timeout"},
    {413, "Content Too Large"},
    {415, "Unsupported Media Type"},
    {417, "Expectation Failed"},
    {422, "Unprocessable Content"},
    {426, "Upgrade Required"},
    {431, "Request Header Fields Too Large"},
    {500, "Internal Server Error"},
    {503, "Service Unavailable"},
    {504, "Gateway Timeout"},
};

const char *response_reason(int status)
{
    for (size_t i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++) {
        if (reasons[i].status == status) {
            return reasons[i].reason;
        }
    }
    return "Unknown";
}

/* ---- the header ------------------------------------------------------------------------------------------------- */

static void put(struct exchange *exchange, const char *text, size_t len)
{
    if (!buffer_append(&exchange->http->answer, text, len)) {
        connection_abort(&exchange->connection);
    }
}

static void put_text(struct exchange *exchange, const char *text)
{
    put(exchange, text, strlen(text));
}

/* Decimal digits. */
static void put_number(struct exchange *exchange, size_t number)
{
    char digits[20]; /* of 2^64 - 1 */
    char *first = digits + sizeof(digits);
    do {
        *--first = (char)('0' + number % 10);
    } while ((number /= 10) > 0);
    put(exchange, first, (size_t)(digits + sizeof(digits) - first));
}

/* The Date field's value (RFC 9110, 6.6.1), written once a second. */
static const char *date_of_now(struct http *http)
{
    struct timespec now;
    struct tm utc;
    clock_gettime(CLOCK_REALTIME_COARSE, &now);
    if (now.tv_sec != http->date_at_s) {
        http->date_at_s = now.tv_sec;
        gmtime_r(&now.tv_sec, &utc);
        strftime(http->date, sizeof(http->date), "%a, %d %b %Y %H:%M:%S GMT", &utc);
    }
    return http->date;
}

static void count(struct exchange *exchange, int status)
{
    const struct http_reports *reports = &exchange->http->settings.reports;
    int class_of_status = status >= 100 && status < 600 ? status / 100 : 0;
    counter_add(&exchange->counts->by_class[class_of_status], 1);
    if (exchange->target[0] != '\0') {
        reports->answered(reports->log, exchange->target, status, loop_now_ms() - exchange->begun_ms);
    }
}

static void put_status_line(struct exchange *exchange, int status)
{
    put_text(exchange, "HTTP/1.1 ");
    put_number(exchange, (size_t)status);
    put_text(exchange, " ");
    put_text(exchange, response_reason(status));
    put_text(exchange, "\r\n");
}

void response_begin(struct exchange *exchange, int status)
{
    struct http *http = exchange->http;
    count(exchange, status);
    buffer_clear(&http->answer);
    put_status_line(exchange, status);
    put_text(exchange, "Date: ");
    put_text(exchange, date_of_now(http));
    put_text(exchange, "\r\nX-Content-Type-Options: nosniff\r\n");
    if (!cors_append_fields(&http->answer, http->settings.cors_origin, exchange->origin)) {
        connection_abort(&exchange->connection);
    }
}

static char *copy(char *place, const char *text, size_t len)
{
    memcpy(place, text, len);
    return place + len;
}

void response_field(struct exchange *exchange, const char *name, const char *value)
{
    struct buffer *answer = &exchange->http->answer;
    size_t name_len = strlen(name), value_len = strlen(value), len = name_len + 2 + value_len + 2;
    if (!buffer_reserve(answer, len)) {
        connection_abort(&exchange->connection);
        return;
    }
    char *place = copy(buffer_end(answer), name, name_len);
    place = copy(place, ": ", 2);
    place = copy(place, value, value_len);
    copy(place, "\r\n", 2);
    buffer_extend(answer, len);
}

void response_field_format(struct exchange *exchange, const char *name, const char *format, ...)
{
    char value[600];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(value, sizeof(value), format, arguments);
    va_end(arguments);
    response_field(exchange, name, value);
}

static void put_connection_field(struct exchange *exchange)
{
    if (!exchange->keep_alive) {
        response_field(exchange, "Connection", "close");
    }
    put(exchange, "\r\n", 2);
}

/* ---- the content ------------------------------------------------------------------------------------------------ */

char *response_reserve(struct exchange *exchange, const char *content_type, size_t len)
{
    struct buffer *answer = &exchange->http->answer;
    response_field(exchange, "Content-Type", content_type);
    put_text(exchange, "Content-Length: ");
    put_number(exchange, len);
    put_text(exchange, "\r\n");
    put_connection_field(exchange);
    if (exchange->is_head) {
        return NULL;
    }
    if (!buffer_reserve(answer, len)) {
        connection_abort(&exchange->connection);
        return NULL;
    }
    char *content = buffer_end(answer);
    buffer_extend(answer, len);
    return content;
}

void response_send(struct exchange *exchange)
{
    struct buffer *answer = &exchange->http->answer;
    connection_send(&exchange->connection, buffer_data(answer), answer->len);
    exchange_answered(exchange);
}

void response_end(struct exchange *exchange)
{
    put_connection_field(exchange);
}

void response_begin_stream(struct exchange *exchange, const char *content_type)
{
    struct buffer *answer = &exchange->http->answer;
    exchange->keep_alive = false;
    response_field(exchange, "Content-Type", content_type);
    put_connection_field(exchange);
    connection_send(&exchange->connection, buffer_data(answer), answer->len);
}

void response_upgrade(struct exchange *exchange, const char *protocol, const char *name, const char *value)
{
    struct buffer *answer = &exchange->http->answer;
    count(exchange, 101);
    buffer_clear(answer);
    put_status_line(exchange, 101);
    response_field(exchange, "Upgrade", protocol);
    response_field(exchange, "Connection", "Upgrade");
    response_field(exchange, name, value);
    put(exchange, "\r\n", 2);
    connection_send(&exchange->connection, buffer_data(answer), answer->len);
}

/* ---- problems --------------------------------------------------------------------------------------------------- */

void response_problem_content(struct exchange *exchange, int status, const char *error, const char *detail)
{
    char json[2600], error_text[300], detail_text[2000];
    json_text_write(error == NULL ? response_reason(status) : error, error_text, sizeof(error_text));
    json_text_write(detail, detail_text, sizeof(detail_text));
    int len = snprintf(json, sizeof(json),
                       "{\"error\":%s,\"type\":\"about:blank\",\"title\":\"%s\",\"status\":%d,\"detail\":%s}",
                       error_text, response_reason(status), status, detail_text);
    if (status == 503) {
        response_field(exchange, "Retry-After", "1");
    }
    response_field(exchange, "Cache-Control", "no-store");
    char *place = response_reserve(exchange, "application/json", (size_t)len);
    if (place != NULL) {
        memcpy(place, json, (size_t)len);
    }
    response_send(exchange);
}

void response_problem(struct exchange *exchange, int status, const char *error, const char *detail)
{
    response_begin(exchange, status);
    response_problem_content(exchange, status, error, detail);
}

/* ---- conditions ------------------------------------------------------------------------------------------------- */

bool response_matches(const struct exchange *exchange, const char *etag)
{
    struct slice list = slice_of(exchange->condition), item;
    if (list.len == 0) {
        return false;
    }
    while (slice_next(&list, ',', &item)) {
        if (slice_equals(item, "*")) {
            return true;
        }
        if (item.len > 2 && memcmp(item.text, "W/", 2) == 0) {
            item = (struct slice){item.text + 2, item.len - 2};
        }
        if (slice_equals(item, etag)) {
            return true;
        }
    }
    return false;
}
