/* audit.c - see audit.h. */
#include "fault/audit.h"
#include "base/cursor.h"
#include "fault/world_files.h"
#include "port/schemes.h"
#include "search/index/files.h"
#include "search/index/manifest.h"
#include <inttypes.h>
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>

#define PAGE_MEOWS    7
#define TYPO_SEARCHES 4 /* of entries, in each audit */

static struct entry *find_by_id(struct world *world, const char *id)
{
    for (unsigned i = 0; i < world->entry_count; i++) {
        if (strcmp(world->entries[i].id, id) == 0) {
            return &world->entries[i];
        }
    }
    return NULL;
}

/* A meow that the instance shows. */
static void see(struct world *world, const meower_meow *meow, const char *where)
{
    struct entry *entry = world_find(world, meow->body);
    if (entry == NULL) {
        world_fail("%s has a meow that nobody posted: %s", where, meow->body);
    }
    if (entry->is_seen) {
        world_fail("%s has \"%s\" twice", where, meow->body);
    }
    if (entry_must_not_be(entry)) {
        world_fail("%s has \"%s\", which was %s", where, meow->body,
                   entry->outcome == OUTCOME_REFUSED ? "refused" : "deleted");
    }
    if (entry->id[0] != '\0' && strcmp(entry->id, meow->id) != 0) {
        world_fail("%s has \"%s\" as %s, answered was %s", where, meow->body, meow->id, entry->id);
    }
    snprintf(entry->id, sizeof(entry->id), "%s", meow->id);
    entry->is_seen = true;
}

static void forget_seen(struct world *world)
{
    for (unsigned i = 0; i < world->entry_count; i++) {
        world->entries[i].is_seen = false;
    }
}

static void check_nothing_missing(struct world *world, const char *where)
{
    for (unsigned i = 0; i < world->entry_count; i++) {
        if (entry_must_be(&world->entries[i]) && !world->entries[i].is_seen) {
            world_fail("%s lacks \"%s\" (%s)", where, world->entries[i].body, world->entries[i].id);
        }
    }
}

/* ---- the list ---------------------------------------------------------------------------------------------------- */

/* Walks all pages. Returns the head that the last of them reflects. */
static uint64_t audit_list(struct world *world)
{
    meower_list list = MEOWER_LIST_INIT;
    char last_id[MEOWER_ID_SIZE] = "aWgEPTl1tmebfsQzFP4bxwgy80V";
    char epoch[MEOWER_EPOCH_SIZE];
    uint64_t head = 0;
    bool has_more = true;
    forget_seen(world);
    list.take = PAGE_MEOWS;
    list.max_id = last_id;
    while (has_more) {
        meower_page *page = world_list(world, &list);
        if (page == NULL) {
            world_fail("a list fails");
        }
        for (size_t i = 0; i < meower_page_count(page); i++) {
            const meower_meow *meow = meower_page_meow(page, i);
            if (strcmp(meow->id, last_id) >= 0) {
                world_fail("the list is out of order at %s", meow->id);
            }
            memcpy(last_id, meow->id, sizeof(last_id));
            see(world, meow, "the list");
        }
        has_more = meower_page_has_older(page) && meower_page_count(page) > 0;
        if (!cursor_parse(meower_page_cursor(page), epoch, &head)) {
            world_fail("a page has no cursor");
        }
        if (world->first_cursor[0] == '\0') {
            cursor_format(epoch, 0, world->first_cursor);
        }
        meower_page_free(page);
    }
    check_nothing_missing(world, "the list");
    /* Now it is known what became of the rest. */
    for (unsigned i = 0; i < world->entry_count; i++) {
        struct entry *entry = &world->entries[i];
        if (entry->outcome == OUTCOME_OPEN) {
            entry->outcome = entry->is_seen ? OUTCOME_STORED : OUTCOME_REFUSED;
        }
        if (entry->deletion == OUTCOME_OPEN) {
            entry->deletion = entry->is_seen ? OUTCOME_REFUSED : OUTCOME_STORED;
        }
    }
    return head;
}

/* ---- replay ------------------------------------------------------------------------------------------------------ */

static void take_created(struct world *world, const meower_event *event)
{
    struct entry *entry;
    see(world, event->meow, "the replay");
    entry = find_by_id(world, event->meow->id);
    if (entry->position != 0 && entry->position != event->position) {
        world_fail("\"%s\" was answered at position %" PRIu64 " and comes at %" PRIu64, entry->body, entry->position,
                   event->position);
    }
    entry->position = event->position;
}

static void audit_replay(struct world *world, uint64_t head)
{
    meower_subscription *subscription = NULL;
    const meower_event *event;
    meower_error error = {0};
    uint64_t position = 0;
    unsigned left_out = 0;
    unsigned deletions = 0;
    int status;
    forget_seen(world);
    if (meower_subscription_open(world->feed, world->first_cursor, &subscription, &error) != MEOWER_OK) {
        world_fail("a subscription cannot be opened: %s", error.message);
    }
    if (!meower_subscription_recovered(subscription)) {
        world_fail("the feed has another epoch than before");
    }
    for (int idle = 0; idle < 20;) {
        status = meower_subscription_next(subscription, &event, &error);
        if (status < 0) {
            world_fail("the replay stops after %" PRIu64 ": %s", position, error.message);
        }
        if (status == 0) {
            world_run(world, 0);
            idle++;
            continue;
        }
        idle = 0;
        if (event->position <= position) {
            world_fail("the replay goes back from %" PRIu64 " to %" PRIu64, position, event->position);
        }
        left_out += (unsigned)(event->position - position - 1);
        position = event->position;
        deletions += event->kind == MEOWER_EVENT_DELETED ? 1 : 0;
        if (event->kind == MEOWER_EVENT_CREATED) {
            take_created(world, event);
        }
    }
    meower_subscription_close(subscription);
    check_nothing_missing(world, "the replay");
    if (position != head) {
        world_fail("the replay ends at %" PRIu64 " of %" PRIu64, position, head);
    }
    if (left_out > deletions) {
        world_fail("the replay leaves out %u events for %u deletions", left_out, deletions);
    }
}

/* ---- search ------------------------------------------------------------------------------------------------------ */

/* Exchanges the third and the fourth letter, which differ in all our words: one typo. */
static void misspell(const char *word, char out[32])
{
    snprintf(out, 32, "%s", word);
    char letter = out[2];
    out[2] = out[3];
    out[3] = letter;
}

static bool finds(struct world *world, const char *text, const struct entry *entry)
{
    meower_page *page = world_search(world, text, NULL);
    bool found = false;
    if (page == NULL) {
        world_fail("a search for \"%s\" fails", text);
    }
    for (size_t i = 0; i < meower_page_count(page); i++) {
        found |= strcmp(meower_page_meow(page, i)->body, entry->body) == 0;
    }
    meower_page_free(page);
    return found;
}

static void audit_search(struct world *world)
{
    char misspelt[32];
    unsigned step = world->entry_count / TYPO_SEARCHES + 1;
    forget_seen(world);
    meower_page *page = world_search(world, "meow", NULL);
    if (page == NULL) {
        world_fail("a search fails");
    }
    if (meower_page_is_fallback(page)) {
        world_fail("the search engine is away though nothing fails");
    }
    for (size_t i = 0; i < meower_page_count(page); i++) {
        see(world, meower_page_meow(page, i), "the search");
    }
    meower_page_free(page);
    check_nothing_missing(world, "the search");
    for (unsigned i = 0; i < world->entry_count; i += step) {
        struct entry *entry = &world->entries[i];
        misspell(entry->word, misspelt);
        if (finds(world, misspelt, entry) != entry_must_be(entry)) {
            world_fail("a search for \"%s\" is wrong about \"%s\"", misspelt, entry->body);
        }
    }
}

/* A search finds as many meows of a label as there are. */
static void audit_labels(struct world *world)
{
    const meower_label term = MEOWER_LABEL("room", "garden");
    meower_list filter = MEOWER_LIST_INIT;
    filter.labels = &term;
    filter.label_count = 1;
    filter.take = ENTRIES_MAX;
    meower_page *all = world_list(world, &filter);
    meower_page *found = world_search(world, "meow", &term);
    if (all == NULL || found == NULL) {
        world_fail("a list or a search of a label fails");
    }
    if (meower_page_count(found) != meower_page_count(all)) {
        world_fail("a search of a label finds %zu meows of %zu", meower_page_count(found), meower_page_count(all));
    }
    meower_page_free(all);
    meower_page_free(found);
}

void audit_instance(struct world *world)
{
    if (!world_catch_up(world)) {
        world_fail("index and bus do not catch up with the store after the faults: %s", world_reason(world));
    }
    uint64_t head = audit_list(world);
    audit_replay(world, head);
    audit_search(world);
    audit_labels(world);
}

/* ---- the files --------------------------------------------------------------------------------------------------- */

static sqlite3 *open_file(const struct world *world, const char *name)
{
    char path[PATH_SIZE + 32];
    sqlite3 *db;
    snprintf(path, sizeof(path), "%s/%s", world->folder, name);
    if (sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE, NULL) != SQLITE_OK) {
        world_fail("%s cannot be opened", name);
    }
    return db;
}

/* A statement that gives nothing, or one text that must be `right`. */
static void check_file(sqlite3 *db, const char *sql, const char *right)
{
    sqlite3_stmt *statement;
    if (sqlite3_prepare_v2(db, sql, -1, &statement, NULL) != SQLITE_OK) {
        world_fail("%s: %s", sql, sqlite3_errmsg(db));
    }
    int result = sqlite3_step(statement);
    if (result != SQLITE_ROW && result != SQLITE_DONE) {
        world_fail("%s: %s", sql, sqlite3_errmsg(db));
    }
    const char *text = result == SQLITE_ROW ? (const char *)sqlite3_column_text(statement, 0) : "";
    if (strcmp(text, right) != 0) {
        world_fail("%s gives \"%s\", not \"%s\"", sql, text, right);
    }
    sqlite3_finalize(statement);
}

/* Takes the documents of the index, one after the other. */
struct documents {
    meower_document_sink sink; /* first: the function below casts back */
    sqlite3_stmt *meows;       /* of the store, in the order of their positions */
};

static int take_document(meower_document_sink *sink, const meower_search_document *document)
{
    sqlite3_stmt *meows = ((struct documents *)sink)->meows;
    if (sqlite3_step(meows) != SQLITE_ROW) {
        world_fail("the index has %s, which is not in the store", document->id);
    }
    if (strcmp((const char *)sqlite3_column_text(meows, 0), document->id) != 0 ||
        (uint64_t)sqlite3_column_int64(meows, 1) != document->position) {
        world_fail("the index has %s at %" PRIu64 ", the store has %s at %lld", document->id, document->position,
                   sqlite3_column_text(meows, 0), sqlite3_column_int64(meows, 1));
    }
    return MEOWER_OK;
}

static int take_fault(meower_text_sink *sink, const char *text)
{
    (void)sink;
    world_fail("the index is damaged: %s", text);
}

/* The documents of the index are the meows of the store, and it has come as far. */
static void audit_documents(void *index, sqlite3 *store)
{
    struct documents documents = {.sink.document = take_document};
    meower_text_sink faults = {take_fault};
    meower_search_info info;
    meower_error error = {0};
    char position[24];
    if (sqlite3_prepare_v2(store,
                           "SELECT id, position FROM meows JOIN meower_events ON meow_id = id AND kind = 1 "
                           "ORDER BY position",
                           -1, &documents.meows, NULL) != SQLITE_OK) {
        world_fail("the meows cannot be listed: %s", sqlite3_errmsg(store));
    }
    if (index_search.inspect(index, 0, &faults, &error) != MEOWER_OK ||
        index_search.list(index, 0, 0, SIZE_MAX, &documents.sink, &error) != MEOWER_OK ||
        index_search.info(index, &info, &error) != MEOWER_OK) {
        world_fail("the index cannot be looked at: %s", error.message);
    }
    if (sqlite3_step(documents.meows) != SQLITE_DONE) {
        world_fail("the index lacks %s", sqlite3_column_text(documents.meows, 0));
    }
    sqlite3_finalize(documents.meows);
    snprintf(position, sizeof(position), "%" PRIu64, info.position);
    check_file(store, "SELECT coalesce(max(position), 0) FROM meower_events", position);
}

/* No file lies there that the manifest does not name. */
static void audit_directory(const struct world *world, const char *path)
{
    struct index_files files;
    struct vocabulary *vocabulary = vocabulary_new();
    struct view *view;
    meower_search_info info;
    meower_error error = {0};
    if (vocabulary == NULL || index_files_find(&files, path, &error) != MEOWER_OK ||
        manifest_load(&files, vocabulary, &view, &info, &error) != MEOWER_OK) {
        world_fail("the index cannot be read: %s", error.message);
    }
    unsigned expected = 2 + (unsigned)view->count; /* with lock and manifest */
    if (world_files_count_index(world->folder) != expected) {
        world_fail("the index has %u files, not %u", world_files_count_index(world->folder), expected);
    }
    view_release(view);
    vocabulary_release(vocabulary);
    index_files_close(&files);
}

static void audit_index(const struct world *world, sqlite3 *store)
{
    char path[PATH_SIZE + 32];
    const meower_backend_config config = {
        .size = sizeof(config), .location = path, .lanes = 1, .flags = MEOWER_OPEN_TO_LOOK};
    void *index;
    meower_error error = {0};
    snprintf(path, sizeof(path), "%s/index", world->folder);
    if (index_search.open(&config, &index, &error) != MEOWER_OK) {
        world_fail("the index cannot be opened: %s", error.message);
    }
    audit_documents(index, store);
    index_search.close(index);
    audit_directory(world, path);
}

void audit_files(const struct world *world)
{
    if (world->backends == BACKENDS_MEMORY) {
        return;
    }
    sqlite3 *store = open_file(world, "feed.db");
    check_file(store, "PRAGMA integrity_check", "ok");
    check_file(store, "SELECT coalesce(max(position), 0) - count(*) FROM meower_events", "0");
    check_file(store, "SELECT count(*) - count(DISTINCT meow_id) FROM meower_events WHERE kind = 1", "0");
    check_file(store,
               "SELECT count(*) FROM (SELECT id FROM meows EXCEPT SELECT meow_id FROM meower_events WHERE kind = 1)",
               "0");
    check_file(store, "SELECT count(*) FROM meower_unadopted", "0");
    audit_index(world, store);
    sqlite3_close(store);
}
