/* view.h - the index at one moment: its segments in the order of their positions, and which of their documents are
 * deleted. A view never changes; the writer makes the next one and puts it in its place. */
#ifndef SEARCH_INDEX_VIEW_H
#define SEARCH_INDEX_VIEW_H

#include "search/index/segment.h"
#include "search/index/vocabulary.h"

/* The deleted documents of a segment. Shared by views, and changed by none. */
struct deletions {
    atomic_uint holders;
    uint32_t count;
    uint64_t bits[]; /* bit age % 64 of number age / 64 */
};

struct view_part {
    struct segment *segment;
    struct deletions *deletions; /* NULL: none */
};

struct view {
    atomic_uint holders;
    struct vocabulary *vocabulary; /* has every word of every part; held */
    size_t count;
    struct view_part parts[]; /* the oldest first */
};

/* Room for `count` parts, to be filled by the caller. Holds the vocabulary. Held once. NULL when memory is short. */
struct view *view_new(size_t count, struct vocabulary *vocabulary);
struct view *view_hold(struct view *view);
void view_release(struct view *view); /* NULL is fine */

/* A copy whose parts are held once more, with room for one part more, which is not counted. NULL when memory is short.
 */
struct view *view_copy(const struct view *view);

/* Releases what a part holds, and leaves it empty, which can be released again. */
void view_part_release(struct view_part *part);

/* Deletes a document of a part that is in no view yet, or in one that view_copy() has just made. False when memory is
 * short; deleting one again changes nothing. */
bool view_part_delete(struct view_part *part, uint32_t age);

static inline uint32_t part_deleted(const struct view_part *part)
{
    return part->deletions == NULL ? 0 : part->deletions->count;
}

static inline uint32_t part_documents(const struct view_part *part)
{
    return part->segment->header.document_count - part_deleted(part);
}

static inline bool part_is_deleted(const struct view_part *part, uint32_t age)
{
    return part->deletions != NULL && (part->deletions->bits[age / 64] >> age % 64 & 1) != 0;
}

/* Documents of the whole that are not deleted. */
uint64_t view_documents(const struct view *view);

#endif
