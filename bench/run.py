"""run.py - ./dev bench: meower beside the physical limits of what it does, in one run, on this machine.

Competitors take turns (A B A B), each round lasts a few seconds, and the table shows the median of the rounds with the
lowest and highest. Ratios are read, never asserted. What each comparison means: docs/PERFORMANCE.md.
"""

import argparse
import pathlib
import statistics
import urllib.request

import beside
import binding
import deployed
import labelling
import machine
import programs
import searching
from programs import progress
from table import Competitor, comparison, markdown, milliseconds

CLIENTS = 1000  # WebSocket clients
WINDOW = 16  # posts that may be ahead of their frames
PAUSE_MS = 40  # between two posts when nothing else is going on
CALM_RATE = 50  # posts a second to CLIENTS clients when latency is measured
ROOMS = (10, 10_000)  # clients, each in a room of its own
ROOM_RATE = 2000  # posts a second to them
SERVER = f"http://127.0.0.1:{programs.MEOWERD_PORT}"


def posts(rounds, seconds):
    """Durable posts over HTTP beside bare batched inserts of the same rows."""
    ours = Competitor("meowerd, POST /meows, 64 connections")
    bare = {batch: Competitor(f"bare SQLite loop, {batch} row{'s' if batch > 1 else ''} a transaction")
            for batch in (1, 64, 256)}
    alike = Competitor("bare SQLite loop, rows a transaction as meowerd's own")
    for number in range(1, rounds + 1):
        folder = programs.data_folder("posts")
        with programs.meowerd(folder) as server:
            cpu = server.cpu_seconds()
            result = programs.post_load(programs.MEOWERD_PORT, seconds)
            cpu = server.cpu_seconds() - cpu
            batch_size = programs.rows_per_transaction()
            idle = server.wait_until_idle()
            ours.add(result["per_second"], result["answer_p50_us"], result["answer_p99_us"], result["errors"],
                     cpu * 1e6 / result["requests"], server.peak_rss_mib())
        progress(f"round {number}: {result['per_second']:,.0f} posts/s, {batch_size} a transaction, "
                 f"load {result['busy']:.0%} busy, idle again after {idle:.1f} s")
        for batch, competitor in [*bare.items(), (batch_size, alike)]:
            target = programs.data_folder("bare") / "bare.db"
            result = programs.tool("sqlite_insert", programs.feed_database(folder), target, batch, seconds, 0)
            competitor.add(result["rows_per_second"], result["commit_p50_us"], result["commit_p99_us"], 0)
            progress(f"round {number}: {result['rows_per_second']:,.0f} rows/s, {batch} a transaction")
    return comparison([ours], [bare[64], alike, bare[256], bare[1]])


def page(rounds, seconds):
    """GET of the newest hundred beside NGINX with the same bytes in a file."""
    ours, theirs = Competitor("meowerd, GET /meows?take=100"), Competitor("NGINX, the same bytes as a file")
    with programs.meowerd(programs.data_folder("page")) as server:
        programs.wrk(f"{SERVER}/meows", "post.lua", 1)
        server.wait_until_idle()
        with urllib.request.urlopen(f"{SERVER}/meows?take=100") as answer:
            body = answer.read()
        with programs.nginx(body) as nginx:
            for number in range(1, rounds + 1):
                for competitor, process, port in ((ours, server, programs.MEOWERD_PORT),
                                                  (theirs, nginx, programs.NGINX_PORT)):
                    cpu = process.cpu_seconds()
                    result = programs.wrk(f"http://127.0.0.1:{port}/meows?take=100", "report.lua", seconds)
                    competitor.add(result["per_second"], result["p50_us"], result["p99_us"], result["errors"],
                                   (process.cpu_seconds() - cpu) * 1e6 / result["requests"], process.peak_rss_mib())
                    progress(f"round {number}: {competitor.name}: {result['per_second']:,.0f} requests/s, "
                             f"{result['bytes'] / max(1, result['requests']):,.0f} bytes each, "
                             f"wrk {result['busy']:.0%} busy")
    return f"A page of {len(body):,} bytes.\n\n" + comparison([ours], [theirs])


def frames(rounds, seconds):
    """Frames delivered to a thousand WebSocket clients beside bare sends of the same size."""
    ours = Competitor(f"meowerd, {CLIENTS:,} WebSocket clients")
    calm = Competitor(f"meowerd, the same at {CALM_RATE} posts/s")
    bare = {run: Competitor(f"bare sends, {run} frame{'s' if run > 1 else ''} a send") for run in (1, 8, WINDOW)}
    with programs.meowerd(programs.data_folder("frames")) as server:
        for number in range(1, rounds + 1):
            for competitor, mode, value in ((ours, "post", WINDOW), (calm, "rate", CALM_RATE)):
                cpu = server.cpu_seconds()
                result = programs.tool("frame_clients", programs.MEOWERD_PORT, CLIENTS, seconds, mode, value)
                cpu = server.cpu_seconds() - cpu
                competitor.add(result["frames_per_second"], result["frame_p50_us"], result["frame_p99_us"],
                               result["errors"] + result["missing"], cpu * 1e6 / result["frames"],
                               server.peak_rss_mib())
                progress(f"round {number}: {competitor.name}: {result['frames_per_second']:,.0f} frames/s, "
                         f"{result['posts_per_second']:,.0f} posts/s, "
                         f"clients' thread {result['clients_busy']:.0%} busy")
                server.wait_until_idle()
            payload = max(126, round(result["payload_bytes"]))
            for run, competitor in bare.items():
                with programs.sender(CLIENTS, seconds + 3, payload, run):
                    result = programs.tool("frame_clients", programs.SENDER_PORT, CLIENTS, seconds, "bare", 0)
                    competitor.add(result["frames_per_second"], errors=result["errors"])
                progress(f"round {number}: {competitor.name}: {result['frames_per_second']:,.0f} frames/s, "
                         f"clients' thread {result['clients_busy']:.0%} busy")
    return f"Frames of {payload} bytes.\n\n" + comparison([ours, calm], bare.values())


def rooms(rounds, seconds):
    """A post to one room of many, with a WebSocket client in each."""
    rows = []
    for count in ROOMS:
        with programs.meowerd(programs.data_folder("rooms")) as server:
            results = []
            for number in range(1, rounds + 1):
                result = programs.tool("frame_clients", programs.MEOWERD_PORT, count, seconds, "rooms", ROOM_RATE,
                                       server.popen.pid)
                results.append(result)
                progress(f"round {number}: {count:,} rooms: {result['server_us_per_post']:.1f} µs a post, p99 "
                         f"{result['frame_p99_us']} µs, {result['posts_per_second']:,.0f} posts/s, "
                         f"{result['missing']} missing, clients' thread {result['clients_busy']:.0%} busy")
                server.wait_until_idle()
            rows.append((f"{count:,} clients in {count:,} rooms",
                         f"{statistics.median(result['server_us_per_post'] for result in results):.1f} µs",
                         milliseconds([result["frame_p50_us"] for result in results]),
                         milliseconds([result["frame_p99_us"] for result in results]),
                         str(sum(result["errors"] + result["missing"] for result in results)),
                         f"{server.peak_rss_mib():.0f} MiB"))
    return (f"{ROOM_RATE:,} posts/s.\n\n"
            + markdown(("", "processor time a post", "to the client, p50", "p99", "errors", "peak RSS"), rows))


def latency(rounds, seconds):
    """From the post to its answer, to a WebSocket client and to the search, one post at a time."""
    spans = {"answered": [], "websocket": [], "search": []}
    bare, errors, count = [], 0, seconds * 1000 // (PAUSE_MS + 10)
    folder = programs.data_folder("latency")
    with programs.meowerd(folder) as server:
        filled = programs.wrk(f"{SERVER}/meows", "post.lua", 1)["requests"]
        server.wait_until_idle()
        for number in range(1, rounds + 1):
            result = programs.tool("latency", programs.MEOWERD_PORT, count, PAUSE_MS)
            errors += result["errors"]
            for name, rows in spans.items():
                rows.append((result[f"{name}_p50_us"], result[f"{name}_p99_us"]))
            progress(f"round {number}: answered {result['answered_p50_us']} µs, WebSocket "
                     f"{result['websocket_p50_us']} µs, search {result['search_p50_us']} µs (p50)")
            bare_result = programs.tool("sqlite_insert", programs.feed_database(folder),
                                        programs.data_folder("bare") / "bare.db", 1, seconds, PAUSE_MS)
            bare.append((bare_result["commit_p50_us"], bare_result["commit_p99_us"]))
        peak = server.peak_rss_mib()
    rows = [(name, milliseconds([low for low, _ in values]), milliseconds([high for _, high in values]))
            for name, values in ((f"bare SQLite transaction of one row, {PAUSE_MS} ms apart", bare),
                                 ("post to its answer (durable)", spans["answered"]),
                                 ("post to a WebSocket client", spans["websocket"]),
                                 ("post to GET /search", spans["search"]))]
    return (f"{rounds} × {count} posts, {PAUSE_MS} ms apart, on a feed of {filled:,} meows; {errors} errors; "
            f"peak RSS {peak:.0f} MiB.\n\n" + markdown(("", "p50", "p99"), rows))


COMPARISONS = {"posts": posts, "page": page, "frames": frames, "rooms": rooms,
               "latency": latency,
               "postgresql": deployed.postgresql, "writers": deployed.writers, "freshness": deployed.freshness,
               "freshness-opensearch": deployed.freshness_opensearch, "python": binding.python,
               "search": searching.search, "search-http": searching.search_over_http,
               "labels": labelling.labels, "beside": beside.other_build}

TAKE_BESIDE = {deployed.writers, beside.other_build}


def main():
    parser = argparse.ArgumentParser(prog="./dev bench", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"which: {', '.join(COMPARISONS)}; default all")
    parser.add_argument("--rounds", type=int, default=3, help="rounds of each competitor, default 3")
    parser.add_argument("--seconds", type=int, default=4, help="seconds a round, default 4")
    parser.add_argument("--beside", type=pathlib.Path, metavar="FOLDER",
                        help="the programs of another build, which take part in: writers, beside")
    arguments = parser.parse_args()
    if unknown := set(arguments.names) - set(COMPARISONS):
        parser.error(f"there is no comparison {', '.join(sorted(unknown))}")

    programs.WORK.mkdir(parents=True, exist_ok=True)
    report = "\n".join(machine.describe(programs.MEOWERD, programs.NGINX, programs.WORK)
                       + [f"- Load: {programs.CONNECTIONS} kept-alive connections on loopback; median of "
                          f"{arguments.rounds} rounds of {arguments.seconds} s, competitors in turn"]) + "\n"
    print(report)
    for name, compare in COMPARISONS.items():
        if name not in (arguments.names or [name for name in COMPARISONS if name != "beside"]):
            continue
        progress(f"{name}: {compare.__doc__}")
        more = {"beside": arguments.beside} if compare in TAKE_BESIDE else {}
        section = f"### {compare.__doc__.rstrip('.')}\n\n{compare(arguments.rounds, arguments.seconds, **more)}\n"
        report += f"\n{section}"
        print(f"\n{section}")
    (programs.WORK / "results.md").write_text(report)
    print(f"The same as Markdown: {programs.WORK / 'results.md'}")


if __name__ == "__main__":
    main()
