/* test_layout.c - what a compiled program has built into it: the sizes of the public structs, and the numbers of the
 * constants. Where they change, old programs break without a word; abi/README.md says how that is done when it must be.
 */
#include <meower/backend.h>
#include <meower/meower.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* Bytes on machines with pointers of eight. */
static void structs_keep_their_sizes(void **state)
{
    (void)state;
    if (sizeof(void *) != 8) {
        skip();
    }
    assert_int_equal(sizeof(meower_error), 516);
    assert_int_equal(sizeof(meower_highlight), 8);
    assert_int_equal(sizeof(meower_label), 32);
    assert_int_equal(sizeof(meower_clock), 32);
    assert_int_equal(sizeof(meower_store_operation), 152);
    assert_int_equal(sizeof(meower_row), 64);
    assert_int_equal(sizeof(meower_row_sink), 8);
    assert_int_equal(sizeof(meower_range), 56);
    assert_int_equal(sizeof(meower_store_info), 64);
    assert_int_equal(sizeof(meower_bus_message), 56);
    assert_int_equal(sizeof(meower_bus_sink), 8);
    assert_int_equal(sizeof(meower_text_sink), 8);
    assert_int_equal(sizeof(meower_document_sink), 8);
    assert_int_equal(sizeof(meower_search_document), 48);
    assert_int_equal(sizeof(meower_search_word), 32);
    assert_int_equal(sizeof(meower_search_join), 24);
    assert_int_equal(sizeof(meower_search_request), 64);
    assert_int_equal(sizeof(meower_hit_sink), 8);
    assert_int_equal(sizeof(meower_search_info), 32);
    assert_int_equal(sizeof(meower_fault_hook), 24);
}

/* They say their own size, or programs only read them: members may come at their end. */
static void structs_that_may_grow_do_not_shrink(void **state)
{
    (void)state;
    if (sizeof(void *) != 8) {
        skip();
    }
    assert_true(sizeof(meower_store_vtable) >= 128);
    assert_true(sizeof(meower_bus_vtable) >= 72);
    assert_true(sizeof(meower_search_vtable) >= 128);
    assert_true(sizeof(meower_backend_config) >= 64);
    assert_true(sizeof(meower_list) >= 72);
    assert_true(sizeof(meower_search) >= 64);
    assert_true(sizeof(meower_follow) >= 48);
    assert_true(sizeof(meower_post) >= 56);
    assert_true(sizeof(meower_command_result) >= 120);
    assert_true(sizeof(meower_health) >= 520);
    assert_true(sizeof(meower_metric) >= 32);
    assert_true(sizeof(meower_rebuild) >= 528);
    assert_true(sizeof(meower_check_totals) >= 56);
    assert_true(sizeof(meower_meow) >= 48);
    assert_true(sizeof(meower_event) >= 48);
    assert_true(sizeof(meower_option) >= 48);
    assert_true(sizeof(meower_finding) >= 32);
}

static void constants_keep_their_numbers(void **state)
{
    (void)state;
    assert_int_equal(MEOWER_OK, 0);
    assert_int_equal(MEOWER_ERROR_INVALID, -1);
    assert_int_equal(MEOWER_ERROR_NO_MEMORY, -2);
    assert_int_equal(MEOWER_ERROR_NOT_FOUND, -3);
    assert_int_equal(MEOWER_ERROR_CONFLICT, -4);
    assert_int_equal(MEOWER_ERROR_BUSY, -5);
    assert_int_equal(MEOWER_ERROR_TIMEOUT, -6);
    assert_int_equal(MEOWER_ERROR_CLOSED, -7);
    assert_int_equal(MEOWER_ERROR_IO, -8);
    assert_int_equal(MEOWER_ERROR_CORRUPT, -9);
    assert_int_equal(MEOWER_ERROR_LOCKED, -10);
    assert_int_equal(MEOWER_ERROR_UNAVAILABLE, -11);
    assert_int_equal(MEOWER_ERROR_UNSUPPORTED, -12);
    assert_int_equal(MEOWER_ERROR_OUTCOME_UNKNOWN, -13);
    assert_int_equal(MEOWER_ERROR_FORKED, -14);
    assert_int_equal(MEOWER_ERROR_FULL, -15);
    assert_int_equal(MEOWER_ERROR_PERMISSION, -16);
    assert_int_equal(MEOWER_ERROR_ABI, -17);
    assert_int_equal(MEOWER_ERROR_INTERNAL, -18);
    assert_int_equal(MEOWER_ERROR_INTERRUPTED, -19);
    assert_int_equal(MEOWER_ERROR_FLAG_RETRIABLE, 1);
    assert_int_equal(MEOWER_DOMAIN_NONE, 0);
    assert_int_equal(MEOWER_DOMAIN_OTHER, 1);
    assert_int_equal(MEOWER_DOMAIN_ERRNO, 2);
    assert_int_equal(MEOWER_DOMAIN_SQLITE, 3);
    assert_int_equal(MEOWER_DOMAIN_POSTGRESQL, 4);
    assert_int_equal(MEOWER_DOMAIN_NATS, 5);
    assert_int_equal(MEOWER_DOMAIN_KAFKA, 6);
    assert_int_equal(MEOWER_DOMAIN_HTTP, 7);
    assert_int_equal(MEOWER_DOMAIN_CURL, 8);
    assert_int_equal(MEOWER_EVENT_CREATED, 1);
    assert_int_equal(MEOWER_EVENT_DELETED, 2);
    assert_int_equal(MEOWER_ID_LEN, 27);
    assert_int_equal(MEOWER_ID_SIZE, 28);
    assert_int_equal(MEOWER_BODY_MAX, 140);
    assert_int_equal(MEOWER_CURSOR_SIZE, 40);
    assert_int_equal(MEOWER_KEY_MAX, 255);
    assert_int_equal(MEOWER_LABELS_MAX, 16);
    assert_int_equal(MEOWER_LABEL_KEY_MAX, 32);
    assert_int_equal(MEOWER_LABEL_VALUE_MAX, 128);
    assert_int_equal(MEOWER_OPTION_TEXT, 1);
    assert_int_equal(MEOWER_OPTION_NUMBER, 2);
    assert_int_equal(MEOWER_OPTION_BOOLEAN, 3);
    assert_int_equal(MEOWER_OPTION_SECRET, 4);
    assert_int_equal(MEOWER_TAKE_DEFAULT, 100);
    assert_int_equal(MEOWER_TAKE_MAX, 1000);
    assert_int_equal(MEOWER_FINDING_STORE_DAMAGED, 1);
    assert_int_equal(MEOWER_FINDING_EVENT_MISSING, 2);
    assert_int_equal(MEOWER_FINDING_MEOW_MISSING, 3);
    assert_int_equal(MEOWER_FINDING_MEOW_LEFT, 4);
    assert_int_equal(MEOWER_FINDING_MEOW_UNKNOWN, 5);
    assert_int_equal(MEOWER_FINDING_CHECKPOINT_AHEAD, 6);
    assert_int_equal(MEOWER_FINDING_INDEX_MISSING, 7);
    assert_int_equal(MEOWER_FINDING_INDEX_DAMAGED, 8);
    assert_int_equal(MEOWER_FINDING_INDEX_FOREIGN, 9);
    assert_int_equal(MEOWER_FINDING_INDEX_AHEAD, 10);
    assert_int_equal(MEOWER_FINDING_DOCUMENT_MISSING, 11);
    assert_int_equal(MEOWER_FINDING_DOCUMENT_EXTRA, 12);
    assert_int_equal(MEOWER_FINDING_DOCUMENT_STALE, 13);
    assert_int_equal(MEOWER_FINDINGS_MAX, 10000);
    assert_int_equal(MEOWER_REBUILD_NONE, 0);
    assert_int_equal(MEOWER_REBUILD_RUNNING, 1);
    assert_int_equal(MEOWER_REBUILD_DONE, 2);
    assert_int_equal(MEOWER_REBUILD_FAILED, 3);
    assert_int_equal(MEOWER_STORE_POST, 1);
    assert_int_equal(MEOWER_STORE_DELETE, 2);
    assert_int_equal(MEOWER_STORE_CHECKPOINT, 3);
    assert_int_equal(MEOWER_STORE_LEASE, 4);
    assert_int_equal(MEOWER_OPEN_TO_LOOK, 1);
    assert_int_equal(MEOWER_STORE_EXCLUSIVE, 1);
    assert_int_equal(MEOWER_STORE_LOOKS, 2);
    assert_int_equal(MEOWER_SEARCH_LOOKS, 2);
    assert_int_equal(MEOWER_BUS_PROCESS_LOCAL, 1);
    assert_int_equal(MEOWER_SEARCH_EXCLUSIVE, 1);
    assert_int_equal(MEOWER_BACKEND_ABI, 4);
    assert_int_equal(MEOWER_EPOCH_SIZE, 17);
}

/* A member in what was padding before would not be known by the size. */
static void structs_that_say_their_size_end_with_a_member(void **state)
{
    (void)state;
    if (sizeof(void *) != 8) {
        skip();
    }
    assert_int_equal(sizeof(meower_list), offsetof(meower_list, label_count) + sizeof(size_t));
    assert_int_equal(sizeof(meower_search), offsetof(meower_search, label_count) + sizeof(size_t));
    assert_int_equal(sizeof(meower_follow), offsetof(meower_follow, text_len) + sizeof(size_t));
    assert_int_equal(sizeof(meower_post), offsetof(meower_post, label_count) + sizeof(size_t));
    assert_int_equal(sizeof(meower_command_result), offsetof(meower_command_result, flags) + sizeof(uint32_t));
    assert_int_equal(sizeof(meower_health), offsetof(meower_health, reason) + 500);
    assert_int_equal(sizeof(meower_metric), offsetof(meower_metric, value) + sizeof(double));
    assert_int_equal(sizeof(meower_rebuild), offsetof(meower_rebuild, reason) + 500);
    assert_int_equal(sizeof(meower_check_totals), offsetof(meower_check_totals, findings) + sizeof(uint64_t));
}

static void initialisers_say_the_size_and_the_usual_page(void **state)
{
    meower_list list = MEOWER_LIST_INIT;
    meower_search search = MEOWER_SEARCH_INIT;
    meower_follow follow = MEOWER_FOLLOW_INIT;
    meower_post post = MEOWER_POST_INIT;
    meower_command_result result = MEOWER_COMMAND_RESULT_INIT;
    meower_health health = MEOWER_HEALTH_INIT;
    meower_metric metric = MEOWER_METRIC_INIT;
    meower_rebuild rebuild = MEOWER_REBUILD_INIT;
    meower_check_totals totals = MEOWER_CHECK_TOTALS_INIT;

    (void)state;
    assert_int_equal(list.struct_size, sizeof(meower_list));
    assert_int_equal(search.struct_size, sizeof(meower_search));
    assert_int_equal(follow.struct_size, sizeof(meower_follow));
    assert_int_equal(post.struct_size, sizeof(meower_post));
    assert_int_equal(result.struct_size, sizeof(meower_command_result));
    assert_int_equal(health.struct_size, sizeof(meower_health));
    assert_int_equal(metric.struct_size, sizeof(meower_metric));
    assert_int_equal(rebuild.struct_size, sizeof(meower_rebuild));
    assert_int_equal(totals.struct_size, sizeof(meower_check_totals));
    assert_int_equal(list.take, MEOWER_TAKE_DEFAULT);
    assert_int_equal(search.take, MEOWER_TAKE_DEFAULT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(structs_keep_their_sizes),
        cmocka_unit_test(structs_that_may_grow_do_not_shrink),
        cmocka_unit_test(constants_keep_their_numbers),
        cmocka_unit_test(structs_that_say_their_size_end_with_a_member),
        cmocka_unit_test(initialisers_say_the_size_and_the_usual_page),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
