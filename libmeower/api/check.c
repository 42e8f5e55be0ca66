/* check.c - whether store, positions, checkpoints and search index agree. */
#include "api/check.h"
#include "api/instance.h"
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- findings --------------------------------------------------------------------------------------------------- */

static bool make_room(meower_check *check)
{
    size_t capacity = check->capacity == 0 ? 16 : check->capacity * 2;
    struct check_finding *findings;

    if (check->count < check->capacity) {
        return true;
    }
    findings = reallocarray(check->findings, capacity, sizeof(*findings));
    if (findings == NULL) {
        return false;
    }
    check->findings = findings;
    check->capacity = capacity;
    return true;
}

int check_add(meower_check *check, int kind, uint64_t position, const char *id, const char *format, ...)
{
    struct check_finding *finding;
    va_list arguments;

    check->totals.findings++;
    if (check->count == MEOWER_FINDINGS_MAX) {
        return MEOWER_OK;
    }
    if (!make_room(check)) {
        return MEOWER_ERROR_NO_MEMORY;
    }
    finding = &check->findings[check->count++];
    *finding = (struct check_finding){.view = {.kind = kind, .position = position}};
    snprintf(finding->id, sizeof(finding->id), "%s", id);
    va_start(arguments, format);
    vsnprintf(finding->text, sizeof(finding->text), format, arguments);
    va_end(arguments);
    return MEOWER_OK;
}

static int compare_findings(const void *left, const void *right)
{
    const struct check_finding *a = left;
    const struct check_finding *b = right;

    if (a->view.position != b->view.position) {
        return a->view.position < b->view.position ? -1 : 1;
    }
    return a->view.kind != b->view.kind ? a->view.kind - b->view.kind : strcmp(a->id, b->id);
}

/* They stay where they are from now on, so that their texts can be pointed at. */
static void sort_findings(meower_check *check)
{
    if (check->count > 0) {
        qsort(check->findings, check->count, sizeof(*check->findings), compare_findings);
    }
    for (size_t i = 0; i < check->count; i++) {
        check->findings[i].view.id = check->findings[i].id;
        check->findings[i].view.text = check->findings[i].text;
    }
}

/* What a backend says of its own data. */
struct inspection {
    meower_text_sink sink; /* first: the text function casts back */
    meower_check *check;
    int kind;
};

static int take_text(meower_text_sink *sink, const char *text)
{
    struct inspection *inspection = (struct inspection *)sink;

    return check_add(inspection->check, inspection->kind, 0, "", "%s", text);
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
        return check_add(pass->check, MEOWER_FINDING_INDEX_DAMAGED, 0, "", "%s", detail.message);
    }
    if (status != MEOWER_OK && error != NULL) {
        *error = detail;
    }
    if (status != MEOWER_OK || pass->index.epoch[0] == '\0') {
        return status; /* an empty index lacks nothing: it is behind */
    }
    if (strcmp(pass->index.epoch, pass->store.info.epoch) != 0) {
        pass->has_index = false;
        return check_add(pass->check, MEOWER_FINDING_INDEX_FOREIGN, 0, "",
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
        status = check_add(check, MEOWER_FINDING_EVENT_MISSING, pass->position + 1, "",
                           "the head is at position %llu, but the last event at %llu", (unsigned long long)head,
                           (unsigned long long)pass->position);
    } else if (head < last) {
        status = check_add(check, MEOWER_FINDING_EVENT_MISSING, head, "",
                           "the head is at position %llu, but the last event at %llu", (unsigned long long)head,
                           (unsigned long long)last);
    }
    if (status == MEOWER_OK && relayed > head) {
        status = check_add(check, MEOWER_FINDING_CHECKPOINT_AHEAD, relayed, "",
                           "the checkpoint \"%s\" is at position %llu, beyond the head at %llu", RELAY_NAME,
                           (unsigned long long)relayed, (unsigned long long)head);
    }
    if (status == MEOWER_OK && pass->has_index && pass->index.position > head) {
        status = check_add(check, MEOWER_FINDING_INDEX_AHEAD, pass->index.position, "",
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
    pass->check->totals.has_index = strcmp(meower_options_get(options, "search"), "fts5:") != 0;
    if (!pass->check->totals.has_index || status == MEOWER_OK) {
        return MEOWER_OK;
    }
    if (status == MEOWER_ERROR_NOT_FOUND) {
        return check_add(pass->check, MEOWER_FINDING_INDEX_MISSING, 0, "", "%s", detail.message);
    }
    if (status == MEOWER_ERROR_CORRUPT) {
        return check_add(pass->check, MEOWER_FINDING_INDEX_DAMAGED, 0, "", "%s", detail.message);
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
        return engine_refuse_null(options == NULL ? "options" : "out", error);
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
    sort_findings(check);
    *out = check;
    return MEOWER_OK;
}

/* ---- reading it ------------------------------------------------------------------------------------------------- */

int meower_check_read_totals(const meower_check *check, meower_check_totals *out)
{
    if (check == NULL || out == NULL) {
        return MEOWER_ERROR_INVALID;
    }
    *out = check->totals;
    return MEOWER_OK;
}

const meower_finding *meower_check_finding(const meower_check *check, size_t index)
{
    return check == NULL || index >= check->count ? NULL : &check->findings[index].view;
}

void meower_check_free(meower_check *check)
{
    if (check != NULL) {
        free(check->findings);
        free(check);
    }
}
