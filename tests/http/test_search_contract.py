"""The search contract as tests/search/contract.py reckons it, compared with the server over random meows and queries: which
meows are found and in which order. The words are short and of few letters, so that exact words, typos, joined words and
prefixes abound."""

import random

from contract import Index
from feed import in_threads

MEOWS = 400
QUERIES = 150


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
    index = Index([(age, body) for age, (id, body) in enumerate(meows[::-1])])
    ids = [id for id, _ in meows[::-1]]
    for answers in found:
        for query, ids_found in answers.items():
            assert ids_found == [ids[age] for age in index.rank(query)], f"query {query!r}, seed {seed}"
