/* test_parameters.c - query strings and forms: names, values, percent-encoding, numbers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "server/http/parameters.h"
#include <limits.h>
#include <stdio.h>
#include <string.h>

static char value[64];
static size_t value_len;

static enum parameter_result get(const char *parameters, const char *name)
{
    memset(value, '#', sizeof(value));
    value_len = 99;
    return parameter_get(slice_of(parameters), name, value, sizeof(value), &value_len);
}

static void assert_value(const char *parameters, const char *name, const char *expected)
{
    assert_int_equal(get(parameters, name), PARAMETER_FOUND);
    assert_int_equal(value_len, strlen(expected));
    assert_string_equal(value, expected);
}

static void a_value_is_found_by_its_name(void **state)
{
    (void)state;
    assert_value("query=cat", "query", "cat");
    assert_value("a=1&query=cat&b=2", "query", "cat");
    assert_value("a=1&b=2&query=cat", "query", "cat");
    assert_value("&&query=cat&&", "query", "cat");
    assert_value("a=1&a=2", "a", "1");
    assert_value("a=b=c", "a", "b=c");
    assert_value("a", "a", "");
    assert_value("a=", "a", "");
    assert_value("b&a", "a", "");
}

static void a_name_must_be_the_whole_name(void **state)
{
    (void)state;
    assert_int_equal(get("queries=cat&quer=y&Query=x&=query", "query"), PARAMETER_ABSENT);
    assert_int_equal(get("", "query"), PARAMETER_ABSENT);
    assert_int_equal(get("&", "query"), PARAMETER_ABSENT);
    assert_int_equal(parameter_get((struct slice){NULL, 0}, "query", value, sizeof(value), &value_len),
                     PARAMETER_ABSENT);
    assert_int_equal(value_len, 99);
    assert_int_equal(value[0], '#');
}

static void a_name_may_be_encoded(void **state)
{
    (void)state;
    assert_value("%71uery=cat", "query", "cat");
    assert_value("max%5fid=cat", "max_id", "cat");
    assert_value("%zz=1&a=2", "a", "2");
    assert_int_equal(get("a%00=1", "a"), PARAMETER_ABSENT);
    assert_value("0123456789012345678901234567890123456789012345678901234567890123=1&a=2", "a", "2");
}

static void every_digit_is_read_in_a_value_and_in_an_encoding(void **state)
{
    (void)state;
    assert_value("query=0", "query", "0");
    assert_value("query=cat0dog1029384756", "query", "cat0dog1029384756");
    assert_value("query=%30%31%32%33%34%35%36%37%38%39", "query", "0123456789");
    assert_value("query=%40%50%60%70", "query", "@P`p");
    assert_value("query=cat%200", "query", "cat 0");
}

static void every_byte_may_be_encoded_in_either_case(void **state)
{
    (void)state;
    for (int byte = 0; byte < 256; byte++) {
        char text[16];
        snprintf(text, sizeof(text), "a=%%%02x%%%02X", (unsigned)byte, (unsigned)byte);
        assert_int_equal(get(text, "a"), PARAMETER_FOUND);
        assert_int_equal(value_len, 2);
        assert_int_equal((unsigned char)value[0], byte);
        assert_int_equal((unsigned char)value[1], byte);
        assert_int_equal(value[2], '\0');
        assert_int_equal(value[3], '#');
    }
}

static void a_wrong_encoding_is_malformed(void **state)
{
    (void)state;
    static const char *const wrong[] = {"a=%",   "a=%4",  "a=%4g", "a=%g4", "a=x%",   "a=%/0", "a=%0/",
                                        "a=%:0", "a=%0:", "a=%@0", "a=%`0", "a=%4&b", "a=%G0", "a=%0g"};
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        assert_int_equal(get(wrong[i], "a"), PARAMETER_MALFORMED);
    }
}

static void a_plus_is_a_space_where_it_is_a_query(void **state)
{
    (void)state;
    size_t len;
    assert_value("a=b+c%2B", "a", "b c+");
    assert_true(percent_decode(slice_of("b+c%2B"), false, value, sizeof(value), &len));
    assert_string_equal(value, "b+c+");
    assert_int_equal(len, 4);
}

static void a_value_fits_with_its_nul(void **state)
{
    (void)state;
    char small[5] = "####";
    size_t len = 0;
    assert_int_equal(parameter_get(slice_of("a=1234"), "a", small, 5, &len), PARAMETER_FOUND);
    assert_string_equal(small, "1234");
    assert_int_equal(len, 4);
    assert_int_equal(parameter_get(slice_of("a=1234"), "a", small, 4, &len), PARAMETER_MALFORMED);
    assert_int_equal(parameter_get(slice_of("a=%31%32%33%34"), "a", small, 5, &len), PARAMETER_FOUND);
    assert_string_equal(small, "1234");
    assert_int_equal(parameter_get(slice_of("a="), "a", small, 1, &len), PARAMETER_FOUND);
    assert_string_equal(small, "");
}

static void a_text_may_be_decoded_where_it_stands(void **state)
{
    (void)state;
    char text[] = "%63a%74+";
    size_t len;
    assert_true(percent_decode((struct slice){text, strlen(text)}, true, text, sizeof(text), &len));
    assert_string_equal(text, "cat ");
    assert_int_equal(len, 4);
}

static void a_number_is_decimal_digits(void **state)
{
    (void)state;
    static const char *const wrong[] = {"", "-1", "+1", " 1", "1 ", "1.0", "0x1", "1e3", "one", "/", ":", "1/", "1:"};
    unsigned long long number = 77;
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        assert_false(number_parse(slice_of(wrong[i]), ULLONG_MAX, &number));
    }
    assert_int_equal(number, 77);
    assert_true(number_parse(slice_of("0"), ULLONG_MAX, &number));
    assert_int_equal(number, 0);
    assert_true(number_parse(slice_of("000123456789"), ULLONG_MAX, &number));
    assert_int_equal(number, 123456789);
    assert_true(number_parse(slice_of("1020304050"), ULLONG_MAX, &number));
    assert_int_equal(number, 1020304050);
}

static void a_number_is_at_most_the_maximum(void **state)
{
    (void)state;
    unsigned long long number = 0;
    assert_true(number_parse(slice_of("1000"), 1000, &number));
    assert_int_equal(number, 1000);
    assert_false(number_parse(slice_of("1001"), 1000, &number));
    assert_false(number_parse(slice_of("10000"), 1000, &number));
    assert_true(number_parse(slice_of("0"), 0, &number));
    assert_false(number_parse(slice_of("1"), 0, &number));
    assert_true(number_parse(slice_of("5"), 5, &number));
    assert_false(number_parse(slice_of("9"), 5, &number));
    assert_true(number_parse(slice_of("18446744073709551615"), ULLONG_MAX, &number));
    assert_true(number == ULLONG_MAX);
    assert_false(number_parse(slice_of("18446744073709551616"), ULLONG_MAX, &number));
    assert_false(number_parse(slice_of("99999999999999999999"), ULLONG_MAX, &number));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_value_is_found_by_its_name),
        cmocka_unit_test(a_name_must_be_the_whole_name),
        cmocka_unit_test(a_name_may_be_encoded),
        cmocka_unit_test(every_digit_is_read_in_a_value_and_in_an_encoding),
        cmocka_unit_test(every_byte_may_be_encoded_in_either_case),
        cmocka_unit_test(a_wrong_encoding_is_malformed),
        cmocka_unit_test(a_plus_is_a_space_where_it_is_a_query),
        cmocka_unit_test(a_value_fits_with_its_nul),
        cmocka_unit_test(a_text_may_be_decoded_where_it_stands),
        cmocka_unit_test(a_number_is_decimal_digits),
        cmocka_unit_test(a_number_is_at_most_the_maximum),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
