"""contract.py - the search contract as docs/SEARCH.md says it ("What matches", "Order", "Limits"), for feeds that are
small enough to be looked through: which meows a query finds, and in which order. words.py cuts the words."""

import functools
import itertools
from collections import Counter, namedtuple

from words import CHARACTER, LETTER, split

WORDS_MAX = 32  # different words and runs of a query
TYPOS_TRIED_MAX = 128
JOINED_MAX = 4  # neighbouring words that may be one
FIRST_LETTER_MIN = 4  # letters of a word whose first one may be wrong
RUN = "run"
EXACT, TYPO, PREFIX = 4, 2, 1  # the qualities; 0: does not match

# What is searched: a word, a run or a sign. parts: itself, or the characters of a run. joins: what it is together with
# its neighbours in the query.
Item = namedtuple("Item", "kind parts is_last joins")
Meow = namedtuple("Meow", "position words runs joined")


def typos_max(word):
    return 0 if len(word) < 3 else 1 if len(word) < 6 else 2


@functools.lru_cache(maxsize=1_000_000)
def distance(a, b):
    """Optimal string alignment: insertions, deletions, replacements, swaps of neighbours."""
    rows = [list(range(len(b) + 1))]
    for i in range(1, len(a) + 1):
        row = [i]
        for j in range(1, len(b) + 1):
            edits = min(rows[i - 1][j] + 1, row[j - 1] + 1, rows[i - 1][j - 1] + (a[i - 1] != b[j - 1]))
            if i > 1 and j > 1 and a[i - 1] == b[j - 2] and a[i - 2] == b[j - 1]:
                edits = min(edits, rows[i - 2][j - 2] + 1)
            row.append(edits)
        rows.append(row)
    return rows[-1][-1]


def weight(n, total):
    """max(1, floor(2 * log2((total + 1) / (n + 1)))): the largest k with 2^k * (n + 1)^2 <= (total + 1)^2."""
    k = 0
    while 2 ** (k + 1) * (n + 1) ** 2 <= (total + 1) ** 2:
        k += 1
    return max(1, k)


# ---- queries and texts in parts


def pieces(words):
    """A text or a query as (kind, parts): characters side by side are one run."""
    found = []
    for word in words:
        if word.kind == CHARACTER and word.beside:
            found[-1][1].append(word.text)
        else:
            found.append((RUN if word.kind == CHARACTER else word.kind, [word.text]))
    return [(kind, tuple(parts)) for kind, parts in found]


def neighbours(parts_of):
    """Each two to four neighbouring words: (the word they are when joined, those words)."""
    for start in range(len(parts_of)):
        words = []
        for kind, parts in parts_of[start:start + JOINED_MAX]:
            if kind != LETTER:
                break
            words.append(parts[0])
            if len(words) > 1:
                yield "".join(words), words


def parse(query):
    """The items that count: the last, and the first 31 others that differ."""
    typed = pieces(split(query))
    if not typed:
        return []
    joins = {}
    for joined, words in neighbours(typed):
        for word in words:
            joins.setdefault(word, set()).add(joined)
    others = [piece for piece in dict.fromkeys(typed) if piece != typed[-1]]
    return [Item(kind, parts, number == 0, frozenset(joins.get(parts[0], ()) if kind == LETTER else ()))
            for number, (kind, parts) in enumerate([typed[-1], *others[:WORDS_MAX - 1]])]


@functools.lru_cache(maxsize=100_000)
def read(position, text):
    words = split(text)
    together = [[word.text for word in group] for kind, group in itertools.groupby(words, lambda word: word.kind)
                if kind == CHARACTER]  # also over spaces and punctuation, of which no word is left
    return Meow(position, frozenset(word.text for word in words), [tuple(parts) for parts in together],
                frozenset(joined for joined, _ in neighbours(pieces(words))))


def has_run(runs, wanted, is_open):
    """Whether the text has these characters side by side; is_open: the last one only begins with the one wanted."""
    for run in runs:
        for start in range(len(run) - len(wanted) + 1):
            part = run[start:start + len(wanted)]
            if part == wanted or (is_open and part[:-1] == wanted[:-1] and part[-1].startswith(wanted[-1])):
                return True
    return False


# ---- the index


class Index:
    """The meows of a feed, deleted ones left out: (position, text) of each."""

    def __init__(self, meows):
        self.meows = [read(position, text) for position, text in meows]
        self.counts = Counter(word for meow in self.meows for word in meow.words)

    def typo_words(self, item):
        """The words that match with typos and are tried: the nearest, of those the most frequent, of those bytewise."""
        word = item.parts[0]
        if item.kind != LETTER or typos_max(word) == 0:
            return set()
        may_begin_wrong = word not in self.counts and len(word) >= FIRST_LETTER_MIN
        near = []
        for other in self.counts:
            allowed = typos_max(word) if other[0] == word[0] else 1 if may_begin_wrong else 0
            if other != word and abs(len(other) - len(word)) <= allowed and distance(word, other) <= allowed:
                near.append((distance(word, other), -self.counts[other], other.encode(), other))
        return {other for *_, other in sorted(near)[:TYPOS_TRIED_MAX]}

    def prefix_words(self, text):
        return {other for other in self.counts if other.startswith(text)}

    def count(self, words):
        return min(len(self.meows), sum(self.counts[word] for word in words))

    def searched(self, item):
        return SearchedRun(self, item) if item.kind == RUN else SearchedWord(self, item)

    def rank(self, query):
        """The positions of the meows found, best first."""
        searched = [self.searched(item) for item in parse(query)]
        ranked = []
        for meow in self.meows:
            qualities = [one.quality(meow) for one in searched]
            if not any(qualities):
                continue
            complete = [EXACT, TYPO, PREFIX].index(min(qualities)) if all(qualities) else 3
            total = sum(one.weights[quality] * quality for one, quality in zip(searched, qualities) if quality)
            ranked.append((complete, -total if complete == 3 else 0, -meow.position))
        return [-newest for *_, newest in sorted(ranked)]


class SearchedWord:
    """A word or a sign of a query, in an index."""

    def __init__(self, index, item):
        self.word = item.parts[0]
        self.others = index.typo_words(item) | (item.joins & index.counts.keys())
        beginning = index.prefix_words(self.word) if item.is_last else set()
        self.beginning = beginning - {self.word}
        total = len(index.meows)
        self.weights = {EXACT: weight(index.count({self.word}), total),
                        TYPO: weight(index.count({self.word} | self.others), total),
                        PREFIX: weight(index.count({self.word} | self.others | beginning), total)}

    def quality(self, meow):
        if self.word in meow.words:
            return EXACT
        if self.word in meow.joined or not self.others.isdisjoint(meow.words):
            return TYPO
        return PREFIX if not self.beginning.isdisjoint(meow.words) else 0


class SearchedRun:
    """A run of a query, in an index."""

    def __init__(self, index, item):
        self.characters, self.is_last = item.parts, item.is_last
        counts = [index.count({character}) for character in item.parts]
        begun = index.count(index.prefix_words(item.parts[-1]))
        total = len(index.meows)
        self.weights = {EXACT: weight(min(counts), total), PREFIX: weight(min([*counts[:-1], begun]), total)}

    def quality(self, meow):
        if has_run(meow.runs, self.characters, False):
            return EXACT
        return PREFIX if self.is_last and has_run(meow.runs, self.characters, True) else 0


def rank(query, meows):
    """The positions of those (position, text) that a query finds, best first."""
    return Index(meows).rank(query)
