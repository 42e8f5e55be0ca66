"""Several threads serve the public connections: connections are spread over them, limits and metrics count all of them, and
what one of them does holds up no other."""

import pathlib
import re
import time
import urllib.request

import pytest

from feed import Feed, eventually, unique_word
from wire import Connection, request_bytes

THREADS = 4


@pytest.fixture
def make(new_server):
    def make(**settings):
        server = new_server(settings={"service_threads": THREADS, **settings})
        server.start()
        return server

    return make


def host_of(server):
    return server.base_url.split("//")[1]


def metric(server, name):
    with urllib.request.urlopen(server.admin_url + "/metrics", timeout=5) as response:
        return float(re.search(rf"^meower_{re.escape(name)} (\S+)$", response.read().decode(), re.MULTILINE).group(1))


def threads_by_processor_time(server):
    """What each thread of the process has used, in clock ticks (proc(5): utime, stime)."""
    ticks = {}
    for stat in pathlib.Path(f"/proc/{server.process.pid}/task").glob("*/stat"):
        fields = stat.read_text().rpartition(")")[2].split()
        ticks[stat] = int(fields[11]) + int(fields[12])
    return ticks


def test_connections_are_spread_evenly(make):
    """All connections at once ask for a page: every thread has its share to do."""
    server = make()
    connections = [Connection(server.base_url) for _ in range(8 * THREADS)]
    assert eventually(lambda: metric(server, "http_connections") == len(connections))
    before = threads_by_processor_time(server)
    deadline = time.monotonic() + 2
    while time.monotonic() < deadline:
        for connection in connections:
            connection.send(request_bytes(host_of(server), "GET", "/meows") * 20)
        for connection in connections:
            for _ in range(20):
                assert connection.read_response().status_code == 200
    used = sorted(after - before.get(task, 0) for task, after in threads_by_processor_time(server).items())
    busy = used[-THREADS:]
    assert busy[0] > busy[-1] / 4, used


def test_the_limit_of_connections_counts_all_threads(make):
    server = make(connections_max=10)
    connections = [Connection(server.base_url) for _ in range(10)]
    assert eventually(lambda: metric(server, "http_connections") == 10)
    assert Feed(server).exchange(request_bytes(host_of(server), "GET", "/meows")).status_code == 503
    assert metric(server, "http_connections_refused_total") >= 1
    connections.pop().close()
    assert eventually(lambda: Feed(server).exchange(request_bytes(host_of(server), "GET", "/meows")).status_code == 200)


def test_metrics_sum_all_threads(make):
    server = make()
    for _ in range(3 * THREADS):
        assert Feed(server).exchange(request_bytes(host_of(server), "GET", "/meows")).status_code == 200
    assert metric(server, 'http_requests_total{route="GET /meows",status="2xx"}') == 3 * THREADS
    assert metric(server, "http_connections_total") >= 3 * THREADS


def test_live_clients_on_every_thread_get_every_event(make):
    server = make()
    feed = Feed(server)
    sockets = [feed.subscribe("") for _ in range(2 * THREADS)]
    streams = [feed.events("") for _ in range(2 * THREADS)]
    posted = [feed.post(unique_word()).id for _ in range(20)]
    for socket in sockets:
        assert [socket.next_event()["id"] for _ in posted] == posted
    assert metric(server, "http_websocket_clients") == len(sockets)
    assert metric(server, "http_sse_clients") == len(streams)


def test_stopping_ends_every_thread_and_answers_what_was_accepted(make):
    server = make()
    feed = Feed(server)
    sockets = [feed.subscribe("") for _ in range(2 * THREADS)]
    assert server.stop() == 0
    for socket in sockets:
        assert socket.wait_for_close() == 1001
