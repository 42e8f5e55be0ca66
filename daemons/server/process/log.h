/* log.h - one line an event on stderr: key=value, or JSON. */
#ifndef SERVER_PROCESS_LOG_H
#define SERVER_PROCESS_LOG_H

#include <stdbool.h>
#include <stddef.h>

struct log {
    bool is_json;
};

struct log_field {
    const char *name;
    const char *text; /* NULL: the number counts */
    long long number;
};

/* Fields for LOG_INFO and its like. */
#define LOG_TEXT(name, text)     ((struct log_field){(name), (text), 0})
#define LOG_NUMBER(name, number) ((struct log_field){(name), NULL, (number)})

/* Writes a line. Any thread: a line is one write(). */
void log_write(const struct log *log, const char *level, const char *event, const struct log_field *fields,
               size_t count);

#define LOG_FIELDS(...)                                                                                                \
    (const struct log_field[]){__VA_ARGS__}, sizeof((const struct log_field[]){__VA_ARGS__}) / sizeof(struct log_field)

/* LOG_INFO(log, "listening", LOG_TEXT("address", "127.0.0.1:8080"), ...): with one field at least. */
#define LOG_INFO(log, event, ...)    log_write((log), "info", (event), LOG_FIELDS(__VA_ARGS__))
#define LOG_WARNING(log, event, ...) log_write((log), "warning", (event), LOG_FIELDS(__VA_ARGS__))
#define LOG_ERROR(log, event, ...)   log_write((log), "error", (event), LOG_FIELDS(__VA_ARGS__))

#endif
