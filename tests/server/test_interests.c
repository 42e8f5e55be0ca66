/* test_interests.c - the index of what filtered clients are about: an event finds each of those whom it concerns once,
 * and asks nobody whose label it has not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "server/live/interests.h"
#include <stdio.h>
#include <string.h>

static struct interests interests;
static uint64_t position;
static size_t asked; /* filters, by the last event */

static int begin(void **state)
{
    (void)state;
    interests_init(&interests);
    return 0;
}

static int end(void **state)
{
    (void)state;
    assert_true(list_is_empty(&interests.all));
    assert_int_equal(interests.term_count, 0);
    interests_free(&interests);
    return 0;
}

static void add(struct interest *interest, const meower_label *labels, size_t count, const char *text)
{
    meower_follow follow = MEOWER_FOLLOW_INIT;
    follow.labels = labels;
    follow.label_count = count;
    follow.text = text;
    follow.text_len = text == NULL ? 0 : strlen(text);
    *interest = (struct interest){.filter = NULL};
    assert_int_equal(meower_filter_new(&follow, &interest->filter, NULL), MEOWER_OK);
    assert_true(interests_add(&interests, interest));
}

static void drop(struct interest *interest)
{
    interests_remove(interest);
    interests_remove(interest);
    meower_filter_free(interest->filter);
}

/* The next event; labels in order. */
static size_t find(int kind, const meower_label *labels, size_t count, const char *body)
{
    const meower_meow meow = {.body = body, .body_len = strlen(body), .labels = labels, .label_count = count};
    const meower_event event = {.position = ++position, .kind = kind, .meow = &meow};
    size_t found = SIZE_MAX;
    assert_true(interests_find(&interests, &event, &found));
    asked = 0;
    for (struct list *node = interests.all.next; node != &interests.all; node = node->next) {
        asked += LIST_OWNER(node, struct interest, all)->gathered_at == position;
    }
    return found;
}

static size_t find_created(const meower_label *labels, size_t count, const char *body)
{
    return find(MEOWER_EVENT_CREATED, labels, count, body);
}

static const meower_label garden = MEOWER_LABEL("room", "garden");
static const meower_label kitchen = MEOWER_LABEL("room", "kitchen");

static void an_event_asks_only_those_of_its_labels(void **state)
{
    (void)state;
    struct interest of_garden, of_kitchen;
    add(&of_garden, &garden, 1, NULL);
    add(&of_kitchen, &kitchen, 1, NULL);
    assert_int_equal(find_created(&garden, 1, "one"), 1);
    assert_ptr_equal(interests.found[0], &of_garden);
    assert_int_equal(asked, 1);
    assert_int_equal(find_created(NULL, 0, "two"), 0);
    assert_int_equal(asked, 0);
    drop(&of_garden);
    assert_int_equal(find_created(&garden, 1, "three"), 0);
    assert_int_equal(find_created(&kitchen, 1, "four"), 1);
    drop(&of_kitchen);
}

/* Found by the key with the fewest values; what else it asks for must hold too. */
static void the_key_with_the_fewest_values_finds_a_client(void **state)
{
    (void)state;
    const meower_label terms[] = {MEOWER_LABEL("room", "garden"), MEOWER_LABEL("room", "kitchen"),
                                  MEOWER_LABEL("tag", "naps")};
    const meower_label both[] = {MEOWER_LABEL("room", "kitchen"), MEOWER_LABEL("tag", "naps")};
    struct interest interest;
    add(&interest, terms, 3, NULL);
    assert_int_equal(find_created(&garden, 1, "one"), 0);
    assert_int_equal(asked, 0);
    assert_int_equal(find_created(&both[1], 1, "two"), 0);
    assert_int_equal(asked, 1);
    assert_int_equal(find_created(both, 2, "three"), 1);
    drop(&interest);
}

static void an_event_with_two_of_its_labels_finds_a_client_once(void **state)
{
    (void)state;
    const meower_label terms[] = {MEOWER_LABEL("room", "garden"), MEOWER_LABEL("room", "kitchen")};
    struct interest interest;
    add(&interest, terms, 2, NULL);
    assert_int_equal(find_created(terms, 2, "one"), 1);
    assert_int_equal(find_created(&terms[1], 1, "two"), 1);
    drop(&interest);
}

static void a_standing_search_is_asked_about_every_event(void **state)
{
    (void)state;
    struct interest search, search_in_garden;
    add(&search, NULL, 0, "naps");
    add(&search_in_garden, &garden, 1, "naps");
    assert_int_equal(find_created(&kitchen, 1, "Tom naps"), 1);
    assert_int_equal(asked, 1);
    assert_ptr_equal(interests.found[0], &search);
    assert_int_equal(find_created(&garden, 1, "Tom naps"), 2);
    assert_int_equal(find_created(&garden, 1, "Tom eats"), 0);
    drop(&search);
    drop(&search_in_garden);
}

static void a_deletion_concerns_all(void **state)
{
    (void)state;
    struct interest of_garden, search;
    add(&of_garden, &garden, 1, NULL);
    add(&search, NULL, 0, "naps");
    assert_int_equal(find(MEOWER_EVENT_DELETED, NULL, 0, ""), 2);
    drop(&of_garden);
    drop(&search);
}

static void thousands_of_rooms_are_found_one_by_one(void **state)
{
    (void)state;
    enum {
        ROOMS = 3000
    };
    static struct interest all[ROOMS];
    char name[16];
    for (int i = 0; i < ROOMS; i++) {
        int len = snprintf(name, sizeof(name), "%d", i);
        add(&all[i], &(meower_label){"room", 4, name, (size_t)len}, 1, NULL);
    }
    for (int i = 0; i < ROOMS; i++) {
        int len = snprintf(name, sizeof(name), "%d", i);
        assert_int_equal(find_created(&(meower_label){"room", 4, name, (size_t)len}, 1, "one"), 1);
        assert_ptr_equal(interests.found[0], &all[i]);
    }
    assert_int_equal(find(MEOWER_EVENT_DELETED, NULL, 0, ""), ROOMS);
    for (int i = 0; i < ROOMS; i++) {
        drop(&all[i]);
    }
}

#define INTERESTS_TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        INTERESTS_TEST(an_event_asks_only_those_of_its_labels),
        INTERESTS_TEST(the_key_with_the_fewest_values_finds_a_client),
        INTERESTS_TEST(an_event_with_two_of_its_labels_finds_a_client_once),
        INTERESTS_TEST(a_standing_search_is_asked_about_every_event),
        INTERESTS_TEST(a_deletion_concerns_all),
        INTERESTS_TEST(thousands_of_rooms_are_found_one_by_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
