"""What was asked and what was answered, and whether a stack agrees with it."""

import json
import threading
import time
import urllib.parse

from stacks import TOKEN
from wire import Closed, Connection, WebSocket, request_bytes

ANSWER_S = 20
VISIBLE_S = 60  # until an index that was away has all
SMALLEST_ID = "0" * 27
FILTERED_AUTHORS = ("author 0", "author 3")


def position(cursor):
    return int(cursor.rsplit("-", 1)[1])


def labels_of(body):
    """What a meow carries; a body is "word number count"."""
    word, number, _ = body.split(" ")
    return {"author": f"author {number}", "tag": sorted(["everywhere", word])}


def query_string(parameters, labels):
    pairs = [(f"label.{key}", value) for key, values in labels.items()
             for value in ([values] if isinstance(values, str) else values)]
    return urllib.parse.urlencode([*parameters.items(), *pairs])


class Line:
    """A connection that is used for one request after another."""

    def __init__(self, daemon):
        self.host = daemon.address
        self.connection = Connection(daemon.base_url, deadline_s=ANSWER_S)

    def request(self, method, target, headers=(), body=b""):
        self.connection.send(request_bytes(self.host, method, target, headers, body))
        return self.connection.read_response(method, ANSWER_S)

    def close(self):
        self.connection.close()

    def post(self, body, key):
        return self.request("POST", "/meows?" + query_string({"body": body}, labels_of(body)), [f"Idempotency-Key: {key}"])

    def delete(self, id):
        return self.request("DELETE", f"/meows/{id}", [f"Authorization: Bearer {TOKEN}"])

    def page(self, target, cursor=None):
        """A list or a search; with a cursor, once it is visible."""
        deadline = time.monotonic() + VISIBLE_S
        while True:
            answer = self.request("GET", target, [] if cursor is None else [f"Meower-Cursor: {cursor}"])
            if answer.status_code != 504 or time.monotonic() > deadline:
                break
        assert answer.status_code == 200, f"GET {target}: {answer.status_code} {answer.content[:300]!r}"
        return json.loads(answer.content), answer.headers


class Follower(threading.Thread):
    """A live client that comes back with its cursor whenever it is thrown out. Each event once, in order."""

    def __init__(self, daemon, cursor):
        super().__init__(daemon=True)
        self.server = daemon
        self.cursor = cursor
        self.events = []  # (position, kind, id, body)
        self.wrong = None
        self.resumptions = 0
        self.is_over = False

    def run(self):
        while not self.is_over and self.wrong is None:
            try:
                self.follow()
            except (OSError, Closed):
                time.sleep(0.005)
            except AssertionError as failure:
                # Being refused while the feed is not open yet is no fault of the server.
                if "not upgraded: 503" not in str(failure):
                    self.wrong = str(failure)

    def follow(self):
        with WebSocket(f"{self.server.ws_url}/pusher?cursor={self.cursor}") as socket:
            sync = socket.next_event(ANSWER_S)
            assert sync["kind"] == 0 and sync["recovered"] is True, f"the cursor {self.cursor} is not known: {sync}"
            self.resumptions += 1
            while not self.is_over:
                try:
                    event = socket.next_event(0.5)
                except TimeoutError:
                    continue
                assert position(event["cursor"]) > position(self.cursor), \
                    f"{event['cursor']} comes after {self.cursor}"
                assert event["kind"] != 1 or event["labels"] == labels_of(event["body"]), f"the labels are wrong: {event}"
                self.events.append((position(event["cursor"]), event["kind"], event["id"], event.get("body")))
                self.cursor = event["cursor"]

    def await_position(self, wanted, seconds):
        deadline = time.monotonic() + seconds
        while position(self.cursor) < wanted:
            assert self.wrong is None, self.wrong
            assert time.monotonic() < deadline, \
                f"the live client is at {position(self.cursor)} and does not come to {wanted}"
            time.sleep(0.005)
        assert self.wrong is None, self.wrong


class Book:
    def __init__(self, stack):
        self.stack = stack
        self.lock = threading.Lock()
        self.ids = {}  # body -> id, of answered posts
        self.keys = {}  # body -> key, of those too that got no answer
        self.deleted = set()  # ids whose deletion was answered
        self.doubtful = set()  # ids whose deletion got no answer
        self.bodies = []  # sent since the last check
        self.checked_id = SMALLEST_ID  # everything up to it was checked
        self.checked_events = 0
        self.cursor = None  # of the latest answer
        self.unanswered = 0
        self.wrong = None

    def see_cursor(self, cursor):
        with self.lock:
            if self.cursor is None or position(cursor) > position(self.cursor):
                self.cursor = cursor

    def note_answer(self, body, answer):
        id = json.loads(answer.content)["id"]
        known = self.ids.setdefault(body, id)
        assert known == id, f"\"{body}\" was answered twice, as {known} and as {id}"
        self.see_cursor(answer.headers["Meower-Cursor"])

    def post_until(self, word, number, is_over, delay_s):
        """A thread: what it finds wrong is kept for the check."""
        try:
            self.post_while(word, number, lambda: not is_over.is_set(), delay_s)
        except AssertionError as failure:
            self.wrong = str(failure)

    def post_while(self, word, number, is_on, delay_s):
        """Posts with one connection, one after the other, and deletes every ninth; until it is over or broken."""
        line = None
        count = 0
        while is_on():
            body, key = f"{word} {number} {count}", f"{word}-{number}-{count}"
            try:
                line = line or Line(self.stack.command)
                with self.lock:
                    self.keys[body] = key
                    self.bodies.append(body)
                answer = line.post(body, key)
                if answer.status_code != 200:
                    assert answer.status_code in (500, 503, 504), f"{answer.status_code} {answer.content[:300]!r}"
                else:
                    self.note_answer(body, answer)
                    if count % 9 == 8:
                        self.delete(line, self.ids[body])
            except (OSError, Closed):
                if line is not None:
                    line.close()
                line = None
                time.sleep(delay_s)
            count += 1
        if line is not None:
            line.close()

    def delete(self, line, id):
        self.doubtful.add(id)
        answer = line.delete(id)
        if answer.status_code == 204:
            self.deleted.add(id)
            self.doubtful.discard(id)
            self.see_cursor(answer.headers.get("Meower-Cursor") or self.cursor)
        else:
            assert answer.status_code in (500, 503, 504), f"{answer.status_code} {answer.content[:300]!r}"

    # ---- after a crash ----------------------------------------------------------------------------------------------

    def check(self, word, follower, seconds):
        """Everything that was sent since the last check."""
        assert self.wrong is None, self.wrong
        bodies, self.bodies = self.bodies, []
        answered_before = {body: self.ids[body] for body in bodies if body in self.ids}
        command, query = Line(self.stack.command), Line(self.stack.query)
        listed = self.list_new(query)
        lost = [body for body, id in answered_before.items()
                if body not in listed and id not in self.deleted and id not in self.doubtful]
        assert not lost, f"{len(lost)} answered posts are lost, such as \"{lost[0]}\" ({answered_before[lost[0]]})"
        for body, id in listed.items():
            assert body in self.keys, f"\"{body}\" was never sent"
            assert answered_before.get(body, id) == id, f"\"{body}\" is {id}, answered was {answered_before[body]}"
        # Who got no answer repeats; it is the meow that was stored, or a new one.
        for body in bodies:
            if body in answered_before:
                continue
            self.unanswered += 1
            answer = command.post(body, self.keys[body])
            assert answer.status_code == 200, f"a repeated post: {answer.status_code} {answer.content[:300]!r}"
            self.note_answer(body, answer)
            assert listed.get(body, self.ids[body]) == self.ids[body], f"\"{body}\" is stored twice"
        if bodies:
            again = bodies[len(bodies) // 2]
            self.note_answer(again, command.post(again, self.keys[again]))
        for id in sorted(self.doubtful):
            answer = command.delete(id)
            assert answer.status_code in (204, 404), f"a repeated deletion: {answer.status_code}"
            self.deleted.add(id)
            self.see_cursor(answer.headers.get("Meower-Cursor") or self.cursor)
        self.doubtful.clear()
        wanted = {self.ids[body] for body in bodies} - self.deleted
        listed = {id for id in self.list_new(query).values()}
        assert listed == wanted, f"the list lacks {len(wanted - listed)} and has {len(listed - wanted)} too many"
        self.check_search(query, {"query": word}, {}, wanted)
        self.check_filter(query, word, bodies)
        if self.cursor is not None:
            follower.await_position(position(self.cursor), seconds)
        self.check_events(follower, bodies)
        self.checked_id = max([self.checked_id, *listed])
        command.close()
        query.close()

    def list_new(self, query):
        """The meows that are newer than what was checked, by body."""
        listed, after = {}, self.checked_id
        while True:
            meows, _ = query.page(f"/meows?min_id={after}&take=1000")
            if not meows:
                return listed
            for meow in reversed(meows):
                assert meow["id"] > after, "the list is out of order"
                assert meow["body"] not in listed, f"\"{meow['body']}\" is listed twice"
                assert meow["labels"] == labels_of(meow["body"]), f"the labels are wrong: {meow}"
                listed[meow["body"]] = after = meow["id"]

    def check_filter(self, query, word, bodies):
        """The list and the search of some labels."""
        labels = {"author": FILTERED_AUTHORS, "tag": word}
        wanted = {self.ids[body] for body in bodies if labels_of(body)["author"] in FILTERED_AUTHORS} - self.deleted
        listed, bound = set(), {}
        while True:
            meows, _ = query.page("/meows?" + query_string({"take": 1000, **bound}, labels))
            if not meows:
                break
            listed |= {meow["id"] for meow in meows}
            bound = {"max_id": meows[-1]["id"]}
        assert listed == wanted, \
            f"the list of {labels} lacks {len(wanted - listed)} and has {len(listed - wanted)} too many"
        self.check_search(query, {"query": word}, labels, wanted)

    def check_search(self, query, parameters, labels, wanted):
        found = []
        while True:
            window = {**parameters, "take": 1000, "skip": len(found)}
            meows, headers = query.page("/search?" + query_string(window, labels), self.cursor)
            assert "Meower-Search" not in headers, "the search engine is away"
            if not meows:
                break
            found += [meow["id"] for meow in meows]
        assert len(found) == len(set(found)), "a meow is found twice"
        assert set(found) == wanted, \
            f"the search lacks {len(wanted - set(found))} and has {len(set(found) - wanted)} too many"

    def check_events(self, follower, bodies):
        """What the live client has got: every post of these that is there, once; positions rise by one, except where
        a creation is left out whose meow was deleted before the client heard of it."""
        events = follower.events
        count = len(events)
        created = {}
        for index in range(self.checked_events, count):
            at, kind, id, body = events[index]
            before = events[index - 1][0] if index > 0 else at - 1
            assert at > before, f"position {at} comes after {before}"
            if kind == 1:
                assert body not in created, f"the live client got \"{body}\" twice"
                created[body] = id
        for body in bodies:
            id = self.ids[body]
            assert created.get(body, id) == id, f"the live client got \"{body}\" as {created[body]}, not {id}"
            assert body in created or id in self.deleted, f"the live client never got \"{body}\""
        if count > 0:
            gone = sum(1 for _, kind, _, _ in events if kind == 2)
            holes = events[count - 1][0] - events[0][0] + 1 - count
            assert holes <= gone, f"the live client lacks {holes} events, {gone} meows were deleted"
        self.checked_events = count

    # ---- at the end -------------------------------------------------------------------------------------------------

    def check_everything(self, start):
        """All that was ever answered, in the list and in a replay from the first cursor."""
        query = Line(self.stack.query)
        self.checked_id = SMALLEST_ID
        alive = {body: id for body, id in self.ids.items() if id not in self.deleted}
        listed = self.list_new(query)
        assert listed == alive, \
            f"the whole list lacks {len(set(alive) - set(listed))} and has {len(set(listed) - set(alive))} too many"
        query.close()
        created, positions, deletions = {}, [], 0
        with WebSocket(f"{self.stack.pusher.ws_url}/pusher?cursor={start}") as socket:
            assert socket.next_event(ANSWER_S)["recovered"] is True
            while not positions or positions[-1] < position(self.cursor):
                event = socket.next_event(ANSWER_S)
                positions.append(position(event["cursor"]))
                if event["kind"] == 1:
                    assert event["body"] not in created, f"the replay has \"{event['body']}\" twice"
                    created[event["body"]] = event["id"]
                else:
                    deletions += 1
        assert positions == sorted(set(positions)), "the replay is out of order"
        assert created == alive, "the replay and the list differ"
        assert positions[-1] - position(start) == len(positions) + len(self.ids) - len(alive), \
            f"positions have holes: {positions[-1] - position(start)} for {len(positions)} events"
        assert deletions == len(self.ids) - len(alive), f"{deletions} deletions for {len(self.ids) - len(alive)} meows"
