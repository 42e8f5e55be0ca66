/* term_list.c - what matches a searched word in a segment. */
#include "search/index/term_list.h"

bool term_list_add(struct term_list *list, struct arena *arena, struct stream_spec spec)
{
    struct stream_spec *streams =
        arena_grow(arena, list->streams, list->stream_count, &list->stream_max, sizeof(*streams));

    if (streams == NULL) {
        return false;
    }
    list->streams = streams;
    list->streams[list->stream_count++] = spec;
    list->documents += stream_count(&spec);
    return true;
}

bool term_list_add_phrase(struct term_list *list, struct arena *arena, const struct postings *words, uint32_t count)
{
    struct phrase *phrases = arena_grow(arena, list->phrases, list->phrase_count, &list->phrase_max, sizeof(*phrases));
    struct postings *copy = phrases == NULL ? NULL : arena_take(arena, count, sizeof(*copy));

    if (copy == NULL) {
        return false;
    }
    memcpy(copy, words, count * sizeof(*copy));
    list->phrases = phrases;
    list->phrases[list->phrase_count] = phrase_make(copy, count);
    list->documents += phrase_count(&list->phrases[list->phrase_count++]);
    return true;
}
