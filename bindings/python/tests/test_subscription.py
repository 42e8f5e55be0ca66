"""Following the feed from a thread."""

import select
import threading
import time

import meower
import pytest


def test_events_come_in_order_exactly_once(m):
    with m.subscribe() as events:
        posted = m.post_many(f"meow {number}" for number in range(3000))
        for number in range(3000):
            event = next(events)
            assert (event.position, event.kind, event.id) == (number + 1, "created", posted[number].id)
            assert event.meow.text == f"meow {number}"


def test_a_cursor_resumes_behind_its_event(m):
    m.post("one")
    cursor = m.post("two").cursor
    m.post("three")
    with m.subscribe(cursor, timeout=1) as events:
        assert (next(events).meow.text, events.recovered) == ("three", True)


def test_the_start_is_before_the_first_event(m):
    m.post_many(["one", "two"])
    with m.subscribe(meower.CURSOR_START, timeout=1) as events:
        assert ([next(events).position for _ in range(2)], events.recovered) == ([1, 2], True)


def test_a_deletion_has_no_meow(m):
    posted = m.post("hello")
    with m.subscribe() as events:
        m.delete(posted.id)
        event = next(events)
    assert (event.kind, event.id, event.meow) == ("deleted", posted.id, None)


def test_what_is_beyond_the_memory_comes_from_the_store():
    with meower.open(event_log_max=16) as m:
        start = m.post("first").cursor
        m.post_many(["hello"] * 500)
        assert [event.position for event in m.subscribe(start, timeout=1)] == list(range(2, 502))


def test_a_cursor_of_another_feed_is_not_recovered(m):
    with meower.open() as other:
        cursor = other.post("hello").cursor
    m.post("hello")
    with m.subscribe(cursor, timeout=0.05) as events:
        assert not events.recovered
        assert list(events) == []


def test_what_is_no_cursor_is_refused(m):
    with pytest.raises(meower.InvalidError):
        m.subscribe("nonsense")


def test_the_cursor_follows(m):
    with m.subscribe() as events:
        before = events.cursor
        posted = m.post("hello")
        assert before != posted.cursor
        next(events)
        assert events.cursor == posted.cursor


def test_an_event_has_the_json_of_a_websocket_client(m):
    with m.subscribe() as events:
        posted = m.post("hello")
        assert next(events).json.startswith(f'{{"kind":1,"id":"{posted.id}","body":"hello"')


def test_iterating_ends_when_nothing_comes_for_so_long(m):
    started = time.monotonic()
    assert list(m.subscribe(timeout=0.1)) == []
    assert 0.09 < time.monotonic() - started < 5


def test_waiting_no_time_says_at_once_that_there_is_nothing(m):
    with m.subscribe() as events:
        assert events.wait(0) is None
        m.post("hello")
        assert events.wait(5).position == 1


def test_its_descriptor_is_readable_while_events_wait(m):
    with m.subscribe() as events:
        assert select.select([events], [], [], 0)[0] == []
        m.post("hello")
        assert select.select([events], [], [], 5)[0] == [events]
        assert events.wait(0).position == 1


def test_a_waiting_thread_gets_what_another_posts(m):
    got = []
    events = m.subscribe()
    reader = threading.Thread(target=lambda: got.append(next(events)))
    reader.start()
    time.sleep(0.05)
    m.post("hello")
    reader.join(10)
    assert [event.meow.text for event in got] == ["hello"]
