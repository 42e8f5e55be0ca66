/* response.c - answers: built in one buffer, header and content together, and sent in one piece. */
#include "server/http/response.h"

#include "server/http/cors.h"
#include "server/http/json_text.h"
#include "server/process/server.h"
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const struct {
    int status;
    const char *reason;
} reasons[] = {
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

static void put(struct connection *connection, const char *text, size_t len)
{
    if (!buffer_append(&connection->server->answer, text, len)) {
        connection_abort(connection);
    }
}

static void put_text(struct connection *connection, const char *text)
{
    put(connection, text, strlen(text));
}

/* Decimal digits. */
static void put_number(struct connection *connection, size_t number)
{
    char digits[20]; /* of 2^64 - 1 */
    char *first = digits + sizeof(digits);
    do {
        *--first = (char)('0' + number % 10);
    } while ((number /= 10) > 0);
    put(connection, first, (size_t)(digits + sizeof(digits) - first));
}

/* The Date field's value (RFC 9110, 6.6.1), made anew once a second. */
static const char *date_of_now(struct server *server)
{
    struct timespec now;
    struct tm utc;
    clock_gettime(CLOCK_REALTIME_COARSE, &now);
    if (now.tv_sec != server->date_at_s) {
        server->date_at_s = now.tv_sec;
        gmtime_r(&now.tv_sec, &utc);
        strftime(server->date, sizeof(server->date), "%a, %d %b %Y %H:%M:%S GMT", &utc);
    }
    return server->date;
}

static void count(struct connection *connection, int status)
{
    struct metrics *metrics = connection->server->metrics;
    int class_of_status = status >= 100 && status < 600 ? status / 100 : 0;
    metrics_add(&metrics->requests[connection->exchange.route][class_of_status], 1);
    if (connection->exchange.target[0] == '\0') {
        return;
    }
    LOG_INFO(connection->server->log, "request", LOG_TEXT("target", connection->exchange.target),
             LOG_NUMBER("status", status), LOG_NUMBER("ms", deadline_now_ms() - connection->exchange.begun_ms));
}

void response_begin(struct connection *connection, int status)
{
    struct server *server = connection->server;
    count(connection, status);
    buffer_clear(&server->answer);
    put_text(connection, "HTTP/1.1 ");
    put_number(connection, (size_t)status);
    put_text(connection, " ");
    put_text(connection, response_reason(status));
    put_text(connection, "\r\nDate: ");
    put_text(connection, date_of_now(server));
    put_text(connection, "\r\nX-Content-Type-Options: nosniff\r\n");
    if (!cors_append_fields(&server->answer, server->settings.cors_origin, connection->exchange.origin)) {
        connection_abort(connection);
    }
}

static char *copy(char *place, const char *text, size_t len)
{
    memcpy(place, text, len);
    return place + len;
}

void response_field(struct connection *connection, const char *name, const char *value)
{
    struct buffer *answer = &connection->server->answer;
    size_t name_len = strlen(name), value_len = strlen(value), len = name_len + 2 + value_len + 2;
    if (!buffer_reserve(answer, len)) {
        connection_abort(connection);
        return;
    }
    char *place = copy(buffer_end(answer), name, name_len);
    place = copy(place, ": ", 2);
    place = copy(place, value, value_len);
    copy(place, "\r\n", 2);
    buffer_extend(answer, len);
}

void response_field_format(struct connection *connection, const char *name, const char *format, ...)
{
    char value[600];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(value, sizeof(value), format, arguments);
    va_end(arguments);
    response_field(connection, name, value);
}

static void put_connection_field(struct connection *connection)
{
    if (!connection->exchange.keep_alive) {
        response_field(connection, "Connection", "close");
    }
    put(connection, "\r\n", 2);
}

/* ---- the content ------------------------------------------------------------------------------------------------ */

char *response_reserve(struct connection *connection, const char *content_type, size_t len)
{
    struct buffer *answer = &connection->server->answer;
    response_field(connection, "Content-Type", content_type);
    put_text(connection, "Content-Length: ");
    put_number(connection, len);
    put_text(connection, "\r\n");
    put_connection_field(connection);
    if (connection->exchange.is_head) {
        return NULL;
    }
    if (!buffer_reserve(answer, len)) {
        connection_abort(connection);
        return NULL;
    }
    char *content = buffer_end(answer);
    buffer_extend(answer, len);
    return content;
}

void response_send(struct connection *connection)
{
    struct buffer *answer = &connection->server->answer;
    connection_send(connection, buffer_data(answer), answer->len);
    connection_answered(connection);
}

void response_end(struct connection *connection)
{
    put_connection_field(connection);
}

void response_begin_stream(struct connection *connection, const char *content_type)
{
    struct buffer *answer = &connection->server->answer;
    connection->exchange.keep_alive = false;
    response_field(connection, "Content-Type", content_type);
    put_connection_field(connection);
    connection_send(connection, buffer_data(answer), answer->len);
}

void response_content(struct connection *connection, int status, const char *content_type, const char *content,
                      size_t len)
{
    response_begin(connection, status);
    char *place = response_reserve(connection, content_type, len);
    if (place != NULL) {
        memcpy(place, content, len);
    }
    response_send(connection);
}

/* ---- problems --------------------------------------------------------------------------------------------------- */

void response_problem_content(struct connection *connection, int status, const char *error, const char *detail)
{
    char json[2600], error_text[300], detail_text[2000];
    json_text_write(error == NULL ? response_reason(status) : error, error_text, sizeof(error_text));
    json_text_write(detail, detail_text, sizeof(detail_text));
    int len = snprintf(json, sizeof(json),
                       "{\"error\":%s,\"type\":\"about:blank\",\"title\":\"%s\",\"status\":%d,\"detail\":%s}",
                       error_text, response_reason(status), status, detail_text);
    if (status == 503) {
        response_field(connection, "Retry-After", "1");
    }
    response_field(connection, "Cache-Control", "no-store");
    char *place = response_reserve(connection, "application/json", (size_t)len);
    if (place != NULL) {
        memcpy(place, json, (size_t)len);
    }
    response_send(connection);
}

void response_problem(struct connection *connection, int status, const char *error, const char *detail)
{
    response_begin(connection, status);
    response_problem_content(connection, status, error, detail);
}

/* ---- conditions ------------------------------------------------------------------------------------------------- */

bool response_matches(const struct connection *connection, const char *etag)
{
    struct slice list = slice_of(connection->exchange.condition), item;
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
