/* window.h - the streams of one segment for a search, looked at through windows: up to WINDOW_DOCUMENTS documents at a
 * time become bits, so that what all or some of the words have in common is found by a few operations on words of the
 * machine. Windows go from the newest documents on, and leave out where nothing is. Where what leads from window to
 * window is rare, they are small: what is common need not be read between. */
#ifndef SEARCH_INDEX_WINDOW_H
#define SEARCH_INDEX_WINDOW_H

#include "search/index/terms.h"

#define WINDOW_DOCUMENTS 4096
#define WINDOW_BITS      (WINDOW_DOCUMENTS / 64)

typedef uint64_t window_bits[WINDOW_BITS];

struct window {
    struct arena arena; /* of this segment's streams */
    const struct part_terms *terms;
    size_t word_count;
    uint32_t document_count;
    struct stream *streams[MATCH_WORDS_MAX][MATCH_NONE]; /* one a spec of the list */
    uint32_t start;                                      /* age of the newest document of the window */
    uint32_t count;                                      /* documents of the window */
    uint32_t size;                                       /* of windows, but for the last one */
    bool has_failed;                                     /* memory was short */
};

/* Begins before the newest document, for the lists of quality 0 to `quality`. Freed by window_free(). */
void window_init(struct window *window, const struct terms *terms, size_t part, int quality);
void window_free(struct window *window);

/* The first document of this age or an older one that a list has; SEGMENT_NO_AGE where none is. */
uint32_t window_next(struct window *window, size_t word, int quality, uint32_t age);

/* Sets the size of windows: so many documents of the segment lead from one to the next. */
void window_resize(struct window *window, uint64_t documents);

/* 64-bit words of the bits that the window needs. */
static inline size_t window_words(const struct window *window)
{
    return (window->count + (size_t)63) / 64;
}

/* Moves the window so that this document is its newest. */
void window_move(struct window *window, uint32_t age);

/* The age after the window. */
static inline uint32_t window_end(const struct window *window)
{
    return window->start + window->count;
}

/* Adds the documents of a list to the bits. */
void window_fill(struct window *window, size_t word, int quality, window_bits bits);

#endif
