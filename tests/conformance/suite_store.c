/* suite_store.c - the contract of a store (meower/backend.h) as tests, run against the adapter that is linked in.
 * Nothing here assumes that nobody else may change the store, or that it is fast. */
#include "conformance/suite_store.h"
#include "base/labels.h"
#include "base/labels_buffer.h"
#include "store/store.h"
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <setjmp.h>

#include <cmocka.h>

#define LANES      4
#define ROWS_MAX   64
#define BODY_SIZE  1024
#define SECOND_US  INT64_C(1000000)
#define DAY_US     (86400 * SECOND_US)
#define START_US   INT64_C(1790000000000000) /* September 2026 */
#define OWN_STATUS (-1234)                   /* what a sink returns; no code of ours */

/* ---- the fixture: one store, new for each test ------------------------------------------------------------------ */

struct row_copy {
    uint64_t position;
    int kind;
    char id[MEOWER_ID_SIZE];
    bool has_body;
    char body[BODY_SIZE];
    size_t body_len;
    int64_t created_at_us;
    size_t labels_len;
    char labels[LABELS_TEXT_MAX]; /* the run of them (base/labels.h) */
};

/* Takes rows, and stops with OWN_STATUS instead of taking number `stop_at` (from 0). */
struct collector {
    meower_row_sink sink;
    size_t stop_at;
    size_t count;
    struct row_copy rows[ROWS_MAX];
};

struct fixture {
    char url[512];
    meower_options *options;
    struct store store;
    int64_t now_us;
    uint64_t chance;
    struct collector collector;
};

static int64_t fake_now(void *context)
{
    return ((struct fixture *)context)->now_us;
}

/* Repeatable, but never the same twice: Knuth's MMIX constants (The Art of Computer Programming 2, 3.3.4). */
static void fake_random(void *context, void *out, size_t len)
{
    struct fixture *fixture = context;
    unsigned char *bytes = out;
    for (size_t i = 0; i < len; i++) {
        fixture->chance = fixture->chance * 6364136223846793005U + 1442695040888963407U;
        bytes[i] = (unsigned char)(fixture->chance >> 56);
    }
}

static int collect(meower_row_sink *sink, const meower_row *row)
{
    struct collector *collector = (struct collector *)sink;
    if (collector->count == collector->stop_at) {
        return OWN_STATUS;
    }
    struct row_copy *copy = &collector->rows[collector->count++];
    *copy = (struct row_copy){
        .position = row->position,
        .kind = row->kind,
        .has_body = row->body != NULL,
        .body_len = row->body_len,
        .created_at_us = row->created_at_us,
        .labels_len = labels_text_len(row->labels, row->label_count),
    };
    meower_label labels[MEOWER_LABELS_MAX];
    labels_copy(row->labels, row->label_count, labels, copy->labels);
    snprintf(copy->id, sizeof(copy->id), "%s", row->id);
    if (row->body != NULL) {
        memcpy(copy->body, row->body, row->body_len < BODY_SIZE ? row->body_len : BODY_SIZE - 1);
    }
    return MEOWER_OK;
}

static meower_row_sink *collect_until(struct fixture *fixture, size_t stop_at)
{
    struct collector *collector = &fixture->collector;
    collector->sink.row = collect;
    collector->stop_at = stop_at;
    collector->count = 0;
    return &collector->sink;
}

static void check_ok(int status, const meower_error *error)
{
    if (status != MEOWER_OK) {
        fail_msg("status %d: %s", status, error->message);
    }
}

static void open_store(struct fixture *fixture)
{
    meower_error error;
    check_ok(store_open(&fixture->store, fixture->options, LANES, &error), &error);
}

static int set_up(void **state)
{
    struct fixture *fixture = calloc(1, sizeof(*fixture));
    assert_non_null(fixture);
    *state = fixture;
    fixture->now_us = START_US;
    store_adapter.make_url(fixture->url, sizeof(fixture->url));
    assert_int_equal(meower_options_new(&fixture->options, NULL), MEOWER_OK);
    if (store_adapter.vtable != NULL) {
        assert_int_equal(meower_options_add_store(fixture->options, store_adapter.vtable, NULL, NULL), MEOWER_OK);
    }
    assert_int_equal(meower_options_set(fixture->options, "store", fixture->url, NULL), MEOWER_OK);
    meower_options_set_clock(fixture->options, &(meower_clock){fake_now, fake_now, fake_random, fixture});
    open_store(fixture);
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *fixture = *state;
    store_close(&fixture->store);
    store_adapter.remove(fixture->url);
    meower_options_free(fixture->options);
    free(fixture);
    return 0;
}

/* Closes it and opens it again, or skips the test. */
static void reopen(struct fixture *fixture)
{
    if (!store_adapter.is_kept) {
        skip();
    }
    store_close(&fixture->store);
    open_store(fixture);
}

/* ---- operations in few words ------------------------------------------------------------------------------------ */

/* Ids that rise with `number`. Static storage for the 64 latest. */
static const char *id_of(unsigned number)
{
    static char ids[64][MEOWER_ID_SIZE];
    static unsigned next;
    char *id = ids[next++ % 64];
    snprintf(id, MEOWER_ID_SIZE, "2ST%024u", number);
    return id;
}

static meower_store_operation post(const struct fixture *fixture, const char *id, const char *body)
{
    return (meower_store_operation){
        .kind = MEOWER_STORE_POST,
        .id = id,
        .body = body,
        .body_len = strlen(body),
        .at_us = fixture->now_us,
    };
}

static meower_store_operation post_with_labels(const struct fixture *fixture, const char *id,
                                               const meower_label *labels, size_t count)
{
    meower_store_operation operation = post(fixture, id, "with labels");
    operation.labels = labels;
    operation.label_count = count;
    return operation;
}

static meower_store_operation post_with_key(const struct fixture *fixture, const char *id, const char *key,
                                            uint64_t fingerprint)
{
    meower_store_operation operation = post(fixture, id, "with a key");
    operation.idempotency_key = key;
    operation.fingerprint = fingerprint;
    operation.expires_us = fixture->now_us + DAY_US;
    return operation;
}

static meower_store_operation delete_of(const struct fixture *fixture, const char *id)
{
    return (meower_store_operation){.kind = MEOWER_STORE_DELETE, .id = id, .at_us = fixture->now_us};
}

static meower_store_operation checkpoint_at(const char *name, uint64_t position)
{
    return (meower_store_operation){.kind = MEOWER_STORE_CHECKPOINT, .name = name, .position = position};
}

static meower_store_operation lease_for(const struct fixture *fixture, const char *name, const char *owner,
                                        int64_t seconds)
{
    return (meower_store_operation){
        .kind = MEOWER_STORE_LEASE,
        .name = name,
        .owner = owner,
        .at_us = fixture->now_us,
        .expires_us = fixture->now_us + seconds * SECOND_US,
    };
}

static void append(struct fixture *fixture, meower_store_operation *operations, size_t count)
{
    meower_error error;
    check_ok(store_append(&fixture->store, operations, count, &error), &error);
}

/* Appends it alone. Returns it with what became of it. */
static meower_store_operation append_one(struct fixture *fixture, meower_store_operation operation)
{
    append(fixture, &operation, 1);
    return operation;
}

/* Posts `count` meows, id_of(1) and up, in one batch. */
static void post_some(struct fixture *fixture, unsigned count)
{
    meower_store_operation operations[ROWS_MAX];
    for (unsigned i = 0; i < count; i++) {
        operations[i] = post(fixture, id_of(i + 1), "meow");
    }
    append(fixture, operations, count);
}

static uint64_t head_of(struct fixture *fixture)
{
    uint64_t head = UINT64_MAX;
    meower_error error;
    check_ok(store_head(&fixture->store, 0, &head, &error), &error);
    return head;
}

static uint64_t checkpoint_of(struct fixture *fixture, const char *name)
{
    uint64_t position = UINT64_MAX;
    meower_error error;
    check_ok(store_checkpoint(&fixture->store, 1, name, &position, &error), &error);
    return position;
}

static const struct collector *read_events(struct fixture *fixture, uint64_t after, size_t max)
{
    meower_error error;
    check_ok(store_read_events(&fixture->store, 2, after, max, collect_until(fixture, ROWS_MAX), &error), &error);
    return &fixture->collector;
}

static const struct collector *list(struct fixture *fixture, meower_range range)
{
    meower_error error;
    check_ok(store_list(&fixture->store, 3, &range, collect_until(fixture, ROWS_MAX), &error), &error);
    return &fixture->collector;
}

static const struct collector *list_all(struct fixture *fixture)
{
    return list(fixture, (meower_range){.take = ROWS_MAX});
}

static const struct collector *get(struct fixture *fixture, const char *const *ids, size_t count)
{
    meower_error error;
    check_ok(store_get(&fixture->store, 0, ids, count, collect_until(fixture, ROWS_MAX), &error), &error);
    return &fixture->collector;
}

static const struct row_copy *get_one(struct fixture *fixture, const char *id)
{
    const struct collector *found = get(fixture, &id, 1);
    return found->count == 1 ? &found->rows[0] : NULL;
}

/* The rows are id_of(numbers[0]), id_of(numbers[1]), ... and no more; the numbers end with 0. */
static void check_ids(const struct collector *collector, const unsigned *numbers)
{
    size_t count = 0;
    while (numbers[count] != 0) {
        count++;
    }
    assert_int_equal(collector->count, count);
    for (size_t i = 0; i < count; i++) {
        assert_string_equal(collector->rows[i].id, id_of(numbers[i]));
    }
}

/* The row has these labels, which are in order, and no more. */
static void check_labels(const struct row_copy *row, const meower_label *labels, size_t count)
{
    meower_label sorted[MEOWER_LABELS_MAX];
    static char run[LABELS_TEXT_MAX];
    assert_non_null(row);
    labels_copy(labels, count, sorted, run);
    assert_int_equal(row->labels_len, labels_text_len(labels, count));
    assert_memory_equal(row->labels, run, row->labels_len);
}

#define CHECK_IDS(collector, ...) check_ids(collector, (const unsigned[]){__VA_ARGS__, 0})

/* ---- opening ---------------------------------------------------------------------------------------------------- */

static void a_new_store_is_empty(void **state)
{
    struct fixture *fixture = *state;
    assert_int_equal(fixture->store.info.head, 0);
    assert_string_equal(fixture->store.info.newest_id, "");
    assert_int_equal(head_of(fixture), 0);
    assert_int_equal(list_all(fixture)->count, 0);
    assert_int_equal(read_events(fixture, 0, ROWS_MAX)->count, 0);
    assert_int_equal(checkpoint_of(fixture, "relay"), 0);
    assert_null(get_one(fixture, id_of(1)));
}

static void an_epoch_is_sixteen_hexadecimal_digits(void **state)
{
    struct fixture *fixture = *state;
    const char *epoch = fixture->store.info.epoch;
    assert_int_equal(strlen(epoch), 16);
    assert_int_equal(strspn(epoch, "0123456789abcdef"), 16);
}

static void another_store_has_another_epoch(void **state)
{
    struct fixture *fixture = *state;
    char epoch[MEOWER_EPOCH_SIZE];
    char url[512];
    memcpy(epoch, fixture->store.info.epoch, sizeof(epoch));
    store_close(&fixture->store);
    store_adapter.make_url(url, sizeof(url));
    assert_int_equal(meower_options_set(fixture->options, "store", url, NULL), MEOWER_OK);
    open_store(fixture);
    assert_string_not_equal(fixture->store.info.epoch, epoch);
    store_close(&fixture->store);
    store_adapter.remove(url);
}

static void opening_again_finds_meows_events_and_epoch(void **state)
{
    struct fixture *fixture = *state;
    meower_store_info before = fixture->store.info;
    post_some(fixture, 3);
    append_one(fixture, delete_of(fixture, id_of(2)));
    reopen(fixture);
    assert_string_equal(fixture->store.info.epoch, before.epoch);
    assert_int_equal(fixture->store.info.head, 4);
    assert_int_equal(head_of(fixture), 4);
    CHECK_IDS(list_all(fixture), 3, 1);
    CHECK_IDS(read_events(fixture, 0, ROWS_MAX), 1, 2, 3, 2);
}

static void opening_again_goes_on_with_the_next_position(void **state)
{
    struct fixture *fixture = *state;
    post_some(fixture, 3);
    reopen(fixture);
    assert_int_equal(append_one(fixture, post(fixture, id_of(4), "meow")).position, 4);
}

static void opening_again_finds_checkpoints_keys_and_leases(void **state)
{
    struct fixture *fixture = *state;
    meower_store_operation operations[] = {
        post_with_key(fixture, id_of(1), "key", 7),
        checkpoint_at("relay", 41),
        lease_for(fixture, "relay", "one", 10),
    };
    append(fixture, operations, 3);
    reopen(fixture);
    assert_int_equal(checkpoint_of(fixture, "relay"), 41);
    assert_int_equal(append_one(fixture, post_with_key(fixture, id_of(2), "key", 7)).replayed, 1);
    assert_int_equal(append_one(fixture, lease_for(fixture, "relay", "two", 10)).status, MEOWER_ERROR_LOCKED);
}

static void the_newest_id_is_known_after_opening(void **state)
{
    struct fixture *fixture = *state;
    post_some(fixture, 3);
    reopen(fixture);
    assert_string_equal(fixture->store.info.newest_id, id_of(3));
}

static void the_newest_id_is_known_even_when_it_is_deleted(void **state)
{
    struct fixture *fixture = *state;
    post_some(fixture, 3);
    append_one(fixture, delete_of(fixture, id_of(3)));
    reopen(fixture);
    assert_string_equal(fixture->store.info.newest_id, id_of(3));
}

/* ---- adopting --------------------------------------------------------------------------------------------------- */

/* Makes three foreign meows in a store that holds id_of(1) with position 1. */
static void insert_foreign_meows(struct fixture *fixture)
{
    if (store_adapter.insert_meow == NULL) {
        skip();
    }
    post_some(fixture, 1);
    store_close(&fixture->store);
    store_adapter.insert_meow(fixture->url, id_of(7), "seven", START_US + 7);
    store_adapter.insert_meow(fixture->url, id_of(5), "five", START_US + 5);
    store_adapter.insert_meow(fixture->url, id_of(6), "six", START_US + 6);
    open_store(fixture);
}

static void meows_without_events_get_them_in_id_order(void **state)
{
    struct fixture *fixture = *state;
    insert_foreign_meows(fixture);
    const struct collector *events = read_events(fixture, 1, ROWS_MAX);
    CHECK_IDS(events, 5, 6, 7);
    assert_int_equal(events->rows[0].position, 2);
    assert_int_equal(events->rows[0].kind, MEOWER_EVENT_CREATED);
    assert_string_equal(events->rows[0].body, "five");
    assert_int_equal(events->rows[0].created_at_us, START_US + 5);
    assert_int_equal(fixture->store.info.head, 4);
    assert_string_equal(fixture->store.info.newest_id, id_of(7));
}

static void meows_are_adopted_once(void **state)
{
    struct fixture *fixture = *state;
    insert_foreign_meows(fixture);
    reopen(fixture);
    assert_int_equal(fixture->store.info.head, 4);
    assert_int_equal(append_one(fixture, post(fixture, id_of(8), "meow")).position, 5);
}

/* ---- posting ---------------------------------------------------------------------------------------------------- */

static void posts_get_the_next_positions_in_their_order(void **state)
{
    struct fixture *fixture = *state;
    meower_store_operation operations[] = {
        post(fixture, id_of(1), "one"),
        post(fixture, id_of(2), "two"),
        post(fixture, id_of(9), "nine"),
    };
    append(fixture, operations, 3);
    for (unsigned i = 0; i < 3; i++) {
        assert_int_equal(operations[i].status, MEOWER_OK);
        assert_int_equal(operations[i].replayed, 0);
        assert_int_equal(operations[i].position, i + 1);
    }
    CHECK_IDS(read_events(fixture, 0, ROWS_MAX), 1, 2, 9);
}

static void positions_have_no_hole_between_batches(void **state)
{
    struct fixture *fixture = *state;
    static const unsigned sizes[] = {1, 5, 2, 8};
    meower_store_operation operations[8];
    unsigned number = 1;
    for (size_t batch = 0; batch < 4; batch++) {
        for (unsigned i = 0; i < sizes[batch]; i++) {
            operations[i] = post(fixture, id_of(number++), "meow");
        }
        append(fixture, operations, sizes[batch]);
        assert_int_equal(head_of(fixture), number - 1);
    }
    const struct collector *events = read_events(fixture, 0, ROWS_MAX);
    assert_int_equal(events->count, 16);
    for (unsigned i = 0; i < 16; i++) {
        assert_int_equal(events->rows[i].position, i + 1);
    }
}

static void a_post_says_what_was_stored(void **state)
{
    struct fixture *fixture = *state;
    meower_store_operation posted = append_one(fixture, post(fixture, id_of(1), "meow"));
    assert_string_equal(posted.stored_id, id_of(1));
    assert_int_equal(posted.stored_at_us, START_US);
    const struct row_copy *row = get_one(fixture, id_of(1));
    assert_non_null(row);
    assert_int_equal(row->kind, MEOWER_EVENT_CREATED);
    assert_string_equal(row->body, "meow");
    assert_int_equal(row->created_at_us, START_US);
}

static void an_empty_batch_changes_nothing(void **state)
{
    struct fixture *fixture = *state;
    append(fixture, NULL, 0);
    assert_int_equal(head_of(fixture), 0);
}

static void a_batch_with_a_malformed_operation_stores_nothing(void **state)
{
    struct fixture *fixture = *state;
    meower_error error;
    meower_store_operation operations[] = {post(fixture, id_of(1), "meow"), post(fixture, "short", "meow")};
    assert_int_equal(store_append(&fixture->store, operations, 2, &error), MEOWER_ERROR_INVALID);
    assert_int_equal(head_of(fixture), 0);
    assert_int_equal(list_all(fixture)->count, 0);
}

static void refused_operations_take_no_position(void **state)
{
    struct fixture *fixture = *state;
    meower_store_operation operations[] = {
        post_with_key(fixture, id_of(1), "key", 7),
        delete_of(fixture, id_of(9)),
        post_with_key(fixture, id_of(2), "key", 8),
        checkpoint_at("relay", 1),
        post(fixture, id_of(3), "three"),
        lease_for(fixture, "relay", "one", 1),
        delete_of(fixture, id_of(1)),
    };
    append(fixture, operations, 7);
    assert_int_equal(operations[0].position, 1);
    assert_int_equal(operations[1].position, 0);
    assert_int_equal(operations[2].position, 0);
    assert_int_equal(operations[4].position, 2);
    assert_int_equal(operations[6].position, 3);
    assert_int_equal(head_of(fixture), 3);
    CHECK_IDS(read_events(fixture, 0, ROWS_MAX), 1, 3, 1);
}

/* A backend may store neighbours together; what becomes of each must not depend on that. */
static void operations_of_all_kinds_take_positions_in_their_order(void **state)
{
    struct fixture *fixture = *state;
    static const uint64_t positions[] = {1, 2, 3, 4, 5, 6, 7, 8};
    meower_store_operation operations[] = {
        post(fixture, id_of(1), "one"),  post(fixture, id_of(2), "two"),   post_with_key(fixture, id_of(3), "key", 7),
        post(fixture, id_of(4), "four"), post(fixture, id_of(5), "five"),  delete_of(fixture, id_of(2)),
        post(fixture, id_of(6), "six"),  post(fixture, id_of(7), "seven"),
    };
    append(fixture, operations, 8);
    for (size_t i = 0; i < 8; i++) {
        assert_int_equal(operations[i].status, MEOWER_OK);
        assert_int_equal(operations[i].position, positions[i]);
    }
    assert_string_equal(operations[7].stored_id, id_of(7));
    assert_int_equal(operations[7].stored_at_us, START_US);
    CHECK_IDS(read_events(fixture, 0, ROWS_MAX), 1, 2, 3, 4, 5, 2, 6, 7);
    assert_string_equal(get_one(fixture, id_of(5))->body, "five");
    assert_int_equal(list_all(fixture)->count, 6);
}

static void bodies_come_back_byte_for_byte(void **state)
{
    struct fixture *fixture = *state;
    char longest[701];
    for (size_t i = 0; i < 700; i += 7) { /* a meow emoji and three letters */
        memcpy(longest + i,
               "\xF0\x9F\x90\xB1"
               "abc",
               7);
    }
    longest[700] = '\0';
    const char *const bodies[] = {
        "m",
        "two\nlines\tand a tab",
        "\xF0\x9F\x98\xBA caf\xC3\xA9 \xE6\x97\xA5\xE6\x9C\xAC\xE8\xAA\x9E",
        "it's \"quoted\" \\ % _ ; -- &lt;",
        longest,
    };
    for (unsigned i = 0; i < 5; i++) {
        append_one(fixture, post(fixture, id_of(i + 1), bodies[i]));
        const struct row_copy *row = get_one(fixture, id_of(i + 1));
        assert_int_equal(row->body_len, strlen(bodies[i]));
        assert_memory_equal(row->body, bodies[i], row->body_len);
    }
    const struct collector *events = read_events(fixture, 4, 1);
    assert_int_equal(events->rows[0].body_len, 700);
    assert_memory_equal(events->rows[0].body, longest, 700);
}

/* The batch holds the body for the call only, and says how long it is. */
static void a_body_ends_where_its_length_says(void **state)
{
    struct fixture *fixture = *state;
    char borrowed[] = "meow and more";
    meower_store_operation operation = post(fixture, id_of(1), borrowed);
    operation.body_len = 4;
    append(fixture, &operation, 1);
    memset(borrowed, 'x', sizeof(borrowed) - 1);
    assert_int_equal(get_one(fixture, id_of(1))->body_len, 4);
    assert_string_equal(get_one(fixture, id_of(1))->body, "meow");
}

/* ---- deleting --------------------------------------------------------------------------------------------------- */

static void a_deleted_meow_is_in_no_list(void **state)
{
    struct fixture *fixture = *state;
    post_some(fixture, 3);
    meower_store_operation deleted = append_one(fixture, delete_of(fixture, id_of(2)));
    assert_int_equal(deleted.status, MEOWER_OK);
    assert_int_equal(deleted.position, 4);
    CHECK_IDS(list_all(fixture), 3, 1);
    assert_null(get_one(fixture, id_of(2)));
}

static void a_deletion_is_an_event_without_body(void **state)
{
    struct fixture *fixture = *state;
    post_some(fixture, 1);
    fixture->now_us += SECOND_US;
    append_one(fixture, delete_of(fixture, id_of(1)));
    const struct collector *events = read_events(fixture, 1, ROWS_MAX);
    CHECK_IDS(events, 1);
    assert_int_equal(events->rows[0].position, 2);
    assert_int_equal(events->rows[0].kind, MEOWER_EVENT_DELETED);
    assert_false(events->rows[0].has_body);
    assert_int_equal(events->rows[0].created_at_us, START_US + SECOND_US);
}

static void the_creation_of_a_deleted_meow_has_no_body(void **state)
{
    struct fixture *fixture = *state;
    post_some(fixture, 2);
    append_one(fixture, delete_of(fixture, id_of(1)));
    const struct collector *events = read_events(fixture, 0, 2);
    CHECK_IDS(events, 1, 2);
    assert_int_equal(events->rows[0].kind, MEOWER_EVENT_CREATED);
    assert_false(events->rows[0].has_body);
    assert_true(events->rows[1].has_body);
}

static void deleting_what_is_not_there_is_not_found(void **state)
{
    struct fixture *fixture = *state;
    post_some(fixture, 1);
    assert_int_equal(append_one(fixture, delete_of(fixture, id_of(2))).status, MEOWER_ERROR_NOT_FOUND);
    assert_int_equal(append_one(fixture, delete_of(fixture, id_of(1))).status, MEOWER_OK);
    assert_int_equal(append_one(fixture, delete_of(fixture, id_of(1))).status, MEOWER_ERROR_NOT_FOUND);
    assert_int_equal(head_of(fixture), 2);
}

static void a_batch_may_delete_what_it_posts(void **state)
{
    struct fixture *fixture = *state;
    meower_store_operation operations[] = {post(fixture, id_of(1), "meow"), delete_of(fixture, id_of(1)),
                                           delete_of(fixture, id_of(1))};
    append(fixture, operations, 3);
    assert_int_equal(operations[1].status, MEOWER_OK);
    assert_int_equal(operations[2].status, MEOWER_ERROR_NOT_FOUND);
    assert_int_equal(list_all(fixture)->count, 0);
    assert_int_equal(head_of(fixture), 2);
}

/* ---- labels ----------------------------------------------------------------------------------------------------- */

static const meower_label some_labels[] = {
    MEOWER_LABEL("author", "tom"),
    MEOWER_LABEL("tag", "cats"),
    MEOWER_LABEL("tag", "naps\tand 🐱 <b>'\\\"\n"),
};
static const meower_label other_labels[] = {MEOWER_LABEL("room", "garden")};

static void a_meow_comes_back_with_its_labels(void **state)
{
    struct fixture *fixture = *state;
    append_one(fixture, post_with_labels(fixture, id_of(1), some_labels, 3));
    check_labels(get_one(fixture, id_of(1)), some_labels, 3);
    check_labels(&list_all(fixture)->rows[0], some_labels, 3);
    check_labels(&list(fixture, (meower_range){.take = 1, .ascending = 1})->rows[0], some_labels, 3);
    check_labels(&read_events(fixture, 0, ROWS_MAX)->rows[0], some_labels, 3);
}

static void a_meow_without_labels_has_none(void **state)
{
    struct fixture *fixture = *state;
    append_one(fixture, post_with_labels(fixture, id_of(1), some_labels, 3));
    append_one(fixture, post(fixture, id_of(2), "meow"));
    check_labels(get_one(fixture, id_of(2)), NULL, 0);
    check_labels(&list_all(fixture)->rows[0], NULL, 0);
    check_labels(&read_events(fixture, 1, ROWS_MAX)->rows[0], NULL, 0);
}

static void each_meow_of_a_batch_has_its_own_labels(void **state)
{
    struct fixture *fixture = *state;
    meower_store_operation operations[] = {
        post_with_labels(fixture, id_of(1), some_labels, 3),  post(fixture, id_of(2), "meow"),
        post_with_labels(fixture, id_of(3), other_labels, 1), checkpoint_at("relay", 1),
        post_with_labels(fixture, id_of(4), some_labels, 1),
    };
    operations[4].idempotency_key = "key";
    operations[4].expires_us = fixture->now_us + DAY_US;
    append(fixture, operations, 3);
    for (int i = 0; i < 3; i++) {
        operations[i].id = id_of((unsigned)i + 5);
    }
    operations[4].id = id_of(8);
    append(fixture, operations, 5);
    const struct collector *rows = read_events(fixture, 0, ROWS_MAX);
    assert_int_equal(rows->count, 7);
    for (size_t first = 0; first < 6; first += 3) {
        check_labels(&rows->rows[first], some_labels, 3);
        check_labels(&rows->rows[first + 1], NULL, 0);
        check_labels(&rows->rows[first + 2], other_labels, 1);
    }
    check_labels(&rows->rows[6], some_labels, 1);
}

static void a_meow_may_have_the_most_and_longest_labels(void **state)
{
    struct fixture *fixture = *state;
    static char values[MEOWER_LABELS_MAX][4 * MEOWER_LABEL_VALUE_MAX];
    meower_label labels[MEOWER_LABELS_MAX];
    for (size_t i = 0; i < MEOWER_LABELS_MAX; i++) {
        for (size_t at = 0; at < sizeof(values[i]); at += 4) {
            memcpy(values[i] + at, "🐱", 4);
        }
        values[i][3] = (char)(0x80 + i);
        labels[i] = (meower_label){"abcdefghijklmnopqrstuvwxyz012345", 32, values[i], sizeof(values[i])};
    }
    char run[LABELS_TEXT_MAX];
    meower_label sorted[MEOWER_LABELS_MAX];
    labels_copy(labels, MEOWER_LABELS_MAX, sorted, run);
    append_one(fixture, post_with_labels(fixture, id_of(1), sorted, MEOWER_LABELS_MAX));
    check_labels(get_one(fixture, id_of(1)), sorted, MEOWER_LABELS_MAX);
}

static void labels_are_there_after_opening_again(void **state)
{
    struct fixture *fixture = *state;
    append_one(fixture, post_with_labels(fixture, id_of(1), some_labels, 3));
    reopen(fixture);
    check_labels(get_one(fixture, id_of(1)), some_labels, 3);
}

static void a_deletion_has_no_labels_and_leaves_those_of_others(void **state)
{
    struct fixture *fixture = *state;
    append_one(fixture, post_with_labels(fixture, id_of(1), some_labels, 3));
    append_one(fixture, post_with_labels(fixture, id_of(2), some_labels, 3));
    append_one(fixture, delete_of(fixture, id_of(1)));
    const struct collector *rows = read_events(fixture, 0, ROWS_MAX);
    assert_int_equal(rows->count, 3);
    check_labels(&rows->rows[0], NULL, 0);
    check_labels(&rows->rows[1], some_labels, 3);
    check_labels(&rows->rows[2], NULL, 0);
}

static void a_replayed_post_keeps_the_labels_it_was_stored_with(void **state)
{
    struct fixture *fixture = *state;
    meower_store_operation first = post_with_key(fixture, id_of(1), "key", 7);
    meower_store_operation second = post_with_key(fixture, id_of(2), "key", 7);
    first.labels = some_labels;
    first.label_count = 3;
    second.labels = other_labels;
    second.label_count = 1;
    append_one(fixture, first);
    assert_int_equal(append_one(fixture, second).replayed, 1);
    assert_int_equal(list_all(fixture)->count, 1);
    check_labels(&list_all(fixture)->rows[0], some_labels, 3);
}

static void what_a_refused_batch_labels_is_not_labelled(void **state)
{
    struct fixture *fixture = *state;
    meower_error error;
    append_one(fixture, post(fixture, id_of(5), "meow"));
    meower_store_operation low = post_with_labels(fixture, id_of(4), some_labels, 3);
    assert_int_equal(store_append(&fixture->store, &low, 1, &error), MEOWER_ERROR_CONFLICT);
    low.id = id_of(6);
    low.labels = other_labels;
    low.label_count = 1;
    append_one(fixture, low);
    check_labels(get_one(fixture, id_of(5)), NULL, 0);
    check_labels(get_one(fixture, id_of(6)), other_labels, 1);
}

/* ---- lists of what carries some labels -------------------------------------------------------------------------- */

#define MATCHED_MEOWS 30

/* The labels of a meow by its number, in order. Returns how many. */
static size_t choose_labels(unsigned number, meower_label labels[4])
{
    size_t count = 0;
    if (number % 2 == 0) {
        labels[count++] = (meower_label)MEOWER_LABEL("author", "tim");
    }
    if (number % 7 == 0) {
        labels[count++] = (meower_label)MEOWER_LABEL("author", "tom");
    }
    if (number % 3 == 0) {
        labels[count++] = (meower_label)MEOWER_LABEL("room", "garden");
    }
    if (number % 5 != 0) {
        labels[count++] =
            number == 13 ? (meower_label)MEOWER_LABEL("tag", "only 'one'") : (meower_label)MEOWER_LABEL("tag", "cats");
    }
    return count;
}

static void post_labelled_meows(struct fixture *fixture)
{
    meower_store_operation operations[MATCHED_MEOWS];
    meower_label labels[MATCHED_MEOWS][4];
    for (unsigned i = 0; i < MATCHED_MEOWS; i++) {
        size_t count = choose_labels(i + 1, labels[i]);
        operations[i] = post_with_labels(fixture, id_of(i + 1), labels[i], count);
    }
    append(fixture, operations, MATCHED_MEOWS);
}

/* A store that cannot count says so. */
static void check_total(struct fixture *fixture, const meower_range *range, uint64_t expected)
{
    uint64_t total = UINT64_MAX;
    meower_error error;
    int status = store_count(&fixture->store, 0, range, &total, &error);
    if (fixture->store.vtable.count == NULL) {
        assert_int_equal(status, MEOWER_ERROR_UNSUPPORTED);
        return;
    }
    check_ok(status, &error);
    assert_int_equal(total, expected);
}

/* The list is what a look at each meow gives, and the count is all that it has. */
static void check_matching(struct fixture *fixture, const meower_range *range)
{
    const struct collector *rows = list(fixture, *range);
    uint64_t matched = 0;
    size_t count = 0;
    for (unsigned i = 1; i <= MATCHED_MEOWS; i++) {
        unsigned number = range->ascending ? i : MATCHED_MEOWS + 1 - i;
        meower_label labels[4];
        const char *id = id_of(number);
        size_t label_count = choose_labels(number, labels);
        bool is_within = (range->below == NULL || strcmp(id, range->below) < 0) &&
                         (range->above == NULL || strcmp(id, range->above) > 0);
        if (is_within && meower_labels_match(range->terms, range->term_count, labels, label_count) &&
            ++matched > range->skip && count < range->take) {
            assert_true(count < rows->count);
            assert_string_equal(rows->rows[count].id, id);
            check_labels(&rows->rows[count++], labels, label_count);
        }
    }
    assert_int_equal(rows->count, count);
    check_total(fixture, range, matched);
}

static const meower_label all_terms[] = {MEOWER_LABEL("author", "tim"),     MEOWER_LABEL("author", "tom"),
                                         MEOWER_LABEL("room", "garden"),    MEOWER_LABEL("tag", "cats"),
                                         MEOWER_LABEL("tag", "only 'one'"), MEOWER_LABEL("zone", "nowhere")};

static void a_list_of_labels_is_what_a_look_at_each_meow_gives(void **state)
{
    struct fixture *fixture = *state;
    post_labelled_meows(fixture);
    for (unsigned chosen = 1; chosen < 64; chosen++) {
        meower_label terms[6];
        meower_range range = {.terms = terms, .take = ROWS_MAX};
        for (unsigned i = 0; i < 6; i++) {
            if ((chosen >> i & 1) != 0) {
                terms[range.term_count++] = all_terms[i];
            }
        }
        for (range.ascending = 0; range.ascending < 2; range.ascending++) {
            check_matching(fixture, &range);
        }
    }
}

static void a_list_of_labels_has_bounds_and_skips_and_takes(void **state)
{
    struct fixture *fixture = *state;
    static const size_t firsts[] = {2, 3, 0}; /* room; tag=cats; author=tim or tom */
    static const size_t counts[] = {1, 1, 3};
    post_labelled_meows(fixture);
    for (unsigned variant = 0; variant < 3 * 2 * 2 * 2 * 3 * 3; variant++) {
        unsigned rest = variant;
        const unsigned filter = rest % 3;
        meower_range range = {.terms = &all_terms[firsts[filter]], .term_count = counts[filter]};
        rest /= 3;
        range.ascending = (int)(rest % 2);
        range.above = rest / 2 % 2 == 0 ? NULL : id_of(6);
        range.below = rest / 4 % 2 == 0 ? NULL : id_of(24);
        range.skip = rest / 8 % 3;
        range.take = rest / 24 * 2;
        check_matching(fixture, &range);
    }
    check_matching(fixture, &(meower_range){.terms = &all_terms[2], .term_count = 1, .skip = UINT64_MAX, .take = 5});
    check_matching(fixture, &(meower_range){.terms = &all_terms[2], .term_count = 1, .take = UINT32_MAX});
}

static void a_deleted_meow_is_in_no_list_of_its_labels(void **state)
{
    struct fixture *fixture = *state;
    const meower_range range = {.terms = other_labels, .term_count = 1, .take = 5};
    for (unsigned i = 1; i <= 3; i++) {
        append_one(fixture, post_with_labels(fixture, id_of(i), other_labels, 1));
    }
    append_one(fixture, delete_of(fixture, id_of(2)));
    CHECK_IDS(list(fixture, range), 3, 1);
}

static void a_label_that_nobody_has_is_no_error(void **state)
{
    struct fixture *fixture = *state;
    const meower_range range = {.terms = other_labels, .term_count = 1, .take = 5};
    assert_int_equal(list(fixture, range)->count, 0);
    post_some(fixture, 2);
    assert_int_equal(list(fixture, range)->count, 0);
}

static void a_count_knows_bounds_and_deletions(void **state)
{
    struct fixture *fixture = *state;
    check_total(fixture, &(meower_range){.take = 1}, 0);
    post_some(fixture, 9);
    append_one(fixture, delete_of(fixture, id_of(5)));
    check_total(fixture, &(meower_range){.take = 1}, 8);
    check_total(fixture, &(meower_range){.above = id_of(3)}, 5);
    check_total(fixture, &(meower_range){.below = id_of(5), .skip = 3, .ascending = 1}, 4);
    check_total(fixture, &(meower_range){.above = id_of(7), .below = id_of(2)}, 0);
}

/* ---- ids rise with positions ------------------------------------------------------------------------------------ */

/* The batch is refused, `newest` is named, and nothing of it is there. */
static void check_refused(struct fixture *fixture, meower_store_operation *operations, size_t count, unsigned newest)
{
    uint64_t head = head_of(fixture);
    meower_error error = {0};
    assert_int_equal(store_append(&fixture->store, operations, count, &error), MEOWER_ERROR_CONFLICT);
    assert_string_equal(operations[0].stored_id, id_of(newest));
    assert_int_equal(head_of(fixture), head);
}

static void check_post_refused(struct fixture *fixture, unsigned number, unsigned newest)
{
    meower_store_operation operation = post(fixture, id_of(number), "too low");
    check_refused(fixture, &operation, 1, newest);
}

static void an_id_that_is_not_above_the_newest_is_refused(void **state)
{
    struct fixture *fixture = *state;
    append_one(fixture, post(fixture, id_of(5), "five"));
    check_post_refused(fixture, 4, 5);
    check_post_refused(fixture, 5, 5);
    assert_int_equal(append_one(fixture, post(fixture, id_of(6), "six")).position, 2);
    CHECK_IDS(list_all(fixture), 6, 5);
    assert_string_equal(get_one(fixture, id_of(5))->body, "five");
}

static void ids_are_compared_bytewise_when_they_are_stored(void **state)
{
    struct fixture *fixture = *state;
    meower_store_operation operation = post(fixture, "2STcKMQ7MGgoDxpX9A5WuaJlx8V", "upper");
    append_one(fixture, post(fixture, "2SmasRGkif9qETAHwssB4GGYwdi", "lower"));
    assert_int_equal(store_append(&fixture->store, &operation, 1, NULL), MEOWER_ERROR_CONFLICT);
    assert_string_equal(operation.stored_id, "2SmasRGkif9qETAHwssB4GGYwdi");
}

/* Whatever stands before and after the post. */
static void of_a_batch_that_is_refused_nothing_is_stored(void **state)
{
    struct fixture *fixture = *state;
    meower_store_operation operations[] = {
        checkpoint_at("relay", 2),
        delete_of(fixture, id_of(1)),
        post_with_key(fixture, id_of(2), "key", 7),
        lease_for(fixture, "relay", "one", 10),
        post(fixture, id_of(9), "nine"),
    };
    post_some(fixture, 3);
    check_refused(fixture, operations, 5, 3);
    CHECK_IDS(list_all(fixture), 3, 2, 1);
    assert_int_equal(checkpoint_of(fixture, "relay"), 0);
    assert_int_equal(append_one(fixture, lease_for(fixture, "relay", "two", 10)).status, MEOWER_OK);
    assert_int_equal(append_one(fixture, post_with_key(fixture, id_of(9), "key", 8)).replayed, 0);
    assert_int_equal(head_of(fixture), 4);
}

static void a_batch_that_was_refused_is_stored_with_higher_ids(void **state)
{
    struct fixture *fixture = *state;
    post_some(fixture, 3);
    meower_store_operation operations[] = {post(fixture, id_of(2), "two"), post(fixture, id_of(5), "five")};
    check_refused(fixture, operations, 2, 3);
    operations[0].id = id_of(4);
    append(fixture, operations, 2);
    assert_string_equal(operations[0].stored_id, id_of(4));
    assert_int_equal(operations[1].position, 5);
    CHECK_IDS(read_events(fixture, 3, ROWS_MAX), 4, 5);
}

static void the_id_of_a_post_that_is_not_stored_may_be_low(void **state)
{
    struct fixture *fixture = *state;
    append_one(fixture, post_with_key(fixture, id_of(5), "key", 7));
    meower_store_operation operations[] = {
        post_with_key(fixture, id_of(1), "key", 7),
        post_with_key(fixture, id_of(2), "key", 8),
        delete_of(fixture, id_of(9)),
        post(fixture, id_of(6), "six"),
    };
    append(fixture, operations, 4);
    assert_int_equal(operations[0].replayed, 1);
    assert_string_equal(operations[0].stored_id, id_of(5));
    assert_int_equal(operations[1].status, MEOWER_ERROR_CONFLICT);
    assert_int_equal(operations[3].position, 2);
}

static void the_newest_id_outlives_its_meow(void **state)
{
    struct fixture *fixture = *state;
    post_some(fixture, 3);
    append_one(fixture, delete_of(fixture, id_of(3)));
    check_post_refused(fixture, 3, 3);
    append_one(fixture, delete_of(fixture, id_of(2)));
    append_one(fixture, delete_of(fixture, id_of(1)));
    check_post_refused(fixture, 2, 3);
    reopen(fixture);
    check_post_refused(fixture, 3, 3);
    assert_int_equal(append_one(fixture, post(fixture, id_of(4), "meow")).position, 7);
}

static void the_newest_id_is_kept_when_older_ones_are_adopted(void **state)
{
    struct fixture *fixture = *state;
    if (store_adapter.insert_meow == NULL) {
        skip();
    }
    post_some(fixture, 8);
    append_one(fixture, delete_of(fixture, id_of(8)));
    append_one(fixture, delete_of(fixture, id_of(5)));
    store_close(&fixture->store);
    store_adapter.insert_meow(fixture->url, id_of(5), "five", START_US);
    open_store(fixture);
    assert_string_equal(fixture->store.info.newest_id, id_of(8));
    append_one(fixture, delete_of(fixture, id_of(7)));
    reopen(fixture);
    assert_string_equal(fixture->store.info.newest_id, id_of(8));
    check_post_refused(fixture, 6, 8);
}

static void the_ids_of_a_batch_must_rise(void **state)
{
    struct fixture *fixture = *state;
    meower_error error;
    meower_store_operation falling[] = {post(fixture, id_of(2), "two"), delete_of(fixture, id_of(9)),
                                        post(fixture, id_of(1), "one")};
    meower_store_operation equal[] = {post(fixture, id_of(1), "one"), post(fixture, id_of(1), "again")};
    assert_int_equal(store_append(&fixture->store, falling, 3, &error), MEOWER_ERROR_INVALID);
    assert_int_equal(store_append(&fixture->store, equal, 2, &error), MEOWER_ERROR_INVALID);
    assert_int_equal(head_of(fixture), 0);
}

/* Two handles of one store in turns: one with a clock an hour ahead, which then goes back. */
static void two_who_write_in_turns_keep_one_order(void **state)
{
    struct fixture *fixture = *state;
    struct fixture other = {.options = fixture->options};
    meower_error error;
    if (!store_adapter.is_shared) {
        skip();
    }
    check_ok(store_open(&other.store, fixture->options, LANES, &error), &error);
    append_one(fixture, post(fixture, id_of(10), "the time"));
    append_one(&other, post(fixture, id_of(3610), "an hour ahead"));
    check_post_refused(fixture, 11, 3610);
    append_one(fixture, post(fixture, id_of(3611), "drawn anew"));
    check_post_refused(&other, 3611, 3611);
    append_one(&other, delete_of(fixture, id_of(3611)));
    check_post_refused(&other, 13, 3611);
    check_post_refused(fixture, 12, 3611);
    meower_store_operation batch[] = {post(fixture, id_of(3612), "a"), post(fixture, id_of(3613), "b")};
    append(&other, batch, 2);
    check_post_refused(fixture, 3612, 3613);
    CHECK_IDS(list_all(fixture), 3613, 3612, 3610, 10);
    CHECK_IDS(read_events(&other, 0, ROWS_MAX), 10, 3610, 3611, 3611, 3612, 3613);
    store_close(&other.store);
}

/* ---- idempotency keys ------------------------------------------------------------------------------------------- */

static void a_key_used_again_replays_its_meow(void **state)
{
    struct fixture *fixture = *state;
    post_some(fixture, 1);
    append_one(fixture, post_with_key(fixture, id_of(2), "key", 7));
    fixture->now_us += SECOND_US;
    meower_store_operation again = append_one(fixture, post_with_key(fixture, id_of(3), "key", 7));
    assert_int_equal(again.status, MEOWER_OK);
    assert_int_equal(again.replayed, 1);
    assert_string_equal(again.stored_id, id_of(2));
    assert_int_equal(again.stored_at_us, START_US);
    assert_int_equal(again.position, 2);
    CHECK_IDS(list_all(fixture), 2, 1);
    assert_int_equal(head_of(fixture), 2);
}

static void a_key_with_another_fingerprint_conflicts(void **state)
{
    struct fixture *fixture = *state;
    append_one(fixture, post_with_key(fixture, id_of(1), "key", UINT64_MAX));
    meower_store_operation other = append_one(fixture, post_with_key(fixture, id_of(2), "key", 8));
    assert_int_equal(other.status, MEOWER_ERROR_CONFLICT);
    assert_int_equal(other.replayed, 0);
    assert_string_equal(other.stored_id, "");
    assert_int_equal(other.position, 0);
    assert_int_equal(append_one(fixture, post_with_key(fixture, id_of(3), "key", UINT64_MAX)).replayed, 1);
    assert_int_equal(head_of(fixture), 1);
}

static void keys_are_told_apart(void **state)
{
    struct fixture *fixture = *state;
    append_one(fixture, post_with_key(fixture, id_of(1), "key", 7));
    assert_int_equal(append_one(fixture, post_with_key(fixture, id_of(2), "Key", 7)).replayed, 0);
    assert_int_equal(append_one(fixture, post_with_key(fixture, id_of(3), "key ", 7)).replayed, 0);
    assert_int_equal(append_one(fixture, post(fixture, id_of(4), "with a key")).replayed, 0);
    assert_int_equal(head_of(fixture), 4);
}

static void two_posts_of_one_batch_with_one_key_store_one_meow(void **state)
{
    struct fixture *fixture = *state;
    meower_store_operation operations[] = {
        post_with_key(fixture, id_of(1), "key", 7),
        post_with_key(fixture, id_of(2), "key", 7),
        post_with_key(fixture, id_of(3), "key", 8),
        post(fixture, id_of(4), "meow"),
    };
    append(fixture, operations, 4);
    assert_int_equal(operations[1].replayed, 1);
    assert_string_equal(operations[1].stored_id, id_of(1));
    assert_int_equal(operations[1].position, 1);
    assert_int_equal(operations[2].status, MEOWER_ERROR_CONFLICT);
    assert_int_equal(operations[3].position, 2);
    CHECK_IDS(list_all(fixture), 4, 1);
}

static void an_expired_key_is_free_again(void **state)
{
    struct fixture *fixture = *state;
    append_one(fixture, post_with_key(fixture, id_of(1), "key", 7));
    fixture->now_us += DAY_US - SECOND_US;
    assert_int_equal(append_one(fixture, post_with_key(fixture, id_of(2), "key", 7)).replayed, 1);
    fixture->now_us += 2 * SECOND_US;
    meower_store_operation free_again = append_one(fixture, post_with_key(fixture, id_of(3), "key", 8));
    assert_int_equal(free_again.status, MEOWER_OK);
    assert_int_equal(free_again.replayed, 0);
    assert_int_equal(free_again.position, 2);
    assert_string_equal(append_one(fixture, post_with_key(fixture, id_of(4), "key", 8)).stored_id, id_of(3));
}

static void a_key_is_free_at_the_instant_it_expires(void **state)
{
    struct fixture *fixture = *state;
    append_one(fixture, post_with_key(fixture, id_of(1), "key", 7));
    fixture->now_us += DAY_US - 1;
    assert_int_equal(append_one(fixture, post_with_key(fixture, id_of(2), "key", 7)).replayed, 1);
    fixture->now_us += 1;
    meower_store_operation free_again = append_one(fixture, post_with_key(fixture, id_of(3), "key", 8));
    assert_int_equal(free_again.status, MEOWER_OK);
    assert_int_equal(free_again.replayed, 0);
    CHECK_IDS(list_all(fixture), 3, 1);
}

static void forgetting_expired_keys_spares_the_others(void **state)
{
    struct fixture *fixture = *state;
    char key[16];
    for (unsigned i = 1; i <= 60; i++) {
        snprintf(key, sizeof(key), "key %u", i);
        meower_store_operation operation = post_with_key(fixture, id_of(i), key, i);
        operation.expires_us = fixture->now_us + (i % 2 == 0 ? 1 : 100) * SECOND_US;
        append_one(fixture, operation);
    }
    fixture->now_us += 2 * SECOND_US;
    for (unsigned i = 1; i <= 60; i++) {
        snprintf(key, sizeof(key), "key %u", i);
        meower_store_operation again = append_one(fixture, post_with_key(fixture, id_of(100 + i), key, i));
        assert_int_equal(again.replayed, i % 2);
    }
}

static void a_replay_after_the_deletion_stores_nothing(void **state)
{
    struct fixture *fixture = *state;
    append_one(fixture, post_with_key(fixture, id_of(1), "key", 7));
    append_one(fixture, delete_of(fixture, id_of(1)));
    meower_store_operation again = append_one(fixture, post_with_key(fixture, id_of(2), "key", 7));
    assert_int_equal(again.replayed, 1);
    assert_string_equal(again.stored_id, id_of(1));
    assert_int_equal(again.stored_at_us, START_US);
    assert_int_equal(again.position, 1);
    assert_int_equal(list_all(fixture)->count, 0);
    assert_int_equal(head_of(fixture), 2);
}

static void a_key_may_have_255_bytes(void **state)
{
    struct fixture *fixture = *state;
    char key[MEOWER_KEY_MAX + 1];
    memset(key, 'k', MEOWER_KEY_MAX);
    key[MEOWER_KEY_MAX] = '\0';
    append_one(fixture, post_with_key(fixture, id_of(1), key, 7));
    assert_int_equal(append_one(fixture, post_with_key(fixture, id_of(2), key, 7)).replayed, 1);
    key[MEOWER_KEY_MAX - 1] = 'K';
    assert_int_equal(append_one(fixture, post_with_key(fixture, id_of(3), key, 7)).replayed, 0);
}

/* ---- checkpoints and leases ------------------------------------------------------------------------------------- */

static void a_checkpoint_keeps_its_last_position(void **state)
{
    struct fixture *fixture = *state;
    meower_store_operation operations[] = {checkpoint_at("relay", 5), checkpoint_at("index", 9),
                                           checkpoint_at("relay", 7)};
    append(fixture, operations, 3);
    assert_int_equal(operations[0].status, MEOWER_OK);
    assert_int_equal(checkpoint_of(fixture, "relay"), 7);
    assert_int_equal(checkpoint_of(fixture, "index"), 9);
    assert_int_equal(checkpoint_of(fixture, "other"), 0);
    append_one(fixture, checkpoint_at("relay", 2)); /* a rebuild goes back */
    assert_int_equal(checkpoint_of(fixture, "relay"), 2);
    append_one(fixture, checkpoint_at("relay", INT64_MAX));
    assert_int_equal(checkpoint_of(fixture, "relay"), INT64_MAX);
    assert_int_equal(head_of(fixture), 0);
}

static void a_lease_keeps_others_out(void **state)
{
    struct fixture *fixture = *state;
    assert_int_equal(append_one(fixture, lease_for(fixture, "relay", "one", 10)).status, MEOWER_OK);
    assert_int_equal(append_one(fixture, lease_for(fixture, "relay", "two", 10)).status, MEOWER_ERROR_LOCKED);
    assert_int_equal(append_one(fixture, lease_for(fixture, "other", "two", 10)).status, MEOWER_OK);
    assert_int_equal(head_of(fixture), 0);
}

static void a_lease_that_is_renewed_lasts_longer(void **state)
{
    struct fixture *fixture = *state;
    append_one(fixture, lease_for(fixture, "relay", "one", 10));
    fixture->now_us += 8 * SECOND_US;
    assert_int_equal(append_one(fixture, lease_for(fixture, "relay", "one", 10)).status, MEOWER_OK);
    fixture->now_us += 8 * SECOND_US;
    assert_int_equal(append_one(fixture, lease_for(fixture, "relay", "two", 10)).status, MEOWER_ERROR_LOCKED);
}

static void a_lease_that_ran_out_goes_to_the_next(void **state)
{
    struct fixture *fixture = *state;
    append_one(fixture, lease_for(fixture, "relay", "one", 1));
    /* Shared stores measure leases by the engine's clock, others by that of the operations: both have passed then. */
    fixture->now_us += 2 * SECOND_US;
    usleep(1100000);
    assert_int_equal(append_one(fixture, lease_for(fixture, "relay", "two", 10)).status, MEOWER_OK);
    assert_int_equal(append_one(fixture, lease_for(fixture, "relay", "one", 10)).status, MEOWER_ERROR_LOCKED);
}

/* Shared stores measure leases by the engine's clock, which a test cannot stop. */
static void a_lease_is_free_at_the_instant_it_expires(void **state)
{
    struct fixture *fixture = *state;
    if (store_adapter.is_shared) {
        skip();
    }
    append_one(fixture, lease_for(fixture, "relay", "one", 10));
    fixture->now_us += 10 * SECOND_US - 1;
    assert_int_equal(append_one(fixture, lease_for(fixture, "relay", "two", 10)).status, MEOWER_ERROR_LOCKED);
    fixture->now_us += 1;
    assert_int_equal(append_one(fixture, lease_for(fixture, "relay", "two", 10)).status, MEOWER_OK);
    assert_int_equal(append_one(fixture, lease_for(fixture, "relay", "one", 10)).status, MEOWER_ERROR_LOCKED);
}

static void a_lease_renewed_until_now_is_given_back(void **state)
{
    struct fixture *fixture = *state;
    append_one(fixture, lease_for(fixture, "relay", "one", 10));
    append_one(fixture, lease_for(fixture, "relay", "one", 0));
    fixture->now_us += 1;
    assert_int_equal(append_one(fixture, lease_for(fixture, "relay", "two", 10)).status, MEOWER_OK);
}

/* ---- reading ---------------------------------------------------------------------------------------------------- */

static void a_list_is_newest_first(void **state)
{
    struct fixture *fixture = *state;
    meower_store_operation operations[] = {post(fixture, id_of(1), "one"), post(fixture, id_of(2), "two"),
                                           post(fixture, id_of(3), "three")};
    append(fixture, operations, 3);
    const struct collector *rows = list_all(fixture);
    CHECK_IDS(rows, 3, 2, 1);
    assert_int_equal(rows->rows[0].position, 0);
    assert_int_equal(rows->rows[0].kind, MEOWER_EVENT_CREATED);
    assert_string_equal(rows->rows[0].body, "three");
    assert_int_equal(rows->rows[0].created_at_us, START_US);
}

static void a_list_can_be_oldest_first(void **state)
{
    struct fixture *fixture = *state;
    post_some(fixture, 3);
    CHECK_IDS(list(fixture, (meower_range){.ascending = 1, .take = ROWS_MAX}), 1, 2, 3);
}

static void ids_are_compared_bytewise(void **state)
{
    struct fixture *fixture = *state;
    static const char upper[] = "2STcKMQ7MGgoDxpX9A5WuaJlx8V";
    static const char lower[] = "2SmasRGkif9qETAHwssB4GGYwdi";
    meower_store_operation operations[] = {post(fixture, upper, "upper"), post(fixture, lower, "lower")};
    append(fixture, operations, 2);
    const struct collector *rows = list(fixture, (meower_range){.ascending = 1, .take = ROWS_MAX});
    assert_int_equal(rows->count, 2);
    assert_string_equal(rows->rows[0].id, upper);
    assert_string_equal(rows->rows[1].id, lower);
    assert_int_equal(list(fixture, (meower_range){.below = lower, .take = ROWS_MAX})->count, 1);
    assert_int_equal(list(fixture, (meower_range){.above = upper, .take = ROWS_MAX})->count, 1);
    assert_int_equal(list(fixture, (meower_range){.above = lower, .take = ROWS_MAX})->count, 0);
}

static void the_bounds_of_a_list_are_left_out(void **state)
{
    struct fixture *fixture = *state;
    post_some(fixture, 5);
    CHECK_IDS(list(fixture, (meower_range){.below = id_of(3), .take = ROWS_MAX}), 2, 1);
    CHECK_IDS(list(fixture, (meower_range){.above = id_of(3), .take = ROWS_MAX}), 5, 4);
    CHECK_IDS(list(fixture, (meower_range){.above = id_of(3), .ascending = 1, .take = ROWS_MAX}), 4, 5);
    CHECK_IDS(list(fixture, (meower_range){.above = id_of(1), .below = id_of(5), .take = ROWS_MAX}), 4, 3, 2);
    assert_int_equal(list(fixture, (meower_range){.below = id_of(1), .take = ROWS_MAX})->count, 0);
    assert_int_equal(list(fixture, (meower_range){.above = id_of(4), .below = id_of(2), .take = 9})->count, 0);
}

static void a_list_skips_and_takes(void **state)
{
    struct fixture *fixture = *state;
    post_some(fixture, 5);
    CHECK_IDS(list(fixture, (meower_range){.take = 2}), 5, 4);
    CHECK_IDS(list(fixture, (meower_range){.skip = 1, .take = 2}), 4, 3);
    CHECK_IDS(list(fixture, (meower_range){.skip = 4, .take = 2}), 1);
    CHECK_IDS(list(fixture, (meower_range){.skip = 1, .take = 2, .ascending = 1}), 2, 3);
    CHECK_IDS(list(fixture, (meower_range){.below = id_of(5), .skip = 1, .take = 2}), 3, 2);
    assert_int_equal(list(fixture, (meower_range){.take = 0})->count, 0);
    assert_int_equal(list(fixture, (meower_range){.skip = 5, .take = 2})->count, 0);
    assert_int_equal(list(fixture, (meower_range){.skip = UINT64_MAX, .take = UINT32_MAX})->count, 0);
    assert_int_equal(list(fixture, (meower_range){.skip = 1, .take = UINT32_MAX})->count, 4);
}

static void get_gives_the_meows_that_exist(void **state)
{
    struct fixture *fixture = *state;
    post_some(fixture, 5);
    const char *const ids[] = {id_of(4), id_of(9), id_of(2)};
    const struct collector *found = get(fixture, ids, 3);
    assert_int_equal(found->count, 2);
    unsigned first_is_four = strcmp(found->rows[0].id, id_of(4)) == 0;
    assert_string_equal(found->rows[first_is_four ? 0 : 1].id, id_of(4));
    assert_string_equal(found->rows[first_is_four ? 1 : 0].id, id_of(2));
    assert_string_equal(found->rows[0].body, "meow");
    assert_int_equal(get(fixture, ids, 0)->count, 0);
}

static void events_are_read_after_any_position(void **state)
{
    struct fixture *fixture = *state;
    post_some(fixture, 5);
    CHECK_IDS(read_events(fixture, 0, ROWS_MAX), 1, 2, 3, 4, 5);
    CHECK_IDS(read_events(fixture, 3, ROWS_MAX), 4, 5);
    assert_int_equal(fixture->collector.rows[0].position, 4);
    assert_string_equal(fixture->collector.rows[0].body, "meow");
    assert_int_equal(fixture->collector.rows[0].created_at_us, START_US);
    assert_int_equal(read_events(fixture, 5, ROWS_MAX)->count, 0);
    assert_int_equal(read_events(fixture, UINT64_MAX, ROWS_MAX)->count, 0);
}

static void events_are_read_up_to_a_maximum(void **state)
{
    struct fixture *fixture = *state;
    post_some(fixture, 5);
    CHECK_IDS(read_events(fixture, 1, 2), 2, 3);
    assert_int_equal(read_events(fixture, 0, 0)->count, 0);
    assert_int_equal(read_events(fixture, 0, SIZE_MAX)->count, 5);
}

static void a_sink_that_stops_ends_every_call_with_its_status(void **state)
{
    struct fixture *fixture = *state;
    struct store *store = &fixture->store;
    post_some(fixture, 5);
    const char *const ids[] = {id_of(1), id_of(2), id_of(3)};
    meower_range range = {.take = ROWS_MAX};
    assert_int_equal(store_read_events(store, 0, 0, 5, collect_until(fixture, 2), NULL), OWN_STATUS);
    assert_int_equal(fixture->collector.count, 2);
    assert_int_equal(store_list(store, 0, &range, collect_until(fixture, 3), NULL), OWN_STATUS);
    assert_int_equal(fixture->collector.count, 3);
    assert_int_equal(store_get(store, 0, ids, 3, collect_until(fixture, 1), NULL), OWN_STATUS);
    assert_int_equal(fixture->collector.count, 1);
}

static void a_lane_reads_on_after_a_sink_has_stopped(void **state)
{
    struct fixture *fixture = *state;
    struct store *store = &fixture->store;
    post_some(fixture, 3);
    const char *const ids[] = {id_of(1), id_of(2), id_of(3)};
    store_read_events(store, 0, 0, 5, collect_until(fixture, 1), NULL);
    store_get(store, 0, ids, 3, collect_until(fixture, 1), NULL);
    append_one(fixture, post(fixture, id_of(4), "meow"));
    assert_non_null(get_one(fixture, id_of(4)));
    assert_int_equal(store_read_events(store, 0, 0, 5, collect_until(fixture, ROWS_MAX), NULL), MEOWER_OK);
    CHECK_IDS(&fixture->collector, 1, 2, 3, 4);
}

static void every_lane_sees_what_was_appended(void **state)
{
    struct fixture *fixture = *state;
    for (unsigned lane = 0; lane < LANES; lane++) {
        append_one(fixture, post(fixture, id_of(lane + 1), "meow"));
        for (unsigned reader = 0; reader < LANES; reader++) {
            uint64_t head = 0;
            assert_int_equal(store_head(&fixture->store, reader, &head, NULL), MEOWER_OK);
            assert_int_equal(head, lane + 1);
            assert_int_equal(store_read_events(&fixture->store, reader, 0, 9, collect_until(fixture, ROWS_MAX), NULL),
                             MEOWER_OK);
            assert_int_equal(fixture->collector.count, lane + 1);
        }
    }
}

/* ---- at once ---------------------------------------------------------------------------------------------------- */

#define WATCHED_BATCHES    60
#define WATCHED_BATCH_SIZE 7
#define WATCHED_EVENTS     (WATCHED_BATCHES * WATCHED_BATCH_SIZE)

/* Reads the events on its lane while they are appended, and says what was wrong first. */
struct watcher {
    meower_row_sink sink;
    struct store *store;
    unsigned lane;
    atomic_bool *give_up;
    uint64_t seen;
    uint64_t listed;
    const char *fault;
};

static int watch_event(meower_row_sink *sink, const meower_row *row)
{
    struct watcher *watcher = (struct watcher *)sink;
    char id[MEOWER_ID_SIZE];
    snprintf(id, sizeof(id), "2ST%024u", (unsigned)row->position);
    if (row->position != watcher->seen + 1) {
        watcher->fault = "a position is missing";
    } else if (strcmp(row->id, id) != 0) {
        watcher->fault = "an event is not where it was appended";
    } else if (row->body == NULL) {
        watcher->fault = "an event came without its meow";
    }
    watcher->seen = row->position;
    return MEOWER_OK;
}

static int count_listed(meower_row_sink *sink, const meower_row *row)
{
    struct watcher *watcher = (struct watcher *)sink;
    (void)row;
    watcher->listed++;
    return MEOWER_OK;
}

static const char *watch_once(struct watcher *watcher)
{
    uint64_t head = 0;
    if (store_head(watcher->store, watcher->lane, &head, NULL) != MEOWER_OK) {
        return "the head could not be read";
    }
    watcher->sink.row = watch_event;
    if (store_read_events(watcher->store, watcher->lane, watcher->seen, SIZE_MAX, &watcher->sink, NULL) != MEOWER_OK) {
        return "events could not be read";
    }
    if (watcher->seen < head) {
        return "an event below the head is missing";
    }
    if (watcher->seen % WATCHED_BATCH_SIZE != 0) {
        return "events show a part of a batch";
    }
    watcher->sink.row = count_listed;
    watcher->listed = 0;
    if (store_list(watcher->store, watcher->lane, &(meower_range){.take = UINT32_MAX}, &watcher->sink, NULL) !=
        MEOWER_OK) {
        return "meows could not be listed";
    }
    if (watcher->listed < watcher->seen) {
        return "a meow is missing whose event was there";
    }
    if (watcher->listed % WATCHED_BATCH_SIZE != 0) {
        return "the list shows a part of a batch";
    }
    return watcher->fault;
}

static void *watch(void *argument)
{
    struct watcher *watcher = argument;
    while (watcher->fault == NULL && watcher->seen < WATCHED_EVENTS && !atomic_load(watcher->give_up)) {
        watcher->fault = watch_once(watcher);
    }
    return NULL;
}

static int append_watched_batch(struct fixture *fixture, unsigned batch)
{
    meower_store_operation operations[WATCHED_BATCH_SIZE];
    for (unsigned i = 0; i < WATCHED_BATCH_SIZE; i++) {
        operations[i] = post(fixture, id_of(batch * WATCHED_BATCH_SIZE + i + 1), "watched");
    }
    return store_append(&fixture->store, operations, WATCHED_BATCH_SIZE, NULL);
}

static void lanes_see_whole_batches_without_a_hole_while_they_are_appended(void **state)
{
    struct fixture *fixture = *state;
    struct watcher watchers[LANES];
    pthread_t threads[LANES];
    atomic_bool give_up = false;
    int status = MEOWER_OK;
    for (unsigned lane = 0; lane < LANES; lane++) {
        watchers[lane] = (struct watcher){.store = &fixture->store, .lane = lane, .give_up = &give_up};
        assert_int_equal(pthread_create(&threads[lane], NULL, watch, &watchers[lane]), 0);
    }
    for (unsigned batch = 0; batch < WATCHED_BATCHES && status == MEOWER_OK; batch++) {
        status = append_watched_batch(fixture, batch);
    }
    if (status != MEOWER_OK) {
        atomic_store(&give_up, true);
    }
    for (unsigned lane = 0; lane < LANES; lane++) {
        pthread_join(threads[lane], NULL);
    }
    assert_int_equal(status, MEOWER_OK);
    for (unsigned lane = 0; lane < LANES; lane++) {
        if (watchers[lane].fault != NULL) {
            fail_msg("lane %u: %s", lane, watchers[lane].fault);
        }
        assert_int_equal(watchers[lane].seen, WATCHED_EVENTS);
    }
}

/* ---- epochs and looking ----------------------------------------------------------------------------------------- */

/* Members that a store may lack. */
static void skip_without(bool has_it)
{
    if (!has_it) {
        skip();
    }
}

static void a_new_epoch_is_another_one_and_changes_nothing_else(void **state)
{
    struct fixture *fixture = *state;
    meower_store_info before = fixture->store.info;
    meower_error error;
    skip_without(fixture->store.vtable.new_epoch != NULL);
    post_some(fixture, 3);
    append_one(fixture, checkpoint_at("relay", 2));
    check_ok(store_new_epoch(&fixture->store, &error), &error);
    assert_string_not_equal(fixture->store.info.epoch, before.epoch);
    assert_int_equal(strspn(fixture->store.info.epoch, "0123456789abcdef"), 16);
    assert_int_equal(fixture->store.info.head, 3);
    CHECK_IDS(list_all(fixture), 3, 2, 1);
    assert_int_equal(checkpoint_of(fixture, "relay"), 2);
    assert_int_equal(append_one(fixture, post(fixture, id_of(4), "meow")).position, 4);
}

static void a_new_epoch_stays(void **state)
{
    struct fixture *fixture = *state;
    meower_error error;
    skip_without(fixture->store.vtable.new_epoch != NULL);
    post_some(fixture, 2);
    check_ok(store_new_epoch(&fixture->store, &error), &error);
    meower_store_info drawn = fixture->store.info;
    reopen(fixture);
    assert_string_equal(fixture->store.info.epoch, drawn.epoch);
}

static void who_looks_sees_the_store_while_it_is_open_and_goes_on(void **state)
{
    struct fixture *fixture = *state;
    struct fixture looker = {.options = fixture->options};
    meower_error error;
    skip_without((fixture->store.vtable.flags & MEOWER_STORE_LOOKS) != 0);
    post_some(fixture, 2);
    append_one(fixture, checkpoint_at("relay", 1));
    check_ok(store_open_to_look(&looker.store, fixture->options, LANES, &error), &error);
    assert_string_equal(looker.store.info.epoch, fixture->store.info.epoch);
    assert_int_equal(looker.store.info.head, 2);
    append_one(fixture, post(fixture, id_of(3), "meow"));
    assert_int_equal(head_of(&looker), 3);
    CHECK_IDS(read_events(&looker, 0, ROWS_MAX), 1, 2, 3);
    CHECK_IDS(list_all(&looker), 3, 2, 1);
    assert_int_equal(checkpoint_of(&looker, "relay"), 1);
    store_close(&looker.store);
    append_one(fixture, post(fixture, id_of(4), "meow"));
    assert_int_equal(head_of(fixture), 4);
}

static void looking_makes_no_store(void **state)
{
    struct fixture *fixture = *state;
    struct store store;
    meower_error error = {0};
    if (!store_adapter.is_kept) {
        skip();
    }
    bool looks = (fixture->store.vtable.flags & MEOWER_STORE_LOOKS) != 0;
    int expected = looks ? MEOWER_ERROR_NOT_FOUND : MEOWER_ERROR_UNSUPPORTED;
    store_close(&fixture->store);
    store_adapter.remove(fixture->url);
    store_adapter.make_url(fixture->url, sizeof(fixture->url));
    assert_int_equal(meower_options_set(fixture->options, "store", fixture->url, NULL), MEOWER_OK);
    assert_int_equal(store_open_to_look(&store, fixture->options, LANES, &error), expected);
    assert_int_equal(store_open_to_look(&store, fixture->options, LANES, &error), expected);
    open_store(fixture);
}

struct texts {
    meower_text_sink sink;
    size_t count;
    char last[300];
};

static int take_text(meower_text_sink *sink, const char *text)
{
    struct texts *texts = (struct texts *)sink;
    texts->count++;
    snprintf(texts->last, sizeof(texts->last), "%s", text);
    return MEOWER_OK;
}

static void a_sound_store_finds_nothing_wrong_with_itself(void **state)
{
    struct fixture *fixture = *state;
    struct texts texts = {.sink.text = take_text};
    meower_error error;
    append_one(fixture, post_with_key(fixture, id_of(1), "a key", 7));
    append_one(fixture, delete_of(fixture, id_of(1)));
    check_ok(store_inspect(&fixture->store, 1, &texts.sink, &error), &error);
    assert_int_equal(texts.count, 0);
}

static void a_backup_is_a_store_of_another_epoch_when_it_is_restored(void **state)
{
    struct fixture *fixture = *state;
    char path[] = "/tmp/meower-backup-XXXXXX";
    char file[64];
    meower_error error = {0};
    assert_non_null(mkdtemp(path));
    snprintf(file, sizeof(file), "%s/backup", path);
    append_one(fixture, post_with_labels(fixture, id_of(1), some_labels, 3));
    append_one(fixture, post(fixture, id_of(2), "meow"));
    int status = store_backup(fixture->options, file, &error);
    if (status == MEOWER_ERROR_UNSUPPORTED) {
        assert_non_null(strstr(error.message, "backup"));
        assert_int_equal(store_restore(fixture->options, file, &error), MEOWER_ERROR_UNSUPPORTED);
    } else {
        check_ok(status, &error);
        meower_store_info before = fixture->store.info;
        append_one(fixture, post(fixture, id_of(3), "after the backup"));
        assert_int_equal(store_restore(fixture->options, file, &error), MEOWER_ERROR_LOCKED);
        store_close(&fixture->store);
        check_ok(store_restore(fixture->options, file, &error), &error);
        open_store(fixture);
        assert_string_not_equal(fixture->store.info.epoch, before.epoch);
        CHECK_IDS(list_all(fixture), 2, 1);
        check_labels(get_one(fixture, id_of(1)), some_labels, 3);
        assert_int_equal(append_one(fixture, post(fixture, id_of(4), "meow")).position, 3);
        assert_int_equal(unlink(file), 0);
    }
    assert_int_equal(rmdir(path), 0);
}

#define STORE_TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        STORE_TEST(a_new_store_is_empty),
        STORE_TEST(an_epoch_is_sixteen_hexadecimal_digits),
        STORE_TEST(another_store_has_another_epoch),
        STORE_TEST(opening_again_finds_meows_events_and_epoch),
        STORE_TEST(opening_again_goes_on_with_the_next_position),
        STORE_TEST(opening_again_finds_checkpoints_keys_and_leases),
        STORE_TEST(the_newest_id_is_known_after_opening),
        STORE_TEST(the_newest_id_is_known_even_when_it_is_deleted),
        STORE_TEST(meows_without_events_get_them_in_id_order),
        STORE_TEST(meows_are_adopted_once),
        STORE_TEST(posts_get_the_next_positions_in_their_order),
        STORE_TEST(positions_have_no_hole_between_batches),
        STORE_TEST(a_post_says_what_was_stored),
        STORE_TEST(an_empty_batch_changes_nothing),
        STORE_TEST(a_batch_with_a_malformed_operation_stores_nothing),
        STORE_TEST(refused_operations_take_no_position),
        STORE_TEST(operations_of_all_kinds_take_positions_in_their_order),
        STORE_TEST(bodies_come_back_byte_for_byte),
        STORE_TEST(a_body_ends_where_its_length_says),
        STORE_TEST(a_meow_comes_back_with_its_labels),
        STORE_TEST(a_meow_without_labels_has_none),
        STORE_TEST(each_meow_of_a_batch_has_its_own_labels),
        STORE_TEST(a_meow_may_have_the_most_and_longest_labels),
        STORE_TEST(labels_are_there_after_opening_again),
        STORE_TEST(a_deletion_has_no_labels_and_leaves_those_of_others),
        STORE_TEST(a_replayed_post_keeps_the_labels_it_was_stored_with),
        STORE_TEST(what_a_refused_batch_labels_is_not_labelled),
        STORE_TEST(a_list_of_labels_is_what_a_look_at_each_meow_gives),
        STORE_TEST(a_list_of_labels_has_bounds_and_skips_and_takes),
        STORE_TEST(a_deleted_meow_is_in_no_list_of_its_labels),
        STORE_TEST(a_label_that_nobody_has_is_no_error),
        STORE_TEST(a_count_knows_bounds_and_deletions),
        STORE_TEST(a_deleted_meow_is_in_no_list),
        STORE_TEST(a_deletion_is_an_event_without_body),
        STORE_TEST(the_creation_of_a_deleted_meow_has_no_body),
        STORE_TEST(deleting_what_is_not_there_is_not_found),
        STORE_TEST(a_batch_may_delete_what_it_posts),
        STORE_TEST(an_id_that_is_not_above_the_newest_is_refused),
        STORE_TEST(ids_are_compared_bytewise_when_they_are_stored),
        STORE_TEST(of_a_batch_that_is_refused_nothing_is_stored),
        STORE_TEST(a_batch_that_was_refused_is_stored_with_higher_ids),
        STORE_TEST(the_id_of_a_post_that_is_not_stored_may_be_low),
        STORE_TEST(the_newest_id_outlives_its_meow),
        STORE_TEST(the_newest_id_is_kept_when_older_ones_are_adopted),
        STORE_TEST(the_ids_of_a_batch_must_rise),
        STORE_TEST(two_who_write_in_turns_keep_one_order),
        STORE_TEST(a_key_used_again_replays_its_meow),
        STORE_TEST(a_key_with_another_fingerprint_conflicts),
        STORE_TEST(keys_are_told_apart),
        STORE_TEST(two_posts_of_one_batch_with_one_key_store_one_meow),
        STORE_TEST(an_expired_key_is_free_again),
        STORE_TEST(a_key_is_free_at_the_instant_it_expires),
        STORE_TEST(forgetting_expired_keys_spares_the_others),
        STORE_TEST(a_replay_after_the_deletion_stores_nothing),
        STORE_TEST(a_key_may_have_255_bytes),
        STORE_TEST(a_checkpoint_keeps_its_last_position),
        STORE_TEST(a_lease_keeps_others_out),
        STORE_TEST(a_lease_that_is_renewed_lasts_longer),
        STORE_TEST(a_lease_that_ran_out_goes_to_the_next),
        STORE_TEST(a_lease_is_free_at_the_instant_it_expires),
        STORE_TEST(a_lease_renewed_until_now_is_given_back),
        STORE_TEST(a_list_is_newest_first),
        STORE_TEST(a_list_can_be_oldest_first),
        STORE_TEST(ids_are_compared_bytewise),
        STORE_TEST(the_bounds_of_a_list_are_left_out),
        STORE_TEST(a_list_skips_and_takes),
        STORE_TEST(get_gives_the_meows_that_exist),
        STORE_TEST(events_are_read_after_any_position),
        STORE_TEST(events_are_read_up_to_a_maximum),
        STORE_TEST(a_sink_that_stops_ends_every_call_with_its_status),
        STORE_TEST(a_lane_reads_on_after_a_sink_has_stopped),
        STORE_TEST(every_lane_sees_what_was_appended),
        STORE_TEST(lanes_see_whole_batches_without_a_hole_while_they_are_appended),
        STORE_TEST(a_new_epoch_is_another_one_and_changes_nothing_else),
        STORE_TEST(a_new_epoch_stays),
        STORE_TEST(who_looks_sees_the_store_while_it_is_open_and_goes_on),
        STORE_TEST(looking_makes_no_store),
        STORE_TEST(a_sound_store_finds_nothing_wrong_with_itself),
        STORE_TEST(a_backup_is_a_store_of_another_epoch_when_it_is_restored),
    };
    return cmocka_run_group_tests_name(store_adapter.name, tests, NULL, NULL);
}
