/* cursor.h - a position as an opaque token: the store's epoch (16 hexadecimal digits), '-', the position in decimal. */
#ifndef BASE_CURSOR_H
#define BASE_CURSOR_H

#include <meower/backend.h>
#include <stdbool.h>

/* Draws the epoch of a new life of a store. */
void cursor_draw_epoch(const meower_clock *clock, char epoch[MEOWER_EPOCH_SIZE]);

/* Whether that is one: 16 hexadecimal digits and the NUL. */
bool cursor_is_epoch(const char epoch[MEOWER_EPOCH_SIZE]);

/* NUL-terminated. Returns the place of the NUL. */
char *cursor_format(const char *epoch, uint64_t position, char out[MEOWER_CURSOR_SIZE]);

/* False when `text` is no token at all: another form, leading zeros, a position above UINT64_MAX. */
bool cursor_parse(const char *text, char epoch[MEOWER_EPOCH_SIZE], uint64_t *position);

#endif
