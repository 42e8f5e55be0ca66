/* arguments.h - what several calls say about an argument of the same kind. */
#ifndef API_ARGUMENTS_H
#define API_ARGUMENTS_H

#include <meower/backend.h>

/* INVALID: the required argument `name` is NULL. */
int refuse_null(const char *name, meower_error *error);

/* Checks what is searched: UTF-8 of a bounded length; NULL when it is empty. Returns MEOWER_OK or INVALID. */
int check_search_text(const char *text, size_t len, meower_error *error);

#endif
