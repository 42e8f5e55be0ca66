"""kinds.py - the kinds of queries, each with the meow that is meant by it. A kind is a function that makes a query of a
message, or None where the message has no words for it."""

from . import misspelling
from .corpus import fold
from .own_messages import RUNS, STROKES

LETTERS_MIN = 4  # of a word that is searched by itself
COMMON_MIN = 11  # meows that have a word which does not lead to the wanted one within ten
PAIRS_MAX = 3  # meows that have two words side by side which are searched joined
WHAT_WAS_THAT = {
    "English": "what was that about {} and {}", "German": "was war das mit {} und {}",
    "Spanish": "qué era eso de {} y {}", "Italian": "che cosa era quella storia di {} e {}",
    "Polish": "co to było o {} i {}", "Russian": "что это было про {} и {}", "Czech": "co to bylo o {} a {}",
    "Portuguese": "o que era aquilo sobre {} e {}",
}


class Maker:
    """Makes queries of one corpus, with one source of chance."""

    def __init__(self, corpus, chance):
        self.corpus, self.chance = corpus, chance
        self.misspelt = misspelling.real()

    # ---- words of a message

    def rare(self, message, letters=LETTERS_MIN):
        return list(dict.fromkeys(word for word in map(str.lower, message.words)
                                  if len(word) >= letters and self.corpus.is_rare(word)))

    def two_rare(self, message):
        words = self.rare(message)
        return self.chance.sample(words, 2) if len(words) > 1 else None

    def common(self, message):
        """A word that is right, and in so many meows that it does not lead to this one alone."""
        words = [word for word in map(str.lower, message.words) if len(word) >= LETTERS_MIN
                 and self.corpus.count(word) >= COMMON_MIN and not self.corpus.is_stop_word(word, message.language)]
        return self.chance.choice(words) if words else None

    def elsewhere(self, message):
        """A word of the language's running text, no stop word, that the message has not."""
        left_out = {*map(fold, message.words), *self.corpus.stop_words[message.language]}
        while True:
            word = self.chance.choice(self.corpus.running[message.language]).lower()
            if len(word) >= LETTERS_MIN and fold(word) not in left_out:
                return word

    def is_unknown(self, word):
        return self.corpus.count(word) == 0

    def beside(self, wrong, message):
        """A word that is wrong, after one that is right."""
        right = self.common(message)
        return f"{right} {wrong}" if right and wrong and self.is_unknown(wrong) else None

    def wrong(self, message, letters, change):
        """A rare word of the message, changed."""
        words = self.rare(message, letters)
        return change(self.chance.choice(words), self.chance) if words else ""

    def really_misspelt(self, message, wanted):
        """A misspelling that people make of a rare word of the message."""
        found = [wrong for word in self.rare(message) for wrong in self.misspelt.get(word, []) if wanted(word, wrong)
                 and self.is_unknown(wrong)]
        return self.chance.choice(found) if found else ""

    # ---- kinds

    def exact(self, message):
        words = self.two_rare(message)
        return words and " ".join(words)

    def one_word_too_many(self, message):
        words = self.two_rare(message)
        return words and " ".join(self.shuffled([*words, self.elsewhere(message)]))

    def stop_word_too_many(self, message):
        words = self.two_rare(message)
        absent = set(self.corpus.stop_words[message.language]) - set(map(fold, message.words))
        return words and " ".join(self.shuffled([*words, self.chance.choice(sorted(absent))]))

    def what_was_that(self, message):
        words = self.two_rare(message)
        return words and WHAT_WAS_THAT[message.language].format(*words)

    def shuffled(self, words):
        return self.chance.sample(words, len(words))

    def first_letter(self, message):
        return self.really_misspelt(message, misspelling.is_wrong_at_first)

    def first_letter_beside(self, message):
        return self.beside(self.first_letter(message), message)

    def joined(self, message):
        words = message.words
        pairs = [(a, b) for a, b in zip(words, words[1:]) if min(len(a), len(b)) >= 3 and f"{a} {b}" in message.text
                 and self.corpus.pairs[fold(a), fold(b)] <= PAIRS_MAX and self.is_unknown(a + b)]
        return "".join(self.chance.choice(pairs)).lower() if pairs else None

    def split(self, message):
        words = self.rare(message, 6)
        if not words:
            return None
        word = self.chance.choice(words)
        at = self.chance.randrange(3, len(word) - 2)
        return f"{word[:at]} {word[at:]}"

    def without_strokes(self, message):
        words = [(word, misspelling.replaced(fold(word), misspelling.STROKES)) for word in self.rare(message, 3)]
        words = [typed for word, typed in words if typed != fold(word) and self.is_unknown(typed)]
        return self.chance.choice(words) if words else None

    def real_typo(self, message):
        return self.beside(self.really_misspelt(message, lambda right, wrong: right[0] == wrong[0]), message)

    def neighbour_key(self, message):
        return self.beside(self.wrong(message, 5, misspelling.beside_the_key), message)

    def two_typos(self, message):
        return self.beside(self.wrong(message, 6, misspelling.twice), message)

    def umlaut(self, message):
        words = [misspelling.replaced(word, misspelling.UMLAUTS) for word in self.rare(message)
                 if any(umlaut in word for umlaut in misspelling.UMLAUTS)]
        return self.beside(self.chance.choice(words), message) if words else None


FORTUNES = tuple(WHAT_WAS_THAT)
KINDS = [  # title, how a query is made, of which languages
    ("two rare words", Maker.exact, FORTUNES),
    ("two rare words and one that is in no such meow", Maker.one_word_too_many, FORTUNES),
    ("two rare words and a stop word that is not in the text", Maker.stop_word_too_many, FORTUNES),
    ("“what was that about A and B”", Maker.what_was_that, FORTUNES),
    ("first letter wrong, beside a right word", Maker.first_letter_beside, ("English",)),
    ("first letter wrong, alone", Maker.first_letter, ("English",)),
    ("two words joined, alone", Maker.joined, FORTUNES),
    ("one word split, alone", Maker.split, FORTUNES),
    ("a word typed without strokes and ligatures, alone", Maker.without_strokes, (*STROKES, "Polish")),
    ("a real typo beside a right word", Maker.real_typo, ("English",)),
    ("a neighbour key beside a right word", Maker.neighbour_key, FORTUNES),
    ("two typos beside a right word", Maker.two_typos, FORTUNES),
    ("an umlaut as ae, oe or ue beside a right word", Maker.umlaut, ("German",)),
]
RUN_KIND = "a word in the middle of a run (Thai, Lao, Khmer, Burmese, Han, Kana, Hangul)"


def queries_of(maker, make, languages, count):
    """So many (query, number of the wanted message); fewer when there are no more."""
    numbers = [number for number, message in enumerate(maker.corpus.messages) if message.language in languages]
    found = {}
    for number in maker.shuffled(numbers):
        query = make(maker, maker.corpus.messages[number])
        if query:
            found.setdefault(query, number)
        if len(found) == count:
            break
    return list(found.items())


def run_queries(corpus):
    numbers = {message.text: number for number, message in enumerate(corpus.messages)}
    return [(query, numbers[text]) for query, text in RUNS]
