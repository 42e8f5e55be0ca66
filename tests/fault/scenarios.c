/* scenarios.c - see scenarios.h. */
#include "fault/scenarios.h"
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define TRIES 4 /* of a client that repeats what failed */

/* ---- posting and deleting ---------------------------------------------------------------------------------------- */

static void post(struct world *world)
{
    world_post(world, NULL);
    world_post(world, NULL);
    world_run(world, 200);
    world_post(world, "a key");
}

static void post_batch(struct world *world)
{
    world_post_batch(world, 12);
    world_run(world, 100);
    world_post_many(world, 8);
}

static void delete_meows(struct world *world)
{
    world_delete(world, &world->entries[1]);
    world_delete(world, &world->entries[SEEDED - 1]);
    world_post(world, NULL);
    world_delete(world, &world->entries[SEEDED]);
}

/* A client that repeats a post with its key until it is answered, and once more. */
static void retry(struct world *world)
{
    world_post(world, "my own key");
    world_post_again(world, &world->entries[SEEDED], TRIES);
    world_post_again(world, &world->entries[SEEDED], 1);
    world_post_again(world, &world->entries[0], 1); /* it bears a key from before */
}

/* ---- asking ------------------------------------------------------------------------------------------------------ */

/* The page may not be there; when it is, it has no meow twice, none that is not there, and `count` of them. */
static void check_page(struct world *world, meower_page *page, size_t count)
{
    char json[16384];
    if (page == NULL) {
        return;
    }
    if (meower_page_count(page) != count) {
        world_fail("a page has %zu meows, not %zu", meower_page_count(page), count);
    }
    for (size_t i = 0; i < count; i++) {
        const struct entry *entry = world_find(world, meower_page_meow(page, i)->body);
        if (entry == NULL || entry_must_not_be(entry)) {
            world_fail("a page has \"%s\"", meower_page_meow(page, i)->body);
        }
    }
    if (meower_page_json_len(page) > sizeof(json)) {
        world_fail("a page is larger than expected");
    }
    meower_page_write_json(page, json);
    meower_page_free(page);
}

static void list_pages(struct world *world)
{
    meower_list newest = MEOWER_LIST_INIT;
    meower_list skipped = MEOWER_LIST_INIT;
    meower_list older = MEOWER_LIST_INIT;
    meower_list newer = MEOWER_LIST_INIT;
    meower_list just_above = MEOWER_LIST_INIT;
    newest.take = 3;
    skipped.skip = 4;
    older.max_id = world->entries[5].id;
    newer.since_id = world->entries[5].id;
    newer.take = 4;
    just_above.min_id = world->entries[5].id;
    just_above.take = 4;
    check_page(world, world_list(world, &newest), 3);
    check_page(world, world_list(world, &skipped), SEEDED - 5);
    check_page(world, world_list(world, &older), 4);
    check_page(world, world_list(world, &newer), 4);
    check_page(world, world_list(world, &just_above), 4);
}

static const meower_label garden = MEOWER_LABEL("room", "garden");

/* Of four posts every second one is in the garden; how many were stored is the fault's to say. */
static void check_garden(struct world *world, meower_page *page)
{
    for (size_t i = 0; page != NULL && i < meower_page_count(page); i++) {
        if (meower_page_meow(page, i)->label_count != 2) {
            world_fail("a page of a label has \"%s\" without it", meower_page_meow(page, i)->body);
        }
    }
    if (page != NULL && meower_page_count(page) > 2) {
        world_fail("a page of a label has %zu meows, not 2 or less", meower_page_count(page));
    }
    if (page != NULL) {
        check_page(world, page, meower_page_count(page));
    }
}

static void check_total(struct world *world, const meower_list *list, uint64_t expected)
{
    meower_page *page = world_count(world, list);
    if (page != NULL && meower_page_total(page) != expected) {
        world_fail("a count is %llu, not %llu", (unsigned long long)meower_page_total(page),
                   (unsigned long long)expected);
    }
    meower_page_free(page);
}

/* Nothing seeded has a label. */
static void count(struct world *world)
{
    const meower_label term = MEOWER_LABEL("room", "garden");
    meower_list list = MEOWER_LIST_INIT;
    check_total(world, &list, SEEDED - 1);
    list.labels = &term;
    list.label_count = 1;
    check_total(world, &list, 0);
}

static void list_labelled(struct world *world)
{
    meower_list filter = MEOWER_LIST_INIT;
    filter.labels = &garden;
    filter.label_count = 1;
    world_post_many(world, 4);
    check_garden(world, world_list(world, &filter));
}

static void search_labelled(struct world *world)
{
    world_post_many(world, 4);
    if (world_catch_up(world)) {
        check_garden(world, world_search(world, "meow", &garden));
        check_garden(world, world_search(world, "times leop", &garden));
    }
}

static void get(struct world *world)
{
    check_page(world, world_get(world, world->entries[0].id), 1);
    check_page(world, world_get(world, world->entries[SEEDED - 1].id), 1);
    check_page(world, world_get(world, world->entries[SEEDED_GONE].id), 1);
}

/* While the engine is away only the newest meows are searched. */
static void check_found(struct world *world, const char *text, size_t count)
{
    meower_page *page = world_search(world, text, NULL);
    if (page == NULL) {
        return;
    }
    if (meower_page_is_fallback(page) && meower_page_count(page) <= count) {
        count = meower_page_count(page);
    }
    check_page(world, page, count);
}

static void search(struct world *world)
{
    if (!world_catch_up(world)) {
        return;
    }
    check_found(world, "meow", SEEDED - 1);
    check_found(world, "caterpilar", 1);
    check_found(world, "times leop", SEEDED - 1);
    check_found(world, "nobody", 0);
}

/* ---- following --------------------------------------------------------------------------------------------------- */

/* Takes what comes for a while; each event once and in order. */
static void follow(struct world *world, meower_subscription *subscription, uint64_t *position)
{
    const meower_event *event;
    meower_error error = {0};
    for (int idle = 0; idle < 10;) {
        int status = meower_subscription_next(subscription, &event, &error);
        if (status == 1) {
            if (event->position != *position + 1 && *position >= SEEDED_GONE + 1) {
                world_fail("event %" PRIu64 " follows %" PRIu64, event->position, *position);
            }
            *position = event->position;
            continue;
        }
        if (status < 0) {
            world_check_error(world, "meower_subscription_next", status, &error);
        }
        world_run(world, 0);
        idle++;
    }
}

/* Opens a subscription that begins after the cursor; NULL when that fails. */
static meower_subscription *subscribe(struct world *world, const char *cursor)
{
    meower_subscription *subscription = NULL;
    meower_error error = {0};
    int status = meower_subscription_open(world->feed, cursor, &subscription, &error);
    if (status != MEOWER_OK) {
        world_check_error(world, "meower_subscription_open", status, &error);
        return NULL;
    }
    if (!meower_subscription_recovered(subscription)) {
        world_fail("a cursor of this feed is not known");
    }
    return subscription;
}

/* From the beginning, out of the store, then live; a second one goes on where the first has ended. */
static void subscribe_and_resume(struct world *world)
{
    char cursor[MEOWER_CURSOR_SIZE];
    uint64_t position = 0;
    memcpy(cursor, world->first_cursor, sizeof(cursor));
    for (int round = 0; round < 3; round++) {
        meower_subscription *subscription = subscribe(world, cursor);
        world_post(world, NULL);
        if (subscription == NULL) {
            continue;
        }
        follow(world, subscription, &position);
        world_post_batch(world, 3);
        follow(world, subscription, &position);
        memcpy(cursor, meower_subscription_cursor(subscription), sizeof(cursor));
        meower_subscription_close(subscription);
    }
}

/* Takes what comes for a while from a subscription that wants the garden only, and holds each event against a filter of
 * the same. Returns how many events it was given, or -1 when the last call failed. */
static int follow_garden(struct world *world, meower_subscription *subscription, const meower_filter *filter)
{
    const meower_event *event;
    meower_error error = {0};
    int given = 0, status = 0;
    for (int idle = 0; idle < 10;) {
        status = meower_subscription_next(subscription, &event, &error);
        if (status == 1) {
            int matches = meower_filter_matches(filter, event, &error);
            if (matches < 0) {
                world_check_error(world, "meower_filter_matches", matches, &error);
            }
            if (matches == 0 || (event->kind == MEOWER_EVENT_CREATED && event->meow->label_count != 2)) {
                world_fail("a filtered subscription gives \"%s\"", event->meow->body);
            }
            given += event->kind == MEOWER_EVENT_CREATED ? 1 : 0;
            continue;
        }
        if (status < 0) {
            world_check_error(world, "meower_subscription_next", status, &error);
        }
        world_run(world, 0);
        idle++;
    }
    return status < 0 ? -1 : given;
}

/* What follows with a label and a standing search: all of it, out of the store and live, whatever fails in between. */
static void subscribe_to_garden(struct world *world)
{
    const meower_label term = MEOWER_LABEL("room", "garden");
    const meower_follow follow = {sizeof(follow), world->first_cursor, &term, 1, "times meow", 10};
    meower_subscription *subscription = NULL;
    meower_filter *filter = NULL;
    meower_error error = {0};
    int status = meower_filter_new(&follow, &filter, &error);
    if (status != MEOWER_OK) {
        world_check_error(world, "meower_filter_new", status, &error);
        return;
    }
    status = meower_subscription_follow(world->feed, &follow, &subscription, &error);
    if (status == MEOWER_OK) {
        world_post_many(world, 8);
        int given = follow_garden(world, subscription, filter), stored = 0;
        for (unsigned i = 1; i < 8; i += 2) {
            stored += world->entries[SEEDED + i].outcome == OUTCOME_STORED ? 1 : 0;
        }
        if (given >= 0 && (given < stored || given > 4)) {
            world_fail("a filtered subscription gives %d meows of %d", given, stored);
        }
    } else {
        world_check_error(world, "meower_subscription_follow", status, &error);
    }
    meower_subscription_close(subscription);
    meower_filter_free(filter);
}

/* ---- all of it --------------------------------------------------------------------------------------------------- */

/* The index goes on, or is made anew, from the store. */
static void catch_up(struct world *world)
{
    if (world_catch_up(world)) {
        check_found(world, "meow", SEEDED - 1);
    }
    world_post(world, NULL);
}

/* A new index is built beside the live one, and takes its place unless something fails. */
static void rebuild_beside(struct world *world)
{
    meower_rebuild rebuild = {.struct_size = sizeof(rebuild), .state = MEOWER_REBUILD_RUNNING};
    meower_error error = {0};
    if (!world_catch_up(world)) {
        return;
    }
    int status = meower_rebuild_start(world->feed, &error);
    if (status != MEOWER_OK) {
        world_check_error(world, "meower_rebuild_start", status, &error);
    }
    world_post(world, NULL);
    world_delete(world, &world->entries[1]);
    for (int i = 0; i < 20 && status == MEOWER_OK && rebuild.state == MEOWER_REBUILD_RUNNING; i++) {
        world_run(world, 0);
        status = meower_rebuild_state(world->feed, &rebuild, NULL);
    }
    if (rebuild.state == MEOWER_REBUILD_FAILED && strlen(rebuild.reason) < 10) {
        world_fail("a rebuild fails and does not say why");
    }
}

const struct scenario scenarios[] = {
    {.name = "open-empty", .beginning = BEGIN_EMPTY, .needs_files = true},
    {.name = "open-threads", .beginning = BEGIN_SEEDED, .needs_files = true, .has_threads = true},
    {.name = "post", .beginning = BEGIN_EMPTY, .play = post},
    {.name = "post-batch", .beginning = BEGIN_SEEDED, .play = post_batch},
    {.name = "delete", .beginning = BEGIN_SEEDED, .play = delete_meows},
    {.name = "retry", .beginning = BEGIN_SEEDED, .play = retry},
    {.name = "list", .beginning = BEGIN_SEEDED, .play = list_pages},
    {.name = "count", .beginning = BEGIN_SEEDED, .play = count},
    {.name = "labels", .beginning = BEGIN_SEEDED, .play = list_labelled},
    {.name = "get", .beginning = BEGIN_SEEDED, .play = get},
    {.name = "search", .beginning = BEGIN_SEEDED, .play = search},
    {.name = "search-labels", .beginning = BEGIN_SEEDED, .play = search_labelled},
    {.name = "subscribe", .beginning = BEGIN_SEEDED, .play = subscribe_and_resume},
    {.name = "subscribe-filtered", .beginning = BEGIN_SEEDED, .play = subscribe_to_garden},
    {.name = "restart", .beginning = BEGIN_BEHIND, .needs_files = true, .play = catch_up},
    {.name = "recover", .beginning = BEGIN_CRASHED, .needs_files = true, .play = catch_up},
    {.name = "rebuild", .beginning = BEGIN_FOREIGN, .needs_files = true, .play = catch_up},
    {.name = "rebuild-beside", .beginning = BEGIN_SEEDED, .play = rebuild_beside},
    {.name = "copy", .beginning = BEGIN_COPIED, .needs_files = true, .play = catch_up},
    {.name = "adopt", .beginning = BEGIN_ADOPTED, .needs_files = true, .play = catch_up},
};
const unsigned scenario_count = sizeof(scenarios) / sizeof(scenarios[0]);
