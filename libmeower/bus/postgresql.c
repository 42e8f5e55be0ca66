/* postgresql.c - the bus "postgresql://...": NOTIFY on the channel meower_events of a PostgreSQL database, which may be
 * the store's own or another one. A message says only how far the feed is, not what is in it: those who listen read the
 * events from the store. So it fits (NOTIFY takes up to 7,999 bytes), and one message does for a whole batch.
 *
 * NOTIFY and LISTEN have a connection each, so that publish() and receive() may run at once. Behind a pooler that
 * shares sessions nothing is received: the store is looked at all the same (the option poll_interval_ms). */
#include "base/clock.h"
#include "port/schemes.h"
#include "run/deadline.h"
#include "run/notifier.h"
#include "store/postgresql_connection.h"
#include "store/postgresql_error.h"
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CHANNEL      "meower_events"
#define PAYLOAD_SIZE 96 /* bytes of a message with the longest position, and more */

static const char *const publish_sql[] = {"SELECT pg_notify('" CHANNEL "', $1::text)"};

struct postgresql_bus {
    char *conninfo;
    struct postgresql_connection publisher; /* publish()'s */
    struct postgresql_connection listener;  /* receive()'s */
    struct notifier wake;                   /* raised: receive() must return */
};

/* ---- opening and closing ---------------------------------------------------------------------------------------- */

/* A new connection listens; what was published while there was none is lost, which is harmless. */
static int ready_to_listen(struct postgresql_bus *bus, meower_error *error)
{
    if (bus->listener.conn != NULL) {
        return MEOWER_OK;
    }
    int status = postgresql_connection_ready(&bus->listener, error);
    if (status == MEOWER_OK) {
        status = postgresql_connection_query(&bus->listener, "LISTEN " CHANNEL, NULL, error);
    }
    if (status != MEOWER_OK) {
        postgresql_connection_close(&bus->listener);
    }
    return status;
}

static void postgresql_close(void *backend)
{
    struct postgresql_bus *bus = backend;
    postgresql_connection_close(&bus->publisher);
    postgresql_connection_close(&bus->listener);
    notifier_close(&bus->wake);
    free(bus->conninfo);
    free(bus);
}

static int postgresql_open(const meower_backend_config *config, void **out, meower_error *error)
{
    struct postgresql_bus *bus = calloc(1, sizeof(*bus));
    if (bus == NULL) {
        return meower_error_set(error, MEOWER_ERROR_NO_MEMORY, 0, 0, "no memory for the bus");
    }
    int status = notifier_open(&bus->wake);
    if (status != MEOWER_OK) {
        free(bus);
        return meower_error_set_backend(error, status, MEOWER_DOMAIN_ERRNO, errno, 0, "no eventfd for the bus: %s",
                                        strerror(errno));
    }
    status = postgresql_conninfo_new(config, "bus", &bus->conninfo, error);
    bus->listener = (struct postgresql_connection){
        .setting = "bus", .conninfo = bus->conninfo, .silence_max_ms = POSTGRESQL_SILENCE_MAX_MS};
    bus->publisher = bus->listener;
    bus->publisher.statements = publish_sql;
    bus->publisher.statement_count = 1;
    if (status == MEOWER_OK) {
        status = ready_to_listen(bus, error);
    }
    /* A server that is down is waited for: whoever receives or publishes connects. */
    if (status != MEOWER_OK && status != MEOWER_ERROR_UNAVAILABLE) {
        postgresql_close(bus);
        return status;
    }
    *out = bus;
    return MEOWER_OK;
}

/* ---- publishing ------------------------------------------------------------------------------------------------- */

static int notify(struct postgresql_bus *bus, const meower_bus_message *last, meower_error *error)
{
    struct postgresql_parameters parameters = {.count = 0};
    char payload[PAYLOAD_SIZE];
    snprintf(payload, sizeof(payload), "{\"position\":\"%" PRIu64 "\",\"epoch\":\"%.*s\"}", last->position,
             MEOWER_EPOCH_SIZE - 1, last->epoch);
    postgresql_add_text(&parameters, payload);
    PGresult *result = NULL;
    int status = postgresql_connection_ready(&bus->publisher, error);
    if (status == MEOWER_OK) {
        status = postgresql_connection_execute(&bus->publisher, 0, &parameters, &result, error);
    }
    PQclear(result);
    return status;
}

static int postgresql_publish(void *backend, const meower_bus_message *messages, size_t count, meower_error *error)
{
    return count == 0 ? MEOWER_OK : notify(backend, &messages[count - 1], error);
}

static int postgresql_announce(void *backend, const meower_bus_message *last, meower_error *error)
{
    return notify(backend, last, error); /* here all messages say only how far the feed is */
}

/* ---- receiving -------------------------------------------------------------------------------------------------- */

/* Pushes what has arrived. *found says whether there was anything. */
static int push_notifications(struct postgresql_bus *bus, meower_bus_sink *sink, bool *found)
{
    int status = MEOWER_OK;
    PGnotify *notification;
    while (status == MEOWER_OK && (notification = PQnotifies(bus->listener.conn)) != NULL) {
        *found = true;
        status = sink->message(sink, notification->extra, strlen(notification->extra));
        PQfreemem(notification);
    }
    return status;
}

static int lose_listener(struct postgresql_bus *bus, meower_error *error)
{
    int status = postgresql_error_of_connection("bus", bus->listener.conn, error);
    postgresql_connection_close(&bus->listener);
    return status;
}

/* Waits for news from the server, or for wake(). *is_over says that there is nothing more to wait for. */
static int wait_for_news(struct postgresql_bus *bus, int timeout_ms, bool *is_over, meower_error *error)
{
    struct pollfd sockets[] = {{.fd = PQsocket(bus->listener.conn), .events = POLLIN},
                               {.fd = bus->wake.fd, .events = POLLIN}};
    int count = poll(sockets, 2, timeout_ms);
    if (count < 0 && errno != EINTR) {
        return meower_error_set_backend(error, MEOWER_ERROR_IO, MEOWER_DOMAIN_ERRNO, errno, 0,
                                        "the bus cannot wait: %s", strerror(errno));
    }
    *is_over = count == 0;
    if (count > 0 && sockets[1].revents != 0) {
        notifier_clear(&bus->wake);
        *is_over = true;
    }
    if (count > 0 && sockets[0].revents != 0 && !PQconsumeInput(bus->listener.conn)) {
        return lose_listener(bus, error);
    }
    return MEOWER_OK;
}

static int postgresql_receive(void *backend, int timeout_ms, meower_bus_sink *sink, meower_error *error)
{
    struct postgresql_bus *bus = backend;
    const meower_clock *clock = clock_system();
    int64_t deadline_us = deadline_after_ms(clock, timeout_ms);
    bool is_over = false;
    bool found = false;
    int status = ready_to_listen(bus, error);
    if (status == MEOWER_OK) { /* what a sink that stopped has left over */
        status = push_notifications(bus, sink, &found);
    }
    while (status == MEOWER_OK && !found && !is_over) {
        status = wait_for_news(bus, deadline_rest_ms(deadline_us, clock_monotonic_us(clock)), &is_over, error);
        if (status == MEOWER_OK) {
            status = push_notifications(bus, sink, &found);
        }
    }
    return status;
}

static void postgresql_wake(void *backend)
{
    struct postgresql_bus *bus = backend;
    notifier_raise(&bus->wake);
}

const meower_bus_vtable postgresql_bus = {
    .abi = MEOWER_BACKEND_ABI,
    .size = sizeof(meower_bus_vtable),
    .scheme = "postgresql",
    .flags = 0,
    .open = postgresql_open,
    .close = postgresql_close,
    .publish = postgresql_publish,
    .receive = postgresql_receive,
    .wake = postgresql_wake,
    .announce = postgresql_announce,
};
