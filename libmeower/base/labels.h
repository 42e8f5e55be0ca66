/* labels.h - what a meow carries besides its text: pairs of key and value, in one form wherever they lie.
 *
 * That form is an array in bytewise order of key, then value, and none twice. The texts of such an array can lie in one
 * run of bytes, "key NUL value NUL" of one label after the other: two arrays are alike when their runs are, so that a
 * store may keep a run, and a hash of it tells labels apart. */
#ifndef BASE_LABELS_H
#define BASE_LABELS_H

#include <meower/meow.h>
#include <stdbool.h>

/* Bytes of the longest run. */
#define LABELS_TEXT_MAX (MEOWER_LABELS_MAX * (MEOWER_LABEL_KEY_MAX + 1 + 4 * MEOWER_LABEL_VALUE_MAX + 1))

/* Compares by key, then by value, bytewise. As memcmp(): below 0, 0 or above. */
int labels_compare(const meower_label *left, const meower_label *right);

/* Compares the keys alone. */
int labels_compare_keys(const meower_label *left, const meower_label *right);

/* Checks what a post and a filter have in common: at most MEOWER_LABELS_MAX pairs, each with a right key and a right
 * value. `whose` says in the message who may not have more, such as "a meow". Returns a status. */
int labels_check_each(const char *whose, const meower_label *labels, size_t count, meower_error *error);

/* Bytes of the run of these labels; 0 when there are none. */
size_t labels_text_len(const meower_label *labels, size_t count);

/* Copies labels, which were checked and are in any order, into `out`, which has room for `count`, in order. Their texts
 * stay where they are. */
void labels_sort(const meower_label *labels, size_t count, meower_label *out);

/* Copies labels, which were checked and are in any order: the array into `out`, which has room for `count`, in order,
 * and its run into `text`, which has room for labels_text_len() bytes. */
void labels_copy(const meower_label *labels, size_t count, meower_label *out, char *text);

/* Labels that are gathered one by one, such as from the rows of a store. Begin with count and len 0; nothing else needs
 * to be set. */
struct labels_buffer {
    size_t count;
    size_t len; /* bytes of text that are used */
    meower_label labels[MEOWER_LABELS_MAX];
    char text[LABELS_TEXT_MAX];
};

/* Copies a label to the end. Returns false when no meow can have so many, or such long ones. */
bool labels_buffer_add(struct labels_buffer *buffer, const char *key, size_t key_len, const char *value,
                       size_t value_len);

/* Copies the labels of a run to the end, whose texts end with `terminator` instead of NUL. Returns false when it is no
 * run, or as labels_buffer_add(). */
bool labels_buffer_add_run(struct labels_buffer *buffer, const char *run, size_t len, char terminator);

/* Bytes that labels_write_json() will write; 0 when there are none. */
size_t labels_json_len(const meower_label *labels, size_t count);

/* Writes labels in order as a member of a JSON object: "labels":{"author":"tom","tag":["cats","naps"]}, nothing when
 * there are none. Returns the byte after the last one written; adds no NUL. */
char *labels_write_json(const meower_label *labels, size_t count, char *out);

#endif
