/* test_store_sqlite.c - the store suite against "sqlite:PATH", each store in a new directory. */
#include "conformance/suite_store.h"
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static void make_url(char *url, size_t url_size)
{
    char directory[] = "/tmp/meower-store-XXXXXX";
    if (mkdtemp(directory) == NULL) {
        abort();
    }
    snprintf(url, url_size, "sqlite:%s/feed.db", directory);
}

static void remove_store(const char *url)
{
    char command[600];
    snprintf(command, sizeof(command), "rm -r \"$(dirname '%s')\"", url + sizeof("sqlite:") - 1);
    if (system(command) != 0) {
        abort();
    }
}

static void insert_meow(const char *url, const char *id, const char *body, int64_t created_at_us)
{
    sqlite3 *db;
    char *sql = sqlite3_mprintf("INSERT INTO meows VALUES (%Q, %Q, %lld)", id, body, (long long)created_at_us);
    if (sqlite3_open(url + sizeof("sqlite:") - 1, &db) != SQLITE_OK || sqlite3_exec(db, sql, NULL, NULL, NULL) != 0) {
        abort();
    }
    sqlite3_free(sql);
    sqlite3_close(db);
}

const struct store_adapter store_adapter = {"sqlite", true, false, make_url, remove_store, insert_meow, NULL};
