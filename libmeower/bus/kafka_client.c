/* kafka_client.c - one client of librdkafka: its configuration, its topic, its errors. */
#include "bus/kafka_client.h"
#include "base/clock.h"
#include "bus/background.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define CLOSE_TIMEOUT_MS  3000
#define CREATE_TIMEOUT_MS 3000
#define TOPIC_PAUSE_MS    50 /* between two looks at a topic that is being made */
#define REACH_SLICE_MS    50 /* between two looks at what on_error() has heard */

/* ---- configuration ----------------------------------------------------------------------------------------------- */

static const struct kafka_property common_properties[] = {
    {"client.id", "meower"},
    {"reconnect.backoff.max.ms", "500"}, /* by default 10 s pass between two attempts */
    {"socket.connection.setup.timeout.ms", "5000"},
    {"socket.keepalive.enable", "true"},
    {"topic.metadata.propagation.max.ms", "5000"}, /* then a message to a topic that is not there fails */
    {NULL, NULL},
};

/* What users cannot set, because the bus would break its promises. They come last. */
static const struct kafka_property fixed_properties[] = {
    {"enable.idempotence", "true"},
    {"acks", "all"},
    {"allow.auto.create.topics", "false"}, /* kafka_client_require() makes the topic, with one partition */
    {NULL, NULL},
};

static bool is_fixed(const char *name)
{
    static const char *const names[] = {"bootstrap.servers", "metadata.broker.list", "request.required.acks"};
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (strcmp(name, names[i]) == 0) {
            return true;
        }
    }
    for (const struct kafka_property *property = fixed_properties; property->name != NULL; property++) {
        if (strcmp(name, property->name) == 0) {
            return true;
        }
    }
    return false;
}

/* No message shows a value: it may be a secret. */
static int set_property(rd_kafka_conf_t *conf, const char *name, const char *value,
                        const struct kafka_settings *settings, meower_error *error)
{
    char words[300];
    switch (rd_kafka_conf_set(conf, name, value, words, sizeof(words))) {
    case RD_KAFKA_CONF_OK:
        return MEOWER_OK;
    case RD_KAFKA_CONF_UNKNOWN:
        return meower_error_set(error, MEOWER_ERROR_INVALID, 0, 0,
                                "the bus %s sets %s, which is no property of librdkafka (see its CONFIGURATION.md), or "
                                "not of one that was built like this",
                                settings->url.redacted, name);
    default:
        return meower_error_set(
            error, MEOWER_ERROR_INVALID, 0, 0,
            "the bus %s sets %s to a value that librdkafka does not take (see its CONFIGURATION.md)",
            settings->url.redacted, name);
    }
}

static int set_properties(rd_kafka_conf_t *conf, const struct kafka_property *properties,
                          const struct kafka_settings *settings, meower_error *error)
{
    int status = MEOWER_OK;
    for (; properties->name != NULL && status == MEOWER_OK; properties++) {
        status = set_property(conf, properties->name, properties->value, settings, error);
    }
    return status;
}

static int set_parameters(rd_kafka_conf_t *conf, const struct kafka_settings *settings, meower_error *error)
{
    int status = MEOWER_OK;
    for (size_t i = 0; i < settings->url.parameter_count && status == MEOWER_OK; i++) {
        const struct broker_parameter *parameter = &settings->url.parameters[i];
        if (is_fixed(parameter->name)) {
            return meower_error_set(error, MEOWER_ERROR_INVALID, 0, 0,
                                    "the bus %s sets %s, which cannot be set; leave it out", settings->url.redacted,
                                    parameter->name);
        }
        status = set_property(conf, parameter->name, parameter->value, settings, error);
    }
    return status;
}

/* ---- what librdkafka says ---------------------------------------------------------------------------------------- */

/* Called from rd_kafka_poll(). */
static void on_error(rd_kafka_t *handle, int code, const char *words, void *opaque)
{
    struct kafka_client *client = opaque;
    (void)handle;
    /* One broker that is down is not all; that all are down says nothing of why. */
    if (code == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN) {
        client->is_reachable = false;
        client->is_down = true;
        return;
    }
    client->failure = (rd_kafka_resp_err_t)code;
    snprintf(client->words, sizeof(client->words), "%s", words);
}

/* Called from rd_kafka_poll() and rd_kafka_flush(). */
static void on_delivery(rd_kafka_t *handle, const rd_kafka_message_t *message, void *opaque)
{
    struct kafka_client *client = opaque;
    (void)handle;
    client->undelivered--;
    if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR && client->delivery_failure == RD_KAFKA_RESP_ERR_NO_ERROR) {
        client->delivery_failure = message->err;
    }
}

/* A library does not write to stderr. What matters comes to on_error() too. Threads of librdkafka. */
static void on_log(const rd_kafka_t *handle, int level, const char *facility, const char *line)
{
    (void)handle;
    (void)level;
    (void)facility;
    (void)line;
}

/* ---- making and taking down -------------------------------------------------------------------------------------- */

static int make_conf(const struct kafka_settings *settings, const struct kafka_property *properties,
                     struct kafka_client *client, rd_kafka_conf_t **out, meower_error *error)
{
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    rd_kafka_conf_set_opaque(conf, client);
    rd_kafka_conf_set_error_cb(conf, on_error);
    rd_kafka_conf_set_dr_msg_cb(conf, on_delivery);
    rd_kafka_conf_set_log_cb(conf, on_log);
    int status = set_property(conf, "bootstrap.servers", settings->brokers, settings, error);
    if (status == MEOWER_OK) {
        status = set_properties(conf, common_properties, settings, error);
    }
    if (status == MEOWER_OK) {
        status = set_properties(conf, properties, settings, error);
    }
    if (status == MEOWER_OK) {
        status = set_parameters(conf, settings, error);
    }
    if (status == MEOWER_OK) {
        status = set_properties(conf, fixed_properties, settings, error);
    }
    if (status == MEOWER_OK) {
        *out = conf;
    } else {
        rd_kafka_conf_destroy(conf);
    }
    return status;
}

/* Stopping and destroying wait for librdkafka's threads, which may be waiting for a name server. */
static void destroy_client(void *argument)
{
    struct kafka_client *client = argument;
    for (int partition = 0; partition < client->partitions_followed; partition++) {
        rd_kafka_consume_stop(client->topic, partition);
    }
    if (client->queue != NULL) {
        rd_kafka_queue_destroy(client->queue);
    }
    if (client->topic != NULL) {
        rd_kafka_topic_destroy(client->topic);
    }
    if (client->handle != NULL) {
        rd_kafka_destroy(client->handle);
    }
    free(client);
}

int kafka_client_open(const struct kafka_settings *settings, rd_kafka_type_t type,
                      const struct kafka_property *properties, struct kafka_client **out, meower_error *error)
{
    char words[300];
    rd_kafka_conf_t *conf = NULL;
    struct kafka_client *client = calloc(1, sizeof(*client));
    if (client == NULL) {
        return meower_error_set(error, MEOWER_ERROR_NO_MEMORY, 0, 0, "no memory for a client of Kafka");
    }
    client->settings = settings;
    int status = make_conf(settings, properties, client, &conf, error);
    if (status != MEOWER_OK) {
        free(client);
        return status;
    }
    client->handle = rd_kafka_new(type, conf, words, sizeof(words)); /* takes conf, unless it fails */
    if (client->handle == NULL) {
        rd_kafka_conf_destroy(conf);
        free(client);
        return meower_error_set(error, MEOWER_ERROR_INVALID, 0, 0,
                                "the parameters of the bus %s do not fit together (%s)", settings->url.redacted, words);
    }
    client->topic = rd_kafka_topic_new(client->handle, settings->topic, NULL);
    client->queue = rd_kafka_queue_new(client->handle);
    if (client->topic == NULL) {
        destroy_client(client);
        return meower_error_set(error, MEOWER_ERROR_NO_MEMORY, 0, 0, "no memory for a topic of Kafka");
    }
    *out = client;
    return MEOWER_OK;
}

void kafka_client_close(struct kafka_client *client)
{
    if (client != NULL) {
        background_run(destroy_client, client, CLOSE_TIMEOUT_MS);
    }
}

/* ---- the topic --------------------------------------------------------------------------------------------------- */

/* What became of the only topic that was to be made. */
static rd_kafka_resp_err_t creation_result(rd_kafka_event_t *event, char *words, size_t words_size)
{
    size_t count = 0;
    const rd_kafka_CreateTopics_result_t *result = rd_kafka_event_CreateTopics_result(event);
    const rd_kafka_topic_result_t **topics =
        result == NULL ? NULL : rd_kafka_CreateTopics_result_topics(result, &count);
    rd_kafka_resp_err_t code = event == NULL ? RD_KAFKA_RESP_ERR__TIMED_OUT : rd_kafka_event_error(event);
    const char *reason = event == NULL ? rd_kafka_err2str(code) : rd_kafka_event_error_string(event);
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR && count == 1) {
        code = rd_kafka_topic_result_error(topics[0]);
        reason = rd_kafka_topic_result_error_string(topics[0]);
    }
    snprintf(words, words_size, "%s", reason != NULL ? reason : rd_kafka_err2str(code));
    return code;
}

/* Makes the topic with one partition and the broker's default number of copies. Says in `words` why it could not. */
static void create_topic(const struct kafka_client *client, char *words, size_t words_size)
{
    rd_kafka_NewTopic_t *topic = rd_kafka_NewTopic_new(client->settings->topic, 1, -1, words, words_size);
    if (topic == NULL) {
        return;
    }
    rd_kafka_queue_t *queue = rd_kafka_queue_new(client->handle);
    rd_kafka_AdminOptions_t *options = rd_kafka_AdminOptions_new(client->handle, RD_KAFKA_ADMIN_OP_CREATETOPICS);
    rd_kafka_AdminOptions_set_request_timeout(options, CREATE_TIMEOUT_MS, NULL, 0);
    rd_kafka_CreateTopics(client->handle, &topic, 1, options, queue);
    rd_kafka_event_t *event = rd_kafka_queue_poll(queue, CREATE_TIMEOUT_MS);
    rd_kafka_resp_err_t code = creation_result(event, words, words_size);
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR || code == RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS) {
        words[0] = '\0';
    }
    if (event != NULL) {
        rd_kafka_event_destroy(event);
    }
    rd_kafka_AdminOptions_destroy(options);
    rd_kafka_queue_destroy(queue);
    rd_kafka_NewTopic_destroy(topic);
}

static int64_t now_ms(void)
{
    return clock_monotonic_us(clock_system()) / 1000;
}

/* Asks a broker about the topic. */
static rd_kafka_resp_err_t query_topic(struct kafka_client *client, int64_t end_ms,
                                       const struct rd_kafka_metadata **metadata)
{
    for (;;) {
        rd_kafka_resp_err_t code = rd_kafka_metadata(client->handle, 0, client->topic, metadata, REACH_SLICE_MS);
        int64_t rest_ms = end_ms - now_ms();
        rd_kafka_poll(client->handle, 0);
        /* A broker is there, but farther away than a slice. */
        if (code == RD_KAFKA_RESP_ERR__TIMED_OUT && rest_ms > 0) {
            return rd_kafka_metadata(client->handle, 0, client->topic, metadata, (int)rest_ms);
        }
        if (code != RD_KAFKA_RESP_ERR__TRANSPORT || client->is_down || rest_ms <= 0) {
            return code;
        }
    }
}

static rd_kafka_resp_err_t look_for_topic(struct kafka_client *client, int64_t end_ms)
{
    const struct rd_kafka_metadata *metadata = NULL;
    rd_kafka_resp_err_t code = query_topic(client, end_ms, &metadata);
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR) {
        return code;
    }
    client->is_reachable = true;
    client->is_down = false;
    client->failure = RD_KAFKA_RESP_ERR_NO_ERROR;
    code = metadata->topic_cnt == 1 ? metadata->topics[0].err : RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART;
    client->partition_count = code == RD_KAFKA_RESP_ERR_NO_ERROR ? metadata->topics[0].partition_cnt : 0;
    rd_kafka_metadata_destroy(metadata);
    return code;
}

static bool is_missing(rd_kafka_resp_err_t code)
{
    return code == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART || code == RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC ||
           code == RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE;
}

int kafka_client_require(struct kafka_client *client, int timeout_ms, meower_error *error)
{
    const struct timespec pause = {0, TOPIC_PAUSE_MS * 1000000L};
    int64_t end_ms = now_ms() + timeout_ms;
    char words[256] = "";
    bool was_created = false;
    rd_kafka_poll(client->handle, 0);
    if (client->is_reachable && client->partition_count > 0) {
        return MEOWER_OK;
    }
    for (;;) {
        rd_kafka_resp_err_t code = look_for_topic(client, end_ms);
        if (code == RD_KAFKA_RESP_ERR_NO_ERROR && client->partition_count > 0) {
            return MEOWER_OK;
        }
        if (is_missing(code) && !was_created) {
            create_topic(client, words, sizeof(words));
            was_created = true;
        }
        if (!is_missing(code) || words[0] != '\0' || now_ms() >= end_ms) {
            rd_kafka_poll(client->handle, 0);
            return kafka_client_error(client, code, words, error);
        }
        nanosleep(&pause, NULL);
    }
}

/* ---- errors ------------------------------------------------------------------------------------------------------ */

static bool says_nothing(rd_kafka_resp_err_t code)
{
    return code == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN || code == RD_KAFKA_RESP_ERR__TRANSPORT ||
           code == RD_KAFKA_RESP_ERR__TIMED_OUT || code == RD_KAFKA_RESP_ERR__MSG_TIMED_OUT;
}

int kafka_client_error(const struct kafka_client *client, rd_kafka_resp_err_t code, const char *words,
                       meower_error *error)
{
    const uint32_t retriable = MEOWER_ERROR_FLAG_RETRIABLE;
    const char *url = client->settings->url.redacted;
    const char *topic = client->settings->topic;
    if (says_nothing(code) && client->failure != RD_KAFKA_RESP_ERR_NO_ERROR) {
        code = client->failure;
        words = client->words;
    }
    if (words[0] == '\0') {
        words = rd_kafka_err2str(code);
    }
    switch (code) {
    case RD_KAFKA_RESP_ERR__AUTHENTICATION:
    case RD_KAFKA_RESP_ERR_SASL_AUTHENTICATION_FAILED:
        return meower_error_set_backend(
            error, MEOWER_ERROR_PERMISSION, MEOWER_DOMAIN_KAFKA, code, 0,
            "the bus %s refuses its user or password (%s); change sasl.username, sasl.password or "
            "sasl.mechanism in the option \"bus\"",
            url, words);
    case RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED:
    case RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED:
        return meower_error_set_backend(
            error, MEOWER_ERROR_PERMISSION, MEOWER_DOMAIN_KAFKA, code, 0,
            "the bus %s does not permit the topic %s (%s); permit its user to read, write and "
            "describe it, or change the option \"bus\"",
            url, topic, words);
    case RD_KAFKA_RESP_ERR__SSL:
        return meower_error_set_backend(
            error, MEOWER_ERROR_UNAVAILABLE, MEOWER_DOMAIN_KAFKA, code, retriable,
            "TLS with the bus %s fails (%s); check ssl.ca.location and security.protocol in the "
            "option \"bus\" and the broker's certificate",
            url, words);
    case RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART:
    case RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC:
    case RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE:
        return meower_error_set_backend(
            error, MEOWER_ERROR_UNAVAILABLE, MEOWER_DOMAIN_KAFKA, code, retriable,
            "the bus %s has no topic %s yet, and it could not be made (%s); make it, or name "
            "another in the option \"bus\" (kafka://host:port/topic)",
            url, topic, words);
    case RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE:
        return meower_error_set_backend(
            error, MEOWER_ERROR_INVALID, MEOWER_DOMAIN_KAFKA, code, 0,
            "an event is larger than the bus %s takes; raise max.message.bytes of the topic %s", url, topic);
    default:
        return meower_error_set_backend(error, MEOWER_ERROR_UNAVAILABLE, MEOWER_DOMAIN_KAFKA, code, retriable,
                                        "the bus %s cannot be reached (%s); start it, or change the option \"bus\"",
                                        url, words);
    }
}
