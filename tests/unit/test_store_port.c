/* test_store_port.c - the store port: which adapter a URL means, what is refused before an adapter sees it, and the
 * fault hook around every call. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "store/store.h"
#include <stdlib.h>
#include <string.h>

#define OWN_STATUS (-1234) /* no code of ours */

#define ID "0ujtsYcgvSTl8PAuAdqWYSMnLOv"

/* What the host's store says and gives. */
static meower_store_info host_says;
static meower_row host_row;
static unsigned host_row_count;

struct fixture {
    meower_options *options;
    struct store store;
    meower_error error;
    const char *host_state;  /* the context of the host's store */
    const char *fail_before; /* the call whose before() fails */
    const char *fail_after;  /* the call whose after() fails */
    unsigned before_count;
    unsigned after_count;
};

static int set_up(void **state)
{
    struct fixture *fixture = calloc(1, sizeof(*fixture));
    assert_non_null(fixture);
    assert_int_equal(meower_options_new(&fixture->options, NULL), MEOWER_OK);
    host_says = (meower_store_info){.epoch = "0123456789abcdef", .head = 7};
    host_row = (meower_row){.position = 1, .kind = MEOWER_EVENT_CREATED, .id = ID, .body = "meow", .body_len = 4};
    host_row_count = 1;
    *state = fixture;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *fixture = *state;
    store_close(&fixture->store);
    meower_options_free(fixture->options);
    free(fixture);
    return 0;
}

static int open_url(struct fixture *fixture, const char *url)
{
    assert_int_equal(meower_options_set(fixture->options, "store", url, NULL), MEOWER_OK);
    return store_open(&fixture->store, fixture->options, 1, &fixture->error);
}

static void check_message_has(const struct fixture *fixture, const char *part)
{
    if (strstr(fixture->error.message, part) == NULL) {
        fail_msg("the message lacks \"%s\": %s", part, fixture->error.message);
    }
}

/* ---- finding the adapter ---------------------------------------------------------------------------------------- */

static void an_unknown_scheme_is_invalid_and_the_known_ones_are_named(void **state)
{
    struct fixture *fixture = *state;
    assert_int_equal(open_url(fixture, "mysql://somewhere"), MEOWER_ERROR_INVALID);
    check_message_has(fixture, "mysql:");
    check_message_has(fixture, "memory:, sqlite:, postgresql:");
}

static void a_path_without_scheme_is_invalid(void **state)
{
    struct fixture *fixture = *state;
    assert_int_equal(open_url(fixture, "feed.db"), MEOWER_ERROR_INVALID);
    assert_int_equal(open_url(fixture, ""), MEOWER_ERROR_INVALID);
}

static void no_message_shows_a_password(void **state)
{
    struct fixture *fixture = *state;
    assert_int_equal(open_url(fixture, "mysql://user:secret@somewhere/db"), MEOWER_ERROR_INVALID);
    assert_null(strstr(fixture->error.message, "secret"));
}

static void a_scheme_that_is_not_built_in_names_its_build_option(void **state)
{
    struct fixture *fixture = *state;
    int status = open_url(fixture, "postgresql://somewhere/meower");
    if (status == MEOWER_ERROR_UNSUPPORTED) {
        check_message_has(fixture, "MEOWER_WITH_POSTGRESQL");
    } else { /* it is built in, and nobody answers */
        assert_int_not_equal(status, MEOWER_ERROR_INVALID);
    }
}

/* ---- a store that a host brings --------------------------------------------------------------------------------- */

static int host_open(const meower_backend_config *config, void **store, meower_error *error)
{
    (void)error;
    assert_string_equal(config->url, "host:a place");
    assert_string_equal(config->location, "a place");
    assert_int_equal(config->lanes, 1);
    *store = config->context;
    return MEOWER_OK;
}

static void host_close(void *store)
{
    *(const char **)store = "closed";
}

static int host_info(void *store, meower_store_info *info, meower_error *error)
{
    (void)store;
    (void)error;
    *info = host_says;
    return MEOWER_OK;
}

/* Gives OWN_STATUS without saying why. */
/* Refuses every post. */
static int host_append(void *store, meower_store_operation *operations, size_t count, meower_error *error)
{
    (void)store;
    (void)count;
    if (operations[0].kind == MEOWER_STORE_POST) {
        snprintf(operations[0].stored_id, sizeof(operations[0].stored_id), "%s", operations[0].body);
        return MEOWER_ERROR_CONFLICT;
    }
    assert_non_null(error);
    return OWN_STATUS;
}

static int host_head(void *store, unsigned lane, uint64_t *position, meower_error *error)
{
    (void)store;
    (void)lane;
    (void)position;
    return meower_error_set(error, MEOWER_ERROR_UNAVAILABLE, 42, MEOWER_ERROR_FLAG_RETRIABLE, "the host is away");
}

static int host_rows(void *store, unsigned lane, uint64_t after, size_t max, meower_row_sink *sink, meower_error *error)
{
    (void)store;
    (void)lane;
    (void)after;
    (void)max;
    (void)error;
    for (unsigned i = 0; i < host_row_count; i++) {
        (void)sink->row(sink, &host_row); /* it does not stop when it is told to */
    }
    return MEOWER_OK;
}

static int host_list(void *store, unsigned lane, const meower_range *range, meower_row_sink *sink, meower_error *error)
{
    (void)range;
    return host_rows(store, lane, 0, 0, sink, error);
}

static int host_get(void *store, unsigned lane, const char *const *ids, size_t count, meower_row_sink *sink,
                    meower_error *error)
{
    (void)ids;
    (void)count;
    return host_rows(store, lane, 0, 0, sink, error);
}

static int host_checkpoint(void *store, unsigned lane, const char *name, uint64_t *position, meower_error *error)
{
    (void)store;
    (void)lane;
    (void)error;
    *position = strlen(name);
    return MEOWER_OK;
}

static const meower_store_vtable host_store = {
    .abi = MEOWER_BACKEND_ABI,
    .size = sizeof(meower_store_vtable),
    .scheme = "host",
    .open = host_open,
    .close = host_close,
    .info = host_info,
    .append = host_append,
    .head = host_head,
    .read_events = host_rows,
    .list = host_list,
    .get = host_get,
    .checkpoint = host_checkpoint,
};

static void open_host_store(struct fixture *fixture)
{
    fixture->host_state = "open";
    assert_int_equal(meower_options_add_store(fixture->options, &host_store, &fixture->host_state, NULL), MEOWER_OK);
    assert_int_equal(open_url(fixture, "host:a place"), MEOWER_OK);
}

static void a_store_added_by_the_host_is_found_and_closed(void **state)
{
    struct fixture *fixture = *state;
    open_host_store(fixture);
    assert_int_equal(fixture->store.info.head, 7);
    assert_false(store_is_exclusive(&fixture->store));
    assert_string_equal(fixture->host_state, "open");
    store_close(&fixture->store);
    assert_string_equal(fixture->host_state, "closed");
}

static void the_unknown_scheme_message_names_added_stores(void **state)
{
    struct fixture *fixture = *state;
    assert_int_equal(meower_options_add_store(fixture->options, &host_store, NULL, NULL), MEOWER_OK);
    assert_int_equal(open_url(fixture, "other:"), MEOWER_ERROR_INVALID);
    check_message_has(fixture, "host:, memory:");
}

static void a_failing_call_gives_the_backends_detail(void **state)
{
    struct fixture *fixture = *state;
    uint64_t position;
    open_host_store(fixture);
    assert_int_equal(store_head(&fixture->store, 0, &position, &fixture->error), MEOWER_ERROR_UNAVAILABLE);
    assert_int_equal(fixture->error.code, MEOWER_ERROR_UNAVAILABLE);
    assert_int_equal(fixture->error.backend_domain, MEOWER_DOMAIN_OTHER);
    assert_int_equal(fixture->error.backend_code, 42);
    assert_int_equal(fixture->error.flags, MEOWER_ERROR_FLAG_RETRIABLE);
    assert_string_equal(fixture->error.message, "the host is away");
    assert_int_equal(store_head(&fixture->store, 0, &position, NULL), MEOWER_ERROR_UNAVAILABLE);
}

static void a_status_without_detail_gets_some(void **state)
{
    struct fixture *fixture = *state;
    meower_store_operation operation = {.kind = MEOWER_STORE_CHECKPOINT, .name = "relay"};
    open_host_store(fixture);
    assert_int_equal(store_append(&fixture->store, &operation, 1, &fixture->error), OWN_STATUS);
    assert_int_equal(fixture->error.code, OWN_STATUS);
    check_message_has(fixture, "append");
}

static void a_refusal_of_ids_must_name_the_newest(void **state)
{
    struct fixture *fixture = *state;
    static const char *const newest[] = {"0ujtsYcgvSTl8PAuAdqWYSMnLOv", "", "short"};
    open_host_store(fixture);
    for (size_t i = 0; i < 3; i++) {
        meower_store_operation operation = {
            .kind = MEOWER_STORE_POST, .id = "0uk1Hbc9dQ9pxyTqJ93IUrfhdGq", .body = newest[i], .body_len = 1};
        assert_int_equal(store_append(&fixture->store, &operation, 1, &fixture->error),
                         i == 0 ? MEOWER_ERROR_CONFLICT : MEOWER_ERROR_INTERNAL);
        check_message_has(fixture, i == 0 ? newest[0] : "did not say");
    }
}

/* ---- a store of the host's that errs ----------------------------------------------------------------------------- */

static int host_checkpoint_with_3(void *store, unsigned lane, const char *name, uint64_t *position, meower_error *error)
{
    (void)store;
    (void)lane;
    (void)name;
    (void)position;
    (void)error;
    return 3;
}

static void a_positive_status_is_refused(void **state)
{
    struct fixture *fixture = *state;
    uint64_t position;
    open_host_store(fixture);
    fixture->store.vtable.checkpoint = host_checkpoint_with_3;
    assert_int_equal(store_checkpoint(&fixture->store, 0, "relay", &position, &fixture->error), MEOWER_ERROR_INTERNAL);
    assert_int_equal(fixture->error.code, MEOWER_ERROR_INTERNAL);
    check_message_has(fixture, "store's call \"checkpoint\" ended with 3");
    assert_int_equal(store_checkpoint(&fixture->store, 0, "relay", &position, NULL), MEOWER_ERROR_INTERNAL);
}

static void an_epoch_that_is_none_is_refused(void **state)
{
    static const char *const epochs[] = {"", "0123456789abcde", "0123456789abcdeg", "0123456789abcdef0"};
    struct fixture *fixture = *state;
    open_host_store(fixture);
    store_close(&fixture->store);
    for (size_t i = 0; i < sizeof(epochs) / sizeof(epochs[0]); i++) {
        memset(host_says.epoch, 0, sizeof(host_says.epoch));
        memcpy(host_says.epoch, epochs[i], strlen(epochs[i]));
        assert_int_equal(open_url(fixture, "host:a place"), MEOWER_ERROR_CORRUPT);
        check_message_has(fixture, "16 hexadecimal digits");
        assert_string_equal(fixture->host_state, "closed");
        fixture->host_state = "open";
    }
}

static void a_newest_id_that_is_none_is_refused(void **state)
{
    struct fixture *fixture = *state;
    open_host_store(fixture);
    store_close(&fixture->store);
    strcpy(host_says.newest_id, "short");
    assert_int_equal(open_url(fixture, "host:a place"), MEOWER_ERROR_CORRUPT);
    check_message_has(fixture, "newest id is \"short\"");
    strcpy(host_says.newest_id, ID);
    assert_int_equal(open_url(fixture, "host:a place"), MEOWER_OK);
}

/* Takes rows that must be sound. */
struct counting {
    meower_row_sink sink;
    unsigned count;
};

static int count_row(meower_row_sink *sink, const meower_row *row)
{
    assert_string_equal(row->id, ID);
    ((struct counting *)sink)->count++;
    return MEOWER_OK;
}

/* Reads one event, lists one meow and gets one. Each must end with that status. */
static void assert_reads(struct fixture *fixture, int events, int meows, unsigned passed)
{
    struct counting counting = {{count_row}, 0};
    const char *const ids[] = {ID};
    struct store *store = &fixture->store;
    assert_int_equal(store_list(store, 0, &(meower_range){.take = 1}, &counting.sink, &fixture->error), meows);
    assert_int_equal(store_get(store, 0, ids, 1, &counting.sink, &fixture->error), meows);
    assert_int_equal(store_read_events(store, 0, 0, 1, &counting.sink, &fixture->error), events);
    assert_int_equal(counting.count, passed);
}

static void a_row_that_no_store_may_give_is_refused(void **state)
{
    struct fixture *fixture = *state;
    open_host_store(fixture);
    assert_reads(fixture, MEOWER_OK, MEOWER_OK, 3);
    host_row.body = NULL;
    assert_reads(fixture, MEOWER_OK, MEOWER_ERROR_CORRUPT, 1);
    check_message_has(fixture, "a meow without a body");
    host_row.body = "meow";
    host_row.id = NULL;
    assert_reads(fixture, MEOWER_ERROR_CORRUPT, MEOWER_ERROR_CORRUPT, 0);
    check_message_has(fixture, "a row without an id");
    host_row.id = "";
    assert_reads(fixture, MEOWER_ERROR_CORRUPT, MEOWER_ERROR_CORRUPT, 0);
    host_row.id = ID;
    host_row_count = 3;
    assert_reads(fixture, MEOWER_ERROR_CORRUPT, MEOWER_ERROR_CORRUPT, 3);
    check_message_has(fixture, "more rows than it was asked for");
}

static void labels_that_no_meow_can_have_are_refused(void **state)
{
    const meower_label right[] = {MEOWER_LABEL("tag", "naps"), MEOWER_LABEL("tag", "cats")};
    const meower_label wrong[] = {MEOWER_LABEL("Tag", "cats")};
    struct fixture *fixture = *state;
    open_host_store(fixture);
    host_row.labels = right;
    host_row.label_count = 2;
    assert_reads(fixture, MEOWER_OK, MEOWER_OK, 3);
    host_row.labels = wrong;
    host_row.label_count = 1;
    assert_reads(fixture, MEOWER_ERROR_CORRUPT, MEOWER_ERROR_CORRUPT, 0);
    check_message_has(fixture, "labels that no meow can have: row 1 of a call");
}

static void a_call_that_succeeds_leaves_the_error_alone(void **state)
{
    struct fixture *fixture = *state;
    uint64_t position = 0;
    open_host_store(fixture);
    fixture->error.code = OWN_STATUS;
    assert_int_equal(store_checkpoint(&fixture->store, 0, "four", &position, &fixture->error), MEOWER_OK);
    assert_int_equal(position, 4);
    assert_int_equal(fixture->error.code, OWN_STATUS);
}

/* ---- what no adapter needs to check ----------------------------------------------------------------------------- */

static void malformed_operations_are_refused(void **state)
{
    struct fixture *fixture = *state;
    static const char id[] = "0ujtsYcgvSTl8PAuAdqWYSMnLOv";
    char long_key[MEOWER_KEY_MAX + 2];
    memset(long_key, 'k', MEOWER_KEY_MAX + 1);
    long_key[MEOWER_KEY_MAX + 1] = '\0';
    meower_store_operation malformed[] = {
        {.kind = 0},
        {.kind = 99},
        {.kind = MEOWER_STORE_POST, .id = NULL, .body = ""},
        {.kind = MEOWER_STORE_POST, .id = "short", .body = ""},
        {.kind = MEOWER_STORE_POST, .id = "0ujtsYcgvSTl8PAuAdqWYSMnLOvx", .body = ""},
        {.kind = MEOWER_STORE_POST, .id = "aWgEPTl1tmebfsQzFP4bxwgy80W", .body = ""},
        {.kind = MEOWER_STORE_POST, .id = id, .body = NULL},
        {.kind = MEOWER_STORE_POST, .id = id, .body = "", .idempotency_key = ""},
        {.kind = MEOWER_STORE_POST, .id = id, .body = "", .idempotency_key = long_key},
        {.kind = MEOWER_STORE_DELETE, .id = "short"},
        {.kind = MEOWER_STORE_CHECKPOINT},
        {.kind = MEOWER_STORE_LEASE, .name = "relay"},
        {.kind = MEOWER_STORE_LEASE, .owner = "one"},
    };
    assert_int_equal(open_url(fixture, "memory:"), MEOWER_OK);
    for (size_t i = 0; i < sizeof(malformed) / sizeof(malformed[0]); i++) {
        assert_int_equal(store_append(&fixture->store, &malformed[i], 1, NULL), MEOWER_ERROR_INVALID);
    }
}

/* ---- the fault hook --------------------------------------------------------------------------------------------- */

static int before(void *context, const char *port, const char *call, meower_error *error)
{
    struct fixture *fixture = context;
    assert_string_equal(port, "store");
    fixture->before_count++;
    if (fixture->fail_before != NULL && strcmp(fixture->fail_before, call) == 0) {
        return meower_error_set(error, MEOWER_ERROR_IO, 0, 0, "before %s", call);
    }
    return MEOWER_OK;
}

static int after(void *context, const char *port, const char *call, int status, meower_error *error)
{
    struct fixture *fixture = context;
    assert_string_equal(port, "store");
    fixture->after_count++;
    if (fixture->fail_after != NULL && strcmp(fixture->fail_after, call) == 0) {
        return meower_error_set(error, MEOWER_ERROR_OUTCOME_UNKNOWN, 0, 0, "after %s", call);
    }
    return status;
}

static int ignore_row(meower_row_sink *sink, const meower_row *row)
{
    (void)sink;
    (void)row;
    return MEOWER_OK;
}

/* Makes the call of this name on an open store. */
static int call_by_name(struct fixture *fixture, const char *call)
{
    struct store *store = &fixture->store;
    meower_error *error = &fixture->error;
    meower_row_sink sink = {ignore_row};
    uint64_t position;
    const char *const ids[] = {"0ujtsYcgvSTl8PAuAdqWYSMnLOv"};
    meower_store_operation operation = {
        .kind = MEOWER_STORE_POST, .id = ids[0], .body = "meow", .body_len = 4, .at_us = 1};
    if (strcmp(call, "append") == 0) {
        return store_append(store, &operation, 1, error);
    }
    if (strcmp(call, "head") == 0) {
        return store_head(store, 0, &position, error);
    }
    if (strcmp(call, "read_events") == 0) {
        return store_read_events(store, 0, 0, 1, &sink, error);
    }
    if (strcmp(call, "list") == 0) {
        return store_list(store, 0, &(meower_range){.take = 1}, &sink, error);
    }
    if (strcmp(call, "get") == 0) {
        return store_get(store, 0, ids, 1, &sink, error);
    }
    return store_checkpoint(store, 0, "relay", &position, error);
}

static const char *const calls[] = {"append", "head", "read_events", "list", "get", "checkpoint"};
#define CALL_COUNT (sizeof(calls) / sizeof(calls[0]))

static void open_with_hook(struct fixture *fixture)
{
    meower_options_set_fault_hook(fixture->options, &(meower_fault_hook){before, after, fixture});
    assert_int_equal(open_url(fixture, "memory:"), MEOWER_OK);
}

static void every_call_passes_the_hook(void **state)
{
    struct fixture *fixture = *state;
    open_with_hook(fixture);
    assert_int_equal(fixture->before_count, 2); /* open and info */
    for (size_t i = 0; i < CALL_COUNT; i++) {
        assert_int_equal(call_by_name(fixture, calls[i]), MEOWER_OK);
    }
    assert_int_equal(fixture->before_count, 2 + CALL_COUNT);
    assert_int_equal(fixture->after_count, 2 + CALL_COUNT);
}

static void a_fault_before_a_call_keeps_it_from_the_backend(void **state)
{
    struct fixture *fixture = *state;
    open_with_hook(fixture);
    for (size_t i = 0; i < CALL_COUNT; i++) {
        fixture->fail_before = calls[i];
        assert_int_equal(call_by_name(fixture, calls[i]), MEOWER_ERROR_IO);
        check_message_has(fixture, calls[i]);
    }
    assert_int_equal(fixture->after_count, 2);
    fixture->fail_before = NULL;
    uint64_t head;
    assert_int_equal(store_head(&fixture->store, 0, &head, NULL), MEOWER_OK);
    assert_int_equal(head, 0);
}

static void a_fault_after_a_call_hides_what_came_of_it(void **state)
{
    struct fixture *fixture = *state;
    open_with_hook(fixture);
    for (size_t i = 0; i < CALL_COUNT; i++) {
        fixture->fail_after = calls[i];
        assert_int_equal(call_by_name(fixture, calls[i]), MEOWER_ERROR_OUTCOME_UNKNOWN);
        check_message_has(fixture, calls[i]);
    }
    fixture->fail_after = NULL;
    uint64_t head;
    assert_int_equal(store_head(&fixture->store, 0, &head, NULL), MEOWER_OK);
    assert_int_equal(head, 1);
}

static void a_fault_while_opening_leaves_nothing_open(void **state)
{
    struct fixture *fixture = *state;
    meower_options_set_fault_hook(fixture->options, &(meower_fault_hook){before, after, fixture});
    static const char *const steps[] = {"open", "info"};
    for (size_t i = 0; i < 2; i++) {
        fixture->fail_before = steps[i];
        fixture->fail_after = NULL;
        assert_int_equal(open_url(fixture, "memory:"), MEOWER_ERROR_IO);
        fixture->fail_before = NULL;
        fixture->fail_after = steps[i];
        assert_int_equal(open_url(fixture, "memory:"), MEOWER_ERROR_OUTCOME_UNKNOWN);
        assert_null(fixture->store.backend);
    }
}

#define PORT_TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        PORT_TEST(an_unknown_scheme_is_invalid_and_the_known_ones_are_named),
        PORT_TEST(a_path_without_scheme_is_invalid),
        PORT_TEST(no_message_shows_a_password),
        PORT_TEST(a_scheme_that_is_not_built_in_names_its_build_option),
        PORT_TEST(a_store_added_by_the_host_is_found_and_closed),
        PORT_TEST(the_unknown_scheme_message_names_added_stores),
        PORT_TEST(a_failing_call_gives_the_backends_detail),
        PORT_TEST(a_status_without_detail_gets_some),
        PORT_TEST(a_refusal_of_ids_must_name_the_newest),
        PORT_TEST(a_positive_status_is_refused),
        PORT_TEST(an_epoch_that_is_none_is_refused),
        PORT_TEST(a_newest_id_that_is_none_is_refused),
        PORT_TEST(a_row_that_no_store_may_give_is_refused),
        PORT_TEST(labels_that_no_meow_can_have_are_refused),
        PORT_TEST(a_call_that_succeeds_leaves_the_error_alone),
        PORT_TEST(malformed_operations_are_refused),
        PORT_TEST(every_call_passes_the_hook),
        PORT_TEST(a_fault_before_a_call_keeps_it_from_the_backend),
        PORT_TEST(a_fault_after_a_call_hides_what_came_of_it),
        PORT_TEST(a_fault_while_opening_leaves_nothing_open),
    };
    return cmocka_run_group_tests_name("store port", tests, NULL, NULL);
}
