"""Clients that write down what they see: posters and readers on kept-alive connections, and followers of the live feed."""

import http.client
import json
import random
import threading
import time
import urllib.parse
from contextlib import contextmanager

from feed import SMALLEST_ID, position, unique_word
from history import History, Lookup, Page, Post
from wire import Closed, WebSocket

TIMEOUT_S = 60
TAKE_MAX = 1000
RETRY_S = 0.05  # after a request that failed


class Client:
    """One connection to one daemon, made again when it breaks."""

    def __init__(self, daemon):
        self.daemon = daemon
        self.connection = None

    def request(self, method, target, body=None, headers=None):
        """(status, headers, content), or None when there was no answer."""
        try:
            if self.connection is None:
                self.connection = http.client.HTTPConnection("127.0.0.1", self.daemon.port, timeout=TIMEOUT_S)
            self.connection.request(method, target, body, headers or {})
            response = self.connection.getresponse()
            return response.status, response.headers, response.read()
        except (OSError, http.client.HTTPException):
            self.close()
            return None

    def close(self):
        if self.connection is not None:
            self.connection.close()
        self.connection = None


class Worker:
    """One thread's view of a cluster. What it sees goes into a history of its own."""

    def __init__(self, cluster, number, pause_s):
        self.random = random.Random(number)
        self.pause_s = pause_s  # between two posts
        self.word = unique_word()  # of all its posts
        self.history = History()
        self.failures = []  # (time, what) of requests without a good answer
        self.last = None  # its last post that was answered
        self.commands = [Client(daemon) for daemon in cluster.commands]
        self.queries = [Client(daemon) for daemon in cluster.queries]

    def close(self):
        for client in self.commands + self.queries:
            client.close()

    def post(self):
        client = self.random.choice(self.commands)
        body = f"{self.word} {len(self.history.posts)}"
        begun = time.monotonic()
        answer = client.request("POST", "/meows", urllib.parse.urlencode({"body": body}),
                                {"Content-Type": "application/x-www-form-urlencoded"})
        ended = time.monotonic()
        if answer is not None and answer[0] == 200:
            post = Post(begun, ended, json.loads(answer[2])["id"], position(answer[1]["Meower-Cursor"]),
                        client.daemon.place)
            self.last = post
        else:
            post = Post(begun, ended, where=client.daemon.place)
            self.fail(ended, answer, client.daemon.place)
        self.history.posts.append(post)
        return post.id is not None

    def read_page(self):
        """One of the lists there are, of any size."""
        client = self.random.choice(self.queries)
        take = self.random.choice((20, 100, 1000))
        bounds, fields = {}, {"take": take}
        kind = self.random.choice(("newest", "newest", "since_id", "max_id"))
        if kind != "newest" and self.last is not None:
            fields[kind] = self.last.id
            bounds = {"above" if kind == "since_id" else "below": self.last.id}
        begun = time.monotonic()
        answer = client.request("GET", "/meows?" + urllib.parse.urlencode(fields))
        ended = time.monotonic()
        if answer is None or answer[0] != 200:
            self.fail(ended, answer, client.daemon.place)
            return
        ids = [meow["id"] for meow in json.loads(answer[2])]
        self.history.pages.append(Page(begun, ended, ids, position(answer[1]["Meower-Cursor"]), take,
                                       where=client.daemon.place, **bounds))

    def look_up(self):
        """The meow it posted last."""
        client = self.random.choice(self.queries)
        begun = time.monotonic()
        answer = client.request("GET", f"/meows/{self.last.id}")
        ended = time.monotonic()
        if answer is None or answer[0] not in (200, 404):
            self.fail(ended, answer, client.daemon.place)
            return
        self.history.lookups.append(Lookup(begun, ended, self.last.id, answer[0] == 200,
                                           client.daemon.place))

    def fail(self, moment, answer, where):
        self.failures.append((moment, f"{where}: " + ("no answer" if answer is None else f"{answer[0]} {answer[2]!r}")))
        time.sleep(RETRY_S)

    def run(self, is_over):
        """Posts, and reads at once what must be there now."""
        while not is_over():
            if self.post() and self.random.random() < 0.5:
                self.random.choice((self.read_page, self.look_up))()
            time.sleep(self.pause_s)
        self.close()


class Load:
    """So many workers in threads, until stop()."""

    def __init__(self, cluster, count, pause_s):
        self.over = threading.Event()
        self.workers = [Worker(cluster, number, pause_s) for number in range(count)]
        self.broken = []
        self.threads = [threading.Thread(target=self._run, args=(worker,), daemon=True) for worker in self.workers]
        for thread in self.threads:
            thread.start()

    def _run(self, worker):
        try:
            worker.run(self.over.is_set)
        except BaseException as failure:  # told by stop()
            self.broken.append(failure)

    def posted(self):
        """How many posts were answered so far."""
        return sum(1 for worker in self.workers for post in list(worker.history.posts) if post.id is not None)

    def wait_for_posts(self, count, seconds=30):
        """Until so many more posts were answered."""
        wanted, deadline = self.posted() + count, time.monotonic() + seconds
        while self.posted() < wanted:
            assert time.monotonic() < deadline, f"{self.posted()} posts of {wanted}; {self.failures()[-3:]}"
            time.sleep(0.05)

    def failures(self):
        return sorted(failure for worker in self.workers for failure in list(worker.failures))

    def stop(self):
        """Ends it and returns the history of all."""
        self.over.set()
        for thread in self.threads:
            thread.join(TIMEOUT_S + 30)
            assert not thread.is_alive(), "a client hangs"
        if self.broken:
            raise self.broken[0]
        history = History()
        for worker in self.workers:
            history.posts += worker.history.posts
            history.pages += worker.history.pages
            history.lookups += worker.history.lookups
        return history


@contextmanager
def load(cluster, count, pause_s=0):
    running = Load(cluster, count, pause_s)
    try:
        yield running
    finally:
        running.over.set()


class Poller(threading.Thread):
    """Follows the feed by lists alone, from its beginning: it always asks one of the query services, any of them, for
    what is newer than the newest id it has seen. `bound` is min_id or since_id."""

    def __init__(self, cluster, bound, pause_s=0.02):
        super().__init__(daemon=True)
        self.clients = [Client(daemon) for daemon in cluster.queries]
        self.bound = bound
        self.pause_s = pause_s
        self.random = random.Random(bound)
        self.ids = []  # oldest first
        self.failures = []
        self.over = threading.Event()
        self.start()

    def run(self):
        while not self.over.is_set():
            page = self._page({self.bound: self.ids[-1] if self.ids else SMALLEST_ID})
            if self.bound == "since_id":
                page += self._older_than(page)
            self.ids += reversed(page)
            time.sleep(0 if page else self.pause_s)
        for client in self.clients:
            client.close()

    def _older_than(self, page):
        """since_id gives the newest of what is new: the rest is asked for by max_id, down to what was seen."""
        floor = self.ids[-1] if self.ids else SMALLEST_ID
        rest = []
        while len(page) == TAKE_MAX and page[-1] > floor:
            page = [id for id in self._page({"max_id": page[-1]}) if id > floor]
            rest += page
        return rest

    def _page(self, fields):
        while not self.over.is_set():
            answer = self.random.choice(self.clients).request(
                "GET", "/meows?" + urllib.parse.urlencode({**fields, "take": TAKE_MAX}))
            if answer is not None and answer[0] == 200:
                return [meow["id"] for meow in json.loads(answer[2])]
            self.failures.append(answer)
            time.sleep(RETRY_S)
        return []

    def wait_for(self, count, seconds=60):
        """Until it has seen so many."""
        deadline = time.monotonic() + seconds
        while len(self.ids) < count:
            assert time.monotonic() < deadline, f"the poller by {self.bound} has seen {len(self.ids)} of {count}"
            time.sleep(0.05)

    def stop(self):
        self.over.set()
        self.join(30)
        assert not self.is_alive(), "a poller hangs"


class Follower(threading.Thread):
    """A subscriber with a cursor, from a position on. It comes back with its cursor whenever its connection ends, and
    ends it itself every so many events."""

    def __init__(self, daemon, cursor, hang_up_every=None):
        super().__init__(daemon=True)
        self.server = daemon
        self.cursor = cursor
        self.hang_up_every = hang_up_every
        self.events = []  # (position, id)
        self.connections = 0
        self.refused = []  # what it was told when it could not go on where it was
        self.over = threading.Event()
        self.start()

    def run(self):
        while not self.over.is_set():
            try:
                self._follow()
            except (OSError, Closed, TimeoutError, AssertionError):
                time.sleep(RETRY_S)

    def _follow(self):
        query = urllib.parse.urlencode({"cursor": self.cursor})
        with WebSocket(f"{self.server.ws_url}/pusher?{query}") as stream:
            sync = stream.next_event()
            if sync["kind"] != 0 or not sync["recovered"]:
                self.refused.append(sync)
            self.connections += 1
            count = 0
            while not self.over.is_set() and count != self.hang_up_every:
                try:
                    event = stream.next_event(0.5)
                except TimeoutError:
                    continue
                self.cursor = event["cursor"]
                self.events.append((position(self.cursor), event["id"]))
                count += 1

    def wait_for(self, last, seconds=60):
        """Until it has the event of this position."""
        deadline = time.monotonic() + seconds
        while not self.events or self.events[-1][0] < last:
            assert time.monotonic() < deadline, f"has {self.events[-1:]}, not {last}, after {self.connections} connections"
            time.sleep(0.05)

    def stop(self):
        self.over.set()
        self.join(30)
        assert not self.is_alive(), "a follower hangs"


def now(daemon):
    """The cursor of the feed as it is now, as meower-pusherd or meower-queryd tells it."""
    with WebSocket(f"{daemon.ws_url}/pusher?cursor=") as stream:
        return stream.next_event()["cursor"]
