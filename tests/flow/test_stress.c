/* test_stress.c - everything at once for a few seconds: eight who post and delete, four who subscribe, leave and come
 * back with their cursors, two who list. Then the books must balance. */
#include "flow/support.h"
#include <stdlib.h>
#include <string.h>

#define DURATION_MS   2500
#define POSTERS       8
#define SUBSCRIBERS   4
#define LISTERS       2
#define POSITIONS_MAX 150000 /* the posters stop before: the index comes after them before the feed is closed */

/* What the posters were answered, by position. */
struct ledger {
    pthread_mutex_t mutex;
    unsigned char kinds[POSITIONS_MAX + 1];
    char (*ids)[MEOWER_ID_SIZE];          /* POSITIONS_MAX + 1 */
    bool is_deleted[POSITIONS_MAX + 1];   /* of a creation: its meow is gone */
    uint64_t creation[POSITIONS_MAX + 1]; /* of a deletion: where its meow was created */
    uint64_t count;
    uint64_t alive;
};

struct stress {
    meower_feed *feed;
    struct ledger ledger;
    atomic_bool is_over;
    atomic_bool is_posted;         /* the last event has come */
    _Atomic(const char *) failure; /* the last, or NULL */
    atomic_uint lists;
    atomic_uint reopened;
};

/* One thread and what it keeps. */
struct actor {
    struct stress *stress;
    pthread_t thread;
    unsigned seed;
    unsigned char *seen; /* of a subscriber: how often each position came */
    uint64_t from;       /* it has everything after this, */
    uint64_t through;    /* up to this */
};

static void fail_with(struct stress *stress, const char *failure)
{
    atomic_store(&stress->failure, failure);
}

/* ---- posting ---------------------------------------------------------------------------------------------------- */

/* Writes a result down. Positions must be new. Returns false when the ledger is full. */
static bool record(struct stress *stress, const meower_command_result *result, int kind, uint64_t creation)
{
    struct ledger *ledger = &stress->ledger;
    bool has_room = result->position + 1000 < POSITIONS_MAX;

    pthread_mutex_lock(&ledger->mutex);
    if (result->position == 0 || ledger->kinds[result->position] != 0) {
        fail_with(stress, "a position was given twice");
    }
    ledger->kinds[result->position] = (unsigned char)kind;
    memcpy(ledger->ids[result->position], result->id, MEOWER_ID_SIZE);
    ledger->count++;
    if (kind == MEOWER_EVENT_CREATED) {
        ledger->alive++;
    } else {
        ledger->alive--;
        ledger->is_deleted[creation] = true;
        ledger->creation[result->position] = creation;
    }
    pthread_mutex_unlock(&ledger->mutex);
    return has_room;
}

/* Posts a few at once, waits for their results, deletes one of them now and then. */
static bool post_round(struct actor *actor, meower_command *command, meower_command *waiting)
{
    struct stress *stress = actor->stress;
    meower_command_result result = MEOWER_COMMAND_RESULT_INIT;
    meower_command_result erased = MEOWER_COMMAND_RESULT_INIT;
    int count = 1 + rand_r(&actor->seed) % 6;
    bool has_room = true;

    for (int i = 0; i < count; i++) {
        if (meower_command_submit_post(command, "stressful", 9, NULL, actor, NULL) != MEOWER_OK) {
            fail_with(stress, "a post was refused");
        }
    }
    for (int taken = 0; taken < count;) {
        if (!waits_until_readable(meower_command_fd(command))) {
            fail_with(stress, "no result came");
            return false;
        }
        if (meower_command_next(command, &result, NULL) == 1) {
            taken++;
            if (result.status != MEOWER_OK || result.tag != actor) {
                fail_with(stress, "a post failed");
                return false;
            }
            has_room = record(stress, &result, MEOWER_EVENT_CREATED, 0) && has_room;
        }
    }
    if (rand_r(&actor->seed) % 3 == 0) {
        if (meower_command_delete(waiting, result.id, PATIENCE_MS, &erased, NULL) != MEOWER_OK) {
            fail_with(stress, "a deletion failed");
            return false;
        }
        has_room = record(stress, &erased, MEOWER_EVENT_DELETED, result.position) && has_room;
    }
    return has_room;
}

static void *post_until_over(void *argument)
{
    struct actor *actor = argument;
    meower_command *command = NULL;
    meower_command *waiting = NULL;

    if (meower_command_open(actor->stress->feed, &command, NULL) != MEOWER_OK ||
        meower_command_open(actor->stress->feed, &waiting, NULL) != MEOWER_OK) {
        fail_with(actor->stress, "no command handle");
    } else {
        while (!atomic_load(&actor->stress->is_over) && post_round(actor, command, waiting)) {
        }
    }
    meower_command_close(command);
    meower_command_close(waiting);
    return NULL;
}

/* ---- subscribing ------------------------------------------------------------------------------------------------ */

/* Takes up to `wanted` events. Returns false when none came for long, or out of order. */
static bool take_some(struct actor *actor, meower_subscription *subscription, int wanted, int timeout_ms)
{
    const meower_event *event;

    while (wanted-- > 0) {
        int status = meower_subscription_wait(subscription, timeout_ms, &event, NULL);
        if (status == 0) {
            return true;
        }
        if (status != 1 || event->position <= actor->through || event->position > POSITIONS_MAX) {
            fail_with(actor->stress, "an event failed or was out of order");
            return false;
        }
        actor->seen[event->position]++;
        actor->through = event->position;
    }
    return true;
}

/* Opens at the cursor, takes some, and keeps the cursor for the next time. */
static bool visit(struct actor *actor, char cursor[MEOWER_CURSOR_SIZE], int wanted, int timeout_ms)
{
    meower_subscription *subscription = NULL;
    bool is_well;

    if (meower_subscription_open(actor->stress->feed, cursor, &subscription, NULL) != MEOWER_OK ||
        !meower_subscription_recovered(subscription)) {
        fail_with(actor->stress, "a cursor was not recovered");
        meower_subscription_close(subscription);
        return false;
    }
    is_well = take_some(actor, subscription, wanted, timeout_ms);
    memcpy(cursor, meower_subscription_cursor(subscription), MEOWER_CURSOR_SIZE);
    meower_subscription_close(subscription);
    atomic_fetch_add(&actor->stress->reopened, 1);
    return is_well;
}

static void *subscribe_until_over(void *argument)
{
    struct actor *actor = argument;
    char cursor[MEOWER_CURSOR_SIZE] = "";
    bool is_well = true;

    while (is_well && !atomic_load(&actor->stress->is_over)) {
        is_well = visit(actor, cursor, rand_r(&actor->seed) % 3000, 20);
        if (rand_r(&actor->seed) % 4 == 0) {
            sleep_ms((unsigned)rand_r(&actor->seed) % 40); /* falls out of the window */
        }
    }
    while (!atomic_load(&actor->stress->is_posted)) {
        sleep_ms(1);
    }
    while (is_well && actor->through < (uint64_t)feed_metric(actor->stress->feed, "position")) {
        is_well = visit(actor, cursor, POSITIONS_MAX, 200);
    }
    return NULL;
}

/* ---- listing ---------------------------------------------------------------------------------------------------- */

static void check_page(struct stress *stress, const meower_page *page)
{
    for (size_t i = 0; i + 1 < meower_page_count(page); i++) {
        if (strcmp(meower_page_meow(page, i)->id, meower_page_meow(page, i + 1)->id) <= 0) {
            fail_with(stress, "a page is out of order");
        }
    }
}

/* Walks from the newest to older ones. */
static bool walk(struct stress *stress, meower_query *query, unsigned *seed)
{
    meower_list what = MEOWER_LIST_INIT;
    char oldest[MEOWER_ID_SIZE] = "";
    int pages = 1 + rand_r(seed) % 5;
    bool has_older = true;

    what.take = 1 + (uint32_t)rand_r(seed) % 120;
    for (int i = 0; i < pages && has_older; i++) {
        meower_page *page = NULL;
        what.max_id = i == 0 ? NULL : oldest;
        if (meower_query_list(query, &what, PATIENCE_MS, &page, NULL) != MEOWER_OK) {
            fail_with(stress, "a list failed");
            return false;
        }
        check_page(stress, page);
        if (meower_page_count(page) > 0) {
            const char *first = meower_page_meow(page, 0)->id;
            if (i > 0 && strcmp(first, oldest) >= 0) {
                fail_with(stress, "a page is not older than the one before");
            }
            memcpy(oldest, meower_page_meow(page, meower_page_count(page) - 1)->id, MEOWER_ID_SIZE);
        }
        has_older = meower_page_has_older(page) && meower_page_count(page) > 0;
        meower_page_free(page);
        atomic_fetch_add(&stress->lists, 1);
    }
    return true;
}

static void *list_until_over(void *argument)
{
    struct actor *actor = argument;
    meower_query *query = NULL;

    if (meower_query_open(actor->stress->feed, &query, NULL) != MEOWER_OK) {
        fail_with(actor->stress, "no query handle");
        return NULL;
    }
    while (!atomic_load(&actor->stress->is_over) && walk(actor->stress, query, &actor->seed)) {
    }
    meower_query_close(query);
    return NULL;
}

/* ---- the books -------------------------------------------------------------------------------------------------- */

/* Every position up to the head was given to somebody, once. */
static void assert_ledger_is_gapless(struct stress *stress)
{
    struct ledger *ledger = &stress->ledger;

    assert_int_equal(feed_metric(stress->feed, "position"), ledger->count);
    for (uint64_t position = 1; position <= ledger->count; position++) {
        assert_int_not_equal(ledger->kinds[position], 0);
    }
}

/* Each subscriber saw every event once; a creation may be missing when its meow was deleted. */
static void assert_saw_everything(struct stress *stress, const struct actor *actor)
{
    struct ledger *ledger = &stress->ledger;

    assert_int_equal(actor->through, ledger->count);
    for (uint64_t position = 1; position <= ledger->count; position++) {
        if (actor->seen[position] == 0) {
            assert_int_equal(ledger->kinds[position], MEOWER_EVENT_CREATED);
            assert_true(ledger->is_deleted[position]);
        } else {
            assert_int_equal(actor->seen[position], 1);
        }
    }
}

/* The list of the whole feed, page by page, has what was posted and not deleted. */
static void assert_list_is_complete(struct stress *stress)
{
    meower_query *query = query_open(stress->feed);
    meower_list what = MEOWER_LIST_INIT;
    char oldest[MEOWER_ID_SIZE];
    uint64_t count = 0;
    bool has_older = true;

    what.take = MEOWER_TAKE_MAX;
    while (has_older) {
        meower_page *page = list(query, &what);
        check_page(stress, page);
        count += meower_page_count(page);
        has_older = meower_page_has_older(page);
        if (has_older) {
            memcpy(oldest, meower_page_meow(page, meower_page_count(page) - 1)->id, MEOWER_ID_SIZE);
            what.max_id = oldest;
        }
        meower_page_free(page);
    }
    assert_int_equal(count, stress->ledger.alive);
    meower_query_close(query);
}

static void start(struct stress *stress, struct actor *actor, unsigned seed, void *(*run)(void *))
{
    *actor = (struct actor){.stress = stress, .seed = seed};
    if (run == subscribe_until_over) {
        actor->seen = calloc(POSITIONS_MAX + 1, 1);
        assert_non_null(actor->seen);
    }
    assert_int_equal(pthread_create(&actor->thread, NULL, run, actor), 0);
}

static void run_stress(const char *const *pairs)
{
    static struct stress stress;
    const struct parts parts = {NULL, NULL, NULL, NULL, NULL};
    struct actor posters[POSTERS];
    struct actor subscribers[SUBSCRIBERS];
    struct actor listers[LISTERS];

    memset(&stress, 0, sizeof(stress));
    pthread_mutex_init(&stress.ledger.mutex, NULL);
    stress.ledger.ids = calloc(POSITIONS_MAX + 1, sizeof(*stress.ledger.ids));
    assert_non_null(stress.ledger.ids);
    stress.feed = feed_open(&parts, pairs);
    for (unsigned i = 0; i < SUBSCRIBERS; i++) {
        start(&stress, &subscribers[i], 100 + i, subscribe_until_over);
    }
    sleep_ms(50); /* so that the subscribers are there from the first event on */
    for (unsigned i = 0; i < POSTERS; i++) {
        start(&stress, &posters[i], 200 + i, post_until_over);
    }
    for (unsigned i = 0; i < LISTERS; i++) {
        start(&stress, &listers[i], 300 + i, list_until_over);
    }
    sleep_ms(DURATION_MS);
    atomic_store(&stress.is_over, true);
    for (int i = 0; i < POSTERS; i++) {
        pthread_join(posters[i].thread, NULL);
    }
    atomic_store(&stress.is_posted, true);
    for (int i = 0; i < LISTERS; i++) {
        pthread_join(listers[i].thread, NULL);
    }
    for (int i = 0; i < SUBSCRIBERS; i++) {
        pthread_join(subscribers[i].thread, NULL);
    }
    if (atomic_load(&stress.failure) != NULL) {
        fail_msg("%s", atomic_load(&stress.failure));
    }
    assert_ledger_is_gapless(&stress);
    for (int i = 0; i < SUBSCRIBERS; i++) {
        assert_saw_everything(&stress, &subscribers[i]);
        free(subscribers[i].seen);
    }
    assert_list_is_complete(&stress);
    assert_int_equal(feed_metric(stress.feed, "handles"), 0);
    print_message("%u events, %u lists, %u visits\n", (unsigned)stress.ledger.count, atomic_load(&stress.lists),
                  atomic_load(&stress.reopened));
    feed_close(stress.feed);
    free(stress.ledger.ids);
    pthread_mutex_destroy(&stress.ledger.mutex);
}

static void the_books_balance_with_little_memory(void **state)
{
    (void)state;
    run_stress(OPTIONS("event_log_max", "64", "timeline_max", "50", "roles", "command,query,subscription"));
}

static void the_books_balance_with_much_memory(void **state)
{
    (void)state;
    run_stress(OPTIONS("event_log_max", "1000000", "timeline_max", "1000000", "threads", "1"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_books_balance_with_little_memory),
        cmocka_unit_test(the_books_balance_with_much_memory),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
