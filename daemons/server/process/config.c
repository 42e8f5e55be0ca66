/* config.c - flags, MEOWER_ environment variables and the lines of a file, read into one set of settings. */
#include "server/process/config.h"

#include "server/net/slice.h"
#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NAME_SIZE 80
#define PREFIX    "MEOWER_"

bool config_hides_option(const char *name)
{
    return strcmp(name, "roles") == 0;
}

__attribute__((format(printf, 2, 3))) static bool wrong(struct config *config, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(config->message, sizeof(config->message), format, arguments);
    va_end(arguments);
    return false;
}

/* ---- one value -------------------------------------------------------------------------------------------------- */

/* Index of the library's option, or CONFIG_OPTIONS_MAX. */
static size_t find_option(const char *name)
{
    for (size_t i = 0; i < CONFIG_OPTIONS_MAX && meower_option_at(i) != NULL; i++) {
        if (strcmp(meower_option_at(i)->name, name) == 0 && !config_hides_option(name)) {
            return i;
        }
    }
    return CONFIG_OPTIONS_MAX;
}

/* Index of the daemon's setting, or SETTINGS_MAX. */
static size_t find_setting(const char *name)
{
    for (size_t i = 0; setting_at(i) != NULL; i++) {
        if (strcmp(setting_at(i)->name, name) == 0) {
            return i;
        }
    }
    return SETTINGS_MAX;
}

static bool set_setting(struct config *config, size_t index, const char *value)
{
    char *copy = strdup(value);
    if (copy == NULL) {
        return wrong(config, "out of memory");
    }
    free(config->values[index]);
    config->values[index] = copy;
    setting_store(setting_at(index), copy, &config->settings);
    return true;
}

/* Sets `name` (with underscores), a setting of the daemon or an option of the library. `place` says for a message where
 * it stands. */
static bool set_value(struct config *config, const char *name, const char *value, const char *place)
{
    char words[80];
    size_t index = find_setting(name);
    if (index == SETTINGS_MAX) {
        return config_give_option(config, name, value, place);
    }
    const char *rule = setting_rule(setting_at(index), value, words, sizeof(words));
    if (rule != NULL) {
        return wrong(config, "%s: \"%.100s\" is not right; it must be %s", place, value, rule);
    }
    return set_setting(config, index, value);
}

bool config_give_option(struct config *config, const char *name, const char *value, const char *place)
{
    meower_error error;
    size_t option = find_option(name);
    if (option == CONFIG_OPTIONS_MAX) {
        return wrong(config, "%s is no setting; --help lists them", place);
    }
    if (meower_options_set(config->options, name, value, &error) != MEOWER_OK) {
        return wrong(config, "%s: %s", place, error.message);
    }
    config->options_given[option] = true;
    return true;
}

/* ---- the three places ------------------------------------------------------------------------------------------- */

/* Copies a name of `len` bytes in small letters, every '-' as '_', without MEOWER_ in front. */
static bool fold_name(const char *text, size_t len, char out[NAME_SIZE])
{
    if (len >= sizeof(PREFIX) - 1 && strncasecmp(text, PREFIX, sizeof(PREFIX) - 1) == 0) {
        text += sizeof(PREFIX) - 1;
        len -= sizeof(PREFIX) - 1;
    }
    if (len == 0 || len >= NAME_SIZE) {
        return false;
    }
    for (size_t i = 0; i < len; i++) {
        out[i] = text[i] == '-' ? '_' : (char)tolower((unsigned char)text[i]);
    }
    out[len] = '\0';
    return true;
}

static bool read_line(struct config *config, const char *path, unsigned number, char *line)
{
    char name[NAME_SIZE], place[300];
    struct slice text = slice_trim((struct slice){line, strcspn(line, "\r\n")});
    if (text.len == 0 || text.text[0] == '#') {
        return true;
    }
    const char *equals = memchr(text.text, '=', text.len);
    snprintf(place, sizeof(place), "%.180s, line %u", path, number);
    if (equals == NULL) {
        return wrong(config, "%s: a line must be NAME=VALUE", place);
    }
    struct slice key = slice_trim((struct slice){text.text, (size_t)(equals - text.text)});
    struct slice value = slice_trim((struct slice){equals + 1, text.len - (size_t)(equals + 1 - text.text)});
    if (!fold_name(key.text, key.len, name)) {
        return wrong(config, "%s: a line must be NAME=VALUE", place);
    }
    snprintf(place, sizeof(place), "%.180s, line %u: %s", path, number, name);
    line[value.text + value.len - line] = '\0';
    return set_value(config, name, value.text, place);
}

static bool read_file(struct config *config, const char *path)
{
    char *line = NULL;
    size_t size = 0;
    unsigned number = 0;
    bool is_right = true;

    FILE *file = fopen(path, "re");
    if (file == NULL) {
        return wrong(config, "--config: cannot read %.300s: %s", path, strerror(errno));
    }
    while (is_right && getline(&line, &size, file) >= 0) {
        is_right = read_line(config, path, ++number, line);
    }
    if (is_right && ferror(file)) {
        is_right = wrong(config, "--config: cannot read %.300s: %s", path, strerror(errno));
    }
    free(line);
    fclose(file);
    return is_right;
}

static bool read_variable(struct config *config, const char *name)
{
    char variable[NAME_SIZE + sizeof(PREFIX)] = PREFIX;
    size_t len = sizeof(PREFIX) - 1;
    for (; *name != '\0' && len + 1 < sizeof(variable); name++) {
        variable[len++] = (char)toupper((unsigned char)*name);
    }
    variable[len] = '\0';
    const char *value = getenv(variable);
    if (value == NULL) {
        return true;
    }
    char folded[NAME_SIZE];
    return fold_name(variable, len, folded) && set_value(config, folded, value, variable);
}

static bool read_environment(struct config *config)
{
    for (size_t i = 0; setting_at(i) != NULL; i++) {
        if (!read_variable(config, setting_at(i)->name)) {
            return false;
        }
    }
    for (size_t i = 0; meower_option_at(i) != NULL; i++) {
        if (!config_hides_option(meower_option_at(i)->name) && !read_variable(config, meower_option_at(i)->name)) {
            return false;
        }
    }
    return true;
}

/* ---- the command line ------------------------------------------------------------------------------------------- */

/* One flag: its name (folded) and value, from "--name=value" or "--name value". */
struct flag {
    char name[NAME_SIZE];
    char place[NAME_SIZE + 4]; /* as the user wrote it */
    const char *value;         /* NULL for those that take none */
};

static bool takes_no_value(const char *name)
{
    return strcmp(name, "help") == 0 || strcmp(name, "version") == 0 || strcmp(name, "check_config") == 0;
}

/* Takes the flag at argv[*index] and moves on. */
static bool next_flag(struct config *config, int argc, char **argv, int *index, struct flag *flag)
{
    const char *text = argv[(*index)++];
    if (strcmp(text, "-h") == 0) {
        text = "--help";
    }
    size_t len = strcspn(text, "=");
    if (strncmp(text, "--", 2) != 0 || len <= 2 || len - 2 >= NAME_SIZE) {
        return wrong(config, "\"%.100s\" is no flag; flags begin with --, and --help lists them", text);
    }
    for (size_t i = 2; i <= len; i++) {
        flag->name[i - 2] = i == len ? '\0' : text[i] == '-' ? '_' : text[i];
    }
    snprintf(flag->place, sizeof(flag->place), "%.*s", (int)len, text);
    flag->value = NULL;
    bool is_known = takes_no_value(flag->name) || strcmp(flag->name, "config") == 0 ||
                    find_setting(flag->name) < SETTINGS_MAX || find_option(flag->name) < CONFIG_OPTIONS_MAX;
    if (!is_known) {
        return wrong(config, "%s is no flag; --help lists them", flag->place);
    }
    if (takes_no_value(flag->name)) {
        return text[len] == '\0' || wrong(config, "%s takes no value", flag->place);
    }
    if (text[len] == '=') {
        flag->value = text + len + 1;
    } else if (*index < argc) {
        flag->value = argv[(*index)++];
    } else {
        return wrong(config, "%s needs a value", flag->place);
    }
    return true;
}

/* What must be known before anything else is read. */
struct request_of_user {
    enum config_action action;
    const char *file;
};

static bool scan_flags(struct config *config, int argc, char **argv, struct request_of_user *request)
{
    struct flag flag;
    for (int index = 1; index < argc;) {
        if (!next_flag(config, argc, argv, &index, &flag)) {
            return false;
        }
        if (strcmp(flag.name, "config") == 0) {
            request->file = flag.value;
        }
        if (strcmp(flag.name, "help") == 0) {
            request->action = CONFIG_HELP;
        } else if (strcmp(flag.name, "version") == 0 && request->action != CONFIG_HELP) {
            request->action = CONFIG_VERSION;
        } else if (strcmp(flag.name, "check_config") == 0 && request->action == CONFIG_RUN) {
            request->action = CONFIG_CHECK;
        }
    }
    return true;
}

static bool read_flags(struct config *config, int argc, char **argv)
{
    struct flag flag;
    for (int index = 1; index < argc;) {
        if (!next_flag(config, argc, argv, &index, &flag)) {
            return false;
        }
        if (flag.value == NULL || strcmp(flag.name, "config") == 0) {
            continue;
        }
        if (!set_value(config, flag.name, flag.value, flag.place)) {
            return false;
        }
    }
    return true;
}

static bool set_defaults(struct config *config, const struct config_defaults *defaults)
{
    for (size_t i = 0; setting_at(i) != NULL; i++) {
        const char *value = setting_at(i)->default_value;
        if (!set_setting(config, i, value == NULL ? defaults->listen : value)) {
            return false;
        }
    }
    if (meower_options_new(&config->options, NULL) != MEOWER_OK) {
        return wrong(config, "out of memory");
    }
    return true;
}

enum config_action config_load(struct config *config, const struct config_defaults *defaults, int argc, char **argv)
{
    struct request_of_user request = {CONFIG_RUN, getenv(PREFIX "CONFIG")};
    *config = (struct config){.options = NULL};
    if (!set_defaults(config, defaults) || !scan_flags(config, argc, argv, &request)) {
        return CONFIG_WRONG;
    }
    if (request.action == CONFIG_HELP || request.action == CONFIG_VERSION) {
        return request.action;
    }
    if (request.file != NULL && !read_file(config, request.file)) {
        return CONFIG_WRONG;
    }
    if (!read_environment(config) || !read_flags(config, argc, argv)) {
        return CONFIG_WRONG;
    }
    return request.action;
}

void config_free(struct config *config)
{
    for (size_t i = 0; i < SETTINGS_MAX; i++) {
        free(config->values[i]);
    }
    meower_options_free(config->options);
    *config = (struct config){.options = NULL};
}

bool config_gives_option(const struct config *config, const char *name)
{
    size_t option = find_option(name);
    return option < CONFIG_OPTIONS_MAX && config->options_given[option];
}
