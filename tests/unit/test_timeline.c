/* test_timeline.c - the newest meows in memory against a naive model: all meows in one sorted array. A window that is
 * given must be exactly the feed's; one that is refused must reach beyond what is here. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "feed/timeline.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FEED_MAX 2000
#define TAKE_MAX 64

/* The whole feed: numbers of the meows, ascending; an id is its number in 27 digits. */
struct model {
    unsigned numbers[FEED_MAX];
    size_t count;
};

static void write_id(unsigned number, char id[MEOWER_ID_SIZE])
{
    snprintf(id, MEOWER_ID_SIZE, "%027u", number);
}

static struct meow *make_event(int kind, unsigned number)
{
    char id[MEOWER_ID_SIZE];
    meower_row row = {.kind = kind, .id = id};
    struct meow *event;

    write_id(number, id);
    if (kind == MEOWER_EVENT_CREATED) {
        row.body = "body";
        row.body_len = 4;
    }
    event = meow_new(&row);
    assert_non_null(event);
    return event;
}

static size_t model_lower_bound(const struct model *model, unsigned number)
{
    size_t index = 0;

    while (index < model->count && model->numbers[index] < number) {
        index++;
    }
    return index;
}

static bool model_has(const struct model *model, unsigned number)
{
    size_t index = model_lower_bound(model, number);

    return index < model->count && model->numbers[index] == number;
}

static void apply(struct timeline *timeline, int kind, unsigned number)
{
    struct meow *event = make_event(kind, number);

    timeline_apply(timeline, &event, 1, timeline_position(timeline) + 1);
    meow_release(event);
}

static void create(struct timeline *timeline, struct model *model, unsigned number)
{
    size_t index = model_lower_bound(model, number);

    assert_true(model->count < FEED_MAX);
    memmove(&model->numbers[index + 1], &model->numbers[index], (model->count - index) * sizeof(unsigned));
    model->numbers[index] = number;
    model->count++;
    apply(timeline, MEOWER_EVENT_CREATED, number);
}

static void erase(struct timeline *timeline, struct model *model, unsigned number)
{
    size_t index = model_lower_bound(model, number);

    if (model_has(model, number)) {
        memmove(&model->numbers[index], &model->numbers[index + 1], (model->count - index - 1) * sizeof(unsigned));
        model->count--;
    }
    apply(timeline, MEOWER_EVENT_DELETED, number);
}

/* A range as numbers; 0: no bound. */
struct wanted {
    unsigned below;
    unsigned above;
    bool ascending;
    unsigned skip;
    unsigned take;
};

/* Which meows [first, end) of the feed a range asks for. */
static void model_window(const struct model *model, const struct wanted *wanted, size_t *first, size_t *end)
{
    size_t low = wanted->above == 0 ? 0 : model_lower_bound(model, wanted->above + 1);
    size_t high = wanted->below == 0 ? model->count : model_lower_bound(model, wanted->below);

    if (high < low) {
        high = low;
    }
    if (wanted->ascending) {
        *first = low;
        *end = high - low > wanted->take ? low + wanted->take : high;
        return;
    }
    *end = high - low > wanted->skip ? high - wanted->skip : low;
    *first = *end - low > wanted->take ? *end - wanted->take : low;
}

static bool read_window(struct timeline *timeline, const struct wanted *wanted, struct timeline_window *window)
{
    char below[MEOWER_ID_SIZE];
    char above[MEOWER_ID_SIZE];
    meower_range range = {.ascending = wanted->ascending, .skip = wanted->skip, .take = wanted->take};

    write_id(wanted->below, below);
    write_id(wanted->above, above);
    range.below = wanted->below != 0 ? below : NULL;
    range.above = wanted->above != 0 ? above : NULL;
    return timeline_read(timeline, &range, window);
}

/* Reads the range and compares. Returns whether the timeline had it. */
static bool check_window(struct timeline *timeline, const struct model *model, const struct wanted *wanted)
{
    struct meow *items[TAKE_MAX];
    struct timeline_window window = {.items = items, .count = 1}; /* as after another one */
    char id[MEOWER_ID_SIZE];
    size_t first;
    size_t end;

    if (!read_window(timeline, wanted, &window)) {
        return false;
    }
    model_window(model, wanted, &first, &end);
    assert_int_equal(window.count, end - first);
    for (size_t i = 0; i < window.count; i++) {
        write_id(model->numbers[end - 1 - i], id);
        assert_string_equal(items[i]->view.id, id);
        meow_release(items[i]);
    }
    assert_int_equal(window.has_older, first > 0);
    assert_int_equal(window.has_newer, end < model->count);
    assert_int_equal(window.position, timeline_position(timeline));
    return true;
}

static struct wanted draw_range(unsigned number_max)
{
    struct wanted wanted = {.take = (unsigned)rand() % TAKE_MAX};
    unsigned number = 1 + (unsigned)rand() % (number_max + 2);

    if (rand() % 2 == 0) {
        wanted.take %= 6;
    }
    switch (rand() % 5) {
    case 0:
        wanted.below = number;
        break;
    case 1:
        wanted.above = number;
        break;
    case 2:
        wanted.above = number;
        wanted.ascending = true;
        break;
    case 3:
        wanted.skip = (unsigned)rand() % 30;
        break;
    default:
        break;
    }
    return wanted;
}

/* Everything that the timeline says of one meow. */
static void check_get(struct timeline *timeline, const struct model *model, unsigned number)
{
    char id[MEOWER_ID_SIZE];
    struct meow *meow;

    write_id(number, id);
    meow = timeline_get(timeline, id);
    if (meow != NULL) {
        assert_true(model_has(model, number));
        assert_string_equal(meow->view.id, id);
    }
    meow_release(meow);
}

/* One change, as the feed brings them: mostly a newest meow, now and then one of another process that is a little
 * older, or one that is older than all, a deletion, a repetition. */
static void change(struct timeline *timeline, struct model *model, unsigned *number)
{
    unsigned chance = (unsigned)rand() % 100;
    unsigned older = *number > 40 ? *number - (unsigned)rand() % 40 : 1;

    if (chance < 55) {
        *number += 1 + (unsigned)rand() % 3;
        create(timeline, model, *number);
    } else if (chance < 65) {
        if (!model_has(model, older)) {
            create(timeline, model, older);
        }
    } else if (chance < 67) {
        if (!model_has(model, 2)) {
            create(timeline, model, 2);
        }
    } else if (chance < 75 && model_has(model, older)) {
        apply(timeline, MEOWER_EVENT_CREATED, older);
    } else if (chance < 90) {
        erase(timeline, model, older);
    } else if (model->count > 0) {
        erase(timeline, model, model->numbers[model->count - 1 - (size_t)rand() % (model->count < 5 ? 1 : 5)]);
    }
}

static void run_random_feed(size_t max, unsigned seed)
{
    static struct model model;
    struct timeline timeline;
    unsigned number = 50;

    srand(seed);
    model.count = 0;
    assert_int_equal(timeline_init(&timeline, max), MEOWER_OK);
    timeline_loaded(&timeline, true, 0);
    for (int round = 0; round < 1500; round++) {
        change(&timeline, &model, &number);
        for (int i = 0; i < 10; i++) {
            struct wanted wanted = draw_range(number);
            (void)check_window(&timeline, &model, &wanted);
            check_get(&timeline, &model, 1 + (unsigned)rand() % number);
        }
        assert_true(timeline.count <= max);
    }
    timeline_destroy(&timeline);
}

static void a_window_is_exactly_the_feeds_with_room_for_none(void **state)
{
    (void)state;
    run_random_feed(0, 1);
}

static void a_window_is_exactly_the_feeds_with_room_for_one(void **state)
{
    (void)state;
    run_random_feed(1, 2);
}

static void a_window_is_exactly_the_feeds_with_room_for_ten(void **state)
{
    (void)state;
    for (unsigned seed = 3; seed < 8; seed++) {
        run_random_feed(10, seed);
    }
}

static void a_window_is_exactly_the_feeds_with_room_for_all(void **state)
{
    (void)state;
    run_random_feed(FEED_MAX, 9);
}

/* ---- what must be answered -------------------------------------------------------------------------------------- */

/* A timeline and its model after `count` posts, numbers 10, 20, 30, ... */
static void fill(struct timeline *timeline, struct model *model, size_t max, unsigned count)
{
    model->count = 0;
    assert_int_equal(timeline_init(timeline, max), MEOWER_OK);
    timeline_loaded(timeline, true, 0);
    for (unsigned i = 1; i <= count; i++) {
        create(timeline, model, 10 * i);
    }
}

static void the_newest_are_here_whatever_the_length_of_the_feed(void **state)
{
    static struct model model;
    struct timeline timeline;
    const struct wanted newest = {.take = 9};
    const struct wanted too_many = {.take = 10};

    (void)state;
    fill(&timeline, &model, 10, 100);
    assert_true(check_window(&timeline, &model, &newest));
    assert_false(check_window(&timeline, &model, &too_many)); /* whether there is an 11th is not known here */
    timeline_destroy(&timeline);
}

static void a_feed_that_fits_is_answered_wholly(void **state)
{
    static struct model model;
    struct timeline timeline;
    const struct wanted all = {.take = 64};
    const struct wanted below_all = {.below = 5, .take = 10};
    const struct wanted past_the_end = {.skip = 20, .take = 10};
    const struct wanted above_none = {.above = 5, .ascending = true, .take = 3};

    (void)state;
    fill(&timeline, &model, 10, 10);
    assert_true(check_window(&timeline, &model, &all));
    assert_true(check_window(&timeline, &model, &below_all));
    assert_true(check_window(&timeline, &model, &past_the_end));
    assert_true(check_window(&timeline, &model, &above_none));
    timeline_destroy(&timeline);
}

static void bounds_inside_are_answered_and_bounds_below_are_not(void **state)
{
    static struct model model;
    struct timeline timeline;
    const struct wanted since_inside = {.above = 930, .take = 20};
    const struct wanted min_inside = {.above = 910, .ascending = true, .take = 3};
    const struct wanted max_inside = {.below = 950, .take = 3};
    const struct wanted since_below = {.above = 900, .take = 20};
    const struct wanted min_below = {.above = 905, .ascending = true, .take = 3};
    const struct wanted max_below = {.below = 910, .take = 3};

    (void)state;
    fill(&timeline, &model, 10, 100); /* 910 to 1000 are here */
    assert_true(check_window(&timeline, &model, &since_inside));
    assert_true(check_window(&timeline, &model, &min_inside));
    assert_true(check_window(&timeline, &model, &max_inside));
    assert_false(check_window(&timeline, &model, &since_below));
    assert_false(check_window(&timeline, &model, &min_below));
    assert_false(check_window(&timeline, &model, &max_below));
    timeline_destroy(&timeline);
}

static void it_fills_up_again_after_all_that_was_here_is_deleted(void **state)
{
    static struct model model;
    struct timeline timeline;
    const struct wanted newest = {.take = 2};

    (void)state;
    fill(&timeline, &model, 3, 10);
    for (unsigned number = 80; number <= 100; number += 10) {
        erase(&timeline, &model, number);
    }
    for (unsigned number = 110; number <= 130; number += 10) {
        create(&timeline, &model, number);
    }
    assert_true(check_window(&timeline, &model, &newest));
    timeline_destroy(&timeline);
}

static void an_empty_one_takes_no_meow_that_others_may_be_newer_than(void **state)
{
    static struct model model;
    struct timeline timeline;
    const struct wanted newest = {.take = 1};

    (void)state;
    fill(&timeline, &model, 3, 10);
    for (unsigned number = 80; number <= 100; number += 10) {
        erase(&timeline, &model, number);
    }
    create(&timeline, &model, 55); /* of another process; 60 and 70 are newer and not here */
    assert_false(check_window(&timeline, &model, &newest));
    timeline_destroy(&timeline);
}

static void events_without_a_body_and_holes_change_nothing(void **state)
{
    static struct model model;
    struct timeline timeline;
    const struct wanted all = {.take = 20};
    char id[MEOWER_ID_SIZE];
    meower_row gone = {.kind = MEOWER_EVENT_CREATED, .id = id};
    struct meow *events[2] = {NULL, NULL};

    (void)state;
    fill(&timeline, &model, 10, 5);
    write_id(60, id);
    events[1] = meow_new(&gone);
    assert_non_null(events[1]);
    timeline_apply(&timeline, events, 2, 7);
    meow_release(events[1]);
    assert_int_equal(timeline_position(&timeline), 7);
    assert_true(check_window(&timeline, &model, &all));
    timeline_destroy(&timeline);
}

/* ---- loading ---------------------------------------------------------------------------------------------------- */

/* Loads the newest of a feed of `count` meows as engine.c does: one more than fits, newest first. */
static void load(struct timeline *timeline, struct model *model, size_t max, unsigned count)
{
    size_t loaded = 0;

    model->count = 0;
    for (unsigned i = 1; i <= count; i++) {
        model->numbers[model->count++] = 10 * i;
    }
    assert_int_equal(timeline_init(timeline, max), MEOWER_OK);
    while (loaded < count && loaded <= max) {
        loaded++;
        timeline_load(timeline, make_event(MEOWER_EVENT_CREATED, 10 * (count - (unsigned)loaded + 1)));
    }
    timeline_loaded(timeline, loaded <= max, 77);
}

static void what_is_loaded_is_answered(void **state)
{
    static struct model model;
    struct timeline timeline;
    const struct wanted all = {.take = 20};
    const struct wanted newest = {.take = 4};

    (void)state;
    for (unsigned count = 0; count <= 5; count++) {
        load(&timeline, &model, 5, count);
        assert_int_equal(timeline_position(&timeline), 77);
        assert_true(check_window(&timeline, &model, &all));
        timeline_destroy(&timeline);
    }
    load(&timeline, &model, 5, 6);
    assert_false(check_window(&timeline, &model, &all));
    assert_true(check_window(&timeline, &model, &newest));
    timeline_destroy(&timeline);
}

static void what_is_loaded_moves_on_with_the_feed(void **state)
{
    static struct model model;
    struct timeline timeline;
    const struct wanted newest = {.take = 4};

    (void)state;
    for (unsigned count = 0; count <= 7; count++) {
        load(&timeline, &model, 5, count);
        for (unsigned number = 10 * count + 10; number < 10 * count + 300; number += 10) {
            create(&timeline, &model, number);
            assert_true(check_window(&timeline, &model, &newest));
        }
        timeline_destroy(&timeline);
    }
}

static void an_emptied_one_knows_the_newest_that_was_loaded(void **state)
{
    static struct model model;
    struct timeline timeline;
    const struct wanted newest = {.take = 1};

    (void)state;
    load(&timeline, &model, 1, 3);
    erase(&timeline, &model, 30);
    create(&timeline, &model, 15);
    assert_false(check_window(&timeline, &model, &newest));
    create(&timeline, &model, 40);
    create(&timeline, &model, 50);
    assert_true(timeline.count == 1);
    timeline_destroy(&timeline);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_window_is_exactly_the_feeds_with_room_for_none),
        cmocka_unit_test(a_window_is_exactly_the_feeds_with_room_for_one),
        cmocka_unit_test(a_window_is_exactly_the_feeds_with_room_for_ten),
        cmocka_unit_test(a_window_is_exactly_the_feeds_with_room_for_all),
        cmocka_unit_test(the_newest_are_here_whatever_the_length_of_the_feed),
        cmocka_unit_test(a_feed_that_fits_is_answered_wholly),
        cmocka_unit_test(bounds_inside_are_answered_and_bounds_below_are_not),
        cmocka_unit_test(it_fills_up_again_after_all_that_was_here_is_deleted),
        cmocka_unit_test(an_empty_one_takes_no_meow_that_others_may_be_newer_than),
        cmocka_unit_test(events_without_a_body_and_holes_change_nothing),
        cmocka_unit_test(what_is_loaded_is_answered),
        cmocka_unit_test(what_is_loaded_moves_on_with_the_feed),
        cmocka_unit_test(an_emptied_one_knows_the_newest_that_was_loaded),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
