/* fanout.c - the live feed of a service thread: one subscription, encoded once for each way of speaking, sent to all.
 */
#include "server/fanout.h"

#include "server/pusher.h"
#include "server/server.h"
#include "server/sse.h"
#include <stdlib.h>

#define EVENTS_A_TURN 256 /* events taken before clients get them: together they stay far below the ring's size */

static bool add_event(struct fanout *fanout, struct stream *stream, const meower_event *event)
{
    if (event->kind == MEOWER_EVENT_DELETED)
        ring_blank(&stream->ring, event->meow.id);
    buffer_clear(&fanout->frame);
    if (!stream->format->encode(&fanout->frame, event->kind, event->cursor, event->json, event->json_len))
        return false;
    ring_add(&stream->ring, event->position, event->meow.id, buffer_data(&fanout->frame), fanout->frame.len);
    return true;
}

/* An event that cannot be encoded for want of memory must not be missing in the middle: everyone comes back with a
 * cursor instead. */
static void dismiss_all(struct stream *stream)
{
    while (!list_is_empty(&stream->clients)) {
        struct live_client *client = LIST_OWNER(stream->clients.next, struct live_client, node);
        stream->format->goodbye(client, WEBSOCKET_INTERNAL);
    }
    stream->ring.first = stream->ring.next;
}

static void take_event(struct fanout *fanout, const meower_event *event)
{
    struct stream *streams[] = {&fanout->websocket, &fanout->sse};
    for (size_t i = 0; i < 2; i++)
        if (!add_event(fanout, streams[i], event))
            dismiss_all(streams[i]);
}

static void pump_all(struct stream *stream)
{
    struct list *next;
    for (struct list *node = stream->clients.next; node != &stream->clients; node = next) {
        next = node->next;
        live_client_pump(LIST_OWNER(node, struct live_client, node));
    }
}

void fanout_run(struct fanout *fanout)
{
    const meower_event *event;
    meower_error error;
    size_t taken = 0;

    while (taken < EVENTS_A_TURN && meower_subscription_next(fanout->subscription, &event, &error) == 1) {
        take_event(fanout, event);
        taken++;
    }
    if (taken > 0) {
        pump_all(&fanout->websocket);
        pump_all(&fanout->sse);
    }
    struct list *next;
    for (struct list *node = fanout->catching_up.next; node != &fanout->catching_up; node = next) {
        next = node->next;
        live_client_catch_up(LIST_OWNER(node, struct live_client, node));
    }
}

static void handle_readable(struct watch *watch)
{
    fanout_run(LIST_OWNER(watch, struct fanout, watch));
}

const char *fanout_cursor(const struct fanout *fanout)
{
    return meower_subscription_cursor(fanout->subscription);
}

int fanout_open(struct server *server, struct fanout **out, meower_error *error)
{
    struct fanout *fanout = calloc(1, sizeof(*fanout));
    if (fanout == NULL)
        return MEOWER_ERROR_NO_MEMORY;
    fanout->server = server;
    fanout->websocket.format = &pusher_format;
    fanout->sse.format = &sse_format;
    list_init(&fanout->websocket.clients);
    list_init(&fanout->sse.clients);
    list_init(&fanout->catching_up);
    int status = MEOWER_ERROR_NO_MEMORY;
    if (ring_init(&fanout->websocket.ring, FANOUT_RING_SIZE) && ring_init(&fanout->sse.ring, FANOUT_RING_SIZE))
        status = meower_subscription_open(server->feed, NULL, &fanout->subscription, error);
    if (status == MEOWER_OK &&
        !watch_open(&fanout->watch, server, meower_subscription_fd(fanout->subscription), handle_readable))
        status = MEOWER_ERROR_NO_MEMORY;
    if (status != MEOWER_OK) {
        fanout_close(fanout);
        return status;
    }
    *out = fanout;
    return MEOWER_OK;
}

void fanout_close(struct fanout *fanout)
{
    if (fanout == NULL)
        return;
    watch_close(&fanout->watch);
    meower_subscription_close(fanout->subscription);
    ring_free(&fanout->websocket.ring);
    ring_free(&fanout->sse.ring);
    buffer_free(&fanout->frame);
    free(fanout);
}
