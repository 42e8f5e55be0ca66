/* check.c - whether store, positions, checkpoints and search index agree. */
#include "api/arguments.h"
#include "api/check_events.h"
#include "stage/relay.h"
#include <stdlib.h>
#include <string.h>

/* What a backend says of its own data. */
struct inspection {
    meower_text_sink sink; /* first: the text function casts back */
    meower_check *check;
    int kind;
};

static int take_text(meower_text_sink *sink, const char *text)
{
    struct inspection *inspection = (struct inspection *)sink;

    return findings_add(inspection->check, inspection->kind, 0, "", "%s", text);
}

/* ---- the parts -------------------------------------------------------------------------------------------------- */

static int check_store(struct check_pass *pass, meower_error *error)
{
    struct inspection inspection = {.sink.text = take_text, .check = pass->check, .kind = MEOWER_FINDING_STORE_DAMAGED};

    return store_inspect(&pass->store, CHECK_LANE, &inspection.sink, error);
}

/* How far the index is, and whether its documents can be compared. */
static int check_index(struct check_pass *pass, meower_error *error)
{
    struct inspection inspection = {.sink.text = take_text, .check = pass->check, .kind = MEOWER_FINDING_INDEX_DAMAGED};
    meower_error detail = {0};
    int status = search_info(&pass->search, &pass->index, &detail);

    if (status == MEOWER_OK) {
        status = search_inspect(&pass->search, CHECK_LANE, &inspection.sink, &detail);
    }
    if (status == MEOWER_ERROR_CORRUPT) {
        pass->has_index = false;
        return findings_add(pass->check, MEOWER_FINDING_INDEX_DAMAGED, 0, "", "%s", detail.message);
    }
    if (status != MEOWER_OK && error != NULL) {
        *error = detail;
    }
    if (status != MEOWER_OK || pass->index.epoch[0] == '\0') {
        return status; /* an empty index lacks nothing: it is behind */
    }
    if (strcmp(pass->index.epoch, pass->store.info.epoch) != 0) {
        pass->has_index = false;
        return findings_add(pass->check, MEOWER_FINDING_INDEX_FOREIGN, 0, "",
                            "the index was made from another life of the store; it is made anew when a daemon starts");
    }
    pass->check->totals.index_position = pass->index.position;
    return search_refresh(&pass->search, error);
}

/* The heads are read after the events, so that they can only be later. */
static int check_positions(struct check_pass *pass, meower_error *error)
{
    meower_check *check = pass->check;
    uint64_t last = pass->position;
    uint64_t relayed = 0;
    uint64_t head;
    int status = store_checkpoint(&pass->store, CHECK_LANE, RELAY_NAME, &relayed, error);

    if (status == MEOWER_OK) {
        status = store_head(&pass->store, CHECK_LANE, &head, error);
    }
    if (status == MEOWER_OK) {
        status = check_events(pass, error);
    }
    if (status != MEOWER_OK) {
        return status;
    }
    check->totals.head = head;
    if (head > pass->position) {
        status = findings_add(check, MEOWER_FINDING_EVENT_MISSING, pass->position + 1, "",
                              "the head is at position %llu, but the last event at %llu", (unsigned long long)head,
                              (unsigned long long)pass->position);
    } else if (head < last) {
        status = findings_add(check, MEOWER_FINDING_EVENT_MISSING, head, "",
                              "the head is at position %llu, but the last event at %llu", (unsigned long long)head,
                              (unsigned long long)last);
    }
    if (status == MEOWER_OK && relayed > head) {
        status = findings_add(check, MEOWER_FINDING_CHECKPOINT_AHEAD, relayed, "",
                              "the checkpoint \"%s\" is at position %llu, beyond the head at %llu", RELAY_NAME,
                              (unsigned long long)relayed, (unsigned long long)head);
    }
    if (status == MEOWER_OK && pass->has_index && pass->index.position > head) {
        status = findings_add(check, MEOWER_FINDING_INDEX_AHEAD, pass->index.position, "",
                              "the index says it is at position %llu, beyond the head at %llu",
                              (unsigned long long)pass->index.position, (unsigned long long)head);
    }
    return status;
}

static int check_all(struct check_pass *pass, meower_error *error)
{
    int status = pass->has_index ? check_index(pass, error) : MEOWER_OK;

    if (status == MEOWER_OK) {
        status = check_store(pass, error);
    }
    if (status == MEOWER_OK) {
        status = check_events(pass, error);
    }
    if (status == MEOWER_OK) {
        status = check_documents_beyond(pass, error);
    }
    if (status == MEOWER_OK) {
        status = check_meows(pass, error);
    }
    if (status == MEOWER_OK) {
        status = check_positions(pass, error);
    }
    return status == MEOWER_OK ? check_conclude(pass) : status;
}

/* ---- opening ---------------------------------------------------------------------------------------------------- */

/* An index that is not there or cannot be read is a finding; one in memory is nobody's business. */
static int open_index(struct check_pass *pass, const meower_options *options, meower_error *error)
{
    meower_error detail = {0};
    int status = search_open_to_look(&pass->search, options, CHECK_LANE + 1, &detail);

    pass->has_index = status == MEOWER_OK;
    pass->check->totals.has_index = strcmp(meower_options_get(options, "search"), "index:") != 0;
    if (!pass->check->totals.has_index || status == MEOWER_OK) {
        return MEOWER_OK;
    }
    if (status == MEOWER_ERROR_NOT_FOUND) {
        return findings_add(pass->check, MEOWER_FINDING_INDEX_MISSING, 0, "", "%s", detail.message);
    }
    if (status == MEOWER_ERROR_CORRUPT) {
        return findings_add(pass->check, MEOWER_FINDING_INDEX_DAMAGED, 0, "", "%s", detail.message);
    }
    if (error != NULL) {
        *error = detail;
    }
    return status;
}

static void close_pass(struct check_pass *pass, bool was_index_open)
{
    if (was_index_open) {
        search_close(&pass->search);
    }
    store_close(&pass->store);
    id_map_free(&pass->alive);
    id_map_free(&pass->gone);
    id_map_free(&pass->unindexed);
    id_map_free(&pass->overstayed);
    id_map_free(&pass->unknown);
}

/* A sink that runs out of memory has no detail to give. */
static int explain(int status, meower_error *error)
{
    if (status == MEOWER_ERROR_NO_MEMORY) {
        meower_error_set(error, status, 0, 0, "no memory for the check; it needs about 50 bytes a meow");
    }
    return status;
}

static int run(meower_check *check, const meower_options *options, meower_error *error)
{
    struct check_pass pass = {.check = check};
    int status = store_open_to_look(&pass.store, options, CHECK_LANE + 1, error);

    if (status != MEOWER_OK) {
        return status;
    }
    status = open_index(&pass, options, error);
    bool is_index_open = pass.has_index;
    if (status == MEOWER_OK) {
        status = check_all(&pass, error);
    }
    close_pass(&pass, is_index_open);
    return explain(status, error);
}

int meower_check_run(const meower_options *options, meower_check **out, meower_error *error)
{
    meower_check *check;
    int status;

    if (options == NULL || out == NULL) {
        return refuse_null(options == NULL ? "options" : "out", error);
    }
    check = calloc(1, sizeof(*check));
    if (check == NULL) {
        return explain(MEOWER_ERROR_NO_MEMORY, error);
    }
    status = run(check, options, error);
    if (status != MEOWER_OK) {
        meower_check_free(check);
        return status;
    }
    findings_sort(check);
    *out = check;
    return MEOWER_OK;
}
