/* suite_store.h - what every store must do, whichever it is. An adapter's test_store_NAME.c says how to make one. */
#ifndef CONFORMANCE_SUITE_STORE_H
#define CONFORMANCE_SUITE_STORE_H

#include <meower/backend.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct store_adapter {
    const char *name;
    bool is_kept;   /* what was closed can be opened again */
    bool is_shared; /* and while it is open, too */
    /* Writes a URL whose store does not exist yet. */
    void (*make_url)(char *url, size_t url_size);
    /* Removes what the URL names. It is closed. */
    void (*remove)(const char *url);
    /* Inserts a meow as a foreign program would, beside our tables, into a closed store that was open before. NULL
     * where none can. */
    void (*insert_meow)(const char *url, const char *id, const char *body, int64_t created_at_us);
    /* Added to the options; NULL where the library has it. */
    const meower_store_vtable *vtable;
};

extern const struct store_adapter store_adapter;

#endif
