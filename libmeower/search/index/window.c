/* window.c - what a segment has, looked at through windows. */
#include "search/index/window.h"

#define SEEK_COST 16 /* of one document, in documents that are gone through one after the other; as measured */

static bool init_list(struct window *window, const struct term_list *list, struct list_streams *streams)
{
    streams->streams = arena_take(&window->arena, list->stream_count, sizeof(*streams->streams));
    streams->phrases = arena_take(&window->arena, list->phrase_count, sizeof(*streams->phrases));
    if (streams->streams == NULL || streams->phrases == NULL) {
        return false;
    }
    for (size_t i = 0; i < list->stream_count; i++) {
        streams->streams[i].spec = list->streams[i];
    }
    for (size_t i = 0; i < list->phrase_count; i++) {
        phrase_begin(&streams->phrases[i], &list->phrases[i]);
    }
    return true;
}

static void init_keys(struct window *window)
{
    size_t count = window->terms->key_count;

    window->keys = arena_take(&window->arena, count, sizeof(*window->keys));
    window->has_failed = window->keys == NULL;
    for (size_t i = 0; i < count && !window->has_failed; i++) {
        window->has_failed = !init_list(window, &window->terms->keys[i], &window->keys[i]);
    }
}

void window_init(struct window *window, const struct terms *terms, size_t part, int quality)
{
    *window = (struct window){
        .terms = &terms->parts[part],
        .document_count = terms->view->parts[part].segment->header.document_count,
    };
    for (size_t word = 0; word < terms->request->word_count; word++) {
        for (int each = 0; each <= quality && !window->has_failed; each++) {
            window->has_failed = !init_list(window, &window->terms->lists[word][each], &window->lists[word][each]);
        }
    }
    if (window_has_filter(window) && !window->has_failed) {
        init_keys(window);
    }
}

void window_free(struct window *window)
{
    arena_free(&window->arena);
}

static uint32_t next_of(struct stream *stream, uint32_t age)
{
    if (!stream->has_begun || stream->age < age) {
        stream_seek(stream, age);
    }
    return stream->age;
}

static uint32_t next_of_list(const struct term_list *list, struct list_streams *streams, uint32_t age)
{
    uint32_t next = SEGMENT_NO_AGE;

    for (size_t i = 0; i < list->stream_count; i++) {
        uint32_t found = next_of(&streams->streams[i], age);
        next = found < next ? found : next;
    }
    for (size_t i = 0; i < list->phrase_count; i++) {
        uint32_t found = next_of(&streams->phrases[i].rarest, age);
        next = found < next ? found : next;
    }
    return next;
}

uint32_t window_next(struct window *window, size_t word, int quality, uint32_t age)
{
    if (window->has_failed) {
        return SEGMENT_NO_AGE;
    }
    return next_of_list(&window->terms->lists[word][quality], &window->lists[word][quality], age);
}

uint32_t window_next_wanted(struct window *window, uint32_t age)
{
    return window->has_failed ? SEGMENT_NO_AGE : next_of_list(&window->terms->keys[0], &window->keys[0], age);
}

void window_add_other(struct window_work *work, const struct term_list *list)
{
    work->others += list->documents;
    work->streams += list->stream_count + list->phrase_count;
}

/* Small windows are for few documents that lead: seeking for each of them in each of the other streams must be less
 * work than going through all of these. */
void window_resize(struct window *window, const struct window_work *work)
{
    uint64_t between = (window->document_count / (work->leading + 1) + 63) / 64 * 64;

    if (between > BITMAP_DOCUMENTS || work->leading * work->streams * SEEK_COST > work->others) {
        between = BITMAP_DOCUMENTS;
    }
    window->size = between < 64 ? 64 : (uint32_t)between;
}

void window_move(struct window *window, uint32_t age)
{
    uint32_t left = window->document_count - age;

    window->start = age;
    window->count = left < window->size ? left : window->size;
}

void window_fill(struct window *window, size_t word, int quality, struct window_matches *matches)
{
    const struct term_list *list = &window->terms->lists[word][quality];
    struct list_streams *streams = &window->lists[word][quality];

    if (window->has_failed) {
        return;
    }
    for (size_t i = 0; i < list->stream_count; i++) {
        stream_fill(&streams->streams[i], window->start, window->count, &matches->certain);
    }
    for (size_t i = 0; i < list->phrase_count; i++) {
        stream_fill(&streams->phrases[i].rarest, window->start, window->count, &matches->possible);
    }
}

static void fill_key(struct window *window, size_t key, struct bitmap *map)
{
    for (size_t i = 0; i < window->terms->keys[key].stream_count; i++) {
        stream_fill(&window->keys[key].streams[i], window->start, window->count, map);
    }
}

bool window_fill_wanted(struct window *window, struct bitmap *wanted)
{
    bitmap_clear(wanted);
    if (window->has_failed) {
        return false;
    }
    fill_key(window, 0, wanted);
    for (size_t key = 1; key < window->terms->key_count && wanted->used != 0; key++) {
        struct bitmap others = {0};
        fill_key(window, key, &others);
        bitmap_keep(wanted, &others);
    }
    return wanted->used != 0;
}

bool window_has_phrase(struct window *window, size_t word, int quality, uint32_t index)
{
    struct list_streams *streams = &window->lists[word][quality];

    for (size_t i = 0; i < window->terms->lists[word][quality].phrase_count && !window->has_failed; i++) {
        if (phrase_is_in(&streams->phrases[i], &window->arena, window->start + index, &window->has_failed)) {
            return true;
        }
    }
    return false;
}
