"""The search contract as an independent reckoning (tests/search/contract.py), compared with the server over random meows
and queries: which meows are found and in which order. The words are short and of few letters, so that exact words, typos,
prefixes, joined words and runs abound."""

import random

from contract import Index
from feed import in_threads

MEOWS = 400
QUERIES = 150
CHARACTERS = "猫犬鳥ネコกาง한국"


def random_word(chance):
    if chance.random() < 0.1:
        return "".join(chance.choice(CHARACTERS) for _ in range(chance.randint(1, 3)))
    return "".join(chance.choice("abc") for _ in range(chance.choice([1, 2, 3, 3, 4, 5, 5, 6, 7, 8])))


def random_text(chance, words_max):
    """Now and then two words stand together."""
    text = random_word(chance)
    for _ in range(chance.randint(0, words_max - 1)):
        text += chance.choice(["", "-", " ", " ", " ", " "]) + random_word(chance)
    return text


def test_random_queries_find_what_the_contract_says_in_its_order(request, server, feed):
    seed = random.randrange(2**32)
    chance = random.Random(seed)
    bodies = [random_text(chance, 6) for _ in range(MEOWS)]
    ids = [feed.post(body).id for body in bodies]
    gone = set(range(0, MEOWS, 10))
    for number in gone:
        assert feed.delete(ids[number], server.token).status_code == 204
    index = Index([(number, body) for number, body in enumerate(bodies) if number not in gone])
    cursor = feed.now()

    queries = [random_text(chance, 4) for _ in range(QUERIES)]
    found = in_threads(8, lambda number: {query: feed.ids("/search", query=query, take=1000, cursor=cursor)
                                          for query in queries[number::8]})
    # Elasticsearch counts the meows of several words together, which may change the order by relevance a little.
    in_order = sorted if request.config.getoption("--search") == "elasticsearch" else list
    for answers in found:
        for query, ids_found in answers.items():
            expected = [ids[number] for number in index.rank(query)]
            assert in_order(ids_found) == in_order(expected), f"query {query!r}, seed {seed}"
