/* answer.h - one request to a server by libcurl, with its answer in memory. */
#ifndef CTL_ANSWER_H
#define CTL_ANSWER_H

#include <curl/curl.h>
#include <stddef.h>

/* An answer in memory, NUL-terminated; NULL when it was empty. */
struct answer {
    char *text;
    size_t len;
};

/* Carries out the request that `curl` is prepared for, except for a time limit and where the answer goes, which are set
 * here; `url` is for the message. Returns 0, or 1 with a message on stderr; *answer is to be released in any case. */
int answer_perform(CURL *curl, const char *url, struct answer *answer);

/* Sends a request without content for `path` at `url`. Returns 0, or 1 with a message on stderr; *answer is to be
 * released in any case. */
int answer_get(const char *url, const char *path, const char *method, struct answer *answer);

void answer_free(struct answer *answer);

#endif
