"""deployed.py - meower on the engines of the distributed deployment, each installed and started by tests/servers."""

import contextlib
import os
import shutil
import subprocess
import zlib
from concurrent.futures import ThreadPoolExecutor

import programs
from table import Competitor, comparison, markdown, milliseconds

SERVERS = programs.BENCH.parent / "tests" / "servers"
# Others than root run some servers: the folder must be open to all. Each checkout has one of its own.
FOLDER = f"/tmp/meower-bench-{zlib.crc32(str(programs.BENCH).encode())}"
POSTGRESQL_PORT, ENGINE_PORT = 18410, 18411
COMMAND_PORT, QUERY_PORT, COMMAND_ADMIN_PORT, QUERY_ADMIN_PORT = 18412, 18413, 18414, 18415
STORE = f"postgresql://meower:meower@127.0.0.1:{POSTGRESQL_PORT}/postgres"
WRITER_PORT = 18420  # of the first of several command services, then each the second next
FRESHNESS_RATE = 2000  # posts a second
WARM_UP_S = 6  # an engine compiles its code while it runs


@contextlib.contextmanager
def server(kind, name, port, **environment):
    """One of tests/servers, without any data in it."""
    folder = f"{FOLDER}/{name}"
    os.makedirs(folder, mode=0o755, exist_ok=True)
    environment = {**os.environ, "PORT": str(port), **environment}

    def call(action):
        subprocess.run([SERVERS / kind, action, folder], env=environment, check=True)

    shutil.rmtree(f"{folder}/data", ignore_errors=True)
    call("install")
    call("start")
    try:
        yield
    finally:
        call("stop")


def daemon(name, port, admin_port, *flags, folder=programs.BUILD / "bin"):
    """Starts one of the three daemons on the store, which is also its bus."""
    process = programs.Process([folder / name, f"--store={STORE}", f"--bus={STORE}",
                                f"--listen=127.0.0.1:{port}", f"--admin=127.0.0.1:{admin_port}", *flags],
                               f"{name}.log")
    process.wait_until_it_answers(f"http://127.0.0.1:{admin_port}/readyz")
    return programs.stopped_at_the_end(process)


def postgresql(rounds, seconds):
    """Durable posts over HTTP on PostgreSQL beside bare inserts of the same rows into the same server."""
    ours = Competitor("meower-commandd, POST /meows, 64 connections")
    bare = {(way, batch): Competitor(name) for way, batch, name in (
        ("rows", 64, "bare libpq loop, 64 rows a transaction, an INSERT each"),
        ("arrays", 64, "bare libpq loop, 64 rows a transaction, one INSERT of arrays"),
        ("rows", 1, "bare libpq loop, 1 row a transaction"))}
    with server("postgresql", "postgresql", POSTGRESQL_PORT):
        for number in range(rounds + 1):
            with daemon("meower-commandd", COMMAND_PORT, COMMAND_ADMIN_PORT) as process:
                cpu = process.cpu_seconds()
                result = programs.post_load(COMMAND_PORT, seconds)
                cpu = process.cpu_seconds() - cpu
                if number == 0:  # a new server has its first files to make
                    continue
                ours.add(result["per_second"], result["answer_p50_us"], result["answer_p99_us"], result["errors"],
                         cpu * 1e6 / result["requests"], process.peak_rss_mib())
            programs.progress(f"round {number}: {result['per_second']:,.0f} posts/s, load {result['busy']:.0%} busy")
            for (way, batch), competitor in bare.items():
                result = programs.tool("postgresql_insert", STORE, way, batch, seconds)
                competitor.add(result["rows_per_second"], result["commit_p50_us"], result["commit_p99_us"], 0)
                programs.progress(f"round {number}: {result['rows_per_second']:,.0f} rows/s, {competitor.name}")
    return comparison([ours], bare.values())


def empty_database():
    """Makes the database new, so that no round pays for the rows of another."""
    url = STORE.replace("/postgres", "/template1")
    for statement in ("DROP DATABASE IF EXISTS postgres WITH (FORCE)", "CREATE DATABASE postgres", "CHECKPOINT"):
        subprocess.run(["psql", "-Xq", "-v", "ON_ERROR_STOP=1", url, "-c", statement], check=True,
                       stdin=subprocess.DEVNULL)


def posts_by(count, seconds, folder):
    """(posts a second of so many command services together, p50 and p99 of the slowest, errors)."""
    ports = [WRITER_PORT + 2 * number for number in range(count)]
    empty_database()
    with contextlib.ExitStack() as running, ThreadPoolExecutor(count) as loads:
        for port in ports:
            running.enter_context(daemon("meower-commandd", port, port + 1, folder=folder))
        results = list(loads.map(
            lambda port: programs.post_load(port, seconds, programs.CONNECTIONS // count), ports))
    return (sum(result["per_second"] for result in results), max(result["answer_p50_us"] for result in results),
            max(result["answer_p99_us"] for result in results), sum(result["errors"] for result in results))


def writers(rounds, seconds, beside=None):
    """Durable posts on PostgreSQL by one, two and three command services, 64 connections in all."""
    folders = {"": programs.BUILD / "bin"}
    if beside:
        folders[f", {beside}"] = beside
    competitors = {(count, name): Competitor(f"{count} meower-commandd{name}") for count in (1, 2, 3) for name in folders}
    with server("postgresql", "postgresql", POSTGRESQL_PORT):
        for number in range(1, rounds + 1):
            for (count, name), competitor in competitors.items():
                competitor.add(*posts_by(count, seconds, folders[name]))
                programs.progress(f"round {number}: {competitor.name}: {competitor.rates[-1]:,.0f} posts/s")
    first, *others = competitors.values()
    return comparison([first], others)


def measure_freshness(engine, rounds, seconds):
    """A table of one row."""
    answered, found, errors, rates, probes = [], [], 0, [], 0
    with server("postgresql", "postgresql", POSTGRESQL_PORT), \
            server("search-engine", engine, ENGINE_PORT, ENGINE=engine), \
            daemon("meower-commandd", COMMAND_PORT, COMMAND_ADMIN_PORT), \
            daemon("meower-queryd", QUERY_PORT, QUERY_ADMIN_PORT,
                   f"--search=elasticsearch:http://127.0.0.1:{ENGINE_PORT}"):
        programs.tool("freshness", COMMAND_PORT, QUERY_PORT, FRESHNESS_RATE, WARM_UP_S)
        for number in range(1, rounds + 1):
            result = programs.tool("freshness", COMMAND_PORT, QUERY_PORT, FRESHNESS_RATE, seconds)
            answered.append((result["answered_p50_us"], result["answered_p99_us"]))
            found.append((result["found_p50_us"], result["found_p99_us"]))
            errors += result["errors"] + result["missed"]
            probes += result["found_count"]
            rates.append(result["posts_per_second"])
            programs.progress(f"round {number}: {engine}: {rates[-1]:,.0f} posts/s, found after "
                              f"{result['found_p50_us']} µs (p50), {result['found_p99_us']} µs (p99)")
    columns = [milliseconds(values) for values in (*zip(*answered), *zip(*found))]
    return (f"{probes} searches.\n\n"
            + markdown(("", "posts/s", "answered p50", "answered p99", "found p50", "found p99", "errors"),
                       [(engine, f"{min(rates):,.0f}", *columns, str(errors))]))


def freshness(rounds, seconds):
    """From the post to GET /search through Elasticsearch, at 2,000 posts a second."""
    return measure_freshness("elasticsearch-7.10.2", rounds, seconds)


def freshness_opensearch(rounds, seconds):
    """From the post to GET /search through OpenSearch, at 2,000 posts a second."""
    return measure_freshness("opensearch-2.19.6", rounds, seconds)
