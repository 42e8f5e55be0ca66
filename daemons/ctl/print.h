/* print.h - meows and events on standard output: lines for people, or JSON, one object a line. */
#ifndef CTL_PRINT_H
#define CTL_PRINT_H

#include <stddef.h>

/* "2026-11-23 23:49:58  id  body". `body` is HTML-escaped, as the feed has it; it is shown as it was typed, with
 * control characters left out and line breaks indented. */
void print_meow(const char *id, const char *created_at, const char *body);

/* "deleted  id". */
void print_deletion(const char *id);

/* "cursor  ", before an event: with it a later tail goes on after the event. */
void print_cursor(const char *cursor);

/* One JSON text on a line of its own. */
void print_json(const char *json, size_t len);

/* On stderr: a cursor was not of this feed. */
void print_not_recovered(void);

/* What is printed is seen at once, also through a pipe. */
void print_flush(void);

#endif
