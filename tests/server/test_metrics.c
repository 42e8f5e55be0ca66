/* test_metrics.c - the page of numbers: each is the sum over all loops, with its help and its type before it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "server/process/metrics.h"
#include <event2/buffer.h>
#include <string.h>

static struct metrics loops[3];
static char page[20000];

static void write_page(size_t loop_count, meower_feed *feed)
{
    struct evbuffer *buffer = evbuffer_new();
    assert_non_null(buffer);
    metrics_write_page(loops, loop_count, feed, buffer);
    size_t len = evbuffer_get_length(buffer);
    assert_in_range(len, 1, sizeof(page) - 1);
    assert_int_equal(evbuffer_remove(buffer, page, len), len);
    page[len] = '\0';
    evbuffer_free(buffer);
}

static int begin(void **state)
{
    (void)state;
    memset(loops, 0, sizeof(loops));
    for (size_t i = 0; i < 3; i++) {
        loops[i].http.routes[0].route = "none";
        loops[i].http.routes[HTTP_ROUTES_MAX].route = "GET /last";
    }
    return 0;
}

static void assert_has(const char *line)
{
    char text[200] = "\n";
    strncat(text, line, sizeof(text) - 3);
    strcat(text, "\n");
    assert_non_null(strstr(page, text));
}

static void numbers_are_summed_over_the_loops_that_there_are(void **state)
{
    (void)state;
    loops[0].http.connections.connections_total = 1;
    loops[1].http.connections.connections_total = 20;
    loops[2].http.connections.connections_total = 300;
    loops[0].live.slow_clients_closed_total = 7;
    write_page(3, NULL);
    assert_has("meower_http_connections_total 321");
    assert_has("meower_http_slow_clients_closed_total 7");
    write_page(2, NULL);
    assert_has("meower_http_connections_total 21");
}

static void a_total_is_a_counter_and_all_else_a_gauge(void **state)
{
    (void)state;
    write_page(1, NULL);
    assert_has("# TYPE meower_http_connections_total counter");
    assert_has("# TYPE meower_http_connections gauge");
    assert_has("# HELP meower_http_connections Public connections that are open.");
    assert_has("meower_http_connections 0");
}

static void requests_are_told_by_route_and_class_where_there_were_any(void **state)
{
    (void)state;
    loops[0].http.routes[0].by_class[4] = 2;
    loops[1].http.routes[0].by_class[4] = 3;
    loops[1].http.routes[HTTP_ROUTES_MAX].by_class[1] = 4;
    loops[0].http.routes[HTTP_ROUTES_MAX].by_class[5] = 1;
    write_page(2, NULL);
    assert_has("meower_http_requests_total{route=\"none\",status=\"4xx\"} 5");
    assert_has("meower_http_requests_total{route=\"GET /last\",status=\"1xx\"} 4");
    assert_has("meower_http_requests_total{route=\"GET /last\",status=\"5xx\"} 1");
    assert_null(strstr(page, "status=\"2xx\""));
}

static void the_librarys_own_follow_when_the_feed_is_open(void **state)
{
    (void)state;
    meower_options *options;
    meower_feed *feed;
    meower_metric metric = MEOWER_METRIC_INIT;
    assert_int_equal(meower_options_new(&options, NULL), MEOWER_OK);
    assert_int_equal(meower_options_set(options, "threads", "0", NULL), MEOWER_OK);
    assert_int_equal(meower_open(options, &feed, NULL), MEOWER_OK);
    meower_options_free(options);
    write_page(1, feed);
    for (size_t i = 0; meower_metric_at(feed, i, &metric, NULL) == 1; i++) {
        char start[100] = "# HELP meower_";
        strncat(start, metric.name, sizeof(start) - 20);
        strcat(start, " ");
        assert_non_null(strstr(page, start));
    }
    assert_int_equal(meower_close(feed, 1000, NULL), MEOWER_OK);
}

#define METRICS_TEST(name) cmocka_unit_test_setup(name, begin)

int main(void)
{
    const struct CMUnitTest tests[] = {
        METRICS_TEST(numbers_are_summed_over_the_loops_that_there_are),
        METRICS_TEST(a_total_is_a_counter_and_all_else_a_gauge),
        METRICS_TEST(requests_are_told_by_route_and_class_where_there_were_any),
        METRICS_TEST(the_librarys_own_follow_when_the_feed_is_open),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
