/* sqlite_log.h - a transaction goes into SQLite's write-ahead log by one call of the system, not by two a page. */
#ifndef STORE_SQLITE_LOG_H
#define STORE_SQLITE_LOG_H

#include <sqlite3.h>

/* Registers a VFS (sqlite.org/vfs.html) to open one connection with, by its zName: one that syncs the log with every
 * commit (synchronous = FULL or EXTRA), and no other, for what was written is in the file only when it has been synced
 * or read. Each connection has its own, so that the library keeps no state between them. NULL when memory is short. */
sqlite3_vfs *sqlite_log_vfs_new(void);

/* When the connection is closed. Does nothing with NULL. */
void sqlite_log_vfs_free(sqlite3_vfs *vfs);

#endif
