/* broker.h - for tests that need a real message broker, which an environment variable names by its URL. Without it a
 * program of tests ends at once: as skipped, or as failed where CI is set. */
#ifndef SERVERS_BROKER_H
#define SERVERS_BROKER_H

#include <stdio.h>
#include <stdlib.h>

/* `script` of this folder starts such a server. */
static inline const char *broker_test_url(const char *variable, const char *script)
{
    const char *url = getenv(variable);
    if (url != NULL && url[0] != '\0') {
        return url;
    }
    if (getenv("CI") != NULL) {
        printf("NO SERVER: %s names none; CI is set, so that is a failure\n", variable);
        exit(1);
    }
    printf("[  SKIPPED ] 1 test(s) or more: %s names no server; %s starts one\n", variable, script);
    exit(0);
}

#endif
