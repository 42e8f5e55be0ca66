/* test_bus_kafka.c - the bus suite against the Kafka broker that MEOWER_TEST_KAFKA names (without a topic), each bus
 * with a topic of its own. */
#include "conformance/suite_bus.h"
#include "servers/broker.h"
#include "servers/c11_threads.h"
#include <librdkafka/rdkafka.h>
#include <string.h>
#include <unistd.h>

static void make_url(char *url, size_t url_size)
{
    static unsigned number;
    const char *broker = broker_test_url("MEOWER_TEST_KAFKA", "tests/servers/kafka");
    snprintf(url, url_size, "%s/meower-test-%ld-%u", broker, (long)getpid(), number++);
}

static void delete_topic(rd_kafka_t *client, const char *name)
{
    rd_kafka_DeleteTopic_t *topic = rd_kafka_DeleteTopic_new(name);
    rd_kafka_queue_t *queue = rd_kafka_queue_new(client);
    rd_kafka_DeleteTopics(client, &topic, 1, NULL, queue);
    rd_kafka_event_t *event = rd_kafka_queue_poll(queue, 10000);
    if (event == NULL || rd_kafka_event_error(event) != RD_KAFKA_RESP_ERR_NO_ERROR) {
        abort();
    }
    rd_kafka_event_destroy(event);
    rd_kafka_queue_destroy(queue);
    rd_kafka_DeleteTopic_destroy(topic);
}

static void remove_topic(const char *url)
{
    char words[200];
    char brokers[400];
    snprintf(brokers, sizeof(brokers), "%s", strstr(url, "//") + 2);
    char *topic = strchr(brokers, '/');
    *topic++ = '\0';
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    if (rd_kafka_conf_set(conf, "bootstrap.servers", brokers, words, sizeof(words)) != RD_KAFKA_CONF_OK) {
        abort();
    }
    rd_kafka_t *client = rd_kafka_new(RD_KAFKA_PRODUCER, conf, words, sizeof(words));
    if (client == NULL) {
        abort();
    }
    delete_topic(client, topic);
    rd_kafka_destroy(client);
}

const struct bus_adapter bus_adapter = {"kafka", true, make_url, remove_topic};
