/* test_one_key.c - one idempotency key used by many at once, at one instance and at several of the same store: one meow
 * is stored, and all are answered with its id. */
#include "flow/support.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#ifdef MEOWER_WITH_POSTGRESQL
#include "servers/postgresql.h"
#endif

#define POSTERS       16
#define ROUNDS        40
#define INSTANCES_MAX 3

struct poster {
    meower_feed *feed;
    pthread_barrier_t *start; /* of each round */
    pthread_t thread;
    int statuses[ROUNDS];
    meower_command_result results[ROUNDS];
};

static void *post_all_rounds(void *argument)
{
    struct poster *poster = argument;
    meower_command *command = NULL;
    int opened = meower_command_open(poster->feed, &command, NULL);

    for (int round = 0; round < ROUNDS; round++) {
        char body[32];
        char key[32];
        snprintf(body, sizeof(body), "body of round %d", round);
        snprintf(key, sizeof(key), "key of round %d", round);
        poster->results[round] = (meower_command_result)MEOWER_COMMAND_RESULT_INIT;
        pthread_barrier_wait(poster->start);
        poster->statuses[round] = opened != MEOWER_OK ? opened
                                                      : meower_command_post(command, body, strlen(body), key,
                                                                            PATIENCE_MS, &poster->results[round], NULL);
    }
    meower_command_close(command);
    return NULL;
}

/* All have the same meow, and but for one of them it was there already. */
static void check_round(const struct poster *posters, int round)
{
    int stored = 0;

    for (int i = 0; i < POSTERS; i++) {
        assert_int_equal(posters[i].statuses[round], MEOWER_OK);
        assert_string_equal(posters[i].results[round].id, posters[0].results[round].id);
        assert_int_equal(posters[i].results[round].position, posters[0].results[round].position);
        stored += posters[i].results[round].replayed ? 0 : 1;
    }
    assert_int_equal(stored, 1);
}

static void check_feed(meower_feed *feed)
{
    meower_query *query = query_open(feed);
    meower_list list = MEOWER_LIST_INIT;
    meower_page *page;

    list.take = MEOWER_TAKE_MAX;
    assert_int_equal(meower_query_list(query, &list, PATIENCE_MS, &page, NULL), MEOWER_OK);
    assert_int_equal(meower_page_count(page), ROUNDS);
    meower_page_free(page);
    meower_query_close(query);
}

static void post_with_one_key_at_once(const char *store, int instances)
{
    struct poster *posters = calloc(POSTERS, sizeof(*posters));
    meower_feed *feeds[INSTANCES_MAX];
    pthread_barrier_t start;

    assert_non_null(posters);
    pthread_barrier_init(&start, NULL, POSTERS);
    for (int i = 0; i < instances; i++) {
        feeds[i] = feed_open(&(struct parts){0}, OPTIONS("store", store));
    }
    for (int i = 0; i < POSTERS; i++) {
        posters[i].feed = feeds[i % instances];
        posters[i].start = &start;
        assert_int_equal(pthread_create(&posters[i].thread, NULL, post_all_rounds, &posters[i]), 0);
    }
    for (int i = 0; i < POSTERS; i++) {
        pthread_join(posters[i].thread, NULL);
    }
    for (int round = 0; round < ROUNDS; round++) {
        check_round(posters, round);
    }
    for (int i = 0; i < instances; i++) {
        check_feed(feeds[i]);
        feed_close(feeds[i]);
    }
    pthread_barrier_destroy(&start);
    free(posters);
}

static void one_key_at_once_is_one_meow_in_memory(void **state)
{
    (void)state;
    post_with_one_key_at_once("memory:", 1);
}

static void one_key_at_once_is_one_meow_in_sqlite(void **state)
{
    char folder[] = "/tmp/meower-one-key-XXXXXX";
    char url[64];

    (void)state;
    assert_non_null(mkdtemp(folder));
    snprintf(url, sizeof(url), "sqlite:%s/feed.db", folder);
    post_with_one_key_at_once(url, 1);
    remove_tree(folder);
}

static void one_key_at_once_at_three_instances_is_one_meow_in_postgresql(void **state)
{
    (void)state;
#ifdef MEOWER_WITH_POSTGRESQL
    char url[512];

    if (getenv("MEOWER_TEST_POSTGRESQL") == NULL && getenv("CI") == NULL) {
        skip();
    }
    postgresql_server_make_database(url, sizeof(url));
    post_with_one_key_at_once(url, 3);
    postgresql_server_drop_database(url);
#else
    skip();
#endif
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_key_at_once_is_one_meow_in_memory),
        cmocka_unit_test(one_key_at_once_is_one_meow_in_sqlite),
        cmocka_unit_test(one_key_at_once_at_three_instances_is_one_meow_in_postgresql),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
