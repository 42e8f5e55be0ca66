/* test_index_indexer.c - the writer of an index: what batches do, how segments stay few, when deleted documents leave,
 * and what a process that is killed leaves behind. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/ranking.h"
#include "port/schemes.h"
#include "search/index/indexer.h"
#include "search/index/lexicon.h"
#include "search/index/look.h"
#include "search/index/manifest.h"
#include "unit/index_fixture.h"
#include <stdatomic.h>
#include <sys/stat.h>
#include <unistd.h>

#define EPOCH       "0123456789abcdef"
#define PURGE_US    20000000 /* after so long a deleted document leaves in any case */
#define BEGIN_US    1000
#define MERGE_COUNT 8

static int failed_text(meower_text_sink *sink, const char *text)
{
    (void)sink;
    fail_msg("%s", text);
    return MEOWER_OK;
}

/* What an index is must be sound at any time. */
static void inspect(const struct view *view)
{
    meower_text_sink sink = {failed_text};

    assert_int_equal(look_inspect(view, &sink), MEOWER_OK);
}

/* ---- an indexer in memory, or in files -------------------------------------------------------------------------- */

struct fixture {
    char folder[64];
    char path[96];
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
    snprintf(fixture->folder, sizeof(fixture->folder), "/tmp/meower-indexer-XXXXXX");
    assert_non_null(mkdtemp(fixture->folder));
    snprintf(fixture->path, sizeof(fixture->path), "%s/index", fixture->folder);
    assert_int_equal(pthread_mutex_init(&fixture->mutex, NULL), 0);
    fixture->now_us = BEGIN_US;
    fixture->files.directory = -1;
    fixture->files.lock = -1;
    *state = fixture;
    return 0;
}

static void shut(struct fixture *fixture)
{
    view_release(fixture->indexer.view);
    fixture->indexer.view = NULL;
    index_files_close(&fixture->files);
}

static int tear_down(void **state)
{
    struct fixture *fixture = *state;
    char command[100];

    shut(fixture);
    snprintf(command, sizeof(command), "rm -r '%s'", fixture->folder);
    assert_int_equal(system(command), 0);
    pthread_mutex_destroy(&fixture->mutex);
    free(fixture);
    return 0;
}

/* Opens the index at this path; "": in memory. */
static void start(struct fixture *fixture, const char *path)
{
    fixture->indexer = (struct indexer){.files = &fixture->files, .mutex = &fixture->mutex};
    assert_int_equal(index_files_open(&fixture->files, path, &fixture->error), MEOWER_OK);
    struct vocabulary *vocabulary = vocabulary_new();
    assert_non_null(vocabulary);
    assert_int_equal(
        manifest_load(&fixture->files, vocabulary, &fixture->indexer.view, &fixture->indexer.info, &fixture->error),
        MEOWER_OK);
    vocabulary_release(vocabulary);
    index_files_clean(&fixture->files, fixture->indexer.view, NULL);
}

/* A change as it comes from the store. */
struct change {
    char id[MEOWER_ID_SIZE];
    char words[INDEX_TEXT_SIZE];
};

static void write_id(uint64_t number, char id[MEOWER_ID_SIZE])
{
    unsigned char bytes[KSUID_BYTES];

    index_id(number, bytes);
    ksuid_format(bytes, id);
}

/* Applies one change at the next position: a document with this number and these words, or its deletion. */
static void apply(struct fixture *fixture, uint64_t number, const char *words)
{
    char id[MEOWER_ID_SIZE];
    meower_search_info info = {.epoch = EPOCH, .position = fixture->indexer.info.position + 1};
    const meower_search_document document = {
        .position = info.position, .id = id, .words = words, .words_len = words == NULL ? 0 : strlen(words)};

    write_id(number, id);
    assert_int_equal(indexer_apply(&fixture->indexer, &document, 1, &info, fixture->now_us, &fixture->error),
                     MEOWER_OK);
}

static void tend(struct fixture *fixture)
{
    assert_int_equal(indexer_tend(&fixture->indexer, fixture->now_us, 1, NULL, &fixture->error), MEOWER_OK);
}

/* Applies `count` documents "all wN" with numbers from `first` on, in one batch, and tends the index. */
static void apply_many(struct fixture *fixture, uint64_t first, size_t count)
{
    struct change *changes = calloc(count, sizeof(*changes));
    meower_search_document *documents = calloc(count, sizeof(*documents));
    meower_search_info info = {.epoch = EPOCH, .position = fixture->indexer.info.position + count};

    assert_non_null(changes);
    assert_non_null(documents);
    for (size_t i = 0; i < count; i++) {
        write_id(first + i, changes[i].id);
        int len = snprintf(changes[i].words, sizeof(changes[i].words), "all w%u", (unsigned)(first + i));
        documents[i] = (meower_search_document){.position = fixture->indexer.info.position + 1 + i,
                                                .id = changes[i].id,
                                                .words = changes[i].words,
                                                .words_len = (size_t)len};
    }
    assert_int_equal(indexer_apply(&fixture->indexer, documents, count, &info, fixture->now_us, &fixture->error),
                     MEOWER_OK);
    free(documents);
    free(changes);
    tend(fixture);
}

/* How many documents have the word, the deleted ones that have not left yet among them. */
static uint64_t count_word(const struct fixture *fixture, const char *word)
{
    uint64_t count = 0;

    for (size_t i = 0; i < fixture->indexer.view->count; i++) {
        struct postings postings;
        if (lexicon_find(fixture->indexer.view->parts[i].segment, word, strlen(word), &postings)) {
            count += postings.count;
        }
    }
    return count;
}

static size_t count_files(const struct fixture *fixture)
{
    size_t count = 0;

    for (size_t i = 0; i < fixture->indexer.view->count; i++) {
        count += fixture->indexer.view->parts[i].segment->number != 0 ? 1 : 0;
    }
    return count;
}

/* ---- applying --------------------------------------------------------------------------------------------------- */

static void a_batch_becomes_documents_and_the_index_says_how_far_it_is(void **state)
{
    struct fixture *fixture = *state;

    start(fixture, "");
    apply(fixture, 1, "black cat");
    apply(fixture, 2, "black dog");
    assert_int_equal(view_documents(fixture->indexer.view), 2);
    assert_int_equal(count_word(fixture, "black"), 2);
    assert_int_equal(count_word(fixture, "cat"), 1);
    assert_int_equal(fixture->indexer.info.position, 2);
    assert_string_equal(fixture->indexer.info.epoch, EPOCH);
    assert_true(vocabulary_has(fixture->indexer.view->vocabulary, "cat", 3));
    assert_false(vocabulary_has(fixture->indexer.view->vocabulary, "bird", 4));
}

static void a_batch_that_comes_again_changes_nothing(void **state)
{
    struct fixture *fixture = *state;

    start(fixture, "");
    apply_many(fixture, 1, 10);
    fixture->indexer.info.position = 10;
    const meower_search_info info = {.epoch = EPOCH, .position = 4};
    char id[MEOWER_ID_SIZE];
    const meower_search_document document = {.position = 4, .id = id, .words = "again", .words_len = 5};
    write_id(4, id);
    assert_int_equal(indexer_apply(&fixture->indexer, &document, 1, &info, BEGIN_US, &fixture->error), MEOWER_OK);
    assert_int_equal(count_word(fixture, "again"), 0);
    const meower_search_info last = {.epoch = EPOCH, .position = 10};
    const meower_search_document document_of_last = {.position = 10, .id = id, .words = "again", .words_len = 5};
    write_id(10, id);
    assert_int_equal(indexer_apply(&fixture->indexer, &document_of_last, 1, &last, BEGIN_US, &fixture->error),
                     MEOWER_OK);
    assert_int_equal(view_documents(fixture->indexer.view), 10);
    assert_int_equal(count_word(fixture, "again"), 0);
    assert_int_equal(fixture->indexer.info.position, 10);
}

static void the_same_id_again_takes_the_place_of_the_first(void **state)
{
    struct fixture *fixture = *state;

    start(fixture, "");
    apply(fixture, 1, "black cat");
    apply(fixture, 1, "white cat");
    tend(fixture);
    assert_int_equal(view_documents(fixture->indexer.view), 1);
    assert_int_equal(count_word(fixture, "black"), 0);
    assert_int_equal(count_word(fixture, "white"), 1);
}

static void what_comes_and_goes_in_one_batch_is_not_there(void **state)
{
    struct fixture *fixture = *state;
    char ids[2][MEOWER_ID_SIZE];
    const meower_search_info info = {.epoch = EPOCH, .position = 4};
    const meower_search_document documents[] = {
        {.position = 1, .id = ids[0], .words = "black", .words_len = 5},
        {.position = 2, .id = ids[1], .words = "white", .words_len = 5},
        {.position = 3, .id = ids[0]},
        {.position = 4, .id = ids[1], .words = "grey", .words_len = 4},
    };

    start(fixture, "");
    write_id(1, ids[0]);
    write_id(2, ids[1]);
    assert_int_equal(indexer_apply(&fixture->indexer, documents, 4, &info, BEGIN_US, &fixture->error), MEOWER_OK);
    assert_int_equal(view_documents(fixture->indexer.view), 1);
    assert_int_equal(count_word(fixture, "grey"), 1);
    assert_int_equal(count_word(fixture, "black") + count_word(fixture, "white"), 0);
}

static void a_batch_with_an_id_that_is_none_changes_nothing(void **state)
{
    struct fixture *fixture = *state;
    char id[MEOWER_ID_SIZE];
    const meower_search_info info = {.epoch = EPOCH, .position = 3};
    const meower_search_document documents[] = {{.position = 2, .id = id},
                                                {.position = 3, .id = "no id", .words = "white", .words_len = 5}};

    start(fixture, "");
    apply(fixture, 1, "black");
    write_id(1, id);
    assert_int_equal(indexer_apply(&fixture->indexer, documents, 2, &info, BEGIN_US, &fixture->error),
                     MEOWER_ERROR_INVALID);
    assert_int_equal(view_documents(fixture->indexer.view), 1);
    assert_int_equal(fixture->indexer.info.position, 1);
}

static void deleting_what_is_not_there_moves_the_position_alone(void **state)
{
    struct fixture *fixture = *state;

    start(fixture, "");
    apply(fixture, 1, "black");
    apply(fixture, 7, NULL);
    tend(fixture);
    assert_int_equal(view_documents(fixture->indexer.view), 1);
    assert_int_equal(fixture->indexer.info.position, 2);
    assert_int_equal(indexer_wait_us(&fixture->indexer, BEGIN_US), 0);
}

/* ---- merging ---------------------------------------------------------------------------------------------------- */

/* Less than MERGE_COUNT of each size, which are powers of MERGE_COUNT. */
static size_t segments_max(size_t documents)
{
    size_t sizes = 1;

    for (; documents >= MERGE_COUNT; documents /= MERGE_COUNT) {
        sizes++;
    }
    return sizes * (MERGE_COUNT - 1);
}

static void segments_stay_few_whatever_the_batches(void **state)
{
    struct fixture *fixture = *state;
    unsigned seed = 1;
    size_t count = 0;

    start(fixture, "");
    for (unsigned round = 0; round < 1500; round++) {
        size_t added = round < 700 ? 1 : 1 + index_random(&seed, index_random(&seed, 20) == 0 ? 300 : 10);
        apply_many(fixture, count + 1, added);
        count += added;
        assert_int_equal(view_documents(fixture->indexer.view), count);
        if (fixture->indexer.view->count > segments_max(count)) {
            fail_msg("%u documents are in %u segments", (unsigned)count, (unsigned)fixture->indexer.view->count);
        }
    }
    assert_int_equal(count_word(fixture, "all"), count);
    inspect(fixture->indexer.view);
}

static void who_searches_keeps_the_view_that_was_there(void **state)
{
    struct fixture *fixture = *state;

    start(fixture, "");
    apply_many(fixture, 1, 3);
    struct view *view = indexer_view(&fixture->indexer);
    for (unsigned i = 0; i < 20; i++) {
        apply_many(fixture, 4 + i, 1);
    }
    apply(fixture, 2, NULL);
    tend(fixture);
    assert_int_equal(view_documents(view), 3);
    assert_int_equal(view_documents(fixture->indexer.view), 22);
    inspect(view);
    view_release(view);
}

#define FILE_BATCHES 4 /* of 1024 documents each: together they go to a file */

static void many_documents_go_to_a_file_and_the_manifest_names_it(void **state)
{
    struct fixture *fixture = *state;

    start(fixture, fixture->path);
    for (unsigned i = 0; i < FILE_BATCHES; i++) {
        assert_int_equal(count_files(fixture), 0);
        apply_many(fixture, 1 + i * 1024, 1024);
    }
    assert_int_equal(count_files(fixture), 1);
    assert_int_equal(fixture->indexer.view->count, 1);
    assert_false(fixture->indexer.has_unsaved);
    apply_many(fixture, 40000, 5);
    shut(fixture); /* as a process that is killed: nothing is flushed */
    start(fixture, fixture->path);
    assert_int_equal(fixture->indexer.info.position, FILE_BATCHES * 1024);
    assert_string_equal(fixture->indexer.info.epoch, EPOCH);
    assert_int_equal(view_documents(fixture->indexer.view), FILE_BATCHES * 1024);
}

static void what_is_built_beside_is_named_by_no_manifest(void **state)
{
    struct fixture *fixture = *state;

    start(fixture, fixture->path);
    fixture->indexer.is_beside = true;
    for (unsigned i = 0; i < FILE_BATCHES; i++) {
        apply_many(fixture, 1 + i * 1024, 1024);
    }
    assert_int_equal(count_files(fixture), 1);
    shut(fixture);
    start(fixture, fixture->path);
    assert_int_equal(fixture->indexer.view->count, 0);
    assert_int_equal(fixture->indexer.info.position, 0);
}

/* ---- deletions -------------------------------------------------------------------------------------------------- */

static void a_deleted_document_leaves_a_small_segment_at_once(void **state)
{
    struct fixture *fixture = *state;

    start(fixture, "");
    apply_many(fixture, 1, 1000);
    apply(fixture, 17, NULL);
    assert_int_equal(view_documents(fixture->indexer.view), 999);
    tend(fixture);
    assert_int_equal(count_word(fixture, "w17"), 0);
    assert_int_equal(count_word(fixture, "all"), 999);
    assert_int_equal(indexer_wait_us(&fixture->indexer, BEGIN_US), 0);
}

static void a_deleted_document_leaves_a_large_segment_after_a_while(void **state)
{
    struct fixture *fixture = *state;

    start(fixture, "");
    apply_many(fixture, 1, 10000);
    apply(fixture, 17, NULL);
    tend(fixture);
    assert_int_equal(view_documents(fixture->indexer.view), 9999);
    assert_int_equal(count_word(fixture, "w17"), 1);
    assert_int_equal(indexer_wait_us(&fixture->indexer, BEGIN_US), PURGE_US);
    assert_int_equal(indexer_wait_us(&fixture->indexer, BEGIN_US + 5), PURGE_US - 5);
    fixture->now_us = BEGIN_US + PURGE_US - 1;
    apply(fixture, 18, NULL); /* a later one does not put it off */
    tend(fixture);
    assert_int_equal(count_word(fixture, "w17"), 1);
    fixture->now_us = BEGIN_US + PURGE_US;
    assert_int_equal(indexer_wait_us(&fixture->indexer, fixture->now_us), 1);
    tend(fixture);
    assert_int_equal(count_word(fixture, "w17"), 0);
    assert_int_equal(count_word(fixture, "w18"), 0);
    assert_int_equal(indexer_wait_us(&fixture->indexer, fixture->now_us), 0);
    inspect(fixture->indexer.view);
}

static void a_large_segment_of_which_half_is_deleted_is_written_anew_at_once(void **state)
{
    struct fixture *fixture = *state;

    start(fixture, "");
    apply_many(fixture, 1, 10000);
    for (unsigned i = 1; i <= 5000; i++) {
        apply(fixture, i, NULL);
    }
    tend(fixture);
    assert_int_equal(count_word(fixture, "w17"), 1);
    apply(fixture, 5001, NULL);
    tend(fixture);
    assert_int_equal(count_word(fixture, "all"), 4999);
}

/* ---- deletions that the manifest names -------------------------------------------------------------------------- */

static int64_t fixed_us;

static int64_t fixed_now_us(void *context)
{
    (void)context;
    return fixed_us;
}

static void index_one(struct fixture *fixture, void *engine, uint64_t position)
{
    char id[MEOWER_ID_SIZE];
    const meower_search_info info = {.epoch = EPOCH, .position = position};
    const meower_search_document document = {.position = position, .id = id, .words = "one", .words_len = 3};

    write_id(position, id);
    assert_int_equal(index_search.index(engine, &document, 1, &info, &fixture->error), MEOWER_OK);
}

static bool has_first_file(const struct fixture *fixture)
{
    char path[120];
    struct stat properties;

    snprintf(path, sizeof(path), "%s/1.segment", fixture->path);
    return stat(path, &properties) == 0;
}

/* The wait begins anew with the opening: nobody knows how long it was before. */
static void what_was_deleted_before_the_opening_leaves_after_a_while(void **state)
{
    const meower_clock clock = {.wall_us = fixed_now_us, .monotonic_us = fixed_now_us};
    struct fixture *fixture = *state;
    meower_backend_config config = {.size = sizeof(config), .location = fixture->path, .lanes = 1, .clock = &clock};
    void *engine;

    start(fixture, fixture->path);
    apply_many(fixture, 1, 10000);
    assert_int_equal(indexer_flush(&fixture->indexer, &fixture->error), MEOWER_OK);
    apply(fixture, 17, NULL);
    assert_int_equal(manifest_save(&fixture->files, fixture->indexer.view, &fixture->indexer.info, &fixture->error),
                     MEOWER_OK);
    shut(fixture);
    fixed_us = BEGIN_US;
    assert_int_equal(index_search.open(&config, &engine, &fixture->error), MEOWER_OK);
    fixed_us = BEGIN_US + PURGE_US - 1;
    index_one(fixture, engine, 10002);
    assert_true(has_first_file(fixture));
    fixed_us = BEGIN_US + PURGE_US;
    index_one(fixture, engine, 10003);
    assert_false(has_first_file(fixture));
    index_search.close(engine);
}

static void a_segment_of_which_all_is_deleted_is_gone(void **state)
{
    struct fixture *fixture = *state;

    start(fixture, fixture->path);
    apply_many(fixture, 1, 3);
    assert_int_equal(indexer_flush(&fixture->indexer, &fixture->error), MEOWER_OK);
    for (unsigned i = 1; i <= 3; i++) {
        apply(fixture, i, NULL);
    }
    tend(fixture);
    assert_int_equal(fixture->indexer.view->count, 0);
    shut(fixture);
    start(fixture, fixture->path);
    assert_int_equal(fixture->indexer.view->count, 0);
    assert_int_equal(fixture->indexer.info.position, 6);
}

/* ---- flushing --------------------------------------------------------------------------------------------------- */

static void flushing_brings_all_into_files_without_what_is_deleted(void **state)
{
    struct fixture *fixture = *state;

    start(fixture, fixture->path);
    apply_many(fixture, 1, 9000);
    assert_int_equal(indexer_flush(&fixture->indexer, &fixture->error), MEOWER_OK);
    apply(fixture, 17, NULL);
    apply_many(fixture, 9001, 50);
    apply(fixture, 9001, NULL);
    assert_int_equal(indexer_flush(&fixture->indexer, &fixture->error), MEOWER_OK);
    assert_int_equal(count_files(fixture), fixture->indexer.view->count);
    assert_int_equal(count_word(fixture, "w17") + count_word(fixture, "w9001"), 0);
    assert_int_equal(count_word(fixture, "all"), 9048);
    assert_int_equal(indexer_wait_us(&fixture->indexer, BEGIN_US), 0);
    shut(fixture);
    start(fixture, fixture->path);
    assert_int_equal(view_documents(fixture->indexer.view), 9048);
    assert_int_equal(fixture->indexer.info.position, 9052);
    inspect(fixture->indexer.view);
}

static void flushing_again_writes_no_segment_anew(void **state)
{
    struct fixture *fixture = *state;

    start(fixture, fixture->path);
    apply_many(fixture, 1, 100);
    assert_int_equal(indexer_flush(&fixture->indexer, &fixture->error), MEOWER_OK);
    uint64_t number = fixture->indexer.view->parts[0].segment->number;
    assert_int_equal(indexer_flush(&fixture->indexer, &fixture->error), MEOWER_OK);
    assert_int_equal(fixture->indexer.view->parts[0].segment->number, number);
}

/* A directory that is gone: nothing can be written. */
static void what_cannot_be_written_leaves_the_index_as_it_was(void **state)
{
    struct fixture *fixture = *state;
    char command[150];

    start(fixture, fixture->path);
    apply_many(fixture, 1, 100);
    snprintf(command, sizeof(command), "rm -r '%s'", fixture->path);
    assert_int_equal(system(command), 0);
    int status = indexer_flush(&fixture->indexer, &fixture->error);
    assert_int_not_equal(status, MEOWER_OK);
    assert_int_equal(fixture->error.code, status);
    assert_int_equal(view_documents(fixture->indexer.view), 100);
    assert_int_equal(count_word(fixture, "all"), 100);
    inspect(fixture->indexer.view);
}

/* ---- histories -------------------------------------------------------------------------------------------------- */

#define EVENTS_MAX 3000

/* An engine, and all that was ever asked of it. Event i has position i + 1. */
struct history {
    struct fixture *fixture;
    void *engine;
    unsigned directory; /* the number of the one that is open */
    struct {
        uint64_t number; /* of the document */
        bool is_deletion;
        char words[INDEX_TEXT_SIZE];
    } events[EVENTS_MAX];
    uint64_t event_count;
    unsigned seed;
};

static void write_path(const struct history *history, unsigned directory, char path[120])
{
    snprintf(path, 120, "%s/%u", history->fixture->folder, directory);
}

static void open_history(struct history *history)
{
    char path[120];
    meower_backend_config config = {.size = sizeof(config), .lanes = 1, .clock = clock_system()};

    write_path(history, history->directory, path);
    config.location = path;
    assert_int_equal(index_search.open(&config, &history->engine, &history->fixture->error), MEOWER_OK);
}

/* Applies events from `first` to `last` - 1 in one batch. */
static void send(struct history *history, uint64_t first, uint64_t last)
{
    static meower_search_document documents[EVENTS_MAX];
    static char ids[EVENTS_MAX][MEOWER_ID_SIZE];
    const meower_search_info info = {.epoch = EPOCH, .position = last};

    for (uint64_t i = first; i < last; i++) {
        write_id(history->events[i].number, ids[i]);
        documents[i] = (meower_search_document){.position = i + 1, .id = ids[i]};
        if (!history->events[i].is_deletion) {
            documents[i].words = history->events[i].words;
            documents[i].words_len = strlen(history->events[i].words);
        }
    }
    assert_int_equal(
        index_search.index(history->engine, documents + first, (size_t)(last - first), &info, &history->fixture->error),
        MEOWER_OK);
}

static uint64_t position_of(struct history *history)
{
    meower_search_info info;

    assert_int_equal(index_search.info(history->engine, &info, &history->fixture->error), MEOWER_OK);
    return info.position;
}

static void add_events(struct history *history)
{
    uint64_t first = history->event_count;
    uint64_t count = 1 + index_random(&history->seed, index_random(&history->seed, 4) == 0 ? 60 : 4);

    for (; count > 0 && history->event_count < EVENTS_MAX; count--) {
        uint64_t i = history->event_count++;
        history->events[i].number = i + 1;
        history->events[i].is_deletion = i > 0 && index_random(&history->seed, 4) == 0;
        if (history->events[i].is_deletion) { /* of one before: perhaps of a deletion, perhaps again */
            history->events[i].number = 1 + index_random(&history->seed, (unsigned)i);
        } else {
            index_random_text(&history->seed, 6, 5, history->events[i].words);
        }
    }
    send(history, first, history->event_count);
}

/* Copies the directory, as it is now, to the next one. */
static void copy_directory(const struct history *history)
{
    char command[300];
    char from[120];
    char to[120];

    write_path(history, history->directory, from);
    write_path(history, history->directory + 1, to);
    snprintf(command, sizeof(command), "cp -r '%s' '%s'", from, to);
    assert_int_equal(system(command), 0);
}

/* A copy of the directory takes the place of the one that is open: the process was killed. */
static void crash(struct history *history)
{
    copy_directory(history);
    index_search.close(history->engine);
    history->directory++;
    open_history(history);
    uint64_t position = position_of(history);
    assert_true(position <= history->event_count);
    while (position < history->event_count) { /* what was lost comes again, in batches of its own */
        uint64_t left = history->event_count - position;
        uint64_t count = 1 + index_random(&history->seed, 200);
        count = count < left ? count : left;
        send(history, position, position + count);
        position += count;
    }
}

struct found {
    meower_hit_sink sink; /* first: the hit function casts back */
    uint64_t positions[EVENTS_MAX];
    size_t count;
};

static int take_hit(meower_hit_sink *sink, const char *id, uint64_t position)
{
    struct found *found = (struct found *)sink;
    char expected[MEOWER_ID_SIZE];

    write_id(position, expected); /* a document's number is its position */
    assert_string_equal(id, expected);
    found->positions[found->count++] = position;
    return MEOWER_OK;
}

static bool is_there(const struct history *history, uint64_t index)
{
    bool is = !history->events[index].is_deletion;

    for (uint64_t i = index + 1; i < history->event_count && is; i++) {
        is = !history->events[i].is_deletion || history->events[i].number != index + 1;
    }
    return is;
}

/* The engine answers as base/ranking.c does. */
static void check_search(struct history *history)
{
    static struct found found;
    static uint32_t order[EVENTS_MAX];
    static uint64_t positions[EVENTS_MAX];
    char text[INDEX_TEXT_SIZE] = "";
    struct match_query query;
    size_t count = 0;

    index_random_text(&history->seed, 3, 5, text);
    if (text[0] == '\0' || index_random(&history->seed, 4) == 0) { /* a run */
        strcat(text, text[0] == '\0' ? "" : " ");
        strcat(text, index_random_character(&history->seed));
        strcat(text, index_random_character(&history->seed));
    }
    assert_int_equal(match_query_init(&query, text, strlen(text)), 0);
    const meower_search_request request = match_request(&query, 0, EVENTS_MAX);
    struct ranking *ranking = ranking_new(&request);
    assert_non_null(ranking);
    for (uint64_t i = history->event_count; i > 0; i--) {
        struct words words;
        if (is_there(history, i - 1)) {
            assert_int_equal(words_split(history->events[i - 1].words, strlen(history->events[i - 1].words), &words),
                             0);
            assert_true(ranking_add(ranking, &words));
            words_free(&words);
            positions[count++] = i;
        }
    }
    count = ranking_order(ranking, order);
    found.sink.hit = take_hit;
    found.count = 0;
    assert_int_equal(index_search.match(history->engine, 0, &request, &found.sink, &history->fixture->error),
                     MEOWER_OK);
    assert_int_equal(found.count, count);
    for (size_t i = 0; i < count; i++) {
        if (found.positions[i] != positions[order[i]]) {
            fail_msg("\"%s\": place %u has %u, not %u", text, (unsigned)i, (unsigned)found.positions[i],
                     (unsigned)positions[order[i]]);
        }
    }
    ranking_free(ranking);
    match_query_free(&query);
}

struct listed {
    meower_document_sink sink; /* first: the document function casts back */
    struct history *history;
    uint64_t next; /* event */
};

static int take_document(meower_document_sink *sink, const meower_search_document *document)
{
    struct listed *listed = (struct listed *)sink;

    while (listed->next < document->position - 1) {
        assert_false(is_there(listed->history, listed->next++));
    }
    assert_true(is_there(listed->history, listed->next++));
    return MEOWER_OK;
}

/* The engine has the documents that are there, and is sound. */
static void check_documents(struct history *history)
{
    struct listed listed = {.sink.document = take_document, .history = history};
    meower_text_sink sink = {failed_text};

    assert_int_equal(index_search.list(history->engine, 0, 0, EVENTS_MAX, &listed.sink, &history->fixture->error),
                     MEOWER_OK);
    for (; listed.next < history->event_count; listed.next++) {
        assert_false(is_there(history, listed.next));
    }
    assert_int_equal(index_search.inspect(history->engine, 0, &sink, &history->fixture->error), MEOWER_OK);
}

static void after_any_crash_the_rest_gives_the_same_answers(void **state)
{
    static struct history history;
    struct fixture *fixture = *state;

    for (unsigned round = 0; round < 2; round++) {
        memset(&history, 0, sizeof(history));
        history.fixture = fixture;
        history.seed = round + 1;
        history.directory = round * 1000;
        open_history(&history);
        for (unsigned step = 0; step < 100 && history.event_count < EVENTS_MAX; step++) {
            unsigned what = index_random(&history.seed, 12);
            if (what == 0) {
                crash(&history);
            } else if (what == 1) {
                index_search.close(history.engine);
                open_history(&history);
                assert_int_equal(position_of(&history), history.event_count);
            } else {
                add_events(&history);
            }
            check_search(&history);
            check_search(&history);
            check_documents(&history);
        }
        index_search.close(history.engine);
    }
}

/* A directory in the place of the new manifest: it cannot be written. */
static void what_the_manifest_names_stays_until_another_one_is_written(void **state)
{
    static struct history history;
    char path[120];
    char blocker[150];
    meower_error *error;

    history.fixture = *state;
    error = &history.fixture->error;
    open_history(&history);
    index_one(history.fixture, history.engine, 1);
    index_one(history.fixture, history.engine, 2);
    index_search.close(history.engine);
    open_history(&history);
    write_path(&history, history.directory, path);
    snprintf(blocker, sizeof(blocker), "%s/manifest.new", path);
    assert_int_equal(mkdir(blocker, 0755), 0);
    char ids[2][MEOWER_ID_SIZE];
    const meower_search_info info = {.epoch = EPOCH, .position = 4};
    const meower_search_document deletions[] = {{.position = 3, .id = ids[0]}, {.position = 4, .id = ids[1]}};
    write_id(1, ids[0]);
    write_id(2, ids[1]);
    assert_int_equal(index_search.index(history.engine, deletions, 2, &info, error), MEOWER_ERROR_IO);
    assert_int_equal(index_search.rebuild_begin(history.engine, error), MEOWER_OK);
    assert_int_equal(index_search.rebuild_cancel(history.engine, error), MEOWER_OK);
    copy_directory(&history);
    index_search.close(history.engine);
    history.directory++;
    write_path(&history, history.directory, path);
    snprintf(blocker, sizeof(blocker), "%s/manifest.new", path);
    assert_int_equal(rmdir(blocker), 0);
    open_history(&history);
    assert_int_equal(position_of(&history), 2);
    index_search.close(history.engine);
}

/* ---- several threads -------------------------------------------------------------------------------------------- */

#define SHARED_DOCUMENTS 4000

struct writing {
    void *engine;
    atomic_uint_fast64_t reached; /* position up to which all is in the index; UINT64_MAX when it failed */
};

/* Every document is there for good but those at multiples of four, which go with the next one. */
static void *write_documents(void *context)
{
    struct writing *writing = context;
    meower_error error;

    for (uint64_t position = 1; position <= SHARED_DOCUMENTS; position++) {
        char ids[2][MEOWER_ID_SIZE];
        const meower_search_info info = {.epoch = EPOCH, .position = position};
        const meower_search_document documents[] = {
            {.position = position, .id = ids[0], .words = "all words", .words_len = 9},
            {.position = position, .id = ids[1]}};
        write_id(position, ids[0]);
        write_id(position - 1, ids[1]);
        size_t count = position % 4 == 1 ? 2 : 1;
        if (index_search.index(writing->engine, documents, count, &info, &error) != MEOWER_OK) {
            atomic_store(&writing->reached, UINT64_MAX);
            return NULL;
        }
        atomic_store(&writing->reached, position);
    }
    return NULL;
}

static void searches_see_a_moment_of_the_index_while_it_is_written(void **state)
{
    static struct history history;
    static struct found found;
    const meower_search_word word = {.text = "all", .text_len = 3, .typos_max = 1};
    const meower_search_request request = {.words = &word, .word_count = 1, .take = 100};
    struct writing writing;
    pthread_t thread;
    uint64_t reached;

    history.fixture = *state;
    open_history(&history);
    writing.engine = history.engine;
    atomic_init(&writing.reached, 0);
    assert_int_equal(pthread_create(&thread, NULL, write_documents, &writing), 0);
    do {
        reached = atomic_load(&writing.reached);
        found.sink.hit = take_hit;
        found.count = 0;
        assert_int_equal(index_search.match(history.engine, 0, &request, &found.sink, &history.fixture->error),
                         MEOWER_OK);
        uint64_t newest = reached % 4 == 0 ? reached - 1 : reached; /* that cannot be gone again */
        assert_true(reached == 0 || (found.count > 0 && found.positions[0] >= newest));
        for (size_t i = 1; i < found.count; i++) { /* none is missing, and only the newest may be a multiple of four */
            uint64_t before = found.positions[i] % 4 == 3 && (i > 1 || found.positions[0] % 4 != 0)
                                  ? found.positions[i] + 2
                                  : found.positions[i] + 1;
            assert_int_equal(found.positions[i - 1], before);
        }
    } while (reached < SHARED_DOCUMENTS);
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_int_equal(reached, SHARED_DOCUMENTS);
    index_search.close(history.engine);
}

/* ---- building beside -------------------------------------------------------------------------------------------- */

/* Sends what there is to the index beside, with words of its own. */
static void build_beside(struct history *history)
{
    static char id[MEOWER_ID_SIZE];
    const meower_search_info info = {.epoch = EPOCH, .position = 1};
    const meower_search_document document = {.position = 1, .id = id, .words = "anew", .words_len = 4};

    write_id(1, id);
    assert_int_equal(index_search.rebuild_begin(history->engine, &history->fixture->error), MEOWER_OK);
    assert_int_equal(index_search.rebuild_index(history->engine, &document, 1, &info, &history->fixture->error),
                     MEOWER_OK);
}

static size_t count_documents(struct history *history, uint64_t *position)
{
    static struct found found;
    const meower_search_word word = {.text = "anew", .text_len = 4};
    const meower_search_request request = {.words = &word, .word_count = 1, .take = 10};

    found.sink.hit = take_hit;
    found.count = 0;
    assert_int_equal(index_search.match(history->engine, 0, &request, &found.sink, &history->fixture->error),
                     MEOWER_OK);
    *position = position_of(history);
    return found.count;
}

static void a_process_that_is_killed_before_the_swap_has_the_old_index(void **state)
{
    static struct history history;
    uint64_t position;

    history.fixture = *state;
    open_history(&history);
    for (unsigned i = 0; i < 20; i++) {
        add_events(&history);
    }
    index_search.close(history.engine);
    open_history(&history);
    build_beside(&history);
    crash(&history);
    assert_int_equal(count_documents(&history, &position), 0);
    assert_int_equal(position, history.event_count);
    check_documents(&history);
    index_search.close(history.engine);
}

static void the_swap_makes_the_new_index_the_one_that_is_kept(void **state)
{
    static struct history history;
    uint64_t position;

    history.fixture = *state;
    history.seed = 3;
    open_history(&history);
    for (unsigned i = 0; i < 20; i++) {
        add_events(&history);
    }
    build_beside(&history);
    assert_int_equal(count_documents(&history, &position), 0);
    assert_int_equal(index_search.rebuild_swap(history.engine, &history.fixture->error), MEOWER_OK);
    assert_int_equal(count_documents(&history, &position), 1);
    assert_int_equal(position, 1);
    index_search.close(history.engine);
    open_history(&history);
    assert_int_equal(count_documents(&history, &position), 1);
    assert_int_equal(position, 1);
    index_search.close(history.engine);
}

static void a_rebuild_that_was_given_up_leaves_the_old_index(void **state)
{
    static struct history history;
    uint64_t position;

    history.fixture = *state;
    history.seed = 4;
    open_history(&history);
    add_events(&history);
    build_beside(&history);
    assert_int_equal(index_search.rebuild_cancel(history.engine, &history.fixture->error), MEOWER_OK);
    assert_int_equal(index_search.rebuild_swap(history.engine, &history.fixture->error), MEOWER_ERROR_INVALID);
    assert_int_equal(count_documents(&history, &position), 0);
    check_documents(&history);
    index_search.close(history.engine);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_batch_becomes_documents_and_the_index_says_how_far_it_is, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_batch_that_comes_again_changes_nothing, set_up, tear_down),
        cmocka_unit_test_setup_teardown(the_same_id_again_takes_the_place_of_the_first, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_comes_and_goes_in_one_batch_is_not_there, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_batch_with_an_id_that_is_none_changes_nothing, set_up, tear_down),
        cmocka_unit_test_setup_teardown(deleting_what_is_not_there_moves_the_position_alone, set_up, tear_down),
        cmocka_unit_test_setup_teardown(segments_stay_few_whatever_the_batches, set_up, tear_down),
        cmocka_unit_test_setup_teardown(who_searches_keeps_the_view_that_was_there, set_up, tear_down),
        cmocka_unit_test_setup_teardown(many_documents_go_to_a_file_and_the_manifest_names_it, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_is_built_beside_is_named_by_no_manifest, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_deleted_document_leaves_a_small_segment_at_once, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_deleted_document_leaves_a_large_segment_after_a_while, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_large_segment_of_which_half_is_deleted_is_written_anew_at_once, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(what_was_deleted_before_the_opening_leaves_after_a_while, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_segment_of_which_all_is_deleted_is_gone, set_up, tear_down),
        cmocka_unit_test_setup_teardown(flushing_brings_all_into_files_without_what_is_deleted, set_up, tear_down),
        cmocka_unit_test_setup_teardown(flushing_again_writes_no_segment_anew, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_cannot_be_written_leaves_the_index_as_it_was, set_up, tear_down),
        cmocka_unit_test_setup_teardown(after_any_crash_the_rest_gives_the_same_answers, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_the_manifest_names_stays_until_another_one_is_written, set_up, tear_down),
        cmocka_unit_test_setup_teardown(searches_see_a_moment_of_the_index_while_it_is_written, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_process_that_is_killed_before_the_swap_has_the_old_index, set_up, tear_down),
        cmocka_unit_test_setup_teardown(the_swap_makes_the_new_index_the_one_that_is_kept, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_rebuild_that_was_given_up_leaves_the_old_index, set_up, tear_down),
    };
    return cmocka_run_group_tests_name("index_indexer", tests, NULL, NULL);
}
