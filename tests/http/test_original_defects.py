"""The eight defects of the original system that must stay dead, numbered as in SPEC."""

import json

import pytest

from feed import Feed, assert_problem, eventually, in_threads, unique_word
from wire import BINARY, TEXT, Connection, request_bytes


@pytest.mark.embedded_only
def test_1_an_event_was_lost_when_publishing_failed_after_the_insert(new_server):
    """The server dies right after the answer, before anything else can have been done for the meow."""
    server = new_server()
    server.start()
    feed = Feed(server)
    cursor = feed.now()
    for _ in range(3):
        word = unique_word()
        posted = feed.post(word)
        server.kill()
        server.start()
        with feed.subscribe(cursor) as socket:
            assert socket.sync["recovered"] is True
            event = socket.next_event()
        assert (event["id"], event["cursor"]) == tuple(posted)
        assert feed.ids("/search", query=word, cursor=feed.now()) == [posted.id]
        cursor = posted.cursor


def test_2_ids_were_random_within_a_second_and_collated_by_locale(feed):
    ids = [feed.post(f"{number} {unique_word()}").id for number in range(300)]
    assert ids == sorted(ids, key=str.encode)
    assert feed.ids("/meows", take=300) == ids[::-1]


def test_3_indexing_waited_for_a_refresh_per_meow(feed):
    word = unique_word()
    posted = in_threads(16, lambda number: [feed.post(f"{word} {number} {count}").id for count in range(125)])
    ids = {id for per_thread in posted for id in per_thread}

    def all_found():
        return set(feed.ids("/search", query=word, take=1000) +
                   feed.ids("/search", query=word, take=1000, skip=1000)) == ids

    assert eventually(all_found, 60)


def test_4_a_client_that_hung_up_killed_the_query_service_or_the_pusher(server, feed):
    in_threads(4, lambda _: [feed.post("'" * 140) for _ in range(50)])

    def hang_up(number):
        for _ in range(10):
            page = Connection(server.base_url, receive_buffer=4096)
            page.send(request_bytes(page.host, "GET", "/meows?take=1000"))
            page.reset()
            live = feed.subscribe()
            feed.post(unique_word())
            live.reset()

    with feed.subscribe() as witness:
        in_threads(8, hang_up)
        posted = feed.post(unique_word())
        witness.events_until(lambda event: event["id"] == posted.id)
    assert feed.is_serving()


def test_5_one_slow_websocket_client_stopped_all(feed):
    slow = [feed.subscribe(receive_buffer=4096) for _ in range(20)]
    with feed.subscribe("") as witness:
        posted = in_threads(16, lambda _: [feed.post("'" * 140).id for _ in range(25)])
        events = [witness.next_event() for _ in range(400)]
    assert sorted(event["id"] for event in events) == sorted(id for ids in posted for id in ids)
    for socket in slow:
        socket.close()


def test_6_an_undecodable_message_killed_the_process(server, feed):
    """On the bus where the deployment lets us reach it, and through every public door."""
    undecodable = [b"", b"\0", b"not json", b"{", b'{"kind":', b"\xff\xfe\xfd", b"[]", b"null", b"1e999",
                   b'{"kind":"x","id":7,"position":"-1","epoch":null}', b'{"position":"1","epoch":"0123456789abcdef"}',
                   b"[" * 10_000, bytes(range(256))]
    with feed.subscribe("") as witness:
        for payload in undecodable:
            server.publish_raw(payload)
            with feed.subscribe() as socket:
                socket.send_frame(TEXT, payload[:4000])
                socket.send_frame(BINARY, payload[:4000])
                response = feed.request("POST", "/meows", data=payload, headers={"Content-Type": "application/json"})
                assert_problem(response, 400)
        posted = feed.post(unique_word())
        assert witness.events_until(lambda event: event["id"] == posted.id)
    assert feed.search_until(unique_word(), []) == []
    assert feed.is_serving()


@pytest.mark.embedded_only
def test_7_an_empty_list_was_null(new_server):
    server = new_server()
    server.start()
    for path in ("/meows", "/meows?take=0", "/meows?skip=5", "/search?query=cat"):
        response = Feed(server).get(path)
        assert response.status_code == 200
        assert json.loads(response.text) == [] and response.text.strip() == "[]"


def test_8_skip_scanned_and_take_had_no_bound(feed):
    in_threads(16, lambda _: [feed.post(unique_word()) for _ in range(70)])
    assert len(feed.page("/meows", take=1000)) == 1000
    for take in (1001, 5000, 10**9, 2**64 - 1):
        assert_problem(feed.get("/meows", take=take), 400, "Invalid take parameter")
        assert_problem(feed.get("/search", query="cat", take=take), 400, "Invalid take parameter")
    answers = in_threads(8, lambda _: [feed.get("/meows", skip=10**7).status_code for _ in range(25)])
    assert answers == [[200] * 25] * 8
    assert feed.is_serving()
