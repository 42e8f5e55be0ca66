"""corpus.py - the messages that are searched: Debian's fortunes in eight languages, and those of own_messages.py."""

import pathlib
import random
import re
import unicodedata
from collections import Counter, namedtuple

from .own_messages import RUNS, STROKES

FORTUNES = pathlib.Path("/usr/share/games/fortunes")
FOLDERS = {"English": FORTUNES, "German": FORTUNES / "de", "Spanish": FORTUNES / "es", "Italian": FORTUNES / "it",
           "Polish": FORTUNES / "pl", "Russian": FORTUNES / "ru", "Czech": FORTUNES / "cs",
           "Portuguese": FORTUNES / "brasil"}
MESSAGE_MAX = 140  # code points
WORDS_MIN = 5  # of a message
MESSAGES_EACH = 3500  # at most, of a language
SPECIAL = ("brasil", "art", "ascii-art", "asciiart", "rot13")  # Portuguese, and drawings
RARE_MAX = 5  # meows that have a rare word
STOP_WORDS = 30  # the most frequent of a language

# A word: letters alone, with nothing beside them that a search engine might take for a part of it.
WORD = re.compile(r"(?<![\w'’ʼ&#;])[^\W\d_]+(?![\w'’ʼ&#;])")
Message = namedtuple("Message", "language text words")


def fold(word):
    """Without case and accents. Strokes and ligatures stay."""
    return "".join(letter for letter in unicodedata.normalize("NFKD", word.casefold())
                   if not unicodedata.combining(letter))


def files(path):
    """The files of texts of a folder, in one order; links to others, indexes and copies in another coding left out."""
    if path.is_file():
        return [path]
    return [file for file in sorted(path.iterdir()) if file.is_file() and not file.is_symlink()
            and file.suffix not in (".dat", ".u8") and file.name not in SPECIAL]


def pieces(text):
    """A text in pieces that are no longer than a message."""
    piece = ""
    for word in text.split():
        if piece and len(piece) + 1 + len(word) > MESSAGE_MAX:
            yield piece
            piece = ""
        piece = f"{piece} {word}" if piece else word
    yield piece


def messages_of(language, path, chance):
    found = {}
    for file in files(path):
        for fortune in re.split(r"^%\s*$", file.read_text(encoding="utf-8"), flags=re.MULTILINE):
            for piece in pieces(fortune):
                words = WORD.findall(unicodedata.normalize("NFC", piece))
                if len(words) >= WORDS_MIN and len(piece) <= MESSAGE_MAX and piece.isprintable():
                    found[piece] = Message(language, piece, words)
    if not found:
        raise SystemExit(f"no {language} texts in {path}: apt-get install the packages of the group quality")
    return chance.sample(list(found.values()), min(MESSAGES_EACH, len(found)))


def own_messages():
    return [Message(language, text, WORD.findall(unicodedata.normalize("NFC", text)))
            for language, texts in STROKES.items() for text in texts] + [
            Message("run", text, []) for text in dict.fromkeys(text for _, text in RUNS)]


class Corpus:
    """messages: oldest first. counts: how many messages have a word, folded."""

    def __init__(self, seed):
        chance = random.Random(seed)
        self.messages = own_messages()
        for language, path in FOLDERS.items():
            self.messages += messages_of(language, path, chance)
        chance.shuffle(self.messages)
        self.counts = Counter(word for message in self.messages for word in set(map(fold, message.words)))
        self.pairs = Counter(pair for message in self.messages for pair in self._pairs(message))
        self.running, self.stop_words = {}, {}  # by language: all words as they follow each other, the most frequent
        for message in self.messages:
            self.running.setdefault(message.language, []).extend(message.words)
        for language, words in self.running.items():
            frequent = Counter(fold(word) for word in words).most_common(STOP_WORDS)
            self.stop_words[language] = [word for word, _ in frequent]

    @staticmethod
    def _pairs(message):
        words = list(map(fold, message.words))
        return set(zip(words, words[1:]))

    def count(self, word):
        return self.counts[fold(word)]

    def is_rare(self, word):
        return self.count(word) <= RARE_MAX

    def is_stop_word(self, word, language):
        return fold(word) in self.stop_words[language]

    def describe(self):
        languages = Counter(message.language for message in self.messages)
        named = ", ".join(f"{languages[language]:,} {language}" for language in FOLDERS)
        own = len(self.messages) - sum(languages[language] for language in FOLDERS)
        return f"{len(self.messages):,} messages of at most {MESSAGE_MAX} code points: {named}, {own} written for this"
