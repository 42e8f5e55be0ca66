/* html.h - the five characters that HTML gives a meaning, escaped as the original system did: &lt; &gt; &amp; &#39;
 * &#34; */
#ifndef BASE_HTML_H
#define BASE_HTML_H

#include <stddef.h>

/* Bytes that html_escape() will write for this text. */
size_t html_escaped_len(const char *text, size_t len);

/* Writes the escaped text to `out`, which has room for html_escaped_len() bytes; adds no NUL. */
void html_escape(const char *text, size_t len, char *out);

/* When one of the five entities stands at text[0], returns its bytes and sets *character; otherwise 0. */
size_t html_entity(const char *text, size_t len, char *character);

#endif
