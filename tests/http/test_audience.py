"""Live clients of a server that has no others: what the first one gets, and what is
still there after the last one has gone. No test of this file keeps a client for the next one."""

import os
import threading
import time

import pytest

from feed import in_threads, position, unique_word

ROUNDS = 6


def cpu_seconds(pid):
    with open(f"/proc/{pid}/stat", encoding="ascii") as file:
        fields = file.read().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")  # utime, stime: proc(5)


def leave_unseen(feed):
    """Posts that no live client sees; they are noticed, and the server has time to find that nobody is there."""
    posted = [feed.post(unique_word()) for _ in range(3)]
    time.sleep(0.1)
    return posted


@pytest.mark.parametrize("way", ["websocket", "sse"])
def test_the_first_client_gets_what_follows_and_nothing_else(feed, way):
    for _ in range(ROUNDS):
        leave_unseen(feed)
        if way == "websocket":
            with feed.subscribe() as socket:
                ids = [feed.post(unique_word()).id for _ in range(3)]
                assert [socket.next_event()["id"] for _ in ids] == ids
        else:
            with feed.events() as stream:
                ids = [feed.post(unique_word()).id for _ in range(3)]
                events = stream.events_until(lambda event: event[2].get("id") == ids[-1])
                assert [event[2]["id"] for event in events if event[0] == "meow"] == ids


def test_the_first_client_with_a_cursor_gets_what_nobody_saw(feed):
    cursor = feed.now()
    for _ in range(ROUNDS):
        unseen = leave_unseen(feed)
        with feed.subscribe(cursor) as socket:
            assert socket.sync["recovered"] is True
            following = feed.post(unique_word())
            events = [socket.next_event() for _ in range(4)]
        assert [event["id"] for event in events] == [posted.id for posted in [*unseen, following]]
        cursor = events[-1]["cursor"]


def test_the_only_client_comes_and_goes_while_posts_flow_and_loses_nothing(feed):
    """Each visit goes on where the visit before it ended."""
    cursor = start = feed.now()
    stop = threading.Event()
    seen = []

    def post():
        ids = []
        while not stop.is_set():
            ids.append(feed.post(unique_word()).id)
        return ids

    def visit():
        nonlocal cursor
        try:
            for number in range(40):
                with feed.subscribe(cursor) as socket:
                    assert socket.sync["recovered"] is True
                    for _ in range(number % 5):
                        event = socket.next_event()
                        seen.append(event["id"])
                        cursor = event["cursor"]
        finally:
            stop.set()
        return []

    posted = [id for ids in in_threads(4, lambda number: post() if number else visit()) for id in ids]
    with feed.subscribe(cursor) as socket:
        while len(seen) < len(posted):
            event = socket.next_event()
            seen.append(event["id"])
            cursor = event["cursor"]
    assert sorted(seen) == sorted(posted)
    assert position(cursor) == position(start) + len(posted)


@pytest.mark.embedded_only
@pytest.mark.parametrize("crowd", [1, 300], ids=["one", "a crowd"])
def test_a_server_that_all_have_left_does_nothing(server, feed, crowd):
    sockets = [feed.subscribe() for _ in range(crowd)]
    feed.post(unique_word())
    for socket in sockets:
        socket.reset()
    leave_unseen(feed)
    time.sleep(1)
    before = cpu_seconds(server.process.pid)
    time.sleep(1)
    assert cpu_seconds(server.process.pid) - before < 0.5, "a thread never comes to rest"
