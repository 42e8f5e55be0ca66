/* utf8_check.h - whether bytes are UTF-8 as RFC 3629 defines it. */
#ifndef SERVER_UTF8_CHECK_H
#define SERVER_UTF8_CHECK_H

#include <stdbool.h>
#include <stddef.h>

bool utf8_check(const char *text, size_t len);

#endif
