/* test_store_lmdb.c - the store suite against the store of the examples, each file in a new directory. */
#include "conformance/suite_store.h"
#include "lmdb_store.h"
#include <stdio.h>
#include <stdlib.h>

static void make_url(char *url, size_t url_size)
{
    char directory[] = "/tmp/meower-lmdb-XXXXXX";
    if (mkdtemp(directory) == NULL) {
        abort();
    }
    snprintf(url, url_size, "lmdb:%s/feed.mdb", directory);
}

static void remove_store(const char *url)
{
    char command[600];
    snprintf(command, sizeof(command), "rm -r \"$(dirname '%s')\"", url + sizeof("lmdb:") - 1);
    if (system(command) != 0) {
        abort();
    }
}

const struct store_adapter store_adapter = {"lmdb", true, false, make_url, remove_store, NULL, &lmdb_store};
