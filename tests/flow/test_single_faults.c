/* test_single_faults.c - the same small history again and again, each time with another single call of a backend
 * failing, for every call there is: whatever fails, nothing is lost, doubled or out of order. */
#include "flow/shared_store.h"
#include "flow/support.h"
#include "flow/toy_search.h"
#include "flow/wire_bus.h"
#include <string.h>

#define ROUNDS        4
#define ROUND_POSTS   6
#define REST_MS       15000
#define NTH_CALLS_MAX 2000

/* One run of the history. */
struct run {
    struct shared_store store;
    struct wire wire;
    struct toy_index index;
    struct fixture fixture;
    meower_subscription *subscription;
    struct fault fault;
    uint64_t taken;     /* position of the last event taken */
    uint64_t committed; /* commands answered with a position */
    size_t alive;       /* meows posted and not deleted */
};

static void begin(struct run *run, const struct fault *fault)
{
    *run = (struct run){.fault = *fault};
    shared_store_init(&run->store);
    wire_init(&run->wire);
    toy_index_init(&run->index);
    fixture_init(&run->fixture);
    run->fixture.parts.store = &run->store;
    run->fixture.parts.wire = &run->wire;
    run->fixture.parts.index = &run->index;
    fixture_open(&run->fixture, OPTIONS(STEPPED, "event_log_max", "16", "timeline_max", "5"));
    run->subscription = subscription_open(run->fixture.feed, NULL);
    faults_add(&run->fixture.faults, *fault);
}

static void end(struct run *run)
{
    meower_subscription_close(run->subscription);
    fixture_end(&run->fixture);
    toy_index_destroy(&run->index);
    wire_destroy(&run->wire);
    shared_store_destroy(&run->store);
}

/* Events come in order; a creation may be missing only when its meow was deleted, one in each round. */
static void take_events(struct run *run)
{
    const meower_event *event;
    int status;

    while ((status = meower_subscription_next(run->subscription, &event, NULL)) == 1) {
        assert_true(event->position == run->taken + 1 || event->position == run->taken + 2);
        run->taken = event->position;
    }
    assert_true(status == 0 || status == run->fault.status);
}

static void pass_time(struct run *run, int ms)
{
    for (int passed = 0; passed < ms; passed += 50) {
        feed_run(run->fixture.feed);
        fake_clock_advance_ms(&run->fixture.clock, 50);
    }
    feed_run(run->fixture.feed);
}

/* Takes the answer of a command: it is carried out, or, unless trying again may help, fails as the backend did. */
static bool take_answer(struct run *run, meower_command_result *result)
{
    *result = run_until_answered(&run->fixture);
    if (result->status == MEOWER_OK) {
        run->committed++;
        assert_int_equal(result->position, run->committed);
        return true;
    }
    assert_int_equal(run->fault.flags, 0);
    assert_int_equal(result->status, run->fault.status);
    assert_int_equal(result->position, 0);
    return false;
}

/* Asks for everything; an answer is right or fails as the backend did. */
static void ask(struct run *run)
{
    meower_list newest = MEOWER_LIST_INIT;
    meower_search any = MEOWER_SEARCH_INIT;
    meower_page *page = NULL;

    any.text = "history";
    any.text_len = strlen(any.text);
    assert_int_equal(meower_query_submit_list(run->fixture.query, &newest, NULL, NULL), MEOWER_OK);
    assert_int_equal(meower_query_submit_search(run->fixture.query, &any, NULL, NULL), MEOWER_OK);
    feed_run(run->fixture.feed);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(meower_query_next(run->fixture.query, &page, NULL), 1);
        if (meower_page_status(page) != MEOWER_OK) {
            assert_int_equal(meower_page_status(page), run->fault.status);
        } else if (i == 0) {
            assert_int_equal(meower_page_count(page), run->alive);
        }
        meower_page_free(page);
    }
}

static void play_round(struct run *run)
{
    meower_command_result result = MEOWER_COMMAND_RESULT_INIT;
    char victim[MEOWER_ID_SIZE] = "";

    for (int i = 0; i < ROUND_POSTS; i++) {
        submit(run->fixture.command, "a short history", NULL);
    }
    for (int i = 0; i < ROUND_POSTS; i++) {
        if (take_answer(run, &result)) {
            run->alive++;
            memcpy(victim, result.id, sizeof(victim));
        }
    }
    ask(run);
    if (victim[0] != '\0') {
        assert_int_equal(meower_command_submit_delete(run->fixture.command, victim, NULL, NULL), MEOWER_OK);
        run->alive -= take_answer(run, &result) ? 1 : 0;
    }
    ask(run);
}

static void assert_books_balance(struct run *run)
{
    uint64_t announced = 0;

    take_events(run);
    assert_int_equal(run->taken, run->committed);
    assert_int_equal(shared_store_head(&run->store), run->committed);
    assert_feed_has(&run->fixture, run->alive);
    assert_int_equal(toy_index_count(&run->index), run->alive);
    assert_int_equal(toy_index_info(&run->index).position, run->committed);
    for (size_t i = 0; i < wire_published_count(&run->wire); i++) {
        uint64_t position = wire_published_at(&run->wire, i);
        assert_true(position <= announced + 2);
        announced = position > announced ? position : announced;
    }
    assert_int_equal(announced, run->committed);
}

/* Plays the history with this fault. Returns whether the fault was met. */
static bool play(const struct fault *fault)
{
    struct run run;
    bool is_met;

    begin(&run, fault);
    for (int round = 0; round < ROUNDS; round++) {
        play_round(&run);
        if (round % 2 == 1) { /* in between it falls out of the window */
            take_events(&run);
        }
        pass_time(&run, 300);
    }
    pass_time(&run, REST_MS);
    for (int i = 0; i < 10; i++) {
        take_events(&run);
        feed_run(run.fixture.feed);
    }
    is_met = run.fixture.faults.met > 0;
    faults_clear(&run.fixture.faults);
    assert_books_balance(&run);
    end(&run);
    return is_met;
}

static void play_with_every_call_failing(struct fault fault)
{
    unsigned nth = 0;

    do {
        fault.skip = nth++;
    } while (play(&fault) && nth < NTH_CALLS_MAX);
    assert_true(nth > 50 && nth < NTH_CALLS_MAX);
}

static void any_call_may_fail_for_a_while(void **state)
{
    (void)state;
    play_with_every_call_failing(
        (struct fault){.count = 1, .status = MEOWER_ERROR_UNAVAILABLE, .flags = MEOWER_ERROR_FLAG_RETRIABLE});
    play_with_every_call_failing(
        (struct fault){.count = 3, .status = MEOWER_ERROR_UNAVAILABLE, .flags = MEOWER_ERROR_FLAG_RETRIABLE});
}

static void any_call_may_fail_for_good(void **state)
{
    (void)state;
    play_with_every_call_failing((struct fault){.count = 1, .status = MEOWER_ERROR_IO});
}

static void any_call_may_fail_after_it_was_carried_out(void **state)
{
    (void)state;
    play_with_every_call_failing((struct fault){
        .count = 1, .status = MEOWER_ERROR_UNAVAILABLE, .flags = MEOWER_ERROR_FLAG_RETRIABLE, .is_performed = true});
    play_with_every_call_failing((struct fault){
        .count = 3, .status = MEOWER_ERROR_UNAVAILABLE, .flags = MEOWER_ERROR_FLAG_RETRIABLE, .is_performed = true});
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(any_call_may_fail_for_a_while),
        cmocka_unit_test(any_call_may_fail_for_good),
        cmocka_unit_test(any_call_may_fail_after_it_was_carried_out),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
