/* relevance.c - the documents in which some searched words match, by the sum of what these add.
 *
 * Only the best are kept, as many as are wanted. Once there are so many, a document must have more than the least of
 * them, and lists that together weigh no more than that need not be gone through: only those documents are looked at
 * that some other, heavier list has (MaxScore: Turtle and Flood, Query evaluation: strategies and optimizations, 1995).
 */
#include "search/index/hits.h"
#include "search/index/window.h"

struct scored {
    unsigned sum;
    uint32_t age;
    size_t part; /* of equal sums the newest is the best: the later part, and there the younger */
};

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
    struct scored *heap; /* the worst first */
    size_t count;
    size_t max;
    unsigned weights[MATCH_WORDS_MAX][MATCH_NONE];
    struct weighed_list lists[MATCH_WORDS_MAX * MATCH_NONE]; /* the longest first */
    size_t list_count;
    unsigned weighed_for; /* the least sum of the best when the light lists were told */
    struct window window;
    size_t part;
    window_bits bits[MATCH_WORDS_MAX][MATCH_NONE];
    uint16_t sums[WINDOW_DOCUMENTS]; /* at most 32 words times a weight of 4 * 128 */
    unsigned char matched[WINDOW_DOCUMENTS];
};

/* ---- the best so far -------------------------------------------------------------------------------------------- */

static bool is_better(const struct scored *a, const struct scored *b)
{
    if (a->sum != b->sum) {
        return a->sum > b->sum;
    }
    return a->part != b->part ? a->part > b->part : a->age < b->age;
}

static void swap(struct scored *a, struct scored *b)
{
    struct scored kept = *a;

    *a = *b;
    *b = kept;
}

static void sink_down(struct relevance *relevance, size_t at)
{
    struct scored *heap = relevance->heap;

    for (;;) {
        size_t worst = at;
        for (size_t child = 2 * at + 1; child <= 2 * at + 2 && child < relevance->count; child++) {
            worst = is_better(&heap[worst], &heap[child]) ? child : worst;
        }
        if (worst == at) {
            return;
        }
        swap(&heap[at], &heap[worst]);
        at = worst;
    }
}

static void keep(struct relevance *relevance, struct scored scored)
{
    struct scored *heap = relevance->heap;

    if (relevance->count == relevance->max) {
        if (is_better(&scored, &heap[0])) {
            heap[0] = scored;
            sink_down(relevance, 0);
        }
        return;
    }
    size_t at = relevance->count++;
    heap[at] = scored;
    for (size_t parent; at > 0 && is_better(&heap[parent = (at - 1) / 2], &heap[at]); at = parent) {
        swap(&heap[at], &heap[parent]);
    }
}

static int compare_scored(const void *a, const void *b)
{
    return is_better(a, b) ? -1 : is_better(b, a) ? 1 : 0;
}

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
            size_t at = relevance->list_count++;
            relevance->weights[word][quality] = weight;
            for (; at > 0 && relevance->lists[at - 1].documents < list.documents; at--) {
                relevance->lists[at] = relevance->lists[at - 1];
            }
            relevance->lists[at] = list;
        }
    }
}

/* The documents that lead from window to window: those of the heavy lists. */
static void resize_windows(struct relevance *relevance)
{
    uint64_t documents = 0;

    for (size_t i = 0; i < relevance->list_count; i++) {
        const struct weighed_list *list = &relevance->lists[i];
        documents += list->is_light ? 0 : relevance->window.terms->lists[list->word][list->quality].documents;
    }
    window_resize(&relevance->window, documents);
}

/* Tells the light lists anew when what is asked of a document has risen: the longest ones first, as long as all of them
 * together add no more than that to any document. */
static void weigh_lists(struct relevance *relevance)
{
    unsigned most[MATCH_WORDS_MAX] = {0}; /* that the light lists of a word add */
    unsigned sum = 0;

    if (relevance->count < relevance->max || relevance->heap[0].sum == relevance->weighed_for) {
        return;
    }
    relevance->weighed_for = relevance->heap[0].sum;
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

/* Fills the bits of all lists. Returns those that a heavy list has: no other document can be among the best. */
static void fill_window(struct relevance *relevance, window_bits candidates)
{
    size_t words = window_words(&relevance->window);

    memset(candidates, 0, words * sizeof(candidates[0]));
    for (size_t i = 0; i < relevance->list_count; i++) {
        const struct weighed_list *list = &relevance->lists[i];
        uint64_t *bits = relevance->bits[list->word][list->quality];
        memset(bits, 0, words * sizeof(*bits));
        window_fill(&relevance->window, list->word, list->quality, bits);
        for (size_t j = 0; j < words && !list->is_light; j++) {
            candidates[j] |= bits[j];
        }
    }
}

/* Adds what a searched word adds to the candidates: of the best quality in which each has it. */
static void add_word(struct relevance *relevance, size_t word, const window_bits candidates)
{
    for (size_t i = 0; i < window_words(&relevance->window); i++) {
        uint64_t open = candidates[i];
        for (int quality = 0; quality < MATCH_NONE && open != 0; quality++) {
            uint64_t found = open & relevance->bits[word][quality][i];
            unsigned weight = relevance->weights[word][quality];
            open &= ~found;
            for (; found != 0; found &= found - 1) {
                size_t index = i * 64 + (size_t)__builtin_ctzll(found);
                relevance->sums[index] = (uint16_t)(relevance->sums[index] + weight);
                relevance->matched[index]++;
            }
        }
    }
}

/* Where all words match, the document is in a tier. */
static void keep_best(struct relevance *relevance, const window_bits candidates)
{
    const struct view_part *part = &relevance->terms->view->parts[relevance->part];
    size_t word_count = relevance->terms->request->word_count;

    for (size_t i = 0; i < window_words(&relevance->window); i++) {
        for (uint64_t left = candidates[i]; left != 0; left &= left - 1) {
            size_t index = i * 64 + (size_t)__builtin_ctzll(left);
            struct scored scored = {relevance->sums[index], relevance->window.start + (uint32_t)index, relevance->part};
            if (relevance->matched[index] < word_count && !part_is_deleted(part, scored.age)) {
                keep(relevance, scored);
            }
        }
    }
}

static void score_window(struct relevance *relevance)
{
    window_bits candidates;

    fill_window(relevance, candidates);
    memset(relevance->sums, 0, relevance->window.count * sizeof(relevance->sums[0]));
    memset(relevance->matched, 0, relevance->window.count);
    for (size_t word = 0; word < relevance->terms->request->word_count; word++) {
        add_word(relevance, word, candidates);
    }
    keep_best(relevance, candidates);
}

static uint32_t next_heavy(struct relevance *relevance, uint32_t age)
{
    uint32_t next = SEGMENT_NO_AGE;

    for (size_t i = 0; i < relevance->list_count; i++) {
        const struct weighed_list *list = &relevance->lists[i];
        if (!list->is_light) {
            uint32_t found = window_next(&relevance->window, list->word, list->quality, age);
            next = found < next ? found : next;
        }
    }
    return next;
}

static bool score_part(struct relevance *relevance, size_t part)
{
    uint32_t age = 0;

    relevance->part = part;
    window_init(&relevance->window, relevance->terms, part, MATCH_PREFIX);
    for (;;) {
        weigh_lists(relevance);
        resize_windows(relevance);
        age = next_heavy(relevance, age);
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

static void push_best(struct relevance *relevance, struct hits *hits)
{
    if (relevance->count > 0) {
        qsort(relevance->heap, relevance->count, sizeof(*relevance->heap), compare_scored);
    }
    for (size_t i = 0; i < relevance->count && hits_go_on(hits); i++) {
        hits_add(hits, relevance->heap[i].part, relevance->heap[i].age);
    }
}

bool relevance_push(const struct terms *terms, struct hits *hits)
{
    struct relevance *relevance = malloc(sizeof(*relevance));
    uint64_t wanted = hits->skip + hits->take;
    uint64_t documents = view_documents(terms->view);
    bool has_memory = relevance != NULL;

    wanted = wanted < documents ? wanted : documents;
    if (has_memory) {
        relevance->terms = terms;
        relevance->count = 0;
        relevance->max = (size_t)wanted;
        relevance->list_count = 0;
        relevance->weighed_for = 0;
        relevance->heap = malloc((relevance->max + 1) * sizeof(*relevance->heap));
        has_memory = relevance->heap != NULL;
    }
    if (has_memory && wanted > 0) {
        order_lists(relevance);
        for (size_t part = terms->view->count; part > 0 && has_memory; part--) {
            has_memory = score_part(relevance, part - 1);
        }
        if (has_memory) {
            push_best(relevance, hits);
        }
    }
    if (relevance != NULL) {
        free(relevance->heap);
        free(relevance);
    }
    return has_memory;
}
