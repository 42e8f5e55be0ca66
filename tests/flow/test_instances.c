/* test_instances.c - several instances on one store, with a bus that loses, repeats and reorders: every event reaches
 * everybody once and in order, and no reader misses what was answered anywhere. */
#include "flow/pair.h"
#include <limits.h>
#include <stdlib.h>
#include <string.h>

/* ---- events ----------------------------------------------------------------------------------------------------- */

static void events_reach_the_other_instance_by_the_bus(void **state)
{
    struct pair pair;
    meower_subscription *subscription;
    meower_command_result posted = MEOWER_COMMAND_RESULT_INIT;
    const meower_event *event;

    (void)state;
    pair_begin(&pair, OPTIONS(STEPPED));
    run_both(&pair);
    subscription = subscription_open(pair.two.feed, NULL);
    posted = post(pair.one.command, "hello over there");
    run_both(&pair);
    assert_int_equal(meower_subscription_next(subscription, &event, NULL), 1);
    assert_string_equal(event->meow->id, posted.id);
    assert_string_equal(event->meow->body, "hello over there");
    assert_string_equal(event->cursor, posted.cursor);
    assert_int_equal(feed_metric(pair.two.feed, "events_caught_up_total"), 1);
    meower_subscription_close(subscription);
    pair_end(&pair);
}

static void a_bus_that_loses_repeats_and_reorders_does_no_harm(void **state)
{
    struct pair pair;
    meower_subscription *there;
    meower_subscription *here;
    uint64_t position_there = 0;
    uint64_t position_here = 0;

    (void)state;
    srand(5);
    pair_begin(&pair, OPTIONS(STEPPED, "event_log_max", "64"));
    wire_disturb(&pair.wire, 40, 30, true);
    here = subscription_open(pair.one.feed, NULL);
    there = subscription_open(pair.two.feed, NULL);
    for (int round = 0; round < 500; round++) {
        for (int i = rand() % 5; i > 0; i--) {
            post(pair.one.command, "one");
        }
        run_both(&pair);
        if (rand() % 3 == 0) {
            take_all(there, &position_there);
            take_all(here, &position_here);
        }
        if (rand() % 10 == 0) {
            run_both_for(&pair, 100);
        }
    }
    run_both_for(&pair, 3000);
    while (position_there < shared_store_head(&pair.store)) {
        take_all(there, &position_there);
        run_both(&pair);
    }
    take_all(here, &position_here);
    assert_int_equal(position_here, position_there);
    meower_subscription_close(there);
    meower_subscription_close(here);
    pair_end(&pair);
}

static void what_the_bus_loses_comes_with_the_next_look_at_the_store(void **state)
{
    struct pair pair;
    meower_subscription *subscription;
    uint64_t position = 0;

    (void)state;
    pair_begin(&pair, OPTIONS(STEPPED, "poll_interval_ms", "700"));
    run_both(&pair);
    subscription = subscription_open(pair.two.feed, NULL);
    wire_disturb(&pair.wire, 100, 0, false);
    post(pair.one.command, "unheard of");
    run_both_for(&pair, 600);
    take_all(subscription, &position);
    assert_int_equal(position, 0);
    run_both_for(&pair, 100);
    take_all(subscription, &position);
    assert_int_equal(position, 1);
    meower_subscription_close(subscription);
    pair_end(&pair);
}

static void looking_at_the_store_wakes_nobody_for_nothing(void **state)
{
    struct pair pair;
    meower_subscription *subscription;
    uint64_t position = 1;

    (void)state;
    pair_begin(&pair, OPTIONS(STEPPED));
    post(pair.one.command, "before");
    run_both_for(&pair, 1000);
    subscription = subscription_open(pair.two.feed, NULL);
    take_all(subscription, &position);
    run_both_for(&pair, 5000);
    assert_false(is_readable(meower_subscription_fd(subscription)));
    meower_subscription_close(subscription);
    pair_end(&pair);
}

static void messages_that_make_no_sense_are_counted_and_skipped(void **state)
{
    static const char *const messages[] = {
        "",
        "garbage",
        "{",
        "{}",
        "{\"position\":\"7\"}",
        "{\"position\":7,\"epoch\":\"0123456789abcdef\"}",
        "\xff\xfe\x00\x01",
        "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[",
    };
    const size_t count = sizeof(messages) / sizeof(messages[0]);
    struct pair pair;
    meower_subscription *subscription;
    uint64_t position = 0;

    (void)state;
    pair_begin(&pair, OPTIONS(STEPPED));
    run_both(&pair);
    subscription = subscription_open(pair.two.feed, NULL);
    for (size_t i = 0; i < count; i++) {
        wire_inject(&pair.wire, messages[i], strlen(messages[i]));
    }
    post(pair.one.command, "sense");
    run_both(&pair);
    assert_int_equal(feed_metric(pair.two.feed, "messages_undecodable_total"), count);
    take_all(subscription, &position);
    assert_int_equal(position, 1);
    meower_subscription_close(subscription);
    pair_end(&pair);
}

static void messages_of_another_epoch_are_no_news(void **state)
{
    static const char message[] = "{\"kind\":1,\"position\":\"99\",\"epoch\":\"0123456789abcdef\"}";
    struct pair pair;
    unsigned reads;

    (void)state;
    pair_begin(&pair, OPTIONS(STEPPED));
    run_both(&pair);
    reads = faults_calls(&pair.two.faults, "store", "read_events");
    wire_inject(&pair.wire, message, strlen(message));
    run_both(&pair);
    assert_int_equal(faults_calls(&pair.two.faults, "store", "read_events"), reads);
    assert_int_equal(feed_metric(pair.two.feed, "messages_undecodable_total"), 0);
    pair_end(&pair);
}

/* ---- two writers ------------------------------------------------------------------------------------------------ */

static void two_writers_share_one_gapless_line(void **state)
{
    struct pair pair;
    meower_subscription *subscriptions[2];
    uint64_t positions[2] = {0, 0};
    uint64_t expected = 0;

    (void)state;
    srand(3);
    pair_begin(&pair, OPTIONS(STEPPED));
    wire_disturb(&pair.wire, 50, 10, true);
    subscriptions[0] = subscription_open(pair.one.feed, NULL);
    subscriptions[1] = subscription_open(pair.two.feed, NULL);
    for (int i = 0; i < 500; i++) {
        struct fixture *writer = rand() % 2 == 0 ? &pair.one : &pair.two;
        meower_command_result result = post(writer->command, "mine");
        expected++;
        assert_int_equal(result.position, expected);
        take_all(subscriptions[0], &positions[0]);
        take_all(subscriptions[1], &positions[1]);
    }
    run_both_for(&pair, 3000);
    for (int i = 0; i < 2; i++) {
        take_all(subscriptions[i], &positions[i]);
        assert_int_equal(positions[i], expected);
        meower_subscription_close(subscriptions[i]);
    }
    assert_feed_has(&pair.one, 500);
    assert_feed_has(&pair.two, 500);
    pair_end(&pair);
}

static void an_unknown_outcome_is_told_from_what_others_wrote(void **state)
{
    struct pair pair;
    meower_command_result mine = MEOWER_COMMAND_RESULT_INIT;
    meower_command_result theirs = MEOWER_COMMAND_RESULT_INIT;
    meower_subscription *subscription;
    uint64_t position = 0;

    (void)state;
    pair_begin(&pair, OPTIONS(STEPPED));
    run_both(&pair);
    subscription = subscription_open(pair.one.feed, NULL);
    theirs = post(pair.two.command, "theirs");
    faults_add(&pair.one.faults, (struct fault){"store", "append", 0, 1, MEOWER_ERROR_OUTCOME_UNKNOWN,
                                                MEOWER_ERROR_FLAG_RETRIABLE, true});
    submit(pair.one.command, "mine", NULL);
    meower_step(pair.one.feed, NULL);
    assert_int_equal(post(pair.two.command, "theirs too").position, 3);
    mine = run_until_answered(&pair.one);
    assert_int_equal(theirs.position, 1);
    assert_int_equal(mine.position, 2);
    take_all(subscription, &position);
    assert_int_equal(position, 3);
    assert_feed_has(&pair.one, 3);
    meower_subscription_close(subscription);
    pair_end(&pair);
}

static void a_read_sees_what_was_answered_elsewhere(void **state)
{
    struct pair pair;
    meower_command_result posted = MEOWER_COMMAND_RESULT_INIT;
    meower_page *page = NULL;

    (void)state;
    pair_begin(&pair, OPTIONS(STEPPED, "timeline_max", "3"));
    wire_disturb(&pair.wire, 100, 0, false);
    for (int i = 0; i < 10; i++) {
        posted = post(pair.one.command, "over there");
        page = list_newest(pair.two.query, 1);
        assert_true(page_has(page, posted.id));
        meower_page_free(page);
        assert_int_equal(meower_query_get(pair.two.query, posted.id, NULL, PATIENCE_MS, &page, NULL), MEOWER_OK);
        meower_page_free(page);
        erase(pair.one.command, posted.id);
        assert_int_equal(meower_query_get(pair.two.query, posted.id, NULL, PATIENCE_MS, &page, NULL),
                         MEOWER_ERROR_NOT_FOUND);
        page = list_newest(pair.two.query, 10);
        assert_false(page_has(page, posted.id));
        meower_page_free(page);
    }
    pair_end(&pair);
}

static void reads_that_wait_together_share_one_look_at_the_head(void **state)
{
    struct pair pair;
    meower_list what = MEOWER_LIST_INIT;
    meower_page *page = NULL;
    unsigned looks;

    (void)state;
    pair_begin(&pair, OPTIONS(STEPPED));
    run_both(&pair);
    looks = faults_calls(&pair.two.faults, "store", "head");
    for (int i = 0; i < 20; i++) {
        assert_int_equal(meower_query_submit_list(pair.two.query, &what, NULL, NULL), MEOWER_OK);
    }
    run_both(&pair);
    assert_int_equal(faults_calls(&pair.two.faults, "store", "head"), looks + 1);
    for (int i = 0; i < 20; i++) {
        assert_int_equal(meower_query_next(pair.two.query, &page, NULL), 1);
        meower_page_free(page);
    }
    pair_end(&pair);
}

static void a_reader_alone_follows_the_writer(void **state)
{
    struct pair pair;
    meower_feed *reader;
    meower_subscription *subscription;
    uint64_t position = 0;

    (void)state;
    pair_init(&pair);
    fixture_open(&pair.one, OPTIONS(STEPPED));
    reader = feed_open(&pair.two.parts, OPTIONS(STEPPED, "roles", "subscription"));
    feed_run(reader);
    subscription = subscription_open(reader, NULL);
    for (int i = 0; i < 5; i++) {
        post(pair.one.command, "to be followed");
    }
    feed_run(pair.one.feed);
    feed_run(reader);
    take_all(subscription, &position);
    assert_int_equal(position, 5);
    meower_subscription_close(subscription);
    feed_close(reader);
    fixture_close(&pair.one);
    pair_destroy(&pair);
}

static void a_store_that_cannot_be_read_is_a_matter_of_health(void **state)
{
    struct pair pair;
    meower_health health = MEOWER_HEALTH_INIT;

    (void)state;
    pair_begin(&pair, OPTIONS(STEPPED));
    faults_add(&pair.two.faults, (struct fault){"store", "read_events", 0, UINT_MAX, MEOWER_ERROR_UNAVAILABLE,
                                                MEOWER_ERROR_FLAG_RETRIABLE, false});
    run_both_for(&pair, 1100);
    assert_int_equal(meower_health_at(pair.two.feed, 0, &health, NULL), 1);
    assert_string_equal(health.part, "store");
    assert_int_equal(health.ready, 0);
    assert_string_equal(health.reason, "a fault on command");
    faults_clear(&pair.two.faults);
    run_both_for(&pair, 1100);
    assert_int_equal(meower_health_at(pair.two.feed, 0, &health, NULL), 1);
    assert_int_equal(health.ready, 1);
    pair_end(&pair);
}

/* A read that failed once must not be remembered when nobody reads any more: a balancer would never send any. */
static void health_comes_back_without_further_reads(void **state)
{
    struct pair pair;
    meower_list what = MEOWER_LIST_INIT;
    meower_page *page = NULL;
    meower_health health = MEOWER_HEALTH_INIT;

    (void)state;
    pair_begin(&pair, OPTIONS(STEPPED));
    run_both(&pair);
    faults_add(&pair.two.faults,
               (struct fault){"store", "head", 0, 1, MEOWER_ERROR_UNAVAILABLE, MEOWER_ERROR_FLAG_RETRIABLE, false});
    assert_int_equal(meower_query_list(pair.two.query, &what, PATIENCE_MS, &page, NULL), MEOWER_ERROR_UNAVAILABLE);
    assert_int_equal(meower_health_at(pair.two.feed, 0, &health, NULL), 1);
    assert_int_equal(health.ready, 0);
    assert_string_equal(health.reason, "a fault on command");
    run_both_for(&pair, 2000);
    assert_int_equal(meower_health_at(pair.two.feed, 0, &health, NULL), 1);
    assert_int_equal(health.ready, 1);
    pair_end(&pair);
}

/* ---- with threads: what is answered is seen --------------------------------------------------------------------- */

#define POSTS_MAX 4000

/* What was answered, in the order of the answers. */
struct history {
    pthread_mutex_t mutex;
    char ids[POSTS_MAX][MEOWER_ID_SIZE];
    size_t count;
    atomic_bool is_over;
    atomic_int misses;
    atomic_int failures;
    atomic_int reads;
};

struct actor {
    struct history *history;
    meower_feed *feed;
    pthread_t thread;
};

static size_t history_count(struct history *history)
{
    size_t count;

    pthread_mutex_lock(&history->mutex);
    count = history->count;
    pthread_mutex_unlock(&history->mutex);
    return count;
}

static void *post_until_over(void *argument)
{
    struct actor *actor = argument;
    struct history *history = actor->history;
    meower_command_result result = MEOWER_COMMAND_RESULT_INIT;
    meower_command *command = NULL;
    bool is_full = meower_command_open(actor->feed, &command, NULL) != MEOWER_OK;

    while (!is_full && !atomic_load(&history->is_over)) {
        if (meower_command_post(command, "seen everywhere", 15, NULL, PATIENCE_MS, &result, NULL) != MEOWER_OK) {
            atomic_fetch_add(&history->failures, 1);
            break;
        }
        pthread_mutex_lock(&history->mutex);
        memcpy(history->ids[history->count++], result.id, MEOWER_ID_SIZE);
        is_full = history->count + 8 >= POSTS_MAX;
        pthread_mutex_unlock(&history->mutex);
    }
    meower_command_close(command);
    return NULL;
}

/* Whether the page, newest first, has the id. */
static bool page_finds(const meower_page *page, const char *id)
{
    size_t low = 0;
    size_t high = meower_page_count(page);

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = strcmp(meower_page_meow(page, middle)->id, id);
        if (order == 0) {
            return true;
        }
        if (order > 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return false;
}

/* What was answered before the list was asked for and is not older than all of the page must be on it. */
static void check_list_against(struct history *history, const meower_page *page, size_t answered, size_t take)
{
    size_t count = meower_page_count(page);
    const char *oldest = count == take ? meower_page_meow(page, count - 1)->id : "";

    for (size_t i = 0; i < answered; i++) {
        if (strcmp(history->ids[i], oldest) >= 0 && !page_finds(page, history->ids[i])) {
            atomic_fetch_add(&history->misses, 1);
        }
    }
}

/* The last that was answered can be got. */
static void check_get_against(struct history *history, meower_query *query, size_t answered)
{
    meower_page *page = NULL;

    if (answered == 0) {
        return;
    }
    if (meower_query_get(query, history->ids[answered - 1], NULL, PATIENCE_MS, &page, NULL) != MEOWER_OK) {
        atomic_fetch_add(&history->misses, 1);
    }
    meower_page_free(page);
}

static void *list_until_over(void *argument)
{
    struct actor *actor = argument;
    struct history *history = actor->history;
    meower_query *query = NULL;
    bool is_open = meower_query_open(actor->feed, &query, NULL) == MEOWER_OK;

    while (is_open && !atomic_load(&history->is_over)) {
        meower_list what = MEOWER_LIST_INIT;
        size_t answered = history_count(history);
        meower_page *page = NULL;
        what.take = 400;
        if (meower_query_list(query, &what, PATIENCE_MS, &page, NULL) != MEOWER_OK) {
            atomic_fetch_add(&history->failures, 1);
            break;
        }
        check_list_against(history, page, answered, what.take);
        atomic_fetch_add(&history->reads, 1);
        meower_page_free(page);
        check_get_against(history, query, history_count(history));
    }
    meower_query_close(query);
    return NULL;
}

static void no_list_misses_what_was_answered_anywhere(void **state)
{
    static struct history history;
    struct pair pair;
    struct actor posters[2];
    struct actor listers[3];

    (void)state;
    pthread_mutex_init(&history.mutex, NULL);
    pair_init(&pair);
    pair.one.parts.clock = pair.two.parts.clock = NULL;
    fixture_open(&pair.one, OPTIONS("timeline_max", "1000", "threads", "1"));
    fixture_open(&pair.two, OPTIONS("timeline_max", "450", "threads", "2"));
    wire_disturb(&pair.wire, 50, 20, true);
    for (int i = 0; i < 2; i++) {
        posters[i] = (struct actor){.history = &history, .feed = i == 0 ? pair.one.feed : pair.two.feed};
        assert_int_equal(pthread_create(&posters[i].thread, NULL, post_until_over, &posters[i]), 0);
    }
    for (int i = 0; i < 3; i++) {
        listers[i] = (struct actor){.history = &history, .feed = i == 0 ? pair.one.feed : pair.two.feed};
        assert_int_equal(pthread_create(&listers[i].thread, NULL, list_until_over, &listers[i]), 0);
    }
    sleep_ms(2000);
    atomic_store(&history.is_over, true);
    for (int i = 0; i < 2; i++) {
        pthread_join(posters[i].thread, NULL);
    }
    for (int i = 0; i < 3; i++) {
        pthread_join(listers[i].thread, NULL);
    }
    assert_int_equal(atomic_load(&history.failures), 0);
    assert_int_equal(atomic_load(&history.misses), 0);
    assert_true(atomic_load(&history.reads) > 10);
    assert_int_equal(shared_store_head(&pair.store), history.count);
    pair_end(&pair);
    pthread_mutex_destroy(&history.mutex);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(events_reach_the_other_instance_by_the_bus),
        cmocka_unit_test(a_bus_that_loses_repeats_and_reorders_does_no_harm),
        cmocka_unit_test(what_the_bus_loses_comes_with_the_next_look_at_the_store),
        cmocka_unit_test(looking_at_the_store_wakes_nobody_for_nothing),
        cmocka_unit_test(messages_that_make_no_sense_are_counted_and_skipped),
        cmocka_unit_test(messages_of_another_epoch_are_no_news),
        cmocka_unit_test(two_writers_share_one_gapless_line),
        cmocka_unit_test(an_unknown_outcome_is_told_from_what_others_wrote),
        cmocka_unit_test(a_read_sees_what_was_answered_elsewhere),
        cmocka_unit_test(reads_that_wait_together_share_one_look_at_the_head),
        cmocka_unit_test(a_reader_alone_follows_the_writer),
        cmocka_unit_test(a_store_that_cannot_be_read_is_a_matter_of_health),
        cmocka_unit_test(health_comes_back_without_further_reads),
        cmocka_unit_test(no_list_misses_what_was_answered_anywhere),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
