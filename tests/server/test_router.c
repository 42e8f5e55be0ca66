/* test_router.c - what a path and a method lead to where the library is not asked: which service has which path, what
 * Allow names, and the text that a route hands on. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "server/doubles.h"
#include "server/http/request.h"
#include "server/http/router.h"
#include "server/routes/role.h"
#include "server/routes/routes.h"
#include <stdio.h>
#include <string.h>

#define ALL (ROLE_COMMAND | ROLE_QUERY | ROLE_PUSHER | ROLE_FILES)

static struct room room;
static struct peer peer;
static struct exchange *exchange;
static struct routes routes;
static struct commands_settings settings;
static struct request request;

static int begin(void **state)
{
    (void)state;
    room_begin(&room);
    settings.tokens = "";
    routes = (struct routes){.commands = {.loop = &room.loop, .settings = &settings}};
    room.router.roles = ALL;
    routes_add(&routes, &room.router);
    exchange = room_connect(&room, &peer);
    return 0;
}

static int end(void **state)
{
    (void)state;
    list_remove(&routes.commands.submit.node);
    room_end(&room);
    posts_free(&routes.commands.posts);
    peer_free(&peer);
    return 0;
}

/* Has a request answered or handed on; the rest of the stack is not clean. */
static void ask(const char *method, const char *target, const char *fields)
{
    struct request_refusal refusal;
    static char text[2000];
    snprintf(text, sizeof(text), "%s %s HTTP/1.1\r\nHost: x\r\n%s\r\n", method, target, fields);
    assert_int_equal(request_parse(text, strlen(text), &request, &refusal), REQUEST_COMPLETE);
    peer_forget(&peer);
    volatile char rubbish[64 * 1024];
    for (size_t i = 0; i < sizeof(rubbish); i++) {
        rubbish[i] = 'x';
    }
    exchange_begin(exchange, &request);
    router_dispatch(&room.router, exchange, &request);
}

static void assert_answer(unsigned roles, const char *method, const char *target, int status, const char *allow)
{
    char value[100] = "";
    room.router.roles = roles;
    ask(method, target, "");
    assert_int_equal(peer_status(&peer), status);
    assert_true(peer_field(&peer, "Allow", value, sizeof(value)) == (allow != NULL));
    assert_string_equal(value, allow == NULL ? "" : allow);
    snprintf(value, sizeof(value), "\"status\":%d,", status);
    assert_true(status < 400 || strstr(peer_content(&peer), value) != NULL);
}

#define ID "0ujtsYcgvSTl8PAuAdqWYSMnLOv"

static void a_wrong_method_is_405_and_names_the_right_ones(void **state)
{
    (void)state;
    assert_answer(ALL, "PUT", "/meows", 405, "GET, HEAD, POST, OPTIONS");
    assert_answer(ALL, "DELETE", "/meows", 405, "GET, HEAD, POST, OPTIONS");
    assert_answer(ALL, "POST", "/meows/" ID, 405, "GET, HEAD, DELETE, OPTIONS");
    assert_answer(ALL, "POST", "/search", 405, "GET, HEAD, OPTIONS");
    assert_answer(ALL, "DELETE", "/pusher", 405, "GET, HEAD, OPTIONS");
    assert_answer(ALL, "POST", "/events", 405, "GET, HEAD, OPTIONS");
    assert_answer(ALL, "POST", "/openapi.json", 405, "GET, HEAD, OPTIONS");
}

static void options_names_the_methods_of_a_path(void **state)
{
    (void)state;
    assert_answer(ALL, "OPTIONS", "/meows", 204, "GET, HEAD, POST, OPTIONS");
    assert_answer(ALL, "OPTIONS", "/meows/" ID, 204, "GET, HEAD, DELETE, OPTIONS");
    assert_answer(ALL, "OPTIONS", "/search", 204, "GET, HEAD, OPTIONS");
    assert_answer(ALL, "OPTIONS", "*", 204, "GET, HEAD, POST, DELETE, OPTIONS");
}

static void a_path_that_nobody_has_is_404(void **state)
{
    (void)state;
    static const char *const paths[] = {"/nowhere", "/meow",     "/meows/",  "/meows/x/y", "/searching", "/Meows",
                                        "//meows",  "/events/1", "/pusher2", "/meows;x=1", "/meows%00",  "/meows/%2F"};
    for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
        assert_answer(ALL, "GET", paths[i], 404, NULL);
        assert_answer(ALL, "OPTIONS", paths[i], 404, NULL);
    }
}

static void a_path_may_be_encoded(void **state)
{
    (void)state;
    assert_answer(ALL, "OPTIONS", "/%6deows", 204, "GET, HEAD, POST, OPTIONS");
}

static void a_path_is_at_most_255_bytes(void **state)
{
    (void)state;
    char path[300] = "/meows/";
    memset(path + 7, 'x', 248);
    assert_answer(ALL, "OPTIONS", path, 204, "GET, HEAD, DELETE, OPTIONS");
    strcat(path, "x");
    assert_answer(ALL, "OPTIONS", path, 404, NULL);
}

/* Behind a proxy each service has some of the methods, and any of them may be asked what a path has. */
static void a_service_answers_for_its_own_methods_alone(void **state)
{
    (void)state;
    assert_answer(ROLE_QUERY, "POST", "/meows", 404, NULL);
    assert_answer(ROLE_COMMAND, "GET", "/meows", 404, NULL);
    assert_answer(ROLE_COMMAND, "OPTIONS", "/meows", 204, "GET, HEAD, POST, OPTIONS");
    assert_answer(ROLE_QUERY, "OPTIONS", "/meows", 204, "GET, HEAD, POST, OPTIONS");
    assert_answer(ROLE_QUERY, "PUT", "/meows/" ID, 405, "GET, HEAD, DELETE, OPTIONS");
    assert_answer(ROLE_PUSHER, "OPTIONS", "/meows", 404, NULL);
    assert_answer(ROLE_COMMAND, "OPTIONS", "/search", 404, NULL);
    assert_answer(ROLE_QUERY, "OPTIONS", "/pusher", 404, NULL);
    assert_answer(ROLE_QUERY, "OPTIONS", "/events", 404, NULL);
    assert_answer(ROLE_QUERY, "OPTIONS", "/openapi.json", 404, NULL);
    assert_answer(ROLE_PUSHER, "OPTIONS", "/events", 204, "GET, HEAD, OPTIONS");
    assert_answer(ROLE_FILES, "OPTIONS", "/openapi.json", 204, "GET, HEAD, OPTIONS");
}

/* ---- posts and deletes ------------------------------------------------------------------------------------------ */

static void a_post_is_gathered_with_its_key(void **state)
{
    (void)state;
    ask("POST", "/meows?body=cat0", "Idempotency-Key: a-longer-key-of-a-post\r\n");
    assert_int_equal(peer.len, 0);
    assert_int_equal(exchange->phase, EXCHANGE_ANSWERING);
    ask("POST", "/meows?body=dog", "Idempotency-Key: short\r\n");
    ask("POST", "/meows?body=cow", "");
    const meower_post *posts = posts_ready(&routes.commands.posts);
    assert_int_equal(routes.commands.posts.count, 3);
    assert_string_equal(posts[0].body, "cat0");
    assert_string_equal(posts[0].idempotency_key, "a-longer-key-of-a-post");
    assert_string_equal(posts[1].idempotency_key, "short");
    assert_string_equal(posts[2].body, "cow");
    assert_null(posts[2].idempotency_key);
    assert_ptr_equal(posts[1].tag, exchange);
}

static void a_key_is_1_to_255_visible_characters(void **state)
{
    (void)state;
    char fields[400];
    snprintf(fields, sizeof(fields), "Idempotency-Key: %0255d\r\n", 0);
    ask("POST", "/meows?body=cat", fields);
    assert_int_equal(routes.commands.posts.count, 1);
    assert_int_equal(strlen(posts_ready(&routes.commands.posts)[0].idempotency_key), 255);
    snprintf(fields, sizeof(fields), "Idempotency-Key: %0256d\r\n", 0);
    ask("POST", "/meows?body=cat", fields);
    assert_int_equal(peer_status(&peer), 400);
    static const char *const wrong[] = {"Idempotency-Key:\r\n", "Idempotency-Key: a b\r\n", "Idempotency-Key: a\tb\r\n",
                                        "Idempotency-Key: \xc3\xa4\r\n"};
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        ask("POST", "/meows?body=cat", wrong[i]);
        assert_int_equal(peer_status(&peer), 400);
    }
    ask("POST", "/meows?body=cat", "Idempotency-Key: !~\r\n");
    assert_int_equal(routes.commands.posts.count, 2);
}

static int delete_with(const char *tokens, const char *fields)
{
    settings.tokens = tokens;
    ask("DELETE", "/meows/no-id", fields);
    return peer_status(&peer);
}

static void a_delete_needs_one_of_the_tokens(void **state)
{
    (void)state;
    assert_int_equal(delete_with("", "Authorization: Bearer x\r\n"), 403);
    assert_int_equal(delete_with("cat", ""), 401);
    assert_int_equal(delete_with("cat", "Authorization: Bearer cat\r\n"), 404);
    assert_int_equal(delete_with("dog, cat", "Authorization: bearer  cat\r\n"), 404);
    assert_int_equal(delete_with("dog, cat", "Authorization: Bearer dog\r\n"), 404);
    static const char *const wrong[] = {"Bearer",      "Bearer ",         "Bearer ca",  "Bearer catcat",
                                        "Bearer cats", "Bearer c",        "Basic cat",  "Bearercat",
                                        "cat",         "Bearer CAT",      "Bearer ,",   "Bearer cab",
                                        "Bearer tac",  "Bearer dog, cat", "Bearer bat", "Bearer cot"};
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        char field[100];
        snprintf(field, sizeof(field), "Authorization: %s\r\n", wrong[i]);
        assert_int_equal(delete_with("dog,,cat", field), 401);
    }
    assert_int_equal(delete_with("x", "Authorization: Bearer y\r\n"), 401);
    assert_int_equal(delete_with("x", "Authorization: Bearer x\r\n"), 404);
    assert_int_equal(delete_with("x", "Authorization: Bearer y\r\n"), 401);
    char value[100];
    assert_true(peer_field(&peer, "WWW-Authenticate", value, sizeof(value)));
    assert_string_equal(value, "Bearer");
}

static void a_condition_is_that_of_its_own_request(void **state)
{
    (void)state;
    ask("POST", "/meows?body=cat", "If-None-Match: \"a-long-entity-tag\"\r\n");
    assert_string_equal(exchange->condition, "\"a-long-entity-tag\"");
    ask("POST", "/meows?body=cat", "If-None-Match: \"b\"\r\n");
    assert_string_equal(exchange->condition, "\"b\"");
    ask("POST", "/meows?body=cat", "");
    assert_string_equal(exchange->condition, "");
}

static void a_condition_is_made_of_all_its_lines(void **state)
{
    (void)state;
    ask("POST", "/meows?body=cat", "If-None-Match: \"a\", \"b\"\r\nIf-None-Match: \"c\"\r\n");
    assert_string_equal(exchange->condition, "\"a\", \"b\",\"c\"");
    ask("POST", "/meows?body=cat", "If-None-Match: *\r\nIf-None-Match: \"c\"\r\n");
    assert_string_equal(exchange->condition, "*,\"c\"");
}

/* 199 bytes are kept, one more is not; what follows it is. */
static void a_line_that_is_too_long_is_left_out(void **state)
{
    (void)state;
    char line[300];
    snprintf(line, sizeof(line), "If-None-Match: %0199d\r\n", 1);
    ask("POST", "/meows?body=cat", line);
    assert_int_equal(strlen(exchange->condition), 199);
    snprintf(line, sizeof(line), "If-None-Match: %0200d\r\nIf-None-Match: \"c\"\r\n", 1);
    ask("POST", "/meows?body=cat", line);
    assert_string_equal(exchange->condition, "\"c\"");
    snprintf(line, sizeof(line), "If-None-Match: %0197d\r\nIf-None-Match: a\r\n", 1);
    ask("POST", "/meows?body=cat", line);
    assert_int_equal(strlen(exchange->condition), 199);
    snprintf(line, sizeof(line), "If-None-Match: %0197d\r\nIf-None-Match: ab\r\n", 1);
    ask("POST", "/meows?body=cat", line);
    assert_int_equal(strlen(exchange->condition), 197);
}

#define ROUTER_TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        ROUTER_TEST(a_wrong_method_is_405_and_names_the_right_ones),
        ROUTER_TEST(options_names_the_methods_of_a_path),
        ROUTER_TEST(a_path_that_nobody_has_is_404),
        ROUTER_TEST(a_path_may_be_encoded),
        ROUTER_TEST(a_path_is_at_most_255_bytes),
        ROUTER_TEST(a_service_answers_for_its_own_methods_alone),
        ROUTER_TEST(a_post_is_gathered_with_its_key),
        ROUTER_TEST(a_key_is_1_to_255_visible_characters),
        ROUTER_TEST(a_delete_needs_one_of_the_tokens),
        ROUTER_TEST(a_condition_is_that_of_its_own_request),
        ROUTER_TEST(a_condition_is_made_of_all_its_lines),
        ROUTER_TEST(a_line_that_is_too_long_is_left_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
