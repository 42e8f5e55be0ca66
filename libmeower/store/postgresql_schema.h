/* postgresql_schema.h - what is in the database of a PostgreSQL store, and how it gets there. */
#ifndef STORE_POSTGRESQL_SCHEMA_H
#define STORE_POSTGRESQL_SCHEMA_H

#include "store/postgresql_connection.h"

#define POSTGRESQL_MIGRATION_STEPS 4

/* The SQLSTATE with which meower_append_in_order() refuses a batch; a class of our own. */
#define POSTGRESQL_ID_TOO_LOW "MW001"

/* Each element brings the tables from its index to the next version, in at most so many steps; after the last comes one
 * without any. */
extern const char *const postgresql_migrations[][POSTGRESQL_MIGRATION_STEPS];

/* Looks at the tables before anything is changed, and refuses what is not ours; creates or migrates them when they are
 * not of this version, one process at a time; gives an event to every meow without one, in id order; draws a new
 * epoch when the database is a copy of another one. Needs no right to
 * create anything where nothing has to be. The connection has no prepared statements. */
int postgresql_schema_open(struct postgresql_connection *connection, const meower_clock *clock, meower_error *error);

/* Only looks. Errors: NOT_FOUND when our tables are not there, UNSUPPORTED when they are of another version. */
int postgresql_schema_look(struct postgresql_connection *connection, meower_error *error);

/* Draws a new epoch. */
int postgresql_schema_new_epoch(struct postgresql_connection *connection, const meower_clock *clock,
                                meower_error *error);

#endif
