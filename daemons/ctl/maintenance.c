/* maintenance.c - backup, restore, new-epoch and check, by the library on the store itself; rebuild, by whoever has it
 * open.
 */
#include "ctl/maintenance.h"
#include "ctl/rebuild.h"
#include <meower/meower.h>
#include <stdio.h>
#include <string.h>

static int fail(const meower_error *error)
{
    fprintf(stderr, "meowctl: %s\n", error->message);
    return 1;
}

/* Options for the library; NULL with a message on stderr. */
static meower_options *make_options(const struct maintenance *maintenance)
{
    meower_options *options = NULL;
    meower_error error;
    bool is_made = meower_options_new(&options, &error) == MEOWER_OK &&
                   meower_options_set(options, "store", maintenance->store, &error) == MEOWER_OK &&
                   (maintenance->search == NULL ||
                    meower_options_set(options, "search", maintenance->search, &error) == MEOWER_OK);

    if (!is_made) {
        (void)fail(&error);
        meower_options_free(options);
        return NULL;
    }
    return options;
}

static int backup(const meower_options *options, const char *path)
{
    meower_error error;

    return meower_backup(options, path, &error) == MEOWER_OK ? 0 : fail(&error);
}

static int restore(const meower_options *options, const char *path)
{
    meower_error error;

    return meower_restore(options, path, &error) == MEOWER_OK ? 0 : fail(&error);
}

static int draw_epoch(const meower_options *options, const char *argument)
{
    meower_error error;

    (void)argument;
    return meower_new_epoch(options, &error) == MEOWER_OK ? 0 : fail(&error);
}

static int rebuild(const meower_options *options, const char *what)
{
    (void)what;
    return rebuild_by_library(options);
}

/* Findings to standard output, one a line; then what was looked at. */
static void print_check(const meower_check *check, const meower_check_totals *totals)
{
    const meower_finding *finding;

    for (size_t i = 0; (finding = meower_check_finding(check, i)) != NULL; i++) {
        if (finding->position != 0) {
            printf("%llu  ", (unsigned long long)finding->position);
        }
        printf("%s%s%s\n", finding->id, finding->id[0] != '\0' ? "  " : "", finding->text);
    }
    printf("%llu differences: %llu meows, head %llu", (unsigned long long)totals->findings,
           (unsigned long long)totals->meows, (unsigned long long)totals->head);
    if (totals->has_index) {
        printf(", index of %llu meows at %llu", (unsigned long long)totals->documents,
               (unsigned long long)totals->index_position);
    }
    printf("\n");
}

static int check(const meower_options *options, const char *argument)
{
    meower_check *result;
    meower_check_totals totals = MEOWER_CHECK_TOTALS_INIT;
    meower_error error;

    (void)argument;
    if (meower_check_run(options, &result, &error) != MEOWER_OK) {
        return fail(&error);
    }
    (void)meower_check_read_totals(result, &totals, NULL);
    print_check(result, &totals);
    meower_check_free(result);
    return totals.findings == 0 ? 0 : 1;
}

static const struct {
    const char *name;
    int (*run)(const meower_options *options, const char *argument);
} commands[] = {
    {"backup", backup}, {"restore", restore}, {"new-epoch", draw_epoch}, {"rebuild", rebuild}, {"check", check}};

#define COMMAND_COUNT (sizeof(commands) / sizeof(commands[0]))

static size_t find(const char *command)
{
    size_t i = 0;

    while (i < COMMAND_COUNT && strcmp(commands[i].name, command) != 0) {
        i++;
    }
    return i;
}

bool maintenance_is_command(const char *command)
{
    return find(command) < COMMAND_COUNT;
}

int maintenance_run(const struct maintenance *maintenance, const char *command, const char *argument)
{
    meower_options *options;
    int failed;

    if (strcmp(command, "rebuild") == 0 && strcmp(argument, "search") != 0) {
        fprintf(stderr, "meowctl: only the search index can be rebuilt: rebuild search\n");
        return 1;
    }
    if (strcmp(command, "rebuild") == 0 && maintenance->store == NULL) {
        return rebuild_by_daemon(maintenance->admin);
    }
    if (maintenance->store == NULL) {
        fprintf(stderr, "meowctl: %s works on a store itself: name it with --store, such as sqlite:feed.db\n", command);
        return 1;
    }
    options = make_options(maintenance);
    failed = options == NULL || commands[find(command)].run(options, argument) != 0;
    meower_options_free(options);
    return failed;
}
