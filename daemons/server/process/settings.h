/* settings.h - the daemons' own settings: what they are once read, and the table by which they are read. The library's
 * options (meower_option_at) stand beside them. */
#ifndef SERVER_PROCESS_SETTINGS_H
#define SERVER_PROCESS_SETTINGS_H

#include "server/process/service.h"

struct settings {
    const char *listen; /* address of the public listener */
    const char *admin;  /* address of the admin listener */
    const char *data;   /* folder */
    const char *log_format;
    struct service_settings service; /* as far as they can be set */
};

/* What a value must be, and the type of the member that it is read into. */
enum setting_type {
    SETTING_TEXT,    /* const char * */
    SETTING_ADDRESS, /* const char *: HOST:PORT */
    SETTING_FOLDER,  /* const char *: not empty */
    SETTING_FORMAT,  /* const char *: text or json */
    SETTING_NUMBER,  /* int64_t */
    SETTING_SWITCH   /* bool: on or off */
};

struct setting_row {
    const char *name;
    enum setting_type type;
    size_t offset;             /* of the member in struct settings */
    const char *default_value; /* NULL: config_defaults.listen */
    long long minimum;         /* of a number */
    long long maximum;
    const char *help;
};

#define SETTINGS_MAX 32 /* rows at most */

/* Row `index` of the table; NULL after the last. */
const struct setting_row *setting_at(size_t index);

/* Reads a value that is right into its member. The text outlives `settings`. */
void setting_store(const struct setting_row *row, const char *value, struct settings *settings);

/* Says what a value must be, or NULL when this one is right. `out` may hold the words. */
const char *setting_rule(const struct setting_row *row, const char *value, char *out, size_t size);

#endif
