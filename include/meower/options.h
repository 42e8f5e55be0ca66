/* options.h - everything that can be set, as text.
 *
 * One table in the library makes the names, defaults and help texts of the programs' flags, the MEOWER_ environment
 * variables, the Python keywords and docs/CONFIGURATION.md. */
#ifndef MEOWER_OPTIONS_H
#define MEOWER_OPTIONS_H

#include <meower/base.h>

#ifdef __cplusplus
extern "C" {
#endif

/* A set of options, each at its default until set. Released by meower_options_free(). */
typedef struct meower_options meower_options;

/* What a value may be. */
enum {
    MEOWER_OPTION_TEXT = 1,    /* any text */
    MEOWER_OPTION_NUMBER = 2,  /* a decimal integer from minimum to maximum */
    MEOWER_OPTION_BOOLEAN = 3, /* true or false */
    MEOWER_OPTION_SECRET = 4   /* text that never appears in messages; a URL's password counts as one too */
};

/* One row of the table. Static storage. */
typedef struct meower_option {
    const char *name;          /* such as "timeline_max" */
    int type;                  /* MEOWER_OPTION_... */
    const char *default_value; /* as text */
    int64_t minimum;           /* of a number */
    int64_t maximum;           /* of a number */
    const char *help;          /* one sentence, with the unit */
} meower_option;

/* Returns the row at `index` (from 0) of the table, or NULL past its end. Static storage. Any thread. Since 0.1. */
MEOWER_API const meower_option *meower_option_at(size_t index);

/* Makes a set with every option at its default. *out is released by meower_options_free(). Errors: NO_MEMORY. Any
 * thread. Since 0.1. */
MEOWER_API int meower_options_new(meower_options **out, meower_error *error);

/* Sets option `name` to `value` (both copied). Errors: INVALID when the name is unknown or the value does not fit; the
 * message says what would; the set is unchanged then. NO_MEMORY. One thread at a time. Since 0.1. */
MEOWER_API int meower_options_set(meower_options *options, const char *name, const char *value, meower_error *error);

/* Returns the value of option `name` as text, or NULL when the name is unknown. The set's. Valid until the option is
 * set again or the set is freed. One thread at a time. Since 0.1. */
MEOWER_API const char *meower_options_get(const meower_options *options, const char *name);

/* Checks what can be known without opening anything: that store, bus and search name backends that are there.
 * Errors: INVALID when a scheme is unknown, UNSUPPORTED when it is not built in. One thread at a time. Since 0.1. */
MEOWER_API int meower_options_check(const meower_options *options, meower_error *error);

/* Releases the set; instances opened with it go on. NULL is left alone. One thread at a time. Since 0.1. */
MEOWER_API void meower_options_free(meower_options *options);

#ifdef __cplusplus
}
#endif
#endif
