/* test_event.c - events as JSON, and payloads that may hold anything. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/event.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ID    "0ujtsYcgvSTl8PAuAdqWYSMnLOv"
#define EPOCH "0123456789abcdef"

static const meower_row created = {41, MEOWER_EVENT_CREATED, ID, "a \"b\"", 5, INT64_C(1795477798620261), NULL, 0};
static const meower_row deleted = {42, MEOWER_EVENT_DELETED, ID, NULL, 0, INT64_C(1795477798620261), NULL, 0};

static size_t write_payload(const meower_row *row, const char *epoch, char *out, size_t out_size)
{
    struct meow *meow = meow_new(row);
    assert_non_null(meow);
    assert_true(event_payload_size(meow) <= out_size);
    size_t len = event_write_payload(meow, epoch, out);
    assert_true(len <= event_payload_size(meow));
    meow_release(meow);
    return len;
}

static void assert_frame(const meower_row *row, const char *expected)
{
    struct meow *meow = meow_new(row);
    assert_non_null(meow);
    char *out = malloc(event_frame_size(meow)); /* a sanitizer sees a write after its end */
    assert_non_null(out);
    size_t len = event_write_frame(meow, EPOCH, out);
    assert_int_equal(len, strlen(expected));
    assert_memory_equal(out, expected, len);
    free(out);
    meow_release(meow);
}

/* ---- writing ---------------------------------------------------------------------------------------------------- */

static void a_frame_is_the_meow_with_kind_and_cursor(void **state)
{
    (void)state;
    assert_frame(&created, "{\"kind\":1,\"id\":\"" ID "\",\"body\":\"a \\\"b\\\"\","
                           "\"created_at\":\"2026-11-23T23:49:58.620261Z\",\"cursor\":\"" EPOCH "-41\"}");
}

static void labels_stand_before_the_cursor_and_in_the_payload(void **state)
{
    (void)state;
    const meower_label label = MEOWER_LABEL("room", "garden");
    meower_row row = created;
    row.labels = &label;
    row.label_count = 1;
    assert_frame(&row, "{\"kind\":1,\"id\":\"" ID "\",\"body\":\"a \\\"b\\\"\","
                       "\"created_at\":\"2026-11-23T23:49:58.620261Z\",\"labels\":{\"room\":\"garden\"},"
                       "\"cursor\":\"" EPOCH "-41\"}");
    char out[400];
    char epoch[MEOWER_EPOCH_SIZE];
    uint64_t position = 0;
    size_t len = write_payload(&row, EPOCH, out, sizeof(out));
    out[len] = '\0';
    assert_non_null(strstr(out, ",\"labels\":{\"room\":\"garden\"},\"cursor\":"));
    assert_true(event_parse_payload(out, len, epoch, &position));
    assert_int_equal(position, 41);
}

static void the_frame_of_a_deletion_has_only_kind_id_and_cursor(void **state)
{
    (void)state;
    assert_frame(&deleted, "{\"kind\":2,\"id\":\"" ID "\",\"cursor\":\"" EPOCH "-42\"}");
}

static void a_payload_has_position_and_epoch_behind_the_cursor(void **state)
{
    (void)state;
    char out[400];
    const char *expected =
        "{\"kind\":2,\"id\":\"" ID "\",\"cursor\":\"" EPOCH "-42\",\"position\":\"42\",\"epoch\":\"" EPOCH "\"}";
    size_t len = write_payload(&deleted, EPOCH, out, sizeof(out));
    assert_int_equal(len, strlen(expected));
    assert_memory_equal(out, expected, len);
}

static void the_largest_event_fits_the_announced_size(void **state)
{
    (void)state;
    char body[560];
    memset(body, '\x01', sizeof(body)); /* \u0001: six bytes each */
    const meower_row row = {UINT64_MAX, INT32_MIN, ID, body, sizeof(body), INT64_MAX, NULL, 0};
    struct meow *meow = meow_new(&row);
    assert_non_null(meow);
    size_t size = event_payload_size(meow);
    char *out = malloc(size);
    assert_non_null(out);
    assert_true(event_write_payload(meow, EPOCH, out) <= size);
    free(out);
    size = event_frame_size(meow);
    out = malloc(size);
    assert_non_null(out);
    assert_true(event_write_frame(meow, EPOCH, out) <= size);
    free(out);
    meow_release(meow);
}

/* ---- reading ---------------------------------------------------------------------------------------------------- */

/* Parses from a block of exactly `len` bytes, so that a sanitizer sees a read after its end. */
static bool parse(const char *payload, size_t len, char epoch[MEOWER_EPOCH_SIZE], uint64_t *position)
{
    char *exact = malloc(len + (len == 0));
    assert_non_null(exact);
    memcpy(exact, payload, len);
    bool is_ours = event_parse_payload(exact, len, epoch, position);
    free(exact);
    return is_ours;
}

static void assert_ours(const char *payload, size_t len, uint64_t expected_position)
{
    char epoch[MEOWER_EPOCH_SIZE] = "";
    uint64_t position = 77;
    assert_true(parse(payload, len, epoch, &position));
    assert_string_equal(epoch, EPOCH);
    assert_int_equal(position, expected_position);
}

static void assert_not_ours(const char *payload, size_t len)
{
    char epoch[MEOWER_EPOCH_SIZE] = "untouched";
    uint64_t position = 77;
    assert_false(parse(payload, len, epoch, &position));
    assert_string_equal(epoch, "untouched");
    assert_int_equal(position, 77);
}

static void what_was_written_is_read(void **state)
{
    (void)state;
    char out[400];
    size_t len = write_payload(&created, EPOCH, out, sizeof(out));
    assert_ours(out, len, 41);
    len = write_payload(&deleted, EPOCH, out, sizeof(out));
    assert_ours(out, len, 42);
    const meower_row last = {UINT64_MAX, MEOWER_EVENT_DELETED, ID, NULL, 0, 0, NULL, 0};
    len = write_payload(&last, EPOCH, out, sizeof(out));
    assert_ours(out, len, UINT64_MAX);
}

static void members_may_come_in_any_order_with_others_and_space(void **state)
{
    (void)state;
    static const char *const payloads[] = {
        "{\"epoch\":\"" EPOCH "\",\"position\":\"7\"}",
        "{\"position\":\"7\",\"epoch\":\"" EPOCH "\"}",
        " \t\r\n{ \"position\" : \"7\" , \"epoch\" :\n\"" EPOCH "\" } \n",
        "{\"a\":[1,-2.5e+3,0.1E-2,0,10,9876543210],\"position\":\"7\",\"b\":{\"c\":[{},[],[[]]]},\"epoch\":\"" EPOCH
        "\"}",
        "{\"t\":true,\"f\":false,\"n\":null,\"position\":\"7\",\"epoch\":\"" EPOCH "\"}",
        "{\"body\":\"\\\"epoch\\\":\\\"x\\\\\",\"position\":\"7\",\"epoch\":\"" EPOCH "\",\"u\":\"\\u20ac é\"}",
        "{\"b\":{\"position\":\"9\",\"epoch\":\"x\"},\"position\":\"7\",\"epoch\":\"" EPOCH "\"}",
        "{\"\":\"\",\"positions\":\"9\",\"position\":\"7\",\"epoch\":\"" EPOCH "\"}",
    };
    for (size_t i = 0; i < sizeof(payloads) / sizeof(payloads[0]); i++) {
        assert_ours(payloads[i], strlen(payloads[i]), 7);
    }
}

static void other_payloads_are_none_of_ours(void **state)
{
    (void)state;
    static const char *const payloads[] = {
        "",
        " ",
        "null",
        "7",
        "hello",
        "{",
        "{}",
        "[]",
        "\"position\"",
        "{\"epoch\":\"" EPOCH "\"}",
        "{\"position\":\"7\"}",
        "{\"kind\":1,\"id\":\"" ID "\",\"body\":\"x\",\"created_at\":\"2018-01-01T00:00:00Z\"}",
        "[{\"position\":\"7\",\"epoch\":\"" EPOCH "\"}]",
        "{\"x\":{\"position\":\"7\",\"epoch\":\"" EPOCH "\"}}",
        "{\"position\":7,\"epoch\":\"" EPOCH "\"}",
        "{\"position\":null,\"epoch\":\"" EPOCH "\"}",
        "{\"position\":\"\",\"epoch\":\"" EPOCH "\"}",
        "{\"position\":\"-7\",\"epoch\":\"" EPOCH "\"}",
        "{\"position\":\"07\",\"epoch\":\"" EPOCH "\"}",
        "{\"position\":\"7 \",\"epoch\":\"" EPOCH "\"}",
        "{\"position\":\"7.0\",\"epoch\":\"" EPOCH "\"}",
        "{\"position\":\"\\u0037\",\"epoch\":\"" EPOCH "\"}",
        "{\"position\":\"18446744073709551616\",\"epoch\":\"" EPOCH "\"}",
        "{\"position\":\"777777777777777777777\",\"epoch\":\"" EPOCH "\"}",
        "{\"position\":\"7777777777777777777777\",\"epoch\":\"" EPOCH "\"}",
        "{\"position\":\"77777777777777777777777\",\"epoch\":\"" EPOCH "\"}",
        "{\"position\":\"777777777777777777777777\",\"epoch\":\"" EPOCH "\"}",
        "{\"position\":\"7777777777777777777777777777777777777777777777\",\"epoch\":\"" EPOCH "\"}",
        "{\"position\":\"7\",\"epoch\":\"0123456789abcde\"}",
        "{\"position\":\"7\",\"epoch\":\"0123456789abcdef0\"}",
        "{\"position\":\"7\",\"epoch\":\"0123456789abcdeg\"}",
        "{\"position\":\"7\",\"epoch\":[\"" EPOCH "\"]}",
        "{\"position\":\"7\",\"position\":\"7\",\"epoch\":\"" EPOCH "\"}",
        "{\"position\":\"7\",\"epoch\":\"" EPOCH "\",\"epoch\":\"" EPOCH "\"}",
    };
    for (size_t i = 0; i < sizeof(payloads) / sizeof(payloads[0]); i++) {
        assert_not_ours(payloads[i], strlen(payloads[i]));
    }
}

static void what_is_no_json_is_refused_although_it_has_both_members(void **state)
{
    (void)state;
    static const char *const rests[] = {
        "",
        "}x",
        "}}",
        "},",
        ",}",
        ",x}",
        ",\"x\"}",
        ",\"x\":}",
        ",1:2}",
        ",x:1}",
        "]",
        " \"x\"}",
        ",\"x\":1 2}",
        ",\"x\":[1,]}",
        ",\"x\":[1}}",
        ",\"x\":{\"y\"}}",
        ",\"x\":{1:2}}",
        ",\"x\":tru}",
        ",\"x\":nul}",
        ",\"x\":True}",
        ",\"x\":01}",
        ",\"x\":1.}",
        ",\"x\":.5}",
        ",\"x\":-}",
        ",\"x\":1e}",
        ",\"x\":+1}",
        ",\"x\":\"}",
        ",\"x\":\"\n\"}",
        ",\"x\":\"\\\"}",
        ",\"x\":'y'}",
        ",\"x\":1/**/}",
        ",\"x\":[}",
        ",\"x\":{]}",
        ",\"x\":\"\n}",
        ",\"x\":{1}}",
        ",\"x\":{\"y\" 1}}",
        ",\"x\":t}",
    };
    for (size_t i = 0; i < sizeof(rests) / sizeof(rests[0]); i++) {
        char payload[200];
        snprintf(payload, sizeof(payload), "{\"position\":\"7\",\"epoch\":\"" EPOCH "\"%s", rests[i]);
        assert_not_ours(payload, strlen(payload));
    }
}

static void a_payload_that_is_cut_off_is_refused(void **state)
{
    (void)state;
    char payload[400];
    size_t len = write_payload(&created, EPOCH, payload, sizeof(payload));
    for (size_t cut = 0; cut < len; cut++) {
        assert_not_ours(payload, cut);
    }
}

static void a_nul_byte_is_no_end(void **state)
{
    (void)state;
    const char payload[] = "{\"position\":\"7\",\"epoch\":\"" EPOCH "\"}\0";
    assert_ours(payload, sizeof(payload) - 2, 7);
    assert_not_ours(payload, sizeof(payload) - 1);
}

/* The stack that a reader may use is bounded, whatever the payload. */
static void what_is_nested_too_deeply_is_refused(void **state)
{
    (void)state;
    static const char *const openings[] = {"[", "{\"x\":", "[{\"x\":["};
    for (size_t i = 0; i < sizeof(openings) / sizeof(openings[0]); i++) {
        size_t len = strlen(openings[i]);
        size_t count = 1000000;
        const char *start = "{\"x\":";
        char *payload = malloc(strlen(start) + len * count);
        assert_non_null(payload);
        memcpy(payload, start, strlen(start));
        for (size_t at = 0; at < count; at++) {
            memcpy(payload + strlen(start) + at * len, openings[i], len);
        }
        assert_not_ours(payload, strlen(start) + len * count);
        free(payload);
    }
}

static void nesting_is_read_up_to_its_bound(void **state)
{
    (void)state;
    for (int depth = 1; depth <= 40; depth++) {
        char arrays[100] = "";
        char payload[200];
        for (int i = 0; i < depth; i++) {
            arrays[i] = '[';
            arrays[depth + i] = ']';
        }
        snprintf(payload, sizeof(payload), "{\"x\":%s,\"position\":\"7\",\"epoch\":\"" EPOCH "\"}", arrays);
        if (depth <= 32) {
            assert_ours(payload, strlen(payload), 7);
        } else {
            assert_not_ours(payload, strlen(payload));
        }
    }
}

static uint32_t next_random(uint32_t *seed)
{
    *seed = *seed * 1664525U + 1013904223U; /* Knuth, TAOCP 2, 3.3.4 */
    return *seed >> 8;
}

static void damaged_payloads_never_harm_the_reader(void **state)
{
    (void)state;
    static const char alphabet[] = "\"\\{}[]:,0123456789eE+-.tfn \t\xFF\x01";
    char original[400];
    size_t len = write_payload(&created, EPOCH, original, sizeof(original));
    uint32_t seed = 2026;
    for (int i = 0; i < 100000; i++) {
        char damaged[400];
        memcpy(damaged, original, len);
        for (uint32_t times = next_random(&seed) % 4 + 1; times > 0; times--) {
            damaged[next_random(&seed) % len] = alphabet[next_random(&seed) % (sizeof(alphabet) - 1)];
        }
        char epoch[MEOWER_EPOCH_SIZE];
        uint64_t position;
        if (parse(damaged, next_random(&seed) % 4 == 0 ? next_random(&seed) % len : len, epoch, &position)) {
            assert_int_equal(strlen(epoch), MEOWER_EPOCH_SIZE - 1);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_frame_is_the_meow_with_kind_and_cursor),
        cmocka_unit_test(labels_stand_before_the_cursor_and_in_the_payload),
        cmocka_unit_test(the_frame_of_a_deletion_has_only_kind_id_and_cursor),
        cmocka_unit_test(a_payload_has_position_and_epoch_behind_the_cursor),
        cmocka_unit_test(the_largest_event_fits_the_announced_size),
        cmocka_unit_test(what_was_written_is_read),
        cmocka_unit_test(members_may_come_in_any_order_with_others_and_space),
        cmocka_unit_test(other_payloads_are_none_of_ours),
        cmocka_unit_test(what_is_no_json_is_refused_although_it_has_both_members),
        cmocka_unit_test(a_payload_that_is_cut_off_is_refused),
        cmocka_unit_test(a_nul_byte_is_no_end),
        cmocka_unit_test(what_is_nested_too_deeply_is_refused),
        cmocka_unit_test(nesting_is_read_up_to_its_bound),
        cmocka_unit_test(damaged_payloads_never_harm_the_reader),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
