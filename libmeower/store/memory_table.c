/* memory_table.c - a sorted array of pointers to records. */
#include "store/memory_table.h"
#include "base/labels.h"
#include <stdlib.h>
#include <string.h>

struct memory_record *memory_record_new(const char *key, const char *value, size_t value_len)
{
    return memory_record_new_meow(key, value, value_len, NULL, 0);
}

struct memory_record *memory_record_new_meow(const char *id, const char *body, size_t body_len,
                                             const meower_label *labels, size_t label_count)
{
    size_t id_size = strlen(id) + 1;
    size_t labels_size = label_count * sizeof(meower_label) + labels_text_len(labels, label_count);
    if (body_len > SIZE_MAX - sizeof(struct memory_record) - id_size - 1 - labels_size) {
        return NULL;
    }
    struct memory_record *record = calloc(1, sizeof(*record) + labels_size + id_size + body_len + 1);
    if (record == NULL) {
        return NULL;
    }
    char *text = (char *)(record->labels + label_count);
    record->label_count = label_count;
    labels_copy(labels, label_count, record->labels, text + id_size + body_len + 1);
    record->key = memcpy(text, id, id_size);
    record->value = memcpy(text + id_size, body, body_len);
    record->value_len = body_len;
    return record;
}

int memory_table_reserve(struct memory_table *table, size_t more)
{
    if (more <= table->capacity - table->count) {
        return MEOWER_OK;
    }
    if (more > SIZE_MAX / 2 - table->count) {
        return MEOWER_ERROR_NO_MEMORY;
    }
    size_t capacity = (table->count + more) * 2;
    struct memory_record **records = reallocarray(table->records, capacity, sizeof(struct memory_record *));
    if (records == NULL) {
        return MEOWER_ERROR_NO_MEMORY;
    }
    table->records = records;
    table->capacity = capacity;
    return MEOWER_OK;
}

size_t memory_table_seek(const struct memory_table *table, const char *key)
{
    size_t low = 0;
    size_t high = table->count;
    if (high > 0 && strcmp(table->records[high - 1]->key, key) < 0) {
        return high;
    }
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (strcmp(table->records[middle]->key, key) < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

static int has_key(const struct memory_table *table, size_t index, const char *key)
{
    return index < table->count && strcmp(table->records[index]->key, key) == 0;
}

struct memory_record *memory_table_find(const struct memory_table *table, const char *key)
{
    size_t index = memory_table_seek(table, key);
    return has_key(table, index, key) ? table->records[index] : NULL;
}

void memory_table_put(struct memory_table *table, struct memory_record *record)
{
    size_t index = memory_table_seek(table, record->key);
    if (has_key(table, index, record->key)) {
        free(table->records[index]);
    } else {
        struct memory_record **slot = &table->records[index];
        memmove(slot + 1, slot, (table->count - index) * sizeof(struct memory_record *));
        table->count++;
    }
    table->records[index] = record;
}

void memory_table_remove(struct memory_table *table, size_t index)
{
    struct memory_record **slot = &table->records[index];
    free(*slot);
    table->count--;
    memmove(slot, slot + 1, (table->count - index) * sizeof(struct memory_record *));
}

void memory_table_clear(struct memory_table *table)
{
    for (size_t i = 0; i < table->count; i++) {
        free(table->records[i]);
    }
    free(table->records);
    *table = (struct memory_table){0};
}
