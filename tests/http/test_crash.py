"""kill -9 while many post: what was answered is there, once, in the list, in the index and after every cursor."""

import collections
import time

import pytest

from feed import Feed, in_threads, position, unique_word
from wire import Closed

pytestmark = pytest.mark.embedded_only

THREADS = 16
ROUNDS = 4


def post_until_killed(feed, word, number, answered, maybe):
    """Posts with one connection until the server is gone. What was sent without an answer goes to `maybe`."""
    count = 0
    while True:
        body, key = f"{word} {number} {count}", f"{word}-{number}-{count}"
        try:
            response = feed.request("POST", "/meows", params={"body": body}, headers={"Idempotency-Key": key})
        except OSError:
            maybe[body] = key
            return
        if response.status_code != 200:
            assert response.status_code in (500, 503)
            maybe[body] = key
            return
        answered[body] = response.json()["id"]
        count += 1


def listen_until_killed(feed, cursor, events):
    with feed.subscribe(cursor) as socket:
        assert socket.sync["recovered"] is True
        try:
            while True:
                events.append(socket.next_event(60))
        except Closed:
            return


def test_kill_9_loses_no_answered_post_and_stores_none_twice(new_server):
    server = new_server()
    server.start()
    feed = Feed(server)
    start = feed.now()
    answered, events = {}, []
    for round_number in range(ROUNDS):
        word = unique_word()
        in_this_round, maybe = {}, {}

        def work(number):
            if number < THREADS:
                return post_until_killed(feed, word, number, in_this_round, maybe)
            if number == THREADS:
                return listen_until_killed(feed, events[-1]["cursor"] if events else start, events)
            time.sleep(0.3 + 0.35 * round_number)
            return server.kill()

        in_threads(THREADS + 2, work)
        assert len(in_this_round) >= THREADS, "too few posts to say anything"
        server.start()

        # What was answered is there, once, and nothing that was not sent.
        meows = [meow for meow in feed.everything() if meow["body"].startswith(word)]
        bodies = collections.Counter(meow["body"] for meow in meows)
        assert [body for body in in_this_round if body not in bodies] == [], "answered posts are lost"
        assert [body for body, count in bodies.items() if count > 1] == [], "posts are stored twice"
        assert set(bodies) <= set(in_this_round) | set(maybe)
        by_body = {meow["body"]: meow["id"] for meow in meows}
        assert {body: by_body[body] for body in in_this_round} == in_this_round

        # A client that repeats what got no answer stores it once, with the id it had if it was stored.
        for body, key in maybe.items():
            id = feed.post(body, key).id
            assert by_body.setdefault(body, id) == id
        answered.update(by_body)

        # The index has all of it once it has reached the last position.
        found = []
        while True:
            ids = feed.ids("/search", query=word, skip=len(found), take=1000, cursor=feed.now())
            found += ids
            if not ids:
                break
        assert len(found) == len(set(found))
        assert set(found) == set(by_body.values())

    # Positions: from the first cursor on, every event once, without a hole, in order.
    end = feed.now()
    with feed.subscribe(start) as socket:
        assert socket.sync["recovered"] is True
        replayed = socket.events_until(lambda event: event["cursor"] == end, 60)
    positions = [position(event["cursor"]) for event in replayed]
    assert positions == list(range(position(start) + 1, position(end) + 1))
    assert {event["body"]: event["id"] for event in replayed} == answered
    assert len(replayed) == len(answered)

    # What the live client saw before each kill has stayed, at the same position, and nothing twice.
    by_cursor = {event["cursor"]: event for event in replayed}
    assert [event for event in events if by_cursor.get(event["cursor"]) != event] == []
    assert [position(event["cursor"]) for event in events] == positions[:len(events)]
    server.assert_is_sound()


def test_kill_9_between_deletions_leaves_deleted_meows_deleted(new_server):
    server = new_server()
    server.start()
    feed = Feed(server)
    posted = [feed.post(f"{unique_word()} {number}") for number in range(60)]
    deleted = [meow.id for meow in posted[::2]]
    for id in deleted:
        assert feed.delete(id, server.token).status_code == 204
    server.kill()
    server.start()
    assert feed.ids("/meows") == [meow.id for meow in posted[1::2]][::-1]
    for id in deleted:
        assert feed.get(f"/meows/{id}").status_code == 404
    with feed.subscribe(posted[-1].cursor) as socket:
        events = [socket.next_event() for _ in deleted]
    assert [(event["kind"], event["id"]) for event in events] == [(2, id) for id in deleted]


def test_kill_9_of_an_idle_server_loses_nothing(new_server):
    server = new_server()
    server.start()
    feed = Feed(server)
    word = unique_word()
    ids = []
    for _ in range(3):
        ids.append(feed.post(word).id)
        server.kill()
        server.start()
        assert feed.ids("/meows") == ids[::-1]
        assert feed.ids("/search", query=word, cursor=feed.now()) == ids[::-1]
