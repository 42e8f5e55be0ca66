/* fts5_batch.c - changing an FTS5 index.
 *
 * The dictionary learns the words of a batch before it is committed and forgets those of its deletions after, so that
 * it never lacks a word that a reader can see. */
#include "search/fts5_batch.h"
#include "base/sqlite_rows.h"
#include <stdlib.h>
#include <string.h>

static const char *const write_sql[FTS5_WRITE_COUNT] = {
    [FTS5_WRITE_BEGIN] = "BEGIN IMMEDIATE",
    [FTS5_WRITE_COMMIT] = "COMMIT",
    [FTS5_WRITE_ROLLBACK] = "ROLLBACK",
    [FTS5_WRITE_FIND] = "SELECT position, words FROM docs WHERE id = ?1 OR position = ?2 LIMIT 1",
    [FTS5_WRITE_PUT_ALL] = "INSERT OR IGNORE INTO docs SELECT position, id, words FROM meower_documents(?1)",
    [FTS5_WRITE_PUT_ALL_WORDS] = "INSERT INTO ft(rowid, words) SELECT position, words FROM meower_documents(?1)",
    [FTS5_WRITE_PUT] = "INSERT INTO docs VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING",
    [FTS5_WRITE_PUT_WORDS] = "INSERT INTO ft(rowid, words) VALUES (?1, ?2)",
    [FTS5_WRITE_REMOVE] = "DELETE FROM docs WHERE position = ?1",
    [FTS5_WRITE_REMOVE_WORDS] = "INSERT INTO ft(ft, rowid, words) VALUES ('delete', ?1, ?2)",
    [FTS5_WRITE_STATE] = "UPDATE state SET epoch = ?1, position = ?2, is_erasing = ?3",
    [FTS5_WRITE_ERASED] = "UPDATE state SET is_erasing = 0",
    [FTS5_WRITE_MERGE] = "INSERT INTO ft(ft, rank) VALUES ('merge', ?1)",
    [FTS5_WRITE_TOUCH] = "INSERT INTO ft(ft, rank) VALUES ('automerge', 8)", /* as it is */
};

/* Words whose documents change. */
struct texts {
    struct {
        const char *words;
        size_t len;
    } *items;
    size_t count;
    size_t item_max;
};

struct batch {
    struct fts5_writer *writer;
    const struct fts5_file *file;
    meower_error *error;
    bool is_one_by_one;   /* no statement takes more than one document */
    struct texts added;   /* borrowed from the documents */
    struct texts removed; /* copies */
};

static int memory_error(meower_error *error)
{
    return meower_error_set(error, MEOWER_ERROR_NO_MEMORY, 0, MEOWER_ERROR_FLAG_RETRIABLE, "no memory to index meows");
}

static int batch_error(const struct batch *batch)
{
    return fts5_file_error(batch->file, batch->writer->db, batch->error);
}

/* Steps a statement that gives no rows, and resets it. */
static int step(const struct batch *batch, int statement_index)
{
    sqlite3_stmt *statement = batch->writer->statements[statement_index];
    int status = sqlite3_step(statement) == SQLITE_DONE ? MEOWER_OK : batch_error(batch);

    sqlite3_reset(statement);
    return status;
}

static bool add_text(struct texts *texts, const char *words, size_t len)
{
    if (texts->count == texts->item_max) {
        size_t item_max = texts->item_max == 0 ? 64 : texts->item_max * 2;
        void *items = realloc(texts->items, item_max * sizeof(texts->items[0]));
        if (items == NULL) {
            return false;
        }
        texts->items = items;
        texts->item_max = item_max;
    }
    texts->items[texts->count].words = words;
    texts->items[texts->count].len = len;
    texts->count++;
    return true;
}

/* ---- documents -------------------------------------------------------------------------------------------------- */

/* Finds a document by id or position. *words is a copy, NULL when there is none. */
static int find_document(struct batch *batch, const char *id, int64_t position, int64_t *found_position, char **words)
{
    sqlite3_stmt *statement = batch->writer->statements[FTS5_WRITE_FIND];
    int status = MEOWER_OK;

    *words = NULL;
    sqlite3_bind_text(statement, 1, id, -1, SQLITE_STATIC);
    sqlite3_bind_int64(statement, 2, position);
    int result = sqlite3_step(statement);
    if (result == SQLITE_ROW) {
        const char *text = (const char *)sqlite3_column_text(statement, 1);
        *found_position = sqlite3_column_int64(statement, 0);
        *words = text == NULL ? NULL : strdup(text);
        status = *words == NULL ? memory_error(batch->error) : MEOWER_OK;
    } else if (result != SQLITE_DONE) {
        status = batch_error(batch);
    }
    sqlite3_reset(statement);
    return status;
}

/* Removes every document that has the id or the position (-1: none has). */
static int remove_documents(struct batch *batch, const char *id, int64_t position)
{
    for (;;) {
        int64_t found_position = 0;
        char *words;
        int status = find_document(batch, id, position, &found_position, &words);
        if (status != MEOWER_OK || words == NULL) {
            return status;
        }
        if (!add_text(&batch->removed, words, strlen(words))) {
            free(words);
            return memory_error(batch->error);
        }
        sqlite3_stmt *statement = batch->writer->statements[FTS5_WRITE_REMOVE_WORDS];
        sqlite3_bind_int64(statement, 1, found_position);
        sqlite3_bind_text(statement, 2, words, -1, SQLITE_STATIC);
        status = step(batch, FTS5_WRITE_REMOVE_WORDS);
        if (status == MEOWER_OK) {
            sqlite3_bind_int64(batch->writer->statements[FTS5_WRITE_REMOVE], 1, found_position);
            status = step(batch, FTS5_WRITE_REMOVE);
        }
        if (status != MEOWER_OK) {
            return status;
        }
    }
}

/* Puts the row of a document; *is_put is false when another one has its id or position. */
static int put_row(struct batch *batch, const meower_search_document *document, bool *is_put)
{
    sqlite3_stmt *statement = batch->writer->statements[FTS5_WRITE_PUT];

    sqlite3_bind_int64(statement, 1, (sqlite3_int64)document->position);
    sqlite3_bind_text(statement, 2, document->id, -1, SQLITE_STATIC);
    sqlite3_bind_text64(statement, 3, document->words, document->words_len, SQLITE_STATIC, SQLITE_UTF8);
    int status = step(batch, FTS5_WRITE_PUT);
    *is_put = status == MEOWER_OK && sqlite3_changes(batch->writer->db) > 0;
    return status;
}

static int put_document(struct batch *batch, const meower_search_document *document)
{
    bool is_put;
    int status = put_row(batch, document, &is_put);

    if (status == MEOWER_OK && !is_put) {
        status = remove_documents(batch, document->id, (int64_t)document->position);
        if (status == MEOWER_OK) {
            status = put_row(batch, document, &is_put);
        }
    }
    if (status == MEOWER_OK && !add_text(&batch->added, document->words, document->words_len)) {
        status = memory_error(batch->error);
    }
    if (status != MEOWER_OK) {
        return status;
    }
    sqlite3_stmt *statement = batch->writer->statements[FTS5_WRITE_PUT_WORDS];
    sqlite3_bind_int64(statement, 1, (sqlite3_int64)document->position);
    sqlite3_bind_text64(statement, 2, document->words, document->words_len, SQLITE_STATIC, SQLITE_UTF8);
    return step(batch, FTS5_WRITE_PUT_WORDS);
}

static int apply_document(struct batch *batch, const meower_search_document *document)
{
    if (document->position > INT64_MAX) {
        return meower_error_set(batch->error, MEOWER_ERROR_INVALID, 0, 0,
                                "position %llu is too large for the search index; it takes up to 2^63 - 1",
                                (unsigned long long)document->position);
    }
    return document->words == NULL ? remove_documents(batch, document->id, -1) : put_document(batch, document);
}

/* ---- documents in a row ----------------------------------------------------------------------------------------- */

static const char documents_declaration[] = "CREATE TABLE documents(documents HIDDEN, position, id, words)";

enum {
    DOCUMENT_POSITION = 1,
    DOCUMENT_ID,
    DOCUMENT_WORDS
};

static void document_column(sqlite3_context *context, const void *items, size_t row, int column)
{
    const meower_search_document *document = (const meower_search_document *)items + row;

    switch (column) {
    case DOCUMENT_POSITION:
        sqlite3_result_int64(context, (sqlite3_int64)document->position);
        break;
    case DOCUMENT_ID:
        sqlite3_result_text(context, document->id, -1, SQLITE_STATIC);
        break;
    default:
        sqlite3_result_text64(context, document->words, document->words_len, SQLITE_STATIC, SQLITE_UTF8);
    }
}

/* How many of the documents, from the first, are to be put behind the position that is applied. */
static size_t puts_in_a_row(const meower_search_document *documents, size_t count, uint64_t applied)
{
    size_t puts = 0;

    while (puts < count && documents[puts].words != NULL && documents[puts].position > applied &&
           documents[puts].position <= INT64_MAX) {
        puts++;
    }
    return puts;
}

/* CONFLICT when one of the ids or positions exists already; which of them cannot be told. */
static int put_documents(struct batch *batch, const meower_search_document *documents, size_t count)
{
    struct sqlite_rows rows = {.items = documents, .count = count, .column = document_column};

    sqlite_rows_bind(batch->writer->statements[FTS5_WRITE_PUT_ALL], 1, &rows);
    int status = step(batch, FTS5_WRITE_PUT_ALL);
    if (status == MEOWER_OK && (size_t)sqlite3_changes(batch->writer->db) != count) {
        return MEOWER_ERROR_CONFLICT;
    }
    for (size_t i = 0; i < count && status == MEOWER_OK; i++) {
        if (!add_text(&batch->added, documents[i].words, documents[i].words_len)) {
            status = memory_error(batch->error);
        }
    }
    if (status != MEOWER_OK) {
        return status;
    }
    sqlite_rows_bind(batch->writer->statements[FTS5_WRITE_PUT_ALL_WORDS], 1, &rows);
    return step(batch, FTS5_WRITE_PUT_ALL_WORDS);
}

/* ---- the transaction -------------------------------------------------------------------------------------------- */

static int put_state(struct batch *batch, const meower_search_info *info, bool is_erasing)
{
    sqlite3_stmt *statement = batch->writer->statements[FTS5_WRITE_STATE];

    sqlite3_bind_text(statement, 1, info->epoch, -1, SQLITE_STATIC);
    sqlite3_bind_int64(statement, 2, (sqlite3_int64)info->position);
    sqlite3_bind_int(statement, 3, is_erasing);
    return step(batch, FTS5_WRITE_STATE);
}

static void forget_words(struct fts5_dictionary *dictionary, const struct texts *texts, size_t count)
{
    if (count == 0) {
        return;
    }
    pthread_rwlock_wrlock(&dictionary->lock);
    for (size_t i = 0; i < count; i++) {
        fuzzy_remove_text(dictionary->fuzzy, texts->items[i].words, texts->items[i].len);
    }
    pthread_rwlock_unlock(&dictionary->lock);
}

static int learn_words(struct fts5_dictionary *dictionary, const struct texts *texts, meower_error *error)
{
    size_t learned = 0;

    pthread_rwlock_wrlock(&dictionary->lock);
    while (learned < texts->count &&
           fuzzy_add_text(dictionary->fuzzy, texts->items[learned].words, texts->items[learned].len)) {
        learned++;
    }
    pthread_rwlock_unlock(&dictionary->lock);
    if (learned < texts->count) {
        forget_words(dictionary, texts, learned);
        return memory_error(error);
    }
    return MEOWER_OK;
}

/* Applies the documents that the index does not have yet. */
static int apply_documents(struct batch *batch, const meower_search_document *documents, size_t count,
                           const meower_search_info *info)
{
    const meower_search_info *reached = &batch->writer->info;
    uint64_t applied = strcmp(reached->epoch, info->epoch) == 0 ? reached->position : 0;
    int status = MEOWER_OK;
    size_t taken = 0;

    for (size_t i = 0; i < count && status == MEOWER_OK; i += taken) {
        taken = batch->is_one_by_one ? 0 : puts_in_a_row(&documents[i], count - i, applied);
        if (taken > 1) {
            status = put_documents(batch, &documents[i], taken);
            continue;
        }
        taken = 1;
        if (documents[i].position > applied) {
            status = apply_document(batch, &documents[i]);
        }
    }
    return status;
}

static int commit(struct batch *batch, struct fts5_dictionary *dictionary)
{
    int status = learn_words(dictionary, &batch->added, batch->error);

    if (status != MEOWER_OK) {
        return status;
    }
    status = step(batch, FTS5_WRITE_COMMIT);
    if (status == MEOWER_OK) {
        forget_words(dictionary, &batch->removed, batch->removed.count);
    } else {
        forget_words(dictionary, &batch->added, batch->added.count);
    }
    return status;
}

static void free_batch(struct batch *batch)
{
    for (size_t i = 0; i < batch->removed.count; i++) {
        free((char *)batch->removed.items[i].words);
    }
    free(batch->removed.items);
    free(batch->added.items);
}

/* When memory is short while FTS5 of SQLite 3.40 reads how many rows it has, it keeps wrong totals for the time of the
 * connection and stores them with the next batch (fts5StorageLoadTotals() marks them as valid behind the roll-back). A
 * transaction of its own that is rolled back makes it forget them. */
static int forget_totals(const struct batch *batch)
{
    int status = step(batch, FTS5_WRITE_BEGIN);

    if (status == MEOWER_OK) {
        status = step(batch, FTS5_WRITE_TOUCH);
    }
    if (!sqlite3_get_autocommit(batch->writer->db)) {
        int rolled_back = step(batch, FTS5_WRITE_ROLLBACK);
        status = status == MEOWER_OK ? rolled_back : status;
    }
    return status;
}

/* A transaction that could not be rolled back, for want of memory or because the disk failed, is rolled back first:
 * otherwise no other could ever begin. */
static int begin(const struct batch *batch)
{
    int status = MEOWER_OK;

    if (!sqlite3_get_autocommit(batch->writer->db)) {
        status = step(batch, FTS5_WRITE_ROLLBACK);
    }
    if (status == MEOWER_OK && batch->writer->has_failed) {
        status = forget_totals(batch);
        batch->writer->has_failed = status != MEOWER_OK;
    }
    return status == MEOWER_OK ? step(batch, FTS5_WRITE_BEGIN) : status;
}

static int transact(struct fts5_writer *writer, const struct fts5_file *file, struct fts5_dictionary *dictionary,
                    const meower_search_document *documents, size_t count, const meower_search_info *info,
                    bool is_one_by_one, meower_error *error)
{
    struct batch batch = {.writer = writer, .file = file, .error = error, .is_one_by_one = is_one_by_one};
    meower_search_info reached = *info;
    bool is_erasing = false;

    /* A batch that comes again must not take the index back. */
    if (strcmp(writer->info.epoch, info->epoch) == 0 && writer->info.position > info->position) {
        reached.position = writer->info.position;
    }
    int status = begin(&batch);
    if (status != MEOWER_OK) {
        return status;
    }
    status = apply_documents(&batch, documents, count, info);
    if (status == MEOWER_OK) {
        is_erasing = !file->is_in_memory && (writer->is_erasing || batch.removed.count > 0);
        status = put_state(&batch, &reached, is_erasing);
    }
    if (status == MEOWER_OK) {
        status = commit(&batch, dictionary);
    }
    if (status == MEOWER_OK) {
        writer->info = reached;
        writer->is_erasing = is_erasing;
        writer->has_more_to_erase |= batch.removed.count > 0;
        writer->has_stale_log |= batch.removed.count > 0;
    } else {
        writer->has_failed = true;
        batch.error = NULL; /* it says why already */
        if (!sqlite3_get_autocommit(writer->db)) {
            step(&batch, FTS5_WRITE_ROLLBACK);
        }
    }
    free_batch(&batch);
    return status;
}

int fts5_writer_index(struct fts5_writer *writer, const struct fts5_file *file, struct fts5_dictionary *dictionary,
                      const meower_search_document *documents, size_t count, const meower_search_info *info,
                      meower_error *error)
{
    int status = transact(writer, file, dictionary, documents, count, info, false, error);

    /* An id or a position that exists: its document is told from the others by a statement for each. */
    return status == MEOWER_ERROR_CONFLICT ? transact(writer, file, dictionary, documents, count, info, true, error)
                                           : status;
}

/* ---- opening ---------------------------------------------------------------------------------------------------- */

static int read_state(struct fts5_writer *writer, const struct fts5_file *file, meower_error *error)
{
    sqlite3_stmt *statement = NULL;
    int status = MEOWER_OK;

    if (sqlite3_prepare_v2(writer->db, "SELECT epoch, position, is_erasing FROM state", -1, &statement, NULL) !=
            SQLITE_OK ||
        sqlite3_step(statement) != SQLITE_ROW) {
        status = fts5_file_error(file, writer->db, error);
    } else {
        const char *epoch = (const char *)sqlite3_column_text(statement, 0);
        sqlite3_snprintf(sizeof(writer->info.epoch), writer->info.epoch, "%s", epoch == NULL ? "" : epoch);
        writer->info.position = (uint64_t)sqlite3_column_int64(statement, 1);
        writer->is_erasing = sqlite3_column_int(statement, 2) != 0;
        writer->has_stale_log = writer->is_erasing;
    }
    sqlite3_finalize(statement);
    return status;
}

/* The one time that FTS5's own list of words is read: FTS5 walks every row of every word for it, 0.2 s for 300,000
 * meows.
 */
static int read_dictionary(struct fts5_writer *writer, const struct fts5_file *file, struct fts5_dictionary *dictionary,
                           meower_error *error)
{
    sqlite3_stmt *statement = NULL;
    int status = MEOWER_OK;
    int result = sqlite3_prepare_v2(writer->db, "SELECT term, doc FROM vocabulary", -1, &statement, NULL);

    pthread_rwlock_wrlock(&dictionary->lock);
    fuzzy_clear(dictionary->fuzzy);
    while (status == MEOWER_OK && result != SQLITE_DONE && (result = sqlite3_step(statement)) == SQLITE_ROW) {
        const char *word = (const char *)sqlite3_column_text(statement, 0);
        size_t len = (size_t)sqlite3_column_bytes(statement, 0);
        if (word == NULL || !fuzzy_add(dictionary->fuzzy, word, len, (uint64_t)sqlite3_column_int64(statement, 1))) {
            status = memory_error(error);
        }
    }
    pthread_rwlock_unlock(&dictionary->lock);
    if (status == MEOWER_OK && result != SQLITE_DONE) {
        status = fts5_file_error(file, writer->db, error);
    }
    sqlite3_finalize(statement);
    return status;
}

static int note_log(void *context, sqlite3 *db, const char *name, int page_count)
{
    struct fts5_writer *writer = context;

    (void)db;
    (void)name;
    writer->log_page_count = page_count;
    return SQLITE_OK;
}

/* Has SQLite call back to the writer where it is now. */
static void hook(struct fts5_writer *writer)
{
    sqlite3_wal_hook(writer->db, note_log, writer);
    if (writer->yields) {
        fts5_yield_start(&writer->yield, writer->db);
    }
}

int fts5_writer_open_alone(struct fts5_writer *writer, const struct fts5_file *file, meower_error *error)
{
    *writer = (struct fts5_writer){.yields = file->yields};
    int status = fts5_file_open_writer(file, &writer->db, error);

    if (status != MEOWER_OK) {
        return status;
    }
    status = read_state(writer, file, error);
    if (status == MEOWER_OK && !file->only_looks) {
        status = sqlite_rows_register(writer->db, "meower_documents", documents_declaration) == SQLITE_OK
                     ? fts5_file_prepare(file, writer->db, write_sql, writer->statements, FTS5_WRITE_COUNT, error)
                     : fts5_file_error(file, writer->db, error);
    }
    if (status != MEOWER_OK) {
        fts5_writer_close(writer);
        return status;
    }
    hook(writer);
    return MEOWER_OK;
}

int fts5_writer_open(struct fts5_writer *writer, const struct fts5_file *file, struct fts5_dictionary *dictionary,
                     meower_error *error)
{
    int status = fts5_writer_open_alone(writer, file, error);

    if (status == MEOWER_OK) {
        status = read_dictionary(writer, file, dictionary, error);
        if (status != MEOWER_OK) {
            fts5_writer_close(writer);
        }
    }
    return status;
}

void fts5_writer_move(struct fts5_writer *to, struct fts5_writer *from)
{
    *to = *from;
    *from = (struct fts5_writer){0};
    hook(to);
}

void fts5_writer_flush(struct fts5_writer *writer)
{
    sqlite3_wal_checkpoint_v2(writer->db, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL);
}

void fts5_writer_close(struct fts5_writer *writer)
{
    fts5_file_close(&writer->db, writer->statements, FTS5_WRITE_COUNT);
}
