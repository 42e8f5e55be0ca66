/* fts5_match.h - carrying out a search on an FTS5 index. */
#ifndef SEARCH_FTS5_MATCH_H
#define SEARCH_FTS5_MATCH_H

#include "search/fts5_file.h"
#include "search/fuzzy.h"
#include <pthread.h>

/* The words of the index. Has every word of every row that a reader can see. */
struct fts5_dictionary {
    pthread_rwlock_t lock;
    struct fuzzy *fuzzy;
};

enum {
    FTS5_READ_BEGIN,
    FTS5_READ_END,
    FTS5_READ_MATCH,
    FTS5_READ_ID,
    FTS5_READ_LIST,
    FTS5_READ_COUNT
};

/* One lane's connection. */
struct fts5_reader {
    sqlite3 *db; /* NULL: not open */
    sqlite3_stmt *statements[FTS5_READ_COUNT];
    bool has_found_damage; /* by the last search */
};

int fts5_reader_open(struct fts5_reader *reader, const struct fts5_file *file, meower_error *error);
void fts5_reader_close(struct fts5_reader *reader);

/* Pushes the hits of a request, all of one moment. One thread a reader. */
int fts5_reader_match(struct fts5_reader *reader, const struct fts5_file *file, struct fts5_dictionary *dictionary,
                      const meower_search_request *request, meower_hit_sink *sink, meower_error *error);

#endif
