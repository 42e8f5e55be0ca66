/* sqlite_backup.c - backup() and restore() of the SQLite store.
 *
 * A copy is made by VACUUM INTO (sqlite.org/lang_vacuum.html): of one moment, by a connection that only reads, so that
 * the store may be open and written to meanwhile, and without what deleted texts have left in free space. SQLite's
 * backup API would copy that too, and begins again whenever another process writes. The copy gets its name when it is
 * whole and on the disk. */
#include "store/sqlite_backup.h"
#include "base/cursor.h"
#include "store/sqlite_connection.h"
#include "store/sqlite_identity.h"
#include "store/sqlite_schema.h"
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PART_SUFFIX     ".part"
#define REPLACED_SUFFIX ".replaced"

static int join(char **out, const char *path, const char *suffix, meower_error *error)
{
    if (asprintf(out, "%s%s", path, suffix) >= 0) {
        return MEOWER_OK;
    }
    *out = NULL;
    return meower_error_set(error, MEOWER_ERROR_NO_MEMORY, 0, 0, "no memory for a path");
}

/* ---- copying ---------------------------------------------------------------------------------------------------- */

static int sync_path(const char *path, meower_error *error)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    int status = fd >= 0 && fsync(fd) == 0 ? MEOWER_OK : sqlite_system_error(errno, "cannot write", path, error);
    if (fd >= 0) {
        close(fd);
    }
    return status;
}

static int sync_directory_of(const char *path, meower_error *error)
{
    char *directory = strdup(path);
    char *slash = directory == NULL ? NULL : strrchr(directory, '/');
    if (directory == NULL) {
        return meower_error_set(error, MEOWER_ERROR_NO_MEMORY, 0, 0, "no memory for a path");
    }
    if (slash != NULL) {
        slash[slash == directory ? 1 : 0] = '\0';
    }
    int status = sync_path(slash == NULL ? "." : directory, error);
    free(directory);
    return status;
}

/* A connection that only reads: it never moves the log, also not when it is the last one to close. */
static int open_source(struct sqlite_connection *source, const char *path, meower_error *error)
{
    if (access(path, F_OK) != 0) {
        return meower_error_set_backend(error, MEOWER_ERROR_NOT_FOUND, MEOWER_DOMAIN_ERRNO, errno, 0,
                                        "there is no store \"%s\"", path);
    }
    int status = sqlite_connection_open(source, path, SQLITE_OPEN_READONLY, error);
    if (status != MEOWER_OK) {
        return status;
    }
    sqlite3_db_config(source->db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
    status = sqlite_schema_look(source, &(bool){false}, error);
    if (status != MEOWER_OK) {
        sqlite_connection_close(source);
    }
    return status;
}

static int vacuum_into(struct sqlite_connection *source, const char *path, meower_error *error)
{
    char *sql = sqlite3_mprintf("VACUUM INTO %Q", path);
    if (sql == NULL) {
        return meower_error_set(error, MEOWER_ERROR_NO_MEMORY, 0, 0, "no memory to copy a store");
    }
    int status = sqlite_connection_execute(source, sql, error);
    sqlite3_free(sql);
    return status;
}

/* ---- backup ----------------------------------------------------------------------------------------------------- */

/* link() fails when the name is taken: nothing is ever overwritten. */
static int give_name(const char *part, const char *path, meower_error *error)
{
    int status = sync_path(part, error);
    if (status == MEOWER_OK && link(part, path) != 0) {
        status = errno == EEXIST ? meower_error_set_backend(error, MEOWER_ERROR_INVALID, MEOWER_DOMAIN_ERRNO, EEXIST, 0,
                                                            "\"%s\" exists already; name a new file", path)
                                 : sqlite_system_error(errno, "cannot make", path, error);
    }
    unlink(part);
    return status == MEOWER_OK ? sync_directory_of(path, error) : status;
}

static int copy_out(const char *store_path, const char *path, meower_error *error)
{
    struct sqlite_connection source = {.db = NULL};
    char *part = NULL;
    if (access(path, F_OK) == 0) {
        return meower_error_set_backend(error, MEOWER_ERROR_INVALID, MEOWER_DOMAIN_ERRNO, EEXIST, 0,
                                        "\"%s\" exists already; name a new file", path);
    }
    int status = join(&part, path, PART_SUFFIX, error);
    if (status == MEOWER_OK) {
        status = open_source(&source, store_path, error);
    }
    if (status == MEOWER_OK) {
        unlink(part); /* what an earlier backup left that was cut off */
        status = vacuum_into(&source, part, error);
        sqlite_connection_close(&source);
        status = status == MEOWER_OK ? give_name(part, path, error) : status;
        unlink(part);
    }
    free(part);
    return status;
}

int sqlite_backup(const meower_backend_config *config, const char *path, meower_error *error)
{
    char *store_path;
    int status = sqlite_path_resolve(config->location, &store_path, error);
    if (status != MEOWER_OK) {
        return status;
    }
    status = copy_out(store_path, path, error);
    free(store_path);
    return status;
}

/* ---- restore ---------------------------------------------------------------------------------------------------- */

static int check_integrity(struct sqlite_connection *copy, meower_error *error)
{
    char verdict[200] = "";
    int status = sqlite_connection_text(copy, "PRAGMA integrity_check(1)", verdict, sizeof(verdict), error);
    if (status != MEOWER_OK || strcmp(verdict, "ok") == 0) {
        return status;
    }
    return meower_error_set(error, MEOWER_ERROR_CORRUPT, 0, 0,
                            "the backup \"%s\" is damaged (%s); the store was not changed; take another one",
                            copy->path, verdict);
}

/* Another life: a new epoch, and nobody holds a lease. Rollback journal, so that all is in one file when it closes. */
static int begin_new_life(const char *part, const meower_clock *clock, struct sqlite_identity *identity,
                          meower_error *error)
{
    struct sqlite_connection copy = {.db = NULL};
    char sql[200];
    int64_t head = 0;
    int status = sqlite_connection_open(&copy, part, SQLITE_OPEN_READWRITE, error);
    if (status != MEOWER_OK) {
        return status;
    }
    cursor_draw_epoch(clock, identity->epoch);
    snprintf(sql, sizeof(sql),
             "PRAGMA journal_mode = DELETE; UPDATE meower_meta SET value = '%s' WHERE name = 'epoch'; "
             "DELETE FROM meower_leases",
             identity->epoch);
    status = check_integrity(&copy, error);
    if (status == MEOWER_OK) {
        status = sqlite_connection_execute(&copy, sql, error);
    }
    if (status == MEOWER_OK) {
        status = sqlite_connection_number(&copy, "SELECT max(position) FROM meower_events", &head, error);
    }
    identity->head = (uint64_t)head;
    sqlite_connection_close(&copy);
    return status == MEOWER_OK ? sync_path(part, error) : status;
}

static int rename_with(const char *path, const char *new_path, const char *suffix, meower_error *error)
{
    char *from = NULL;
    char *to = NULL;
    int status = join(&from, path, suffix, error);
    if (status == MEOWER_OK) {
        status = join(&to, new_path, suffix, error);
    }
    if (status == MEOWER_OK && rename(from, to) != 0 && errno != ENOENT) {
        status = sqlite_system_error(errno, "cannot rename", from, error);
    }
    free(from);
    free(to);
    return status;
}

/* The log of the old file goes first: found beside the new one, it would be taken for its log. */
static int move_old_away(const char *path, meower_error *error)
{
    char *replaced = NULL;
    char *shared = NULL;
    int status = join(&replaced, path, REPLACED_SUFFIX, error);
    if (status == MEOWER_OK) {
        status = join(&shared, path, "-shm", error);
    }
    if (status == MEOWER_OK) {
        status = rename_with(path, replaced, "-wal", error);
    }
    if (status == MEOWER_OK) {
        status = rename_with(path, replaced, "", error);
    }
    if (status == MEOWER_OK) {
        unlink(shared);
    }
    free(replaced);
    free(shared);
    return status;
}

static int put_in_place(const char *part, const char *path, int lock, struct sqlite_identity *identity,
                        meower_error *error)
{
    int status = move_old_away(path, error);
    if (status == MEOWER_OK && rename(part, path) != 0) {
        status = sqlite_system_error(errno, "cannot make", path, error);
    }
    if (status == MEOWER_OK) {
        status = sync_directory_of(path, error);
    }
    if (status == MEOWER_OK) {
        status = sqlite_identity_of_file(path, identity, error);
    }
    return status == MEOWER_OK ? sqlite_identity_write(lock, identity, error) : status;
}

static int copy_in(const meower_backend_config *config, const char *backup_path, const char *path, meower_error *error)
{
    struct sqlite_connection source = {.db = NULL};
    struct sqlite_identity identity = {.inode = 0};
    char *part = NULL;
    int lock = -1;
    int status = sqlite_lock_take(path, &lock, error);
    if (status == MEOWER_OK) {
        status = join(&part, path, PART_SUFFIX, error);
    }
    if (status == MEOWER_OK) {
        status = open_source(&source, backup_path, error);
    }
    if (status == MEOWER_OK) {
        unlink(part);
        status = vacuum_into(&source, part, error);
        sqlite_connection_close(&source);
    }
    if (status == MEOWER_OK) {
        status = begin_new_life(part, config->clock, &identity, error);
    }
    if (status == MEOWER_OK) {
        status = put_in_place(part, path, lock, &identity, error);
    }
    if (part != NULL) {
        unlink(part);
    }
    if (lock >= 0) {
        close(lock);
    }
    free(part);
    return status;
}

int sqlite_restore(const meower_backend_config *config, const char *path, meower_error *error)
{
    char *store_path;
    int status = sqlite_path_resolve(config->location, &store_path, error);
    if (status != MEOWER_OK) {
        return status;
    }
    char *backup_path = realpath(path, NULL);
    if (backup_path == NULL) {
        status = meower_error_set_backend(error, MEOWER_ERROR_NOT_FOUND, MEOWER_DOMAIN_ERRNO, errno, 0,
                                          "cannot find the backup \"%s\": %s", path, strerror(errno));
    } else if (strcmp(backup_path, store_path) == 0) {
        status = meower_error_set(error, MEOWER_ERROR_INVALID, 0, 0, "\"%s\" is the store itself, not a backup", path);
    }
    if (status == MEOWER_OK) {
        status = copy_in(config, backup_path, store_path, error);
    }
    free(backup_path);
    free(store_path);
    return status;
}
