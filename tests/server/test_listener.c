/* test_listener.c - listening sockets by their address. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "server/net/listener.h"
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static char actual[LISTENER_ADDRESS_SIZE], message[300];

static int open_listener(const char *address)
{
    actual[0] = message[0] = '\0';
    return listener_open(address, actual, message, sizeof(message));
}

static void port_0_is_any_free_one_and_is_told(void **state)
{
    (void)state;
    int port = 0;
    int descriptor = open_listener("127.0.0.1:0");
    assert_true(descriptor >= 0);
    assert_int_equal(sscanf(actual, "127.0.0.1:%d", &port), 1);
    assert_in_range(port, 1024, 65535);
    assert_true(listener_start(descriptor));
    close(descriptor);
}

static void a_port_that_is_taken_is_explained(void **state)
{
    (void)state;
    char taken[LISTENER_ADDRESS_SIZE];
    int first = open_listener("127.0.0.1:0");
    assert_true(listener_start(first));
    memcpy(taken, actual, sizeof(taken));
    assert_int_equal(open_listener(taken), -1);
    assert_non_null(strstr(message, taken));
    assert_non_null(strstr(message, "choose another port"));
    close(first);
}

static void nobody_is_kept_waiting_before_it_starts(void **state)
{
    (void)state;
    int accepting = -1;
    socklen_t len = sizeof(accepting);
    int descriptor = open_listener("127.0.0.1:0");
    assert_int_equal(getsockopt(descriptor, SOL_SOCKET, SO_ACCEPTCONN, &accepting, &len), 0);
    assert_int_equal(accepting, 0);
    assert_true(listener_start(descriptor));
    assert_int_equal(getsockopt(descriptor, SOL_SOCKET, SO_ACCEPTCONN, &accepting, &len), 0);
    assert_int_equal(accepting, 1);
    close(descriptor);
}

/* Connections of the server before may still be in the system for a while (TIME_WAIT). */
static void a_port_can_be_taken_again_at_once(void **state)
{
    (void)state;
    int reuses = 0;
    socklen_t len = sizeof(reuses);
    int descriptor = open_listener("127.0.0.1:0");
    assert_int_equal(getsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &reuses, &len), 0);
    assert_int_not_equal(reuses, 0);
    close(descriptor);
}

static void every_address_means_both_families(void **state)
{
    (void)state;
    int only_v6 = -1, port = 0;
    socklen_t len = sizeof(only_v6);
    int descriptor = open_listener(":0");
    if (sscanf(actual, "[::]:%d", &port) != 1) {
        close(descriptor);
        skip(); /* a system without IPv6 */
    }
    assert_in_range(port, 1024, 65535);
    assert_int_equal(getsockopt(descriptor, IPPROTO_IPV6, IPV6_V6ONLY, &only_v6, &len), 0);
    assert_int_equal(only_v6, 0);
    close(descriptor);
}

static void what_is_no_address_is_explained(void **state)
{
    (void)state;
    assert_int_equal(open_listener("nonsense"), -1);
    assert_string_equal(message, "nonsense is no address; right is HOST:PORT");
}

static void a_host_that_is_not_found_is_explained(void **state)
{
    (void)state;
    assert_int_equal(open_listener("a..b:80"), -1); /* no name of a host, so that nobody is asked for it */
    assert_memory_equal(message, "cannot listen on a..b:80: ", 26);
}

static void a_host_has_at_most_63_characters(void **state)
{
    (void)state;
    char address[100];
    snprintf(address, sizeof(address), "%063d:80", 1);
    assert_true(listener_check_address(address));
    snprintf(address, sizeof(address), "%064d:80", 1);
    assert_false(listener_check_address(address));
    snprintf(address, sizeof(address), "[%063d]:80", 1);
    assert_true(listener_check_address(address));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(port_0_is_any_free_one_and_is_told),      cmocka_unit_test(a_port_that_is_taken_is_explained),
        cmocka_unit_test(nobody_is_kept_waiting_before_it_starts), cmocka_unit_test(a_port_can_be_taken_again_at_once),
        cmocka_unit_test(every_address_means_both_families),       cmocka_unit_test(what_is_no_address_is_explained),
        cmocka_unit_test(a_host_that_is_not_found_is_explained),   cmocka_unit_test(a_host_has_at_most_63_characters),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
