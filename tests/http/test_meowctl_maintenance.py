"""meowctl's commands that look after a feed's data, on real files."""

import json
import os
import pathlib
import shutil
import sqlite3
import subprocess
import time
import urllib.error
import urllib.request

import pytest

from feed import Feed

pytestmark = pytest.mark.embedded_only


@pytest.fixture(name="meowctl")
def _meowctl(meowerd):
    """meowctl stands beside meowerd."""
    program = pathlib.Path(meowerd).resolve().parent / "meowctl"

    def run(*arguments, text=None):
        environment = {name: value for name, value in os.environ.items() if not name.startswith("MEOWER_")}
        return subprocess.run([program, *arguments], input=text, capture_output=True, text=True, timeout=60, check=False,
                              env=environment)

    return run


def epoch_of(path):
    with sqlite3.connect(path) as database:
        return database.execute("SELECT value FROM meower_meta WHERE name = 'epoch'").fetchone()[0]


def bodies(meowctl, store):
    return [line.split("  ")[-1] for line in meowctl(*store, "list").stdout.splitlines()]


def is_recovered(server, cursor):
    with Feed(server).subscribe(cursor) as socket:
        return socket.sync["recovered"]


# ---- backup and restore


def test_a_backup_is_made_while_the_server_works_and_restores_what_was_there(meowctl, new_server, tmp_path):
    server = new_server()
    server.start()
    store = ("--store", f"sqlite:{server.data_directory}/feed.db")
    url = ("--url", server.base_url)
    for number in range(5):
        meowctl(*url, "post", f"before {number}")
    made = meowctl(*store, "backup", str(tmp_path / "backup.db"))
    assert made.returncode == 0, made.stderr
    meowctl(*url, "post", "after")
    refused = meowctl(*store, "restore", str(tmp_path / "backup.db"))
    assert refused.returncode == 1 and "open in another process" in refused.stderr
    server.stop()
    before = epoch_of(f"{server.data_directory}/feed.db")
    restored = meowctl(*store, "restore", str(tmp_path / "backup.db"))
    assert restored.returncode == 0, restored.stderr
    assert bodies(meowctl, store) == [f"before {number}" for number in range(4, -1, -1)]
    assert epoch_of(f"{server.data_directory}/feed.db") != before


def test_a_cursor_from_before_a_restore_is_not_recovered(meowctl, new_server, tmp_path):
    server = new_server()
    server.start()
    store = ("--store", f"sqlite:{server.data_directory}/feed.db")
    meowctl("--url", server.base_url, "post", "one")
    assert meowctl(*store, "backup", str(tmp_path / "backup.db")).returncode == 0
    cursor = Feed(server).now()
    server.stop()
    assert meowctl(*store, "restore", str(tmp_path / "backup.db")).returncode == 0
    server.start()
    assert not is_recovered(server, cursor)


def test_a_file_copied_back_by_hand_is_not_recovered(meowctl, new_server, tmp_path):
    server = new_server()
    server.start()
    meowctl("--url", server.base_url, "post", "one")
    server.stop()
    shutil.copy(f"{server.data_directory}/feed.db", tmp_path / "copy.db")
    server.start()
    meowctl("--url", server.base_url, "post", "two")
    cursor = Feed(server).now()
    server.stop()
    shutil.copyfile(tmp_path / "copy.db", f"{server.data_directory}/feed.db")
    server.start()
    assert not is_recovered(server, cursor)


def test_a_restart_keeps_cursors(meowctl, new_server):
    server = new_server()
    server.start()
    meowctl("--url", server.base_url, "post", "one")
    cursor = Feed(server).now()
    server.kill()
    server.start()
    assert is_recovered(server, cursor)


def test_a_new_epoch_is_drawn_on_demand(meowctl, tmp_path):
    store = ("--store", f"sqlite:{tmp_path}/feed.db")
    meowctl(*store, "post", "one")
    before = epoch_of(tmp_path / "feed.db")
    assert meowctl(*store, "new-epoch").returncode == 0
    assert epoch_of(tmp_path / "feed.db") != before
    assert bodies(meowctl, store) == ["one"]


def test_what_cannot_be_done_is_explained(meowctl, tmp_path):
    store = ("--store", f"sqlite:{tmp_path}/feed.db")
    for arguments, reason in (((*store, "backup", f"{tmp_path}/backup.db"), "no store"),
                              (("backup", "x"), "--store"),
                              ((*store, "restore", f"{tmp_path}/missing.db"), "missing.db"),
                              (("--store", "memory:", "backup", "x"), "backup")):
        result = meowctl(*arguments)
        assert result.returncode == 1 and reason in result.stderr, (arguments, result.stderr)


# ---- rebuild


def found(server, word):
    return len(Feed(server).page("/search", query=word, take=100))


def wait_until_found(server, word, count):
    deadline = time.monotonic() + 20
    while found(server, word) != count:
        assert time.monotonic() < deadline, f"{word}: {found(server, word)} instead of {count}"
        time.sleep(0.05)


def test_an_index_that_lacks_a_meow_is_rebuilt_while_the_server_works(meowctl, new_server):
    server = new_server()
    server.start()
    feed = Feed(server)
    for number in range(20):
        feed.post(f"rebuilt {number}")
    wait_until_found(server, "rebuilt", 20)
    server.stop()
    with sqlite3.connect(f"{server.data_directory}/search.db") as index:
        for row, words in index.execute("SELECT position, words FROM docs WHERE position < 6").fetchall():
            index.execute("INSERT INTO ft(ft, rowid, words) VALUES ('delete', ?, ?)", (row, words))
            index.execute("DELETE FROM docs WHERE position = ?", (row,))
    server.start()
    assert found(server, "rebuilt") == 15
    rebuilt = meowctl("--admin", server.admin_url, "rebuild", "search")
    assert rebuilt.returncode == 0, rebuilt.stderr
    assert found(server, "rebuilt") == 20
    server.restart()
    assert found(server, "rebuilt") == 20


def test_an_index_is_rebuilt_without_a_server(meowctl, tmp_path):
    store = ("--store", f"sqlite:{tmp_path}/feed.db", "--search", f"fts5:{tmp_path}/search.db")
    meow_id = meowctl(*store, "post", "a kitten").stdout.strip()
    assert meow_id in meowctl(*store, "search", "kitten").stdout
    rebuilt = meowctl(*store, "rebuild", "search")
    assert rebuilt.returncode == 0, rebuilt.stderr
    assert meow_id in meowctl(*store, "search", "kitten").stdout


def test_a_rebuild_is_not_for_web_pages(new_server):
    server = new_server()
    server.start()
    request = urllib.request.Request(f"{server.admin_url}/rebuild", method="POST", headers={"Origin": "http://evil"})
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(request)
    assert refused.value.code == 403
    with urllib.request.urlopen(f"{server.admin_url}/rebuild") as answer:
        assert json.load(answer) == {"state": "none", "position": 0, "head": 0, "reason": ""}
    request = urllib.request.Request(f"{server.admin_url}/rebuild", method="DELETE")
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(request)
    assert refused.value.code == 405 and refused.value.headers["Allow"] == "GET, POST"


def test_only_the_search_index_can_be_rebuilt(meowctl):
    refused = meowctl("rebuild", "store")
    assert refused.returncode == 1 and "rebuild search" in refused.stderr
    refused = meowctl("--admin", "http://127.0.0.1:9", "rebuild", "search")
    assert refused.returncode == 1 and "127.0.0.1:9" in refused.stderr
