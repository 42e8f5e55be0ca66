/* test_nats_bus.c - the bus on NATS when the server fails: against a server of our own, which speaks as much of the
 * protocol (https://docs.nats.io/reference/reference-protocols/nats-protocol) as the faults need. What every bus does
 * is in conformance/suite_bus.c. */
#include "base/clock.h"
#include "bus/bus.h"
#include <arpa/inet.h>
#include <poll.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <setjmp.h>

#include <cmocka.h>

#define CLIENTS_MAX   16
#define BUFFER_SIZE   65536
#define BATCH_SIZE    20
#define ARRIVE_MAX_MS 20000
#define EPOCH         "0123456789abcdef"

/* ---- the server -------------------------------------------------------------------------------------------------- */

/* What it does wrong. */
enum fault {
    FAULT_NONE,
    FAULT_LOGIN,             /* refuses every password */
    FAULT_PUBLISH,           /* permits nobody to publish */
    FAULT_SUBSCRIBE,         /* permits nobody to subscribe */
    FAULT_TLS,               /* wants TLS, and hangs up on it */
    FAULT_SILENT_FROM_START, /* greets, and says no more */
    FAULT_SILENT,            /* takes everything, and answers nothing */
    FAULT_CRASH              /* resets connections, in the middle of what it reads or when it has answered */
};

struct client {
    int fd; /* 0: none */
    char buffer[BUFFER_SIZE];
    size_t len;
    size_t payload_len;   /* of the message whose payload is awaited, with its line end; 0: none is */
    unsigned last;        /* position published */
    unsigned until_crash; /* messages */
    bool has_complained;
    char subscription[32]; /* its number; "": none */
};

struct server {
    int listener;
    int port;
    pthread_t thread;
    atomic_int fault;
    bool is_running;
    atomic_bool is_stopping;
    atomic_uint answered; /* the last position before an answered PING */
    struct client clients[CLIENTS_MAX];
};

static void say(const struct client *client, const char *text)
{
    if (send(client->fd, text, strlen(text), MSG_NOSIGNAL) < 0) {
        return; /* the client has gone; the next read tells */
    }
}

static void hang_up(struct client *client)
{
    close(client->fd);
    client->fd = 0;
}

/* As when the server's host fails: what it has not read is gone, and so is what it has said. */
static void reset(struct client *client)
{
    const struct linger now = {.l_onoff = 1};
    setsockopt(client->fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
    hang_up(client);
}

static void answer_ping(struct server *server, struct client *client)
{
    int fault = atomic_load(&server->fault);
    if (fault == FAULT_SILENT || fault == FAULT_SILENT_FROM_START) {
        return;
    }
    if (fault == FAULT_PUBLISH && client->last > 0 && !client->has_complained) {
        say(client, "-ERR 'Permissions Violation for Publish to \"meow.created\"'\r\n");
        client->has_complained = true;
    }
    if (client->last > 0) {
        atomic_store(&server->answered, client->last);
    }
    say(client, "PONG\r\n");
    if (fault == FAULT_CRASH && rand() % 2 == 0) {
        reset(client);
    }
}

/* One line without its end. */
static void obey(struct server *server, struct client *client, const char *line)
{
    int fault = atomic_load(&server->fault);
    if (strncmp(line, "CONNECT", 7) == 0 && fault == FAULT_LOGIN) {
        say(client, "-ERR 'Authorization Violation'\r\n");
        hang_up(client);
    } else if (strncmp(line, "PING", 4) == 0) {
        answer_ping(server, client);
    } else if (strncmp(line, "PUB ", 4) == 0) {
        client->payload_len = strtoul(strrchr(line, ' '), NULL, 10) + 2;
    } else if (strncmp(line, "SUB ", 4) == 0) {
        snprintf(client->subscription, sizeof(client->subscription), "%s", strrchr(line, ' ') + 1);
        if (fault == FAULT_SUBSCRIBE) {
            say(client, "-ERR 'Permissions Violation for Subscription to \"meow.*\"'\r\n");
        }
    }
}

static void deliver(struct server *server, struct client *from, const char *payload, size_t payload_len)
{
    char message[200];
    from->last = (unsigned)strtoul(payload, NULL, 10);
    for (size_t i = 0; i < CLIENTS_MAX; i++) {
        const struct client *to = &server->clients[i];
        if (to->fd == 0 || to->subscription[0] == '\0') {
            continue;
        }
        snprintf(message, sizeof(message), "MSG meow.created %s %zu\r\n%.*s\r\n", to->subscription, payload_len,
                 (int)payload_len, payload);
        say(to, message);
    }
    if (atomic_load(&server->fault) == FAULT_CRASH && --from->until_crash == 0) {
        reset(from);
    }
}

/* Handles one line or payload that has arrived in full. Returns its bytes; 0: there is none yet. */
static size_t take_one(struct server *server, struct client *client)
{
    size_t payload_len = client->payload_len;
    if (payload_len > 0) {
        if (client->len < payload_len) {
            return 0;
        }
        client->payload_len = 0;
        deliver(server, client, client->buffer, payload_len - 2);
        return payload_len;
    }
    char *end = memmem(client->buffer, client->len, "\r\n", 2);
    if (end == NULL) {
        return 0;
    }
    *end = '\0';
    obey(server, client, client->buffer);
    return (size_t)(end - client->buffer) + 2;
}

static void read_client(struct server *server, struct client *client)
{
    ssize_t len = recv(client->fd, client->buffer + client->len, BUFFER_SIZE - client->len, 0);
    if (len <= 0 || atomic_load(&server->fault) == FAULT_TLS) {
        hang_up(client);
        return;
    }
    client->len += (size_t)len;
    for (;;) {
        size_t taken = take_one(server, client);
        if (taken == 0 || client->fd == 0) {
            return;
        }
        client->len -= taken;
        memmove(client->buffer, client->buffer + taken, client->len);
    }
}

static void greet(struct server *server)
{
    size_t i = 0;
    while (i < CLIENTS_MAX - 1 && server->clients[i].fd != 0) {
        i++;
    }
    struct client *client = &server->clients[i];
    if (client->fd != 0) {
        hang_up(client);
    }
    memset(client, 0, sizeof(*client));
    client->fd = accept(server->listener, NULL, NULL);
    client->until_crash = 1 + (unsigned)rand() % (3 * BATCH_SIZE);
    char info[200];
    snprintf(info, sizeof(info),
             "INFO {\"server_id\":\"test\",\"version\":\"2.9.10\",\"proto\":1,\"headers\":true,"
             "\"max_payload\":1000,\"tls_required\":%s}\r\n",
             atomic_load(&server->fault) == FAULT_TLS ? "true" : "false");
    say(client, info);
}

static void *serve(void *argument)
{
    struct server *server = argument;
    while (!atomic_load(&server->is_stopping)) {
        struct pollfd polled[CLIENTS_MAX + 1] = {{.fd = server->listener, .events = POLLIN}};
        for (size_t i = 0; i < CLIENTS_MAX; i++) {
            polled[i + 1] =
                (struct pollfd){.fd = server->clients[i].fd == 0 ? -1 : server->clients[i].fd, .events = POLLIN};
        }
        poll(polled, CLIENTS_MAX + 1, 10);
        for (size_t i = 0; i < CLIENTS_MAX; i++) {
            if (polled[i + 1].revents != 0 && server->clients[i].fd != 0) {
                read_client(server, &server->clients[i]);
            }
        }
        if (polled[0].revents != 0) {
            greet(server);
        }
    }
    for (size_t i = 0; i < CLIENTS_MAX; i++) {
        if (server->clients[i].fd != 0) {
            hang_up(&server->clients[i]);
        }
    }
    return NULL;
}

static void server_start(struct server *server)
{
    assert_int_equal(listen(server->listener, 64), 0);
    atomic_store(&server->is_stopping, false);
    assert_int_equal(pthread_create(&server->thread, NULL, serve, server), 0);
    server->is_running = true;
}

static void server_stop(struct server *server)
{
    atomic_store(&server->is_stopping, true);
    pthread_join(server->thread, NULL);
    server->is_running = false;
}

/* Takes a port, at which nobody listens yet. */
static void server_bind(struct server *server)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof(address);
    server->listener = socket(AF_INET, SOCK_STREAM, 0);
    assert_true(server->listener > 0);
    assert_int_equal(bind(server->listener, (struct sockaddr *)&address, len), 0);
    assert_int_equal(getsockname(server->listener, (struct sockaddr *)&address, &len), 0);
    server->port = ntohs(address.sin_port);
}

/* ---- the fixture ------------------------------------------------------------------------------------------------- */

struct fixture {
    struct server server;
    meower_options *options;
    struct bus bus;
};

static int64_t now_ms(void)
{
    return clock_monotonic_us(clock_system()) / 1000;
}

static void rest(long ms)
{
    const struct timespec pause = {ms / 1000, ms % 1000 * 1000000};
    nanosleep(&pause, NULL);
}

static int set_up(void **state)
{
    struct fixture *fixture = calloc(1, sizeof(*fixture));
    assert_non_null(fixture);
    *state = fixture;
    server_bind(&fixture->server);
    assert_int_equal(meower_options_new(&fixture->options, NULL), MEOWER_OK);
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *fixture = *state;
    if (fixture->server.is_running) { /* the test has failed */
        server_stop(&fixture->server);
    }
    close(fixture->server.listener);
    meower_options_free(fixture->options);
    free(fixture);
    return 0;
}

static int open_url(struct fixture *fixture, const char *url, meower_error *error)
{
    assert_int_equal(meower_options_set(fixture->options, "bus", url, NULL), MEOWER_OK);
    return bus_open(&fixture->bus, fixture->options, error);
}

/* Opens the bus at our server; `credentials` end with "@" or are empty. */
static int try_open(struct fixture *fixture, const char *credentials, meower_error *error)
{
    char url[100];
    snprintf(url, sizeof(url), "nats://%s127.0.0.1:%d", credentials, fixture->server.port);
    return open_url(fixture, url, error);
}

static void open_bus(struct fixture *fixture)
{
    meower_error error = {0};
    if (try_open(fixture, "", &error) != MEOWER_OK) {
        fail_msg("%s", error.message);
    }
}

/* Publishes BATCH_SIZE events, from position `first` on. */
static int publish(struct fixture *fixture, unsigned first, meower_error *error)
{
    char payloads[BATCH_SIZE][16];
    meower_bus_message messages[BATCH_SIZE];
    for (unsigned i = 0; i < BATCH_SIZE; i++) {
        messages[i] = (meower_bus_message){
            .position = first + i,
            .kind = MEOWER_EVENT_CREATED,
            .epoch = EPOCH,
            .id = "0ujtsYcgvSTl8PAuAdqWYSMnLOv",
            .payload = payloads[i],
            .payload_len = (size_t)snprintf(payloads[i], sizeof(payloads[i]), "%u", first + i),
        };
    }
    return bus_publish(&fixture->bus, messages, BATCH_SIZE, error);
}

static int ignore(meower_bus_sink *sink, const char *payload, size_t payload_len)
{
    (void)sink;
    (void)payload;
    (void)payload_len;
    return MEOWER_OK;
}

static int receive(struct fixture *fixture, int timeout_ms, meower_error *error)
{
    meower_bus_sink sink = {ignore};
    return bus_receive(&fixture->bus, timeout_ms, &sink, error);
}

/* As the relay does: again and again, until it works. */
static void publish_until_accepted(struct fixture *fixture, unsigned first)
{
    int64_t deadline_ms = now_ms() + ARRIVE_MAX_MS;
    meower_error error = {0};
    while (publish(fixture, first, &error) != MEOWER_OK) {
        if (now_ms() > deadline_ms) {
            fail_msg("%s", error.message);
        }
        rest(20);
    }
}

static void receive_until_it_works(struct fixture *fixture)
{
    int64_t deadline_ms = now_ms() + ARRIVE_MAX_MS;
    meower_error error = {0};
    while (receive(fixture, 10, &error) != MEOWER_OK) {
        if (now_ms() > deadline_ms) {
            fail_msg("%s", error.message);
        }
        rest(20);
    }
}

/* It is to be tried again, and the message says which option to look at. */
static void check_unavailable(int status, const meower_error *error)
{
    assert_int_equal(status, MEOWER_ERROR_UNAVAILABLE);
    assert_int_equal(error->flags, MEOWER_ERROR_FLAG_RETRIABLE);
    assert_non_null(strstr(error->message, "\"bus\""));
}

/* ---- the server is away ------------------------------------------------------------------------------------------ */

static void a_server_that_is_down_at_open_is_waited_for(void **state)
{
    struct fixture *fixture = *state;
    meower_error error = {0};
    open_bus(fixture);
    check_unavailable(publish(fixture, 1, &error), &error);
    check_unavailable(receive(fixture, 1000, &error), &error);
    server_start(&fixture->server);
    publish_until_accepted(fixture, 1);
    receive_until_it_works(fixture);
    bus_close(&fixture->bus);
    server_stop(&fixture->server);
}

static void a_server_that_goes_down_is_told_and_waited_for(void **state)
{
    struct fixture *fixture = *state;
    meower_error error = {0};
    server_start(&fixture->server);
    open_bus(fixture);
    publish_until_accepted(fixture, 1);
    server_stop(&fixture->server);
    /* Its port still takes connections, as that of a host does whose server hangs. */
    rest(100);
    check_unavailable(publish(fixture, 2, &error), &error);
    check_unavailable(receive(fixture, 1000, &error), &error);
    server_start(&fixture->server);
    publish_until_accepted(fixture, 2);
    receive_until_it_works(fixture);
    bus_close(&fixture->bus);
    server_stop(&fixture->server);
}

static void the_second_host_serves_when_the_first_is_down(void **state)
{
    struct fixture *fixture = *state;
    struct server down;
    char url[100];
    meower_error error = {0};
    server_bind(&down);
    server_start(&fixture->server);
    snprintf(url, sizeof(url), "nats://127.0.0.1:%d,nats://127.0.0.1:%d", down.port, fixture->server.port);
    assert_int_equal(open_url(fixture, url, &error), MEOWER_OK);
    publish_until_accepted(fixture, 1);
    bus_close(&fixture->bus);
    server_stop(&fixture->server);
    close(down.listener);
}

/* ---- accepted means answered ------------------------------------------------------------------------------------- */

static void a_batch_is_accepted_only_when_the_server_has_answered(void **state)
{
    struct fixture *fixture = *state;
    meower_error error = {0};
    unsigned accepted = 0;
    server_start(&fixture->server);
    open_bus(fixture);
    atomic_store(&fixture->server.fault, FAULT_CRASH);
    int64_t end_ms = now_ms() + 3000;
    for (unsigned first = 1; now_ms() < end_ms; first += BATCH_SIZE) {
        if (publish(fixture, first, &error) == MEOWER_OK) {
            assert_in_range(atomic_load(&fixture->server.answered), first + BATCH_SIZE - 1, UINT32_MAX);
            accepted++;
        }
    }
    assert_in_range(accepted, 10, UINT32_MAX);
    bus_close(&fixture->bus);
    server_stop(&fixture->server);
}

static void publishing_gives_up_when_the_server_does_not_answer(void **state)
{
    struct fixture *fixture = *state;
    meower_error error = {0};
    server_start(&fixture->server);
    open_bus(fixture);
    atomic_store(&fixture->server.fault, FAULT_SILENT);
    int64_t start_ms = now_ms();
    check_unavailable(publish(fixture, 1, &error), &error);
    assert_in_range(now_ms() - start_ms, 5000, 15000);
    atomic_store(&fixture->server.fault, FAULT_NONE);
    publish_until_accepted(fixture, 1);
    bus_close(&fixture->bus);
    server_stop(&fixture->server);
}

/* nats.c 3.4.1 then reads for ever, with its lock held. */
static void a_server_that_only_greets_holds_nobody_up(void **state)
{
    struct fixture *fixture = *state;
    meower_error error = {0};
    atomic_store(&fixture->server.fault, FAULT_SILENT_FROM_START);
    server_start(&fixture->server);
    int64_t start_ms = now_ms();
    open_bus(fixture);
    assert_in_range(now_ms() - start_ms, 0, 8000);
    start_ms = now_ms();
    check_unavailable(publish(fixture, 1, &error), &error);
    check_unavailable(receive(fixture, 1000, &error), &error);
    assert_in_range(now_ms() - start_ms, 0, 1000);
    start_ms = now_ms();
    bus_close(&fixture->bus);
    assert_in_range(now_ms() - start_ms, 0, 8000);
    server_stop(&fixture->server);
    rest(200); /* its threads come to an end */
}

static void a_server_that_only_greeted_is_tried_again(void **state)
{
    struct fixture *fixture = *state;
    atomic_store(&fixture->server.fault, FAULT_SILENT_FROM_START);
    server_start(&fixture->server);
    open_bus(fixture);
    atomic_store(&fixture->server.fault, FAULT_NONE);
    publish_until_accepted(fixture, 1);
    receive_until_it_works(fixture);
    bus_close(&fixture->bus);
    server_stop(&fixture->server);
    rest(200); /* the threads of the first attempts come to an end */
}

/* ---- the server refuses ------------------------------------------------------------------------------------------ */

static void a_wrong_password_is_refused_at_open_and_not_shown(void **state)
{
    static const char *const credentials[] = {"me:tiger@", "tiger@", "me:ti%67er@"};
    struct fixture *fixture = *state;
    atomic_store(&fixture->server.fault, FAULT_LOGIN);
    server_start(&fixture->server);
    for (size_t i = 0; i < sizeof(credentials) / sizeof(credentials[0]); i++) {
        meower_error error = {0};
        assert_int_equal(try_open(fixture, credentials[i], &error), MEOWER_ERROR_PERMISSION);
        assert_int_equal(error.flags, 0);
        assert_non_null(strstr(error.message, "\"bus\""));
        assert_null(strstr(error.message, "tiger"));
        assert_null(strstr(error.message, "ti%67er"));
    }
    server_stop(&fixture->server);
}

static void a_password_that_is_put_right_is_tried_again(void **state)
{
    struct fixture *fixture = *state;
    meower_error error = {0};
    open_bus(fixture);
    atomic_store(&fixture->server.fault, FAULT_LOGIN);
    server_start(&fixture->server);
    int64_t deadline_ms = now_ms() + ARRIVE_MAX_MS;
    while (publish(fixture, 1, &error) != MEOWER_ERROR_PERMISSION) {
        assert_true(now_ms() < deadline_ms);
        rest(20);
    }
    atomic_store(&fixture->server.fault, FAULT_NONE);
    publish_until_accepted(fixture, 1);
    receive_until_it_works(fixture);
    bus_close(&fixture->bus);
    server_stop(&fixture->server);
}

static void a_user_who_may_not_publish_is_told(void **state)
{
    struct fixture *fixture = *state;
    meower_error error = {0};
    server_start(&fixture->server);
    open_bus(fixture);
    atomic_store(&fixture->server.fault, FAULT_PUBLISH);
    assert_int_equal(publish(fixture, 1, &error), MEOWER_ERROR_PERMISSION);
    assert_non_null(strstr(error.message, "meow.*"));
    atomic_store(&fixture->server.fault, FAULT_NONE);
    publish_until_accepted(fixture, 1);
    bus_close(&fixture->bus);
    server_stop(&fixture->server);
}

static void a_user_who_may_not_subscribe_is_told_at_open(void **state)
{
    struct fixture *fixture = *state;
    meower_error error = {0};
    atomic_store(&fixture->server.fault, FAULT_SUBSCRIBE);
    server_start(&fixture->server);
    assert_int_equal(try_open(fixture, "", &error), MEOWER_ERROR_PERMISSION);
    assert_non_null(strstr(error.message, "meow.*"));
    server_stop(&fixture->server);
}

static void tls_that_fails_is_told_at_open(void **state)
{
    struct fixture *fixture = *state;
    meower_error error = {0};
    atomic_store(&fixture->server.fault, FAULT_TLS);
    server_start(&fixture->server);
    check_unavailable(try_open(fixture, "", &error), &error);
    assert_non_null(strstr(error.message, "tls_ca"));
    server_stop(&fixture->server);
}

static void an_event_that_is_too_large_is_not_tried_again(void **state)
{
    struct fixture *fixture = *state;
    meower_error error = {0};
    char payload[1001] = "";
    meower_bus_message message = {.position = 1, .kind = MEOWER_EVENT_CREATED, .epoch = EPOCH, .id = "0"};
    message.payload = payload;
    message.payload_len = sizeof(payload);
    server_start(&fixture->server);
    open_bus(fixture);
    assert_int_equal(bus_publish(&fixture->bus, &message, 1, &error), MEOWER_ERROR_INVALID);
    assert_int_equal(error.flags, 0);
    bus_close(&fixture->bus);
    server_stop(&fixture->server);
}

/* ---- the URL ----------------------------------------------------------------------------------------------------- */

static void a_url_that_cannot_be_is_refused_without_its_secrets(void **state)
{
    static const struct {
        const char *url;
        const char *says;
    } cases[] = {
        {"nats:host:4222", "//"},
        {"nats://", "host"},
        {"nats://host:", "port"},
        {"nats://me:tiger@", "host"},
        {"nats://me:ti,ger@host", "port"},
        {"nats://me:tiger%2@host", "%XX"},
        {"nats://a:1,me:tiger@b:1", "first host"},
        {"nats://me:ti%22ger@host", "quote"},
        {"nats://host:1/subject", "path"},
        {"nats://host:1?timeout=1", "tls_ca"},
        {"nats://host:1?tls_ca", "parameter"},
        {"nats://host:1?tls_cert=/nowhere/tiger.pem", "tls_key"},
        {"nats://host:1?tls_ca=/nowhere/ca.pem", "tls_ca"},
    };
    struct fixture *fixture = *state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        meower_error error = {0};
        int status = open_url(fixture, cases[i].url, &error);
        if (status != MEOWER_ERROR_INVALID || strstr(error.message, cases[i].says) == NULL) {
            fail_msg("%s: status %d, %s", cases[i].url, status, error.message);
        }
        if (strchr(cases[i].url, '@') != NULL) {
            assert_null(strstr(error.message, "ger"));
        }
    }
}

#define NATS_TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        NATS_TEST(a_server_that_is_down_at_open_is_waited_for),
        NATS_TEST(a_server_that_goes_down_is_told_and_waited_for),
        NATS_TEST(the_second_host_serves_when_the_first_is_down),
        NATS_TEST(a_batch_is_accepted_only_when_the_server_has_answered),
        NATS_TEST(publishing_gives_up_when_the_server_does_not_answer),
        NATS_TEST(a_server_that_only_greets_holds_nobody_up),
        NATS_TEST(a_server_that_only_greeted_is_tried_again),
        NATS_TEST(a_wrong_password_is_refused_at_open_and_not_shown),
        NATS_TEST(a_password_that_is_put_right_is_tried_again),
        NATS_TEST(a_user_who_may_not_publish_is_told),
        NATS_TEST(a_user_who_may_not_subscribe_is_told_at_open),
        NATS_TEST(tls_that_fails_is_told_at_open),
        NATS_TEST(an_event_that_is_too_large_is_not_tried_again),
        NATS_TEST(a_url_that_cannot_be_is_refused_without_its_secrets),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
