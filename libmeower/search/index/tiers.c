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
    struct bitmap wanted;          /* documents of the window that the filter lets through */
    /* Of each word; what is certain is possible, too. */
    struct window_matches *better; /* in qualities that are better than the tier's */
    struct window_matches *within; /* in these and the tier's */
};

static uint64_t documents_of(const struct tier *tier, size_t word)
{
    uint64_t documents = 0;

    for (int quality = 0; quality <= tier->quality; quality++) {
        documents += tier->terms->parts[tier->part].lists[word][quality].documents;
    }
    return documents;
}

/* False where a word matches nothing in the segment, or the filter leaves it out. */
static bool order_words(struct tier *tier)
{
    uint64_t counts[MATCH_WORDS_MAX];

    if (tier->terms->parts[tier->part].is_left_out) {
        return false;
    }
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

/* The first document of this age or an older one that may be in the tier. */
static uint32_t next_possible(struct tier *tier, uint32_t age)
{
    uint32_t next = SEGMENT_NO_AGE;

    for (int quality = 0; quality <= tier->quality; quality++) {
        uint32_t found = window_next(&tier->window, tier->order[0], quality, age);
        next = found < next ? found : next;
    }
    return window_has_filter(&tier->window) && next != SEGMENT_NO_AGE ? window_next_wanted(&tier->window, next) : next;
}

static void fill(struct tier *tier, size_t word)
{
    struct window_matches *better = &tier->better[word];
    struct window_matches *within = &tier->within[word];

    window_matches_clear(better);
    window_matches_clear(within);
    for (int quality = 0; quality < tier->quality; quality++) {
        window_fill(&tier->window, word, quality, better);
    }
    bitmap_add(&better->possible, &better->certain);
    window_matches_add(within, better);
    window_fill(&tier->window, word, tier->quality, within);
    bitmap_add(&within->possible, &within->certain);
}

static bool has_better(struct tier *tier, size_t word, uint32_t index)
{
    const struct window_matches *better = &tier->better[word];
    bool has = bitmap_has(&better->certain, index);

    for (int quality = 0; quality < tier->quality && !has && bitmap_has(&better->possible, index); quality++) {
        has = window_has_phrase(&tier->window, word, quality, index);
    }
    return has;
}

/* Whether all words match, and one of them only in the tier's quality. */
static bool is_in_tier(struct tier *tier, uint32_t index)
{
    bool is_better = true;

    for (size_t i = 0; i < tier->terms->request->word_count; i++) {
        size_t word = tier->order[i];
        if (has_better(tier, word, index)) {
            continue;
        }
        is_better = false;
        if (!bitmap_has(&tier->within[word].certain, index) &&
            !window_has_phrase(&tier->window, word, tier->quality, index)) {
            return false;
        }
    }
    return !is_better;
}

/* Those that may be in the tier. */
static struct bitmap find_candidates(struct tier *tier)
{
    struct bitmap candidates;

    fill(tier, tier->order[0]);
    candidates = tier->within[tier->order[0]].possible;
    if (window_has_filter(&tier->window)) {
        bitmap_keep(&candidates, &tier->wanted);
    }
    for (size_t i = 1; i < tier->terms->request->word_count && candidates.used != 0; i++) {
        fill(tier, tier->order[i]);
        bitmap_keep(&candidates, &tier->within[tier->order[i]].possible);
    }
    return candidates;
}

static void push_window(struct tier *tier, struct hits *hits)
{
    const struct view_part *part = &hits->view->parts[tier->part];

    if (window_has_filter(&tier->window) && !window_fill_wanted(&tier->window, &tier->wanted)) {
        return;
    }
    const struct bitmap candidates = find_candidates(tier);
    for (uint64_t used = candidates.used; used != 0; used &= used - 1) {
        uint32_t i = bitmap_first(used);
        for (uint64_t left = candidates.words[i]; left != 0 && hits_go_on(hits); left &= left - 1) {
            uint32_t index = i * 64 + bitmap_first(left);
            uint32_t age = tier->window.start + index;
            if (!part_is_deleted(part, age) && is_in_tier(tier, index)) {
                hits_add(hits, tier->part, age);
            }
        }
    }
}

/* The rarest word leads from window to window, or the filter where that is rarer. */
static void resize_windows(struct tier *tier)
{
    struct window_work work = {.leading = documents_of(tier, tier->order[0])};
    bool filter_leads = window_has_filter(&tier->window) && window_wanted(&tier->window) < work.leading;

    if (filter_leads) {
        work.leading = window_wanted(&tier->window);
    }
    for (size_t i = filter_leads ? 0 : 1; i < tier->terms->request->word_count; i++) {
        for (int quality = 0; quality <= tier->quality; quality++) {
            window_add_other(&work, &tier->terms->parts[tier->part].lists[tier->order[i]][quality]);
        }
    }
    window_resize(&tier->window, &work);
}

static bool push_part(struct tier *tier, struct hits *hits)
{
    uint32_t age = 0;

    window_init(&tier->window, tier->terms, tier->part, tier->quality);
    resize_windows(tier);
    while (!tier->window.has_failed && hits_go_on(hits) && (age = next_possible(tier, age)) != SEGMENT_NO_AGE) {
        window_move(&tier->window, age);
        push_window(tier, hits);
        age = window_end(&tier->window);
    }
    window_free(&tier->window);
    return !tier->window.has_failed;
}

bool tiers_push(const struct terms *terms, int quality, struct hits *hits)
{
    size_t word_count = terms->request->word_count;
    struct tier tier = {
        .terms = terms,
        .quality = quality,
        .better = arena_take(terms->arena, word_count, sizeof(*tier.better)),
        .within = arena_take(terms->arena, word_count, sizeof(*tier.within)),
    };
    bool has_memory = tier.better != NULL && tier.within != NULL;

    for (size_t part = terms->view->count; part > 0 && has_memory && hits_go_on(hits); part--) {
        tier.part = part - 1;
        has_memory = !order_words(&tier) || push_part(&tier, hits);
    }
    return has_memory;
}
