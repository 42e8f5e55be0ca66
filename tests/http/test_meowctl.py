"""meowctl: the command line, against a server and straight on a store."""

import os
import pathlib
import subprocess
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
                              (("--take", "many", "list"), "--take"), (("list", "x"), "no argument")):
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
