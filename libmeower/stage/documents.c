/* documents.c - what a search index is told of an event: the words and labels of a meow, or that it is gone. */
#include "stage/documents.h"
#include "base/words.h"
#include <stdlib.h>
#include <string.h>

static void free_documents(meower_search_document *documents, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        free((char *)documents[i].words);
    }
}

/* Turns an event into a document. False when memory is short. */
static bool make_document(const struct meow *event, meower_search_document *document)
{
    *document = (meower_search_document){.position = event->position, .id = event->view.id};
    if (event->kind == MEOWER_EVENT_DELETED) {
        return true;
    }
    document->labels = event->view.labels;
    document->label_count = event->view.label_count;
    document->words = words_join(event->view.body, event->view.body_len, &document->words_len);
    return document->words != NULL;
}

/* Turns events into documents. Returns how many, or SIZE_MAX when memory is short. */
static size_t make_documents(const struct event_batch *batches, size_t batch_count, meower_search_document *documents)
{
    size_t count = 0;

    for (size_t i = 0; i < batch_count; i++) {
        for (size_t j = 0; j < batches[i].count; j++) {
            if (!make_document(batches[i].events[j], &documents[count])) {
                free_documents(documents, count);
                return SIZE_MAX;
            }
            count++;
        }
    }
    return count;
}

int documents_index(struct documents *documents, const struct event_batch *batches, size_t batch_count,
                    const struct documents_target *target, meower_error *error)
{
    meower_search_info info = {.position = batches[batch_count - 1].through};
    size_t count = make_documents(batches, batch_count, documents->items);
    int status;

    if (count == SIZE_MAX) {
        return meower_error_set(error, MEOWER_ERROR_NO_MEMORY, 0, MEOWER_ERROR_FLAG_RETRIABLE, "no memory to index");
    }
    memcpy(info.epoch, target->epoch, sizeof(info.epoch));
    /* Also without documents: the engine is told how far the feed is. */
    status = target->sink(target->search, documents->items, count, &info, error);
    free_documents(documents->items, count);
    return status;
}

int documents_claim(const struct documents_target *target, meower_error *error)
{
    const meower_search_document none = {.words = NULL};
    meower_search_info info = {.position = 0};

    memcpy(info.epoch, target->epoch, sizeof(info.epoch));
    return target->sink(target->search, &none, 0, &info, error);
}
