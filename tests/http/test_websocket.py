"""GET /pusher: live events over WebSocket."""

import asyncio
import json
import random
import threading
import time

import pytest
import websockets

from feed import assert_problem, far_ahead, in_threads, position, unique_word
from wire import (BINARY, CLOSE, CONTINUATION, PING, PONG, TEXT, Closed, Connection, WebSocket, frame_bytes,
                  request_bytes, upgrade_bytes)

# "The server pings every 25 s and closes after 10 s without a pong": with time for a busy machine.
SILENCE_S = 25 + 10 + 25


@pytest.fixture(scope="module", autouse=True)
def quiet_clients(shared_server):
    """Two clients that are there from the beginning of this file: one answers pings, one never does. The tests about
    them come last, so that the rest of the file passes the time."""

    class Quiet:
        def __init__(self, answers_pings):
            self.socket = WebSocket(shared_server.ws_url + "/pusher")
            self.answers_pings = answers_pings
            self.pings = 0
            self.ended = threading.Event()
            threading.Thread(target=self.read, daemon=True).start()

        def read(self):
            try:
                while True:
                    opcode, payload = self.socket.read_frame(3600)
                    if opcode == PING:
                        self.pings += 1
                        if self.answers_pings:
                            self.socket.send_frame(PONG, payload)
            except (Closed, OSError):
                self.ended.set()

    answering, mute = Quiet(True), Quiet(False)
    yield answering, mute
    answering.socket.close()
    mute.socket.close()


# Events


def test_a_meow_is_pushed_as_by_the_original(feed):
    with feed.subscribe() as socket:
        word = unique_word()
        posted = feed.post(f"<{word}> \U0001F63A")
        event = socket.next_event()
    meow = feed.get(f"/meows/{posted.id}").json()
    assert event == {"kind": 1, "cursor": posted.cursor, **meow}
    assert list(event)[:4] == ["kind", "id", "body", "created_at"]


def test_every_client_gets_every_meow_in_order(feed):
    sockets = [feed.subscribe() for _ in range(10)]
    ids = [feed.post(unique_word()).id for _ in range(30)]
    for socket in sockets:
        assert [socket.next_event()["id"] for _ in range(30)] == ids
        socket.close()


def test_a_deletion_is_pushed_as_kind_2(server, feed):
    id = feed.post(unique_word()).id
    with feed.subscribe() as socket:
        assert feed.delete(id, server.token).status_code == 204
        event = socket.next_event()
    assert (event["kind"], event["id"]) == (2, id)
    assert set(event) == {"kind", "id", "cursor"}


def test_a_client_without_a_cursor_gets_no_sync_frame(feed):
    with feed.subscribe() as socket:
        feed.post(unique_word())
        assert socket.next_event()["kind"] == 1


def test_a_standard_client_library_is_served(server, feed):
    """python3-websockets offers compression and sends pings of its own."""

    async def receive():
        async with websockets.connect(server.ws_url + "/pusher?cursor=", ping_interval=0.2) as socket:
            sync = json.loads(await asyncio.wait_for(socket.recv(), 20))
            await (await socket.ping())
            posted = await asyncio.get_running_loop().run_in_executor(None, feed.post, unique_word())
            await asyncio.sleep(0.5)
            event = json.loads(await asyncio.wait_for(socket.recv(), 20))
            await socket.send("hello")
        return sync, posted, event, socket.close_code

    sync, posted, event, close_code = asyncio.run(receive())
    assert sync["kind"] == 0
    assert (event["kind"], event["id"]) == (1, posted.id)
    assert close_code == 1000


# Cursors


def test_an_empty_cursor_means_from_now(feed):
    feed.post(unique_word())
    with feed.subscribe("") as socket:
        assert set(socket.sync) == {"kind", "cursor", "recovered"}
        assert isinstance(socket.sync["recovered"], bool)
        posted = feed.post(unique_word())
        assert socket.next_event()["id"] == posted.id


def test_from_the_start_every_event_follows(feed):
    posted = feed.post(unique_word())
    with feed.subscribe("start") as socket:
        assert socket.sync["recovered"] is True
        assert socket.sync["cursor"].endswith("-0")
        events = socket.events_until(lambda event: event["cursor"] == posted.cursor)
    assert events[-1]["id"] == posted.id


def test_the_cursor_of_from_now_resumes(feed):
    with feed.subscribe("") as socket:
        cursor = socket.sync["cursor"]
    ids = [feed.post(unique_word()).id for _ in range(5)]
    with feed.subscribe(cursor) as socket:
        assert socket.sync["recovered"] is True
        assert [socket.next_event()["id"] for _ in range(5)] == ids


def test_everything_after_a_cursor_follows_once_in_order_and_then_live(feed):
    posted = [feed.post(unique_word()) for _ in range(20)]
    with feed.subscribe(posted[4].cursor) as socket:
        assert socket.sync["recovered"] is True
        posted += [feed.post(unique_word()) for _ in range(5)]
        events = [socket.next_event() for _ in range(20)]
    assert [(event["id"], event["cursor"]) for event in events] == [tuple(meow) for meow in posted[5:]]


@pytest.mark.parametrize("source", ["event", "list", "get", "search", "post"])
def test_a_cursor_of_any_answer_resumes(feed, source):
    with feed.subscribe() as socket:
        posted = feed.post(unique_word())
        cursor = {
            "event": lambda: socket.next_event()["cursor"],
            "list": lambda: feed.get("/meows").headers["Meower-Cursor"],
            "get": lambda: feed.get(f"/meows/{posted.id}").headers["Meower-Cursor"],
            "search": lambda: feed.get("/search", cursor=posted.cursor, query="cat").headers["Meower-Cursor"],
            "post": lambda: posted.cursor,
        }[source]()
    following = feed.post(unique_word())
    with feed.subscribe(cursor) as socket:
        assert socket.sync["recovered"] is True
        assert socket.next_event()["id"] == following.id


def test_nothing_is_lost_by_a_client_that_comes_and_goes(feed):
    """Reconnects with the last cursor while 4 threads post: every meow once, in order of position."""
    cursor = start = feed.now()
    done = threading.Event()
    ids = []

    def post(number):
        if number == 4:
            return read()
        return [feed.post(unique_word()).id for _ in range(50)]

    def read():
        nonlocal cursor
        deadline = time.monotonic() + 60
        while len(ids) < 200:
            assert time.monotonic() < deadline
            with feed.subscribe(cursor) as socket:
                assert socket.sync["recovered"] is True
                for _ in range(min(7, 200 - len(ids))):
                    event = socket.next_event()
                    ids.append(event["id"])
                    cursor = event["cursor"]
        done.set()

    posted = in_threads(5, post)[:4]
    assert sorted(ids) == sorted(id for per_thread in posted for id in per_thread)
    assert position(cursor) == position(start) + 200


@pytest.mark.parametrize("cursor", ["0123456789abcdef-1", "ffffffffffffffff-0", "0000000000000000-999999999"])
def test_a_cursor_of_another_epoch_is_not_recovered(feed, cursor):
    feed.post(unique_word())
    with feed.subscribe(cursor) as socket:
        assert socket.sync["recovered"] is False
        posted = feed.post(unique_word())
        assert socket.next_event()["id"] == posted.id


def test_a_cursor_of_the_future_is_not_recovered(feed):
    with feed.subscribe(far_ahead(feed.now())) as socket:
        assert socket.sync["recovered"] is False
        posted = feed.post(unique_word())
        assert socket.next_event()["id"] == posted.id


@pytest.mark.parametrize("cursor", ["x", "-", "0123456789abcdef", "0123456789abcdef--1", "%00", "x" * 3000],
                         ids=lambda cursor: cursor[:24])
def test_a_cursor_that_is_no_token_is_refused_or_not_recovered(server, feed, cursor):
    with Connection(server.base_url) as connection:
        connection.send(upgrade_bytes(connection.host, f"/pusher?cursor={cursor}"))
        response = connection.read_response()
    if response.status_code == 101:
        with WebSocket(server.ws_url + f"/pusher?cursor={cursor}") as socket:
            sync = socket.next_event()
            assert (sync["kind"], sync["recovered"]) == (0, False)
    else:
        assert_problem(response, 400)
    assert feed.is_serving()


def test_a_replay_of_many_meows_is_complete(feed):
    cursor = feed.now()
    ids = [id for ids in in_threads(8, lambda _: [feed.post(unique_word()).id for _ in range(150)]) for id in ids]
    with feed.subscribe(cursor) as socket:
        events = [socket.next_event() for _ in range(len(ids))]
    assert sorted(event["id"] for event in events) == sorted(ids)
    start = position(cursor)
    assert [position(event["cursor"]) for event in events] == list(range(start + 1, start + 1 + len(ids)))


# Handshake


def test_a_request_without_upgrade_is_refused(server, feed):
    assert_problem(feed.get("/pusher"), (400, 426))


def test_another_method_is_405(feed):
    for method in ("POST", "PUT", "DELETE"):
        response = feed.request(method, "/pusher")
        assert_problem(response, 405)
        assert "GET" in response.headers["Allow"]


@pytest.mark.direct_only
@pytest.mark.parametrize("drop, add", [
    ("Sec-WebSocket-Key", ()),
    ("Sec-WebSocket-Key", ("Sec-WebSocket-Key: short",)),
    ("Sec-WebSocket-Version", ()),
    ("Sec-WebSocket-Version", ("Sec-WebSocket-Version: 7",)),
    ("Upgrade:", ("Upgrade: something",)),
], ids=["no-key", "short-key", "no-version", "version-7", "other-protocol"])
def test_a_broken_handshake_is_not_upgraded(server, feed, drop, add):
    with Connection(server.base_url) as connection:
        lines = upgrade_bytes(connection.host, "/pusher").decode().split("\r\n")
        lines = [line for line in lines if line and not line.startswith(drop)] + list(add)
        connection.send("\r\n".join(lines).encode() + b"\r\n\r\n")
        try:
            assert_problem(connection.read_response(), (400, 426))
        except Closed:
            pytest.fail("closed without an answer")
    assert feed.is_serving()


@pytest.mark.direct_only
def test_a_handshake_as_browsers_send_it_is_upgraded(server, feed):
    with Connection(server.base_url) as connection:
        connection.send((f"GET /pusher HTTP/1.1\r\nhost: {connection.host}\r\nconnection: keep-alive, Upgrade\r\n"
                         "Pragma: no-cache\r\nupgrade: WebSocket\r\nOrigin: http://elsewhere.example\r\n"
                         "sec-websocket-version: 13\r\nSec-WebSocket-Extensions: permessage-deflate; "
                         "client_max_window_bits\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n").encode())
        response = connection.read_response()
    assert response.status_code == 101
    assert response.headers["Sec-WebSocket-Accept"] == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="  # RFC 6455, section 1.3


@pytest.mark.direct_only
def test_frames_sent_right_after_the_handshake_are_read(server):
    with Connection(server.base_url) as connection:
        connection.send(upgrade_bytes(connection.host, "/pusher") + frame_bytes(PING, b"early"))
        assert connection.read_response().status_code == 101
        assert connection.read_exactly(7, time.monotonic() + 20) == b"\x8a\x05early"


@pytest.mark.parametrize("path", ["/", "/meows", "/nowhere", "/pusher/x"])
def test_only_the_pusher_is_upgraded(server, feed, path):
    with Connection(server.base_url) as connection:
        connection.send(upgrade_bytes(connection.host, path))
        assert connection.read_response().status_code != 101
    assert feed.is_serving()


def test_any_origin_may_connect(feed):
    with feed.subscribe(headers=["Origin: http://elsewhere.example"]) as socket:
        posted = feed.post(unique_word())
        assert socket.next_event()["id"] == posted.id


# Frames from clients


def test_frames_up_to_4_kb_are_ignored(feed):
    with feed.subscribe() as socket:
        for opcode, payload in ((TEXT, b""), (TEXT, b"hello"), (BINARY, b"\0\xff" * 100), (TEXT, b"x" * 125),
                                (TEXT, b"x" * 126), (BINARY, b"x" * 4096), (PONG, b"unasked")):
            socket.send_frame(opcode, payload)
        socket.send_frame(TEXT, b"one ", final=False)
        socket.send_frame(CONTINUATION, b"message", final=True)
        posted = feed.post(unique_word())
        assert socket.next_event()["id"] == posted.id


def test_a_ping_is_answered_with_its_payload(feed):
    with feed.subscribe() as socket:
        for payload in (b"", b"cat", b"\0" * 125):
            socket.send_frame(PING, payload)
            assert socket.read_frame() == (PONG, payload)


def test_a_close_is_answered_and_the_connection_ends(feed):
    with feed.subscribe() as socket:
        socket.send_frame(CLOSE, b"\x03\xe8bye")
        opcode, payload = socket.read_frame()
        assert (opcode, payload[:2]) in ((CLOSE, b"\x03\xe8"), (CLOSE, b""))
        assert socket.is_closed_within(20)


@pytest.mark.parametrize("opcode", [TEXT, BINARY])
def test_a_frame_above_4_kb_is_closed_with_1009(feed, opcode):
    with feed.subscribe() as socket:
        socket.send_frame(opcode, b"x" * 4097)
        assert socket.wait_for_close() == 1009
    assert feed.is_serving()


def test_a_message_above_4_kb_in_pieces_is_closed_with_1009(feed):
    with feed.subscribe() as socket:
        socket.send_frame(TEXT, b"x" * 1000, final=False)
        for _ in range(5):
            socket.send_frame(CONTINUATION, b"x" * 1000, final=False)
        assert socket.wait_for_close() == 1009


def test_an_endless_message_of_empty_pieces_harms_nobody(feed):
    with feed.subscribe() as socket:
        socket.send_frame(TEXT, b"", final=False)
        socket.send(frame_bytes(CONTINUATION, b"", final=False) * 5000)
        assert feed.is_serving()


@pytest.mark.parametrize("length", [2**16, 2**31, 2**32, 2**62])
def test_an_announced_huge_frame_is_refused_before_it_arrives(feed, length):
    with feed.subscribe() as socket:
        socket.send_frame(BINARY, b"x" * 5000, length=length)
        assert socket.wait_for_close() in (1009, 1002)
    assert feed.is_serving()


MALFORMED_FRAMES = {
    "unmasked": frame_bytes(TEXT, b"hello", masked=False),
    "reserved-bit-1": frame_bytes(TEXT, b"hello", reserved=4),
    "reserved-bit-3": frame_bytes(TEXT, b"hello", reserved=1),
    "reserved-opcode-3": frame_bytes(0x3, b"hello"),
    "reserved-opcode-15": frame_bytes(0xF, b""),
    "long-ping": frame_bytes(PING, b"x" * 126),
    "ping-in-pieces": frame_bytes(PING, b"x", final=False),
    "close-of-one-byte": frame_bytes(CLOSE, b"\x03"),
    "continuation-of-nothing": frame_bytes(CONTINUATION, b"hello"),
    "text-within-a-message": frame_bytes(TEXT, b"a", final=False) + frame_bytes(TEXT, b"b"),
    "length-with-the-top-bit": frame_bytes(TEXT, b"x" * 64, length=2**63 + 5),
}


@pytest.mark.parametrize("frame", MALFORMED_FRAMES.values(), ids=MALFORMED_FRAMES)
def test_a_malformed_frame_ends_that_connection_alone(feed, frame):
    with feed.subscribe() as other, feed.subscribe() as socket:
        socket.send(frame)
        assert socket.wait_for_close() in (1002, 1009, None)
        posted = feed.post(unique_word())
        assert other.next_event()["id"] == posted.id


def test_http_bytes_instead_of_frames_end_that_connection_alone(feed):
    with feed.subscribe() as socket:
        socket.send(request_bytes(socket.host, "POST", f"/meows?body={unique_word()}", ["Content-Length: 0"]) * 10)
        assert socket.wait_for_close() in (1002, 1009, None)
    assert feed.is_serving()


def test_half_a_frame_harms_nobody(feed):
    sockets = [feed.subscribe() for _ in range(20)]
    for socket in sockets:
        socket.send(frame_bytes(TEXT, b"x" * 100)[:50])
    assert feed.is_serving()
    for socket in sockets:
        socket.reset()
    assert feed.is_serving()


def test_random_frames_end_at_most_their_own_connection(feed):
    seed = random.randrange(2**32)
    chance = random.Random(seed)
    with feed.subscribe() as witness:
        for _ in range(150):
            with feed.subscribe() as socket:
                for _ in range(chance.randint(1, 5)):
                    socket.send_frame(chance.randrange(16), chance.randbytes(chance.choice([0, 1, 2, 125, 126, 300])),
                                      final=chance.random() < 0.7, masked=chance.random() < 0.95,
                                      reserved=chance.choice([0, 0, 0, 0, 1, 4]))
                socket.send(chance.randbytes(chance.choice([0, 1, 30])))
        posted = feed.post(unique_word())
        assert witness.next_event()["id"] == posted.id, f"seed {seed}"


# Clients that leave or do not read


def test_clients_that_vanish_during_a_broadcast_disturb_nobody(feed):
    with feed.subscribe() as witness:
        leaving = [feed.subscribe() for _ in range(40)]
        ids = []
        for number, socket in enumerate(leaving):
            ids.append(feed.post(unique_word()).id)
            socket.reset() if number % 2 else socket.close()
        assert [witness.next_event()["id"] for _ in ids] == ids


@pytest.mark.direct_only
def test_a_client_far_behind_is_closed_with_4008_and_loses_nothing(feed):
    """One client reads nothing until it is more than 1 MiB behind (and the kernel's buffers are full as well)."""
    cursor = feed.now()
    with feed.subscribe(cursor) as witness, feed.subscribe(cursor, receive_buffer=4096) as slow:
        seen = []

        def work(number):
            if number == 0:
                while len(seen) < 16 * 500:
                    seen.append(witness.next_event(60)["cursor"])
            else:
                for _ in range(500):
                    feed.post("'" * 140)

        in_threads(17, work)
        read = []
        try:
            while True:
                read.append(slow.next_event())
        except Closed:
            pass
        assert slow.close_code == 4008
        assert [event["cursor"] for event in read] == seen[:len(read)], "what it got before is in order and complete"
        assert len(read) < len(seen)
    last = read[-1]["cursor"] if read else cursor
    with feed.subscribe(last) as again:
        assert again.sync["recovered"] is True
        assert [again.next_event()["cursor"] for _ in range(len(seen) - len(read))] == seen[len(read):]


# Pings. These come last: see quiet_clients.


@pytest.mark.direct_only
def test_what_is_deleted_while_a_slow_client_is_behind_is_not_sent_to_it(server, feed):
    """Its frames wait in the server: more than the sockets take, but fewer than a client is closed for."""
    with feed.subscribe(receive_buffer=4096) as slow:
        posted = sum(in_threads(16, lambda _: [feed.post("'" * 140).id for _ in range(60)]), [])
        word = unique_word()
        secret = feed.post(word)
        assert feed.delete(secret.id, server.token).status_code == 204
        events = slow.events_until(lambda event: event["kind"] == 2)
    assert word not in json.dumps(events)
    assert events[-1]["id"] == secret.id
    assert sorted(event["id"] for event in events[:-1]) == sorted(posted)


def test_a_client_that_answers_pings_stays_and_one_that_does_not_is_closed(quiet_clients, feed):
    answering, mute = quiet_clients
    assert mute.ended.wait(SILENCE_S)
    assert mute.pings >= 1
    assert answering.pings >= 1
    assert not answering.ended.is_set()
    assert feed.is_serving()
