/* test_admin.c - what the admin listener says of an instance whose state the test makes up. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "server/net/listener.h"
#include "server/net/loop.h"
#include "server/process/admin.h"
#include <arpa/inet.h>
#include <event2/event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define PATIENCE_MS 20000

static struct event_base *base;
static struct admin admin;
static struct opener opener;
static struct metrics metrics[2];
static struct sockaddr_in address;
static char answer[4000]; /* status line, header and content of the last one */

/* ---- the instance ----------------------------------------------------------------------------------------------- */

static meower_health parts[2];
static meower_rebuild rebuild = MEOWER_REBUILD_INIT;
static int rebuild_start_status;
static unsigned rebuilds;
static char feed; /* nobody looks into it */

int meower_health_at(meower_feed *instance, size_t index, meower_health *out, meower_error *error)
{
    (void)error;
    assert_ptr_equal(instance, &feed);
    if (index >= 2) {
        return 0;
    }
    *out = parts[index];
    return 1;
}

int meower_rebuild_state(struct meower_feed *instance, meower_rebuild *out, meower_error *error)
{
    (void)error;
    assert_ptr_equal(instance, &feed);
    *out = rebuild;
    return MEOWER_OK;
}

int meower_rebuild_start(struct meower_feed *instance, meower_error *error)
{
    assert_ptr_equal(instance, &feed);
    rebuilds++;
    if (rebuild_start_status != MEOWER_OK) {
        *error = (meower_error){.code = rebuild_start_status, .message = "no \"rebuild\" now"};
    }
    return rebuild_start_status;
}

static int begin(void **state)
{
    (void)state;
    socklen_t len = sizeof(address);
    char actual[LISTENER_ADDRESS_SIZE], message[300];
    int listener = listener_open("127.0.0.1:0", actual, message, sizeof(message));
    assert_int_equal(getsockname(listener, (struct sockaddr *)&address, &len), 0);
    parts[0] = (meower_health){.part = "store", .ready = 1};
    parts[1] = (meower_health){.part = "search", .ready = 1};
    rebuild = (meower_rebuild){.state = MEOWER_REBUILD_NONE};
    rebuild_start_status = MEOWER_OK;
    rebuilds = 0;
    opener = (struct opener){.status = MEOWER_ERROR_UNAVAILABLE, .error = {.message = "the engine is away"}};
    pthread_mutex_init(&opener.mutex, NULL);
    for (size_t i = 0; i < 2; i++) {
        atomic_store(&metrics[i].alive_at_ms, loop_now_ms());
    }
    admin = (struct admin){.metrics = metrics,
                           .loop_count = 2,
                           .opener = &opener,
                           .feed = (meower_feed *)(void *)&feed,
                           .is_serving = true};
    base = event_base_new();
    assert_true(admin_open(&admin, base, listener));
    return 0;
}

static int end(void **state)
{
    (void)state;
    admin_close(&admin);
    event_base_free(base);
    pthread_mutex_destroy(&opener.mutex);
    return 0;
}

/* ---- a client --------------------------------------------------------------------------------------------------- */

static int ask_with(const char *method, const char *path, const char *fields)
{
    char request[500];
    size_t used = 0;
    int64_t until_ms = loop_now_ms() + PATIENCE_MS;
    int client = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(connect(client, (struct sockaddr *)&address, sizeof(address)), 0);
    int len = snprintf(request, sizeof(request), "%s %s HTTP/1.1\r\nHost: x\r\nConnection: close\r\n%s\r\n", method,
                       path, fields);
    assert_int_equal(write(client, request, (size_t)len), len);
    for (ssize_t got = -1; got != 0 && loop_now_ms() < until_ms;) {
        event_base_loop(base, EVLOOP_NONBLOCK);
        got = recvfrom(client, answer + used, sizeof(answer) - 1 - used, MSG_DONTWAIT, NULL, NULL);
        used += got > 0 ? (size_t)got : 0;
    }
    close(client);
    answer[used] = '\0';
    assert_memory_equal(answer, "HTTP/1.1 ", 9);
    return atoi(answer + 9);
}

static int ask(const char *method, const char *path)
{
    return ask_with(method, path, "");
}

static bool has(const char *text)
{
    return strstr(answer, text) != NULL;
}

static const char *content(void)
{
    const char *head_end = strstr(answer, "\r\n\r\n");
    assert_non_null(head_end);
    return head_end + 4;
}

/* ---- readiness -------------------------------------------------------------------------------------------------- */

static void all_parts_that_are_ready_are_named(void **state)
{
    (void)state;
    assert_int_equal(ask("GET", "/readyz"), 200);
    assert_string_equal(content(), "{\"ready\":true,\"parts\":[{\"part\":\"store\",\"ready\":true,\"reason\":\"\"},"
                                   "{\"part\":\"search\",\"ready\":true,\"reason\":\"\"},"
                                   "{\"part\":\"listener\",\"ready\":true,\"reason\":\"\"}]}\n");
    assert_true(has("Cache-Control: no-store"));
    assert_true(has("Content-Type: application/json"));
}

static void one_part_that_is_not_ready_is_enough(void **state)
{
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        parts[i].ready = 0;
        snprintf(parts[i].reason, sizeof(parts[i].reason), "a \"quote\"");
        assert_int_equal(ask("GET", "/readyz"), 503);
        assert_true(has("{\"ready\":false,"));
        assert_true(has("\"ready\":false,\"reason\":\"a \\\"quote\\\"\"}"));
        parts[i] = (meower_health){.part = parts[i].part, .ready = 1};
    }
    assert_int_equal(ask("GET", "/readyz"), 200);
}

static void a_feed_that_is_not_open_says_what_it_waits_for(void **state)
{
    (void)state;
    admin.feed = NULL;
    admin.is_serving = false;
    assert_int_equal(ask("GET", "/readyz"), 503);
    assert_true(has("{\"part\":\"feed\",\"ready\":false,\"reason\":\"the engine is away\"}"));
    assert_true(has("{\"part\":\"listener\",\"ready\":false,\"reason\":\"it starts when the feed is open\"}"));
    assert_int_equal(ask("GET", "/healthz"), 200);
}

/* ---- health ----------------------------------------------------------------------------------------------------- */

static void a_thread_without_a_sign_for_five_seconds_is_stuck(void **state)
{
    (void)state;
    assert_int_equal(ask("GET", "/healthz"), 200);
    assert_string_equal(content(), "{\"alive\":true,\"reason\":\"\"}\n");
    for (size_t i = 0; i < 2; i++) {
        atomic_store(&metrics[i].alive_at_ms, loop_now_ms() - 6000);
        assert_int_equal(ask("GET", "/healthz"), 503);
        assert_string_equal(content(), "{\"alive\":false,\"reason\":\"a service thread is stuck\"}\n");
        assert_int_equal(ask("GET", "/readyz"), 503);
        assert_true(has("{\"part\":\"listener\",\"ready\":false,\"reason\":\"a service thread is stuck\"}"));
        atomic_store(&metrics[i].alive_at_ms, loop_now_ms());
    }
    atomic_store(&metrics[0].alive_at_ms, 0);
    admin.is_serving = false; /* there are no threads yet */
    assert_int_equal(ask("GET", "/healthz"), 200);
}

/* ---- rebuilding ------------------------------------------------------------------------------------------------- */

static void a_rebuild_says_how_far_it_is(void **state)
{
    (void)state;
    assert_int_equal(ask("GET", "/rebuild"), 200);
    assert_string_equal(content(), "{\"state\":\"none\",\"position\":0,\"head\":0,\"reason\":\"\"}\n");
    rebuild = (meower_rebuild){.state = MEOWER_REBUILD_FAILED, .position = 7, .head = 9, .reason = "a \"quote\""};
    assert_int_equal(ask("GET", "/rebuild"), 200);
    assert_string_equal(content(), "{\"state\":\"failed\",\"position\":7,\"head\":9,\"reason\":\"a \\\"quote\\\"\"}\n");
    assert_int_equal(rebuilds, 0);
}

static void a_rebuild_begins_by_post_but_not_from_a_web_page(void **state)
{
    (void)state;
    rebuild.state = MEOWER_REBUILD_RUNNING;
    assert_int_equal(ask_with("POST", "/rebuild", "Content-Length: 0\r\n"), 202);
    assert_true(has("\"state\":\"running\""));
    assert_int_equal(rebuilds, 1);
    assert_int_equal(ask_with("POST", "/rebuild", "Content-Length: 0\r\nOrigin: http://x\r\n"), 403);
    assert_int_equal(rebuilds, 1);
}

static void a_rebuild_that_cannot_be_is_explained(void **state)
{
    (void)state;
    rebuild_start_status = MEOWER_ERROR_UNSUPPORTED;
    assert_int_equal(ask_with("POST", "/rebuild", "Content-Length: 0\r\n"), 501);
    assert_string_equal(content(), "{\"error\":\"Not Implemented\",\"detail\":\"no \\\"rebuild\\\" now\"}\n");
    rebuild_start_status = MEOWER_ERROR_BUSY;
    assert_int_equal(ask_with("POST", "/rebuild", "Content-Length: 0\r\n"), 409);
    assert_string_equal(content(), "{\"error\":\"Conflict\",\"detail\":\"no \\\"rebuild\\\" now\"}\n");
    admin.feed = NULL;
    assert_int_equal(ask("GET", "/rebuild"), 503);
    assert_true(has("the feed is not open yet"));
    assert_int_equal(ask_with("POST", "/rebuild", "Content-Length: 0\r\n"), 503);
}

/* ---- methods and paths ------------------------------------------------------------------------------------------ */

static void other_methods_are_told_which_ones_there_are(void **state)
{
    (void)state;
    assert_int_equal(ask("DELETE", "/healthz"), 405);
    assert_true(has("Allow: GET, HEAD\r\n"));
    assert_int_equal(ask("DELETE", "/readyz"), 405);
    assert_int_equal(ask("DELETE", "/metrics"), 405);
    assert_int_equal(ask("DELETE", "/rebuild"), 405);
    assert_true(has("Allow: GET, POST\r\n"));
}

static void other_paths_are_told_which_ones_there_are(void **state)
{
    (void)state;
    assert_int_equal(ask("GET", "/"), 404);
    assert_true(has("/metrics, /healthz, /readyz and /rebuild"));
}

#define ADMIN_TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        ADMIN_TEST(all_parts_that_are_ready_are_named),
        ADMIN_TEST(one_part_that_is_not_ready_is_enough),
        ADMIN_TEST(a_feed_that_is_not_open_says_what_it_waits_for),
        ADMIN_TEST(a_thread_without_a_sign_for_five_seconds_is_stuck),
        ADMIN_TEST(a_rebuild_says_how_far_it_is),
        ADMIN_TEST(a_rebuild_begins_by_post_but_not_from_a_web_page),
        ADMIN_TEST(a_rebuild_that_cannot_be_is_explained),
        ADMIN_TEST(other_methods_are_told_which_ones_there_are),
        ADMIN_TEST(other_paths_are_told_which_ones_there_are),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
