/* sqlite_log.h - a transaction goes into SQLite's write-ahead log by one call of the system, not by two a page. */
#ifndef STORE_SQLITE_LOG_H
#define STORE_SQLITE_LOG_H

/* The name of the VFS (sqlite.org/vfs.html) to open a connection with that syncs the log with every commit
 * (synchronous = FULL or EXTRA), and no other: what was written is in the file only when it has been synced or read.
 * NULL, which means SQLite's own, when there is none. Each call needs one of sqlite_log_release() when the connection
 * is closed. Any thread. */
const char *sqlite_log_acquire(void);
void sqlite_log_release(void);

#endif
