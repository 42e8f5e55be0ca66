/* test_log.c - a line for each event: key=value or JSON, and nobody's text begins a line or a field of its own. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "server/process/log.h"
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define LINE_MAX_LEN 2000 /* bytes of a line before it is cut */

static char line[3 * LINE_MAX_LEN];
static int stderr_before, ends[2];

/* What is written to stderr from here on can be read by end_catching(). */
static void begin_catching(void)
{
    assert_int_equal(pipe(ends), 0);
    stderr_before = dup(STDERR_FILENO);
    assert_int_equal(dup2(ends[1], STDERR_FILENO), STDERR_FILENO);
}

/* Gives the line without its time. */
static const char *end_catching(const struct log *log)
{
    assert_int_equal(dup2(stderr_before, STDERR_FILENO), STDERR_FILENO);
    close(stderr_before);
    close(ends[1]);
    ssize_t len = read(ends[0], line, sizeof(line) - 1);
    close(ends[0]);
    assert_true(len > 0);
    line[len] = '\0';
    int year, month, day, hour, minute, second, millisecond, used = 0;
    sscanf(line,
           log->is_json ? "{\"time\":\"%4d-%2d-%2dT%2d:%2d:%2d.%3dZ\",%n" : "time=%4d-%2d-%2dT%2d:%2d:%2d.%3dZ %n",
           &year, &month, &day, &hour, &minute, &second, &millisecond, &used);
    assert_int_not_equal(used, 0);
    return line + used;
}

static const struct log text_log = {false}, json_log = {true};

static struct timespec wall; /* what the clock says; all zero: the time that it is */

int clock_gettime(clockid_t clock, struct timespec *now)
{
    if (clock == CLOCK_REALTIME && wall.tv_sec != 0) {
        *now = wall;
        return 0;
    }
    return (int)syscall(SYS_clock_gettime, clock, now);
}

static void a_line_begins_with_its_time_in_milliseconds(void **state)
{
    (void)state;
    begin_catching();
    wall = (struct timespec){.tv_sec = 1000000000, .tv_nsec = 1999999};
    LOG_INFO(&text_log, "x", LOG_NUMBER("n", 0));
    wall.tv_sec = 0;
    end_catching(&text_log);
    assert_memory_equal(line, "time=2001-09-09T01:46:40.001Z ", 30);
    begin_catching();
    wall = (struct timespec){.tv_sec = 1000000000, .tv_nsec = 999999999};
    LOG_INFO(&json_log, "x", LOG_NUMBER("n", 0));
    wall.tv_sec = 0;
    end_catching(&json_log);
    assert_memory_equal(line, "{\"time\":\"2001-09-09T01:46:40.999Z\",", 35);
}

static void a_line_names_its_level_its_event_and_its_fields(void **state)
{
    (void)state;
    begin_catching();
    LOG_INFO(&text_log, "listening", LOG_TEXT("address", "127.0.0.1:80"), LOG_NUMBER("count", -7));
    assert_string_equal(end_catching(&text_log), "level=info event=listening address=127.0.0.1:80 count=-7\n");
    begin_catching();
    LOG_ERROR(&json_log, "listening", LOG_TEXT("address", "127.0.0.1:80"), LOG_NUMBER("count", -7));
    assert_string_equal(end_catching(&json_log), "\"level\":\"error\",\"event\":\"listening\","
                                                 "\"address\":\"127.0.0.1:80\",\"count\":-7}\n");
}

static void a_text_is_quoted_when_it_could_be_taken_for_more(void **state)
{
    (void)state;
    static const struct {
        const char *text, *written;
    } texts[] = {
        {"plain!~", "plain!~"},         {"", "\"\""},
        {"two words", "\"two words\""}, {"a=b", "\"a=b\""},
        {"a\"b", "\"a\\\"b\""},         {"a\\b", "\"a\\\\b\""},
        {"a\nb", "\"a\\u000ab\""},      {"\x1f", "\"\\u001f\""},
        {"\x7f", "\"\\u007f\""},        {"\xc3\xa4", "\xc3\xa4"},
    };
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        char expected[100];
        begin_catching();
        LOG_WARNING(&text_log, "x", LOG_TEXT("key", texts[i].text));
        snprintf(expected, sizeof(expected), "level=warning event=x key=%s\n", texts[i].written);
        assert_string_equal(end_catching(&text_log), expected);
    }
}

static void json_is_always_quoted(void **state)
{
    (void)state;
    begin_catching();
    LOG_INFO(&json_log, "a \"b\"", LOG_TEXT("key", "plain"), LOG_TEXT("other", "a\x01\\"));
    assert_string_equal(end_catching(&json_log),
                        "\"level\":\"info\",\"event\":\"a \\\"b\\\"\",\"key\":\"plain\",\"other\":\"a\\u0001\\\\\"}\n");
}

static void a_long_line_is_cut_and_still_ends(void **state)
{
    (void)state;
    char text[2 * LINE_MAX_LEN];
    memset(text, 'x', sizeof(text) - 1);
    text[sizeof(text) - 1] = '\0';
    begin_catching();
    LOG_INFO(&text_log, "long", LOG_TEXT("key", text));
    const char *rest = end_catching(&text_log);
    assert_int_equal(rest + strlen(rest) - line, LINE_MAX_LEN + 1);
    assert_string_equal(line + LINE_MAX_LEN - 1, "x\n");
    begin_catching();
    LOG_INFO(&json_log, "long", LOG_TEXT("key", text));
    rest = end_catching(&json_log);
    assert_int_equal(rest + strlen(rest) - line, LINE_MAX_LEN + 2);
    assert_string_equal(line + LINE_MAX_LEN, "}\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_line_begins_with_its_time_in_milliseconds),
        cmocka_unit_test(a_line_names_its_level_its_event_and_its_fields),
        cmocka_unit_test(a_text_is_quoted_when_it_could_be_taken_for_more),
        cmocka_unit_test(json_is_always_quoted),
        cmocka_unit_test(a_long_line_is_cut_and_still_ends),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
