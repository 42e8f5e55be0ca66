/* test_store_memory.c - the store suite against "memory:". */
#include "conformance/suite_store.h"
#include <stdio.h>

static void make_url(char *url, size_t url_size)
{
    snprintf(url, url_size, "memory:");
}

static void remove_nothing(const char *url)
{
    (void)url;
}

const struct store_adapter store_adapter = {"memory", false, false, make_url, remove_nothing, NULL, NULL};
