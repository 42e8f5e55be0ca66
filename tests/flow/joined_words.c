/* joined_words.c - see joined_words.h. */
#include "flow/joined_words.h"
#include "base/ranking.h"
#include <stdlib.h>
#include <string.h>

static void *require(void *memory)
{
    if (memory == NULL) {
        abort();
    }
    return memory;
}

/* Takes the words apart. */
static struct words split(const char *joined)
{
    size_t len = strlen(joined);
    struct words words = {.items = require(calloc(len + 1, sizeof(*words.items))), .buffer = require(malloc(len + 1))};

    memcpy(words.buffer, joined, len + 1);
    for (char *at = words.buffer; *at != '\0';) {
        size_t word_len = strcspn(at, " ");
        words.items[words.count++] = (struct word){.text = at, .len = word_len};
        at += word_len;
        if (*at == ' ') {
            *at++ = '\0';
        }
    }
    return words;
}

size_t joined_words_rank(const char *const *documents, size_t count, const meower_search_request *request,
                         uint32_t *order)
{
    struct ranking *ranking = require(ranking_new(request));
    uint32_t *numbers = require(calloc(count + 1, sizeof(*numbers))); /* of what is ranked */
    size_t ranked = 0;

    for (size_t i = 0; i < count; i++) {
        if (documents[i] != NULL) {
            struct words words = split(documents[i]);
            if (!ranking_add(ranking, &words)) {
                abort();
            }
            words_free(&words);
            numbers[ranked++] = (uint32_t)i;
        }
    }
    size_t found = ranking_order(ranking, order);
    for (size_t i = 0; i < found; i++) {
        order[i] = numbers[order[i]];
    }
    ranking_free(ranking);
    free(numbers);
    return found;
}
