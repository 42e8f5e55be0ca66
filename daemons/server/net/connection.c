/* connection.c - one TCP connection of a client as transport. */
#include "server/net/connection.h"

#include "server/net/counter.h"
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#define RECEIVE_SIZE (64 * 1024) /* bytes read from a socket at once */
#define SEND_MS      60000
#define LINGER_MS    2000

/* ---- bytes out -------------------------------------------------------------------------------------------------- */

ssize_t connection_send_now(struct connection *connection, const char *bytes, size_t len)
{
    if (connection->is_aborted || connection->lws == NULL) {
        return -1;
    }
    if (connection->out.len > 0) {
        return 0;
    }
    ssize_t sent = send(lws_get_socket_fd(connection->lws), bytes, len, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent < 0 && errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR) {
        connection_abort(connection);
        return -1;
    }
    if (sent < 0) {
        sent = 0;
    }
    counter_add(&connection->siblings->metrics->bytes_sent_total, (unsigned long long)sent);
    if ((size_t)sent < len) {
        loop_run_at_turn_end(connection->siblings->loop, &connection->unsent);
    }
    return sent;
}

/* At the end of a turn of the loop, not earlier: libwebsockets takes back what is asked for while it says that a
 * descriptor is writable. */
static void watch_unsent(struct job *job)
{
    struct connection *connection = LIST_OWNER(job, struct connection, unsent);
    lws_callback_on_writable(connection->lws);
}

bool connection_flush(struct connection *connection)
{
    struct buffer *out = &connection->out;
    while (out->len > 0) {
        size_t len = out->len;
        out->len = 0; /* so that connection_send_now() sees nothing waiting */
        ssize_t sent = connection_send_now(connection, buffer_data(out), len);
        out->len = len;
        if (sent < 0) {
            return false;
        }
        buffer_consume(out, (size_t)sent);
        if (sent == 0) {
            return false;
        }
    }
    buffer_free(out);
    return true;
}

void connection_send(struct connection *connection, const char *bytes, size_t len)
{
    ssize_t sent = connection_send_now(connection, bytes, len);
    if (sent < 0 || (size_t)sent == len) {
        return;
    }
    if (!buffer_append(&connection->out, bytes + sent, len - (size_t)sent)) {
        connection_abort(connection);
    }
}

/* Closing with unread bytes would reset the connection and could take the answer back from the peer: end our side, then
 * read until the peer ends its own (RFC 9112, 9.6). */
static void linger(struct connection *connection)
{
    shutdown(lws_get_socket_fd(connection->lws), SHUT_WR);
    connection->is_lingering = true;
    deadline_set(&connection->deadline, &connection->siblings->linger);
    connection_pause_reading(connection, false);
}

void connection_writable(struct connection *connection)
{
    struct buffer *out = &connection->out;
    size_t before = out->len;
    connection_flush(connection);
    if (connection->is_aborted || connection->is_lingering) {
        return;
    }
    connection->siblings->calls->writable(connection, out->len < before);
    if (out->len == 0 && connection->closes_when_sent && !connection->is_aborted && !connection->is_lingering) {
        linger(connection);
    }
}

void connection_set_send_buffer(struct connection *connection, int bytes)
{
    setsockopt(lws_get_socket_fd(connection->lws), SOL_SOCKET, SO_SNDBUF, &bytes, sizeof(bytes));
}

/* ---- bytes in --------------------------------------------------------------------------------------------------- */

void connection_pause_reading(struct connection *connection, bool pause)
{
    if (connection->lws == NULL || pause == connection->is_reading_paused) {
        return;
    }
    connection->is_reading_paused = pause;
    lws_rx_flow_control(connection->lws, pause ? 0 : 1);
}

static bool receive(void *socket)
{
    struct connection *connection = socket;
    const struct connection_calls *calls = connection->siblings->calls;
    bool is_open = !connection->is_aborted && !connection->is_lingering;
    char bytes[RECEIVE_SIZE];
    ssize_t len = recv(lws_get_socket_fd(connection->lws), bytes, sizeof(bytes), MSG_DONTWAIT);
    if (len == 0) {
        return is_open && calls->peer_ended(connection);
    }
    if (len < 0) {
        return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR;
    }
    if (is_open) {
        calls->received(connection, bytes, (size_t)len);
    }
    return true;
}

static void resume(struct job *job)
{
    struct connection *connection = LIST_OWNER(job, struct connection, resume);
    if (!connection->is_aborted) {
        connection->siblings->calls->resumed(connection);
    }
}

void connection_resume(struct connection *connection)
{
    loop_run_soon(connection->siblings->loop, &connection->resume);
}

/* ---- beginning and end ------------------------------------------------------------------------------------------ */

struct connection *connection_of_deadline(struct deadline *deadline)
{
    return LIST_OWNER(deadline, struct connection, deadline);
}

static void abort_expired(struct deadline *deadline)
{
    connection_abort(connection_of_deadline(deadline));
}

static void *open_connection(void *owner, struct lws *lws)
{
    struct connections *siblings = owner;
    int on = 1;
    struct connection *connection = siblings->calls->create(siblings);
    if (connection == NULL) {
        return NULL;
    }
    connection->siblings = siblings;
    connection->lws = lws;
    connection->resume.run = resume;
    connection->unsent.run = watch_unsent;
    list_append(&siblings->all, &connection->all);
    counter_add(&siblings->metrics->connections_total, 1);
    counter_add(&siblings->metrics->connections, 1);
    setsockopt(lws_get_socket_fd(lws), IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    return connection;
}

static void forget_plans(struct connection *connection)
{
    list_remove(&connection->resume.node);
    list_remove(&connection->unsent.node);
    deadline_clear(&connection->deadline);
}

static void close_connection(void *socket)
{
    struct connection *connection = socket;
    struct connections *siblings = connection->siblings;
    connection->lws = NULL;
    connection->is_aborted = true;
    counter_subtract(&siblings->metrics->connections, 1);
    forget_plans(connection);
    siblings->calls->closed(connection);
}

static void handle_writable(void *socket)
{
    connection_writable(socket);
}

void connections_init(struct connections *connections, struct loop *loop, const struct connection_calls *calls,
                      struct connection_metrics *metrics)
{
    static const struct socket_calls socket_calls = {open_connection, receive, handle_writable, close_connection};
    *connections = (struct connections){.loop = loop, .calls = calls, .metrics = metrics};
    list_init(&connections->all);
    loop_handle_sockets(loop, &socket_calls, connections);
    loop_add_timeout(loop, &connections->send, SEND_MS, abort_expired);
    loop_add_timeout(loop, &connections->linger, LINGER_MS, abort_expired);
}

void connection_release(struct connection *connection)
{
    list_remove(&connection->all);
    forget_plans(connection);
    buffer_free(&connection->out);
}

void connection_close_when_sent(struct connection *connection)
{
    connection->closes_when_sent = true;
    if (connection->out.len == 0 && !connection->is_aborted && !connection->is_lingering) {
        linger(connection);
    }
}

void connection_abort(struct connection *connection)
{
    if (connection->is_aborted) {
        return;
    }
    connection->is_aborted = true;
    lws_set_timeout(connection->lws, PENDING_TIMEOUT_USER_OK, LWS_TO_KILL_ASYNC);
}
