/* test_index_merge_job.c - segments that are merged piece by piece while the index goes on, and when that is done. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "search/index/indexer.h"
#include "search/index/lexicon.h"
#include "search/index/look.h"
#include "unit/index_fixture.h"
#include <dirent.h>
#include <unistd.h>

#define EPOCH         "0123456789abcdef"
#define IDLE_MERGE_US 200000
#define BATCH         4096

struct fixture {
    char folder[64];
    meower_error error;
    struct index_files files;
    pthread_mutex_t mutex;
    struct indexer indexer;
    int64_t now_us;
};

static int set_up(void **state)
{
    struct fixture *fixture = calloc(1, sizeof(*fixture));

    assert_non_null(fixture);
    snprintf(fixture->folder, sizeof(fixture->folder), "/tmp/meower-merge-XXXXXX");
    assert_non_null(mkdtemp(fixture->folder));
    assert_int_equal(pthread_mutex_init(&fixture->mutex, NULL), 0);
    fixture->now_us = 10 * IDLE_MERGE_US;
    *state = fixture;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *fixture = *state;
    char command[100];

    indexer_stop(&fixture->indexer);
    view_release(fixture->indexer.view);
    index_files_close(&fixture->files);
    snprintf(command, sizeof(command), "rm -r '%s'", fixture->folder);
    assert_int_equal(system(command), 0);
    pthread_mutex_destroy(&fixture->mutex);
    free(fixture);
    return 0;
}

static void start(struct fixture *fixture, const char *location)
{
    struct vocabulary *vocabulary = vocabulary_new();

    assert_non_null(vocabulary);
    fixture->indexer = (struct indexer){.files = &fixture->files, .mutex = &fixture->mutex};
    assert_int_equal(index_files_open(&fixture->files, location, &fixture->error), MEOWER_OK);
    fixture->indexer.view = view_new(0, vocabulary);
    assert_non_null(fixture->indexer.view);
    vocabulary_release(vocabulary);
}

/* Applies `count` changes from number `first` on, in one batch: "all wN", or the deletion of that. */
static void apply(struct fixture *fixture, uint64_t first, size_t count, bool deletes)
{
    struct meower_search_document *documents = calloc(count, sizeof(*documents));
    char(*ids)[MEOWER_ID_SIZE] = calloc(count, sizeof(*ids));
    char(*words)[32] = calloc(count, sizeof(*words));
    meower_search_info info = {.epoch = EPOCH, .position = fixture->indexer.info.position + count};

    assert_true(documents != NULL && ids != NULL && words != NULL);
    for (size_t i = 0; i < count; i++) {
        unsigned char id[KSUID_BYTES];
        index_id(first + i, id);
        ksuid_format(id, ids[i]);
        snprintf(words[i], sizeof(words[i]), "all w%u", (unsigned)(first + i));
        documents[i] = (meower_search_document){.position = fixture->indexer.info.position + i + 1, .id = ids[i]};
        if (!deletes) {
            documents[i].words = words[i];
            documents[i].words_len = strlen(words[i]);
        }
    }
    assert_int_equal(indexer_apply(&fixture->indexer, documents, count, &info, fixture->now_us, &fixture->error),
                     MEOWER_OK);
    free(documents);
    free(ids);
    free(words);
}

/* `applied` as indexer_tend() takes it. */
static void tend(struct fixture *fixture, size_t applied)
{
    assert_int_equal(indexer_tend(&fixture->indexer, fixture->now_us, applied, NULL, &fixture->error), MEOWER_OK);
}

static int failed_text(meower_text_sink *sink, const char *text)
{
    (void)sink;
    fail_msg("%s", text);
    return MEOWER_OK;
}

static void inspect(struct fixture *fixture)
{
    meower_text_sink sink = {failed_text};

    assert_int_equal(look_inspect(fixture->indexer.view, &sink), MEOWER_OK);
}

/* How many documents that are not deleted have the word. */
static unsigned count_word(const struct fixture *fixture, const char *word)
{
    unsigned count = 0;

    for (size_t i = 0; i < fixture->indexer.view->count; i++) {
        const struct view_part *part = &fixture->indexer.view->parts[i];
        struct postings postings;
        struct cursor cursor;
        if (!lexicon_find(part->segment, word, strlen(word), &postings)) {
            continue;
        }
        for (cursor_init(&cursor, postings); cursor_age(&cursor) != SEGMENT_NO_AGE; cursor_next(&cursor)) {
            count += part_is_deleted(part, cursor_age(&cursor)) ? 0 : 1;
        }
    }
    return count;
}

/* Goes on as if nothing were to be indexed. Returns how many pieces it took. */
static unsigned finish(struct fixture *fixture)
{
    unsigned pieces = 0;

    for (; fixture->indexer.job != NULL; pieces++) {
        tend(fixture, 0);
    }
    return pieces;
}

/* Until a large merge is on its way. */
static void begin_large_merge(struct fixture *fixture, const char *location)
{
    start(fixture, location);
    apply(fixture, 1, 5 * BATCH, false); /* of one size with those that follow */
    tend(fixture, 1);
    for (uint64_t i = 5; i < 12; i++) {
        apply(fixture, 1 + i * BATCH, BATCH, false);
        tend(fixture, 1);
    }
}

static void a_large_merge_is_done_in_pieces(void **state)
{
    struct fixture *fixture = *state;

    begin_large_merge(fixture, "");
    assert_non_null(fixture->indexer.job);
    assert_int_equal(indexer_wait_us(&fixture->indexer, fixture->now_us), 1);
    assert_int_equal(fixture->indexer.view->count, 8);
    assert_true(finish(fixture) > 1);
    assert_int_equal(fixture->indexer.view->count, 1);
    assert_int_equal(view_documents(fixture->indexer.view), 12 * BATCH);
    assert_int_equal(count_word(fixture, "all"), 12 * BATCH);
    inspect(fixture);
}

static void what_is_indexed_meanwhile_is_found_and_stays(void **state)
{
    struct fixture *fixture = *state;

    begin_large_merge(fixture, "");
    for (unsigned i = 0; i < 20; i++) {
        apply(fixture, 1 + 12 * BATCH + i, 1, false);
        tend(fixture, 1);
        assert_non_null(fixture->indexer.job);
        assert_int_equal(count_word(fixture, "all"), 12 * BATCH + i + 1);
    }
    finish(fixture);
    assert_int_equal(count_word(fixture, "all"), 12 * BATCH + 20);
    inspect(fixture);
}

static void what_is_deleted_meanwhile_is_gone_from_the_merged_segment(void **state)
{
    struct fixture *fixture = *state;

    begin_large_merge(fixture, "");
    apply(fixture, 17, 1, true);
    apply(fixture, 5 * BATCH + 3, 2, true);
    tend(fixture, 1);
    assert_non_null(fixture->indexer.job);
    assert_int_equal(count_word(fixture, "w17"), 0);
    finish(fixture);
    assert_int_equal(fixture->indexer.view->count, 1);
    assert_int_equal(view_documents(fixture->indexer.view), 12 * BATCH - 3);
    assert_int_equal(count_word(fixture, "w17"), 0);
    assert_int_equal(count_word(fixture, "w18"), 1);
    assert_int_equal(count_word(fixture, "all"), 12 * BATCH - 3);
    inspect(fixture);
}

static void a_large_segment_leaves_what_is_deleted_in_pieces_too(void **state)
{
    struct fixture *fixture = *state;

    begin_large_merge(fixture, "");
    finish(fixture);
    apply(fixture, 17, 1, true);
    fixture->now_us += 20000000;
    tend(fixture, 1);
    assert_non_null(fixture->indexer.job);
    assert_true(finish(fixture) > 1);
    assert_int_equal(part_deleted(&fixture->indexer.view->parts[0]), 0);
    tend(fixture, 0);
    assert_int_equal(indexer_wait_us(&fixture->indexer, fixture->now_us), 0);
    assert_int_equal(count_word(fixture, "all"), 12 * BATCH - 1);
    inspect(fixture);
}

/* Segments' files in the folder. */
static unsigned count_files(const struct fixture *fixture)
{
    DIR *names = opendir(fixture->folder);
    unsigned count = 0;

    assert_non_null(names);
    for (struct dirent *entry; (entry = readdir(names)) != NULL;) {
        count += strstr(entry->d_name, ".segment") != NULL ? 1 : 0;
    }
    closedir(names);
    return count;
}

static void an_unfinished_file_stays_until_it_is_named_or_given_up(void **state)
{
    struct fixture *fixture = *state;

    begin_large_merge(fixture, fixture->folder);
    assert_non_null(fixture->indexer.job);
    assert_int_equal(count_files(fixture), 9);
    assert_int_equal(indexer_save(&fixture->indexer, NULL, &fixture->error), MEOWER_OK); /* removes what is not named */
    assert_int_equal(count_files(fixture), 9);
    indexer_stop(&fixture->indexer);
    assert_int_equal(count_files(fixture), 8);
    tend(fixture, 1);
    finish(fixture);
    assert_int_equal(count_files(fixture), 1);
    assert_int_equal(count_word(fixture, "all"), 12 * BATCH);
    inspect(fixture);
}

static void where_nothing_is_to_be_indexed_two_of_one_size_become_one(void **state)
{
    struct fixture *fixture = *state;

    start(fixture, "");
    apply(fixture, 1, 1, false);
    tend(fixture, 0);
    assert_int_equal(indexer_wait_us(&fixture->indexer, fixture->now_us), 0);
    apply(fixture, 2, 1, false);
    tend(fixture, 1);
    assert_int_equal(fixture->indexer.view->count, 2);
    assert_int_equal(indexer_wait_us(&fixture->indexer, fixture->now_us), IDLE_MERGE_US);
    fixture->now_us += IDLE_MERGE_US - 1;
    tend(fixture, 0);
    assert_int_equal(fixture->indexer.view->count, 2);
    fixture->now_us += 1;
    tend(fixture, 0);
    assert_int_equal(fixture->indexer.view->count, 1);
    assert_int_equal(indexer_wait_us(&fixture->indexer, fixture->now_us), 0);
    inspect(fixture);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_large_merge_is_done_in_pieces, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_is_indexed_meanwhile_is_found_and_stays, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_is_deleted_meanwhile_is_gone_from_the_merged_segment, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_large_segment_leaves_what_is_deleted_in_pieces_too, set_up, tear_down),
        cmocka_unit_test_setup_teardown(an_unfinished_file_stays_until_it_is_named_or_given_up, set_up, tear_down),
        cmocka_unit_test_setup_teardown(where_nothing_is_to_be_indexed_two_of_one_size_become_one, set_up, tear_down),
    };
    return cmocka_run_group_tests_name("index_merge_job", tests, NULL, NULL);
}
