/* elasticsearch_address.h - where a search engine is: "http://[user:password@]host[:port][/index]", taken apart. */
#ifndef SEARCH_ELASTICSEARCH_ADDRESS_H
#define SEARCH_ELASTICSEARCH_ADDRESS_H

#include <meower/base.h>

struct elasticsearch_address {
    char *server;   /* "http://host:port", the part that may be shown */
    char *user;     /* NULL: none */
    char *password; /* NULL: none; must not be shown */
    char *index;    /* a plain name that needs no escaping */
};

/* Takes a location apart. Errors: INVALID, whose message says what would be right and shows no password; NO_MEMORY.
 * *address is to be released in any case. */
int elasticsearch_address_parse(struct elasticsearch_address *address, const char *location, meower_error *error);
void elasticsearch_address_free(struct elasticsearch_address *address);

#endif
