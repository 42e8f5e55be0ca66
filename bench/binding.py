"""binding.py - ./dev bench python: the Python binding beside C, through the same library."""

import json
import os
import statistics
import subprocess
import sys
import time

import programs
from programs import progress
from table import Competitor, cpu_each, markdown

BATCH = 256  # posts on their way at once
POSTS, SUBSCRIBERS = 10_000, 100  # in one loop of asyncio
IMPORTS = 21
LIBRARY = programs.BUILD / "lib" / "libmeower.so.1"
ENVIRONMENT = {**os.environ, "MEOWER_LIBRARY": str(LIBRARY), "PYTHONPATH": str(programs.BENCH.parent / "bindings/python/src")}
STORES = {"memory": "memory:", "SQLite": "sqlite:{folder}/feed.db"}


def run_python(*arguments):
    done = subprocess.run([sys.executable, *map(str, arguments)], env=ENVIRONMENT, capture_output=True, text=True,
                          check=False)
    if done.returncode:
        raise SystemExit(done.stderr)
    return done.stdout


def posts_in_c(store, batch, seconds):
    return programs.tool("embed_posts", store, batch, seconds, 0, 0)


def posts_in_python(mode):
    return lambda store, batch, seconds: json.loads(
        run_python(programs.BENCH / "python_posts.py", store, mode, batch, seconds))


PAIRS = (  # the C side first
    (0, (("C, meower_command_post()", posts_in_c), ("Python, post()", posts_in_python("sync")))),
    (BATCH, ((f"C, {BATCH} submitted in one call, then taken", posts_in_c),
             (f"asyncio, post_many() of {BATCH}", posts_in_python("many")),
             (f"asyncio, {BATCH} tasks with post()", posts_in_python("tasks")))),
)


def compare_posts(store_name, batch, sides, rounds, seconds):
    competitors = [Competitor(f"{name}, {store_name}") for name, _ in sides]
    for number in range(1, rounds + 1):
        for competitor, (_, measure) in zip(competitors, sides):
            store = STORES[store_name].format(folder=programs.data_folder("python"))
            result = measure(store, batch, seconds)
            rate = result["posts"] * 1e6 / result["duration_us"]
            competitor.add(rate, errors=0, cpu_us=result["spent_us"] / result["posts"])
            progress(f"round {number}: {competitor.name}: {rate:,.0f} posts/s")
    in_c, *in_python = competitors
    rows = [(in_c.name, f"{in_c.median():,.0f}", f"{min(in_c.rates):,.0f} to {max(in_c.rates):,.0f}", "", cpu_each(in_c))]
    for each in in_python:
        rows.append((each.name, f"{each.median():,.0f}", f"{min(each.rates):,.0f} to {max(each.rates):,.0f}",
                     f"{each.median() / in_c.median():.2f}", cpu_each(each)))
    return rows


def import_ms(code):
    spans = []
    for _ in range(IMPORTS):
        started = time.perf_counter()
        run_python("-c", code)
        spans.append((time.perf_counter() - started) * 1000)
    return statistics.median(spans)


def python(rounds, seconds):
    """Posts through the Python binding beside the same in C; events in one loop; the import"""
    rows = [row for store in STORES for batch, sides in PAIRS
            for row in compare_posts(store, batch, sides, rounds, seconds)]
    text = markdown(("", "posts/s, median", "lowest to highest", "of C's", "CPU each"), rows)
    folder = programs.data_folder("python")
    loop = json.loads(run_python(programs.BENCH / "python_posts.py", f"sqlite:{folder}/feed.db", "events", POSTS, SUBSCRIBERS))
    span_s = loop["duration_us"] / 1e6
    bare, loaded = import_ms("pass"), import_ms("import meower")
    progress(f"import: {loaded - bare:.1f} ms")
    return (f"{text}\n\n{POSTS:,} posts as tasks and {SUBSCRIBERS} subscribers in one loop, SQLite: posted after "
            f"{loop['posted_us'] / 1e6:.2f} s, all {loop['events']:,} events delivered in order after {span_s:.2f} s "
            f"({loop['events'] / span_s:,.0f} a second), none lost.\n\n"
            f"`import meower`: {loaded - bare:.0f} ms (Python alone starts in {bare:.0f} ms); median of {IMPORTS}.")
