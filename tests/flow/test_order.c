/* test_order.c - ids rise with positions over all instances that write to one store, whatever their clocks say: what
 * was answered last stands first, and who polls by id misses nothing. */
#include "flow/pair.h"
#include "port/schemes.h"
#include <string.h>

#define HOUR_MS (INT64_C(3600) * 1000)
#define YEAR_MS (365 * 24 * HOUR_MS)

/* Puts the wall clock of an instance forward or back. */
static void set_clock(struct fixture *fixture, int64_t ms)
{
    atomic_fetch_add(&fixture->clock.wall_us, ms * 1000);
}

/* The list of the instance, newest first, is what was posted, newest last. */
static void assert_list_is(struct fixture *fixture, const meower_command_result *posted, size_t count)
{
    meower_page *page = list_newest(fixture->query, MEOWER_TAKE_MAX);

    assert_int_equal(meower_page_count(page), count);
    for (size_t i = 0; i < count; i++) {
        assert_string_equal(meower_page_meow(page, i)->id, posted[count - 1 - i].id);
        assert_int_equal(posted[i].position, i + 1);
    }
    meower_page_free(page);
}

static void what_was_posted_last_stands_first_whatever_the_clocks_say(void **state)
{
    struct pair pair;
    meower_command_result posted[40] = {MEOWER_COMMAND_RESULT_INIT};

    (void)state;
    pair_begin(&pair, OPTIONS(STEPPED));
    set_clock(&pair.one, HOUR_MS);
    for (size_t i = 0; i < 40; i++) {
        struct fixture *writer = i % 2 == 0 || i % 7 == 0 ? &pair.one : &pair.two;
        if (i == 20) {
            set_clock(&pair.one, -2 * HOUR_MS);
        }
        posted[i] = post(writer->command, "meow");
        assert_int_equal(posted[i].created_at_us, atomic_load(&writer->clock.wall_us));
        fake_clock_advance_ms(&pair.one.clock, 1);
        fake_clock_advance_ms(&pair.two.clock, 1);
    }
    assert_list_is(&pair.one, posted, 40);
    assert_list_is(&pair.two, posted, 40);
    pair_end(&pair);
}

static void many_posts_of_one_batch_are_drawn_anew_together(void **state)
{
    struct pair pair;
    meower_command_result posted[9] = {MEOWER_COMMAND_RESULT_INIT};
    double batches;

    (void)state;
    pair_begin(&pair, OPTIONS(STEPPED));
    set_clock(&pair.one, HOUR_MS);
    posted[0] = post(pair.one.command, "an hour ahead");
    run_both(&pair);
    batches = feed_metric(pair.two.feed, "batches_total");
    for (size_t i = 1; i < 9; i++) {
        submit(pair.two.command, "meow", NULL);
    }
    feed_run(pair.two.feed);
    for (size_t i = 1; i < 9; i++) {
        posted[i] = take_result(pair.two.command);
        assert_int_equal(posted[i].status, MEOWER_OK);
    }
    assert_int_equal(feed_metric(pair.two.feed, "batches_total"), batches + 1);
    assert_list_is(&pair.two, posted, 9);
    pair_end(&pair);
}

static void a_clock_that_was_years_ahead_once_keeps_nothing_first(void **state)
{
    struct pair pair;
    meower_command_result posted[3] = {MEOWER_COMMAND_RESULT_INIT};

    (void)state;
    pair_begin(&pair, OPTIONS(STEPPED));
    set_clock(&pair.one, 12 * YEAR_MS);
    posted[0] = post(pair.one.command, "from 2038");
    fixture_close(&pair.one);
    set_clock(&pair.one, -12 * YEAR_MS);
    fixture_open(&pair.one, OPTIONS(STEPPED));
    posted[1] = post(pair.one.command, "from now");
    posted[2] = post(pair.two.command, "from over there");
    assert_list_is(&pair.one, posted, 3);
    assert_list_is(&pair.two, posted, 3);
    pair_end(&pair);
}

/* Its page is one of those just above the newest that it has seen. */
static void poll(struct fixture *fixture, char newest_id[MEOWER_ID_SIZE], uint64_t *position, const char *const *ids)
{
    meower_list request = MEOWER_LIST_INIT;
    meower_page *page;

    request.min_id = newest_id;
    request.take = 3;
    page = list(fixture->query, &request);
    for (size_t i = meower_page_count(page); i > 0; i--) {
        assert_string_equal(meower_page_meow(page, i - 1)->id, ids[(*position)++]);
    }
    if (meower_page_count(page) > 0) {
        memcpy(newest_id, meower_page_meow(page, 0)->id, MEOWER_ID_SIZE);
    }
    meower_page_free(page);
}

static void who_polls_by_id_misses_nothing(void **state)
{
    struct pair pair;
    char newest_id[MEOWER_ID_SIZE] = "000000000000000000000000000";
    meower_command_result posted[60] = {MEOWER_COMMAND_RESULT_INIT};
    const char *ids[60];
    uint64_t seen = 0;

    (void)state;
    pair_begin(&pair, OPTIONS(STEPPED));
    set_clock(&pair.two, -HOUR_MS);
    for (size_t i = 0; i < 60; i++) {
        posted[i] = post(i % 3 == 0 ? pair.one.command : pair.two.command, "meow");
        ids[i] = posted[i].id;
        fake_clock_advance_ms(i % 2 == 0 ? &pair.one.clock : &pair.two.clock, 1);
        poll(i % 2 == 0 ? &pair.one : &pair.two, newest_id, &seen, ids);
        assert_int_equal(seen, i + 1);
    }
    pair_end(&pair);
}

/* ---- outcomes that are unknown ----------------------------------------------------------------------------------- */

/* The batch fails with an unknown outcome, performed or not, and before it is tried again another instance posts. */
static void check_unknown_outcome(bool is_performed)
{
    struct pair pair;
    meower_command_result posted[3] = {MEOWER_COMMAND_RESULT_INIT};
    struct fault unknown = {.port = "store",
                            .call = "append",
                            .count = 1,
                            .status = MEOWER_ERROR_OUTCOME_UNKNOWN,
                            .flags = MEOWER_ERROR_FLAG_RETRIABLE,
                            .is_performed = is_performed};

    pair_begin(&pair, OPTIONS(STEPPED));
    set_clock(&pair.two, HOUR_MS);
    run_both(&pair);
    faults_add(&pair.one.faults, unknown);
    submit(pair.one.command, "in doubt", NULL);
    (void)meower_step(pair.one.feed, NULL);
    posted[is_performed ? 1 : 0] = post(pair.two.command, "an hour ahead");
    posted[is_performed ? 0 : 1] = run_until_answered(&pair.one);
    posted[2] = post(pair.one.command, "after it");
    assert_list_is(&pair.one, posted, 3);
    assert_list_is(&pair.two, posted, 3);
    pair_end(&pair);
}

static void a_post_in_doubt_that_was_stored_keeps_its_place(void **state)
{
    (void)state;
    check_unknown_outcome(true);
}

static void a_post_in_doubt_that_was_not_stored_comes_after_what_was_posted_since(void **state)
{
    (void)state;
    check_unknown_outcome(false);
}

/* ---- stores that leave no way ------------------------------------------------------------------------------------ */

static void after_the_last_id_of_all_nothing_can_be_posted(void **state)
{
    struct pair pair;
    meower_command_result result = MEOWER_COMMAND_RESULT_INIT;
    meower_store_operation last = {
        .kind = MEOWER_STORE_POST, .id = "aWgEPTl1tmebfsQzFP4bxwgy80V", .body = "last", .body_len = 4};

    (void)state;
    pair_begin(&pair, OPTIONS(STEPPED));
    assert_int_equal(memory_store.append(pair.store.memory, &last, 1, NULL), MEOWER_OK);
    submit(pair.one.command, "one more", NULL);
    result = run_until_answered(&pair.one);
    assert_int_equal(result.status, MEOWER_ERROR_FULL);
    assert_non_null(strstr(result.error->message, "aWgEPTl1tmebfsQzFP4bxwgy80V"));
    pair_end(&pair);
}

/* A store that names the same newest id for ever, whatever is above it. */
static int refuse_posts(void *store, meower_store_operation *operations, size_t count, meower_error *error)
{
    (void)count;
    if (operations[0].kind != MEOWER_STORE_POST) {
        return memory_store.append(store, operations, count, error);
    }
    memcpy(operations[0].stored_id, "0ujtsYcgvSTl8PAuAdqWYSMnLOv", MEOWER_ID_SIZE);
    return MEOWER_ERROR_CONFLICT;
}

static void a_store_that_refuses_every_id_is_given_up(void **state)
{
    meower_command_result result = MEOWER_COMMAND_RESULT_INIT;
    meower_options *options;
    meower_store_vtable vtable = memory_store;
    meower_command *command;
    meower_feed *feed;

    (void)state;
    vtable.scheme = "refusing";
    vtable.append = refuse_posts;
    assert_int_equal(meower_options_new(&options, NULL), MEOWER_OK);
    assert_int_equal(meower_options_add_store(options, &vtable, NULL, NULL), MEOWER_OK);
    assert_int_equal(meower_options_set(options, "store", "refusing:", NULL), MEOWER_OK);
    assert_int_equal(meower_options_set(options, "threads", "0", NULL), MEOWER_OK);
    assert_int_equal(meower_open(options, &feed, NULL), MEOWER_OK);
    command = command_open(feed);
    submit(command, "never", NULL);
    feed_run(feed);
    result = take_result(command);
    assert_int_equal(result.status, MEOWER_ERROR_INTERNAL);
    assert_non_null(strstr(result.error->message, "0ujtsYcgvSTl8PAuAdqWYSMnLOv"));
    meower_command_close(command);
    feed_close(feed);
    meower_options_free(options);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_posted_last_stands_first_whatever_the_clocks_say),
        cmocka_unit_test(many_posts_of_one_batch_are_drawn_anew_together),
        cmocka_unit_test(a_clock_that_was_years_ahead_once_keeps_nothing_first),
        cmocka_unit_test(who_polls_by_id_misses_nothing),
        cmocka_unit_test(a_post_in_doubt_that_was_stored_keeps_its_place),
        cmocka_unit_test(a_post_in_doubt_that_was_not_stored_comes_after_what_was_posted_since),
        cmocka_unit_test(after_the_last_id_of_all_nothing_can_be_posted),
        cmocka_unit_test(a_store_that_refuses_every_id_is_given_up),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
