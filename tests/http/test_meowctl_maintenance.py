"""meowctl's commands that look after a feed's data, on real files."""

import os
import pathlib
import shutil
import sqlite3
import subprocess

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
