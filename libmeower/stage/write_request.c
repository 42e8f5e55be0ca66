/* write_request.c - what becomes of a request: its result, and the way back to whoever made it. */
#include "stage/write_request.h"
#include "base/cursor.h"
#include <string.h>

void write_request_take_result(struct write_request *request, const meower_store_operation *operation,
                               const char *epoch)
{
    meower_command_result *result = &request->result;

    if (!write_is_command(operation->kind)) {
        return;
    }
    result->position = operation->position;
    result->replayed = operation->replayed;
    if (operation->replayed) {
        memcpy(result->id, operation->stored_id, sizeof(result->id));
        result->created_at_us = operation->stored_at_us;
    }
    if (operation->status == MEOWER_OK) {
        cursor_format(epoch, operation->position, result->cursor);
        return;
    }
    if (operation->status == MEOWER_ERROR_CONFLICT) {
        meower_error_set(
            &request->error, operation->status, 0, 0,
            "this idempotency key was used for another body or other labels; use a new key for a new meow");
    } else if (operation->status == MEOWER_ERROR_NOT_FOUND) {
        meower_error_set(&request->error, operation->status, 0, 0, "there is no meow %s", result->id);
    } else {
        meower_error_set(&request->error, operation->status, 0, 0, "the store refused the command (%s)",
                         meower_status_name(operation->status));
    }
}

static void count_answer(struct counters *counters, const struct write_request *request, int status)
{
    if (!write_is_command(request->kind)) {
        return; /* a lease that another relay holds is no failure */
    }
    if (status != MEOWER_OK) {
        atomic_fetch_add(&counters->commands_failed, 1);
    } else if (request->result.replayed) {
        atomic_fetch_add(&counters->replays, 1);
    } else if (request->kind == MEOWER_STORE_POST) {
        atomic_fetch_add(&counters->posts, 1);
    } else {
        atomic_fetch_add(&counters->deletions, 1);
    }
}

void write_answers_give_back(struct write_answers *answers)
{
    struct write_request *first = (struct write_request *)answers->first;
    size_t count = answers->count;

    if (first == NULL) {
        return;
    }
    answers->last->next = NULL;
    answers->first = NULL;
    answers->count = 0;
    first->complete(first);
    atomic_fetch_sub(&answers->pending, count);
}

void write_answers_add(struct write_answers *answers, struct write_request *request, int status)
{
    const struct write_request *first = (const struct write_request *)answers->first;

    request->result.status = status;
    count_answer(answers->counters, request, status);
    if (first != NULL && (request->requester == NULL || first->requester != request->requester)) {
        write_answers_give_back(answers);
    }
    if (answers->first == NULL) {
        answers->first = &request->node;
    } else {
        answers->last->next = &request->node;
    }
    answers->last = &request->node;
    answers->count++;
}
