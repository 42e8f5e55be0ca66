/* test_store_postgresql.c - the store suite against PostgreSQL, each store in a new database of the server that
 * MEOWER_TEST_POSTGRESQL names. */
#include "conformance/suite_store.h"
#include "servers/postgresql.h"

static void insert_meow(const char *url, const char *id, const char *body, int64_t created_at_us)
{
    postgresql_server_execute(url,
                              "INSERT INTO meows VALUES ('%s', '%s', 'epoch'::timestamptz + %lld * interval '1 us')",
                              id, body, (long long)created_at_us);
}

const struct store_adapter store_adapter = {
    .name = "postgresql",
    .is_kept = true,
    .is_shared = true,
    .make_url = postgresql_server_make_database,
    .remove = postgresql_server_drop_database,
    .insert_meow = insert_meow,
};
