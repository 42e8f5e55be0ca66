"""GET /events: live events as Server-Sent Events."""

import time

import pytest

from feed import assert_problem, far_ahead, unique_word
from wire import EventStream


@pytest.fixture(scope="module", autouse=True)
def quiet_stream(shared_server):
    """A stream that is there from the beginning of this file; the test about it comes last."""
    with EventStream(shared_server.base_url + "/events") as stream:
        stream.opened = time.monotonic()
        yield stream


def skip_sync(events):
    return [event for event in events if event[0] != "sync"]


def test_a_stream_has_its_headers(feed):
    with feed.events() as stream:
        assert stream.status_code == 200
        assert stream.headers["Content-Type"].startswith("text/event-stream")
        assert stream.headers["X-Accel-Buffering"] == "no"
        assert stream.headers["Access-Control-Allow-Origin"] == "*"


def test_a_stream_asks_for_reconnection_after_two_seconds(feed):
    with feed.events("") as stream:
        posted = feed.post(unique_word())
        stream.events_until(lambda event: event[2]["id"] == posted.id if "id" in event[2] else False)
        assert stream.retry_ms == 2000


def test_a_meow_is_the_websockets_event_with_its_cursor_as_id(feed):
    with feed.subscribe() as socket, feed.events("") as stream:
        posted = feed.post(f"<{unique_word()}> \U0001F63A\n\t'second line'")
        events = stream.events_until(lambda event: event[0] == "meow")
        assert events[-1] == ("meow", posted.cursor, socket.next_event())


def test_a_deletion_is_an_event_of_its_own(server, feed):
    posted = feed.post(unique_word())
    with feed.events("") as stream:
        assert feed.delete(posted.id, server.token).status_code == 204
        kind, identifier, data = stream.events_until(lambda event: event[0] != "sync")[-1]
    assert (kind, data["kind"], data["id"]) == ("deleted", 2, posted.id)
    assert identifier == data["cursor"]


def test_an_empty_cursor_begins_with_sync(feed):
    with feed.events("") as stream:
        kind, identifier, data = stream.next_event()
    assert kind == "sync"
    assert data["kind"] == 0
    assert identifier == data["cursor"]
    assert isinstance(data["recovered"], bool)


@pytest.mark.parametrize("how", ["cursor", "last_event_id"])
def test_a_stream_resumes_after_a_cursor(feed, how):
    posted = [feed.post(unique_word()) for _ in range(20)]
    with feed.events(**{how: posted[4].cursor}) as stream:
        kind, _, data = stream.next_event()
        assert (kind, data["recovered"]) == ("sync", True)
        posted += [feed.post(unique_word()) for _ in range(5)]
        events = [stream.next_event() for _ in range(20)]
    assert [(event[2]["id"], event[1]) for event in events] == [tuple(meow) for meow in posted[5:]]


def test_a_stream_from_the_start_has_every_event(feed):
    posted = feed.post(unique_word())
    with feed.events("start") as stream:
        kind, identifier, data = stream.next_event()
        assert (kind, data["recovered"]) == ("sync", True)
        assert identifier.endswith("-0")
        events = skip_sync(stream.events_until(lambda event: event[1] == posted.cursor))
    assert events[-1][2]["id"] == posted.id


def test_last_event_id_goes_before_the_cursor_of_the_address(feed):
    """A browser reconnects to the same address, with the id of the last event it has seen."""
    posted = [feed.post(unique_word()) for _ in range(3)]
    with feed.events(cursor=posted[0].cursor, last_event_id=posted[1].cursor) as stream:
        assert skip_sync(stream.events_until(lambda event: event[0] == "meow"))[0][1] == posted[2].cursor


@pytest.mark.parametrize("cursor", ["0123456789abcdef-1", "far ahead"])
def test_an_unknown_cursor_is_not_recovered(feed, cursor):
    if cursor == "far ahead":
        cursor = far_ahead(feed.now())
    with feed.events(cursor) as stream:
        kind, _, data = stream.next_event()
        assert (kind, data["recovered"]) == ("sync", False)
        posted = feed.post(unique_word())
        assert stream.next_event()[1] == posted.cursor


@pytest.mark.parametrize("cursor", ["x", "-", "0123456789abcdef", "%00", "x" * 3000],
                         ids=lambda cursor: cursor[:24])
def test_a_cursor_that_is_no_token_is_refused_or_not_recovered(server, feed, cursor):
    with EventStream(server.base_url + f"/events?cursor={cursor}") as stream:
        if stream.status_code == 200:
            kind, _, data = stream.next_event()
            assert (kind, data["recovered"]) == ("sync", False)
        else:
            assert stream.status_code == 400
    assert feed.is_serving()


def test_head_does_not_stream(feed):
    response = feed.request("HEAD", "/events")
    assert response.status_code == 200
    assert response.headers["Content-Type"].startswith("text/event-stream")


def test_another_method_is_405(feed):
    for method in ("POST", "PUT", "DELETE"):
        response = feed.request(method, "/events")
        assert_problem(response, 405)
        assert "GET" in response.headers["Allow"]


def test_streams_that_vanish_disturb_nobody(feed):
    streams = [feed.events() for _ in range(30)]
    for number, stream in enumerate(streams):
        feed.post(unique_word())
        stream.reset() if number % 2 else stream.close()
    assert feed.is_serving()


def test_a_stream_that_is_not_read_delays_nobody(feed):
    with feed.events() as unread, feed.events() as witness:
        ids = [feed.post("'" * 140).id for _ in range(300)]
        events = witness.events_until(lambda event: event[2].get("id") == ids[-1])
        assert [event[2]["id"] for event in skip_sync(events)] == ids
        assert unread.status_code == 200


def test_a_quiet_stream_gets_comments(quiet_stream, feed):
    """"A comment every 15 s": it comes even while nothing happens. Comes last: see quiet_stream."""
    quiet_stream.wait_for_comment(60)
    assert quiet_stream.comments >= 1
