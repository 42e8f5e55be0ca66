/* test_html.c - escaping as the original system did. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/html.h"
#include <stdlib.h>
#include <string.h>

/* Checks the escaped text, its announced length, and (by a sanitizer) that no other byte is written. */
static void assert_escaped(const char *text, size_t len, const char *expected)
{
    size_t expected_len = strlen(expected);
    assert_int_equal(html_escaped_len(text, len), expected_len);
    char *out = malloc(expected_len + 1);
    assert_non_null(out);
    out[expected_len] = '#';
    html_escape(text, len, out);
    assert_memory_equal(out, expected, expected_len);
    assert_int_equal(out[expected_len], '#');
    free(out);
}

static void the_five_characters_become_entities(void **state)
{
    (void)state;
    assert_escaped("<", 1, "&lt;");
    assert_escaped(">", 1, "&gt;");
    assert_escaped("&", 1, "&amp;");
    assert_escaped("'", 1, "&#39;");
    assert_escaped("\"", 1, "&#34;");
}

static void every_other_byte_stays(void **state)
{
    (void)state;
    for (int byte = 1; byte < 256; byte++) {
        if (strchr("<>&'\"", byte) != NULL) {
            continue;
        }
        const char text[] = {(char)byte, '\0'};
        assert_escaped(text, 1, text);
    }
}

static void text_between_the_characters_is_kept(void **state)
{
    (void)state;
    const char text[] = "<b>Tom & \"Jerry\"</b> don't 🐱";
    assert_escaped(text, sizeof(text) - 1, "&lt;b&gt;Tom &amp; &#34;Jerry&#34;&lt;/b&gt; don&#39;t 🐱");
    assert_escaped("nothing to do", 13, "nothing to do");
    assert_escaped("", 0, "");
}

static void only_the_given_bytes_are_read(void **state)
{
    (void)state;
    assert_escaped("a<b<c", 3, "a&lt;b");
}

static void escaping_twice_escapes_the_ampersand_again(void **state)
{
    (void)state;
    assert_escaped("&lt;", 4, "&amp;lt;");
}

static void an_entity_is_recognised_with_its_character(void **state)
{
    (void)state;
    static const char characters[] = "<>&'\"";
    for (size_t i = 0; i < strlen(characters); i++) {
        char entity[8];
        char character = '?';
        size_t len = html_escaped_len(characters + i, 1);
        html_escape(characters + i, 1, entity);
        assert_int_equal(html_entity(entity, len, &character), len);
        assert_int_equal(character, characters[i]);
    }
}

static void a_cut_off_entity_is_none(void **state)
{
    (void)state;
    char character = '?';
    for (size_t len = 0; len < strlen("&amp;"); len++) {
        assert_int_equal(html_entity("&amp;", len, &character), 0);
    }
    assert_int_equal(character, '?');
}

static void other_entities_are_none(void **state)
{
    (void)state;
    static const char *const others[] = {"&quot;", "&#39 ;", "&#x27;", "&LT;", "&", "lt;", "x&lt;", ""};
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        char character;
        assert_int_equal(html_entity(others[i], strlen(others[i]), &character), 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_five_characters_become_entities),
        cmocka_unit_test(every_other_byte_stays),
        cmocka_unit_test(text_between_the_characters_is_kept),
        cmocka_unit_test(only_the_given_bytes_are_read),
        cmocka_unit_test(escaping_twice_escapes_the_ampersand_again),
        cmocka_unit_test(an_entity_is_recognised_with_its_character),
        cmocka_unit_test(a_cut_off_entity_is_none),
        cmocka_unit_test(other_entities_are_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
