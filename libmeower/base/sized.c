/* sized.c - what a struct of another release has in common with ours. */
#include "base/sized.h"
#include <string.h>

bool sized_copy(void *own, size_t own_size, size_t first_size, const void *given)
{
    size_t size;

    memcpy(&size, given, sizeof(size));
    if (size < first_size) {
        return false;
    }
    memcpy(own, given, size < own_size ? size : own_size);
    return true;
}
