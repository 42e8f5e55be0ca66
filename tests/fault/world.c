/* world.c - see world.h. */
#include "fault/world.h"
#include "base/cursor.h"
#include "fault/world_files.h"
#include "fault/world_parts.h"
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define STEPS_MAX   100000 /* an instance that is not idle after so many never will be */
#define PAUSE_MS    50
#define PATIENCE_MS 60000 /* of the clock below: nothing may take longer */
#define KEY_FORMAT  "key %u"

const char *const backends_names[BACKENDS_COUNT] = {"memory", "files", "shared"};

/* Seven letters or more, no two alike: a search with two typos finds one of them. */
static const char *const words[ENTRIES_MAX] = {
    "aardvark",     "buffalo",   "caterpillar", "dolphin",   "elephant",   "flamingo",    "giraffe",   "hamster",
    "iguana",       "jackdaw",   "kangaroo",    "leopard",   "mongoose",   "nightingale", "octopus",   "pelican",
    "quetzal",      "raccoon",   "salamander",  "tortoise",  "umbrella",   "vulture",     "wolverine", "xylophone",
    "yellowhammer", "zebrafish", "armadillo",   "blackbird", "chameleon",  "dragonfly",   "earthworm", "firefly",
    "grasshopper",  "hedgehog",  "impala",      "jellyfish", "kingfisher", "ladybird",    "mackerel",  "narwhal",
    "opossum",      "porcupine", "quokkas",     "reindeer",  "squirrel",   "tarantula",   "urchins",   "viper snake",
};

char world_place[256];

void world_fail(const char *format, ...)
{
    va_list arguments;
    injector_disarm();
    fprintf(stderr, "%s\n    ", world_place);
    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    fprintf(stderr, "\n");
    fflush(NULL);
    _exit(1);
}

/* ---- calls that fail --------------------------------------------------------------------------------------------- */

/* Whether a call may fail with this status while such faults happen. */
static bool is_explained(enum fault_kind kind, int status)
{
    switch (kind) {
    case FAULT_MEMORY:
    case FAULT_SQLITE_MEMORY:
        return status == MEOWER_ERROR_NO_MEMORY;
    case FAULT_SYSTEM: /* no descriptor, no thread */
        return status == MEOWER_ERROR_IO || status == MEOWER_ERROR_NO_MEMORY;
    case FAULT_PORT_UNAVAILABLE:
        return status == MEOWER_ERROR_UNAVAILABLE;
    case FAULT_PORT_IO:
        return status == MEOWER_ERROR_IO;
    case FAULT_PORT_AFTERWARDS:
        return status == MEOWER_ERROR_UNAVAILABLE || status == MEOWER_ERROR_OUTCOME_UNKNOWN;
    case FAULT_DISK_FULL:
        return status == MEOWER_ERROR_FULL;
    case FAULT_DISK_ERROR:
        return status == MEOWER_ERROR_IO || status == MEOWER_ERROR_OUTCOME_UNKNOWN;
    case FAULT_UNREADABLE:
        return status == MEOWER_ERROR_CORRUPT || status == MEOWER_ERROR_IO;
    case FAULT_LOCKED:
        return status == MEOWER_ERROR_LOCKED;
    default:
        return false;
    }
}

void world_check_error(struct world *world, const char *call, int status, const meower_error *error)
{
    world->refusals++;
    if (!is_explained(injector_kind(), status) || injector_met() == 0) {
        world_fail("%s failed with \"%s\" (%d), which the fault does not explain: %s", call, meower_status_name(status),
                   status, error->message);
    }
    if (error->code != status) {
        world_fail("%s returned %d, its error says %d: %s", call, status, error->code, error->message);
    }
    if (memchr(error->message, '\0', sizeof(error->message)) == NULL || strlen(error->message) < 10 ||
        strchr(error->message, '\n') != NULL) {
        world_fail("%s failed with a message that says nothing: \"%.500s\"", call, error->message);
    }
    if ((error->backend_code != 0) != (error->backend_domain > MEOWER_DOMAIN_OTHER)) {
        world_fail("%s failed with the engine's code %d of the domain %d", call, error->backend_code,
                   error->backend_domain);
    }
}

/* ---- opening and closing ----------------------------------------------------------------------------------------- */

static int open_feed(struct world *world, meower_error *error)
{
    meower_options *options = NULL;
    int status = world_parts_options(world, &options, error);
    if (status == MEOWER_OK) {
        status = meower_open(options, &world->feed, error);
        meower_options_free(options);
    }
    if (status == MEOWER_OK) {
        status = meower_command_open(world->feed, &world->command, error);
    }
    if (status == MEOWER_OK) {
        status = meower_query_open(world->feed, &world->query, error);
    }
    if (status != MEOWER_OK) {
        world_close(world);
    }
    return status;
}

bool world_open(struct world *world)
{
    meower_error error = {0};
    for (int attempt = 0; attempt < 2; attempt++) {
        int status = open_feed(world, &error);
        if (status == MEOWER_OK) {
            return true;
        }
        world_check_error(world, "meower_open", status, &error);
    }
    return false;
}

void world_open_soundly(struct world *world)
{
    meower_error error = {0};
    if (open_feed(world, &error) != MEOWER_OK) {
        world_fail("opening without any fault fails: %s", error.message);
    }
}

void world_close(struct world *world)
{
    meower_error error = {0};
    meower_command_close(world->command);
    meower_query_close(world->query);
    int status = meower_close(world->feed, 0, &error);
    if (status != MEOWER_OK && status != MEOWER_ERROR_TIMEOUT) {
        world_fail("meower_close: %s", error.message);
    }
    world->command = NULL;
    world->query = NULL;
    world->feed = NULL;
}

/* ---- time -------------------------------------------------------------------------------------------------------- */

static void step_until_idle(struct world *world)
{
    int status;
    int steps = 0;
    while ((status = meower_step(world->feed, NULL)) == 1) {
        if (++steps > STEPS_MAX) {
            world_fail("the instance does not become idle");
        }
    }
    if (status != 0) {
        world_fail("meower_step: %d", status);
    }
}

void world_run(struct world *world, int ms)
{
    for (int passed_ms = 0; passed_ms <= ms; passed_ms += PAUSE_MS) {
        if (world->has_threads) {
            usleep(1000);
            continue;
        }
        step_until_idle(world);
        world_parts_pass(PAUSE_MS);
    }
}

static uint64_t metric(struct world *world, const char *name)
{
    meower_metric metric = MEOWER_METRIC_INIT;
    for (size_t i = 0; meower_metric_at(world->feed, i, &metric, NULL) == 1; i++) {
        if (strcmp(metric.name, name) == 0) {
            return (uint64_t)metric.value;
        }
    }
    world_fail("there is no metric %s", name);
}

static bool is_healthy(struct world *world)
{
    meower_health health = MEOWER_HEALTH_INIT;
    for (size_t i = 0; meower_health_at(world->feed, i, &health, NULL) == 1; i++) {
        if (!health.ready && health.reason[0] == '\0') {
            world_fail("the %s is not ready and does not say why", health.part);
        }
        if (!health.ready) {
            return false;
        }
    }
    return true;
}

const char *world_reason(struct world *world)
{
    static char reason[700];
    meower_health health = {.struct_size = sizeof(health), .part = ""};
    for (size_t i = 0; meower_health_at(world->feed, i, &health, NULL) == 1 && health.ready; i++)
        ;
    snprintf(reason, sizeof(reason), "position %llu, index %llu, relay %llu; %s: %s",
             (unsigned long long)metric(world, "position"), (unsigned long long)metric(world, "index_position"),
             (unsigned long long)metric(world, "relay_position"), health.part, health.reason);
    return reason;
}

bool world_catch_up(struct world *world)
{
    for (int passed_ms = 0; passed_ms < PATIENCE_MS; passed_ms += PAUSE_MS) {
        world_run(world, 0);
        if (metric(world, "index_position") == metric(world, "position") &&
            (world->backends != BACKENDS_SHARED || metric(world, "relay_position") == metric(world, "position")) &&
            is_healthy(world)) {
            return true;
        }
    }
    return false;
}

/* ---- posting and deleting ---------------------------------------------------------------------------------------- */

bool entry_must_be(const struct entry *entry)
{
    return entry->outcome == OUTCOME_STORED && entry->deletion == OUTCOME_REFUSED;
}

bool entry_must_not_be(const struct entry *entry)
{
    return entry->outcome == OUTCOME_REFUSED || entry->deletion == OUTCOME_STORED;
}

struct entry *world_find(struct world *world, const char *body)
{
    for (unsigned i = 0; i < world->entry_count; i++) {
        if (strcmp(world->entries[i].body, body) == 0) {
            return &world->entries[i];
        }
    }
    return NULL;
}

static struct entry *new_entry(struct world *world, const char *key)
{
    if (world->entry_count == ENTRIES_MAX) {
        world_fail("a scenario posts too much");
    }
    struct entry *entry = &world->entries[world->entry_count];
    *entry = (struct entry){.word = words[world->entry_count], .deletion = OUTCOME_REFUSED, .outcome = OUTCOME_REFUSED};
    snprintf(entry->body, sizeof(entry->body), "meow to the %s, %u times", entry->word, ++world->entry_count);
    snprintf(entry->key, sizeof(entry->key), "%s", key == NULL ? "" : key);
    return entry;
}

static int submit_post(struct world *world, struct entry *entry)
{
    meower_error error = {0};
    int status = meower_command_submit_post(world->command, entry->body, strlen(entry->body),
                                            entry->key[0] == '\0' ? NULL : entry->key, entry, &error);
    if (status != MEOWER_OK) {
        world_check_error(world, "meower_command_submit_post", status, &error);
    }
    return status;
}

/* Takes the next result, which must come. */
static void take_result(struct world *world, meower_command_result *result)
{
    int taken = 0;
    result->error = &world->result_error;
    for (int passed_ms = 0; passed_ms < PATIENCE_MS; passed_ms += PAUSE_MS) {
        taken = meower_command_next(world->command, result, NULL);
        if (taken == 1) {
            return;
        }
        world_run(world, 0);
    }
    world_fail("a command that was accepted is not answered");
}

static void check_result(struct world *world, const meower_command_result *result)
{
    uint64_t position;
    char epoch[MEOWER_EPOCH_SIZE];
    if (result->status != MEOWER_OK) {
        world_check_error(world, "a command", result->status, result->error);
        return;
    }
    if (meower_id_check(result->id, strnlen(result->id, MEOWER_ID_SIZE), NULL) != MEOWER_OK || result->position == 0 ||
        !cursor_parse(result->cursor, epoch, &position) || position != result->position) {
        world_fail("a command was carried out, but its result is none: id \"%.28s\", position %llu", result->id,
                   (unsigned long long)result->position);
    }
    if (world->first_cursor[0] == '\0') {
        cursor_format(epoch, 0, world->first_cursor);
    }
}

/* Notes what became of a post. */
static void note_post(struct world *world, const meower_command_result *result)
{
    struct entry *entry = result->tag;
    check_result(world, result);
    if (result->status == MEOWER_ERROR_OUTCOME_UNKNOWN && entry->outcome == OUTCOME_REFUSED) {
        entry->outcome = OUTCOME_OPEN;
    }
    if (result->status != MEOWER_OK) {
        return;
    }
    if (entry->outcome == OUTCOME_STORED &&
        (strcmp(entry->id, result->id) != 0 || entry->position != result->position || result->replayed != 1)) {
        world_fail("the key \"%s\" has two meows: %s at %llu, %s at %llu", entry->key, entry->id,
                   (unsigned long long)entry->position, result->id, (unsigned long long)result->position);
    }
    entry->outcome = OUTCOME_STORED;
    memcpy(entry->id, result->id, sizeof(entry->id));
    entry->position = result->position;
}

bool world_post(struct world *world, const char *key)
{
    meower_command_result result = MEOWER_COMMAND_RESULT_INIT;
    struct entry *entry = new_entry(world, key);
    if (submit_post(world, entry) != MEOWER_OK) {
        return false;
    }
    take_result(world, &result);
    note_post(world, &result);
    return result.status == MEOWER_OK;
}

void world_post_again(struct world *world, struct entry *entry, int tries)
{
    meower_command_result result = {.struct_size = sizeof(result), .status = MEOWER_ERROR_INTERNAL};
    for (int i = 0; i < tries && result.status != MEOWER_OK; i++) {
        if (submit_post(world, entry) != MEOWER_OK) {
            continue;
        }
        take_result(world, &result);
        note_post(world, &result);
    }
}

void world_post_batch(struct world *world, unsigned count)
{
    meower_command_result result = MEOWER_COMMAND_RESULT_INIT;
    unsigned accepted = 0;
    for (unsigned i = 0; i < count; i++) {
        accepted += submit_post(world, new_entry(world, NULL)) == MEOWER_OK ? 1 : 0;
    }
    for (unsigned i = 0; i < accepted; i++) {
        take_result(world, &result);
        note_post(world, &result);
    }
}

/* Every second one has labels. */
void world_post_many(struct world *world, unsigned count)
{
    static const meower_label labels[] = {MEOWER_LABEL("room", "garden"), MEOWER_LABEL("author", "tom")};
    meower_post posts[ENTRIES_MAX] = {{0}};
    meower_command_result result = MEOWER_COMMAND_RESULT_INIT;
    meower_error error = {0};
    for (unsigned i = 0; i < count; i++) {
        struct entry *entry = new_entry(world, NULL);
        posts[i] = (meower_post){sizeof(meower_post), entry->body, strlen(entry->body), NULL, entry, labels, i % 2 * 2};
    }
    int status = meower_command_submit_posts(world->command, posts, count, &error);
    if (status != MEOWER_OK) {
        world_check_error(world, "meower_command_submit_posts", status, &error);
        return;
    }
    for (unsigned i = 0; i < count; i++) {
        take_result(world, &result);
        note_post(world, &result);
    }
}

void world_delete(struct world *world, struct entry *entry)
{
    meower_command_result result = MEOWER_COMMAND_RESULT_INIT;
    meower_error error = {0};
    if (entry->outcome != OUTCOME_STORED) {
        return;
    }
    int status = meower_command_submit_delete(world->command, entry->id, NULL, &error);
    if (status != MEOWER_OK) {
        world_check_error(world, "meower_command_submit_delete", status, &error);
        return;
    }
    take_result(world, &result);
    if (result.status == MEOWER_ERROR_NOT_FOUND && entry->deletion != OUTCOME_REFUSED) {
        entry->deletion = OUTCOME_STORED;
        return;
    }
    check_result(world, &result);
    if (result.status == MEOWER_OK) {
        entry->deletion = OUTCOME_STORED;
    } else if (result.status == MEOWER_ERROR_OUTCOME_UNKNOWN && entry->deletion == OUTCOME_REFUSED) {
        entry->deletion = OUTCOME_OPEN;
    }
}

/* ---- asking ------------------------------------------------------------------------------------------------------ */

/* The page of a request that was accepted, or NULL when its status is not OK. */
static meower_page *take_page(struct world *world, int status, const meower_error *error)
{
    meower_page *page = NULL;
    if (status != MEOWER_OK) {
        world_check_error(world, "a query", status, error);
        return NULL;
    }
    for (int passed_ms = 0; passed_ms < PATIENCE_MS && meower_query_next(world->query, &page, NULL) != 1;
         passed_ms += PAUSE_MS) {
        world_run(world, 0);
    }
    if (page == NULL) {
        world_fail("a query that was accepted is not answered");
    }
    status = meower_page_status(page);
    if (status == MEOWER_OK) {
        return page;
    }
    if (status != MEOWER_ERROR_NOT_FOUND) {
        world_check_error(world, "a page", status, meower_page_error(page));
    }
    meower_page_free(page);
    return NULL;
}

meower_page *world_list(struct world *world, const meower_list *list)
{
    meower_error error = {0};
    int status = meower_query_submit_list(world->query, list, NULL, &error);
    return take_page(world, status, &error);
}

meower_page *world_count(struct world *world, const meower_list *list)
{
    meower_error error = {0};
    int status = meower_query_submit_count(world->query, list, NULL, &error);
    return take_page(world, status, &error);
}

meower_page *world_get(struct world *world, const char *id)
{
    meower_error error = {0};
    int status = meower_query_submit_get(world->query, id, NULL, NULL, &error);
    return take_page(world, status, &error);
}

meower_page *world_search(struct world *world, const char *text, const meower_label *term)
{
    meower_search search = MEOWER_SEARCH_INIT;
    meower_error error = {0};
    search.text = text;
    search.text_len = strlen(text);
    search.take = ENTRIES_MAX;
    search.highlight = 1;
    search.labels = term;
    search.label_count = term == NULL ? 0 : 1;
    int status = meower_query_submit_search(world->query, &search, NULL, &error);
    return take_page(world, status, &error);
}

/* ---- the beginning ----------------------------------------------------------------------------------------------- */

static void post_soundly(struct world *world)
{
    char key[16];
    snprintf(key, sizeof(key), KEY_FORMAT, world->entry_count);
    if (!world_post(world, world->entry_count % 4 == 0 ? key : NULL)) {
        world_fail("posting without any fault fails");
    }
}

/* Posts the seed from where the world has come to, and deletes one of it. */
static void seed(struct world *world, unsigned count)
{
    while (world->entry_count < count) {
        post_soundly(world);
        if (world->entry_count == INDEXED_BEHIND + 2) {
            world_delete(world, &world->entries[SEEDED_GONE]);
        }
    }
    if (!world_catch_up(world)) {
        world_fail("the index does not catch up without any fault");
    }
}

/* What the files of world_files.c were made with. */
static struct world seeded;

void world_prepare(const char *folder)
{
    static struct world other;
    snprintf(seeded.folder, sizeof(seeded.folder), "%s", folder);
    seeded.backends = BACKENDS_FILES;
    other = seeded;
    world_files_remove(folder);
    world_open_soundly(&other);
    seed(&other, INDEXED_BEHIND);
    world_close(&other);
    world_files_keep_index(folder, INDEX_FOREIGN);
    world_files_remove(folder);
    world_open_soundly(&seeded);
    seed(&seeded, INDEXED_BEHIND);
    world_close(&seeded);
    world_files_keep_index(folder, INDEX_BEHIND);
    world_open_soundly(&seeded);
    seed(&seeded, SEEDED);
    world_files_keep(folder, "feed.db", FILES_STORE_CRASHED);
    world_files_keep(folder, "feed.db-wal", FILES_STORE_LOG);
    world_files_keep_index(folder, INDEX_CRASHED);
    world_close(&seeded);
    world_files_keep(folder, "feed.db", FILES_STORE);
    world_files_keep_index(folder, INDEX_WHOLE);
    world_files_remove(folder);
    world_files_make_foreign(folder, &seeded);
    world_files_keep(folder, "feed.db", FILES_STORE_FOREIGN);
    world_files_remove(folder);
}

static void lay_out(const char *folder, enum beginning beginning)
{
    static const struct {
        enum kept_file store, store_log;
        enum kept_index index;
    } files[BEGINNINGS] = {
        [BEGIN_EMPTY] = {FILES_NONE, FILES_NONE, INDEX_NONE},
        [BEGIN_SEEDED] = {FILES_STORE, FILES_NONE, INDEX_WHOLE},
        [BEGIN_CRASHED] = {FILES_STORE_CRASHED, FILES_STORE_LOG, INDEX_CRASHED},
        [BEGIN_BEHIND] = {FILES_STORE, FILES_NONE, INDEX_BEHIND},
        [BEGIN_FOREIGN] = {FILES_STORE, FILES_NONE, INDEX_FOREIGN},
        [BEGIN_COPIED] = {FILES_STORE, FILES_NONE, INDEX_WHOLE},
        [BEGIN_ADOPTED] = {FILES_STORE_FOREIGN, FILES_NONE, INDEX_NONE},
    };
    world_files_remove(folder);
    world_files_lay(folder, "feed.db", files[beginning].store);
    world_files_lay(folder, "feed.db-wal", files[beginning].store_log);
    world_files_lay_index(folder, files[beginning].index);
    if (beginning != BEGIN_EMPTY && beginning != BEGIN_ADOPTED && beginning != BEGIN_COPIED) {
        world_files_identify(folder, seeded.first_cursor);
    }
}

void world_begin(struct world *world, enum backends backends, enum beginning beginning)
{
    world_parts_begin();
    *world = (struct world){.backends = backends};
    memcpy(world->folder, seeded.folder, sizeof(world->folder));
    if (backends == BACKENDS_MEMORY) {
        world_open_soundly(world);
        if (beginning != BEGIN_EMPTY) {
            seed(world, SEEDED);
        }
        return;
    }
    lay_out(world->folder, beginning);
    if (beginning == BEGIN_EMPTY) {
        return;
    }
    memcpy(world->entries, seeded.entries, sizeof(world->entries));
    world->entry_count = seeded.entry_count;
    if (beginning != BEGIN_ADOPTED && beginning != BEGIN_COPIED) { /* these have an epoch of their own */
        memcpy(world->first_cursor, seeded.first_cursor, sizeof(world->first_cursor));
    }
    for (unsigned i = 0; beginning == BEGIN_ADOPTED && i < world->entry_count; i++) {
        world->entries[i].position = 0;
    }
}
