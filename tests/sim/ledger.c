/* ledger.c - see ledger.h. Memory that is short ends the program: a simulation without its ledger proves nothing. */
#include "sim/ledger.h"
#include "base/labels.h"
#include "base/labels_buffer.h"
#include <stdlib.h>
#include <string.h>

static void *grow(void *array, size_t count, size_t size)
{
    void *grown = reallocarray(array, count, size);

    if (grown == NULL) {
        abort();
    }
    return grown;
}

void ledger_destroy(struct ledger *ledger)
{
    free(ledger->events);
    free(ledger->meows);
    free(ledger->by_id);
}

/* The place in by_id of the first id that is not below `id`. */
static size_t seek(const struct ledger *ledger, const char *id)
{
    size_t low = 0;
    size_t high = ledger->meow_count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (strcmp(ledger->meows[ledger->by_id[middle]].id, id) < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

static struct ledger_meow *find(const struct ledger *ledger, const char *id)
{
    size_t place = seek(ledger, id);

    if (place == ledger->meow_count || strcmp(ledger->meows[ledger->by_id[place]].id, id) != 0) {
        return NULL;
    }
    return &ledger->meows[ledger->by_id[place]];
}

const struct ledger_meow *ledger_find(const struct ledger *ledger, const char *id)
{
    return find(ledger, id);
}

/* Writes the run of labels. Returns its bytes. */
static size_t write_labels(const meower_label *labels, size_t count, char out[LEDGER_LABELS_SIZE])
{
    meower_label copies[MEOWER_LABELS_MAX];
    size_t len = labels_text_len(labels, count);

    if (len > LEDGER_LABELS_SIZE) {
        abort();
    }
    labels_copy(labels, count, copies, out);
    return len;
}

bool ledger_has_labels(const struct ledger_meow *meow, const meower_label *labels, size_t count)
{
    char run[LEDGER_LABELS_SIZE];

    return write_labels(labels, count, run) == meow->labels_len && memcmp(run, meow->labels, meow->labels_len) == 0;
}

bool ledger_is_same(const struct ledger_meow *meow, const meower_meow *shown)
{
    return strcmp(meow->body, shown->body) == 0 && ledger_has_labels(meow, shown->labels, shown->label_count);
}

static struct ledger_meow *add_meow(struct ledger *ledger, const meower_store_operation *operation)
{
    size_t place = seek(ledger, operation->id);
    size_t index = ledger->meow_count;

    if (index == ledger->meow_capacity) {
        ledger->meow_capacity = index * 2 + 64;
        ledger->meows = grow(ledger->meows, ledger->meow_capacity, sizeof(*ledger->meows));
        ledger->by_id = grow(ledger->by_id, ledger->meow_capacity, sizeof(*ledger->by_id));
    }
    memmove(ledger->by_id + place + 1, ledger->by_id + place, (index - place) * sizeof(*ledger->by_id));
    ledger->by_id[place] = index;
    ledger->meow_count++;
    ledger->meows[index] = (struct ledger_meow){.created_at_us = operation->at_us, .created = operation->position};
    memcpy(ledger->meows[index].id, operation->id, MEOWER_ID_SIZE);
    memcpy(ledger->meows[index].body, operation->body, operation->body_len);
    ledger->meows[index].labels_len =
        write_labels(operation->labels, operation->label_count, ledger->meows[index].labels);
    return &ledger->meows[index];
}

static void add_event(struct ledger *ledger, int kind, const struct ledger_meow *meow)
{
    if (ledger->head == ledger->event_capacity) {
        ledger->event_capacity = ledger->event_capacity * 2 + 64;
        ledger->events = grow(ledger->events, ledger->event_capacity, sizeof(*ledger->events));
    }
    ledger->events[ledger->head++] = (struct ledger_event){.kind = kind, .meow = (size_t)(meow - ledger->meows)};
}

/* The greatest id of this life: of all that was created, and it may be deleted since. */
static const char *newest_id(const struct ledger *ledger)
{
    for (size_t place = ledger->meow_count; place > 0; place--) {
        const struct ledger_meow *meow = &ledger->meows[ledger->by_id[place - 1]];
        if (meow->created != LEDGER_NEVER) {
            return meow->id;
        }
    }
    return "";
}

const char *ledger_record(struct ledger *ledger, const meower_store_operation *operation)
{
    struct ledger_meow *meow = find(ledger, operation->id);

    if (operation->position != ledger->head + 1) {
        return "positions have a hole or a repeat";
    }
    if (operation->kind == MEOWER_STORE_POST) {
        if (meow != NULL) {
            return "an id is stored twice";
        }
        if (strcmp(operation->id, newest_id(ledger)) <= 0) {
            return "an id is not above all before it";
        }
        if (operation->body_len >= LEDGER_BODY_SIZE) {
            return "a body is longer than any that was posted";
        }
        meow = add_meow(ledger, operation);
        add_event(ledger, MEOWER_EVENT_CREATED, meow);
        return NULL;
    }
    if (meow == NULL || meow->created == LEDGER_NEVER || meow->deleted != 0) {
        return "a meow is deleted that is not there";
    }
    meow->deleted = operation->position;
    add_event(ledger, MEOWER_EVENT_DELETED, meow);
    return NULL;
}

void ledger_go_back(struct ledger *ledger, uint64_t head)
{
    for (size_t i = 0; i < ledger->meow_count; i++) {
        struct ledger_meow *meow = &ledger->meows[i];
        if (meow->created > head) {
            meow->created = LEDGER_NEVER;
            meow->deleted = 0;
        } else if (meow->deleted > head) {
            meow->deleted = 0;
        }
    }
    ledger->head = head;
}

const struct ledger_event *ledger_event_at(const struct ledger *ledger, uint64_t position)
{
    return position == 0 || position > ledger->head ? NULL : &ledger->events[position - 1];
}

bool ledger_is_alive(const struct ledger_meow *meow, uint64_t position)
{
    return meow->created <= position && (meow->deleted == 0 || meow->deleted > position);
}

static bool is_in_range(const meower_range *range, const char *id)
{
    return (range->below == NULL || strcmp(id, range->below) < 0) &&
           (range->above == NULL || strcmp(id, range->above) > 0);
}

bool ledger_matches(const struct ledger_meow *meow, const meower_label *terms, size_t term_count)
{
    struct labels_buffer labels;

    if (term_count == 0) {
        return true;
    }
    labels.count = 0;
    labels.len = 0;
    return labels_buffer_add_run(&labels, meow->labels, meow->labels_len, '\0') &&
           meower_labels_match(terms, term_count, labels.labels, labels.count);
}

/* The meow at `place` of the range's order, or NULL when the range does not hold it. */
static const struct ledger_meow *meow_at(const struct ledger *ledger, uint64_t position, const meower_range *range,
                                         size_t place)
{
    size_t index = ledger->by_id[range->ascending ? place : ledger->meow_count - 1 - place];
    const struct ledger_meow *meow = &ledger->meows[index];

    bool is_there = ledger_is_alive(meow, position) && is_in_range(range, meow->id) &&
                    ledger_matches(meow, range->terms, range->term_count);

    return is_there ? meow : NULL;
}

/* Whether the view begins at `place`. */
static bool is_view_from(const struct ledger *ledger, uint64_t position, const meower_range *range,
                         const struct ledger_view *view, size_t place)
{
    size_t matched = 0;

    for (; place < ledger->meow_count; place++) {
        const struct ledger_meow *meow = meow_at(ledger, position, range, place);
        if (matched == view->count && !view->is_whole) {
            return true;
        }
        if (meow == NULL) {
            continue;
        }
        if (matched < view->count && strcmp(view->id_at(view->shown, matched), meow->id) == 0) {
            matched++;
        } else if (meow->deleted == 0) {
            return false;
        }
    }
    return matched == view->count;
}

bool ledger_is_view(const struct ledger *ledger, uint64_t position, const meower_range *range,
                    const struct ledger_view *view)
{
    uint64_t passed = 0; /* that are skipped, with those that may be missing */
    uint64_t lasting = 0;

    for (size_t place = 0; place <= ledger->meow_count; place++) {
        const struct ledger_meow *meow;
        if (passed >= range->skip && is_view_from(ledger, position, range, view, place)) {
            return true;
        }
        meow = place < ledger->meow_count ? meow_at(ledger, position, range, place) : NULL;
        passed += meow != NULL ? 1 : 0;
        lasting += meow != NULL && meow->deleted == 0 ? 1 : 0;
        if (lasting > range->skip) {
            return false;
        }
    }
    return passed < range->skip && view->count == 0;
}
