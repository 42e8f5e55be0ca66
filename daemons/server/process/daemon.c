/* daemon.c - a whole daemon: from its arguments to its exit status. */
#include "server/process/daemon.h"

#include "server/net/listener.h"
#include "server/process/control.h"
#include "server/process/data_directory.h"
#include "server/process/original_variables.h"
#include <signal.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define URL_SIZE 4200

static int refuse(const struct daemon *daemon, const char *message)
{
    fprintf(stderr, "%s: %s\n", daemon->defaults.program, message);
    return CONTROL_WRONG_CONFIG;
}

/* Says so in the log, as everything later does. */
static int fail(const struct log *log, const char *message)
{
    LOG_ERROR(log, "cannot start", LOG_TEXT("reason", message));
    return EXIT_FAILURE;
}

static void set_roles(const struct daemon *daemon, meower_options *options)
{
    static const struct {
        unsigned role;
        const char *name;
    } names[] = {{ROLE_COMMAND, "command"}, {ROLE_QUERY, "query"}, {ROLE_PUSHER, "subscription"}};
    char list[64] = "";
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if ((daemon->roles & names[i].role) == 0) {
            continue;
        }
        strcat(list, *list == '\0' ? "" : ",");
        strcat(list, names[i].name);
    }
    meower_options_set(options, "roles", list, NULL);
}

/* Names a file in the data folder, unless the user gave the option. */
static bool set_default_url(struct config *config, const char *option, const char *scheme, const char *file)
{
    char url[URL_SIZE];
    if (config_gives_option(config, option)) {
        return true;
    }
    int len = snprintf(url, sizeof(url), "%s:%s/%s", scheme, config->settings.data, file);
    return len > 0 && (size_t)len < sizeof(url) && meower_options_set(config->options, option, url, NULL) == MEOWER_OK;
}

static bool has_own_directory(const struct daemon *daemon, const struct config *config)
{
    return daemon->defaults.has_data_directory && !config_gives_option(config, "store");
}

/* A service of the distributed deployment does not keep data itself, so it takes the original's variables and must be
 * told of a store. */
static bool find_engines(const struct daemon *daemon, struct config *config)
{
    if (daemon->defaults.has_data_directory) {
        return true;
    }
    if (!original_variables_read(config)) {
        return false;
    }
    if (config_gives_option(config, "store")) {
        return true;
    }
    snprintf(config->message, sizeof(config->message),
             "no store is named: give --store or MEOWER_STORE a URL such as postgresql://USER:PASSWORD@HOST/DATABASE, "
             "or set POSTGRES_DB, POSTGRES_USER, POSTGRES_PASSWORD and POSTGRES_HOST");
    return false;
}

/* Processes that share a PostgreSQL store use it as their bus too, unless another bus is named. */
static bool set_default_bus(struct config *config)
{
    const char *store = meower_options_get(config->options, "store");
    bool is_shared = strncmp(store, "postgresql:", 11) == 0 || strncmp(store, "postgres:", 9) == 0;
    return !is_shared || config_gives_option(config, "bus") || config_give_option(config, "bus", store, "store");
}

/* What is wrong with the settings, as far as that can be seen without opening anything; NULL: nothing. */
static const char *find_fault(const struct daemon *daemon, struct config *config, meower_error *error)
{
    if (!find_engines(daemon, config) || !set_default_bus(config)) {
        return config->message;
    }
    if (strcmp(meower_options_get(config->options, "threads"), "0") == 0) {
        return "threads: a daemon needs at least 1";
    }
    return meower_options_check(config->options, error) == MEOWER_OK ? NULL : error->message;
}

static bool prepare_feed(const struct daemon *daemon, struct config *config, bool *is_new, char *message,
                         size_t message_size)
{
    bool needs_folder = daemon->defaults.has_data_directory &&
                        (!config_gives_option(config, "store") || !config_gives_option(config, "search"));
    set_roles(daemon, config->options);
    if (!needs_folder) {
        return true;
    }
    if (!data_directory_prepare(config->settings.data, is_new, message, message_size)) {
        return false;
    }
    if (set_default_url(config, "store", "sqlite", "feed.db") && set_default_url(config, "search", "index", "search")) {
        return true;
    }
    snprintf(message, message_size, "the path of the data folder is too long; choose another with --data");
    return false;
}

static int serve(const struct daemon *daemon, struct config *config, const struct log *log)
{
    char message[700], address[LISTENER_ADDRESS_SIZE], admin_address[LISTENER_ADDRESS_SIZE];
    bool is_new_folder = false;
    int admin = -1;
    int public = listener_open(config->settings.listen, address, message, sizeof(message));
    if (public >= 0) {
        admin = listener_open(config->settings.admin, admin_address, message, sizeof(message));
    }
    if (admin < 0 || !prepare_feed(daemon, config, &is_new_folder, message, sizeof(message))) {
        if (admin >= 0) {
            close(admin);
        }
        if (public >= 0) {
            close(public);
        }
        return fail(log, message);
    }
    bool is_own = has_own_directory(daemon, config);
    struct service_settings service = config->settings.service;
    service.listener = public;
    service.loop.routes.roles = daemon->roles;
    const struct control_settings settings = {.program = daemon->defaults.program,
                                              .service = service,
                                              .admin_listener = admin,
                                              .address = address,
                                              .admin_address = admin_address,
                                              .place = is_own ? config->settings.data : "the store",
                                              .has_own_directory = is_own,
                                              .options = config->options,
                                              .log = log};
    int status = control_run(&settings);
    /* A start that failed leaves no empty folder behind. */
    if (status != EXIT_SUCCESS && is_new_folder) {
        rmdir(config->settings.data);
    }
    return status;
}

int daemon_run(const struct daemon *daemon, int argc, char **argv)
{
    struct config config;
    struct log log;
    meower_error fault_detail;
    int status = EXIT_SUCCESS;

    signal(SIGPIPE, SIG_IGN);
    /* SQLite counts the memory that it uses, and all threads take a mutex for each allocation. No one reads the count
     * here. Only the program may switch it off: the library cannot know who else in the process uses SQLite. */
    sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
    enum config_action action = config_load(&config, &daemon->defaults, argc, argv);
    const char *fault = NULL;
    if (action == CONFIG_RUN || action == CONFIG_CHECK) {
        fault = find_fault(daemon, &config, &fault_detail);
    }
    switch (fault == NULL ? action : CONFIG_WRONG) {
    case CONFIG_RUN:
        log.is_json = strcmp(config.settings.log_format, "json") == 0;
        status = serve(daemon, &config, &log);
        break;
    case CONFIG_CHECK:
        puts("The configuration is right.");
        break;
    case CONFIG_HELP:
        config_print_help(&daemon->defaults);
        break;
    case CONFIG_VERSION:
        printf("%s %s\n", daemon->defaults.program, meower_version());
        break;
    case CONFIG_WRONG:
        status = refuse(daemon, fault == NULL ? config.message : fault);
        break;
    }
    config_free(&config);
    return status;
}
