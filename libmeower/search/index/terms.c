/* terms.c - what a search is in an index. */
#include "search/index/terms.h"
#include "search/index/lexicon.h"
#include "search/index/splits.h"

#define LOOKED_AT_MAX  1000 /* documents of a word in a segment that are looked at one by one */
#define TYPO_WORDS_MAX 128  /* words with typos that are tried for one searched word (docs/SEARCH.md, "Limits") */

static void add_word(struct terms *terms, struct term_list *list, struct postings postings)
{
    if (!term_list_add(list, terms->arena, (struct stream_spec){.word = postings})) {
        terms->has_failed = true;
    }
}

static struct term_list *list_of(struct terms *terms, size_t part, size_t word, int quality)
{
    return &terms->parts[part].lists[word][quality];
}

static uint64_t least(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

/* How many documents have the word. Deleted ones are left out, but where many have it: they are cleared away soon, and
 * the logarithm of a large number hides them. */
static uint32_t count_documents(const struct terms *terms, size_t number, struct postings postings)
{
    const struct view_part *part = &terms->view->parts[number];
    struct cursor cursor;
    uint32_t count = 0;

    if (part_deleted(part) == 0 || postings.count > LOOKED_AT_MAX) {
        return postings.count;
    }
    for (cursor_init(&cursor, postings); cursor_age(&cursor) != SEGMENT_NO_AGE; cursor_next(&cursor)) {
        count += part_is_deleted(part, cursor_age(&cursor)) ? 0 : 1;
    }
    return count;
}

/* Adds what every part has of this text. Returns how many documents have it. */
static uint64_t add_text(struct terms *terms, size_t word, int quality, const char *text, size_t len)
{
    uint64_t documents = 0;

    for (size_t part = 0; part < terms->view->count; part++) {
        struct postings postings;
        if (lexicon_find(terms->view->parts[part].segment, text, len, &postings)) {
            add_word(terms, list_of(terms, part, word, quality), postings);
            documents += count_documents(terms, part, postings);
        }
    }
    return documents;
}

/* ---- with typos ------------------------------------------------------------------------------------------------- */

/* A word of the index that is near enough. */
struct candidate {
    const char *text;
    size_t len;
    unsigned edits;
    uint64_t documents;
    struct postings *postings; /* one a part; count 0 where it has none */
};

/* The candidates for one searched word. */
struct candidates {
    struct typo_sink sink; /* first: the word function casts back */
    struct terms *terms;
    struct candidate *items;
    size_t count;
    size_t max;
};

/* Looks the word up in every part. False when memory is short. */
static bool find_candidate(struct terms *terms, struct candidate *candidate)
{
    candidate->postings = arena_take(terms->arena, terms->view->count, sizeof(*candidate->postings));
    if (candidate->postings == NULL) {
        return false;
    }
    for (size_t part = 0; part < terms->view->count; part++) {
        struct postings *postings = &candidate->postings[part];
        if (lexicon_find(terms->view->parts[part].segment, candidate->text, candidate->len, postings)) {
            candidate->documents += count_documents(terms, part, *postings);
        }
    }
    return true;
}

static bool take_candidate(struct typo_sink *sink, const char *text, size_t len, unsigned edits)
{
    struct candidates *candidates = (struct candidates *)sink;
    struct candidate candidate = {.text = text, .len = len, .edits = edits};
    struct candidate *items =
        arena_grow(candidates->terms->arena, candidates->items, candidates->count, &candidates->max, sizeof(*items));

    if (items == NULL || !find_candidate(candidates->terms, &candidate)) {
        candidates->terms->has_failed = true;
        return false;
    }
    candidates->items = items;
    if (candidate.documents > 0) { /* the vocabulary knows words that are gone */
        candidates->items[candidates->count++] = candidate;
    }
    return true;
}

static bool has_candidate(const struct candidates *candidates, const char *text, size_t len)
{
    for (size_t i = 0; i < candidates->count; i++) {
        if (candidates->items[i].len == len && memcmp(candidates->items[i].text, text, len) == 0) {
            return true;
        }
    }
    return false;
}

/* The nearest first, of those the most frequent, of those bytewise. */
static int compare_candidates(const void *a, const void *b)
{
    const struct candidate *left = a;
    const struct candidate *right = b;

    if (left->edits != right->edits) {
        return left->edits < right->edits ? -1 : 1;
    }
    if (left->documents != right->documents) {
        return left->documents > right->documents ? -1 : 1;
    }
    return bytes_compare(left->text, left->len, right->text, right->len);
}

/* What the query's neighbours are when they are joined matches each of them. A word that does as a typo anyway is there
 * already. Returns how many documents have them. */
static uint64_t find_joins(struct terms *terms, size_t word, const struct candidates *candidates)
{
    uint64_t documents = 0;

    for (size_t i = 0; i < terms->request->join_count; i++) {
        const meower_search_join *join = &terms->request->joins[i];
        if ((join->word_mask >> word & 1) == 0 || has_candidate(candidates, join->text, join->text_len)) {
            continue;
        }
        documents += add_text(terms, word, MATCH_TYPO, join->text, join->text_len);
    }
    return documents;
}

/* Leaves those that are tried, and notes which they are. */
static void limit(struct candidates *candidates, size_t word)
{
    struct candidates *limited;

    if (candidates->count <= TYPO_WORDS_MAX) {
        return;
    }
    qsort(candidates->items, candidates->count, sizeof(*candidates->items), compare_candidates);
    candidates->count = TYPO_WORDS_MAX;
    limited = arena_take(candidates->terms->arena, 1, sizeof(*limited));
    if (limited == NULL) {
        candidates->terms->has_failed = true;
        return;
    }
    *limited = *candidates;
    candidates->terms->limited[word] = limited;
}

/* Returns how many documents have words that differ by typos, each word for itself. */
static uint64_t find_typos(struct terms *terms, size_t word, bool differs)
{
    const meower_search_word *searched = &terms->request->words[word];
    struct candidates candidates = {.sink.word = take_candidate, .terms = terms};
    uint64_t documents;

    vocabulary_find_typos(terms->view->vocabulary, searched, &candidates.sink);
    if (differs && searched->may_differ_first) {
        vocabulary_find_first_typos(terms->view->vocabulary, searched, &candidates.sink);
    }
    limit(&candidates, word);
    documents = find_joins(terms, word, &candidates);
    for (size_t i = 0; i < candidates.count; i++) {
        documents += candidates.items[i].documents;
        for (size_t part = 0; part < terms->view->count; part++) {
            if (candidates.items[i].postings[part].count > 0) {
                add_word(terms, list_of(terms, part, word, MATCH_TYPO), candidates.items[i].postings[part]);
            }
        }
    }
    return documents;
}

static void find_splits(struct terms *terms, size_t word)
{
    const meower_search_word *searched = &terms->request->words[word];

    for (size_t part = 0; part < terms->view->count && searched->may_be_split && !terms->has_failed; part++) {
        const struct splits splits = {.vocabulary = terms->view->vocabulary,
                                      .segment = terms->view->parts[part].segment,
                                      .list = list_of(terms, part, word, MATCH_TYPO),
                                      .arena = terms->arena};
        terms->has_failed = !splits_find(&splits, searched);
    }
}

/* ---- as a prefix ------------------------------------------------------------------------------------------------ */

/* Whether the walk's word is matched as a typo already: then it is one, and no prefix. */
static bool is_typo(const struct terms *terms, size_t word, bool differs, const struct lexicon_walk *walk)
{
    const meower_search_word *searched = &terms->request->words[word];
    const char *text = (const char *)walk->word;

    return searched->typos_max > 0 && walk->len <= searched->text_len + (size_t)searched->typos_max * 4 &&
           match_quality(searched, text, walk->len, differs) == MATCH_TYPO &&
           (terms->limited[word] == NULL || has_candidate(terms->limited[word], text, walk->len));
}

/* Whether it is what the query's neighbours are when they are joined. */
static bool is_join(const struct terms *terms, size_t word, const struct lexicon_walk *walk)
{
    for (size_t i = 0; i < terms->request->join_count; i++) {
        const meower_search_join *join = &terms->request->joins[i];
        if ((join->word_mask >> word & 1) != 0 && join->text_len == walk->len &&
            memcmp(join->text, walk->word, walk->len) == 0) {
            return true;
        }
    }
    return false;
}

/* Returns how many documents have longer words that begin with it, each word for itself. */
static uint64_t find_prefixes(struct terms *terms, size_t word, bool differs)
{
    const meower_search_word *searched = &terms->request->words[word];
    uint64_t documents = 0;

    for (size_t part = 0; part < terms->view->count; part++) {
        struct lexicon_walk walk;
        lexicon_seek(&walk, terms->view->parts[part].segment, searched->text, searched->text_len);
        for (; lexicon_begins_with(&walk, searched->text, searched->text_len); lexicon_next(&walk)) {
            if (walk.len > searched->text_len && !is_typo(terms, word, differs, &walk) &&
                !is_join(terms, word, &walk)) {
                struct postings postings = lexicon_postings(&walk);
                add_word(terms, list_of(terms, part, word, MATCH_PREFIX), postings);
                documents += count_documents(terms, part, postings);
            }
        }
    }
    return documents;
}

/* ---- runs ------------------------------------------------------------------------------------------------------- */

/* The characters of a run. */
struct run {
    const char *end;
    const char *last; /* the last character */
    uint32_t count;
};

static struct run run_of(const meower_search_word *word)
{
    struct run run = {word->text + word->text_len, word->text, 1};

    for (const char *space; (space = memchr(run.last, ' ', (size_t)(run.end - run.last))) != NULL; run.count++) {
        run.last = space + 1;
    }
    return run;
}

/* The postings of all characters but the last, for which there is room. NULL when the segment lacks one, or memory is
 * short. `counts` has how many documents have each. */
static struct postings *find_characters(struct terms *terms, size_t part, const struct run *run, const char *text,
                                        uint64_t *counts)
{
    struct postings *words = arena_take(terms->arena, run->count, sizeof(*words));
    bool has_all = words != NULL;

    terms->has_failed = terms->has_failed || words == NULL;
    for (uint32_t i = 0; i + 1 < run->count && words != NULL; i++) {
        size_t len = strcspn(text, " ");
        if (lexicon_find(terms->view->parts[part].segment, text, len, &words[i])) {
            counts[i] += count_documents(terms, part, words[i]);
        } else {
            has_all = false;
        }
        text += len + 1;
    }
    return has_all ? words : NULL;
}

static void add_run(struct terms *terms, struct term_list *list, const struct postings *words, uint32_t count)
{
    if (count == 1) {
        add_word(terms, list, words[0]);
    } else if (!term_list_add_phrase(list, terms->arena, words, count)) {
        terms->has_failed = true;
    }
}

/* Of one segment: what is the run, or, as a prefix, what goes on after its last character. `counts` gets how many
 * documents have each character, the last one's in the quality that is asked for. */
static void find_run_in(struct terms *terms, size_t part, size_t word, const struct run *run, int quality,
                        uint64_t *counts)
{
    const struct segment *segment = terms->view->parts[part].segment;
    struct postings *words = find_characters(terms, part, run, terms->request->words[word].text, counts);
    size_t last_len = (size_t)(run->end - run->last);
    struct lexicon_walk walk;

    lexicon_seek(&walk, segment, run->last, last_len);
    for (; lexicon_begins_with(&walk, run->last, last_len); lexicon_next(&walk)) {
        if ((walk.len == last_len) != (quality == MATCH_EXACT)) {
            continue;
        }
        struct postings postings = lexicon_postings(&walk);
        counts[run->count - 1] += count_documents(terms, part, postings);
        if (words != NULL) {
            words[run->count - 1] = postings;
            add_run(terms, list_of(terms, part, word, quality), words, run->count);
        }
        if (quality == MATCH_EXACT) {
            break;
        }
    }
}

/* A run counts as its rarest character does; as a prefix, its last one with all that begin with it. */
static void find_run(struct terms *terms, size_t word, int quality)
{
    const struct run run = run_of(&terms->request->words[word]);
    uint64_t *documents = terms->documents[word];
    uint64_t *counts = arena_take(terms->arena, run.count, sizeof(*counts));
    uint64_t rarest = UINT64_MAX;

    if (quality == MATCH_TYPO) {
        documents[quality] = documents[MATCH_EXACT];
        return;
    }
    if (quality == MATCH_PREFIX && !terms->request->words[word].is_prefix) {
        return;
    }
    if (counts == NULL) {
        terms->has_failed = true;
        return;
    }
    for (size_t part = 0; part < terms->view->count; part++) {
        find_run_in(terms, part, word, &run, quality, counts);
    }
    if (quality == MATCH_EXACT) {
        terms->last_documents[word] = counts[run.count - 1];
    }
    for (uint32_t i = 0; i + 1 < run.count; i++) {
        rarest = least(rarest, counts[i]);
    }
    documents[quality] =
        least(rarest, counts[run.count - 1] + (quality == MATCH_PREFIX ? terms->last_documents[word] : 0));
}

/* ---- all -------------------------------------------------------------------------------------------------------- */

static void find_word(struct terms *terms, size_t word, int quality)
{
    const meower_search_word *searched = &terms->request->words[word];
    uint64_t *documents = terms->documents[word];
    bool differs = documents[MATCH_EXACT] == 0;

    switch (quality) {
    case MATCH_EXACT:
        documents[quality] = add_text(terms, word, quality, searched->text, searched->text_len);
        break;
    case MATCH_TYPO:
        documents[quality] = documents[MATCH_EXACT] + find_typos(terms, word, differs);
        find_splits(terms, word);
        break;
    default:
        documents[quality] = documents[MATCH_TYPO];
        if (searched->is_prefix) {
            documents[quality] += find_prefixes(terms, word, differs);
        }
    }
}

bool terms_find(struct terms *terms, int quality)
{
    for (size_t word = 0; word < terms->request->word_count && !terms->has_failed; word++) {
        if (match_is_run(&terms->request->words[word])) {
            find_run(terms, word, quality);
        } else {
            find_word(terms, word, quality);
        }
        for (size_t part = 0; part < terms->view->count; part++) {
            terms->has_quality[quality] |= !term_list_is_empty(list_of(terms, part, word, quality));
        }
    }
    return !terms->has_failed;
}

bool terms_init(struct terms *terms, const struct view *view, const meower_search_request *request, struct arena *arena)
{
    size_t words = request->word_count;
    struct term_list(*lists)[MATCH_NONE] = arena_take(arena, view->count * words, sizeof(*lists));

    *terms = (struct terms){.view = view, .request = request, .arena = arena};
    terms->parts = arena_take(arena, view->count, sizeof(*terms->parts));
    if (lists == NULL || terms->parts == NULL) {
        return false;
    }
    for (size_t part = 0; part < view->count; part++) {
        terms->parts[part].lists = lists + part * words;
    }
    return true;
}
