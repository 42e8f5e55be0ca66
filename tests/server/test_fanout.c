/* test_fanout.c - from one subscription to all clients: each event is encoded once for each way of speaking, and
 * clients get their turn in parts of 256. The feed runs without threads, and the test calls what the loop would. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "server/doubles.h"
#include "server/live/client.h"
#include "server/live/fanout.h"
#include "server/live/ring.h"
#include <meower/meower.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define A_TURN 256 /* clients that are sent to before others get their turn */

static struct room room;
static struct fanout *fanout;
static meower_feed *feed;
static meower_command *command;

static int begin(void **state)
{
    (void)state;
    static struct fanout own;
    fanout = &own;
    room_begin(&room);
    feed = open_stepped_feed();
    assert_int_equal(meower_command_open(feed, &command, NULL), MEOWER_OK);
    assert_true(fanout_open(fanout, &room.loop, feed, &room.metrics.live));
    run_feed(feed);
    return 0;
}

static int end(void **state)
{
    (void)state;
    room_end(&room);
    fanout_close(fanout);
    meower_command_close(command);
    run_feed(feed);
    assert_int_equal(meower_close(feed, 1000, NULL), MEOWER_OK);
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

/* What the loop does four times a second. */
static void tick(void)
{
    fanout->tick.run(&fanout->tick);
}

static void post(const char *body, char id[MEOWER_ID_SIZE])
{
    meower_command_result result = MEOWER_COMMAND_RESULT_INIT;
    assert_int_equal(meower_command_submit_post(command, body, strlen(body), NULL, NULL, NULL), MEOWER_OK);
    run_feed(feed);
    assert_int_equal(meower_command_next(command, &result, NULL), 1);
    assert_int_equal(result.status, MEOWER_OK);
    if (id != NULL) {
        memcpy(id, result.id, MEOWER_ID_SIZE);
    }
}

static void erase(const char *id)
{
    meower_command_result result = MEOWER_COMMAND_RESULT_INIT;
    assert_int_equal(meower_command_submit_delete(command, id, NULL, NULL), MEOWER_OK);
    run_feed(feed);
    assert_int_equal(meower_command_next(command, &result, NULL), 1);
    assert_int_equal(result.status, MEOWER_OK);
}

/* A client that wants what follows `cursor`, with its request answered. */
static void join(struct peer *peer, struct stream *stream, const char *cursor)
{
    struct client *client;
    struct exchange *exchange = room_connect(&room, peer);
    meower_follow follow = MEOWER_FOLLOW_INIT;
    follow.cursor = cursor;
    assert_int_equal(client_open(exchange, stream, &follow, &client, NULL), MEOWER_OK);
    client_begin(client);
    run_feed(feed);
    if (exchange->phase != EXCHANGE_STREAMING) {
        wake(&client->own_watch);
    }
    assert_int_equal(exchange->phase, EXCHANGE_STREAMING);
    if (cursor == NULL) {
        peer_forget(peer);
    }
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
    struct stream *stream = &fanout->websocket;
    static struct client clients[CLIENTS];
    static struct exchange exchanges[CLIENTS];
    memset(clients, 0, sizeof(clients));
    ring_add(&stream->ring, 1, "a", "x", 1);
    ring_blank(&stream->ring, "a");
    for (size_t i = 0; i < CLIENTS; i++) {
        clients[i].exchange = &exchanges[i];
        clients[i].stream = stream;
        list_append(&stream->due, &clients[i].node);
    }
    tick();
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
    static struct client clients[A_TURN];
    static struct exchange exchanges[A_TURN];
    memset(clients, 0, sizeof(clients));
    for (size_t i = 0; i < A_TURN; i++) {
        clients[i].exchange = &exchanges[i];
        clients[i].stream = &fanout->sse;
        list_append(&fanout->sse.due, &clients[i].node);
    }
    tick();
    assert_true(list_is_empty(&fanout->sse.due));
    assert_false(is_readable(fanout->more));
    for (size_t i = 0; i < A_TURN; i++) {
        list_remove(&clients[i].node);
    }
}

static void nobody_gets_a_turn_without_an_event(void **state)
{
    (void)state;
    static struct client clients[A_TURN];
    static struct exchange exchanges[A_TURN];
    struct peer peer;
    memset(clients, 0, sizeof(clients));
    join(&peer, &fanout->sse, NULL);
    for (size_t i = 0; i < A_TURN; i++) {
        clients[i].exchange = &exchanges[i];
        clients[i].stream = &fanout->sse;
        list_append(&fanout->sse.clients, &clients[i].node);
    }
    tick();
    assert_true(list_is_empty(&fanout->sse.due));
    assert_false(is_readable(fanout->more));
    for (size_t i = 0; i < A_TURN; i++) {
        list_remove(&clients[i].node);
    }
    peer_free(&peer);
}

/* ---- events ----------------------------------------------------------------------------------------------------- */

static void each_client_gets_an_event_in_its_own_way(void **state)
{
    (void)state;
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
        assert_int_equal(room.metrics.live.frames_sent_total, 9);
        peer_free(&peers[i]);
    }
    assert_int_equal(room.metrics.live.websocket_clients, 2);
    assert_int_equal(room.metrics.live.sse_clients, 1);
}

static void a_meow_that_is_deleted_before_it_was_sent_is_not_sent(void **state)
{
    (void)state;
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
    struct peer peer;
    tick();
    assert_null(fanout->live.subscription);
    join(&peer, &fanout->websocket, NULL);
    assert_non_null(fanout->live.subscription);
    post("for one", NULL);
    wake(&fanout->watch);
    tick();
    assert_non_null(fanout->live.subscription);
    peer_hang_up(&peer);
    assert_int_equal(room.metrics.live.websocket_clients, 0);
    tick();
    assert_null(fanout->live.subscription);
    assert_int_equal(fanout->websocket.ring.next, fanout->websocket.ring.first);
    peer_free(&peer);
}

static void a_client_with_a_cursor_gets_what_it_missed_and_then_the_rest(void **state)
{
    (void)state;
    struct peer early, late;
    char cursor[MEOWER_CURSOR_SIZE];
    join(&early, &fanout->sse, "");
    assert_int_equal(count(&early, "event: sync"), 1);
    post("first", NULL);
    wake(&fanout->watch);
    snprintf(cursor, sizeof(cursor), "%s", meower_subscription_cursor(fanout->live.subscription));
    post("second", NULL);
    wake(&fanout->watch);
    join(&late, &fanout->sse, cursor);
    run_feed(feed);
    tick();
    post("third", NULL);
    wake(&fanout->watch);
    tick();
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
        FANOUT_TEST(nobody_gets_a_turn_without_an_event),
        FANOUT_TEST(each_client_gets_an_event_in_its_own_way),
        FANOUT_TEST(a_meow_that_is_deleted_before_it_was_sent_is_not_sent),
        FANOUT_TEST(nothing_is_encoded_for_a_way_that_nobody_speaks),
        FANOUT_TEST(there_is_a_subscription_while_there_are_clients),
        FANOUT_TEST(a_client_with_a_cursor_gets_what_it_missed_and_then_the_rest),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
