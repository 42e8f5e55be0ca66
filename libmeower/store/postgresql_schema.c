/* postgresql_schema.c - recognising, migrating and adopting the tables of a PostgreSQL store. */
#include "store/postgresql_schema.h"
#include "base/cursor.h"
#include "base/ksuid.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* How long another process may take to migrate or adopt, and the server for one statement of ours. */
#define WORK_MAX_MS 3600000

/* Key of the advisory lock under which one process at a time migrates: "meower" in ASCII. */
#define LOCK_KEY "120200840669554"

static const char recognise_sql[] =
    "SELECT to_regclass('meower_meta') IS NOT NULL, to_regclass('meows') IS NOT NULL, "
    "(SELECT count(*) FROM pg_attribute WHERE attrelid = to_regclass('meows') AND attnum > 0 AND NOT attisdropped "
    "AND ((attname IN ('id', 'body') AND atttypid IN ('text'::regtype, 'varchar'::regtype)) "
    "OR (attname = 'created_at' AND atttypid = 'timestamptz'::regtype)))";

/* Meows without the event of their creation. */
#define UNADOPTED                                                                                                      \
    "FROM meows m WHERE NOT EXISTS "                                                                                   \
    "(SELECT FROM meower_events e WHERE e.kind = 1 AND e.meow_id = m.id COLLATE \"C\")"

/* By the rules of meower_id_check(); and a time must be one. */
static const char find_malformed_sql[] =
    "SELECT quote_literal(m.id) " UNADOPTED " AND (length(m.id) <> 27 OR m.id COLLATE \"C\" ~ '[^0-9A-Za-z]' "
    "OR m.id COLLATE \"C\" >= '" KSUID_LAST_SECOND "' OR NOT isfinite(m.created_at)) LIMIT 1";

static const char adopt_sql[] =
    "WITH adopted AS (INSERT INTO meower_events(position, kind, meow_id, at) "
    "SELECT (SELECT position FROM meower_head) + row_number() OVER (ORDER BY m.id COLLATE \"C\"), 1, m.id, "
    "m.created_at " UNADOPTED " RETURNING meow_id) "
    "UPDATE meower_head SET position = position + (SELECT count(*) FROM adopted), "
    "newest_id = greatest(newest_id, (SELECT max(meow_id) FROM adopted))";

/* ---- questions with short answers ------------------------------------------------------------------------------- */

static bool is_true(const PGresult *result, int column)
{
    return PQgetvalue(result, 0, column)[0] == 't';
}

static int refuse(const struct postgresql_connection *connection, meower_error *error, int code, const char *reason)
{
    return meower_error_set(error, code, 0, 0, "option \"%s\": the database \"%s\" %s", connection->setting,
                            PQdb(connection->conn), reason);
}

/* *version is 0 when our tables are not there. Refuses a table "meows" that is another program's. */
static int recognise(struct postgresql_connection *connection, size_t *version, meower_error *error)
{
    PGresult *result = NULL;
    int status = postgresql_connection_query(connection, recognise_sql, &result, error);
    if (status != MEOWER_OK) {
        return status;
    }
    bool is_ours = is_true(result, 0);
    bool is_foreign = is_true(result, 1) && strtol(PQgetvalue(result, 0, 2), NULL, 10) != 3;
    PQclear(result);
    *version = 0;
    if (is_foreign) {
        return refuse(
            connection, error, MEOWER_ERROR_CORRUPT,
            "has a table \"meows\" of another program; it was not changed; name another database, or one with "
            "meows(id VARCHAR(32) PRIMARY KEY, body TEXT, created_at TIMESTAMPTZ)");
    }
    if (!is_ours) {
        return MEOWER_OK;
    }

    status =
        postgresql_connection_query(connection, "SELECT value FROM meower_meta WHERE name = 'version'", &result, error);
    if (status != MEOWER_OK) {
        return status;
    }
    *version = PQntuples(result) == 1 ? strtoul(PQgetvalue(result, 0, 0), NULL, 10) : 0;
    PQclear(result);
    if (*version == 0) {
        return refuse(connection, error, MEOWER_ERROR_CORRUPT,
                      "has a table \"meower_meta\" without a version; it is not ours, or damaged");
    }
    return MEOWER_OK;
}

static size_t newest_version(void)
{
    size_t version = 0;
    while (postgresql_migrations[version][0] != NULL) {
        version++;
    }
    return version;
}

static int check_version(const struct postgresql_connection *connection, size_t version, meower_error *error)
{
    if (version <= newest_version()) {
        return MEOWER_OK;
    }
    return meower_error_set(error, MEOWER_ERROR_UNSUPPORTED, 0, 0,
                            "option \"%s\": the database \"%s\" has version %zu of the tables; this library knows "
                            "version %zu: use the one that made them, or a newer one",
                            connection->setting, PQdb(connection->conn), version, newest_version());
}

/* ---- transactions ----------------------------------------------------------------------------------------------- */

static int begin(struct postgresql_connection *connection, meower_error *error)
{
    char sql[160];
    snprintf(sql, sizeof(sql), "BEGIN; SET LOCAL lock_timeout = %d; SET LOCAL statement_timeout = 0", WORK_MAX_MS);
    connection->silence_max_ms = WORK_MAX_MS;
    return postgresql_connection_query(connection, sql, NULL, error);
}

/* Commits, or undoes all after an error. Returns the status of the whole. */
static int end(struct postgresql_connection *connection, int status, meower_error *error)
{
    if (status == MEOWER_OK) {
        status = postgresql_connection_query(connection, "COMMIT", NULL, error);
    } else if (connection->conn != NULL) {
        postgresql_connection_query(connection, "ROLLBACK", NULL, &(meower_error){0});
    }
    connection->silence_max_ms = POSTGRESQL_SILENCE_MAX_MS;
    return status;
}

/* ---- migrating -------------------------------------------------------------------------------------------------- */

static int note_version(struct postgresql_connection *connection, size_t from, const meower_clock *clock,
                        meower_error *error)
{
    char sql[300];
    char epoch[MEOWER_EPOCH_SIZE];
    cursor_draw_epoch(clock, epoch);
    if (from == 0) {
        snprintf(sql, sizeof(sql), "INSERT INTO meower_meta VALUES ('epoch', '%s'), ('version', '%zu')", epoch,
                 newest_version());
    } else {
        snprintf(sql, sizeof(sql), "UPDATE meower_meta SET value = '%zu' WHERE name = 'version'", newest_version());
    }
    return postgresql_connection_query(connection, sql, NULL, error);
}

static int run_migration(struct postgresql_connection *connection, size_t from, meower_error *error)
{
    int status = MEOWER_OK;
    for (size_t i = 0; i < POSTGRESQL_MIGRATION_STEPS && status == MEOWER_OK; i++) {
        if (postgresql_migrations[from][i] != NULL) {
            status = postgresql_connection_query(connection, postgresql_migrations[from][i], NULL, error);
        }
    }
    return status;
}

/* In a transaction, under the lock: whoever waited for it looks again at what is there. */
static int migrate_locked(struct postgresql_connection *connection, const meower_clock *clock, meower_error *error)
{
    size_t version;
    int status = postgresql_connection_query(connection, "SELECT pg_advisory_xact_lock(" LOCK_KEY ")", NULL, error);
    if (status == MEOWER_OK) {
        status = recognise(connection, &version, error);
    }
    if (status == MEOWER_OK) {
        status = check_version(connection, version, error);
    }
    if (status != MEOWER_OK || version == newest_version()) {
        return status;
    }
    for (size_t from = version; from < newest_version() && status == MEOWER_OK; from++) {
        status = run_migration(connection, from, error);
    }
    if (status == MEOWER_OK) {
        status = note_version(connection, version, clock, error);
    }
    return status;
}

static int migrate(struct postgresql_connection *connection, const meower_clock *clock, meower_error *error)
{
    int status = begin(connection, error);
    if (status == MEOWER_OK) {
        status = migrate_locked(connection, clock, error);
    }
    return end(connection, status, error);
}

/* ---- adopting --------------------------------------------------------------------------------------------------- */

static int has_unadopted(struct postgresql_connection *connection, bool *found, meower_error *error)
{
    PGresult *result = NULL;
    int status = postgresql_connection_query(connection, "SELECT EXISTS (SELECT " UNADOPTED ")", &result, error);
    if (status == MEOWER_OK) {
        *found = is_true(result, 0);
    }
    PQclear(result);
    return status;
}

/* Refuses meows that no program of ours could read. */
static int check_unadopted(struct postgresql_connection *connection, meower_error *error)
{
    PGresult *result = NULL;
    int status = postgresql_connection_query(connection, find_malformed_sql, &result, error);
    if (status == MEOWER_OK && PQntuples(result) > 0) {
        status =
            meower_error_set(error, MEOWER_ERROR_CORRUPT, 0, 0,
                             "option \"%s\": the meow %s in the database \"%s\" cannot be adopted; an id is a KSUID "
                             "of 27 characters and of a time before June 2150, and created_at a finite time",
                             connection->setting, PQgetvalue(result, 0, 0), PQdb(connection->conn));
    }
    PQclear(result);
    return status;
}

/* The head row's lock keeps out all who write events: whoever waited for it sees what is done here. */
static int adopt_locked(struct postgresql_connection *connection, meower_error *error)
{
    int status = postgresql_connection_query(connection, "SELECT FROM meower_head FOR UPDATE", NULL, error);
    if (status == MEOWER_OK) {
        status = check_unadopted(connection, error);
    }
    if (status == MEOWER_OK) {
        status = postgresql_connection_query(connection, adopt_sql, NULL, error);
    }
    return status;
}

static int adopt(struct postgresql_connection *connection, meower_error *error)
{
    bool found = false;
    int status = begin(connection, error);
    if (status == MEOWER_OK) {
        status = has_unadopted(connection, &found, error);
    }
    if (status == MEOWER_OK && found) {
        status = adopt_locked(connection, error);
    }
    return end(connection, status, error);
}

/* ---- the newest id ---------------------------------------------------------------------------------------------- */

/* A process of version 1 that was started before the tables were migrated does not keep the newest id: what it has
 * stored meanwhile is made up for whenever the store is opened. */
static const char catch_up_newest_sql[] =
    "UPDATE meower_head SET newest_id = latest.id FROM (SELECT max(meow_id) AS id FROM meower_events "
    "WHERE kind = 1 AND meow_id < '" KSUID_LAST_SECOND "') latest WHERE newest_id < latest.id";
static const char lacks_newest_sql[] =
    "SELECT newest_id < (SELECT max(meow_id) FROM meower_events WHERE kind = 1 AND meow_id < '" KSUID_LAST_SECOND
    "') FROM meower_head";

static int catch_up_newest(struct postgresql_connection *connection, meower_error *error)
{
    PGresult *result = NULL;
    int status = postgresql_connection_query(connection, lacks_newest_sql, &result, error);
    bool lacks_newest = status == MEOWER_OK && PQntuples(result) == 1 && is_true(result, 0);
    PQclear(result);
    return lacks_newest ? postgresql_connection_query(connection, catch_up_newest_sql, NULL, error) : status;
}

/* ---- another life ----------------------------------------------------------------------------------------------- */

#define IDENTITY_SIZE 96

/* What a restored or copied database does not share with its original: the cluster's number, the database's, the
 * table's, and the timeline, which changes when a standby or an older state of the cluster takes over. Where these
 * functions are withheld from our user, the database's and the table's alone. */
static const char identity_sql[] =
    "SELECT s.system_identifier || '.' || c.timeline_id || '.' || d.oid || '.' || 'meower_head'::regclass::oid "
    "FROM pg_control_system() s, pg_control_checkpoint() c, pg_database d WHERE d.datname = current_database()";
static const char short_identity_sql[] = "SELECT d.oid || '.' || 'meower_head'::regclass::oid FROM pg_database d "
                                         "WHERE d.datname = current_database()";

static int read_identity(struct postgresql_connection *connection, char identity[IDENTITY_SIZE], meower_error *error)
{
    PGresult *result = NULL;
    int status = postgresql_connection_query(connection, identity_sql, &result, error);
    if (status == MEOWER_ERROR_PERMISSION && connection->conn != NULL) {
        status = postgresql_connection_query(connection, short_identity_sql, &result, error);
    }
    if (status != MEOWER_OK) {
        return status;
    }
    snprintf(identity, IDENTITY_SIZE, "%s", PQntuples(result) == 1 ? PQgetvalue(result, 0, 0) : "");
    PQclear(result);
    return MEOWER_OK;
}

int postgresql_schema_new_epoch(struct postgresql_connection *connection, const meower_clock *clock,
                                meower_error *error)
{
    char sql[160];
    char epoch[MEOWER_EPOCH_SIZE];
    cursor_draw_epoch(clock, epoch);
    snprintf(sql, sizeof(sql), "UPDATE meower_meta SET value = '%s' WHERE name = 'epoch'", epoch);
    return postgresql_connection_query(connection, sql, NULL, error);
}

/* Of several processes that come at once the first changes the row; the others wait for it, and find it changed. */
static int note_identity(struct postgresql_connection *connection, const char *identity, const meower_clock *clock,
                         meower_error *error)
{
    char sql[300];
    PGresult *result = NULL;
    snprintf(sql, sizeof(sql),
             "UPDATE meower_meta SET value = '%s' WHERE name = 'identity' AND value <> '%s' RETURNING 1", identity,
             identity);
    int status = postgresql_connection_query(connection, sql, &result, error);
    bool is_copy = status == MEOWER_OK && PQntuples(result) > 0;
    PQclear(result);
    if (is_copy) {
        return postgresql_schema_new_epoch(connection, clock, error);
    }
    snprintf(sql, sizeof(sql), "INSERT INTO meower_meta VALUES ('identity', '%s') ON CONFLICT DO NOTHING", identity);
    return status == MEOWER_OK ? postgresql_connection_query(connection, sql, NULL, error) : status;
}

/* A database that was restored or copied begins another life. */
static int recognise_copy(struct postgresql_connection *connection, const meower_clock *clock, meower_error *error)
{
    char identity[IDENTITY_SIZE];
    PGresult *result = NULL;
    int status = read_identity(connection, identity, error);
    if (status == MEOWER_OK) {
        status = postgresql_connection_query(connection, "SELECT value FROM meower_meta WHERE name = 'identity'",
                                             &result, error);
    }
    bool is_known = status == MEOWER_OK && PQntuples(result) == 1 && strcmp(PQgetvalue(result, 0, 0), identity) == 0;
    PQclear(result);
    if (status != MEOWER_OK || is_known) {
        return status;
    }
    status = begin(connection, error);
    if (status == MEOWER_OK) {
        status = note_identity(connection, identity, clock, error);
    }
    return end(connection, status, error);
}

int postgresql_schema_look(struct postgresql_connection *connection, meower_error *error)
{
    size_t version = 0;
    int status = recognise(connection, &version, error);
    if (status == MEOWER_OK && version == 0) {
        return refuse(connection, error, MEOWER_ERROR_NOT_FOUND, "has no feed in it");
    }
    if (status == MEOWER_OK) {
        status = check_version(connection, version, error);
    }
    if (status == MEOWER_OK && version < newest_version()) {
        return refuse(connection, error, MEOWER_ERROR_UNSUPPORTED,
                      "has tables of an earlier version; open it with a daemon first, which migrates them");
    }
    return status;
}

int postgresql_schema_open(struct postgresql_connection *connection, const meower_clock *clock, meower_error *error)
{
    size_t version = 0;
    int status = recognise(connection, &version, error);
    if (status == MEOWER_OK) {
        status = check_version(connection, version, error);
    }
    if (status == MEOWER_OK && version < newest_version()) {
        status = migrate(connection, clock, error);
    }
    if (status == MEOWER_OK) {
        status = adopt(connection, error);
    }
    if (status == MEOWER_OK) {
        status = catch_up_newest(connection, error);
    }
    if (status == MEOWER_OK) {
        status = recognise_copy(connection, clock, error);
    }
    return status;
}
