/* settings.c - the daemons' own settings, and the table by which they are read. */
#include "server/process/settings.h"

#include "server/http/parameters.h"
#include "server/net/listener.h"
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MEMBER(name) offsetof(struct settings, name)

static const struct setting_row rows[] = {
    {"listen", SETTING_ADDRESS, MEMBER(listen), NULL, 0, 0, "Address of the public listener; port 0: any free one."},
    {"admin", SETTING_ADDRESS, MEMBER(admin), "127.0.0.1:9180", 0, 0,
     "Address of the admin listener: /metrics, /healthz, /readyz, /rebuild."},
    {"data", SETTING_FOLDER, MEMBER(data), "./meower-data", 0, 0,
     "Folder of the data where --store and --search do not say otherwise; created when missing."},
    {"token", SETTING_TEXT, MEMBER(service.loop.routes.commands.tokens), "", 0, 0,
     "Bearer tokens that may delete meows, separated by commas; none: nobody may."},
    {"cors_origin", SETTING_TEXT, MEMBER(service.loop.http.cors_origin), "*", 0, 0,
     "Origins whose pages may use the API, separated by commas; *: all; empty: none."},
    {"connections_max", SETTING_NUMBER, MEMBER(service.connections_max), "16384", 1, 1000000,
     "Public connections at once; further ones are answered 503."},
    {"service_threads", SETTING_NUMBER, MEMBER(service.threads), "0", 0, SERVICE_THREADS_MAX,
     "Threads that serve public connections; 0: half of the processors, 1 to 8."},
    {"request_timeout_ms", SETTING_NUMBER, MEMBER(service.loop.http.request_timeout_ms), "10000", 100, 3600000,
     "Milliseconds in which a request must have arrived whole."},
    {"idle_timeout_ms", SETTING_NUMBER, MEMBER(service.loop.http.idle_timeout_ms), "60000", 100, 3600000,
     "Milliseconds after an answer until an unused connection is closed."},
    {"log_format", SETTING_FORMAT, MEMBER(log_format), "text", 0, 0, "text (key=value) or json."},
    {"access_log", SETTING_SWITCH, MEMBER(service.loop.has_access_log), "off", 0, 0, "on: a line for every request."},
};

_Static_assert(sizeof(rows) / sizeof(rows[0]) <= SETTINGS_MAX, "SETTINGS_MAX counts the rows");

const struct setting_row *setting_at(size_t index)
{
    return index < sizeof(rows) / sizeof(rows[0]) ? &rows[index] : NULL;
}

static const char *number_rule(const struct setting_row *row, const char *value, char *out, size_t size)
{
    unsigned long long number;
    if (number_parse(slice_of(value), (unsigned long long)row->maximum, &number) &&
        number >= (unsigned long long)row->minimum) {
        return NULL;
    }
    snprintf(out, size, "a whole number from %lld to %lld", row->minimum, row->maximum);
    return out;
}

const char *setting_rule(const struct setting_row *row, const char *value, char *out, size_t size)
{
    switch (row->type) {
    case SETTING_ADDRESS:
        return listener_check_address(value) ? NULL : "HOST:PORT, such as 127.0.0.1:8080";
    case SETTING_FOLDER:
        return *value != '\0' ? NULL : "the path of a folder";
    case SETTING_FORMAT:
        return strcmp(value, "text") == 0 || strcmp(value, "json") == 0 ? NULL : "text or json";
    case SETTING_NUMBER:
        return number_rule(row, value, out, size);
    case SETTING_SWITCH:
        return strcmp(value, "on") == 0 || strcmp(value, "off") == 0 ? NULL : "on or off";
    case SETTING_TEXT:
        break;
    }
    return NULL;
}

void setting_store(const struct setting_row *row, const char *value, struct settings *settings)
{
    void *member = (char *)settings + row->offset;
    switch (row->type) {
    case SETTING_NUMBER:
        *(int64_t *)member = strtoll(value, NULL, 10);
        break;
    case SETTING_SWITCH:
        *(bool *)member = strcmp(value, "on") == 0;
        break;
    default:
        *(const char **)member = value;
        break;
    }
}
