/* label_word.c - see label_word.h. */
#include "search/index/label_word.h"
#include <string.h>

size_t label_word_write(const meower_label *label, char out[LABEL_WORD_MAX])
{
    char *at = out;

    *at++ = LABEL_WORD_BEGINNING;
    memcpy(at, label->key, label->key_len);
    at += label->key_len;
    *at++ = '=';
    memcpy(at, label->value, label->value_len);
    return (size_t)(at + label->value_len - out);
}
