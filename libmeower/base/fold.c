/* fold.c - letters that Unicode's normalization leaves as they are, though people type another one for them. */
#include "base/fold.h"
#include <stdbool.h>

struct folding {
    uint32_t code_point;
    char ascii[3];
};

/* Lower-case letters of the Latin script that do not decompose: CLDR's transform Latin-ASCII (ICU 72, uconv -x
 * Latin-ASCII), in lower case. */
static const struct folding latin[] = {
    {0x00E6, "ae"}, {0x00F0, "d"},  {0x00F8, "o"},  {0x00FE, "th"}, {0x0111, "d"},  {0x0127, "h"},  {0x0131, "i"},
    {0x0138, "q"},  {0x0142, "l"},  {0x014B, "n"},  {0x0153, "oe"}, {0x0167, "t"},  {0x0180, "b"},  {0x0183, "b"},
    {0x0188, "c"},  {0x018C, "d"},  {0x0192, "f"},  {0x0195, "hv"}, {0x0199, "k"},  {0x019A, "l"},  {0x019E, "n"},
    {0x01A3, "oi"}, {0x01A5, "p"},  {0x01AB, "t"},  {0x01AD, "t"},  {0x01B4, "y"},  {0x01B6, "z"},  {0x01E5, "g"},
    {0x0221, "d"},  {0x0225, "z"},  {0x0234, "l"},  {0x0235, "n"},  {0x0236, "t"},  {0x0237, "j"},  {0x0238, "db"},
    {0x0239, "qp"}, {0x023C, "c"},  {0x023F, "s"},  {0x0240, "z"},  {0x0247, "e"},  {0x0249, "j"},  {0x024D, "r"},
    {0x024F, "y"},  {0x0253, "b"},  {0x0255, "c"},  {0x0256, "d"},  {0x0257, "d"},  {0x025B, "e"},  {0x025F, "j"},
    {0x0260, "g"},  {0x0261, "g"},  {0x0262, "g"},  {0x0266, "h"},  {0x0267, "h"},  {0x0268, "i"},  {0x026A, "i"},
    {0x026B, "l"},  {0x026C, "l"},  {0x026D, "l"},  {0x0271, "m"},  {0x0272, "n"},  {0x0273, "n"},  {0x0274, "n"},
    {0x0276, "oe"}, {0x027C, "r"},  {0x027D, "r"},  {0x027E, "r"},  {0x0280, "r"},  {0x0282, "s"},  {0x0288, "t"},
    {0x0289, "u"},  {0x028B, "v"},  {0x028F, "y"},  {0x0290, "z"},  {0x0291, "z"},  {0x0299, "b"},  {0x029B, "g"},
    {0x029C, "h"},  {0x029D, "j"},  {0x029F, "l"},  {0x02A0, "q"},  {0x02A3, "dz"}, {0x02A5, "dz"}, {0x02A6, "ts"},
    {0x02AA, "ls"}, {0x02AB, "lz"}, {0x1D00, "a"},  {0x1D01, "ae"}, {0x1D03, "b"},  {0x1D04, "c"},  {0x1D05, "d"},
    {0x1D06, "d"},  {0x1D07, "e"},  {0x1D0A, "j"},  {0x1D0B, "k"},  {0x1D0C, "l"},  {0x1D0D, "m"},  {0x1D0F, "o"},
    {0x1D18, "p"},  {0x1D1B, "t"},  {0x1D1C, "u"},  {0x1D20, "v"},  {0x1D21, "w"},  {0x1D22, "z"},  {0x1D6B, "ue"},
    {0x1D6C, "b"},  {0x1D6D, "d"},  {0x1D6E, "f"},  {0x1D6F, "m"},  {0x1D70, "n"},  {0x1D71, "p"},  {0x1D72, "r"},
    {0x1D73, "r"},  {0x1D74, "s"},  {0x1D75, "t"},  {0x1D76, "z"},  {0x1D7A, "th"}, {0x1D7B, "i"},  {0x1D7D, "p"},
    {0x1D7E, "u"},  {0x1D80, "b"},  {0x1D81, "d"},  {0x1D82, "f"},  {0x1D83, "g"},  {0x1D84, "k"},  {0x1D85, "l"},
    {0x1D86, "m"},  {0x1D87, "n"},  {0x1D88, "p"},  {0x1D89, "r"},  {0x1D8A, "s"},  {0x1D8C, "v"},  {0x1D8D, "x"},
    {0x1D8E, "z"},  {0x1D8F, "a"},  {0x1D91, "d"},  {0x1D92, "e"},  {0x1D93, "e"},  {0x1D96, "i"},  {0x1D99, "u"},
    {0x1E9C, "s"},  {0x1E9D, "s"},  {0x1EFB, "ll"}, {0x1EFD, "v"},  {0x1EFF, "y"},  {0x2C61, "l"},  {0x2C65, "a"},
    {0x2C66, "t"},  {0x2C68, "h"},  {0x2C6A, "k"},  {0x2C6C, "z"},  {0x2C71, "v"},  {0x2C73, "w"},  {0x2C74, "v"},
    {0x2C78, "e"},  {0x2C7A, "o"},  {0xA730, "f"},  {0xA731, "s"},  {0xA733, "aa"}, {0xA735, "ao"}, {0xA737, "au"},
    {0xA739, "av"}, {0xA73B, "av"}, {0xA73D, "ay"}, {0xA741, "k"},  {0xA743, "k"},  {0xA745, "k"},  {0xA747, "l"},
    {0xA749, "l"},  {0xA74B, "o"},  {0xA74D, "o"},  {0xA74F, "oo"}, {0xA751, "p"},  {0xA753, "p"},  {0xA755, "p"},
    {0xA757, "q"},  {0xA759, "q"},  {0xA75F, "v"},  {0xA761, "vy"}, {0xA765, "th"}, {0xA767, "th"}, {0xA771, "d"},
    {0xA772, "l"},  {0xA773, "m"},  {0xA774, "n"},  {0xA775, "r"},  {0xA776, "r"},  {0xA777, "t"},  {0xA77A, "d"},
    {0xA77C, "f"},  {0xA787, "t"},  {0xA791, "n"},  {0xA793, "c"},  {0xA7A1, "g"},  {0xA7A3, "k"},  {0xA7A5, "n"},
    {0xA7A7, "r"},  {0xA7A9, "s"},
};

/* The zero of each row of ten decimal digits (Unicode 15, category Nd). */
static const uint32_t zeros[] = {
    0x0660,  0x06F0,  0x07C0,  0x0966,  0x09E6,  0x0A66,  0x0AE6,  0x0B66,  0x0BE6,  0x0C66,  0x0CE6,  0x0D66,
    0x0DE6,  0x0E50,  0x0ED0,  0x0F20,  0x1040,  0x1090,  0x17E0,  0x1810,  0x1946,  0x19D0,  0x1A80,  0x1A90,
    0x1B50,  0x1BB0,  0x1C40,  0x1C50,  0xA620,  0xA8D0,  0xA900,  0xA9D0,  0xA9F0,  0xAA50,  0xABF0,  0x104A0,
    0x10D30, 0x11066, 0x110F0, 0x11136, 0x111D0, 0x112F0, 0x11450, 0x114D0, 0x11650, 0x116C0, 0x11730, 0x118E0,
    0x11950, 0x11C50, 0x11D50, 0x11DA0, 0x11F50, 0x16A60, 0x16AC0, 0x16B50, 0x1E140, 0x1E2F0, 0x1E4F0, 0x1E950,
};

/* The blocks of India's scripts are laid out alike, 128 code points each (Unicode 15, 12.1). Tamil writes no anusvara.
 */
#define INDIA_FIRST     0x0900
#define INDIA_LAST      0x0D7F
#define INDIA_BLOCK     0x80
#define TAMIL           0x0B80
#define AT_CANDRABINDU  0x01
#define AT_ANUSVARA     0x02
#define AT_FIRST_LETTER 0x15
#define AT_LAST_LETTER  0x39
#define AT_VIRAMA       0x4D

static bool is_of_india(uint32_t code_point)
{
    return code_point >= INDIA_FIRST && code_point <= INDIA_LAST && (code_point & ~0x7FU) != TAMIL;
}

static uint32_t fold_candrabindu(uint32_t code_point)
{
    return is_of_india(code_point) && code_point % INDIA_BLOCK == AT_CANDRABINDU ? code_point + 1 : code_point;
}

/* Arabic letters that look alike and are typed for each other: alef wasla, the Persian kaf and yeh. */
static uint32_t fold_arabic(uint32_t code_point)
{
    switch (code_point) {
    case 0x0671:
        return 0x0627;
    case 0x06A9:
        return 0x0643;
    case 0x06CC:
        return 0x064A;
    default:
        return code_point;
    }
}

static uint32_t fold_digit(uint32_t code_point)
{
    size_t low = 0;
    size_t high = sizeof(zeros) / sizeof(zeros[0]);

    while (low < high) { /* the first zero above it */
        size_t middle = (low + high) / 2;
        if (zeros[middle] <= code_point) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low > 0 && code_point - zeros[low - 1] < 10 ? '0' + code_point - zeros[low - 1] : code_point;
}

static const struct folding *find_latin(uint32_t code_point)
{
    size_t low = 0;
    size_t high = sizeof(latin) / sizeof(latin[0]);

    while (low < high) {
        size_t middle = (low + high) / 2;
        if (latin[middle].code_point < code_point) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low < sizeof(latin) / sizeof(latin[0]) && latin[low].code_point == code_point ? &latin[low] : NULL;
}

size_t fold_letter(uint32_t code_point, uint32_t out[FOLD_MAX])
{
    const struct folding *folding = find_latin(code_point);

    if (folding == NULL) {
        out[0] = fold_digit(fold_arabic(fold_candrabindu(code_point)));
        return 1;
    }
    out[0] = (unsigned char)folding->ascii[0];
    out[1] = (unsigned char)folding->ascii[1];
    return out[1] == 0 ? 1 : 2;
}

uint32_t fold_nasal(uint32_t nasal, uint32_t virama, uint32_t letter)
{
    uint32_t block = letter - letter % INDIA_BLOCK;
    uint32_t at = letter % INDIA_BLOCK;

    if (!is_of_india(letter) || at < AT_FIRST_LETTER || at > AT_LAST_LETTER || virama != block + AT_VIRAMA) {
        return 0;
    }
    switch (nasal - block) {
    case 0x19: /* nga */
    case 0x1E: /* nya */
    case 0x23: /* nna */
    case 0x28: /* na */
    case 0x2E: /* ma */
        return block + AT_ANUSVARA;
    default:
        return 0;
    }
}
