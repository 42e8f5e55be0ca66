/* test_bus_postgresql.c - the bus suite against PostgreSQL, each bus in a new database of the server that
 * MEOWER_TEST_POSTGRESQL names. */
#include "conformance/suite_bus.h"
#include "servers/postgresql.h"

const struct bus_adapter bus_adapter = {
    .name = "postgresql",
    .carries_all = false,
    .make_url = postgresql_server_make_database,
    .remove = postgresql_server_drop_database,
};
