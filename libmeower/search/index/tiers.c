/* tiers.c - the documents in which all searched words match. */
#include "search/index/hits.h"
#include "search/index/window.h"

void hits_add(struct hits *hits, size_t part, uint32_t age)
{
    const struct segment *segment = hits->view->parts[part].segment;
    char id[MEOWER_ID_SIZE];

    if (hits->skip > 0) {
        hits->skip--;
        return;
    }
    ksuid_format(segment_id(segment, age), id);
    hits->take--;
    hits->status = hits->sink->hit(hits->sink, id, segment_position(segment, age));
}

/* A tier of one segment. */
struct tier {
    struct window window;
    const struct terms *terms;
    size_t part;
    int quality;
    size_t order[MATCH_WORDS_MAX]; /* of the words, the rarest first */
};

static uint64_t documents_of(const struct tier *tier, size_t word)
{
    uint64_t documents = 0;

    for (int quality = 0; quality <= tier->quality; quality++) {
        documents += tier->terms->parts[tier->part].lists[word][quality].documents;
    }
    return documents;
}

/* False where a word matches nothing in the segment. */
static bool order_words(struct tier *tier)
{
    uint64_t counts[MATCH_WORDS_MAX];

    for (size_t word = 0; word < tier->terms->request->word_count; word++) {
        uint64_t documents = documents_of(tier, word);
        size_t at = word;
        if (documents == 0) {
            return false;
        }
        for (; at > 0 && counts[at - 1] > documents; at--) {
            counts[at] = counts[at - 1];
            tier->order[at] = tier->order[at - 1];
        }
        counts[at] = documents;
        tier->order[at] = word;
    }
    return true;
}

static uint32_t next_of_rarest(struct tier *tier, uint32_t age)
{
    uint32_t next = SEGMENT_NO_AGE;

    for (int quality = 0; quality <= tier->quality; quality++) {
        uint32_t found = window_next(&tier->window, tier->order[0], quality, age);
        next = found < next ? found : next;
    }
    return next;
}

/* Leaves in `all` what the word has, too, and in `better` what it has in a better quality than the tier's. Returns
 * whether anything is left. */
static bool intersect(struct tier *tier, size_t word, window_bits all, window_bits better)
{
    window_bits bits;
    uint64_t left = 0;

    memset(bits, 0, window_words(&tier->window) * sizeof(bits[0]));
    for (int quality = 0; quality < tier->quality; quality++) {
        window_fill(&tier->window, word, quality, bits);
    }
    for (size_t i = 0; i < window_words(&tier->window); i++) {
        better[i] &= bits[i];
    }
    window_fill(&tier->window, word, tier->quality, bits);
    for (size_t i = 0; i < window_words(&tier->window); i++) {
        all[i] &= bits[i];
        left |= all[i];
    }
    return left != 0;
}

static void push_window(struct tier *tier, struct hits *hits)
{
    const struct view_part *part = &hits->view->parts[tier->part];
    window_bits all;
    window_bits better;

    memset(all, 0xFF, sizeof(all));
    memset(better, tier->quality == 0 ? 0 : 0xFF, sizeof(better));
    for (size_t i = 0; i < tier->terms->request->word_count; i++) {
        if (!intersect(tier, tier->order[i], all, better)) {
            return;
        }
    }
    for (size_t i = 0; i < window_words(&tier->window); i++) {
        for (uint64_t left = all[i] & ~better[i]; left != 0 && hits_go_on(hits); left &= left - 1) {
            uint32_t age = tier->window.start + (uint32_t)(i * 64) + (uint32_t)__builtin_ctzll(left);
            if (!part_is_deleted(part, age)) {
                hits_add(hits, tier->part, age);
            }
        }
    }
}

static bool push_part(struct tier *tier, struct hits *hits)
{
    uint32_t age = 0;

    window_init(&tier->window, tier->terms, tier->part, tier->quality);
    window_resize(&tier->window, documents_of(tier, tier->order[0]));
    while (!tier->window.has_failed && hits_go_on(hits) && (age = next_of_rarest(tier, age)) != SEGMENT_NO_AGE) {
        window_move(&tier->window, age);
        push_window(tier, hits);
        age = window_end(&tier->window);
    }
    window_free(&tier->window);
    return !tier->window.has_failed;
}

bool tiers_push(const struct terms *terms, int quality, struct hits *hits)
{
    for (size_t part = terms->view->count; part > 0 && hits_go_on(hits); part--) {
        struct tier tier = {.terms = terms, .part = part - 1, .quality = quality};
        if (order_words(&tier) && !push_part(&tier, hits)) {
            return false;
        }
    }
    return true;
}
