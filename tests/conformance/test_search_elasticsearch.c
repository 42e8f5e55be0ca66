/* test_search_elasticsearch.c - the search suite against a real Elasticsearch or OpenSearch
 * (tests/servers/search-engine): MEOWER_TEST_ELASTICSEARCH names it, such as elasticsearch:http://127.0.0.1:9200. Each
 * test has an index of its own. */
#include "conformance/suite_search.h"
#include "search/elasticsearch_connection.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SERVER_VARIABLE "MEOWER_TEST_ELASTICSEARCH"

/* Without a server there is nothing to test: a developer may go on, continuous integration may not. */
static const char *require_server(void)
{
    const char *server = getenv(SERVER_VARIABLE);

    if (server == NULL) {
        fprintf(stderr, "\n*** " SERVER_VARIABLE " names no server: elasticsearch: is NOT tested ***\n\n");
        printf("[  SKIPPED ] 1 test(s)\n");
        exit(getenv("CI") == NULL ? EXIT_SUCCESS : EXIT_FAILURE);
    }
    return server;
}

static void make_url(char *url, size_t url_size)
{
    static unsigned number;

    snprintf(url, url_size, "%s/meower-test-%ld-%u", require_server(), (long)getpid(), ++number);
}

static void remove_index(const char *url)
{
    struct elasticsearch_address address;
    struct elasticsearch_connection connection;
    char path[300];

    if (elasticsearch_address_parse(&address, strchr(url, ':') + 1, NULL) != MEOWER_OK) {
        abort();
    }
    elasticsearch_connection_init(&connection, &address, 10000);
    snprintf(path, sizeof(path), "/%s*", address.index); /* after a rebuild the name is an alias */
    if (elasticsearch_call(&connection, "DELETE", path, NULL, NULL) != MEOWER_OK) {
        fprintf(stderr, "%s was not removed\n", url);
    }
    elasticsearch_connection_close(&connection);
    elasticsearch_address_free(&address);
}

const struct search_adapter search_adapters[] = {{"elasticsearch", true, true, make_url, remove_index}};
const size_t search_adapter_count = sizeof(search_adapters) / sizeof(search_adapters[0]);
