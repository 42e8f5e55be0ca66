/* labels.h - what a meow carries besides its text: pairs of key and value, in one form wherever they lie.
 *
 * That form is an array in bytewise order of key, then value, and none twice. The texts of such an array can lie in one
 * run of bytes, "key NUL value NUL" of one label after the other: two arrays are alike when their runs are, so that a
 * store may keep a run, and a hash of it tells labels apart. */
#ifndef BASE_LABELS_H
#define BASE_LABELS_H

#include <meower/meow.h>

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

/* Bytes that labels_write_json() will write; 0 when there are none. */
size_t labels_json_len(const meower_label *labels, size_t count);

/* Writes labels in order as a member of a JSON object: "labels":{"author":"tom","tag":["cats","naps"]}, nothing when
 * there are none. Returns the byte after the last one written; adds no NUL. */
char *labels_write_json(const meower_label *labels, size_t count, char *out);

#endif
