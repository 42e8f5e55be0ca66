/* test_rebuild.c - the search index made anew beside the one that is searched. */
#include "flow/pair.h"
#include "flow/toy_search.h"
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int begin(void **state)
{
    struct fixture *fixture = calloc(1, sizeof(*fixture));

    assert_non_null(fixture);
    fixture_init(fixture);
    *state = fixture;
    return 0;
}

static int end(void **state)
{
    fixture_destroy(*state);
    free(*state);
    return 0;
}

static meower_rebuild state_of(struct fixture *fixture)
{
    meower_rebuild rebuild = MEOWER_REBUILD_INIT;

    assert_int_equal(meower_rebuild_state(fixture->feed, &rebuild, NULL), MEOWER_OK);
    return rebuild;
}

static void start(struct fixture *fixture)
{
    meower_error error;

    if (meower_rebuild_start(fixture->feed, &error) != MEOWER_OK) {
        fail_msg("%s", error.message);
    }
}

static size_t hits(struct fixture *fixture, const char *text)
{
    meower_page *page = search(fixture->query, text);
    size_t count = meower_page_count(page);

    assert_int_equal(meower_page_is_fallback(page), 0);
    meower_page_free(page);
    return count;
}

/* ---- stepped ---------------------------------------------------------------------------------------------------- */

static void a_rebuilt_index_has_what_the_old_one_lacked(void **state)
{
    struct fixture *fixture = *state;
    struct toy_index index;

    toy_index_init(&index);
    fixture->parts.index = &index;
    fixture_open(fixture, OPTIONS(STEPPED));
    post_many(fixture, 1000);
    feed_run(fixture->feed);
    index.count = 10; /* damage */
    assert_int_equal(hits(fixture, "many"), 10);
    start(fixture);
    assert_int_equal(state_of(fixture).state, MEOWER_REBUILD_RUNNING);
    feed_run(fixture->feed);
    assert_int_equal(state_of(fixture).state, MEOWER_REBUILD_DONE);
    assert_int_equal(state_of(fixture).position, 1000);
    assert_int_equal(hits(fixture, "many"), 100);
    assert_int_equal(toy_index_count(&index), 1000);
    assert_int_equal((int)feed_metric(fixture->feed, "rebuilds_total"), 1);
    fixture_close(fixture);
    toy_index_destroy(&index);
}

static void posts_and_deletions_during_a_rebuild_are_in_both_indexes(void **state)
{
    struct fixture *fixture = *state;
    struct toy_index index;
    char id[MEOWER_ID_SIZE];

    toy_index_init(&index);
    fixture->parts.index = &index;
    fixture_open(fixture, OPTIONS(STEPPED, "batch_max", "100"));
    memcpy(id, post(fixture->command, "doomed").id, sizeof(id));
    post_many(fixture, 3000);
    feed_run(fixture->feed);
    start(fixture);
    assert_int_equal(meower_step(fixture->feed, NULL), 1);
    assert_int_equal(state_of(fixture).state, MEOWER_REBUILD_RUNNING);
    assert_int_equal(hits(fixture, "doomed"), 1); /* the live one answers */
    erase(fixture->command, id);
    post(fixture->command, "newcomer");
    feed_run(fixture->feed);
    assert_int_equal(state_of(fixture).state, MEOWER_REBUILD_DONE);
    assert_int_equal(hits(fixture, "doomed"), 0);
    assert_int_equal(hits(fixture, "newcomer"), 1);
    assert_int_equal(toy_index_count(&index), 3001);
    fixture_close(fixture);
    toy_index_destroy(&index);
}

static void a_second_rebuild_waits_for_the_first(void **state)
{
    struct fixture *fixture = *state;
    meower_error error;

    fixture_open(fixture, OPTIONS(STEPPED));
    assert_int_equal(state_of(fixture).state, MEOWER_REBUILD_NONE);
    start(fixture);
    assert_int_equal(meower_rebuild_start(fixture->feed, &error), MEOWER_ERROR_BUSY);
    feed_run(fixture->feed);
    assert_int_equal(state_of(fixture).state, MEOWER_REBUILD_DONE);
    start(fixture);
    feed_run(fixture->feed);
    assert_int_equal((int)feed_metric(fixture->feed, "rebuilds_total"), 2);
    fixture_close(fixture);
}

static void a_failed_rebuild_leaves_the_old_index_and_says_why(void **state)
{
    static const char *const calls[] = {"rebuild_begin", "rebuild_index", "rebuild_swap"};
    struct fixture *fixture = *state;

    fixture_open(fixture, OPTIONS(STEPPED));
    post(fixture->command, "kitten");
    feed_run(fixture->feed);
    for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
        faults_add(&fixture->faults,
                   (struct fault){.port = "search", .call = calls[i], .count = 1, .status = MEOWER_ERROR_FULL});
        start(fixture);
        feed_run(fixture->feed);
        assert_int_equal(state_of(fixture).state, MEOWER_REBUILD_FAILED);
        assert_true(strlen(state_of(fixture).reason) > 0);
        assert_int_equal(hits(fixture, "kitten"), 1);
        faults_clear(&fixture->faults);
    }
    start(fixture);
    feed_run(fixture->feed);
    assert_int_equal(state_of(fixture).state, MEOWER_REBUILD_DONE);
    assert_string_equal(state_of(fixture).reason, "");
    assert_int_equal(hits(fixture, "kitten"), 1);
    fixture_close(fixture);
}

/* A swap that fails half-way may have cost the live index: it is looked at without waiting for a search to fail. */
static void after_a_failed_rebuild_the_live_index_is_looked_at(void **state)
{
    struct fixture *fixture = *state;
    unsigned looks;

    fixture_open(fixture, OPTIONS(STEPPED));
    post(fixture->command, "kitten");
    feed_run(fixture->feed);
    looks = faults_calls(&fixture->faults, "search", "info");
    faults_add(&fixture->faults,
               (struct fault){.port = "search", .call = "rebuild_begin", .count = 1, .status = MEOWER_ERROR_FULL});
    start(fixture);
    feed_run(fixture->feed);
    assert_int_equal(faults_calls(&fixture->faults, "search", "info"), looks + 1);
    fixture_close(fixture);
}

/* It has written to the live index what this one has not heard of yet. */
static void what_another_process_has_indexed_is_in_the_rebuilt_index(void **state)
{
    struct pair pair;
    struct toy_index index;

    (void)state;
    pair_init_apart(&pair, &index);
    fixture_open(&pair.one, OPTIONS(STEPPED));
    fixture_open(&pair.two, OPTIONS(STEPPED));
    feed_run(pair.two.feed);
    post(pair.one.command, "kitten");
    feed_run(pair.one.feed);
    assert_int_equal(toy_index_info(&index).position, 1);
    start(&pair.two);
    feed_run(pair.two.feed);
    assert_int_equal(state_of(&pair.two).state, MEOWER_REBUILD_DONE);
    assert_int_equal(toy_index_info(&index).position, 1);
    assert_int_equal(toy_index_count(&index), 1);
    pair_end(&pair);
    toy_index_destroy(&index);
}

/* The index says how far another process is; what is missing is read at once, without waiting for news of it. */
static void a_rebuild_reads_what_the_index_has_more(void **state)
{
    struct pair pair;
    struct toy_index index;

    (void)state;
    pair_init_apart(&pair, &index);
    fixture_open(&pair.one, OPTIONS(STEPPED));
    faults_add(&pair.two.faults, (struct fault){.port = "search",
                                                .call = "info",
                                                .count = 1,
                                                .status = MEOWER_ERROR_UNAVAILABLE,
                                                .flags = MEOWER_ERROR_FLAG_RETRIABLE});
    fixture_open(&pair.two, OPTIONS(STEPPED, "poll_interval_ms", "3600000"));
    feed_run(pair.two.feed);
    post(pair.one.command, "kitten");
    feed_run(pair.one.feed);
    fake_clock_advance_ms(&pair.two.clock, 5000);
    start(&pair.two);
    feed_run(pair.two.feed);
    assert_int_equal(state_of(&pair.two).state, MEOWER_REBUILD_DONE);
    assert_int_equal(toy_index_info(&index).position, 1);
    assert_int_equal(toy_index_count(&index), 1);
    pair_end(&pair);
    toy_index_destroy(&index);
}

/* No store can bring up what it does not have; the rebuild must not wait for it. */
static void a_rebuild_beside_an_index_ahead_of_its_store_fails(void **state)
{
    struct fixture *fixture = *state;
    struct toy_index index;

    toy_index_init(&index);
    fixture->parts.index = &index;
    fixture_open(fixture, OPTIONS(STEPPED));
    post(fixture->command, "kitten");
    feed_run(fixture->feed);
    index.info.position = 7;
    start(fixture);
    feed_run(fixture->feed);
    assert_int_equal(state_of(fixture).state, MEOWER_REBUILD_FAILED);
    assert_non_null(strstr(state_of(fixture).reason, "position 7"));
    assert_int_equal(hits(fixture, "kitten"), 1);
    fixture_close(fixture);
    toy_index_destroy(&index);
}

/* The rebuild is the first to notice, and fails, too: a search of the same moment must not say that it saw the post. */
static void what_is_searched_in_an_index_that_a_rebuild_finds_lost_is_not_the_feed(void **state)
{
    struct fixture *fixture = *state;
    struct toy_index index;
    meower_search what = MEOWER_SEARCH_INIT;
    meower_page *page;
    char nothing[MEOWER_CURSOR_SIZE];

    toy_index_init(&index);
    fixture->parts.index = &index;
    fixture_open(fixture, OPTIONS(STEPPED));
    write_cursor(post(fixture->command, "kitten").cursor, 0, nothing);
    feed_run(fixture->feed);
    toy_index_drop(&index);
    faults_add(&fixture->faults,
               (struct fault){.port = "search", .call = "rebuild_swap", .count = 1, .status = MEOWER_ERROR_IO});
    start(fixture);
    what.text = "kitten";
    what.text_len = 6;
    assert_int_equal(meower_query_submit_search(fixture->query, &what, NULL, NULL), MEOWER_OK);
    assert_int_equal(meower_step(fixture->feed, NULL), 1);
    assert_int_equal(state_of(fixture).state, MEOWER_REBUILD_FAILED);
    assert_int_equal(meower_query_next(fixture->query, &page, NULL), 1);
    assert_int_equal(meower_page_count(page), 0);
    assert_string_equal(meower_page_cursor(page), nothing);
    meower_page_free(page);
    feed_run(fixture->feed);
    assert_int_equal(hits(fixture, "kitten"), 1);
    fixture_close(fixture);
    toy_index_destroy(&index);
}

static void fail_search(struct fixture *fixture, const char *call, unsigned count)
{
    faults_add(&fixture->faults,
               (struct fault){"search", call, 0, count, MEOWER_ERROR_UNAVAILABLE, MEOWER_ERROR_FLAG_RETRIABLE, false});
}

/* Both have shown "kitten". Then the index is lost, and one makes it anew up to there and cannot refresh it; two hears
 * of nothing. What a search of two finds now is not what it has shown. */
static void make_anew_unseen(struct pair *pair, struct toy_index *index, const char *const *pairs_of_two)
{
    meower_search shown = MEOWER_SEARCH_INIT;
    meower_command_result posted = MEOWER_COMMAND_RESULT_INIT;
    meower_page *page;

    pair_init_apart(pair, index);
    fixture_open(&pair->one, OPTIONS(STEPPED));
    posted = post(pair->one.command, "kitten");
    feed_run(pair->one.feed);
    fixture_open(&pair->two, pairs_of_two);
    shown.text = "kitten";
    shown.text_len = 6;
    shown.cursor = posted.cursor;
    assert_int_equal(meower_query_search(pair->two.query, &shown, PATIENCE_MS, &page, NULL), MEOWER_OK);
    meower_page_free(page);
    toy_index_drop(index);
    fail_search(&pair->one, "match", 1);
    fail_search(&pair->one, "refresh", UINT_MAX);
    meower_page_free(search(pair->one.query, "kitten"));
    feed_run(pair->one.feed);
    assert_int_equal(toy_index_info(index).position, 1);
    assert_int_equal(toy_index_count(index), 1);
    faults_clear(&pair->one.faults); /* it refreshes it when it is stepped again: when it closes */
    fake_clock_advance_ms(&pair->one.clock, 2000);
}

static void submit_search(struct fixture *fixture, const char *text)
{
    meower_search what = MEOWER_SEARCH_INIT;

    what.text = text;
    what.text_len = strlen(text);
    assert_int_equal(meower_query_submit_search(fixture->query, &what, NULL, NULL), MEOWER_OK);
}

/* Takes the page of a search, which must come and have one meow. */
static void assert_found_one(struct fixture *fixture, int is_fallback)
{
    meower_page *page;

    assert_true(waits_until_readable(meower_query_fd(fixture->query)));
    assert_int_equal(meower_query_next(fixture->query, &page, NULL), 1);
    assert_int_equal(meower_page_is_fallback(page), is_fallback);
    assert_int_equal(meower_page_count(page), 1);
    meower_page_free(page);
}

static void wait_until_rebuilt(struct fixture *fixture)
{
    while (state_of(fixture).state == MEOWER_REBUILD_RUNNING) {
        usleep(1000);
    }
    assert_int_equal(state_of(fixture).state, MEOWER_REBUILD_DONE);
    assert_int_equal(hits(fixture, "kitten"), 1);
}

/* The rebuild is told that the index is where it was, and fails; a search of the same moment finds what is in it. */
static void a_rebuild_shows_what_another_process_has_made_anew(void **state)
{
    struct pair pair;
    struct toy_index index;

    (void)state;
    make_anew_unseen(&pair, &index, OPTIONS(STEPPED));
    fail_search(&pair.two, "rebuild_swap", 1);
    start(&pair.two);
    submit_search(&pair.two, "kitten");
    assert_int_equal(meower_step(pair.two.feed, NULL), 1);
    assert_int_equal(state_of(&pair.two).state, MEOWER_REBUILD_FAILED);
    assert_found_one(&pair.two, 0);
    pair_end(&pair);
    toy_index_destroy(&index);
}

static void while_a_rebuild_looks_at_a_shared_index_a_search_scans(void **state)
{
    struct pair pair;
    struct toy_index index;

    (void)state;
    make_anew_unseen(&pair, &index, OPTIONS("poll_interval_ms", "3600000"));
    faults_hold(&pair.two.faults, "search", "refresh");
    start(&pair.two);
    faults_wait_until_held(&pair.two.faults);
    submit_search(&pair.two, "kitten");
    assert_found_one(&pair.two, 1);
    faults_let_go(&pair.two.faults);
    wait_until_rebuilt(&pair.two);
    pair_end(&pair);
    toy_index_destroy(&index);
}

/* It was answered by an index that nobody has shown, and comes back when that is known. */
static void a_search_that_a_rebuild_overtakes_in_a_shared_index_scans(void **state)
{
    struct pair pair;
    struct toy_index index;

    (void)state;
    make_anew_unseen(&pair, &index, OPTIONS("poll_interval_ms", "3600000"));
    faults_hold_answers(&pair.two.faults, "search", "match");
    submit_search(&pair.two, "kitten");
    faults_wait_until_held(&pair.two.faults);
    start(&pair.two);
    while (state_of(&pair.two).state == MEOWER_REBUILD_RUNNING) {
        usleep(1000);
    }
    faults_let_go(&pair.two.faults);
    assert_found_one(&pair.two, 1);
    wait_until_rebuilt(&pair.two);
    pair_end(&pair);
    toy_index_destroy(&index);
}

static void who_has_no_index_cannot_rebuild_one(void **state)
{
    struct fixture *fixture = *state;
    meower_error error;

    assert_int_equal(meower_rebuild_start(NULL, &error), MEOWER_ERROR_INVALID);
    fixture->feed = feed_open(&fixture->parts, OPTIONS("roles", "command", "threads", "0"));
    assert_int_equal(meower_rebuild_start(fixture->feed, &error), MEOWER_ERROR_UNSUPPORTED);
    feed_close(fixture->feed);
}

static void an_instance_that_closes_gives_up_its_rebuild(void **state)
{
    struct fixture *fixture = *state;
    struct toy_index index;

    toy_index_init(&index);
    fixture->parts.index = &index;
    fixture_open(fixture, OPTIONS(STEPPED));
    post_many(fixture, 3000);
    feed_run(fixture->feed);
    start(fixture);
    assert_int_equal(meower_step(fixture->feed, NULL), 1);
    assert_non_null(index.beside);
    fixture_close(fixture);
    assert_null(index.beside);
    assert_int_equal(toy_index_count(&index), 3000);
    toy_index_destroy(&index);
}

/* ---- with threads, and the real index --------------------------------------------------------------------------- */

/* Posts of a round. Without a bound they run away from an index whose thread gets little of a busy machine, and the
 * last one is not visible in any time. */
#define FILLERS_MAX 1000

struct reader {
    meower_feed *feed;
    atomic_bool is_over;
    atomic_uint searches;
    atomic_uint wrong;
};

static void *keep_searching(void *context)
{
    struct reader *reader = context;
    meower_query *query;
    meower_search search = MEOWER_SEARCH_INIT;
    meower_page *page;

    search.text = "always";
    search.text_len = 6;
    if (meower_query_open(reader->feed, &query, NULL) != MEOWER_OK) {
        return NULL;
    }
    while (!atomic_load(&reader->is_over)) {
        meower_error error;
        if (meower_query_search(query, &search, PATIENCE_MS, &page, &error) != MEOWER_OK) {
            print_error("%s\n", error.message);
            atomic_fetch_add(&reader->wrong, 1);
            continue;
        }
        if (meower_page_is_fallback(page) || meower_page_count(page) != 1) {
            print_error("fallback %d, %zu meows\n", meower_page_is_fallback(page), meower_page_count(page));
            atomic_fetch_add(&reader->wrong, 1);
        }
        meower_page_free(page);
        atomic_fetch_add(&reader->searches, 1);
    }
    meower_query_close(query);
    return NULL;
}

/* Rebuilds once, and posts meanwhile. *cursor becomes that of the last post. */
static void rebuild_and_post(meower_feed *feed, meower_command *command, char cursor[MEOWER_CURSOR_SIZE])
{
    meower_rebuild rebuild = MEOWER_REBUILD_INIT;
    int posted = 0;

    assert_int_equal(meower_rebuild_start(feed, NULL), MEOWER_OK);
    do {
        if (posted++ < FILLERS_MAX) {
            memcpy(cursor, post(command, "filler").cursor, MEOWER_CURSOR_SIZE);
        } else {
            usleep(1000);
        }
        assert_int_equal(meower_rebuild_state(feed, &rebuild, NULL), MEOWER_OK);
    } while (rebuild.state == MEOWER_REBUILD_RUNNING);
    assert_int_equal(rebuild.state, MEOWER_REBUILD_DONE);
}

static void rebuild_under_load(const char *search_url)
{
    meower_feed *feed = feed_open(&(struct parts){0}, OPTIONS("search", search_url, "wait_max_ms", "20000"));
    meower_command *command = command_open(feed);
    meower_query *query = query_open(feed);
    struct reader reader = {.feed = feed};
    pthread_t thread;
    char cursor[MEOWER_CURSOR_SIZE];

    memcpy(cursor, post(command, "always here").cursor, sizeof(cursor));
    meower_search wanted = MEOWER_SEARCH_INIT;
    meower_page *page;
    wanted.text = "always";
    wanted.text_len = 6;
    wanted.cursor = cursor;
    assert_int_equal(meower_query_search(query, &wanted, PATIENCE_MS, &page, NULL), MEOWER_OK);
    meower_page_free(page);
    assert_int_equal(pthread_create(&thread, NULL, keep_searching, &reader), 0);
    for (int round = 0; round < 5; round++) {
        rebuild_and_post(feed, command, cursor);
        /* What was just posted becomes visible in the new index. */
        wanted.text = "filler";
        wanted.take = 1;
        wanted.cursor = cursor;
        assert_int_equal(meower_query_search(query, &wanted, PATIENCE_MS, &page, NULL), MEOWER_OK);
        assert_int_equal(meower_page_is_fallback(page), 0);
        meower_page_free(page);
    }
    atomic_store(&reader.is_over, true);
    pthread_join(thread, NULL);
    assert_int_equal(atomic_load(&reader.wrong), 0);
    assert_true(atomic_load(&reader.searches) > 0);
    meower_query_close(query);
    meower_command_close(command);
    feed_close(feed);
}

static void no_search_finds_less_while_an_index_in_memory_is_rebuilt(void **state)
{
    (void)state;
    rebuild_under_load("index:");
}

static void no_search_finds_less_while_an_index_in_a_file_is_rebuilt(void **state)
{
    char folder[] = "/tmp/meower-rebuild-XXXXXX";
    char url[64];

    (void)state;
    assert_non_null(mkdtemp(folder));
    snprintf(url, sizeof(url), "index:%s/search", folder);
    rebuild_under_load(url);
    remove_tree(folder);
}

#define WITH_FIXTURE(test) cmocka_unit_test_setup_teardown(test, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_FIXTURE(a_rebuilt_index_has_what_the_old_one_lacked),
        WITH_FIXTURE(posts_and_deletions_during_a_rebuild_are_in_both_indexes),
        WITH_FIXTURE(a_second_rebuild_waits_for_the_first),
        WITH_FIXTURE(a_failed_rebuild_leaves_the_old_index_and_says_why),
        WITH_FIXTURE(after_a_failed_rebuild_the_live_index_is_looked_at),
        cmocka_unit_test(what_another_process_has_indexed_is_in_the_rebuilt_index),
        cmocka_unit_test(a_rebuild_reads_what_the_index_has_more),
        WITH_FIXTURE(a_rebuild_beside_an_index_ahead_of_its_store_fails),
        WITH_FIXTURE(what_is_searched_in_an_index_that_a_rebuild_finds_lost_is_not_the_feed),
        cmocka_unit_test(a_rebuild_shows_what_another_process_has_made_anew),
        cmocka_unit_test(while_a_rebuild_looks_at_a_shared_index_a_search_scans),
        cmocka_unit_test(a_search_that_a_rebuild_overtakes_in_a_shared_index_scans),
        WITH_FIXTURE(who_has_no_index_cannot_rebuild_one),
        WITH_FIXTURE(an_instance_that_closes_gives_up_its_rebuild),
        cmocka_unit_test(no_search_finds_less_while_an_index_in_memory_is_rebuilt),
        cmocka_unit_test(no_search_finds_less_while_an_index_in_a_file_is_rebuilt),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
