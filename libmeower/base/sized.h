/* sized.h - structs that a program makes or gives room for, whose first member says their size, so that those of
 * another release are known by it. Members are only ever added at the end (docs/decisions/029-structs-that-grow.md). */
#ifndef BASE_SIZED_H
#define BASE_SIZED_H

#include <meower/base.h>
#include <stddef.h>

/* One type of such structs. */
struct sized_type {
    const char *name;        /* such as "meower_list" */
    const char *initialiser; /* such as "MEOWER_LIST_INIT" */
    size_t size;             /* of ours */
    size_t first_size;       /* of the first release; what is smaller was not initialised */
};

/* The type `type`, whose first release ended with the member `last`. */
#define SIZED_TYPE(type, init, last)                                                                                   \
    {                                                                                                                  \
        #type, #init, sizeof(type), offsetof(type, last) + sizeof(((type *)NULL)->last)                                \
    }

/* Checks what a program gave, which is not NULL, before it is read or written. INVALID: it was not initialised.
 * UNSUPPORTED: a member that only a later release knows is not zero. The message names the type. */
int sized_check(const struct sized_type *type, const void *given, meower_error *error);

/* The same for an array of `count`. The first element's size is the size of all; that of the others is not looked at.
 */
int sized_check_array(const struct sized_type *type, const void *given, size_t count, meower_error *error);

/* Copies into `own`, which holds the defaults, the members that `given` has of it. `given` has `stride` bytes and was
 * checked. Its size is not copied: `own` keeps its own. */
void sized_read(const struct sized_type *type, void *own, const void *given, size_t stride);

/* Copies into `given` the members of `own` that it has room for, but not its size. As sized_read(). */
void sized_write(const struct sized_type *type, void *given, size_t stride, const void *own);

#endif
