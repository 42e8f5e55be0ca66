/* maintenance.c - copies of a store and another epoch, for a store that no instance needs to have open. */
#include <meower/maintenance.h>

#include "store/store.h"

int meower_backup(const meower_options *options, const char *path, meower_error *error)
{
    return store_backup(options, path, error);
}

int meower_restore(const meower_options *options, const char *path, meower_error *error)
{
    return store_restore(options, path, error);
}

int meower_new_epoch(const meower_options *options, meower_error *error)
{
    struct store store;
    int status = store_open(&store, options, 1, error);

    if (status == MEOWER_OK) {
        status = store_new_epoch(&store, error);
        store_close(&store);
    }
    return status;
}
