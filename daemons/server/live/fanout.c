/* fanout.c - the live feed of a loop. */
#include "server/live/fanout.h"

#include "server/live/pusher.h"
#include "server/live/sse.h"
#include <sys/eventfd.h>
#include <unistd.h>

#define EVENTS_A_TURN  256 /* events taken before clients get them: together they stay far below the ring's size */
#define CLIENTS_A_TURN 256 /* clients sent to before requests get their turn */

static bool add_event(struct fanout *fanout, struct stream *stream, const meower_event *event)
{
    if (event->kind == MEOWER_EVENT_DELETED) {
        ring_blank(&stream->ring, event->meow->id);
    }
    buffer_clear(&fanout->frame);
    if (!stream->format->encode(&fanout->frame, event->kind, event->cursor, event->json, event->json_len)) {
        return false;
    }
    ring_add(&stream->ring, event->position, event->meow->id, buffer_data(&fanout->frame), fanout->frame.len);
    return true;
}

/* Memory was short when an event was encoded. No client may miss one in the middle: each is closed and comes back with
 * its cursor. */
static void dismiss_all(struct stream *stream)
{
    list_move_all(&stream->due, &stream->clients);
    while (!list_is_empty(&stream->clients)) {
        struct client *client = LIST_OWNER(stream->clients.next, struct client, node);
        list_remove(&client->node);
        client_dismiss(client, WEBSOCKET_INTERNAL);
    }
    ring_clear(&stream->ring);
}

static bool has_audience(const struct fanout *fanout, const struct stream *stream)
{
    return !list_is_empty(&stream->clients) || !list_is_empty(&stream->due) ||
           !list_is_empty(&fanout->live.catching_up);
}

static bool has_filtered(const struct fanout *fanout)
{
    return !list_is_empty(&fanout->live.interests.all);
}

/* Memory was short when it was asked whom an event concerns: as dismiss_all(). */
static void dismiss_filtered(struct fanout *fanout)
{
    struct list *all = &fanout->live.interests.all;
    while (!list_is_empty(all)) {
        struct interest *interest = LIST_OWNER(all->next, struct interest, all);
        interests_remove(interest);
        client_dismiss(LIST_OWNER(interest, struct client, interest), WEBSOCKET_INTERNAL);
    }
}

/* Hands an event to those of the `count` clients found that are of this stream. It is encoded for the first of them. */
static void give_event(struct fanout *fanout, const struct stream *stream, const meower_event *event, size_t count)
{
    struct buffer *frame = &fanout->frame;
    buffer_clear(frame);
    for (size_t i = 0; i < count; i++) {
        struct client *client = LIST_OWNER(fanout->live.interests.found[i], struct client, interest);
        if (client->stream != stream) {
            continue;
        }
        if (frame->len == 0 &&
            !stream->format->encode(frame, event->kind, event->cursor, event->json, event->json_len)) {
            buffer_clear(frame);
            client_dismiss(client, WEBSOCKET_INTERNAL);
            continue;
        }
        client_give(client, event->position, buffer_data(frame), frame->len);
    }
}

static void give_to_filtered(struct fanout *fanout, const meower_event *event)
{
    size_t count;
    if (!has_filtered(fanout)) {
        return;
    }
    if (!interests_find(&fanout->live.interests, event, &count)) {
        dismiss_filtered(fanout);
        return;
    }
    if (count > 0) {
        give_event(fanout, &fanout->websocket, event, count);
        give_event(fanout, &fanout->sse, event, count);
    }
}

/* Nothing is encoded while nobody listens: a client that comes later with a cursor catches up by a subscription of its
 * own. */
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
    give_to_filtered(fanout, event);
}

static bool somebody_is_due(const struct fanout *fanout)
{
    return !list_is_empty(&fanout->websocket.due) || !list_is_empty(&fanout->sse.due);
}

/* Takes events that wait, but only when nobody is due: otherwise the clients at the end of the line would fall behind
 * although they read fast enough. */
static void take_events(struct fanout *fanout)
{
    const meower_event *event;
    meower_error error;
    size_t taken = 0;
    if (fanout->live.subscription == NULL || somebody_is_due(fanout)) {
        return;
    }
    while (taken < EVENTS_A_TURN && meower_subscription_next(fanout->live.subscription, &event, &error) == 1) {
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
        struct client *client = LIST_OWNER(stream->due.next, struct client, node);
        if (client_has_filter(client)) {
            list_remove(&client->node);
        } else {
            list_append(&stream->clients, &client->node);
        }
        client_pump(client);
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
    meower_subscription_close(fanout->live.subscription);
    fanout->live.subscription = NULL;
    ring_clear(&fanout->websocket.ring);
    ring_clear(&fanout->sse.ring);
}

static void run(struct fanout *fanout)
{
    if (has_audience(fanout, &fanout->websocket) || has_audience(fanout, &fanout->sse) || has_filtered(fanout)) {
        take_events(fanout);
        pump_some(&fanout->websocket);
        pump_some(&fanout->sse);
    } else if (fanout->live.subscription != NULL) {
        unsubscribe(fanout);
    }
    ask_for_more(fanout);
}

static void handle_readable(struct watch *watch)
{
    run(LIST_OWNER(watch, struct fanout, watch));
}

static void handle_more(struct watch *watch)
{
    run(LIST_OWNER(watch, struct fanout, more_watch));
}

static void subscribe(struct live *live)
{
    struct fanout *fanout = LIST_OWNER(live, struct fanout, live);
    if (live->subscription != NULL ||
        meower_subscription_begin(live->feed, NULL, &live->subscription, NULL) != MEOWER_OK) {
        return;
    }
    if (!watch_open(&fanout->watch, live->loop, meower_subscription_fd(live->subscription), handle_readable)) {
        unsubscribe(fanout);
    }
}

/* A store that could not be read says nothing when it can be again, so events and clients that catch up are looked at
 * from time to time. */
static void handle_tick(struct job *job)
{
    struct fanout *fanout = LIST_OWNER(job, struct fanout, tick);
    struct list *clients = &fanout->live.catching_up, *next;
    run(fanout);
    if (!list_is_empty(clients)) {
        subscribe(&fanout->live);
    }
    for (struct list *node = clients->next; node != clients; node = next) {
        next = node->next;
        client_catch_up(LIST_OWNER(node, struct client, node));
    }
}

bool fanout_open(struct fanout *fanout, struct loop *loop, meower_feed *feed, struct live_metrics *metrics)
{
    *fanout = (struct fanout){
        .live = {.loop = loop, .feed = feed, .metrics = metrics, .subscribe = subscribe},
        .tick = {.run = handle_tick},
        .more = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK),
    };
    list_init(&fanout->live.catching_up);
    interests_init(&fanout->live.interests);
    loop_run_every_tick(loop, &fanout->tick);
    bool has_rings = stream_init(&fanout->websocket, &fanout->live, &pusher_format, &metrics->websocket_clients);
    has_rings = stream_init(&fanout->sse, &fanout->live, &sse_format, &metrics->sse_clients) && has_rings;
    return has_rings && fanout->more >= 0 && watch_open(&fanout->more_watch, loop, fanout->more, handle_more);
}

void fanout_close(struct fanout *fanout)
{
    if (fanout->more >= 0) {
        close(fanout->more);
    }
    meower_subscription_close(fanout->live.subscription);
    stream_free(&fanout->websocket);
    stream_free(&fanout->sse);
    interests_free(&fanout->live.interests);
    buffer_free(&fanout->frame);
}
