/* fts5_look.h - going through an FTS5 index: its documents, and whether it is sound. */
#ifndef SEARCH_FTS5_LOOK_H
#define SEARCH_FTS5_LOOK_H

#include "search/fts5_match.h"

/* What is wanted. */
struct fts5_look {
    uint64_t after;                  /* list */
    size_t max;                      /* list */
    meower_document_sink *documents; /* list */
    meower_text_sink *texts;         /* inspect */
    meower_error *error;
};

/* As list() and inspect() in meower/backend.h. */
int fts5_look_list(struct fts5_reader *reader, const struct fts5_file *file, struct fts5_look *look);
int fts5_look_inspect(struct fts5_reader *reader, const struct fts5_file *file, struct fts5_look *look);

#endif
