/* test_live.c - how a live client is let in: by WebSocket and by Server-Sent Events, from a cursor or from now on. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "server/doubles.h"
#include "server/live/fanout.h"
#include "server/routes/live.h"
#include "server/routes/role.h"
#include <dlfcn.h>
#include <stdio.h>
#include <string.h>

static struct room room;
static struct peer peer;
static struct exchange *exchange;
static struct fanout fanout;
static meower_feed *feed;

static int begin_status = MEOWER_OK; /* that a subscription begins with; MEOWER_OK: the library is asked */

int meower_subscription_begin(struct meower_feed *instance, const meower_follow *follow, meower_subscription **out,
                              meower_error *error)
{
    int (*real)(struct meower_feed *, const meower_follow *, meower_subscription **, meower_error *);
    if (begin_status != MEOWER_OK) {
        *error = (meower_error){.code = begin_status, .message = "it is closing"};
        return begin_status;
    }
    *(void **)&real = dlsym(RTLD_NEXT, "meower_subscription_begin");
    return real(instance, follow, out, error);
}

static int begin(void **state)
{
    (void)state;
    room_begin(&room);
    feed = open_stepped_feed();
    assert_true(fanout_open(&fanout, &room.loop, feed, &room.metrics.live));
    router_init(&room.router, ROLE_PUSHER, &room.metrics.http);
    router_add(&room.router, live_rows, &fanout);
    exchange = room_connect(&room, &peer);
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

static void ask(const char *method, const char *target, const char *fields)
{
    char text[1000];
    peer_forget(&peer);
    snprintf(text, sizeof(text), "%s %s HTTP/1.1\r\nHost: x\r\n%s\r\n", method, target, fields);
    peer_send(&peer, text, strlen(text));
}

/* The field's value, or "" when the answer has none. Static storage. */
static const char *field(const char *name)
{
    static char value[200];
    return peer_field(&peer, name, value, sizeof(value)) ? value : "";
}

#define UPGRADE "Upgrade: websocket\r\nConnection: Upgrade\r\n"
#define KEY     "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n" /* of RFC 6455, 1.3 */
#define VERSION "Sec-WebSocket-Version: 13\r\n"

/* ---- WebSocket -------------------------------------------------------------------------------------------------- */

static void a_websocket_is_answered_with_the_proof_of_its_key(void **state)
{
    (void)state;
    ask("GET", "/pusher", UPGRADE KEY VERSION);
    assert_int_equal(peer_status(&peer), 101);
    assert_string_equal(field("Upgrade"), "websocket");
    assert_string_equal(field("Connection"), "Upgrade");
    assert_string_equal(field("Sec-WebSocket-Accept"), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
    assert_int_equal(exchange->phase, EXCHANGE_STREAMING);
    assert_int_equal(room.metrics.live.websocket_clients, 1);
}

static int logged_status;

static void keep_status(const void *log, const char *target, int status, int64_t ms)
{
    (void)log;
    (void)ms;
    assert_string_equal(target, "GET /pusher");
    logged_status = status;
}

static void the_access_log_has_the_status_of_a_websocket(void **state)
{
    (void)state;
    room.http.settings.reports.answered = keep_status;
    ask("GET", "/pusher", UPGRADE KEY VERSION);
    assert_int_equal(logged_status, 101);
}

static void assert_upgrade_is_required(const char *method, const char *fields)
{
    ask(method, "/pusher", fields);
    assert_int_equal(peer_status(&peer), 426);
    assert_string_equal(field("Upgrade"), "websocket");
    assert_string_equal(field("Sec-WebSocket-Version"), "13");
    assert_int_equal(exchange->phase, EXCHANGE_READING);
}

static void without_an_upgrade_to_version_13_there_is_no_websocket(void **state)
{
    (void)state;
    assert_upgrade_is_required("GET", "");
    assert_upgrade_is_required("GET", "Upgrade: websocket\r\n" KEY VERSION);
    assert_upgrade_is_required("GET", "Upgrade: h2c\r\nConnection: Upgrade\r\n" KEY VERSION);
    assert_upgrade_is_required("GET", UPGRADE KEY);
    assert_upgrade_is_required("GET", UPGRADE KEY "Sec-WebSocket-Version: 8\r\n");
    assert_upgrade_is_required("HEAD", UPGRADE KEY VERSION);
}

static void a_key_that_is_none_is_400(void **state)
{
    (void)state;
    ask("GET", "/pusher", UPGRADE VERSION);
    assert_int_equal(peer_status(&peer), 400);
    ask("GET", "/pusher", UPGRADE VERSION "Sec-WebSocket-Key: short\r\n");
    assert_int_equal(peer_status(&peer), 400);
    assert_int_equal(room.metrics.live.websocket_clients, 0);
}

/* ---- Server-Sent Events ----------------------------------------------------------------------------------------- */

static void a_stream_of_events_begins_with_the_time_after_which_to_come_again(void **state)
{
    (void)state;
    ask("GET", "/events", "");
    assert_int_equal(peer_status(&peer), 200);
    assert_string_equal(field("Content-Type"), "text/event-stream");
    assert_string_equal(field("Cache-Control"), "no-store");
    assert_string_equal(field("X-Accel-Buffering"), "no");
    assert_string_equal(field("Connection"), "close");
    assert_string_equal(peer_content(&peer), "retry: 2000\n\n");
    assert_int_equal(room.metrics.live.sse_clients, 1);
}

static void head_has_the_fields_and_does_not_stream(void **state)
{
    (void)state;
    ask("HEAD", "/events", "");
    assert_int_equal(peer_status(&peer), 200);
    assert_string_equal(field("Content-Type"), "text/event-stream");
    assert_string_equal(peer_content(&peer), "");
    assert_int_equal(exchange->phase, EXCHANGE_READING);
    assert_int_equal(room.metrics.live.sse_clients, 0);
}

static void a_stream_of_events_is_no_websocket(void **state)
{
    (void)state;
    ask("GET", "/events", UPGRADE KEY VERSION);
    assert_int_equal(peer_status(&peer), 400);
}

/* ---- where it begins -------------------------------------------------------------------------------------------- */

static char cursors[2][MEOWER_CURSOR_SIZE]; /* after the first and after the second of three meows */

static void post_three(void)
{
    meower_command *command;
    meower_command_result result = MEOWER_COMMAND_RESULT_INIT;
    assert_int_equal(meower_command_open(feed, &command, NULL), MEOWER_OK);
    for (size_t i = 0; i < 3; i++) {
        static const char *const bodies[] = {"cat", "dog", "cow"};
        assert_int_equal(meower_command_post(command, bodies[i], 3, NULL, 1000, &result, NULL), MEOWER_OK);
        if (i < 2) {
            memcpy(cursors[i], result.cursor, sizeof(cursors[i]));
        }
    }
    meower_command_close(command);
}

static bool has(const char *text)
{
    return strstr(peer.received, text) != NULL;
}

static void a_client_begins_after_its_cursor(void **state)
{
    (void)state;
    char target[200];
    post_three();
    snprintf(target, sizeof(target), "/events?cursor=%s", cursors[0]);
    ask("GET", target, "");
    assert_false(has("\"cat\""));
    assert_true(has("\"dog\""));
    assert_true(has("\"cow\""));
    assert_true(has("event: sync\n"));
}

static void a_client_without_a_cursor_begins_now(void **state)
{
    (void)state;
    post_three();
    ask("GET", "/events", "");
    assert_false(has("\"cow\""));
    assert_false(has("event: sync\n"));
}

static void the_id_that_a_browser_sends_again_goes_before_the_address(void **state)
{
    (void)state;
    char target[200], fields[200];
    post_three();
    snprintf(target, sizeof(target), "/events?cursor=%s", cursors[0]);
    snprintf(fields, sizeof(fields), "Last-Event-ID: %s\r\n", cursors[1]);
    ask("GET", target, fields);
    assert_false(has("\"dog\""));
    assert_true(has("\"cow\""));
}

static void what_is_no_cursor_is_400(void **state)
{
    (void)state;
    char text[300];
    post_three();
    ask("GET", "/events?cursor=nonsense", "");
    assert_int_equal(peer_status(&peer), 400);
    assert_non_null(strstr(peer_content(&peer), "\"Invalid cursor parameter\""));
    snprintf(text, sizeof(text), "/events?cursor=%s%%00", cursors[0]);
    ask("GET", text, "");
    assert_int_equal(peer_status(&peer), 400);
    for (int len = 127; len <= 129; len++) {
        snprintf(text, sizeof(text), "Last-Event-ID: %0*d\r\n", len, 1);
        ask("GET", "/events", text);
        assert_int_equal(peer_status(&peer), 400);
    }
    assert_int_equal(room.metrics.live.sse_clients, 0);
}

static void a_feed_that_takes_no_subscription_is_503(void **state)
{
    (void)state;
    begin_status = MEOWER_ERROR_CLOSED;
    ask("GET", "/events", "");
    begin_status = MEOWER_OK;
    assert_int_equal(peer_status(&peer), 503);
    assert_non_null(strstr(peer_content(&peer), "it is closing"));
    assert_int_equal(exchange->phase, EXCHANGE_READING);
}

#define LIVE_TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        LIVE_TEST(a_websocket_is_answered_with_the_proof_of_its_key),
        LIVE_TEST(the_access_log_has_the_status_of_a_websocket),
        LIVE_TEST(without_an_upgrade_to_version_13_there_is_no_websocket),
        LIVE_TEST(a_key_that_is_none_is_400),
        LIVE_TEST(a_stream_of_events_begins_with_the_time_after_which_to_come_again),
        LIVE_TEST(head_has_the_fields_and_does_not_stream),
        LIVE_TEST(a_stream_of_events_is_no_websocket),
        LIVE_TEST(a_client_begins_after_its_cursor),
        LIVE_TEST(a_client_without_a_cursor_begins_now),
        LIVE_TEST(the_id_that_a_browser_sends_again_goes_before_the_address),
        LIVE_TEST(what_is_no_cursor_is_400),
        LIVE_TEST(a_feed_that_takes_no_subscription_is_503),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
