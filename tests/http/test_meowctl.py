"""meowctl: the command line, against a server and straight on a store."""

import contextlib
import http.server
import json
import os
import pathlib
import sqlite3
import subprocess
import threading
import time
import urllib.request

import pytest

pytestmark = pytest.mark.embedded_only


@pytest.fixture(name="program")
def _program(meowerd):
    """It stands beside meowerd."""
    return pathlib.Path(meowerd).resolve().parent / "meowctl"


@pytest.fixture(name="meowctl")
def _meowctl(program):
    def run(*arguments, text=None):
        environment = {name: value for name, value in os.environ.items() if not name.startswith("MEOWER_")}
        return subprocess.run([program, *arguments], input=text, capture_output=True, text=True, timeout=60, check=False,
                              env=environment)

    return run


def test_a_meow_posted_to_a_store_is_listed_and_found(meowctl, tmp_path):
    store = ("--store", f"sqlite:{tmp_path}/feed.db")
    posted = meowctl(*store, "post", "a kitten <sleeps>")
    assert posted.returncode == 0, posted.stderr
    meow_id = posted.stdout.strip()
    assert len(meow_id) == 27
    assert f"{meow_id}  a kitten <sleeps>" in meowctl(*store, "list").stdout
    assert meow_id in meowctl(*store, "search", "kiten").stdout
    assert meowctl(*store, "search", "dog").stdout == ""


def test_each_line_of_standard_input_is_a_meow(meowctl, tmp_path):
    store = ("--store", f"sqlite:{tmp_path}/feed.db")
    assert len(meowctl(*store, "post", "-", text="one\ntwo\n\nthree\n").stdout.split()) == 3
    assert [line.split("  ")[-1] for line in meowctl(*store, "list").stdout.splitlines()] == ["three", "two", "one"]


def test_a_deleted_meow_is_gone(meowctl, tmp_path):
    store = ("--store", f"sqlite:{tmp_path}/feed.db")
    meow_id = meowctl(*store, "post", "soon gone").stdout.strip()
    assert meowctl(*store, "delete", meow_id).returncode == 0
    assert meowctl(*store, "list").stdout == ""
    again = meowctl(*store, "delete", meow_id)
    assert again.returncode == 1 and meow_id in again.stderr


def test_text_cannot_control_the_terminal(meowctl, tmp_path):
    store = ("--store", f"sqlite:{tmp_path}/feed.db")
    refused = meowctl(*store, "post", "red \x1b[31m")
    assert refused.returncode == 1 and "control" in refused.stderr
    meowctl(*store, "post", "two\nlines")
    assert "two\n    lines" in meowctl(*store, "list").stdout


def test_wrong_use_is_explained(meowctl):
    for arguments, reason in (((), "no command"), (("dance",), "dance"), (("post",), "one argument"),
                              (("--take", "many", "list"), "--take"), (("list", "x"), "no argument"),
                              (("--label", "room", "list"), "must be KEY=VALUE, such as room=garden"),
                              (("--label", "Room=x", "list"), "begins with a letter"),
                              (("--label", "room=", "post", "x"), 'the value of the label "room="'),
                              ((*(("--label", "tag=a") * 17), "list"), "more than 16"),
                              (("--label", "room=x", "delete", "x"), "delete takes no --label"),
                              (("--query", "cats", "list"), "list takes no --query")):
        result = meowctl(*arguments)
        assert result.returncode == 2 and reason in result.stderr, arguments


def test_a_server_that_is_not_there_is_named(meowctl):
    result = meowctl("--url", "http://127.0.0.1:9", "list")
    assert result.returncode == 1 and "127.0.0.1:9" in result.stderr


def test_it_talks_to_a_server(meowctl, server):
    url = ("--url", server.base_url)
    meow_id = meowctl(*url, "post", "ctlserver <cat> & 'dog'").stdout.strip()
    assert len(meow_id) == 27
    assert f"{meow_id}  ctlserver <cat> & 'dog'" in meowctl(*url, "list").stdout
    deadline = time.monotonic() + 10
    while meow_id not in meowctl(*url, "search", "ctlservre").stdout:
        assert time.monotonic() < deadline, "not found by search"
    refused = meowctl(*url, "delete", meow_id)
    assert refused.returncode == 1 and "401" in refused.stderr


def test_tail_shows_what_came_after_a_cursor(meowctl, program, server):
    url = ("--url", server.base_url)
    with urllib.request.urlopen(f"{server.base_url}/meows?take=1") as answer:
        cursor = answer.headers["Meower-Cursor"]
    meow_id = meowctl(*url, "post", "tailed").stdout.strip()
    with subprocess.Popen([program, *url, "--since", cursor, "tail"], stdout=subprocess.PIPE, text=True) as tail:
        try:
            assert tail.stdout.readline().endswith(f"{meow_id}  tailed\n")
        finally:
            tail.terminate()


def take_lines(program, arguments, count):
    with subprocess.Popen([program, *arguments, "tail"], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          text=True) as tail:
        try:
            return [tail.stdout.readline() for _ in range(count)]
        finally:
            tail.terminate()


def test_tail_goes_on_after_any_cursor_it_printed(meowctl, program, server):
    """Event after event, each by a program of its own: all of them, once, in order."""
    url = ("--url", server.base_url)
    with urllib.request.urlopen(f"{server.base_url}/meows?take=1") as answer:
        cursor = answer.headers["Meower-Cursor"]
    posted = meowctl(*url, "post", "-", text="tail 1\ntail 2\ntail 3\n").stdout.split()
    meowctl(*url, "--token", server.token, "delete", posted[1])
    taken = []
    for _ in range(3):
        line = take_lines(program, (*url, "--cursors", "--since", cursor), 1)[0]
        cursor, rest = line.split("  ", 1)
        taken.append(rest.split("  ", 1)[1].rstrip())
    assert taken == [f"{posted[0]}  tail 1", f"{posted[2]}  tail 3", posted[1]]


def test_tail_on_a_store_prints_cursors_too(meowctl, program, tmp_path):
    store = ("--store", f"sqlite:{tmp_path}/feed.db")
    posted = meowctl(*store, "post", "-", text="one\ntwo\nthree\n").stdout.split()
    page = json.loads(take_lines(program, (*store, "--json", "--since", start_of(tmp_path / "feed.db")), 1)[0])
    assert page["id"] == posted[0]
    lines = take_lines(program, (*store, "--cursors", "--since", page["cursor"]), 2)
    assert [line.split("  ")[-2] for line in lines] == posted[1:]
    assert lines[1].startswith(page["cursor"].rsplit("-", 1)[0] + "-3  ")


def test_tail_begins_with_the_first_event_when_asked_to(meowctl, program, tmp_path):
    store = ("--store", f"sqlite:{tmp_path}/feed.db")
    posted = meowctl(*store, "post", "-", text="one\ntwo\n").stdout.split()
    lines = take_lines(program, (*store, "--since", "start"), 2)
    assert [line.rstrip().split("  ")[1:] for line in lines] == [[posted[0], "one"], [posted[1], "two"]]


def test_tail_on_a_store_leaves_out_what_is_deleted(meowctl, program, tmp_path):
    store = ("--store", f"sqlite:{tmp_path}/feed.db")
    posted = meowctl(*store, "post", "-", text="one\ntwo\nthree\n").stdout.split()
    assert meowctl(*store, "delete", posted[1]).returncode == 0
    lines = take_lines(program, (*store, "--since", start_of(tmp_path / "feed.db")), 3)
    assert [line.rstrip().split("  ")[1:] for line in lines] == [[posted[0], "one"], [posted[2], "three"], [posted[1]]]


def start_of(path):
    """The cursor before the first event."""
    with sqlite3.connect(path) as database:
        return database.execute("SELECT value FROM meower_meta WHERE name = 'epoch'").fetchone()[0] + "-0"


def test_tail_says_when_a_cursor_is_not_of_this_feed(program, meowctl, server, tmp_path):
    meowctl("--store", f"sqlite:{tmp_path}/feed.db", "post", "one")
    for where in (("--url", server.base_url), ("--store", f"sqlite:{tmp_path}/feed.db")):
        with subprocess.Popen([program, *where, "--since", "0123456789abcdef-7", "tail"], stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, text=True) as tail:
            try:
                assert "not of this feed" in tail.stderr.readline()
            finally:
                tail.terminate()


# ---- labels


def test_labels_are_posted_shown_and_filters_on_a_store(meowctl, tmp_path):
    check_labels(lambda *arguments, **options: meowctl("--store", f"sqlite:{tmp_path}/feed.db", *arguments, **options))


def test_labels_are_posted_shown_and_filters_on_a_server(meowctl, server):
    check_labels(lambda *arguments, **options: meowctl("--url", server.base_url, *arguments, **options))


def check_labels(meowctl):
    garden, roof = ("--label", "room=the garden & yard"), ("--label", "room=roof")
    meowctl(*garden, "--label", "tag=naps", "--label", "tag=cats", "post", "on the wall")
    meowctl(*roof, "post", "-", text="up\nhigh\n")
    meowctl("post", "nowhere")

    def listed(*arguments):
        return [line.split("  ", 2)[2] for line in meowctl("--take", "4", *arguments, "list").stdout.splitlines()]

    wall = 'on the wall  room="the garden & yard" tag=cats tag=naps'
    assert listed() == ["nowhere", "high  room=roof", "up  room=roof", wall]
    assert listed(*roof) == ["high  room=roof", "up  room=roof"]
    assert listed(*roof, "--skip", "1") == ["up  room=roof"]
    assert listed(*roof, *garden, "--label", "tag=cats") == [wall]
    assert listed("--label", "room=cellar") == []
    deadline = time.monotonic() + 10
    while not (found := meowctl(*roof, "search", "high").stdout):
        assert time.monotonic() < deadline, "not found by search"
    assert found.endswith("  high  room=roof\n") and meowctl(*garden, "search", "high").stdout == ""
    assert [meow["labels"] for meow in json.loads(meowctl("--json", *garden, "list").stdout)] == [
        {"room": "the garden & yard", "tag": ["cats", "naps"]}]


def test_a_label_twice_is_refused_when_it_is_posted(meowctl, tmp_path):
    refused = meowctl("--store", f"sqlite:{tmp_path}/feed.db", "--label", "tag=a", "--label", "tag=a", "post", "x")
    assert refused.returncode == 1 and '"tag=a" is there twice' in refused.stderr


def test_tail_shows_labels(meowctl, program, tmp_path):
    store = ("--store", f"sqlite:{tmp_path}/feed.db")
    meowctl(*store, "--label", "room=garden", "post", "one")
    assert take_lines(program, (*store, "--since", "start"), 1)[0].endswith("  one  room=garden\n")


def check_filtered_tail(program, meowctl, where):
    ids = meowctl(*where, "--label", "room=roof", "post", "-", text="two cats\na dog\ncats & naps\n").stdout.split()
    garden = meowctl(*where, "--label", "room=garden", "--label", "tag=a b&c", "post", "cats again").stdout.strip()
    start = ("--since", "start")

    def tailed(*arguments, count):
        lines = take_lines(program, (*where, *start, *arguments), count)
        return [line.split("  ")[1] for line in lines]

    assert tailed("--label", "room=roof", count=3) == ids
    assert tailed("--query", "cats", count=3) == [ids[0], ids[2], garden]
    assert tailed("--query", "naps & cast", count=1) == [ids[2]]
    assert tailed("--query", "cats", "--label", "room=roof", "--label", "room=cellar", count=2) == [ids[0], ids[2]]
    assert tailed("--label", "tag=a b&c", count=1) == [garden]


def test_tail_filters_on_a_store(program, meowctl, tmp_path):
    check_filtered_tail(program, meowctl, ("--store", f"sqlite:{tmp_path}/feed.db"))


def test_tail_filters_on_a_server(program, meowctl, new_server):
    server = new_server()
    server.start()
    check_filtered_tail(program, meowctl, ("--url", server.base_url))


def test_tail_says_when_a_query_is_refused(meowctl, server, tmp_path):
    for where in (("--url", server.base_url), ("--store", f"sqlite:{tmp_path}/feed.db")):
        refused = meowctl(*where, "--query", "...", "tail")
        assert refused.returncode == 1 and ("query" in refused.stderr or "word" in refused.stderr)


def test_labels_cannot_control_the_terminal(meowctl, tmp_path):
    store = ("--store", f"sqlite:{tmp_path}/feed.db")
    for value in ("two\nlines", 'a "quoted" \\ word', "tab\there"):
        assert meowctl(*store, "--label", f"room={value}", "post", "x").returncode == 0
    assert [line.split("  ")[3] for line in meowctl(*store, "list").stdout.splitlines()] == [
        r'room="tab\u0009here"', r'room="a \"quoted\" \\ word"', r'room="two\u000alines"']


def test_a_strange_server_cannot_control_the_terminal_by_labels(meowctl):
    labels = {"a\x1b[31mb": "c\x1b[0m\x9bd\x7f", "list": [7, None, "kept", ["deep"]], "none": {}}
    with answering([{"id": "0" * 27, "body": "x", "created_at": "2026-11-23T23:49:58Z", "labels": labels},
                    {"id": "1" * 27, "body": "y", "created_at": "2026-11-23T23:49:58Z", "labels": ["room"]},
                    {"id": "2" * 27, "body": "z", "created_at": "2026-11-23T23:49:58Z",
                     "labels": {"tag": [str(number) for number in range(40)]}}]) as url:
        lines = [line.split("  ", 2)[2] for line in meowctl("--url", url, "list").stdout.splitlines()]
    assert lines[:2] == [r'x  a\u001b[31mb="c\u001b[0m\u009bd\u007f" list=kept', "y"]
    assert lines[2].startswith("z  tag=0 tag=1 ")


@contextlib.contextmanager
def answering(meows):
    """A server that gives these to everybody: its address."""
    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            content = json.dumps(meows).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_):
            pass

    with http.server.HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()
