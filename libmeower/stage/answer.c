/* answer.c - the meows of an answer, and the searched words in them. */
#include "stage/answer.h"
#include <stdlib.h>

void answer_release(struct answer *answer)
{
    for (size_t i = 0; i < answer->count; i++) {
        meow_release(answer->meows[i]);
        if (answer->highlights != NULL) {
            free(answer->highlights[i].ranges);
        }
    }
    free(answer->highlights);
}

/* The items that no meow of the answer has as they are. The engine allows these another first letter, unless a meow
 * that it left out has them. */
static uint32_t find_differing(const struct match_query *query, const struct words *words, size_t count)
{
    uint32_t differing = 0;

    for (size_t item = 0; item < query->count; item++) {
        bool has = false;
        for (size_t i = 0; i < count && !has; i++) {
            has = highlight_has(&query->items[item], &words[i]);
        }
        differing |= has ? 0 : UINT32_C(1) << item;
    }
    return differing;
}

/* Cuts every meow of the answer into words. Returns a status; what was cut before an error stays. */
static int split_meows(const struct answer *answer, struct words *words)
{
    int status = MEOWER_OK;

    for (size_t i = 0; i < answer->count && status == MEOWER_OK; i++) {
        status = words_split(answer->meows[i]->view.body, answer->meows[i]->view.body_len, &words[i]);
    }
    return status;
}

int answer_highlight(struct answer *answer, const struct match_query *query)
{
    struct words *words = calloc(answer->count + 1, sizeof(*words));
    int status = MEOWER_ERROR_NO_MEMORY;

    answer->highlights = calloc(answer->count + 1, sizeof(*answer->highlights));
    if (words != NULL && answer->highlights != NULL) {
        status = split_meows(answer, words);
    }
    uint32_t differing = status == MEOWER_OK ? find_differing(query, words, answer->count) : 0;
    for (size_t i = 0; i < answer->count && status == MEOWER_OK; i++) {
        const meower_meow *meow = &answer->meows[i]->view;
        status = highlight_find(query, differing, meow->body, meow->body_len, &words[i], &answer->highlights[i]);
    }
    for (size_t i = 0; words != NULL && i < answer->count; i++) {
        words_free(&words[i]);
    }
    free(words);
    return status;
}
