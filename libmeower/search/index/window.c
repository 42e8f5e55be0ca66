/* window.c - the streams of one segment, looked at through windows. */
#include "search/index/window.h"

void window_init(struct window *window, const struct terms *terms, size_t part, int quality)
{
    *window = (struct window){
        .terms = &terms->parts[part],
        .word_count = terms->request->word_count,
        .document_count = terms->view->parts[part].segment->header.document_count,
    };
    for (size_t word = 0; word < window->word_count; word++) {
        for (int each = 0; each <= quality; each++) {
            const struct term_list *list = &window->terms->lists[word][each];
            struct stream *streams = arena_take(&window->arena, list->count, sizeof(*streams));
            if (streams == NULL) {
                window->has_failed = true;
                return;
            }
            for (uint32_t i = 0; i < list->count; i++) {
                streams[i].spec = list->specs[i];
            }
            window->streams[word][each] = streams;
        }
    }
}

void window_free(struct window *window)
{
    arena_free(&window->arena);
}

uint32_t window_next(struct window *window, size_t word, int quality, uint32_t age)
{
    uint32_t next = SEGMENT_NO_AGE;

    for (uint32_t i = 0; i < window->terms->lists[word][quality].count && !window->has_failed; i++) {
        struct stream *stream = &window->streams[word][quality][i];
        if (!stream->has_begun || stream->age < age) {
            window->has_failed = !stream_seek(stream, &window->arena, age);
        }
        next = stream->age < next ? stream->age : next;
    }
    return window->has_failed ? SEGMENT_NO_AGE : next;
}

void window_resize(struct window *window, uint64_t documents)
{
    uint64_t between = (window->document_count / (documents + 1) + 63) / 64 * 64;

    window->size = between < 64 ? 64 : between > WINDOW_DOCUMENTS ? WINDOW_DOCUMENTS : (uint32_t)between;
    /* Where many lead on, the largest windows are the best. */
    if (documents > window->document_count / 64) {
        window->size = WINDOW_DOCUMENTS;
    }
}

void window_move(struct window *window, uint32_t age)
{
    uint32_t left = window->document_count - age;

    window->start = age;
    window->count = left < window->size ? left : window->size;
}

void window_fill(struct window *window, size_t word, int quality, window_bits bits)
{
    for (uint32_t i = 0; i < window->terms->lists[word][quality].count && !window->has_failed; i++) {
        struct stream *stream = &window->streams[word][quality][i];
        window->has_failed = !stream_fill(stream, &window->arena, window->start, window->count, bits);
    }
}
