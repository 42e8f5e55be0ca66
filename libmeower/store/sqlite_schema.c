/* sqlite_schema.c - recognising, creating and adopting the file of a SQLite store. */
#include "store/sqlite_schema.h"
#include "base/cursor.h"
#include "base/ksuid.h"
#include "store/sqlite_labels.h"
#include <stdio.h>
#include <string.h>
#include <strings.h>

/* The database header's application id, "Meow" in ASCII (sqlite.org/pragma.html#pragma_application_id), and its user
 * version, which is the version of this schema. */
#define APPLICATION_ID 0x4D656F77
#define SCHEMA_VERSION 2

/* The trigger notes what foreign programs insert; our writer's connection has triggers off (see configure()). */
static const char create_sql[] =
    "CREATE TABLE IF NOT EXISTS meows(id TEXT PRIMARY KEY, body TEXT NOT NULL, created_at INTEGER NOT NULL) "
    "WITHOUT ROWID;"
    "CREATE TABLE meower_meta(name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;"
    "CREATE TABLE meower_events(position INTEGER PRIMARY KEY, kind INTEGER NOT NULL, meow_id TEXT NOT NULL, "
    "at INTEGER NOT NULL);"
    "CREATE TABLE meower_checkpoints(name TEXT PRIMARY KEY, position INTEGER NOT NULL) WITHOUT ROWID;"
    "CREATE TABLE meower_leases(name TEXT PRIMARY KEY, owner TEXT NOT NULL, expires_at INTEGER NOT NULL) "
    "WITHOUT ROWID;"
    "CREATE TABLE meower_keys(key TEXT PRIMARY KEY, fingerprint INTEGER NOT NULL, position INTEGER NOT NULL, "
    "expires_at INTEGER NOT NULL) WITHOUT ROWID;"
    "CREATE INDEX meower_keys_expires_at ON meower_keys(expires_at);"
    "CREATE TABLE meower_unadopted(id TEXT PRIMARY KEY) WITHOUT ROWID;"
    "INSERT INTO meower_unadopted SELECT id FROM meows;"
    "CREATE TRIGGER meower_meows_inserted AFTER INSERT ON meows "
    "BEGIN INSERT OR IGNORE INTO meower_unadopted VALUES (NEW.id); END;";

/* Version 2 (sqlite_labels.h). The trigger serves foreign programs, as the one above. */
static const char create_labels_sql[] =
    "CREATE TABLE meower_meow_labels(meow_id TEXT NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL, "
    "PRIMARY KEY (meow_id, key, value)) WITHOUT ROWID;"
    "CREATE TABLE meower_labels(key TEXT NOT NULL, value TEXT NOT NULL, meow_id TEXT NOT NULL, "
    "PRIMARY KEY (key, value, meow_id)) WITHOUT ROWID;"
    "INSERT INTO meower_meta(name, value) VALUES (" SQLITE_LABELS_SORTED ", '');"
    "CREATE TRIGGER meower_meows_deleted AFTER DELETE ON meows BEGIN "
    "DELETE FROM meower_labels WHERE " SQLITE_LABELS_SORTED_OF(
        "OLD.id") "; "
                  "DELETE FROM meower_meow_labels WHERE meow_id = OLD.id; "
                  "END;";

/* The greatest id may be that of a deleted meow. Ids rise with positions, so that the latest creation has it, unless an
 * adopted meow came after it: so it is noted under this name before any are adopted. */
#define NEWEST_NAME "'newest_id'"
#define NEWEST_ID                                                                                                      \
    "SELECT coalesce(max(id), '') FROM (SELECT value AS id FROM meower_meta WHERE name = " NEWEST_NAME                 \
    " UNION ALL SELECT max(id) FROM meows WHERE id < '" KSUID_LAST_SECOND "' UNION ALL SELECT * FROM "                 \
    "(SELECT meow_id FROM meower_events WHERE kind = 1 ORDER BY position DESC LIMIT 1))"

static const char note_newest_sql[] = "UPDATE meower_meta SET value = (" NEWEST_ID ") WHERE name = " NEWEST_NAME;

/* In a file of a version before this name, ids need not rise with positions: all are looked at, once. */
static const char find_newest_sql[] =
    "INSERT INTO meower_meta(name, value) SELECT " NEWEST_NAME ", coalesce(max(meow_id), '') FROM meower_events "
    "WHERE kind = 1 AND meow_id < '" KSUID_LAST_SECOND "'";

/* ---- recognising ------------------------------------------------------------------------------------------------ */

/* A file without our mark: it may be empty, or hold a table of meows that is to be adopted. */
static int check_foreign_file(struct sqlite_connection *writer, int64_t application_id, meower_error *error)
{
    int64_t table_count = 0;
    int64_t right_columns = 0;
    int64_t our_tables = 0;
    int status = sqlite_connection_number(writer, "SELECT count(*) FROM sqlite_schema", &table_count, error);
    if (status == MEOWER_OK) {
        status = sqlite_connection_number(writer,
                                          "SELECT count(*) FROM pragma_table_info('meows') "
                                          "WHERE (name = 'id' AND pk = 1) OR name IN ('body', 'created_at')",
                                          &right_columns, error);
    }
    if (status == MEOWER_OK) {
        status = sqlite_connection_number(writer, "SELECT count(*) FROM sqlite_schema WHERE name GLOB 'meower_*'",
                                          &our_tables, error);
    }
    if (status != MEOWER_OK) {
        return status;
    }
    if (application_id == 0 && (table_count == 0 || (right_columns == 3 && our_tables == 0))) {
        return MEOWER_OK;
    }
    return meower_error_set(error, MEOWER_ERROR_CORRUPT, 0, 0,
                            "\"%s\" is a database of another program; it was not changed; name another file, or one "
                            "with the table meows(id TEXT PRIMARY KEY, body TEXT, created_at INTEGER)",
                            writer->path);
}

/* Reads only. *version is that of our tables, 0 when they are not there. */
static int recognise(struct sqlite_connection *writer, int64_t *version, meower_error *error)
{
    int64_t application_id = 0;
    int status = sqlite_connection_number(writer, "PRAGMA application_id", &application_id, error);
    if (status == MEOWER_OK) {
        status = sqlite_connection_number(writer, "PRAGMA user_version", version, error);
    }
    if (status != MEOWER_OK) {
        return status;
    }
    if (application_id != APPLICATION_ID) {
        *version = 0;
        return check_foreign_file(writer, application_id, error);
    }
    if (*version < 1 || *version > SCHEMA_VERSION) {
        return meower_error_set(error, MEOWER_ERROR_UNSUPPORTED, 0, 0,
                                "\"%s\" has version %lld of the schema; this library knows versions 1 to %d: use the "
                                "one that wrote it, or a newer one",
                                writer->path, (long long)*version, SCHEMA_VERSION);
    }
    return MEOWER_OK;
}

/* ---- setting up the writer's connection ------------------------------------------------------------------------- */

static int set_journal(struct sqlite_connection *writer, meower_error *error)
{
    char mode[16] = "";
    int status = sqlite_connection_text(writer, "PRAGMA journal_mode = WAL", mode, sizeof(mode), error);
    if (status == MEOWER_OK && strcasecmp(mode, "wal") != 0) {
        status = meower_error_set(error, MEOWER_ERROR_IO, 0, 0,
                                  "\"%s\" cannot have a write-ahead log; keep it on a local file system", writer->path);
    }
    return status;
}

/* secure_delete overwrites what is deleted with zeros; inserts are as fast with it. The cache (KiB) is larger than
 * SQLite's own for posts with idempotency keys, which go anywhere in their table. Triggers are off on this connection
 * only: they mark what foreign programs insert, at no cost for our own inserts. */
static int configure(struct sqlite_connection *writer, const char *synchronous, meower_error *error)
{
    char sql[200];
    snprintf(sql, sizeof(sql), "PRAGMA synchronous = %s; PRAGMA secure_delete = ON; PRAGMA cache_size = -16384",
             synchronous);
    if (sqlite3_db_readonly(writer->db, "main") == 1) {
        return meower_error_set(error, MEOWER_ERROR_PERMISSION, 0, 0,
                                "\"%s\" may only be read; check the owner and the mode of the file", writer->path);
    }
    if (sqlite3_db_config(writer->db, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, NULL) != SQLITE_OK) {
        return sqlite_connection_error(writer, error);
    }
    int status = set_journal(writer, error);
    if (status == MEOWER_OK) {
        status = sqlite_connection_execute(writer, sql, error);
    }
    return status;
}

/* ---- creating and adopting -------------------------------------------------------------------------------------- */

static int create(struct sqlite_connection *writer, const meower_clock *clock, meower_error *error)
{
    char sql[200];
    char epoch[MEOWER_EPOCH_SIZE];
    cursor_draw_epoch(clock, epoch);
    snprintf(sql, sizeof(sql),
             "INSERT INTO meower_meta VALUES ('epoch', '%s');"
             "PRAGMA application_id = %d",
             epoch, APPLICATION_ID);
    int status = sqlite_connection_execute(writer, create_sql, error);
    if (status == MEOWER_OK) {
        status = sqlite_connection_execute(writer, sql, error);
    }
    return status;
}

/* Brings the tables from `version` to ours; 0: there are none. */
static int migrate(struct sqlite_connection *writer, int64_t version, const meower_clock *clock, meower_error *error)
{
    char sql[40];
    int status = MEOWER_OK;
    snprintf(sql, sizeof(sql), "PRAGMA user_version = %d", SCHEMA_VERSION);
    if (version == 0) {
        status = create(writer, clock, error);
    }
    if (status == MEOWER_OK && version < SCHEMA_VERSION) {
        status = sqlite_connection_execute(writer, create_labels_sql, error);
    }
    return status == MEOWER_OK ? sqlite_connection_execute(writer, sql, error) : status;
}

/* Refuses meows that no program of ours could read, by the rules of meower_id_check(). */
static int check_unadopted(struct sqlite_connection *writer, meower_error *error)
{
    char wrong_id[80] = "";
    int status = sqlite_connection_text(
        writer,
        "SELECT quote(id) FROM meower_unadopted JOIN meows USING (id) "
        "WHERE typeof(id) <> 'text' OR length(CAST(id AS BLOB)) <> 27 OR id GLOB '*[^0-9A-Za-z]*' "
        "OR id >= '" KSUID_LAST_SECOND "' OR typeof(body) <> 'text' OR typeof(created_at) <> 'integer' "
        "ORDER BY id LIMIT 1",
        wrong_id, sizeof(wrong_id), error);
    if (status == MEOWER_OK && wrong_id[0] != '\0') {
        status =
            meower_error_set(error, MEOWER_ERROR_CORRUPT, 0, 0,
                             "the meow %s in \"%s\" cannot be adopted; an id is a KSUID of 27 characters and of a "
                             "time before June 2150, a body is text, created_at an integer in microseconds since 1970",
                             wrong_id, writer->path);
    }
    return status;
}

static int adopt(struct sqlite_connection *writer, meower_error *error)
{
    int status = check_unadopted(writer, error);
    if (status == MEOWER_OK) {
        status = sqlite_connection_execute(writer, note_newest_sql, error);
    }
    if (status == MEOWER_OK) {
        status = sqlite_connection_execute(writer,
                                           "INSERT INTO meower_events(kind, meow_id, at) "
                                           "SELECT 1, id, created_at FROM meower_unadopted JOIN meows USING (id) "
                                           "ORDER BY id;"
                                           "DELETE FROM meower_unadopted",
                                           error);
    }
    return status;
}

/* One transaction for all, so that a file is migrated and adopted as a whole or not touched. */
static int migrate_and_adopt(struct sqlite_connection *writer, int64_t version, const meower_clock *clock,
                             meower_error *error)
{
    int64_t unadopted = 1;
    int64_t knows_newest = 0;
    int status = MEOWER_OK;
    if (version > 0) {
        status = sqlite_connection_number(writer, "SELECT EXISTS (SELECT 1 FROM meower_unadopted)", &unadopted, error);
    }
    if (version > 0 && status == MEOWER_OK) {
        status = sqlite_connection_number(
            writer, "SELECT EXISTS (SELECT 1 FROM meower_meta WHERE name = " NEWEST_NAME ")", &knows_newest, error);
    }
    if (status != MEOWER_OK || (version == SCHEMA_VERSION && unadopted == 0 && knows_newest == 1)) {
        return status;
    }

    status = sqlite_connection_execute(writer, "BEGIN IMMEDIATE", error);
    if (status == MEOWER_OK && version < SCHEMA_VERSION) {
        status = migrate(writer, version, clock, error);
    }
    if (status == MEOWER_OK && knows_newest == 0) {
        status = sqlite_connection_execute(writer, find_newest_sql, error);
    }
    if (status == MEOWER_OK) {
        status = adopt(writer, error);
    }
    if (status == MEOWER_OK) {
        status = sqlite_connection_execute(writer, "COMMIT", error);
    }
    if (status != MEOWER_OK && !sqlite3_get_autocommit(writer->db)) {
        sqlite_connection_execute(writer, "ROLLBACK", NULL);
    }
    return status;
}

int sqlite_schema_newest_id(struct sqlite_connection *connection, char newest_id[MEOWER_ID_SIZE], meower_error *error)
{
    return sqlite_connection_text(connection, NEWEST_ID, newest_id, MEOWER_ID_SIZE, error);
}

int sqlite_schema_open(struct sqlite_connection *writer, const char *synchronous, const meower_clock *clock,
                       meower_error *error)
{
    int64_t version = 0;
    int status = recognise(writer, &version, error);
    if (status == MEOWER_OK) {
        status = configure(writer, synchronous, error);
    }
    if (status == MEOWER_OK) {
        status = migrate_and_adopt(writer, version, clock, error);
    }
    return status;
}

int sqlite_schema_look(struct sqlite_connection *connection, bool *has_labels, meower_error *error)
{
    int64_t version = 0;
    int status = recognise(connection, &version, error);
    if (status == MEOWER_OK && version == 0) {
        status = meower_error_set(error, MEOWER_ERROR_NOT_FOUND, 0, 0, "there is no store in \"%s\"", connection->path);
    }
    if (status == MEOWER_OK) {
        *has_labels = version == SCHEMA_VERSION;
    }
    return status;
}
