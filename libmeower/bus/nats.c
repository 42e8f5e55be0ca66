/* nats.c - the bus on NATS (https://nats.io): subjects meow.created and meow.deleted, payloads as docs/EVENTS.md
 * describes them. Core NATS delivers at most once; positions make up for what it loses. */
#include "base/clock.h"
#include "bus/broker_url.h"
#include "bus/nats_link.h"
#include "port/schemes.h"
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#define SUBJECT_ALL        "meow.*"
#define SUBJECT_CREATED    "meow.created"
#define SUBJECT_DELETED    "meow.deleted"
#define SUBJECT_POSITION   "meow.position" /* no event: how far the feed is */
#define DEFAULT_PORT       "4222"
#define OPEN_WAIT_MS       3000
#define PUBLISH_TIMEOUT_MS 10000
#define CONFIRM_TIMEOUT_MS 2000
#define CONNECT_TIMEOUT_MS 2000
#define WRITE_TIMEOUT_MS   5000 /* nats.c waits for ever otherwise when the server does not read */
#define PING_INTERVAL_MS   10000
#define PINGS_UNANSWERED   2 /* then the connection is given up */
#define WAKE_SLICE_MS      100
#define RECEIVE_MAX        4096 /* messages of one receive(), so that a flood does not hold it */

/* One direction: publish() alone uses one, receive() alone the other, so that neither needs a lock. */
struct nats_side {
    struct nats_link *link; /* NULL: none could be made */
    const char *subject;    /* subscribed; NULL: none */
    unsigned confirmed;     /* number of the connection whose subscription the server has confirmed */
    int64_t patience_ms;    /* a link of which nothing is heard for so long is stuck */
};

struct nats_bus {
    struct broker_url url;
    struct nats_side publisher;
    struct nats_side listener;
    atomic_bool is_woken;
};

/* ---- options ----------------------------------------------------------------------------------------------------- */

/* nats.c writes them into JSON as they are. */
static bool is_plain(const char *text)
{
    for (; *text != '\0'; text++) {
        if (*text == '"' || *text == '\\' || (unsigned char)*text < 0x20) {
            return false;
        }
    }
    return true;
}

static int check_url(const struct broker_url *url, meower_error *error)
{
    bool has_certificate = false;
    bool has_key = false;
    if (url->path[0] != '\0') {
        return meower_error_set(error, MEOWER_ERROR_INVALID, 0, 0,
                                "the bus \"%s\" has a path; NATS has none, right is nats://host:port", url->redacted);
    }
    if (url->user != NULL && (!is_plain(url->user) || !is_plain(url->password == NULL ? "" : url->password))) {
        return meower_error_set(error, MEOWER_ERROR_INVALID, 0, 0,
                                "the bus \"%s\" has a quote, backslash or control character in its user, password or "
                                "token, which cannot be sent; choose others",
                                url->redacted);
    }
    for (size_t i = 0; i < url->parameter_count; i++) {
        const char *name = url->parameters[i].name;
        has_certificate = has_certificate || strcmp(name, "tls_cert") == 0;
        has_key = has_key || strcmp(name, "tls_key") == 0;
        if (strcmp(name, "tls_ca") != 0 && strcmp(name, "tls_cert") != 0 && strcmp(name, "tls_key") != 0) {
            return meower_error_set(error, MEOWER_ERROR_INVALID, 0, 0,
                                    "the bus \"%s\" has an unknown parameter; there are tls_ca, tls_cert and tls_key",
                                    url->redacted);
        }
    }
    if (has_certificate != has_key) {
        return meower_error_set(error, MEOWER_ERROR_INVALID, 0, 0,
                                "the bus \"%s\" has one of tls_cert and tls_key; it needs both or none", url->redacted);
    }
    return MEOWER_OK;
}

static const char *parameter_of(const struct broker_url *url, const char *name)
{
    for (size_t i = 0; i < url->parameter_count; i++) {
        if (strcmp(url->parameters[i].name, name) == 0) {
            return url->parameters[i].value;
        }
    }
    return NULL;
}

static natsStatus set_tls(natsOptions *options, const struct broker_url *url)
{
    const char *authority = parameter_of(url, "tls_ca");
    const char *certificate = parameter_of(url, "tls_cert");
    natsStatus status = NATS_OK;
    if (url->parameter_count > 0) {
        status = natsOptions_SetSecure(options, true);
    }
    if (status == NATS_OK && authority != NULL) {
        status = natsOptions_LoadCATrustedCertificates(options, authority);
    }
    if (status == NATS_OK && certificate != NULL) {
        status = natsOptions_LoadCertificatesChain(options, certificate, parameter_of(url, "tls_key"));
    }
    return status;
}

static natsStatus set_timeouts(natsOptions *options)
{
    natsStatus status = natsOptions_SetTimeout(options, CONNECT_TIMEOUT_MS);
    if (status == NATS_OK) {
        status = natsOptions_SetWriteDeadline(options, WRITE_TIMEOUT_MS);
    }
    if (status == NATS_OK) {
        status = natsOptions_SetPingInterval(options, PING_INTERVAL_MS);
    }
    if (status == NATS_OK) {
        status = natsOptions_SetMaxPingsOut(options, PINGS_UNANSWERED);
    }
    return status;
}

static natsStatus set_options(natsOptions *options, const struct broker_url *url)
{
    natsStatus status = natsOptions_SetServers(options, (const char **)url->hosts, (int)url->host_count);
    if (status == NATS_OK) {
        status = natsOptions_SetName(options, "meower");
    }
    if (status == NATS_OK && url->password != NULL) {
        status = natsOptions_SetUserInfo(options, url->user, url->password);
    } else if (status == NATS_OK && url->user != NULL) {
        status = natsOptions_SetToken(options, url->user);
    }
    if (status == NATS_OK) {
        status = set_timeouts(options);
    }
    return status;
}

static int open_link(struct nats_bus *bus, struct nats_side *side, meower_error *error)
{
    natsOptions *options = NULL;
    natsStatus status = natsOptions_Create(&options);
    if (status == NATS_OK) {
        status = set_options(options, &bus->url);
    }
    if (status != NATS_OK) {
        natsOptions_Destroy(options);
        return nats_status_error(status, NULL, bus->url.redacted, error);
    }
    status = set_tls(options, &bus->url);
    if (status != NATS_OK) {
        natsOptions_Destroy(options);
        return meower_error_set_backend(
            error, MEOWER_ERROR_INVALID, MEOWER_DOMAIN_NATS, (int)status, 0,
            "a file that tls_ca, tls_cert or tls_key names in the bus %s cannot be used (%s); right "
            "are PEM files",
            bus->url.redacted, nats_last_words());
    }
    side->confirmed = 0;
    return nats_link_open(options, side->subject, bus->url.redacted, &side->link, error);
}

/* ---- the links --------------------------------------------------------------------------------------------------- */

/* All hosts are tried once in this time, unless the name server is slow. */
static int64_t first_patience_ms(const struct nats_bus *bus)
{
    return 4000 + (int64_t)bus->url.host_count * CONNECT_TIMEOUT_MS;
}

/* A link that is dead or stuck, or holds the rest of a batch that has failed, gives way to a new one. */
static void replace_link(struct nats_bus *bus, struct nats_side *side)
{
    meower_error ignored;
    nats_link_close(side->link);
    side->link = NULL;
    (void)open_link(bus, side, &ignored); /* the next call tries again */
}

/* Returns OK when a connection stands. */
static int require_connection(struct nats_bus *bus, struct nats_side *side, meower_error *error)
{
    int status = side->link != NULL ? MEOWER_OK : open_link(bus, side, error);
    if (status != MEOWER_OK) {
        return status;
    }
    if (nats_link_number(side->link) > 0) {
        side->patience_ms = first_patience_ms(bus);
        return MEOWER_OK;
    }
    status = nats_link_error(side->link, error);
    /* nats.c 3.4.1 waits for ever for a server that falls silent between greeting and login. Such a link ends when its
     * socket does; the patience doubles, so that there are never many of them. */
    bool is_stuck = nats_link_silence_ms(side->link) > side->patience_ms;
    if (is_stuck) {
        side->patience_ms *= 2;
    }
    if (is_stuck || nats_link_is_dead(side->link)) {
        replace_link(bus, side);
    }
    return status;
}

/* Sends what is buffered, waits until the server has answered that it took it, and hears its complaints. */
static natsStatus flush(natsConnection *connection, int timeout_ms, const char **words)
{
    natsStatus last_error;
    /* nats.c 3.4.1 returns NATS_OK also when it could not send its PING. Then this thread's last error is another than
     * the one that a flush without time leaves behind. */
    natsStatus mark = natsConnection_FlushTimeout(connection, 0);
    natsStatus status = natsConnection_FlushTimeout(connection, timeout_ms);
    nats_GetLastError(&last_error);
    if (status == NATS_OK && last_error != mark) {
        status = last_error;
    }
    return status == NATS_OK ? natsConnection_GetLastError(connection, words) : status;
}

/* Returns OK when a connection stands and the server has confirmed its subscription. */
static int require_subscription(struct nats_bus *bus, struct nats_side *side, meower_error *error)
{
    int status = require_connection(bus, side, error);
    unsigned number = status == MEOWER_OK ? nats_link_number(side->link) : 0;
    if (status != MEOWER_OK || number == side->confirmed) {
        return status;
    }
    const char *words = NULL;
    natsStatus flushed = flush(nats_link_connection(side->link), CONFIRM_TIMEOUT_MS, &words);
    if (flushed == NATS_OK) {
        side->confirmed = number;
        return MEOWER_OK;
    }
    status = nats_status_error(flushed, words, bus->url.redacted, error);
    if (flushed == NATS_NOT_PERMITTED) {
        replace_link(bus, side);
    }
    return status;
}

/* ---- the table --------------------------------------------------------------------------------------------------- */

static void close_bus(void *backend)
{
    struct nats_bus *bus = backend;
    nats_link_close(bus->publisher.link);
    nats_link_close(bus->listener.link);
    broker_url_free(&bus->url);
    free(bus);
}

/* True for what no waiting mends: open() says so at once. */
static bool is_misconfigured(const meower_error *error)
{
    return error->code == MEOWER_ERROR_PERMISSION || error->code == MEOWER_ERROR_INVALID ||
           (error->backend_domain == MEOWER_DOMAIN_NATS &&
            (error->backend_code == NATS_SSL_ERROR || error->backend_code == NATS_SECURE_CONNECTION_WANTED));
}

static int open_links(struct nats_bus *bus, meower_error *error)
{
    bus->publisher.patience_ms = first_patience_ms(bus);
    bus->listener.patience_ms = first_patience_ms(bus);
    int status = open_link(bus, &bus->publisher, error);
    if (status == MEOWER_OK) {
        status = open_link(bus, &bus->listener, error);
    }
    if (status != MEOWER_OK) {
        return status;
    }
    nats_link_wait(bus->publisher.link, OPEN_WAIT_MS);
    status = require_connection(bus, &bus->publisher, error);
    if (status == MEOWER_OK) {
        nats_link_wait(bus->listener.link, OPEN_WAIT_MS);
        status = require_subscription(bus, &bus->listener, error);
    }
    /* A server that is down is waited for by the links. */
    return status != MEOWER_OK && is_misconfigured(error) ? status : MEOWER_OK;
}

static int open_bus(const meower_backend_config *config, void **out, meower_error *error)
{
    struct nats_bus *bus = calloc(1, sizeof(*bus));
    if (bus == NULL) {
        return meower_error_set(error, MEOWER_ERROR_NO_MEMORY, 0, 0, "no memory for the bus");
    }
    bus->listener.subject = SUBJECT_ALL;
    atomic_init(&bus->is_woken, false);
    int status = broker_url_parse(config, DEFAULT_PORT, &bus->url, error);
    if (status == MEOWER_OK) {
        status = check_url(&bus->url, error);
    }
    if (status == MEOWER_OK) {
        status = open_links(bus, error);
    }
    if (status == MEOWER_OK) {
        *out = bus;
    } else {
        close_bus(bus);
    }
    return status;
}

static uint64_t reconnects_of(natsConnection *connection, natsStatistics *statistics)
{
    uint64_t reconnects = 0;
    natsConnection_GetStats(connection, statistics);
    natsStatistics_GetCounts(statistics, NULL, NULL, NULL, NULL, &reconnects);
    return reconnects;
}

static natsStatus send_batch(natsConnection *connection, const meower_bus_message *messages, size_t count,
                             const char **words)
{
    natsStatistics *statistics = NULL;
    natsStatus status = natsStatistics_Create(&statistics);
    if (status != NATS_OK) {
        return status;
    }
    uint64_t reconnects = reconnects_of(connection, statistics);
    for (size_t i = 0; i < count && status == NATS_OK; i++) {
        const char *subject = messages[i].kind == MEOWER_EVENT_DELETED ? SUBJECT_DELETED : SUBJECT_CREATED;
        status = natsConnection_Publish(connection, subject, messages[i].payload, (int)messages[i].payload_len);
    }
    if (status == NATS_OK) {
        status = flush(connection, PUBLISH_TIMEOUT_MS, words);
    }
    /* An answer counts only when there was one connection all the time: what an earlier one still had to send is lost,
     * and nats.c 3.4.1 can mistake the loss for an answer when its own thread flushes too. In this order, because a new
     * connection counts before it stands. */
    if (status == NATS_OK && (natsConnection_Status(connection) != NATS_CONN_STATUS_CONNECTED ||
                              reconnects_of(connection, statistics) != reconnects)) {
        status = NATS_CONNECTION_DISCONNECTED;
    }
    natsStatistics_Destroy(statistics);
    return status;
}

static int publish(void *backend, const meower_bus_message *messages, size_t count, meower_error *error)
{
    struct nats_bus *bus = backend;
    int status = require_connection(bus, &bus->publisher, error);
    if (status != MEOWER_OK) {
        return status;
    }
    const char *words = NULL;
    natsStatus sent = send_batch(nats_link_connection(bus->publisher.link), messages, count, &words);
    if (sent == NATS_OK) {
        return MEOWER_OK;
    }
    status = nats_status_error(sent, words, bus->url.redacted, error);
    /* What is left of the batch must not follow the batch when that comes again. */
    replace_link(bus, &bus->publisher);
    return status;
}

/* Nobody waits for the server's answer: the next look at the store makes up for one that is lost. */
static int announce(void *backend, const meower_bus_message *last, meower_error *error)
{
    struct nats_bus *bus = backend;
    int status = require_connection(bus, &bus->publisher, error);
    if (status != MEOWER_OK) {
        return status;
    }
    natsStatus sent = natsConnection_Publish(nats_link_connection(bus->publisher.link), SUBJECT_POSITION, last->payload,
                                             (int)last->payload_len);
    return sent == NATS_OK ? MEOWER_OK : nats_status_error(sent, NULL, bus->url.redacted, error);
}

/* Waits for a message in slices, because nothing but a message ends the waiting of nats.c. NATS_TIMEOUT: none came. */
static natsStatus wait_for_message(struct nats_bus *bus, int timeout_ms, natsMsg **message)
{
    natsSubscription *subscription = nats_link_subscription(bus->listener.link);
    const meower_clock *clock = clock_system();
    int64_t end_us = clock_monotonic_us(clock) + (int64_t)timeout_ms * 1000;
    bool is_woken = false;
    for (;;) {
        int64_t rest_ms = (end_us - clock_monotonic_us(clock) + 999) / 1000;
        int64_t slice_ms = rest_ms < WAKE_SLICE_MS ? rest_ms : WAKE_SLICE_MS;
        is_woken = atomic_exchange(&bus->is_woken, false) || is_woken;
        natsStatus status = natsSubscription_NextMsg(message, subscription, is_woken || slice_ms < 0 ? 0 : slice_ms);
        if (status == NATS_SLOW_CONSUMER) { /* it has dropped some, and goes on */
            continue;
        }
        if (status != NATS_TIMEOUT || is_woken || rest_ms <= slice_ms || nats_link_number(bus->listener.link) == 0) {
            return status;
        }
    }
}

static int receive(void *backend, int timeout_ms, meower_bus_sink *sink, meower_error *error)
{
    struct nats_bus *bus = backend;
    natsMsg *message = NULL;
    int status = require_subscription(bus, &bus->listener, error);
    if (status != MEOWER_OK) {
        return status;
    }
    natsStatus received = wait_for_message(bus, timeout_ms, &message);
    for (unsigned count = 0; received == NATS_OK; count++) {
        status = sink->message(sink, natsMsg_GetData(message), (size_t)natsMsg_GetDataLength(message));
        natsMsg_Destroy(message);
        if (status != MEOWER_OK || count == RECEIVE_MAX) {
            return status;
        }
        received = natsSubscription_NextMsg(&message, nats_link_subscription(bus->listener.link), 0);
    }
    if (received == NATS_TIMEOUT || received == NATS_SLOW_CONSUMER) {
        received = NATS_OK;
    }
    if (nats_link_number(bus->listener.link) == 0) {
        return nats_link_error(bus->listener.link, error);
    }
    return received == NATS_OK ? MEOWER_OK : nats_status_error(received, NULL, bus->url.redacted, error);
}

static void wake(void *backend)
{
    struct nats_bus *bus = backend;
    atomic_store(&bus->is_woken, true);
}

const meower_bus_vtable nats_bus = {
    .abi = MEOWER_BACKEND_ABI,
    .size = sizeof(meower_bus_vtable),
    .scheme = "nats",
    .open = open_bus,
    .close = close_bus,
    .publish = publish,
    .receive = receive,
    .wake = wake,
    .announce = announce,
};
