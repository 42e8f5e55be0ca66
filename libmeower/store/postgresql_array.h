/* postgresql_array.h - arrays as parameters, in the server's binary format: a whole batch goes in one statement, and no
 * text needs quoting. */
#ifndef STORE_POSTGRESQL_ARRAY_H
#define STORE_POSTGRESQL_ARRAY_H

#include "store/postgresql_connection.h"
#include <stdbool.h>

/* Types of elements (PostgreSQL 15, src/include/catalog/pg_type.dat). */
enum {
    POSTGRESQL_BYTEA = 17,
    POSTGRESQL_BIGINT = 20,
    POSTGRESQL_INTEGER = 23,
    POSTGRESQL_TEXT = 25,
    POSTGRESQL_TIMESTAMPTZ = 1184
};

/* Zero before it is first used; kept from batch to batch, released by postgresql_array_free(). */
struct postgresql_array {
    char *bytes;
    size_t len;
    size_t capacity;
    bool has_failed; /* no memory: it must not be sent */
};

/* Empties it for `count` (at least 1) elements of a type. */
void postgresql_array_begin(struct postgresql_array *array, unsigned type, size_t count);

void postgresql_array_add_bytes(struct postgresql_array *array, const char *bytes, size_t len);
void postgresql_array_add_text(struct postgresql_array *array, const char *text); /* NULL: a null */
void postgresql_array_add_integer(struct postgresql_array *array, int number);
void postgresql_array_add_bigint(struct postgresql_array *array, int64_t number);
void postgresql_array_add_time(struct postgresql_array *array, int64_t time_us); /* since 1970 */

void postgresql_array_free(struct postgresql_array *array);

/* Adds `count` arrays as parameters. Errors: NO_MEMORY when one of them has failed. */
int postgresql_array_bind(const struct postgresql_array *arrays, size_t count, struct postgresql_parameters *parameters,
                          meower_error *error);

#endif
