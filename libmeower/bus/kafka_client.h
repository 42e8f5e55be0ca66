/* kafka_client.h - one client of librdkafka, a producer or a consumer, with the topic it is for: made, asked whether it
 * can work now, taken down. One caller at a time, except where it says otherwise. */
#ifndef BUS_KAFKA_CLIENT_H
#define BUS_KAFKA_CLIENT_H

#include "bus/broker_url.h"
#include <librdkafka/rdkafka.h>
#include <stdbool.h>

/* What the option "bus" says. */
struct kafka_settings {
    struct broker_url url;
    char *brokers;     /* "host:port,host2:port" */
    const char *topic; /* points into url or is static */
};

/* A property of librdkafka (its CONFIGURATION.md). */
struct kafka_property {
    const char *name;
    const char *value;
};

struct kafka_client {
    const struct kafka_settings *settings;
    rd_kafka_t *handle;
    rd_kafka_topic_t *topic;
    rd_kafka_queue_t *queue;              /* where messages of a consumer arrive */
    bool is_reachable;                    /* as far as is known */
    bool is_down;                         /* all brokers are, as far as is known */
    int partition_count;                  /* of the topic; 0: not known */
    int partitions_followed;              /* of a consumer */
    size_t undelivered;                   /* of a producer: messages without a report */
    rd_kafka_resp_err_t delivery_failure; /* the first one of them */
    rd_kafka_resp_err_t failure;          /* why it is not reachable */
    char words[256];                      /* of librdkafka, about it */
};

/* `properties` end with a NULL name; what the user set comes on top of them. Returns a status. */
int kafka_client_open(const struct kafka_settings *settings, rd_kafka_type_t type,
                      const struct kafka_property *properties, struct kafka_client **out, meower_error *error);

/* Takes it down, with what it still has to send, within 3 s; what lasts longer goes on by itself. NULL does nothing. */
void kafka_client_close(struct kafka_client *client);

/* Returns OK when a broker can be reached and the topic is there, which it makes if it may; otherwise says why not,
 * after `timeout_ms` at most, and at once when all brokers are known to be down. */
int kafka_client_require(struct kafka_client *client, int timeout_ms, meower_error *error);

/* Says what a code of librdkafka means to the user. Of a code that only says that nothing came to pass, what the client
 * knows of the reason is said instead; `words`, unless "", say more of the code itself. */
int kafka_client_error(const struct kafka_client *client, rd_kafka_resp_err_t code, const char *words,
                       meower_error *error);

#endif
