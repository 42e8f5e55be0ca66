/* nats_link.h - one connection to NATS, perhaps with a subscription: made, kept and taken down by other threads,
 * because nats.c holds a connection's lock for as long as an attempt to connect takes. One caller at a time. */
#ifndef BUS_NATS_LINK_H
#define BUS_NATS_LINK_H

#include <meower/backend.h>
#include <nats/nats.h>
#include <stdbool.h>

struct nats_link;

/* Begins to connect and, unless `subject` (static storage) is NULL, to subscribe. `options` become the link's, also on
 * failure; `redacted_url` outlives it. */
int nats_link_open(natsOptions *options, const char *subject, const char *redacted_url, struct nats_link **out,
                   meower_error *error);

/* Takes it down within 4 s, as a rule at once; what lasts longer goes on by itself. NULL does nothing. */
void nats_link_close(struct nats_link *link);

/* Waits until it is connected or it is known why not. */
void nats_link_wait(struct nats_link *link, int timeout_ms);

/* The number of the connection that stands, counted from 1; 0: none stands. */
unsigned nats_link_number(struct nats_link *link);

/* True when it will not connect again by itself: close it and open another. */
bool nats_link_is_dead(struct nats_link *link);

/* For how long nothing has been heard of an attempt to connect; 0 when a connection stands. */
int64_t nats_link_silence_ms(struct nats_link *link);

/* Both stand when a connection stands. */
natsConnection *nats_link_connection(struct nats_link *link);
natsSubscription *nats_link_subscription(struct nats_link *link);

/* Says why no connection stands. */
int nats_link_error(struct nats_link *link, meower_error *error);

/* Says what a status of nats.c and the words that came with it (NULL: the thread's last ones) mean to the user. */
int nats_status_error(natsStatus status, const char *words, const char *redacted_url, meower_error *error);

/* What nats.c said last to this thread; "" when nothing. */
const char *nats_last_words(void);

#endif
