/* maintenance.c - copies of a store and another epoch, for a store that no instance needs to have open; and a new
 * search index while it is searched. */
#include "api/arguments.h"
#include "api/instance.h"
#include "base/sized.h"

static const struct sized_type rebuild_type = SIZED_TYPE(meower_rebuild, MEOWER_REBUILD_INIT, reason);

/* MEOWER_OK, or INVALID for what must not be NULL. */
static int check_arguments(const meower_options *options, const char *path, meower_error *error)
{
    if (options == NULL || path == NULL) {
        return refuse_null(options == NULL ? "options" : "path", error);
    }
    return MEOWER_OK;
}

int meower_backup(const meower_options *options, const char *path, meower_error *error)
{
    int status = check_arguments(options, path, error);

    return status != MEOWER_OK ? status : store_backup(options, path, error);
}

int meower_restore(const meower_options *options, const char *path, meower_error *error)
{
    int status = check_arguments(options, path, error);

    return status != MEOWER_OK ? status : store_restore(options, path, error);
}

int meower_new_epoch(const meower_options *options, meower_error *error)
{
    struct store store;
    int status = check_arguments(options, "", error);

    if (status == MEOWER_OK) {
        status = store_open(&store, options, 1, error);
    }
    if (status == MEOWER_OK) {
        status = store_new_epoch(&store, error);
        store_close(&store);
    }
    return status;
}

int meower_rebuild_start(meower_feed *instance, meower_error *error)
{
    int status = instance_check(instance, error);

    if (status != MEOWER_OK) {
        return status;
    }
    if (!instance_has_role(instance, "query")) {
        return meower_error_set(error, MEOWER_ERROR_UNSUPPORTED, 0, 0,
                                "this instance has no search index; add \"query\" to the option roles");
    }
    return rebuild_start(instance_rebuild(instance), error);
}

int meower_rebuild_state(meower_feed *instance, meower_rebuild *out, meower_error *error)
{
    meower_rebuild rebuild = MEOWER_REBUILD_INIT;
    int status = out == NULL ? refuse_null("out", error) : instance_check_process(instance, error);

    if (status != MEOWER_OK || (status = sized_check(&rebuild_type, out, error)) != MEOWER_OK) {
        return status;
    }
    rebuild_read(instance_rebuild(instance), &rebuild);
    sized_write(&rebuild_type, out, out->struct_size, &rebuild);
    return MEOWER_OK;
}
