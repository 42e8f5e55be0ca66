/* view.c - the index at one moment. */
#include "search/index/view.h"
#include <stdlib.h>
#include <string.h>

struct view *view_new(size_t count, struct vocabulary *vocabulary)
{
    struct view *view = calloc(1, sizeof(*view) + count * sizeof(view->parts[0]));

    if (view != NULL) {
        atomic_init(&view->holders, 1);
        view->vocabulary = vocabulary_hold(vocabulary);
        view->count = count;
    }
    return view;
}

struct view *view_hold(struct view *view)
{
    atomic_fetch_add(&view->holders, 1);
    return view;
}

static void release_deletions(struct deletions *deletions)
{
    if (deletions != NULL && atomic_fetch_sub(&deletions->holders, 1) == 1) {
        free(deletions);
    }
}

void view_part_release(struct view_part *part)
{
    segment_release(part->segment);
    release_deletions(part->deletions);
    *part = (struct view_part){0};
}

void view_release(struct view *view)
{
    if (view == NULL || atomic_fetch_sub(&view->holders, 1) > 1) {
        return;
    }
    for (size_t i = 0; i < view->count; i++) {
        view_part_release(&view->parts[i]);
    }
    vocabulary_release(view->vocabulary);
    free(view);
}

struct view *view_copy(const struct view *view)
{
    struct view *copy = view_new(view->count + 1, view->vocabulary);

    if (copy == NULL) {
        return NULL;
    }
    copy->count = view->count;
    for (size_t i = 0; i < view->count; i++) {
        copy->parts[i] = view->parts[i];
        segment_hold(copy->parts[i].segment);
        if (copy->parts[i].deletions != NULL) {
            atomic_fetch_add(&copy->parts[i].deletions->holders, 1);
        }
    }
    return copy;
}

uint64_t view_documents(const struct view *view)
{
    uint64_t count = 0;

    for (size_t i = 0; i < view->count; i++) {
        count += part_documents(&view->parts[i]);
    }
    return count;
}

/* Deletions that only this part holds. */
static struct deletions *own_deletions(struct view_part *part)
{
    size_t size = (part->segment->header.document_count + (size_t)63) / 64 * sizeof(uint64_t);
    struct deletions *old = part->deletions;

    if (old != NULL && atomic_load(&old->holders) == 1) {
        return old;
    }
    struct deletions *deletions = calloc(1, sizeof(*deletions) + size);
    if (deletions == NULL) {
        return NULL;
    }
    atomic_init(&deletions->holders, 1);
    if (old != NULL) {
        deletions->count = old->count;
        memcpy(deletions->bits, old->bits, size);
        release_deletions(old);
    }
    part->deletions = deletions;
    return deletions;
}

bool view_part_delete(struct view_part *part, uint32_t age)
{
    struct deletions *deletions;

    if (part_is_deleted(part, age)) {
        return true;
    }
    deletions = own_deletions(part);
    if (deletions == NULL) {
        return false;
    }
    deletions->bits[age / 64] |= UINT64_C(1) << age % 64;
    deletions->count++;
    return true;
}
