/* test_client.c - one client of the live feed: what it gets from the ring, where it stands after a socket took
 * less than all, when it is too far behind, and how WebSocket and SSE speak to it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "server/doubles.h"
#include "server/live/client.h"
#include "server/live/fanout.h"
#include "server/live/pusher.h"
#include "server/live/ring.h"
#include "server/live/sse.h"
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct room room;
static struct peer peer;
static struct exchange *exchange;
static struct connection *connection;
static struct fanout fanout;
static struct client *client;
static meower_feed *feed;

static int start_status = 1; /* what is said of where a client starts; 1: the library is asked */

int meower_subscription_started(meower_subscription *subscription, meower_error *error)
{
    int (*real)(meower_subscription *, meower_error *);
    if (start_status != 1) {
        *error = (meower_error){.code = start_status, .message = "the store is away"};
        return start_status;
    }
    *(void **)&real = dlsym(RTLD_NEXT, "meower_subscription_started");
    return real(subscription, error);
}

/* A client that stands at the beginning of its stream's ring. */
static void begin_client(struct stream *stream)
{
    room_begin(&room);
    feed = open_stepped_feed();
    assert_true(fanout_open(&fanout, &room.loop, feed, &room.metrics.live));
    exchange = room_connect(&room, &peer);
    connection = &exchange->connection;
    assert_int_equal(client_open(exchange, stream, &(meower_follow)MEOWER_FOLLOW_INIT, &client, NULL), MEOWER_OK);
    client_begin(client);
    run_feed(feed);
    if (exchange->phase != EXCHANGE_STREAMING) {
        client->own_watch.readable(&client->own_watch);
    }
    assert_int_equal(exchange->phase, EXCHANGE_STREAMING);
    assert_null(client->own);
    assert_int_equal(client->next, 0);
    peer_forget(&peer);
    room.metrics.http.connections.bytes_sent_total = 0;
}

static int begin_websocket(void **state)
{
    (void)state;
    begin_client(&fanout.websocket);
    return 0;
}

static int begin_sse(void **state)
{
    (void)state;
    begin_client(&fanout.sse);
    return 0;
}

static int end(void **state)
{
    (void)state;
    room_end(&room);
    fanout_close(&fanout);
    run_feed(feed);
    assert_int_equal(meower_close(feed, 1000, NULL), MEOWER_OK);
    peer_free(&peer);
    return 0;
}

static void receive(const char *bytes, size_t len)
{
    exchange->takeover->receive(exchange->stream, bytes, len);
}

static void stop(void)
{
    exchange->takeover->stop(exchange->stream);
}

/* The time of the connection's deadline has come. */
static void expire(struct timeout *timeout)
{
    assert_ptr_equal(connection->deadline.timeout, timeout);
    deadline_clear(&connection->deadline);
    timeout->expired(&connection->deadline);
}

static struct ring *ring_of_client(void)
{
    return &client->stream->ring;
}

static void add(const char *id, const char *text)
{
    struct ring *ring = ring_of_client();
    ring_add(ring, ring->next + 1, id, text, strlen(text));
}

/* ---- beginning -------------------------------------------------------------------------------------------------- */

static struct peer other_peer;
static struct client *other;

/* Another client, of which this is known about its start. Returns its exchange. */
static struct exchange *begin_another(int status)
{
    struct exchange *of_other = room_connect(&room, &other_peer);
    assert_int_equal(client_open(of_other, client->stream, &(meower_follow)MEOWER_FOLLOW_INIT, &other, NULL),
                     MEOWER_OK);
    start_status = status;
    client_begin(other);
    start_status = 1;
    return of_other;
}

static void end_another(void)
{
    peer_hang_up(&other_peer);
    peer_free(&other_peer);
}

static void a_client_is_answered_when_it_is_known_where_it_starts(void **state)
{
    (void)state;
    struct exchange *of_other = begin_another(0);
    assert_int_equal(other_peer.len, 0);
    assert_int_equal(of_other->phase, EXCHANGE_ANSWERING);
    assert_int_equal(*client->stream->client_count, 1);
    other->own_watch.readable(&other->own_watch);
    assert_int_equal(peer_status(&other_peer), 200);
    assert_int_equal(of_other->phase, EXCHANGE_STREAMING);
    assert_int_equal(other_peer.send_buffer, 256 * 1024);
    assert_int_equal(*client->stream->client_count, 2);
    end_another();
    assert_int_equal(*client->stream->client_count, 1);
}

static void a_client_whose_start_cannot_be_looked_up_is_answered_503(void **state)
{
    (void)state;
    struct exchange *of_other = begin_another(MEOWER_ERROR_UNAVAILABLE);
    assert_int_equal(peer_status(&other_peer), 503);
    assert_non_null(strstr(peer_content(&other_peer), "the store is away"));
    assert_null(of_other->stream);
    assert_int_equal(of_other->phase, EXCHANGE_READING);
    assert_int_equal(*client->stream->client_count, 1);
    end_another();
}

/* ---- from the ring ---------------------------------------------------------------------------------------------- */

static void a_client_gets_what_is_in_the_ring_from_its_frame_on(void **state)
{
    (void)state;
    add("a", "one ");
    add("b", "two ");
    add("c", "three ");
    client->next = 1;
    client_pump(client);
    assert_string_equal(peer.received, "two three ");
    assert_int_equal(client->next, 3);
    assert_int_equal(room.metrics.live.frames_sent_total, 2);
    assert_int_equal(room.metrics.http.connections.bytes_sent_total, 10);
    client_pump(client);
    assert_string_equal(peer.received, "two three ");
    add("d", "four");
    client_pump(client);
    assert_string_equal(peer.received, "two three four");
}

static void a_client_stands_after_the_blanks_when_nothing_else_is_there(void **state)
{
    (void)state;
    add("a", "one");
    add("b", "two");
    ring_blank(ring_of_client(), "a");
    ring_blank(ring_of_client(), "b");
    client_pump(client);
    assert_string_equal(peer.received, "");
    assert_int_equal(client->next, 2);
}

/* Whatever byte the socket stops at, the rest of that frame follows, also when the ring has blanked it by then, and the
 * frames after it follow that. */
static void what_is_left_of_a_frame_follows_before_the_next(void **state)
{
    (void)state;
    static const char *const frames[] = {"first", "the second", "third"};
    const char all[] = "firstthe secondthird";
    for (size_t takes = 0; takes < sizeof(all); takes++) {
        struct ring *ring = ring_of_client();
        ring_clear(ring);
        client->next = ring->next;
        peer_forget(&peer);
        peer.takes = takes;
        for (size_t i = 0; i < 3; i++) {
            add(frames[i], frames[i]);
        }
        client_pump(client);
        assert_int_equal(peer.len, takes);
        for (size_t i = 0, begins = 0; i < 3; i++) {
            size_t ends = begins + strlen(frames[i]);
            if (begins < takes && takes < ends) {
                assert_int_equal(connection->out.len, ends - takes);
                ring_blank(ring, frames[i]);
            }
            begins = ends;
        }
        peer.takes = SIZE_MAX;
        connection_writable(connection);
        assert_string_equal(peer.received, all);
        assert_int_equal(client->next, ring->next);
        assert_int_equal(connection->out.len, 0);
    }
}

static void one_byte_that_is_left_of_a_frame_is_kept(void **state)
{
    (void)state;
    add("a", "0123456789");
    add("b", "next");
    peer.takes = 9;
    client_pump(client);
    assert_int_equal(connection->out.len, 1);
    assert_int_equal(*buffer_data(&connection->out), '9');
    assert_int_equal(client->next, 1);
    assert_true(list_holds(&connection->unsent.node));
    assert_int_equal(room.metrics.live.frames_sent_total, 1);
}

static void a_client_for_whom_bytes_wait_gets_no_more_from_the_ring(void **state)
{
    (void)state;
    add("a", "one");
    assert_true(buffer_append(&connection->out, "waiting", 7));
    client_pump(client);
    assert_string_equal(peer.received, "");
    assert_int_equal(client->next, 0);
}

/* ---- too far behind --------------------------------------------------------------------------------------------- */

static void fill(size_t bytes)
{
    static char frame[1024];
    memset(frame, 'x', sizeof(frame));
    while (bytes > 0) {
        size_t len = bytes < sizeof(frame) ? bytes : sizeof(frame);
        ring_add(ring_of_client(), ring_of_client()->next + 1, "a", frame, len);
        bytes -= len;
    }
}

static void a_client_may_be_behind_by_the_limit(void **state)
{
    (void)state;
    peer.takes = 0;
    fill(CLIENT_BEHIND_MAX);
    client_pump(client);
    assert_false(client->is_closing);
    assert_int_equal(room.metrics.live.slow_clients_closed_total, 0);
}

static void a_client_further_behind_is_closed_with_4008(void **state)
{
    (void)state;
    peer.takes = 0;
    fill(CLIENT_BEHIND_MAX + 1);
    client_pump(client);
    assert_true(client->is_closing);
    assert_int_equal(room.metrics.live.slow_clients_closed_total, 1);
    assert_int_equal(connection->out.len, 4);
    assert_memory_equal(buffer_data(&connection->out), "\x88\x02\x0f\xa8", 4);
    assert_false(list_holds(&client->node));
}

static void a_client_whose_frame_was_forgotten_is_closed(void **state)
{
    (void)state;
    fill(ring_of_client()->size + 1);
    assert_int_equal(ring_of_client()->first, 1);
    client->next = 1;
    client_pump(client);
    assert_false(client->is_closing);
    client->next = 0;
    peer_forget(&peer);
    client_pump(client);
    assert_true(client->is_closing);
    assert_int_equal(peer.len, 4);
}

/* ---- WebSocket -------------------------------------------------------------------------------------------------- */

/* The client says this, masked with zeros. */
static void say(unsigned char first, const char *payload, size_t len)
{
    char frame[300] = {(char)first, (char)(0x80 | len)};
    memcpy(frame + 6, payload, len);
    receive(frame, 6 + len);
}

static void an_event_is_a_text_frame(void **state)
{
    (void)state;
    struct buffer out = {.len = 0};
    assert_true(pusher_format.encode(&out, MEOWER_EVENT_CREATED, "cursor", "{\"a\":0}", 7));
    assert_int_equal(out.len, 9);
    assert_memory_equal(buffer_data(&out), "\x81\x07{\"a\":0}", 9);
    buffer_free(&out);
}

static void a_ping_is_answered_with_its_payload(void **state)
{
    (void)state;
    say(0x89, "cat", 3);
    assert_int_equal(peer.len, 5);
    assert_memory_equal(peer.received,
                        "\x8a\x03"
                        "cat",
                        5);
    peer_forget(&peer);
    say(0x89, "", 0);
    assert_int_equal(peer.len, 2);
    peer_forget(&peer);
    char longest[WEBSOCKET_CONTROL_MAX];
    memset(longest, 'x', sizeof(longest));
    say(0x89, longest, sizeof(longest));
    assert_int_equal(peer.len, 2 + sizeof(longest));
    assert_memory_equal(peer.received + 2, longest, sizeof(longest));
    assert_false(client->is_closing);
}

static void all_frames_of_a_read_are_answered(void **state)
{
    (void)state;
    receive("\x89\x80\0\0\0\0\x81\x81\0\0\0\0x\x89\x81\0\0\0\0y", 20);
    assert_int_equal(peer.len, 5);
    assert_memory_equal(peer.received, "\x8a\x00\x8a\x01y", 5);
}

static void assert_closed_with(const char *frame, size_t len)
{
    assert_true(client->is_closing);
    assert_true(connection->closes_when_sent);
    assert_true(connection->is_lingering);
    assert_int_equal(peer.len, len);
    assert_memory_equal(peer.received, frame, len);
}

static void a_close_is_answered_with_its_code(void **state)
{
    (void)state;
    say(0x88, "\x0b\xb8", 2);
    assert_closed_with("\x88\x02\x0b\xb8", 4);
    say(0x89, "after it", 8);
    assert_int_equal(peer.len, 4);
}

static void an_empty_close_is_answered_with_an_empty_one(void **state)
{
    (void)state;
    say(0x88, "", 0);
    assert_closed_with("\x88\x00", 2);
}

static void a_malformed_frame_is_closed_with_1002(void **state)
{
    (void)state;
    say(0xf1, "", 0);
    assert_closed_with("\x88\x02\x03\xea", 4);
}

static void a_message_beyond_the_limit_is_closed_with_1009(void **state)
{
    (void)state;
    receive("\x81\xfe\x10\x01\0\0\0\0", 8);
    assert_closed_with("\x88\x02\x03\xf1", 4);
}

static void a_server_that_ends_says_1001(void **state)
{
    (void)state;
    stop();
    assert_closed_with("\x88\x02\x03\xe9", 4);
    stop();
    assert_int_equal(peer.len, 4);
}

static void a_silent_client_is_pinged_and_then_dropped(void **state)
{
    (void)state;
    expire(&fanout.websocket.quiet);
    assert_int_equal(peer.len, 2);
    assert_memory_equal(peer.received, "\x89\x00", 2);
    assert_ptr_equal(connection->deadline.timeout, &fanout.websocket.answer);
    say(0x8a, "", 0);
    assert_ptr_equal(connection->deadline.timeout, &fanout.websocket.quiet);
    assert_false(peer.is_dropped);
    expire(&fanout.websocket.quiet);
    assert_false(peer.is_dropped);
    expire(&fanout.websocket.answer);
    assert_true(peer.is_dropped);
}

static void a_pong_that_nobody_asked_for_changes_nothing(void **state)
{
    (void)state;
    deadline_set(&connection->deadline, &fanout.websocket.quiet);
    int64_t due_ms = connection->deadline.due_ms = 77;
    say(0x8a, "", 0);
    assert_int_equal(connection->deadline.due_ms, due_ms);
}

static void pings_whose_answers_are_not_read_end_the_connection(void **state)
{
    (void)state;
    char *bytes = calloc(1, CLIENT_BEHIND_MAX);
    assert_non_null(bytes);
    peer.takes = 0;
    assert_true(buffer_append(&connection->out, bytes, CLIENT_BEHIND_MAX));
    say(0x89, "x", 1);
    assert_false(client->is_closing);
    say(0x89, "x", 1);
    assert_true(client->is_closing);
    free(bytes);
}

/* ---- SSE -------------------------------------------------------------------------------------------------------- */

static void assert_encoded(int kind, const char *expected)
{
    struct buffer out = {.len = 0};
    assert_true(sse_format.encode(&out, kind, "7-1", "{\"a\":0}", 7));
    assert_int_equal(out.len, strlen(expected));
    assert_memory_equal(buffer_data(&out), expected, out.len);
    buffer_free(&out);
}

static void an_event_names_its_kind_and_its_cursor(void **state)
{
    (void)state;
    assert_encoded(MEOWER_EVENT_CREATED, "id: 7-1\nevent: meow\ndata: {\"a\":0}\n\n");
    assert_encoded(MEOWER_EVENT_DELETED, "id: 7-1\nevent: deleted\ndata: {\"a\":0}\n\n");
    assert_encoded(0, "id: 7-1\nevent: sync\ndata: {\"a\":0}\n\n");
}

static void a_quiet_stream_gets_a_comment(void **state)
{
    (void)state;
    expire(&fanout.sse.quiet);
    assert_string_equal(peer.received, ":\n\n");
    assert_ptr_equal(connection->deadline.timeout, &fanout.sse.quiet);
    assert_true(list_holds(&connection->deadline.node));
}

static void a_stream_that_takes_nothing_for_two_comments_is_dropped(void **state)
{
    (void)state;
    peer.takes = 0;
    assert_true(buffer_append(&connection->out, "waiting", 7));
    expire(&fanout.sse.quiet);
    assert_false(peer.is_dropped);
    assert_int_equal(connection->out.len, 7);
    expire(&fanout.sse.quiet);
    assert_true(peer.is_dropped);
}

static void a_stream_that_took_something_in_between_is_not_dropped(void **state)
{
    (void)state;
    assert_true(buffer_append(&connection->out, "waiting", 7));
    expire(&fanout.sse.quiet);
    buffer_clear(&connection->out);
    expire(&fanout.sse.quiet);
    assert_true(buffer_append(&connection->out, "waiting", 7));
    expire(&fanout.sse.quiet);
    assert_false(peer.is_dropped);
}

static void a_stream_ends_after_what_waits(void **state)
{
    (void)state;
    peer.takes = 0;
    assert_true(buffer_append(&connection->out, "waiting", 7));
    stop();
    assert_true(client->is_closing);
    assert_true(connection->closes_when_sent);
    assert_int_equal(exchange->phase, EXCHANGE_STREAMING);
    assert_false(connection->is_lingering);
    peer.takes = SIZE_MAX;
    connection_writable(connection);
    assert_string_equal(peer.received, "waiting");
    assert_true(connection->is_lingering);
}

#define CLIENT_TEST(name) cmocka_unit_test_setup_teardown(name, begin_websocket, end)
#define SSE_TEST(name)    cmocka_unit_test_setup_teardown(name, begin_sse, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CLIENT_TEST(a_client_gets_what_is_in_the_ring_from_its_frame_on),
        CLIENT_TEST(a_client_stands_after_the_blanks_when_nothing_else_is_there),
        CLIENT_TEST(what_is_left_of_a_frame_follows_before_the_next),
        CLIENT_TEST(one_byte_that_is_left_of_a_frame_is_kept),
        CLIENT_TEST(a_client_for_whom_bytes_wait_gets_no_more_from_the_ring),
        CLIENT_TEST(a_client_may_be_behind_by_the_limit),
        CLIENT_TEST(a_client_further_behind_is_closed_with_4008),
        CLIENT_TEST(a_client_whose_frame_was_forgotten_is_closed),
        CLIENT_TEST(an_event_is_a_text_frame),
        CLIENT_TEST(a_ping_is_answered_with_its_payload),
        CLIENT_TEST(all_frames_of_a_read_are_answered),
        CLIENT_TEST(a_close_is_answered_with_its_code),
        CLIENT_TEST(an_empty_close_is_answered_with_an_empty_one),
        CLIENT_TEST(a_malformed_frame_is_closed_with_1002),
        CLIENT_TEST(a_message_beyond_the_limit_is_closed_with_1009),
        CLIENT_TEST(a_server_that_ends_says_1001),
        CLIENT_TEST(a_silent_client_is_pinged_and_then_dropped),
        CLIENT_TEST(a_pong_that_nobody_asked_for_changes_nothing),
        CLIENT_TEST(pings_whose_answers_are_not_read_end_the_connection),
        SSE_TEST(a_client_is_answered_when_it_is_known_where_it_starts),
        SSE_TEST(a_client_whose_start_cannot_be_looked_up_is_answered_503),
        SSE_TEST(an_event_names_its_kind_and_its_cursor),
        SSE_TEST(a_quiet_stream_gets_a_comment),
        SSE_TEST(a_stream_that_takes_nothing_for_two_comments_is_dropped),
        SSE_TEST(a_stream_that_took_something_in_between_is_not_dropped),
        SSE_TEST(a_stream_ends_after_what_waits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
