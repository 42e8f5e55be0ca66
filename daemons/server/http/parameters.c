/* parameters.c - "name=value&..." as a query string or a form has it. */
#include "server/http/parameters.h"

#define NAME_SIZE 64 /* bytes of a parameter's decoded name that can be of interest, with a NUL */

static int hexadecimal_value(char c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    if ((c | 0x20) >= 'a' && (c | 0x20) <= 'f') {
        return (c | 0x20) - 'a' + 10;
    }
    return -1;
}

bool percent_decode(struct slice text, bool plus_is_space, char *out, size_t size, size_t *len)
{
    size_t used = 0;
    for (size_t i = 0; i < text.len; i++) {
        char c = text.text[i];
        if (used + 1 >= size) {
            return false;
        }
        if (c == '%') {
            int high = text.len - i > 2 ? hexadecimal_value(text.text[i + 1]) : -1;
            int low = text.len - i > 2 ? hexadecimal_value(text.text[i + 2]) : -1;
            if (high < 0 || low < 0) {
                return false;
            }
            c = (char)(high * 16 + low);
            i += 2;
        } else if (c == '+' && plus_is_space) {
            c = ' ';
        }
        out[used++] = c;
    }
    out[used] = '\0';
    *len = used;
    return true;
}

static bool is_unreserved(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '-' || c == '.' ||
           c == '_' || c == '~';
}

bool percent_encode(const char *text, size_t len, struct buffer *out)
{
    static const char digits[] = "0123456789ABCDEF";
    if (!buffer_reserve(out, 3 * len)) {
        return false;
    }
    for (size_t i = 0; i < len; i++) {
        unsigned char byte = (unsigned char)text[i];
        const char escape[3] = {'%', digits[byte >> 4], digits[byte & 15]};
        buffer_append(out, is_unreserved(text[i]) ? &text[i] : escape, is_unreserved(text[i]) ? 1 : 3);
    }
    return true;
}

bool parameter_next(struct slice *parameters, struct slice *name, struct slice *value)
{
    if (parameters->text == NULL) {
        return false;
    }
    const char *end = parameters->len > 0 ? memchr(parameters->text, '&', parameters->len) : NULL;
    struct slice pair = {parameters->text, end == NULL ? parameters->len : (size_t)(end - parameters->text)};
    *parameters = end == NULL ? (struct slice){NULL, 0} : (struct slice){end + 1, parameters->len - pair.len - 1};

    const char *equals = pair.len > 0 ? memchr(pair.text, '=', pair.len) : NULL;
    *name = (struct slice){pair.text, equals == NULL ? pair.len : (size_t)(equals - pair.text)};
    *value = (struct slice){pair.text + pair.len, 0};
    if (equals != NULL) {
        *value = (struct slice){equals + 1, pair.len - name->len - 1};
    }
    return true;
}

enum parameter_result parameter_get(struct slice parameters, const char *name, char *out, size_t size, size_t *len)
{
    char decoded[NAME_SIZE];
    struct slice key, value;
    while (parameter_next(&parameters, &key, &value)) {
        size_t key_len;
        if (!percent_decode(key, true, decoded, sizeof(decoded), &key_len)) {
            continue;
        }
        if (key_len != strlen(name) || memcmp(decoded, name, key_len) != 0) {
            continue;
        }
        return percent_decode(value, true, out, size, len) ? PARAMETER_FOUND : PARAMETER_MALFORMED;
    }
    return PARAMETER_ABSENT;
}

bool number_parse(struct slice text, unsigned long long max, unsigned long long *number)
{
    unsigned long long value = 0;
    if (text.len == 0) {
        return false;
    }
    for (size_t i = 0; i < text.len; i++) {
        if (text.text[i] < '0' || text.text[i] > '9') {
            return false;
        }
        unsigned long long digit = (unsigned long long)(text.text[i] - '0');
        if (digit > max || value > (max - digit) / 10) {
            return false;
        }
        value = value * 10 + digit;
    }
    *number = value;
    return true;
}
