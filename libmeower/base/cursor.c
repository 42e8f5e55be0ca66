/* cursor.c - a position as an opaque token, and back. */
#include "base/cursor.h"
#include "base/decimal.h"
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define EPOCH_LEN (MEOWER_EPOCH_SIZE - 1)

void cursor_draw_epoch(const meower_clock *clock, char epoch[MEOWER_EPOCH_SIZE])
{
    uint64_t chance;

    clock->random(clock->context, &chance, sizeof(chance));
    snprintf(epoch, MEOWER_EPOCH_SIZE, "%016" PRIx64, chance);
}

char *cursor_format(const char *epoch, uint64_t position, char out[MEOWER_CURSOR_SIZE])
{
    size_t epoch_len = strnlen(epoch, EPOCH_LEN);
    memcpy(out, epoch, epoch_len);
    out[epoch_len] = '-';
    char *end = decimal_write(position, out + epoch_len + 1);
    *end = '\0';
    return end;
}

static bool is_hexadecimal(char character)
{
    return (character >= '0' && character <= '9') || (character >= 'a' && character <= 'f') ||
           (character >= 'A' && character <= 'F');
}

/* Reads the whole text as a decimal number without leading zeros. */
static bool parse_position(const char *text, uint64_t *position)
{
    if (text[0] == '\0' || (text[0] == '0' && text[1] != '\0')) {
        return false;
    }
    uint64_t value = 0;
    for (; *text != '\0'; text++) {
        if (*text < '0' || *text > '9') {
            return false;
        }
        unsigned digit = (unsigned)(*text - '0');
        if (value > (UINT64_MAX - digit) / 10) {
            return false;
        }
        value = value * 10 + digit;
    }
    *position = value;
    return true;
}

static bool begins_with_epoch(const char *text)
{
    size_t len = 0;

    while (len < EPOCH_LEN && is_hexadecimal(text[len])) {
        len++;
    }
    return len == EPOCH_LEN;
}

bool cursor_is_epoch(const char epoch[MEOWER_EPOCH_SIZE])
{
    return begins_with_epoch(epoch) && epoch[EPOCH_LEN] == '\0';
}

bool cursor_parse(const char *text, char epoch[MEOWER_EPOCH_SIZE], uint64_t *position)
{
    if (!begins_with_epoch(text) || text[EPOCH_LEN] != '-' || !parse_position(text + EPOCH_LEN + 1, position)) {
        return false;
    }
    memcpy(epoch, text, EPOCH_LEN);
    epoch[EPOCH_LEN] = '\0';
    return true;
}
