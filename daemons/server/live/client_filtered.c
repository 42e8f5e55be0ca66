/* client_filtered.c - a client with a filter, once its events are handed to it, and how it hears that the feed goes on.
 */
#include "server/live/client.h"

#include "server/net/counter.h"
#include <stdio.h>

void client_give(struct client *client, uint64_t position, const char *frame, size_t len)
{
    struct connection *connection = &client->exchange->connection;
    if (client->is_closing || connection->is_aborted || position <= client->given) {
        return;
    }
    if (connection->out.len + len > CLIENT_BEHIND_MAX) {
        client_dismiss_slow(client);
        return;
    }
    if (!buffer_append(&connection->out, frame, len)) {
        connection_abort(connection);
        return;
    }
    client->heard = position;
    counter_add(&client->stream->live->metrics->frames_sent_total, 1);
    list_append(&client->stream->due, &client->node);
}

/* Tells the client how far the feed is: what concerned it up to there was sent before, or waits before this frame. */
static bool send_progress(struct client *client, const meower_subscription *followed)
{
    char json[80];
    const char *cursor = meower_subscription_cursor(followed);
    struct connection *connection = &client->exchange->connection;
    int len = snprintf(json, sizeof(json), "{\"kind\":0,\"cursor\":\"%s\"}", cursor);
    client->heard = meower_subscription_position(followed);
    if (!client->stream->format->encode(&connection->out, 0, cursor, json, (size_t)len)) {
        return false;
    }
    connection_flush(connection);
    return true;
}

/* A client that takes nothing hears of it later. */
void client_tell_progress(struct deadline *deadline)
{
    struct client *client = LIST_OWNER(deadline, struct client, progress);
    struct connection *connection = &client->exchange->connection;
    const meower_subscription *followed = client->own != NULL ? client->own : client->stream->live->subscription;
    if (connection->is_aborted) {
        return;
    }
    deadline_set(deadline, &client->stream->progress);
    if (connection->out.len == 0 && meower_subscription_position(followed) > client->heard &&
        !send_progress(client, followed)) {
        connection_abort(connection);
    }
}
