/* world_files.c - see world_files.h. */
#include "fault/world_files.h"
#include "base/cursor.h"
#include "store/sqlite_identity.h"
#include <fcntl.h>
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define FILE_SIZE_MAX (1 << 20)

static struct {
    char bytes[FILE_SIZE_MAX];
    size_t len;
} kept_files[FILES_COUNT];

static void write_path(char path[PATH_SIZE + 32], const char *folder, const char *name)
{
    snprintf(path, PATH_SIZE + 32, "%s/%s", folder, name);
}

void world_files_keep(const char *folder, const char *name, enum kept_file kept)
{
    char path[PATH_SIZE + 32];
    write_path(path, folder, name);
    FILE *file = fopen(path, "rb");
    if (file == NULL) {
        world_fail("%s is missing", path);
    }
    kept_files[kept].len = fread(kept_files[kept].bytes, 1, FILE_SIZE_MAX, file);
    if (!feof(file) || kept_files[kept].len == 0) {
        world_fail("%s is empty or larger than expected", path);
    }
    fclose(file);
}

void world_files_lay(const char *folder, const char *name, enum kept_file kept)
{
    char path[PATH_SIZE + 32];
    if (kept == FILES_NONE) {
        return;
    }
    write_path(path, folder, name);
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    if (fd < 0 || write(fd, kept_files[kept].bytes, kept_files[kept].len) != (ssize_t)kept_files[kept].len) {
        world_fail("%s cannot be written", path);
    }
    close(fd);
}

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
    static const char *const names[] = {"feed.db", "index.db", "index.db.rebuild"};
    static const char *const suffixes[] = {"", "-wal", "-shm", "-journal", ".lock"};
    char name[32];
    char path[PATH_SIZE + 32];
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        for (size_t j = 0; j < sizeof(suffixes) / sizeof(suffixes[0]); j++) {
            snprintf(name, sizeof(name), "%s%s", names[i], suffixes[j]);
            write_path(path, folder, name);
            unlink(path);
        }
    }
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
