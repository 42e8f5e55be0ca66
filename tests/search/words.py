"""words.py - cuts texts and queries into words as docs/SEARCH.md says ("Words"), with nothing but that page and Python's
own tables of Unicode (14 in Debian 12). It shares no line and no idea with libmeower/base/words.c, which it checks."""

import bisect
import functools
import unicodedata
from collections import namedtuple

from tables import IGNORABLE, LATIN_ASCII, SPACELESS

WORD_BYTES = 64
ZERO_WIDTH_SPACE = "\u200b"
TATWEEL = "\u0640"
ENTITIES = {"&lt;": "<", "&gt;": ">", "&amp;": "&", "&#39;": "'", "&#34;": '"'}
ARABIC = {"\u0671": "\u0627", "\u06a9": "\u0643", "\u06cc": "\u064a"}  # alef wasla, Persian kaf and yeh
# The scripts of India that write nasals so: Devanagari, Bengali, Gurmukhi, Gujarati, Oriya, Telugu, Kannada, Malayalam.
# Their blocks have one layout. Tamil has no such way of writing.
INDIC_BLOCKS = [0x0900, 0x0980, 0x0A00, 0x0A80, 0x0B00, 0x0C00, 0x0C80, 0x0D00]
FRACTION_SLASH = "\u2044"
CANDRABINDU, ANUSVARA, NASALS, CONSONANTS, VIRAMA = 0x01, 0x02, (0x19, 0x1E, 0x23, 0x28, 0x2E), range(0x15, 0x3A), 0x4D

# What a folded character is to the word before it.
SEPARATOR, HIDDEN, MARK, LETTER, CHARACTER, SIGN = "separator", "hidden", "mark", "letter", "character", "sign"

# A word: a "word" of letters and digits, a "character" of a script without spaces, or a "sign". start and length are code
# points of the text as given. beside: it is a character, and so is what stands directly before it.
Word = namedtuple("Word", "text kind start length beside")
Folded = namedtuple("Folded", "character start end apart")


def is_within(ranges, character):
    number = bisect.bisect(ranges, (ord(character), 0x110000)) - 1
    return number >= 0 and ord(character) <= ranges[number][1]


def is_regional_indicator(character):
    return "\U0001f1e6" <= character <= "\U0001f1ff"


def is_skin_tone(character):
    return "\U0001f3fb" <= character <= "\U0001f3ff"


def spells(mark):
    """Vowel signs, tone marks beside them and the like (by combining class) are part of a word; accents, and the points
    of Hebrew, Arabic and Syriac, are not."""
    place = unicodedata.combining(mark)
    return place == 0 or 7 <= place <= 9 or 84 <= place <= 132


@functools.lru_cache(maxsize=None)
def role(character):
    category = unicodedata.category(character)
    if character in (ZERO_WIDTH_SPACE, FRACTION_SLASH) or "\u02b9" <= character <= "\u02bf":
        return SEPARATOR
    if character == TATWEEL or is_skin_tone(character) or is_within(IGNORABLE, character):
        return HIDDEN
    if category[0] == "M":
        return MARK if category != "Me" and spells(character) else HIDDEN
    if category[0] in "LN":
        return CHARACTER if is_within(SPACELESS, character) else LETTER
    return SIGN if category in ("So", "Sc", "Sm") else SEPARATOR


def plain(character):
    """A character, decomposed and in lower case, as the one or the few that are written for it."""
    if ord(character) & ~0x7F in INDIC_BLOCKS and ord(character) & 0x7F == CANDRABINDU:
        return chr(ord(character) - CANDRABINDU + ANUSVARA)
    digit = unicodedata.decimal(character, None)
    return str(digit) if digit is not None else ARABIC.get(character) or LATIN_ASCII.get(character, character)


@functools.lru_cache(maxsize=None)
def fold(character):
    """What a character of a text folds to, and whether that is a word apart: a sign that stands for letters."""
    small = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", character).casefold())
    folded = "".join(map(plain, small))
    apart = role(character) == SIGN and len(folded) > 1 and any(role(letter) in (LETTER, CHARACTER) for letter in folded)
    return folded, apart


def source_characters(text):
    """Each character as it is meant, with where it stands: an entity is what it stands for."""
    at = 0
    while at < len(text):
        entity = next((name for name in ENTITIES if text.startswith(name, at)), None)
        length = len(entity) if entity else 1
        yield ENTITIES[entity] if entity else text[at], at, at + length
        at += length


def in_canonical_order(folded):
    """Marks that follow each other, in the order of their combining classes (The Unicode Standard, D109)."""
    ordered, marks = [], []
    for item in folded:
        if unicodedata.combining(item.character):
            marks.append(item)
            continue
        ordered += sorted(marks, key=lambda mark: unicodedata.combining(mark.character)) + [item]
        marks = []
    return ordered + sorted(marks, key=lambda mark: unicodedata.combining(mark.character))


def folded_text(text):
    folded = []
    for character, start, end in source_characters(text):
        letters, apart = fold(character)
        folded += [Folded(letter, start, end, apart) for letter in letters]
    return in_canonical_order(folded)


def nasal_as_anusvara(letters):
    """The letters of a word, in which a nasal consonant before another consonant is written as anusvara."""
    written = []
    at = 0
    while at < len(letters):
        block = ord(letters[at]) & ~0x7F
        offsets = [ord(letter) - block for letter in letters[at:at + 3]]
        if (block in INDIC_BLOCKS and len(offsets) == 3 and offsets[0] in NASALS and offsets[1] == VIRAMA
                and offsets[2] in CONSONANTS):
            written.append(chr(block + ANUSVARA))
            at += 2
        else:
            written.append(letters[at])
            at += 1
    return "".join(written)


def cut(letters):
    return letters.encode()[:WORD_BYTES].decode(errors="ignore")


def jamo(letter):
    """Leading consonant, vowel or trailing consonant of a syllable of Hangul; empty for everything else."""
    for kind, ranges in (("L", [(0x1100, 0x115F), (0xA960, 0xA97C)]), ("V", [(0x1160, 0x11A7), (0xD7B0, 0xD7C6)]),
                         ("T", [(0x11A8, 0x11FF), (0xD7CB, 0xD7FB)])):
        if is_within(ranges, letter):
            return kind
    return ""


class Cutter:
    """The words so far. The last one is open until something separates the next letter from it."""

    def __init__(self):
        self.words = []  # [letters, kind, start, end, beside]
        self.touching = False  # nothing has separated what comes now from the last word
        self.apart = None  # where the sign that stands for letters starts to which the last word belongs

    def goes_on(self, kind, item):
        """Whether the last word takes this letter, character or sign as well."""
        if not self.touching or self.words[-1][1] != kind or self.apart != (item.start if item.apart else None):
            return False
        if kind == CHARACTER:
            return jamo(self.words[-1][0][-1]) + jamo(item.character) in ("LV", "VT")
        if kind == SIGN:
            letters = self.words[-1][0]
            return len(letters) == 1 and is_regional_indicator(letters) and is_regional_indicator(item.character)
        return True

    def take(self, item):
        kind = role(item.character)
        if kind == SEPARATOR:
            self.touching = False
        elif kind in (MARK, HIDDEN):
            if self.touching:
                self.extend(item, item.character if kind == MARK else "")
        elif self.goes_on(kind, item):
            self.extend(item, item.character)
        else:
            beside = self.touching and kind == CHARACTER == self.words[-1][1] and not item.apart and self.apart is None
            self.words.append([item.character, kind, item.start, item.end, beside])
            self.touching = True
            self.apart = item.start if item.apart else None

    def extend(self, item, letters):
        self.words[-1][0] += letters
        self.words[-1][3] = max(self.words[-1][3], item.end)


@functools.lru_cache(maxsize=100_000)
def split(text):
    """The words of a text or a query, in their order."""
    cutter = Cutter()
    for item in folded_text(text):
        cutter.take(item)
    return tuple(Word(cut(nasal_as_anusvara(letters)), kind, start, end - start, beside)
                 for letters, kind, start, end, beside in cutter.words)
