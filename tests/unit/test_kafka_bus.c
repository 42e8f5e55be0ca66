/* test_kafka_bus.c - the bus on Kafka when brokers fail: against librdkafka's mock cluster, which makes faults to
 * order. What every bus does is in conformance/suite_bus.c. */
#include "base/clock.h"
#include "bus/bus.h"
#include "servers/c11_threads.h"
#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <setjmp.h>

#include <cmocka.h>

#define TOPIC         "meow.events"
#define BROKER        1 /* the only one's number */
#define MESSAGES_MAX  300
#define ARRIVE_MAX_MS 10000
#define EPOCH         "0123456789abcdef"
#define API_PRODUCE   0 /* numbers of Kafka's protocol */

struct fixture {
    rd_kafka_t *host; /* of the mock cluster */
    rd_kafka_mock_cluster_t *cluster;
    meower_options *options;
    struct bus bus;
};

static int64_t now_ms(void)
{
    return clock_monotonic_us(clock_system()) / 1000;
}

static void rest(long ms)
{
    const struct timespec pause = {ms / 1000, ms % 1000 * 1000000};
    nanosleep(&pause, NULL);
}

static void no_log(const rd_kafka_t *handle, int level, const char *facility, const char *line)
{
    (void)handle;
    (void)level;
    (void)facility;
    (void)line;
}

static int set_up(void **state)
{
    struct fixture *fixture = calloc(1, sizeof(*fixture));
    char words[200];
    assert_non_null(fixture);
    *state = fixture;
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    rd_kafka_conf_set_log_cb(conf, no_log);
    fixture->host = rd_kafka_new(RD_KAFKA_PRODUCER, conf, words, sizeof(words));
    assert_non_null(fixture->host);
    fixture->cluster = rd_kafka_mock_cluster_new(fixture->host, 1);
    assert_non_null(fixture->cluster);
    assert_int_equal(meower_options_new(&fixture->options, NULL), MEOWER_OK);
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *fixture = *state;
    rd_kafka_mock_cluster_destroy(fixture->cluster);
    rd_kafka_destroy(fixture->host);
    meower_options_free(fixture->options);
    free(fixture);
    return 0;
}

static int open_url(struct fixture *fixture, const char *url, meower_error *error)
{
    assert_int_equal(meower_options_set(fixture->options, "bus", url, NULL), MEOWER_OK);
    return bus_open(&fixture->bus, fixture->options, error);
}

/* Opens the bus on the mock cluster, whose topic has `partitions` partitions. */
static void open_bus(struct fixture *fixture, int partitions)
{
    char url[200];
    meower_error error = {0};
    rd_kafka_mock_topic_create(fixture->cluster, TOPIC, partitions, 1);
    snprintf(url, sizeof(url), "kafka://%s", rd_kafka_mock_cluster_bootstraps(fixture->cluster));
    if (open_url(fixture, url, &error) != MEOWER_OK) {
        fail_msg("%s", error.message);
    }
}

/* Publishes `count` events, from position `first` on. */
static int publish(struct fixture *fixture, uint64_t first, size_t count, meower_error *error)
{
    static char ids[MESSAGES_MAX][MEOWER_ID_SIZE];
    static char payloads[MESSAGES_MAX][32];
    meower_bus_message messages[MESSAGES_MAX];
    assert_in_range(count, 1, MESSAGES_MAX);
    for (size_t i = 0; i < count; i++) {
        snprintf(ids[i], sizeof(ids[i]), "2ST%024u", (unsigned)(first + i));
        messages[i] = (meower_bus_message){
            .position = first + i,
            .kind = i % 2 == 0 ? MEOWER_EVENT_CREATED : MEOWER_EVENT_DELETED,
            .epoch = EPOCH,
            .id = ids[i],
            .at_us = INT64_C(1790000000000001),
            .payload = payloads[i],
            .payload_len = (size_t)snprintf(payloads[i], sizeof(payloads[i]), "%u", (unsigned)(first + i)),
        };
    }
    return bus_publish(&fixture->bus, messages, count, error);
}

static void check_published(struct fixture *fixture, uint64_t first, size_t count)
{
    meower_error error = {0};
    int status = publish(fixture, first, count, &error);
    if (status != MEOWER_OK) {
        fail_msg("status %d: %s", status, error.message);
    }
}

/* Publishing fails in such a way that the relay tries again, and says which option to look at. */
static void check_unavailable(struct fixture *fixture, uint64_t position)
{
    meower_error error = {0};
    assert_int_equal(publish(fixture, position, 1, &error), MEOWER_ERROR_UNAVAILABLE);
    assert_int_equal(error.flags, MEOWER_ERROR_FLAG_RETRIABLE);
    assert_non_null(strstr(error.message, "\"bus\""));
}

/* As the relay does: again and again, until it works. */
static void publish_until_accepted(struct fixture *fixture, uint64_t position)
{
    int64_t deadline_ms = now_ms() + ARRIVE_MAX_MS;
    meower_error error = {0};
    while (publish(fixture, position, 1, &error) != MEOWER_OK) {
        if (now_ms() > deadline_ms) {
            fail_msg("%s", error.message);
        }
        rest(100);
    }
}

struct collector {
    meower_bus_sink sink;
    size_t count;
    bool seen[MESSAGES_MAX];
};

static int collect(meower_bus_sink *sink, const char *payload, size_t payload_len)
{
    struct collector *collector = (struct collector *)sink;
    char text[32];
    snprintf(text, sizeof(text), "%.*s", (int)payload_len, payload);
    unsigned long position = strtoul(text, NULL, 10);
    assert_in_range(position, 0, MESSAGES_MAX - 1);
    collector->count += collector->seen[position] ? 0 : 1;
    collector->seen[position] = true;
    return MEOWER_OK;
}

/* Receives until `count` different messages have come, whatever fails meanwhile. */
static void check_received(struct fixture *fixture, size_t count)
{
    struct collector collector = {.sink.message = collect};
    int64_t deadline_ms = now_ms() + ARRIVE_MAX_MS;
    meower_error error = {0};
    while (collector.count < count) {
        if (bus_receive(&fixture->bus, 100, &collector.sink, &error) != MEOWER_OK) {
            rest(100);
        }
        if (now_ms() > deadline_ms) {
            fail_msg("%zu of %zu messages have come; %s", collector.count, count, error.message);
        }
    }
}

/* ---- the wire ---------------------------------------------------------------------------------------------------- */

/* A foreign consumer. */
static rd_kafka_t *open_reader(struct fixture *fixture)
{
    char words[200];
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    rd_kafka_conf_set_log_cb(conf, no_log);
    const char *brokers = rd_kafka_mock_cluster_bootstraps(fixture->cluster);
    assert_int_equal(rd_kafka_conf_set(conf, "bootstrap.servers", brokers, words, sizeof(words)), RD_KAFKA_CONF_OK);
    rd_kafka_t *reader = rd_kafka_new(RD_KAFKA_CONSUMER, conf, words, sizeof(words));
    assert_non_null(reader);
    return reader;
}

static void check_header(const rd_kafka_message_t *message, const char *name, const char *wanted)
{
    rd_kafka_headers_t *headers = NULL;
    const void *value = NULL;
    size_t len = 0;
    assert_int_equal(rd_kafka_message_headers(message, &headers), RD_KAFKA_RESP_ERR_NO_ERROR);
    assert_int_equal(rd_kafka_header_get_last(headers, name, &value, &len), RD_KAFKA_RESP_ERR_NO_ERROR);
    assert_int_equal(len, strlen(wanted));
    assert_memory_equal(value, wanted, len);
}

static void check_first_message(const rd_kafka_message_t *message)
{
    assert_int_equal(message->len, 2);
    assert_memory_equal(message->payload, "41", 2);
    assert_int_equal(message->key_len, 27);
    assert_memory_equal(message->key, "2ST000000000000000000000041", 27);
    check_header(message, "content-type", "application/json");
    check_header(message, "ce_specversion", "1.0");
    check_header(message, "ce_id", EPOCH "-41");
    check_header(message, "ce_source", "/meower");
    check_header(message, "ce_type", "meow.created");
    check_header(message, "ce_time", "2026-09-21T14:13:20.000001Z");
}

static void events_are_cloudevents_in_binary_mode(void **state)
{
    struct fixture *fixture = *state;
    open_bus(fixture, 1);
    check_published(fixture, 41, 2);

    rd_kafka_t *reader = open_reader(fixture);
    rd_kafka_topic_t *topic = rd_kafka_topic_new(reader, TOPIC, NULL);
    assert_int_equal(rd_kafka_consume_start(topic, 0, RD_KAFKA_OFFSET_BEGINNING), 0);
    rd_kafka_message_t *created = rd_kafka_consume(topic, 0, ARRIVE_MAX_MS);
    rd_kafka_message_t *deleted = rd_kafka_consume(topic, 0, ARRIVE_MAX_MS);
    assert_non_null(created);
    assert_non_null(deleted);
    check_first_message(created);
    check_header(deleted, "ce_type", "meow.deleted");
    rd_kafka_message_destroy(created);
    rd_kafka_message_destroy(deleted);
    rd_kafka_consume_stop(topic, 0);
    rd_kafka_topic_destroy(topic);
    rd_kafka_destroy(reader);
    bus_close(&fixture->bus);
}

static void all_partitions_are_followed(void **state)
{
    struct fixture *fixture = *state;
    open_bus(fixture, 4);
    check_published(fixture, 1, 100);
    check_received(fixture, 100);
    bus_close(&fixture->bus);
}

/* ---- faults ------------------------------------------------------------------------------------------------------ */

static void a_fault_that_passes_is_hidden(void **state)
{
    struct fixture *fixture = *state;
    open_bus(fixture, 1);
    rd_kafka_mock_push_request_errors(fixture->cluster, API_PRODUCE, 3, RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION,
                                      RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT, RD_KAFKA_RESP_ERR__TRANSPORT);
    check_published(fixture, 1, 20);
    check_received(fixture, 20);
    bus_close(&fixture->bus);
}

/* The broker says that a sequence number is missing: librdkafka's producer is then good for nothing. */
static void after_a_fatal_error_the_next_batch_is_accepted(void **state)
{
    struct fixture *fixture = *state;
    open_bus(fixture, 1);
    check_published(fixture, 1, 1);
    rd_kafka_mock_push_request_errors(fixture->cluster, API_PRODUCE, 1, RD_KAFKA_RESP_ERR_OUT_OF_ORDER_SEQUENCE_NUMBER);
    check_unavailable(fixture, 2);
    check_published(fixture, 2, 1);
    check_received(fixture, 2);
    bus_close(&fixture->bus);
}

static void brokers_that_are_down_at_open_are_waited_for(void **state)
{
    struct fixture *fixture = *state;
    rd_kafka_mock_broker_set_down(fixture->cluster, BROKER);
    int64_t start_ms = now_ms();
    open_bus(fixture, 1);
    check_unavailable(fixture, 1);
    assert_in_range(now_ms() - start_ms, 0, 2500);
    rd_kafka_mock_broker_set_up(fixture->cluster, BROKER);
    publish_until_accepted(fixture, 1);
    int64_t deadline_ms = now_ms() + ARRIVE_MAX_MS;
    struct collector collector = {.sink.message = collect};
    meower_error error = {0};
    while (bus_receive(&fixture->bus, 100, &collector.sink, &error) != MEOWER_OK) {
        assert_true(now_ms() < deadline_ms);
    }
    check_published(fixture, 2, 1);
    check_received(fixture, 1);
    bus_close(&fixture->bus);
}

static void brokers_that_go_down_are_told_and_waited_for(void **state)
{
    struct fixture *fixture = *state;
    struct collector collector = {.sink.message = collect};
    meower_error error = {0};
    open_bus(fixture, 1);
    check_published(fixture, 1, 1);
    check_received(fixture, 1);
    rd_kafka_mock_broker_set_down(fixture->cluster, BROKER);
    check_unavailable(fixture, 2);
    assert_int_equal(bus_receive(&fixture->bus, 100, &collector.sink, &error), MEOWER_ERROR_UNAVAILABLE);
    assert_int_equal(error.flags, MEOWER_ERROR_FLAG_RETRIABLE);
    rd_kafka_mock_broker_set_up(fixture->cluster, BROKER);
    publish_until_accepted(fixture, 2);
    check_received(fixture, 1);
    bus_close(&fixture->bus);
}

static void publishing_gives_up_soon_when_all_brokers_are_down(void **state)
{
    struct fixture *fixture = *state;
    open_bus(fixture, 1);
    check_published(fixture, 1, 1);
    rd_kafka_mock_broker_set_down(fixture->cluster, BROKER);
    int64_t start_ms = now_ms();
    check_unavailable(fixture, 2);
    assert_in_range(now_ms() - start_ms, 0, 5000);
    bus_close(&fixture->bus);
}

static void publishing_gives_up_when_a_broker_does_not_answer(void **state)
{
    struct fixture *fixture = *state;
    open_bus(fixture, 1);
    check_published(fixture, 1, 1);
    rd_kafka_mock_broker_set_rtt(fixture->cluster, BROKER, 60000);
    int64_t start_ms = now_ms();
    check_unavailable(fixture, 2);
    assert_in_range(now_ms() - start_ms, 5000, 15000);
    bus_close(&fixture->bus);
}

static void closing_does_not_wait_for_brokers_that_are_down(void **state)
{
    struct fixture *fixture = *state;
    open_bus(fixture, 1);
    check_published(fixture, 1, 1);
    rd_kafka_mock_broker_set_down(fixture->cluster, BROKER);
    check_unavailable(fixture, 2);
    int64_t start_ms = now_ms();
    bus_close(&fixture->bus);
    assert_in_range(now_ms() - start_ms, 0, 7000);
}

static void a_topic_that_cannot_be_made_is_named(void **state)
{
    struct fixture *fixture = *state;
    meower_error error = {0};
    rd_kafka_mock_topic_set_error(fixture->cluster, TOPIC, RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART);
    open_bus(fixture, 1);
    assert_int_equal(publish(fixture, 1, 1, &error), MEOWER_ERROR_UNAVAILABLE);
    assert_int_equal(error.flags, MEOWER_ERROR_FLAG_RETRIABLE);
    assert_non_null(strstr(error.message, "topic " TOPIC));
    rd_kafka_mock_topic_set_error(fixture->cluster, TOPIC, RD_KAFKA_RESP_ERR_NO_ERROR);
    publish_until_accepted(fixture, 1);
    bus_close(&fixture->bus);
}

static void a_topic_that_may_not_be_written_is_a_matter_of_permission(void **state)
{
    struct fixture *fixture = *state;
    meower_error error = {0};
    open_bus(fixture, 1);
    rd_kafka_mock_push_request_errors(fixture->cluster, API_PRODUCE, 1, RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED);
    assert_int_equal(publish(fixture, 1, 1, &error), MEOWER_ERROR_PERMISSION);
    assert_non_null(strstr(error.message, "topic " TOPIC));
    check_published(fixture, 1, 1);
    bus_close(&fixture->bus);
}

static void an_event_that_is_too_large_is_not_tried_again(void **state)
{
    struct fixture *fixture = *state;
    meower_error error = {0};
    open_bus(fixture, 1);
    rd_kafka_mock_push_request_errors(fixture->cluster, API_PRODUCE, 1, RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE);
    assert_int_equal(publish(fixture, 1, 1, &error), MEOWER_ERROR_INVALID);
    assert_int_equal(error.flags, 0);
    bus_close(&fixture->bus);
}

/* ---- the URL ----------------------------------------------------------------------------------------------------- */

static void a_url_that_cannot_be_is_refused_without_its_secrets(void **state)
{
    static const struct {
        const char *url;
        const char *says;
    } cases[] = {
        {"kafka:broker:9092", "//"},
        {"kafka://", "host"},
        {"kafka://host:0", "port"},
        {"kafka://host:70000", "port"},
        {"kafka://ho st:1", "host"},
        {"kafka://host:1/a/b", "topic"},
        {"kafka://host:1/..", "topic"},
        {"kafka://me:tiger@host:1", "sasl.username"},
        {"kafka://host:1?acks=0", "acks"},
        {"kafka://host:1?enable.idempotence=false", "enable.idempotence"},
        {"kafka://host:1?bootstrap.servers=other:1", "bootstrap.servers"},
        {"kafka://host:1?no.such.property=1", "no.such.property"},
        {"kafka://host:1?linger.ms=soon", "linger.ms"},
        {"kafka://host:1?security.protocol=sasl_ssl&sasl.password=tiger&sasl.mechanism=none", "sasl"},
        {"kafka://host:1?security.protocol=sasl_plaintext&sasl.mechanism=PLAIN&sasl.password=tiger", "sasl"},
    };
    struct fixture *fixture = *state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        meower_error error = {0};
        int status = open_url(fixture, cases[i].url, &error);
        if (status != MEOWER_ERROR_INVALID || strstr(error.message, cases[i].says) == NULL) {
            fail_msg("%s: status %d, %s", cases[i].url, status, error.message);
        }
        assert_null(strstr(error.message, "tiger"));
    }
}

static void properties_of_librdkafka_can_be_set(void **state)
{
    struct fixture *fixture = *state;
    char url[300];
    meower_error error = {0};
    rd_kafka_mock_topic_create(fixture->cluster, "other.topic", 1, 1);
    snprintf(url, sizeof(url), "kafka://%s/other.topic?compression.type=lz4&client.id=me%%26you",
             rd_kafka_mock_cluster_bootstraps(fixture->cluster));
    if (open_url(fixture, url, &error) != MEOWER_OK) {
        fail_msg("%s", error.message);
    }
    check_published(fixture, 1, 10);
    check_received(fixture, 10);
    bus_close(&fixture->bus);
}

#define KAFKA_TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        KAFKA_TEST(events_are_cloudevents_in_binary_mode),
        KAFKA_TEST(all_partitions_are_followed),
        KAFKA_TEST(a_fault_that_passes_is_hidden),
        KAFKA_TEST(after_a_fatal_error_the_next_batch_is_accepted),
        KAFKA_TEST(brokers_that_are_down_at_open_are_waited_for),
        KAFKA_TEST(brokers_that_go_down_are_told_and_waited_for),
        KAFKA_TEST(publishing_gives_up_soon_when_all_brokers_are_down),
        KAFKA_TEST(publishing_gives_up_when_a_broker_does_not_answer),
        KAFKA_TEST(closing_does_not_wait_for_brokers_that_are_down),
        KAFKA_TEST(a_topic_that_cannot_be_made_is_named),
        KAFKA_TEST(a_topic_that_may_not_be_written_is_a_matter_of_permission),
        KAFKA_TEST(an_event_that_is_too_large_is_not_tried_again),
        KAFKA_TEST(a_url_that_cannot_be_is_refused_without_its_secrets),
        KAFKA_TEST(properties_of_librdkafka_can_be_set),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
