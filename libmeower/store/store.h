/* store.h - the store port: the only caller of a store's table. Every call passes the fault hook. */
#ifndef STORE_STORE_H
#define STORE_STORE_H

#include "base/options.h"
#include <stdbool.h>

struct store {
    meower_store_vtable vtable;
    void *backend;
    meower_fault_hook hook;
    meower_store_info info; /* as it was when it opened */
};

/* Opens what options say under "store" with so many lanes, and reads its info. */
int store_open(struct store *store, const meower_options *options, unsigned lanes, meower_error *error);
void store_close(struct store *store);

/* The same to read only (MEOWER_OPEN_TO_LOOK). */
int store_open_to_look(struct store *store, const meower_options *options, unsigned lanes, meower_error *error);

/* Copies the store that options name into a new file, and the other way round; it need not be open, to restore it must
 * not be. */
int store_backup(const meower_options *options, const char *path, meower_error *error);
int store_restore(const meower_options *options, const char *path, meower_error *error);

/* Nobody else can change it while it is open. */
bool store_is_exclusive(const struct store *store);

/* As the table's members (backend.h). */
int store_append(struct store *store, meower_store_operation *operations, size_t count, meower_error *error);
int store_head(struct store *store, unsigned lane, uint64_t *position, meower_error *error);
int store_read_events(struct store *store, unsigned lane, uint64_t after, size_t max, meower_row_sink *sink,
                      meower_error *error);
int store_list(struct store *store, unsigned lane, const meower_range *range, meower_row_sink *sink,
               meower_error *error);
int store_get(struct store *store, unsigned lane, const char *const *ids, size_t count, meower_row_sink *sink,
              meower_error *error);
int store_count(struct store *store, unsigned lane, const meower_range *range, uint64_t *total, meower_error *error);
int store_checkpoint(struct store *store, unsigned lane, const char *name, uint64_t *position, meower_error *error);

/* Draws a new epoch; info says it then. */
int store_new_epoch(struct store *store, meower_error *error);

/* Does nothing where the table has no such member. */
int store_inspect(struct store *store, unsigned lane, meower_text_sink *sink, meower_error *error);

#endif
