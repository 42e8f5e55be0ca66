/* postgresql_array.c - the binary format of one-dimensional arrays, as array_recv() reads it (PostgreSQL 15,
 * src/backend/utils/adt/arrayfuncs.c): dimensions, a flag, the elements' type, count and lower bound, then each element
 * with its length in front (-1: null). All numbers are big-endian and of 32 bits. */
#include "store/postgresql_array.h"
#include <endian.h>
#include <stdlib.h>
#include <string.h>

#define NULL_LEN UINT32_MAX

/* Room for `len` more bytes; libpq takes no more than INT_MAX. */
static bool reserve(struct postgresql_array *array, size_t len)
{
    if (array->has_failed || len > INT32_MAX - array->len) {
        array->has_failed = true;
        return false;
    }
    if (len <= array->capacity - array->len) {
        return true;
    }
    size_t capacity = (array->len + len) * 2;
    char *bytes = realloc(array->bytes, capacity);
    if (bytes == NULL) {
        array->has_failed = true;
        return false;
    }
    array->bytes = bytes;
    array->capacity = capacity;
    return true;
}

static void put(struct postgresql_array *array, const void *bytes, size_t len)
{
    memcpy(array->bytes + array->len, bytes, len);
    array->len += len;
}

static void put_number(struct postgresql_array *array, uint32_t number)
{
    uint32_t big_endian = htobe32(number);
    put(array, &big_endian, sizeof(big_endian));
}

void postgresql_array_begin(struct postgresql_array *array, unsigned type, size_t count)
{
    array->len = 0;
    array->has_failed = count > INT32_MAX;
    if (!reserve(array, 5 * sizeof(uint32_t))) {
        return;
    }
    put_number(array, 1);
    put_number(array, 0);
    put_number(array, type);
    put_number(array, (uint32_t)count);
    put_number(array, 1);
}

void postgresql_array_add_bytes(struct postgresql_array *array, const char *bytes, size_t len)
{
    if (len > INT32_MAX / 2 || !reserve(array, sizeof(uint32_t) + len)) {
        array->has_failed = true;
        return;
    }
    put_number(array, (uint32_t)len);
    put(array, bytes, len);
}

void postgresql_array_add_text(struct postgresql_array *array, const char *text)
{
    if (text != NULL) {
        postgresql_array_add_bytes(array, text, strlen(text));
    } else if (reserve(array, sizeof(uint32_t))) {
        put_number(array, NULL_LEN);
    }
}

void postgresql_array_add_integer(struct postgresql_array *array, int number)
{
    uint32_t big_endian = htobe32((uint32_t)number);
    postgresql_array_add_bytes(array, (const char *)&big_endian, sizeof(big_endian));
}

void postgresql_array_add_bigint(struct postgresql_array *array, int64_t number)
{
    uint64_t big_endian = htobe64((uint64_t)number);
    postgresql_array_add_bytes(array, (const char *)&big_endian, sizeof(big_endian));
}

void postgresql_array_add_time(struct postgresql_array *array, int64_t time_us)
{
    postgresql_array_add_bigint(array, postgresql_time_from_us(time_us));
}

void postgresql_array_free(struct postgresql_array *array)
{
    free(array->bytes);
    *array = (struct postgresql_array){0};
}

int postgresql_array_bind(const struct postgresql_array *arrays, size_t count, struct postgresql_parameters *parameters,
                          meower_error *error)
{
    for (size_t i = 0; i < count; i++) {
        if (arrays[i].has_failed) {
            return meower_error_set(error, MEOWER_ERROR_NO_MEMORY, 0, MEOWER_ERROR_FLAG_RETRIABLE,
                                    "no memory for a statement to PostgreSQL; nothing was sent");
        }
        postgresql_add_bytes(parameters, arrays[i].bytes, arrays[i].len);
    }
    return MEOWER_OK;
}
