/* test_search_fts5.c - the search suite against "fts5:PATH", each index in a new directory, and "fts5:" in memory. */
#include "conformance/suite_search.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void make_file_url(char *url, size_t url_size)
{
    char directory[] = "/tmp/meower-search-XXXXXX";

    if (mkdtemp(directory) == NULL) {
        abort();
    }
    snprintf(url, url_size, "fts5:%s/index.db", directory);
}

static void remove_file(const char *url)
{
    char command[600];

    snprintf(command, sizeof(command), "rm -r \"$(dirname '%s')\"", url + strlen("fts5:"));
    if (system(command) != 0) {
        abort();
    }
}

static void make_memory_url(char *url, size_t url_size)
{
    snprintf(url, url_size, "fts5:");
}

static void remove_nothing(const char *url)
{
    (void)url;
}

const struct search_adapter search_adapters[] = {
    {"fts5 in a file", true, make_file_url, remove_file},
    {"fts5 in memory", false, make_memory_url, remove_nothing},
};
const size_t search_adapter_count = sizeof(search_adapters) / sizeof(search_adapters[0]);
