"""The search contract as a model of a few lines, compared with the server over random meows and queries: which meows
are found and in which order. The words are short and of few letters, so that exact words, typos and prefixes abound."""

import random

from feed import in_threads

MEOWS = 400
QUERIES = 150


def distance(a, b):
    """Optimal string alignment: insertions, deletions, replacements, transpositions of neighbours."""
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


def level(word, is_last, text):
    """How well a word of the query matches a meow: 0 exact, 1 typo, 2 prefix, 3 not at all."""
    typos = 0 if len(word) < 3 else 1 if len(word) < 6 else 2
    levels = [3]
    for other in text:
        if other == word:
            levels.append(0)
        elif other[0] == word[0] and distance(word, other) <= typos:
            levels.append(1)
        elif is_last and other.startswith(word):
            levels.append(2)
    return min(levels)


def expected(query, meows):
    """The ids that the contract gives, best first; `meows` is newest first."""
    words = query.split()
    distinct = set(words)
    ranked = []
    for age, (id, body) in enumerate(meows):
        levels = [level(word, word == words[-1], body.split()) for word in distinct]
        if max(levels) < 3:
            ranked.append((max(levels), age, id))
        elif min(levels) < 3:
            ranked.append((3 + min(levels), age, id))
    return [id for _, _, id in sorted(ranked)]


def random_word(chance):
    return "".join(chance.choice("abc") for _ in range(chance.choice([1, 2, 3, 3, 4, 5, 5, 6, 7, 8])))


def test_random_queries_find_what_the_contract_says_in_its_order(server, feed):
    seed = random.randrange(2**32)
    chance = random.Random(seed)
    bodies = [" ".join(random_word(chance) for _ in range(chance.randint(1, 6))) for _ in range(MEOWS)]
    ids = [feed.post(body).id for body in bodies]
    meows = list(zip(ids, bodies))[::-1]
    for id, body in meows[::10]:
        assert feed.delete(id, server.token).status_code == 204
    meows = [meow for number, meow in enumerate(meows) if number % 10]
    cursor = feed.now()

    queries = [" ".join(random_word(chance) for _ in range(chance.randint(1, 4))) for _ in range(QUERIES)]
    found = in_threads(8, lambda number: {query: feed.ids("/search", query=query, take=1000, cursor=cursor)
                                          for query in queries[number::8]})
    for answers in found:
        for query, ids_found in answers.items():
            assert ids_found == expected(query, meows), f"query {query!r}, seed {seed}"
