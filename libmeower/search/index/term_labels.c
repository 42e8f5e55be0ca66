/* term_labels.c - what the filter of a search is in an index. */
#include "search/index/term_labels.h"
#include "base/filter.h"
#include "search/index/label_word.h"
#include "search/index/lexicon.h"

/* The documents of a part that have one of the labels, which are alternatives. */
static struct term_list find_key(struct terms *terms, size_t part, const meower_label *labels, size_t count)
{
    struct term_list list = {0};

    for (size_t i = 0; i < count; i++) {
        char word[LABEL_WORD_MAX];
        struct postings postings;
        size_t len = label_word_write(&labels[i], word);
        if (lexicon_find(terms->view->parts[part].segment, word, len, &postings) &&
            !term_list_add(&list, terms->arena, (struct stream_spec){.word = postings})) {
            terms->has_failed = true;
        }
    }
    return list;
}

/* The rarest key comes first. */
static void insert(struct term_list *keys, size_t count, const struct term_list *key)
{
    size_t at = count;

    for (; at > 0 && keys[at - 1].documents > key->documents; at--) {
        keys[at] = keys[at - 1];
    }
    keys[at] = *key;
}

static void find_in(struct terms *terms, size_t part)
{
    const meower_search_request *request = terms->request;
    struct term_list *keys = arena_take(terms->arena, request->term_count, sizeof(*keys));
    size_t count = 0;

    if (keys == NULL) {
        terms->has_failed = true;
        return;
    }
    for (size_t at = 0; at < request->term_count; count++) {
        size_t alternatives = filter_alternatives(&request->terms[at], request->term_count - at);
        struct term_list key = find_key(terms, part, &request->terms[at], alternatives);
        insert(keys, count, &key);
        at += alternatives;
    }
    terms->parts[part].keys = keys;
    terms->parts[part].key_count = count;
    terms->parts[part].is_left_out = keys[0].documents == 0;
}

bool term_labels_find(struct terms *terms)
{
    for (size_t part = 0; part < terms->view->count && terms->request->term_count > 0; part++) {
        find_in(terms, part);
    }
    return !terms->has_failed;
}

bool term_labels_leave_nothing(const struct terms *terms)
{
    bool leave_nothing = true;

    for (size_t part = 0; part < terms->view->count; part++) {
        leave_nothing = leave_nothing && terms->parts[part].is_left_out;
    }
    return leave_nothing;
}
