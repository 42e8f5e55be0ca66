/* test_relay.c - what reaches the bus: every event at least once, in position order, from a checkpoint, by one relay at
 * a time. */
#include "api/instance.h"
#include "flow/pair.h"
#include <limits.h>

/* The messages from number `from` on follow what was published before without a gap. Returns the last position. */
static uint64_t assert_published_in_order(struct pair *pair, size_t from)
{
    uint64_t last = 0;

    for (size_t i = 0; i < wire_published_count(&pair->wire); i++) {
        uint64_t position = wire_published_at(&pair->wire, i);
        assert_true(position <= last + 1);
        if (i >= from && i > 0) {
            assert_int_equal(position, wire_published_at(&pair->wire, i - 1) + 1);
        }
        last = position > last ? position : last;
    }
    return last;
}

static void one_relay_publishes_for_all(void **state)
{
    struct pair pair;

    (void)state;
    pair_begin(&pair, OPTIONS(STEPPED));
    for (int i = 0; i < 100; i++) {
        post(i % 2 == 0 ? pair.one.command : pair.two.command, "to be announced");
        run_both_for(&pair, 200);
    }
    assert_int_equal(wire_published_count(&pair.wire), 100);
    assert_int_equal(assert_published_in_order(&pair, 0), 100);
    assert_true(feed_metric(pair.one.feed, "events_relayed_total") == 100 ||
                feed_metric(pair.two.feed, "events_relayed_total") == 100);
    assert_int_equal(feed_metric(pair.one.feed, "commands_failed_total"), 0);
    assert_int_equal(feed_metric(pair.two.feed, "commands_failed_total"), 0);
    pair_end(&pair);
}

/* Runs one instance alone while `ms` pass for both: the other has stopped, or died. */
static void run_one_for(struct pair *pair, struct fixture *alive, int ms)
{
    for (int passed = 0; passed < ms; passed += 100) {
        feed_run(alive->feed);
        fake_clock_advance_ms(&pair->one.clock, 100);
        fake_clock_advance_ms(&pair->two.clock, 100);
    }
    feed_run(alive->feed);
}

static void another_relay_takes_over_when_the_holder_dies(void **state)
{
    struct pair pair;
    size_t before;

    (void)state;
    pair_begin(&pair, OPTIONS(STEPPED));
    feed_run(pair.one.feed); /* it has the lease */
    for (int i = 0; i < 10; i++) {
        post(pair.one.command, "announced by one");
    }
    run_both_for(&pair, 1500);
    assert_int_equal(wire_published_count(&pair.wire), 10);
    before = wire_published_count(&pair.wire);
    for (int i = 0; i < 10; i++) {
        post(pair.two.command, "to be announced by two");
    }
    run_one_for(&pair, &pair.two, 5000);
    assert_int_equal(wire_published_count(&pair.wire), before);
    run_one_for(&pair, &pair.two, 9000);
    assert_int_equal(assert_published_in_order(&pair, before + 1), 20);
    assert_int_equal(wire_published_count(&pair.wire), 20); /* the checkpoint was up to date */
    pair_end(&pair);
}

static void a_holder_that_was_asleep_publishes_nothing_before_it_has_the_lease_again(void **state)
{
    struct pair pair;
    size_t before;

    (void)state;
    pair_begin(&pair, OPTIONS(STEPPED));
    feed_run(pair.one.feed);
    post(pair.one.command, "announced by one");
    run_both_for(&pair, 1500);
    for (int i = 0; i < 10; i++) {
        post(pair.two.command, "announced by two");
    }
    run_one_for(&pair, &pair.two, 20000);
    before = wire_published_count(&pair.wire);
    assert_int_equal(before, 11);
    for (int i = 0; i < 10; i++) {
        feed_run(pair.one.feed); /* it has woken up and reads what it has missed */
        fake_clock_advance_ms(&pair.one.clock, 100);
    }
    assert_int_equal(wire_published_count(&pair.wire), before);
    pair_end(&pair);
}

/* Its renewal is on its way and not answered: the lease ends for its holder after 5 seconds, long before another relay
 * can get it. */
static void a_holder_whose_lease_is_overdue_publishes_nothing(void **state)
{
    struct pair pair;

    (void)state;
    pair_begin(&pair, OPTIONS(STEPPED));
    feed_run(pair.one.feed); /* it asks for the lease */
    feed_run(pair.one.feed); /* it has the lease */
    faults_add(&pair.one.faults, (struct fault){"store", "append", 0, UINT_MAX, MEOWER_ERROR_UNAVAILABLE,
                                                MEOWER_ERROR_FLAG_RETRIABLE, false});
    fake_clock_advance_ms(&pair.one.clock, 4999);
    fake_clock_advance_ms(&pair.two.clock, 4999);
    post(pair.two.command, "in time");
    feed_run(pair.one.feed);
    assert_int_equal(wire_published_count(&pair.wire), 1);
    fake_clock_advance_ms(&pair.one.clock, 1);
    post(pair.two.command, "too late");
    feed_run(pair.one.feed);
    assert_int_equal(wire_published_count(&pair.wire), 1);
    faults_clear(&pair.one.faults);
    run_both_for(&pair, 5000);
    assert_int_equal(assert_published_in_order(&pair, 0), 2);
    pair_end(&pair);
}

static void a_holder_that_was_asleep_goes_on_where_its_successor_stopped(void **state)
{
    struct pair pair;
    size_t before;

    (void)state;
    pair_begin(&pair, OPTIONS(STEPPED));
    feed_run(pair.one.feed);
    post(pair.one.command, "announced by one");
    run_both_for(&pair, 1500);
    for (int i = 0; i < 10; i++) {
        post(pair.two.command, "announced by two");
    }
    run_one_for(&pair, &pair.two, 20000);
    before = wire_published_count(&pair.wire);
    assert_int_equal(before, 11);
    fixture_close(&pair.two);
    fake_clock_advance_ms(&pair.one.clock, 11000);
    post(pair.one.command, "announced by one again");
    for (int i = 0; i < 100; i++) {
        feed_run(pair.one.feed);
        fake_clock_advance_ms(&pair.one.clock, 100);
    }
    assert_int_equal(wire_published_count(&pair.wire), before + 1);
    assert_int_equal(wire_published_at(&pair.wire, before), 12);
    fixture_close(&pair.one);
    pair_destroy(&pair);
}

static void one_that_lost_its_lease_does_not_set_the_checkpoint_back(void **state)
{
    struct pair pair;

    (void)state;
    pair_begin(&pair, OPTIONS(STEPPED, "checkpoint_interval_ms", "60000"));
    feed_run(pair.one.feed);
    post(pair.one.command, "announced by one"); /* its checkpoint is stored at once */
    run_both(&pair);
    post(pair.one.command, "announced by one");
    run_both(&pair); /* this one's not yet */
    for (int i = 0; i < 10; i++) {
        post(pair.two.command, "announced by two");
    }
    run_one_for(&pair, &pair.two, 90000);
    assert_int_equal(shared_store_checkpoint(&pair.store, "relay"), 12);
    fixture_close(&pair.one);
    assert_int_equal(shared_store_checkpoint(&pair.store, "relay"), 12);
    fixture_close(&pair.two);
    pair_destroy(&pair);
}

/* The stage is looked at from inside here: with threads, what it says is how long it may sleep. */
static void a_relay_comes_back_for_what_is_not_in_its_checkpoint(void **state)
{
    struct pair pair;
    int64_t wait_us = WORKER_WAIT_FOREVER;

    (void)state;
    pair_init(&pair);
    pair.one.parts.store = NULL;
    fixture_open(&pair.one, OPTIONS(STEPPED, "checkpoint_interval_ms", "500"));
    submit(pair.one.command, "first", NULL);
    assert_true(writer_step(instance_writer(pair.one.feed), &wait_us));
    assert_true(relay_step(instance_relay(pair.one.feed), &wait_us)); /* its checkpoint waits for the writer now */
    wait_us = WORKER_WAIT_FOREVER;
    assert_false(relay_step(instance_relay(pair.one.feed), &wait_us));
    assert_int_equal(wait_us, 500000);
    take_result(pair.one.command);
    fixture_close(&pair.one);
    pair_destroy(&pair);
}

static void a_relay_goes_on_from_its_checkpoint(void **state)
{
    struct pair pair;

    (void)state;
    pair_init(&pair);
    fixture_open(&pair.one, OPTIONS(STEPPED));
    for (int i = 0; i < 10; i++) {
        post(pair.one.command, "before");
    }
    fixture_close(&pair.one);
    assert_int_equal(shared_store_checkpoint(&pair.store, "relay"), 10);
    fake_clock_advance_ms(&pair.one.clock, 11000);
    fixture_open(&pair.one, OPTIONS(STEPPED));
    post(pair.one.command, "after");
    feed_run(pair.one.feed);
    assert_int_equal(wire_published_count(&pair.wire), 11);
    assert_int_equal(assert_published_in_order(&pair, 0), 11);
    fixture_close(&pair.one);
    pair_destroy(&pair);
}

static void a_checkpoint_is_stored_once_an_interval(void **state)
{
    struct pair pair;

    (void)state;
    pair_begin(&pair, OPTIONS(STEPPED, "checkpoint_interval_ms", "500"));
    run_both_for(&pair, 1000);
    post(pair.one.command, "first");
    run_both(&pair);
    assert_int_equal(shared_store_checkpoint(&pair.store, "relay"), 1); /* the last one was long ago */
    post(pair.one.command, "second");
    run_both_for(&pair, 400);
    assert_int_equal(wire_published_count(&pair.wire), 2);
    assert_int_equal(shared_store_checkpoint(&pair.store, "relay"), 1);
    run_both_for(&pair, 200);
    assert_int_equal(shared_store_checkpoint(&pair.store, "relay"), 2);
    pair_end(&pair);
}

static void a_checkpoint_that_failed_is_tried_again(void **state)
{
    struct pair pair;

    (void)state;
    pair_begin(&pair, OPTIONS(STEPPED, "checkpoint_interval_ms", "500"));
    feed_run(pair.one.feed); /* it asks for the lease */
    feed_run(pair.one.feed); /* it has the lease */
    faults_add(&pair.one.faults, (struct fault){"store", "append", 0, 1, MEOWER_ERROR_IO, 0, false});
    post(pair.two.command, "announced by one");
    run_one_for(&pair, &pair.one, 400);
    assert_int_equal(wire_published_count(&pair.wire), 1);
    assert_int_equal(pair.one.faults.met, 1);
    assert_int_equal(shared_store_checkpoint(&pair.store, "relay"), 0);
    run_one_for(&pair, &pair.one, 200);
    assert_int_equal(shared_store_checkpoint(&pair.store, "relay"), 1);
    assert_int_equal(wire_published_count(&pair.wire), 1);
    pair_end(&pair);
}

static void a_bus_that_is_down_delays_events_and_nothing_else(void **state)
{
    struct pair pair;
    meower_health health = MEOWER_HEALTH_INIT;

    (void)state;
    pair_begin(&pair, OPTIONS(STEPPED));
    run_both(&pair);
    wire_set_down(&pair.wire, true);
    for (int i = 0; i < 10; i++) {
        post(pair.one.command, "in the meantime");
    }
    run_both_for(&pair, 3000);
    assert_int_equal(wire_published_count(&pair.wire), 0);
    assert_int_equal(meower_health_at(pair.one.feed, 1, &health, NULL), 1);
    assert_string_equal(health.part, "bus");
    assert_int_equal(health.ready, 0);
    assert_string_equal(health.reason, "the wire is down");
    assert_feed_has(&pair.two, 10);
    wire_set_down(&pair.wire, false);
    run_both_for(&pair, 3000);
    assert_int_equal(assert_published_in_order(&pair, 0), 10);
    assert_int_equal(meower_health_at(pair.one.feed, 1, &health, NULL), 1);
    assert_int_equal(health.ready, 1);
    pair_end(&pair);
}

static void a_bus_that_gives_nothing_says_why(void **state)
{
    struct pair pair;
    meower_health health = MEOWER_HEALTH_INIT;

    (void)state;
    pair_begin(&pair, OPTIONS(STEPPED));
    faults_add(&pair.two.faults, (struct fault){"bus", "receive", 0, UINT_MAX, MEOWER_ERROR_UNAVAILABLE,
                                                MEOWER_ERROR_FLAG_RETRIABLE, false});
    run_both_for(&pair, 1100);
    assert_int_equal(meower_health_at(pair.two.feed, 1, &health, NULL), 1);
    assert_int_equal(health.ready, 0);
    assert_string_equal(health.reason, "a fault on command");
    faults_clear(&pair.two.faults);
    run_both_for(&pair, 1100);
    assert_int_equal(meower_health_at(pair.two.feed, 1, &health, NULL), 1);
    assert_int_equal(health.ready, 1);
    assert_string_equal(health.reason, "");
    pair_end(&pair);
}

/* With a store of its own, a relay needs no lease. */
/* The holder of the lease publishes what this one cannot. */
static void a_relay_without_the_lease_is_not_judged_by_its_last_failure(void **state)
{
    struct pair pair;
    meower_health health = MEOWER_HEALTH_INIT;

    (void)state;
    pair_begin(&pair, OPTIONS(STEPPED));
    feed_run(pair.one.feed); /* it has the lease */
    faults_add(&pair.one.faults, (struct fault){"bus", "publish", 0, UINT_MAX, MEOWER_ERROR_UNAVAILABLE,
                                                MEOWER_ERROR_FLAG_RETRIABLE, false});
    post(pair.one.command, "not by this one");
    run_both_for(&pair, 200);
    assert_int_equal(meower_health_at(pair.one.feed, 1, &health, NULL), 1);
    assert_int_equal(health.ready, 0);
    run_one_for(&pair, &pair.two, 14000); /* it takes over */
    assert_int_equal(wire_published_count(&pair.wire), 1);
    run_both_for(&pair, 200);
    assert_int_equal(meower_health_at(pair.one.feed, 1, &health, NULL), 1);
    assert_int_equal(health.ready, 1);
    pair_end(&pair);
}

static void an_exclusive_stores_events_are_published_at_once(void **state)
{
    struct pair pair;

    (void)state;
    pair_init(&pair);
    pair.one.parts.store = NULL;
    fixture_open(&pair.one, OPTIONS(STEPPED));
    post(pair.one.command, "alone");
    feed_run(pair.one.feed);
    assert_int_equal(wire_published_count(&pair.wire), 1);
    assert_int_equal(feed_metric(pair.one.feed, "relay_position"), 1);
    fixture_close(&pair.one);
    pair_destroy(&pair);
}

static void closing_publishes_what_is_left(void **state)
{
    struct pair pair;

    (void)state;
    pair_init(&pair);
    fixture_open(&pair.one, NO_OPTIONS);
    post(pair.one.command, "first"); /* by now it has the lease, or gets it in a moment */
    while (wire_published_count(&pair.wire) == 0) {
        sleep_ms(1);
    }
    for (int i = 0; i < 500; i++) {
        submit(pair.one.command, "and many more", NULL);
    }
    fixture_close(&pair.one);
    assert_int_equal(wire_published_count(&pair.wire), 501);
    assert_int_equal(shared_store_checkpoint(&pair.store, "relay"), 501);
    pair_destroy(&pair);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_relay_publishes_for_all),
        cmocka_unit_test(another_relay_takes_over_when_the_holder_dies),
        cmocka_unit_test(a_holder_that_was_asleep_publishes_nothing_before_it_has_the_lease_again),
        cmocka_unit_test(a_holder_whose_lease_is_overdue_publishes_nothing),
        cmocka_unit_test(a_holder_that_was_asleep_goes_on_where_its_successor_stopped),
        cmocka_unit_test(one_that_lost_its_lease_does_not_set_the_checkpoint_back),
        cmocka_unit_test(a_relay_comes_back_for_what_is_not_in_its_checkpoint),
        cmocka_unit_test(a_relay_goes_on_from_its_checkpoint),
        cmocka_unit_test(a_checkpoint_is_stored_once_an_interval),
        cmocka_unit_test(a_checkpoint_that_failed_is_tried_again),
        cmocka_unit_test(a_bus_that_is_down_delays_events_and_nothing_else),
        cmocka_unit_test(a_bus_that_gives_nothing_says_why),
        cmocka_unit_test(a_relay_without_the_lease_is_not_judged_by_its_last_failure),
        cmocka_unit_test(an_exclusive_stores_events_are_published_at_once),
        cmocka_unit_test(closing_publishes_what_is_left),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
