/* test_lists.c - lists against a naive model of the feed, with a timeline that is smaller than the feed, so that memory
 * and store both answer. */
#include "flow/support.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FEED_MAX 64

#define ID_BELOW_ALL "000000000000000000000000000"
#define ID_ABOVE_ALL "aWgEPTl1tmebfsQzFP4bxwgy80V"

/* ---- a naive model ---------------------------------------------------------------------------------------------- */

/* Every meow ever posted, oldest first. */
struct model {
    struct {
        char id[MEOWER_ID_SIZE];
        char body[64];
        int64_t created_at_us;
        bool is_deleted;
    } meows[FEED_MAX];
    size_t count;
};

static void model_post(struct model *model, struct fixture *fixture, const char *body)
{
    meower_command_result result = post(fixture->command, body);

    memcpy(model->meows[model->count].id, result.id, MEOWER_ID_SIZE);
    snprintf(model->meows[model->count].body, sizeof(model->meows[0].body), "%s", body);
    model->meows[model->count].created_at_us = result.created_at_us;
    model->meows[model->count].is_deleted = false;
    model->count++;
}

static void model_erase(struct model *model, struct fixture *fixture, size_t index)
{
    if (!model->meows[index].is_deleted) {
        erase(fixture->command, model->meows[index].id);
        model->meows[index].is_deleted = true;
    }
}

/* A feed of FEED_MAX posts with deletions at both ends and in between. */
static void fill(struct model *model, struct fixture *fixture)
{
    char body[64];

    model->count = 0;
    for (int i = 0; i < FEED_MAX; i++) {
        snprintf(body, sizeof(body), "meow \t%d \xf0\x9f\x90\xb1", i);
        model_post(model, fixture, body);
        fake_clock_advance_ms(&fixture->clock, 300);
    }
    for (size_t i = 0; i < FEED_MAX; i += 5) {
        model_erase(model, fixture, i);
    }
    model_erase(model, fixture, FEED_MAX - 1);
    model_erase(model, fixture, FEED_MAX - 2);
}

/* What is expected of a page, newest first. */
struct expected {
    size_t indices[FEED_MAX];
    size_t count;
    bool has_older;
    bool has_newer;
};

static bool is_wanted(const struct model *model, const meower_list *what, size_t index)
{
    const char *id = model->meows[index].id;
    const char *above = what->min_id != NULL ? what->min_id : what->since_id;

    return (what->max_id == NULL || strcmp(id, what->max_id) < 0) && (above == NULL || strcmp(id, above) > 0);
}

static void expect(const struct model *model, const meower_list *what, struct expected *out)
{
    size_t wanted[FEED_MAX];
    size_t wanted_count = 0;
    size_t alive = 0;
    size_t older = 0; /* alive meows below the range */
    size_t first;

    for (size_t i = model->count; i-- > 0;) {
        if (model->meows[i].is_deleted) {
            continue;
        }
        alive++;
        if (is_wanted(model, what, i)) {
            wanted[wanted_count++] = i;
        } else if (what->max_id == NULL) {
            older++;
        }
    }
    first = what->skip < wanted_count ? (size_t)what->skip : wanted_count;
    out->count = wanted_count - first < what->take ? wanted_count - first : what->take;
    if (what->min_id != NULL) {
        first = wanted_count - out->count;
    }
    memcpy(out->indices, wanted + first, out->count * sizeof(wanted[0]));
    out->has_older = older + wanted_count - first - out->count > 0;
    out->has_newer = alive - older - (wanted_count - first) > 0;
}

static void assert_page(const struct model *model, const meower_list *what, const meower_page *page)
{
    struct expected expected;

    expect(model, what, &expected);
    assert_int_equal(meower_page_count(page), expected.count);
    for (size_t i = 0; i < expected.count; i++) {
        const meower_meow *meow = meower_page_meow(page, i);
        assert_string_equal(meow->id, model->meows[expected.indices[i]].id);
        assert_string_equal(meow->body, model->meows[expected.indices[i]].body);
        assert_int_equal(meow->created_at_us, model->meows[expected.indices[i]].created_at_us);
    }
    assert_null(meower_page_meow(page, expected.count));
    assert_int_equal(meower_page_has_older(page), expected.has_older);
    assert_int_equal(meower_page_has_newer(page), expected.has_newer);
}

static void check_list(const struct model *model, struct fixture *fixture, const meower_list *what)
{
    meower_page *page = list(fixture->query, what);

    assert_page(model, what, page);
    meower_page_free(page);
}

static const uint32_t takes[] = {0, 1, 2, 7, 9, 10, 11, 30, 1000};

#define TAKES_COUNT (sizeof(takes) / sizeof(takes[0]))

static void check_skips(const struct model *model, struct fixture *fixture)
{
    for (size_t i = 0; i < TAKES_COUNT; i++) {
        for (uint64_t skip = 0; skip < FEED_MAX + 3; skip++) {
            meower_list what = MEOWER_LIST_INIT;
            what.take = takes[i];
            what.skip = skip;
            check_list(model, fixture, &what);
        }
    }
}

/* The list with one bound at `id`, of each form. */
static void check_bounds_at(const struct model *model, struct fixture *fixture, const char *id)
{
    for (size_t i = 0; i < TAKES_COUNT; i++) {
        for (int form = 0; form < 3; form++) {
            meower_list what = MEOWER_LIST_INIT;
            what.take = takes[i];
            what.max_id = form == 0 ? id : NULL;
            what.since_id = form == 1 ? id : NULL;
            what.min_id = form == 2 ? id : NULL;
            check_list(model, fixture, &what);
        }
    }
}

static void check_bounds(const struct model *model, struct fixture *fixture)
{
    for (size_t i = 0; i < model->count; i++) {
        check_bounds_at(model, fixture, model->meows[i].id);
    }
    check_bounds_at(model, fixture, ID_BELOW_ALL);
    check_bounds_at(model, fixture, ID_ABOVE_ALL);
}

static void check_everything(const char *timeline_max, bool expects_store)
{
    static struct model model;
    struct fixture fixture;

    fixture_begin(&fixture, OPTIONS(STEPPED, "timeline_max", timeline_max));
    fill(&model, &fixture);
    check_skips(&model, &fixture);
    check_bounds(&model, &fixture);
    assert_int_equal(feed_metric(fixture.feed, "pages_from_store_total") > 0, expects_store);
    fixture_end(&fixture);
}

static void lists_are_exact_out_of_memory_and_store(void **state)
{
    (void)state;
    check_everything("10", true);
}

static void lists_are_exact_out_of_memory_alone(void **state)
{
    (void)state;
    check_everything("1000", false);
}

static void lists_are_exact_out_of_the_store_alone(void **state)
{
    (void)state;
    check_everything("0", true);
}

static void lists_are_exact_after_a_restart(void **state)
{
    static struct model model;
    struct fixture fixture;
    char path[] = "test_query.XXXXXX";
    char url[64];

    (void)state;
    fixture_init(&fixture);
    assert_non_null(mkdtemp(path));
    snprintf(url, sizeof(url), "sqlite:%s/feed.db", path);
    fixture_open(&fixture, OPTIONS(STEPPED, "timeline_max", "10", "store", url));
    fill(&model, &fixture);
    fixture_close(&fixture);
    fixture_open(&fixture, OPTIONS(STEPPED, "timeline_max", "10", "store", url));
    check_skips(&model, &fixture);
    check_bounds_at(&model, &fixture, model.meows[40].id);
    fixture_close(&fixture);
    fixture_destroy(&fixture);
    remove_tree(path);
}

static void an_empty_feed_is_an_empty_page_of_every_form(void **state)
{
    static struct model model;
    struct fixture fixture;

    (void)state;
    model.count = 0;
    for (int i = 0; i < 2; i++) {
        fixture_begin(&fixture, OPTIONS(STEPPED, "timeline_max", i == 0 ? "0" : "10"));
        check_skips(&model, &fixture);
        check_bounds_at(&model, &fixture, ID_BELOW_ALL);
        check_bounds_at(&model, &fixture, ID_ABOVE_ALL);
        fixture_end(&fixture);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lists_are_exact_out_of_memory_and_store),
        cmocka_unit_test(lists_are_exact_out_of_memory_alone),
        cmocka_unit_test(lists_are_exact_out_of_the_store_alone),
        cmocka_unit_test(lists_are_exact_after_a_restart),
        cmocka_unit_test(an_empty_feed_is_an_empty_page_of_every_form),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
