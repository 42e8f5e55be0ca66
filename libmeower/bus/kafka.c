/* kafka.c - the bus on Apache Kafka: one topic, keyed by the meow's id, payloads as docs/EVENTS.md describes them, with
 * the headers of a CloudEvents message in binary mode (CloudEvents 1.0.2, Kafka protocol binding, 3.2).
 *
 * publish() and receive() have a client each, so that neither needs a lock. The consumer belongs to no group: it starts
 * at the end of every partition, because a message is only a hint. Partitions added later are followed after the next
 * start. */
#include "base/clock.h"
#include "bus/kafka_client.h"
#include "port/schemes.h"
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DEFAULT_PORT       "9092"
#define DEFAULT_TOPIC      "meow.events"
#define TOPIC_LEN_MAX      249 /* of Kafka */
#define OPEN_TIMEOUT_MS    3000
#define REACH_TIMEOUT_MS   1000
#define REACH_TIMEOUT_MIN  100 /* receive() without time to wait asks so long */
#define PUBLISH_TIMEOUT_MS 10000
#define DOWN_TIMEOUT_MS    2000 /* publish() waits so long for brokers that are all down */
#define FLUSH_SLICE_MS     100

static const struct kafka_property producer_properties[] = {
    {"linger.ms", "5"}, /* until rd_kafka_flush() sends the batch */
    {"message.timeout.ms", "10000"},
    {NULL, NULL},
};

static const struct kafka_property consumer_properties[] = {
    {"auto.offset.reset", "latest"},
    {"enable.auto.commit", "false"},
    {"auto.commit.enable", "false"},
    {"queued.max.messages.kbytes", "4096"},
    {NULL, NULL},
};

struct kafka_bus {
    struct kafka_settings settings;
    struct kafka_client *producer; /* publish() alone; NULL: the last one has failed */
    struct kafka_client *consumer; /* receive() alone, but for wake() */
};

/* ---- the URL ----------------------------------------------------------------------------------------------------- */

/* The names that Kafka allows. */
static bool is_topic(const char *name)
{
    size_t len = strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-");
    return len > 0 && len <= TOPIC_LEN_MAX && name[len] == '\0' && strcmp(name, ".") != 0 && strcmp(name, "..") != 0;
}

static char *join_hosts(const struct broker_url *url)
{
    size_t size = 1;
    for (size_t i = 0; i < url->host_count; i++) {
        size += strlen(url->hosts[i]) + 1;
    }
    char *joined = malloc(size);
    char *end = joined;
    for (size_t i = 0; i < url->host_count && joined != NULL; i++) {
        end += sprintf(end, "%s%s", i == 0 ? "" : ",", url->hosts[i]);
    }
    return joined;
}

static int read_settings(const meower_backend_config *config, struct kafka_settings *settings, meower_error *error)
{
    struct broker_url *url = &settings->url;
    int status = broker_url_parse(config, DEFAULT_PORT, url, error);
    if (status != MEOWER_OK) {
        return status;
    }
    if (url->user != NULL) {
        return meower_error_set(error, MEOWER_ERROR_INVALID, 0, 0,
                                "the bus \"%s\" has a user before its host; for Kafka right is "
                                "kafka://host:port?security.protocol=sasl_ssl&sasl.mechanism=PLAIN&sasl.username=USER&"
                                "sasl.password=PASSWORD",
                                url->redacted);
    }
    settings->topic = url->path[0] == '\0' ? DEFAULT_TOPIC : url->path;
    if (!is_topic(settings->topic)) {
        return meower_error_set(error, MEOWER_ERROR_INVALID, 0, 0,
                                "the bus \"%s\" names a topic that Kafka does not allow; right are up to 249 letters, "
                                "digits, dots, hyphens and underscores",
                                url->redacted);
    }
    settings->brokers = join_hosts(url);
    if (settings->brokers == NULL) {
        return meower_error_set(error, MEOWER_ERROR_NO_MEMORY, 0, 0, "no memory for the URL of the bus");
    }
    return MEOWER_OK;
}

/* ---- publishing -------------------------------------------------------------------------------------------------- */

static rd_kafka_vu_t header(const char *name, const char *value)
{
    return (rd_kafka_vu_t){.vtype = RD_KAFKA_VTYPE_HEADER, .u.header = {name, value, (ssize_t)strlen(value)}};
}

/* Hands one message to librdkafka, which copies it. */
static rd_kafka_resp_err_t produce(struct kafka_client *producer, const meower_bus_message *message)
{
    char id[MEOWER_EPOCH_SIZE + 24];
    char time[CLOCK_TEXT_SIZE];
    snprintf(id, sizeof(id), "%s-%" PRIu64, message->epoch, message->position);
    clock_format(message->at_us, time);
    const rd_kafka_vu_t parts[] = {
        {.vtype = RD_KAFKA_VTYPE_RKT, .u.rkt = producer->topic},
        {.vtype = RD_KAFKA_VTYPE_MSGFLAGS, .u.i = RD_KAFKA_MSG_F_COPY},
        {.vtype = RD_KAFKA_VTYPE_KEY, .u.mem = {(void *)message->id, strlen(message->id)}},
        {.vtype = RD_KAFKA_VTYPE_VALUE, .u.mem = {(void *)message->payload, message->payload_len}},
        header("content-type", "application/json"),
        header("ce_specversion", "1.0"),
        header("ce_id", id),
        header("ce_source", "/meower"),
        header("ce_type", message->kind == MEOWER_EVENT_DELETED ? "meow.deleted" : "meow.created"),
        header("ce_time", time),
    };
    rd_kafka_error_t *failure = rd_kafka_produceva(producer->handle, parts, sizeof(parts) / sizeof(parts[0]));
    if (failure == NULL) {
        producer->undelivered++;
        return RD_KAFKA_RESP_ERR_NO_ERROR;
    }
    rd_kafka_resp_err_t code = rd_kafka_error_code(failure);
    rd_kafka_error_destroy(failure);
    return code;
}

/* Waits until every message has its delivery report. */
static rd_kafka_resp_err_t wait_for_reports(struct kafka_client *producer)
{
    const meower_clock *clock = clock_system();
    int64_t now_us = clock_monotonic_us(clock);
    int64_t end_us = now_us + PUBLISH_TIMEOUT_MS * INT64_C(1000);
    int64_t up_us = now_us; /* when a broker was last known to be up */
    while (producer->undelivered > 0 && producer->delivery_failure == RD_KAFKA_RESP_ERR_NO_ERROR) {
        rd_kafka_flush(producer->handle, FLUSH_SLICE_MS);
        now_us = clock_monotonic_us(clock);
        up_us = producer->is_reachable ? now_us : up_us;
        if (producer->undelivered > 0 && now_us - up_us >= DOWN_TIMEOUT_MS * INT64_C(1000)) {
            return RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN;
        }
        if (producer->undelivered > 0 && now_us >= end_us) {
            return RD_KAFKA_RESP_ERR__MSG_TIMED_OUT;
        }
    }
    return producer->delivery_failure;
}

static int publish(void *backend, const meower_bus_message *messages, size_t count, meower_error *error)
{
    struct kafka_bus *bus = backend;
    int status = MEOWER_OK;
    if (bus->producer == NULL) {
        status = kafka_client_open(&bus->settings, RD_KAFKA_PRODUCER, producer_properties, &bus->producer, error);
    }
    if (status == MEOWER_OK) {
        status = kafka_client_require(bus->producer, REACH_TIMEOUT_MS, error);
    }
    if (status != MEOWER_OK) {
        return status;
    }

    rd_kafka_resp_err_t code = RD_KAFKA_RESP_ERR_NO_ERROR;
    for (size_t i = 0; i < count && code == RD_KAFKA_RESP_ERR_NO_ERROR; i++) {
        code = produce(bus->producer, &messages[i]);
    }
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR) {
        code = wait_for_reports(bus->producer);
    }
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR) {
        return MEOWER_OK;
    }
    status = kafka_client_error(bus->producer, code, "", error);
    /* A producer with a fatal error never sends again; and what is left of the batch must not follow the batch
     * when that comes again. */
    kafka_client_close(bus->producer);
    bus->producer = NULL;
    return status;
}

/* ---- receiving --------------------------------------------------------------------------------------------------- */

static void unfollow(struct kafka_client *consumer)
{
    while (consumer->partitions_followed > 0) {
        rd_kafka_consume_stop(consumer->topic, --consumer->partitions_followed);
    }
    consumer->partition_count = 0;
}

/* Starts to read every partition where it ends now. */
static int follow(struct kafka_client *consumer, int timeout_ms, meower_error *error)
{
    while (consumer->partitions_followed < consumer->partition_count) {
        int partition = consumer->partitions_followed;
        int64_t first;
        int64_t end;
        rd_kafka_resp_err_t code = rd_kafka_query_watermark_offsets(consumer->handle, consumer->settings->topic,
                                                                    partition, &first, &end, timeout_ms);
        if (code == RD_KAFKA_RESP_ERR_NO_ERROR &&
            rd_kafka_consume_start_queue(consumer->topic, partition, end, consumer->queue) != 0) {
            code = rd_kafka_last_error();
        }
        if (code != RD_KAFKA_RESP_ERR_NO_ERROR) {
            return kafka_client_error(consumer, code, "", error);
        }
        consumer->partitions_followed++;
    }
    return MEOWER_OK;
}

static int require_following(struct kafka_client *consumer, int timeout_ms, meower_error *error)
{
    int status = kafka_client_require(consumer, timeout_ms, error);
    return status == MEOWER_OK ? follow(consumer, timeout_ms, error) : status;
}

struct reception {
    struct kafka_client *consumer;
    meower_bus_sink *sink;
    int status; /* of the sink */
    rd_kafka_resp_err_t failure;
};

static void on_message(rd_kafka_message_t *message, void *opaque)
{
    struct reception *reception = opaque;
    if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
        reception->status =
            reception->sink->message(reception->sink, message->payload == NULL ? "" : message->payload, message->len);
    } else {
        reception->failure = message->err;
    }
    if (reception->status != MEOWER_OK) {
        rd_kafka_yield(reception->consumer->handle); /* the rest stays in the queue */
    }
}

static int receive(void *backend, int timeout_ms, meower_bus_sink *sink, meower_error *error)
{
    struct kafka_bus *bus = backend;
    struct kafka_client *consumer = bus->consumer;
    struct reception reception = {.consumer = consumer, .sink = sink};
    int reach_ms = timeout_ms < REACH_TIMEOUT_MIN ? REACH_TIMEOUT_MIN : timeout_ms;
    int status = require_following(consumer, reach_ms < REACH_TIMEOUT_MS ? reach_ms : REACH_TIMEOUT_MS, error);
    if (status != MEOWER_OK) {
        return status;
    }
    rd_kafka_consume_callback_queue(consumer->queue, timeout_ms, on_message, &reception);
    if (reception.status != MEOWER_OK || reception.failure == RD_KAFKA_RESP_ERR_NO_ERROR) {
        return reception.status;
    }
    /* Such as: the topic was deleted. */
    unfollow(consumer);
    return kafka_client_error(consumer, reception.failure, "", error);
}

static void wake(void *backend)
{
    struct kafka_bus *bus = backend;
    rd_kafka_queue_yield(bus->consumer->queue);
}

/* ---- the table --------------------------------------------------------------------------------------------------- */

static void close_bus(void *backend)
{
    struct kafka_bus *bus = backend;
    kafka_client_close(bus->producer);
    kafka_client_close(bus->consumer);
    free(bus->settings.brokers);
    broker_url_free(&bus->settings.url);
    free(bus);
}

/* True for what no waiting mends: open() says so at once. */
static bool is_misconfigured(const meower_error *error)
{
    return error->code == MEOWER_ERROR_PERMISSION || error->code == MEOWER_ERROR_INVALID ||
           (error->backend_domain == MEOWER_DOMAIN_KAFKA && error->backend_code == RD_KAFKA_RESP_ERR__SSL);
}

static int open_clients(struct kafka_bus *bus, meower_error *error)
{
    int status = kafka_client_open(&bus->settings, RD_KAFKA_CONSUMER, consumer_properties, &bus->consumer, error);
    if (status == MEOWER_OK) {
        status = kafka_client_open(&bus->settings, RD_KAFKA_PRODUCER, producer_properties, &bus->producer, error);
    }
    if (status != MEOWER_OK) {
        return status;
    }
    status = require_following(bus->consumer, OPEN_TIMEOUT_MS, error);
    /* Brokers that are down are waited for by the clients. */
    return status != MEOWER_OK && is_misconfigured(error) ? status : MEOWER_OK;
}

static int open_bus(const meower_backend_config *config, void **out, meower_error *error)
{
    struct kafka_bus *bus = calloc(1, sizeof(*bus));
    if (bus == NULL) {
        return meower_error_set(error, MEOWER_ERROR_NO_MEMORY, 0, 0, "no memory for the bus");
    }
    int status = read_settings(config, &bus->settings, error);
    if (status == MEOWER_OK) {
        status = open_clients(bus, error);
    }
    if (status == MEOWER_OK) {
        *out = bus;
    } else {
        close_bus(bus);
    }
    return status;
}

const meower_bus_vtable kafka_bus = {
    .abi = MEOWER_BACKEND_ABI,
    .size = sizeof(meower_bus_vtable),
    .scheme = "kafka",
    .open = open_bus,
    .close = close_bus,
    .publish = publish,
    .receive = receive,
    .wake = wake,
};
