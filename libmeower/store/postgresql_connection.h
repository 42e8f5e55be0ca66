/* postgresql_connection.h - one connection to a PostgreSQL server with its prepared statements. It connects when it is
 * needed, also again after it was lost, and gives a server up that is silent for too long. */
#ifndef STORE_POSTGRESQL_CONNECTION_H
#define STORE_POSTGRESQL_CONNECTION_H

#include <libpq-fe.h>
#include <meower/backend.h>
#include <stdbool.h>

#define POSTGRESQL_PARAMETERS_MAX 12
#define POSTGRESQL_SESSION_SIZE   48

/* A server that says nothing for so long while we wait is given up. Above its own statement_timeout (see connect). */
#define POSTGRESQL_SILENCE_MAX_MS 45000

/* Used by one thread at a time. The members down to `silence_max_ms` are set before it is first used. */
struct postgresql_connection {
    const char *setting;           /* the option that names the server, for messages: "store" or "bus" */
    const char *conninfo;          /* of postgresql_conninfo_new(); borrowed */
    const char *const *statements; /* prepared whenever it connects, then named by their index; up to 16 */
    size_t statement_count;
    int silence_max_ms;
    PGconn *conn;                          /* NULL: not connected, or lost */
    char session[POSTGRESQL_SESSION_SIZE]; /* the server's process that the last connection had: no other ever had it */
};

/* Values for $1, $2, ... in the binary format. What they point to must live until the statement is sent. */
struct postgresql_parameters {
    size_t count;
    const char *values[POSTGRESQL_PARAMETERS_MAX];
    int lengths[POSTGRESQL_PARAMETERS_MAX];
    uint64_t numbers[POSTGRESQL_PARAMETERS_MAX]; /* big-endian, where values[i] is a bigint */
};

/* What libpq takes as a connection string: the URL, or of "postgresql:host=..." the part after the colon. Released by
 * free(). Errors: INVALID when libpq could not read it; the message shows no password, nor any part of one. */
int postgresql_conninfo_new(const meower_backend_config *config, const char *setting, char **conninfo,
                            meower_error *error);

/* Connects when it is not connected, or when the server has hung up meanwhile. */
int postgresql_connection_ready(struct postgresql_connection *connection, meower_error *error);

/* Does nothing when it is not connected. */
void postgresql_connection_close(struct postgresql_connection *connection);

void postgresql_add_bigint(struct postgresql_parameters *parameters, uint64_t number); /* above INT64_MAX: that */
void postgresql_add_bytes(struct postgresql_parameters *parameters, const char *bytes, size_t len);
void postgresql_add_text(struct postgresql_parameters *parameters, const char *text);

/* Sends a prepared statement. After this and the functions below has failed, `conn` is NULL when the connection was
 * lost; otherwise it can be used on. */
int postgresql_connection_send(struct postgresql_connection *connection, int statement,
                               const struct postgresql_parameters *parameters, meower_error *error);

/* Waits for the next result of what was sent; the caller clears it. *result is NULL after the last one: only then has
 * the server committed. */
int postgresql_connection_next(struct postgresql_connection *connection, PGresult **result, meower_error *error);

/* Reads and drops what is left of the results. */
void postgresql_connection_drain(struct postgresql_connection *connection);

/* Sends a prepared statement and waits for its result; the caller clears *result. */
int postgresql_connection_execute(struct postgresql_connection *connection, int statement,
                                  const struct postgresql_parameters *parameters, PGresult **result,
                                  meower_error *error);

/* The same with SQL text, values in text format. `result` may be NULL. */
int postgresql_connection_query(struct postgresql_connection *connection, const char *sql, PGresult **result,
                                meower_error *error);

/* A column of type integer, bigint or timestamptz in the binary format. A timestamptz becomes microseconds since 1970.
 */
int postgresql_integer(const PGresult *result, int row, int column);
int64_t postgresql_bigint(const PGresult *result, int row, int column);
int64_t postgresql_time_us(const PGresult *result, int row, int column);

/* Microseconds since 1970 as the server counts them: since 2000 (PostgreSQL 15, src/include/datatype/timestamp.h).
 * What would be its infinities becomes a time that it refuses. */
int64_t postgresql_time_from_us(int64_t time_us);

#endif
