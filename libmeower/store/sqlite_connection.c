/* sqlite_connection.c - paths, the lock file, connections and errors of the SQLite store. */
#include "store/sqlite_connection.h"
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

/* ---- the path --------------------------------------------------------------------------------------------------- */

int sqlite_system_error(int system_errno, const char *what, const char *path, meower_error *error)
{
    int code = MEOWER_ERROR_IO;
    if (system_errno == EACCES || system_errno == EPERM || system_errno == EROFS) {
        code = MEOWER_ERROR_PERMISSION;
    } else if (system_errno == ENOSPC || system_errno == EDQUOT) {
        code = MEOWER_ERROR_FULL;
    } else if (system_errno == ENOMEM) {
        code = MEOWER_ERROR_NO_MEMORY;
    }
    return meower_error_set_backend(error, code, MEOWER_DOMAIN_ERRNO, system_errno, 0, "%s \"%s\": %s", what, path,
                                    strerror(system_errno));
}

/* Of a file that does not exist yet: its directory must. */
static int resolve_new_file(const char *location, char **path, meower_error *error)
{
    const char *slash = strrchr(location, '/');
    const char *name = slash == NULL ? location : slash + 1;
    size_t directory_len = slash == NULL ? 0 : (size_t)(slash - location) + 1;
    char *directory = directory_len == 0 ? strdup(".") : strndup(location, directory_len);
    if (directory == NULL) {
        return meower_error_set(error, MEOWER_ERROR_NO_MEMORY, 0, 0, "no memory for a path");
    }

    int status = MEOWER_OK;
    char *real_directory = realpath(directory, NULL);
    if (real_directory == NULL && errno == ENOENT) {
        status = meower_error_set_backend(error, MEOWER_ERROR_INVALID, MEOWER_DOMAIN_ERRNO, ENOENT, 0,
                                          "the directory \"%s\" of the store \"%s\" does not exist; make it first",
                                          directory, location);
    } else if (real_directory == NULL) {
        status = sqlite_system_error(errno, "cannot find the directory", directory, error);
    } else if (asprintf(path, "%s/%s", strcmp(real_directory, "/") == 0 ? "" : real_directory, name) < 0) {
        status = meower_error_set(error, MEOWER_ERROR_NO_MEMORY, 0, 0, "no memory for a path");
    }
    free(real_directory);
    free(directory);
    return status;
}

int sqlite_path_resolve(const char *location, char **path, meower_error *error)
{
    size_t len = strlen(location);
    if (len == 0 || location[len - 1] == '/' || strcmp(location, ":memory:") == 0) {
        return meower_error_set(error, MEOWER_ERROR_INVALID, 0, 0,
                                "the store \"sqlite:%s\" names no file; right is sqlite:PATH, such as sqlite:feed.db, "
                                "or memory: for none",
                                location);
    }
    char *resolved = realpath(location, NULL);
    if (resolved != NULL) {
        *path = resolved;
        return MEOWER_OK;
    }
    if (errno != ENOENT) {
        return sqlite_system_error(errno, "cannot find the store", location, error);
    }
    return resolve_new_file(location, path, error);
}

/* ---- the lock --------------------------------------------------------------------------------------------------- */

/* flock() and not fcntl(): its lock belongs to the open file, so that a second store in this process is refused too. */
static int lock_file(const char *lock_path, const char *path, int *lock, meower_error *error)
{
    int fd = open(lock_path, O_RDWR | O_CREAT | O_CLOEXEC, 0644);
    if (fd < 0) {
        return sqlite_system_error(errno, "cannot open the store's lock file", lock_path, error);
    }
    while (flock(fd, LOCK_EX | LOCK_NB) != 0) {
        if (errno == EINTR) {
            continue;
        }
        int status =
            errno == EWOULDBLOCK
                ? meower_error_set_backend(error, MEOWER_ERROR_LOCKED, MEOWER_DOMAIN_ERRNO, errno, 0,
                                           "the store \"%s\" is open in another process, or twice in this one; only "
                                           "one may have it open",
                                           path)
                : sqlite_system_error(errno, "cannot lock the store's lock file", lock_path, error);
        close(fd);
        return status;
    }
    *lock = fd;
    return MEOWER_OK;
}

int sqlite_lock_take(const char *path, int *lock, meower_error *error)
{
    char *lock_path;
    if (asprintf(&lock_path, "%s.lock", path) < 0) {
        return meower_error_set(error, MEOWER_ERROR_NO_MEMORY, 0, 0, "no memory for a path");
    }
    int status = lock_file(lock_path, path, lock, error);
    free(lock_path);
    return status;
}

/* ---- errors ----------------------------------------------------------------------------------------------------- */

static int code_of(int result, int system_errno)
{
    if (result == SQLITE_IOERR_NOMEM) {
        return MEOWER_ERROR_NO_MEMORY;
    }
    if (result == SQLITE_READONLY_DBMOVED) {
        return MEOWER_ERROR_IO;
    }
    switch (result & 0xff) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
    case SQLITE_PROTOCOL:
        return MEOWER_ERROR_LOCKED;
    case SQLITE_FULL:
        return MEOWER_ERROR_FULL;
    case SQLITE_READONLY:
    case SQLITE_PERM:
    case SQLITE_AUTH:
        return MEOWER_ERROR_PERMISSION;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
    case SQLITE_ERROR:      /* a foreign program took a table away */
    case SQLITE_CONSTRAINT: /* or added events of its own */
        return MEOWER_ERROR_CORRUPT;
    case SQLITE_NOMEM:
        return MEOWER_ERROR_NO_MEMORY;
    case SQLITE_IOERR:
    case SQLITE_CANTOPEN:
        if (system_errno == ENOSPC || system_errno == EDQUOT) {
            return MEOWER_ERROR_FULL;
        }
        if (system_errno == EACCES || system_errno == EPERM || system_errno == EROFS) {
            return MEOWER_ERROR_PERMISSION;
        }
        return MEOWER_ERROR_IO;
    default:
        return MEOWER_ERROR_INTERNAL;
    }
}

int sqlite_connection_error(struct sqlite_connection *connection, meower_error *error)
{
    int result = sqlite3_extended_errcode(connection->db);
    int system_errno = sqlite3_system_errno(connection->db);
    const char *path = connection->path;
    const char *reason = sqlite3_errmsg(connection->db);
    int code = code_of(result, system_errno);
    /* An earlier failure's number otherwise. */
    if (system_errno != 0 && ((result & 0xff) == SQLITE_IOERR || (result & 0xff) == SQLITE_CANTOPEN)) {
        reason = strerror(system_errno);
    }
    switch (code) {
    case MEOWER_ERROR_LOCKED:
        return meower_error_set_backend(error, code, MEOWER_DOMAIN_SQLITE, result, MEOWER_ERROR_FLAG_RETRIABLE,
                                        "another program keeps \"%s\" locked (%s)", path,
                                        sqlite3_errmsg(connection->db));
    case MEOWER_ERROR_FULL:
        return meower_error_set_backend(error, code, MEOWER_DOMAIN_SQLITE, result, 0,
                                        "the disk is full that holds \"%s\"; free some space", path);
    case MEOWER_ERROR_PERMISSION:
        return meower_error_set_backend(
            error, code, MEOWER_DOMAIN_SQLITE, result, 0,
            "\"%s\" may not be opened or written (%s); check the owner and the mode of the file "
            "and of its directory",
            path, reason);
    case MEOWER_ERROR_CORRUPT:
        return meower_error_set_backend(
            error, code, MEOWER_DOMAIN_SQLITE, result, 0,
            "\"%s\" is not a database or is damaged (%s); it was not changed; restore a copy or "
            "move it away",
            path, sqlite3_errmsg(connection->db));
    case MEOWER_ERROR_NO_MEMORY:
        return meower_error_set_backend(error, code, MEOWER_DOMAIN_SQLITE, result, MEOWER_ERROR_FLAG_RETRIABLE,
                                        "no memory to work on \"%s\"", path);
    case MEOWER_ERROR_IO:
        return meower_error_set_backend(error, code, MEOWER_DOMAIN_SQLITE, result, 0,
                                        "cannot read or write \"%s\": %s (SQLite result %d)", path, reason, result);
    default:
        return meower_error_set_backend(error, code, MEOWER_DOMAIN_SQLITE, result, 0,
                                        "SQLite refused a statement on \"%s\": %s", path, reason);
    }
}

/* ---- connections ------------------------------------------------------------------------------------------------ */

int sqlite_connection_open(struct sqlite_connection *connection, const char *path, int flags, meower_error *error)
{
    struct sqlite_connection opened = {.path = path};
    int result = sqlite3_open_v2(path, &opened.db, flags | SQLITE_OPEN_NOMUTEX, NULL);
    if (opened.db == NULL) {
        return meower_error_set_backend(error, MEOWER_ERROR_NO_MEMORY, MEOWER_DOMAIN_SQLITE, result, 0,
                                        "no memory to open \"%s\"", path);
    }
    if (result != SQLITE_OK) {
        int status = sqlite_connection_error(&opened, error);
        sqlite_connection_close(&opened);
        return status;
    }
    sqlite3_extended_result_codes(opened.db, 1);
    sqlite3_busy_timeout(opened.db, SQLITE_CONNECTION_BUSY_TIMEOUT_MS);
    *connection = opened;
    return MEOWER_OK;
}

int sqlite_connection_prepare(struct sqlite_connection *connection, const char *const *sql, size_t count,
                              meower_error *error)
{
    for (size_t i = 0; i < count; i++) {
        if (sqlite3_prepare_v3(connection->db, sql[i], -1, SQLITE_PREPARE_PERSISTENT, &connection->statements[i],
                               NULL) != SQLITE_OK) {
            return sqlite_connection_error(connection, error);
        }
    }
    return MEOWER_OK;
}

void sqlite_connection_close(struct sqlite_connection *connection)
{
    for (size_t i = 0; i < SQLITE_CONNECTION_STATEMENTS_MAX; i++) {
        sqlite3_finalize(connection->statements[i]);
    }
    sqlite3_close(connection->db);
    *connection = (struct sqlite_connection){0};
}

int sqlite_connection_execute(struct sqlite_connection *connection, const char *sql, meower_error *error)
{
    if (sqlite3_exec(connection->db, sql, NULL, NULL, NULL) != SQLITE_OK) {
        return sqlite_connection_error(connection, error);
    }
    return MEOWER_OK;
}

/* Steps a query to its first row. *statement is for the caller to finalize, also on failure. *result is SQLITE_ROW or
 * SQLITE_DONE on success. */
static int query_first(struct sqlite_connection *connection, const char *sql, sqlite3_stmt **statement, int *result,
                       meower_error *error)
{
    *result = sqlite3_prepare_v2(connection->db, sql, -1, statement, NULL);
    if (*result == SQLITE_OK) {
        *result = sqlite3_step(*statement);
    }
    if (*result != SQLITE_ROW && *result != SQLITE_DONE) {
        return sqlite_connection_error(connection, error);
    }
    return MEOWER_OK;
}

int sqlite_connection_number(struct sqlite_connection *connection, const char *sql, int64_t *number,
                             meower_error *error)
{
    sqlite3_stmt *statement = NULL;
    int result;
    int status = query_first(connection, sql, &statement, &result, error);
    if (status == MEOWER_OK && result == SQLITE_ROW) {
        *number = sqlite3_column_int64(statement, 0);
    }
    sqlite3_finalize(statement);
    return status;
}

int sqlite_connection_text(struct sqlite_connection *connection, const char *sql, char *text, size_t text_size,
                           meower_error *error)
{
    sqlite3_stmt *statement = NULL;
    int result;
    int status = query_first(connection, sql, &statement, &result, error);
    if (status == MEOWER_OK && result == SQLITE_ROW) {
        bool is_null = sqlite3_column_type(statement, 0) == SQLITE_NULL;
        const char *column = (const char *)sqlite3_column_text(statement, 0);
        if (column == NULL && !is_null) {
            status = sqlite_connection_error(connection, error);
        } else {
            snprintf(text, text_size, "%s", is_null ? "" : column);
        }
    }
    sqlite3_finalize(statement);
    return status;
}

void sqlite_connection_bind(struct sqlite_connection *connection, int statement, int parameter, const char *text)
{
    sqlite3_bind_text(connection->statements[statement], parameter, text, -1, SQLITE_STATIC);
}

int sqlite_connection_step(struct sqlite_connection *connection, int statement, meower_error *error)
{
    int status = MEOWER_OK;
    if (sqlite3_step(connection->statements[statement]) != SQLITE_DONE) {
        status = sqlite_connection_error(connection, error);
    }
    sqlite3_reset(connection->statements[statement]);
    return status;
}
