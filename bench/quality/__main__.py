"""./dev quality - how often a search finds what somebody means: of each kind of query, the part whose wanted meow is
among the first ten, beside other engines on the same messages. Read by people; --check holds meowerd to a floor."""

import argparse
import pathlib
import random
import sys
import time

import programs
from table import markdown

from . import floor, kinds
from .corpus import Corpus
from .systems import FIRST, SYSTEMS

SEED = 17
QUERIES = 300
REPORT = programs.WORK / "quality.md"


def all_queries(corpus, count):
    """By the title of its kind, each query with the number of the message that is meant."""
    queries = {title: kinds.queries_of(kinds.Maker(corpus, random.Random(f"{SEED} {title}")), make, languages, count)
               for title, make, languages in kinds.KINDS}
    queries[kinds.RUN_KIND] = kinds.run_queries(corpus)
    return queries


def share_found(system, pairs):
    """In percent."""
    return 100 * sum(wanted in system.first(query) for query, wanted in pairs) / len(pairs)


def measured(names, corpus, queries, program):
    """By the name of a system, by the title of a kind: the part that was found."""
    shares = {}
    for name in names:
        start = time.monotonic()
        with SYSTEMS[name].started(corpus.messages, program) as systems:
            for system in systems:
                shares[system.name] = {title: share_found(system, pairs) for title, pairs in queries.items()}
        programs.progress(f"{name}: {time.monotonic() - start:.0f} s")
    return shares


def report(corpus, queries, shares):
    rows = [(title, len(pairs), *(f"{found[title]:.1f}" for found in shares.values()))
            for title, pairs in queries.items()]
    return (f"{corpus.describe()}. Percent of the queries whose wanted meow is among the first {FIRST}.\n\n"
            + markdown(("query", "queries", *shares), rows) + "\n")


def parsed():
    parser = argparse.ArgumentParser(prog="./dev quality", description=__doc__)
    parser.add_argument("--meowerd", type=pathlib.Path, default=programs.MEOWERD, metavar="PATH",
                        help="the program, default that of build/release")
    parser.add_argument("--systems", nargs="+", choices=SYSTEMS, default=list(SYSTEMS), help="which, default all")
    parser.add_argument("--queries", type=int, default=QUERIES, help=f"of a kind, default {QUERIES}")
    parser.add_argument("--check", metavar="FILE",
                        help=f"fail when a row of meowerd is more than {floor.FALL_MAX:.0f} points below the file's")
    parser.add_argument("--write-floor", metavar="FILE", help="write meowerd's figures into this file")
    arguments = parser.parse_args()
    if (arguments.check or arguments.write_floor) and "meowerd" not in arguments.systems:
        parser.error("the floor is meowerd's: name it among the systems")
    return arguments


def main():
    arguments = parsed()
    programs.WORK.mkdir(parents=True, exist_ok=True)
    corpus = Corpus(SEED)
    queries = all_queries(corpus, arguments.queries)
    shares = measured(arguments.systems, corpus, queries, arguments.meowerd)
    text = report(corpus, queries, shares)
    REPORT.write_text(text, encoding="utf-8")
    print(text)
    if arguments.write_floor:
        floor.write(arguments.write_floor, shares["meowerd"])
    if arguments.check and (lines := floor.fallen(arguments.check, shares["meowerd"])):
        sys.exit("\n".join(["below the floor:", *lines]))


if __name__ == "__main__":
    main()
