/* postgresql_insert.c - the physical limit of durable posts on PostgreSQL: a bare loop that inserts the rows of an
 * existing feed into new tables of the same shape in the same database, so many a transaction, and nothing else. The
 * server's durability holds for both.
 *
 * postgresql_insert CONNECTION rows|arrays ROWS_PER_TRANSACTION SECONDS
 *
 * CONNECTION is a URL of libpq. Its database holds a feed that meower wrote, whose rows are read into memory first. The
 * new tables are in a schema "bare", which is emptied when the rows have run out, and dropped at the end.
 * "rows": a prepared INSERT for each row, all of a transaction in one pipeline. "arrays": one statement inserts all
 * rows of a transaction from arrays, which is the fastest way there is, COPY apart. Prints one JSON object. */
#include "measure.h"
#include <libpq-fe.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define COMMITS_MAX 400000 /* time spans kept */
#define COLUMNS     4      /* position, id, body, time */
#define BINARY      1

/* Of both ways: the rows, in the server's binary format, go back to it as they came. */
#define SELECT_ROWS                                                                                                    \
    "SELECT e.position, m.id::text, m.body, m.created_at FROM public.meower_events e "                                 \
    "JOIN public.meows m ON m.id = e.meow_id ORDER BY e.position LIMIT 200000"

static const char select_rows[] = SELECT_ROWS;

static const char select_arrays[] =
    "SELECT array_agg(position ORDER BY position), array_agg(id ORDER BY position), "
    "array_agg(body ORDER BY position), array_agg(created_at ORDER BY position) "
    "FROM (SELECT *, (row_number() OVER (ORDER BY position) - 1) / $1::int AS batch FROM (" SELECT_ROWS
    ") AS rows) AS numbered GROUP BY batch HAVING count(*) = $1::int ORDER BY batch";

static const char insert_row[] =
    "WITH stored AS (INSERT INTO bare.meows(id, body, created_at) VALUES ($2::text, $3::text, $4::timestamptz)) "
    "INSERT INTO bare.meower_events(position, kind, meow_id, at) VALUES ($1::bigint, 1, $2, $4)";

static const char insert_arrays[] =
    "WITH posts AS (SELECT * FROM unnest($1::bigint[], $2::text[], $3::text[], $4::timestamptz[]) "
    "AS post(position, id, body, at)), "
    "stored AS (INSERT INTO bare.meows(id, body, created_at) SELECT id, body, at FROM posts) "
    "INSERT INTO bare.meower_events(position, kind, meow_id, at) SELECT position, 1, id, at FROM posts";

static const char create_tables[] =
    "SET client_min_messages = warning; DROP SCHEMA IF EXISTS bare CASCADE; CREATE SCHEMA bare; "
    "CREATE TABLE bare.meows (LIKE public.meows INCLUDING ALL); "
    "CREATE TABLE bare.meower_events (LIKE public.meower_events INCLUDING ALL)";

static _Noreturn void give_up_on(PGconn *connection, const char *what)
{
    fprintf(stderr, "postgresql_insert: %s: %s", what, PQerrorMessage(connection));
    exit(1);
}

static void execute(PGconn *connection, const char *sql)
{
    PGresult *result = PQexec(connection, sql);
    if (PQresultStatus(result) != PGRES_COMMAND_OK) {
        give_up_on(connection, sql);
    }
    PQclear(result);
}

static void prepare(PGconn *connection, const char *name, const char *sql, int parameters)
{
    PGresult *result = PQprepare(connection, name, sql, parameters, NULL);
    if (PQresultStatus(result) != PGRES_COMMAND_OK) {
        give_up_on(connection, sql);
    }
    PQclear(result);
}

/* How to insert, and what was done so far in how much time; emptying the tables is not counted in it. */
struct run {
    PGconn *connection;
    bool has_arrays;
    int batch;       /* rows a transaction */
    PGresult *input; /* a row, or with arrays a whole transaction, in each of its rows */
    int64_t span_us;
    struct commits commits;
};

static void load(struct run *run, const char *batch)
{
    run->input = run->has_arrays ? PQexecParams(run->connection, select_arrays, 1, NULL, &batch, NULL, NULL, BINARY)
                                 : PQexecParams(run->connection, select_rows, 0, NULL, NULL, NULL, NULL, BINARY);
    if (PQresultStatus(run->input) != PGRES_TUPLES_OK) {
        give_up_on(run->connection, "the rows of the feed");
    }
    if (PQntuples(run->input) < (run->has_arrays ? 1 : run->batch)) {
        give_up("the feed has too few rows for one transaction");
    }
}

static void send(const struct run *run, const char *statement, int row)
{
    static const int formats[COLUMNS] = {BINARY, BINARY, BINARY, BINARY};
    const char *values[COLUMNS];
    int lengths[COLUMNS];
    for (int i = 0; i < COLUMNS && row >= 0; i++) {
        values[i] = PQgetvalue(run->input, row, i);
        lengths[i] = PQgetlength(run->input, row, i);
    }
    if (!PQsendQueryPrepared(run->connection, statement, row >= 0 ? COLUMNS : 0, values, lengths, formats, BINARY)) {
        give_up_on(run->connection, statement);
    }
}

/* Takes the answers of all that was sent in the pipeline. */
static void finish(const struct run *run)
{
    bool is_over = false;
    if (!PQpipelineSync(run->connection)) {
        give_up_on(run->connection, "the pipeline");
    }
    while (!is_over) {
        PGresult *result = PQgetResult(run->connection); /* NULL between two statements */
        ExecStatusType status = PQresultStatus(result);
        is_over = status == PGRES_PIPELINE_SYNC;
        if (result != NULL && !is_over && status != PGRES_COMMAND_OK) {
            give_up_on(run->connection, "insert");
        }
        PQclear(result);
    }
}

/* One transaction in one round trip. */
static void insert_batch(const struct run *run, int first)
{
    if (run->has_arrays) {
        send(run, "insert", first / run->batch);
    } else {
        send(run, "begin", -1);
        for (int row = first; row < first + run->batch; row++) {
            send(run, "insert", row);
        }
        send(run, "commit", -1);
    }
    finish(run);
}

/* Inserts all rows once, or as many as the time allows. */
static void insert_all(struct run *run)
{
    int rows = PQntuples(run->input) * (run->has_arrays ? run->batch : 1);
    for (int first = 0; first + run->batch <= rows && run->commits.spent_us < run->span_us; first += run->batch) {
        int64_t start_us = now_us();
        insert_batch(run, first);
        commits_add(&run->commits, (size_t)run->batch, start_us);
    }
}

static void measure(struct run *run)
{
    samples_init(&run->commits.spans, COMMITS_MAX);
    while (run->commits.spent_us < run->span_us) {
        execute(run->connection, "TRUNCATE bare.meows, bare.meower_events");
        if (!PQenterPipelineMode(run->connection)) {
            give_up_on(run->connection, "the pipeline");
        }
        insert_all(run);
        if (!PQexitPipelineMode(run->connection)) {
            give_up_on(run->connection, "the pipeline");
        }
    }
    commits_print(&run->commits);
    samples_free(&run->commits.spans);
}

int main(int argc, char **argv)
{
    if (argc != 5) {
        fprintf(stderr, "usage: postgresql_insert CONNECTION rows|arrays ROWS_PER_TRANSACTION SECONDS\n");
        return 2;
    }
    struct run run = {.connection = PQconnectdb(argv[1]), .has_arrays = strcmp(argv[2], "arrays") == 0};
    run.batch = (int)parse_number(argv[3], 100000, "ROWS_PER_TRANSACTION");
    run.span_us = 1000000 * (int64_t)parse_number(argv[4], 60, "SECONDS");
    if (PQstatus(run.connection) != CONNECTION_OK) {
        give_up_on(run.connection, "connecting");
    }
    if (run.batch == 0) {
        give_up("ROWS_PER_TRANSACTION");
    }
    execute(run.connection, create_tables);
    prepare(run.connection, "insert", run.has_arrays ? insert_arrays : insert_row, COLUMNS);
    prepare(run.connection, "begin", "BEGIN", 0);
    prepare(run.connection, "commit", "COMMIT", 0);
    load(&run, argv[3]);
    measure(&run);
    execute(run.connection, "DROP SCHEMA bare CASCADE");
    PQclear(run.input);
    PQfinish(run.connection);
    return 0;
}
