/* test_engine.c - opening, closing and forking: what is refused, what a close drains and what it reports, restarts, and
 * what an instance says of itself. */
#include "flow/shared_store.h"
#include "flow/support.h"
#include "flow/wire_bus.h"
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static const struct parts no_parts = {NULL, NULL, NULL, NULL, NULL};

static size_t too_many; /* things for which there is no memory; 0: there is for any number */

void *calloc(size_t count, size_t size)
{
    bool is_short = (too_many != 0 && count >= too_many) || (size != 0 && count > SIZE_MAX / size);
    void *block = is_short ? NULL : malloc(count * size);
    return block == NULL ? NULL : memset(block, 0, count * size);
}

/* ---- opening ---------------------------------------------------------------------------------------------------- */

static void the_defaults_open(void **state)
{
    meower_feed *feed = NULL;

    (void)state;
    assert_int_equal(meower_open(NULL, &feed, NULL), MEOWER_OK);
    feed_close(feed);
}

static void an_unknown_scheme_is_refused_by_name(void **state)
{
    static const char *const options[] = {"store", "bus", "search"};

    (void)state;
    for (int i = 0; i < 3; i++) {
        meower_feed *feed = NULL;
        meower_error error = {0};
        assert_int_equal(feed_try_open(&no_parts, OPTIONS(options[i], "papyrus:scroll"), &feed, &error),
                         MEOWER_ERROR_INVALID);
        assert_int_equal(error.code, MEOWER_ERROR_INVALID);
        assert_non_null(strstr(error.message, "papyrus"));
        assert_null(feed);
    }
}

static void whatever_fails_while_opening_leaves_nothing_open(void **state)
{
    static const struct fault points[] = {
        {"store", "open", 0, 1, MEOWER_ERROR_UNAVAILABLE, MEOWER_ERROR_FLAG_RETRIABLE, false},
        {"store", "open", 0, 1, MEOWER_ERROR_PERMISSION, 0, true},
        {"store", "info", 0, 1, MEOWER_ERROR_IO, 0, false},
        {"store", "list", 0, 1, MEOWER_ERROR_CORRUPT, 0, false},
        {"bus", "open", 0, 1, MEOWER_ERROR_UNAVAILABLE, MEOWER_ERROR_FLAG_RETRIABLE, false},
        {"search", "open", 0, 1, MEOWER_ERROR_LOCKED, 0, false},
        {"search", "open", 0, 1, MEOWER_ERROR_IO, 0, true},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(points) / sizeof(points[0]); i++) {
        struct faults faults;
        const struct parts parts = {.faults = &faults};
        meower_feed *feed = NULL;
        meower_error error = {0};
        faults_init(&faults);
        faults_add(&faults, points[i]);
        assert_int_equal(feed_try_open(&parts, NO_OPTIONS, &feed, &error), points[i].status);
        assert_null(feed);
        assert_int_equal(error.code, points[i].status);
        assert_int_equal(error.flags, points[i].flags);
        assert_string_equal(error.message, "a fault on command");
        assert_int_equal(feed_try_open(&parts, NO_OPTIONS, &feed, NULL), MEOWER_OK);
        feed_close(feed);
        faults_destroy(&faults);
    }
}

static void an_option_for_which_memory_is_short_is_named(void **state)
{
    static const char *const options[] = {"event_log_max", "timeline_max"};

    (void)state;
    for (int i = 0; i < 2; i++) {
        meower_feed *feed = NULL;
        meower_error error = {.backend_code = -1, .flags = UINT32_MAX};
        too_many = 1000000;
        assert_int_equal(feed_try_open(&no_parts, OPTIONS(options[i], "1000000"), &feed, &error),
                         MEOWER_ERROR_NO_MEMORY);
        too_many = 0;
        assert_null(feed);
        assert_int_equal(error.backend_code, 0);
        assert_int_equal(error.flags, 0);
        assert_non_null(strstr(error.message, options[i]));
    }
}

static void handles_need_their_role(void **state)
{
    static const char *const roles[] = {"command", "query", "subscription"};

    (void)state;
    for (int i = 0; i < 3; i++) {
        meower_feed *feed = feed_open(&no_parts, OPTIONS("roles", roles[i]));
        meower_command *command = NULL;
        meower_query *query = NULL;
        meower_subscription *subscription = NULL;
        meower_error error;
        assert_int_equal(meower_command_open(feed, &command, &error), i == 0 ? MEOWER_OK : MEOWER_ERROR_UNSUPPORTED);
        assert_int_equal(meower_query_open(feed, &query, &error), i == 1 ? MEOWER_OK : MEOWER_ERROR_UNSUPPORTED);
        assert_int_equal(meower_subscription_open(feed, NULL, &subscription, &error),
                         i == 2 ? MEOWER_OK : MEOWER_ERROR_UNSUPPORTED);
        assert_int_equal(error.code == MEOWER_ERROR_UNSUPPORTED, true);
        meower_command_close(command);
        meower_query_close(query);
        meower_subscription_close(subscription);
        feed_close(feed);
    }
}

static void instances_of_one_process_share_nothing(void **state)
{
    struct fixture fixtures[4];

    (void)state;
    for (int i = 0; i < 4; i++) {
        fixture_begin(&fixtures[i], OPTIONS("threads", i % 2 == 0 ? "0" : "1"));
    }
    for (uint64_t position = 1; position <= 20; position++) {
        for (int i = 0; i < 4; i++) {
            assert_int_equal(post(fixtures[i].command, "mine alone").position, position);
        }
    }
    for (int i = 0; i < 4; i++) {
        assert_feed_has(&fixtures[i], 20);
        fixture_end(&fixtures[i]);
    }
}

static void stepping_an_instance_with_threads_is_refused(void **state)
{
    meower_feed *feed = feed_open(&no_parts, OPTIONS("threads", "1"));

    (void)state;
    assert_int_equal(meower_step(feed, NULL), MEOWER_ERROR_INVALID);
    feed_close(feed);
}

static void an_idle_instance_says_so(void **state)
{
    struct fixture fixture;

    (void)state;
    fixture_begin(&fixture, OPTIONS(STEPPED));
    feed_run(fixture.feed);
    assert_int_equal(meower_step(fixture.feed, NULL), 0);
    submit(fixture.command, "work", NULL);
    assert_int_equal(meower_step(fixture.feed, NULL), 1);
    feed_run(fixture.feed);
    take_result(fixture.command);
    fixture_end(&fixture);
}

/* ---- closing ---------------------------------------------------------------------------------------------------- */

static void an_instance_with_open_handles_is_busy_and_goes_on(void **state)
{
    struct fixture fixture;
    meower_subscription *subscription;
    meower_error error;

    (void)state;
    fixture_begin(&fixture, OPTIONS(STEPPED));
    subscription = subscription_open(fixture.feed, NULL);
    assert_int_equal(meower_close(fixture.feed, PATIENCE_MS, &error), MEOWER_ERROR_BUSY);
    assert_non_null(strstr(error.message, "3"));
    assert_int_equal(feed_metric(fixture.feed, "handles"), 3);
    assert_int_equal(post(fixture.command, "still here").position, 1);
    assert_int_equal(take_event(subscription)->position, 1);
    meower_query_close(fixture.query);
    meower_command_close(fixture.command);
    assert_int_equal(meower_close(fixture.feed, PATIENCE_MS, NULL), MEOWER_ERROR_BUSY);
    meower_subscription_close(subscription);
    feed_close(fixture.feed);
    fixture_destroy(&fixture);
}

static void closing_nothing_does_nothing(void **state)
{
    (void)state;
    assert_int_equal(meower_close(NULL, 0, NULL), MEOWER_OK);
    meower_command_close(NULL);
    meower_query_close(NULL);
    meower_subscription_close(NULL);
    meower_page_free(NULL);
}

/* A folder of the test's own, and URLs in it. */
struct folder {
    char path[32];
    char store[64];
    char search[64];
};

static void folder_make(struct folder *folder)
{
    snprintf(folder->path, sizeof(folder->path), "test_engine.XXXXXX");
    assert_non_null(mkdtemp(folder->path));
    snprintf(folder->store, sizeof(folder->store), "sqlite:%s/feed.db", folder->path);
    snprintf(folder->search, sizeof(folder->search), "index:%s/index", folder->path);
}

static void check_close_drains(const char *threads)
{
    struct folder folder;
    struct fixture fixture;

    folder_make(&folder);
    fixture_init(&fixture);
    fixture_open(&fixture, OPTIONS("threads", threads, "store", folder.store, "search", folder.search));
    for (int i = 0; i < 1500; i++) {
        submit(fixture.command, "accepted", NULL);
    }
    fixture_close(&fixture); /* asserts MEOWER_OK */
    fixture_open(&fixture, OPTIONS(STEPPED, "store", folder.store, "search", folder.search));
    feed_run(fixture.feed);
    assert_int_equal(feed_metric(fixture.feed, "position"), 1500);
    assert_int_equal(feed_metric(fixture.feed, "index_position"), 1500);
    assert_int_equal(feed_metric(fixture.feed, "events_indexed_total"), 0); /* it was done before the close */
    fixture_end(&fixture);
    remove_tree(folder.path);
}

static void closing_carries_out_what_was_accepted(void **state)
{
    (void)state;
    check_close_drains("0");
    check_close_drains("2");
}

/* Closes after `ms` on the fake clock; returns the message of the TIMEOUT that must come. */
static void close_too_early(struct fixture *fixture, int ms, meower_error *error)
{
    meower_query_close(fixture->query);
    meower_command_close(fixture->command);
    atomic_store(&fixture->clock.tick_us, 1000);
    assert_int_equal(meower_close(fixture->feed, ms, error), MEOWER_ERROR_TIMEOUT);
}

static void closing_in_time_reports_the_commands_that_were_not_carried_out(void **state)
{
    struct fixture fixture;
    meower_error error;

    (void)state;
    fixture_begin(&fixture, OPTIONS(STEPPED, "batch_max", "2", "wait_max_ms", "600000"));
    faults_add(&fixture.faults, (struct fault){"store", "append", 0, UINT_MAX, MEOWER_ERROR_UNAVAILABLE,
                                               MEOWER_ERROR_FLAG_RETRIABLE, false});
    for (int i = 0; i < 5; i++) {
        submit(fixture.command, "in vain", NULL);
    }
    close_too_early(&fixture, 200, &error);
    assert_non_null(strstr(error.message, "5 commands"));
    fixture_destroy(&fixture);
}

static void closing_in_time_reports_the_events_that_are_not_indexed(void **state)
{
    struct fixture fixture;
    meower_error error;

    (void)state;
    fixture_begin(&fixture, OPTIONS(STEPPED));
    faults_add(&fixture.faults, (struct fault){"search", "index", 0, UINT_MAX, MEOWER_ERROR_UNAVAILABLE,
                                               MEOWER_ERROR_FLAG_RETRIABLE, false});
    for (int i = 0; i < 7; i++) {
        post(fixture.command, "not to be found");
    }
    close_too_early(&fixture, 200, &error);
    assert_non_null(strstr(error.message, "0 commands"));
    assert_non_null(strstr(error.message, "7 not indexed"));
    fixture_destroy(&fixture);
}

static void closing_in_time_reports_the_events_that_are_not_published(void **state)
{
    struct wire wire;
    struct fixture fixture;
    meower_error error;

    (void)state;
    wire_init(&wire);
    fixture_init(&fixture);
    fixture.parts.wire = &wire;
    fixture_open(&fixture, OPTIONS(STEPPED));
    post(fixture.command, "published");
    feed_run(fixture.feed);
    wire_set_down(&wire, true);
    post(fixture.command, "unheard of");
    post(fixture.command, "unheard of");
    close_too_early(&fixture, 200, &error);
    assert_non_null(strstr(error.message, "2 events not published"));
    fixture_destroy(&fixture);
    wire_destroy(&wire);
}

static int64_t now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* A thread that waits for the bus must not keep the close waiting, even when it begins anew between the waking and the
 * stopping. */
static void closing_does_not_wait_for_the_next_look_at_the_store(void **state)
{
    static const unsigned wake_pauses_ms[] = {0, 50};
    struct shared_store store;
    struct wire wire;
    const struct parts parts = {.store = &store, .wire = &wire};

    (void)state;
    shared_store_init(&store);
    wire_init(&wire);
    for (int i = 0; i < 2; i++) {
        meower_feed *feed = feed_open(&parts, OPTIONS("poll_interval_ms", "60000", "roles", "query"));
        int64_t started_ms = now_ms();
        wire.wake_pause_ms = wake_pauses_ms[i];
        sleep_ms(50); /* until it waits for the bus */
        feed_close(feed);
        assert_true(now_ms() - started_ms < 5000);
    }
    wire_destroy(&wire);
    shared_store_destroy(&store);
}

/* Several processes' worth of relays ask for their lease at any moment: their requests are no commands. */
static void closing_does_not_count_what_nobody_asked_for(void **state)
{
    struct shared_store store;
    struct wire wire;
    struct fixture fixture;
    meower_error error;

    (void)state;
    shared_store_init(&store);
    wire_init(&wire);
    fixture_init(&fixture);
    fixture.parts.store = &store;
    fixture.parts.wire = &wire;
    fixture_open(&fixture, OPTIONS(STEPPED, "wait_max_ms", "600000", "roles", "command,query"));
    faults_add(&fixture.faults, (struct fault){"store", "append", 0, UINT_MAX, MEOWER_ERROR_UNAVAILABLE,
                                               MEOWER_ERROR_FLAG_RETRIABLE, false});
    feed_run(fixture.feed); /* the request for the lease is under way */
    meower_query_close(fixture.query);
    meower_command_close(fixture.command);
    atomic_store(&fixture.clock.tick_us, 1000);
    assert_int_equal(meower_close(fixture.feed, 200, &error), MEOWER_OK);
    fixture_destroy(&fixture);
    wire_destroy(&wire);
    shared_store_destroy(&store);
}

/* ---- restart ---------------------------------------------------------------------------------------------------- */

static void a_restart_keeps_everything(void **state)
{
    struct folder folder;
    struct fixture fixture;
    meower_command_result results[30] = {MEOWER_COMMAND_RESULT_INIT};
    meower_subscription *subscription;
    const meower_event *event;

    (void)state;
    folder_make(&folder);
    fixture_init(&fixture);
    fixture_open(&fixture, OPTIONS(STEPPED, "store", folder.store));
    for (int i = 0; i < 30; i++) {
        results[i] = i == 7 ? post_with_key(fixture.command, "kept", "key") : post(fixture.command, "kept");
    }
    erase(fixture.command, results[20].id);
    fixture_close(&fixture);

    atomic_fetch_sub(&fixture.clock.wall_us, 3600000000); /* the clock was set back meanwhile */
    fixture_open(&fixture, OPTIONS(STEPPED, "store", folder.store, "timeline_max", "5", "event_log_max", "16"));
    assert_feed_has(&fixture, 29);
    subscription = subscription_open(fixture.feed, results[9].cursor);
    assert_int_equal(meower_subscription_recovered(subscription), 1);
    for (int i = 10; i < 30; i++) {
        if (i != 20) {
            event = take_event(subscription);
            assert_int_equal(event->position, results[i].position);
            assert_string_equal(event->meow->id, results[i].id);
            assert_int_equal(event->meow->created_at_us, results[i].created_at_us);
        }
    }
    event = take_event(subscription);
    assert_int_equal(event->kind, MEOWER_EVENT_DELETED);
    meower_subscription_close(subscription);
    assert_string_equal(post_with_key(fixture.command, "kept", "key").id, results[7].id);
    assert_int_equal(post(fixture.command, "new").position, 32);
    assert_true(strcmp(post(fixture.command, "new").id, results[29].id) > 0);
    fixture_end(&fixture);
    remove_tree(folder.path);
}

/* ---- fork ------------------------------------------------------------------------------------------------------- */

/* What a child may find out: 0 when every call says FORKED, otherwise which one did not. */
static int call_everything(struct fixture *fixture, meower_subscription *subscription)
{
    meower_list list_all = MEOWER_LIST_INIT;
    meower_search search_any = MEOWER_SEARCH_INIT;
    meower_command_result result = MEOWER_COMMAND_RESULT_INIT;
    meower_command *command = NULL;
    meower_query *query = NULL;
    meower_subscription *other = NULL;
    meower_page *page = NULL;
    const meower_event *event;
    meower_health health = MEOWER_HEALTH_INIT;
    meower_metric metric = MEOWER_METRIC_INIT;
    static const char id[] = "000000000000000000000000001";
    uint64_t total;
    const int statuses[] = {
        meower_command_open(fixture->feed, &command, NULL),
        meower_command_post(fixture->command, "a", 1, NULL, 1000, NULL, NULL),
        meower_command_delete(fixture->command, id, 1000, NULL, NULL),
        meower_command_submit_post(fixture->command, "a", 1, NULL, NULL, NULL),
        meower_command_submit_posts(fixture->command, &(meower_post){sizeof(meower_post), "a", 1, NULL, NULL, NULL, 0},
                                    1, NULL),
        meower_command_submit_delete(fixture->command, id, NULL, NULL),
        meower_command_next(fixture->command, &result, NULL),
        meower_command_next_many(fixture->command, &result, 1, NULL),
        meower_query_open(fixture->feed, &query, NULL),
        meower_query_list(fixture->query, &list_all, 1000, &page, NULL),
        meower_query_search(fixture->query, &search_any, 1000, &page, NULL),
        meower_query_get(fixture->query, id, NULL, 1000, &page, NULL),
        meower_query_count(fixture->query, &list_all, 1000, &total, NULL),
        meower_query_head(fixture->query, 1000, &total, NULL, NULL),
        meower_query_submit_count(fixture->query, &list_all, NULL, NULL),
        meower_query_submit_list(fixture->query, &list_all, NULL, NULL),
        meower_query_submit_search(fixture->query, &search_any, NULL, NULL),
        meower_query_submit_get(fixture->query, id, NULL, NULL, NULL),
        meower_query_next(fixture->query, &page, NULL),
        meower_subscription_open(fixture->feed, NULL, &other, NULL),
        meower_subscription_next(subscription, &event, NULL),
        meower_subscription_next_many(subscription, &event, 1, NULL),
        meower_subscription_wait(subscription, 1000, &event, NULL),
        meower_step(fixture->feed, NULL),
        meower_health_at(fixture->feed, 0, &health, NULL),
        meower_metric_at(fixture->feed, 0, &metric, NULL),
        meower_close(fixture->feed, 1000, NULL),
    };

    for (int i = 0; i < (int)(sizeof(statuses) / sizeof(statuses[0])); i++) {
        if (statuses[i] != MEOWER_ERROR_FORKED) {
            return i + 1;
        }
    }
    meower_subscription_close(subscription);
    meower_query_close(fixture->query);
    meower_command_close(fixture->command);
    return 0;
}

static void a_child_is_refused_and_its_parent_goes_on(void **state)
{
    (void)state;
    for (int i = 0; i < 2; i++) {
        struct fixture fixture;
        meower_subscription *subscription;
        int status = -1;
        pid_t child;
        fixture_begin(&fixture, OPTIONS("threads", i == 0 ? "0" : "2"));
        subscription = subscription_open(fixture.feed, NULL);
        post(fixture.command, "before");
        child = fork();
        assert_true(child >= 0);
        if (child == 0) {
            _exit(call_everything(&fixture, subscription));
        }
        assert_int_equal(waitpid(child, &status, 0), child);
        assert_true(WIFEXITED(status));
        assert_int_equal(WEXITSTATUS(status), 0);
        post(fixture.command, "after");
        assert_int_equal(take_event(subscription)->position, 1);
        assert_int_equal(take_event(subscription)->position, 2);
        assert_feed_has(&fixture, 2);
        meower_subscription_close(subscription);
        fixture_end(&fixture);
    }
}

/* ---- what it says of itself ------------------------------------------------------------------------------------- */

static void every_part_has_its_health(void **state)
{
    static const char *const parts[] = {"store", "bus", "search"};
    meower_health health = {sizeof(health), "untouched", 7, ""};
    struct fixture fixture;

    (void)state;
    fixture_begin(&fixture, OPTIONS(STEPPED));
    feed_run(fixture.feed);
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(meower_health_at(fixture.feed, i, &health, NULL), 1);
        assert_string_equal(health.part, parts[i]);
        assert_int_equal(health.ready, 1);
        assert_string_equal(health.reason, "");
    }
    assert_int_equal(meower_health_at(fixture.feed, 3, &health, NULL), 0);
    assert_int_equal(meower_health_at(fixture.feed, SIZE_MAX, &health, NULL), 0);
    assert_string_equal(health.part, "search");
    fixture_end(&fixture);
}

#define METRICS_MAX 64

static void every_metric_has_a_name_a_sentence_and_a_value(void **state)
{
    meower_metric metrics[METRICS_MAX];
    struct fixture fixture;
    size_t count = 0;

    (void)state;
    fixture_begin(&fixture, OPTIONS(STEPPED));
    for (size_t i = 0; i < METRICS_MAX; i++) {
        metrics[i] = (meower_metric)MEOWER_METRIC_INIT;
    }
    while (count < METRICS_MAX && meower_metric_at(fixture.feed, count, &metrics[count], NULL) == 1) {
        assert_true(metrics[count].value >= 0);
        assert_int_equal(metrics[count].help[strlen(metrics[count].help) - 1], '.');
        assert_int_equal(metrics[count].name[strspn(metrics[count].name, "abcdefghijklmnopqrstuvwxyz_")], '\0');
        for (size_t i = 0; i < count; i++) {
            assert_string_not_equal(metrics[i].name, metrics[count].name);
        }
        count++;
    }
    assert_true(count > 10 && count < METRICS_MAX);
    assert_int_equal(meower_metric_at(fixture.feed, SIZE_MAX, &metrics[0], NULL), 0);
    fixture_end(&fixture);
}

static void totals_only_grow(void **state)
{
    double before[METRICS_MAX] = {0};
    struct fixture fixture;
    meower_metric metric = MEOWER_METRIC_INIT;

    (void)state;
    fixture_begin(&fixture, OPTIONS(STEPPED));
    for (int i = 0; i < 30; i++) {
        meower_command_result result = post(fixture.command, "fox");
        meower_page_free(search(fixture.query, "fox"));
        assert_feed_has(&fixture, (size_t)i / 2 + 1);
        if (i % 2 == 0) {
            erase(fixture.command, result.id);
        }
        for (size_t j = 0; meower_metric_at(fixture.feed, j, &metric, NULL) == 1; j++) {
            if (strstr(metric.name, "_total") != NULL) {
                assert_true(metric.value >= before[j]);
            }
            before[j] = metric.value;
        }
    }
    assert_int_equal(feed_metric(fixture.feed, "posts_total"), 30);
    assert_int_equal(feed_metric(fixture.feed, "deletions_total"), 15);
    assert_int_equal(feed_metric(fixture.feed, "searches_total"), 30);
    assert_int_equal(feed_metric(fixture.feed, "position"), 45);
    fixture_end(&fixture);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_defaults_open),
        cmocka_unit_test(an_unknown_scheme_is_refused_by_name),
        cmocka_unit_test(whatever_fails_while_opening_leaves_nothing_open),
        cmocka_unit_test(an_option_for_which_memory_is_short_is_named),
        cmocka_unit_test(handles_need_their_role),
        cmocka_unit_test(instances_of_one_process_share_nothing),
        cmocka_unit_test(stepping_an_instance_with_threads_is_refused),
        cmocka_unit_test(an_idle_instance_says_so),
        cmocka_unit_test(an_instance_with_open_handles_is_busy_and_goes_on),
        cmocka_unit_test(closing_nothing_does_nothing),
        cmocka_unit_test(closing_carries_out_what_was_accepted),
        cmocka_unit_test(closing_in_time_reports_the_commands_that_were_not_carried_out),
        cmocka_unit_test(closing_in_time_reports_the_events_that_are_not_indexed),
        cmocka_unit_test(closing_in_time_reports_the_events_that_are_not_published),
        cmocka_unit_test(closing_does_not_wait_for_the_next_look_at_the_store),
        cmocka_unit_test(closing_does_not_count_what_nobody_asked_for),
        cmocka_unit_test(a_restart_keeps_everything),
        cmocka_unit_test(a_child_is_refused_and_its_parent_goes_on),
        cmocka_unit_test(every_part_has_its_health),
        cmocka_unit_test(every_metric_has_a_name_a_sentence_and_a_value),
        cmocka_unit_test(totals_only_grow),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
