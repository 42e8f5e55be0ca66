/* test_labels.c - labels on their way through a whole instance: posted, stored, listed, followed, and told apart
 * by idempotency keys. */
#include "base/hash.h"
#include "flow/pair.h"
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const meower_label given[] = {MEOWER_LABEL("tag", "naps"), MEOWER_LABEL("author", "tom"),
                                     MEOWER_LABEL("tag", "cats")};
static const meower_label in_order[] = {MEOWER_LABEL("author", "tom"), MEOWER_LABEL("tag", "cats"),
                                        MEOWER_LABEL("tag", "naps")};

#define JSON ",\"labels\":{\"author\":\"tom\",\"tag\":[\"cats\",\"naps\"]}"

static meower_post labelled(const char *body, const char *key)
{
    meower_post post = MEOWER_POST_INIT;

    post.body = body;
    post.body_len = strlen(body);
    post.idempotency_key = key;
    post.labels = given;
    post.label_count = 3;
    return post;
}

/* Posts it, and must succeed. */
static meower_command_result post_labelled(meower_command *command, const char *body)
{
    const meower_post post = labelled(body, NULL);
    meower_command_result result = MEOWER_COMMAND_RESULT_INIT;
    meower_error error = {0};

    if (meower_command_post_one(command, &post, PATIENCE_MS, &result, &error) != MEOWER_OK) {
        fail_msg("%s", error.message);
    }
    return result;
}

static void assert_labelled(const meower_meow *meow)
{
    assert_non_null(meow);
    assert_int_equal(meow->label_count, 3);
    for (size_t i = 0; i < 3; i++) {
        assert_string_equal(meow->labels[i].key, in_order[i].key);
        assert_int_equal(meow->labels[i].key_len, in_order[i].key_len);
        assert_string_equal(meow->labels[i].value, in_order[i].value);
        assert_int_equal(meow->labels[i].value_len, in_order[i].value_len);
    }
}

static void assert_page_labelled(meower_page *page, size_t index)
{
    char *json = page_json(page);

    assert_labelled(meower_page_meow(page, index));
    assert_non_null(strstr(json, JSON "}"));
    free(json);
    meower_page_free(page);
}

/* ---- the whole way ---------------------------------------------------------------------------------------------- */

static void a_meow_has_its_labels_in_lists_and_events(void **state)
{
    struct fixture fixture;
    meower_subscription *subscription;
    meower_command_result result;
    meower_page *page;
    const meower_event *event;

    (void)state;
    fixture_begin(&fixture, OPTIONS(STEPPED, "search", "index:"));
    subscription = subscription_open(fixture.feed, NULL);
    result = post_labelled(fixture.command, "one");
    assert_page_labelled(list_newest(fixture.query, 1), 0);
    assert_page_labelled(search(fixture.query, "one"), 0);
    assert_int_equal(meower_query_get(fixture.query, result.id, NULL, PATIENCE_MS, &page, NULL), MEOWER_OK);
    assert_page_labelled(page, 0);
    event = take_event(subscription);
    assert_labelled(event->meow);
    assert_non_null(strstr(event->json, JSON ",\"cursor\":"));
    erase(fixture.command, result.id);
    event = take_event(subscription);
    assert_int_equal(event->kind, MEOWER_EVENT_DELETED);
    assert_int_equal(event->meow->label_count, 0);
    assert_null(strstr(event->json, "labels"));
    meower_subscription_close(subscription);
    fixture_end(&fixture);
}

static void a_meow_without_labels_is_as_it_was(void **state)
{
    struct fixture fixture;
    meower_page *page;
    char *json;

    (void)state;
    fixture_begin(&fixture, OPTIONS(STEPPED));
    post(fixture.command, "one");
    page = list_newest(fixture.query, 1);
    assert_int_equal(meower_page_meow(page, 0)->label_count, 0);
    assert_null(meower_page_meow(page, 0)->labels);
    json = page_json(page);
    assert_null(strstr(json, "labels"));
    free(json);
    meower_page_free(page);
    fixture_end(&fixture);
}

static void pages_from_the_store_have_labels(void **state)
{
    struct fixture fixture;

    (void)state;
    fixture_begin(&fixture, OPTIONS(STEPPED, "timeline_max", "1"));
    post_labelled(fixture.command, "one");
    post(fixture.command, "two");
    post(fixture.command, "three");
    assert_page_labelled(list_newest(fixture.query, 3), 2);
    fixture_end(&fixture);
}

static void many_posts_have_labels_of_their_own(void **state)
{
    struct fixture fixture;
    meower_page *page;
    meower_post posts[] = {labelled("one", NULL), labelled("two", NULL), labelled("three", NULL)};

    (void)state;
    posts[1].label_count = 0;
    posts[2].label_count = 1;
    fixture_begin(&fixture, OPTIONS(STEPPED));
    assert_int_equal(meower_command_submit_posts(fixture.command, posts, 3, NULL), MEOWER_OK);
    feed_run(fixture.feed);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(take_result(fixture.command).status, MEOWER_OK);
    }
    page = list_newest(fixture.query, 3);
    assert_int_equal(meower_page_meow(page, 0)->label_count, 1);
    assert_string_equal(meower_page_meow(page, 0)->labels[0].value, "naps");
    assert_int_equal(meower_page_meow(page, 1)->label_count, 0);
    assert_labelled(meower_page_meow(page, 2));
    meower_page_free(page);
    fixture_end(&fixture);
}

static void another_instance_sees_the_labels(void **state)
{
    struct pair pair;
    meower_subscription *subscription;

    (void)state;
    pair_begin(&pair, OPTIONS(STEPPED));
    subscription = subscription_open(pair.two.feed, NULL);
    post_labelled(pair.one.command, "one");
    run_both(&pair);
    assert_labelled(take_event(subscription)->meow);
    assert_page_labelled(list_newest(pair.two.query, 1), 0);
    meower_subscription_close(subscription);
    pair_end(&pair);
}

static void who_starts_later_reads_the_labels_from_the_store(void **state)
{
    struct fixture fixture;
    meower_subscription *subscription;
    char directory[] = "/tmp/meower-labels-XXXXXX";
    char url[80];

    (void)state;
    assert_non_null(mkdtemp(directory));
    snprintf(url, sizeof(url), "sqlite:%s/feed.db", directory);
    fixture_begin(&fixture, OPTIONS(STEPPED, "store", url));
    post_labelled(fixture.command, "one");
    fixture_close(&fixture);
    fixture_open(&fixture, OPTIONS(STEPPED, "store", url));
    assert_page_labelled(list_newest(fixture.query, 1), 0);
    subscription = subscription_open(fixture.feed, MEOWER_CURSOR_START);
    assert_labelled(take_event(subscription)->meow);
    meower_subscription_close(subscription);
    fixture_end(&fixture);
    remove_tree(directory);
}

static void labels_are_there_when_the_outcome_was_unknown(void **state)
{
    struct fixture fixture;
    const meower_post post = labelled("one", NULL);

    (void)state;
    fixture_begin(&fixture, OPTIONS(STEPPED));
    faults_add(&fixture.faults, (struct fault){.port = "store",
                                               .call = "append",
                                               .count = 1,
                                               .status = MEOWER_ERROR_OUTCOME_UNKNOWN,
                                               .is_performed = true});
    assert_int_equal(meower_command_submit_one(fixture.command, &post, NULL), MEOWER_OK);
    assert_int_equal(run_until_answered(&fixture).status, MEOWER_OK);
    assert_page_labelled(list_newest(fixture.query, 1), 0);
    fixture_end(&fixture);
}

/* ---- lists of what carries some labels ------------------------------------------------------------------------- */

/* Posts "m1" to "m9"; those whose numbers are even are in the garden, and those that three divides are by tom. */
static void post_nine(struct fixture *fixture)
{
    for (int i = 1; i <= 9; i++) {
        char body[16];
        meower_label labels[2];
        meower_post post = MEOWER_POST_INIT;
        snprintf(body, sizeof(body), "m%d", i);
        post.body = body;
        post.body_len = strlen(body);
        post.labels = labels;
        if (i % 2 == 0) {
            labels[post.label_count++] = (meower_label)MEOWER_LABEL("room", "garden");
        }
        if (i % 3 == 0) {
            labels[post.label_count++] = (meower_label)MEOWER_LABEL("author", "tom");
        }
        assert_int_equal(meower_command_post_one(fixture->command, &post, PATIENCE_MS, NULL, NULL), MEOWER_OK);
    }
}

/* The page has the meows with these numbers, such as "8642". */
static void assert_numbers(const meower_page *page, const char *numbers)
{
    assert_int_equal(meower_page_count(page), strlen(numbers));
    for (size_t i = 0; numbers[i] != '\0'; i++) {
        assert_int_equal(meower_page_meow(page, i)->body[1], numbers[i]);
    }
}

/* Lists what `filter` says and compares it. */
static void assert_list(struct fixture *fixture, const meower_list *filter, const char *numbers, int has_newer,
                        int has_older)
{
    meower_page *page = list(fixture->query, filter);

    assert_numbers(page, numbers);
    assert_int_equal(meower_page_has_newer(page), has_newer);
    assert_int_equal(meower_page_has_older(page), has_older);
    meower_page_free(page);
}

static void a_list_has_only_what_carries_the_labels(void **state)
{
    static const meower_label terms[] = {MEOWER_LABEL("room", "garden"), MEOWER_LABEL("author", "tom"),
                                         MEOWER_LABEL("author", "tim")};
    struct fixture fixture;
    meower_list all = MEOWER_LIST_INIT;
    meower_list filter = MEOWER_LIST_INIT;
    char ids[10][MEOWER_ID_SIZE];
    meower_page *page;

    (void)state;
    fixture_begin(&fixture, OPTIONS(STEPPED));
    post_nine(&fixture);
    page = list(fixture.query, &all);
    for (int i = 1; i <= 9; i++) {
        memcpy(ids[i], meower_page_meow(page, (size_t)(9 - i))->id, MEOWER_ID_SIZE);
    }
    meower_page_free(page);
    filter.labels = terms;
    filter.label_count = 1;
    assert_list(&fixture, &filter, "8642", 0, 0);
    filter.label_count = 3;
    assert_list(&fixture, &filter, "6", 0, 0);
    filter.label_count = 1;
    filter.take = 2;
    assert_list(&fixture, &filter, "86", 0, 1);
    filter.skip = 1;
    assert_list(&fixture, &filter, "64", 1, 1);
    filter.skip = 3;
    assert_list(&fixture, &filter, "2", 1, 0);
    filter.skip = 0;
    filter.max_id = ids[8];
    assert_list(&fixture, &filter, "64", 1, 1);
    filter.max_id = ids[9];
    assert_list(&fixture, &filter, "86", 0, 1); /* m9, which is newer, is not in the garden */
    filter.max_id = NULL;
    filter.min_id = ids[1];
    assert_list(&fixture, &filter, "42", 1, 0); /* m1, which is older, is not */
    filter.min_id = ids[2];
    assert_list(&fixture, &filter, "64", 1, 1);
    filter.min_id = NULL;
    filter.since_id = ids[6];
    assert_list(&fixture, &filter, "8", 0, 1);
    fixture_end(&fixture);
}

static void a_list_of_a_label_is_fresh_on_another_instance(void **state)
{
    const meower_label term = MEOWER_LABEL("tag", "cats");
    struct pair pair;
    meower_list filter = MEOWER_LIST_INIT;
    meower_page *page;

    (void)state;
    pair_begin(&pair, OPTIONS(STEPPED));
    post_labelled(pair.one.command, "one");
    post(pair.one.command, "two");
    filter.labels = &term;
    filter.label_count = 1;
    page = list(pair.two.query, &filter);
    assert_int_equal(meower_page_count(page), 1);
    assert_page_labelled(page, 0);
    pair_end(&pair);
}

static void a_wrong_filter_is_refused_by_name(void **state)
{
    const meower_label wrong = MEOWER_LABEL("Room", "garden");
    meower_label many[MEOWER_LABELS_MAX + 1];
    struct fixture fixture;
    meower_list filter = MEOWER_LIST_INIT;
    meower_page *page = NULL;
    meower_error error = {0};

    (void)state;
    for (size_t i = 0; i < MEOWER_LABELS_MAX + 1; i++) {
        many[i] = (meower_label)MEOWER_LABEL("room", "garden");
    }
    fixture_begin(&fixture, OPTIONS(STEPPED));
    filter.labels = &wrong;
    filter.label_count = 1;
    assert_int_equal(meower_query_list(fixture.query, &filter, PATIENCE_MS, &page, &error), MEOWER_ERROR_INVALID);
    assert_non_null(strstr(error.message, "\"Room=garden\""));
    filter.labels = many;
    filter.label_count = MEOWER_LABELS_MAX;
    assert_int_equal(meower_query_list(fixture.query, &filter, PATIENCE_MS, &page, &error), MEOWER_OK);
    meower_page_free(page);
    filter.label_count++;
    assert_int_equal(meower_query_submit_list(fixture.query, &filter, NULL, &error), MEOWER_ERROR_INVALID);
    assert_string_equal(error.message, "there are 17 labels; a filter may have 16 at most");
    fixture_end(&fixture);
}

static void the_texts_of_a_filter_are_copied(void **state)
{
    char value[] = "garden";
    meower_label term = {"room", 4, value, 6};
    struct fixture fixture;
    meower_list filter = MEOWER_LIST_INIT;
    meower_page *page = NULL;

    (void)state;
    fixture_begin(&fixture, OPTIONS(STEPPED));
    post_nine(&fixture);
    filter.labels = &term;
    filter.label_count = 1;
    assert_int_equal(meower_query_submit_list(fixture.query, &filter, NULL, NULL), MEOWER_OK);
    memset(value, 'x', 6);
    memset(&term, 'x', sizeof(term));
    feed_run(fixture.feed);
    assert_int_equal(meower_query_next(fixture.query, &page, NULL), 1);
    assert_numbers(page, "8642");
    meower_page_free(page);
    fixture_end(&fixture);
}

/* ---- idempotency keys ------------------------------------------------------------------------------------------- */

static int post_one(struct fixture *fixture, const meower_post *post, meower_command_result *result)
{
    *result = (meower_command_result)MEOWER_COMMAND_RESULT_INIT;
    return meower_command_post_one(fixture->command, post, PATIENCE_MS, result, NULL);
}

static void a_key_stands_for_the_labels_too(void **state)
{
    struct fixture fixture;
    meower_command_result result;
    meower_post post = labelled("one", "key");

    (void)state;
    fixture_begin(&fixture, OPTIONS(STEPPED));
    assert_int_equal(post_one(&fixture, &post, &result), MEOWER_OK);
    assert_int_equal(result.replayed, 0);
    assert_int_equal(post_one(&fixture, &post, &result), MEOWER_OK);
    assert_int_equal(result.replayed, 1);
    post.labels = in_order;
    assert_int_equal(post_one(&fixture, &post, &result), MEOWER_OK);
    assert_int_equal(result.replayed, 1);
    post.label_count = 2;
    assert_int_equal(post_one(&fixture, &post, &result), MEOWER_ERROR_CONFLICT);
    post.label_count = 0;
    assert_int_equal(post_one(&fixture, &post, &result), MEOWER_ERROR_CONFLICT);
    assert_feed_has(&fixture, 1);
    fixture_end(&fixture);
}

/* The number stands in stores: a key that an earlier version has stored is the same one. */
static void without_labels_the_fingerprint_is_that_of_the_body(void **state)
{
    struct fixture fixture;
    char directory[] = "/tmp/meower-labels-XXXXXX";
    char url[80];
    sqlite3 *db;
    sqlite3_stmt *statement;

    (void)state;
    assert_non_null(mkdtemp(directory));
    snprintf(url, sizeof(url), "sqlite:%s/feed.db", directory);
    fixture_begin(&fixture, OPTIONS(STEPPED, "store", url));
    post_with_key(fixture.command, "one", "key");
    fixture_end(&fixture);
    assert_int_equal(sqlite3_open(url + strlen("sqlite:"), &db), SQLITE_OK);
    assert_int_equal(sqlite3_prepare_v2(db, "SELECT fingerprint FROM meower_keys", -1, &statement, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_step(statement), SQLITE_ROW);
    assert_true((uint64_t)sqlite3_column_int64(statement, 0) == hash_bytes("one", 3));
    sqlite3_finalize(statement);
    sqlite3_close(db);
    remove_tree(directory);
}

/* ---- what is refused -------------------------------------------------------------------------------------------- */

static void wrong_labels_are_refused_by_name_and_nothing_is_stored(void **state)
{
    static const meower_label wrong[] = {MEOWER_LABEL("room", "garden"), MEOWER_LABEL("Room", "garden")};
    struct fixture fixture;
    meower_command_result result;
    meower_error error = {0};
    meower_post posts[] = {labelled("one", NULL), labelled("two", NULL)};

    (void)state;
    fixture_begin(&fixture, OPTIONS(STEPPED));
    posts[1].labels = wrong;
    posts[1].label_count = 2;
    assert_int_equal(meower_command_submit_posts(fixture.command, posts, 2, &error), MEOWER_ERROR_INVALID);
    assert_non_null(strstr(error.message, "posts[1]: the key of the label \"Room=garden\" is malformed"));
    assert_int_equal(post_one(&fixture, &posts[1], &result), MEOWER_ERROR_INVALID);
    posts[1].labels = NULL;
    assert_int_equal(post_one(&fixture, &posts[1], &result), MEOWER_ERROR_INVALID);
    assert_int_equal(meower_command_post_one(fixture.command, NULL, 0, NULL, NULL), MEOWER_ERROR_INVALID);
    assert_int_equal(meower_command_submit_one(fixture.command, NULL, NULL), MEOWER_ERROR_INVALID);
    assert_int_equal(meower_command_submit_one(fixture.command, &posts[1], NULL), MEOWER_ERROR_INVALID);
    feed_run(fixture.feed);
    assert_feed_has(&fixture, 0);
    fixture_end(&fixture);
}

static void a_post_of_a_program_that_knows_no_labels_has_none(void **state)
{
    struct {
        size_t struct_size;
        const char *body;
        size_t body_len;
        const char *idempotency_key;
        void *tag;
    } posts[] = {{sizeof(posts[0]), "one", 3, NULL, NULL}, {sizeof(posts[0]), "two", 3, NULL, NULL}};
    struct fixture fixture;

    (void)state;
    fixture_begin(&fixture, OPTIONS(STEPPED));
    assert_int_equal(meower_command_submit_posts(fixture.command, (const meower_post *)(const void *)posts, 2, NULL),
                     MEOWER_OK);
    feed_run(fixture.feed);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(take_result(fixture.command).status, MEOWER_OK);
    }
    assert_feed_has(&fixture, 2);
    fixture_end(&fixture);
}

static void the_callers_labels_are_copied(void **state)
{
    struct fixture fixture;
    char value[] = "garden";
    meower_label label = {"room", 4, value, 6};
    meower_post post = labelled("one", NULL);
    meower_page *page;

    (void)state;
    post.labels = &label;
    post.label_count = 1;
    fixture_begin(&fixture, OPTIONS(STEPPED));
    assert_int_equal(meower_command_submit_posts(fixture.command, &post, 1, NULL), MEOWER_OK);
    memset(value, 'x', 6);
    memset(&label, 'x', sizeof(label));
    feed_run(fixture.feed);
    assert_int_equal(take_result(fixture.command).status, MEOWER_OK);
    page = list_newest(fixture.query, 1);
    assert_string_equal(meower_page_meow(page, 0)->labels[0].value, "garden");
    meower_page_free(page);
    fixture_end(&fixture);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_meow_has_its_labels_in_lists_and_events),
        cmocka_unit_test(a_meow_without_labels_is_as_it_was),
        cmocka_unit_test(pages_from_the_store_have_labels),
        cmocka_unit_test(many_posts_have_labels_of_their_own),
        cmocka_unit_test(another_instance_sees_the_labels),
        cmocka_unit_test(who_starts_later_reads_the_labels_from_the_store),
        cmocka_unit_test(labels_are_there_when_the_outcome_was_unknown),
        cmocka_unit_test(a_list_has_only_what_carries_the_labels),
        cmocka_unit_test(a_list_of_a_label_is_fresh_on_another_instance),
        cmocka_unit_test(a_wrong_filter_is_refused_by_name),
        cmocka_unit_test(the_texts_of_a_filter_are_copied),
        cmocka_unit_test(a_key_stands_for_the_labels_too),
        cmocka_unit_test(without_labels_the_fingerprint_is_that_of_the_body),
        cmocka_unit_test(wrong_labels_are_refused_by_name_and_nothing_is_stored),
        cmocka_unit_test(a_post_of_a_program_that_knows_no_labels_has_none),
        cmocka_unit_test(the_callers_labels_are_copied),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
