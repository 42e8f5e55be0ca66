/* relevance.c - the documents in which some searched words match, by the sum of what these add.
 *
 * Only the best are kept, as many as are wanted. Once there are so many, a document must have more than the least of
 * them, and lists that together weigh no more than that need not be gone through: only those documents are looked at
 * that some other, heavier list has (MaxScore: Turtle and Flood, Query evaluation: strategies and optimizations, 1995).
 */
#include "search/index/best.h"
#include "search/index/hits.h"
#include "search/index/window.h"

/* A searched word in one quality. */
struct weighed_list {
    size_t word;
    int quality;
    unsigned weight;
    uint64_t documents; /* of the whole index */
    bool is_light;      /* no document with light lists alone can be among the best */
};

struct relevance {
    const struct terms *terms;
    struct best best;
    unsigned weights[MATCH_WORDS_MAX][MATCH_NONE];
    struct weighed_list lists[MATCH_WORDS_MAX * MATCH_NONE]; /* the longest first; those that have something */
    size_t list_count;
    unsigned weighed_for; /* the least sum that was enough when the light lists were told */
    struct window window;
    size_t part;
    struct window_matches (*matches)[MATCH_NONE]; /* of each word */
    struct bitmap candidates;                     /* documents of the window that can be among the best */
    struct bitmap wanted;                         /* documents of the window that the filter lets through */
    struct bitmap uncertain;                      /* those whose sum counts a phrase that may be there */
    uint16_t sums[BITMAP_DOCUMENTS];              /* at most 32 words times a weight of 4 * 128 */
    unsigned char matched[BITMAP_DOCUMENTS];      /* searched words that match */
};

/* ---- lists ------------------------------------------------------------------------------------------------------ */

static uint64_t documents_of(const struct terms *terms, size_t word, int quality)
{
    uint64_t documents = 0;

    for (size_t part = 0; part < terms->view->count; part++) {
        documents += terms->parts[part].lists[word][quality].documents;
    }
    return documents;
}

static void order_lists(struct relevance *relevance)
{
    const struct terms *terms = relevance->terms;
    uint64_t all = view_documents(terms->view);

    for (size_t word = 0; word < terms->request->word_count; word++) {
        for (int quality = 0; quality < MATCH_NONE; quality++) {
            unsigned weight = match_weight(quality, all, terms->documents[word][quality]);
            struct weighed_list list = {word, quality, weight, documents_of(terms, word, quality), false};
            size_t at = relevance->list_count;
            relevance->weights[word][quality] = weight;
            if (list.documents == 0) {
                continue;
            }
            for (; at > 0 && relevance->lists[at - 1].documents < list.documents; at--) {
                relevance->lists[at] = relevance->lists[at - 1];
            }
            relevance->lists[at] = list;
            relevance->list_count++;
        }
    }
}

/* The filter leads from window to window, and all lists are looked at there. */
static void follow_filter(struct relevance *relevance, struct window_work *work)
{
    *work = (struct window_work){.leading = window_wanted(&relevance->window)};
    for (size_t i = 0; i < relevance->list_count; i++) {
        const struct weighed_list *weighed = &relevance->lists[i];
        window_add_other(work, &relevance->window.terms->lists[weighed->word][weighed->quality]);
    }
}

/* The heavy lists lead from window to window, or the filter where that is rarer. */
static void resize_windows(struct relevance *relevance)
{
    struct window_work work = {0};

    for (size_t i = 0; i < relevance->list_count; i++) {
        const struct weighed_list *weighed = &relevance->lists[i];
        const struct term_list *list = &relevance->window.terms->lists[weighed->word][weighed->quality];
        if (weighed->is_light) {
            window_add_other(&work, list);
        } else {
            work.leading += list->documents;
        }
    }
    if (window_has_filter(&relevance->window) && window_wanted(&relevance->window) < work.leading) {
        follow_filter(relevance, &work);
    }
    window_resize(&relevance->window, &work);
}

/* Tells the light lists anew when what is asked of a document has risen: the longest ones first, as long as all of them
 * together add no more than that to any document. */
static void weigh_lists(struct relevance *relevance)
{
    unsigned most[MATCH_WORDS_MAX] = {0}; /* that the light lists of a word add */
    unsigned sum = 0;

    if (relevance->best.least == relevance->weighed_for) {
        return;
    }
    relevance->weighed_for = relevance->best.least;
    for (size_t i = 0; i < relevance->list_count; i++) {
        struct weighed_list *list = &relevance->lists[i];
        unsigned more = list->weight > most[list->word] ? list->weight - most[list->word] : 0;
        list->is_light = sum + more <= relevance->weighed_for;
        if (list->is_light) {
            sum += more;
            most[list->word] += more;
        }
    }
}

/* ---- windows ---------------------------------------------------------------------------------------------------- */

/* Fills the bits of all lists. Only what a heavy list may have can be among the best. */
static void fill_window(struct relevance *relevance)
{
    bitmap_clear(&relevance->candidates);
    for (size_t i = 0; i < relevance->list_count; i++) {
        const struct weighed_list *list = &relevance->lists[i];
        struct window_matches *matches = &relevance->matches[list->word][list->quality];
        window_matches_clear(matches);
        window_fill(&relevance->window, list->word, list->quality, matches);
        if (!list->is_light) {
            bitmap_add(&relevance->candidates, &matches->certain);
            bitmap_add(&relevance->candidates, &matches->possible);
        }
    }
}

static void add_weight(struct relevance *relevance, uint32_t first, uint64_t bits, unsigned weight)
{
    for (; bits != 0; bits &= bits - 1) {
        uint32_t index = first + bitmap_first(bits);
        relevance->sums[index] = (uint16_t)(relevance->sums[index] + weight);
        relevance->matched[index]++;
    }
}

/* Adds what a searched word adds to the candidates at most: of the best quality in which each may have it. */
static void add_word(struct relevance *relevance, size_t word)
{
    const struct window_matches *matches = relevance->matches[word];
    uint64_t used = 0;

    for (int quality = 0; quality < MATCH_NONE; quality++) {
        used |= matches[quality].certain.used | matches[quality].possible.used;
    }
    for (used &= relevance->candidates.used; used != 0; used &= used - 1) {
        uint32_t i = bitmap_first(used);
        uint64_t open = relevance->candidates.words[i];
        for (int quality = 0; quality < MATCH_NONE && open != 0; quality++) {
            uint64_t certain = open & matches[quality].certain.words[i];
            uint64_t possible = open & matches[quality].possible.words[i] & ~certain;
            if (possible != 0) {
                relevance->uncertain.words[i] |= possible;
                relevance->uncertain.used |= UINT64_C(1) << i;
            }
            add_weight(relevance, i * 64, certain | possible, relevance->weights[word][quality]);
            open &= ~(certain | possible);
        }
    }
}

/* The quality in which the document has the word; MATCH_NONE where it has not. */
static int quality_of(struct relevance *relevance, size_t word, uint32_t index)
{
    const struct window_matches *matches = relevance->matches[word];
    int quality = 0;

    while (quality < MATCH_NONE && !bitmap_has(&matches[quality].certain, index) &&
           !(bitmap_has(&matches[quality].possible, index) &&
             window_has_phrase(&relevance->window, word, quality, index))) {
        quality++;
    }
    return quality;
}

/* Sums up again, now that it is asked for each phrase whether the document has it. */
static void ascertain(struct relevance *relevance, uint32_t index)
{
    unsigned sum = 0;
    unsigned char matched = 0;

    for (size_t word = 0; word < relevance->terms->request->word_count; word++) {
        int quality = quality_of(relevance, word, index);
        if (quality < MATCH_NONE) {
            sum += relevance->weights[word][quality];
            matched++;
        }
    }
    relevance->sums[index] = (uint16_t)sum;
    relevance->matched[index] = matched;
}

/* Adds the document where it is among the best. Where all words match, it is in a tier. */
static void add_document(struct relevance *relevance, uint32_t index)
{
    const struct view_part *part = &relevance->terms->view->parts[relevance->part];
    uint32_t age = relevance->window.start + index;

    if (!best_wants(&relevance->best, relevance->sums[index]) || part_is_deleted(part, age)) {
        return;
    }
    if (bitmap_has(&relevance->uncertain, index)) {
        ascertain(relevance, index);
    }
    if (best_wants(&relevance->best, relevance->sums[index]) &&
        relevance->matched[index] < relevance->terms->request->word_count) {
        best_add(&relevance->best, (struct best_document){relevance->sums[index], age, (uint32_t)relevance->part});
    }
}

static void score_window(struct relevance *relevance)
{
    if (window_has_filter(&relevance->window) && !window_fill_wanted(&relevance->window, &relevance->wanted)) {
        return;
    }
    bitmap_clear(&relevance->uncertain);
    fill_window(relevance);
    if (window_has_filter(&relevance->window)) {
        bitmap_keep(&relevance->candidates, &relevance->wanted);
    }
    memset(relevance->sums, 0, relevance->window.count * sizeof(relevance->sums[0]));
    memset(relevance->matched, 0, relevance->window.count);
    for (size_t word = 0; word < relevance->terms->request->word_count; word++) {
        add_word(relevance, word);
    }
    for (uint64_t used = relevance->candidates.used; used != 0; used &= used - 1) {
        uint32_t i = bitmap_first(used);
        for (uint64_t left = relevance->candidates.words[i]; left != 0; left &= left - 1) {
            add_document(relevance, i * 64 + bitmap_first(left));
        }
    }
}

/* The first document of this age or an older one that may be among the best. */
static uint32_t next_possible(struct relevance *relevance, uint32_t age)
{
    uint32_t next = SEGMENT_NO_AGE;

    for (size_t i = 0; i < relevance->list_count; i++) {
        const struct weighed_list *list = &relevance->lists[i];
        if (!list->is_light) {
            uint32_t found = window_next(&relevance->window, list->word, list->quality, age);
            next = found < next ? found : next;
        }
    }
    return window_has_filter(&relevance->window) && next != SEGMENT_NO_AGE
               ? window_next_wanted(&relevance->window, next)
               : next;
}

static bool score_part(struct relevance *relevance, size_t part)
{
    uint32_t age = 0;

    if (relevance->terms->parts[part].is_left_out) {
        return true;
    }
    relevance->part = part;
    window_init(&relevance->window, relevance->terms, part, MATCH_PREFIX);
    for (;;) {
        weigh_lists(relevance);
        resize_windows(relevance);
        age = next_possible(relevance, age);
        if (age == SEGMENT_NO_AGE) {
            break;
        }
        window_move(&relevance->window, age);
        score_window(relevance);
        age = window_end(&relevance->window);
    }
    window_free(&relevance->window);
    return !relevance->window.has_failed;
}

/* No document has more than the sum of what each word adds in its best quality. */
static uint32_t greatest_sum(const struct relevance *relevance)
{
    uint32_t sum = 0;

    for (size_t word = 0; word < relevance->terms->request->word_count; word++) {
        sum += relevance->weights[word][MATCH_EXACT];
    }
    return sum;
}

static bool push_best(struct relevance *relevance, struct hits *hits)
{
    struct best_document *sorted = arena_take(relevance->terms->arena, (size_t)relevance->best.wanted, sizeof(*sorted));
    size_t count = sorted == NULL ? 0 : best_sort(&relevance->best, sorted);

    for (size_t i = 0; i < count && hits_go_on(hits); i++) {
        hits_add(hits, sorted[i].part, sorted[i].age);
    }
    return sorted != NULL;
}

bool relevance_push(const struct terms *terms, struct hits *hits)
{
    struct relevance *relevance = arena_take(terms->arena, 1, sizeof(*relevance));
    uint64_t wanted = hits->skip + hits->take;
    uint64_t documents = view_documents(terms->view);
    bool has_memory = relevance != NULL;

    if (has_memory) {
        relevance->terms = terms;
        order_lists(relevance);
        relevance->matches = arena_take(terms->arena, terms->request->word_count, sizeof(*relevance->matches));
        has_memory =
            relevance->matches != NULL &&
            best_init(&relevance->best, terms->arena, wanted < documents ? wanted : documents, greatest_sum(relevance));
    }
    for (size_t part = terms->view->count; part > 0 && has_memory; part--) {
        has_memory = score_part(relevance, part - 1);
    }
    return has_memory && push_best(relevance, hits);
}
