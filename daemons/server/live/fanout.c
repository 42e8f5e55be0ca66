/* fanout.c - the live feed of a service thread: one subscription while there are clients, encoded once for each way of
 * speaking, sent to all. */
#include "server/live/fanout.h"

#include "server/live/pusher.h"
#include "server/live/sse.h"
#include "server/process/server.h"
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#define EVENTS_A_TURN  256 /* events taken before clients get them: together they stay far below the ring's size */
#define CLIENTS_A_TURN 256 /* clients sent to before requests get their turn */

static bool add_event(struct fanout *fanout, struct stream *stream, const meower_event *event)
{
    if (event->kind == MEOWER_EVENT_DELETED) {
        ring_blank(&stream->ring, event->meow.id);
    }
    buffer_clear(&fanout->frame);
    if (!stream->format->encode(&fanout->frame, event->kind, event->cursor, event->json, event->json_len)) {
        return false;
    }
    ring_add(&stream->ring, event->position, event->meow.id, buffer_data(&fanout->frame), fanout->frame.len);
    return true;
}

/* An event that cannot be encoded for want of memory must not be missing in the middle: everyone comes back with a
 * cursor instead. */
static void dismiss_all(struct stream *stream)
{
    list_move_all(&stream->due, &stream->clients);
    while (!list_is_empty(&stream->clients)) {
        struct live_client *client = LIST_OWNER(stream->clients.next, struct live_client, node);
        stream->format->goodbye(client, WEBSOCKET_INTERNAL);
    }
    ring_clear(&stream->ring);
}

static bool has_audience(const struct fanout *fanout, const struct stream *stream)
{
    return !list_is_empty(&stream->clients) || !list_is_empty(&stream->due) || !list_is_empty(&fanout->catching_up);
}

/* Nothing is encoded for nobody: who comes later with a cursor catches up by a subscription of its own. */
static void take_event(struct fanout *fanout, const meower_event *event)
{
    struct stream *streams[] = {&fanout->websocket, &fanout->sse};
    for (size_t i = 0; i < 2; i++) {
        if (!has_audience(fanout, streams[i])) {
            ring_clear(&streams[i]->ring);
        } else if (!add_event(fanout, streams[i], event)) {
            dismiss_all(streams[i]);
        }
    }
}

static bool somebody_is_due(const struct fanout *fanout)
{
    return !list_is_empty(&fanout->websocket.due) || !list_is_empty(&fanout->sse.due);
}

/* Takes events that wait. Only when nobody is due: otherwise those at the end of the line would fall behind through no
 * fault of theirs. */
static void take_events(struct fanout *fanout)
{
    const meower_event *event;
    meower_error error;
    size_t taken = 0;
    if (fanout->subscription == NULL || somebody_is_due(fanout)) {
        return;
    }
    while (taken < EVENTS_A_TURN && meower_subscription_next(fanout->subscription, &event, &error) == 1) {
        take_event(fanout, event);
        taken++;
    }
    if (taken == 0) {
        return;
    }
    list_move_all(&fanout->websocket.clients, &fanout->websocket.due);
    list_move_all(&fanout->sse.clients, &fanout->sse.due);
}

static void pump_some(struct stream *stream)
{
    for (unsigned i = 0; i < CLIENTS_A_TURN && !list_is_empty(&stream->due); i++) {
        struct live_client *client = LIST_OWNER(stream->due.next, struct live_client, node);
        list_append(&stream->clients, &client->node);
        live_client_pump(client);
    }
}

/* Comes back soon while somebody is due. */
static void ask_for_more(struct fanout *fanout)
{
    eventfd_t value;
    if (somebody_is_due(fanout) == fanout->has_asked) {
        return;
    }
    fanout->has_asked = !fanout->has_asked;
    if (fanout->has_asked) {
        eventfd_write(fanout->more, 1);
    } else {
        eventfd_read(fanout->more, &value);
    }
}

/* Until somebody comes. */
static void unsubscribe(struct fanout *fanout)
{
    watch_close(&fanout->watch);
    meower_subscription_close(fanout->subscription);
    fanout->subscription = NULL;
    ring_clear(&fanout->websocket.ring);
    ring_clear(&fanout->sse.ring);
}

static void run(struct fanout *fanout)
{
    if (has_audience(fanout, &fanout->websocket) || has_audience(fanout, &fanout->sse)) {
        take_events(fanout);
        pump_some(&fanout->websocket);
        pump_some(&fanout->sse);
    } else if (fanout->subscription != NULL) {
        unsubscribe(fanout);
    }
    ask_for_more(fanout);
}

void fanout_tick(struct fanout *fanout)
{
    struct list *next;
    run(fanout);
    if (!list_is_empty(&fanout->catching_up)) {
        fanout_subscribe(fanout);
    }
    for (struct list *node = fanout->catching_up.next; node != &fanout->catching_up; node = next) {
        next = node->next;
        live_client_catch_up(LIST_OWNER(node, struct live_client, node));
    }
}

static void handle_readable(struct watch *watch)
{
    run(LIST_OWNER(watch, struct fanout, watch));
}

static void handle_more(struct watch *watch)
{
    run(LIST_OWNER(watch, struct fanout, more_watch));
}

void fanout_subscribe(struct fanout *fanout)
{
    if (fanout->subscription != NULL ||
        meower_subscription_begin(fanout->server->feed, NULL, &fanout->subscription, NULL) != MEOWER_OK) {
        return;
    }
    if (!watch_open(&fanout->watch, fanout->server, meower_subscription_fd(fanout->subscription), handle_readable)) {
        unsubscribe(fanout);
    }
}

const char *fanout_cursor(const struct fanout *fanout)
{
    return meower_subscription_cursor(fanout->subscription);
}

bool fanout_open(struct server *server, struct fanout **out)
{
    struct fanout *fanout = calloc(1, sizeof(*fanout));
    if (fanout == NULL) {
        return false;
    }
    fanout->server = server;
    fanout->websocket.format = &pusher_format;
    fanout->sse.format = &sse_format;
    list_init(&fanout->websocket.clients);
    list_init(&fanout->websocket.due);
    list_init(&fanout->sse.clients);
    list_init(&fanout->sse.due);
    list_init(&fanout->catching_up);
    fanout->more = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    bool is_open = fanout->more >= 0 && ring_init(&fanout->websocket.ring, FANOUT_RING_SIZE) &&
                   ring_init(&fanout->sse.ring, FANOUT_RING_SIZE) &&
                   watch_open(&fanout->more_watch, server, fanout->more, handle_more);
    if (is_open) {
        *out = fanout;
    } else {
        fanout_close(fanout);
    }
    return is_open;
}

void fanout_close(struct fanout *fanout)
{
    if (fanout == NULL) {
        return;
    }
    watch_close(&fanout->watch);
    watch_close(&fanout->more_watch);
    if (fanout->more >= 0) {
        close(fanout->more);
    }
    meower_subscription_close(fanout->subscription);
    ring_free(&fanout->websocket.ring);
    ring_free(&fanout->sse.ring);
    buffer_free(&fanout->frame);
    free(fanout);
}
