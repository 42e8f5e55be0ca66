/* sqlite_identity.h - what the lock file beside a SQLite store remembers of it, so that a file is noticed that was put
 * in its place (docs/decisions/010-a-copy-is-another-life.md).
 *
 * One line: the epoch, the file's inode and time of birth, and the last position. Kept beside the database and not in
 * it, because a copy takes along what is in it. */
#ifndef STORE_SQLITE_IDENTITY_H
#define STORE_SQLITE_IDENTITY_H

#include <meower/backend.h>
#include <stdbool.h>

struct sqlite_identity {
    char epoch[MEOWER_EPOCH_SIZE];
    uint64_t inode;
    int64_t born_us; /* 0 where the file system does not tell */
    uint64_t head;
};

/* Fills in what belongs to the file at `path`. Errors: IO. */
int sqlite_identity_of_file(const char *path, struct sqlite_identity *identity, meower_error *error);

/* *is_known says whether the database that identifies itself so is the one that was remembered, with nothing lost
 * since. `lock` is the lock file's descriptor. Errors: IO. */
int sqlite_identity_is_known(int lock, const struct sqlite_identity *identity, bool *is_known, meower_error *error);

/* Remembers it. Errors: IO, FULL. */
int sqlite_identity_write(int lock, const struct sqlite_identity *identity, meower_error *error);

/* Remembers a later position: after the commit, never before. It need not reach the disk: what a power cut takes away
 * only makes the remembered position smaller. */
void sqlite_identity_note_head(int lock, uint64_t head);

#endif
