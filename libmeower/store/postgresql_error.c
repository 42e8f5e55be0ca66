/* postgresql_error.c - what PostgreSQL says, in our words. */
#include "store/postgresql_error.h"
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#define SQLSTATE_LEN 5
#define TEXT_SIZE    300 /* bytes of the server's words in a message */

#define RETRIABLE MEOWER_ERROR_FLAG_RETRIABLE

/* PostgreSQL 15 manual, appendix A. The first row whose prefix fits counts. */
static const struct meaning {
    const char *prefix;
    int code;
    uint32_t flags;
    const char *advice;
} meanings[] = {
    {"28P01", MEOWER_ERROR_PERMISSION, 0, "correct the user or the password in that URL, or the password file"},
    {"28", MEOWER_ERROR_PERMISSION, 0,
     "name a user in that URL that the server knows and its pg_hba.conf admits (sslmode chooses TLS)"},
    {"3D", MEOWER_ERROR_INVALID, 0, "create that database, or name another one in that URL"},
    {"3F", MEOWER_ERROR_INVALID, 0, "create that schema, or let search_path name one that exists"},
    {"42501", MEOWER_ERROR_PERMISSION, 0,
     "name the owner of the tables in that URL, or let its user work: GRANT CREATE ON SCHEMA public TO the user"},
    {"25006", MEOWER_ERROR_UNAVAILABLE, RETRIABLE, "it only reads (a standby?); name the server that writes"},
    {"26000", MEOWER_ERROR_UNSUPPORTED, 0, "a pooler in between must keep a server connection for each of ours"},
    {"53100", MEOWER_ERROR_FULL, 0, "free some space where the server keeps its data"},
    {"53300", MEOWER_ERROR_UNAVAILABLE, RETRIABLE, "raise max_connections of the server, or lower the option threads"},
    {"53", MEOWER_ERROR_UNAVAILABLE, RETRIABLE, "the server is short of memory or of other means"},
    {"55P03", MEOWER_ERROR_UNAVAILABLE, RETRIABLE, "another session has kept a lock for too long"},
    {"55", MEOWER_ERROR_UNAVAILABLE, RETRIABLE, "try again"},
    {"57014", MEOWER_ERROR_UNAVAILABLE, RETRIABLE, "it took longer than statement_timeout allows, or was canceled"},
    {"57", MEOWER_ERROR_UNAVAILABLE, RETRIABLE, "the server starts, stops or has ended the session"},
    {"40", MEOWER_ERROR_UNAVAILABLE, RETRIABLE, "another session was in the way"},
    {"08", MEOWER_ERROR_UNAVAILABLE, RETRIABLE, "try again"},
    {"22", MEOWER_ERROR_INVALID, 0, "the server cannot store this value"},
    {"58", MEOWER_ERROR_IO, 0, "look at the log of the server"},
    {"XX001", MEOWER_ERROR_CORRUPT, 0, "look at the log of the server"},
    {"XX002", MEOWER_ERROR_CORRUPT, 0, "look at the log of the server"},
    {"P0002", MEOWER_ERROR_CORRUPT, 0, "the table meower_head has not its one row"},
    {"42704", MEOWER_ERROR_INVALID, 0, "correct that in the URL"},
    {"42", MEOWER_ERROR_CORRUPT, 0, "its tables are not those that this library made"},
    {"23", MEOWER_ERROR_CORRUPT, 0, "its tables are not as this library left them"},
    {"", MEOWER_ERROR_INTERNAL, 0, "this library did not expect that"},
};

static int backend_code_of(const char *sqlstate)
{
    return (int)strtol(sqlstate, NULL, 36);
}

/* Bytes of a message of libpq without the line's end. */
static int message_len(const char *message)
{
    size_t len = strlen(message);
    while (len > 0 && isspace((unsigned char)message[len - 1])) {
        len--;
    }
    return len < TEXT_SIZE ? (int)len : TEXT_SIZE;
}

static int report(const char *setting, const char *sqlstate, const char *text, meower_error *error)
{
    const struct meaning *meaning = meanings;
    while (strncmp(sqlstate, meaning->prefix, strlen(meaning->prefix)) != 0) {
        meaning++;
    }
    return meower_error_set_backend(error, meaning->code, MEOWER_DOMAIN_POSTGRESQL, backend_code_of(sqlstate),
                                    meaning->flags, "option \"%s\": PostgreSQL says: %.*s (SQLSTATE %s); %s", setting,
                                    TEXT_SIZE, text, sqlstate, meaning->advice);
}

int postgresql_error_of_result(const char *setting, const PGresult *result, meower_error *error)
{
    const char *sqlstate = PQresultErrorField(result, PG_DIAG_SQLSTATE);
    const char *text = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
    const char *message = PQresultErrorMessage(result);
    if (sqlstate == NULL || text == NULL) { /* libpq's own: the connection is lost */
        return meower_error_set(error, MEOWER_ERROR_UNAVAILABLE, 0, RETRIABLE, "option \"%s\": PostgreSQL: %.*s",
                                setting, message_len(message), message);
    }
    return report(setting, sqlstate, text, error);
}

bool postgresql_error_is(const meower_error *error, const char *sqlstate)
{
    return error->backend_domain == MEOWER_DOMAIN_POSTGRESQL && error->backend_code == backend_code_of(sqlstate);
}

/* ---- connections ------------------------------------------------------------------------------------------------ */

/* While connecting, libpq gives no SQLSTATE but in its verbose text: "... FATAL:  28P01: password ...", in whatever
 * language. Returns where the code begins, or NULL. */
static const char *find_sqlstate(const char *message)
{
    const char *found = NULL;
    for (const char *at = strstr(message, ":  "); at != NULL; at = strstr(at + 1, ":  ")) {
        size_t len = 0;
        while (len < SQLSTATE_LEN && (isupper((unsigned char)at[3 + len]) || isdigit((unsigned char)at[3 + len]))) {
            len++;
        }
        if (len == SQLSTATE_LEN && strncmp(at + 3 + len, ": ", 2) == 0) {
            found = at + 3;
        }
    }
    return found;
}

/* libpq's words for what no second try would mend. */
static bool is_tls_refusal(const char *message)
{
    static const char *const parts[] = {"does not support SSL", "certificate", "SSL error", "sslmode",
                                        "sslrootcert",          "sslcert",     "sslkey",    "GSSAPI"};
    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
        if (strstr(message, parts[i]) != NULL) {
            return true;
        }
    }
    return false;
}

int postgresql_error_of_connection(const char *setting, PGconn *conn, meower_error *error)
{
    const char *message = PQerrorMessage(conn);
    const char *found = find_sqlstate(message);
    if (found != NULL) {
        char sqlstate[SQLSTATE_LEN + 1] = "";
        char text[TEXT_SIZE] = "";
        memcpy(sqlstate, found, SQLSTATE_LEN);
        found += SQLSTATE_LEN + strlen(": ");
        size_t len = strcspn(found, "\n");
        memcpy(text, found, len < TEXT_SIZE ? len : TEXT_SIZE - 1);
        return report(setting, sqlstate, text, error);
    }
    if (PQconnectionNeedsPassword(conn)) {
        return meower_error_set(error, MEOWER_ERROR_PERMISSION, 0, 0,
                                "option \"%s\": PostgreSQL asks for a password; put one into that URL, or into the "
                                "password file",
                                setting);
    }
    if (is_tls_refusal(message)) {
        return meower_error_set(error, MEOWER_ERROR_INVALID, 0, 0,
                                "option \"%s\": PostgreSQL: %.*s; correct sslmode, sslrootcert, sslcert or sslkey in "
                                "that URL",
                                setting, message_len(message), message);
    }
    return meower_error_set(error, MEOWER_ERROR_UNAVAILABLE, 0, RETRIABLE,
                            "option \"%s\": PostgreSQL cannot be reached: %.*s", setting, message_len(message),
                            message);
}
