/* readers.c - see readers.h. */
#include "sim/readers.h"
#include "base/cursor.h"
#include "sim/world.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    READING_LIST,
    READING_GET,
    READING_SEARCH
};

enum {
    BOUND_NONE,
    BOUND_MAX_ID,
    BOUND_SINCE_ID,
    BOUND_MIN_ID
};

static const char *const texts[] = {"meow", "purr", "kase", "whisker nap", "tail", "hi", "whiskr"};

#define TEXT_COUNT (sizeof(texts) / sizeof(texts[0]))

/* ---- asking ----------------------------------------------------------------------------------------------------- */

static struct read *new_read(struct world *world, const struct node *node, int kind)
{
    for (size_t i = 0; i < READS_MAX; i++) {
        struct read *read = &world->readers.reads[i];
        if (!read->is_used) {
            *read = (struct read){.is_used = true,
                                  .kind = kind,
                                  .node = node->number,
                                  .life = node->life,
                                  .floor = world->authors.answered,
                                  .is_calm = world->is_calm,
                                  .take = MEOWER_TAKE_MAX};
            return read;
        }
    }
    return NULL;
}

static const char *some_id(struct world *world)
{
    const struct ledger *ledger = &world->ledger;

    return ledger->meows[chance_below(&world->chance, (unsigned)ledger->meow_count)].id;
}

static void end_submit(struct world *world, struct read *read, int status)
{
    world_note(world, read->node, "read", (uint64_t)read->kind, (uint64_t)-status);
    if (status == MEOWER_OK) {
        world->readers.pending++;
        return;
    }
    read->is_used = false;
    if (status != MEOWER_ERROR_BUSY && status != MEOWER_ERROR_CLOSED) {
        world_fail(world, "a query is refused with %s", meower_status_name(status));
    }
}

/* One in four wants to see at least what was answered last, anywhere. */
static const char *choose_cursor(struct world *world, struct read *read)
{
    if (world->authors.former[0] != '\0' && chance_permille(&world->chance, 100)) {
        return world->authors.former; /* there is nothing to wait for */
    }
    if (world->authors.answered == 0 || !chance_permille(&world->chance, 250)) {
        return NULL;
    }
    read->wait_for = world->authors.answered;
    return world->authors.cursor;
}

static void submit_list(struct world *world, struct node *node, struct read *read, const char *cursor)
{
    meower_list list = MEOWER_LIST_INIT;

    list.skip = read->skip;
    list.take = read->take;
    list.cursor = cursor;
    list.max_id = read->bound_kind == BOUND_MAX_ID ? read->bound : NULL;
    list.since_id = read->bound_kind == BOUND_SINCE_ID ? read->bound : NULL;
    list.min_id = read->bound_kind == BOUND_MIN_ID ? read->bound : NULL;
    list.labels = read->terms;
    list.label_count = read->term_count;
    end_submit(world, read, meower_query_submit_list(node->query, &list, read, NULL));
}

static void submit_search(struct world *world, struct node *node, struct read *read, const char *cursor)
{
    meower_search search = MEOWER_SEARCH_INIT;

    search.text = read->text;
    search.text_len = strlen(read->text);
    search.take = read->take;
    search.cursor = cursor;
    search.labels = read->terms;
    search.label_count = read->term_count;
    end_submit(world, read, meower_query_submit_search(node->query, &search, read, NULL));
}

static void choose_terms(struct world *world, struct read *read)
{
    if (chance_permille(&world->chance, 300)) {
        read->term_count = authors_choose_labels(chance_below(&world->chance, 1000), read->terms);
    }
}

static void ask_list(struct world *world, struct node *node)
{
    struct read *read = new_read(world, node, READING_LIST);

    if (read == NULL) {
        return;
    }
    if (chance_permille(&world->chance, 700)) {
        read->take = chance_below(&world->chance, 12);
    }
    if (world->ledger.meow_count > 0 && chance_permille(&world->chance, 400)) {
        read->bound_kind = BOUND_MAX_ID + (int)chance_below(&world->chance, 3);
        memcpy(read->bound, some_id(world), MEOWER_ID_SIZE);
    } else if (chance_permille(&world->chance, 300)) {
        read->skip = chance_below(&world->chance, 20);
    }
    choose_terms(world, read);
    submit_list(world, node, read, choose_cursor(world, read));
}

static void ask_get(struct world *world, struct node *node)
{
    struct read *read = world->ledger.meow_count > 0 ? new_read(world, node, READING_GET) : NULL;
    const char *cursor;

    if (read == NULL) {
        return;
    }
    memcpy(read->bound, some_id(world), MEOWER_ID_SIZE);
    cursor = choose_cursor(world, read);
    end_submit(world, read, meower_query_submit_get(node->query, read->bound, cursor, read, NULL));
}

static void ask_search(struct world *world, struct node *node)
{
    struct read *read = new_read(world, node, READING_SEARCH);

    if (read == NULL) {
        return;
    }
    if (world->authors.intent_count > 0 && chance_permille(&world->chance, 500)) {
        snprintf(read->text, sizeof(read->text), "m%u",
                 chance_below(&world->chance, (unsigned)world->authors.intent_count));
    } else {
        snprintf(read->text, sizeof(read->text), "%s", texts[chance_below(&world->chance, TEXT_COUNT)]);
    }
    choose_terms(world, read);
    submit_search(world, node, read, choose_cursor(world, read));
}

void readers_ask(struct world *world, struct node *node)
{
    if (chance_permille(&world->chance, world->plan.search_permille)) {
        ask_search(world, node);
    } else if (chance_permille(&world->chance, 250)) {
        ask_get(world, node);
    } else {
        ask_list(world, node);
    }
}

void readers_ask_for_all(struct world *world, struct node *node)
{
    struct read *list = new_read(world, node, READING_LIST);
    struct read *search = new_read(world, node, READING_SEARCH);

    if (list == NULL || search == NULL) {
        world_fail(world, "%zu requests were never answered", world->readers.pending);
    }
    submit_list(world, node, list, world->authors.former[0] == '\0' ? NULL : world->authors.former);
    snprintf(search->text, sizeof(search->text), "m");
    search->wait_for = world->authors.answered;
    submit_search(world, node, search, world->authors.answered == 0 ? NULL : world->authors.cursor);
}

bool readers_poll(struct world *world, struct node *node, const meower_list *list, struct poller *poller)
{
    struct read *read = new_read(world, node, READING_LIST);

    if (read == NULL) {
        return false;
    }
    read->poller = poller;
    read->take = list->take;
    read->bound_kind = list->min_id != NULL ? BOUND_MIN_ID : BOUND_SINCE_ID;
    memcpy(read->bound, list->min_id != NULL ? list->min_id : list->since_id, MEOWER_ID_SIZE);
    submit_list(world, node, read, NULL);
    return read->is_used;
}

/* ---- pages ------------------------------------------------------------------------------------------------------ */

static const char *reading_name(const struct read *read)
{
    static const char *const names[] = {"list", "get", "search"};

    return names[read->kind];
}

/* The position that the page says it reflects. */
static uint64_t position_of(struct world *world, const struct read *read, const meower_page *page)
{
    char epoch[MEOWER_EPOCH_SIZE];
    uint64_t position;

    if (!cursor_parse(meower_page_cursor(page), epoch, &position)) {
        world_fail(world, "the cursor of a page is no cursor: %s", meower_page_cursor(page));
    }
    if (strcmp(epoch, world->store.epoch) != 0) {
        world_fail(world, "node %d: a page bears the cursor %s of a former life", read->node, meower_page_cursor(page));
    }
    if (position < read->wait_for) {
        world_fail(world, "node %d: a %s waited for position %llu, and has %llu", read->node, reading_name(read),
                   (unsigned long long)read->wait_for, (unsigned long long)position);
    }
    if (position > world->ledger.head) {
        world_fail(world, "node %d: a page says that it reflects %llu, but only %llu is committed", read->node,
                   (unsigned long long)position, (unsigned long long)world->ledger.head);
    }
    return position;
}

/* Returns the meow of the ledger that is shown. */
static const struct ledger_meow *check_meow(struct world *world, const struct read *read, const meower_meow *shown)
{
    const struct ledger_meow *meow = ledger_find(&world->ledger, shown->id);

    if (meow == NULL || !ledger_is_same(meow, shown) || shown->created_at_us != meow->created_at_us) {
        world_fail(world, "node %d: a %s shows meow %s otherwise than it is stored", read->node, reading_name(read),
                   shown->id);
    }
    if (meow->created > world->ledger.head) {
        world_fail(world, "node %d: a %s shows meow %s, which is not in the feed (any more)", read->node,
                   reading_name(read), meow->id);
    }
    if (meow->deleted != 0 && meow->deleted <= read->floor) {
        world_fail(world, "node %d: a %s shows meow %s after its deletion had been answered", read->node,
                   reading_name(read), meow->id);
    }
    return meow;
}

static const char *page_id(const void *shown, size_t index)
{
    return meower_page_meow(shown, index)->id;
}

/* Pages are newest first, also those that are read upwards. */
static const char *page_id_upwards(const void *shown, size_t index)
{
    return meower_page_meow(shown, meower_page_count(shown) - 1 - index)->id;
}

/* A list must be what the feed was at one position, from the greatest of what had been answered and what its cursor
 * says, to now. */
static void check_list(struct world *world, const struct read *read, const meower_page *page)
{
    uint64_t position = position_of(world, read, page);
    uint64_t lowest = position > read->floor ? position : read->floor;
    meower_range range = {.skip = read->skip, .take = read->take, .ascending = read->bound_kind == BOUND_MIN_ID};
    struct ledger_view view = {.id_at = range.ascending ? page_id_upwards : page_id,
                               .shown = page,
                               .count = meower_page_count(page),
                               .is_whole = meower_page_count(page) < read->take};
    bool is_right = false;

    if (position < read->floor) {
        world_fail(world, "node %d: a list reflects position %llu, but %llu was answered before it was asked for",
                   read->node, (unsigned long long)position, (unsigned long long)read->floor);
    }
    range.terms = read->terms;
    range.term_count = read->term_count;
    range.below = read->bound_kind == BOUND_MAX_ID ? read->bound : NULL;
    range.above = read->bound_kind == BOUND_SINCE_ID || read->bound_kind == BOUND_MIN_ID ? read->bound : NULL;
    for (uint64_t at = lowest; at <= world->ledger.head && !is_right; at++) {
        is_right = ledger_is_view(&world->ledger, at, &range, &view);
    }
    for (size_t i = 0; i < view.count; i++) {
        (void)check_meow(world, read, meower_page_meow(page, i));
    }
    if (!is_right) {
        world_fail(world, "node %d: a list of %zu meows is the feed at no position from %llu to %llu", read->node,
                   meower_page_count(page), (unsigned long long)lowest, (unsigned long long)world->ledger.head);
    }
}

static void check_get(struct world *world, const struct read *read, const meower_page *page)
{
    const struct ledger_meow *meow = ledger_find(&world->ledger, read->bound);

    if (meower_page_status(page) == MEOWER_ERROR_NOT_FOUND) {
        if (meow->created <= read->floor && meow->deleted == 0) {
            world_fail(world, "node %d: meow %s was answered before it was asked for, but is not found", read->node,
                       meow->id);
        }
        return;
    }
    (void)position_of(world, read, page);
    if (strcmp(meower_page_meow(page, 0)->id, read->bound) != 0) {
        world_fail(world, "node %d: another meow than %s was got", read->node, read->bound);
    }
    (void)check_meow(world, read, meower_page_meow(page, 0));
}

static bool has_word(const char *body, const char *word)
{
    size_t len = strlen(word);

    for (const char *at = strstr(body, word); at != NULL; at = strstr(at + 1, word)) {
        if ((at == body || at[-1] == ' ') && (at[len] == ' ' || at[len] == '\0')) {
            return true;
        }
    }
    return false;
}

/* Nothing may be found that is deleted, stands twice or lacks the labels. Returns which meows of the ledger are found;
 * the caller's. */
static bool *check_hits(struct world *world, const struct read *read, const meower_page *page)
{
    bool *is_found = calloc(world->ledger.meow_count + 1, sizeof(*is_found));

    if (is_found == NULL) {
        abort();
    }
    for (size_t i = 0; i < meower_page_count(page); i++) {
        const struct ledger_meow *meow = check_meow(world, read, meower_page_meow(page, i));
        size_t index = (size_t)(meow - world->ledger.meows);
        if (is_found[index]) {
            world_fail(world, "node %d: a search finds meow %s twice", read->node, meow->id);
        }
        if (!ledger_matches(meow, read->terms, read->term_count)) {
            world_fail(world, "node %d: a search finds meow %s, which lacks the labels", read->node, meow->id);
        }
        is_found[index] = true;
    }
    return is_found;
}

static void check_is_complete(struct world *world, const struct read *read, uint64_t position, const bool *is_found)
{
    bool finds_all = strcmp(read->text, "m") == 0;

    for (size_t i = 0; i < world->ledger.meow_count; i++) {
        const struct ledger_meow *meow = &world->ledger.meows[i];
        bool may_be_missing = is_found[i] || meow->deleted != 0 || meow->created > position ||
                              !ledger_matches(meow, read->terms, read->term_count);
        if (!may_be_missing && (finds_all || has_word(meow->body, read->text))) {
            world_fail(world, "node %d: a search at position %llu does not find meow %s of position %llu", read->node,
                       (unsigned long long)position, meow->id, (unsigned long long)meow->created);
        }
    }
}

/* What the index holds by its own account must be found; the scan that replaces a failing engine promises less. */
static void check_search(struct world *world, const struct read *read, const meower_page *page)
{
    uint64_t position = position_of(world, read, page);
    bool *is_found;

    is_found = check_hits(world, read, page);
    if (meower_page_is_fallback(page)) {
        world->readers.scans += read->is_calm ? 1 : 0;
    } else if (!meower_page_has_older(page)) {
        check_is_complete(world, read, position, is_found);
    }
    free(is_found);
}

static void check_failure(struct world *world, const struct read *read, const meower_page *page)
{
    int status = meower_page_status(page);
    bool is_expected =
        status == MEOWER_ERROR_UNAVAILABLE || status == MEOWER_ERROR_IO || status == MEOWER_ERROR_TIMEOUT;

    if (!is_expected || read->is_calm) {
        world_fail(world, "node %d: a %s ended with %s: %s", read->node, reading_name(read), meower_status_name(status),
                   meower_page_error(page)->message);
    }
}

static void check_page(struct world *world, const struct read *read, const meower_page *page)
{
    int status = meower_page_status(page);

    if (read->kind == READING_GET && (status == MEOWER_OK || status == MEOWER_ERROR_NOT_FOUND)) {
        check_get(world, read, page);
    } else if (status != MEOWER_OK) {
        check_failure(world, read, page);
    } else if (read->kind == READING_LIST) {
        check_list(world, read, page);
    } else {
        check_search(world, read, page);
    }
}

/* `page` is NULL when there is none. */
static void end_read(struct world *world, struct read *read, const meower_page *page)
{
    read->is_used = false;
    world->readers.pending--;
    if (read->poller != NULL) {
        pollers_take(world, read->poller, page);
    }
}

void readers_take(struct world *world, struct node *node)
{
    meower_page *page;

    while (node->query != NULL && meower_query_next(node->query, &page, NULL) == 1) {
        struct read *read = meower_page_tag(page);
        world_note(world, node->number, "page", meower_page_count(page), (uint64_t)-meower_page_status(page));
        if (!read->is_used) {
            world_fail(world, "node %d: a request was answered twice", node->number);
        }
        check_page(world, read, page);
        end_read(world, read, meower_page_status(page) == MEOWER_OK ? page : NULL);
        world->readers.pages++;
        meower_page_free(page);
    }
}

void readers_lose(struct world *world, const struct node *node)
{
    for (size_t i = 0; i < READS_MAX; i++) {
        struct read *read = &world->readers.reads[i];
        if (read->is_used && read->node == node->number && read->life == node->life) {
            end_read(world, read, NULL);
        }
    }
}
