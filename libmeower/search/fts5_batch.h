/* fts5_batch.h - the writer of an FTS5 index: applying documents in one transaction, and clearing away what deletions
 * leave behind. */
#ifndef SEARCH_FTS5_BATCH_H
#define SEARCH_FTS5_BATCH_H

#include "search/fts5_file.h"
#include "search/fts5_match.h"
#include "search/fts5_yield.h"

enum {
    FTS5_WRITE_BEGIN,
    FTS5_WRITE_COMMIT,
    FTS5_WRITE_ROLLBACK,
    FTS5_WRITE_FIND,
    FTS5_WRITE_PUT_ALL,
    FTS5_WRITE_PUT_ALL_WORDS,
    FTS5_WRITE_PUT,
    FTS5_WRITE_PUT_WORDS,
    FTS5_WRITE_REMOVE,
    FTS5_WRITE_REMOVE_WORDS,
    FTS5_WRITE_STATE,
    FTS5_WRITE_ERASED,
    FTS5_WRITE_MERGE,
    FTS5_WRITE_TOUCH,
    FTS5_WRITE_COUNT
};

/* The connection that changes the index. One thread at a time. */
struct fts5_writer {
    sqlite3 *db; /* NULL: not open */
    sqlite3_stmt *statements[FTS5_WRITE_COUNT];
    meower_search_info info; /* as committed */
    /* What deletions leave behind is cleared away by merging the whole FTS5 index, in steps: a round. */
    bool has_failed;        /* the last batch */
    bool is_erasing;        /* a round is due; as committed */
    bool is_merging;        /* a round has begun */
    bool has_more_to_erase; /* documents were removed since it began */
    bool has_stale_log;     /* the write-ahead log holds pages with deleted words */
    int64_t merged_at_us;   /* monotonic: the last step of a round, 0: none yet */
    int log_page_count;     /* in the write-ahead log */
    bool yields;
    struct fts5_yield yield;
};

/* Opens the writer, and fills the dictionary from the index. */
int fts5_writer_open(struct fts5_writer *writer, const struct fts5_file *file, struct fts5_dictionary *dictionary,
                     meower_error *error);

/* Opens it where the dictionary has its words already, or where only the state is wanted. */
int fts5_writer_open_alone(struct fts5_writer *writer, const struct fts5_file *file, meower_error *error);

/* Takes over an open writer. `from` is closed then. */
void fts5_writer_move(struct fts5_writer *to, struct fts5_writer *from);

/* Moves the whole write-ahead log into the file, so that closing has little left to do. */
void fts5_writer_flush(struct fts5_writer *writer);
void fts5_writer_close(struct fts5_writer *writer);

/* Applies documents in their order, in one transaction with *info. Those at or before the position that the index has
 * reached (of the same epoch) are in it already, and are left out. */
int fts5_writer_index(struct fts5_writer *writer, const struct fts5_file *file, struct fts5_dictionary *dictionary,
                      const meower_search_document *documents, size_t count, const meower_search_info *info,
                      meower_error *error);

/* For a file, after a batch: moves the write-ahead log into it when it has grown, and clears away some of what
 * deletions left behind. What fails is tried again the next time. */
void fts5_writer_tidy(struct fts5_writer *writer, int64_t now_us);

#endif
