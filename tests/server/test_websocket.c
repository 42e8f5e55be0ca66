/* test_websocket.c - WebSocket frames: what is read, what is refused, what is written (RFC 6455). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "server/live/websocket.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FINAL    0x80
#define MASKED   0x80
#define MASK     "\x11\x22\x33\x44"
#define HEAD_MAX 14

static struct websocket_reader reader;

/* Writes a masked frame of `len` times 'x', or of `payload`. Returns its length. */
static size_t write_frame(char *out, int first, const char *payload, size_t len)
{
    size_t used = 0;
    out[used++] = (char)first;
    if (len < 126) {
        out[used++] = (char)(MASKED | len);
    } else if (len < 65536) {
        out[used++] = (char)(MASKED | 126);
        out[used++] = (char)(len >> 8);
        out[used++] = (char)len;
    } else {
        out[used++] = (char)(MASKED | 127);
        for (int shift = 56; shift >= 0; shift -= 8) {
            out[used++] = (char)(len >> shift);
        }
    }
    memcpy(out + used, MASK, 4);
    used += 4;
    for (size_t i = 0; i < len; i++) {
        out[used++] = (char)((payload == NULL ? 'x' : payload[i]) ^ MASK[i % 4]);
    }
    return used;
}

/* Reads a frame that a reader without a past gets as a whole. */
static enum websocket_event read_first(const char *bytes, size_t len)
{
    enum websocket_event event;
    reader = (struct websocket_reader){.header_len = 0};
    websocket_read(&reader, bytes, len, &event);
    return event;
}

static enum websocket_event read_next(int first, const char *payload, size_t len)
{
    static char bytes[70000 + HEAD_MAX];
    enum websocket_event event;
    size_t frame_len = write_frame(bytes, first, payload, len);
    size_t used = websocket_read(&reader, bytes, frame_len, &event);
    if (event != WEBSOCKET_MALFORMED && event != WEBSOCKET_OVER_THE_LIMIT) {
        assert_int_equal(used, frame_len);
    }
    return event;
}

static enum websocket_event read_alone(int first, const char *payload, size_t len)
{
    reader = (struct websocket_reader){.header_len = 0};
    return read_next(first, payload, len);
}

/* ---- reading ---------------------------------------------------------------------------------------------------- */

static void each_opcode_is_an_event_of_its_own(void **state)
{
    (void)state;
    assert_int_equal(read_alone(FINAL | WEBSOCKET_TEXT, "hi", 2), WEBSOCKET_GOT_MESSAGE);
    assert_int_equal(read_alone(FINAL | WEBSOCKET_BINARY, "hi", 2), WEBSOCKET_GOT_MESSAGE);
    assert_int_equal(read_alone(FINAL | WEBSOCKET_PING, "hi", 2), WEBSOCKET_GOT_PING);
    assert_int_equal(read_alone(FINAL | WEBSOCKET_PONG, "hi", 2), WEBSOCKET_GOT_PONG);
    assert_int_equal(read_alone(FINAL | WEBSOCKET_CLOSE, "hi", 2), WEBSOCKET_GOT_CLOSE);
    assert_int_equal(read_alone(FINAL | WEBSOCKET_PING, "", 0), WEBSOCKET_GOT_PING);
}

static void a_control_frame_keeps_its_payload_unmasked(void **state)
{
    (void)state;
    char payload[WEBSOCKET_CONTROL_MAX];
    for (size_t i = 0; i < sizeof(payload); i++) {
        payload[i] = (char)i;
    }
    for (size_t len = 0; len <= sizeof(payload); len++) {
        assert_int_equal(read_alone(FINAL | WEBSOCKET_PING, payload, len), WEBSOCKET_GOT_PING);
        assert_int_equal(reader.control_len, len);
        assert_memory_equal(reader.control, payload, len);
    }
}

static void a_frame_may_come_in_any_pieces(void **state)
{
    (void)state;
    char bytes[64];
    enum websocket_event event;
    size_t len = write_frame(bytes, FINAL | WEBSOCKET_PING, "one two three", 13);
    for (size_t first = 1; first < len; first++) {
        for (size_t second = first; second < len; second++) {
            reader = (struct websocket_reader){.header_len = 0};
            assert_int_equal(websocket_read(&reader, bytes, first, &event), first);
            assert_int_equal(event, WEBSOCKET_NOTHING);
            assert_int_equal(websocket_read(&reader, bytes + first, second - first, &event), second - first);
            assert_int_equal(event, WEBSOCKET_NOTHING);
            assert_int_equal(websocket_read(&reader, bytes + second, len - second, &event), len - second);
            assert_int_equal(event, WEBSOCKET_GOT_PING);
            assert_int_equal(reader.control_len, 13);
            assert_memory_equal(reader.control, "one two three", 13);
        }
    }
}

static void one_byte_that_is_missing_leaves_the_frame_open(void **state)
{
    (void)state;
    static const size_t lens[] = {0, 1, 125, 126, 4096};
    char bytes[4096 + HEAD_MAX];
    enum websocket_event event;
    for (size_t i = 0; i < sizeof(lens) / sizeof(lens[0]); i++) {
        size_t len = write_frame(bytes, FINAL | WEBSOCKET_TEXT, NULL, lens[i]);
        reader = (struct websocket_reader){.header_len = 0};
        assert_int_equal(websocket_read(&reader, bytes, len - 1, &event), len - 1);
        assert_int_equal(event, WEBSOCKET_NOTHING);
        assert_int_equal(websocket_read(&reader, bytes + len - 1, 1, &event), 1);
        assert_int_equal(event, WEBSOCKET_GOT_MESSAGE);
    }
}

static void reading_stops_after_each_frame(void **state)
{
    (void)state;
    char bytes[64];
    enum websocket_event event;
    size_t one = write_frame(bytes, FINAL | WEBSOCKET_PING, "one", 3);
    size_t two = write_frame(bytes + one, FINAL | WEBSOCKET_PONG, "22", 2);
    reader = (struct websocket_reader){.header_len = 0};
    assert_int_equal(websocket_read(&reader, bytes, one + two, &event), one);
    assert_int_equal(event, WEBSOCKET_GOT_PING);
    assert_int_equal(websocket_read(&reader, bytes + one, two, &event), two);
    assert_int_equal(event, WEBSOCKET_GOT_PONG);
    assert_int_equal(reader.control_len, 2);
    assert_memory_equal(reader.control, "22", 2);
    assert_int_equal(websocket_read(&reader, bytes, 0, &event), 0);
    assert_int_equal(event, WEBSOCKET_NOTHING);
}

static void a_message_may_be_in_pieces_with_control_frames_between(void **state)
{
    (void)state;
    assert_int_equal(read_alone(WEBSOCKET_TEXT, "a", 1), WEBSOCKET_GOT_MESSAGE);
    assert_int_equal(read_next(FINAL | WEBSOCKET_PING, "b", 1), WEBSOCKET_GOT_PING);
    assert_int_equal(read_next(WEBSOCKET_CONTINUATION, "c", 1), WEBSOCKET_GOT_MESSAGE);
    assert_int_equal(read_next(FINAL | WEBSOCKET_CONTINUATION, "d", 1), WEBSOCKET_GOT_MESSAGE);
    assert_int_equal(read_next(FINAL | WEBSOCKET_TEXT, "e", 1), WEBSOCKET_GOT_MESSAGE);
}

static void a_continuation_belongs_into_a_message(void **state)
{
    (void)state;
    assert_int_equal(read_alone(FINAL | WEBSOCKET_CONTINUATION, "a", 1), WEBSOCKET_MALFORMED);
    assert_int_equal(read_alone(WEBSOCKET_TEXT, "a", 1), WEBSOCKET_GOT_MESSAGE);
    assert_int_equal(read_next(FINAL | WEBSOCKET_TEXT, "b", 1), WEBSOCKET_MALFORMED);
    assert_int_equal(read_alone(WEBSOCKET_BINARY, "a", 1), WEBSOCKET_GOT_MESSAGE);
    assert_int_equal(read_next(FINAL | WEBSOCKET_CONTINUATION, "b", 1), WEBSOCKET_GOT_MESSAGE);
    assert_int_equal(read_next(FINAL | WEBSOCKET_CONTINUATION, "c", 1), WEBSOCKET_MALFORMED);
}

static void every_other_first_byte_is_malformed(void **state)
{
    (void)state;
    for (int first = 0; first < 256; first++) {
        char bytes[HEAD_MAX];
        size_t len = write_frame(bytes, first, "", 0);
        int opcode = first & 0x0f;
        bool is_data = opcode == WEBSOCKET_TEXT || opcode == WEBSOCKET_BINARY;
        bool is_control = opcode >= WEBSOCKET_CLOSE && opcode <= WEBSOCKET_PONG && (first & FINAL) != 0;
        bool is_right = (first & 0x70) == 0 && (is_data || is_control);
        assert_true((read_first(bytes, len) != WEBSOCKET_MALFORMED) == is_right);
    }
}

static void a_frame_without_a_mask_is_malformed_at_its_second_byte(void **state)
{
    (void)state;
    enum websocket_event event;
    reader = (struct websocket_reader){.header_len = 0};
    assert_int_equal(websocket_read(&reader, "\x81\x01x", 3, &event), 2);
    assert_int_equal(event, WEBSOCKET_MALFORMED);
}

static void a_control_frame_of_more_than_125_bytes_is_malformed(void **state)
{
    (void)state;
    assert_int_equal(read_alone(FINAL | WEBSOCKET_PING, NULL, 125), WEBSOCKET_GOT_PING);
    assert_int_equal(read_alone(FINAL | WEBSOCKET_PING, NULL, 126), WEBSOCKET_MALFORMED);
    assert_int_equal(read_alone(FINAL | WEBSOCKET_CLOSE, NULL, 65536), WEBSOCKET_MALFORMED);
}

static void a_length_is_written_in_as_few_bytes_as_it_needs(void **state)
{
    (void)state;
    assert_int_equal(read_first("\x82\xfe\x00\x7d" MASK, 8), WEBSOCKET_MALFORMED);
    assert_int_equal(read_first("\x82\xfe\x00\x7e" MASK, 8), WEBSOCKET_NOTHING);
    assert_int_equal(read_first("\x82\xff\0\0\0\0\0\0\x0f\xff" MASK, 14), WEBSOCKET_MALFORMED);
    assert_int_equal(read_first("\x82\xff\0\0\0\0\0\0\xff\xff" MASK, 14), WEBSOCKET_MALFORMED);
    assert_int_equal(read_first("\x82\xff\0\0\0\0\0\1\0\0" MASK, 14), WEBSOCKET_OVER_THE_LIMIT);
    assert_int_equal(read_first("\x82\xff\x80\0\0\0\0\0\0\0" MASK, 14), WEBSOCKET_MALFORMED);
    assert_int_equal(read_first("\x82\xff\x7f\xff\xff\xff\xff\xff\xff\xff" MASK, 14), WEBSOCKET_OVER_THE_LIMIT);
}

static void a_message_of_exactly_the_limit_is_read(void **state)
{
    (void)state;
    assert_int_equal(read_alone(FINAL | WEBSOCKET_TEXT, NULL, WEBSOCKET_MESSAGE_MAX), WEBSOCKET_GOT_MESSAGE);
    assert_int_equal(read_next(FINAL | WEBSOCKET_TEXT, NULL, WEBSOCKET_MESSAGE_MAX), WEBSOCKET_GOT_MESSAGE);
    assert_int_equal(read_alone(FINAL | WEBSOCKET_TEXT, NULL, WEBSOCKET_MESSAGE_MAX + 1), WEBSOCKET_OVER_THE_LIMIT);
}

static void the_frames_of_a_message_count_together(void **state)
{
    (void)state;
    assert_int_equal(read_alone(WEBSOCKET_TEXT, NULL, WEBSOCKET_MESSAGE_MAX - 1), WEBSOCKET_GOT_MESSAGE);
    assert_int_equal(read_next(WEBSOCKET_CONTINUATION, NULL, 1), WEBSOCKET_GOT_MESSAGE);
    assert_int_equal(read_next(FINAL | WEBSOCKET_PING, NULL, 100), WEBSOCKET_GOT_PING);
    assert_int_equal(read_next(WEBSOCKET_CONTINUATION, NULL, 0), WEBSOCKET_GOT_MESSAGE);
    assert_int_equal(read_next(FINAL | WEBSOCKET_CONTINUATION, NULL, 1), WEBSOCKET_OVER_THE_LIMIT);
}

/* ---- close codes ------------------------------------------------------------------------------------------------ */

static int code_of(int code, const char *reason, size_t reason_len)
{
    char payload[WEBSOCKET_CONTROL_MAX] = {(char)(code >> 8), (char)code};
    memcpy(payload + 2, reason, reason_len);
    assert_int_equal(read_alone(FINAL | WEBSOCKET_CLOSE, payload, 2 + reason_len), WEBSOCKET_GOT_CLOSE);
    return websocket_close_code(&reader);
}

static void a_close_frame_is_answered_with_its_own_code(void **state)
{
    (void)state;
    for (int code = 0; code < 65536; code++) {
        bool is_right = (code >= 1000 && code <= 1014 && code != 1004 && code != 1005 && code != 1006) ||
                        (code >= 3000 && code <= 4999);
        assert_int_equal(code_of(code, "", 0), is_right ? code : WEBSOCKET_PROTOCOL_ERROR);
    }
}

static void a_close_frame_is_empty_or_has_a_whole_code(void **state)
{
    (void)state;
    assert_int_equal(read_alone(FINAL | WEBSOCKET_CLOSE, "", 0), WEBSOCKET_GOT_CLOSE);
    assert_int_equal(websocket_close_code(&reader), WEBSOCKET_NO_CODE);
    assert_int_equal(read_alone(FINAL | WEBSOCKET_CLOSE, "\x03", 1), WEBSOCKET_GOT_CLOSE);
    assert_int_equal(websocket_close_code(&reader), WEBSOCKET_PROTOCOL_ERROR);
}

static void the_reason_of_a_close_frame_is_utf8(void **state)
{
    (void)state;
    assert_int_equal(code_of(1000, "bye \xf0\x9f\x90\xb1", 8), 1000);
    assert_int_equal(code_of(1000, "bye \xf0\x9f\x90", 7), WEBSOCKET_NOT_UTF8);
    assert_int_equal(code_of(1000, "\xff", 1), WEBSOCKET_NOT_UTF8);
}

/* ---- writing ---------------------------------------------------------------------------------------------------- */

static void a_header_is_as_short_as_its_length_allows(void **state)
{
    (void)state;
    static const struct {
        size_t payload_len, len;
        const char *header;
    } headers[] = {
        {0, 2, "\x81\x00"},
        {125, 2, "\x81\x7d"},
        {126, 4, "\x81\x7e\x00\x7e"},
        {0x1234, 4, "\x81\x7e\x12\x34"},
        {65535, 4, "\x81\x7e\xff\xff"},
        {65536, 10, "\x81\x7f\x00\x00\x00\x00\x00\x01\x00\x00"},
        {0x12345678, 10, "\x81\x7f\x00\x00\x00\x00\x12\x34\x56\x78"},
    };
    for (size_t i = 0; i < sizeof(headers) / sizeof(headers[0]); i++) {
        char out[WEBSOCKET_HEADER_MAX + 1];
        memset(out, '#', sizeof(out));
        assert_int_equal(websocket_write_header(WEBSOCKET_TEXT, headers[i].payload_len, out), headers[i].len);
        assert_memory_equal(out, headers[i].header, headers[i].len);
        assert_int_equal(out[headers[i].len], '#');
    }
}

static void a_header_names_its_opcode(void **state)
{
    (void)state;
    static const enum websocket_opcode opcodes[] = {WEBSOCKET_TEXT, WEBSOCKET_CLOSE, WEBSOCKET_PING, WEBSOCKET_PONG};
    for (size_t i = 0; i < sizeof(opcodes) / sizeof(opcodes[0]); i++) {
        char out[WEBSOCKET_HEADER_MAX];
        websocket_write_header(opcodes[i], 3, out);
        assert_int_equal((unsigned char)out[0], 0x80 | opcodes[i]);
    }
}

static void a_key_is_accepted_as_in_rfc_6455(void **state)
{
    (void)state;
    char accept[WEBSOCKET_ACCEPT_SIZE];
    assert_true(websocket_accept("dGhlIHNhbXBsZSBub25jZQ==", 24, accept));
    assert_string_equal(accept, "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
}

static void a_key_is_the_base64_of_16_bytes(void **state)
{
    (void)state;
    static const char *const wrong[] = {"",
                                        "dGhlIHNhbXBsZSBub25jZQ=",
                                        "dGhlIHNhbXBsZSBub25jZQ===",
                                        "dGhlIHNhbXBsZSBub25jZQ=x",
                                        "dGhlIHNhbXBsZSBub25jZQx=",
                                        "dGhlIHNhbXBsZSBub25jZ-==",
                                        "-GhlIHNhbXBsZSBub25jZQ==",
                                        "dGhlIHNhbXBs=SBub25jZQ=="};
    char accept[WEBSOCKET_ACCEPT_SIZE], key[24] = "dGhlIHNhbXBsZSBub25jZQ==";
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        assert_false(websocket_accept(wrong[i], strlen(wrong[i]), accept));
    }
    for (size_t i = 0; i < 22; i++) {
        char kept = key[i];
        key[i] = '\0';
        assert_false(websocket_accept(key, sizeof(key), accept));
        key[i] = kept;
    }
    assert_true(websocket_accept("+/09AZaz+/09AZaz+/09AZ==", 24, accept));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_opcode_is_an_event_of_its_own),
        cmocka_unit_test(a_control_frame_keeps_its_payload_unmasked),
        cmocka_unit_test(a_frame_may_come_in_any_pieces),
        cmocka_unit_test(one_byte_that_is_missing_leaves_the_frame_open),
        cmocka_unit_test(reading_stops_after_each_frame),
        cmocka_unit_test(a_message_may_be_in_pieces_with_control_frames_between),
        cmocka_unit_test(a_continuation_belongs_into_a_message),
        cmocka_unit_test(every_other_first_byte_is_malformed),
        cmocka_unit_test(a_frame_without_a_mask_is_malformed_at_its_second_byte),
        cmocka_unit_test(a_control_frame_of_more_than_125_bytes_is_malformed),
        cmocka_unit_test(a_length_is_written_in_as_few_bytes_as_it_needs),
        cmocka_unit_test(a_message_of_exactly_the_limit_is_read),
        cmocka_unit_test(the_frames_of_a_message_count_together),
        cmocka_unit_test(a_close_frame_is_answered_with_its_own_code),
        cmocka_unit_test(a_close_frame_is_empty_or_has_a_whole_code),
        cmocka_unit_test(the_reason_of_a_close_frame_is_utf8),
        cmocka_unit_test(a_header_is_as_short_as_its_length_allows),
        cmocka_unit_test(a_header_names_its_opcode),
        cmocka_unit_test(a_key_is_accepted_as_in_rfc_6455),
        cmocka_unit_test(a_key_is_the_base64_of_16_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
