/* check_events.c - the events, one window after the other, beside the meows and the documents of the index that belong
 * to them. Others may post, delete and index meanwhile: whatever is missing may be deleted by an event that is read
 * later, so that a fault is only what remains when all events are read that there are after the last look at the data.
 */
#include "api/check_events.h"
#include "base/words.h"
#include <stdlib.h>
#include <string.h>

#define WINDOW_EVENTS  1024
#define LIST_MEOWS_MAX 1000

/* An event, as far as it is compared with the index. */
struct seen {
    uint64_t position;
    char id[MEOWER_ID_SIZE];
    char *words; /* what the index should have; NULL: nothing, the meow is gone or the event a deletion */
    size_t words_len;
    bool is_deletion;
};

struct window {
    meower_row_sink rows;           /* first: the row function casts back */
    meower_document_sink documents; /* see the cast in take_document() */
    struct check_pass *pass;
    struct seen seen[WINDOW_EVENTS];
    size_t count;
    size_t compared; /* events up to here have met their documents */
    size_t rows_read;
    uint64_t last_document; /* position */
    size_t documents_read;
    bool is_beyond; /* a document after the window */
};

static int no_memory(meower_error *error)
{
    return meower_error_set(error, MEOWER_ERROR_NO_MEMORY, 0, 0, "no memory for the check");
}

/* ---- events ----------------------------------------------------------------------------------------------------- */

static int note_hole(struct check_pass *pass, uint64_t position)
{
    uint64_t expected = pass->position + 1;

    if (position == expected) {
        return MEOWER_OK;
    }
    if (position == expected + 1) {
        return findings_add(pass->check, MEOWER_FINDING_EVENT_MISSING, expected, "", "no event has position %llu",
                            (unsigned long long)expected);
    }
    return findings_add(pass->check, MEOWER_FINDING_EVENT_MISSING, expected, "",
                        "no event has a position from %llu to %llu", (unsigned long long)expected,
                        (unsigned long long)position - 1);
}

static int note_creation(struct check_pass *pass, const meower_row *row)
{
    const struct id_entry *overstayed = id_map_find(&pass->overstayed, row->id);

    id_map_remove(&pass->unknown, row->id);
    if (overstayed != NULL && overstayed->position == row->position) {
        id_map_remove(&pass->overstayed, row->id);
    }
    if (row->body == NULL) {
        return id_map_put(&pass->gone, row->id, row->position) ? MEOWER_OK : MEOWER_ERROR_NO_MEMORY;
    }
    if (pass->has_listed) {
        return MEOWER_OK; /* it came after the list, which could not have it */
    }
    return id_map_put(&pass->alive, row->id, row->position) ? MEOWER_OK : MEOWER_ERROR_NO_MEMORY;
}

static int ignore_row(meower_row_sink *sink, const meower_row *row)
{
    (void)row;
    ((struct window *)sink)->rows_read++;
    return MEOWER_OK;
}

/* A meow that was there when its creation was read must be gone now. */
static int note_deletion(struct check_pass *pass, uint64_t position, const char *id, meower_error *error)
{
    struct window window = {.rows.row = ignore_row};
    int status = MEOWER_OK;

    id_map_remove(&pass->gone, id);
    id_map_remove(&pass->unindexed, id);
    if (position > pass->index.position) {
        id_map_remove(&pass->overstayed, id); /* the index has not come so far */
    }
    if (id_map_remove(&pass->alive, id)) {
        status = store_get(&pass->store, CHECK_LANE, &id, 1, &window.rows, error);
        if (status == MEOWER_OK && window.rows_read > 0) {
            status =
                findings_add(pass->check, MEOWER_FINDING_MEOW_LEFT, position, id,
                             "the meow was deleted at position %llu, but is still there", (unsigned long long)position);
        }
    }
    return status;
}

/* Keeps what is needed: the store may not be asked from within a sink. */
static int take_event(meower_row_sink *sink, const meower_row *row)
{
    struct window *window = (struct window *)sink;
    struct seen *seen = &window->seen[window->count];
    int status = note_hole(window->pass, row->position);

    if (window->count == WINDOW_EVENTS || status != MEOWER_OK) {
        return status != MEOWER_OK ? status : MEOWER_ERROR_INTERNAL;
    }
    *seen = (struct seen){.position = row->position};
    strncpy(seen->id, row->id, sizeof(seen->id) - 1);
    window->pass->position = row->position;
    if (row->kind != MEOWER_EVENT_DELETED && row->body != NULL) {
        seen->words = words_join(row->body, row->body_len, &seen->words_len);
        if (seen->words == NULL) {
            return MEOWER_ERROR_NO_MEMORY;
        }
    }
    window->count++;
    seen->is_deletion = row->kind == MEOWER_EVENT_DELETED;
    return seen->is_deletion ? MEOWER_OK : note_creation(window->pass, row);
}

static int note_deletions(struct window *window, meower_error *error)
{
    int status = MEOWER_OK;

    for (size_t i = 0; i < window->count && status == MEOWER_OK; i++) {
        if (window->seen[i].is_deletion) {
            status = note_deletion(window->pass, window->seen[i].position, window->seen[i].id, error);
        }
    }
    return status;
}

/* ---- documents -------------------------------------------------------------------------------------------------- */

static int note_unindexed(struct check_pass *pass, const struct seen *seen)
{
    if (seen->words == NULL || seen->position > pass->index.position) {
        return MEOWER_OK;
    }
    return id_map_put(&pass->unindexed, seen->id, seen->position) ? MEOWER_OK : MEOWER_ERROR_NO_MEMORY;
}

static int compare_words(struct check_pass *pass, const struct seen *seen, const meower_search_document *document)
{
    if (document->words == NULL ||
        (document->words_len == seen->words_len && memcmp(document->words, seen->words, seen->words_len) == 0)) {
        return MEOWER_OK;
    }
    return findings_add(pass->check, MEOWER_FINDING_DOCUMENT_STALE, seen->position, seen->id,
                        "the index has other words for the meow than it says");
}

/* A document of no event, or of one whose meow is gone. */
static int note_overstayed(struct check_pass *pass, const meower_search_document *document)
{
    const struct id_entry *alive = id_map_find(&pass->alive, document->id);

    if (alive != NULL && alive->position != document->position) {
        id_map_remove(&pass->unindexed, document->id);
        return findings_add(pass->check, MEOWER_FINDING_DOCUMENT_STALE, document->position, document->id,
                            "the index has the meow at position %llu; its event is at %llu",
                            (unsigned long long)document->position, (unsigned long long)alive->position);
    }
    return id_map_put(&pass->overstayed, document->id, document->position) ? MEOWER_OK : MEOWER_ERROR_NO_MEMORY;
}

static int meet_document(struct window *window, const meower_search_document *document)
{
    struct check_pass *pass = window->pass;
    const struct seen *seen;
    int status = MEOWER_OK;

    while (window->compared < window->count && window->seen[window->compared].position < document->position &&
           status == MEOWER_OK) {
        status = note_unindexed(pass, &window->seen[window->compared++]);
    }
    seen = window->compared < window->count ? &window->seen[window->compared] : NULL;
    if (status != MEOWER_OK || seen == NULL || seen->position != document->position || seen->words == NULL ||
        strcmp(seen->id, document->id) != 0) {
        return status != MEOWER_OK ? status : note_overstayed(pass, document);
    }
    window->compared++;
    return compare_words(pass, seen, document);
}

static int take_document(meower_document_sink *sink, const meower_search_document *document)
{
    struct window *window = (struct window *)((char *)sink - offsetof(struct window, documents));

    window->documents_read++;
    if (document->position > window->pass->position) {
        window->is_beyond = true;
        return MEOWER_OK;
    }
    window->last_document = document->position;
    window->pass->check->totals.documents++;
    return meet_document(window, document);
}

/* An index that is too damaged to be read is one finding; what was compared so far says nothing. */
static int list_documents(struct check_pass *pass, uint64_t after, meower_document_sink *sink, meower_error *error)
{
    meower_error detail = {0};
    int status = search_list(&pass->search, CHECK_LANE, after, WINDOW_EVENTS, sink, &detail);

    if (status == MEOWER_ERROR_CORRUPT) {
        pass->has_index = false;
        id_map_free(&pass->unindexed);
        id_map_free(&pass->overstayed);
        return findings_add(pass->check, MEOWER_FINDING_INDEX_DAMAGED, 0, "", "%s", detail.message);
    }
    if (status != MEOWER_OK && error != NULL) {
        *error = detail;
    }
    return status;
}

/* Those of the window; `after` is the position before it. */
static int compare_documents(struct window *window, uint64_t after, meower_error *error)
{
    int status = MEOWER_OK;

    window->last_document = after;
    do {
        window->documents_read = 0;
        status = list_documents(window->pass, window->last_document, &window->documents, error);
    } while (status == MEOWER_OK && window->documents_read == WINDOW_EVENTS && !window->is_beyond);
    while (status == MEOWER_OK && window->pass->has_index && window->compared < window->count) {
        status = note_unindexed(window->pass, &window->seen[window->compared++]);
    }
    return status;
}

/* ---- windows ---------------------------------------------------------------------------------------------------- */

static int check_window(struct check_pass *pass, struct window *window, meower_error *error)
{
    uint64_t after = pass->position;
    int status;

    *window = (struct window){.rows.row = take_event, .documents.document = take_document, .pass = pass};
    status = store_read_events(&pass->store, CHECK_LANE, after, WINDOW_EVENTS, &window->rows, error);
    if (status == MEOWER_OK && window->count > 0 && pass->has_index) {
        status = compare_documents(window, after, error);
    }
    if (status == MEOWER_OK) {
        status = note_deletions(window, error);
    }
    for (size_t i = 0; i < window->count; i++) {
        free(window->seen[i].words);
    }
    return status;
}

int check_events(struct check_pass *pass, meower_error *error)
{
    struct window *window = malloc(sizeof(*window));
    int status = window == NULL ? no_memory(error) : MEOWER_OK;

    do {
        status = status == MEOWER_OK ? check_window(pass, window, error) : status;
    } while (status == MEOWER_OK && window->count == WINDOW_EVENTS);
    free(window);
    return status;
}

/* Behind the last event; one may have come since. */
struct beyond {
    meower_document_sink sink; /* first: the function casts back */
    struct check_pass *pass;
    uint64_t last;
    size_t count;
};

static int take_beyond(meower_document_sink *sink, const meower_search_document *document)
{
    struct beyond *beyond = (struct beyond *)sink;

    beyond->count++;
    beyond->last = document->position;
    return id_map_put(&beyond->pass->overstayed, document->id, document->position) ? MEOWER_OK : MEOWER_ERROR_NO_MEMORY;
}

int check_documents_beyond(struct check_pass *pass, meower_error *error)
{
    struct beyond beyond = {.sink.document = take_beyond, .pass = pass, .last = pass->position};
    int status = MEOWER_OK;

    do {
        beyond.count = 0;
        status = pass->has_index ? list_documents(pass, beyond.last, &beyond.sink, error) : MEOWER_OK;
    } while (status == MEOWER_OK && beyond.count == WINDOW_EVENTS);
    return status;
}

/* ---- meows ------------------------------------------------------------------------------------------------------ */

struct meow_list {
    meower_row_sink sink; /* first: the row function casts back */
    struct check_pass *pass;
    char last[MEOWER_ID_SIZE];
    size_t count;
};

static int take_meow(meower_row_sink *sink, const meower_row *row)
{
    struct meow_list *list = (struct meow_list *)sink;
    struct check_pass *pass = list->pass;

    list->count++;
    strncpy(list->last, row->id, sizeof(list->last) - 1);
    pass->check->totals.meows++;
    if (id_map_remove(&pass->alive, row->id) || id_map_find(&pass->gone, row->id) != NULL) {
        return MEOWER_OK;
    }
    return id_map_put(&pass->unknown, row->id, 0) ? MEOWER_OK : MEOWER_ERROR_NO_MEMORY;
}

int check_meows(struct check_pass *pass, meower_error *error)
{
    struct meow_list list = {.sink.row = take_meow, .pass = pass};
    meower_range range = {.above = list.last, .ascending = 1, .take = LIST_MEOWS_MAX};
    int status = MEOWER_OK;

    do {
        char above[MEOWER_ID_SIZE];
        memcpy(above, list.last, sizeof(above));
        range.above = above[0] == '\0' ? NULL : above;
        list.count = 0;
        status = store_list(&pass->store, CHECK_LANE, &range, &list.sink, error);
    } while (status == MEOWER_OK && list.count == LIST_MEOWS_MAX);
    pass->has_listed = true;
    return status;
}

/* ---- the end ---------------------------------------------------------------------------------------------------- */

/* Makes a finding of each id of a map. */
static int conclude(meower_check *check, const struct id_map *map, int kind, const char *text)
{
    int status = MEOWER_OK;

    for (size_t i = 0; i < map->capacity && status == MEOWER_OK; i++) {
        const struct id_entry *entry = &map->entries[i];
        if (entry->id[0] != '\0') {
            status = findings_add(check, kind, entry->position, entry->id, "%s", text);
        }
    }
    return status;
}

/* What the index has without an event, and what it lacks: together it is one meow under another position. */
static int conclude_index(struct check_pass *pass)
{
    meower_check *check = pass->check;
    int status = MEOWER_OK;

    for (size_t i = 0; i < pass->overstayed.capacity && status == MEOWER_OK; i++) {
        const struct id_entry *entry = &pass->overstayed.entries[i];
        if (entry->id[0] == '\0' || id_map_find(&pass->gone, entry->id) != NULL) {
            continue; /* the index is right: it is the meow that is missing */
        }
        bool is_stale = id_map_remove(&pass->unindexed, entry->id);
        status = findings_add(check, is_stale ? MEOWER_FINDING_DOCUMENT_STALE : MEOWER_FINDING_DOCUMENT_EXTRA,
                              entry->position, entry->id, "%s",
                              is_stale ? "the index has the meow at another position than the feed"
                                       : "the index has a meow that the feed has not");
    }
    if (status == MEOWER_OK) {
        status = conclude(check, &pass->unindexed, MEOWER_FINDING_DOCUMENT_MISSING, "the index lacks the meow");
    }
    return status;
}

int check_conclude(struct check_pass *pass)
{
    meower_check *check = pass->check;
    int status = conclude(check, &pass->gone, MEOWER_FINDING_MEOW_MISSING, "the meow was created, and is not there");

    if (status == MEOWER_OK) {
        status = conclude(check, &pass->alive, MEOWER_FINDING_MEOW_MISSING, "the meow was created, and is in no list");
    }
    if (status == MEOWER_OK) {
        status = conclude(check, &pass->unknown, MEOWER_FINDING_MEOW_UNKNOWN,
                          "the meow is there, but no event has created it");
    }
    return status == MEOWER_OK ? conclude_index(pass) : status;
}
