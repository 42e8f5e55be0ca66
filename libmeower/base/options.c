/* options.c - the table of everything that can be set, and a set of values for it. What a host adds besides values
 * (backends, a clock, a fault hook) is in options_backends.c. */
#include "base/options.h"
#include "base/clock.h"
#include "base/url.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define NAMES_SIZE 400 /* bytes of all names joined in a message */

static const meower_option table[] = {
    {"store", MEOWER_OPTION_TEXT, "memory:", 0, 0,
     "URL of the store that keeps the meows, such as memory: or sqlite:feed.db."},
    {"bus", MEOWER_OPTION_TEXT, "inproc:", 0, 0, "URL of the bus that tells other processes of news, such as inproc:."},
    {"search", MEOWER_OPTION_TEXT, "index:", 0, 0, "URL of the search engine, such as index: or index:index."},
    {"roles", MEOWER_OPTION_TEXT, "command,query,subscription", 0, 0,
     "What this instance does: command, query and subscription, separated by commas."},
    {"threads", MEOWER_OPTION_NUMBER, "2", 0, 64,
     "Threads that answer queries, beside one for each stage; 0: no threads at all, the host calls meower_step()."},
    {"queue_max", MEOWER_OPTION_NUMBER, "65536", 1, 10000000,
     "Requests that may wait in a queue; further ones are refused as busy."},
    {"batch_max", MEOWER_OPTION_NUMBER, "512", 1, 10000, "Commands that share one transaction, at most."},
    {"timeline_max", MEOWER_OPTION_NUMBER, "10000", 0, 10000000,
     "Newest meows kept in memory to answer lists; 0: none."},
    {"event_log_max", MEOWER_OPTION_NUMBER, "65536", 16, 10000000,
     "Newest events kept in memory for subscriptions; those further behind read the store."},
    {"wait_max_ms", MEOWER_OPTION_NUMBER, "5000", 0, 600000,
     "Milliseconds that a request with a cursor waits for its position to become visible."},
    {"poll_interval_ms", MEOWER_OPTION_NUMBER, "1000", 1, 3600000,
     "Milliseconds without news after which the store is looked at all the same."},
    {"checkpoint_interval_ms", MEOWER_OPTION_NUMBER, "1000", 1, 3600000,
     "Milliseconds between two records in the store of how far the bus is; after a crash it repeats that much."},
    {"idempotency_ttl_s", MEOWER_OPTION_NUMBER, "86400", 1, 31536000,
     "Seconds for which an idempotency key is remembered."},
    {"escape_html", MEOWER_OPTION_BOOLEAN, "true", 0, 0,
     "Whether < > & ' and \" in posted bodies become HTML entities, as the web page expects."},
    {"sqlite_synchronous", MEOWER_OPTION_TEXT, "full", 0, 0,
     "How SQLite secures a commit: full (survives a power cut), normal (may lose the newest meows in one), or off (may "
     "damage the file in one)."},
};

#define TABLE_COUNT (sizeof(table) / sizeof(table[0]))

const meower_option *meower_option_at(size_t index)
{
    return index < TABLE_COUNT ? &table[index] : NULL;
}

/* Index of the option, or TABLE_COUNT. */
static size_t find_option(const char *name)
{
    size_t index = 0;
    while (index < TABLE_COUNT && strcmp(table[index].name, name) != 0) {
        index++;
    }
    return index;
}

/* ---- a set ------------------------------------------------------------------------------------------------------ */

static meower_options *allocate(void)
{
    meower_options *options = calloc(1, sizeof(*options));
    if (options == NULL) {
        return NULL;
    }
    options->values = calloc(TABLE_COUNT, sizeof(options->values[0]));
    if (options->values == NULL) {
        free(options);
        return NULL;
    }
    return options;
}

static int refuse_no_memory(meower_error *error)
{
    return meower_error_set(error, MEOWER_ERROR_NO_MEMORY, 0, 0, "no memory for options");
}

int meower_options_new(meower_options **out, meower_error *error)
{
    if (out == NULL) {
        return meower_error_set(error, MEOWER_ERROR_INVALID, 0, 0, "out is NULL; this call needs it");
    }
    meower_options *options = allocate();
    if (options == NULL) {
        return refuse_no_memory(error);
    }
    for (size_t i = 0; i < TABLE_COUNT; i++) {
        options->values[i] = strdup(table[i].default_value);
        if (options->values[i] == NULL) {
            meower_options_free(options);
            return refuse_no_memory(error);
        }
    }
    options->clock = *clock_system();
    *out = options;
    return MEOWER_OK;
}

meower_options *options_copy(const meower_options *options)
{
    meower_options *copy = allocate();
    if (copy == NULL) {
        return NULL;
    }
    char **values = copy->values;
    *copy = *options;
    copy->values = values;
    for (size_t i = 0; i < TABLE_COUNT; i++) {
        values[i] = strdup(options->values[i]);
        if (values[i] == NULL) {
            meower_options_free(copy);
            return NULL;
        }
    }
    return copy;
}

void meower_options_free(meower_options *options)
{
    if (options == NULL) {
        return;
    }
    for (size_t i = 0; i < TABLE_COUNT; i++) {
        free(options->values[i]);
    }
    free(options->values);
    free(options);
}

/* ---- checking a value ------------------------------------------------------------------------------------------- */

static bool is_in_list(const char *word, size_t len, const char *list)
{
    while (*list != '\0') {
        size_t item_len = strcspn(list, ",");
        if (item_len == len && memcmp(list, word, len) == 0) {
            return true;
        }
        list += item_len;
        list += *list == ',' ? 1 : 0;
    }
    return false;
}

/* Decimal digits with a minus in front or not, within the option's range. */
static bool is_number_for(const meower_option *option, const char *value)
{
    const char *digits = value + (value[0] == '-' ? 1 : 0);
    if (digits[0] == '\0' || digits[strspn(digits, "0123456789")] != '\0') {
        return false;
    }
    errno = 0;
    long long number = strtoll(value, NULL, 10);
    return errno == 0 && number >= option->minimum && number <= option->maximum;
}

/* At least one of the words in `allowed`, separated by commas, and nothing else. */
static bool is_list_of(const char *value, const char *allowed)
{
    for (;;) {
        size_t len = strcspn(value, ",");
        if (!is_in_list(value, len, allowed)) {
            return false;
        }
        if (value[len] == '\0') {
            return true;
        }
        value += len + 1;
    }
}

static bool is_text_for(const meower_option *option, const char *value)
{
    if (strcmp(option->name, "roles") == 0) {
        return is_list_of(value, "command,query,subscription");
    }
    if (strcmp(option->name, "sqlite_synchronous") == 0) {
        return is_in_list(value, strlen(value), "full,normal,off");
    }
    return true;
}

static const char *right_text_for(const meower_option *option)
{
    if (strcmp(option->name, "roles") == 0) {
        return "one or more of command, query and subscription, separated by commas without spaces";
    }
    return "full, normal or off";
}

static int check_value(const meower_option *option, const char *value, meower_error *error)
{
    char shown[120];
    if (option->type == MEOWER_OPTION_SECRET) {
        memcpy(shown, "***", sizeof("***"));
    } else {
        url_redact(value, shown, sizeof(shown));
    }

    switch (option->type) {
    case MEOWER_OPTION_NUMBER:
        if (is_number_for(option, value)) {
            return MEOWER_OK;
        }
        return meower_error_set(error, MEOWER_ERROR_INVALID, 0, 0,
                                "option \"%s\": \"%s\" does not fit; right is a whole number from %lld to %lld",
                                option->name, shown, (long long)option->minimum, (long long)option->maximum);
    case MEOWER_OPTION_BOOLEAN:
        if (is_in_list(value, strlen(value), "true,false")) {
            return MEOWER_OK;
        }
        return meower_error_set(error, MEOWER_ERROR_INVALID, 0, 0,
                                "option \"%s\": \"%s\" does not fit; right is true or false", option->name, shown);
    default:
        if (is_text_for(option, value)) {
            return MEOWER_OK;
        }
        return meower_error_set(error, MEOWER_ERROR_INVALID, 0, 0, "option \"%s\": \"%s\" does not fit; right is %s",
                                option->name, shown, right_text_for(option));
    }
}

/* ---- setting and getting ---------------------------------------------------------------------------------------- */

static int refuse_name(const char *name, meower_error *error)
{
    char names[NAMES_SIZE];
    size_t len = 0;
    for (size_t i = 0; i < TABLE_COUNT; i++) {
        size_t name_len = strlen(table[i].name);
        if (len + name_len + sizeof(", ") > sizeof(names)) {
            break;
        }
        memcpy(names + len, table[i].name, name_len);
        memcpy(names + len + name_len, ", ", 2);
        len += name_len + 2;
    }
    names[len - 2] = '\0';
    return meower_error_set(error, MEOWER_ERROR_INVALID, 0, 0, "there is no option \"%.60s\"; there are %s", name,
                            names);
}

int meower_options_set(meower_options *options, const char *name, const char *value, meower_error *error)
{
    if (options == NULL || name == NULL || value == NULL) {
        return meower_error_set(error, MEOWER_ERROR_INVALID, 0, 0,
                                "setting an option needs options, a name and a value; one of them is NULL");
    }
    size_t index = find_option(name);
    if (index == TABLE_COUNT) {
        return refuse_name(name, error);
    }
    int status = check_value(&table[index], value, error);
    if (status != MEOWER_OK) {
        return status;
    }
    char *copy = strdup(value);
    if (copy == NULL) {
        return meower_error_set(error, MEOWER_ERROR_NO_MEMORY, 0, MEOWER_ERROR_FLAG_RETRIABLE,
                                "no memory for the value of option \"%s\"", name);
    }
    free(options->values[index]);
    options->values[index] = copy;
    return MEOWER_OK;
}

const char *meower_options_get(const meower_options *options, const char *name)
{
    size_t index = options == NULL || name == NULL ? TABLE_COUNT : find_option(name);
    return index < TABLE_COUNT ? options->values[index] : NULL;
}

int64_t options_number(const meower_options *options, const char *name)
{
    return strtoll(meower_options_get(options, name), NULL, 10);
}

bool options_boolean(const meower_options *options, const char *name)
{
    return strcmp(meower_options_get(options, name), "true") == 0;
}

bool options_list_has(const meower_options *options, const char *name, const char *word)
{
    return is_in_list(word, strlen(word), meower_options_get(options, name));
}
