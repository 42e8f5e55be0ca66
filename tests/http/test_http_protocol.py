"""HTTP itself: routes, methods, HEAD, OPTIONS, CORS, and connections that misbehave. RFC 9110 and 9112."""

import email.utils
import time

import pytest

from feed import UNKNOWN_ID, assert_problem, in_threads, unique_word
from wire import Connection, answers_to, request_bytes


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


# Routes and methods


@pytest.mark.parametrize("path", ["/nowhere", "/meow", "/meows/", "/meows/x/y", "/searching", "/Meows", "//meows",
                                  "/events/1", "/pusher2", "/index.php", "/.git/config", "/meows;x=1", "/%",
                                  "/..", "/../../../../etc/passwd", "/%2e%2e/%2e%2e/etc/passwd",
                                  "/..%2f..%2fetc/passwd", "/....//etc/passwd", "/%00", "/\xff", "/metrics",
                                  "/healthz", "/readyz"])
def test_an_unknown_route_is_404(feed, host, path):
    data = f"GET {path} HTTP/1.1\r\nHost: {host}\r\n\r\n".encode("latin-1")
    response = feed.exchange(data)
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


@pytest.mark.parametrize("method, path", [
    (method, path) for path in ALLOWED for method in ("POST", "PUT", "DELETE", "PATCH", "TRACE", "BREW", "get")
    if method not in ALLOWED[path]])
def test_a_wrong_method_is_405_and_says_which_are_right(feed, host, method, path):
    response = feed.exchange(request_bytes(host, method, path, ["Content-Length: 0"]))
    known = method in ("POST", "PUT", "DELETE", "PATCH")
    assert_problem(response, 405 if known else (405, 400, 501))
    if response.status_code == 405:
        allowed = {name.strip() for name in response.headers["Allow"].split(",")}
        assert allowed & {"GET", "POST", "DELETE"} == ALLOWED[path] & {"GET", "POST", "DELETE"}
    assert feed.is_serving()


@pytest.mark.parametrize("path", ["/meows", "/meows?take=3", "/search?query=cat", "/openapi.json", "/", "/meows?skip=x",
                                  "/nowhere", f"/meows/{UNKNOWN_ID}", "/search"])
def test_head_answers_like_get_without_content(feed, host, path):
    feed.get("/search", query="cat", cursor=feed.now())  # the index stands still from here on
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


# Date


def test_the_date_moves_on_with_the_time(server, host):
    """One connection, on which nothing but the time changes (RFC 9110, section 6.6.1)."""
    with Connection(server.base_url) as connection:
        dates = []
        for _ in range(3):
            connection.send(request_bytes(host, "GET", "/meows?take=1"))
            date = connection.read_response().headers["Date"]
            assert date.endswith(" GMT")
            dates.append(email.utils.parsedate_to_datetime(date).timestamp())
            assert abs(dates[-1] - time.time()) < 5
            time.sleep(1.1)
    assert 1 <= dates[1] - dates[0] < 5 and 1 <= dates[2] - dates[1] < 5


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


@pytest.mark.parametrize("count", [1, 2, 20])
@pytest.mark.parametrize("pause_s", [0, 0.05])
def test_a_client_that_ends_its_side_after_its_posts_gets_every_answer(server, feed, host, count, pause_s):
    words = [unique_word() for _ in range(count)]
    with Connection(server.base_url) as connection:
        for word in words:
            connection.send(request_bytes(host, "POST", f"/meows?body={word}", ["Content-Length: 0"]))
            time.sleep(pause_s / count)
        connection.end_sending()
        posted = [connection.read_response("POST").json()["id"] for _ in words]
        assert connection.is_closed_within(20)
    assert [feed.get(f"/meows/{id}").json()["body"] for id in posted] == words


def test_a_client_that_ends_its_side_after_a_search_gets_its_answer(server, feed, host):
    for path in ("/search?query=cat", "/meows?skip=1000&take=10", f"/meows/{UNKNOWN_ID}", "/nowhere"):
        with Connection(server.base_url) as connection:
            connection.send(request_bytes(host, "GET", path))
            connection.end_sending()
            assert connection.read_response().status_code in (200, 404)
            assert connection.is_closed_within(20)


def test_pages_are_whole_however_slowly_they_are_read(server, feed, host):
    """Far more than a socket takes at once, so that the server has to wait for it again and again."""
    in_threads(8, lambda _: [feed.post("🐱" * 140) for _ in range(125)])
    with Connection(server.base_url, receive_buffer=4096) as connection:
        connection.send(request_bytes(host, "GET", "/meows?take=1000") * 10)
        for _ in range(10):
            time.sleep(0.1)  # the socket is full by now
            assert len(connection.read_response(deadline_s=60).json()) == 1000


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
    answers = answers_to(feed.deployment.base_url, request_bytes(host, "GET", "/meows?take=1"))
    assert [answer.status_code for answer in answers] == [200]


# Comes last: see half_requests.


@pytest.mark.direct_only
def test_requests_that_fell_silent_are_ended(half_requests, feed):
    deadline = time.monotonic() + 60
    for connection in half_requests:
        if connection.half:
            assert connection.is_closed_within(max(0.1, deadline - time.monotonic())), connection.half
    assert feed.is_serving()
