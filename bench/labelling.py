"""labelling.py - what labels cost: ./dev bench labels. Posts with two labels beside posts without, in a program in C and
over HTTP; and pages of what carries some labels, in a program in C on a feed of a million meows."""

import programs
from programs import progress
from table import Competitor, cpu_each, markdown

ROOMS, AUTHORS = 100, 1000
BATCH = 64
MEOWS, PAGES = 1_000_000, 1_000
KINDS = (("a label that one meow in 1,000 has", "thousandth"), ("a label that one meow has", "single"),
         ("three labels: of a third, a seventh and a thousandth of the meows", "three"), ("a label that no meow has", "none"))


def post_in_program(labels, seconds):
    store = f"sqlite:{programs.data_folder('labels')}/feed.db"
    result = programs.tool("embed_posts", store, BATCH, seconds, *labels)
    return result["posts"] * 1e6 / result["duration_us"], result["spent_us"] / result["posts"]


def post_over_http(labels, seconds):
    with programs.meowerd(programs.data_folder("labels")) as server:
        cpu = server.cpu_seconds()
        result = programs.post_load(programs.MEOWERD_PORT, seconds, rooms=labels[0], authors=labels[1])
        return result["per_second"], (server.cpu_seconds() - cpu) * 1e6 / result["requests"]


def compare_posts(name, measure, rounds, seconds):
    sides = [(Competitor(f"{name}, no labels"), (0, 0)), (Competitor(f"{name}, two labels"), (ROOMS, AUTHORS))]
    for number in range(1, rounds + 1):
        for competitor, labels in sides:
            rate, cpu_us = measure(labels, seconds)
            competitor.add(rate, errors=0, cpu_us=cpu_us)
            progress(f"round {number}: {competitor.name}: {rate:,.0f} posts/s")
    without = sides[0][0].median()
    return [(each.name, f"{each.median():,.0f}", f"{min(each.rates):,.0f} to {max(each.rates):,.0f}",
             f"{each.median() / without:.2f}", cpu_each(each)) for each, _ in sides]


def labels(rounds, seconds):
    """Posts with two labels beside posts without, and pages of what carries some labels."""
    rows = compare_posts(f"a program in C, {BATCH} at once", post_in_program, rounds, seconds)
    rows += compare_posts("POST /meows, 64 connections", post_over_http, rounds, seconds)
    pages = programs.tool("label_pages", f"sqlite:{programs.data_folder('labels')}/feed.db", MEOWS, PAGES)
    spans = [(what, pages[f"{kind}_meows"], f"{pages[f'{kind}_p50_us'] / 1000:.3f} ms", f"{pages[f'{kind}_p99_us'] / 1000:.3f} ms")
             for what, kind in KINDS]
    return (f"The labels are a room, one of {ROOMS}, and an author, one of {AUTHORS:,}.\n\n" +
            markdown(("", "posts/s", "rounds", "ratio", "CPU a post"), rows) +
            f"\n\nPages of a hundred, {MEOWS:,} meows on SQLite, in a program in C:\n\n" +
            markdown(("of", "meows", "p50", "p99"), spans))
