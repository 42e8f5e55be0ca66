/* pair.c - two instances on one store. */
#include "flow/pair.h"
#include "flow/toy_search.h"

void pair_init(struct pair *pair)
{
    shared_store_init(&pair->store);
    wire_init(&pair->wire);
    fixture_init(&pair->one);
    fixture_init(&pair->two);
    atomic_store(&pair->two.clock.chance, 2);
    pair->one.parts.store = pair->two.parts.store = &pair->store;
    pair->one.parts.wire = pair->two.parts.wire = &pair->wire;
}

void pair_init_on_index(struct pair *pair, struct toy_index *index)
{
    toy_index_init(index);
    pair_init(pair);
    pair->one.parts.index = pair->two.parts.index = index;
}

void pair_init_apart(struct pair *pair, struct toy_index *index)
{
    pair_init_on_index(pair, index);
    pair->one.parts.wire = pair->two.parts.wire = NULL;
}

void pair_begin(struct pair *pair, const char *const *pairs)
{
    pair_init(pair);
    fixture_open(&pair->one, pairs);
    fixture_open(&pair->two, pairs);
}

void pair_destroy(struct pair *pair)
{
    fixture_destroy(&pair->one);
    fixture_destroy(&pair->two);
    wire_destroy(&pair->wire);
    shared_store_destroy(&pair->store);
}

void pair_end(struct pair *pair)
{
    fixture_close(&pair->one);
    fixture_close(&pair->two);
    pair_destroy(pair);
}

void run_both(struct pair *pair)
{
    int working = 1;

    for (int i = 0; i < 1000 && working != 0; i++) {
        working = meower_step(pair->one.feed, NULL) | meower_step(pair->two.feed, NULL);
    }
}

void run_both_for(struct pair *pair, int ms)
{
    for (int passed = 0; passed < ms; passed += 100) {
        run_both(pair);
        fake_clock_advance_ms(&pair->one.clock, 100);
        fake_clock_advance_ms(&pair->two.clock, 100);
    }
    run_both(pair);
}

void take_all(meower_subscription *subscription, uint64_t *position)
{
    const meower_event *event;

    while (meower_subscription_next(subscription, &event, NULL) == 1) {
        ++*position;
        assert_int_equal(event->position, *position);
    }
}
