/* sized.c - see sized.h. */
#include "base/sized.h"
#include <meower/backend.h>
#include <string.h>

/* Where the first byte beyond our own struct is that is not zero; `stride` when there is none. */
static size_t find_unknown(const struct sized_type *type, const unsigned char *given, size_t stride)
{
    size_t at = type->size < stride ? type->size : stride;

    while (at < stride && given[at] == 0) {
        at++;
    }
    return at;
}

int sized_check(const struct sized_type *type, const void *given, meower_error *error)
{
    return sized_check_array(type, given, 1, error);
}

int sized_check_array(const struct sized_type *type, const void *given, size_t count, meower_error *error)
{
    size_t stride;

    memcpy(&stride, given, sizeof(stride));
    if (stride < type->first_size) {
        return meower_error_set(error, MEOWER_ERROR_INVALID, 0, 0,
                                "a %s must be initialised with %s: its struct_size is %zu, and %zu at least",
                                type->name, type->initialiser, stride, type->first_size);
    }
    for (size_t i = 0; i < count && stride > type->size; i++) {
        size_t at = find_unknown(type, (const unsigned char *)given + i * stride, stride);
        if (at < stride) {
            return meower_error_set(error, MEOWER_ERROR_UNSUPPORTED, 0, 0,
                                    "byte %zu of a %s is set, which this library (" MEOWER_VERSION
                                    ") does not know; leave what is new at zero, or use a later library",
                                    at, type->name);
        }
    }
    return MEOWER_OK;
}

/* The bytes after the size that both know. */
static size_t common_len(const struct sized_type *type, size_t stride)
{
    return (stride < type->size ? stride : type->size) - sizeof(size_t);
}

void sized_read(const struct sized_type *type, void *own, const void *given, size_t stride)
{
    memcpy((char *)own + sizeof(size_t), (const char *)given + sizeof(size_t), common_len(type, stride));
}

void sized_write(const struct sized_type *type, void *given, size_t stride, const void *own)
{
    memcpy((char *)given + sizeof(size_t), (const char *)own + sizeof(size_t), common_len(type, stride));
}
