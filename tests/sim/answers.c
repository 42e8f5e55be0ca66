/* answers.c - see answers.h. */
#include "sim/answers.h"
#include "sim/world.h"
#include <string.h>

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
        memcpy(world->authors.cursor, result->cursor, sizeof(world->authors.cursor));
    }
    return meow;
}

static void post_done(struct world *world, struct attempt *attempt, const meower_command_result *result)
{
    const struct ledger_meow *meow = check_event(world, result, MEOWER_EVENT_CREATED);
    struct intent *intent = &world->authors.intents[attempt->intent];
    char body[LEDGER_BODY_SIZE];
    meower_label labels[AUTHORS_LABELS_MAX];
    meower_meow posted = {.body = body, .labels = labels};

    authors_write_body(attempt->intent, body);
    posted.label_count = authors_choose_labels(attempt->intent, labels);
    if (!ledger_is_same(meow, &posted)) {
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

void answers_check(struct world *world, struct attempt *attempt, const meower_command_result *result)
{
    world_note(world, attempt->node, "answered", result->position, (uint64_t)-result->status);
    if (!is_expected(result->status)) {
        world_fail(world, "a command ended with %s: %s", meower_status_name(result->status), result->error->message);
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
