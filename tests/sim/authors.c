/* authors.c - see authors.h. The body of a post begins with "m" and the number of its intent, so that what is stored
 * tells whose it is. */
#include "sim/authors.h"
#include "base/cursor.h"
#include "sim/world.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const words[] = {"meow", "purr", "hiss", "paw", "Käse", "whisker", "tail", "nap"};

#define WORD_COUNT (sizeof words / sizeof words[0])

static void *allocate(size_t count, size_t size)
{
    void *memory = calloc(count, size);

    if (memory == NULL) {
        abort();
    }
    return memory;
}

void authors_init(struct authors *authors, size_t max)
{
    authors->max = max;
    authors->intents = allocate(max, sizeof *authors->intents);
    authors->attempts = allocate(max, sizeof *authors->attempts);
    authors->key_meows = allocate(max, sizeof *authors->key_meows);
}

void authors_destroy(struct authors *authors)
{
    free(authors->intents);
    free(authors->attempts);
    free(authors->key_meows);
}

static void write_body(size_t number, char out[LEDGER_BODY_SIZE])
{
    snprintf(out, LEDGER_BODY_SIZE, "m%zu %s %s", number, words[number % WORD_COUNT],
             words[number / WORD_COUNT % WORD_COUNT]);
}

/* ---- asking ----------------------------------------------------------------------------------------------------- */

/* A new intent: without a key, with a new one, or, to be refused, with a key that another text has. */
static size_t new_intent(struct world *world)
{
    struct authors *authors = &world->authors;
    struct intent *intent = &authors->intents[authors->intent_count];

    if (chance_permille(&world->chance, world->plan.key_permille)) {
        bool takes_old = authors->key_count > 0 && chance_permille(&world->chance, 100);
        intent->key = takes_old ? 1 + chance_below(&world->chance, authors->key_count) : ++authors->key_count;
    }
    return authors->intent_count++;
}

/* An intent with a key that somebody asks for once more, or a new one. */
static size_t choose_intent(struct world *world)
{
    const struct authors *authors = &world->authors;

    if (authors->intent_count > 0 && chance_permille(&world->chance, world->plan.key_permille)) {
        size_t recent = authors->intent_count < 12 ? authors->intent_count : 12;
        size_t number = authors->intent_count - 1 - chance_below(&world->chance, (unsigned)recent);
        if (authors->intents[number].key != 0) {
            return number;
        }
    }
    return new_intent(world);
}

static struct attempt *new_attempt(struct world *world, const struct node *node, int kind)
{
    struct attempt *attempt = &world->authors.attempts[world->authors.attempt_count];

    *attempt = (struct attempt){.kind = kind, .state = ATTEMPT_PENDING, .node = node->number, .life = node->life};
    return attempt;
}

/* The submitting call has returned: a refusal is an answer. */
static void end_submit(struct world *world, struct attempt *attempt, int status)
{
    world_note(world, attempt->node, attempt->kind == MEOWER_STORE_POST ? "post" : "delete", attempt->intent,
               (uint64_t)-status);
    if (status != MEOWER_OK && status != MEOWER_ERROR_BUSY && status != MEOWER_ERROR_CLOSED) {
        world_fail(world, "a command is refused with %s", meower_status_name(status));
    }
    world->authors.attempt_count++;
    if (status == MEOWER_OK) {
        world->authors.pending++;
    } else {
        attempt->state = ATTEMPT_REFUSED;
    }
}

void authors_post(struct world *world, struct node *node)
{
    size_t number = choose_intent(world);
    struct intent *intent = &world->authors.intents[number];
    struct attempt *attempt = new_attempt(world, node, MEOWER_STORE_POST);
    char body[LEDGER_BODY_SIZE];
    char key[16];
    int status;

    attempt->intent = number;
    write_body(number, body);
    snprintf(key, sizeof key, "k%u", intent->key);
    status = meower_command_submit_post(node->command, body, strlen(body), intent->key == 0 ? NULL : key,
                                        (void *)(uintptr_t)world->authors.attempt_count, NULL);
    intent->may_be_there |= status == MEOWER_OK;
    end_submit(world, attempt, status);
}

void authors_delete(struct world *world, struct node *node)
{
    const struct ledger *ledger = &world->ledger;
    struct attempt *attempt = new_attempt(world, node, MEOWER_STORE_DELETE);
    int status;

    if (ledger->meow_count == 0) {
        return;
    }
    memcpy(attempt->id, ledger->meows[chance_below(&world->chance, (unsigned)ledger->meow_count)].id, MEOWER_ID_SIZE);
    status =
        meower_command_submit_delete(node->command, attempt->id, (void *)(uintptr_t)world->authors.attempt_count, NULL);
    end_submit(world, attempt, status);
}

/* ---- answers ---------------------------------------------------------------------------------------------------- */

/* What an answer says was committed must be. */
static const struct ledger_meow *check_event(struct world *world, const meower_command_result *result, int kind)
{
    const struct ledger_event *event = ledger_event_at(&world->ledger, result->position);
    const struct ledger_meow *meow;

    if (event == NULL || event->kind != kind) {
        world_fail(world, "meow %s was answered with position %llu, where no such event is committed", result->id,
                   (unsigned long long)result->position);
    }
    meow = &world->ledger.meows[event->meow];
    if (strcmp(meow->id, result->id) != 0) {
        world_fail(world, "meow %s was answered with position %llu, which is that of %s", result->id,
                   (unsigned long long)result->position, meow->id);
    }
    if (result->position > world->authors.answered) {
        world->authors.answered = result->position;
        memcpy(world->authors.cursor, result->cursor, sizeof world->authors.cursor);
    }
    return meow;
}

static void post_done(struct world *world, struct attempt *attempt, const meower_command_result *result)
{
    const struct ledger_meow *meow = check_event(world, result, MEOWER_EVENT_CREATED);
    struct intent *intent = &world->authors.intents[attempt->intent];
    char body[LEDGER_BODY_SIZE];

    write_body(attempt->intent, body);
    if (strcmp(meow->body, body) != 0) {
        world_fail(world, "the post \"%s\" was answered with meow %s, which says \"%s\"", body, meow->id, meow->body);
    }
    if (meow->created_at_us != result->created_at_us) {
        world_fail(world, "meow %s was answered with another time than it is stored with", meow->id);
    }
    intent->is_promised = true;
}

/* A refusal for good: then it must not be there, unless another attempt has brought it. */
static void post_refused(struct world *world, struct attempt *attempt, const meower_command_result *result)
{
    struct intent *intent = &world->authors.intents[attempt->intent];

    if (result->status == MEOWER_ERROR_CONFLICT) {
        if (intent->key == 0 || world->authors.key_meows[intent->key - 1] == 0 || intent->meow != 0) {
            world_fail(world, "post %zu was refused as a conflict, but its key has no other text", attempt->intent);
        }
        return;
    }
    if (intent->key != 0) {
        return;
    }
    intent->may_be_there = false;
    if (intent->meow != 0) {
        world_fail(world, "post %zu was refused with \"%s\", but is stored", attempt->intent,
                   meower_status_name(result->status));
    }
}

static void delete_refused(struct world *world, const struct attempt *attempt, const meower_command_result *result)
{
    const struct ledger_meow *meow = ledger_find(&world->ledger, attempt->id);

    if (result->status == MEOWER_ERROR_NOT_FOUND && ledger_is_alive(meow, world->ledger.head)) {
        world_fail(world, "the deletion of %s was answered as not found, but it is there", attempt->id);
    }
}

static bool is_expected(int status)
{
    return status == MEOWER_OK || status == MEOWER_ERROR_CONFLICT || status == MEOWER_ERROR_NOT_FOUND ||
           status == MEOWER_ERROR_UNAVAILABLE || status == MEOWER_ERROR_TIMEOUT || status == MEOWER_ERROR_IO ||
           status == MEOWER_ERROR_OUTCOME_UNKNOWN;
}

/* What the answer says must be so. */
static void end_attempt(struct world *world, struct attempt *attempt, const meower_command_result *result)
{
    world_note(world, attempt->node, "answered", result->position, (uint64_t)-result->status);
    if (!is_expected(result->status)) {
        world_fail(world, "a command ended with %s: %s", meower_status_name(result->status), result->error.message);
    }
    attempt->state = ATTEMPT_REFUSED;
    if (result->status == MEOWER_ERROR_OUTCOME_UNKNOWN) {
        attempt->state = ATTEMPT_UNKNOWN;
    } else if (result->status != MEOWER_OK && attempt->kind == MEOWER_STORE_POST) {
        post_refused(world, attempt, result);
    } else if (result->status != MEOWER_OK) {
        delete_refused(world, attempt, result);
    } else {
        attempt->state = ATTEMPT_DONE;
        if (attempt->kind == MEOWER_STORE_POST) {
            post_done(world, attempt, result);
        } else {
            (void)check_event(world, result, MEOWER_EVENT_DELETED);
        }
    }
}

static void take(struct world *world, const meower_command_result *result)
{
    struct attempt *attempt = &world->authors.attempts[(uintptr_t)result->tag];

    if (attempt->state != ATTEMPT_PENDING) {
        world_fail(world, "command %llu was answered twice", (unsigned long long)(uintptr_t)result->tag);
    }
    world->authors.pending--;
    end_attempt(world, attempt, result);
}

void authors_take(struct world *world, struct node *node)
{
    meower_command_result result;

    while (node->command != NULL && meower_command_next(node->command, &result) == 1) {
        take(world, &result);
    }
}

void authors_lose(struct world *world, const struct node *node)
{
    struct authors *authors = &world->authors;

    for (size_t i = 0; i < authors->attempt_count; i++) {
        struct attempt *attempt = &authors->attempts[i];
        if (attempt->state == ATTEMPT_PENDING && attempt->node == node->number && attempt->life == node->life) {
            attempt->state = ATTEMPT_UNKNOWN;
            authors->pending--;
        }
    }
}

/* ---- waiting ---------------------------------------------------------------------------------------------------- */

static const int timeouts_ms[] = {0, 60, 1000, 10000, -1};

#define TIMEOUT_COUNT (sizeof timeouts_ms / sizeof timeouts_ms[0])

/* Who gets no answer in time knows nothing, nor does one that has died. Without a time limit a TIMEOUT is the store's
 * own: then nothing was stored. */
static bool is_unheard(const struct node *node, int timeout_ms, const meower_command_result *result)
{
    return node->is_dead || (result->status == MEOWER_ERROR_TIMEOUT && timeout_ms >= 0);
}

static bool has_given_up(const meower_command_result *result)
{
    return result->status == MEOWER_ERROR_TIMEOUT && strstr(result->error.message, "no answer within") != NULL;
}

static void end_call(struct world *world, const struct node *node, struct attempt *attempt, int timeout_ms,
                     int64_t began_us, const meower_command_result *result)
{
    world->authors.calls++;
    if (has_given_up(result) && world->now_us - began_us < (int64_t)timeout_ms * 1000) {
        world_fail(world, "node %d: a call gave up before %d ms were over", node->number, timeout_ms);
    }
    if (is_unheard(node, timeout_ms, result)) {
        world_note(world, node->number, "unheard", 0, (uint64_t)-result->status);
        attempt->state = ATTEMPT_UNKNOWN;
    } else if (result->status == MEOWER_ERROR_BUSY || result->status == MEOWER_ERROR_CLOSED) {
        attempt->state = ATTEMPT_REFUSED;
    } else {
        end_attempt(world, attempt, result);
    }
}

static const char *choose_victim(struct world *world)
{
    const struct ledger *ledger = &world->ledger;

    return ledger->meows[chance_below(&world->chance, (unsigned)ledger->meow_count)].id;
}

void authors_call(struct world *world, struct node *node)
{
    bool deletes = world->ledger.meow_count > 0 && chance_permille(&world->chance, 200);
    size_t number = deletes ? 0 : choose_intent(world);
    struct attempt *attempt = new_attempt(world, node, deletes ? MEOWER_STORE_DELETE : MEOWER_STORE_POST);
    int timeout_ms = timeouts_ms[chance_below(&world->chance, TIMEOUT_COUNT)];
    int64_t began_us = world->now_us;
    meower_command_result result = {0};
    meower_error error = {0};
    char body[LEDGER_BODY_SIZE];
    char key[16];

    world->authors.attempt_count++;
    world_note(world, node->number, "call", number, (uint64_t)timeout_ms);
    node_begin_call(node);
    if (deletes) {
        memcpy(attempt->id, choose_victim(world), MEOWER_ID_SIZE);
        result.status = meower_command_delete(node->caller, attempt->id, timeout_ms, &result, &error);
    } else {
        const struct intent *intent = &world->authors.intents[number];
        bool was_possible = world->authors.intents[number].may_be_there;
        attempt->intent = number;
        world->authors.intents[number].may_be_there = true;
        write_body(number, body);
        snprintf(key, sizeof key, "k%u", intent->key);
        result.status = meower_command_post(node->caller, body, strlen(body), intent->key == 0 ? NULL : key, timeout_ms,
                                            &result, &error);
        if (result.status == MEOWER_ERROR_BUSY || result.status == MEOWER_ERROR_CLOSED) {
            world->authors.intents[number].may_be_there = was_possible;
        }
    }
    result.error = error;
    end_call(world, node, attempt, timeout_ms, began_us, &result);
    node_end_call(node);
}

/* ---- another life of the store ---------------------------------------------------------------------------------- */

/* Whether the meow (1 + its index in the ledger) was there at the position the store has gone back to. */
static bool is_restored(const struct world *world, size_t meow)
{
    return meow != 0 && world->ledger.meows[meow - 1].created != LEDGER_NEVER;
}

void authors_go_back(struct world *world)
{
    struct authors *authors = &world->authors;

    for (size_t i = 0; i < authors->intent_count; i++) {
        struct intent *intent = &authors->intents[i];
        intent->meow = is_restored(world, intent->meow) ? intent->meow : 0;
        intent->is_promised = intent->meow != 0;
        intent->may_be_there = intent->is_promised;
    }
    for (unsigned i = 0; i < authors->key_count; i++) {
        authors->key_meows[i] = is_restored(world, authors->key_meows[i]) ? authors->key_meows[i] : 0;
    }
}

void authors_begin_life(struct world *world)
{
    struct authors *authors = &world->authors;

    if (authors->answered > 0) {
        memcpy(authors->former, authors->cursor, sizeof authors->former);
    }
    authors->answered = world->ledger.head;
    cursor_format(world->store.epoch, world->ledger.head, authors->cursor);
}

/* ---- commits ---------------------------------------------------------------------------------------------------- */

void authors_note_commit(struct world *world, const char *body, size_t meow)
{
    struct authors *authors = &world->authors;
    size_t number = strtoul(body + 1, NULL, 10);
    struct intent *intent = &authors->intents[number];
    char expected[LEDGER_BODY_SIZE];

    write_body(number, expected);
    if (number >= authors->intent_count || strncmp(body, expected, strlen(expected)) != 0) {
        world_fail(world, "a text is stored that nobody posted");
    }
    if (intent->meow != 0) {
        world_fail(world, "post %zu is stored twice", number);
    }
    if (!intent->may_be_there) {
        world_fail(world, "post %zu is stored, but its author was told that it is not", number);
    }
    intent->meow = meow + 1;
    if (intent->key == 0) {
        return;
    }
    if (authors->key_meows[intent->key - 1] != 0) {
        world_fail(world, "two texts are stored with the idempotency key k%u", intent->key);
    }
    authors->key_meows[intent->key - 1] = meow + 1;
}

void authors_check(struct world *world)
{
    const struct authors *authors = &world->authors;

    for (size_t i = 0; i < authors->intent_count; i++) {
        if (authors->intents[i].is_promised && authors->intents[i].meow == 0) {
            world_fail(world, "post %zu was answered as stored, and is not", i);
        }
    }
    if (authors->pending != 0) {
        world_fail(world, "%zu commands were never answered", authors->pending);
    }
}
