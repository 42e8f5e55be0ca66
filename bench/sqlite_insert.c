/* sqlite_insert.c - the physical limit of durable posts: a bare loop that inserts the rows of an existing feed into new
 * tables of the same shape, so many a transaction, with the same durability (WAL, synchronous=FULL) and nothing else.
 *
 * sqlite_insert SOURCE.db TARGET.db ROWS_PER_TRANSACTION SECONDS PAUSE_MS
 *
 * SOURCE.db is a feed that meower wrote; its rows are read into memory first. TARGET.db is overwritten; it begins anew
 * when the rows have run out.
 * Prints one JSON object. */
#include "measure.h"
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define ROWS_MAX    400000
#define COMMITS_MAX 400000 /* time spans kept */
#define COLUMNS_MAX 8

/* The tables that one post writes, with the order in which their rows were made. */
struct table {
    const char *name;
    const char *order;
    int columns;
    size_t count;
    sqlite3_value **values; /* count * columns */
    sqlite3_stmt *insert;
};

static struct table tables[] = {{.name = "meows", .order = "id"}, {.name = "meower_events", .order = "position"}};
#define TABLE_COUNT (sizeof(tables) / sizeof(tables[0]))

static _Noreturn void give_up_on(sqlite3 *database, const char *what)
{
    fprintf(stderr, "sqlite_insert: %s: %s\n", what, sqlite3_errmsg(database));
    exit(1);
}

static void execute(sqlite3 *database, const char *sql)
{
    if (sqlite3_exec(database, sql, NULL, NULL, NULL) != SQLITE_OK) {
        give_up_on(database, sql);
    }
}

static sqlite3_stmt *prepare(sqlite3 *database, const char *sql)
{
    sqlite3_stmt *statement = NULL;
    if (sqlite3_prepare_v2(database, sql, -1, &statement, NULL) != SQLITE_OK) {
        give_up_on(database, sql);
    }
    return statement;
}

static void load_rows(sqlite3 *source, struct table *table)
{
    char sql[128];
    snprintf(sql, sizeof(sql), "SELECT * FROM %s ORDER BY %s LIMIT %d", table->name, table->order, ROWS_MAX);
    sqlite3_stmt *select = prepare(source, sql);
    table->columns = sqlite3_column_count(select);
    table->values = calloc((size_t)ROWS_MAX * COLUMNS_MAX, sizeof(sqlite3_value *));
    if (!table->values || table->columns > COLUMNS_MAX) {
        give_up(table->name);
    }
    while (sqlite3_step(select) == SQLITE_ROW) {
        for (int i = 0; i < table->columns; i++) {
            table->values[table->count * (size_t)table->columns + (size_t)i] =
                sqlite3_value_dup(sqlite3_column_value(select, i));
        }
        table->count++;
    }
    sqlite3_finalize(select);
}

/* Makes the tables and their indexes as the source has them. */
static void copy_schema(sqlite3 *source, sqlite3 *target)
{
    sqlite3_stmt *select = prepare(source, "SELECT sql FROM sqlite_master WHERE type IN ('table', 'index') AND sql IS "
                                           "NOT NULL AND tbl_name IN ('meows', 'meower_events') ORDER BY type DESC");
    while (sqlite3_step(select) == SQLITE_ROW) {
        execute(target, (const char *)sqlite3_column_text(select, 0));
    }
    sqlite3_finalize(select);
}

static void free_rows(struct table *table)
{
    for (size_t i = 0; i < table->count * (size_t)table->columns; i++) {
        sqlite3_value_free(table->values[i]);
    }
    free(table->values);
}

static void prepare_insert(sqlite3 *target, struct table *table)
{
    char sql[128];
    int len = snprintf(sql, sizeof(sql), "INSERT INTO %s VALUES (?", table->name);
    for (int i = 1; i < table->columns; i++) {
        len += snprintf(sql + len, sizeof(sql) - (size_t)len, ", ?");
    }
    snprintf(sql + len, sizeof(sql) - (size_t)len, ")");
    table->insert = prepare(target, sql);
}

static void insert_row(sqlite3 *target, const struct table *table, size_t row)
{
    for (int i = 0; i < table->columns; i++) {
        sqlite3_bind_value(table->insert, i + 1, table->values[row * (size_t)table->columns + (size_t)i]);
    }
    if (sqlite3_step(table->insert) != SQLITE_DONE) {
        give_up_on(target, table->name);
    }
    sqlite3_reset(table->insert);
}

static void insert_batch(sqlite3 *target, size_t first, size_t count)
{
    execute(target, "BEGIN IMMEDIATE");
    for (size_t row = first; row < first + count; row++) {
        for (size_t i = 0; i < TABLE_COUNT; i++) {
            insert_row(target, &tables[i], row);
        }
    }
    execute(target, "COMMIT");
}

/* A new file with the source's tables, ready for inserts. Removes what a former one left. */
static sqlite3 *open_target(sqlite3 *source, const char *path)
{
    char name[4096];
    static const char *const suffixes[] = {"", "-wal", "-shm"};
    for (size_t i = 0; i < sizeof(suffixes) / sizeof(suffixes[0]); i++) {
        snprintf(name, sizeof(name), "%s%s", path, suffixes[i]);
        unlink(name);
    }
    sqlite3 *target = NULL;
    if (sqlite3_open(path, &target) != SQLITE_OK) {
        give_up_on(target, path);
    }
    execute(target, "PRAGMA journal_mode = WAL");
    execute(target, "PRAGMA synchronous = FULL");
    copy_schema(source, target);
    for (size_t i = 0; i < TABLE_COUNT; i++) {
        prepare_insert(target, &tables[i]);
    }
    return target;
}

static void close_target(sqlite3 *target)
{
    for (size_t i = 0; i < TABLE_COUNT; i++) {
        sqlite3_finalize(tables[i].insert);
    }
    sqlite3_close(target);
}

/* How to insert, and what was done so far in how much time; pauses and new files are not counted in it. */
struct run {
    size_t batch;        /* rows a transaction */
    useconds_t pause_us; /* before each transaction: a disk that was idle answers later */
    int64_t end_us;
    struct commits commits;
};

/* Inserts all rows once, or as many as the time allows. */
static void insert_all(sqlite3 *target, struct run *run)
{
    size_t rows = tables[0].count < tables[1].count ? tables[0].count : tables[1].count;
    for (size_t first = 0; first + run->batch <= rows && now_us() < run->end_us; first += run->batch) {
        if (run->pause_us > 0) {
            usleep(run->pause_us);
        }
        int64_t start_us = now_us();
        insert_batch(target, first, run->batch);
        commits_add(&run->commits, run->batch, start_us);
    }
}

static void measure(sqlite3 *source, const char *path, struct run *run)
{
    samples_init(&run->commits.spans, COMMITS_MAX);
    while (now_us() < run->end_us) {
        sqlite3 *target = open_target(source, path);
        insert_all(target, run);
        close_target(target);
    }
    commits_print(&run->commits);
    samples_free(&run->commits.spans);
}

int main(int argc, char **argv)
{
    if (argc != 6) {
        fprintf(stderr, "usage: sqlite_insert SOURCE.db TARGET.db ROWS_PER_TRANSACTION SECONDS PAUSE_MS\n");
        return 2;
    }
    struct run run = {.batch = (size_t)parse_number(argv[3], ROWS_MAX, "ROWS_PER_TRANSACTION")};
    int64_t span_us = 1000000 * (int64_t)parse_number(argv[4], 60, "SECONDS");
    run.pause_us = 1000 * (useconds_t)parse_number(argv[5], 10000, "PAUSE_MS");
    sqlite3 *source = NULL;
    if (sqlite3_open_v2(argv[1], &source, SQLITE_OPEN_READONLY, NULL) != SQLITE_OK) {
        give_up_on(source, argv[1]);
    }
    for (size_t i = 0; i < TABLE_COUNT; i++) {
        load_rows(source, &tables[i]);
        if (run.batch == 0 || run.batch > tables[i].count) {
            give_up("the source has too few rows for one transaction");
        }
    }
    run.end_us = now_us() + span_us;
    measure(source, argv[2], &run);
    for (size_t i = 0; i < TABLE_COUNT; i++) {
        free_rows(&tables[i]);
    }
    sqlite3_close(source);
    return 0;
}
