/* test_text_views.c - texts as languages other than C have them, a pointer and a length. After each text comes memory
 * that nobody may read, so that reading one byte too many crashes. */
#include "flow/support.h"
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define VIEWS_MAX 16

static struct {
    char *begin;
    size_t size;
} views[VIEWS_MAX];
static size_t view_count;

/* A copy without a NUL, right before a page that nobody may read. */
static const char *view(const char *text, size_t len)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    char *begin = mmap(NULL, 2 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    assert_true(begin != MAP_FAILED);
    assert_true(len <= page && view_count < VIEWS_MAX);
    assert_int_equal(mprotect(begin + page, page, PROT_NONE), 0);
    views[view_count].begin = begin;
    views[view_count++].size = 2 * page;
    return memcpy(begin + page - len, text, len);
}

static int forget_views(void **state)
{
    (void)state;
    while (view_count > 0) {
        view_count--;
        munmap(views[view_count].begin, views[view_count].size);
    }
    return 0;
}

static meower_label label_view(const char *key, const char *value)
{
    return (meower_label){view(key, strlen(key)), strlen(key), view(value, strlen(value)), strlen(value)};
}

static void post_views(struct fixture *fixture, const meower_label *labels, size_t count)
{
    meower_post post = MEOWER_POST_INIT;
    meower_error error = {0};

    post.body = view("cats <in> the sun", 17);
    post.body_len = 17;
    post.labels = labels;
    post.label_count = count;
    if (meower_command_post_one(fixture->command, &post, PATIENCE_MS, NULL, &error) != MEOWER_OK) {
        fail_msg("%s", error.message);
    }
}

static void texts_need_no_end(void **state)
{
    const meower_label labels[] = {label_view("room", "garden"), label_view("author", "tom")};
    meower_list list_of = MEOWER_LIST_INIT;
    meower_search search_for = MEOWER_SEARCH_INIT;
    meower_follow follow = MEOWER_FOLLOW_INIT;
    meower_subscription *subscription;
    const meower_event *event;
    meower_page *page;
    struct fixture fixture;

    (void)state;
    fixture_begin(&fixture, OPTIONS(STEPPED));
    follow.labels = labels;
    follow.label_count = 2;
    follow.text = view("sun cat", 7);
    follow.text_len = 7;
    assert_int_equal(meower_subscription_follow(fixture.feed, &follow, &subscription, NULL), MEOWER_OK);
    post_views(&fixture, labels, 2);
    feed_run(fixture.feed);
    assert_int_equal(meower_subscription_next(subscription, &event, NULL), 1);
    assert_string_equal(event->meow->body, "cats &lt;in&gt; the sun");
    meower_subscription_close(subscription);
    list_of.labels = labels;
    list_of.label_count = 2;
    page = list(fixture.query, &list_of);
    assert_int_equal(meower_page_count(page), 1);
    meower_page_free(page);
    search_for.text = view("sun", 3);
    search_for.text_len = 3;
    search_for.labels = labels;
    search_for.label_count = 2;
    assert_int_equal(meower_query_search(fixture.query, &search_for, PATIENCE_MS, &page, NULL), MEOWER_OK);
    assert_int_equal(meower_page_count(page), 1);
    meower_page_free(page);
    fixture_end(&fixture);
}

static void checks_need_no_end(void **state)
{
    const meower_label wrong[] = {label_view("Room", "garden")};
    meower_error error;

    (void)state;
    assert_int_equal(meower_id_check(view("000000000000000000000000001", 27), 27, &error), MEOWER_OK);
    assert_int_equal(meower_id_check(view("000", 3), 3, &error), MEOWER_ERROR_INVALID);
    assert_int_equal(meower_body_check(view("caf\xC3", 4), 4, &error), MEOWER_ERROR_INVALID);
    assert_int_equal(meower_labels_check(wrong, 1, &error), MEOWER_ERROR_INVALID);
    assert_non_null(strstr(error.message, "Room=garden"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(texts_need_no_end, forget_views),
        cmocka_unit_test_teardown(checks_need_no_end, forget_views),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
