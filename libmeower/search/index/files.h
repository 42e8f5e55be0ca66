/* files.h - where an index lies: a directory with a file for each segment, a file that names them (the manifest), and a
 * lock. Or nowhere, when it is in memory.
 *
 * A segment's file is written once, synced, and never changed. The manifest is replaced as a whole. So a process that
 * is killed, or a power cut, leaves the index as the last manifest says; files that it does not name are removed when
 * the index is opened again. */
#ifndef SEARCH_INDEX_FILES_H
#define SEARCH_INDEX_FILES_H

#include "search/index/segment_writer.h"
#include "search/index/view.h"

#define MANIFEST_NAME     "manifest"
#define MANIFEST_NEW_NAME "manifest.new"
#define MANIFEST_MAGIC    UINT64_C(0x314e414d6f654d31) /* begins it */

#define INDEX_FILES_UNFINISHED_MAX 4 /* a large merge of each of two indexers, and what one of them does at once */

struct index_files {
    char *path;    /* absolute; NULL: in memory */
    int directory; /* descriptor, or -1 */
    int lock;      /* descriptor, or -1 */
    uint64_t next_number;
    uint64_t unfinished[INDEX_FILES_UNFINISHED_MAX]; /* numbers of files that were begun; 0: none */
};

/* Finds the directory at `location` ("": memory), makes it where there is none, and takes its lock. Refuses one that
 * holds something else. Errors: LOCKED, INVALID, PERMISSION, IO, FULL, NO_MEMORY; nothing stays open then. */
int index_files_open(struct index_files *files, const char *location, meower_error *error);

/* Finds it to look at it: takes no lock and makes nothing. Errors: NOT_FOUND when there is none, also for memory. */
int index_files_find(struct index_files *files, const char *location, meower_error *error);

void index_files_close(struct index_files *files);

/* Begins a segment's file, which was not there before. */
int index_files_begin(struct index_files *files, struct segment_writer *writer, uint64_t *number, meower_error *error);

/* Ends it: syncs and maps it. Held once. After an error the file is gone. Cleans up after the writer either way. */
int index_files_end(struct index_files *files, struct segment_writer *writer, uint64_t number, struct segment **segment,
                    meower_error *error);

/* Gives up a file that was begun. */
void index_files_abandon(struct index_files *files, struct segment_writer *writer, uint64_t number);

/* Maps a segment's file. Held once. Errors: CORRUPT when it is missing or damaged; NO_MEMORY; IO. */
int index_files_map(const struct index_files *files, uint64_t number, struct segment **segment, meower_error *error);

/* Says that memory is short. Returns NO_MEMORY. */
int index_files_memory_error(meower_error *error);

/* "cannot WHAT the search index ...", of an errno. Returns its code. */
int index_files_error(const struct index_files *files, const char *what, int system_errno, meower_error *error);

/* Removes every segment's file that neither view has and that is not unfinished. `beside` may be NULL. */
void index_files_clean(struct index_files *files, const struct view *view, const struct view *beside);

#endif
