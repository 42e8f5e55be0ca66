/* admin.c - the admin listener's pages: /metrics, /healthz, /readyz and /rebuild. */
#include "server/process/admin.h"

#include "server/http/json_text.h"
#include "server/net/listener.h"
#include <event2/buffer.h>
#include <event2/event.h>
#include <event2/http.h>

#define STUCK_AFTER_MS 5000 /* without a sign of a service thread */
#define HEAD_MAX       8192
#define CONTENT_MAX    1024
#define IDLE_S         30

/* A reason as a JSON text, twice as long as the reason: all of it may be quotes. */
#define REASON_TEXT_SIZE 1100

static void send_page(struct evhttp_request *request, int status, const char *reason, const char *type,
                      struct evbuffer *page)
{
    struct evkeyvalq *fields = evhttp_request_get_output_headers(request);
    evhttp_add_header(fields, "Content-Type", type);
    evhttp_add_header(fields, "Cache-Control", "no-store");
    evhttp_send_reply(request, status, reason, page);
}

static void send_state(struct evhttp_request *request, bool is_well, struct evbuffer *page)
{
    send_page(request, is_well ? 200 : 503, is_well ? "OK" : "Service Unavailable", "application/json", page);
}

static void refuse_method(struct evhttp_request *request, const char *allowed)
{
    evhttp_add_header(evhttp_request_get_output_headers(request), "Allow", allowed);
    evhttp_send_reply(request, 405, "Method Not Allowed", NULL);
}

/* An empty page to fill for GET and HEAD, or NULL: then another method was answered, or memory is short. */
static struct evbuffer *begin_page(struct evhttp_request *request)
{
    enum evhttp_cmd_type method = evhttp_request_get_command(request);
    if (method == EVHTTP_REQ_GET || method == EVHTTP_REQ_HEAD) {
        return evbuffer_new();
    }
    refuse_method(request, "GET, HEAD");
    return NULL;
}

static void answer_metrics(struct evhttp_request *request, void *argument)
{
    const struct admin *admin = argument;
    struct evbuffer *page = begin_page(request);
    if (page == NULL) {
        return;
    }
    metrics_write_page(admin->metrics, admin->loop_count, admin->feed, page);
    send_page(request, 200, "OK", "text/plain; version=0.0.4; charset=utf-8", page);
    evbuffer_free(page);
}

/* Alive: the control thread answers, and every service thread has come by. */
static bool is_stuck(const struct admin *admin)
{
    for (size_t i = 0; admin->is_serving && i < admin->loop_count; i++) {
        if (loop_now_ms() - atomic_load(&admin->metrics[i].alive_at_ms) > STUCK_AFTER_MS) {
            return true;
        }
    }
    return false;
}

static void answer_health(struct evhttp_request *request, void *argument)
{
    const struct admin *admin = argument;
    struct evbuffer *page = begin_page(request);
    if (page == NULL) {
        return;
    }
    bool is_well = !is_stuck(admin);
    evbuffer_add_printf(page, "{\"alive\":%s,\"reason\":\"%s\"}\n", is_well ? "true" : "false",
                        is_well ? "" : "a service thread is stuck");
    send_state(request, is_well, page);
    evbuffer_free(page);
}

static void add_part(struct evbuffer *parts, const char *part, bool is_ready, const char *reason)
{
    char text[REASON_TEXT_SIZE];
    json_text_write(reason, text, sizeof(text));
    evbuffer_add_printf(parts, "%s{\"part\":\"%s\",\"ready\":%s,\"reason\":%s}",
                        evbuffer_get_length(parts) > 0 ? "," : "", part, is_ready ? "true" : "false", text);
}

/* Adds what every part says of itself. Returns whether all are ready. */
static bool add_parts(const struct admin *admin, struct evbuffer *parts)
{
    bool is_ready = admin->is_serving && !is_stuck(admin);
    meower_health health = MEOWER_HEALTH_INIT;
    meower_error error;
    meower_feed *feed;
    if (admin->feed == NULL) {
        opener_result(admin->opener, &feed, &error);
        add_part(parts, "feed", false, error.message); /* the reason names the engine */
    }
    for (size_t i = 0; admin->feed != NULL && meower_health_at(admin->feed, i, &health, NULL) == 1; i++) {
        add_part(parts, health.part, health.ready == 1, health.reason);
        is_ready = is_ready && health.ready == 1;
    }
    add_part(parts, "listener", admin->is_serving && !is_stuck(admin),
             is_stuck(admin)      ? "a service thread is stuck"
             : !admin->is_serving ? "it starts when the feed is open"
                                  : "");
    return is_ready;
}

static void answer_readiness(struct evhttp_request *request, void *argument)
{
    const struct admin *admin = argument;
    struct evbuffer *page = begin_page(request);
    if (page == NULL) {
        return;
    }
    struct evbuffer *parts = evbuffer_new();
    if (parts != NULL) {
        bool is_ready = add_parts(admin, parts);
        evbuffer_add_printf(page, "{\"ready\":%s,\"parts\":[", is_ready ? "true" : "false");
        evbuffer_add_buffer(page, parts);
        evbuffer_add_printf(page, "]}\n");
        send_state(request, is_ready, page);
        evbuffer_free(parts);
    }
    evbuffer_free(page);
}

static void send_rebuild(struct evhttp_request *request, int status, const char *reason, meower_feed *feed)
{
    static const char *const states[] = {"none", "running", "done", "failed"};
    struct evbuffer *page = evbuffer_new();
    meower_rebuild rebuild = MEOWER_REBUILD_INIT;
    char why[REASON_TEXT_SIZE];
    if (page == NULL) {
        return;
    }
    if (meower_rebuild_state(feed, &rebuild, NULL) == MEOWER_OK) {
        json_text_write(rebuild.reason, why, sizeof(why));
        evbuffer_add_printf(page, "{\"state\":\"%s\",\"position\":%llu,\"head\":%llu,\"reason\":%s}\n",
                            states[rebuild.state], (unsigned long long)rebuild.position,
                            (unsigned long long)rebuild.head, why);
    }
    send_page(request, status, reason, "application/json", page);
    evbuffer_free(page);
}

static void refuse_rebuild(struct evhttp_request *request, int status, const char *reason, const char *detail)
{
    struct evbuffer *page = evbuffer_new();
    char text[REASON_TEXT_SIZE];
    if (page == NULL) {
        return;
    }
    json_text_write(detail, text, sizeof(text));
    evbuffer_add_printf(page, "{\"error\":\"%s\",\"detail\":%s}\n", reason, text);
    send_page(request, status, reason, "application/json", page);
    evbuffer_free(page);
}

/* A page in somebody's browser can send a POST here too; the browser then says whose page it is. */
static bool is_from_web_page(struct evhttp_request *request)
{
    return evhttp_find_header(evhttp_request_get_input_headers(request), "Origin") != NULL;
}

/* GET says what the rebuild of the search index is at, POST starts one. */
static void answer_rebuild(struct evhttp_request *request, void *argument)
{
    const struct admin *admin = argument;
    enum evhttp_cmd_type method = evhttp_request_get_command(request);
    meower_error error;
    if (method != EVHTTP_REQ_GET && method != EVHTTP_REQ_POST) {
        refuse_method(request, "GET, POST");
    } else if (admin->feed == NULL) {
        refuse_rebuild(request, 503, "Service Unavailable", "the feed is not open yet");
    } else if (method == EVHTTP_REQ_GET) {
        send_rebuild(request, 200, "OK", admin->feed);
    } else if (is_from_web_page(request)) {
        refuse_rebuild(request, 403, "Forbidden", "web pages may not ask for this");
    } else if (meower_rebuild_start(admin->feed, &error) == MEOWER_OK) {
        send_rebuild(request, 202, "Accepted", admin->feed);
    } else {
        refuse_rebuild(request, error.code == MEOWER_ERROR_UNSUPPORTED ? 501 : 409,
                       error.code == MEOWER_ERROR_UNSUPPORTED ? "Not Implemented" : "Conflict", error.message);
    }
}

static void answer_nothing(struct evhttp_request *request, void *argument)
{
    struct evbuffer *page = evbuffer_new();
    (void)argument;
    if (page == NULL) {
        return;
    }
    evbuffer_add_printf(
        page, "{\"error\":\"Not Found\",\"detail\":\"there are /metrics, /healthz, /readyz and /rebuild\"}\n");
    send_page(request, 404, "Not Found", "application/json", page);
    evbuffer_free(page);
}

bool admin_open(struct admin *admin, struct event_base *base, int listener)
{
    admin->http = evhttp_new(base);
    if (admin->http == NULL) {
        return false;
    }
    evhttp_set_max_headers_size(admin->http, HEAD_MAX);
    evhttp_set_max_body_size(admin->http, CONTENT_MAX);
    evhttp_set_timeout(admin->http, IDLE_S);
    evhttp_set_allowed_methods(admin->http, EVHTTP_REQ_GET | EVHTTP_REQ_HEAD | EVHTTP_REQ_POST | EVHTTP_REQ_PUT |
                                                EVHTTP_REQ_DELETE | EVHTTP_REQ_OPTIONS | EVHTTP_REQ_PATCH);
    evhttp_set_gencb(admin->http, answer_nothing, admin);
    if (listener_start(listener) && evhttp_set_cb(admin->http, "/metrics", answer_metrics, admin) == 0 &&
        evhttp_set_cb(admin->http, "/healthz", answer_health, admin) == 0 &&
        evhttp_set_cb(admin->http, "/readyz", answer_readiness, admin) == 0 &&
        evhttp_set_cb(admin->http, "/rebuild", answer_rebuild, admin) == 0 &&
        evhttp_accept_socket(admin->http, listener) == 0) {
        return true;
    }
    admin_close(admin);
    return false;
}

void admin_close(struct admin *admin)
{
    if (admin->http != NULL) {
        evhttp_free(admin->http);
    }
    admin->http = NULL;
}
