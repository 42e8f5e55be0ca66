/* arguments.h - what every call says about an argument that it cannot do without. */
#ifndef API_ARGUMENTS_H
#define API_ARGUMENTS_H

#include <meower/backend.h>

/* INVALID: the required argument `name` is NULL. */
int refuse_null(const char *name, meower_error *error);

#endif
