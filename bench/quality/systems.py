"""systems.py - the engines that are asked: each takes the messages, oldest first, and answers a query with the numbers
of the first ten that it finds."""

import contextlib
import http.client
import json
import urllib.parse

import deployed
import programs

from .corpus import fold
from .misspelling import STROKES, replaced

FIRST = 10
BULK = 2000  # messages of a request that fills the index
FUZZY_BOOST = 5  # tantivy's fuzzy words weigh 1 however rare: as much as a word that is not quite common
FUZZY_MIN, FUZZY_TWO = 3, 6  # letters from which on one typo, and two, are allowed: what AUTO is to Elasticsearch


def plain(text):
    """Without case, accents, strokes and ligatures."""
    return replaced(fold(text), STROKES)


class Http:
    """One kept-alive connection."""

    def __init__(self, port):
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)

    def ask(self, method, target, body=None, **headers):
        self.connection.request(method, target, body, headers)
        response = self.connection.getresponse()
        answer = response.read()
        if response.status >= 300:
            raise SystemExit(f"{method} {target}: {response.status} {answer[:500]!r}")
        return response, json.loads(answer)


class Meowerd:
    """The embedded search, over HTTP."""

    name = "meowerd"

    def __init__(self, messages):
        self.http = Http(programs.MEOWERD_PORT)
        self.numbers = {}
        self.cursor = None
        for number, message in enumerate(messages):
            response, meow = self.http.ask("POST", "/meows?" + urllib.parse.urlencode({"body": message.text}))
            self.numbers[meow["id"]] = number
            self.cursor = response.getheader("Meower-Cursor")

    def first(self, query):
        target = "/search?" + urllib.parse.urlencode({"query": query, "take": FIRST})
        _, meows = self.http.ask("GET", target, **{"Meower-Cursor": self.cursor})
        return [self.numbers[meow["id"]] for meow in meows]

    @classmethod
    @contextlib.contextmanager
    def started(cls, messages, program):
        with programs.meowerd(programs.data_folder("quality"), program):
            yield [cls(messages)]


class Elasticsearch:
    """The query `match` of all words with OR, ordered by BM25. Accents and strokes are taken off here: the engine as it
    comes from Maven Central lacks the filter asciifolding."""

    engine = "elasticsearch-7.10.2"
    settings = {"number_of_shards": 1, "number_of_replicas": 0}

    def __init__(self, http, name, more):
        self.http, self.name, self.more = http, name, more

    def first(self, query):
        body = {"size": FIRST, "_source": False,
                "query": {"match": {"body": {"query": plain(query), "operator": "or", **self.more}}}}
        _, answer = self.http.ask("POST", "/quality/_search", json.dumps(body), **{"Content-Type": "application/json"})
        return [int(hit["_id"]) for hit in answer["hits"]["hits"]]

    @classmethod
    def fill(cls, http, messages):
        json_type = {"Content-Type": "application/json"}
        http.ask("PUT", "/quality", json.dumps({"settings": cls.settings}), **json_type)
        for start in range(0, len(messages), BULK):
            lines = []
            for number, message in enumerate(messages[start:start + BULK], start):
                lines += [json.dumps({"index": {"_id": str(number)}}), json.dumps({"body": plain(message.text)})]
            _, answer = http.ask("POST", "/quality/_bulk", "\n".join(lines) + "\n", **json_type)
            if answer["errors"]:
                raise SystemExit(f"{cls.engine} did not take the messages: {answer}"[:1000])
        http.ask("POST", "/quality/_refresh")

    @classmethod
    @contextlib.contextmanager
    def started(cls, messages, _):
        with deployed.server("search-engine", cls.engine, deployed.ENGINE_PORT, ENGINE=cls.engine):
            http = Http(deployed.ENGINE_PORT)
            cls.fill(http, messages)
            yield [cls(http, "Elasticsearch, BM25", {}), cls(http, "the same, fuzzy", {"fuzziness": "AUTO"})]


class Tantivy:
    """Any word, exactly by BM25 or with typos, as it offers them."""

    name = "tantivy, fuzzy"

    def __init__(self, messages):
        import tantivy
        self.api = tantivy
        self.schema = tantivy.SchemaBuilder().add_integer_field("number", stored=True) \
            .add_text_field("body", tokenizer_name="folded").build()
        self.analyzer = tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.simple()) \
            .filter(tantivy.Filter.lowercase()).filter(tantivy.Filter.ascii_fold()).build()
        index = tantivy.Index(self.schema)
        index.register_tokenizer("folded", self.analyzer)
        writer = index.writer(num_threads=1)
        for number, message in enumerate(messages):
            writer.add_document(tantivy.Document(number=number, body=message.text))
        writer.commit()
        writer.wait_merging_threads()
        index.reload()
        self.searcher = index.searcher()

    def word_queries(self, word):
        query, should = self.api.Query, self.api.Occur.Should
        yield should, query.term_query(self.schema, "body", word)
        if len(word) >= FUZZY_MIN:
            fuzzy = query.fuzzy_term_query(self.schema, "body", word, distance=1 + (len(word) >= FUZZY_TWO))
            yield should, query.boost_query(fuzzy, FUZZY_BOOST)

    def first(self, query):
        words = [part for word in self.analyzer.analyze(query) for part in self.word_queries(word)]
        hits = self.searcher.search(self.api.Query.boolean_query(words), FIRST).hits if words else []
        return [self.searcher.doc(address)["number"][0] for _, address in hits]

    @classmethod
    @contextlib.contextmanager
    def started(cls, messages, _):
        try:
            yield [cls(messages)]
        except ImportError:
            programs.progress("tantivy is not there: its column is left out")
            yield []


SYSTEMS = {"meowerd": Meowerd, "elasticsearch": Elasticsearch, "tantivy": Tantivy}
