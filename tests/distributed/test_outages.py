"""Engines that are not there yet, and engines that die and come back under load."""

import json
import re
import time
import urllib.parse

import pytest
from feed import eventually, unique_word
from history import stream_violations, violations
from load import Client, Follower, load, now
from stored import assert_right, stored_ids

POSTERS, PAUSE_S = 16, 0.1
POSTS = 200  # before the engine dies, while it is away, and after it is back


def search(daemon, query, **fields):
    """(ids, whether it was the scan of the newest) of a search."""
    client = Client(daemon)
    answer = client.request("GET", "/search?" + urllib.parse.urlencode({"query": query, **fields}))
    client.close()
    assert answer is not None and answer[0] == 200, answer
    return [meow["id"] for meow in json.loads(answer[2])], answer[1].get("Meower-Search") == "fallback"


def found_by_search(daemon, query):
    """All ids that a search finds, page by page, none of them by a scan."""
    ids, page = [], None
    while page is None or page:
        page, is_scan = search(daemon, query, skip=len(ids), take=1000)
        assert not is_scan
        ids += page
    return ids


class Outage:
    """A cluster under load whose engines are killed, and what must hold when they are back."""

    def __init__(self, engines, cluster, store):
        self.engines, self.cluster, self.store = engines, cluster, store
        begin = now(cluster.pusher)
        self.followers = [Follower(cluster.pusher, begin, hang_up_every) for hang_up_every in (None, 50)]

    def check(self, running, history):
        stored = stored_ids(self.engines, self.store)
        for daemon in self.cluster.daemons:
            daemon.wait_until_ready(120)
        for follower in self.followers:
            follower.wait_for(len(stored))
            follower.stop()
            assert follower.refused == []
            assert_right(stream_violations(follower.events, 0, stored))
        assert_right(violations(history, stored))
        for query in self.cluster.queries:
            assert eventually(lambda: query.metric("index_position") >= len(stored), 60), "the index stays behind"
            assert sorted(id for worker in running.workers for id in found_by_search(query, worker.word)) == sorted(stored)


def failures_between(running, begun, ended):
    return [what for moment, what in running.failures() if begun <= moment <= ended]


# ---- killed and started again under load -----------------------------------------------------------------------------


def test_the_store_dies_and_comes_back(engines, store, buses, search_url, make_cluster):
    cluster = make_cluster(store, buses["nats"], search_url).start()
    outage = Outage(engines, cluster, store)
    with load(cluster, POSTERS, PAUSE_S) as running:
        running.wait_for_posts(POSTS)
        engines.postgresql.kill()
        for daemon in cluster.daemons:
            assert "store: " in daemon.wait_until_not_ready(["option \"store\"", "PostgreSQL"])
        engines.postgresql.start()
        running.wait_for_posts(POSTS, seconds=60)
        history = running.stop()
    outage.check(running, history)


BUSES = ["nats", "kafka"]


@pytest.mark.parametrize("name", BUSES)
def test_the_bus_dies_and_comes_back(name, engines, store, buses, search_url, make_cluster):
    cluster = make_cluster(store, buses[name], search_url).start()
    outage = Outage(engines, cluster, store)
    bus = getattr(engines, name)
    with load(cluster, POSTERS, PAUSE_S) as running:
        running.wait_for_posts(POSTS)
        bus.kill()
        killed = time.monotonic()
        for daemon in cluster.daemons:
            assert "bus: " in daemon.wait_until_not_ready(["option \"bus\"", "127.0.0.1"])
        running.wait_for_posts(POSTS)
        started = time.monotonic()
        bus.start()
        for daemon in cluster.daemons:
            daemon.wait_until_part_is_ready("bus")
        running.wait_for_posts(POSTS)
        history = running.stop()
    assert failures_between(running, killed, started) == [], "without the bus, posting and reading go on"
    assert running.failures() == []
    outage.check(running, history)


def test_the_search_engine_dies_and_comes_back(engines, store, buses, search_url, make_cluster):
    cluster = make_cluster(store, buses["postgresql"], search_url).start()
    outage = Outage(engines, cluster, store)
    with load(cluster, POSTERS, PAUSE_S) as running:
        running.wait_for_posts(POSTS)
        engines.search.kill()
        for daemon in cluster.queries:
            assert "search: " in daemon.wait_until_not_ready(["option \"search\"", "127.0.0.1"])
            ids, is_scan = search(daemon, running.workers[0].word)
            assert is_scan and ids, "without the engine, a scan of the newest answers"
        running.wait_for_posts(POSTS)
        engines.search.start()
        running.wait_for_posts(POSTS)
        history = running.stop()
    assert running.failures() == [], "without the search engine, posting and reading go on"
    outage.check(running, history)


# ---- not there yet ---------------------------------------------------------------------------------------------------


def assert_serves(cluster):
    """Posts on one, and finds it on another and in the index."""
    word = unique_word()
    client = Client(cluster.commands[0])
    status, headers, content = client.request("POST", "/meows?" + urllib.parse.urlencode({"body": word}))
    client.close()
    assert status == 200, content
    assert eventually(lambda: search(cluster.queries[1], word) == ([json.loads(content)["id"]], False), 30)


def test_a_store_that_is_not_there_is_waited_for(engines, store, buses, make_cluster):
    cluster = make_cluster(store, buses["postgresql"], "index:")
    engines.postgresql.stop()
    for daemon in cluster.daemons:
        daemon.spawn()
    for daemon in cluster.daemons:
        daemon.wait_until_not_ready(["option \"store\"", "PostgreSQL", "cannot be reached"])
    waits = [eventually(lambda: waits_of(daemon, 2), 15) for daemon in cluster.daemons]
    engines.postgresql.start()
    for daemon in cluster.daemons:
        daemon.wait_until_ready()
    assert_serves(cluster)
    for announced, waited in waits:
        assert announced[:2] == [2.0, 4.0], "the wait doubles"
        assert 2.0 <= waited < 3.5
    assert len({round(waited, 2) for _, waited in waits}) > 1, "they do not come back all at once"


def waits_of(daemon, count):
    """(the waits that it announced, how long the first one really was), once so many are announced."""
    lines = re.findall(r"time=\S+T(\d+):(\d+):([\d.]+)Z .*event=\"waiting for an engine\".* again_in_ms=(\d+)",
                       daemon.log())
    if len(lines) < count:
        return None
    times = [int(hours) * 3600 + int(minutes) * 60 + float(seconds) for hours, minutes, seconds, _ in lines]
    return [int(wait_ms) / 1000 for *_, wait_ms in lines], (times[1] - times[0]) % 86400


@pytest.mark.parametrize("name", BUSES)
def test_a_bus_that_is_not_there_is_waited_for(name, engines, store, buses, make_cluster):
    cluster = make_cluster(store, buses[name], "index:")
    getattr(engines, name).stop()
    for daemon in cluster.daemons:
        daemon.spawn()
    for daemon in cluster.daemons:
        daemon.wait_until_not_ready(["bus: ", "option \"bus\"", "127.0.0.1", "cannot be reached"])
    getattr(engines, name).start()
    for daemon in cluster.daemons:
        daemon.wait_until_ready()
    assert_serves(cluster)


def test_a_search_engine_that_is_not_there_is_waited_for(engines, store, buses, search_url, make_cluster):
    cluster = make_cluster(store, buses["postgresql"], search_url)
    engines.search.stop()
    for daemon in cluster.daemons:
        daemon.spawn()
    for daemon in cluster.queries:
        daemon.wait_until_not_ready(["search: ", "option \"search\"", "127.0.0.1", "does not answer"])
    engines.search.start()
    for daemon in cluster.daemons:
        daemon.wait_until_ready()
    assert_serves(cluster)
