"""meowctl's commands that look after a feed's data, on real files."""

import contextlib
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


@contextlib.contextmanager
def another_store(path):
    """The store is another one for a while: what is done to it meanwhile is gone afterwards, without a trace in its lock."""
    files = {name: pathlib.Path(name).read_bytes() for name in (str(path), f"{path}.lock")}
    yield
    for name, content in files.items():
        with open(name, "r+b") as file:  # the same file, so that it is known again
            file.write(content)
            file.truncate()


def test_an_index_that_lacks_a_meow_is_rebuilt_while_the_server_works(meowctl, new_server):
    server = new_server()
    server.start()
    feed = Feed(server)
    for number in range(20):
        feed.post(f"rebuilt {number}")
    wait_until_found(server, "rebuilt", 20)
    server.stop()
    store = f"{server.data_directory}/feed.db"
    with another_store(store):
        with sqlite3.connect(store) as database:
            database.execute("DELETE FROM meows WHERE id IN (SELECT meow_id FROM meower_events WHERE position < 6)")
        assert meowctl("--store", f"sqlite:{store}", "--search", f"index:{server.data_directory}/search", "rebuild",
                       "search").returncode == 0
    server.start()
    assert found(server, "rebuilt") == 15
    rebuilt = meowctl("--admin", server.admin_url, "rebuild", "search")
    assert rebuilt.returncode == 0, rebuilt.stderr
    assert found(server, "rebuilt") == 20
    server.restart()
    assert found(server, "rebuilt") == 20


def test_an_index_is_rebuilt_without_a_server(meowctl, tmp_path):
    store = ("--store", f"sqlite:{tmp_path}/feed.db", "--search", f"index:{tmp_path}/search")
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


# ---- check


class Feeds:
    """A store with its index, closed, to be damaged."""

    def __init__(self, meowctl, folder):
        self.meowctl = meowctl
        self.store = folder / "feed.db"
        self.index = folder / "search"
        self.urls = ("--store", f"sqlite:{self.store}", "--search", f"index:{self.index}")
        self.ids = meowctl(*self.urls, "post", "-", text="one\ntwo\nthree\nfour\n").stdout.split()
        assert meowctl(*self.urls, "delete", self.ids[3]).returncode == 0

    def damage(self, *statements):
        with sqlite3.connect(self.store) as database:
            for statement in statements:
                assert database.execute(statement).rowcount != 0, statement

    def index_another(self, *statements):
        """Has an index made of another store, which is this one after these statements."""
        with another_store(self.store):
            self.damage("DROP TRIGGER meower_meows_inserted", *statements)
            assert self.meowctl(*self.urls, "rebuild", "search").returncode == 0

    def segment(self):
        segment, = self.index.glob("*.segment")
        return segment

    def check(self):
        result = self.meowctl(*self.urls, "check")
        assert result.stderr == ""
        return result.returncode, result.stdout.splitlines()

    def assert_finds(self, *parts):
        """One difference, on a line with these parts."""
        status, lines = self.check()
        assert status == 1 and lines[-1].startswith("1 differences"), lines
        assert len(lines) == 2 and all(part in lines[0] for part in parts), lines


@pytest.fixture(name="feeds")
def _feeds(meowctl, tmp_path):
    return Feeds(meowctl, tmp_path)


def test_a_sound_feed_has_no_differences(feeds):
    assert feeds.check() == (0, ["0 differences: 3 meows, head 5, index of 3 meows at 5"])


def test_a_check_changes_nothing(feeds):
    def content():
        return {path: path.read_bytes() for path in (feeds.store, *feeds.index.iterdir())}

    before = content()
    feeds.check()
    assert content() == before


def test_a_meow_that_is_missing_is_named(feeds):
    feeds.damage(f"DELETE FROM meows WHERE id = '{feeds.ids[1]}'")
    feeds.assert_finds("2  ", feeds.ids[1], "not there")


def test_a_hole_in_the_positions_is_named(feeds):
    feeds.damage("DELETE FROM meower_events WHERE position = 5")  # the deletion: nothing says that the fourth is gone
    status, lines = feeds.check()
    assert status == 1 and any(feeds.ids[3] in line and "not there" in line for line in lines)
    feeds.damage("DELETE FROM meower_events WHERE position = 2")
    status, lines = feeds.check()
    assert status == 1 and "2  no event has position 2" in lines
    assert any(feeds.ids[1] in line and "no event has created it" in line for line in lines)


def test_several_holes_in_a_row_are_one(feeds):
    feeds.damage("DELETE FROM meower_events WHERE position IN (2, 3)")
    assert "2  no event has a position from 2 to 3" in feeds.check()[1]


def test_a_meow_without_an_event_is_named(feeds, meowctl):
    feeds.damage("DROP TRIGGER meower_meows_inserted",
                 "INSERT INTO meows VALUES ('2ST000000000000000000000001', 'stray', 1)")
    feeds.assert_finds("2ST000000000000000000000001", "no event has created it")


def test_a_deleted_meow_that_is_still_there_is_named(feeds):
    feeds.damage("DROP TRIGGER meower_meows_inserted", f"INSERT INTO meows VALUES ('{feeds.ids[3]}', 'four', 1)")
    status, lines = feeds.check()
    assert status == 1 and any(feeds.ids[3] in line and "still there" in line for line in lines), lines


def test_a_checkpoint_beyond_the_head_is_named(feeds):
    feeds.damage("INSERT OR REPLACE INTO meower_checkpoints VALUES ('relay', 6)")
    feeds.assert_finds("6  ", "checkpoint", "beyond the head at 5")


def test_a_key_of_no_post_is_named(feeds):
    feeds.damage("INSERT INTO meower_keys VALUES ('key', 1, 5, 9000000000000000)")
    feeds.assert_finds("idempotency key", "position 5")


STRAY = "2ST000000000000000000000001"


def test_a_document_that_is_missing_is_named(feeds):
    feeds.index_another(f"DELETE FROM meows WHERE id = '{feeds.ids[1]}'")
    feeds.assert_finds("2  ", feeds.ids[1], "lacks the meow")


def test_a_document_too_many_is_named(feeds):
    feeds.index_another(f"INSERT INTO meows VALUES ('{feeds.ids[3]}', 'four', 1)",
                        f"UPDATE meower_events SET meow_id = '{STRAY}' WHERE position = 5")
    feeds.assert_finds("4  ", feeds.ids[3], "the feed has not")


def test_a_document_of_no_meow_is_named(feeds):
    feeds.index_another(f"INSERT INTO meows VALUES ('{STRAY}', 'five', 1)",
                        f"UPDATE meower_events SET meow_id = '{STRAY}', kind = 1 WHERE position = 5")
    feeds.assert_finds("5  ", STRAY, "the feed has not")


@pytest.mark.parametrize("position", [4, 5])
def test_a_document_at_another_position_is_named(feeds, position):
    feeds.index_another(f"UPDATE meower_events SET meow_id = '{STRAY}' WHERE position = 2",
                        f"UPDATE meower_events SET meow_id = '{feeds.ids[1]}', kind = 1 WHERE position = {position}")
    feeds.assert_finds(f"{position}  ", feeds.ids[1], "position")


def test_an_index_beyond_the_head_is_noticed(feeds):
    with another_store(feeds.store):
        id = feeds.meowctl(*feeds.urls, "post", "five").stdout.strip()
        assert feeds.meowctl(*feeds.urls, "delete", id).returncode == 0
    feeds.assert_finds("7  ", "beyond the head at 5")


def test_an_index_that_is_behind_is_no_difference(feeds, tmp_path):
    shutil.copytree(feeds.index, tmp_path / "earlier")
    feeds.meowctl(*feeds.urls, "post", "five")
    shutil.rmtree(feeds.index)
    shutil.move(tmp_path / "earlier", feeds.index)
    assert feeds.check() == (0, ["0 differences: 4 meows, head 6, index of 3 meows at 5"])


def test_a_meow_without_a_word_is_in_the_index(feeds):
    feeds.meowctl(*feeds.urls, "post", "?!")
    assert feeds.check() == (0, ["0 differences: 4 meows, head 6, index of 4 meows at 6"])


def test_an_index_of_another_life_is_noticed(feeds, meowctl):
    assert meowctl("--store", f"sqlite:{feeds.store}", "new-epoch").returncode == 0
    feeds.assert_finds("another life")


def test_an_index_that_is_missing_is_noticed(feeds):
    shutil.rmtree(feeds.index)
    feeds.assert_finds("there is no search index", str(feeds.index))
    assert not feeds.index.exists()


def test_a_file_in_the_place_of_the_index_is_noticed(feeds):
    """Such as the one that the index was before it was a directory."""
    shutil.rmtree(feeds.index)
    feeds.index.write_bytes(b"SQLite format 3\0" + bytes(4080))
    feeds.assert_finds(str(feeds.index), "is a file")


def flip(path, offset):
    content = bytearray(path.read_bytes())
    content[offset] ^= 1
    path.write_bytes(content)


def test_each_byte_of_a_segment_counts(feeds):
    segment = feeds.segment()
    size = segment.stat().st_size
    for offset in {0, 8, 16, size // 2, size - 1, *range(24, size, 97)}:
        flip(segment, offset)
        feeds.assert_finds("damaged")
        flip(segment, offset)
    assert feeds.check()[0] == 0


def test_each_byte_of_the_manifest_counts(feeds):
    manifest = feeds.index / "manifest"
    for offset in range(0, manifest.stat().st_size, 5):
        flip(manifest, offset)
        feeds.assert_finds("damaged")
        flip(manifest, offset)
    assert feeds.check()[0] == 0


def cut_off(path):
    os.truncate(path, path.stat().st_size // 2)


def overwrite(path):
    path.write_bytes(os.urandom(path.stat().st_size))


@pytest.mark.parametrize("harm", [cut_off, overwrite, os.unlink, lambda path: os.truncate(path, 0)],
                         ids=["half", "random", "removed", "empty"])
def test_an_index_with_a_damaged_segment_is_one_difference_and_is_made_anew(feeds, meowctl, harm):
    harm(feeds.segment())
    feeds.assert_finds("damaged")
    assert feeds.ids[1] in meowctl(*feeds.urls, "search", "two").stdout
    assert feeds.check() == (0, ["0 differences: 3 meows, head 5, index of 3 meows at 5"])


@pytest.mark.parametrize("harm", [cut_off, overwrite], ids=["half", "random"])
def test_an_index_with_a_damaged_manifest_is_one_difference_and_is_made_anew(feeds, meowctl, harm):
    harm(feeds.index / "manifest")
    feeds.assert_finds("damaged")
    assert feeds.ids[1] in meowctl(*feeds.urls, "search", "two").stdout
    assert feeds.check() == (0, ["0 differences: 3 meows, head 5, index of 3 meows at 5"])


def test_a_damaged_store_is_noticed(feeds):
    feeds.damage("DROP INDEX meower_keys_expires_at",
                 "CREATE INDEX meower_keys_expires_at ON meower_keys(expires_at) WHERE expires_at > 5")
    with sqlite3.connect(feeds.store) as database:
        database.execute("PRAGMA writable_schema = ON")
        database.execute("INSERT INTO meower_keys VALUES ('key', 1, 1, 3)")
        database.execute("UPDATE sqlite_schema SET sql = 'CREATE INDEX meower_keys_expires_at ON "
                         "meower_keys(expires_at)' WHERE name = 'meower_keys_expires_at'")
    status, lines = feeds.check()
    assert status == 1 and any("meower_keys_expires_at" in line for line in lines), lines


def test_a_check_without_a_store_says_so_and_makes_none(meowctl, tmp_path):
    result = meowctl("--store", f"sqlite:{tmp_path}/typo.db", "check")
    assert result.returncode == 1 and "no store" in result.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_working_server_can_be_checked(meowctl, new_server):
    server = new_server()
    server.start()
    feed = Feed(server)
    ids = [feed.post(f"checked {number}").id for number in range(30)]
    for id in ids[::3]:
        assert feed.delete(id, server.token).status_code == 204
    wait_until_found(server, "checked", 20)
    place = ("--store", f"sqlite:{server.data_directory}/feed.db", "--search", f"index:{server.data_directory}/search")

    def check():
        result = meowctl(*place, "check")
        assert (result.returncode, result.stderr) == (0, ""), result
        return result.stdout

    assert check().startswith("0 differences: 20 meows, head 40, index of ")  # the newest are not in its files yet
    server.restart()
    assert check() == "0 differences: 20 meows, head 40, index of 20 meows at 40\n"
    assert feed.delete(ids[1], server.token).status_code == 204
    feed.post("checked once more")
    wait_until_found(server, "checked", 20)
    assert check().startswith("0 differences: 20 meows, head 42, index of ")
    server.stop()
    assert check() == "0 differences: 20 meows, head 42, index of 20 meows at 42\n"
