/* follow.c - see follow.h, and the calls of include/meower/filter.h. */
#include "api/follow.h"
#include "api/arguments.h"
#include "base/filter.h"
#include "base/sized.h"
#include "base/standing.h"
#include <stdlib.h>

struct meower_filter {
    struct filter *labels;   /* NULL: any */
    struct standing *search; /* NULL: any text */
};

/* A meow that filters are asked about. Its words are cut when the first filter needs them. */
struct candidate {
    int kind;
    const meower_meow *meow;
    struct words words;
    bool is_cut;
};

static const struct sized_type follow_type = SIZED_TYPE(meower_follow, MEOWER_FOLLOW_INIT, text_len);

/* ---- compiling -------------------------------------------------------------------------------------------------- */

int follow_read(const meower_follow *given, meower_follow *follow, meower_error *error)
{
    int status;

    *follow = (meower_follow)MEOWER_FOLLOW_INIT;
    if (given == NULL) {
        return MEOWER_OK;
    }
    if ((status = sized_check(&follow_type, given, error)) == MEOWER_OK) {
        sized_read(&follow_type, follow, given, given->struct_size);
    }
    return status;
}

static int compile_text(const char *text, size_t len, struct standing **out, meower_error *error)
{
    int status = check_search_text(text, len, error);

    return status == MEOWER_OK && text != NULL ? standing_new(text, len, out, error) : status;
}

/* Compiles into a filter that lets everything through. */
static int compile_into(meower_filter *filter, const meower_follow *follow, meower_error *error)
{
    int status = filter_new(follow->labels, follow->label_count, &filter->labels, error);

    return status == MEOWER_OK ? compile_text(follow->text, follow->text_len, &filter->search, error) : status;
}

static int compile(const meower_follow *follow, meower_filter **out, meower_error *error)
{
    meower_filter *filter = calloc(1, sizeof(*filter));
    int status;

    if (filter == NULL) {
        return meower_error_set(error, MEOWER_ERROR_NO_MEMORY, 0, 0, "no memory for a filter");
    }
    status = compile_into(filter, follow, error);
    if (status != MEOWER_OK) {
        meower_filter_free(filter);
        return status;
    }
    *out = filter;
    return MEOWER_OK;
}

int follow_compile(const meower_follow *follow, meower_filter **out, meower_error *error)
{
    if (follow->label_count == 0 && follow->text == NULL && follow->text_len == 0) {
        *out = NULL;
        return MEOWER_OK;
    }
    return compile(follow, out, error);
}

int meower_filter_new(const meower_follow *given, meower_filter **out, meower_error *error)
{
    meower_follow follow;
    int status;

    if (given == NULL || out == NULL) {
        return refuse_null(given == NULL ? "follow" : "out", error);
    }
    status = follow_read(given, &follow, error);
    return status == MEOWER_OK ? compile(&follow, out, error) : status;
}

const meower_label *meower_filter_labels(const meower_filter *filter, size_t *count)
{
    const struct filter *labels = filter == NULL ? NULL : filter->labels;

    if (count == NULL) {
        return NULL;
    }
    *count = labels == NULL ? 0 : labels->count;
    return labels == NULL ? NULL : labels->terms;
}

void meower_filter_free(meower_filter *filter)
{
    if (filter != NULL) {
        filter_free(filter->labels);
        standing_free(filter->search);
        free(filter);
    }
}

/* ---- judging ---------------------------------------------------------------------------------------------------- */

static int refuse_words(meower_error *error)
{
    return meower_error_set(error, MEOWER_ERROR_NO_MEMORY, 0, MEOWER_ERROR_FLAG_RETRIABLE,
                            "no memory for the words of a meow; call again later");
}

/* Returns 1, 0 or NO_MEMORY. Only a creation can be judged: of a deleted meow nothing but the id is known. */
static int judge(const meower_filter *filter, struct candidate *candidate)
{
    const meower_meow *meow = candidate->meow;

    if (candidate->kind != MEOWER_EVENT_CREATED) {
        return 1;
    }
    if (filter->labels != NULL &&
        meower_labels_match(filter->labels->terms, filter->labels->count, meow->labels, meow->label_count) == 0) {
        return 0;
    }
    if (filter->search == NULL) {
        return 1;
    }
    if (!candidate->is_cut && words_split(meow->body, meow->body_len, &candidate->words) != MEOWER_OK) {
        return MEOWER_ERROR_NO_MEMORY;
    }
    candidate->is_cut = true;
    return standing_matches(filter->search, &candidate->words) ? 1 : 0;
}

int meower_filter_matches_many(const meower_filter *const *filters, size_t count, const meower_event *event,
                               int *matches, meower_error *error)
{
    int matching = 0;
    int status = 0;

    if (event == NULL || (count > 0 && (filters == NULL || matches == NULL))) {
        return refuse_null(event == NULL ? "event" : filters == NULL ? "filters" : "matches", error);
    }
    struct candidate candidate = {.kind = event->kind, .meow = event->meow};
    for (size_t i = 0; i < count && status >= 0; i++) {
        status = filters[i] == NULL ? MEOWER_ERROR_INVALID : judge(filters[i], &candidate);
        matches[i] = status == 1;
        matching += status == 1 ? 1 : 0;
    }
    words_free(&candidate.words);
    if (status == MEOWER_ERROR_INVALID) {
        return refuse_null("filter", error);
    }
    return status < 0 ? refuse_words(error) : matching;
}

int meower_filter_matches(const meower_filter *filter, const meower_event *event, meower_error *error)
{
    int matches;

    return meower_filter_matches_many(&filter, 1, event, &matches, error);
}

int follow_sift(const meower_filter *filter, struct event_batch *batch, meower_error *error)
{
    unsigned char matches[EVENT_BATCH_MAX];
    size_t kept = 0;

    for (size_t i = 0; i < batch->count; i++) {
        struct candidate candidate = {.kind = batch->events[i]->kind, .meow = &batch->events[i]->view};
        int status = judge(filter, &candidate);
        words_free(&candidate.words);
        if (status < 0) {
            return refuse_words(error);
        }
        matches[i] = status == 1;
    }
    for (size_t i = 0; i < batch->count; i++) {
        if (matches[i]) {
            batch->events[kept++] = batch->events[i];
        } else {
            meow_release(batch->events[i]);
        }
    }
    batch->count = kept;
    return MEOWER_OK;
}
