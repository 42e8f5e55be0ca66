/* fts5_look.c - going through an FTS5 index, to compare it with the store and with itself. It only reads: FTS5's own
 * integrity check would have to write. */
#include "search/fts5_look.h"
#include <stdio.h>
#include <string.h>

static sqlite3_int64 clamp(uint64_t number)
{
    return number > INT64_MAX ? INT64_MAX : (sqlite3_int64)number;
}

int fts5_look_list(struct fts5_reader *reader, const struct fts5_file *file, struct fts5_look *look)
{
    sqlite3_stmt *statement = reader->statements[FTS5_READ_LIST];
    int status = MEOWER_OK;
    int result = SQLITE_ROW;

    sqlite3_bind_int64(statement, 1, clamp(look->after));
    sqlite3_bind_int64(statement, 2, clamp(look->max));
    while (status == MEOWER_OK && (result = sqlite3_step(statement)) == SQLITE_ROW) {
        meower_search_document document = {
            .position = (uint64_t)sqlite3_column_int64(statement, 0),
            .id = (const char *)sqlite3_column_text(statement, 1),
            .words = (const char *)sqlite3_column_text(statement, 2),
            .words_len = (size_t)sqlite3_column_bytes(statement, 2),
        };
        if (document.id == NULL || document.words == NULL) {
            status = fts5_file_error(file, reader->db, look->error);
        } else {
            status = look->documents->document(look->documents, &document);
        }
    }
    if (status == MEOWER_OK && result != SQLITE_DONE) {
        status = fts5_file_error(file, reader->db, look->error);
    }
    sqlite3_reset(statement);
    return status;
}

/* ---- soundness -------------------------------------------------------------------------------------------------- */

/* Different words of a text joined by single spaces. A meow's are few. */
static uint64_t count_words(const char *text)
{
    uint64_t count = 0;

    for (const char *word = text; *word != '\0';) {
        size_t len = strcspn(word, " ");
        bool is_new = true;
        for (const char *earlier = text; earlier < word; earlier += strcspn(earlier, " ") + 1) {
            is_new = is_new && (strcspn(earlier, " ") != len || memcmp(earlier, word, len) != 0);
        }
        count += is_new ? 1 : 0;
        word += len + (word[len] == ' ' ? 1 : 0);
    }
    return count;
}

/* Calls `take` with the first column of each row. */
static int each_row(struct fts5_reader *reader, const struct fts5_file *file, const char *sql,
                    int (*take)(void *context, sqlite3_stmt *statement), void *context, meower_error *error)
{
    sqlite3_stmt *statement = NULL;
    int status = MEOWER_OK;
    int result = sqlite3_prepare_v2(reader->db, sql, -1, &statement, NULL);

    while (status == MEOWER_OK && (result == SQLITE_OK || result == SQLITE_ROW)) {
        result = sqlite3_step(statement);
        if (result == SQLITE_ROW) {
            status = take(context, statement);
        }
    }
    if (status == MEOWER_OK && result != SQLITE_DONE) {
        status = fts5_file_error(file, reader->db, error);
    }
    sqlite3_finalize(statement);
    return status;
}

static int take_verdict(void *context, sqlite3_stmt *statement)
{
    meower_text_sink *sink = context;
    const char *text = (const char *)sqlite3_column_text(statement, 0);

    return text == NULL || strcmp(text, "ok") == 0 ? MEOWER_OK : sink->text(sink, text);
}

static int add_words(void *context, sqlite3_stmt *statement)
{
    const char *text = (const char *)sqlite3_column_text(statement, 0);

    *(uint64_t *)context += text == NULL ? 0 : count_words(text);
    return MEOWER_OK;
}

static int add_number(void *context, sqlite3_stmt *statement)
{
    *(uint64_t *)context += (uint64_t)sqlite3_column_int64(statement, 0);
    return MEOWER_OK;
}

/* In a transaction, so that both counts are of one moment. */
static int compare_words(struct fts5_reader *reader, const struct fts5_file *file, struct fts5_look *look)
{
    uint64_t in_documents = 0;
    uint64_t in_index = 0;
    char text[200];
    int status = each_row(reader, file, "SELECT words FROM docs", add_words, &in_documents, look->error);

    if (status == MEOWER_OK) {
        status = each_row(reader, file, "SELECT sum(doc) FROM vocabulary", add_number, &in_index, look->error);
    }
    if (status != MEOWER_OK || in_documents == in_index) {
        return status;
    }
    snprintf(text, sizeof(text), "the documents have %llu words, but the index finds %llu",
             (unsigned long long)in_documents, (unsigned long long)in_index);
    return look->texts->text(look->texts, text);
}

int fts5_look_inspect(struct fts5_reader *reader, const struct fts5_file *file, struct fts5_look *look)
{
    int status = each_row(reader, file, "PRAGMA integrity_check", take_verdict, look->texts, look->error);

    if (status == MEOWER_OK) {
        status = fts5_file_execute(file, reader->db, "BEGIN", look->error);
    }
    if (status == MEOWER_OK) {
        status = compare_words(reader, file, look);
        sqlite3_exec(reader->db, "COMMIT", NULL, NULL, NULL);
    }
    return status;
}
