/* test_fts5.c - what is special about "fts5:": its file, who may have it open, what becomes of damage and of deleted
 * words. What every engine must do is in conformance/suite_search.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/match.h"
#include "search/search.h"
#include <fcntl.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define EPOCH "0123456789abcdef"
#define LANES 2

struct fixture {
    char directory[40];
    char path[60];
    meower_options *options;
    struct search search;
    uint64_t position;
    int64_t monotonic_us;
};

static int64_t frozen_us(void *context)
{
    return ((struct fixture *)context)->monotonic_us;
}

static void no_chance(void *context, void *out, size_t len)
{
    (void)context;
    memset(out, 0, len);
}

static void choose(struct fixture *fixture, const char *location)
{
    char url[100];

    snprintf(url, sizeof(url), "fts5:%s", location);
    assert_int_equal(meower_options_set(fixture->options, "search", url, NULL), MEOWER_OK);
}

static int setup(void **state)
{
    struct fixture *fixture = calloc(1, sizeof(*fixture));

    strcpy(fixture->directory, "/tmp/meower-fts5-XXXXXX");
    if (meower_options_new(&fixture->options) != MEOWER_OK || mkdtemp(fixture->directory) == NULL) {
        return -1;
    }
    snprintf(fixture->path, sizeof(fixture->path), "%s/index.db", fixture->directory);
    choose(fixture, fixture->path);
    const meower_clock clock = {frozen_us, frozen_us, no_chance, fixture};
    fixture->monotonic_us = 1000000;
    meower_options_set_clock(fixture->options, &clock);
    *state = fixture;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *fixture = *state;
    char command[100];

    snprintf(command, sizeof(command), "rm -r %s", fixture->directory);
    if (system(command) != 0) {
        return -1;
    }
    meower_options_free(fixture->options);
    free(fixture);
    return 0;
}

static int try_open(struct fixture *fixture, struct search *search, meower_error *error)
{
    return search_open(search, fixture->options, LANES, error);
}

static void open_index(struct fixture *fixture)
{
    meower_error error = {0};

    if (try_open(fixture, &fixture->search, &error) != MEOWER_OK) {
        fail_msg("%s", error.message);
    }
}

static int index_words(struct fixture *fixture, uint64_t number, const char *words, meower_error *error)
{
    char id[MEOWER_ID_SIZE];
    meower_search_info info = {EPOCH, fixture->position + 1};
    meower_search_document document = {info.position, id, words, words == NULL ? 0 : strlen(words)};

    snprintf(id, sizeof(id), "%027llu", (unsigned long long)number);
    int status = search_index(&fixture->search, &document, 1, &info, error);
    fixture->position += status == MEOWER_OK ? 1 : 0;
    return status;
}

static void post(struct fixture *fixture, const char *words)
{
    meower_error error = {0};

    if (index_words(fixture, fixture->position + 1, words, &error) != MEOWER_OK) {
        fail_msg("%s", error.message);
    }
}

/* Posts many at once. `format` has a %u for a number. */
static void post_many(struct fixture *fixture, unsigned count, const char *format)
{
    meower_search_document *documents = calloc(count, sizeof(*documents));
    char(*ids)[MEOWER_ID_SIZE] = calloc(count, sizeof(*ids));
    char(*texts)[100] = calloc(count, sizeof(*texts));
    meower_error error = {0};
    meower_search_info info = {EPOCH, fixture->position + count};

    for (unsigned i = 0; i < count; i++) {
        fixture->position++;
        snprintf(ids[i], sizeof(ids[i]), "%027llu", (unsigned long long)fixture->position);
        snprintf(texts[i], sizeof(texts[i]), format, i);
        documents[i] = (meower_search_document){fixture->position, ids[i], texts[i], strlen(texts[i])};
    }
    assert_int_equal(search_index(&fixture->search, documents, count, &info, &error), MEOWER_OK);
    free(documents);
    free(ids);
    free(texts);
}

static void remove_meow(struct fixture *fixture, uint64_t number)
{
    assert_int_equal(index_words(fixture, number, NULL, NULL), MEOWER_OK);
}

struct counter {
    meower_hit_sink sink; /* first: the hit function casts back */
    uint64_t count;
    uint64_t first; /* position of the first hit */
};

static int count_hit(meower_hit_sink *sink, const char *id, uint64_t position)
{
    struct counter *counter = (struct counter *)sink;

    (void)id;
    counter->first = counter->count == 0 ? position : counter->first;
    counter->count++;
    return MEOWER_OK;
}

static int match(struct search *search, const char *text, struct counter *counter, meower_error *error)
{
    struct match_query query;

    *counter = (struct counter){.sink.hit = count_hit};
    assert_int_equal(match_query_init(&query, text, strlen(text)), 0);
    meower_search_request request = {query.items, query.count, 0, 1000000};
    int status = search_match(search, 0, &request, &counter->sink, error);
    match_query_free(&query);
    return status;
}

static uint64_t count_hits(struct fixture *fixture, const char *text)
{
    struct counter counter;
    meower_error error = {0};

    if (match(&fixture->search, text, &counter, &error) != MEOWER_OK) {
        fail_msg("%s", error.message);
    }
    return counter.count;
}

static uint64_t position_of(struct fixture *fixture)
{
    meower_search_info info;

    assert_int_equal(search_info(&fixture->search, &info, NULL), MEOWER_OK);
    return info.position;
}

/* ---- who has it open -------------------------------------------------------------------------------------------- */

static void a_file_can_be_open_once(void **state)
{
    struct fixture *fixture = *state;
    struct search second;
    meower_error error;

    open_index(fixture);
    assert_int_equal(try_open(fixture, &second, &error), MEOWER_ERROR_LOCKED);
    assert_non_null(strstr(error.message, fixture->path));
    post(fixture, "meow");
    assert_int_equal(count_hits(fixture, "meow"), 1);
    search_close(&fixture->search);
    assert_int_equal(try_open(fixture, &second, &error), MEOWER_OK);
    search_close(&second);
}

static void indexes_in_memory_are_apart(void **state)
{
    struct fixture *fixture = *state;
    struct search second;
    struct counter counter;
    meower_error error;

    choose(fixture, "");
    open_index(fixture);
    assert_int_equal(try_open(fixture, &second, &error), MEOWER_OK);
    post(fixture, "meow");
    assert_int_equal(count_hits(fixture, "meow"), 1);
    assert_int_equal(match(&second, "meow", &counter, &error), MEOWER_OK);
    assert_int_equal(counter.count, 0);
    search_close(&fixture->search);
    search_close(&second);
}

static void a_lane_that_was_not_asked_for_is_refused(void **state)
{
    struct fixture *fixture = *state;
    const meower_search_word word = {"meow", 4, 1, 1};
    const meower_search_request request = {&word, 1, 0, 10};
    struct counter counter = {.sink.hit = count_hit};
    meower_error error;

    open_index(fixture);
    assert_int_equal(search_match(&fixture->search, LANES, &request, &counter.sink, &error), MEOWER_ERROR_INVALID);
    search_close(&fixture->search);
}

static void a_word_that_is_not_folded_is_refused_and_harms_nothing(void **state)
{
    static const char *const wrong[] = {"two words", "quo\"te", "Meow", ""};
    struct fixture *fixture = *state;
    struct counter counter = {.sink.hit = count_hit};
    meower_error error;

    open_index(fixture);
    post(fixture, "meow");
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        const meower_search_word word = {wrong[i], strlen(wrong[i]), 1, 1};
        const meower_search_request request = {&word, 1, 0, 10};
        assert_int_equal(search_match(&fixture->search, 0, &request, &counter.sink, &error), MEOWER_ERROR_INVALID);
    }
    assert_int_equal(count_hits(fixture, "meow"), 1);
    search_close(&fixture->search);
}

/* ---- the path --------------------------------------------------------------------------------------------------- */

static void special_names_of_sqlite_are_plain_file_names(void **state)
{
    static const char *const names[] = {":memory:", "file:x?mode=memory"};
    struct fixture *fixture = *state;
    char before[200];

    assert_non_null(getcwd(before, sizeof(before)));
    assert_int_equal(chdir(fixture->directory), 0);
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        choose(fixture, names[i]);
        open_index(fixture);
        search_close(&fixture->search);
        assert_int_equal(access(names[i], F_OK), 0);
    }
    assert_int_equal(chdir(before), 0);
}

static void a_directory_that_does_not_exist_is_invalid(void **state)
{
    struct fixture *fixture = *state;
    meower_error error;

    choose(fixture, "/tmp/meower-no-such-directory/index.db");
    assert_int_equal(try_open(fixture, &fixture->search, &error), MEOWER_ERROR_INVALID);
    choose(fixture, "/tmp/meower-no-such-directory/");
    assert_int_equal(try_open(fixture, &fixture->search, &error), MEOWER_ERROR_INVALID);
}

/* ---- foreign files ---------------------------------------------------------------------------------------------- */

static void write_file(const char *path, const char *content, size_t len)
{
    FILE *file = fopen(path, "w");

    assert_non_null(file);
    assert_int_equal(fwrite(content, 1, len, file), len);
    assert_int_equal(fclose(file), 0);
}

/* The whole content, NUL-terminated. */
static char *read_file(const char *path, size_t *len)
{
    struct stat properties = {0};
    FILE *file = fopen(path, "r");

    assert_non_null(file);
    assert_int_equal(fstat(fileno(file), &properties), 0);
    char *content = calloc(1, (size_t)properties.st_size + 1);
    *len = fread(content, 1, (size_t)properties.st_size, file);
    fclose(file);
    return content;
}

static void execute(const char *path, const char *sql)
{
    sqlite3 *db;

    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(db);
}

static void assert_refused_and_unchanged(struct fixture *fixture)
{
    size_t len_before;
    size_t len_after;
    char *before = read_file(fixture->path, &len_before);
    meower_error error;

    assert_int_equal(try_open(fixture, &fixture->search, &error), MEOWER_ERROR_CORRUPT);
    char *after = read_file(fixture->path, &len_after);
    assert_int_equal(len_before, len_after);
    assert_memory_equal(before, after, len_before);
    free(before);
    free(after);
}

static void a_file_that_is_no_index_is_refused_and_kept(void **state)
{
    struct fixture *fixture = *state;

    write_file(fixture->path, "my novel", 8);
    assert_refused_and_unchanged(fixture);
}

static void a_database_of_another_program_is_refused_and_kept(void **state)
{
    struct fixture *fixture = *state;

    execute(fixture->path, "CREATE TABLE docs(position INTEGER PRIMARY KEY); INSERT INTO docs VALUES (1)");
    assert_refused_and_unchanged(fixture);
}

static void the_store_s_file_is_refused_and_kept(void **state)
{
    struct fixture *fixture = *state;

    execute(fixture->path, "PRAGMA application_id = 0x4D656F77; CREATE TABLE meows(id TEXT)");
    assert_refused_and_unchanged(fixture);
}

static void a_directory_in_its_place_is_refused(void **state)
{
    struct fixture *fixture = *state;
    meower_error error;

    assert_int_equal(mkdir(fixture->path, 0700), 0);
    assert_int_equal(try_open(fixture, &fixture->search, &error), MEOWER_ERROR_CORRUPT);
}

static void an_empty_file_becomes_an_index(void **state)
{
    struct fixture *fixture = *state;

    write_file(fixture->path, "", 0);
    open_index(fixture);
    post(fixture, "meow");
    assert_int_equal(count_hits(fixture, "meow"), 1);
    search_close(&fixture->search);
}

/* ---- damage ----------------------------------------------------------------------------------------------------- */

static void make_index(struct fixture *fixture)
{
    open_index(fixture);
    post_many(fixture, 500, "meow number %u kitten");
    search_close(&fixture->search);
}

/* Overwrites the file from byte `start` to its end. */
static void spoil(const char *path, long start)
{
    struct stat properties;
    FILE *file = fopen(path, "r+");

    assert_non_null(file);
    assert_int_equal(fstat(fileno(file), &properties), 0);
    assert_true(properties.st_size > start);
    assert_int_equal(fseek(file, start, SEEK_SET), 0);
    for (long at = start; at < properties.st_size; at++) {
        fputc(0x5A, file);
    }
    assert_int_equal(fclose(file), 0);
}

static void assert_begins_anew(struct fixture *fixture)
{
    open_index(fixture);
    assert_int_equal(position_of(fixture), 0);
    assert_int_equal(count_hits(fixture, "meow"), 0);
    fixture->position = 0;
    post(fixture, "meow");
    assert_int_equal(count_hits(fixture, "meow"), 1);
    search_close(&fixture->search);
}

static void an_index_that_was_spoiled_is_made_anew(void **state)
{
    struct fixture *fixture = *state;

    make_index(fixture);
    spoil(fixture->path, 4096);
    assert_begins_anew(fixture);
}

static void an_index_that_was_cut_off_is_made_anew(void **state)
{
    struct fixture *fixture = *state;

    make_index(fixture);
    assert_int_equal(truncate(fixture->path, 8192), 0);
    assert_begins_anew(fixture);
}

static void an_index_with_tables_of_another_version_is_made_anew(void **state)
{
    struct fixture *fixture = *state;

    make_index(fixture);
    execute(fixture->path, "PRAGMA user_version = 99");
    assert_begins_anew(fixture);
}

/* Opens an index whose file is then spoiled; the lane's connection has read nothing yet. */
static void open_and_spoil(struct fixture *fixture)
{
    make_index(fixture);
    open_index(fixture);
    spoil(fixture->path, 4096);
}

static void damage_found_by_a_search_is_told_and_the_index_counts_as_empty(void **state)
{
    struct fixture *fixture = *state;
    struct counter counter;
    meower_error error;

    open_and_spoil(fixture);
    assert_int_equal(match(&fixture->search, "meow", &counter, &error), MEOWER_ERROR_CORRUPT);
    assert_int_equal(position_of(fixture), 0);
    assert_int_equal(index_words(fixture, 600, "meow", &error), MEOWER_ERROR_CORRUPT);
    search_close(&fixture->search);
    assert_begins_anew(fixture);
}

/* The tables are sound, but rows are missing: only a search finds that. */
static void damage_that_opening_cannot_see_is_gone_after_closing(void **state)
{
    struct fixture *fixture = *state;
    struct counter counter;
    meower_error error;

    make_index(fixture);
    execute(fixture->path, "DELETE FROM docs");
    open_index(fixture);
    assert_int_equal(position_of(fixture), 500);
    assert_int_equal(match(&fixture->search, "meow", &counter, &error), MEOWER_ERROR_CORRUPT);
    search_close(&fixture->search);
    assert_begins_anew(fixture);
}

static void a_reset_heals_damage(void **state)
{
    struct fixture *fixture = *state;
    struct counter counter;
    meower_error error;

    open_and_spoil(fixture);
    assert_int_equal(match(&fixture->search, "meow", &counter, &error), MEOWER_ERROR_CORRUPT);
    assert_int_equal(search_reset(&fixture->search, &error), MEOWER_OK);
    fixture->position = 0;
    post(fixture, "meow");
    assert_int_equal(count_hits(fixture, "meow"), 1);
    search_close(&fixture->search);
}

static void a_disk_that_is_full_loses_nothing(void **state)
{
    struct fixture *fixture = *state;
    struct rlimit before;
    meower_error error;

    open_index(fixture);
    post(fixture, "meow kitten");
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    const struct rlimit full = {1, before.rlim_max};
    void (*handler)(int) = signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &full), 0);
    int status = index_words(fixture, 2, "meow puppy", &error);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    signal(SIGXFSZ, handler);
    assert_true(status == MEOWER_ERROR_FULL || status == MEOWER_ERROR_IO);
    assert_int_equal(position_of(fixture), 1);
    assert_int_equal(count_hits(fixture, "pupyp kitten"), 1);
    post(fixture, "meow puppy");
    assert_int_equal(count_hits(fixture, "pupyp zebra"), 1);
    search_close(&fixture->search);
}

/* Indexes and deletes until it is killed. */
static void index_for_ever(struct fixture *fixture)
{
    open_index(fixture);
    for (uint64_t i = position_of(fixture);; i++) {
        fixture->position = i;
        if (i % 10 == 9) {
            index_words(fixture, i - 5, NULL, NULL);
        } else {
            post(fixture, "meow kitten");
        }
    }
}

static void check_integrity(const char *path)
{
    sqlite3 *db;
    sqlite3_stmt *statement;

    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_prepare_v2(db, "PRAGMA integrity_check", -1, &statement, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_step(statement), SQLITE_ROW);
    assert_string_equal(sqlite3_column_text(statement, 0), "ok");
    sqlite3_finalize(statement);
    /* Compares the index with the words it was made from (sqlite.org/fts5.html, 6.5). */
    assert_int_equal(sqlite3_exec(db, "INSERT INTO ft(ft, rank) VALUES ('integrity-check', 1)", NULL, NULL, NULL),
                     SQLITE_OK);
    sqlite3_close(db);
}

static void killing_the_process_damages_nothing(void **state)
{
    struct fixture *fixture = *state;
    uint64_t before = 0;

    for (int life = 0; life < 5; life++) {
        pid_t child = fork();
        if (child == 0) {
            index_for_ever(fixture);
        }
        usleep(60000 + 17000 * (useconds_t)life);
        assert_int_equal(kill(child, SIGKILL), 0);
        assert_int_equal(waitpid(child, NULL, 0), child);
        open_index(fixture);
        uint64_t position = position_of(fixture);
        assert_true(position >= before);
        /* Nine of ten are posts, and one takes one of them away. */
        assert_int_equal(count_hits(fixture, "kitten"), position - position / 10 * 2);
        search_close(&fixture->search);
        check_integrity(fixture->path);
        before = position;
    }
    assert_true(before > 0);
}

/* ---- deleted words ---------------------------------------------------------------------------------------------- */

static bool has_bytes(const char *path, const char *bytes)
{
    size_t len;

    if (access(path, F_OK) != 0) {
        return false;
    }
    char *content = read_file(path, &len);
    bool found = memmem(content, len, bytes, strlen(bytes)) != NULL;
    free(content);
    return found;
}

/* In the file or in its write-ahead log. */
static bool is_on_disk(const struct fixture *fixture, const char *word)
{
    char log[70];

    snprintf(log, sizeof(log), "%s-wal", fixture->path);
    return has_bytes(fixture->path, word) || has_bytes(log, word);
}

static void the_words_of_a_deleted_meow_leave_the_disk(void **state)
{
    struct fixture *fixture = *state;

    open_index(fixture);
    post_many(fixture, 3000, "meow number %u kitten");
    post(fixture, "the secret is xylophone");
    uint64_t secret = fixture->position;
    post_many(fixture, 3000, "meow number %u puppy");
    assert_true(is_on_disk(fixture, "ylophone"));
    remove_meow(fixture, secret);
    assert_false(is_on_disk(fixture, "ylophone"));
    assert_false(is_on_disk(fixture, "secret"));
    assert_int_equal(count_hits(fixture, "kitten"), 3000);
    search_close(&fixture->search);
    check_integrity(fixture->path);
}

static void clearing_away_is_spread_over_time(void **state)
{
    struct fixture *fixture = *state;

    open_index(fixture);
    post(fixture, "first xylophone");
    post(fixture, "second xylograph");
    remove_meow(fixture, 1);
    remove_meow(fixture, 2); /* at the same moment: its turn has not come */
    assert_true(is_on_disk(fixture, "xylograph"));
    for (int i = 0; i < 3; i++) {
        fixture->monotonic_us += 10000000;
        post(fixture, "meow");
    }
    assert_false(is_on_disk(fixture, "xylograph"));
    search_close(&fixture->search);
}

static void clearing_away_goes_on_when_the_index_is_opened_again(void **state)
{
    struct fixture *fixture = *state;

    open_index(fixture);
    post(fixture, "first xylophone");
    post(fixture, "second xylograph");
    remove_meow(fixture, 1);
    remove_meow(fixture, 2);
    search_close(&fixture->search);
    assert_true(is_on_disk(fixture, "xylograph"));
    open_index(fixture);
    assert_false(is_on_disk(fixture, "xylograph"));
    search_close(&fixture->search);
}

/* ---- searching -------------------------------------------------------------------------------------------------- */

static void a_long_prefix_of_frequent_words_is_found_newest_first(void **state)
{
    struct fixture *fixture = *state;
    struct counter counter;
    meower_error error;

    open_index(fixture);
    post_many(fixture, 400, "a kittens %u");
    post(fixture, "kitteny");
    post_many(fixture, 400, "a kittenz %u");
    post(fixture, "kitty");
    assert_int_equal(match(&fixture->search, "kitt", &counter, &error), MEOWER_OK);
    assert_int_equal(counter.count, 802);
    assert_int_equal(counter.first, 802); /* kitty: a typo comes before a prefix */
    assert_int_equal(match(&fixture->search, "kitte", &counter, &error), MEOWER_OK);
    assert_int_equal(counter.count, 802);
    assert_int_equal(counter.first, 802);
    assert_int_equal(match(&fixture->search, "zebra kitten", &counter, &error), MEOWER_OK);
    assert_int_equal(counter.count, 802);
    search_close(&fixture->search);
}

/* Posts 175 meows, each of another word within two typos of "kitten": its second t and its e are replaced. */
static void post_typos(struct fixture *fixture)
{
    static const char other_than_e[] = "abcdfghijklmnopqrstuvwxyz";

    for (int i = 0; i < 175; i++) {
        const char words[] = {'k', 'i', 't', (char)('a' + i / 25), other_than_e[i % 25], 'n', '\0'};
        post(fixture, words);
    }
}

static void no_more_than_128_typos_of_a_word_are_looked_for(void **state)
{
    struct fixture *fixture = *state;

    open_index(fixture);
    post_typos(fixture);
    assert_int_equal(count_hits(fixture, "kitten"), 128);
    search_close(&fixture->search);
}

static void the_words_of_deleted_meows_do_not_count_as_typos(void **state)
{
    struct fixture *fixture = *state;

    open_index(fixture);
    post_typos(fixture);
    for (uint64_t number = 1; number <= 175; number++) {
        remove_meow(fixture, number);
    }
    post(fixture, "kitzzn");
    assert_int_equal(count_hits(fixture, "kitten"), 1);
    search_close(&fixture->search);
}

static void the_words_from_before_a_reset_do_not_count_as_typos(void **state)
{
    struct fixture *fixture = *state;

    open_index(fixture);
    post_typos(fixture);
    assert_int_equal(search_reset(&fixture->search, NULL), MEOWER_OK);
    fixture->position = 0;
    post(fixture, "kitzzn");
    assert_int_equal(count_hits(fixture, "kitten"), 1);
    search_close(&fixture->search);
}

static void a_batch_that_comes_again_does_not_take_the_index_back(void **state)
{
    struct fixture *fixture = *state;
    char id[MEOWER_ID_SIZE] = "000000000000000000000000001";
    const meower_search_document document = {1, id, "meow", 4};
    const meower_search_info info = {EPOCH, 1};

    open_index(fixture);
    post(fixture, "meow");
    post(fixture, "meow");
    assert_int_equal(search_index(&fixture->search, &document, 1, &info, NULL), MEOWER_OK);
    assert_int_equal(position_of(fixture), 2);
    search_close(&fixture->search);
}

#define FTS5_TEST(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        FTS5_TEST(a_file_can_be_open_once),
        FTS5_TEST(indexes_in_memory_are_apart),
        FTS5_TEST(a_lane_that_was_not_asked_for_is_refused),
        FTS5_TEST(a_word_that_is_not_folded_is_refused_and_harms_nothing),
        FTS5_TEST(special_names_of_sqlite_are_plain_file_names),
        FTS5_TEST(a_directory_that_does_not_exist_is_invalid),
        FTS5_TEST(a_file_that_is_no_index_is_refused_and_kept),
        FTS5_TEST(a_database_of_another_program_is_refused_and_kept),
        FTS5_TEST(the_store_s_file_is_refused_and_kept),
        FTS5_TEST(a_directory_in_its_place_is_refused),
        FTS5_TEST(an_empty_file_becomes_an_index),
        FTS5_TEST(an_index_that_was_spoiled_is_made_anew),
        FTS5_TEST(an_index_that_was_cut_off_is_made_anew),
        FTS5_TEST(an_index_with_tables_of_another_version_is_made_anew),
        FTS5_TEST(damage_found_by_a_search_is_told_and_the_index_counts_as_empty),
        FTS5_TEST(damage_that_opening_cannot_see_is_gone_after_closing),
        FTS5_TEST(a_reset_heals_damage),
        FTS5_TEST(a_disk_that_is_full_loses_nothing),
        FTS5_TEST(killing_the_process_damages_nothing),
        FTS5_TEST(the_words_of_a_deleted_meow_leave_the_disk),
        FTS5_TEST(clearing_away_is_spread_over_time),
        FTS5_TEST(clearing_away_goes_on_when_the_index_is_opened_again),
        FTS5_TEST(a_long_prefix_of_frequent_words_is_found_newest_first),
        FTS5_TEST(no_more_than_128_typos_of_a_word_are_looked_for),
        FTS5_TEST(the_words_of_deleted_meows_do_not_count_as_typos),
        FTS5_TEST(the_words_from_before_a_reset_do_not_count_as_typos),
        FTS5_TEST(a_batch_that_comes_again_does_not_take_the_index_back),
    };
    return cmocka_run_group_tests_name("fts5", tests, NULL, NULL);
}
