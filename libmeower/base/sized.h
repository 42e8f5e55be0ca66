/* sized.h - structs of the caller whose first member says their size, so that those of another release are known by it.
 * Members are only ever added at the end. */
#ifndef BASE_SIZED_H
#define BASE_SIZED_H

#include <stdbool.h>
#include <stddef.h>

/* Copies into `own` (own_size bytes, which hold the defaults) what `given` has of it: members of a later release are
 * left out, those that came since an earlier one keep their defaults. Returns false, and copies nothing, when the
 * size_t at the start of `given` is below `first_size`, that of the first release: it was not initialised. */
bool sized_copy(void *own, size_t own_size, size_t first_size, const void *given);

#endif
