/* suite_bus.c - the contract of a bus (meower/backend.h) as tests, run against the adapter that is linked in. What is
 * published on one handle is received on another, or on the same one where the bus is local to its process. A bus may
 * lose messages; at rest, and with so few, none of ours does. */
#include "conformance/suite_bus.h"
#include "base/clock.h"
#include "base/event.h"
#include "bus/bus.h"
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <setjmp.h>

#include <cmocka.h>

#define MESSAGES_MAX  6000
#define PAYLOAD_SIZE  400
#define LONG_SIZE     4000
#define ARRIVE_MAX_MS 20000   /* within which whatever was published must have arrived */
#define OWN_STATUS    (-1234) /* what a sink returns; no code of ours */

/* ---- the fixture: one handle that publishes, one that receives -------------------------------------------------- */

/* Takes the messages of our epoch, in the order in which they come. */
struct collector {
    meower_bus_sink sink;
    struct fixture *fixture;
    size_t stop_at; /* which message is answered with OWN_STATUS instead, from 0 */
    size_t count;
    uint64_t last;
    size_t ascents; /* messages with a position above that of all before */
    uint64_t positions[MESSAGES_MAX];
    char payload[LONG_SIZE]; /* of the latest */
    size_t payload_len;
};

struct fixture {
    char url[512];
    meower_options *options;
    struct bus publisher;
    struct bus second;
    struct bus *receiver;
    char epoch[MEOWER_EPOCH_SIZE];
    struct collector collector;
};

static void check_ok(int status, const meower_error *error)
{
    if (status != MEOWER_OK) {
        fail_msg("status %d: %s", status, error->message);
    }
}

static int collect(meower_bus_sink *sink, const char *payload, size_t payload_len)
{
    struct collector *collector = (struct collector *)sink;
    char epoch[MEOWER_EPOCH_SIZE];
    uint64_t position = 0;
    if (!event_parse_payload(payload, payload_len, epoch, &position) || strcmp(epoch, collector->fixture->epoch) != 0) {
        return MEOWER_OK;
    }
    if (collector->count == collector->stop_at) {
        return OWN_STATUS;
    }
    if (collector->count < MESSAGES_MAX) {
        collector->positions[collector->count] = position;
    }
    collector->count++;
    if (position > collector->last) {
        collector->last = position;
        collector->ascents++;
    }
    collector->payload_len = payload_len;
    memcpy(collector->payload, payload, payload_len < LONG_SIZE ? payload_len : LONG_SIZE);
    return MEOWER_OK;
}

static int set_up(void **state)
{
    struct fixture *fixture = calloc(1, sizeof(*fixture));
    meower_error error;
    uint64_t chance;
    assert_non_null(fixture);
    *state = fixture;
    clock_system()->random(NULL, &chance, sizeof(chance));
    snprintf(fixture->epoch, sizeof(fixture->epoch), "%016llx", (unsigned long long)chance);
    bus_adapter.make_url(fixture->url, sizeof(fixture->url));
    assert_int_equal(meower_options_new(&fixture->options, NULL), MEOWER_OK);
    assert_int_equal(meower_options_set(fixture->options, "bus", fixture->url, NULL), MEOWER_OK);
    check_ok(bus_open(&fixture->publisher, fixture->options, &error), &error);
    fixture->receiver = &fixture->publisher;
    if (!bus_is_process_local(&fixture->publisher)) {
        check_ok(bus_open(&fixture->second, fixture->options, &error), &error);
        fixture->receiver = &fixture->second;
    }
    fixture->collector.sink.message = collect;
    fixture->collector.fixture = fixture;
    fixture->collector.stop_at = SIZE_MAX;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *fixture = *state;
    if (fixture->receiver == &fixture->second) {
        bus_close(&fixture->second);
    }
    bus_close(&fixture->publisher);
    bus_adapter.remove(fixture->url);
    meower_options_free(fixture->options);
    free(fixture);
    return 0;
}

/* ---- publishing and receiving in few words ---------------------------------------------------------------------- */

static int64_t now_ms(void)
{
    return clock_monotonic_us(clock_system()) / 1000;
}

/* A payload like those of docs/EVENTS.md, for the position; `body` is part of a JSON string. */
static size_t write_payload(const struct fixture *fixture, uint64_t position, const char *body, char *out, size_t size)
{
    int len = snprintf(out, size, "{\"kind\":1,\"body\":\"%s\",\"position\":\"%llu\",\"epoch\":\"%s\"}", body,
                       (unsigned long long)position, fixture->epoch);
    assert_in_range(len, 1, size - 1);
    return (size_t)len;
}

static meower_bus_message message_of(const struct fixture *fixture, uint64_t position, const char *payload,
                                     size_t payload_len)
{
    return (meower_bus_message){
        .position = position,
        .kind = MEOWER_EVENT_CREATED,
        .epoch = fixture->epoch,
        .id = "0ujtsYcgvSTl8PAuAdqWYSMnLOv",
        .at_us = INT64_C(1790000000000000),
        .payload = payload,
        .payload_len = payload_len,
    };
}

/* Publishes the positions from `first` on in one batch. */
static int publish_batch(struct fixture *fixture, uint64_t first, size_t count, meower_error *error)
{
    meower_bus_message *messages = calloc(count, sizeof(*messages));
    char(*payloads)[PAYLOAD_SIZE] = calloc(count, sizeof(*payloads));
    if (messages == NULL || payloads == NULL) {
        abort();
    }
    for (size_t i = 0; i < count; i++) {
        size_t len = write_payload(fixture, first + i, "meow", payloads[i], PAYLOAD_SIZE);
        messages[i] = message_of(fixture, first + i, payloads[i], len);
    }
    int status = bus_publish(&fixture->publisher, messages, count, error);
    free(payloads);
    free(messages);
    return status;
}

static void publish(struct fixture *fixture, uint64_t first, size_t count)
{
    meower_error error;
    check_ok(publish_batch(fixture, first, count, &error), &error);
}

/* Receives until the position has come. */
static const struct collector *receive_through(struct fixture *fixture, uint64_t position)
{
    struct collector *collector = &fixture->collector;
    int64_t deadline_ms = now_ms() + ARRIVE_MAX_MS;
    meower_error error;
    while (collector->last < position) {
        check_ok(bus_receive(fixture->receiver, 100, &collector->sink, &error), &error);
        if (collector->last < position && now_ms() > deadline_ms) {
            fail_msg("position %llu has not come after %d ms, only %llu", (unsigned long long)position, ARRIVE_MAX_MS,
                     (unsigned long long)collector->last);
        }
    }
    return collector;
}

/* Positions 1 to `count` have come in order; each of them where the bus carries all. */
static void check_order(const struct collector *collector, uint64_t count)
{
    assert_int_equal(collector->last, count);
    assert_int_equal(collector->ascents, collector->count);
    if (bus_adapter.carries_all) {
        assert_int_equal(collector->count, count);
    }
}

/* ---- what is published arrives ---------------------------------------------------------------------------------- */

static void a_message_arrives(void **state)
{
    struct fixture *fixture = *state;
    publish(fixture, 41, 1);
    assert_int_equal(receive_through(fixture, 41)->count, 1);
}

static void messages_arrive_in_the_order_of_their_batch(void **state)
{
    struct fixture *fixture = *state;
    publish(fixture, 1, 20);
    check_order(receive_through(fixture, 20), 20);
}

static void batches_arrive_in_the_order_in_which_they_were_published(void **state)
{
    struct fixture *fixture = *state;
    for (uint64_t first = 1; first <= 200; first += 4) {
        publish(fixture, first, 4);
    }
    check_order(receive_through(fixture, 200), 200);
}

static void the_end_of_a_big_batch_arrives(void **state)
{
    struct fixture *fixture = *state;
    publish(fixture, 1, 5000);
    const struct collector *collector = receive_through(fixture, 5000);
    assert_int_equal(collector->ascents, collector->count);
}

static void an_empty_batch_publishes_nothing(void **state)
{
    struct fixture *fixture = *state;
    meower_error error;
    check_ok(bus_publish(&fixture->publisher, NULL, 0, &error), &error);
    publish(fixture, 1, 1);
    assert_int_equal(receive_through(fixture, 1)->count, 1);
}

static void a_batch_that_comes_again_arrives_again(void **state)
{
    struct fixture *fixture = *state;
    publish(fixture, 1, 1);
    publish(fixture, 1, 1);
    publish(fixture, 2, 1);
    assert_in_range(receive_through(fixture, 2)->count, 2, 3); /* a bus may know that it has it already */
}

/* ---- payloads --------------------------------------------------------------------------------------------------- */

static void check_payload(struct fixture *fixture, uint64_t position, const char *body)
{
    char payload[LONG_SIZE];
    size_t len = write_payload(fixture, position, body, payload, sizeof(payload));
    meower_bus_message message = message_of(fixture, position, payload, len);
    meower_error error;
    check_ok(bus_publish(&fixture->publisher, &message, 1, &error), &error);
    const struct collector *collector = receive_through(fixture, position);
    if (!bus_adapter.carries_all) {
        return; /* that it was one of ours is all that can be asked */
    }
    assert_int_equal(collector->payload_len, len);
    assert_memory_equal(collector->payload, payload, len);
}

static void payloads_arrive_byte_for_byte(void **state)
{
    struct fixture *fixture = *state;
    check_payload(fixture, 1, "");
    check_payload(fixture, 2, "\xF0\x9F\x98\xBA caf\xC3\xA9 \xE6\x97\xA5\xE6\x9C\xAC\xE8\xAA\x9E \xEF\xBF\xBF");
    check_payload(fixture, 3, "it's \\\"quoted\\\" \\\\ \\n \\u2028 % $1 &lt; \x7F");
}

/* 140 code points of which each is escaped as long as can be, and then some. */
static void a_long_payload_arrives_byte_for_byte(void **state)
{
    struct fixture *fixture = *state;
    char body[LONG_SIZE - PAYLOAD_SIZE];
    for (size_t i = 0; i < sizeof(body) - 1; i++) {
        body[i] = (char)('a' + i % 26);
    }
    body[sizeof(body) - 1] = '\0';
    check_payload(fixture, 1, body);
}

static void the_largest_position_arrives(void **state)
{
    struct fixture *fixture = *state;
    publish(fixture, INT64_MAX, 1);
    receive_through(fixture, INT64_MAX);
}

/* ---- waiting ---------------------------------------------------------------------------------------------------- */

/* Receives once, and says how long that took. */
static int64_t receive_for(struct fixture *fixture, int timeout_ms)
{
    meower_error error;
    int64_t start_ms = now_ms();
    check_ok(bus_receive(fixture->receiver, timeout_ms, &fixture->collector.sink, &error), &error);
    return now_ms() - start_ms;
}

/* Receives what came before our time. */
static void receive_leftovers(struct fixture *fixture)
{
    while (receive_for(fixture, 300) < 250) {
    }
}

static void receiving_ends_when_its_time_is_over(void **state)
{
    struct fixture *fixture = *state;
    receive_leftovers(fixture);
    assert_in_range(receive_for(fixture, 200), 190, 2000);
    assert_int_equal(fixture->collector.count, 0);
}

static void receiving_without_time_does_not_wait(void **state)
{
    struct fixture *fixture = *state;
    receive_leftovers(fixture);
    assert_in_range(receive_for(fixture, 0), 0, 150);
}

struct later {
    struct fixture *fixture;
    int status;
    meower_error error;
};

static const struct timespec later_pause = {.tv_nsec = 200000000};

static void *publish_later(void *argument)
{
    struct later *later = argument;
    nanosleep(&later_pause, NULL);
    later->status = publish_batch(later->fixture, 1, 1, &later->error);
    return NULL;
}

static void receiving_ends_with_the_first_message(void **state)
{
    struct later later = {.fixture = *state};
    struct collector *collector = &later.fixture->collector;
    pthread_t thread;
    receive_leftovers(later.fixture);
    assert_int_equal(pthread_create(&thread, NULL, publish_later, &later), 0);
    int64_t waited_ms = receive_for(later.fixture, 15000);
    while (collector->count == 0 && waited_ms < 5000) { /* it was of somebody else */
        waited_ms += receive_for(later.fixture, 15000);
    }
    pthread_join(thread, NULL);
    check_ok(later.status, &later.error);
    assert_int_equal(collector->count, 1);
    assert_in_range(waited_ms, 100, 5000);
}

static void *wake_later(void *argument)
{
    nanosleep(&later_pause, NULL);
    bus_wake(argument);
    return NULL;
}

static void wake_ends_a_receive_that_waits(void **state)
{
    struct fixture *fixture = *state;
    pthread_t thread;
    receive_leftovers(fixture);
    assert_int_equal(pthread_create(&thread, NULL, wake_later, fixture->receiver), 0);
    int64_t waited_ms = receive_for(fixture, 15000);
    pthread_join(thread, NULL);
    assert_in_range(waited_ms, 100, 5000);
}

static void a_wake_is_not_lost_when_nobody_waits_yet(void **state)
{
    struct fixture *fixture = *state;
    receive_leftovers(fixture);
    bus_wake(fixture->receiver);
    assert_in_range(receive_for(fixture, 15000), 0, 5000);
}

static void a_wake_is_used_up_by_the_receive_it_ends(void **state)
{
    struct fixture *fixture = *state;
    receive_leftovers(fixture);
    bus_wake(fixture->receiver);
    bus_wake(fixture->receiver);
    receive_for(fixture, 5000);
    assert_in_range(receive_for(fixture, 300), 290, 5000);
}

/* ---- sinks ------------------------------------------------------------------------------------------------------ */

static void a_sink_that_stops_ends_receive_with_its_status(void **state)
{
    struct fixture *fixture = *state;
    struct collector *collector = &fixture->collector;
    int64_t deadline_ms = now_ms() + ARRIVE_MAX_MS;
    int status = MEOWER_OK;
    meower_error error;
    collector->stop_at = 1;
    publish(fixture, 1, 1);
    publish(fixture, 2, 1);
    publish(fixture, 3, 1);
    while (status == MEOWER_OK && now_ms() < deadline_ms) {
        status = bus_receive(fixture->receiver, 100, &collector->sink, &error);
    }
    assert_int_equal(status, OWN_STATUS);
    assert_int_equal(collector->count, 1);
}

/* What waits after the message that was refused comes without further news. */
static void receiving_goes_on_after_a_sink_has_stopped(void **state)
{
    struct fixture *fixture = *state;
    int64_t waited_ms = 0;
    a_sink_that_stops_ends_receive_with_its_status(state);
    fixture->collector.stop_at = SIZE_MAX;
    while (fixture->collector.last < 3 && waited_ms < 10000) {
        waited_ms += receive_for(fixture, 10000);
    }
    assert_int_equal(fixture->collector.last, 3);
    assert_in_range(waited_ms, 0, 5000);
}

/* ---- at once ---------------------------------------------------------------------------------------------------- */

#define RUSH_BATCHES    150
#define RUSH_BATCH_SIZE 5
#define RUSH_MESSAGES   (RUSH_BATCHES * RUSH_BATCH_SIZE)

struct rush {
    struct fixture *fixture;
    int status;
    meower_error error;
};

static void *publish_rush(void *argument)
{
    struct rush *rush = argument;
    for (uint64_t batch = 0; batch < RUSH_BATCHES && rush->status == MEOWER_OK; batch++) {
        rush->status = publish_batch(rush->fixture, batch * RUSH_BATCH_SIZE + 1, RUSH_BATCH_SIZE, &rush->error);
    }
    return NULL;
}

static void publishing_and_receiving_go_on_at_once(void **state)
{
    struct rush rush = {.fixture = *state, .status = MEOWER_OK};
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, publish_rush, &rush), 0);
    const struct collector *collector = receive_through(rush.fixture, RUSH_MESSAGES);
    pthread_join(thread, NULL);
    check_ok(rush.status, &rush.error);
    check_order(collector, RUSH_MESSAGES);
}

static void closing_drops_what_nobody_received(void **state)
{
    publish(*state, 1, 100);
}

#define BUS_TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        BUS_TEST(a_message_arrives),
        BUS_TEST(messages_arrive_in_the_order_of_their_batch),
        BUS_TEST(batches_arrive_in_the_order_in_which_they_were_published),
        BUS_TEST(the_end_of_a_big_batch_arrives),
        BUS_TEST(an_empty_batch_publishes_nothing),
        BUS_TEST(a_batch_that_comes_again_arrives_again),
        BUS_TEST(payloads_arrive_byte_for_byte),
        BUS_TEST(a_long_payload_arrives_byte_for_byte),
        BUS_TEST(the_largest_position_arrives),
        BUS_TEST(receiving_ends_when_its_time_is_over),
        BUS_TEST(receiving_without_time_does_not_wait),
        BUS_TEST(receiving_ends_with_the_first_message),
        BUS_TEST(wake_ends_a_receive_that_waits),
        BUS_TEST(a_wake_is_not_lost_when_nobody_waits_yet),
        BUS_TEST(a_wake_is_used_up_by_the_receive_it_ends),
        BUS_TEST(a_sink_that_stops_ends_receive_with_its_status),
        BUS_TEST(receiving_goes_on_after_a_sink_has_stopped),
        BUS_TEST(publishing_and_receiving_go_on_at_once),
        BUS_TEST(closing_drops_what_nobody_received),
    };
    return cmocka_run_group_tests_name(bus_adapter.name, tests, NULL, NULL);
}
