"""misspelling.py - how people get a word wrong: as codespell has seen it, beside the right key, or twice."""

import pathlib

DICTIONARY = pathlib.Path("/usr/lib/python3/dist-packages/codespell_lib/data/dictionary.txt")
ROWS = ["qwertyuiop", "asdfghjkl", "zxcvbnm", "йцукенгшщзхъ", "фывапролджэ", "ячсмитьбю"]
UMLAUTS = {"ä": "ae", "ö": "oe", "ü": "ue"}
STROKES = {"æ": "ae", "œ": "oe", "ø": "o", "þ": "th", "ð": "d", "đ": "d", "ł": "l", "ħ": "h", "ı": "i"}


def real():
    """Misspellings of words, by the right word. Those that might mean several words are left out."""
    misspelt = {}
    for line in DICTIONARY.read_text(encoding="utf-8").splitlines():
        wrong, _, right = line.partition("->")
        if right.isalpha() and wrong.isalpha():
            misspelt.setdefault(right.lower(), []).append(wrong.lower())
    return misspelt


def is_wrong_at_first(right, wrong):
    """Whether nothing but the first letter is wrong: replaced, missing, one too many, or swapped with the second."""
    return wrong[0] != right[0] and (wrong[1:] == right[1:] or wrong == right[1:] or wrong[1:] == right
                                     or wrong == right[1] + right[0] + right[2:])


def neighbour_key(letter, chance):
    """A key beside the letter's in its row; a letter that is on no key stays."""
    for row in ROWS:
        at = row.find(letter)
        if at >= 0:
            return chance.choice([row[number] for number in (at - 1, at + 1) if 0 <= number < len(row)])
    return letter


def beside_the_key(word, chance):
    """One letter that is not the first, typed with the key beside it."""
    at = chance.randrange(1, len(word))
    return word[:at] + neighbour_key(word[at], chance) + word[at + 1:]


def once(word, chance):
    """A letter missing, doubled, swapped with the next one, or the key beside; never the first."""
    at = chance.randrange(1, len(word) - 1)
    return chance.choice([word[:at] + word[at + 1:], word[:at] + word[at] + word[at:],
                          word[:at] + word[at + 1] + word[at] + word[at + 2:], beside_the_key(word, chance)])


def twice(word, chance):
    """One typo in each half of a word."""
    middle = len(word) // 2
    return once(word[:middle], chance) + once("-" + word[middle:], chance)[1:]


def replaced(word, letters):
    return "".join(letters.get(letter, letter) for letter in word)
