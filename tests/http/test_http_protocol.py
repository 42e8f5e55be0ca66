"""HTTP itself: methods, CORS, limits, malformed requests, connections that misbehave. RFC 9110 and 9112."""

import time

import pytest

from feed import UNKNOWN_ID, assert_problem, in_threads, unique_word
from wire import Closed, Connection, exchange, request_bytes

HEADER_MAX = 8 * 1024
BODY_MAX = 16 * 1024


@pytest.fixture(scope="module", autouse=True)
def half_requests(shared_server):
    """Connections that fall silent in the middle of a request, from the beginning of this file to its end. All other
    tests run beside them; the test about their own end comes last."""
    halves = [b"", b"GET", b"GET /meows HTTP/1.1\r\nHost: x\r\n", b"GET /meows HTTP/1.1\r\nHost: x\r\nX-Cut: of",
              b"POST /meows HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nbody=ca",
              b"POST /meows HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nbo"]
    connections = []
    for half in halves * 6:
        connection = Connection(shared_server.base_url)
        connection.send(half)
        connection.half = half
        connections.append(connection)
    yield connections
    for connection in connections:
        connection.close()


@pytest.fixture
def host(server):
    return server.base_url.split("//")[1]


def ask(feed, data, method="GET"):
    return exchange(feed.deployment.base_url, data, method)


def answers_to(feed, data, deadline_s=20):
    """Sends bytes, then ends the sending side as a client does that wants no more. Returns all answers."""
    answers = []
    with Connection(feed.deployment.base_url) as connection:
        connection.send(data)
        connection.end_sending()
        deadline = time.monotonic() + deadline_s
        try:
            while time.monotonic() < deadline:
                answers.append(connection.read_response(deadline_s=deadline - time.monotonic()))
        except Closed:
            return answers
    raise AssertionError("the connection does not end")


# Routes and methods


@pytest.mark.parametrize("path", ["/nowhere", "/meow", "/meows/", "/meows/x/y", "/searching", "/Meows", "//meows",
                                  "/events/1", "/pusher2", "/index.php", "/.git/config", "/meows;x=1", "/%",
                                  "/..", "/../../../../etc/passwd", "/%2e%2e/%2e%2e/etc/passwd", "/..%2f..%2fetc/passwd",
                                  "/....//etc/passwd", "/%00", "/\xff", "/metrics", "/healthz", "/readyz"])
def test_an_unknown_route_is_404(feed, host, path):
    data = f"GET {path} HTTP/1.1\r\nHost: {host}\r\n\r\n".encode("latin-1")
    response = ask(feed, data)
    assert b"root:" not in response.content
    assert_problem(response, (404, 400) if "%" in path or ".." in path or "\xff" in path or "/meows/" in path else 404)


ALLOWED = {
    "/meows": {"GET", "HEAD", "POST", "OPTIONS"},
    f"/meows/{UNKNOWN_ID}": {"GET", "HEAD", "DELETE", "OPTIONS"},
    "/search": {"GET", "HEAD", "OPTIONS"},
    "/events": {"GET", "HEAD", "OPTIONS"},
    "/pusher": {"GET", "HEAD", "OPTIONS"},
    "/openapi.json": {"GET", "HEAD", "OPTIONS"},
    "/": {"GET", "HEAD", "OPTIONS"},
}


@pytest.mark.parametrize("path", ALLOWED)
@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "TRACE", "BREW", "get"])
def test_a_wrong_method_is_405_and_says_which_are_right(feed, host, path, method):
    if method in ALLOWED[path]:
        pytest.skip("the right method")
    response = ask(feed, request_bytes(host, method, path, ["Content-Length: 0"]))
    known = method in ("POST", "PUT", "DELETE", "PATCH")
    assert_problem(response, 405 if known else (405, 400, 501))
    if response.status_code == 405:
        allowed = {name.strip() for name in response.headers["Allow"].split(",")}
        assert allowed & {"GET", "POST", "DELETE"} == ALLOWED[path] & {"GET", "POST", "DELETE"}
    assert feed.is_serving()


@pytest.mark.parametrize("path", ["/meows", "/meows?take=3", "/search?query=cat", "/openapi.json", "/", "/meows?skip=x",
                                  "/nowhere", f"/meows/{UNKNOWN_ID}", "/search"])
def test_head_answers_like_get_without_content(feed, host, path):
    with Connection(feed.deployment.base_url) as connection:
        connection.send(request_bytes(connection.host, "GET", path))
        get = connection.read_response()
        connection.send(request_bytes(connection.host, "HEAD", path) + request_bytes(connection.host, "GET", path))
        head = connection.read_response("HEAD")
        assert connection.read_response().status_code == get.status_code, "the answer to HEAD had content"
    assert head.status_code == get.status_code
    for name in ("Content-Type", "ETag", "Meower-Cursor", "Link", "Content-Length"):
        if name != "Content-Length" or name in head.headers:
            assert head.headers.get(name) == get.headers.get(name), name


@pytest.mark.parametrize("path", ALLOWED)
def test_options_says_what_is_allowed(feed, path):
    response = feed.request("OPTIONS", path)
    assert response.status_code in (200, 204)
    allowed = {name.strip() for name in response.headers["Allow"].split(",")}
    assert allowed & {"GET", "POST", "DELETE"} == ALLOWED[path] & {"GET", "POST", "DELETE"}


def test_openapi_describes_every_route(feed):
    response = feed.get("/openapi.json")
    assert response.headers["Content-Type"].startswith("application/")
    description = response.json()
    assert description["openapi"].startswith("3.")
    assert {"/meows", "/meows/{id}", "/search", "/pusher", "/events"} <= set(description["paths"])
    assert {"get", "post"} <= set(description["paths"]["/meows"])
    assert {"get", "delete"} <= set(description["paths"]["/meows/{id}"])


def test_the_page_is_served(feed):
    response = feed.get("/")
    assert response.status_code == 200
    assert response.headers["Content-Type"].startswith("text/html")
    assert "<html" in response.text.lower()


# CORS


@pytest.mark.parametrize("method, path", [("POST", "/meows"), ("GET", "/meows"), ("GET", "/search"),
                                          ("DELETE", f"/meows/{UNKNOWN_ID}")])
def test_a_preflight_allows_what_the_api_needs(feed, method, path):
    response = feed.request("OPTIONS", path, headers={
        "Origin": "http://elsewhere.example", "Access-Control-Request-Method": method,
        "Access-Control-Request-Headers": "content-type,idempotency-key,meower-cursor,authorization"})
    assert response.status_code in (200, 204)
    assert response.headers["Access-Control-Allow-Origin"] in ("*", "http://elsewhere.example")
    assert method in response.headers["Access-Control-Allow-Methods"]
    allowed = response.headers["Access-Control-Allow-Headers"].lower()
    for name in ("content-type", "idempotency-key", "meower-cursor", "authorization"):
        assert name in allowed


@pytest.mark.parametrize("method, path", [("GET", "/meows"), ("GET", "/search?query=cat"), ("POST", "/meows?body=cat"),
                                          ("GET", "/meows?skip=x"), ("GET", "/nowhere"), ("POST", "/meows"),
                                          ("PUT", "/meows"), ("GET", f"/meows/{UNKNOWN_ID}")])
def test_any_origin_may_read_the_answer_even_an_error(feed, method, path):
    response = feed.request(method, path, headers={"Origin": "http://elsewhere.example"})
    assert response.headers["Access-Control-Allow-Origin"] in ("*", "http://elsewhere.example")


def test_other_origins_may_read_the_headers_of_ours(feed):
    response = feed.request("GET", "/meows", headers={"Origin": "http://elsewhere.example"})
    exposed = response.headers["Access-Control-Expose-Headers"].lower()
    for name in ("meower-cursor", "etag", "link"):
        assert exposed == "*" or name in exposed


# Limits


@pytest.mark.direct_only
def test_a_header_near_8_kb_is_accepted(feed, host):
    data = request_bytes(host, "GET", "/meows?take=1", ["X-Padding: " + "x" * (HEADER_MAX - 300)])
    assert ask(feed, data).status_code == 200


@pytest.mark.parametrize("size", [HEADER_MAX + 1, 2 * HEADER_MAX, 100_000, 1_000_000])
def test_a_header_above_8_kb_is_431(feed, host, size):
    data = request_bytes(host, "GET", "/meows?take=1", ["X-Padding: " + "x" * size])
    response = ask(feed, data)
    assert_problem(response, 431) if feed.deployment.is_direct else None
    assert feed.is_serving()


@pytest.mark.direct_only
def test_many_header_lines_above_8_kb_are_431(feed, host):
    data = request_bytes(host, "GET", "/meows?take=1", [f"X-Line-{number}: cat" for number in range(1000)])
    assert_problem(ask(feed, data), 431)
    assert feed.is_serving()


@pytest.mark.direct_only
def test_an_address_above_8_kb_is_refused(feed, host):
    assert_problem(ask(feed, request_bytes(host, "GET", "/search?query=" + "x" * HEADER_MAX)), (414, 431))
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
    assert_problem(ask(feed, data, "POST"), 413)
    assert feed.is_serving()


@pytest.mark.parametrize("size", [BODY_MAX + 1, 10**9, 10**15, 2**63 - 1])
def test_an_announced_body_above_16_kb_is_413_before_it_arrives(feed, host, size):
    data = request_bytes(host, "POST", "/meows", [f"Content-Length: {size}"])
    assert_problem(ask(feed, data, "POST"), 413)
    assert feed.is_serving()


@pytest.mark.direct_only
@pytest.mark.parametrize("size", [2**63, 2**64, 10**30])
def test_an_announced_length_beyond_all_numbers_is_refused(feed, host, size):
    assert_problem(ask(feed, request_bytes(host, "POST", "/meows", [f"Content-Length: {size}"]), "POST"), (400, 413))
    assert feed.is_serving()


@pytest.mark.parametrize("method, path", [("GET", "/meows"), ("DELETE", f"/meows/{UNKNOWN_ID}"), ("PUT", "/meows"),
                                          ("POST", "/nowhere"), ("OPTIONS", "/meows"), ("POST", "/search")])
def test_a_body_where_none_belongs_never_becomes_a_request(feed, host, method, path):
    word = unique_word()
    hidden = request_bytes(host, "POST", f"/meows?body={word}", ["Content-Length: 0"])
    answers = answers_to(feed, request_bytes(host, method, path, body=hidden))
    assert len(answers) <= 1
    assert word not in feed.get("/meows", take=100).text
    assert feed.is_serving()


# Malformed requests. Each gets a clear error and the end of its connection, and the bytes behind it are not a request.

MALFORMED = {
    "no-host": b"GET /meows HTTP/1.1\r\n\r\n",
    "two-hosts": b"GET /meows HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
    "the-same-host-twice": b"GET /meows HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n",
    "host-with-a-space": b"GET /meows HTTP/1.1\r\nHost: a b\r\n\r\n",
    "differing-lengths": b"POST /meows?body=cat HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello",
    "differing-lengths-in-a-list": b"POST /meows?body=cat HTTP/1.1\r\nHost: x\r\nContent-Length: 5, 6\r\n\r\nhello",
    "length-with-a-plus": b"POST /meows?body=cat HTTP/1.1\r\nHost: x\r\nContent-Length: +5\r\n\r\nhello",
    "length-with-a-minus": b"POST /meows?body=cat HTTP/1.1\r\nHost: x\r\nContent-Length: -5\r\n\r\nhello",
    "length-in-hex": b"POST /meows?body=cat HTTP/1.1\r\nHost: x\r\nContent-Length: 0x5\r\n\r\nhello",
    "length-with-a-space": b"POST /meows?body=cat HTTP/1.1\r\nHost: x\r\nContent-Length: 5 5\r\n\r\nhello",
    "length-of-letters": b"POST /meows?body=cat HTTP/1.1\r\nHost: x\r\nContent-Length: five\r\n\r\nhello",
    "length-empty": b"POST /meows?body=cat HTTP/1.1\r\nHost: x\r\nContent-Length: \r\n\r\n",
    "length-with-a-fraction": b"POST /meows?body=cat HTTP/1.1\r\nHost: x\r\nContent-Length: 5.0\r\n\r\nhello",
    "length-and-chunked": b"POST /meows?body=cat HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked"
                          b"\r\n\r\n0\r\n\r\n",
    "chunked-and-length": b"POST /meows?body=cat HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nContent-Length: 5"
                          b"\r\n\r\n0\r\n\r\n",
    "unknown-transfer-encoding": b"POST /meows?body=cat HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: cat\r\n\r\n",
    "transfer-encoding-gzip": b"POST /meows?body=cat HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip\r\n\r\n",
    "chunked-twice": b"POST /meows?body=cat HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n",
    "chunked-not-last": b"POST /meows?body=cat HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked, gzip\r\n\r\n0\r\n\r\n",
    "two-transfer-encodings": b"POST /meows?body=cat HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n"
                              b"Transfer-Encoding: identity\r\n\r\n0\r\n\r\n",
    "chunked-disguised": b"POST /meows?body=cat HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
    "chunked-behind-a-tab": b"POST /meows?body=cat HTTP/1.1\r\nHost: x\r\nTransfer-Encoding:\x0bchunked\r\n\r\n0\r\n\r\n",
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
    "space-before-the-colon": b"GET /meows HTTP/1.1\r\nHost: x\r\nX-Cat : 1\r\n\r\n",
    "length-before-a-space": b"POST /meows?body=cat HTTP/1.1\r\nHost: x\r\nContent-Length : 5\r\n\r\nhello",
    "header-without-a-colon": b"GET /meows HTTP/1.1\r\nHost: x\r\nX-Cat\r\n\r\n",
    "header-without-a-name": b"GET /meows HTTP/1.1\r\nHost: x\r\n: cat\r\n\r\n",
    "space-in-a-name": b"GET /meows HTTP/1.1\r\nHost: x\r\nX Cat: 1\r\n\r\n",
    "bracket-in-a-name": b"GET /meows HTTP/1.1\r\nHost: x\r\nX(Cat): 1\r\n\r\n",
    "control-in-a-name": b"GET /meows HTTP/1.1\r\nHost: x\r\nX\x01Cat: 1\r\n\r\n",
    "nul-in-a-value": b"GET /meows HTTP/1.1\r\nHost: x\r\nX-Cat: a\0b\r\n\r\n",
    "control-in-a-value": b"GET /meows HTTP/1.1\r\nHost: x\r\nX-Cat: a\x01b\r\n\r\n",
    "cr-in-a-value": b"GET /meows HTTP/1.1\r\nHost: x\r\nX-Cat: a\rb\r\n\r\n",
    "folded-line": b"GET /meows HTTP/1.1\r\nHost: x\r\nX-Cat: a\r\n b\r\n\r\n",
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
            assert b"HTTP/1.1 2" not in connection.buffer, "the bytes behind were taken for a request"
    assert word not in feed.get("/meows", take=100).text
    assert feed.is_serving()


@pytest.mark.direct_only
@pytest.mark.parametrize("data", [
    b"POST /meows?body=%s HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nContent-Length: 5\r\n\r\nhello",
    b"POST /meows?body=%s HTTP/1.1\r\nHost: x\r\nContent-Length: 5, 5\r\n\r\nhello",
    b"POST /meows?body=%s HTTP/1.1\nHost: x\nContent-Length: 0\n\n",
], ids=["length-twice", "length-list", "bare-line-feeds"])
def test_what_rfc_9112_leaves_open_is_served_or_refused(feed, host, data):
    response = ask(feed, data % unique_word().encode(), "POST")
    if response.status_code != 200:
        assert_problem(response, 400)
    assert feed.is_serving()


@pytest.mark.direct_only
def test_an_absolute_target_is_served(feed, host):
    """RFC 9112, section 3.2.2: a server must accept it."""
    response = ask(feed, f"GET http://{host}/meows?take=1 HTTP/1.1\r\nHost: {host}\r\n\r\n".encode())
    assert response.status_code == 200


@pytest.mark.direct_only
def test_options_of_the_server_as_a_whole_is_answered(feed, host):
    response = ask(feed, f"OPTIONS * HTTP/1.1\r\nHost: {host}\r\n\r\n".encode())
    assert response.status_code in (200, 204, 400, 404)
    assert feed.is_serving()


@pytest.mark.direct_only
def test_empty_lines_before_a_request_are_passed_over(feed, host):
    """RFC 9112, section 2.2: at least one should be."""
    response = ask(feed, b"\r\n" + request_bytes(host, "GET", "/meows?take=1"))
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
    response = ask(feed, data, "POST")
    assert response.status_code == 200
    assert feed.get(f"/meows/{response.json()['id']}").json()["body"] == word


# Chunked requests: understood or refused, never a hang, never two requests out of one.


def chunked(host, chunks, path="/meows"):
    return (f"POST {path} HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/x-www-form-urlencoded\r\n"
            "Transfer-Encoding: chunked\r\n\r\n").encode() + chunks


def test_a_chunked_body_is_stored_or_refused(feed, host):
    word = unique_word()
    response = ask(feed, chunked(host, b"5\r\nbody=\r\ne\r\n" + word.encode() + b"\r\n0\r\n\r\n"), "POST")
    if response.status_code == 200:
        assert feed.get(f"/meows/{response.json()['id']}").json()["body"] == word
    else:
        assert_problem(response, (400, 411, 501))
    assert feed.is_serving()


@pytest.mark.parametrize("chunks", [
    b"x\r\nbody=cat\r\n0\r\n\r\n", b"-5\r\nbody=\r\n0\r\n\r\n", b"0x5\r\nbody=\r\n0\r\n\r\n", b"+5\r\nbody=\r\n0\r\n\r\n",
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
], ids=["length-chunked", "chunked-length", "two-lengths", "length-plus", "space-before-colon", "trailer", "unknown-route",
        "too-long", "wrong-method", "delete", "expect", "get", "upgrade"])
def test_hidden_requests_are_not_carried_out(feed, host, data):
    word = unique_word()
    hidden = request_bytes(host, "POST", f"/meows?body={word}", ["X-Padding: " + "x" * 200, "Content-Length: 0"])
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


# Connections


def test_many_requests_go_over_one_connection(server, host):
    with Connection(server.base_url) as connection:
        for number in range(200):
            path = ("/meows?take=1", "/nowhere", "/search?query=cat", "/meows?skip=x")[number % 4]
            connection.send(request_bytes(host, "GET", path))
            assert connection.read_response().status_code == (200, 404, 200, 400)[number % 4]


def test_pipelined_requests_are_answered_in_order(server, host):
    words = [unique_word() for _ in range(20)]
    data = b"".join(request_bytes(host, "POST", f"/meows?body={word}", ["Content-Length: 0"]) +
                    request_bytes(host, "GET", "/meows?take=1") for word in words)
    with Connection(server.base_url) as connection:
        connection.send(data)
        for word in words:
            posted = connection.read_response("POST").json()
            assert connection.read_response().json()[0]["id"] == posted["id"]


def test_a_request_that_comes_byte_by_byte_is_answered(server, host):
    word = unique_word()
    data = request_bytes(host, "POST", "/meows", ["Content-Type: application/x-www-form-urlencoded"],
                         f"body={word}".encode())
    with Connection(server.base_url) as connection:
        for byte in data:
            connection.send(bytes([byte]))
            time.sleep(0.001)
        assert connection.read_response("POST").status_code == 200


def test_connection_close_is_honoured(server, host):
    with Connection(server.base_url) as connection:
        connection.send(request_bytes(host, "GET", "/meows?take=1", ["Connection: close"]))
        assert connection.read_response().status_code == 200
        assert connection.is_closed_within(20)


def test_expect_100_continue_is_answered(server, host):
    form = f"body={unique_word()}".encode()
    with Connection(server.base_url) as connection:
        connection.send(request_bytes(host, "POST", "/meows", [
            "Content-Type: application/x-www-form-urlencoded", f"Content-Length: {len(form)}", "Expect: 100-continue"]))
        time.sleep(0.1)
        connection.send(form)
        assert connection.read_response("POST").status_code in (200, 417)


def test_a_flood_of_pipelined_requests_harms_nobody(server, feed, host):
    with Connection(server.base_url) as connection:
        connection.socket.settimeout(2)
        try:
            for _ in range(50):
                connection.socket.sendall(request_bytes(host, "GET", "/meows?take=100") * 20)
        except OSError:
            pass  # the server stopped reading, or refused: either is right
        assert feed.is_serving()
    assert feed.is_serving()


def test_clients_gone_in_the_middle_of_a_page_harm_nobody(server, feed, host):
    in_threads(8, lambda _: [feed.post("'" * 140) for _ in range(50)])

    def leave(number):
        for _ in range(20):
            connection = Connection(server.base_url, receive_buffer=4096)
            connection.send(request_bytes(host, "GET", "/meows?take=1000") * 3)
            if number % 2:
                connection.socket.recv(1000)
            connection.reset()

    in_threads(8, leave)
    assert feed.is_serving()


def test_clients_gone_before_the_answer_to_their_post_harm_nobody(server, feed, host):
    def leave(_):
        for _ in range(20):
            connection = Connection(server.base_url)
            connection.send(request_bytes(host, "POST", f"/meows?body={unique_word()}", ["Content-Length: 0"]))
            connection.reset()

    in_threads(8, leave)
    assert feed.is_serving()


def test_readers_that_do_not_read_delay_nobody(server, feed, host):
    connections = [Connection(server.base_url, receive_buffer=4096) for _ in range(32)]
    for connection in connections:
        connection.send(request_bytes(host, "GET", "/meows?take=1000") * 5)
    for _ in range(20):
        assert feed.is_serving()
    for connection in connections:
        connection.close()


def test_many_connections_that_say_nothing_delay_nobody(server, feed):
    connections = [Connection(server.base_url) for _ in range(200)]
    for _ in range(10):
        assert feed.is_serving()
    for connection in connections:
        connection.close()
    assert feed.is_serving()


def test_a_client_that_ends_its_side_still_gets_its_answer(feed, host):
    answers = answers_to(feed, request_bytes(host, "GET", "/meows?take=1"))
    assert [answer.status_code for answer in answers] == [200]


# Comes last: see half_requests.


@pytest.mark.direct_only
def test_requests_that_fell_silent_are_ended(half_requests, feed):
    deadline = time.monotonic() + 60
    for connection in half_requests:
        if connection.half:
            assert connection.is_closed_within(max(0.1, deadline - time.monotonic())), connection.half
    assert feed.is_serving()
