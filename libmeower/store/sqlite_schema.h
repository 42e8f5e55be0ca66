/* sqlite_schema.h - what is in the file of a SQLite store, and how it gets there. */
#ifndef STORE_SQLITE_SCHEMA_H
#define STORE_SQLITE_SCHEMA_H

#include "store/sqlite_connection.h"
#include <stdbool.h>

/* Looks at the file before anything in it is changed, and refuses what is not ours; then sets up the writer's
 * connection, creates the tables when they are not there, migrates those of an earlier version, and gives an event to
 * every meow without one, in id order. */
int sqlite_schema_open(struct sqlite_connection *writer, const char *synchronous, const meower_clock *clock,
                       meower_error *error);

/* The greatest id that was ever stored or adopted, "" when there is none. */
int sqlite_schema_newest_id(struct sqlite_connection *connection, char newest_id[MEOWER_ID_SIZE], meower_error *error);

/* Only looks, also at the tables of an earlier version; *has_labels says whether there is a table of labels. Errors:
 * NOT_FOUND when the file is no store, UNSUPPORTED when it is of a later version. */
int sqlite_schema_look(struct sqlite_connection *connection, bool *has_labels, meower_error *error);

#endif
