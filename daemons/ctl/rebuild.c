/* rebuild.c - see rebuild.h. Progress goes to stderr, a line when something has changed. */
#include "ctl/rebuild.h"
#include "ctl/answer.h"
#include <cjson/cJSON.h>
#include <meower/meower.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define LOOK_MS  100 /* between two looks at what it is at */
#define CLOSE_MS 30000

static void pause_a_moment(void)
{
    const struct timespec pause = {.tv_nsec = LOOK_MS * 1000000};

    nanosleep(&pause, NULL);
}

static void show(unsigned long long position, unsigned long long head, unsigned long long *shown)
{
    if (position != *shown) {
        fprintf(stderr, "meowctl: %llu of %llu events\n", position, head);
        *shown = position;
    }
}

/* ---- by a daemon ------------------------------------------------------------------------------------------------ */

static unsigned long long number_of(const cJSON *json, const char *name)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(json, name);

    return cJSON_IsNumber(item) && item->valuedouble > 0 ? (unsigned long long)item->valuedouble : 0;
}

/* Looks once. Returns 1 while it is running, 0 when it is done, -1 with a message on stderr. */
static int look(const char *url, unsigned long long *shown)
{
    struct answer answer;
    int result = answer_get(url, "/rebuild", "GET", &answer) ? -1 : 0;
    cJSON *json = answer.text == NULL ? NULL : cJSON_Parse(answer.text);
    const char *state = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(json, "state"));
    const char *reason = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(json, "reason"));

    if (result == 0) {
        show(number_of(json, "position"), number_of(json, "head"), shown);
        result = state != NULL && strcmp(state, "running") == 0 ? 1 : 0;
    }
    if (result == 0 && (state == NULL || strcmp(state, "done") != 0)) {
        fprintf(stderr, "meowctl: the index was not rebuilt: %s\n", reason != NULL && *reason != '\0' ? reason : "?");
        result = -1;
    }
    cJSON_Delete(json);
    answer_free(&answer);
    return result;
}

int rebuild_by_daemon(const char *url)
{
    struct answer answer;
    unsigned long long shown = 0;
    int state = answer_get(url, "/rebuild", "POST", &answer) ? -1 : 1;

    answer_free(&answer);
    while (state == 1) {
        state = look(url, &shown);
        if (state == 1) {
            pause_a_moment();
        }
    }
    return state == 0 ? 0 : 1;
}

/* ---- by the library --------------------------------------------------------------------------------------------- */

static int fail(const char *message)
{
    fprintf(stderr, "meowctl: %s\n", message);
    return 1;
}

static int wait_until_done(meower_feed *feed)
{
    meower_rebuild rebuild = MEOWER_REBUILD_INIT;
    unsigned long long shown = 0;

    while (meower_rebuild_state(feed, &rebuild, NULL) == MEOWER_OK && rebuild.state == MEOWER_REBUILD_RUNNING) {
        show(rebuild.position, rebuild.head, &shown);
        pause_a_moment();
    }
    return rebuild.state == MEOWER_REBUILD_DONE ? 0 : fail(rebuild.reason);
}

int rebuild_by_library(const meower_options *options)
{
    meower_feed *feed;
    meower_error error;
    int failed;

    if (meower_open(options, &feed, &error) != MEOWER_OK) {
        return fail(error.message);
    }
    failed = meower_rebuild_start(feed, &error) == MEOWER_OK ? wait_until_done(feed) : fail(error.message);
    if (meower_close(feed, CLOSE_MS, &error) != MEOWER_OK) {
        failed = fail(error.message);
    }
    return failed;
}
