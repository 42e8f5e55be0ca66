/* labels.c - see labels.h. */
#include "base/labels.h"
#include "base/json.h"
#include "base/text.h"
#include "base/utf8.h"
#include <meower/backend.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

/* ---- order ------------------------------------------------------------------------------------------------------ */

static int compare_texts(const char *left, size_t left_len, const char *right, size_t right_len)
{
    int order = memcmp(left, right, left_len < right_len ? left_len : right_len);

    if (order != 0 || left_len == right_len) {
        return order;
    }
    return left_len < right_len ? -1 : 1;
}

int labels_compare_keys(const meower_label *left, const meower_label *right)
{
    return compare_texts(left->key, left->key_len, right->key, right->key_len);
}

int labels_compare(const meower_label *left, const meower_label *right)
{
    int order = labels_compare_keys(left, right);

    return order != 0 ? order : compare_texts(left->value, left->value_len, right->value, right->value_len);
}

/* Insertion sort: there are few, and mostly they are in order already. */
void labels_sort(const meower_label *labels, size_t count, meower_label *out)
{
    for (size_t i = 0; i < count; i++) {
        size_t at = i;
        while (at > 0 && labels_compare(&out[at - 1], &labels[i]) > 0) {
            out[at] = out[at - 1];
            at--;
        }
        out[at] = labels[i];
    }
}

/* ---- the rules -------------------------------------------------------------------------------------------------- */

#define SHOWN_MAX 48 /* bytes of a key and of a value that a message shows */

/* Writes the text so that it fits a message: cut, and with a question mark for what is no character or cannot be seen.
 * `out` has room for SHOWN_MAX bytes and "...". */
static void show(const char *text, size_t len, char *out)
{
    size_t at = 0;

    while (text != NULL && at < len) {
        uint32_t code_point;
        size_t taken = utf8_decode(text + at, len - at, &code_point);
        if (at + (taken == 0 ? 1 : taken) > SHOWN_MAX) {
            memcpy(out + at, "...", 3);
            at += 3;
            break;
        }
        if (taken == 0 || code_point < 0x20 || (code_point >= 0x7F && code_point <= 0x9F)) {
            taken = taken == 0 ? 1 : taken;
            memset(out + at, '?', taken);
        } else {
            memcpy(out + at, text + at, taken);
        }
        at += taken;
    }
    out[at] = '\0';
}

#define PAIR_SIZE (2 * (SHOWN_MAX + 3) + 30)

/* Writes what a message calls the label: the label "room=garden". */
static const char *name_pair(const meower_label *label, char name[PAIR_SIZE])
{
    char key[SHOWN_MAX + 4];
    char value[SHOWN_MAX + 4];

    show(label->key, label->key_len, key);
    show(label->value, label->value_len, value);
    snprintf(name, PAIR_SIZE, "the label \"%s=%s\"", key, value);
    return name;
}

static bool is_key(const char *key, size_t len)
{
    if (key == NULL || len == 0 || len > MEOWER_LABEL_KEY_MAX || key[0] < 'a' || key[0] > 'z') {
        return false;
    }
    for (size_t i = 1; i < len; i++) {
        bool is_right = (key[i] >= 'a' && key[i] <= 'z') || (key[i] >= '0' && key[i] <= '9') || key[i] == '_';
        if (!is_right) {
            return false;
        }
    }
    return true;
}

static int check_one(const meower_label *label, meower_error *error)
{
    char name[PAIR_SIZE];
    char subject[PAIR_SIZE + 20];

    if (!is_key(label->key, label->key_len)) {
        return meower_error_set(error, MEOWER_ERROR_INVALID, 0, 0,
                                "the key of %s is malformed; a key has 1 to %d of the characters a to z, 0 to 9 and _, "
                                "and begins with a letter",
                                name_pair(label, name), MEOWER_LABEL_KEY_MAX);
    }
    if (text_check("it", label->value, label->value_len, MEOWER_LABEL_VALUE_MAX, NULL) == MEOWER_OK) {
        return MEOWER_OK;
    }
    snprintf(subject, sizeof(subject), "the value of %s", name_pair(label, name));
    return text_check(subject, label->value, label->value_len, MEOWER_LABEL_VALUE_MAX, error);
}

int labels_check_each(const char *whose, const meower_label *labels, size_t count, meower_error *error)
{
    int status = MEOWER_OK;

    if (count > MEOWER_LABELS_MAX) {
        return meower_error_set(error, MEOWER_ERROR_INVALID, 0, 0, "there are %zu labels; %s may have %d at most",
                                count, whose, MEOWER_LABELS_MAX);
    }
    if (labels == NULL && count > 0) {
        return meower_error_set(error, MEOWER_ERROR_INVALID, 0, 0,
                                "the labels are NULL, but their count is %zu; it must be 0 then", count);
    }
    for (size_t i = 0; i < count && status == MEOWER_OK; i++) {
        status = check_one(&labels[i], error);
    }
    return status;
}

int meower_labels_check(const meower_label *labels, size_t count, meower_error *error)
{
    meower_label sorted[MEOWER_LABELS_MAX];
    char name[PAIR_SIZE];
    int status = labels_check_each("a meow", labels, count, error);

    if (status != MEOWER_OK) {
        return status;
    }
    labels_sort(labels, count, sorted);
    for (size_t i = 1; i < count; i++) {
        if (labels_compare(&sorted[i - 1], &sorted[i]) == 0) {
            return meower_error_set(error, MEOWER_ERROR_INVALID, 0, 0,
                                    "%s is there twice; a key may have several values, but each only once",
                                    name_pair(&sorted[i], name));
        }
    }
    return MEOWER_OK;
}

/* ---- one run of bytes ------------------------------------------------------------------------------------------- */

size_t labels_text_len(const meower_label *labels, size_t count)
{
    size_t len = 0;

    for (size_t i = 0; i < count; i++) {
        len += labels[i].key_len + 1 + labels[i].value_len + 1;
    }
    return len;
}

static char *append(char *out, const char *text, size_t len)
{
    memcpy(out, text, len);
    out[len] = '\0';
    return out + len + 1;
}

void labels_copy(const meower_label *labels, size_t count, meower_label *out, char *text)
{
    labels_sort(labels, count, out);
    for (size_t i = 0; i < count; i++) {
        char *value = append(text, out[i].key, out[i].key_len);
        char *end = append(value, out[i].value, out[i].value_len);
        out[i].key = text;
        out[i].value = value;
        text = end;
    }
}

/* ---- JSON ------------------------------------------------------------------------------------------------------- */

static const char labels_member[] = "\"labels\":{";

#define MEMBER_LEN (sizeof(labels_member) - 1)

/* How many labels from the first on have its key. */
static size_t values_of_key(const meower_label *labels, size_t count)
{
    size_t values = 1;

    while (values < count && labels_compare_keys(&labels[0], &labels[values]) == 0) {
        values++;
    }
    return values;
}

size_t labels_json_len(const meower_label *labels, size_t count)
{
    size_t len = count == 0 ? 0 : MEMBER_LEN; /* the last comma makes room for the closing brace */

    for (size_t i = 0; i < count;) {
        size_t values = values_of_key(&labels[i], count - i);
        len += json_string_len(labels[i].key, labels[i].key_len) + strlen(":,") + (values > 1 ? strlen("[]") : 0);
        for (size_t end = i + values; i < end; i++) {
            len += json_string_len(labels[i].value, labels[i].value_len) + (i + 1 < end ? strlen(",") : 0);
        }
    }
    return len;
}

/* Writes one key with its values. */
static char *write_key(const meower_label *labels, size_t values, char *out)
{
    out = json_write_string(labels[0].key, labels[0].key_len, out);
    *out++ = ':';
    if (values == 1) {
        return json_write_string(labels[0].value, labels[0].value_len, out);
    }
    for (size_t i = 0; i < values; i++) {
        *out++ = i == 0 ? '[' : ',';
        out = json_write_string(labels[i].value, labels[i].value_len, out);
    }
    *out++ = ']';
    return out;
}

char *labels_write_json(const meower_label *labels, size_t count, char *out)
{
    if (count == 0) {
        return out;
    }
    memcpy(out, labels_member, MEMBER_LEN);
    out += MEMBER_LEN;
    for (size_t i = 0; i < count;) {
        size_t values = values_of_key(&labels[i], count - i);
        out = write_key(&labels[i], values, out);
        i += values;
        *out++ = i < count ? ',' : '}';
    }
    return out;
}
