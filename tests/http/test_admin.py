"""The admin listener: /metrics, /healthz, /readyz."""

import re

import pytest

from feed import eventually, in_threads, unique_word
from wire import Closed, Connection

# The text format: https://prometheus.io/docs/instrumenting/exposition_formats/
SAMPLE = re.compile(r'^([a-zA-Z_:][a-zA-Z0-9_:]*)(\{[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\n]|\\.)*"'
                    r'(?:,[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\n]|\\.)*")*,?\})? (NaN|[+-]Inf|[-+0-9.eE]+)( \d+)?$')


def metrics(feed):
    """Every sample, by name and labels."""
    response = feed.request("GET", feed.deployment.admin_url + "/metrics")
    assert response.status_code == 200
    assert response.headers["Content-Type"].startswith("text/plain")
    samples = {}
    for line in response.text.splitlines():
        if line and not line.startswith("#"):
            match = SAMPLE.match(line)
            assert match, f"no sample: {line!r}"
            samples[match[1] + (match[2] or "")] = float(match[3])
    return samples


def test_a_living_server_is_healthy_and_ready(feed):
    assert feed.request("GET", feed.deployment.admin_url + "/healthz").status_code == 200
    assert feed.request("GET", feed.deployment.admin_url + "/readyz").status_code == 200


def test_metrics_are_prometheus_text(feed):
    samples = metrics(feed)
    assert samples
    assert all(name.startswith(("meower_", "process_")) for name in samples)


def test_every_metric_has_help_and_type_before_its_samples(feed):
    text = feed.request("GET", feed.deployment.admin_url + "/metrics").text
    typed, helped = {}, set()
    for line in text.splitlines():
        if line.startswith("# TYPE "):
            _, _, name, kind = line.split(" ")
            assert name not in typed, f"{name} has two types"
            assert kind in ("counter", "gauge", "histogram", "summary", "untyped")
            typed[name] = kind
        elif line.startswith("# HELP "):
            helped.add(line.split(" ")[2])
        elif line and not line.startswith("#"):
            name = SAMPLE.match(line)[1]
            base = name if name in typed else re.sub(r"_(bucket|sum|count)$", "", name)
            assert base in typed and base in helped, f"{name} has no type or help before it"
            assert typed[base] != "counter" or base.endswith("_total")
    assert typed


def test_counters_count_posts_and_never_fall(feed):
    before = metrics(feed)
    for _ in range(5):
        feed.post(unique_word())

    def counted():
        after = metrics(feed)
        risen = [name for name in after if "_total" in name and after[name] - before.get(name, 0) == 5]
        return after if risen else None

    after = eventually(counted)
    assert after, "no counter rose by the five posts"
    for name, value in before.items():
        if "_total" in name:
            assert after[name] >= value, name


def test_the_public_listener_serves_none_of_it(feed):
    for path in ("/metrics", "/healthz", "/readyz"):
        assert feed.get(path).status_code == 404


def test_the_admin_listener_serves_nothing_public(feed):
    for path in ("/meows", "/search?query=cat", "/pusher", "/events", "/nowhere"):
        assert feed.request("GET", feed.deployment.admin_url + path).status_code == 404
    assert feed.request("POST", feed.deployment.admin_url + "/meows?body=cat").status_code in (404, 405, 501)


@pytest.mark.parametrize("path", ["/metrics", "/healthz", "/readyz"])
def test_another_method_is_refused(feed, path):
    for method in ("POST", "PUT", "DELETE"):
        assert feed.request(method, feed.deployment.admin_url + path).status_code in (405, 501)
    assert feed.request("HEAD", feed.deployment.admin_url + path).status_code == 200


@pytest.mark.parametrize("data", [
    b"\0" * 1000, b"GET\r\n\r\n", b"GET /healthz HTTP/9.9\r\n\r\n", b"x" * 200_000,
    b"GET /healthz HTTP/1.1\r\nHost: x\r\nX: " + b"x" * 200_000 + b"\r\n\r\n",
    b"POST /healthz HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999\r\n\r\n",
    b"POST /healthz HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
    b"POST /healthz HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\n",
    b"GET /%00%ff/../.. HTTP/1.1\r\nHost: x\r\n\r\n",
], ids=range(9))
def test_hostile_bytes_leave_it_answering(feed, data):
    admin_url = feed.deployment.admin_url
    for end in (Connection.close, Connection.reset):
        connection = Connection(admin_url)
        connection.send(data)
        try:
            connection.read_response(deadline_s=0.5)
        except (Closed, TimeoutError, AssertionError, ValueError):
            pass
        end(connection)
    assert feed.request("GET", admin_url + "/healthz").status_code == 200
    assert feed.is_serving()


def test_it_answers_while_the_public_listener_is_busy(feed):
    def work(number):
        if number < 16:
            return [feed.post(unique_word()).id for _ in range(30)]
        return [feed.request("GET", feed.deployment.admin_url + path).status_code
                for path in ("/healthz", "/readyz", "/metrics") * 10]

    assert in_threads(17, work)[16] == [200] * 30


def test_it_is_ready_again_after_a_restart(server, feed):
    server.restart()
    assert feed.request("GET", server.admin_url + "/readyz").status_code == 200
    assert feed.is_serving()
