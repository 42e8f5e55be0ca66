/* postgresql.h - for tests that need a real PostgreSQL: the server that MEOWER_TEST_POSTGRESQL names by a URL of a
 * superuser (tests/servers/postgresql starts one). Without it a program of tests ends at once: as skipped, or as failed
 * where CI is set. */
#ifndef SERVERS_POSTGRESQL_H
#define SERVERS_POSTGRESQL_H

#include <libpq-fe.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static inline void postgresql_server_missing(const char *reason)
{
    if (getenv("CI") != NULL) {
        printf("NO SERVER: %s; CI is set, so that is a failure\n", reason);
        exit(1);
    }
    printf("[  SKIPPED ] 1 test(s) or more: %s; tests/servers/postgresql starts one\n", reason);
    exit(0);
}

/* An open connection; the test program ends when there is none. */
static inline PGconn *postgresql_server_connect(const char *url)
{
    PGconn *conn = PQconnectdb(url);
    if (PQstatus(conn) != CONNECTION_OK) {
        postgresql_server_missing(PQerrorMessage(conn));
    }
    return conn;
}

static inline const char *postgresql_server_url(void)
{
    const char *url = getenv("MEOWER_TEST_POSTGRESQL");
    if (url == NULL || url[0] == '\0') {
        postgresql_server_missing("MEOWER_TEST_POSTGRESQL names no PostgreSQL server");
    }
    return url;
}

/* Runs SQL made as printf() does, and returns the first column of the first row, or "". Static storage. */
static inline const char *postgresql_server_execute(const char *url, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
static inline const char *postgresql_server_execute(const char *url, const char *format, ...)
{
    static char answer[2000];
    char sql[4000];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(sql, sizeof(sql), format, arguments);
    va_end(arguments);

    PGconn *conn = postgresql_server_connect(url);
    PQsetErrorVerbosity(conn, PQERRORS_TERSE);
    PGresult *result = PQexec(conn, sql);
    if (PQresultStatus(result) != PGRES_COMMAND_OK && PQresultStatus(result) != PGRES_TUPLES_OK) {
        printf("%s: %s", sql, PQresultErrorMessage(result));
        abort();
    }
    snprintf(answer, sizeof(answer), "%s", PQntuples(result) > 0 ? PQgetvalue(result, 0, 0) : "");
    PQclear(result);
    PQfinish(conn);
    return answer;
}

/* Makes a new, empty database and writes its URL, which ends with the database's name. Connecting may take long: so
 * many short connections as tests make use up the ports, and a port used again too early costs seconds. */
static inline void postgresql_server_make_database(char *url, size_t url_size)
{
    static unsigned number;
    const char *server = postgresql_server_url();
    char name[64];
    snprintf(name, sizeof(name), "meower_test_%ld_%u", (long)getpid(), number++);
    postgresql_server_execute(server, "CREATE DATABASE %s TEMPLATE template0", name);
    snprintf(url, url_size, "%s%cconnect_timeout=60&tcp_user_timeout=60000&dbname=%s", server,
             strchr(server, '?') == NULL ? '?' : '&', name);
}

/* Drops it, whoever is connected. */
static inline void postgresql_server_drop_database(const char *url)
{
    postgresql_server_execute(postgresql_server_url(), "DROP DATABASE %s WITH (FORCE)",
                              strstr(url, "dbname=") + strlen("dbname="));
}

#endif
