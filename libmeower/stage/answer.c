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

static int highlight_meow(const struct meow *meow, const struct match_query *query, struct answer_highlights *out)
{
    struct words words;
    int status = words_split(meow->view.body, meow->view.body_len, &words);

    if (status != MEOWER_OK || words.count == 0) {
        return status;
    }
    out->ranges = calloc(words.count, sizeof(*out->ranges));
    if (out->ranges == NULL) {
        words_free(&words);
        return MEOWER_ERROR_NO_MEMORY;
    }
    for (size_t i = 0; i < words.count; i++) {
        int level = MATCH_NONE;
        for (size_t j = 0; j < query->count && level == MATCH_NONE; j++) {
            level = match_level(&query->items[j], words.items[i].text, words.items[i].len);
        }
        if (level != MATCH_NONE) {
            out->ranges[out->count][0] = words.items[i].start;
            out->ranges[out->count][1] = words.items[i].length;
            out->count++;
        }
    }
    words_free(&words);
    return MEOWER_OK;
}

int answer_highlight(struct answer *answer, const struct match_query *query)
{
    int status = MEOWER_OK;

    answer->highlights = calloc(answer->count + 1, sizeof(*answer->highlights));
    if (answer->highlights == NULL) {
        return MEOWER_ERROR_NO_MEMORY;
    }
    for (size_t i = 0; i < answer->count && status == MEOWER_OK; i++) {
        status = highlight_meow(answer->meows[i], query, &answer->highlights[i]);
    }
    return status;
}
