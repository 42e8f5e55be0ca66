/* test_bus_nats.c - the bus suite against the NATS server that MEOWER_TEST_NATS names. */
#include "conformance/suite_bus.h"
#include "servers/broker.h"

static void make_url(char *url, size_t url_size)
{
    snprintf(url, url_size, "%s", broker_test_url("MEOWER_TEST_NATS", "tests/servers/nats"));
}

static void remove_nothing(const char *url)
{
    (void)url;
}

const struct bus_adapter bus_adapter = {"nats", true, make_url, remove_nothing};
