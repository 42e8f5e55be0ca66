/* url.h - the "scheme:location" form in which backends are named. */
#ifndef BASE_URL_H
#define BASE_URL_H

#include <stdbool.h>
#include <stddef.h>

/* True when `url` begins with `scheme` and a colon. Sets *location to what follows it. */
bool url_has_scheme(const char *url, const char *scheme, const char **location);

/* Copies `url` to `out` (out_size > 0, cut to fit) with every password replaced by "***": user:PASSWORD@host,
 * password=... and passfile-like keywords of a connection string. For messages and logs. */
void url_redact(const char *url, char *out, size_t out_size);

#endif
