/* sqlite_labels.c - see sqlite_labels.h. */
#include "store/sqlite_labels.h"
#include "store/sqlite_rows.h"
#include <stdlib.h>

static const char post_labels_declaration[] = "CREATE TABLE post_labels(post_labels HIDDEN, id, key, value)";

enum {
    LABEL_ID = 1,
    LABEL_KEY,
    LABEL_VALUE
};

/* One row of it. */
struct post_label {
    const char *id; /* of the post */
    const meower_label *label;
};

static void label_column(sqlite3_context *context, const void *items, size_t row, int column)
{
    const struct post_label *item = (const struct post_label *)items + row;
    switch (column) {
    case LABEL_ID:
        sqlite3_result_text(context, item->id, -1, SQLITE_STATIC);
        break;
    case LABEL_KEY:
        sqlite3_result_text64(context, item->label->key, item->label->key_len, SQLITE_STATIC, SQLITE_UTF8);
        break;
    default:
        sqlite3_result_text64(context, item->label->value, item->label->value_len, SQLITE_STATIC, SQLITE_UTF8);
    }
}

int sqlite_labels_register(sqlite3 *db)
{
    return sqlite_rows_register(db, "meower_post_labels", post_labels_declaration);
}

int sqlite_labels_insert(struct sqlite_connection *writer, int statement, const meower_store_operation *posts,
                         size_t count, size_t label_count, meower_error *error)
{
    struct post_label *items = calloc(label_count, sizeof(*items));
    if (items == NULL) {
        return meower_error_set(error, MEOWER_ERROR_NO_MEMORY, 0, MEOWER_ERROR_FLAG_RETRIABLE,
                                "no memory for %zu labels; nothing was stored", label_count);
    }

    struct sqlite_rows rows = {.items = items, .column = label_column};
    for (size_t i = 0; i < count; i++) {
        for (size_t j = 0; j < posts[i].label_count; j++) {
            items[rows.count++] = (struct post_label){posts[i].id, &posts[i].labels[j]};
        }
    }
    sqlite_rows_bind(writer->statements[statement], 1, &rows);
    int status = sqlite_connection_step(writer, statement, error);
    free(items);
    return status;
}

int sqlite_labels_read(struct sqlite_connection *reader, int statement, const char *id, struct labels_buffer *labels,
                       meower_error *error)
{
    sqlite3_stmt *rows = reader->statements[statement];
    int status = MEOWER_OK;
    int result = SQLITE_DONE;
    labels->count = 0;
    labels->len = 0;
    sqlite_connection_bind(reader, statement, 1, id);
    while (status == MEOWER_OK && (result = sqlite3_step(rows)) == SQLITE_ROW) {
        const char *key = (const char *)sqlite3_column_text(rows, 0);
        const char *value = (const char *)sqlite3_column_text(rows, 1);
        if (key == NULL || value == NULL) {
            status = sqlite_connection_error(reader, error);
        } else if (!labels_buffer_add(labels, key, (size_t)sqlite3_column_bytes(rows, 0), value,
                                      (size_t)sqlite3_column_bytes(rows, 1))) {
            status = meower_error_set(error, MEOWER_ERROR_CORRUPT, 0, 0,
                                      "\"%s\" is damaged: the meow %s has more labels than a meow can have",
                                      reader->path, id);
        }
    }
    if (status == MEOWER_OK && result != SQLITE_DONE) {
        status = sqlite_connection_error(reader, error);
    }
    sqlite3_reset(rows);
    return status;
}
