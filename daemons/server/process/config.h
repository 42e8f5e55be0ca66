/* config.h - what a daemon is to do: flags, MEOWER_ environment variables, the lines of a file, in that order. */
#ifndef SERVER_PROCESS_CONFIG_H
#define SERVER_PROCESS_CONFIG_H

#include <meower/options.h>
#include <stdbool.h>

/* The daemons' own settings; the library's options (meower_option_at) stand beside them. */
enum setting {
    SETTING_LISTEN,
    SETTING_ADMIN,
    SETTING_DATA,
    SETTING_TOKEN,
    SETTING_CORS_ORIGIN,
    SETTING_CONNECTIONS_MAX,
    SETTING_REQUEST_TIMEOUT_MS,
    SETTING_IDLE_TIMEOUT_MS,
    SETTING_LOG_FORMAT,
    SETTING_ACCESS_LOG,
    SETTING_COUNT
};

enum config_action {
    CONFIG_RUN,
    CONFIG_CHECK,
    CONFIG_HELP,
    CONFIG_VERSION,
    CONFIG_WRONG /* message says what, and what would be right */
};

#define CONFIG_OPTIONS_MAX 64 /* options of the library, at most */

struct config {
    char *values[SETTING_COUNT];            /* owned; never NULL after config_load() */
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

/* Reads everything. Whatever it returns, config_free() follows. */
enum config_action config_load(struct config *config, const struct config_defaults *defaults, int argc, char **argv);
void config_free(struct config *config);

const char *config_text(const struct config *config, enum setting setting);
long long config_number(const struct config *config, enum setting setting);
bool config_is_on(const struct config *config, enum setting setting);

/* Whether the user gave this option of the library. */
bool config_gives_option(const struct config *config, const char *name);

/* Sets an option of the library as if the user had given it; `place` says for a message where the value came from.
 * False with config->message when the value is wrong. */
bool config_give_option(struct config *config, const char *name, const char *value, const char *place);

void config_print_help(const struct config_defaults *defaults);

#endif
