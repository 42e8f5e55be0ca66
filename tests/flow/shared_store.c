/* shared_store.c - the table of the store in memory, with one backend behind every open(). */
#include "flow/shared_store.h"
#include "flow/support.h"
#include "port/schemes.h"

void shared_store_init(struct shared_store *store)
{
    *store = (struct shared_store){.memory = NULL};
    pthread_mutex_init(&store->mutex, NULL);
}

void shared_store_destroy(struct shared_store *store)
{
    if (store->memory != NULL) {
        memory_store.close(store->memory);
    }
    pthread_mutex_destroy(&store->mutex);
}

static int shared_open(const meower_backend_config *config, void **out, meower_error *error)
{
    struct shared_store *store = config->context;
    int status = MEOWER_OK;

    pthread_mutex_lock(&store->mutex);
    if (store->memory == NULL) {
        status = memory_store.open(config, &store->memory, error);
    }
    *out = store->memory;
    pthread_mutex_unlock(&store->mutex);
    return status;
}

static void shared_close(void *backend)
{
    (void)backend; /* the others go on */
}

void shared_store_add(struct shared_store *store, meower_options *options)
{
    meower_store_vtable vtable = memory_store;

    vtable.scheme = "shared";
    vtable.flags = 0;
    vtable.open = shared_open;
    vtable.close = shared_close;
    assert_int_equal(meower_options_add_store(options, &vtable, store, NULL), MEOWER_OK);
    assert_int_equal(meower_options_set(options, "store", "shared:", NULL), MEOWER_OK);
}

uint64_t shared_store_head(struct shared_store *store)
{
    uint64_t position = 0;

    assert_int_equal(memory_store.head(store->memory, 0, &position, NULL), MEOWER_OK);
    return position;
}

uint64_t shared_store_checkpoint(struct shared_store *store, const char *name)
{
    uint64_t position = 0;

    assert_int_equal(memory_store.checkpoint(store->memory, 0, name, &position, NULL), MEOWER_OK);
    return position;
}
