"""Many at once: order of ids, positions without hole or repeat, and when a meow becomes visible."""

import signal
import threading
import time
import urllib.parse

import pytest

from feed import eventually, in_threads, position, unique_word
from wire import Connection, request_bytes

POSTERS = 64
POSTS = 15


def test_ids_increase_in_the_order_of_answers_where_it_can_be_seen(feed):
    """A post that begins after another was answered has the greater id; those that overlap may have either order."""

    def work(_):
        posts = []
        for _ in range(POSTS):
            begin = time.monotonic()
            id = feed.post(unique_word()).id
            posts.append((begin, time.monotonic(), id))
        return posts

    posts = [post for posts in in_threads(POSTERS, work) for post in posts]
    ids = [id for _, _, id in posts]
    assert len(set(ids)) == POSTERS * POSTS
    changes = sorted([(begin, 1, id) for begin, _, id in posts] + [(end, 0, id) for _, end, id in posts])
    greatest_answered = ""
    for _, is_begin, id in changes:
        if is_begin:
            assert id > greatest_answered
        else:
            greatest_answered = max(greatest_answered, id)


def test_positions_have_no_hole_and_no_repeat_for_a_cursor_subscriber(feed):
    cursor = feed.now()
    total = POSTERS * POSTS
    with feed.subscribe(cursor) as socket:
        events = []

        def work(number):
            if number < POSTERS:
                return [feed.post(unique_word()) for _ in range(POSTS)]
            events.extend(socket.next_event(60) for _ in range(total))

        posted = [meow for meows in in_threads(POSTERS + 1, work)[:POSTERS] for meow in meows]
    first = position(cursor) + 1
    assert [position(event["cursor"]) for event in events] == list(range(first, first + total))
    assert {(event["id"], event["cursor"]) for event in events} == {tuple(meow) for meow in posted}


def test_events_and_lists_have_the_same_order(feed):
    cursor = feed.now()
    posted = in_threads(16, lambda _: [feed.post(unique_word()).id for _ in range(20)])
    with feed.subscribe(cursor) as socket:
        events = [socket.next_event()["id"] for _ in range(320)]
    assert events == sorted(id for ids in posted for id in ids)
    assert feed.ids("/meows", take=320) == events[::-1]


@pytest.mark.parametrize("bound, take", [("min_id", 7), ("since_id", 1000)])
def test_a_poller_by_id_sees_every_meow_once(bound, take, feed):
    """As Mastodon's clients do it: always what is newer than the newest that was seen."""
    seen = [feed.post(unique_word()).id]

    def work(number):
        if number < 16:
            return [feed.post(unique_word()).id for _ in range(POSTS)]
        deadline = time.monotonic() + 60
        while len(seen) < 1 + 16 * POSTS and time.monotonic() < deadline:
            seen.extend(reversed(feed.ids("/meows", **{bound: seen[-1], "take": take})))

    posted = [id for ids in in_threads(17, work)[:16] for id in ids]
    assert len(set(seen)) == len(seen)
    assert seen == sorted(seen)
    assert set(seen[1:]) == set(posted)


def test_what_was_answered_stands_above_all_that_was_answered_before(feed):
    """Above it in a list is only what was answered after it was sent."""

    def work(_):
        found = []
        for _ in range(POSTS):
            sent = time.monotonic()
            id = feed.post(unique_word()).id
            found.append((sent, time.monotonic(), id, feed.ids("/meows", take=1000)))
        return found

    found = [one for ones in in_threads(8, work) for one in ones]
    answered = {id: answered for _, answered, id, _ in found}
    for sent, _, id, page in found:
        for above in page[:page.index(id)]:
            assert answered.get(above, sent) >= sent


def test_every_meow_is_listed_as_soon_as_its_post_is_answered(feed):
    def work(_):
        for _ in range(POSTS):
            posted = feed.post(unique_word())
            assert posted.id in feed.ids("/meows", take=1000)
            assert feed.get(f"/meows/{posted.id}").status_code == 200

    in_threads(16, work)


def test_a_meow_listed_once_stays_listed_for_everyone(feed):
    """What one reader has seen, a later reader sees too: pages never go back."""
    stop = threading.Event()
    seen = [""] * 4

    def work(number):
        if number >= 4:
            for _ in range(40):
                feed.post(unique_word())
            stop.set()
            return
        while not stop.is_set():
            floor = max(seen)
            ids = feed.ids("/meows", take=20)
            assert ids == sorted(ids, reverse=True)
            assert ids[0] >= floor
            seen[number] = ids[0]

    feed.post(unique_word())
    in_threads(12, work)


def test_every_meow_is_pushed_and_found_soon(feed):
    words = [unique_word() for _ in range(POSTERS)]
    sockets = [feed.subscribe() for _ in range(8)]
    ids = in_threads(POSTERS, lambda number: feed.post(words[number]).id)
    for socket in sockets:
        assert sorted(socket.next_event(30)["id"] for _ in range(POSTERS)) == sorted(ids)
        socket.close()
    missing = dict(zip(words, ids))

    def all_found():
        for word, id in list(missing.items()):
            if feed.ids("/search", query=word) == [id]:
                del missing[word]
        return not missing

    assert eventually(all_found), missing


def test_cursors_of_concurrent_posts_read_their_own_writes(feed):
    def work(_):
        for _ in range(POSTS):
            word = unique_word()
            posted = feed.post(word)
            assert feed.ids("/search", query=word, cursor=posted.cursor) == [posted.id]
            assert posted.id in feed.ids("/meows", take=1000, cursor=posted.cursor)

    in_threads(16, work)


@pytest.mark.embedded_only
def test_of_posts_that_come_at_once_each_gets_the_answer_it_deserves(server, feed):
    """The server is held while they come, so that it finds all at once."""
    word, count = unique_word(), 50
    feed.post(f"{word} before", key=f"{word}-used")
    bodies = ["x" * 141 if number % 7 == 3 else f"{word} {number}" for number in range(count)]
    connections = [Connection(feed.url("")) for _ in range(count)]
    server.process.send_signal(signal.SIGSTOP)
    try:
        for number, (connection, body) in enumerate(zip(connections, bodies)):
            key = [f"Idempotency-Key: {word}-{'used' if number % 10 == 5 else number}"] if number % 5 == 0 else []
            target = "/meows?" + urllib.parse.urlencode({"body": body})
            connection.send(request_bytes(connection.host, "POST", target, key))
        for number in (11, 22):
            connections[number].reset()
    finally:
        server.process.send_signal(signal.SIGCONT)
    statuses, ids = {}, {}
    for number, connection in enumerate(connections):
        if number not in (11, 22):
            response = connection.read_response("POST")
            statuses[number] = response.status_code
            ids[number] = response.json().get("id")
            connection.close()
    for number, status in statuses.items():
        assert status == (400 if number % 7 == 3 else 422 if number % 10 == 5 else 200), number
    for number, id in ids.items():
        if statuses[number] == 200:
            assert feed.get(f"/meows/{id}").json()["body"] == bodies[number]
    listed = [meow["body"] for meow in feed.page("/meows", take=1000) if meow["body"].startswith(word)]
    assert len(listed) == len(set(listed))


def test_many_subscribers_that_join_at_different_moments_miss_nothing(feed):
    start = feed.now()
    total = 16 * 40

    def work(number):
        if number < 16:
            return [feed.post(unique_word()).id for _ in range(40)]
        time.sleep(number * 0.01)
        with feed.subscribe(start) as socket:
            assert socket.sync["recovered"] is True
            return [socket.next_event(60)["id"] for _ in range(total)]

    results = in_threads(32, work)
    posted = sorted(id for ids in results[:16] for id in ids)
    for received in results[16:]:
        assert received == posted


def test_posts_and_deletions_at_once_leave_list_index_and_replay_in_agreement(server, feed):
    word, start = unique_word(), feed.now()

    def work(number):
        kept = []
        for count in range(20):
            posted = feed.post(f"{word} {number} {count}")
            if count % 3 == 0:
                assert feed.delete(posted.id, server.token).status_code == 204
            else:
                kept.append(posted.id)
        return kept

    kept = sorted((id for ids in in_threads(16, work) for id in ids), reverse=True)
    end = feed.now()
    listed = [meow["id"] for meow in feed.page("/meows", take=1000) if meow["body"].startswith(word)]
    assert listed == kept
    assert feed.ids("/search", query=word, take=1000, cursor=end) == kept
    with feed.subscribe(start) as socket:
        events = socket.events_until(lambda event: event["cursor"] == end)
    alive = []
    for event in events:
        if event["kind"] == 1:
            alive.append(event["id"])
        elif event["id"] in alive:
            alive.remove(event["id"])
    assert sorted(alive, reverse=True) == kept
    positions = [position(event["cursor"]) for event in events]
    assert positions == sorted(set(positions))
