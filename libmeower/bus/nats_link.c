/* nats_link.c - one connection to NATS. A thread of ours makes the first connection, because nats.c 3.4.1 forgets why
 * it could not, and stops trying when the server had answered at all. From then on nats.c keeps it, and calls back here
 * to say what became of it. */
#include "bus/nats_link.h"
#include "base/clock.h"
#include "bus/background.h"
#include "run/backoff.h"
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CLOSE_TIMEOUT_MS  2000
#define PENDING_MAX       65536 /* messages kept for a receiver that is slow */
#define PENDING_BYTES_MAX (16 * 1024 * 1024)

struct nats_link {
    natsOptions *options;
    const char *subject;
    const char *redacted_url;
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    natsConnection *connection; /* NULL: there has been none yet */
    natsSubscription *subscription;
    unsigned connects;
    unsigned disconnects;
    unsigned attempts;  /* that failed, since the last connection */
    bool is_connecting; /* connect_link() is at work */
    bool is_closing;    /* it is to end */
    bool is_orphan;     /* it is to take the link down, too */
    bool is_closed;     /* nats.c has made its last call */
    bool is_dead;
    int64_t heard_us;   /* monotonic: when something was last heard of it */
    natsStatus failure; /* of the last attempt */
    char words[256];
};

/* ---- what nats.c says -------------------------------------------------------------------------------------------- */

/* The mutex is held. */
static void note_life(struct nats_link *link)
{
    link->heard_us = clock_monotonic_us(clock_system());
    pthread_cond_broadcast(&link->changed);
}

static void on_reconnected(natsConnection *connection, void *closure)
{
    struct nats_link *link = closure;
    (void)connection;
    pthread_mutex_lock(&link->mutex);
    link->connects++;
    link->attempts = 0;
    note_life(link);
    pthread_mutex_unlock(&link->mutex);
}

static void on_disconnected(natsConnection *connection, void *closure)
{
    struct nats_link *link = closure;
    (void)connection;
    pthread_mutex_lock(&link->mutex);
    link->disconnects++;
    link->failure = NATS_CONNECTION_DISCONNECTED;
    link->words[0] = '\0';
    note_life(link);
    pthread_mutex_unlock(&link->mutex);
}

/* The mutex is held. */
static void note_failure(struct nats_link *link, natsStatus failure, const char *words)
{
    link->failure = failure;
    snprintf(link->words, sizeof(link->words), "%s", words);
    link->attempts++;
    note_life(link);
}

static void on_closed(natsConnection *connection, void *closure)
{
    struct nats_link *link = closure;
    const char *words = "";
    natsStatus failure = natsConnection_GetLastError(connection, &words);
    pthread_mutex_lock(&link->mutex);
    note_failure(link, failure, words);
    link->is_dead = true;
    link->is_closed = true;
    pthread_mutex_unlock(&link->mutex);
}

/* How long to rest after so many attempts. A server that is away is not back within the first pause: it is left out. */
static int64_t rest_after_us(int attempts)
{
    return backoff_pause_us(clock_system(), (unsigned)attempts + 1);
}

/* Called when all servers were tried in vain. Returns how long nats.c is to rest. */
static int64_t on_attempt_failed(natsConnection *connection, int attempts, void *closure)
{
    struct nats_link *link = closure;
    const char *words = "";
    natsStatus failure = natsConnection_GetLastError(connection, &words);
    pthread_mutex_lock(&link->mutex);
    note_failure(link, failure, words);
    pthread_mutex_unlock(&link->mutex);
    return rest_after_us(attempts) / 1000;
}

const char *nats_last_words(void)
{
    /* Before it stands the place in its source: "(conn.c:709): words". */
    const char *text = nats_GetLastError(NULL);
    const char *words = text == NULL ? NULL : strstr(text, "): ");
    return words == NULL ? "" : words + strlen("): ");
}

/* ---- making and taking down -------------------------------------------------------------------------------------- */

static natsStatus set_options(struct nats_link *link)
{
    natsOptions *options = link->options;
    natsStatus status = natsOptions_SetReconnectedCB(options, on_reconnected, link);
    if (status == NATS_OK) {
        status = natsOptions_SetDisconnectedCB(options, on_disconnected, link);
    }
    if (status == NATS_OK) {
        status = natsOptions_SetClosedCB(options, on_closed, link);
    }
    if (status == NATS_OK) {
        status = natsOptions_SetCustomReconnectDelay(options, on_attempt_failed, link);
    }
    if (status == NATS_OK) {
        status = natsOptions_SetMaxReconnect(options, -1);
    }
    return status;
}

static void destroy_link(void *argument)
{
    struct nats_link *link = argument;
    if (link->connection != NULL) {
        natsConnection_Destroy(link->connection);
        natsSubscription_Destroy(link->subscription);
        pthread_mutex_lock(&link->mutex);
        while (!link->is_closed) {
            pthread_cond_wait(&link->changed, &link->mutex);
        }
        pthread_mutex_unlock(&link->mutex);
    }
    natsOptions_Destroy(link->options);
    pthread_cond_destroy(&link->changed);
    pthread_mutex_destroy(&link->mutex);
    free(link);
}

static natsStatus subscribe(natsConnection *connection, const char *subject, natsSubscription **subscription)
{
    natsStatus status = natsConnection_SubscribeSync(subscription, connection, subject);
    if (status == NATS_OK) {
        status = natsSubscription_SetPendingLimits(*subscription, PENDING_MAX, PENDING_BYTES_MAX);
    }
    return status;
}

/* Takes note of a failed attempt and rests. Returns whether there is to be another. */
static bool rest_after_failure(struct nats_link *link, natsStatus failure, int attempts)
{
    const char *words = nats_last_words();
    struct timespec deadline = clock_deadline(rest_after_us(attempts));
    pthread_mutex_lock(&link->mutex);
    note_failure(link, failure, words);
    while (!link->is_closing && pthread_cond_timedwait(&link->changed, &link->mutex, &deadline) == 0) {
        /* It was woken for nothing. */
    }
    bool goes_on = !link->is_closing;
    pthread_mutex_unlock(&link->mutex);
    return goes_on;
}

static void connect_link(void *argument)
{
    struct nats_link *link = argument;
    natsConnection *connection = NULL;
    natsSubscription *subscription = NULL;
    natsStatus status;
    int attempts = 0;
    do {
        status = natsConnection_Connect(&connection, link->options);
    } while (status != NATS_OK && rest_after_failure(link, status, ++attempts));
    if (status == NATS_OK && link->subject != NULL) {
        status = subscribe(connection, link->subject, &subscription);
    }

    pthread_mutex_lock(&link->mutex);
    link->connection = connection;
    link->subscription = subscription;
    link->is_connecting = false;
    if (status == NATS_OK) {
        link->connects++;
    } else {
        note_failure(link, status, nats_last_words());
        link->is_dead = true;
    }
    bool is_orphan = link->is_orphan;
    pthread_cond_broadcast(&link->changed);
    pthread_mutex_unlock(&link->mutex);
    if (is_orphan) {
        destroy_link(link);
    }
}

int nats_link_open(natsOptions *options, const char *subject, const char *redacted_url, struct nats_link **out,
                   meower_error *error)
{
    struct nats_link *link = calloc(1, sizeof(*link));
    if (link == NULL) {
        natsOptions_Destroy(options);
        return meower_error_set(error, MEOWER_ERROR_NO_MEMORY, 0, 0, "no memory for a connection to NATS");
    }
    pthread_condattr_t attributes;
    pthread_mutex_init(&link->mutex, NULL);
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&link->changed, &attributes);
    pthread_condattr_destroy(&attributes);
    link->options = options;
    link->subject = subject;
    link->redacted_url = redacted_url;
    link->heard_us = clock_monotonic_us(clock_system());
    natsStatus status = set_options(link);
    if (status != NATS_OK) {
        destroy_link(link);
        return nats_status_error(status, NULL, redacted_url, error);
    }
    link->is_connecting = true;
    if (!background_start(connect_link, link)) {
        destroy_link(link);
        return meower_error_set(error, MEOWER_ERROR_NO_MEMORY, 0, MEOWER_ERROR_FLAG_RETRIABLE,
                                "no thread for a connection to NATS");
    }
    *out = link;
    return MEOWER_OK;
}

void nats_link_close(struct nats_link *link)
{
    if (link == NULL) {
        return;
    }
    struct timespec deadline = clock_deadline(INT64_C(1000) * CLOSE_TIMEOUT_MS);
    pthread_mutex_lock(&link->mutex);
    link->is_closing = true;
    pthread_cond_broadcast(&link->changed);
    while (link->is_connecting && pthread_cond_timedwait(&link->changed, &link->mutex, &deadline) == 0) {
        /* It was woken for nothing. */
    }
    link->is_orphan = link->is_connecting;
    bool is_orphan = link->is_orphan;
    pthread_mutex_unlock(&link->mutex);
    if (!is_orphan) {
        background_run(destroy_link, link, CLOSE_TIMEOUT_MS);
    }
}

/* ---- what is known ----------------------------------------------------------------------------------------------- */

/* The mutex is held. */
static bool is_standing(const struct nats_link *link)
{
    return link->connection != NULL && link->connects > link->disconnects && !link->is_dead;
}

void nats_link_wait(struct nats_link *link, int timeout_ms)
{
    struct timespec deadline = clock_deadline(INT64_C(1000) * timeout_ms);
    pthread_mutex_lock(&link->mutex);
    while (!is_standing(link) && !link->is_dead && link->attempts == 0) {
        if (pthread_cond_timedwait(&link->changed, &link->mutex, &deadline) != 0) {
            break;
        }
    }
    pthread_mutex_unlock(&link->mutex);
}

unsigned nats_link_number(struct nats_link *link)
{
    pthread_mutex_lock(&link->mutex);
    unsigned number = is_standing(link) ? link->connects : 0;
    pthread_mutex_unlock(&link->mutex);
    return number;
}

bool nats_link_is_dead(struct nats_link *link)
{
    pthread_mutex_lock(&link->mutex);
    bool is_dead = link->is_dead;
    pthread_mutex_unlock(&link->mutex);
    return is_dead;
}

int64_t nats_link_silence_ms(struct nats_link *link)
{
    pthread_mutex_lock(&link->mutex);
    int64_t silence_us = is_standing(link) ? 0 : clock_monotonic_us(clock_system()) - link->heard_us;
    pthread_mutex_unlock(&link->mutex);
    return silence_us / 1000;
}

natsConnection *nats_link_connection(struct nats_link *link)
{
    pthread_mutex_lock(&link->mutex);
    natsConnection *connection = link->connection;
    pthread_mutex_unlock(&link->mutex);
    return connection;
}

natsSubscription *nats_link_subscription(struct nats_link *link)
{
    pthread_mutex_lock(&link->mutex);
    natsSubscription *subscription = link->subscription;
    pthread_mutex_unlock(&link->mutex);
    return subscription;
}

int nats_link_error(struct nats_link *link, meower_error *error)
{
    char words[sizeof(link->words)];
    pthread_mutex_lock(&link->mutex);
    natsStatus failure = link->failure;
    memcpy(words, link->words, sizeof(words));
    pthread_mutex_unlock(&link->mutex);
    return nats_status_error(failure, words, link->redacted_url, error);
}

int nats_status_error(natsStatus status, const char *words, const char *redacted_url, meower_error *error)
{
    const uint32_t retriable = MEOWER_ERROR_FLAG_RETRIABLE;
    if (words == NULL) {
        words = nats_last_words();
    }
    if (words[0] == '\0') {
        words = natsStatus_GetText(status == NATS_OK ? NATS_NO_SERVER : status);
    }
    switch (status) {
    case NATS_CONNECTION_AUTH_FAILED:
        return meower_error_set_backend(
            error, MEOWER_ERROR_PERMISSION, MEOWER_DOMAIN_NATS, (int)status, 0,
            "the bus %s refuses its user, password or token (%s); change them in the option "
            "\"bus\" (nats://user:password@host:port)",
            redacted_url, words);
    case NATS_NOT_PERMITTED:
        return meower_error_set_backend(
            error, MEOWER_ERROR_PERMISSION, MEOWER_DOMAIN_NATS, (int)status, 0,
            "the bus %s does not permit what meower does (%s); permit its user to publish and "
            "subscribe to meow.*, or name another user in the option \"bus\"",
            redacted_url, words);
    case NATS_SSL_ERROR:
        return meower_error_set_backend(
            error, MEOWER_ERROR_UNAVAILABLE, MEOWER_DOMAIN_NATS, (int)status, retriable,
            "TLS with the bus %s fails (%s); check tls_ca, tls_cert and tls_key in the option "
            "\"bus\" (nats://host:port?tls_ca=FILE) and the server's certificate",
            redacted_url, words);
    case NATS_SECURE_CONNECTION_WANTED:
        return meower_error_set_backend(
            error, MEOWER_ERROR_UNAVAILABLE, MEOWER_DOMAIN_NATS, (int)status, retriable,
            "the bus %s does not speak TLS; leave the tls_ parameters out of the option \"bus\", "
            "or turn TLS on in the server",
            redacted_url);
    case NATS_MAX_PAYLOAD:
        return meower_error_set_backend(error, MEOWER_ERROR_INVALID, MEOWER_DOMAIN_NATS, (int)status, 0,
                                        "an event is larger than the bus %s takes; raise max_payload in the server",
                                        redacted_url);
    case NATS_NO_MEMORY:
        return meower_error_set_backend(error, MEOWER_ERROR_NO_MEMORY, MEOWER_DOMAIN_NATS, (int)status, retriable,
                                        "no memory for the bus");
    default:
        return meower_error_set_backend(error, MEOWER_ERROR_UNAVAILABLE, MEOWER_DOMAIN_NATS, (int)status, retriable,
                                        "the bus %s cannot be reached (%s); start it, or change the option \"bus\"",
                                        redacted_url, words);
    }
}
