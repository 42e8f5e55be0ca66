"""What a client of the feed does, in the words of the specification."""

import itertools
import random
import re
import string
import threading
import time
import urllib.parse
from collections import namedtuple

import requests

from wire import EventStream, WebSocket, exchange, request_bytes

TIMEOUT_S = 20
ID_FORM = re.compile(r"^[0-9A-Za-z]{27}$")
TIME_FORM = re.compile(r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$")
SMALLEST_ID = "0" * 27
LARGEST_ID = "aWgEPTl1tmebfsQzFP4bxwgy80V"
UNKNOWN_ID = "0ujtsYcgvSTl8PAuAdqWYSMnLOv"  # well-formed, of 2017

Posted = namedtuple("Posted", "id cursor")


def unique_word(length=14):
    """A word no other test uses, without repeated letters beside each other, so that typos can be made of it."""
    word = ""
    while len(word) < length:
        letter = random.choice(string.ascii_lowercase)
        if not word.endswith(letter):
            word += letter
    return word


def eventually(ask, seconds=30.0):
    """Calls ask() until what it gives is true, and returns that; the last answer when the time has run out."""
    deadline = time.monotonic() + seconds
    for pause in itertools.chain([0.01, 0.02, 0.05], itertools.repeat(0.1)):
        answer = ask()
        if answer or time.monotonic() > deadline:
            return answer
        time.sleep(pause)


def position(cursor):
    """The position in a cursor. To clients a cursor is opaque; only tests about holes and repeats look inside."""
    return int(cursor.rsplit("-", 1)[1])


def far_ahead(cursor):
    """A cursor of the same epoch that no test will ever reach."""
    return f"{cursor.rsplit('-', 1)[0]}-{position(cursor) + 1_000_000_000}"


def assert_problem(response, status, error=None):
    """A clear error: the original's "error" member and those of RFC 9457."""
    statuses = (status,) if isinstance(status, int) else tuple(status)
    assert response.status_code in statuses, f"{response.status_code}, expected {status}: {response.content[:300]!r}"
    content_type = response.headers.get("Content-Type", "")
    assert re.match(r"^application/(problem\+)?json\b", content_type), f"Content-Type: {content_type}"
    problem = response.json()
    assert isinstance(problem["error"], str) and problem["error"]
    assert isinstance(problem["type"], str) and problem["type"]
    assert isinstance(problem["title"], str) and problem["title"]
    assert problem["status"] == response.status_code
    assert isinstance(problem["detail"], str) and problem["detail"]
    if error is not None:
        assert problem["error"] == error


def links(response):
    """The Link header's targets by relation (RFC 8288), as absolute URLs."""
    return {link["rel"]: urllib.parse.urljoin(response.url, link["url"])
            for link in requests.utils.parse_header_links(response.headers.get("Link", "")) if "rel" in link}


class Feed:
    """A client of one deployment. Threads may share it."""

    def __init__(self, deployment):
        self.deployment = deployment
        self._local = threading.local()

    @property
    def _session(self):
        """One connection a thread; made new when the server was started again."""
        generation = self.deployment.generation
        if getattr(self._local, "generation", None) != generation:
            self._local.session = requests.Session()
            self._local.session.trust_env = False
            self.deployment.sessions.append(self._local.session)
            self._local.generation = generation
        return self._local.session

    def url(self, path):
        return self.deployment.base_url + path

    def request(self, method, path, **arguments):
        url = path if path.startswith("http") else self.url(path)
        return self._session.request(method, url, timeout=TIMEOUT_S, allow_redirects=False, **arguments)

    def exchange(self, data, method="GET"):
        """Sends bytes as they are, on a connection of their own, and returns the first answer."""
        return exchange(self.deployment.base_url, data, method)

    def get_raw(self, target):
        """GET with a query string that is sent as it stands."""
        return self.exchange(request_bytes(self.deployment.base_url.split("//")[1], "GET", target))

    def get(self, path, cursor=None, etag=None, **params):
        headers = {}
        if cursor is not None:
            headers["Meower-Cursor"] = cursor
        if etag is not None:
            headers["If-None-Match"] = etag
        return self.request("GET", path, params=params, headers=headers)

    def page(self, path, cursor=None, **params):
        """The meows of a list or a search."""
        response = self.get(path, cursor, **params)
        assert response.status_code == 200, f"{response.status_code} {response.content[:300]!r}"
        meows = response.json()
        assert isinstance(meows, list)
        return meows

    def ids(self, path, cursor=None, **params):
        return [meow["id"] for meow in self.page(path, cursor, **params)]

    def post(self, body, key=None):
        """Posts as the original's page does, and returns what became of it."""
        headers = {"Idempotency-Key": key} if key is not None else {}
        response = self.request("POST", "/meows", params={"body": body}, headers=headers)
        assert response.status_code == 200, f"{response.status_code} {response.content[:300]!r}"
        return Posted(response.json()["id"], response.headers["Meower-Cursor"])

    def delete(self, id, token=None):
        headers = {"Authorization": f"Bearer {token}"} if token is not None else {}
        return self.request("DELETE", f"/meows/{id}", headers=headers)

    def now(self):
        """The cursor of the feed as it is now."""
        return self.get("/meows", take=1).headers["Meower-Cursor"]

    def search_until(self, query, ids, seconds=30.0):
        """Searches until exactly these ids are found, in any order. Returns the last answer's ids."""
        found = []

        def ask():
            found[:] = self.ids("/search", query=query)
            return sorted(found) == sorted(ids)

        eventually(ask, seconds)
        return found

    def subscribe(self, cursor=None, **arguments):
        """A WebSocket; with a cursor, its first frame has been read and is in .sync."""
        query = "" if cursor is None else "?" + urllib.parse.urlencode({"cursor": cursor})
        socket = WebSocket(self.deployment.ws_url + "/pusher" + query, **arguments)
        if cursor is not None:
            socket.sync = socket.next_event()
            assert socket.sync["kind"] == 0
        return socket

    def events(self, cursor=None, last_event_id=None):
        """A stream of Server-Sent Events."""
        query = "" if cursor is None else "?" + urllib.parse.urlencode({"cursor": cursor})
        headers = [] if last_event_id is None else [f"Last-Event-ID: {last_event_id}"]
        return EventStream(self.url("/events" + query), headers)

    def is_serving(self):
        """The server answers a reader and a writer."""
        posted = self.post(f"still here {unique_word()}")
        return self.get(f"/meows/{posted.id}").status_code == 200

    def everything(self):
        """All meows, newest first, in pages of 1,000 by max_id."""
        meows = []
        while True:
            page = self.page("/meows", max_id=meows[-1]["id"] if meows else LARGEST_ID, take=1000)
            if not page:
                return meows
            meows += page

    def walk(self, first, relation):
        """Follows Link headers from a page's answer until a page is empty or has no such link. Returns the pages."""
        pages, response = [], first
        while True:
            meows = response.json()
            if not meows:
                return pages
            pages.append([meow["id"] for meow in meows])
            assert len(pages) < 5000, "the walk does not end"
            following = links(response).get(relation)
            if following is None:
                return pages
            response = self.get(following)
            assert response.status_code == 200, f"{following}: {response.status_code}"


def in_threads(count, work):
    """Runs work(number) in so many threads at once; returns their results, or raises the first of their failures."""
    results, failures = [None] * count, []
    start = threading.Barrier(count)

    def run(number):
        try:
            start.wait()
            results[number] = work(number)
        except BaseException as failure:  # handed to the caller below
            failures.append(failure)

    threads = [threading.Thread(target=run, args=(number,), daemon=True) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
        assert not thread.is_alive(), "a client thread hangs"
    if failures:
        raise failures[0]
    return results
