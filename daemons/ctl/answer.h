/* answer.h - one request to a server by libcurl, with its answer in memory. */
#ifndef CTL_ANSWER_H
#define CTL_ANSWER_H

#include <stddef.h>

/* An answer in memory, NUL-terminated; NULL when it was empty. */
struct answer {
    char *text;
    size_t len;
};

/* Sends a request without content for `path` at `url`. Returns 0, or 1 with a message on stderr; *answer is to be
 * released in any case. */
int answer_get(const char *url, const char *path, const char *method, struct answer *answer);

void answer_free(struct answer *answer);

/* For libcurl's CURLOPT_WRITEFUNCTION: adds to a struct answer. */
size_t answer_collect(char *data, size_t size, size_t count, void *context);

/* Says on stderr what the server said was wrong. */
void answer_report(long http_status, const struct answer *answer);

#endif
