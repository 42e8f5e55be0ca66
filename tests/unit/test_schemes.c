/* test_schemes.c - which backend a URL means: one of the host's by its scheme, or one of the library's own. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "port/schemes.h"
#include <string.h>

static const char *const schemes[] = {"one", "two", "three"};
static int contexts[3];
static meower_options *options;

/* The store in memory under three other names. */
static int begin(void **state)
{
    (void)state;
    assert_int_equal(meower_options_new(&options, NULL), MEOWER_OK);
    for (size_t i = 0; i < 3; i++) {
        meower_store_vtable table = memory_store;
        table.scheme = schemes[i];
        assert_int_equal(meower_options_add_store(options, &table, &contexts[i], NULL), MEOWER_OK);
    }
    return 0;
}

static int end(void **state)
{
    (void)state;
    meower_options_free(options);
    return 0;
}

static int find(const char *url, meower_backend_config *config, const void **vtable, meower_error *error)
{
    assert_int_equal(meower_options_set(options, "store", url, NULL), MEOWER_OK);
    return schemes_find(options, STORE_PORT, config, vtable, error);
}

static void each_backend_of_the_host_is_found_by_its_scheme(void **state)
{
    (void)state;
    static const char *const urls[] = {"one:place", "two:place", "three:place"};
    for (size_t i = 0; i < 3; i++) {
        meower_backend_config config;
        const void *vtable = NULL;
        assert_int_equal(find(urls[i], &config, &vtable, NULL), MEOWER_OK);
        assert_ptr_equal(vtable, &options->stores[i].vtable);
        assert_ptr_equal(config.context, &contexts[i]);
        assert_string_equal(config.location, "place");
        assert_string_equal(config.url, urls[i]);
    }
}

static void the_librarys_own_have_no_context(void **state)
{
    (void)state;
    meower_backend_config config;
    const void *vtable = NULL;
    assert_int_equal(find("memory:", &config, &vtable, NULL), MEOWER_OK);
    assert_ptr_equal(vtable, &memory_store);
    assert_null(config.context);
    assert_string_equal(config.location, "");
}

static void a_scheme_that_nobody_has_is_refused_with_those_that_there_are(void **state)
{
    (void)state;
    meower_backend_config config;
    meower_error error;
    const void *vtable = NULL;
    assert_int_equal(find("four:place", &config, &vtable, &error), MEOWER_ERROR_INVALID);
    assert_null(vtable);
    for (size_t i = 0; i < 3; i++) {
        assert_non_null(strstr(error.message, schemes[i]));
    }
    assert_non_null(strstr(error.message, "memory"));
}

#define SCHEMES_TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        SCHEMES_TEST(each_backend_of_the_host_is_found_by_its_scheme),
        SCHEMES_TEST(the_librarys_own_have_no_context),
        SCHEMES_TEST(a_scheme_that_nobody_has_is_refused_with_those_that_there_are),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
