/* test_search_index.c - the search suite against "index:PATH", each index in a new directory, and "index:" in memory.
 */
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
    snprintf(url, url_size, "index:%s/index.db", directory);
}

static void remove_file(const char *url)
{
    char command[600];

    snprintf(command, sizeof(command), "rm -r \"$(dirname '%s')\"", url + strlen("index:"));
    if (system(command) != 0) {
        abort();
    }
}

static void make_memory_url(char *url, size_t url_size)
{
    snprintf(url, url_size, "index:");
}

static void remove_nothing(const char *url)
{
    (void)url;
}

const struct search_adapter search_adapters[] = {
    {"index in files", true, false, make_file_url, remove_file},
    {"index in memory", false, false, make_memory_url, remove_nothing},
};
const size_t search_adapter_count = sizeof(search_adapters) / sizeof(search_adapters[0]);
