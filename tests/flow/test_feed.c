/* test_feed.c - the stages' way to the events after a position (feed/feed.h): memory, then the store, never more than
 * this instance knows of. */
#include "api/instance.h"
#include "flow/shared_store.h"
#include "flow/support.h"
#include "stage/lane.h"

/* One instance that posts and one that reads, on one store; the reader's window holds 16 events. */
struct pair {
    struct shared_store store;
    struct fixture writer;
    struct fixture reader;
};

static void post_to_store(struct pair *pair, int count)
{
    for (int i = 0; i < count; i++) {
        post(pair->writer.command, "one of many");
    }
}

/* The reader has seen 40 events, and 10 more are in the store. */
static void pair_begin(struct pair *pair)
{
    shared_store_init(&pair->store);
    fixture_init(&pair->writer);
    fixture_init(&pair->reader);
    pair->writer.parts.store = pair->reader.parts.store = &pair->store;
    fixture_open(&pair->writer, OPTIONS(STEPPED));
    fixture_open(&pair->reader, OPTIONS(STEPPED, "event_log_max", "16"));
    post_to_store(pair, 40);
    feed_run(pair->reader.feed);
    assert_int_equal(feed_metric(pair->reader.feed, "position"), 40);
    post_to_store(pair, 10);
}

static void pair_end(struct pair *pair)
{
    fixture_end(&pair->reader);
    fixture_end(&pair->writer);
    shared_store_destroy(&pair->store);
}

static void assert_reads(struct pair *pair, uint64_t after, size_t max, uint64_t through)
{
    struct event_batch batch;

    assert_int_equal(feed_read(instance_feed(pair->reader.feed), LANE_READER, after, max, &batch, NULL), MEOWER_OK);
    assert_int_equal(batch.through, through);
    assert_int_equal(batch.count, through - after);
    for (size_t i = 0; i < batch.count; i++) {
        assert_int_equal(batch.events[i]->position, after + 1 + i);
    }
    event_batch_release(&batch);
}

static void memory_and_store_give_the_same_events(void **state)
{
    struct pair pair;

    (void)state;
    pair_begin(&pair);
    assert_reads(&pair, 30, 5, 35); /* memory */
    assert_reads(&pair, 3, 5, 8);   /* store */
    assert_reads(&pair, 40, 5, 40); /* nothing new */
    pair_end(&pair);
}

static void nothing_beyond_the_logs_head_is_read(void **state)
{
    struct pair pair;

    (void)state;
    pair_begin(&pair);
    assert_reads(&pair, 0, EVENT_BATCH_MAX, 40);
    assert_reads(&pair, 30, EVENT_BATCH_MAX, 40);
    pair_end(&pair);
}

static void a_failed_read_gives_nothing(void **state)
{
    struct pair pair;
    struct event_batch batch;
    meower_error error;

    (void)state;
    pair_begin(&pair);
    for (int i = 0; i < 2; i++) { /* before any event came, and after all did */
        faults_add(&pair.reader.faults, (struct fault){"store", "read_events", 0, 1, MEOWER_ERROR_UNAVAILABLE,
                                                       MEOWER_ERROR_FLAG_RETRIABLE, i == 1});
        assert_int_equal(feed_read(instance_feed(pair.reader.feed), LANE_READER, 3, 5, &batch, &error),
                         MEOWER_ERROR_UNAVAILABLE);
        assert_int_equal(batch.count, 0);
        assert_int_equal(batch.through, 3);
    }
    assert_reads(&pair, 3, 5, 8);
    pair_end(&pair);
}

/* ---- a store with a hole ---------------------------------------------------------------------------------------- */

static uint64_t missing; /* the position of the hole */
static int (*sound_read)(void *store, unsigned lane, uint64_t after, size_t max, meower_row_sink *sink,
                         meower_error *error);

struct hole_sink {
    meower_row_sink sink; /* first: the row function casts back */
    meower_row_sink *to;
};

static int skip_missing(meower_row_sink *sink, const meower_row *row)
{
    meower_row_sink *to = ((struct hole_sink *)sink)->to;

    return row->position == missing ? MEOWER_OK : to->row(to, row);
}

static int read_with_hole(void *store, unsigned lane, uint64_t after, size_t max, meower_row_sink *sink,
                          meower_error *error)
{
    struct hole_sink holes = {{skip_missing}, sink};

    return sound_read(store, lane, after, max, &holes.sink, error);
}

static void a_position_that_is_missing_is_named(void **state)
{
    struct pair pair;
    struct event_batch batch;
    struct feed *feed;
    meower_error error;

    (void)state;
    pair_begin(&pair);
    feed = instance_feed(pair.reader.feed);
    sound_read = feed->store->vtable.read_events;
    feed->store->vtable.read_events = read_with_hole;
    missing = 6;
    assert_int_equal(feed_read(feed, LANE_READER, 3, 5, &batch, &error), MEOWER_ERROR_CORRUPT);
    assert_string_equal(error.message, "the store has no event at position 6, but later ones");
    assert_int_equal(batch.count, 0);
    assert_int_equal(batch.through, 3);
    missing = 45;
    assert_int_equal(feed_catch_up(feed, LANE_READER, &error), MEOWER_ERROR_CORRUPT);
    assert_string_equal(error.message, "the store has no event at position 45, but later ones");
    assert_int_equal(event_log_head(&feed->log), 44);
    missing = 0;
    assert_int_equal(feed_catch_up(feed, LANE_READER, &error), MEOWER_OK);
    assert_int_equal(event_log_head(&feed->log), 50);
    pair_end(&pair);
}

/* However much was missed, it takes one read to see all of it. */
static void a_list_sees_what_was_answered_elsewhere_however_much(void **state)
{
    struct pair pair;

    (void)state;
    pair_begin(&pair);
    post_to_store(&pair, 700);
    assert_feed_has(&pair.reader, 750);
    assert_int_equal(feed_metric(pair.reader.feed, "pages_from_timeline_total"), 1);
    pair_end(&pair);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(memory_and_store_give_the_same_events),
        cmocka_unit_test(nothing_beyond_the_logs_head_is_read),
        cmocka_unit_test(a_failed_read_gives_nothing),
        cmocka_unit_test(a_position_that_is_missing_is_named),
        cmocka_unit_test(a_list_sees_what_was_answered_elsewhere_however_much),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
