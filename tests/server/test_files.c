/* test_files.c - which form of a file of the page a client gets, and what is said of it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "server/doubles.h"
#include "server/routes/files.h"
#include "server/routes/role.h"
#include <stdio.h>
#include <string.h>

/* In place of the table that the build makes. */
#define BYTES(text) (const unsigned char *)(text), sizeof(text) - 1

const struct web_file web_files[] = {
    {"/", "text/html; charset=utf-8", false, {{"", "\"html\"", BYTES("<html>")}}},
    {"/app.js",
     "text/javascript; charset=utf-8",
     true,
     {{"br", "\"b\"", BYTES("brotli")}, {"gzip", "\"g\"", BYTES("zipped")}, {"", "\"p\"", BYTES("plain")}}},
    {.path = NULL},
};

static struct room room;
static struct peer peer;

static int begin(void **state)
{
    (void)state;
    room_begin(&room);
    router_init(&room.router, ROLE_FILES, &room.metrics.http);
    router_add(&room.router, file_rows, NULL);
    room_connect(&room, &peer);
    return 0;
}

static int end(void **state)
{
    (void)state;
    room_end(&room);
    peer_free(&peer);
    return 0;
}

static void ask(const char *method, const char *path, const char *fields)
{
    char text[500];
    peer_forget(&peer);
    snprintf(text, sizeof(text), "%s %s HTTP/1.1\r\nHost: x\r\n%s\r\n", method, path, fields);
    peer_send(&peer, text, strlen(text));
}

/* The field's value, or "" when the answer has none. Static storage. */
static const char *field(const char *name)
{
    static char value[600];
    return peer_field(&peer, name, value, sizeof(value)) ? value : "";
}

static void assert_form(const char *accepted, const char *encoding, const char *content)
{
    char fields[200];
    snprintf(fields, sizeof(fields), "Accept-Encoding: %s\r\n", accepted);
    ask("GET", "/app.js", fields);
    assert_int_equal(peer_status(&peer), 200);
    assert_string_equal(field("Content-Encoding"), encoding);
    assert_string_equal(field("Vary"), "Accept-Encoding");
    assert_string_equal(peer_content(&peer), content);
}

static void the_best_form_that_a_client_knows_is_sent(void **state)
{
    (void)state;
    assert_form("gzip, deflate, br", "br", "brotli");
    assert_form("GZIP", "gzip", "zipped");
    assert_form("deflate", "", "plain");
    assert_form("*", "", "plain");
    assert_form("", "", "plain");
}

static void a_form_that_a_client_refuses_is_not_sent(void **state)
{
    (void)state;
    assert_form("gzip;q=0", "", "plain");
    assert_form("gzip; q=0.000", "", "plain");
    assert_form("br;Q=0, gzip", "gzip", "zipped");
    assert_form("gzip;q=0.001", "gzip", "zipped");
    assert_form("gzip;q=1", "gzip", "zipped");
    assert_form("gzip;q=1.0", "gzip", "zipped");
    assert_form("gzip;q=", "gzip", "zipped");
    assert_form("gzip;x=0", "gzip", "zipped");
}

static void a_form_that_the_client_has_is_304(void **state)
{
    (void)state;
    ask("GET", "/app.js", "Accept-Encoding: gzip\r\nIf-None-Match: \"g\"\r\n");
    assert_int_equal(peer_status(&peer), 304);
    assert_string_equal(field("ETag"), "\"g\"");
    assert_string_equal(peer_content(&peer), "");
    ask("GET", "/app.js", "If-None-Match: \"g\"\r\n");
    assert_int_equal(peer_status(&peer), 200);
    assert_string_equal(field("ETag"), "\"p\"");
}

static void head_is_get_without_the_content(void **state)
{
    (void)state;
    ask("HEAD", "/app.js", "");
    assert_int_equal(peer_status(&peer), 200);
    assert_string_equal(field("Content-Length"), "5");
    assert_string_equal(peer_content(&peer), "");
}

static void only_files_whose_names_change_are_kept_without_asking(void **state)
{
    (void)state;
    ask("GET", "/app.js", "");
    assert_string_equal(field("Cache-Control"), "public, max-age=31536000, immutable");
    ask("GET", "/", "");
    assert_string_equal(field("Cache-Control"), "no-cache");
    assert_string_equal(field("Vary"), "");
}

static void pages_say_what_they_may_do(void **state)
{
    (void)state;
    ask("GET", "/", "");
    assert_non_null(strstr(field("Content-Security-Policy"), "default-src 'none'"));
    assert_string_equal(field("Referrer-Policy"), "same-origin");
    assert_string_equal(field("Cross-Origin-Opener-Policy"), "same-origin");
    ask("GET", "/app.js", "");
    assert_string_equal(field("Content-Security-Policy"), "");
}

static void what_is_no_file_is_404(void **state)
{
    (void)state;
    ask("GET", "/app.jsx", "");
    assert_int_equal(peer_status(&peer), 404);
}

#define FILES_TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        FILES_TEST(the_best_form_that_a_client_knows_is_sent),
        FILES_TEST(a_form_that_a_client_refuses_is_not_sent),
        FILES_TEST(a_form_that_the_client_has_is_304),
        FILES_TEST(head_is_get_without_the_content),
        FILES_TEST(only_files_whose_names_change_are_kept_without_asking),
        FILES_TEST(pages_say_what_they_may_do),
        FILES_TEST(what_is_no_file_is_404),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
