/* sqlite_backup.h - a copy of a SQLite store, and a store made of a copy. */
#ifndef STORE_SQLITE_BACKUP_H
#define STORE_SQLITE_BACKUP_H

#include <meower/backend.h>

/* As backup() and restore() in meower/backend.h. */
int sqlite_backup(const meower_backend_config *config, const char *path, meower_error *error);
int sqlite_restore(const meower_backend_config *config, const char *path, meower_error *error);

#endif
