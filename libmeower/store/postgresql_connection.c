/* postgresql_connection.c - connecting, preparing, sending and waiting, with libpq. */
#include "store/postgresql_connection.h"
#include "base/clock.h"
#include "base/url.h"
#include "store/postgresql_error.h"
#include <endian.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CONNECT_TIMEOUT_S "10" /* of one host, unless the URL says otherwise */

#define UNIX_MINUS_SERVER_EPOCH_US INT64_C(946684800000000) /* from 1970 to 2000 */

/* Settings of each session, and who it is. What may be changed in the URL (options=-c...), for the user or for the
 * database stays as it was set there: the rows without `always`. The timeouts keep a writer that is stuck from holding
 * up the others. synchronous_commit is raised only from "off", where a commit could be lost after it was answered. */
static const char set_up_sql[] =
    "WITH wanted(name, value, always) AS (VALUES "
    "('lock_timeout', '5s', false), ('statement_timeout', '30s', false), "
    "('idle_in_transaction_session_timeout', '10s', false), ('synchronous_commit', 'on', false), ('jit', 'off', "
    "false), "
    "('default_transaction_isolation', 'read committed', true), ('TimeZone', 'UTC', true)) "
    "SELECT (SELECT pid || '-' || extract(epoch FROM backend_start) FROM pg_stat_activity "
    "WHERE pid = pg_backend_pid()), count(set_config(name, value, false)) "
    "FROM pg_settings JOIN wanted USING (name) "
    "WHERE (always OR source NOT IN ('client', 'user', 'database', 'database user')) "
    "AND (name <> 'synchronous_commit' OR setting = 'off')";

/* ---- the connection string -------------------------------------------------------------------------------------- */

/* A password with a raw / ? # or @ in it would be taken apart wrongly: its pieces land in host, port or database. */
static bool is_wellformed(const char *conninfo)
{
    PQconninfoOption *options = PQconninfoParse(conninfo, NULL);
    bool is_uri = strstr(conninfo, "://") != NULL;
    bool result = options != NULL;
    for (PQconninfoOption *option = options; option != NULL && option->keyword != NULL; option++) {
        if (option->val == NULL) {
            continue;
        }
        if (strcmp(option->keyword, "port") == 0 && option->val[strspn(option->val, "0123456789,")] != '\0') {
            result = false;
        }
        if (strcmp(option->keyword, "host") == 0 && strchr(option->val, '@') != NULL) {
            result = false;
        }
        if (is_uri && strcmp(option->keyword, "dbname") == 0 && strchr(option->val, '@') != NULL) {
            result = false;
        }
    }
    PQconninfoFree(options);
    return result;
}

int postgresql_conninfo_new(const meower_backend_config *config, const char *setting, char **conninfo,
                            meower_error *error)
{
    char redacted[200];
    const char *text = strncmp(config->location, "//", 2) == 0 ? config->url : config->location;
    if (!is_wellformed(text)) {
        url_redact(config->url, redacted, sizeof(redacted));
        return meower_error_set(
            error, MEOWER_ERROR_INVALID, 0, 0,
            "option \"%s\": \"%s\" cannot be read; right is "
            "postgresql://USER:PASSWORD@HOST:PORT/DATABASE, with %%2F for / in a password, %%40 for "
            "@ and so on",
            setting, redacted);
    }
    char *copy = strdup(text);
    if (copy == NULL) {
        return meower_error_set(error, MEOWER_ERROR_NO_MEMORY, 0, 0, "no memory for the option \"%s\"", setting);
    }
    *conninfo = copy;
    return MEOWER_OK;
}

/* ---- waiting ---------------------------------------------------------------------------------------------------- */

/* Waits for one of the events of poll(). Returns those that came; 0: none in time. */
static short wait_for(PGconn *conn, short events, int timeout_ms)
{
    struct pollfd socket = {.fd = PQsocket(conn), .events = events};
    int count;
    do {
        count = poll(&socket, 1, timeout_ms);
    } while (count < 0 && errno == EINTR);
    return count == 0 ? 0 : socket.revents;
}

static int lose(struct postgresql_connection *connection, meower_error *error)
{
    int status = postgresql_error_of_connection(connection->setting, connection->conn, error);
    postgresql_connection_close(connection);
    return status;
}

static int give_up(struct postgresql_connection *connection, meower_error *error)
{
    postgresql_connection_close(connection);
    return meower_error_set(error, MEOWER_ERROR_UNAVAILABLE, 0, MEOWER_ERROR_FLAG_RETRIABLE,
                            "option \"%s\": PostgreSQL has said nothing for %d s", connection->setting,
                            connection->silence_max_ms / 1000);
}

/* ---- connecting ------------------------------------------------------------------------------------------------- */

/* libpq would print them on stderr. */
static void ignore_notice(void *context, const PGresult *result)
{
    (void)context;
    (void)result;
}

/* How long connecting may take: connect_timeout for each host named. 0 there means for ever; not here. */
static int64_t connect_max_us(PGconn *conn)
{
    int64_t timeout_s = 0;
    int64_t hosts = 1;
    PQconninfoOption *options = PQconninfo(conn);
    for (PQconninfoOption *option = options; option != NULL && option->keyword != NULL; option++) {
        if (option->val != NULL && strcmp(option->keyword, "connect_timeout") == 0) {
            timeout_s = strtol(option->val, NULL, 10);
        }
        if (option->val != NULL && strcmp(option->keyword, "host") == 0) {
            for (const char *at = option->val; *at != '\0'; at++) {
                hosts += *at == ',' ? 1 : 0;
            }
        }
    }
    PQconninfoFree(options);
    if (timeout_s <= 0 || timeout_s > 3600) {
        timeout_s = strtol(CONNECT_TIMEOUT_S, NULL, 10);
    }
    return timeout_s * hosts * 1000000;
}

/* What PQconnectdbParams() does, but with messages from which the SQLSTATE can be read (see postgresql_error.c).
 * Returns whether it came about in time. */
static bool finish_connecting(PGconn *conn)
{
    int64_t deadline_us = clock_monotonic_us(clock_system()) + connect_max_us(conn);
    PostgresPollingStatusType state = PGRES_POLLING_WRITING;
    while (state == PGRES_POLLING_READING || state == PGRES_POLLING_WRITING) {
        int64_t rest_us = deadline_us - clock_monotonic_us(clock_system());
        short events = state == PGRES_POLLING_READING ? POLLIN : POLLOUT;
        if (rest_us <= 0 || wait_for(conn, events, (int)(rest_us / 1000) + 1) == 0) {
            return false;
        }
        state = PQconnectPoll(conn);
    }
    return true;
}

/* Leaves it connected, or closed with the error. In the order of the keywords the URL overrides those before it. */
static int connect_now(struct postgresql_connection *connection, meower_error *error)
{
    static const char *const keywords[] = {
        "connect_timeout",      "tcp_user_timeout", "keepalives_idle", "keepalives_interval", "keepalives_count",
        "target_session_attrs", "application_name", "dbname",          "client_encoding",     NULL};
    const char *const values[] = {CONNECT_TIMEOUT_S,    "10000", "10", "5", "3", "read-write", "meower",
                                  connection->conninfo, "UTF8",  NULL};
    connection->conn = PQconnectStartParams(keywords, values, 1);
    if (connection->conn == NULL) {
        return meower_error_set(error, MEOWER_ERROR_NO_MEMORY, 0, MEOWER_ERROR_FLAG_RETRIABLE,
                                "no memory to connect to PostgreSQL");
    }
    PQsetErrorVerbosity(connection->conn, PQERRORS_VERBOSE);
    PQsetNoticeReceiver(connection->conn, ignore_notice, NULL);
    if (PQstatus(connection->conn) != CONNECTION_BAD && !finish_connecting(connection->conn)) {
        char server[160];
        snprintf(server, sizeof(server), "%s:%s", PQhost(connection->conn), PQport(connection->conn));
        postgresql_connection_close(connection);
        return meower_error_set(error, MEOWER_ERROR_UNAVAILABLE, 0, MEOWER_ERROR_FLAG_RETRIABLE,
                                "option \"%s\": PostgreSQL at %s does not answer; connect_timeout in that URL says how "
                                "long to wait",
                                connection->setting, server);
    }
    if (PQstatus(connection->conn) != CONNECTION_OK || PQsetnonblocking(connection->conn, 1) != 0) {
        return lose(connection, error);
    }
    return MEOWER_OK;
}

static const char *statement_name(size_t statement)
{
    static const char *const names[] = {"0", "1", "2",  "3",  "4",  "5",  "6",  "7",
                                        "8", "9", "10", "11", "12", "13", "14", "15"};
    return names[statement];
}

/* Settings and all statements in one round trip. */
static int send_set_up(struct postgresql_connection *connection)
{
    PGconn *conn = connection->conn;
    int sent = PQenterPipelineMode(conn) && PQsendQueryParams(conn, set_up_sql, 0, NULL, NULL, NULL, NULL, 0);
    for (size_t i = 0; i < connection->statement_count && sent; i++) {
        sent = PQsendPrepare(conn, statement_name(i), connection->statements[i], 0, NULL);
    }
    return sent && PQpipelineSync(conn);
}

static void note_session(struct postgresql_connection *connection, const PGresult *result)
{
    snprintf(connection->session, sizeof(connection->session), "%s", PQgetvalue(result, 0, 0));
}

/* Reads the answers up to the end of the pipeline. Returns the first error. */
static int receive_set_up(struct postgresql_connection *connection, meower_error *error)
{
    int first_status = MEOWER_OK;
    bool is_done = false;
    while (!is_done) {
        PGresult *result = NULL;
        meower_error detail;
        int status = postgresql_connection_next(connection, &result, &detail);
        if (status != MEOWER_OK && first_status == MEOWER_OK) {
            first_status = status;
            *error = detail;
        }
        if (result != NULL && PQresultStatus(result) == PGRES_TUPLES_OK) {
            note_session(connection, result);
        }
        is_done = connection->conn == NULL || (result != NULL && PQresultStatus(result) == PGRES_PIPELINE_SYNC);
        PQclear(result);
    }
    return first_status;
}

static int set_up(struct postgresql_connection *connection, meower_error *error)
{
    if (!send_set_up(connection)) {
        return lose(connection, error);
    }
    int status = receive_set_up(connection, error);
    if (status == MEOWER_OK && !PQexitPipelineMode(connection->conn)) {
        return lose(connection, error);
    }
    if (status != MEOWER_OK) {
        postgresql_connection_close(connection);
    }
    return status;
}

/* Text goes through as it is only where the database has the same encoding. */
static int check_encoding(struct postgresql_connection *connection, meower_error *error)
{
    const char *encoding = PQparameterStatus(connection->conn, "server_encoding");
    if (encoding != NULL && strcmp(encoding, "UTF8") == 0) {
        return MEOWER_OK;
    }
    int status = meower_error_set(error, MEOWER_ERROR_INVALID, 0, 0,
                                  "option \"%s\": the database \"%s\" has the encoding %s; name one that was created "
                                  "with ENCODING 'UTF8'",
                                  connection->setting, PQdb(connection->conn), encoding == NULL ? "?" : encoding);
    postgresql_connection_close(connection);
    return status;
}

/* Takes in what has arrived meanwhile: a farewell of the server, or its end. */
static bool is_alive(struct postgresql_connection *connection)
{
    if (connection->conn == NULL) {
        return false;
    }
    while (wait_for(connection->conn, POLLIN, 0) != 0) {
        if (!PQconsumeInput(connection->conn)) {
            return false;
        }
    }
    return PQstatus(connection->conn) == CONNECTION_OK;
}

int postgresql_connection_ready(struct postgresql_connection *connection, meower_error *error)
{
    if (is_alive(connection)) {
        return MEOWER_OK;
    }
    postgresql_connection_close(connection);
    int status = connect_now(connection, error);
    if (status == MEOWER_OK) {
        status = check_encoding(connection, error);
    }
    if (status == MEOWER_OK) {
        status = set_up(connection, error);
    }
    return status;
}

void postgresql_connection_close(struct postgresql_connection *connection)
{
    PQfinish(connection->conn);
    connection->conn = NULL;
}

/* ---- sending ---------------------------------------------------------------------------------------------------- */

void postgresql_add_bytes(struct postgresql_parameters *parameters, const char *bytes, size_t len)
{
    parameters->values[parameters->count] = bytes;
    parameters->lengths[parameters->count++] = (int)len;
}

void postgresql_add_text(struct postgresql_parameters *parameters, const char *text)
{
    postgresql_add_bytes(parameters, text, strlen(text));
}

void postgresql_add_bigint(struct postgresql_parameters *parameters, uint64_t number)
{
    uint64_t *big_endian = &parameters->numbers[parameters->count];
    *big_endian = htobe64(number > INT64_MAX ? INT64_MAX : number);
    postgresql_add_bytes(parameters, (const char *)big_endian, sizeof(*big_endian));
}

/* Reads meanwhile, so that both sides never wait for the other to take what it wrote. */
static int flush(struct postgresql_connection *connection, meower_error *error)
{
    int left;
    while ((left = PQflush(connection->conn)) > 0) {
        short events = wait_for(connection->conn, POLLIN | POLLOUT, connection->silence_max_ms);
        if (events == 0) {
            return give_up(connection, error);
        }
        if ((events & ~POLLOUT) != 0 && !PQconsumeInput(connection->conn)) {
            return lose(connection, error);
        }
    }
    return left == 0 ? MEOWER_OK : lose(connection, error);
}

int postgresql_connection_send(struct postgresql_connection *connection, int statement,
                               const struct postgresql_parameters *parameters, meower_error *error)
{
    static const int formats[POSTGRESQL_PARAMETERS_MAX] = {1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1};
    if (!PQsendQueryPrepared(connection->conn, statement_name((size_t)statement), (int)parameters->count,
                             parameters->values, parameters->lengths, formats, 1)) {
        return lose(connection, error);
    }
    return flush(connection, error);
}

/* ---- receiving -------------------------------------------------------------------------------------------------- */

int postgresql_connection_next(struct postgresql_connection *connection, PGresult **result, meower_error *error)
{
    int status = flush(connection, error);
    if (status != MEOWER_OK) {
        return status;
    }
    while (PQisBusy(connection->conn)) {
        if (wait_for(connection->conn, POLLIN, connection->silence_max_ms) == 0) {
            return give_up(connection, error);
        }
        if (!PQconsumeInput(connection->conn)) {
            break; /* the next result says why */
        }
    }
    PGresult *received = PQgetResult(connection->conn);
    ExecStatusType kind = received == NULL ? PGRES_COMMAND_OK : PQresultStatus(received);
    if (kind == PGRES_FATAL_ERROR || kind == PGRES_BAD_RESPONSE) {
        status = postgresql_error_of_result(connection->setting, received, error);
    }
    if (PQstatus(connection->conn) == CONNECTION_BAD) {
        if (status == MEOWER_OK) {
            status = postgresql_error_of_connection(connection->setting, connection->conn, error);
        }
        postgresql_connection_close(connection);
    }
    if (status != MEOWER_OK) {
        PQclear(received);
    } else {
        *result = received;
    }
    return status;
}

void postgresql_connection_drain(struct postgresql_connection *connection)
{
    PGresult *result = NULL;
    meower_error ignored;
    bool is_done = false;
    while (connection->conn != NULL && !is_done) {
        if (postgresql_connection_next(connection, &result, &ignored) == MEOWER_OK) {
            is_done = result == NULL;
            PQclear(result);
        }
    }
}

/* Waits for the last result. */
static int receive(struct postgresql_connection *connection, PGresult **result, meower_error *error)
{
    PGresult *last = NULL;
    PGresult *next = NULL;
    int status;
    while ((status = postgresql_connection_next(connection, &next, error)) == MEOWER_OK && next != NULL) {
        PQclear(last);
        last = next;
    }
    if (status != MEOWER_OK) {
        postgresql_connection_drain(connection);
    }
    if (status != MEOWER_OK || result == NULL) {
        PQclear(last);
    } else {
        *result = last;
    }
    return status;
}

int postgresql_connection_execute(struct postgresql_connection *connection, int statement,
                                  const struct postgresql_parameters *parameters, PGresult **result,
                                  meower_error *error)
{
    int status = postgresql_connection_send(connection, statement, parameters, error);
    if (status == MEOWER_OK) {
        status = receive(connection, result, error);
    }
    return status;
}

int postgresql_connection_query(struct postgresql_connection *connection, const char *sql, PGresult **result,
                                meower_error *error)
{
    if (!PQsendQuery(connection->conn, sql)) {
        return lose(connection, error);
    }
    return receive(connection, result, error);
}

/* ---- values ----------------------------------------------------------------------------------------------------- */

int postgresql_integer(const PGresult *result, int row, int column)
{
    uint32_t number;
    memcpy(&number, PQgetvalue(result, row, column), sizeof(number));
    return (int)be32toh(number);
}

int64_t postgresql_bigint(const PGresult *result, int row, int column)
{
    uint64_t number;
    memcpy(&number, PQgetvalue(result, row, column), sizeof(number));
    return (int64_t)be64toh(number);
}

int64_t postgresql_time_us(const PGresult *result, int row, int column)
{
    int64_t time_us;
    if (__builtin_add_overflow(postgresql_bigint(result, row, column), UNIX_MINUS_SERVER_EPOCH_US, &time_us)) {
        return INT64_MAX;
    }
    return time_us;
}

int64_t postgresql_time_from_us(int64_t time_us)
{
    int64_t server_us;
    if (__builtin_sub_overflow(time_us, UNIX_MINUS_SERVER_EPOCH_US, &server_us) || server_us == INT64_MIN) {
        return INT64_MIN + 1;
    }
    return server_us;
}
