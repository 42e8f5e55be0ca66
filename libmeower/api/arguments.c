/* arguments.c - see arguments.h. */
#include "api/arguments.h"

int refuse_null(const char *name, meower_error *error)
{
    return meower_error_set(error, MEOWER_ERROR_INVALID, 0, 0, "%s is NULL; this call needs it", name);
}
