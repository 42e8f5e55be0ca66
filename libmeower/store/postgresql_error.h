/* postgresql_error.h - PostgreSQL's errors as ours, with advice on which setting to change. No message ever holds a
 * password. `backend_code` is the SQLSTATE read as a number of base 36. */
#ifndef STORE_POSTGRESQL_ERROR_H
#define STORE_POSTGRESQL_ERROR_H

#include <libpq-fe.h>
#include <meower/backend.h>
#include <stdbool.h>

/* Of a statement that failed. `setting` is the option that names the server. Returns the code. */
int postgresql_error_of_result(const char *setting, const PGresult *result, meower_error *error);

/* Of a connection that did not come about or broke. It must have error messages of PQERRORS_VERBOSE. */
int postgresql_error_of_connection(const char *setting, PGconn *conn, meower_error *error);

/* The statement failed with this SQLSTATE. */
bool postgresql_error_is(const meower_error *error, const char *sqlstate);

#endif
