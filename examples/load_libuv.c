/* load_libuv.c - lines from standard input into a feed, in a libuv loop, with backpressure: when the library's queue is
 * full (BUSY), reading stops until results come in. The number of a line is its idempotency key: a load that was
 * interrupted can be repeated, and no line is stored twice.
 *
 *     load_libuv NAME STORE < lines.txt      NAME tells loads apart; their keys are NAME-1, NAME-2, ... */
#include <meower/meower.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

struct load {
    const char *name;
    meower_command *command;
    uv_loop_t *loop;
    uv_poll_t results;
    uv_fs_t read;
    uv_buf_t buffer;
    char text[64 * 1024];
    size_t text_len;  /* bytes read and not submitted */
    size_t submitted; /* lines */
    size_t answered;
    size_t stored;
    size_t replayed; /* stored by an earlier load */
    size_t refused;
    size_t pauses; /* times that the queue was full */
    int is_reading;
    int has_ended;
};

static void check(int status, const char *message)
{
    if (status >= 0) {
        return;
    }
    fprintf(stderr, "load_libuv: %s\n", message);
    exit(1);
}

static void read_more(struct load *load);

/* Returns 0 when the queue is full: the line stays. */
static int submit_line(struct load *load, const char *line, size_t len)
{
    char key[MEOWER_KEY_MAX + 1];
    meower_error error = {0};
    snprintf(key, sizeof(key), "%s-%zu", load->name, load->submitted + 1);
    int status = meower_command_submit_post(load->command, line, len, key, NULL, &error);
    if (status == MEOWER_ERROR_BUSY) {
        load->pauses++;
        return 0;
    }
    load->submitted++;
    if (status == MEOWER_ERROR_INVALID) {
        fprintf(stderr, "line %zu: %s\n", load->submitted, error.message);
        load->answered++;
        load->refused++;
    } else {
        check(status, error.message);
    }
    return 1;
}

/* Submits the whole lines that were read, as far as the queue takes them. Returns whether it took all. */
static int submit_lines(struct load *load)
{
    char *line = load->text;
    char *end = load->text + load->text_len;
    char *newline;
    int has_room = 1;
    while (has_room && (newline = memchr(line, '\n', (size_t)(end - line))) != NULL) {
        has_room = submit_line(load, line, (size_t)(newline - line));
        line = has_room ? newline + 1 : line;
    }
    load->text_len = (size_t)(end - line);
    memmove(load->text, line, load->text_len);
    return has_room;
}

/* After a read and after results: goes on, or ends when all is answered. */
static void go_on(struct load *load)
{
    if (load->is_reading) {
        return;
    }
    if (submit_lines(load) && !load->has_ended) {
        read_more(load);
    } else if (load->has_ended && load->answered == load->submitted) {
        uv_poll_stop(&load->results); /* nothing is active any more: uv_run() returns */
    }
}

static void on_read(uv_fs_t *request)
{
    struct load *load = request->data;
    ssize_t len = request->result;
    uv_fs_req_cleanup(request);
    load->is_reading = 0;
    check((int)len, "standard input cannot be read");
    load->has_ended = len == 0;
    load->text_len += (size_t)len;
    if (len == 0 && load->text_len > 0) {
        load->text[load->text_len++] = '\n'; /* a last line without its newline */
    }
    go_on(load);
}

static void read_more(struct load *load)
{
    size_t room = sizeof(load->text) - load->text_len - 1;
    check(room == 0 ? -1 : 0, "a line is longer than this program reads");
    load->buffer = uv_buf_init(load->text + load->text_len, (unsigned)room);
    load->is_reading = 1;
    check(uv_fs_read(load->loop, &load->read, 0, &load->buffer, 1, -1, on_read), "libuv cannot read");
}

static void on_results(uv_poll_t *handle, int status, int events)
{
    struct load *load = handle->data;
    meower_command_result result = MEOWER_COMMAND_RESULT_INIT;
    meower_error error;
    (void)events;
    result.error = &error;
    check(status, "libuv cannot wait");
    while (meower_command_next(load->command, &result, NULL) == 1) {
        check(result.status, error.message);
        load->answered++;
        load->stored += result.replayed ? 0 : 1;
        load->replayed += result.replayed ? 1 : 0;
    }
    go_on(load);
}

static void run(struct load *load)
{
    load->loop = uv_default_loop();
    load->results.data = load;
    load->read.data = load;
    check(uv_poll_init(load->loop, &load->results, meower_command_fd(load->command)), "libuv cannot poll");
    uv_poll_start(&load->results, UV_READABLE, on_results);
    read_more(load);
    uv_run(load->loop, UV_RUN_DEFAULT);
    uv_close((uv_handle_t *)&load->results, NULL);
    uv_run(load->loop, UV_RUN_DEFAULT);
    uv_loop_close(load->loop);
}

int main(int argc, char **argv)
{
    static struct load load;
    meower_error error = {0};
    meower_options *options;
    meower_feed *feed;

    if (argc != 3 || strlen(argv[1]) > 100) {
        fprintf(stderr, "usage: load_libuv NAME STORE < LINES\n");
        return 2;
    }
    load.name = argv[1];
    check(meower_options_new(&options, &error), error.message);
    check(meower_options_set(options, "store", argv[2], &error), error.message);
    check(meower_options_set(options, "queue_max", "1024", &error), error.message);
    check(meower_open(options, &feed, &error), error.message);
    meower_options_free(options);
    check(meower_command_open(feed, &load.command, &error), error.message);

    run(&load);
    printf("%zu stored, %zu stored before, %zu refused; paused %zu times\n", load.stored, load.replayed, load.refused,
           load.pauses);

    meower_command_close(load.command);
    check(meower_close(feed, 60000, &error), error.message);
    return load.refused > 0;
}
