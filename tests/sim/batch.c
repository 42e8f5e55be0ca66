/* batch.c - see batch.h. */
#include "sim/batch.h"
#include "base/labels.h"
#include <stdlib.h>
#include <string.h>

static void copy_text(const char **text)
{
    if (*text != NULL && (*text = strdup(*text)) == NULL) {
        abort();
    }
}

/* The array, then the texts. */
meower_label *sim_labels_copy(const meower_label *labels, size_t count)
{
    meower_label *copy = malloc(count * sizeof(*copy) + labels_text_len(labels, count) + 1);

    if (copy == NULL) {
        abort();
    }
    labels_copy(labels, count, copy, (char *)(copy + count));
    return copy;
}

struct sim_batch *sim_batch_new(const meower_store_operation *operations, size_t count)
{
    struct sim_batch *batch = calloc(1, sizeof(*batch) + count * sizeof(*operations));

    if (batch == NULL) {
        abort();
    }
    batch->count = count;
    for (size_t i = 0; i < count; i++) {
        batch->operations[i] = operations[i];
        copy_text(&batch->operations[i].id);
        copy_text(&batch->operations[i].body);
        copy_text(&batch->operations[i].idempotency_key);
        copy_text(&batch->operations[i].name);
        copy_text(&batch->operations[i].owner);
        batch->operations[i].labels = sim_labels_copy(operations[i].labels, operations[i].label_count);
    }
    return batch;
}

void sim_batch_free(struct sim_batch *batch)
{
    for (size_t i = 0; i < batch->count; i++) {
        free((char *)batch->operations[i].id);
        free((char *)batch->operations[i].body);
        free((char *)batch->operations[i].idempotency_key);
        free((char *)batch->operations[i].name);
        free((char *)batch->operations[i].owner);
        free((meower_label *)(uintptr_t)batch->operations[i].labels);
    }
    free(batch);
}

void sim_history_add(struct sim_history *history, const meower_store_operation *operations, size_t count)
{
    if (history->count == history->capacity) {
        history->capacity = history->capacity * 2 + 64;
        history->batches = reallocarray(history->batches, history->capacity, sizeof(struct sim_batch *));
        if (history->batches == NULL) {
            abort();
        }
    }
    history->batches[history->count++] = sim_batch_new(operations, count);
}

void sim_history_cut(struct sim_history *history, size_t count)
{
    while (history->count > count) {
        sim_batch_free(history->batches[--history->count]);
    }
}

void sim_history_destroy(struct sim_history *history)
{
    sim_history_cut(history, 0);
    free(history->batches);
}
