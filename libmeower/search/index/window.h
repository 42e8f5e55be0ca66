/* window.h - what a segment has for a search, looked at through windows: the documents of up to BITMAP_DOCUMENTS ages
 * become bits, so that what all or some of the words have in common is found by a few operations on words of the
 * machine. Windows go from the newest documents on, and leave out where nothing is. Where what leads from window to
 * window is rare, they are small: what is common need not be read between.
 *
 * A phrase's bits tell where it may be: where its words are. Whether they stand side by side there is asked document by
 * document, of those that it decides about. */
#ifndef SEARCH_INDEX_WINDOW_H
#define SEARCH_INDEX_WINDOW_H

#include "search/index/terms.h"

/* One list on its way. */
struct list_streams {
    struct stream *streams;
    struct phrase_stream *phrases;
};

struct window {
    struct arena arena; /* of this segment's streams */
    const struct part_terms *terms;
    uint32_t document_count;
    struct list_streams lists[MATCH_WORDS_MAX][MATCH_NONE];
    struct list_streams *keys; /* of the filter */
    uint32_t start;            /* age of the newest document of the window */
    uint32_t count;            /* documents of the window */
    uint32_t size;             /* of windows, but for the last one */
    bool has_failed;           /* memory was short */
};

/* Begins before the newest document, for the lists of quality 0 to `quality`. Freed by window_free(). */
void window_init(struct window *window, const struct terms *terms, size_t part, int quality);
void window_free(struct window *window);

/* The first document of this age or an older one that a list may have; SEGMENT_NO_AGE where none is. */
uint32_t window_next(struct window *window, size_t word, int quality, uint32_t age);

/* Whether a filter says which documents are wanted. What follows is for windows that have one. */
static inline bool window_has_filter(const struct window *window)
{
    return window->terms->key_count > 0;
}

/* How many documents the filter may let through. */
static inline uint64_t window_wanted(const struct window *window)
{
    return window->terms->keys[0].documents;
}

/* The first document of this age or an older one that the filter may let through; SEGMENT_NO_AGE where none is. */
uint32_t window_next_wanted(struct window *window, uint32_t age);

/* Sets the bits of those that it lets through. False where there are none. */
bool window_fill_wanted(struct window *window, struct bitmap *wanted);

/* What is to be read: some lists lead from window to window, and others are looked at there. */
struct window_work {
    uint64_t leading; /* documents of the lists that lead */
    uint64_t others;  /* documents of the others */
    uint64_t streams; /* that these come from */
};

/* Adds a list to the others. */
void window_add_other(struct window_work *work, const struct term_list *list);

/* Sets the size of windows. */
void window_resize(struct window *window, const struct window_work *work);

/* Moves the window so that this document is its newest. */
void window_move(struct window *window, uint32_t age);

/* The age after the window. */
static inline uint32_t window_end(const struct window *window)
{
    return window->start + window->count;
}

/* Documents of the window in which a searched word matches, as far as bits tell. */
struct window_matches {
    struct bitmap certain;
    struct bitmap possible; /* where a phrase may be */
};

static inline void window_matches_clear(struct window_matches *matches)
{
    bitmap_clear(&matches->certain);
    bitmap_clear(&matches->possible);
}

static inline void window_matches_add(struct window_matches *matches, const struct window_matches *others)
{
    bitmap_add(&matches->certain, &others->certain);
    bitmap_add(&matches->possible, &others->possible);
}

/* Adds those of a list. */
void window_fill(struct window *window, size_t word, int quality, struct window_matches *matches);

/* Whether the document has a phrase of the list. For each list, the documents are asked for from the newest on, each
 * once. `index` counts from the newest one of the window. */
bool window_has_phrase(struct window *window, size_t word, int quality, uint32_t index);

#endif
