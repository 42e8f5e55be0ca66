/* test_service.c - the public listener: how many loops it has, and what is said when it does not start. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "server/doubles.h"
#include "server/process/service.h"
#include "server/routes/role.h"
#include "server/routes/routes.h"
#include <dirent.h>
#include <dlfcn.h>
#include <string.h>
#include <unistd.h>

static long processors; /* that the machine says it has; 0: those that it has */

long sysconf(int name)
{
    long (*real)(int);
    if (name == _SC_NPROCESSORS_ONLN && processors != 0) {
        return processors;
    }
    *(void **)&real = dlsym(RTLD_NEXT, "sysconf");
    return real(name);
}

static size_t threads_of(int64_t setting, long of_processors)
{
    struct service_settings settings = {.threads = setting};
    processors = of_processors;
    size_t threads = service_threads(&settings);
    processors = 0;
    return threads;
}

static void half_of_the_processors_are_used_unless_the_settings_say_more(void **state)
{
    (void)state;
    assert_int_equal(threads_of(0, 6), 3);
    assert_int_equal(threads_of(0, 2), 1);
    assert_int_equal(threads_of(1, 6), 1);
    assert_int_equal(threads_of(5, 2), 5);
}

static void there_is_one_loop_at_least_and_eight_at_most(void **state)
{
    (void)state;
    assert_int_equal(threads_of(0, 1), 1);
    assert_int_equal(threads_of(0, -1), 1); /* a system that does not know */
    assert_int_equal(threads_of(0, 16), SERVICE_THREADS_MAX);
    assert_int_equal(threads_of(0, 64), SERVICE_THREADS_MAX);
}

static void assert_does_not_open(const char *expected)
{
    static struct metrics metrics[2];
    static const struct log log = {false};
    struct service_settings settings = {
        .listener = -1,
        .threads = 2,
        .connections_max = 10,
        .loop = {.http = {.cors_origin = ""}, .routes = {.roles = ROLE_FILES, .commands = {.tokens = ""}}}};
    struct service *service = NULL;
    char message[300] = "";
    assert_false(service_open(&settings, NULL, &log, metrics, &service, message, sizeof(message)));
    assert_null(service);
    assert_memory_equal(message, "cannot start the public listener: ", 34);
    assert_non_null(strstr(message, expected));
}

static void a_loop_that_does_not_start_is_explained(void **state)
{
    (void)state;
    lws_refuses_to_start = true;
    assert_does_not_open("is its plug-in libwebsockets-evlib-ev installed?");
    lws_refuses_to_start = false;
}

static void a_listener_that_the_system_refuses_is_explained(void **state)
{
    (void)state;
    assert_does_not_open("the system does not let it listen");
}

static size_t count_descriptors(void)
{
    size_t count = 0;
    DIR *folder = opendir("/proc/self/fd");
    assert_non_null(folder);
    while (readdir(folder) != NULL) {
        count++;
    }
    closedir(folder);
    return count;
}

static void what_the_routes_have_opened_they_close(void **state)
{
    (void)state;
    static struct room room;
    static struct routes routes;
    const struct routes_settings settings = {.roles = ROLE_COMMAND | ROLE_QUERY | ROLE_PUSHER,
                                             .commands = {.tokens = ""}};
    meower_options *options;
    meower_feed *feed;
    size_t before = count_descriptors();
    room_begin(&room);
    assert_int_equal(meower_options_new(&options, NULL), MEOWER_OK);
    assert_int_equal(meower_options_set(options, "threads", "0", NULL), MEOWER_OK);
    assert_int_equal(meower_open(options, &feed, NULL), MEOWER_OK);
    meower_options_free(options);
    assert_true(routes_open(&routes, &settings, feed, &room.loop, &room.metrics.live, NULL));
    assert_true(count_descriptors() > before);
    room_end(&room);
    routes_close(&routes);
    while (meower_step(feed, NULL) > 0) {
        continue;
    }
    assert_int_equal(meower_close(feed, 1000, NULL), MEOWER_OK);
    assert_int_equal(count_descriptors(), before);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(half_of_the_processors_are_used_unless_the_settings_say_more),
        cmocka_unit_test(there_is_one_loop_at_least_and_eight_at_most),
        cmocka_unit_test(a_loop_that_does_not_start_is_explained),
        cmocka_unit_test(a_listener_that_the_system_refuses_is_explained),
        cmocka_unit_test(what_the_routes_have_opened_they_close),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
