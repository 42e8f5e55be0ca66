/* test_fanout.c - from one subscription to all clients: each event is encoded once for each way of speaking, and
 * clients get their turn in parts of 256. The feed runs without threads, and the test calls what the loop would. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "server/doubles.h"
#include "server/fanout.h"
#include "server/live_client.h"
#include "server/ring.h"
#include <meower/meower.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define A_TURN 256 /* clients that are sent to before others get their turn */

static struct room room;
static meower_command *command;

static void run_feed(void)
{
    while (meower_step(room.server.feed) > 0) {
        continue;
    }
}

static int begin(void **state)
{
    (void)state;
    meower_options *options;
    room_begin(&room);
    assert_int_equal(meower_options_new(&options), MEOWER_OK);
    assert_int_equal(meower_options_set(options, "threads", "0", NULL), MEOWER_OK);
    assert_int_equal(meower_open(options, &room.server.feed, NULL), MEOWER_OK);
    meower_options_free(options);
    assert_int_equal(meower_command_open(room.server.feed, &command, NULL), MEOWER_OK);
    assert_true(fanout_open(&room.server, &room.server.fanout));
    run_feed();
    return 0;
}

static int end(void **state)
{
    (void)state;
    room_end(&room);
    fanout_close(room.server.fanout);
    meower_command_close(command);
    run_feed();
    assert_int_equal(meower_close(room.server.feed, 1000, NULL), MEOWER_OK);
    return 0;
}

static bool is_readable(int descriptor)
{
    struct pollfd poller = {.fd = descriptor, .events = POLLIN};
    return poll(&poller, 1, 0) == 1;
}

/* What the loop does when the descriptor of a watch is readable. */
static void wake(struct watch *watch)
{
    assert_non_null(watch->lws);
    watch->readable(watch);
}

static void post(const char *body, char id[MEOWER_ID_SIZE])
{
    meower_command_result result;
    assert_int_equal(meower_command_submit_post(command, body, strlen(body), NULL, NULL, NULL), MEOWER_OK);
    run_feed();
    assert_int_equal(meower_command_next(command, &result), 1);
    assert_int_equal(result.status, MEOWER_OK);
    if (id != NULL) {
        memcpy(id, result.id, MEOWER_ID_SIZE);
    }
}

static void erase(const char *id)
{
    meower_command_result result;
    assert_int_equal(meower_command_submit_delete(command, id, NULL, NULL), MEOWER_OK);
    run_feed();
    assert_int_equal(meower_command_next(command, &result), 1);
    assert_int_equal(result.status, MEOWER_OK);
}

/* A client that wants what follows `cursor`, with its request answered. */
static struct connection *join(struct peer *peer, struct stream *stream, const char *cursor)
{
    struct live_client *client;
    struct connection *connection = room_connect(&room, peer);
    assert_int_equal(live_client_open(connection, stream, cursor, &client, NULL), MEOWER_OK);
    live_client_begin(client);
    run_feed();
    if (connection->phase != CONNECTION_LIVE) {
        wake(&client->own_watch);
    }
    assert_int_equal(connection->phase, CONNECTION_LIVE);
    if (cursor == NULL) {
        peer_forget(peer);
    }
    return connection;
}

/* Counts the times that `text` stands in what a client has received. */
static size_t count(const struct peer *peer, const char *text)
{
    size_t found = 0;
    for (size_t i = 0; i + strlen(text) <= peer->len; i++) {
        found += memcmp(peer->received + i, text, strlen(text)) == 0;
    }
    return found;
}

/* ---- turns ------------------------------------------------------------------------------------------------------ */

/* Frames that are blank move a client on although it has no socket here. */
static void more_than_256_clients_are_woken_in_turns(void **state)
{
    (void)state;
    enum {
        CLIENTS = 2 * A_TURN + 1
    };
    struct fanout *fanout = room.server.fanout;
    struct stream *stream = &fanout->websocket;
    static struct live_client clients[CLIENTS];
    static struct connection connections[CLIENTS];
    memset(clients, 0, sizeof(clients));
    ring_add(&stream->ring, 1, "a", "x", 1);
    ring_blank(&stream->ring, "a");
    for (size_t i = 0; i < CLIENTS; i++) {
        connections[i].server = &room.server;
        clients[i].connection = &connections[i];
        clients[i].server = &room.server;
        clients[i].stream = stream;
        list_append(&stream->due, &clients[i].node);
    }
    fanout_tick(fanout);
    for (size_t turn = 1; turn <= 3; turn++) {
        size_t served = turn * A_TURN < CLIENTS ? turn * A_TURN : CLIENTS;
        for (size_t i = 0; i < CLIENTS; i++) {
            assert_int_equal(clients[i].next, i < served ? 1 : 0);
        }
        assert_true(is_readable(fanout->more) == (served < CLIENTS));
        assert_true(list_is_empty(&stream->due) == (served == CLIENTS));
        wake(&fanout->more_watch);
    }
    for (size_t i = 0; i < CLIENTS; i++) {
        list_remove(&clients[i].node);
    }
}

static void nobody_is_woken_for_256_clients(void **state)
{
    (void)state;
    struct fanout *fanout = room.server.fanout;
    static struct live_client clients[A_TURN];
    static struct connection connections[A_TURN];
    memset(clients, 0, sizeof(clients));
    for (size_t i = 0; i < A_TURN; i++) {
        clients[i].connection = &connections[i];
        clients[i].stream = &fanout->sse;
        list_append(&fanout->sse.due, &clients[i].node);
    }
    fanout_tick(fanout);
    assert_true(list_is_empty(&fanout->sse.due));
    assert_false(is_readable(fanout->more));
    for (size_t i = 0; i < A_TURN; i++) {
        list_remove(&clients[i].node);
    }
}

/* ---- events ----------------------------------------------------------------------------------------------------- */

static void each_client_gets_an_event_in_its_own_way(void **state)
{
    (void)state;
    struct fanout *fanout = room.server.fanout;
    struct peer peers[3];
    join(&peers[0], &fanout->websocket, NULL);
    join(&peers[1], &fanout->websocket, NULL);
    join(&peers[2], &fanout->sse, NULL);
    for (int i = 0; i < 3; i++) {
        post("a meow for all", NULL);
        wake(&fanout->watch);
    }
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(count(&peers[i], "a meow for all"), 3);
        assert_int_equal(count(&peers[i], "event: meow\ndata: {"), i == 2 ? 3 : 0);
        assert_int_equal(count(&peers[i], "\x81"), i == 2 ? 0 : 3);
        assert_int_equal(room.metrics.frames_sent_total, 9);
        peer_free(&peers[i]);
    }
    assert_int_equal(room.metrics.websocket_clients, 2);
    assert_int_equal(room.metrics.sse_clients, 1);
}

static void a_meow_that_is_deleted_before_it_was_sent_is_not_sent(void **state)
{
    (void)state;
    struct fanout *fanout = room.server.fanout;
    struct peer peer;
    char id[MEOWER_ID_SIZE];
    join(&peer, &fanout->sse, NULL);
    post("regretted", id);
    post("kept", NULL);
    erase(id);
    wake(&fanout->watch);
    assert_int_equal(count(&peer, "regretted"), 0);
    assert_int_equal(count(&peer, "kept"), 1);
    assert_int_equal(count(&peer, "event: deleted"), 1);
    peer_free(&peer);
}

static void nothing_is_encoded_for_a_way_that_nobody_speaks(void **state)
{
    (void)state;
    struct fanout *fanout = room.server.fanout;
    struct peer peer;
    join(&peer, &fanout->websocket, NULL);
    post("for one", NULL);
    wake(&fanout->watch);
    assert_int_equal(fanout->websocket.ring.next - fanout->websocket.ring.first, 1);
    assert_int_equal(fanout->sse.ring.next, 0);
    peer_free(&peer);
}

static void there_is_a_subscription_while_there_are_clients(void **state)
{
    (void)state;
    struct fanout *fanout = room.server.fanout;
    struct peer peer;
    fanout_tick(fanout);
    assert_null(fanout->subscription);
    struct connection *connection = join(&peer, &fanout->websocket, NULL);
    assert_non_null(fanout->subscription);
    post("for one", NULL);
    wake(&fanout->watch);
    fanout_tick(fanout);
    assert_non_null(fanout->subscription);
    connection_closed(connection);
    assert_int_equal(room.metrics.websocket_clients, 0);
    fanout_tick(fanout);
    assert_null(fanout->subscription);
    assert_int_equal(fanout->websocket.ring.next, fanout->websocket.ring.first);
    peer_free(&peer);
}

static void a_client_with_a_cursor_gets_what_it_missed_and_then_the_rest(void **state)
{
    (void)state;
    struct fanout *fanout = room.server.fanout;
    struct peer early, late;
    char cursor[MEOWER_CURSOR_SIZE];
    join(&early, &fanout->sse, "");
    assert_int_equal(count(&early, "event: sync"), 1);
    post("first", NULL);
    wake(&fanout->watch);
    snprintf(cursor, sizeof(cursor), "%s", fanout_cursor(fanout));
    post("second", NULL);
    wake(&fanout->watch);
    join(&late, &fanout->sse, cursor);
    run_feed();
    fanout_tick(fanout);
    post("third", NULL);
    wake(&fanout->watch);
    fanout_tick(fanout);
    assert_int_equal(count(&late, "\"recovered\":true"), 1);
    assert_int_equal(count(&late, "first"), 0);
    assert_int_equal(count(&late, "second"), 1);
    assert_int_equal(count(&late, "third"), 1);
    assert_int_equal(count(&early, "event: meow"), 3);
    peer_free(&early);
    peer_free(&late);
}

#define FANOUT_TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        FANOUT_TEST(more_than_256_clients_are_woken_in_turns),
        FANOUT_TEST(nobody_is_woken_for_256_clients),
        FANOUT_TEST(each_client_gets_an_event_in_its_own_way),
        FANOUT_TEST(a_meow_that_is_deleted_before_it_was_sent_is_not_sent),
        FANOUT_TEST(nothing_is_encoded_for_a_way_that_nobody_speaks),
        FANOUT_TEST(there_is_a_subscription_while_there_are_clients),
        FANOUT_TEST(a_client_with_a_cursor_gets_what_it_missed_and_then_the_rest),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
