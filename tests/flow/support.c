/* support.c - instances, a fake clock and faults for the tests of whole instances. */
#include "flow/support.h"
#include "base/cursor.h"
#include "flow/shared_store.h"
#include "flow/toy_search.h"
#include "flow/wire_bus.h"
#include <ftw.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define STEPS_MAX 100000 /* an instance that is not idle after so many never will be */

/* ---- a clock that stands still ---------------------------------------------------------------------------------- */

static int64_t fake_wall_us(void *context)
{
    return atomic_load(&((struct fake_clock *)context)->wall_us);
}

static int64_t fake_monotonic_us(void *context)
{
    struct fake_clock *clock = context;
    int64_t tick_us = atomic_load(&clock->tick_us);

    atomic_fetch_add(&clock->wall_us, tick_us);
    return atomic_fetch_add(&clock->monotonic_us, tick_us) + tick_us;
}

/* SplitMix64: Steele, Lea, Flood, "Fast splittable pseudorandom number generators", 2014. */
static void fake_random(void *context, void *out, size_t len)
{
    struct fake_clock *clock = context;
    unsigned char *at = out;

    for (size_t i = 0; i < len; i++) {
        uint64_t mixed = atomic_fetch_add(&clock->chance, UINT64_C(0x9E3779B97F4A7C15));
        mixed = (mixed ^ mixed >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
        mixed = (mixed ^ mixed >> 27) * UINT64_C(0x94D049BB133111EB);
        at[i] = (unsigned char)(mixed >> 56);
    }
}

void fake_clock_init(struct fake_clock *clock, uint64_t seed)
{
    atomic_init(&clock->wall_us, INT64_C(1790000000000000));
    atomic_init(&clock->monotonic_us, INT64_C(1000000000));
    atomic_init(&clock->tick_us, 0);
    atomic_init(&clock->chance, seed);
}

void fake_clock_advance_ms(struct fake_clock *clock, int64_t ms)
{
    atomic_fetch_add(&clock->wall_us, ms * 1000);
    atomic_fetch_add(&clock->monotonic_us, ms * 1000);
}

/* ---- faults at the ports ---------------------------------------------------------------------------------------- */

static bool is_same(const char *a, const char *b)
{
    return a != NULL && strcmp(a, b) == 0;
}

static void count_call(struct faults *faults, const char *port, const char *call)
{
    size_t i = 0;

    while (i < FAULTS_CALLS_MAX - 1 && faults->calls[i].port != NULL &&
           !(is_same(faults->calls[i].port, port) && is_same(faults->calls[i].call, call))) {
        i++;
    }
    faults->calls[i].port = port;
    faults->calls[i].call = call;
    faults->calls[i].count++;
}

static bool is_meant(const struct fault *fault, const char *port, const char *call)
{
    return (fault->port == NULL || is_same(fault->port, port)) && (fault->call == NULL || is_same(fault->call, call));
}

/* The fault that this call meets, or NULL. The mutex is held. */
static struct fault *find_fault(struct faults *faults, const char *port, const char *call, bool is_performed)
{
    for (size_t i = 0; i < faults->count; i++) {
        struct fault *fault = &faults->list[i];
        if (fault->is_performed != is_performed || !is_meant(fault, port, call)) {
            continue;
        }
        if (fault->skip > 0) {
            fault->skip--;
        } else if (fault->count > 0) {
            fault->count -= fault->count == UINT_MAX ? 0 : 1;
            return fault;
        }
    }
    return NULL;
}

static int meet_fault(struct faults *faults, const char *port, const char *call, bool is_performed, meower_error *error)
{
    struct fault *fault = find_fault(faults, port, call, is_performed);
    int status;

    if (fault == NULL) {
        return MEOWER_OK;
    }
    faults->met++;
    status = is_performed && is_same(call, "append") ? MEOWER_ERROR_OUTCOME_UNKNOWN : fault->status;
    return meower_error_set(error, status, 0, fault->flags, "a fault on command");
}

/* The mutex is held. */
static void wait_while_held(struct faults *faults, const char *port, const char *call, bool is_after)
{
    if (faults->is_held_after != is_after || !is_same(faults->held_port, port) || !is_same(faults->held_call, call)) {
        return;
    }
    faults->held++;
    pthread_cond_broadcast(&faults->changed);
    while (faults->held_port != NULL) {
        pthread_cond_wait(&faults->changed, &faults->mutex);
    }
    faults->held--;
}

static int fault_before(void *context, const char *port, const char *call, meower_error *error)
{
    struct faults *faults = context;
    int status;

    pthread_mutex_lock(&faults->mutex);
    count_call(faults, port, call);
    wait_while_held(faults, port, call, false);
    status = meet_fault(faults, port, call, false, error);
    pthread_mutex_unlock(&faults->mutex);
    return status;
}

static int fault_after(void *context, const char *port, const char *call, int status, meower_error *error)
{
    struct faults *faults = context;

    if (status != MEOWER_OK) {
        return status;
    }
    pthread_mutex_lock(&faults->mutex);
    wait_while_held(faults, port, call, true);
    status = meet_fault(faults, port, call, true, error);
    pthread_mutex_unlock(&faults->mutex);
    return status;
}

void faults_init(struct faults *faults)
{
    *faults = (struct faults){.count = 0};
    pthread_mutex_init(&faults->mutex, NULL);
    pthread_cond_init(&faults->changed, NULL);
}

void faults_destroy(struct faults *faults)
{
    pthread_cond_destroy(&faults->changed);
    pthread_mutex_destroy(&faults->mutex);
}

void faults_add(struct faults *faults, struct fault fault)
{
    pthread_mutex_lock(&faults->mutex);
    faults->list[faults->count++] = fault;
    pthread_mutex_unlock(&faults->mutex);
}

void faults_clear(struct faults *faults)
{
    pthread_mutex_lock(&faults->mutex);
    faults->count = 0;
    pthread_mutex_unlock(&faults->mutex);
}

unsigned faults_calls(struct faults *faults, const char *port, const char *call)
{
    unsigned count = 0;

    pthread_mutex_lock(&faults->mutex);
    for (size_t i = 0; i < FAULTS_CALLS_MAX && faults->calls[i].port != NULL; i++) {
        if (is_same(faults->calls[i].port, port) && is_same(faults->calls[i].call, call)) {
            count = faults->calls[i].count;
        }
    }
    pthread_mutex_unlock(&faults->mutex);
    return count;
}

static void hold(struct faults *faults, const char *port, const char *call, bool is_after)
{
    pthread_mutex_lock(&faults->mutex);
    faults->held_port = port;
    faults->held_call = call;
    faults->is_held_after = is_after;
    pthread_mutex_unlock(&faults->mutex);
}

void faults_hold(struct faults *faults, const char *port, const char *call)
{
    hold(faults, port, call, false);
}

void faults_hold_answers(struct faults *faults, const char *port, const char *call)
{
    hold(faults, port, call, true);
}

void faults_wait_until_held(struct faults *faults)
{
    pthread_mutex_lock(&faults->mutex);
    while (faults->held == 0) {
        pthread_cond_wait(&faults->changed, &faults->mutex);
    }
    pthread_mutex_unlock(&faults->mutex);
}

void faults_let_go(struct faults *faults)
{
    pthread_mutex_lock(&faults->mutex);
    faults->held_port = NULL;
    pthread_cond_broadcast(&faults->changed);
    pthread_mutex_unlock(&faults->mutex);
}

/* ---- instances -------------------------------------------------------------------------------------------------- */

static void add_parts(const struct parts *parts, meower_options *options)
{
    if (parts->clock != NULL) {
        meower_clock clock = {fake_wall_us, fake_monotonic_us, fake_random, parts->clock};
        meower_options_set_clock(options, &clock);
    }
    if (parts->faults != NULL) {
        meower_fault_hook hook = {fault_before, fault_after, parts->faults};
        meower_options_set_fault_hook(options, &hook);
    }
    if (parts->store != NULL) {
        shared_store_add(parts->store, options);
    }
    if (parts->wire != NULL) {
        wire_add(parts->wire, options);
    }
    if (parts->index != NULL) {
        toy_index_add(parts->index, options);
    }
}

int feed_try_open(const struct parts *parts, const char *const *pairs, meower_feed **out, meower_error *error)
{
    meower_options *options;
    meower_error detail;
    int status;

    assert_int_equal(meower_options_new(&options, NULL), MEOWER_OK);
    add_parts(parts, options);
    for (; pairs[0] != NULL; pairs += 2) {
        if (meower_options_set(options, pairs[0], pairs[1], &detail) != MEOWER_OK) {
            fail_msg("%s", detail.message);
        }
    }
    status = meower_open(options, out, error);
    meower_options_free(options);
    return status;
}

meower_feed *feed_open(const struct parts *parts, const char *const *pairs)
{
    meower_feed *feed = NULL;
    meower_error error;

    if (feed_try_open(parts, pairs, &feed, &error) != MEOWER_OK) {
        fail_msg("meower_open: %s", error.message);
    }
    return feed;
}

void feed_close(meower_feed *feed)
{
    meower_error error;

    if (meower_close(feed, PATIENCE_MS, &error) != MEOWER_OK) {
        fail_msg("meower_close: %s", error.message);
    }
}

void feed_run(meower_feed *feed)
{
    int steps = 0;
    int status;

    while ((status = meower_step(feed, NULL)) == 1 && steps < STEPS_MAX) {
        steps++;
    }
    assert_int_equal(status, 0);
}

double feed_metric(meower_feed *feed, const char *name)
{
    meower_metric metric = MEOWER_METRIC_INIT;

    for (size_t i = 0; meower_metric_at(feed, i, &metric, NULL) == 1; i++) {
        if (strcmp(metric.name, name) == 0) {
            return metric.value;
        }
    }
    fail_msg("there is no metric %s", name);
    return 0;
}

/* ---- commands, pages, events ------------------------------------------------------------------------------------ */

meower_command *command_open(meower_feed *feed)
{
    meower_command *command = NULL;

    assert_int_equal(meower_command_open(feed, &command, NULL), MEOWER_OK);
    return command;
}

meower_query *query_open(meower_feed *feed)
{
    meower_query *query = NULL;

    assert_int_equal(meower_query_open(feed, &query, NULL), MEOWER_OK);
    return query;
}

meower_subscription *subscription_open(meower_feed *feed, const char *cursor)
{
    meower_subscription *subscription = NULL;

    assert_int_equal(meower_subscription_open(feed, cursor, &subscription, NULL), MEOWER_OK);
    return subscription;
}

meower_command_result post_with_key(meower_command *command, const char *body, const char *key)
{
    meower_command_result result = MEOWER_COMMAND_RESULT_INIT;
    meower_error error;

    if (meower_command_post(command, body, strlen(body), key, PATIENCE_MS, &result, &error) != MEOWER_OK) {
        fail_msg("meower_command_post: %s", error.message);
    }
    return result;
}

meower_command_result post(meower_command *command, const char *body)
{
    return post_with_key(command, body, NULL);
}

meower_command_result erase(meower_command *command, const char *id)
{
    meower_command_result result = MEOWER_COMMAND_RESULT_INIT;
    meower_error error;

    if (meower_command_delete(command, id, PATIENCE_MS, &result, &error) != MEOWER_OK) {
        fail_msg("meower_command_delete: %s", error.message);
    }
    return result;
}

void submit(meower_command *command, const char *body, void *tag)
{
    assert_int_equal(meower_command_submit_post(command, body, strlen(body), NULL, tag, NULL), MEOWER_OK);
}

meower_command_result take_result(meower_command *command)
{
    static meower_error error; /* of the last result that failed */
    meower_command_result result = MEOWER_COMMAND_RESULT_INIT;

    result.error = &error;
    assert_int_equal(meower_command_next(command, &result, NULL), 1);
    return result;
}

meower_page *list(meower_query *query, const meower_list *what)
{
    meower_page *page = NULL;
    meower_error error;

    if (meower_query_list(query, what, PATIENCE_MS, &page, &error) != MEOWER_OK) {
        fail_msg("meower_query_list: %s", error.message);
    }
    return page;
}

meower_page *list_newest(meower_query *query, uint32_t take)
{
    meower_list what = MEOWER_LIST_INIT;

    what.take = take;
    return list(query, &what);
}

meower_page *search(meower_query *query, const char *text)
{
    meower_search what = MEOWER_SEARCH_INIT;
    meower_page *page = NULL;
    meower_error error;

    what.text = text;
    what.text_len = strlen(text);
    if (meower_query_search(query, &what, PATIENCE_MS, &page, &error) != MEOWER_OK) {
        fail_msg("meower_query_search: %s", error.message);
    }
    return page;
}

bool page_has(const meower_page *page, const char *id)
{
    for (size_t i = 0; i < meower_page_count(page); i++) {
        if (strcmp(meower_page_meow(page, i)->id, id) == 0) {
            return true;
        }
    }
    return false;
}

char *page_json(const meower_page *page)
{
    size_t len = meower_page_json_len(page);
    char *json = malloc(len + 1);

    assert_non_null(json);
    meower_page_write_json(page, json);
    json[len] = '\0';
    return json;
}

void write_cursor(const char *cursor, uint64_t position, char out[MEOWER_CURSOR_SIZE])
{
    char epoch[MEOWER_EPOCH_SIZE];
    uint64_t ignored;

    assert_true(cursor_parse(cursor, epoch, &ignored));
    cursor_format(epoch, position, out);
}

const meower_event *take_event(meower_subscription *subscription)
{
    const meower_event *event = NULL;
    meower_error error = {0};

    if (meower_subscription_wait(subscription, PATIENCE_MS, &event, &error) != 1) {
        fail_msg("no event: %s", error.message);
    }
    return event;
}

/* ---- all of it together ------------------------------------------------------------------------------------------ */

void fixture_init(struct fixture *fixture)
{
    fake_clock_init(&fixture->clock, 1);
    faults_init(&fixture->faults);
    fixture->parts = (struct parts){.clock = &fixture->clock, .faults = &fixture->faults};
}

void fixture_open(struct fixture *fixture, const char *const *pairs)
{
    fixture->feed = feed_open(&fixture->parts, pairs);
    fixture->command = command_open(fixture->feed);
    fixture->query = query_open(fixture->feed);
}

void fixture_close(struct fixture *fixture)
{
    meower_query_close(fixture->query);
    meower_command_close(fixture->command);
    feed_close(fixture->feed);
}

void fixture_destroy(struct fixture *fixture)
{
    faults_destroy(&fixture->faults);
}

void fixture_end_late(struct fixture *fixture)
{
    meower_query_close(fixture->query);
    meower_command_close(fixture->command);
    (void)meower_close(fixture->feed, 0, NULL);
    fixture_destroy(fixture);
}

void fixture_begin(struct fixture *fixture, const char *const *pairs)
{
    fixture_init(fixture);
    fixture_open(fixture, pairs);
}

void fixture_end(struct fixture *fixture)
{
    fixture_close(fixture);
    fixture_destroy(fixture);
}

void assert_feed_has(struct fixture *fixture, size_t count)
{
    meower_page *page = list_newest(fixture->query, MEOWER_TAKE_MAX);

    assert_int_equal(meower_page_count(page), count);
    meower_page_free(page);
}

meower_command_result post_with_label(struct fixture *fixture, const char *body, const meower_label *label)
{
    meower_post post = MEOWER_POST_INIT;
    meower_command_result result = MEOWER_COMMAND_RESULT_INIT;

    post.body = body;
    post.body_len = strlen(body);
    post.labels = label;
    post.label_count = label == NULL ? 0 : 1;
    assert_int_equal(meower_command_post_one(fixture->command, &post, PATIENCE_MS, &result, NULL), MEOWER_OK);
    return result;
}

meower_command_result post_many(struct fixture *fixture, int count)
{
    meower_command_result result = MEOWER_COMMAND_RESULT_INIT;

    for (int i = 0; i < count; i++) {
        submit(fixture->command, "one of many", NULL);
    }
    feed_run(fixture->feed);
    for (int i = 0; i < count; i++) {
        result = take_result(fixture->command);
        assert_int_equal(result.status, MEOWER_OK);
    }
    return result;
}

meower_command_result run_until_answered(struct fixture *fixture)
{
    for (int i = 0; i < 1000 && !is_readable(meower_command_fd(fixture->command)); i++) {
        feed_run(fixture->feed);
        fake_clock_advance_ms(&fixture->clock, 50);
    }
    return take_result(fixture->command);
}

/* ---- small things ------------------------------------------------------------------------------------------------ */

static bool poll_for(int fd, int timeout_ms)
{
    struct pollfd poll_fd = {.fd = fd, .events = POLLIN};

    return poll(&poll_fd, 1, timeout_ms) == 1;
}

bool is_readable(int fd)
{
    return poll_for(fd, 0);
}

bool waits_until_readable(int fd)
{
    return poll_for(fd, PATIENCE_MS);
}

void sleep_ms(unsigned ms)
{
    const struct timespec pause = {.tv_sec = ms / 1000, .tv_nsec = (long)(ms % 1000) * 1000000};

    nanosleep(&pause, NULL);
}

static int remove_entry(const char *path, const struct stat *status, int type, struct FTW *where)
{
    (void)status;
    (void)type;
    (void)where;
    return remove(path);
}

void remove_tree(const char *path)
{
    assert_int_equal(nftw(path, remove_entry, 8, FTW_DEPTH | FTW_PHYS), 0);
}
