/* world_files.c - see world_files.h. */
#include "fault/world_files.h"
#include "base/cursor.h"
#include "store/sqlite_identity.h"
#include <dirent.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define FILE_SIZE_MAX   (1 << 20)
#define INDEX_NAME      "index"
#define INDEX_FILES_MAX 6         /* lock, manifest, and segments */
#define INDEX_SIZE_MAX  (1 << 16) /* bytes of one of them */

static struct {
    char bytes[FILE_SIZE_MAX];
    size_t len;
} kept_files[FILES_COUNT];

static struct {
    struct {
        char name[32];
        char bytes[INDEX_SIZE_MAX];
        size_t len;
    } files[INDEX_FILES_MAX];
    size_t count;
} kept_indexes[INDEX_COUNT];

static void write_path(char path[PATH_SIZE + 32], const char *folder, const char *name)
{
    snprintf(path, PATH_SIZE + 32, "%s/%s", folder, name);
}

/* Reads all of a file. Returns how many bytes it has. */
static size_t read_file(const char *path, char *bytes, size_t size)
{
    FILE *file = fopen(path, "rb");
    if (file == NULL) {
        world_fail("%s is missing", path);
    }
    size_t len = fread(bytes, 1, size, file);
    if (!feof(file)) {
        world_fail("%s is larger than expected", path);
    }
    fclose(file);
    return len;
}

static void write_file(const char *path, const char *bytes, size_t len)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    if (fd < 0 || write(fd, bytes, len) != (ssize_t)len) {
        world_fail("%s cannot be written", path);
    }
    close(fd);
}

void world_files_keep(const char *folder, const char *name, enum kept_file kept)
{
    char path[PATH_SIZE + 32];
    write_path(path, folder, name);
    kept_files[kept].len = read_file(path, kept_files[kept].bytes, FILE_SIZE_MAX);
    if (kept_files[kept].len == 0) {
        world_fail("%s is empty", path);
    }
}

void world_files_lay(const char *folder, const char *name, enum kept_file kept)
{
    char path[PATH_SIZE + 32];
    if (kept == FILES_NONE) {
        return;
    }
    write_path(path, folder, name);
    write_file(path, kept_files[kept].bytes, kept_files[kept].len);
}

/* ---- the directory of the index ---------------------------------------------------------------------------------- */

/* Calls for each file of the index, if there is one. */
static void each_index_file(const char *folder, void (*file)(const char *path, const char *name, void *context),
                            void *context)
{
    char path[PATH_SIZE + 32];
    char file_path[2 * PATH_SIZE + 256];
    write_path(path, folder, INDEX_NAME);
    DIR *names = opendir(path);
    if (names == NULL) {
        return;
    }
    for (struct dirent *entry; (entry = readdir(names)) != NULL;) {
        if (entry->d_name[0] != '.') {
            snprintf(file_path, sizeof(file_path), "%s/%s", path, entry->d_name);
            file(file_path, entry->d_name, context);
        }
    }
    closedir(names);
}

static void keep_index_file(const char *path, const char *name, void *context)
{
    enum kept_index kept = *(const enum kept_index *)context;
    size_t at = kept_indexes[kept].count++;
    if (at == INDEX_FILES_MAX) {
        world_fail("the index has more files than expected");
    }
    snprintf(kept_indexes[kept].files[at].name, sizeof(kept_indexes[kept].files[at].name), "%.31s", name);
    kept_indexes[kept].files[at].len = read_file(path, kept_indexes[kept].files[at].bytes, INDEX_SIZE_MAX);
}

void world_files_keep_index(const char *folder, enum kept_index kept)
{
    kept_indexes[kept].count = 0;
    each_index_file(folder, keep_index_file, &kept);
    if (kept_indexes[kept].count < 2) {
        world_fail("the index has no files");
    }
}

void world_files_lay_index(const char *folder, enum kept_index kept)
{
    char path[PATH_SIZE + 32];
    char file_path[PATH_SIZE + 96];
    if (kept == INDEX_NONE) {
        return;
    }
    write_path(path, folder, INDEX_NAME);
    if (mkdir(path, 0700) != 0) {
        world_fail("%s cannot be made", path);
    }
    for (size_t i = 0; i < kept_indexes[kept].count; i++) {
        snprintf(file_path, sizeof(file_path), "%s/%s", path, kept_indexes[kept].files[i].name);
        write_file(file_path, kept_indexes[kept].files[i].bytes, kept_indexes[kept].files[i].len);
    }
}

static void count_file(const char *path, const char *name, void *context)
{
    (void)path;
    (void)name;
    ++*(unsigned *)context;
}

unsigned world_files_count_index(const char *folder)
{
    unsigned count = 0;
    each_index_file(folder, count_file, &count);
    return count;
}

static void remove_file(const char *path, const char *name, void *context)
{
    (void)name;
    (void)context;
    unlink(path);
}

/* ---- the store ----------------------------------------------------------------------------------------------------
 */

void world_files_identify(const char *folder, const char *cursor)
{
    struct sqlite_identity identity;
    char path[PATH_SIZE + 32];
    meower_error error;
    uint64_t position;
    if (!cursor_parse(cursor, identity.epoch, &position)) {
        world_fail("the feed has no epoch");
    }
    write_path(path, folder, "feed.db");
    if (sqlite_identity_of_file(path, &identity, &error) != MEOWER_OK) {
        world_fail("%s", error.message);
    }
    identity.head = 0;
    write_path(path, folder, "feed.db.lock");
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0644);
    if (fd < 0 || sqlite_identity_write(fd, &identity, &error) != MEOWER_OK) {
        world_fail("%s cannot be written", path);
    }
    close(fd);
}

void world_files_remove(const char *folder)
{
    static const char *const names[] = {"feed.db", "feed.db-wal", "feed.db-shm", "feed.db-journal", "feed.db.lock"};
    char path[PATH_SIZE + 32];
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        write_path(path, folder, names[i]);
        unlink(path);
    }
    each_index_file(folder, remove_file, NULL);
    write_path(path, folder, INDEX_NAME);
    rmdir(path);
}

void world_files_make_foreign(const char *folder, const struct world *seeded)
{
    char path[PATH_SIZE + 32];
    char sql[256];
    sqlite3 *db;
    write_path(path, folder, "feed.db");
    int result = sqlite3_open(path, &db);
    if (result == SQLITE_OK) {
        result = sqlite3_exec(db, "CREATE TABLE meows(id TEXT PRIMARY KEY, body TEXT, created_at INTEGER)", NULL, NULL,
                              NULL);
    }
    for (unsigned i = 0; i < seeded->entry_count && result == SQLITE_OK; i++) {
        const struct entry *entry = &seeded->entries[i];
        if (!entry_must_be(entry)) {
            continue;
        }
        snprintf(sql, sizeof(sql), "INSERT INTO meows VALUES ('%s', '%s', %u)", entry->id, entry->body, i);
        result = sqlite3_exec(db, sql, NULL, NULL, NULL);
    }
    if (result != SQLITE_OK) {
        world_fail("a foreign file cannot be made: %s", sqlite3_errmsg(db));
    }
    sqlite3_close(db);
}
