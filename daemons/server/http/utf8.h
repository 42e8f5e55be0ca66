/* utf8.h - whether bytes are UTF-8 as RFC 3629 defines it. */
#ifndef SERVER_HTTP_UTF8_H
#define SERVER_HTTP_UTF8_H

#include <stdbool.h>
#include <stddef.h>

bool utf8_check(const char *text, size_t len);

#endif
