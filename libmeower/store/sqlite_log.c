/* sqlite_log.c - a VFS that differs from SQLite's own one in the write-ahead log alone.
 *
 * SQLite writes each page of a transaction by two calls, a header of 24 bytes and the page, one after the other (WAL
 * format: sqlite.org/fileformat2.html, 4.1). They are gathered here until the log is synced. Nobody else looks for them
 * before: with synchronous = FULL a commit syncs the log before it tells other connections how far it goes. */
#include "store/sqlite_log.h"
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define GATHERED_MAX (128 * 1024) /* bytes: 31 pages with their headers, about a hundred posts */

struct log_file {
    sqlite3_file base; /* first: SQLite hands it back by this */
    sqlite3_file *real;
    char *gathered;
    sqlite3_int64 start; /* where in the file the gathered bytes belong */
    int len;
};

struct log_vfs {
    sqlite3_vfs base; /* first: SQLite hands it back by this */
    char name[40];
};

static sqlite3_vfs *real_of(const sqlite3_vfs *vfs)
{
    return vfs->pAppData;
}

/* ---- the log's file --------------------------------------------------------------------------------------------- */

/* Whatever comes of it nothing stays gathered: the transaction fails, and the next one is written anew. */
static int write_gathered(struct log_file *log)
{
    int len = log->len;
    log->len = 0;
    return len == 0 ? SQLITE_OK : log->real->pMethods->xWrite(log->real, log->gathered, len, log->start);
}

static int log_close(sqlite3_file *file)
{
    struct log_file *log = (struct log_file *)file;
    int result = write_gathered(log);
    int closed = log->real->pMethods->xClose(log->real);
    sqlite3_free(log->gathered);
    return result == SQLITE_OK ? closed : result;
}

static int log_read(sqlite3_file *file, void *bytes, int len, sqlite3_int64 start)
{
    struct log_file *log = (struct log_file *)file;
    int result = write_gathered(log);
    return result == SQLITE_OK ? log->real->pMethods->xRead(log->real, bytes, len, start) : result;
}

static int log_write(sqlite3_file *file, const void *bytes, int len, sqlite3_int64 start)
{
    struct log_file *log = (struct log_file *)file;
    bool follows = log->len > 0 && log->start + log->len == start && len <= GATHERED_MAX - log->len;
    int result = follows ? SQLITE_OK : write_gathered(log);
    if (result != SQLITE_OK) {
        return result;
    }
    if (len > GATHERED_MAX) {
        return log->real->pMethods->xWrite(log->real, bytes, len, start);
    }
    if (log->len == 0) {
        log->start = start;
    }
    memcpy(log->gathered + log->len, bytes, (size_t)len);
    log->len += len;
    return SQLITE_OK;
}

static int log_truncate(sqlite3_file *file, sqlite3_int64 size)
{
    struct log_file *log = (struct log_file *)file;
    int result = write_gathered(log);
    return result == SQLITE_OK ? log->real->pMethods->xTruncate(log->real, size) : result;
}

static int log_sync(sqlite3_file *file, int flags)
{
    struct log_file *log = (struct log_file *)file;
    int result = write_gathered(log);
    return result == SQLITE_OK ? log->real->pMethods->xSync(log->real, flags) : result;
}

static int log_size(sqlite3_file *file, sqlite3_int64 *size)
{
    struct log_file *log = (struct log_file *)file;
    int result = write_gathered(log);
    return result == SQLITE_OK ? log->real->pMethods->xFileSize(log->real, size) : result;
}

/* A log is not locked: its database is. */
static int log_lock(sqlite3_file *file, int level)
{
    struct log_file *log = (struct log_file *)file;
    return log->real->pMethods->xLock(log->real, level);
}

static int log_unlock(sqlite3_file *file, int level)
{
    struct log_file *log = (struct log_file *)file;
    return log->real->pMethods->xUnlock(log->real, level);
}

static int log_check_lock(sqlite3_file *file, int *is_locked)
{
    struct log_file *log = (struct log_file *)file;
    return log->real->pMethods->xCheckReservedLock(log->real, is_locked);
}

static int log_control(sqlite3_file *file, int operation, void *argument)
{
    struct log_file *log = (struct log_file *)file;
    return log->real->pMethods->xFileControl(log->real, operation, argument);
}

static int log_sector_size(sqlite3_file *file)
{
    struct log_file *log = (struct log_file *)file;
    return log->real->pMethods->xSectorSize(log->real);
}

static int log_characteristics(sqlite3_file *file)
{
    struct log_file *log = (struct log_file *)file;
    return log->real->pMethods->xDeviceCharacteristics(log->real);
}

static const sqlite3_io_methods log_methods = {
    .iVersion = 1,
    .xClose = log_close,
    .xRead = log_read,
    .xWrite = log_write,
    .xTruncate = log_truncate,
    .xSync = log_sync,
    .xFileSize = log_size,
    .xLock = log_lock,
    .xUnlock = log_unlock,
    .xCheckReservedLock = log_check_lock,
    .xFileControl = log_control,
    .xSectorSize = log_sector_size,
    .xDeviceCharacteristics = log_characteristics,
};

/* ---- the VFS ---------------------------------------------------------------------------------------------------- */

/* The real file follows ours in the memory that SQLite gives. */
static int open_log(sqlite3_vfs *real, const char *name, struct log_file *log, int flags, int *opened_flags)
{
    log->base.pMethods = NULL; /* so far there is nothing to close */
    log->real = (sqlite3_file *)(void *)(log + 1);
    log->start = 0;
    log->len = 0;
    log->gathered = sqlite3_malloc(GATHERED_MAX);
    if (log->gathered == NULL) {
        return SQLITE_NOMEM;
    }
    int result = real->xOpen(real, name, log->real, flags, opened_flags);
    if (result != SQLITE_OK) {
        if (log->real->pMethods != NULL) {
            log->real->pMethods->xClose(log->real);
        }
        sqlite3_free(log->gathered);
        return result;
    }
    log->base.pMethods = &log_methods;
    return SQLITE_OK;
}

static int vfs_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *file, int flags, int *opened_flags)
{
    sqlite3_vfs *real = real_of(vfs);
    if ((flags & SQLITE_OPEN_WAL) != 0) {
        return open_log(real, name, (struct log_file *)file, flags, opened_flags);
    }
    return real->xOpen(real, name, file, flags, opened_flags);
}

static int vfs_delete(sqlite3_vfs *vfs, const char *name, int must_sync)
{
    return real_of(vfs)->xDelete(real_of(vfs), name, must_sync);
}

static int vfs_access(sqlite3_vfs *vfs, const char *name, int flags, int *result)
{
    return real_of(vfs)->xAccess(real_of(vfs), name, flags, result);
}

static int vfs_full_pathname(sqlite3_vfs *vfs, const char *name, int size, char *out)
{
    return real_of(vfs)->xFullPathname(real_of(vfs), name, size, out);
}

static int vfs_randomness(sqlite3_vfs *vfs, int size, char *out)
{
    return real_of(vfs)->xRandomness(real_of(vfs), size, out);
}

static int vfs_sleep(sqlite3_vfs *vfs, int us)
{
    return real_of(vfs)->xSleep(real_of(vfs), us);
}

static int vfs_current_time(sqlite3_vfs *vfs, double *days)
{
    return real_of(vfs)->xCurrentTime(real_of(vfs), days);
}

static int vfs_last_error(sqlite3_vfs *vfs, int size, char *out)
{
    return real_of(vfs)->xGetLastError(real_of(vfs), size, out);
}

/* Extensions are not loaded through it: it has no xDl... */
sqlite3_vfs *sqlite_log_vfs_new(void)
{
    sqlite3_vfs *real = sqlite3_vfs_find(NULL);
    struct log_vfs *vfs = real == NULL ? NULL : calloc(1, sizeof(*vfs));
    if (vfs == NULL) {
        return NULL;
    }
    snprintf(vfs->name, sizeof(vfs->name), "meower-log-%p", (void *)vfs);
    vfs->base = (sqlite3_vfs){.iVersion = 1,
                              .szOsFile = (int)sizeof(struct log_file) + real->szOsFile,
                              .mxPathname = real->mxPathname,
                              .zName = vfs->name,
                              .pAppData = real,
                              .xOpen = vfs_open,
                              .xDelete = vfs_delete,
                              .xAccess = vfs_access,
                              .xFullPathname = vfs_full_pathname,
                              .xRandomness = vfs_randomness,
                              .xSleep = vfs_sleep,
                              .xCurrentTime = vfs_current_time,
                              .xGetLastError = vfs_last_error};
    if (sqlite3_vfs_register(&vfs->base, 0) != SQLITE_OK) {
        free(vfs);
        return NULL;
    }
    return &vfs->base;
}

void sqlite_log_vfs_free(sqlite3_vfs *vfs)
{
    if (vfs == NULL) {
        return;
    }
    sqlite3_vfs_unregister(vfs);
    free(vfs);
}
