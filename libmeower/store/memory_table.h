/* memory_table.h - records in the order of their keys, bytewise: meows, idempotency keys, checkpoints and leases of the
 * memory store. Putting the greatest key is cheap, as new meows do; elsewhere the pointers after it move up. */
#ifndef STORE_MEMORY_TABLE_H
#define STORE_MEMORY_TABLE_H

#include <meower/meow.h>

/* One record; each table uses what it needs. */
struct memory_record {
    const char *key;   /* NUL-terminated */
    const char *value; /* NUL-terminated; a meow's body, the id a key has stored, a lease's owner */
    size_t value_len;  /* bytes */
    int64_t at_us;
    int64_t expires_us;
    uint64_t position;
    uint64_t fingerprint;
    size_t label_count;
    meower_label labels[]; /* a meow's; key, value and the texts of the labels follow them */
};

struct memory_table {
    struct memory_record **records;
    size_t count;
    size_t capacity;
};

/* Copies key and value. Released by free(). NULL when memory is short. */
struct memory_record *memory_record_new(const char *key, const char *value, size_t value_len);

/* Copies a meow with its labels. Released by free(). NULL when memory is short. */
struct memory_record *memory_record_new_meow(const char *id, const char *body, size_t body_len,
                                             const meower_label *labels, size_t label_count);

/* Makes room for `more` records, so that putting them cannot fail. Returns 0 or MEOWER_ERROR_NO_MEMORY. */
int memory_table_reserve(struct memory_table *table, size_t more);

/* Index of the first record whose key is not below `key`; count when there is none. */
size_t memory_table_seek(const struct memory_table *table, const char *key);

/* The record with this key, or NULL. */
struct memory_record *memory_table_find(const struct memory_table *table, const char *key);

/* Takes the record over; one that had its key is freed. There must be room. */
void memory_table_put(struct memory_table *table, struct memory_record *record);

/* Frees the record at `index`. */
void memory_table_remove(struct memory_table *table, size_t index);

/* Frees all records. */
void memory_table_clear(struct memory_table *table);

#endif
