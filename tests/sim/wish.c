/* wish.c - see wish.h. No word of the authors is a part of another one, or a typo of it, so that a search finds a meow
 * exactly when its body has the words. */
#include "sim/wish.h"
#include <stdio.h>
#include <string.h>

void wish_choose(struct wish *wish, struct chance *chance)
{
    *wish = (struct wish){.term_count = 0};
    if (chance_permille(chance, 500)) {
        return;
    }
    wish->term_count = authors_choose_labels(chance_below(chance, 1000), wish->terms);
    if (wish->term_count == 0 || chance_permille(chance, 300)) {
        wish->words[0] = authors_word(chance_below(chance, 1000));
        wish->words[1] = chance_permille(chance, 300) ? authors_word(chance_below(chance, 1000)) : NULL;
        snprintf(wish->text, sizeof(wish->text), "%s %s", wish->words[0], wish->words[1] == NULL ? "" : wish->words[1]);
    }
}

meower_follow wish_follow(const struct wish *wish, const char *cursor)
{
    meower_follow follow = MEOWER_FOLLOW_INIT;

    follow.cursor = cursor;
    follow.labels = wish->terms;
    follow.label_count = wish->term_count;
    follow.text = wish->text[0] == '\0' ? NULL : wish->text;
    follow.text_len = strlen(wish->text);
    return follow;
}

bool wish_holds(const struct wish *wish, const struct ledger_meow *meow)
{
    for (size_t i = 0; i < 2; i++) {
        if (wish->words[i] != NULL && strstr(meow->body, wish->words[i]) == NULL) {
            return false;
        }
    }
    return ledger_matches(meow, wish->terms, wish->term_count);
}
