/* test_bus_inproc.c - the bus suite against "inproc:". */
#include "conformance/suite_bus.h"
#include <stdio.h>

static void make_url(char *url, size_t url_size)
{
    snprintf(url, url_size, "inproc:");
}

static void remove_nothing(const char *url)
{
    (void)url;
}

const struct bus_adapter bus_adapter = {"inproc", true, make_url, remove_nothing};
