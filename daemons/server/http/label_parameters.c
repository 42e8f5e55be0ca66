/* label_parameters.c - see label_parameters.h. */
#include "server/http/label_parameters.h"

#include "server/http/parameters.h"
#include <meower/backend.h>
#include <string.h>

#define PREFIX     "label."
#define PREFIX_LEN (sizeof(PREFIX) - 1)
#define NAME_SIZE  (PREFIX_LEN + MEOWER_LABEL_KEY_MAX + 2) /* decoded; one more than is right, to be refused by name */
#define VALUE_SIZE (4 * (MEOWER_LABEL_VALUE_MAX + 1) + 1)  /* the same */

static bool refuse(meower_error *error, const char *why)
{
    meower_error_set(error, MEOWER_ERROR_INVALID, 0, 0, "%s", why);
    return false;
}

bool label_add(struct labels_buffer *labels, const char *key, size_t key_len, const char *value, size_t value_len,
               meower_error *error)
{
    if (labels->count == MEOWER_LABELS_MAX) {
        return refuse(error, "there are more than 16 labels; a meow has 16 at most, and a filter asks for 16 at most");
    }
    return labels_buffer_add(labels, key, key_len, value, value_len) ||
           refuse(error, "a label is too long; its key has 1 to 32 characters, its value 1 to 128");
}

/* The value cannot be decoded. Only a right key is repeated: any other may be bytes that no message can show. */
static bool refuse_value(const char *key, size_t key_len, meower_error *error)
{
    const meower_label label = {key, key_len, "any", strlen("any")};
    if (meower_labels_check(&label, 1, NULL) != MEOWER_OK) {
        return refuse(error, "the value of a label is too long or badly encoded; it has 1 to 128 characters");
    }
    meower_error_set(error, MEOWER_ERROR_INVALID, 0, 0,
                     "the value of the label \"%.*s\" is too long or badly encoded; it has 1 to 128 characters",
                     (int)key_len, key);
    return false;
}

/* Whether a name that cannot be decoded was meant for a label. */
static bool begins_as_label(struct slice name)
{
    return name.len >= PREFIX_LEN && memcmp(name.text, PREFIX, PREFIX_LEN) == 0;
}

bool label_parameters_add(struct slice parameters, struct labels_buffer *labels, meower_error *error)
{
    char name[NAME_SIZE], value[VALUE_SIZE];
    struct slice encoded_name, encoded_value;
    while (parameter_next(&parameters, &encoded_name, &encoded_value)) {
        size_t name_len, value_len;
        bool is_name = percent_decode(encoded_name, true, name, sizeof(name), &name_len);
        if (!is_name && begins_as_label(encoded_name)) {
            return refuse(error, "the key of a label is too long or badly encoded; it has 1 to 32 characters");
        }
        if (!is_name || name_len < PREFIX_LEN || memcmp(name, PREFIX, PREFIX_LEN) != 0) {
            continue;
        }
        if (!percent_decode(encoded_value, true, value, sizeof(value), &value_len)) {
            return refuse_value(name + PREFIX_LEN, name_len - PREFIX_LEN, error);
        }
        if (!label_add(labels, name + PREFIX_LEN, name_len - PREFIX_LEN, value, value_len, error)) {
            return false;
        }
    }
    return true;
}

bool label_parameters_write(const struct labels_buffer *labels, struct buffer *out)
{
    bool is_written = true;
    for (size_t i = 0; i < labels->count && is_written; i++) {
        const meower_label *label = &labels->labels[i];
        is_written = buffer_append(out, "&" PREFIX, PREFIX_LEN + 1) && buffer_append(out, label->key, label->key_len) &&
                     buffer_append(out, "=", 1) && percent_encode(label->value, label->value_len, out);
    }
    return is_written;
}
