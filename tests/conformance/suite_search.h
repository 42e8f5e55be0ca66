/* suite_search.h - what every search engine must do, whichever it is (docs/SEARCH.md). An adapter's test_search_NAME.c
 * says how to make an index. */
#ifndef CONFORMANCE_SUITE_SEARCH_H
#define CONFORMANCE_SUITE_SEARCH_H

#include <stdbool.h>
#include <stddef.h>

struct search_adapter {
    const char *name;
    bool is_kept;         /* what was closed can be opened again */
    bool counts_together; /* a word's number of meows is that of those that have any of its words: the order by
                             relevance may differ a little from the library's own (docs/SEARCH.md, "Order") */
    /* Writes a URL whose index does not exist yet. */
    void (*make_url)(char *url, size_t url_size);
    /* Removes what the URL names. It is closed. */
    void (*remove)(const char *url);
};

/* The suite runs once for each. */
extern const struct search_adapter search_adapters[];
extern const size_t search_adapter_count;

#endif
