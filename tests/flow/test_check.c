/* test_check.c - checking a feed while it is worked on, and what the API gives. That each kind of damage is found is
 * shown by tests/http/test_meowctl_maintenance.py on files, and by tests/unit/test_check_postgresql_elasticsearch.c on
 * servers. */
#include "flow/support.h"
#include "port/schemes.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define LONG_FEED 2500 /* meows */

struct place {
    char folder[40];
    char store[80];
    char search[80];
    meower_options *options;
};

static int set_up(void **state)
{
    struct place *place = calloc(1, sizeof(*place));

    assert_non_null(place);
    snprintf(place->folder, sizeof(place->folder), "/tmp/meower-check-XXXXXX");
    assert_non_null(mkdtemp(place->folder));
    snprintf(place->store, sizeof(place->store), "sqlite:%s/feed.db", place->folder);
    snprintf(place->search, sizeof(place->search), "index:%s/search", place->folder);
    assert_int_equal(meower_options_new(&place->options, NULL), MEOWER_OK);
    assert_int_equal(meower_options_set(place->options, "store", place->store, NULL), MEOWER_OK);
    assert_int_equal(meower_options_set(place->options, "search", place->search, NULL), MEOWER_OK);
    *state = place;
    return 0;
}

static int tear_down(void **state)
{
    struct place *place = *state;

    meower_options_free(place->options);
    remove_tree(place->folder);
    free(place);
    return 0;
}

struct writer_thread {
    meower_feed *feed;
    atomic_bool is_over;
};

/* Posts and deletes, each meow a moment later. */
static void *keep_writing(void *context)
{
    struct writer_thread *thread = context;
    meower_command *command;
    meower_command_result results[8] = {MEOWER_COMMAND_RESULT_INIT};

    if (meower_command_open(thread->feed, &command, NULL) != MEOWER_OK) {
        return NULL;
    }
    for (unsigned i = 0; !atomic_load(&thread->is_over); i++) {
        if (i >= 8 && i % 2 == 0) {
            (void)meower_command_delete(command, results[i % 8].id, PATIENCE_MS, NULL, NULL);
        }
        (void)meower_command_post(command, "come and go", 11, NULL, PATIENCE_MS, &results[i % 8], NULL);
    }
    meower_command_close(command);
    return NULL;
}

/* A new index is begun anew when it meets its store: waits until that is over. */
static void make_index(meower_feed *feed)
{
    meower_command *command = command_open(feed);
    meower_query *query = query_open(feed);
    meower_search wanted = MEOWER_SEARCH_INIT;
    meower_command_result posted = post(command, "the first");
    meower_page *page;

    wanted.text = "first";
    wanted.text_len = 5;
    wanted.cursor = posted.cursor;
    assert_int_equal(meower_query_search(query, &wanted, PATIENCE_MS, &page, NULL), MEOWER_OK);
    meower_page_free(page);
    meower_query_close(query);
    meower_command_close(command);
}

/* Checks once: there is nothing wrong. */
static meower_check_totals check_sound(const struct place *place)
{
    meower_check *check;
    meower_check_totals totals = MEOWER_CHECK_TOTALS_INIT;
    meower_error error;

    if (meower_check_run(place->options, &check, &error) != MEOWER_OK) {
        fail_msg("%s", error.message);
    }
    assert_int_equal(meower_check_read_totals(check, &totals, NULL), MEOWER_OK);
    if (totals.findings > 0) {
        const meower_finding *finding = meower_check_finding(check, 0);
        fail_msg("%llu findings, the first at %llu: %s %s", (unsigned long long)totals.findings,
                 (unsigned long long)finding->position, finding->id, finding->text);
    }
    meower_check_free(check);
    return totals;
}

static void what_is_written_meanwhile_is_no_damage(void **state)
{
    struct place *place = *state;
    meower_feed *feed = feed_open(&(struct parts){0}, OPTIONS("store", place->store, "search", place->search));
    struct writer_thread writer = {.feed = feed};
    pthread_t thread;
    uint64_t head = 0;

    make_index(feed);
    assert_int_equal(pthread_create(&thread, NULL, keep_writing, &writer), 0);
    for (int round = 0; round < 30 || head < 100; round++) {
        meower_check_totals totals = check_sound(place);
        assert_true(totals.head >= head);
        head = totals.head;
    }
    atomic_store(&writer.is_over, true);
    pthread_join(thread, NULL);
    feed_close(feed);
}

/* Of more events, and more documents, than are compared at once. */
static void a_long_feed_is_checked_to_its_end(void **state)
{
    struct place *place = *state;
    meower_feed *feed = feed_open(&(struct parts){0}, OPTIONS("store", place->store, "search", place->search));
    meower_command *command = command_open(feed);
    meower_post *posts = calloc(LONG_FEED, sizeof(*posts));
    meower_check *check;
    meower_check_totals totals = MEOWER_CHECK_TOTALS_INIT;
    meower_error error;

    assert_non_null(posts);
    for (size_t i = 0; i < LONG_FEED; i++) {
        posts[i] = (meower_post){.struct_size = sizeof(meower_post), .body = "one of many", .body_len = 11};
    }
    assert_int_equal(meower_command_submit_posts(command, posts, LONG_FEED, NULL), MEOWER_OK);
    free(posts);
    meower_command_close(command);
    make_index(feed); /* posts one more, when all others are there */
    feed_close(feed);
    if (meower_check_run(place->options, &check, &error) != MEOWER_OK) {
        fail_msg("%s", error.message);
    }
    assert_int_equal(meower_check_read_totals(check, &totals, NULL), MEOWER_OK);
    assert_int_equal(totals.findings, 0);
    assert_int_equal(totals.head, LONG_FEED + 1);
    assert_int_equal(totals.meows, LONG_FEED + 1);
    assert_int_equal(totals.documents, LONG_FEED + 1);
    meower_check_free(check);
}

#define OLD_MEOWS 300

struct deleting_thread {
    meower_feed *feed;
    meower_command_result *posted;
    atomic_bool is_over;
};

static void *delete_old_ones(void *context)
{
    struct deleting_thread *thread = context;
    meower_command *command;

    if (meower_command_open(thread->feed, &command, NULL) == MEOWER_OK) {
        for (size_t i = 0; i < OLD_MEOWS; i++) {
            (void)meower_command_delete(command, thread->posted[i].id, PATIENCE_MS, NULL, NULL);
        }
        meower_command_close(command);
    }
    atomic_store(&thread->is_over, true);
    return NULL;
}

/* Each deletion has the index's file replaced by another one. */
static void an_index_whose_files_are_replaced_meanwhile_is_not_damaged(void **state)
{
    struct place *place = *state;
    meower_command_result *posted = calloc(OLD_MEOWS, sizeof(*posted));
    meower_feed *feed = feed_open(&(struct parts){0}, OPTIONS("store", place->store, "search", place->search));
    meower_command *command = command_open(feed);
    pthread_t thread;

    assert_non_null(posted);
    for (size_t i = 0; i < OLD_MEOWS; i++) {
        posted[i] = post(command, "an old one");
    }
    meower_command_close(command);
    feed_close(feed);
    feed = feed_open(&(struct parts){0}, OPTIONS("store", place->store, "search", place->search));
    struct deleting_thread deleting = {.feed = feed, .posted = posted};
    assert_int_equal(pthread_create(&thread, NULL, delete_old_ones, &deleting), 0);
    while (!atomic_load(&deleting.is_over)) {
        (void)check_sound(place);
    }
    pthread_join(thread, NULL);
    feed_close(feed);
    free(posted);
    meower_check_totals totals = check_sound(place);
    assert_int_equal(totals.head, 2 * OLD_MEOWS);
    assert_int_equal(totals.index_position, 2 * OLD_MEOWS);
    assert_int_equal(totals.documents, 0);
}

/* An instance keeps its newest documents in memory until they are enough for a file. */
static void documents_that_are_in_no_file_yet_are_not_missing(void **state)
{
    struct place *place = *state;
    meower_feed *feed = feed_open(&(struct parts){0}, OPTIONS("store", place->store, "search", place->search));
    meower_check_totals totals = MEOWER_CHECK_TOTALS_INIT;

    make_index(feed);
    totals = check_sound(place);
    assert_int_equal(totals.head, 1);
    assert_int_equal(totals.documents, 0);
    assert_int_equal(totals.index_position, 0);
    feed_close(feed);
    totals = check_sound(place);
    assert_int_equal(totals.documents, 1);
    assert_int_equal(totals.index_position, 1);
}

static void a_finding_says_what_where_and_of_which_meow(void **state)
{
    struct place *place = *state;
    meower_feed *feed = feed_open(&(struct parts){0}, OPTIONS("store", place->store, "search", place->search));
    meower_command *command = command_open(feed);
    meower_command_result posted = post(command, "to be lost");
    meower_check *check;
    meower_check_totals totals = MEOWER_CHECK_TOTALS_INIT;
    char shell[200];

    meower_command_close(command);
    feed_close(feed);
    snprintf(shell, sizeof(shell), "sqlite3 '%s' 'DELETE FROM meows'", place->store + strlen("sqlite:"));
    if (system(shell) != 0) {
        skip(); /* no sqlite3 program here */
    }
    assert_int_equal(meower_check_run(place->options, &check, NULL), MEOWER_OK);
    assert_int_equal(meower_check_read_totals(check, &totals, NULL), MEOWER_OK);
    assert_int_equal(totals.findings, 1);
    const meower_finding *finding = meower_check_finding(check, 0);
    assert_non_null(finding);
    assert_int_equal(finding->kind, MEOWER_FINDING_MEOW_MISSING);
    assert_int_equal(finding->position, 1);
    assert_string_equal(finding->id, posted.id);
    assert_true(strlen(finding->text) > 0);
    assert_null(meower_check_finding(check, 1));
    meower_check_free(check);
}

/* ---- a store whose lists leave a meow out ------------------------------------------------------------------------ */

static char left_out[MEOWER_ID_SIZE];

struct leaving_out {
    meower_row_sink sink; /* first: the row function casts back */
    meower_row_sink *rows;
};

static int pass_on(meower_row_sink *sink, const meower_row *row)
{
    meower_row_sink *rows = ((struct leaving_out *)sink)->rows;
    return strcmp(row->id, left_out) == 0 ? MEOWER_OK : rows->row(rows, row);
}

static int list_but_one(void *store, unsigned lane, const meower_range *range, meower_row_sink *sink,
                        meower_error *error)
{
    struct leaving_out leaving_out = {{pass_on}, sink};
    return sqlite_store.list(store, lane, range, &leaving_out.sink, error);
}

static void a_meow_that_is_in_no_list_is_named(void **state)
{
    struct place *place = *state;
    meower_feed *feed = feed_open(&(struct parts){0}, OPTIONS("store", place->store, "search", place->search));
    meower_command *command = command_open(feed);
    meower_store_vtable table = sqlite_store;
    meower_check *check;
    meower_check_totals totals = MEOWER_CHECK_TOTALS_INIT;
    char url[100];

    post(command, "first");
    memcpy(left_out, post(command, "second").id, sizeof(left_out));
    meower_command_close(command);
    feed_close(feed);
    table.scheme = "forgetful";
    table.list = list_but_one;
    snprintf(url, sizeof(url), "forgetful:%s", place->store + strlen("sqlite:"));
    assert_int_equal(meower_options_add_store(place->options, &table, NULL, NULL), MEOWER_OK);
    assert_int_equal(meower_options_set(place->options, "store", url, NULL), MEOWER_OK);
    assert_int_equal(meower_check_run(place->options, &check, NULL), MEOWER_OK);
    assert_int_equal(meower_check_read_totals(check, &totals, NULL), MEOWER_OK);
    assert_int_equal(totals.findings, 1);
    assert_int_equal(meower_check_finding(check, 0)->kind, MEOWER_FINDING_MEOW_MISSING);
    assert_int_equal(meower_check_finding(check, 0)->position, 2);
    assert_string_equal(meower_check_finding(check, 0)->id, left_out);
    meower_check_free(check);
}

static void what_cannot_be_checked_is_refused(void **state)
{
    struct place *place = *state;
    meower_check *check;
    meower_check_totals totals = MEOWER_CHECK_TOTALS_INIT;
    meower_error error;

    assert_int_equal(meower_check_run(place->options, &check, &error), MEOWER_ERROR_NOT_FOUND);
    assert_int_equal(meower_options_set(place->options, "store", "memory:", NULL), MEOWER_OK);
    assert_int_equal(meower_check_run(place->options, &check, &error), MEOWER_ERROR_UNSUPPORTED);
    assert_non_null(strstr(error.message, "memory:"));
    assert_int_equal(error.backend_code, 0);
    assert_int_equal(error.flags, 0);
    assert_int_equal(meower_check_run(NULL, &check, &error), MEOWER_ERROR_INVALID);
    assert_int_equal(meower_check_run(place->options, NULL, &error), MEOWER_ERROR_INVALID);
    assert_int_equal(meower_check_read_totals(NULL, &totals, NULL), MEOWER_ERROR_INVALID);
    assert_null(meower_check_finding(NULL, 0));
    meower_check_free(NULL);
}

#define WITH_PLACE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_PLACE(what_is_written_meanwhile_is_no_damage),
        WITH_PLACE(a_long_feed_is_checked_to_its_end),
        WITH_PLACE(an_index_whose_files_are_replaced_meanwhile_is_not_damaged),
        WITH_PLACE(documents_that_are_in_no_file_yet_are_not_missing),
        WITH_PLACE(a_finding_says_what_where_and_of_which_meow),
        WITH_PLACE(a_meow_that_is_in_no_list_is_named),
        WITH_PLACE(what_cannot_be_checked_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
