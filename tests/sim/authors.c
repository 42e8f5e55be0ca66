/* authors.c - see authors.h. The body of a post begins with "m" and the number of its intent, so that what is stored
 * tells whose it is. */
#include "sim/authors.h"
#include "base/cursor.h"
#include "sim/answers.h"
#include "sim/world.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const words[] = {"meow", "purr", "hiss", "paw", "Käse", "whisker", "tail", "nap"};

#define WORD_COUNT (sizeof(words) / sizeof(words[0]))

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
    authors->intents = allocate(max, sizeof(*authors->intents));
    authors->attempts = allocate(max, sizeof(*authors->attempts));
    authors->key_meows = allocate(max, sizeof(*authors->key_meows));
}

void authors_destroy(struct authors *authors)
{
    free(authors->intents);
    free(authors->attempts);
    free(authors->key_meows);
}

void authors_write_body(size_t number, char out[LEDGER_BODY_SIZE])
{
    snprintf(out, LEDGER_BODY_SIZE, "m%zu %s %s", number, words[number % WORD_COUNT],
             words[number / WORD_COUNT % WORD_COUNT]);
}

const char *authors_word(size_t number)
{
    return words[number % WORD_COUNT];
}

size_t authors_choose_labels(size_t number, meower_label labels[AUTHORS_LABELS_MAX])
{
    const char *tag = words[number % WORD_COUNT];

    labels[0] =
        number % 3 == 0 ? (meower_label)MEOWER_LABEL("author", "tom") : (meower_label)MEOWER_LABEL("room", "garden");
    labels[1] = (meower_label){"tag", strlen("tag"), tag, strlen(tag)};
    return number % (AUTHORS_LABELS_MAX + 1);
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

/* An intent with the key of another one, to be refused. */
static size_t new_rival(struct authors *authors, unsigned key)
{
    authors->intents[authors->intent_count].key = key;
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
    struct attempt *attempt = &world->authors.attempts[world->authors.attempt_count++];

    *attempt = (struct attempt){.kind = kind, .state = ATTEMPT_PENDING, .node = node->number, .life = node->life};
    return attempt;
}

static void *tag_of(const struct world *world, const struct attempt *attempt)
{
    return (void *)(uintptr_t)(attempt - world->authors.attempts);
}

static bool is_turned_away(int status)
{
    return status == MEOWER_ERROR_BUSY || status == MEOWER_ERROR_CLOSED;
}

/* The submitting call has returned: a refusal is an answer. */
static void end_submit(struct world *world, struct attempt *attempt, int status)
{
    world_note(world, attempt->node, attempt->kind == MEOWER_STORE_POST ? "post" : "delete", attempt->intent,
               (uint64_t)-status);
    if (status != MEOWER_OK) {
        attempt->state = ATTEMPT_REFUSED;
        return;
    }
    world->authors.pending++;
    if (attempt->kind == MEOWER_STORE_POST) {
        world->authors.intents[attempt->intent].may_be_there = true;
    }
}

static void check_submit(struct world *world, int status)
{
    if (status != MEOWER_OK && !is_turned_away(status)) {
        world_fail(world, "a command is refused with %s", meower_status_name(status));
    }
}

/* A post as it is submitted. */
struct post_text {
    char body[LEDGER_BODY_SIZE];
    char key[16];
    meower_label labels[AUTHORS_LABELS_MAX];
};

static struct attempt *prepare_post(struct world *world, const struct node *node, size_t number, struct post_text *text,
                                    meower_post *post)
{
    struct attempt *attempt = new_attempt(world, node, MEOWER_STORE_POST);
    unsigned key = world->authors.intents[number].key;

    attempt->intent = number;
    authors_write_body(number, text->body);
    snprintf(text->key, sizeof(text->key), "k%u", key);
    *post = (meower_post){
        .struct_size = sizeof(*post),
        .body = text->body,
        .body_len = strlen(text->body),
        .idempotency_key = key == 0 ? NULL : text->key,
        .tag = tag_of(world, attempt),
        .labels = text->labels,
        .label_count = authors_choose_labels(number, text->labels),
    };
    return attempt;
}

void authors_post(struct world *world, struct node *node)
{
    struct post_text text;
    meower_post post;
    struct attempt *attempt = prepare_post(world, node, choose_intent(world), &text, &post);
    int status = post.label_count > 0 ? meower_command_submit_posts(node->command, &post, 1, NULL)
                                      : meower_command_submit_post(node->command, post.body, post.body_len,
                                                                   post.idempotency_key, post.tag, NULL);

    check_submit(world, status);
    end_submit(world, attempt, status);
}

static const char *choose_victim(struct world *world)
{
    const struct ledger *ledger = &world->ledger;

    return ledger->meows[chance_below(&world->chance, (unsigned)ledger->meow_count)].id;
}

void authors_delete(struct world *world, struct node *node)
{
    struct attempt *attempt;
    int status;

    if (world->ledger.meow_count == 0) {
        return;
    }
    attempt = new_attempt(world, node, MEOWER_STORE_DELETE);
    memcpy(attempt->id, choose_victim(world), MEOWER_ID_SIZE);
    status = meower_command_submit_delete(node->command, attempt->id, tag_of(world, attempt), NULL);
    check_submit(world, status);
    end_submit(world, attempt, status);
}

/* ---- several with one call -------------------------------------------------------------------------------------- */

/* Some of those that are submitted together are the same one, or have the key of another one. */
static size_t choose_among(struct world *world, const struct attempt *before, size_t count)
{
    struct authors *authors = &world->authors;

    if (count > 0 && chance_permille(&world->chance, 200)) {
        size_t number = before[chance_below(&world->chance, (unsigned)count)].intent;
        unsigned key = authors->intents[number].key;
        if (key != 0) {
            return chance_permille(&world->chance, 500) ? number : new_rival(authors, key);
        }
    }
    return choose_intent(world);
}

/* Now and then one or two of the posts are such as may not be posted. Returns the index of the first; `count`: none. */
static size_t spoil_some(struct world *world, meower_post *posts, size_t count)
{
    size_t first = count;
    unsigned spoilt = count > 0 && chance_permille(&world->chance, 100) ? 1 + chance_below(&world->chance, 2) : 0;

    for (; spoilt > 0; spoilt--) {
        size_t index = chance_below(&world->chance, (unsigned)count);
        switch (chance_below(&world->chance, 3)) {
        case 0:
            posts[index].body_len = 0;
            break;
        case 1:
            posts[index].body = "bell\a";
            posts[index].body_len = 5;
            break;
        default:
            posts[index].idempotency_key = "";
        }
        first = index < first ? index : first;
    }
    return first;
}

/* All are submitted or none, and the first that may not be posted, `bad`, is named. */
static void check_many(struct world *world, const struct node *node, size_t count, size_t bad, int status,
                       const meower_error *error)
{
    char expected[40] = "";

    if (count > node->queue_max) {
        snprintf(expected, sizeof(expected), "%zu posts never fit", count);
    } else if (bad < count) {
        snprintf(expected, sizeof(expected), "posts[%zu]: ", bad);
    } else {
        check_submit(world, status);
        return;
    }
    if (status != MEOWER_ERROR_INVALID || strncmp(error->message, expected, strlen(expected)) != 0) {
        world_fail(world, "node %d: %zu posts are answered with %s: %s", node->number, count,
                   meower_status_name(status), error->message);
    }
}

void authors_post_many(struct world *world, struct node *node)
{
    size_t count = chance_below(&world->chance, AUTHORS_MANY_MAX + 1);
    struct authors *authors = &world->authors;
    struct attempt *attempts = &authors->attempts[authors->attempt_count];
    struct post_text texts[AUTHORS_MANY_MAX];
    meower_post posts[AUTHORS_MANY_MAX];
    meower_error error = {0};
    size_t bad;
    int status;

    authors->manys++;
    for (size_t i = 0; i < count; i++) {
        size_t intents = authors->intent_count;
        size_t number = choose_among(world, attempts, i);
        if (number >= intents) {
            authors->intents[number].together = authors->manys;
        }
        (void)prepare_post(world, node, number, &texts[i], &posts[i]);
    }
    bad = spoil_some(world, posts, count);
    world_note(world, node->number, "many", count, bad);
    status = meower_command_submit_posts(node->command, posts, count, &error);
    check_many(world, node, count, bad, status, &error);
    for (size_t i = 0; i < count; i++) {
        end_submit(world, &attempts[i], status);
    }
}

/* ---- answers ---------------------------------------------------------------------------------------------------- */

static void take(struct world *world, const meower_command_result *result)
{
    struct attempt *attempt = &world->authors.attempts[(uintptr_t)result->tag];

    if ((uintptr_t)result->tag >= world->authors.attempt_count) {
        world_fail(world, "command %llu was answered, which nobody gave", (unsigned long long)(uintptr_t)result->tag);
    }
    if (attempt->state != ATTEMPT_PENDING) {
        world_fail(world, "command %llu was answered twice", (unsigned long long)(uintptr_t)result->tag);
    }
    world->authors.pending--;
    answers_check(world, attempt, result);
}

#define TAKEN_MAX 6 /* answers with one call */

/* One or several with one call. Returns how many. */
static int take_some(struct world *world, struct node *node)
{
    meower_command_result results[TAKEN_MAX] = {MEOWER_COMMAND_RESULT_INIT};
    meower_error errors[TAKEN_MAX];
    unsigned max = 1 + chance_below(&world->chance, TAKEN_MAX);
    int taken;

    for (int i = 0; i < TAKEN_MAX; i++) {
        results[i].error = &errors[i];
    }
    taken = max == 1 ? meower_command_next(node->command, results, NULL)
                     : meower_command_next_many(node->command, results, max, NULL);
    if (taken < 0 || taken > (int)max) {
        world_fail(world, "node %d: taking at most %u answers gave %d", node->number, max, taken);
    }
    for (int i = 0; i < taken; i++) {
        take(world, &results[i]);
    }
    return taken;
}

/* Not all answers are taken at once: some may wait for the next time. */
void authors_take(struct world *world, struct node *node)
{
    while (node->command != NULL && take_some(world, node) > 0) {
        if (!world->is_calm && chance_permille(&world->chance, 100)) {
            return;
        }
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

#define TIMEOUT_COUNT (sizeof(timeouts_ms) / sizeof(timeouts_ms[0]))

/* Whether the outcome is not known: no answer came in time, or the node died. Without a time limit it is the store that
 * says TIMEOUT, and then nothing was stored. */
static bool is_unheard(const struct node *node, int timeout_ms, const meower_command_result *result)
{
    return node->is_dead || (result->status == MEOWER_ERROR_TIMEOUT && timeout_ms >= 0);
}

static bool has_given_up(const meower_command_result *result)
{
    return result->status == MEOWER_ERROR_TIMEOUT && strstr(result->error->message, "no answer within") != NULL;
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
    } else if (is_turned_away(result->status)) {
        attempt->state = ATTEMPT_REFUSED;
    } else {
        answers_check(world, attempt, result);
    }
}

void authors_call(struct world *world, struct node *node)
{
    bool deletes = world->ledger.meow_count > 0 && chance_permille(&world->chance, 200);
    int timeout_ms = timeouts_ms[chance_below(&world->chance, TIMEOUT_COUNT)];
    int64_t began_us = world->now_us;
    meower_command_result result = MEOWER_COMMAND_RESULT_INIT;
    meower_error error = {0};
    struct attempt *attempt;

    node_begin_call(node);
    if (deletes) {
        attempt = new_attempt(world, node, MEOWER_STORE_DELETE);
        memcpy(attempt->id, choose_victim(world), MEOWER_ID_SIZE);
        world_note(world, node->number, "call", 0, (uint64_t)timeout_ms);
        result.status = meower_command_delete(node->caller, attempt->id, timeout_ms, &result, &error);
    } else {
        struct post_text text;
        meower_post post;
        struct intent *intent;
        bool was_possible;
        attempt = prepare_post(world, node, choose_intent(world), &text, &post);
        intent = &world->authors.intents[attempt->intent];
        was_possible = intent->may_be_there;
        intent->may_be_there = true;
        world_note(world, node->number, "call", attempt->intent, (uint64_t)timeout_ms);
        result.status = meower_command_post_one(node->caller, &post, timeout_ms, &result, &error);
        if (is_turned_away(result.status)) {
            intent->may_be_there = was_possible;
        }
    }
    result.error = &error;
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
        memcpy(authors->former, authors->cursor, sizeof(authors->former));
    }
    authors->answered = world->ledger.head;
    cursor_format(world->store.epoch, world->ledger.head, authors->cursor);
}

/* ---- commits ---------------------------------------------------------------------------------------------------- */

/* What is submitted together is stored in its order. (What has a key may have come in another way.) */
static void check_order(struct world *world, size_t number)
{
    const struct authors *authors = &world->authors;
    const struct intent *intent = &authors->intents[number];

    for (size_t i = number + 1; i < authors->intent_count && intent->together != 0 && intent->key == 0; i++) {
        const struct intent *later = &authors->intents[i];
        if (later->together != intent->together) {
            return;
        }
        if (later->key == 0 && later->meow != 0) {
            world_fail(world, "post %zu is stored after post %zu, but was submitted before it in the same call", number,
                       i);
        }
    }
}

void authors_note_commit(struct world *world, const char *body, size_t meow)
{
    struct authors *authors = &world->authors;
    size_t number = strtoul(body + 1, NULL, 10);
    struct intent *intent = &authors->intents[number];
    char expected[LEDGER_BODY_SIZE];

    authors_write_body(number, expected);
    if (number >= authors->intent_count || strncmp(body, expected, strlen(expected)) != 0) {
        world_fail(world, "a text is stored that nobody posted");
    }
    if (intent->meow != 0) {
        world_fail(world, "post %zu is stored twice", number);
    }
    if (!intent->may_be_there) {
        world_fail(world, "post %zu is stored, but its author was told that it is not", number);
    }
    check_order(world, number);
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
