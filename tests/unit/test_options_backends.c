/* test_options_backends.c - backends, a clock and a fault hook of the host's own. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/options.h"
#include <stdio.h>
#include <string.h>

/* What the members point to is never called here. */
static int stub_open(const meower_backend_config *config, void **backend, meower_error *error)
{
    (void)config;
    (void)backend;
    (void)error;
    return MEOWER_OK;
}

static void stub_close(void *backend)
{
    (void)backend;
}

static int stub_store_info(void *store, meower_store_info *info, meower_error *error)
{
    (void)store;
    (void)info;
    (void)error;
    return MEOWER_OK;
}

static int stub_append(void *store, meower_store_operation *operations, size_t count, meower_error *error)
{
    (void)store;
    (void)operations;
    (void)count;
    (void)error;
    return MEOWER_OK;
}

static int stub_head(void *store, unsigned lane, uint64_t *position, meower_error *error)
{
    (void)store;
    (void)lane;
    (void)position;
    (void)error;
    return MEOWER_OK;
}

static int stub_read_events(void *store, unsigned lane, uint64_t after, size_t max, meower_row_sink *sink,
                            meower_error *error)
{
    (void)store;
    (void)lane;
    (void)after;
    (void)max;
    (void)sink;
    (void)error;
    return MEOWER_OK;
}

static int stub_list(void *store, unsigned lane, const meower_range *range, meower_row_sink *sink, meower_error *error)
{
    (void)store;
    (void)lane;
    (void)range;
    (void)sink;
    (void)error;
    return MEOWER_OK;
}

static int stub_get(void *store, unsigned lane, const char *const *ids, size_t count, meower_row_sink *sink,
                    meower_error *error)
{
    (void)store;
    (void)lane;
    (void)ids;
    (void)count;
    (void)sink;
    (void)error;
    return MEOWER_OK;
}

static int stub_checkpoint(void *store, unsigned lane, const char *name, uint64_t *position, meower_error *error)
{
    (void)store;
    (void)lane;
    (void)name;
    (void)position;
    (void)error;
    return MEOWER_OK;
}

static int stub_publish(void *bus, const meower_bus_message *messages, size_t count, meower_error *error)
{
    (void)bus;
    (void)messages;
    (void)count;
    (void)error;
    return MEOWER_OK;
}

static int stub_receive(void *bus, int timeout_ms, meower_bus_sink *sink, meower_error *error)
{
    (void)bus;
    (void)timeout_ms;
    (void)sink;
    (void)error;
    return MEOWER_OK;
}

static int stub_search_info(void *search, meower_search_info *info, meower_error *error)
{
    (void)search;
    (void)info;
    (void)error;
    return MEOWER_OK;
}

static int stub_reset(void *search, meower_error *error)
{
    (void)search;
    (void)error;
    return MEOWER_OK;
}

static int stub_index(void *search, const meower_search_document *documents, size_t count,
                      const meower_search_info *info, meower_error *error)
{
    (void)search;
    (void)documents;
    (void)count;
    (void)info;
    (void)error;
    return MEOWER_OK;
}

static int stub_match(void *search, unsigned lane, const meower_search_request *request, meower_hit_sink *sink,
                      meower_error *error)
{
    (void)search;
    (void)lane;
    (void)request;
    (void)sink;
    (void)error;
    return MEOWER_OK;
}

static const meower_store_vtable a_store = {
    .abi = MEOWER_BACKEND_ABI,
    .size = sizeof(meower_store_vtable),
    .scheme = "mine",
    .flags = MEOWER_STORE_EXCLUSIVE,
    .open = stub_open,
    .close = stub_close,
    .info = stub_store_info,
    .append = stub_append,
    .head = stub_head,
    .read_events = stub_read_events,
    .list = stub_list,
    .get = stub_get,
    .checkpoint = stub_checkpoint,
};

static const meower_bus_vtable a_bus = {
    .abi = MEOWER_BACKEND_ABI,
    .size = sizeof(meower_bus_vtable),
    .scheme = "mine",
    .open = stub_open,
    .close = stub_close,
    .publish = stub_publish,
    .receive = stub_receive,
    .wake = stub_close,
};

static const meower_search_vtable a_search = {
    .abi = MEOWER_BACKEND_ABI,
    .size = sizeof(meower_search_vtable),
    .scheme = "mine",
    .open = stub_open,
    .close = stub_close,
    .info = stub_search_info,
    .reset = stub_reset,
    .index = stub_index,
    .match = stub_match,
};

/* The three ports alike: how a table is added, and where its parts are. */
struct port {
    const char *name;
    int (*add)(meower_options *options, const void *vtable, void *context, meower_error *error);
    const void *vtable;
    size_t size;
    size_t size_min;       /* of the first version's table */
    size_t first_function; /* offset */
    const char *built_in[5];
};

static int add_store(meower_options *options, const void *vtable, void *context, meower_error *error)
{
    return meower_options_add_store(options, vtable, context, error);
}

static int add_bus(meower_options *options, const void *vtable, void *context, meower_error *error)
{
    return meower_options_add_bus(options, vtable, context, error);
}

static int add_search(meower_options *options, const void *vtable, void *context, meower_error *error)
{
    return meower_options_add_search(options, vtable, context, error);
}

static const struct port ports[] = {
    {"store",
     add_store,
     &a_store,
     sizeof(a_store),
     offsetof(meower_store_vtable, new_epoch),
     offsetof(meower_store_vtable, open),
     {"memory", "sqlite"}},
    {"bus",
     add_bus,
     &a_bus,
     sizeof(a_bus),
     offsetof(meower_bus_vtable, announce),
     offsetof(meower_bus_vtable, open),
     {"inproc", "nats", "kafka"}},
    {"search",
     add_search,
     &a_search,
     sizeof(a_search),
     offsetof(meower_search_vtable, rebuild_begin),
     offsetof(meower_search_vtable, open),
     {"index"}},
};

#define PORT_COUNT (sizeof(ports) / sizeof(ports[0]))

/* A table that a test may change, with room for members of a later version. */
union table {
    struct {
        uint32_t abi;
        uint32_t size;
        const char *scheme;
    } head;
    unsigned char bytes[256];
};

static void table_init(union table *table, const struct port *port)
{
    memset(table, 0xAB, sizeof(*table));
    memcpy(table->bytes, port->vtable, port->size);
}

static int setup(void **state)
{
    meower_options *options = NULL;
    if (meower_options_new(&options, NULL) != MEOWER_OK) {
        return -1;
    }
    *state = options;
    return 0;
}

static int teardown(void **state)
{
    meower_options_free(*state);
    return 0;
}

static void assert_refused(meower_options *options, const struct port *port, const union table *table, int expected,
                           const char *part)
{
    meower_error error = {0};
    size_t count = options->store_count + options->bus_count + options->search_count;
    assert_int_equal(port->add(options, table, NULL, &error), expected);
    assert_int_equal(error.code, expected);
    assert_int_equal(error.backend_code, 0);
    assert_int_equal(error.flags, 0);
    assert_non_null(strstr(error.message, port->name));
    assert_non_null(strstr(error.message, part));
    assert_int_equal(options->store_count + options->bus_count + options->search_count, count);
}

static void an_added_backend_is_copied_with_its_context(void **state)
{
    meower_options *options = *state;
    int contexts[3];
    meower_error error;
    assert_int_equal(meower_options_add_store(options, &a_store, &contexts[0], &error), MEOWER_OK);
    assert_int_equal(meower_options_add_bus(options, &a_bus, &contexts[1], &error), MEOWER_OK);
    assert_int_equal(meower_options_add_search(options, &a_search, &contexts[2], NULL), MEOWER_OK);
    assert_int_equal(options->store_count, 1);
    assert_memory_equal(&options->stores[0].vtable, &a_store, sizeof(a_store));
    assert_ptr_equal(options->stores[0].context, &contexts[0]);
    assert_int_equal(options->bus_count, 1);
    assert_memory_equal(&options->buses[0].vtable, &a_bus, sizeof(a_bus));
    assert_ptr_equal(options->buses[0].context, &contexts[1]);
    assert_int_equal(options->search_count, 1);
    assert_memory_equal(&options->searches[0].vtable, &a_search, sizeof(a_search));
    assert_ptr_equal(options->searches[0].context, &contexts[2]);
}

static void another_abi_is_refused(void **state)
{
    for (size_t i = 0; i < PORT_COUNT; i++) {
        union table table;
        table_init(&table, &ports[i]);
        table.head.abi = MEOWER_BACKEND_ABI + 1;
        assert_refused(*state, &ports[i], &table, MEOWER_ERROR_ABI, "ABI 4");
        table.head.abi = 0;
        assert_refused(*state, &ports[i], &table, MEOWER_ERROR_ABI, "ABI 0");
    }
}

static void a_table_that_is_too_short_is_refused(void **state)
{
    for (size_t i = 0; i < PORT_COUNT; i++) {
        union table table;
        table_init(&table, &ports[i]);
        table.head.size = (uint32_t)ports[i].size_min - 1;
        assert_refused(*state, &ports[i], &table, MEOWER_ERROR_ABI, "size");
        table.head.size = 0;
        assert_refused(*state, &ports[i], &table, MEOWER_ERROR_ABI, "size");
    }
}

static void a_longer_table_of_a_later_version_is_cut_to_ours(void **state)
{
    meower_options *options = *state;
    for (size_t i = 0; i < PORT_COUNT; i++) {
        union table table;
        table_init(&table, &ports[i]);
        table.head.size = sizeof(table);
        assert_int_equal(ports[i].add(options, &table, NULL, NULL), MEOWER_OK);
    }
    assert_int_equal(options->stores[0].vtable.size, sizeof(meower_store_vtable));
    assert_int_equal(options->buses[0].vtable.size, sizeof(meower_bus_vtable));
    assert_int_equal(options->searches[0].vtable.size, sizeof(meower_search_vtable));
}

static void a_table_of_the_first_version_is_taken_and_lacks_what_came_later(void **state)
{
    meower_options *options = *state;
    for (size_t i = 0; i < PORT_COUNT; i++) {
        union table table;
        table_init(&table, &ports[i]);
        memset(table.bytes + ports[i].size_min, 0xAB, sizeof(table) - ports[i].size_min);
        table.head.size = (uint32_t)ports[i].size_min;
        assert_int_equal(ports[i].add(options, &table, NULL, NULL), MEOWER_OK);
    }
    assert_null(options->stores[0].vtable.new_epoch);
    assert_null(options->stores[0].vtable.inspect);
    assert_null(options->searches[0].vtable.rebuild_begin);
    assert_null(options->searches[0].vtable.inspect);
    assert_int_equal(options->stores[0].vtable.size, sizeof(meower_store_vtable));
}

static void every_missing_member_is_named_but_refresh_which_may_miss(void **state)
{
    static const char *const members[PORT_COUNT][10] = {
        {"open", "close", "info", "append", "head", "read_events", "list", "get", "checkpoint"},
        {"open", "close", "publish", "receive", "wake"},
        {"open", "close", "info", "reset", "index", NULL, "match"},
    };
    for (size_t i = 0; i < PORT_COUNT; i++) {
        size_t functions = (ports[i].size_min - ports[i].first_function) / sizeof(void (*)(void));
        for (size_t member = 0; member < functions; member++) {
            if (members[i][member] == NULL) {
                continue;
            }
            union table table;
            char quoted[32];
            table_init(&table, &ports[i]);
            memset(table.bytes + ports[i].first_function + member * sizeof(void (*)(void)), 0, sizeof(void (*)(void)));
            snprintf(quoted, sizeof(quoted), "\"%s\"", members[i][member]);
            assert_refused(*state, &ports[i], &table, MEOWER_ERROR_ABI, quoted);
        }
    }
}

static void what_is_no_scheme_is_refused(void **state)
{
    static const char *const schemes[] = {NULL, "", "1st", "-x", "my scheme", "mine:", "Mine", "m\xC3\xA9ow", "a/b"};
    for (size_t i = 0; i < PORT_COUNT; i++) {
        for (size_t at = 0; at < sizeof(schemes) / sizeof(schemes[0]); at++) {
            union table table;
            table_init(&table, &ports[i]);
            table.head.scheme = schemes[at];
            assert_refused(*state, &ports[i], &table, MEOWER_ERROR_INVALID, "lower-case letters");
            assert_refused(*state, &ports[i], &table, MEOWER_ERROR_INVALID, schemes[at] == NULL ? "" : schemes[at]);
        }
    }
}

static void the_librarys_own_schemes_are_taken(void **state)
{
    for (size_t i = 0; i < PORT_COUNT; i++) {
        for (size_t at = 0; ports[i].built_in[at] != NULL; at++) {
            union table table;
            table_init(&table, &ports[i]);
            table.head.scheme = ports[i].built_in[at];
            assert_refused(*state, &ports[i], &table, MEOWER_ERROR_INVALID, ports[i].built_in[at]);
        }
    }
}

static void a_part_of_the_librarys_schemes_is_free(void **state)
{
    meower_store_vtable store = a_store;
    store.scheme = "sql";
    assert_int_equal(meower_options_add_store(*state, &store, NULL, NULL), MEOWER_OK);
    store.scheme = "ite";
    assert_int_equal(meower_options_add_store(*state, &store, NULL, NULL), MEOWER_OK);
    store.scheme = "sqlite3+x.y-z";
    assert_int_equal(meower_options_add_store(*state, &store, NULL, NULL), MEOWER_OK);
}

static void a_scheme_can_be_added_once_a_port(void **state)
{
    for (size_t i = 0; i < PORT_COUNT; i++) {
        union table table;
        table_init(&table, &ports[i]);
        assert_int_equal(ports[i].add(*state, &table, NULL, NULL), MEOWER_OK);
        assert_refused(*state, &ports[i], &table, MEOWER_ERROR_INVALID, "\"mine\"");
    }
}

static void no_more_can_be_added_than_there_is_room_for(void **state)
{
    static const char *const schemes[] = {"a", "b", "c", "d", "e", "f", "g", "h", "i"};
    for (size_t i = 0; i < PORT_COUNT; i++) {
        union table table;
        table_init(&table, &ports[i]);
        for (size_t at = 0; at < OPTIONS_BACKENDS_MAX; at++) {
            table.head.scheme = schemes[at];
            assert_int_equal(ports[i].add(*state, &table, NULL, NULL), MEOWER_OK);
        }
        table.head.scheme = schemes[OPTIONS_BACKENDS_MAX];
        assert_refused(*state, &ports[i], &table, MEOWER_ERROR_INVALID, "at most 8");
    }
}

/* ---- clock and fault hook --------------------------------------------------------------------------------------- */

static int64_t seven(void *context)
{
    (void)context;
    return 7;
}

static void no_random(void *context, void *out, size_t len)
{
    (void)context;
    memset(out, 0, len);
}

static int pass(void *context, const char *port, const char *call, meower_error *error)
{
    (void)context;
    (void)port;
    (void)call;
    (void)error;
    return MEOWER_OK;
}

static void the_clock_is_the_systems_until_one_is_set(void **state)
{
    meower_options *options = *state;
    const meower_clock clock = {seven, seven, no_random, NULL};
    assert_memory_equal(&options->clock, clock_system(), sizeof(clock));
    meower_options_set_clock(options, &clock);
    assert_int_equal(clock_wall_us(&options->clock), 7);
    meower_options_set_clock(options, NULL);
    assert_memory_equal(&options->clock, clock_system(), sizeof(clock));
}

static void there_is_no_fault_hook_until_one_is_set(void **state)
{
    meower_options *options = *state;
    const meower_fault_hook hook = {pass, NULL, options};
    assert_null(options->fault_hook.before);
    meower_options_set_fault_hook(options, &hook);
    assert_ptr_equal(options->fault_hook.before, pass);
    assert_ptr_equal(options->fault_hook.context, options);
    meower_options_set_fault_hook(options, NULL);
    assert_null(options->fault_hook.before);
    assert_null(options->fault_hook.after);
}

static void a_copy_has_the_backends_the_clock_and_the_hook(void **state)
{
    meower_options *options = *state;
    const meower_clock clock = {seven, seven, no_random, NULL};
    const meower_fault_hook hook = {pass, NULL, NULL};
    meower_options_add_store(options, &a_store, options, NULL);
    meower_options_set_clock(options, &clock);
    meower_options_set_fault_hook(options, &hook);
    meower_options *copy = options_copy(options);
    assert_non_null(copy);
    assert_int_equal(copy->store_count, 1);
    assert_memory_equal(&copy->stores[0].vtable, &a_store, sizeof(a_store));
    assert_ptr_equal(copy->stores[0].context, options);
    assert_int_equal(clock_wall_us(&copy->clock), 7);
    assert_ptr_equal(copy->fault_hook.before, pass);
    meower_options_free(copy);
}

#define with_options(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        with_options(an_added_backend_is_copied_with_its_context),
        with_options(another_abi_is_refused),
        with_options(a_table_that_is_too_short_is_refused),
        with_options(a_longer_table_of_a_later_version_is_cut_to_ours),
        with_options(a_table_of_the_first_version_is_taken_and_lacks_what_came_later),
        with_options(every_missing_member_is_named_but_refresh_which_may_miss),
        with_options(what_is_no_scheme_is_refused),
        with_options(the_librarys_own_schemes_are_taken),
        with_options(a_part_of_the_librarys_schemes_is_free),
        with_options(a_scheme_can_be_added_once_a_port),
        with_options(no_more_can_be_added_than_there_is_room_for),
        with_options(the_clock_is_the_systems_until_one_is_set),
        with_options(there_is_no_fault_hook_until_one_is_set),
        with_options(a_copy_has_the_backends_the_clock_and_the_hook),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
