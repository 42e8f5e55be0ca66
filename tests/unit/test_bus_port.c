/* test_bus_port.c - the bus port: which adapter a URL means, the fault hook around every call, and the error that a
 * backend is given. What every port does alike is in port/call.h and port/schemes.h. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "bus/bus.h"
#include <string.h>

struct fixture {
    meower_options *options;
    meower_error error;
    char calls[100];         /* of the host's bus */
    char seen[100];          /* by the hook, before and after */
    const char *fails_after; /* this call */
};

static void note(char *text, const char *word)
{
    strcat(text, text[0] == '\0' ? "" : " ");
    strcat(text, word);
}

/* ---- a bus of the host: every call fails, and says why ---------------------------------------------------------- */

static int host_open(const meower_backend_config *config, void **bus, meower_error *error)
{
    assert_non_null(error);
    note(((struct fixture *)config->context)->calls, "open");
    *bus = config->context;
    return MEOWER_OK;
}

static void host_close(void *bus)
{
    note(((struct fixture *)bus)->calls, "close");
}

static int host_publish(void *bus, const meower_bus_message *messages, size_t count, meower_error *error)
{
    (void)messages;
    (void)count;
    note(((struct fixture *)bus)->calls, "publish");
    assert_non_null(error);
    return meower_error_set(error, MEOWER_ERROR_UNAVAILABLE, 0, MEOWER_ERROR_FLAG_RETRIABLE, "away");
}

static int host_receive(void *bus, int timeout_ms, meower_bus_sink *sink, meower_error *error)
{
    (void)timeout_ms;
    (void)sink;
    note(((struct fixture *)bus)->calls, "receive");
    assert_non_null(error);
    return MEOWER_ERROR_IO; /* without detail */
}

static void host_wake(void *bus)
{
    (void)bus;
}

static const meower_bus_vtable host_bus = {
    .abi = MEOWER_BACKEND_ABI,
    .size = sizeof(meower_bus_vtable),
    .scheme = "host",
    .open = host_open,
    .close = host_close,
    .publish = host_publish,
    .receive = host_receive,
    .wake = host_wake,
};

static int before(void *context, const char *port, const char *call, meower_error *error)
{
    (void)error;
    assert_string_equal(port, "bus");
    note(((struct fixture *)context)->seen, call);
    return MEOWER_OK;
}

static int after(void *context, const char *port, const char *call, int status, meower_error *error)
{
    struct fixture *fixture = context;

    assert_string_equal(port, "bus");
    note(fixture->seen, call);
    if (fixture->fails_after != NULL && strcmp(fixture->fails_after, call) == 0) {
        return meower_error_set(error, MEOWER_ERROR_OUTCOME_UNKNOWN, 0, 0, "after %s", call);
    }
    return status;
}

static int set_up(void **state)
{
    static struct fixture fixture;

    memset(&fixture, 0, sizeof(fixture));
    *state = &fixture;
    assert_int_equal(meower_options_new(&fixture.options, NULL), MEOWER_OK);
    assert_int_equal(meower_options_add_bus(fixture.options, &host_bus, &fixture, NULL), MEOWER_OK);
    meower_options_set_fault_hook(fixture.options, &(meower_fault_hook){before, after, &fixture});
    return meower_options_set(fixture.options, "bus", "host:", NULL);
}

static int tear_down(void **state)
{
    meower_options_free(((struct fixture *)*state)->options);
    return 0;
}

/* ---- the tests -------------------------------------------------------------------------------------------------- */

static void an_unknown_scheme_names_the_hosts_and_the_own_ones(void **state)
{
    struct fixture *fixture = *state;
    struct bus bus;

    assert_int_equal(meower_options_set(fixture->options, "bus", "amqp://me:secret@somewhere", NULL), MEOWER_OK);
    assert_int_equal(bus_open(&bus, fixture->options, &fixture->error), MEOWER_ERROR_INVALID);
    assert_non_null(strstr(fixture->error.message, "host:, inproc:, postgresql:"));
    assert_null(strstr(fixture->error.message, "secret"));
}

static void every_call_passes_the_hook_before_and_after(void **state)
{
    struct fixture *fixture = *state;
    struct bus bus;

    assert_int_equal(bus_open(&bus, fixture->options, NULL), MEOWER_OK);
    (void)bus_publish(&bus, NULL, 0, NULL);
    (void)bus_receive(&bus, 0, NULL, NULL);
    bus_close(&bus);
    assert_string_equal(fixture->seen, "open open publish publish receive receive");
    assert_string_equal(fixture->calls, "open publish receive close");
}

static void a_bus_that_opened_is_closed_when_a_fault_follows(void **state)
{
    struct fixture *fixture = *state;
    struct bus bus;

    fixture->fails_after = "open";
    assert_int_equal(bus_open(&bus, fixture->options, &fixture->error), MEOWER_ERROR_OUTCOME_UNKNOWN);
    assert_string_equal(fixture->error.message, "after open");
    assert_string_equal(fixture->calls, "open close");
}

static void a_status_comes_back_with_its_detail_or_gets_some(void **state)
{
    struct fixture *fixture = *state;
    struct bus bus;

    assert_int_equal(bus_open(&bus, fixture->options, NULL), MEOWER_OK);
    assert_int_equal(bus_publish(&bus, NULL, 0, &fixture->error), MEOWER_ERROR_UNAVAILABLE);
    assert_string_equal(fixture->error.message, "away");
    assert_int_equal(fixture->error.flags, MEOWER_ERROR_FLAG_RETRIABLE);
    assert_int_equal(bus_receive(&bus, 0, NULL, &fixture->error), MEOWER_ERROR_IO);
    assert_int_equal(fixture->error.code, MEOWER_ERROR_IO);
    assert_non_null(strstr(fixture->error.message, "the bus's call \"receive\" ended with"));
    bus_close(&bus);
}

static void a_backend_gets_an_error_when_the_caller_has_none(void **state)
{
    struct fixture *fixture = *state;
    struct bus bus;

    assert_int_equal(bus_open(&bus, fixture->options, NULL), MEOWER_OK);
    assert_int_equal(bus_publish(&bus, NULL, 0, NULL), MEOWER_ERROR_UNAVAILABLE);
    bus_close(&bus);
}

#define PORT_TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        PORT_TEST(an_unknown_scheme_names_the_hosts_and_the_own_ones),
        PORT_TEST(every_call_passes_the_hook_before_and_after),
        PORT_TEST(a_bus_that_opened_is_closed_when_a_fault_follows),
        PORT_TEST(a_status_comes_back_with_its_detail_or_gets_some),
        PORT_TEST(a_backend_gets_an_error_when_the_caller_has_none),
    };
    return cmocka_run_group_tests_name("bus port", tests, NULL, NULL);
}
