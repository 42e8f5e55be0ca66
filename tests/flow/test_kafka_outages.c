/* test_kafka_outages.c - one instance writes, another follows, and between them is Kafka, whose broker goes away a
 * hundred times. The broker is librdkafka's mock; the store is shared. The follower gets each event once, in order; who
 * reads the topic from outside misses none. */
#include "flow/shared_store.h"
#include "flow/support.h"
#include "servers/c11_threads.h"
#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TOPIC          "meow.events"
#define BROKER         1 /* the only one's number */
#define OUTAGES        100
#define EVENTS         200000
#define ROUND_EVENTS   (EVENTS / OUTAGES) /* half of them before the outage, half meanwhile */
#define OUTAGE_MAX_MS  60
#define ROUND_MAX_MS   60000 /* until all of a round has arrived everywhere */
#define SEED           1
#define LOOK_AROUND_MS 100

/* A client that follows the topic, as other programs would. */
struct outsider {
    rd_kafka_t *consumer;
    rd_kafka_topic_t *topic;
    atomic_uint_fast64_t position; /* up to it nothing was missing */
    uint64_t repeated;
    atomic_bool is_over;
};

/* A client of the instance that follows. */
struct follower {
    meower_subscription *subscription;
    atomic_uint_fast64_t position; /* up to it each event came once, in order */
    atomic_bool is_over;
};

struct outages {
    rd_kafka_t *host; /* of the mock cluster */
    rd_kafka_mock_cluster_t *cluster;
    char url[200];
    struct shared_store store;
    struct parts parts;
    meower_feed *writing;
    meower_feed *following;
    meower_command *command;
    struct outsider outsider;
    struct follower follower;
    pthread_t outsider_thread;
    pthread_t follower_thread;
};

static void no_log(const rd_kafka_t *handle, int level, const char *facility, const char *line)
{
    (void)handle;
    (void)level;
    (void)facility;
    (void)line;
}

static rd_kafka_t *open_client(rd_kafka_type_t type, const char *brokers)
{
    char words[200];
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    rd_kafka_t *client;

    rd_kafka_conf_set_log_cb(conf, no_log);
    rd_kafka_conf_set(conf, "reconnect.backoff.ms", "10", words, sizeof(words));
    rd_kafka_conf_set(conf, "reconnect.backoff.max.ms", "50", words, sizeof(words));
    if (brokers != NULL) {
        rd_kafka_conf_set(conf, "bootstrap.servers", brokers, words, sizeof(words));
    }
    client = rd_kafka_new(type, conf, words, sizeof(words));
    assert_non_null(client);
    return client;
}

/* ---- who reads the topic ------------------------------------------------------------------------------------------
 */

/* The relay announces in order and repeats what it is not sure of: a position may come again, but none is left out. */
static void look_at(struct outsider *outsider, const rd_kafka_message_t *message)
{
    static const char label[] = "\"position\":";
    const char *number = memmem(message->payload, message->len, label, sizeof(label) - 1);
    uint64_t last = atomic_load(&outsider->position);
    uint64_t position;

    if (number == NULL) {
        fprintf(stderr, "an event without a position\n");
        abort();
    }
    number += sizeof(label) - 1;
    position = strtoull(number + (*number == '"' ? 1 : 0), NULL, 10);
    if (position > last + 1) {
        fprintf(stderr, "on the topic %llu follows %llu\n", (unsigned long long)position, (unsigned long long)last);
        abort();
    }
    if (position == last + 1) {
        atomic_store(&outsider->position, position);
    } else {
        outsider->repeated++;
    }
}

static void *read_topic(void *argument)
{
    struct outsider *outsider = argument;

    while (!atomic_load(&outsider->is_over)) {
        rd_kafka_message_t *message = rd_kafka_consume(outsider->topic, 0, LOOK_AROUND_MS);
        if (message != NULL && message->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
            look_at(outsider, message);
        }
        if (message != NULL) {
            rd_kafka_message_destroy(message);
        }
    }
    return NULL;
}

/* ---- who follows the other instance -------------------------------------------------------------------------------
 */

static void *follow(void *argument)
{
    struct follower *follower = argument;
    const meower_event *event;

    while (!atomic_load(&follower->is_over)) {
        if (meower_subscription_wait(follower->subscription, LOOK_AROUND_MS, &event, NULL) != 1) {
            continue;
        }
        if (event->position != atomic_load(&follower->position) + 1) {
            fprintf(stderr, "the follower got %llu after %llu\n", (unsigned long long)event->position,
                    (unsigned long long)atomic_load(&follower->position));
            abort();
        }
        atomic_store(&follower->position, event->position);
    }
    return NULL;
}

/* ---- the fixture --------------------------------------------------------------------------------------------------
 */

static void begin_threads(struct outages *outages)
{
    struct outsider *outsider = &outages->outsider;
    const char *brokers = rd_kafka_mock_cluster_bootstraps(outages->cluster);

    outsider->consumer = open_client(RD_KAFKA_CONSUMER, brokers);
    outsider->topic = rd_kafka_topic_new(outsider->consumer, TOPIC, NULL);
    assert_int_equal(rd_kafka_consume_start(outsider->topic, 0, RD_KAFKA_OFFSET_BEGINNING), 0);
    outages->follower.subscription = subscription_open(outages->following, NULL);
    assert_int_equal(pthread_create(&outages->outsider_thread, NULL, read_topic, outsider), 0);
    assert_int_equal(pthread_create(&outages->follower_thread, NULL, follow, &outages->follower), 0);
}

static int set_up(void **state)
{
    struct outages *outages = calloc(1, sizeof(*outages));

    assert_non_null(outages);
    *state = outages;
    outages->host = open_client(RD_KAFKA_PRODUCER, NULL);
    outages->cluster = rd_kafka_mock_cluster_new(outages->host, 1);
    assert_non_null(outages->cluster);
    rd_kafka_mock_topic_create(outages->cluster, TOPIC, 1, 1);
    /* Reconnecting soon: a hundred outages are to take less than a minute. */
    snprintf(outages->url, sizeof(outages->url), "kafka://%s?reconnect.backoff.ms=10&reconnect.backoff.max.ms=50",
             rd_kafka_mock_cluster_bootstraps(outages->cluster));
    shared_store_init(&outages->store);
    outages->parts.store = &outages->store;
    outages->writing = feed_open(&outages->parts, OPTIONS("bus", outages->url, "roles", "command"));
    outages->following = feed_open(&outages->parts, OPTIONS("bus", outages->url, "roles", "subscription"));
    outages->command = command_open(outages->writing);
    begin_threads(outages);
    return 0;
}

static int tear_down(void **state)
{
    struct outages *outages = *state;

    atomic_store(&outages->follower.is_over, true);
    atomic_store(&outages->outsider.is_over, true);
    pthread_join(outages->follower_thread, NULL);
    pthread_join(outages->outsider_thread, NULL);
    meower_subscription_close(outages->follower.subscription);
    meower_command_close(outages->command);
    feed_close(outages->following);
    feed_close(outages->writing);
    shared_store_destroy(&outages->store);
    rd_kafka_consume_stop(outages->outsider.topic, 0);
    rd_kafka_topic_destroy(outages->outsider.topic);
    rd_kafka_destroy(outages->outsider.consumer);
    rd_kafka_mock_cluster_destroy(outages->cluster);
    rd_kafka_destroy(outages->host);
    free(outages);
    return 0;
}

/* ---- the outages --------------------------------------------------------------------------------------------------
 */

static void submit_some(struct outages *outages, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        submit(outages->command, "one of many", NULL);
    }
}

static void take_some(struct outages *outages, unsigned count)
{
    meower_command_result result = MEOWER_COMMAND_RESULT_INIT;

    while (count > 0) {
        assert_true(waits_until_readable(meower_command_fd(outages->command)));
        while (meower_command_next(outages->command, &result, NULL) == 1) {
            assert_int_equal(result.status, MEOWER_OK);
            count--;
        }
    }
}

static void await(struct outages *outages, uint64_t position)
{
    int waited_ms = 0;

    while (atomic_load(&outages->outsider.position) < position || atomic_load(&outages->follower.position) < position) {
        sleep_ms(1);
        if (++waited_ms == ROUND_MAX_MS) {
            fail_msg("of %llu events %llu are on the topic, %llu with the follower", (unsigned long long)position,
                     (unsigned long long)atomic_load(&outages->outsider.position),
                     (unsigned long long)atomic_load(&outages->follower.position));
        }
    }
}

static void a_hundred_outages_of_the_broker_lose_and_double_nothing(void **state)
{
    struct outages *outages = *state;
    unsigned chance = SEED;

    for (uint64_t round = 1; round <= OUTAGES; round++) {
        submit_some(outages, ROUND_EVENTS / 2);
        sleep_ms((unsigned)rand_r(&chance) % 5);
        rd_kafka_mock_broker_set_down(outages->cluster, BROKER);
        submit_some(outages, ROUND_EVENTS / 2);
        sleep_ms((unsigned)rand_r(&chance) % OUTAGE_MAX_MS);
        rd_kafka_mock_broker_set_up(outages->cluster, BROKER);
        take_some(outages, ROUND_EVENTS);
        await(outages, round * ROUND_EVENTS);
    }
    assert_int_equal(shared_store_head(&outages->store), EVENTS);
    print_message("%d events, %d outages: 0 lost, 0 twice at the follower; %llu repeated on the topic, 0 lost\n",
                  EVENTS, OUTAGES, (unsigned long long)outages->outsider.repeated);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_hundred_outages_of_the_broker_lose_and_double_nothing, set_up, tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
