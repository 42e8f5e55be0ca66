"""searching.py - how long the embedded index takes for searches of several kinds: ./dev bench search in a program in C, beside
tantivy on the same messages; ./dev bench search-http over HTTP. The messages are halves of real ones (Debian's fortunes in English), put together anew: the
words are as frequent as people use them."""

import random
import statistics
import time
import urllib.parse

import programs
from quality.corpus import FOLDERS, messages_of
from table import markdown

MESSAGES = 300_000
QUERIES = 400  # of a kind
CLIENTS = 8  # over HTTP
OWN_WORD = 20  # one message of so many has a word of its own, such as a number
COMMON = ("the of", "to and", "is a", "in that", "you the")
LETTERS = "abcdefghijklmnopqrstuvwxyz"
TANTIVY_LETTERS, TANTIVY_TWO = 3, 6  # from which on one typo is allowed, and two


def make_messages(chance, count):
    real = [message.text.split() for message in messages_of("English", FOLDERS["English"], chance)]
    for number in range(count):
        first, second = chance.choice(real), chance.choice(real)
        words = first[:len(first) // 2] + second[len(second) // 2:]
        yield " ".join(words + [f"n{number}"] if number % OWN_WORD == 0 else words)[:140].strip()


def mistyped(chance, word):
    at = chance.randrange(1, len(word))
    return word[:at] + chance.choice(LETTERS) + word[at + 1:]


def make_queries(chance, messages):
    """(kind, query) of every kind; the words are those of a message."""
    for _ in range(QUERIES):
        words = [word for word in chance.choice(messages).lower().split() if word.isalpha() and len(word) >= 4]
        if len(words) < 2:
            continue
        one, two = chance.sample(words, 2)
        yield "one_word", f"{one} "
        yield "two_words", f"{one} {two} "
        yield "one_mistyped", mistyped(chance, one)
        yield "two_mistyped", f"{mistyped(chance, one)} {mistyped(chance, two)}"
        yield "word_and_half_a_word", f"{one} {two[:max(1, len(two) // 2)]}"
        yield "two_common_words", chance.choice(COMMON)
        yield "one_word_too_many", f"{one} {two} the zzqxv"


def write_lines(name, lines):
    path = programs.WORK / name
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    return path


def tantivy_spans(messages, queries):
    """Median microseconds of each kind; empty where tantivy is not there."""
    try:
        from quality.systems import Tantivy
        from quality.corpus import Message
        tantivy = Tantivy([Message("English", text, []) for text in messages])
    except ImportError:
        programs.progress("tantivy is not there (./dev quality gets it): its column is left out")
        return {}
    spans = {}
    for kind, query in queries:
        start = time.perf_counter()
        tantivy.first(query)
        spans.setdefault(kind, []).append((time.perf_counter() - start) * 1e6)
    return {kind: statistics.median(times) for kind, times in spans.items()}


def search_over_http(rounds, seconds):
    """Searches for twenty meows over HTTP, by eight clients at once."""
    chance = random.Random(17)
    messages = list(make_messages(chance, MESSAGES))
    requests = {}
    for kind, query in make_queries(chance, messages):
        requests.setdefault(kind, []).append(f"GET /search?take=20&query={urllib.parse.quote(query)}")
    fill = write_lines("posts.txt", (f"POST /meows?body={urllib.parse.quote(message)}" for message in messages))
    results = {kind: [] for kind in requests}
    with programs.meowerd(programs.data_folder("search")) as server:
        url = f"http://127.0.0.1:{programs.MEOWERD_PORT}"
        posted = 0
        while posted < MESSAGES:
            posted += programs.wrk(url, "lines.lua", 5, fill)["requests"]
            programs.progress(f"{posted:,} messages posted")
        server.wait_until_idle()
        for _ in range(rounds):
            for kind, lines in requests.items():
                cpu = server.cpu_seconds()
                result = programs.wrk(url, "lines.lua", seconds, write_lines(f"{kind}.txt", lines), connections=CLIENTS)
                cpu = server.cpu_seconds() - cpu
                results[kind].append((result["per_second"], result["p50_us"], result["p99_us"],
                                      cpu * 1e6 / result["requests"], result["errors"]))
        memory = server.peak_rss_mib()
    rows = []
    for kind, rounds_of_kind in results.items():
        per_second, p50, p99, cpu, errors = max(rounds_of_kind)
        rows.append((kind.replace("_", " "), f"{per_second:,.0f}", f"{p50 / 1000:.2f} ms", f"{p99 / 1000:.2f} ms",
                     f"{cpu:.0f} µs", errors))
    return (f"{posted:,} messages, {CLIENTS} clients, take=20; the best of {rounds} rounds; {memory:.0f} MiB at most.\n\n"
            + markdown(("query", "answers/s", "p50", "p99", "server's processor time each", "errors"), rows))


def search(rounds, _):
    """Searches for twenty meows in a program in C, one at a time, beside tantivy's fuzzy words."""
    chance = random.Random(17)
    messages = list(make_messages(chance, MESSAGES))
    queries = list(make_queries(chance, messages))
    paths = write_lines("messages.txt", messages), write_lines("queries.txt", map("\t".join, queries))
    results = []
    for number in range(1, rounds + 1):
        results.append(programs.tool("search_kinds", *paths, "index:"))
        programs.progress(f"round {number}: {MESSAGES:,} messages indexed in {results[-1]['indexed_us'] / 1e6:.1f} s")
    beside = tantivy_spans(messages, queries)
    rows = []
    for kind in dict(queries):
        middle, slow = (min(result[f"{kind}_{percentile}_us"] for result in results) for percentile in ("p50", "p99"))
        theirs = beside.get(kind)
        rows.append((kind.replace("_", " "), f"{middle / 1000:.3f} ms", f"{slow / 1000:.3f} ms",
                     f"{theirs / 1000:.3f} ms" if theirs else "–", f"{theirs / middle:.1f}" if theirs else "–"))
    indexed = min(result["indexed_us"] for result in results) / MESSAGES
    return (f"{MESSAGES:,} messages; posted and found after {indexed:.1f} µs each; the best of {rounds} rounds.\n\n"
            + markdown(("query", "p50", "p99", "tantivy, p50", "tantivy / ours"), rows))
