/* config_table.h - the table of the daemons' own settings, shared by config.c and config_help.c. */
#ifndef SERVER_PROCESS_CONFIG_TABLE_H
#define SERVER_PROCESS_CONFIG_TABLE_H

#include "server/process/config.h"

enum setting_type {
    SETTING_TEXT,
    SETTING_ADDRESS, /* HOST:PORT */
    SETTING_NUMBER,
    SETTING_SWITCH /* on or off */
};

struct setting_row {
    const char *name;
    enum setting_type type;
    const char *default_value; /* NULL: config_defaults.listen */
    long long minimum;         /* of a number */
    long long maximum;
    const char *help;
};

extern const struct setting_row setting_rows[SETTING_COUNT];

/* Options of the library that the daemon decides itself: by what it is, not by a setting. */
bool config_hides_option(const char *name);

#endif
