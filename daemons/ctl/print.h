/* print.h - meows and events on standard output: lines for people, or JSON, one object a line. */
#ifndef CTL_PRINT_H
#define CTL_PRINT_H

#include <meower/meow.h>
#include <stddef.h>

/* "2026-11-23 23:49:58  id  body", and "  room=garden tag="two words"" when there are labels. `body` is HTML-escaped,
 * as the feed has it; it is shown as it was typed, with control characters left out and line breaks indented. Those of
 * a label are shown as JSON writes them. */
void print_meow(const char *id, const char *created_at, const char *body, const meower_label *labels,
                size_t label_count);

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
