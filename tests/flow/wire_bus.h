/* wire_bus.h - a bus "wire:" between the instances of one process, which loses, repeats and reorders messages as it is
 * told, and writes down what was published. */
#ifndef TESTS_FLOW_WIRE_BUS_H
#define TESTS_FLOW_WIRE_BUS_H

#include <meower/backend.h>
#include <pthread.h>
#include <stdbool.h>

#define WIRE_ENDS_MAX 8

struct wire_message;

/* One instance's end. */
struct wire_end {
    struct wire *wire;
    struct wire_message *first; /* arrived, not received */
    bool is_open;
    bool is_woken;
};

struct wire {
    pthread_mutex_t mutex;
    pthread_cond_t arrival;
    struct wire_end ends[WIRE_ENDS_MAX];
    uint64_t chance;
    unsigned lose_percent;   /* of the messages, on each way */
    unsigned repeat_percent; /* of them come twice */
    bool reorders;           /* a message may overtake those that have not been received */
    unsigned wake_pause_ms;  /* wake() returns so much later; set while nobody uses it */
    bool is_down;            /* publish() and receive() fail */
    uint64_t *published;     /* positions in the order of publishing */
    size_t published_count;
    size_t published_capacity;
};

void wire_init(struct wire *wire);
void wire_destroy(struct wire *wire);

/* Adds it to the options and chooses it. */
void wire_add(struct wire *wire, meower_options *options);

/* What happens to messages from now on. */
void wire_disturb(struct wire *wire, unsigned lose_percent, unsigned repeat_percent, bool reorders);
void wire_set_down(struct wire *wire, bool is_down);

/* A message from nobody, to every end. */
void wire_inject(struct wire *wire, const char *payload, size_t payload_len);

/* How many messages were published, and the position of one of them. */
size_t wire_published_count(struct wire *wire);
uint64_t wire_published_at(struct wire *wire, size_t index);

#endif
