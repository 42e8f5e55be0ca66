"""The routes, the metrics, the access log and /openapi.json name the same paths and methods."""

import re
from collections import Counter

import pytest

from feed import UNKNOWN_ID, Feed
from wire import WebSocket, request_bytes

pytestmark = pytest.mark.embedded_only  # one process has all routes and counts all requests

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")


def described_routes(feed):
    """The methods of each path, as /openapi.json has them. HEAD goes without saying."""
    paths = feed.get("/openapi.json").json()["paths"]
    routes = {path: {key.upper() for key in item} & set(METHODS) for path, item in paths.items()}
    return {path: methods | {"HEAD"} if "GET" in methods else methods for path, methods in routes.items()}


def answer(feed, method, path):
    host = feed.deployment.base_url.split("//")[1]
    target = path.replace("{id}", UNKNOWN_ID)
    headers = ["Content-Length: 0", f"Authorization: Bearer {feed.deployment.token}"]
    if path == "/events":
        method = "HEAD" if method == "GET" else method  # the answer to GET has no end
    return feed.exchange(request_bytes(host, method, target, headers), method)


def is_refused_by_the_router(response):
    """A handler answers 404 too, when there is no such meow."""
    return response.status_code == 405 or (response.status_code == 404 and b"at this path" in response.content)


def metric_name(method, path):
    """All files of the page count as one."""
    return "GET /" if path in ("/", "/openapi.json") else f"{method} {path}"


def counted_requests(feed):
    """The number of requests by route and class of status."""
    text = feed.request("GET", feed.deployment.admin_url + "/metrics").text
    rows = re.findall(r'^meower_http_requests_total\{route="([^"]+)",status="(\dxx)"\} (\d+)$', text, re.MULTILINE)
    return Counter({(route, status): int(count) for route, status, count in rows})


def test_every_method_of_the_description_is_served(feed):
    for path, methods in described_routes(feed).items():
        for method in methods - {"HEAD"}:
            response = answer(feed, method, path)
            assert not is_refused_by_the_router(response), (method, path, response.status_code)


def test_every_other_method_is_405_with_the_methods_of_the_description(feed):
    for path, methods in described_routes(feed).items():
        for method in set(METHODS) - methods:
            response = answer(feed, method, path)
            assert response.status_code == 405, (method, path)
            assert set(response.headers["Allow"].split(", ")) == methods | {"OPTIONS"}, (method, path)


def test_options_names_the_methods_of_the_description(feed):
    for path, methods in described_routes(feed).items():
        response = answer(feed, "OPTIONS", path)
        assert response.status_code == 204
        assert set(response.headers["Allow"].split(", ")) == methods | {"OPTIONS"}, path


def test_the_metrics_have_exactly_the_routes_of_the_description(new_server):
    server = new_server()
    server.start()
    feed = Feed(server)
    routes = described_routes(feed)
    expected = {metric_name(method, path) for path, methods in routes.items() for method in methods - {"HEAD"}}
    for path, methods in routes.items():
        for method in methods - {"HEAD"}:
            answer(feed, method, path)
    assert {route for route, _ in counted_requests(feed)} == expected
    assert answer(feed, "GET", "/nowhere").status_code == 404
    assert {route for route, _ in counted_requests(feed)} == expected | {"none"}


def test_each_request_counts_for_its_route_once(new_server):
    server = new_server()
    server.start()
    feed = Feed(server)
    for path, methods in described_routes(feed).items():
        for method in methods:
            before = counted_requests(feed)
            status = answer(feed, method, path).status_code
            name = metric_name("GET" if method == "HEAD" else method, path)
            assert counted_requests(feed) - before == {(name, f"{status // 100}xx"): 1}, (method, path)


def test_the_access_log_has_a_line_for_a_websocket(new_server):
    server = new_server(settings={"access_log": "on"})
    server.start()
    with WebSocket(server.base_url + "/pusher"):
        pass
    lines = [line for line in server.log().splitlines() if "event=request" in line]
    assert len(lines) == 1
    assert 'target="GET /pusher"' in lines[0] and "status=101" in lines[0]
