/* fts5_match.c - a search as up to six FTS5 queries, one a tier, best tier first.
 *
 * Each query gives rows newest first and is stepped only as far as rows are wanted, so that a common word costs no more
 * than a rare one. A tier contains the tiers before it (of the same half): the rows these gave are skipped, which is
 * cheap, because all are in the same order and a tier is begun only when those before it are exhausted. */
#include "search/fts5_match.h"
#include "base/utf8.h"
#include <stdlib.h>

#define LEVEL_COUNT 3

/* The FTS5 table has an index of so many first code points of every word (fts5_file.c). */
#define INDEXED_PREFIX_MAX 3

/* A longer prefix is either left to FTS5, which first reads every row of every word that begins with it, or replaced by
 * these words themselves, which are then read only as far as needed. Measured with SQLite 3.40: 0.14 us a row, and
 * about 10 us a word to look it up; at most so many words. */
#define BEGINNINGS_MAX      512
#define ROWS_WORTH_ONE_WORD 75

static const char *const read_sql[FTS5_READ_COUNT] = {
    [FTS5_READ_BEGIN] = "BEGIN",
    [FTS5_READ_END] = "COMMIT",
    [FTS5_READ_MATCH] = "SELECT rowid FROM ft WHERE ft MATCH ?1 ORDER BY rowid DESC",
    [FTS5_READ_ID] = "SELECT id FROM docs WHERE position = ?1",
    [FTS5_READ_LIST] = "SELECT position, id, words FROM docs WHERE position > ?1 ORDER BY position LIMIT ?2",
};

/* What matches a searched word, as an FTS5 expression that grows with the level. */
struct alternatives {
    sqlite3_str *text;
    int end[LEVEL_COUNT]; /* bytes of text that are for this level */
};

struct run {
    struct fts5_reader *reader;
    const struct fts5_file *file;
    struct fts5_dictionary *dictionary;
    const meower_search_request *request;
    meower_hit_sink *sink;
    meower_error *error;
    struct alternatives *alternatives; /* one a word */
    bool has_level[LEVEL_COUNT];       /* the level matches more than the one before */
    uint64_t skip;                     /* hits still to be left out */
    uint32_t take;                     /* hits still wanted */
    int64_t *found;                    /* rows of all tiers so far; those of earlier tiers newest first */
    size_t found_count;
    size_t found_max;
    bool is_stopped; /* by the sink */
};

static int memory_error(meower_error *error)
{
    return meower_error_set(error, MEOWER_ERROR_NO_MEMORY, 0, MEOWER_ERROR_FLAG_RETRIABLE, "no memory for a search");
}

int fts5_reader_open(struct fts5_reader *reader, const struct fts5_file *file, meower_error *error)
{
    int status = fts5_file_open_reader(file, &reader->db, error);

    if (status == MEOWER_OK) {
        status = fts5_file_prepare(file, reader->db, read_sql, reader->statements, FTS5_READ_COUNT, error);
        if (status != MEOWER_OK) {
            fts5_reader_close(reader);
        }
    }
    return status;
}

void fts5_reader_close(struct fts5_reader *reader)
{
    fts5_file_close(&reader->db, reader->statements, FTS5_READ_COUNT);
}

/* ---- what matches a word ---------------------------------------------------------------------------------------- */

static void append_word(sqlite3_str *text, const char *word)
{
    sqlite3_str_appendf(text, "%s\"%w\"", sqlite3_str_length(text) == 0 ? "" : " OR ", word);
}

static void append_typos(const struct run *run, const meower_search_word *word, sqlite3_str *text)
{
    const char *typos[FUZZY_EXPANSIONS_MAX];
    size_t count = fuzzy_find(run->dictionary->fuzzy, word->text, word->text_len, word->typos_max, typos);

    for (size_t i = 0; i < count; i++) {
        append_word(text, typos[i]);
    }
}

static void append_prefix(const struct run *run, const meower_search_word *word, sqlite3_str *text)
{
    const char *words[BEGINNINGS_MAX];
    uint64_t rows = 0;
    size_t count = BEGINNINGS_MAX + 1;

    if (!word->is_prefix) {
        return;
    }
    if (utf8_count(word->text, word->text_len) > INDEXED_PREFIX_MAX) {
        count = fuzzy_begin_with(run->dictionary->fuzzy, word->text, word->text_len, words, BEGINNINGS_MAX, &rows);
    }
    if (count <= BEGINNINGS_MAX && rows >= count * ROWS_WORTH_ONE_WORD) {
        for (size_t i = 0; i < count; i++) {
            append_word(text, words[i]);
        }
        return;
    }
    append_word(text, word->text);
    sqlite3_str_appendall(text, " *");
}

/* Extends the alternatives of all words to a level. The level before is done. False when memory is short. */
static bool extend_alternatives(struct run *run, int level)
{
    bool has_memory = true;

    if (level > 0) {
        pthread_rwlock_rdlock(&run->dictionary->lock);
    }
    for (size_t i = 0; i < run->request->word_count; i++) {
        const meower_search_word *word = &run->request->words[i];
        struct alternatives *alternatives = &run->alternatives[i];
        if (level == 0) {
            append_word(alternatives->text, word->text);
        } else if (level == 1) {
            append_typos(run, word, alternatives->text);
        } else {
            append_prefix(run, word, alternatives->text);
        }
        alternatives->end[level] = sqlite3_str_length(alternatives->text);
        run->has_level[level] |= level == 0 || alternatives->end[level] > alternatives->end[level - 1];
        has_memory = has_memory && sqlite3_str_errcode(alternatives->text) == SQLITE_OK;
    }
    if (level > 0) {
        pthread_rwlock_unlock(&run->dictionary->lock);
    }
    return has_memory;
}

/* The FTS5 expression for a level of all words or of any word, to be released by sqlite3_free(); NULL when memory is
 * short. */
static char *make_expression(const struct run *run, int level, const char *operator_text)
{
    sqlite3_str *text = sqlite3_str_new(run->reader->db);

    for (size_t i = 0; i < run->request->word_count; i++) {
        const struct alternatives *alternatives = &run->alternatives[i];
        sqlite3_str_appendall(text, i == 0 ? "(" : operator_text);
        sqlite3_str_append(text, sqlite3_str_value(alternatives->text), alternatives->end[level]);
    }
    sqlite3_str_appendall(text, ")");
    return sqlite3_str_finish(text);
}

/* ---- rows ------------------------------------------------------------------------------------------------------- */

static int note_found(struct run *run, int64_t row)
{
    if (run->found_count == run->found_max) {
        size_t found_max = run->found_max == 0 ? 256 : run->found_max * 2;
        int64_t *found = realloc(run->found, found_max * sizeof(*found));
        if (found == NULL) {
            return memory_error(run->error);
        }
        run->found = found;
        run->found_max = found_max;
    }
    run->found[run->found_count++] = row;
    return MEOWER_OK;
}

static int push_hit(struct run *run, int64_t row)
{
    sqlite3_stmt *statement = run->reader->statements[FTS5_READ_ID];
    int status;

    sqlite3_bind_int64(statement, 1, row);
    int result = sqlite3_step(statement);
    const char *id = result == SQLITE_ROW ? (const char *)sqlite3_column_text(statement, 0) : NULL;
    if (id != NULL) {
        run->take--;
        status = run->sink->hit(run->sink, id, (uint64_t)row);
        run->is_stopped = status != MEOWER_OK;
    } else if (result == SQLITE_DONE) {
        status = meower_error_set(run->error, MEOWER_ERROR_CORRUPT, 0, 0,
                                  "the search index is damaged (row %lld is missing); it must be reset and made anew",
                                  (long long)row);
    } else {
        status = fts5_file_error(run->file, run->reader->db, run->error);
    }
    sqlite3_reset(statement);
    return status;
}

static int take_row(struct run *run, int64_t row)
{
    int status = note_found(run, row);

    if (status != MEOWER_OK) {
        return status;
    }
    if (run->skip > 0) {
        run->skip--;
        return MEOWER_OK;
    }
    return push_hit(run, row);
}

static int compare_newest_first(const void *a, const void *b)
{
    int64_t left = *(const int64_t *)a;
    int64_t right = *(const int64_t *)b;

    return (left < right) - (left > right);
}

/* Steps through the rows of an expression until enough are taken. */
static int take_rows(struct run *run, const char *expression)
{
    sqlite3_stmt *statement = run->reader->statements[FTS5_READ_MATCH];
    size_t earlier_count = run->found_count;
    size_t earlier = 0; /* the rows of earlier tiers up to here are newer */
    int status = MEOWER_OK;
    int result = SQLITE_ROW;

    sqlite3_bind_text(statement, 1, expression, -1, SQLITE_STATIC);
    while (status == MEOWER_OK && run->take > 0 && (result = sqlite3_step(statement)) == SQLITE_ROW) {
        int64_t row = sqlite3_column_int64(statement, 0);
        while (earlier < earlier_count && run->found[earlier] > row) {
            earlier++;
        }
        if (earlier == earlier_count || run->found[earlier] != row) {
            status = take_row(run, row);
        }
    }
    if (result != SQLITE_ROW && result != SQLITE_DONE) {
        status = fts5_file_error(run->file, run->reader->db, run->error);
    }
    sqlite3_reset(statement);
    if (earlier_count > 0 && run->found_count > earlier_count && run->take > 0) {
        qsort(run->found, run->found_count, sizeof(run->found[0]), compare_newest_first);
    }
    return status;
}

/* ---- tiers ------------------------------------------------------------------------------------------------------ */

static int run_tier(struct run *run, int level, const char *operator_text)
{
    char *expression = make_expression(run, level, operator_text);

    if (expression == NULL) {
        return memory_error(run->error);
    }
    int status = take_rows(run, expression);
    sqlite3_free(expression);
    return status;
}

/* The first query fixes the moment for all of them. The dictionary is asked only after that: it has each word before
 * any reader sees it, so none is missed. */
static int run_tiers(struct run *run)
{
    int status = MEOWER_OK;

    for (int level = 0; level < LEVEL_COUNT && status == MEOWER_OK && run->take > 0; level++) {
        if (!extend_alternatives(run, level)) {
            status = memory_error(run->error);
        } else if (run->has_level[level]) {
            status = run_tier(run, level, ") AND (");
        }
    }
    /* For a single word, any is all. */
    for (int level = 0; level < LEVEL_COUNT && run->request->word_count > 1; level++) {
        if (run->has_level[level] && status == MEOWER_OK && run->take > 0) {
            status = run_tier(run, level, ") OR (");
        }
    }
    return status;
}

static int step(struct run *run, int statement_index)
{
    sqlite3_stmt *statement = run->reader->statements[statement_index];
    int status = MEOWER_OK;

    if (sqlite3_step(statement) != SQLITE_DONE) {
        status = fts5_file_error(run->file, run->reader->db, run->error);
    }
    sqlite3_reset(statement);
    return status;
}

/* A transaction that could not be ended before is ended first: no other could ever begin. */
static int begin(struct run *run)
{
    int status = MEOWER_OK;

    if (!sqlite3_get_autocommit(run->reader->db)) {
        status = step(run, FTS5_READ_END);
    }
    return status == MEOWER_OK ? step(run, FTS5_READ_BEGIN) : status;
}

/* What words_split() makes; FTS5 would take other text apart, and complain. */
static bool are_words(const meower_search_request *request)
{
    for (size_t i = 0; i < request->word_count; i++) {
        const char *text = request->words[i].text;
        for (size_t at = 0; text[at] != '\0'; at++) {
            bool is_ascii = ((unsigned char)text[at] & 0x80) == 0;
            if (is_ascii && !(text[at] >= 'a' && text[at] <= 'z') && !(text[at] >= '0' && text[at] <= '9')) {
                return false;
            }
        }
        if (text[0] == '\0') {
            return false;
        }
    }
    return request->word_count > 0;
}

static bool make_alternatives(struct run *run)
{
    run->alternatives = calloc(run->request->word_count, sizeof(*run->alternatives));
    if (run->alternatives == NULL) {
        return false;
    }
    for (size_t i = 0; i < run->request->word_count; i++) {
        run->alternatives[i].text = sqlite3_str_new(run->reader->db);
    }
    return true;
}

static void free_run(struct run *run)
{
    for (size_t i = 0; run->alternatives != NULL && i < run->request->word_count; i++) {
        sqlite3_free(sqlite3_str_finish(run->alternatives[i].text));
    }
    free(run->alternatives);
    free(run->found);
}

int fts5_reader_match(struct fts5_reader *reader, const struct fts5_file *file, struct fts5_dictionary *dictionary,
                      const meower_search_request *request, meower_hit_sink *sink, meower_error *error)
{
    struct run run = {
        .reader = reader,
        .file = file,
        .dictionary = dictionary,
        .request = request,
        .sink = sink,
        .error = error,
        .skip = request->skip,
        .take = request->take,
    };
    int status;

    if (!are_words(request)) {
        return meower_error_set(error, MEOWER_ERROR_INVALID, 0, 0,
                                "a searched word must be of letters and digits, folded");
    }
    if (!make_alternatives(&run)) {
        return memory_error(error);
    }
    status = begin(&run);
    if (status == MEOWER_OK) {
        status = run_tiers(&run);
        run.error = NULL; /* a failed tier has said why, and reading has nothing to commit */
        step(&run, FTS5_READ_END);
    }
    free_run(&run);
    reader->has_found_damage = status == MEOWER_ERROR_CORRUPT && !run.is_stopped;
    return status;
}
