/* control.c - the main thread's loop: signals, the admin listener, opening the feed, starting the public listener. */
#include "server/process/control.h"

#include "server/process/admin.h"
#include "server/process/opener.h"
#include "server/process/service.h"
#include <event2/event.h>
#include <event2/util.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* SIGTERM to exit: 10 s together. */
#define SERVICE_STOP_MS 7000
#define FEED_STOP_MS    2500

struct control {
    const struct control_settings *settings;
    const struct log *log;
    struct event_base *base;
    struct event *terminate;
    struct event *interrupt;
    struct event *opened;
    struct opener opener;
    struct admin admin;
    struct metrics metrics[SERVICE_THREADS_MAX];
    meower_feed *feed;
    struct service *service;
    int status; /* exit status */
};

static void handle_signal(evutil_socket_t signal_number, short events, void *argument)
{
    struct control *control = argument;
    (void)events;
    LOG_INFO(control->log, "stopping", LOG_TEXT("signal", signal_number == SIGTERM ? "SIGTERM" : "SIGINT"));
    event_base_loopbreak(control->base);
}

static void give_up(struct control *control, const char *reason, const char *hint)
{
    LOG_ERROR(control->log, "cannot start", LOG_TEXT("reason", reason), LOG_TEXT("do", hint));
    control->status = EXIT_FAILURE;
    if (control->base != NULL) {
        event_base_loopbreak(control->base);
    }
}

/* What the user can do about it. Engines say themselves which setting is wrong. */
static const char *hint_for(int status, bool has_own_directory)
{
    if (!has_own_directory) {
        return "correct that; --help lists the settings";
    }
    switch (status) {
    case MEOWER_ERROR_LOCKED:
        return "stop the other process that uses this data, or choose another folder with --data";
    case MEOWER_ERROR_CORRUPT:
        return "nothing was changed: keep the file, and restore a copy or choose another folder with --data";
    case MEOWER_ERROR_FULL:
        return "make room on that disk, or choose another folder with --data";
    case MEOWER_ERROR_PERMISSION:
    case MEOWER_ERROR_IO:
        return "let this user write there, or choose another folder with --data";
    default:
        return "see --help for the settings";
    }
}

/* The position that the feed has. */
static long long head_of(meower_feed *feed)
{
    meower_metric metric = MEOWER_METRIC_INIT;
    for (size_t i = 0; meower_metric_at(feed, i, &metric, NULL) == 1; i++) {
        if (strcmp(metric.name, "position") == 0) {
            return (long long)metric.value;
        }
    }
    return 0;
}

static void log_start(struct control *control)
{
    const struct control_settings *settings = control->settings;
    LOG_INFO(control->log, "serving", LOG_TEXT("address", settings->address),
             LOG_TEXT("admin_address", settings->admin_address), LOG_TEXT("data", settings->place),
             LOG_NUMBER("service_threads", (long long)control->admin.loop_count),
             LOG_NUMBER("position", head_of(control->feed)), LOG_TEXT("version", meower_version()));
}

static void handle_opened(evutil_socket_t descriptor, short events, void *argument)
{
    struct control *control = argument;
    char message[600], reason[900];
    meower_error error;
    (void)descriptor;
    (void)events;
    int status = opener_result(&control->opener, &control->feed, &error);
    if (status != MEOWER_OK) {
        snprintf(reason, sizeof(reason), "cannot open %.300s: %s", control->settings->place, error.message);
        give_up(control, reason, hint_for(status, control->settings->has_own_directory));
        if (status == MEOWER_ERROR_INVALID || status == MEOWER_ERROR_UNSUPPORTED) {
            control->status = CONTROL_WRONG_CONFIG;
        }
        return;
    }
    control->admin.feed = control->feed;
    if (!service_open(&control->settings->service, control->feed, control->log, control->metrics, &control->service,
                      message, sizeof(message))) {
        give_up(control, message, "free memory or descriptors (ulimit -n)");
        return;
    }
    control->admin.is_serving = true;
    log_start(control);
}

static bool add_event(struct event **event, struct event_base *base, int descriptor, short what,
                      event_callback_fn callback, struct control *control)
{
    *event = event_new(base, descriptor, what, callback, control);
    return *event != NULL && event_add(*event, NULL) == 0;
}

static bool begin(struct control *control)
{
    control->base = event_base_new();
    if (control->base == NULL) {
        return false;
    }
    control->admin = (struct admin){.metrics = control->metrics,
                                    .loop_count = service_threads(&control->settings->service),
                                    .opener = &control->opener};
    return add_event(&control->terminate, control->base, SIGTERM, EV_SIGNAL | EV_PERSIST, handle_signal, control) &&
           add_event(&control->interrupt, control->base, SIGINT, EV_SIGNAL | EV_PERSIST, handle_signal, control) &&
           opener_start(&control->opener, control->settings->options, control->log);
}

/* From the outside in: what was accepted is answered, then the feed finishes what it has. */
static void stop(struct control *control)
{
    meower_error error;
    opener_finish(&control->opener, &control->feed);
    if (control->service == NULL) {
        close(control->settings->service.listener);
    } else if (!service_close(control->service, SERVICE_STOP_MS)) {
        LOG_ERROR(control->log, "stopped hard", LOG_TEXT("reason", "a service thread is stuck"));
        _exit(EXIT_FAILURE);
    }
    if (control->feed != NULL && meower_close(control->feed, FEED_STOP_MS, &error) != MEOWER_OK) {
        LOG_WARNING(control->log, "closed early", LOG_TEXT("reason", error.message));
    }
}

static void release(struct control *control)
{
    struct event *events[] = {control->terminate, control->interrupt, control->opened};
    for (size_t i = 0; i < sizeof(events) / sizeof(events[0]); i++) {
        if (events[i] != NULL) {
            event_free(events[i]);
        }
    }
    admin_close(&control->admin);
    if (control->base != NULL) {
        event_base_free(control->base);
    }
}

int control_run(const struct control_settings *settings)
{
    struct control control = {.settings = settings, .log = settings->log, .status = EXIT_SUCCESS};
    bool has_begun = begin(&control);
    bool is_complete = has_begun && admin_open(&control.admin, control.base, settings->admin_listener) &&
                       add_event(&control.opened, control.base, control.opener.wake, EV_READ, handle_opened, &control);
    if (is_complete) {
        event_base_dispatch(control.base);
    } else {
        give_up(&control, "the control loop has no memory or descriptors", "free some (ulimit -n)");
    }
    if (has_begun) {
        stop(&control);
    }
    release(&control);
    LOG_INFO(settings->log, "stopped", LOG_NUMBER("status", control.status));
    return control.status;
}
