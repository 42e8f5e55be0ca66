/* fts5_file.c - opening, recognising, creating and removing the database of an FTS5 index.
 *
 * A file has a write-ahead log with synchronous=NORMAL: neither the end of the process nor a power cut damages it; what
 * a power cut takes away is indexed again, because the position is part of the same transaction.
 *
 * Memory is a database of SQLite's "memdb" file system, which all connections of this process can open by its name.
 * Not shared-cache mode: its table locks make readers fail with SQLITE_LOCKED while a writer works, and SQLite's
 * authors advise against it (sqlite.org/sharedcache.html). */
#include "search/fts5_file.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

/* In the database header (sqlite.org/fileformat2.html, 1.3): the application id, "MeoF" in ASCII, and the user version,
 * which is the version of the tables. */
#define APPLICATION_ID        0x4D656F46
#define APPLICATION_ID_OFFSET 68
#define TABLES_VERSION        1
#define TEXT_OF(number)       TEXT_OF_EXPANDED(number)
#define TEXT_OF_EXPANDED(x)   #x

/* How long a statement waits for a foreign program that has locked the file. */
#define BUSY_TIMEOUT_MS 5000

/* Of a database in memory: what SQLite can allocate at once. */
#define MEMORY_SIZE_MAX INT64_C(0x7FFF0000)

/* The words stay beside the index because FTS5 must be told them to remove them (external content). The tokenizer
 * "ascii" splits at ASCII characters other than letters and digits, of which our words have none, and leaves every
 * other byte as it is; it lower-cases ASCII letters, which our words are already. Only the rows matter, not where in a
 * text a word stands nor how long the text is: detail and columnsize. */
static const char create_sql[] =
    "BEGIN;"
    "CREATE TABLE docs(position INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, words TEXT NOT NULL);"
    "CREATE TABLE state(epoch TEXT NOT NULL, position INTEGER NOT NULL, is_erasing INTEGER NOT NULL);"
    "INSERT INTO state VALUES ('', 0, 0);"
    "CREATE VIRTUAL TABLE ft USING fts5(words, content = 'docs', content_rowid = 'position', tokenize = 'ascii', "
    "detail = 'none', columnsize = 0, prefix = '1 2 3');"
    /* Segments that are merged at once: fewer merges than with the default of 4, a tenth more documents a second. */
    "INSERT INTO ft(ft, rank) VALUES ('automerge', 8);"
    "CREATE VIRTUAL TABLE vocabulary USING fts5vocab(ft, row);"
    "PRAGMA user_version = " TEXT_OF(TABLES_VERSION) ";"
                                                     "COMMIT";

/* ---- errors ----------------------------------------------------------------------------------------------------- */

static int code_of_errno(int system_errno)
{
    switch (system_errno) {
    case EACCES:
    case EPERM:
    case EROFS:
        return MEOWER_ERROR_PERMISSION;
    case ENOSPC:
    case EDQUOT:
        return MEOWER_ERROR_FULL;
    case ENOMEM:
        return MEOWER_ERROR_NO_MEMORY;
    case ENOENT:
    case ENOTDIR:
        return MEOWER_ERROR_INVALID;
    default:
        return MEOWER_ERROR_IO;
    }
}

static int system_error(const char *what, const char *path, meower_error *error)
{
    int system_errno = errno;

    return meower_error_set(error, code_of_errno(system_errno), system_errno, 0, "%s \"%s\": %s", what, path,
                            strerror(system_errno));
}

static int memory_error(meower_error *error)
{
    return meower_error_set(error, MEOWER_ERROR_NO_MEMORY, 0, MEOWER_ERROR_FLAG_RETRIABLE,
                            "no memory for the search index");
}

static int code_of_result(int result, int system_errno)
{
    if (result == SQLITE_IOERR_NOMEM) {
        return MEOWER_ERROR_NO_MEMORY;
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
    case SQLITE_NOMEM:
        return MEOWER_ERROR_NO_MEMORY;
    case SQLITE_IOERR:
    case SQLITE_CANTOPEN:
        return system_errno == 0 ? MEOWER_ERROR_IO : code_of_errno(system_errno);
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
    case SQLITE_ERROR: /* no such table or column */
    case SQLITE_CONSTRAINT:
        return MEOWER_ERROR_CORRUPT;
    default:
        return MEOWER_ERROR_INTERNAL;
    }
}

int fts5_file_error(const struct fts5_file *file, sqlite3 *db, meower_error *error)
{
    int result = sqlite3_extended_errcode(db);
    int code = code_of_result(result, sqlite3_system_errno(db));
    const char *name = file->is_in_memory ? "fts5:" : file->name;

    switch (code) {
    case MEOWER_ERROR_NO_MEMORY:
        return memory_error(error);
    case MEOWER_ERROR_LOCKED:
        return meower_error_set(error, code, result, MEOWER_ERROR_FLAG_RETRIABLE,
                                "another program keeps the search index \"%s\" locked", name);
    case MEOWER_ERROR_FULL:
        return meower_error_set(error, code, result, 0, "no space is left for the search index \"%s\"; free some",
                                name);
    case MEOWER_ERROR_PERMISSION:
        return meower_error_set(error, code, result, 0,
                                "the search index \"%s\" may not be written (%s); check the owner and the mode of the "
                                "file and of its directory",
                                name, sqlite3_errmsg(db));
    case MEOWER_ERROR_CORRUPT:
        return meower_error_set(error, code, result, 0,
                                "the search index \"%s\" is damaged (%s); it must be reset and made anew", name,
                                sqlite3_errmsg(db));
    default:
        return meower_error_set(error, code, result, 0, "cannot use the search index \"%s\": %s (%s)", name,
                                sqlite3_errmsg(db), sqlite3_errstr(result));
    }
}

/* ---- the path and its lock -------------------------------------------------------------------------------------- */

/* The absolute path of a file that may not exist yet; its directory does. */
static int resolve(const char *location, char **path, meower_error *error)
{
    *path = realpath(location, NULL);
    if (*path != NULL) {
        return MEOWER_OK;
    }
    if (errno != ENOENT) {
        return system_error("cannot find the search index", location, error);
    }
    const char *slash = strrchr(location, '/');
    const char *base = slash == NULL ? location : slash + 1;
    char *directory = slash == NULL ? strdup(".") : strndup(location, (size_t)(slash - location) + 1);
    if (directory == NULL) {
        return memory_error(error);
    }
    int status = MEOWER_OK;
    char *real_directory = realpath(directory, NULL);
    if (real_directory == NULL) {
        status = system_error("cannot find the directory of the search index", directory, error);
    } else if (base[0] == '\0') {
        status = meower_error_set(error, MEOWER_ERROR_INVALID, 0, 0,
                                  "the search index \"fts5:%s\" names a directory; name a file", location);
    } else if (asprintf(path, "%s/%s", strcmp(real_directory, "/") == 0 ? "" : real_directory, base) < 0) {
        *path = NULL;
        status = memory_error(error);
    }
    free(real_directory);
    free(directory);
    return status;
}

/* Not on the database itself: closing a descriptor of it drops the locks that SQLite has on it in this process
 * (sqlite.org/howtocorrupt.html, 2.2). And flock(), which belongs to the descriptor, so that a second index on the same
 * file is refused in this process as well. */
static int take_lock(struct fts5_file *file, meower_error *error)
{
    char *lock_path;

    if (asprintf(&lock_path, "%s.lock", file->name) < 0) {
        return memory_error(error);
    }
    int status = MEOWER_OK;
    file->lock = open(lock_path, O_RDWR | O_CREAT | O_CLOEXEC, 0644);
    if (file->lock < 0) {
        status = system_error("cannot open the lock file", lock_path, error);
    } else if (flock(file->lock, LOCK_EX | LOCK_NB) != 0) {
        status = errno == EWOULDBLOCK
                     ? meower_error_set(error, MEOWER_ERROR_LOCKED, errno, 0,
                                        "the search index \"%s\" is open in another process, or twice in this one; "
                                        "give each its own",
                                        file->name)
                     : system_error("cannot lock the file", lock_path, error);
    }
    free(lock_path);
    return status;
}

/* ---- recognising ------------------------------------------------------------------------------------------------ */

/* A file of ours bears our application id from the moment it has content (see create_tables()). */
static bool is_ours(const unsigned char *header, size_t len)
{
    static const unsigned char application_id[] = {APPLICATION_ID >> 24, APPLICATION_ID >> 16 & 0xFF,
                                                   APPLICATION_ID >> 8 & 0xFF, APPLICATION_ID & 0xFF};

    return len == APPLICATION_ID_OFFSET + sizeof(application_id) && memcmp(header, "SQLite format 3", 16) == 0 &&
           memcmp(header + APPLICATION_ID_OFFSET, application_id, sizeof(application_id)) == 0;
}

/* Nothing is ever removed or changed that has not passed here. An empty file has nothing to lose. The descriptor is
 * closed before SQLite opens the file, and nobody else in this process has it open: we hold the lock. */
static int refuse_foreign(const char *path, meower_error *error)
{
    unsigned char header[APPLICATION_ID_OFFSET + 4];
    struct stat properties;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

    if (fd < 0) {
        return errno == ENOENT ? MEOWER_OK : system_error("cannot open the search index", path, error);
    }
    int status = MEOWER_OK;
    ssize_t len = -1;
    if (fstat(fd, &properties) != 0) {
        status = system_error("cannot look at", path, error);
    } else if (S_ISREG(properties.st_mode)) {
        len = read(fd, header, sizeof(header));
        status = len < 0 ? system_error("cannot read", path, error) : MEOWER_OK;
    }
    if (status == MEOWER_OK && len != 0 && (len < 0 || !is_ours(header, (size_t)len))) {
        status = meower_error_set(error, MEOWER_ERROR_CORRUPT, 0, 0,
                                  "\"%s\" is no search index of this library; it was not changed; name another file, "
                                  "or move it away",
                                  path);
    }
    close(fd);
    return status;
}

int fts5_file_init(struct fts5_file *file, const char *location, const void *owner, meower_error *error)
{
    struct fts5_file opened = {.lock = -1, .is_in_memory = location[0] == '\0'};
    int status = MEOWER_OK;

    if (opened.is_in_memory) {
        /* The leading slash is what makes it visible to more than one connection (SQLite 3.36). */
        if (asprintf(&opened.name, "file:/meower-fts5-%p?vfs=memdb", owner) < 0) {
            return memory_error(error);
        }
        *file = opened;
        return MEOWER_OK;
    }
    status = resolve(location, &opened.name, error);
    if (status == MEOWER_OK) {
        status = take_lock(&opened, error);
    }
    if (status == MEOWER_OK) {
        status = refuse_foreign(opened.name, error);
    }
    if (status != MEOWER_OK) {
        fts5_file_release(&opened);
        return status;
    }
    *file = opened;
    return MEOWER_OK;
}

int fts5_file_find(struct fts5_file *file, const char *location, meower_error *error)
{
    struct fts5_file found = {.lock = -1, .only_looks = true};

    if (location[0] == '\0' || (access(location, F_OK) != 0 && errno == ENOENT)) {
        return meower_error_set(error, MEOWER_ERROR_NOT_FOUND, 0, 0, "there is no search index \"fts5:%s\"", location);
    }
    int status = resolve(location, &found.name, error);
    if (status == MEOWER_OK) {
        *file = found;
    }
    return status;
}

int fts5_file_name_beside(const struct fts5_file *file, unsigned number, struct fts5_file *beside, meower_error *error)
{
    struct fts5_file named = {.lock = -1, .is_in_memory = file->is_in_memory, .yields = file->yields};
    int len = file->is_in_memory
                  ? asprintf(&named.name, "file:/meower-fts5-%p-%u?vfs=memdb", (const void *)file, number)
                  : asprintf(&named.name, "%s.rebuild", file->name);

    if (len < 0) {
        return memory_error(error);
    }
    int status = named.is_in_memory ? MEOWER_OK : refuse_foreign(named.name, error);
    if (status != MEOWER_OK) {
        fts5_file_release(&named);
        return status;
    }
    *beside = named;
    return MEOWER_OK;
}

void fts5_file_release(struct fts5_file *file)
{
    if (file->lock >= 0) {
        close(file->lock);
    }
    file->lock = -1;
    free(file->name);
    file->name = NULL;
}

/* The database first: without it SQLite takes no notice of what is left of the others. */
static const char *const suffixes[] = {"", "-wal", "-shm", "-journal"};

/* Removes the files of an index from suffixes[first] on. */
static int remove_files(const struct fts5_file *file, size_t first, meower_error *error)
{
    for (size_t i = first; !file->is_in_memory && i < sizeof(suffixes) / sizeof(suffixes[0]); i++) {
        char *path;
        if (asprintf(&path, "%s%s", file->name, suffixes[i]) < 0) {
            return memory_error(error);
        }
        int status = unlink(path) == 0 || errno == ENOENT ? MEOWER_OK : system_error("cannot remove", path, error);
        free(path);
        if (status != MEOWER_OK) {
            return status;
        }
    }
    return MEOWER_OK;
}

int fts5_file_remove(const struct fts5_file *file, meower_error *error)
{
    return remove_files(file, 0, error);
}

/* A log that is left of the old index would be taken for one of the new. The last connection to close has emptied and
 * removed it, unless it was damaged. */
int fts5_file_replace(const struct fts5_file *file, const struct fts5_file *beside, meower_error *error)
{
    char *log_path;

    if (asprintf(&log_path, "%s-wal", beside->name) < 0) {
        return memory_error(error);
    }
    bool is_whole = access(log_path, F_OK) != 0;
    free(log_path);
    if (!is_whole) {
        return meower_error_set(error, MEOWER_ERROR_IO, 0, 0,
                                "the new search index \"%s\" could not be closed: a part of it is still in its log",
                                beside->name);
    }
    int status = remove_files(file, 1, error);
    if (status == MEOWER_OK && rename(beside->name, file->name) != 0) {
        status = system_error("cannot replace", file->name, error);
    }
    return status;
}

/* ---- connections ------------------------------------------------------------------------------------------------ */

int fts5_file_execute(const struct fts5_file *file, sqlite3 *db, const char *sql, meower_error *error)
{
    return sqlite3_exec(db, sql, NULL, NULL, NULL) == SQLITE_OK ? MEOWER_OK : fts5_file_error(file, db, error);
}

int fts5_file_prepare(const struct fts5_file *file, sqlite3 *db, const char *const *sql, sqlite3_stmt **statements,
                      size_t count, meower_error *error)
{
    for (size_t i = 0; i < count; i++) {
        if (sqlite3_prepare_v3(db, sql[i], -1, SQLITE_PREPARE_PERSISTENT, &statements[i], NULL) != SQLITE_OK) {
            return fts5_file_error(file, db, error);
        }
    }
    return MEOWER_OK;
}

void fts5_file_close(sqlite3 **db, sqlite3_stmt **statements, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        sqlite3_finalize(statements[i]);
        statements[i] = NULL;
    }
    sqlite3_close(*db);
    *db = NULL;
}

/* Each connection is used by one thread at a time: no mutex. */
static int open_connection(const struct fts5_file *file, sqlite3 **db, meower_error *error)
{
    int flags = file->only_looks ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;
    sqlite3 *opened = NULL;

    flags |= SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_PRIVATECACHE;

    if (file->is_in_memory) {
        flags |= SQLITE_OPEN_URI;
    }
    int result = sqlite3_open_v2(file->name, &opened, flags, NULL);
    if (opened == NULL) {
        return memory_error(error);
    }
    if (result != SQLITE_OK) {
        int status = fts5_file_error(file, opened, error);
        sqlite3_close(opened);
        return status;
    }
    sqlite3_extended_result_codes(opened, 1);
    sqlite3_busy_timeout(opened, BUSY_TIMEOUT_MS);
    sqlite3_db_config(opened, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, file->only_looks ? 1 : 0, NULL);
    *db = opened;
    return MEOWER_OK;
}

int fts5_file_open_reader(const struct fts5_file *file, sqlite3 **db, meower_error *error)
{
    int status = open_connection(file, db, error);

    if (status == MEOWER_OK) {
        status = fts5_file_execute(file, *db, "PRAGMA wal_autocheckpoint = 0; PRAGMA query_only = 1", error);
        if (status != MEOWER_OK) {
            fts5_file_close(db, NULL, 0);
        }
    }
    return status;
}

/* *number is the first column of a query's first row. */
static int read_number(const struct fts5_file *file, sqlite3 *db, const char *sql, int64_t *number, meower_error *error)
{
    sqlite3_stmt *statement = NULL;
    int status = MEOWER_OK;

    if (sqlite3_prepare_v2(db, sql, -1, &statement, NULL) != SQLITE_OK || sqlite3_step(statement) != SQLITE_ROW) {
        status = fts5_file_error(file, db, error);
    } else {
        *number = sqlite3_column_int64(statement, 0);
    }
    sqlite3_finalize(statement);
    return status;
}

static int start_log(const struct fts5_file *file, sqlite3 *db, meower_error *error)
{
    sqlite3_stmt *statement = NULL;
    int status = MEOWER_OK;

    if (sqlite3_prepare_v2(db, "PRAGMA journal_mode = WAL", -1, &statement, NULL) != SQLITE_OK ||
        sqlite3_step(statement) != SQLITE_ROW || sqlite3_column_text(statement, 0) == NULL) {
        status = fts5_file_error(file, db, error);
    } else if (strcmp((const char *)sqlite3_column_text(statement, 0), "wal") != 0) {
        status = meower_error_set(error, MEOWER_ERROR_IO, 0, 0,
                                  "\"%s\" cannot have a write-ahead log; keep it on a local file system", file->name);
    }
    sqlite3_finalize(statement);
    return status;
}

/* secure_delete overwrites what is removed with zeros. Checkpoints are fts5.c's. */
static int configure(const struct fts5_file *file, sqlite3 *db, meower_error *error)
{
    if (file->is_in_memory) {
        sqlite3_int64 size_max = MEMORY_SIZE_MAX;
        sqlite3_file_control(db, "main", SQLITE_FCNTL_SIZE_LIMIT, &size_max);
        return fts5_file_execute(file, db, "PRAGMA secure_delete = OFF; PRAGMA cache_size = -8192", error);
    }
    int status = start_log(file, db, error);
    if (status == MEOWER_OK) {
        status = fts5_file_execute(file, db,
                                   "PRAGMA synchronous = NORMAL; PRAGMA wal_autocheckpoint = 0;"
                                   "PRAGMA secure_delete = ON; PRAGMA cache_size = -8192; PRAGMA temp_store = MEMORY",
                                   error);
    }
    return status;
}

/* The application id is written before there is a log: the file itself shows from the first moment whose it is. */
static int create_tables(const struct fts5_file *file, sqlite3 *db, meower_error *error)
{
    int status = fts5_file_execute(file, db, "PRAGMA application_id = " TEXT_OF(APPLICATION_ID), error);

    if (status == MEOWER_OK) {
        status = configure(file, db, error);
    }
    if (status == MEOWER_OK) {
        status = fts5_file_execute(file, db, create_sql, error);
    }
    return status;
}

/* By a connection, not by a look into the file: this process may have it open (see take_lock()). */
static int look_at_tables(const struct fts5_file *file, sqlite3 *db, meower_error *error)
{
    int64_t application_id = 0;
    int64_t version = 0;
    int status = read_number(file, db, "PRAGMA application_id", &application_id, error);

    if (status == MEOWER_OK) {
        status = read_number(file, db, "PRAGMA user_version", &version, error);
    }
    if (status == MEOWER_OK && (application_id != APPLICATION_ID || version != TABLES_VERSION)) {
        status = meower_error_set(error, MEOWER_ERROR_CORRUPT, 0, 0,
                                  "\"%s\" is no search index of this version of the library", file->name);
    }
    return status;
}

/* Errors: CORRUPT also when the tables are of another version. */
static int open_tables(const struct fts5_file *file, sqlite3 *db, meower_error *error)
{
    int64_t page_count = 0;
    int64_t version = 0;
    int status = read_number(file, db, "PRAGMA page_count", &page_count, error);

    if (status == MEOWER_OK && page_count == 0) {
        return create_tables(file, db, error);
    }
    if (status == MEOWER_OK) {
        status = read_number(file, db, "PRAGMA user_version", &version, error);
    }
    if (status == MEOWER_OK && version != TABLES_VERSION) {
        status = meower_error_set(error, MEOWER_ERROR_CORRUPT, 0, 0,
                                  "the search index \"%s\" has tables of another version", file->name);
    }
    return status == MEOWER_OK ? configure(file, db, error) : status;
}

int fts5_file_open_writer(const struct fts5_file *file, sqlite3 **db, meower_error *error)
{
    int status = open_connection(file, db, error);

    if (status == MEOWER_OK) {
        status = file->only_looks ? look_at_tables(file, *db, error) : open_tables(file, *db, error);
        if (status != MEOWER_OK) {
            fts5_file_close(db, NULL, 0);
        }
    }
    return status;
}
