"""Live streams with a filter: label.KEY=VALUE and query on GET /pusher and GET /events, the same on both."""

import urllib.parse

import pytest

from feed import assert_problem, position, unique_word
from wire import EventStream, WebSocket

PROGRESS_S = 10 + 20  # with time for a busy machine


@pytest.fixture(params=["/pusher", "/events"])
def path(request):
    return request.param


def follow(feed, path, query):
    if path == "/pusher":
        return WebSocket(f"{feed.deployment.ws_url}{path}?{query}")
    return EventStream(feed.url(f"{path}?{query}"))


def next_event(stream, deadline_s=30):
    """The next event as its JSON says it, of either kind of stream."""
    event = stream.next_event(deadline_s)
    if isinstance(event, dict):
        return event
    _, identifier, data = event
    assert identifier == data["cursor"]
    return data


def post(feed, body, **labels):
    query = urllib.parse.urlencode({"body": body, **{f"label.{key}": value for key, value in labels.items()}})
    response = feed.request("POST", f"/meows?{query}")
    assert response.status_code == 200, response.content[:300]
    return response.headers["Meower-Cursor"]


def test_a_stream_has_only_what_carries_the_labels(feed, path):
    room, other = unique_word(), unique_word()
    with follow(feed, path, f"label.room={room}&label.author=tom&label.author=tim&cursor=") as stream:
        assert next_event(stream)["recovered"] is True
        post(feed, "m0", room=other, author="tom")
        post(feed, "m1", room=room, author="tom")
        post(feed, "m2", room=room, author="ann")
        post(feed, "m3")
        last = post(feed, "m4", room=room, author="tim")
        events = [next_event(stream), next_event(stream)]
    assert [event["body"] for event in events] == ["m1", "m4"]
    assert events[1]["cursor"] == last
    assert events[1]["labels"] == {"author": "tim", "room": room}


def test_a_standing_search_finds_what_comes(feed, path):
    word = unique_word()
    with follow(feed, path, f"query=tom+{word}&cursor=") as stream:
        next_event(stream)
        post(feed, f"{word} alone")
        post(feed, f"Tom & {word}s")
        post(feed, f"tom without it {unique_word()}")
        post(feed, f"{word}, said TOM", room="anywhere")
        bodies = [next_event(stream)["body"] for _ in range(2)]
    assert bodies == [f"Tom &amp; {word}s", f"{word}, said TOM"]


def test_labels_and_search_must_both_hold(feed, path):
    room, word = unique_word(), unique_word()
    with follow(feed, path, f"label.room={room}&query={word}&cursor=") as stream:
        next_event(stream)
        post(feed, f"{word} elsewhere", room="elsewhere")
        post(feed, "nothing of it", room=room)
        post(feed, f"{word} here", room=room)
        assert next_event(stream)["body"] == f"{word} here"


def test_a_deletion_passes_the_filter(server, feed, path):
    posted = feed.post(unique_word())
    with follow(feed, path, f"label.room={unique_word()}&cursor=") as stream:
        next_event(stream)
        assert feed.delete(posted.id, server.token).status_code == 204
        event = next_event(stream)
    assert (event["kind"], event["id"]) == (2, posted.id)


def test_a_filtered_stream_resumes_and_a_cursor_is_good_for_any_filter(feed, path):
    room, other = unique_word(), unique_word()
    first = post(feed, "m0", room=room)
    for number in range(1, 5):
        post(feed, f"m{number}", room=room)
        post(feed, f"o{number}", room=other)
    for name, expected in (room, ["m1", "m2", "m3", "m4"]), (other, ["o1", "o2", "o3", "o4"]):
        with follow(feed, path, f"label.room={name}&cursor={first}") as stream:
            assert next_event(stream)["recovered"] is True
            assert [next_event(stream)["body"] for _ in expected] == expected
            post(feed, "then", room=name)
            assert next_event(stream)["body"] == "then"


def test_many_rooms_hear_each_their_own(feed, path):
    rooms = [unique_word() for _ in range(40)]
    streams = [follow(feed, path, f"label.room={room}&cursor=") for room in rooms]
    for stream in streams:
        next_event(stream)
    for round in range(3):
        for room in rooms:
            post(feed, f"{round} {room}", room=room)
    for room, stream in zip(rooms, streams):
        assert [next_event(stream)["body"] for _ in range(3)] == [f"{round} {room}" for round in range(3)]
        stream.close()


def test_a_stream_without_a_filter_has_everything(feed, path):
    room = unique_word()
    with follow(feed, path, "cursor=") as stream:
        next_event(stream)
        post(feed, "m0", room=room)
        post(feed, "m1")
        assert [next_event(stream)["body"] for _ in range(2)] == ["m0", "m1"]


@pytest.mark.parametrize("path,begins", [("/pusher", "cursor=&"), ("/events", "cursor=&"), ("/events", "")])
def test_a_cursor_moves_on_while_nothing_matches(feed, path, begins):
    room = unique_word()
    with follow(feed, path, f"{begins}label.room={room}") as stream:
        if begins:
            next_event(stream)
        cursor = [post(feed, "not mine", room="elsewhere") for _ in range(5)][-1]
        progress = next_event(stream, PROGRESS_S)
        while position(progress["cursor"]) < position(cursor):
            progress = next_event(stream, PROGRESS_S)
        assert progress == {"kind": 0, "cursor": progress["cursor"]}
        post(feed, "mine", room=room)
        assert next_event(stream)["body"] == "mine"
    with follow(feed, path, f"cursor={progress['cursor']}&label.room={room}") as stream:
        assert next_event(stream)["recovered"] is True
        assert next_event(stream)["body"] == "mine"


@pytest.mark.parametrize("query,error", [
    ("label.Room=a", "Invalid labels"), ("label.=a", "Invalid labels"), ("label.room=", "Invalid labels"),
    ("label.tag=%FF", "Invalid labels"), ("&".join(f"label.tag={number}" for number in range(17)), "Invalid labels"),
    ("query=", "Invalid query parameter"), ("query=...", "Invalid query parameter"),
    ("query=%FF", "Invalid query parameter"), ("label.room=a&query=%20", "Invalid query parameter"),
    ("label.room=a&cursor=-", "Invalid cursor parameter"),
])
def test_what_is_wrong_is_told_before_the_stream_begins(feed, path, query, error):
    headers = {} if path == "/events" else {
        "Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ=="}
    assert_problem(feed.request("GET", f"{path}?{query}", headers=headers), 400, error)
