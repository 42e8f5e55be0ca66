"""Requests that are too large or malformed get a clear error, and the server lives on. RFC 9110 and 9112."""

import random
import time

import pytest

from feed import UNKNOWN_ID, assert_problem, unique_word
from wire import Closed, Connection, answers_to, request_bytes

HEADER_MAX = 8 * 1024
BODY_MAX = 16 * 1024


# Limits


@pytest.mark.direct_only
def test_a_header_near_8_kb_is_accepted(feed, host):
    data = request_bytes(host, "GET", "/meows?take=1", ["X-Padding: " + "x" * (HEADER_MAX - 300)])
    assert feed.exchange(data).status_code == 200


def request_of(host, size):
    """A request whose head has exactly so many bytes."""
    padding = size - len(request_bytes(host, "GET", "/meows?take=1", ["X-Padding: "]))
    return request_bytes(host, "GET", "/meows?take=1", ["X-Padding: " + "x" * padding])


@pytest.mark.direct_only
@pytest.mark.parametrize("pieces", [1, 3])
def test_a_header_of_exactly_8_kb_is_accepted_and_one_byte_more_is_431(feed, host, pieces):
    for size, status in ((HEADER_MAX - 1, 200), (HEADER_MAX, 200), (HEADER_MAX + 1, 431)):
        data = request_of(host, size)
        assert len(data) == size
        with Connection(feed.deployment.base_url) as connection:
            for piece in range(pieces):
                connection.send(data[piece * size // pieces:(piece + 1) * size // pieces])
                time.sleep(0.01)
            assert connection.read_response().status_code == status, size


@pytest.mark.parametrize("size", [HEADER_MAX + 1, 2 * HEADER_MAX, 100_000, 1_000_000])
def test_a_header_above_8_kb_is_431(feed, host, size):
    data = request_bytes(host, "GET", "/meows?take=1", ["X-Padding: " + "x" * size])
    response = feed.exchange(data)
    assert_problem(response, 431) if feed.deployment.is_direct else None
    assert feed.is_serving()


@pytest.mark.direct_only
def test_many_header_lines_above_8_kb_are_431(feed, host):
    data = request_bytes(host, "GET", "/meows?take=1", [f"X-Line-{number}: cat" for number in range(1000)])
    assert_problem(feed.exchange(data), 431)
    assert feed.is_serving()


@pytest.mark.direct_only
def test_an_address_above_8_kb_is_refused(feed, host):
    response = feed.exchange(request_bytes(host, "GET", "/search?query=" + "x" * HEADER_MAX))
    assert_problem(response, (414, 431))
    assert feed.is_serving()


@pytest.mark.direct_only
def test_an_endless_header_without_line_ends_is_refused(feed):
    for data in (b"x" * 100_000, b"GET /" + b"x" * 100_000, b"GET / HTTP/1.1\r\n" + b"x" * 100_000):
        with Connection(feed.deployment.base_url) as connection:
            connection.send(data)
            try:
                assert_problem(connection.read_response(), (400, 414, 431))
            except Closed:
                pytest.fail("closed without an answer")
    assert feed.is_serving()


def test_a_body_of_16_kb_is_read(feed, host):
    """The form holds a good meow at its end."""
    word = unique_word()
    form = f"&body={word}"
    form = "padding=" + "x" * (BODY_MAX - len(form) - len("padding=")) + form
    response = feed.request("POST", "/meows", data=form, headers={"Content-Type": "application/x-www-form-urlencoded"})
    assert response.status_code == 200
    assert feed.get(f"/meows/{response.json()['id']}").json()["body"] == word


@pytest.mark.parametrize("size", [BODY_MAX + 1, 100_000, 3_000_000])
def test_a_body_above_16_kb_is_413(feed, host, size):
    data = request_bytes(host, "POST", "/meows", ["Content-Type: application/x-www-form-urlencoded"], b"x" * size)
    assert_problem(feed.exchange(data, "POST"), 413)
    assert feed.is_serving()


@pytest.mark.parametrize("size", [BODY_MAX + 1, 10**9, 10**15, 2**63 - 1])
def test_an_announced_body_above_16_kb_is_413_before_it_arrives(feed, host, size):
    data = request_bytes(host, "POST", "/meows", [f"Content-Length: {size}"])
    assert_problem(feed.exchange(data, "POST"), 413)
    assert feed.is_serving()


@pytest.mark.direct_only
@pytest.mark.parametrize("size", [2**63, 2**64, 10**30])
def test_an_announced_length_beyond_all_numbers_is_refused(feed, host, size):
    response = feed.exchange(request_bytes(host, "POST", "/meows", [f"Content-Length: {size}"]), "POST")
    assert_problem(response, (400, 413))
    assert feed.is_serving()


@pytest.mark.parametrize("method, path", [("GET", "/meows"), ("DELETE", f"/meows/{UNKNOWN_ID}"), ("PUT", "/meows"),
                                          ("POST", "/nowhere"), ("OPTIONS", "/meows"), ("POST", "/search")])
def test_a_body_where_none_belongs_never_becomes_a_request(feed, host, method, path):
    word = unique_word()
    hidden = request_bytes(host, "POST", f"/meows?body={word}", ["Content-Length: 0"])
    answers = answers_to(feed.deployment.base_url, request_bytes(host, method, path, body=hidden))
    assert len(answers) <= 1
    assert word not in feed.get("/meows", take=100).text
    assert feed.is_serving()


# Malformed requests. Each gets a clear error and the end of its connection, and the bytes after it are not a request.

POST = b"POST /meows?body=cat HTTP/1.1\r\nHost: x\r\n"
GET = b"GET /meows HTTP/1.1\r\nHost: x\r\n"
MALFORMED = {
    "no-host": b"GET /meows HTTP/1.1\r\n\r\n",
    "two-hosts": b"GET /meows HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
    "the-same-host-twice": b"GET /meows HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n",
    "host-with-a-space": b"GET /meows HTTP/1.1\r\nHost: a b\r\n\r\n",
    "differing-lengths": POST + b"Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello",
    "differing-lengths-in-a-list": POST + b"Content-Length: 5, 6\r\n\r\nhello",
    "length-with-a-plus": POST + b"Content-Length: +5\r\n\r\nhello",
    "length-with-a-minus": POST + b"Content-Length: -5\r\n\r\nhello",
    "length-in-hex": POST + b"Content-Length: 0x5\r\n\r\nhello",
    "length-with-a-space": POST + b"Content-Length: 5 5\r\n\r\nhello",
    "length-of-letters": POST + b"Content-Length: five\r\n\r\nhello",
    "length-empty": POST + b"Content-Length: \r\n\r\n",
    "length-with-a-fraction": POST + b"Content-Length: 5.0\r\n\r\nhello",
    "length-and-chunked": POST + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "chunked-and-length": POST + b"Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n",
    "unknown-transfer-encoding": POST + b"Transfer-Encoding: cat\r\n\r\n",
    "transfer-encoding-gzip": POST + b"Transfer-Encoding: gzip\r\n\r\n",
    "chunked-twice": POST + b"Transfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n",
    "chunked-not-last": POST + b"Transfer-Encoding: chunked, gzip\r\n\r\n0\r\n\r\n",
    "two-transfer-encodings": POST + b"Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n",
    "chunked-disguised": POST + b"Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
    "chunked-after-a-tab": POST + b"Transfer-Encoding:\x0bchunked\r\n\r\n0\r\n\r\n",
    "chunked-in-1.0": b"POST /meows?body=cat HTTP/1.0\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "version-2.0": b"GET /meows HTTP/2.0\r\nHost: x\r\n\r\n",
    "version-0.9": b"GET /meows HTTP/0.9\r\nHost: x\r\n\r\n",
    "version-3": b"GET /meows HTTP/3\r\nHost: x\r\n\r\n",
    "version-of-letters": b"GET /meows HTTP/x.y\r\nHost: x\r\n\r\n",
    "version-too-long": b"GET /meows HTTP/1.11\r\nHost: x\r\n\r\n",
    "version-of-another-protocol": b"GET /meows CATS/1.1\r\nHost: x\r\n\r\n",
    "version-in-lower-case": b"GET /meows http/1.1\r\nHost: x\r\n\r\n",
    "no-version": b"GET /meows\r\nHost: x\r\n\r\n",
    "no-target": b"GET HTTP/1.1\r\nHost: x\r\n\r\n",
    "target-without-a-slash": b"GET meows HTTP/1.1\r\nHost: x\r\n\r\n",
    "two-spaces": b"GET  /meows HTTP/1.1\r\nHost: x\r\n\r\n",
    "space-in-the-target": b"GET /me ows HTTP/1.1\r\nHost: x\r\n\r\n",
    "space-before-the-method": b" GET /meows HTTP/1.1\r\nHost: x\r\n\r\n",
    "control-in-the-target": b"GET /meows\x01 HTTP/1.1\r\nHost: x\r\n\r\n",
    "nul-in-the-target": b"GET /meows\0 HTTP/1.1\r\nHost: x\r\n\r\n",
    "garbage-in-the-method": b"G\xffT /meows HTTP/1.1\r\nHost: x\r\n\r\n",
    "bracket-in-the-method": b"GE(T /meows HTTP/1.1\r\nHost: x\r\n\r\n",
    "space-before-the-colon": GET + b"X-Cat : 1\r\n\r\n",
    "length-before-a-space": POST + b"Content-Length : 5\r\n\r\nhello",
    "header-without-a-colon": GET + b"X-Cat\r\n\r\n",
    "header-without-a-name": GET + b": cat\r\n\r\n",
    "space-in-a-name": GET + b"X Cat: 1\r\n\r\n",
    "bracket-in-a-name": GET + b"X(Cat): 1\r\n\r\n",
    "control-in-a-name": GET + b"X\x01Cat: 1\r\n\r\n",
    "nul-in-a-value": GET + b"X-Cat: a\0b\r\n\r\n",
    "del-in-a-value": GET + b"X-Cat: a\x7fb\r\n\r\n",
    "cr-in-a-value": GET + b"X-Cat: a\rb\r\n\r\n",
    "folded-first-line": b"GET /meows HTTP/1.1\r\n Host: x\r\n\r\n",
    "connect": b"CONNECT example.org:443 HTTP/1.1\r\nHost: example.org:443\r\n\r\n",
    "http2-preface": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "tls-client-hello": b"\x16\x03\x01\x00\xa5\x01\x00\x00\xa1\x03\x03" + b"\x5a" * 160,
    "binary": bytes(range(256)) * 4 + b"\r\n\r\n",
    "ssh": b"SSH-2.0-OpenSSH_9.2\r\n\r\n",
    "smtp": b"EHLO cat\r\nMAIL FROM:<cat@example.org>\r\n\r\n",
}
# Those where silence is an answer too: nothing tells that the peer speaks HTTP at all.
NOT_HTTP = {"tls-client-hello", "binary", "ssh", "smtp", "http2-preface", "no-version"}


@pytest.mark.direct_only
@pytest.mark.parametrize("name", MALFORMED)
def test_a_malformed_request_is_refused_and_its_connection_closed(feed, host, name):
    word = unique_word()
    hidden = request_bytes(host, "POST", f"/meows?body={word}", ["Content-Length: 0"])
    with Connection(feed.deployment.base_url) as connection:
        connection.send(MALFORMED[name] + hidden)
        try:
            response = connection.read_response()
        except Closed:
            assert name in NOT_HTTP, "closed without an answer"
        else:
            assert_problem(response, (400, 404, 405, 501, 505))
            assert response.status_code in (400, 501, 505) or name == "connect"
            assert connection.is_closed_within(20), "the connection stays open"
            assert b"HTTP/1.1 2" not in connection.buffer, "the bytes after it were taken for a request"
    assert word not in feed.get("/meows", take=100).text
    assert feed.is_serving()


@pytest.mark.direct_only
@pytest.mark.parametrize("data", [
    b"POST /meows?body=%s HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nContent-Length: 5\r\n\r\nhello",
    b"POST /meows?body=%s HTTP/1.1\r\nHost: x\r\nContent-Length: 5, 5\r\n\r\nhello",
    b"POST /meows?body=%s HTTP/1.1\nHost: x\nContent-Length: 0\n\n",
    b"POST /meows?body=%s HTTP/1.1\r\nHost: x\r\nX-Cat: a\r\n b\r\nContent-Length: 0\r\n\r\n",
    b"POST /meows?body=%s HTTP/1.1\r\nHost: x\r\nX-Cat: a\x01b\r\nContent-Length: 0\r\n\r\n",
], ids=["length-twice", "length-list", "bare-line-feeds", "folded-line", "control-in-a-value"])
def test_what_rfc_9112_leaves_open_is_served_or_refused(feed, host, data):
    response = feed.exchange(data % unique_word().encode(), "POST")
    if response.status_code != 200:
        assert_problem(response, 400)
    assert feed.is_serving()


@pytest.mark.direct_only
def test_an_absolute_target_is_served(feed, host):
    """RFC 9112, section 3.2.2: a server must accept it."""
    response = feed.exchange(f"GET http://{host}/meows?take=1 HTTP/1.1\r\nHost: {host}\r\n\r\n".encode())
    assert response.status_code == 200


@pytest.mark.direct_only
def test_options_of_the_server_as_a_whole_is_answered(feed, host):
    response = feed.exchange(f"OPTIONS * HTTP/1.1\r\nHost: {host}\r\n\r\n".encode())
    assert response.status_code in (200, 204, 400, 404)
    assert feed.is_serving()


@pytest.mark.direct_only
def test_empty_lines_before_a_request_are_passed_over(feed, host):
    """RFC 9112, section 2.2: at least one should be."""
    response = feed.exchange(b"\r\n" + request_bytes(host, "GET", "/meows?take=1"))
    assert response.status_code == 200


@pytest.mark.direct_only
def test_http_1_0_is_served_and_closed(feed):
    for data in (b"GET /meows?take=1 HTTP/1.0\r\n\r\n", b"GET /meows?take=1 HTTP/1.0\r\nHost: x\r\n\r\n"):
        with Connection(feed.deployment.base_url) as connection:
            connection.send(data)
            assert connection.read_response().status_code == 200
            assert connection.is_closed_within(20)


def test_header_names_are_read_in_any_case(feed, host):
    word = unique_word()
    data = (f"POST /meows HTTP/1.1\r\nhOST: {host}\r\nCONTENT-length:  {len(word) + 5}  \r\n"
            f"content-TYPE:application/x-www-form-urlencoded\r\n\r\nbody={word}").encode()
    response = feed.exchange(data, "POST")
    assert response.status_code == 200
    assert feed.get(f"/meows/{response.json()['id']}").json()["body"] == word


# Chunked requests: understood or refused, never a hang, never two requests out of one.


def chunked(host, chunks, path="/meows"):
    return (f"POST {path} HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/x-www-form-urlencoded\r\n"
            "Transfer-Encoding: chunked\r\n\r\n").encode() + chunks


def test_a_chunked_body_is_stored_or_refused(feed, host):
    word = unique_word()
    response = feed.exchange(chunked(host, b"5\r\nbody=\r\ne\r\n" + word.encode() + b"\r\n0\r\n\r\n"), "POST")
    if response.status_code == 200:
        assert feed.get(f"/meows/{response.json()['id']}").json()["body"] == word
    else:
        assert_problem(response, (400, 411, 501))
    assert feed.is_serving()


@pytest.mark.parametrize("chunks", [
    b"x\r\nbody=cat\r\n0\r\n\r\n", b"-5\r\nbody=\r\n0\r\n\r\n", b"0x5\r\nbody=\r\n0\r\n\r\n",
    b"+5\r\nbody=\r\n0\r\n\r\n",
    b"\r\nbody=\r\n0\r\n\r\n", b"5\r\nbody=cat\r\n0\r\n\r\n", b"5 5\r\nbody=\r\n0\r\n\r\n",
    b"fffffffffffffffff\r\nbody=\r\n0\r\n\r\n", b"7fffffffffffffff\r\nbody=cat", b"ffffffff\r\n" + b"x" * 50_000,
    b"1\r\nb\r\n" * 30_000, b"5;" + b"x" * 100_000 + b"\r\nbody=\r\n0\r\n\r\n",
    b"0\r\n" + b"X-Trailer: cat\r\n" * 10_000 + b"\r\n", b"5\nbody=\n0\n\n",
], ids=["letter", "minus", "hex-prefix", "plus", "no-size", "short", "two-sizes", "overflow", "huge", "too-much",
        "many-small", "long-extension", "long-trailer", "bare-line-feeds"])
@pytest.mark.direct_only
def test_a_malformed_chunked_body_is_refused(feed, host, chunks):
    word = unique_word()
    hidden = request_bytes(host, "POST", f"/meows?body={word}", ["Content-Length: 0"])
    with Connection(feed.deployment.base_url) as connection:
        connection.send(chunked(host, chunks) + hidden)
        assert_problem(connection.read_response("POST"), (400, 411, 413, 431, 501))
        assert connection.is_closed_within(20)
    assert word not in feed.get("/meows", take=100).text
    assert feed.is_serving()


# Smuggling: bytes that a lenient reader takes for the next request.


@pytest.mark.direct_only
@pytest.mark.parametrize("data", [
    b"POST /meows HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n%s",
    b"POST /meows HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n0\r\n\r\n%s",
    b"POST /meows HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\nContent-Length: 200\r\n\r\n%s",
    b"POST /meows HTTP/1.1\r\nHost: x\r\nContent-Length: +0\r\n\r\n%s",
    b"POST /meows HTTP/1.1\r\nHost: x\r\nTransfer-Encoding : chunked\r\n\r\n0\r\n\r\n%s",
    b"POST /meows HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n%s",
    b"POST /nowhere HTTP/1.1\r\nHost: x\r\nContent-Length: 300\r\n\r\n%s",
    b"POST /meows HTTP/1.1\r\nHost: x\r\nContent-Length: 99999\r\n\r\n%s",
    b"PUT /meows HTTP/1.1\r\nHost: x\r\nContent-Length: 300\r\n\r\n%s",
    b"DELETE /meows/x HTTP/1.1\r\nHost: x\r\nContent-Length: 300\r\n\r\n%s",
    b"POST /meows HTTP/1.1\r\nHost: x\r\nContent-Length: 300\r\nExpect: 100-continue\r\n\r\n%s",
    b"GET /meows?take=1 HTTP/1.1\r\nHost: x\r\nContent-Length: 300\r\n\r\n%s",
    b"GET /pusher HTTP/1.1\r\nHost: x\r\nContent-Length: 300\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n%s",
], ids=["length-chunked", "chunked-length", "two-lengths", "length-plus", "space-before-colon", "trailer",
        "unknown-route", "too-long", "wrong-method", "delete", "expect", "get", "upgrade"])
def test_hidden_requests_are_not_carried_out(feed, host, data):
    word = unique_word()
    hidden = request_bytes(host, "POST", f"/meows?body={word}", ["Content-Length: 0", "X-Padding: "])
    hidden = hidden.replace(b"X-Padding: ", b"X-Padding: " + b"x" * (300 - len(hidden)))
    with Connection(feed.deployment.base_url) as connection:
        connection.send(data % hidden)
        try:
            connection.read_response("POST")
            connection.read_response("POST", deadline_s=0.3)
            connection.read_response("POST", deadline_s=0.3)
        except (Closed, TimeoutError):
            pass
    assert word not in feed.get("/meows", take=100).text
    assert feed.is_serving()


# Chance


def damaged(chance, data):
    """The bytes with a few of them replaced, removed, repeated or made up."""
    data = bytearray(data)
    for _ in range(chance.randint(1, 4)):
        at = chance.randrange(len(data))
        piece = bytes(chance.choice(b"\r\n\0 :%/?&=,\xff\x80{}[]\"\\0aZ") for _ in range(chance.randint(1, 3)))
        data[at:at + chance.choice([0, 0, 1, 1, 2, 40])] = chance.choice([b"", piece, piece, data[at:at + 20] * 2])
    return bytes(data)


@pytest.mark.direct_only
def test_damaged_requests_are_answered_or_ended(feed, host):
    seed = random.randrange(2**32)
    chance = random.Random(seed)
    json = b'{"body":"\\ud83d\\ude3a \xf0\x9f\x98\xba &lt;","more":[1,{"a":null}]}'
    sound = [
        request_bytes(host, "POST", "/meows?body=caf%C3%A9+cat", ["Content-Length: 0", "Idempotency-Key: k"]),
        request_bytes(host, "POST", "/meows", ["Content-Type: application/json"], json),
        request_bytes(host, "POST", "/meows", ["Content-Type: application/x-www-form-urlencoded"], b"a=1&body=%F0%9F"),
        request_bytes(host, "GET", "/search?query=%22cat%22+dog&take=5&highlight=1", ["Meower-Cursor: 0123-1"]),
        request_bytes(host, "GET", "/meows?max_id=" + UNKNOWN_ID + "&take=3", ['If-None-Match: "a", W/"b"']),
        request_bytes(host, "DELETE", "/meows/" + UNKNOWN_ID, ["Authorization: Bearer x", "Expect: 100-continue"]),
    ]
    for number in range(600):
        data = damaged(chance, sound[number % len(sound)])
        for answer in answers_to(feed.deployment.base_url, data):
            assert answer.status_code != 500, f"seed {seed}: {data!r}"
    assert feed.is_serving()
