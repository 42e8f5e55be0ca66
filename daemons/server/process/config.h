/* config.h - what a daemon is to do: flags, MEOWER_ environment variables, the lines of a file, in that order. */
#ifndef SERVER_PROCESS_CONFIG_H
#define SERVER_PROCESS_CONFIG_H

#include "server/process/settings.h"
#include <meower/options.h>
#include <stdbool.h>

enum config_action {
    CONFIG_RUN,
    CONFIG_CHECK,
    CONFIG_HELP,
    CONFIG_VERSION,
    CONFIG_WRONG /* message says what, and what would be right */
};

#define CONFIG_OPTIONS_MAX 64 /* options of the library, at most */

struct config {
    struct settings settings;
    char *values[SETTINGS_MAX];             /* texts of the settings, owned */
    meower_options *options;                /* the library's */
    bool options_given[CONFIG_OPTIONS_MAX]; /* those the user gave, in the order of meower_option_at() */
    char message[700];                      /* when wrong: one line */
};

/* What differs between the daemons. */
struct config_defaults {
    const char *program;     /* such as "meowerd" */
    const char *summary;     /* for --help: what it does, in a line */
    const char *listen;      /* default of --listen */
    bool has_data_directory; /* it keeps its data in files of its own by default */
};

/* Reads everything. config_free() follows in any case. */
enum config_action config_load(struct config *config, const struct config_defaults *defaults, int argc, char **argv);
void config_free(struct config *config);

/* Whether the user gave this option of the library. */
bool config_gives_option(const struct config *config, const char *name);

/* Sets an option of the library as if the user had given it; `place` says for a message where the value came from.
 * False with config->message when the value is wrong. */
bool config_give_option(struct config *config, const char *name, const char *value, const char *place);

/* Options of the library that the daemon decides itself: by what it is, not by a setting. */
bool config_hides_option(const char *name);

void config_print_help(const struct config_defaults *defaults);

#endif
