/* world_files.h - files as they are laid out before a scenario begins. */
#ifndef FAULT_WORLD_FILES_H
#define FAULT_WORLD_FILES_H

#include "fault/world.h"

enum kept_file {
    FILES_NONE,
    FILES_STORE,
    FILES_STORE_CRASHED,
    FILES_STORE_LOG,
    FILES_STORE_FOREIGN,
    FILES_COUNT
};

enum kept_index {
    INDEX_NONE,
    INDEX_WHOLE,
    INDEX_CRASHED,
    INDEX_BEHIND,
    INDEX_FOREIGN,
    INDEX_COUNT
};

/* Remembers the file as it is now. */
void world_files_keep(const char *folder, const char *name, enum kept_file kept);

/* Writes it as it was then; FILES_NONE: does nothing. */
void world_files_lay(const char *folder, const char *name, enum kept_file kept);

/* The same for the directory of the index, with all in it. */
void world_files_keep_index(const char *folder, enum kept_index kept);
void world_files_lay_index(const char *folder, enum kept_index kept);

/* How many files lie in the directory of the index. */
unsigned world_files_count_index(const char *folder);

/* Writes into the lock file that the store's file is the one it was, and no copy. */
void world_files_identify(const char *folder, const char *cursor);

/* Removes all files of a store and an index. */
void world_files_remove(const char *folder);

/* Makes a store's file as another program would have, of the meows that `seeded` has. */
void world_files_make_foreign(const char *folder, const struct world *seeded);

#endif
