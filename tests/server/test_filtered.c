/* test_filtered.c - live clients with filters: what is handed to them, from which event on, how they hear that the feed
 * has moved on, and what becomes of one that does not read. The feed runs without threads, and the test calls what the
 * loop would. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "server/doubles.h"
#include "server/live/fanout.h"
#include <meower/meower.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct room room;
static struct fanout fanout;
static meower_feed *feed;
static meower_command *command;

static const meower_label garden = MEOWER_LABEL("room", "garden");
static const meower_label kitchen = MEOWER_LABEL("room", "kitchen");

static int begin(void **state)
{
    (void)state;
    room_begin(&room);
    feed = open_stepped_feed();
    assert_int_equal(meower_command_open(feed, &command, NULL), MEOWER_OK);
    assert_true(fanout_open(&fanout, &room.loop, feed, &room.metrics.live));
    run_feed(feed);
    return 0;
}

static int end(void **state)
{
    (void)state;
    room_end(&room);
    fanout_close(&fanout);
    meower_command_close(command);
    run_feed(feed);
    assert_int_equal(meower_close(feed, 1000, NULL), MEOWER_OK);
    return 0;
}

static meower_command_result take_result(void)
{
    meower_command_result result = MEOWER_COMMAND_RESULT_INIT;
    run_feed(feed);
    assert_int_equal(meower_command_next(command, &result, NULL), 1);
    assert_int_equal(result.status, MEOWER_OK);
    return result;
}

static meower_command_result post_in(const meower_label *label, const char *body)
{
    meower_post post = MEOWER_POST_INIT;
    post.body = body;
    post.body_len = strlen(body);
    post.labels = label;
    post.label_count = label == NULL ? 0 : 1;
    assert_int_equal(meower_command_submit_one(command, &post, NULL), MEOWER_OK);
    return take_result();
}

/* What the loop does when there are events. */
static void hand_out(void)
{
    assert_non_null(fanout.watch.lws);
    fanout.watch.readable(&fanout.watch);
}

/* Its socket takes everything from now on. */
static void read_again(struct peer *peer, struct client *client)
{
    peer_take(peer, SIZE_MAX);
    connection_writable(&client->exchange->connection);
}

static void tick(void)
{
    fanout.tick.run(&fanout.tick);
}

static struct client *come(struct peer *peer, struct stream *stream, const meower_follow *follow)
{
    struct client *client;
    struct exchange *exchange = room_connect(&room, peer);
    assert_int_equal(client_open(exchange, stream, follow, &client, NULL), MEOWER_OK);
    client_begin(client);
    run_feed(feed);
    if (exchange->phase != EXCHANGE_STREAMING) {
        watch_is_readable(&client->own_watch);
    }
    assert_int_equal(exchange->phase, EXCHANGE_STREAMING);
    return client;
}

static struct client *come_for(struct peer *peer, struct stream *stream, const char *cursor, const meower_label *label,
                               const char *text)
{
    meower_follow follow = MEOWER_FOLLOW_INIT;
    follow.cursor = cursor;
    follow.labels = label;
    follow.label_count = label == NULL ? 0 : 1;
    follow.text = text;
    follow.text_len = text == NULL ? 0 : strlen(text);
    return come(peer, stream, &follow);
}

static size_t count(const struct peer *peer, const char *text)
{
    size_t found = 0;
    for (size_t i = 0; i + strlen(text) <= peer->len; i++) {
        found += memcmp(peer->received + i, text, strlen(text)) == 0;
    }
    return found;
}

static size_t count_progress(const struct peer *peer)
{
    return count(peer, "{\"kind\":0,\"cursor\":\"") - count(peer, "\"recovered\":");
}

/* The time has come at which the client hears how far the feed is. */
static void expire_progress(struct client *client)
{
    assert_ptr_equal(client->progress.timeout, &client->stream->progress);
    assert_int_equal(client->stream->progress.length_ms, 10000);
    client->stream->progress.expired(&client->progress);
}

/* ---- what is handed out ----------------------------------------------------------------------------------------- */

static void each_client_gets_what_its_filter_lets_through(void **state)
{
    (void)state;
    struct peer peers[4];
    come_for(&peers[0], &fanout.websocket, NULL, &garden, NULL);
    come_for(&peers[1], &fanout.sse, NULL, &kitchen, NULL);
    come_for(&peers[2], &fanout.sse, NULL, NULL, "cats");
    come_for(&peers[3], &fanout.websocket, NULL, NULL, NULL);
    post_in(&garden, "cats in the garden");
    post_in(&kitchen, "dogs in the kitchen");
    post_in(NULL, "cats anywhere");
    hand_out();
    assert_int_equal(count(&peers[0], "\"kind\":1"), 1);
    assert_int_equal(count(&peers[0], "cats in the garden"), 1);
    assert_int_equal(count(&peers[1], "event: meow"), 1);
    assert_int_equal(count(&peers[1], "dogs in the kitchen"), 1);
    assert_int_equal(count(&peers[2], "event: meow"), 2);
    assert_int_equal(count(&peers[2], "cats in the garden"), 1);
    assert_int_equal(count(&peers[3], "\"kind\":1"), 3);
    assert_int_equal(room.metrics.live.frames_sent_total, 7);
    for (int i = 0; i < 4; i++) {
        peer_free(&peers[i]);
    }
}

static void a_deletion_goes_to_all(void **state)
{
    (void)state;
    struct peer peers[2];
    come_for(&peers[0], &fanout.websocket, NULL, &garden, NULL);
    come_for(&peers[1], &fanout.sse, NULL, NULL, "cats");
    meower_command_result posted = post_in(&kitchen, "regretted");
    assert_int_equal(meower_command_submit_delete(command, posted.id, NULL, NULL), MEOWER_OK);
    take_result();
    hand_out();
    assert_int_equal(count(&peers[0], "\"kind\":2"), 1);
    assert_int_equal(count(&peers[1], "event: deleted"), 1);
    peer_free(&peers[0]);
    peer_free(&peers[1]);
}

static void nothing_is_put_into_the_ring_for_them(void **state)
{
    (void)state;
    struct peer peer;
    come_for(&peer, &fanout.websocket, NULL, &garden, NULL);
    post_in(&garden, "one");
    hand_out();
    assert_int_equal(fanout.websocket.ring.next, 0);
    assert_true(list_is_empty(&fanout.websocket.due));
    assert_true(list_is_empty(&fanout.websocket.clients));
    peer_free(&peer);
}

static void the_subscription_is_there_until_the_last_one_leaves(void **state)
{
    (void)state;
    struct peer peer;
    come_for(&peer, &fanout.websocket, NULL, &garden, NULL);
    tick();
    assert_non_null(fanout.live.subscription);
    assert_int_equal(room.metrics.live.websocket_clients, 1);
    peer_hang_up(&peer);
    tick();
    assert_null(fanout.live.subscription);
    assert_true(list_is_empty(&fanout.live.interests.all));
    peer_free(&peer);
}

/* ---- where it begins -------------------------------------------------------------------------------------------- */

static void one_with_a_cursor_gets_what_it_missed_and_then_the_rest(void **state)
{
    (void)state;
    struct peer other, peer;
    come_for(&other, &fanout.websocket, NULL, NULL, NULL);
    const meower_command_result before = post_in(&garden, "before");
    post_in(&garden, "missed");
    post_in(&kitchen, "not mine");
    hand_out();
    struct client *client = come_for(&peer, &fanout.websocket, before.cursor, &garden, NULL);
    assert_null(client->own);
    post_in(&garden, "then");
    hand_out();
    assert_int_equal(count(&peer, "\"recovered\":true"), 1);
    assert_int_equal(count(&peer, "\"kind\":1"), 2);
    assert_int_equal(count(&peer, "missed"), 1);
    assert_int_equal(count(&peer, "then"), 1);
    peer_free(&other);
    peer_free(&peer);
}

/* Its own subscription has seen events that the loop's has yet to take. */
static void one_that_is_ahead_gets_no_event_twice(void **state)
{
    (void)state;
    struct peer other, peer;
    come_for(&other, &fanout.websocket, NULL, NULL, NULL);
    post_in(&garden, "seen");
    post_in(&kitchen, "not mine");
    struct client *client = come_for(&peer, &fanout.websocket, MEOWER_CURSOR_START, &garden, NULL);
    assert_null(client->own);
    assert_int_equal(count(&peer, "seen"), 1);
    hand_out();
    assert_int_equal(count(&peer, "seen"), 1);
    post_in(&garden, "then");
    hand_out();
    assert_int_equal(count(&peer, "then"), 1);
    peer_free(&other);
    peer_free(&peer);
}

/* A long past of others: one call of its own subscription does not get through it. */
static void a_long_past_is_read_in_parts(void **state)
{
    (void)state;
    struct peer peer;
    for (int i = 0; i < 3000; i++) {
        post_in(&kitchen, "not mine");
    }
    post_in(&garden, "mine");
    struct client *client = come_for(&peer, &fanout.websocket, MEOWER_CURSOR_START, &garden, NULL);
    assert_non_null(client->own);
    assert_int_equal(count(&peer, "mine"), 0);
    tick();
    assert_null(client->own);
    assert_int_equal(count(&peer, "\"mine\""), 1);
    peer_free(&peer);
}

/* ---- how far the feed is ---------------------------------------------------------------------------------------- */

static void one_with_a_cursor_hears_how_far_the_feed_is(void **state)
{
    (void)state;
    struct peer peer;
    char expected[80];
    struct client *client = come_for(&peer, &fanout.websocket, "", &garden, NULL);
    expire_progress(client);
    assert_int_equal(count_progress(&peer), 0);
    meower_command_result posted = post_in(&kitchen, "not mine");
    hand_out();
    expire_progress(client);
    assert_int_equal(count_progress(&peer), 1);
    snprintf(expected, sizeof(expected), "{\"kind\":0,\"cursor\":\"%s\"}", posted.cursor);
    assert_int_equal(count(&peer, expected), 1);
    expire_progress(client);
    assert_int_equal(count_progress(&peer), 1);
    assert_true(list_holds(&client->progress.node));
    peer_free(&peer);
}

static void an_event_tells_as_much(void **state)
{
    (void)state;
    struct peer peer;
    struct client *client = come_for(&peer, &fanout.websocket, "", &garden, NULL);
    post_in(&kitchen, "not mine");
    post_in(&garden, "mine");
    hand_out();
    expire_progress(client);
    assert_int_equal(count_progress(&peer), 0);
    peer_free(&peer);
}

/* What the loop has not taken yet may concern it. */
static void it_never_hears_of_more_than_it_was_given(void **state)
{
    (void)state;
    struct peer peer;
    struct client *client = come_for(&peer, &fanout.websocket, "", &garden, NULL);
    post_in(&kitchen, "not mine");
    post_in(&garden, "mine");
    expire_progress(client);
    assert_int_equal(count_progress(&peer), 0);
    hand_out();
    assert_int_equal(count(&peer, "\"mine\""), 1);
    peer_free(&peer);
}

/* The cursor of the loop's subscription would take it back. */
static void one_that_is_ahead_does_not_hear_of_less_than_it_knows(void **state)
{
    (void)state;
    struct peer other, peer;
    post_in(NULL, "before");
    come_for(&other, &fanout.websocket, NULL, NULL, NULL);
    post_in(&kitchen, "not mine");
    post_in(&garden, "mine");
    struct client *client = come_for(&peer, &fanout.websocket, MEOWER_CURSOR_START, &garden, NULL);
    assert_null(client->own);
    expire_progress(client);
    assert_int_equal(count_progress(&peer), 0);
    peer_free(&other);
    peer_free(&peer);
}

static void one_that_catches_up_hears_how_far_it_is(void **state)
{
    (void)state;
    struct peer peer;
    for (int i = 0; i < 3000; i++) {
        post_in(&kitchen, "not mine");
    }
    struct client *client = come_for(&peer, &fanout.websocket, MEOWER_CURSOR_START, &garden, NULL);
    assert_non_null(client->own);
    expire_progress(client);
    assert_int_equal(count_progress(&peer), 1);
    assert_int_equal(client->heard, meower_subscription_position(client->own));
    peer_free(&peer);
}

static void without_a_cursor_only_ids_need_it(void **state)
{
    (void)state;
    struct peer websocket, sse, all;
    assert_false(list_holds(&come_for(&websocket, &fanout.websocket, NULL, &garden, NULL)->progress.node));
    assert_false(list_holds(&come_for(&all, &fanout.websocket, "", NULL, NULL)->progress.node));
    struct client *client = come_for(&sse, &fanout.sse, NULL, &garden, NULL);
    meower_command_result posted = post_in(&kitchen, "not mine");
    char expected[160];
    hand_out();
    expire_progress(client);
    snprintf(expected, sizeof(expected), "id: %s\nevent: sync\ndata: {\"kind\":0,\"cursor\":\"%s\"}\n\n", posted.cursor,
             posted.cursor);
    assert_int_equal(count(&sse, expected), 1);
    peer_free(&websocket);
    peer_free(&all);
    peer_free(&sse);
}

static void one_that_does_not_read_hears_of_it_later(void **state)
{
    (void)state;
    struct peer peer;
    struct client *client = come_for(&peer, &fanout.websocket, "", &garden, NULL);
    peer_take(&peer, 0);
    post_in(&garden, "mine");
    post_in(&kitchen, "not mine");
    hand_out();
    expire_progress(client);
    read_again(&peer, client);
    assert_int_equal(count(&peer, "\"mine\""), 1);
    assert_int_equal(count_progress(&peer), 0);
    expire_progress(client);
    assert_int_equal(count_progress(&peer), 1);
    peer_free(&peer);
}

/* ---- one that does not read ------------------------------------------------------------------------------------- */

static void one_that_is_too_far_behind_is_closed_and_the_others_go_on(void **state)
{
    (void)state;
    struct peer slow, fast;
    static char body[MEOWER_BODY_MAX + 1];
    memset(body, 'x', MEOWER_BODY_MAX);
    struct client *client = come_for(&slow, &fanout.websocket, NULL, &garden, NULL);
    come_for(&fast, &fanout.websocket, NULL, &garden, NULL);
    peer_take(&slow, 0);
    int posted = 0;
    while (!client->is_closing && posted < 10000) {
        post_in(&garden, body);
        hand_out();
        posted++;
    }
    assert_true(client->is_closing);
    assert_in_range(client->exchange->connection.out.len, CLIENT_BEHIND_MAX - 400, CLIENT_BEHIND_MAX + 4);
    assert_int_equal(room.metrics.live.slow_clients_closed_total, 1);
    read_again(&slow, client);
    assert_memory_equal(slow.received + slow.len - 4, "\x88\x02\x0f\xa8", 4); /* 4008 */
    assert_int_equal(count(&fast, body), posted);
    peer_free(&slow);
    peer_free(&fast);
}

static void what_waited_is_sent_in_order_when_it_reads_again(void **state)
{
    (void)state;
    struct peer peer;
    struct client *client = come_for(&peer, &fanout.sse, NULL, &garden, NULL);
    peer_forget(&peer);
    peer_take(&peer, 10);
    post_in(&garden, "first");
    hand_out();
    post_in(&garden, "second");
    hand_out();
    assert_int_equal(peer.len, 10);
    read_again(&peer, client);
    assert_int_equal(count(&peer, "event: meow"), 2);
    assert_true(strstr(peer.received, "first") < strstr(peer.received, "second"));
    peer_free(&peer);
}

static void closing_says_goodbye_to_them_too(void **state)
{
    (void)state;
    struct peer peer;
    struct client *client = come_for(&peer, &fanout.websocket, "", &garden, NULL);
    client->exchange->takeover->stop(client->exchange->stream);
    assert_memory_equal(peer.received + peer.len - 4, "\x88\x02\x03\xe9", 4); /* 1001 */
    assert_true(list_is_empty(&fanout.live.interests.all));
    assert_false(list_holds(&client->progress.node));
    peer_free(&peer);
}

#define FILTERED_TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        FILTERED_TEST(each_client_gets_what_its_filter_lets_through),
        FILTERED_TEST(a_deletion_goes_to_all),
        FILTERED_TEST(nothing_is_put_into_the_ring_for_them),
        FILTERED_TEST(the_subscription_is_there_until_the_last_one_leaves),
        FILTERED_TEST(one_with_a_cursor_gets_what_it_missed_and_then_the_rest),
        FILTERED_TEST(one_that_is_ahead_gets_no_event_twice),
        FILTERED_TEST(a_long_past_is_read_in_parts),
        FILTERED_TEST(one_with_a_cursor_hears_how_far_the_feed_is),
        FILTERED_TEST(an_event_tells_as_much),
        FILTERED_TEST(it_never_hears_of_more_than_it_was_given),
        FILTERED_TEST(one_that_is_ahead_does_not_hear_of_less_than_it_knows),
        FILTERED_TEST(one_that_catches_up_hears_how_far_it_is),
        FILTERED_TEST(without_a_cursor_only_ids_need_it),
        FILTERED_TEST(one_that_does_not_read_hears_of_it_later),
        FILTERED_TEST(one_that_is_too_far_behind_is_closed_and_the_others_go_on),
        FILTERED_TEST(what_waited_is_sent_in_order_when_it_reads_again),
        FILTERED_TEST(closing_says_goodbye_to_them_too),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
