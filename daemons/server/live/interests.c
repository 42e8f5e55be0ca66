/* interests.c - see interests.h. A hash table of terms; each has the list of those who asked for it. */
#include "server/live/interests.h"

#include "base/hash.h"
#include <stdlib.h>
#include <string.h>

#define BUCKETS_MIN 64
#define FOUND_MIN   64

/* A label that somebody asks for. */
struct interest_term {
    struct interest_term *next; /* of the same bucket */
    struct list entries;
    uint64_t hash;
    size_t key_len;
    size_t value_len;
    char text[]; /* key, then value */
};

/* Somebody who asks for a term. */
struct interest_entry {
    struct list node; /* in the term's entries */
    struct interest *interest;
    struct interest_term *term;
};

void interests_init(struct interests *interests)
{
    *interests = (struct interests){.bucket_count = 0};
    list_init(&interests->all);
    list_init(&interests->wordy);
}

void interests_free(struct interests *interests)
{
    free(interests->terms);
    free(interests->found);
    free(interests->filters);
    free(interests->matches);
}

/* ---- terms ------------------------------------------------------------------------------------------------------ */

static uint64_t hash_of(const meower_label *label)
{
    return hash_bytes(label->key, label->key_len) * 31 + hash_bytes(label->value, label->value_len);
}

static struct interest_term **bucket_of(const struct interests *interests, uint64_t hash)
{
    return &interests->terms[hash & (interests->bucket_count - 1)];
}

static bool grow_buckets(struct interests *interests)
{
    size_t old_count = interests->bucket_count;
    struct interest_term **old = interests->terms;
    size_t count = old_count == 0 ? BUCKETS_MIN : 2 * old_count;
    struct interest_term **terms = calloc(count, sizeof(struct interest_term *));
    if (terms == NULL) {
        return false;
    }
    interests->terms = terms;
    interests->bucket_count = count;
    for (size_t i = 0; i < old_count; i++) {
        for (struct interest_term *term = old[i], *next; term != NULL; term = next) {
            struct interest_term **bucket = bucket_of(interests, term->hash);
            next = term->next;
            term->next = *bucket;
            *bucket = term;
        }
    }
    free(old);
    return true;
}

static bool is_term(const struct interest_term *term, const meower_label *label)
{
    return term->key_len == label->key_len && term->value_len == label->value_len &&
           memcmp(term->text, label->key, label->key_len) == 0 &&
           memcmp(term->text + term->key_len, label->value, label->value_len) == 0;
}

static struct interest_term *find_term(const struct interests *interests, const meower_label *label)
{
    uint64_t hash = hash_of(label);
    struct interest_term *term = interests->bucket_count == 0 ? NULL : *bucket_of(interests, hash);
    while (term != NULL && (term->hash != hash || !is_term(term, label))) {
        term = term->next;
    }
    return term;
}

static struct interest_term *make_term(struct interests *interests, const meower_label *label)
{
    struct interest_term *term = find_term(interests, label);
    if (term != NULL) {
        return term;
    }
    if (interests->term_count == interests->bucket_count && !grow_buckets(interests)) {
        return NULL;
    }
    term = malloc(sizeof(*term) + label->key_len + label->value_len);
    if (term == NULL) {
        return NULL;
    }
    struct interest_term **bucket = bucket_of(interests, hash_of(label));
    *term = (struct interest_term){
        .next = *bucket, .hash = hash_of(label), .key_len = label->key_len, .value_len = label->value_len};
    memcpy(term->text, label->key, label->key_len);
    memcpy(term->text + label->key_len, label->value, label->value_len);
    list_init(&term->entries);
    *bucket = term;
    interests->term_count++;
    return term;
}

static void drop_term(struct interests *interests, struct interest_term *term)
{
    struct interest_term **place = bucket_of(interests, term->hash);
    while (*place != term) {
        place = &(*place)->next;
    }
    *place = term->next;
    interests->term_count--;
    free(term);
}

/* ---- who asks --------------------------------------------------------------------------------------------------- */

/* The labels of the key with the fewest values, *count of them. NULL when there are no labels. */
static const meower_label *rarest_key(const meower_filter *filter, size_t *count)
{
    size_t label_count;
    const meower_label *labels = meower_filter_labels(filter, &label_count);
    const meower_label *rarest = NULL;
    *count = 0;
    for (size_t at = 0, end; at < label_count; at = end) {
        end = at + 1;
        while (end < label_count && strcmp(labels[end].key, labels[at].key) == 0) {
            end++;
        }
        if (rarest == NULL || end - at < *count) {
            rarest = &labels[at];
            *count = end - at;
        }
    }
    return rarest;
}

static bool add_entries(struct interest *interest, const meower_label *labels, size_t count)
{
    interest->entries = calloc(count, sizeof(*interest->entries));
    if (interest->entries == NULL) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        struct interest_entry *entry = &interest->entries[i];
        entry->term = make_term(interest->interests, &labels[i]);
        if (entry->term == NULL) {
            return false;
        }
        entry->interest = interest;
        list_append(&entry->term->entries, &entry->node);
        interest->entry_count++;
    }
    return true;
}

bool interests_add(struct interests *interests, struct interest *interest)
{
    size_t count;
    const meower_label *labels = rarest_key(interest->filter, &count);
    interest->interests = interests;
    interest->gathered_at = 0;
    list_append(&interests->all, &interest->all);
    if (labels == NULL) {
        list_append(&interests->wordy, &interest->wordy);
    } else if (!add_entries(interest, labels, count)) {
        interests_remove(interest);
        return false;
    }
    return true;
}

void interests_remove(struct interest *interest)
{
    if (interest->interests == NULL) {
        return;
    }
    for (size_t i = 0; i < interest->entry_count; i++) {
        struct interest_term *term = interest->entries[i].term;
        list_remove(&interest->entries[i].node);
        if (list_is_empty(&term->entries)) {
            drop_term(interest->interests, term);
        }
    }
    free(interest->entries);
    interest->entries = NULL;
    interest->entry_count = 0;
    list_remove(&interest->wordy);
    list_remove(&interest->all);
    interest->interests = NULL;
}

/* ---- whom an event concerns ------------------------------------------------------------------------------------- */

static bool grow_found(struct interests *interests)
{
    size_t max = interests->found_max == 0 ? FOUND_MIN : 2 * interests->found_max;
    struct interest **found = reallocarray(interests->found, max, sizeof(struct interest *));
    interests->found = found == NULL ? interests->found : found;
    const meower_filter **filters = reallocarray(interests->filters, max, sizeof(const meower_filter *));
    interests->filters = filters == NULL ? interests->filters : filters;
    int *matches = reallocarray(interests->matches, max, sizeof(int));
    interests->matches = matches == NULL ? interests->matches : matches;
    if (found == NULL || filters == NULL || matches == NULL) {
        return false;
    }
    interests->found_max = max;
    return true;
}

/* Adds one to those who are asked, unless it is among them already. */
static bool gather(struct interests *interests, struct interest *interest, const meower_event *event, size_t *count)
{
    if (interest->gathered_at == event->position) {
        return true;
    }
    if (*count == interests->found_max && !grow_found(interests)) {
        return false;
    }
    interest->gathered_at = event->position;
    interests->found[*count] = interest;
    interests->filters[*count] = interest->filter;
    (*count)++;
    return true;
}

static bool gather_all(struct interests *interests, const meower_event *event, size_t *count)
{
    bool has_memory = true;
    for (struct list *node = interests->all.next; node != &interests->all && has_memory; node = node->next) {
        has_memory = gather(interests, LIST_OWNER(node, struct interest, all), event, count);
    }
    return has_memory;
}

static bool gather_by_label(struct interests *interests, const meower_label *label, const meower_event *event,
                            size_t *count)
{
    struct interest_term *term = find_term(interests, label);
    if (term == NULL) {
        return true;
    }
    bool has_memory = true;
    for (struct list *node = term->entries.next; node != &term->entries && has_memory; node = node->next) {
        has_memory = gather(interests, LIST_OWNER(node, struct interest_entry, node)->interest, event, count);
    }
    return has_memory;
}

static bool gather_concerned(struct interests *interests, const meower_event *event, size_t *count)
{
    bool has_memory = true;
    for (size_t i = 0; i < event->meow->label_count && has_memory; i++) {
        has_memory = gather_by_label(interests, &event->meow->labels[i], event, count);
    }
    for (struct list *node = interests->wordy.next; node != &interests->wordy && has_memory; node = node->next) {
        has_memory = gather(interests, LIST_OWNER(node, struct interest, wordy), event, count);
    }
    return has_memory;
}

bool interests_find(struct interests *interests, const meower_event *event, size_t *count)
{
    size_t gathered = 0;
    bool has_memory = event->kind == MEOWER_EVENT_CREATED ? gather_concerned(interests, event, &gathered)
                                                          : gather_all(interests, event, &gathered);
    if (!has_memory || meower_filter_matches_many(interests->filters, gathered, event, interests->matches, NULL) < 0) {
        return false;
    }
    *count = 0;
    for (size_t i = 0; i < gathered; i++) {
        if (interests->matches[i] == 1) {
            interests->found[(*count)++] = interests->found[i];
        }
    }
    return true;
}
