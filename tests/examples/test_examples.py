"""The examples do what their first lines say: each is run as a user would run it.

    EXAMPLES=build/dev/examples /usr/bin/python3 -m pytest tests/examples
"""

import os
import pathlib
import pty
import re
import signal
import subprocess
import time

import pytest

PROJECT = pathlib.Path(__file__).resolve().parents[2]
SOURCES = PROJECT / "examples"
EXAMPLES = pathlib.Path(os.environ.get("EXAMPLES", PROJECT / "build/dev/examples")).resolve()
PROGRAMS = re.findall(r"^meower_example\((\w+)", (SOURCES / "CMakeLists.txt").read_text(), re.M)
PATIENCE_S = 30


def run(folder, program, *arguments, text="", status=0):
    """What the program prints, run in `folder` with `text` as its standard input."""
    done = subprocess.run([EXAMPLES / program, *arguments], input=text, cwd=folder, capture_output=True, text=True,
                          timeout=120)
    assert done.returncode == status, done.stdout + done.stderr
    return done.stdout


class Session:
    """A program that runs while the test speaks with it."""

    def __init__(self, folder, *command, terminal=False):
        self.output = b""
        self.keyboard = None
        streams = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
        if terminal:
            self.keyboard, slave = pty.openpty()
            streams = {"stdin": slave, "stdout": slave, "stderr": slave}
        self.process = subprocess.Popen([EXAMPLES / command[0], *command[1:]], cwd=folder, **streams)
        if terminal:
            os.close(slave)
        self.reader = self.keyboard if terminal else self.process.stdout.fileno()
        os.set_blocking(self.reader, False)

    def type(self, line):
        if self.keyboard is not None:
            os.write(self.keyboard, line.encode() + b"\n")
        else:
            self.process.stdin.write(line.encode() + b"\n")
            self.process.stdin.flush()

    def wait_for(self, text):
        deadline = time.monotonic() + PATIENCE_S
        while text.encode() not in self.output:
            assert time.monotonic() < deadline, self.output.decode()
            assert self.process.poll() is None, self.output.decode()
            self.read()
            time.sleep(0.01)

    def read(self):
        try:
            self.output += os.read(self.reader, 65536)
        except (BlockingIOError, OSError):
            pass

    def end(self, number=None):
        """Ends it by a signal, or by the end of its input. Returns its status."""
        if number is not None:
            self.process.send_signal(number)
        elif self.keyboard is not None:
            os.write(self.keyboard, b"\x04")
        else:
            self.process.stdin.close()
        try:
            return self.process.wait(PATIENCE_S)
        finally:
            self.process.kill()


@pytest.mark.parametrize("program", PROGRAMS)
def test_each_was_built(program):
    assert os.access(EXAMPLES / program, os.X_OK)


@pytest.mark.parametrize("source", sorted(SOURCES.glob("*.[ch]")), ids=lambda path: path.name)
def test_each_opens_with_what_it_shows(source):
    first = source.read_text().split("*/")[0]
    assert first.startswith(f"/* {source.name} - ")
    if source.stem in PROGRAMS:
        assert f"\n *     {source.stem} " in first, "how it is called"


def test_each_is_in_the_list():
    listed = (SOURCES / "README.md").read_text()
    for source in SOURCES.glob("*.c"):
        assert f"[{source.name}]({source.name})" in listed


def test_one_process_has_sixty_lines():
    assert len((SOURCES / "one_process.c").read_text().splitlines()) <= 60


def test_one_process_posts_lists_searches_and_follows(tmp_path):
    assert run(tmp_path, "one_process").splitlines() == [
        "Newest first:",
        "    The cat left",
        "    A dog barked",
        "    The cat sat on the keyboard",
        "Best first, typos forgiven:",
        "    The cat sat on the keyboard",
        "    The cat left",
        "As it happened:",
        "    1: The cat sat on the keyboard",
        "    2: A dog barked",
        "    3: The cat left",
    ]


def test_one_process_says_what_is_wrong(tmp_path):
    done = subprocess.run([EXAMPLES / "one_process", "nosuch:"], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 1
    assert "unknown store" in done.stderr


def test_a_poll_loop_posts_asks_and_follows_at_once(tmp_path):
    assert run(tmp_path, "poll_loop", "2000", "sqlite:feed.db") == "2000 posted, 2000 events, 20 found\n"


def test_a_tail_prints_what_is_typed(tmp_path):
    lines = run(tmp_path, "tail_libevent", "sqlite:feed.db", text="one\ntwo\n").splitlines()
    assert [line.split()[1] for line in lines] == ["one", "two"]


def test_a_tail_goes_on_after_its_cursor(tmp_path):
    cursor = run(tmp_path, "tail_libevent", "sqlite:feed.db", text="one\ntwo\n").split()[0]
    run(tmp_path, "tail_libevent", "sqlite:feed.db", text="three\n")
    lines = run(tmp_path, "tail_libevent", "sqlite:feed.db", cursor, text="four\n").splitlines()
    assert [line.split()[1] for line in lines] == ["two", "three", "four"]


def test_a_tail_says_that_a_cursor_is_of_another_feed(tmp_path):
    cursor = run(tmp_path, "tail_libevent", "sqlite:one.db", text="one\n").split()[0]
    assert "another feed" in run(tmp_path, "tail_libevent", "sqlite:two.db", cursor, text="x\n")


def test_a_tail_ends_by_ctrl_c(tmp_path):
    tail = Session(tmp_path, "tail_libevent", "sqlite:feed.db")
    tail.type("one")
    tail.wait_for("one")
    assert tail.end(signal.SIGINT) == 0


def test_a_load_stores_each_line_once(tmp_path):
    lines = "".join(f"line {number}\n" for number in range(1, 10001))
    half = "".join(lines.splitlines(True)[:4000])
    assert run(tmp_path, "load_libuv", "a", "sqlite:feed.db", text=half).startswith("4000 stored, 0 stored before")
    assert run(tmp_path, "load_libuv", "a", "sqlite:feed.db", text=lines).startswith("6000 stored, 4000 stored before")


def test_a_load_pauses_when_the_queue_is_full(tmp_path):
    lines = "".join(f"line {number}\n" for number in range(1, 20001))
    report = run(tmp_path, "load_libuv", "a", "sqlite:feed.db", text=lines)
    assert int(re.search(r"paused (\d+) times", report).group(1)) > 0


def test_a_load_refuses_what_is_no_meow_and_goes_on(tmp_path):
    report = run(tmp_path, "load_libuv", "a", "sqlite:feed.db", text="one\n\ntwo", status=1)
    assert report.startswith("2 stored, 0 stored before, 1 refused")


def test_a_custom_store_keeps_its_meows(tmp_path):
    run(tmp_path, "custom_store", "feed.mdb", "first")
    run(tmp_path, "custom_store", "feed.mdb", "second")
    lines = run(tmp_path, "custom_store", "feed.mdb").splitlines()
    assert [line.split()[1] for line in lines] == ["second", "first"]


def test_two_chats_talk_through_a_file(tmp_path):
    ann = Session(tmp_path, "chat", "ann")
    ann.type("hello")
    ann.wait_for("ann: hello")
    bob = Session(tmp_path, "chat", "bob")
    bob.wait_for("ann: hello")  # the history
    bob.type("hi ann")
    ann.wait_for("bob: hi ann")
    bob.type("/search hello")
    bob.wait_for("(1 found)")
    assert ann.end() == 0
    assert bob.end() == 0


def test_a_chat_goes_on_after_the_others_left(tmp_path):
    ann = Session(tmp_path, "chat", "ann")
    bob = Session(tmp_path, "chat", "bob")
    ann.type("bye")
    bob.wait_for("ann: bye")
    ann.type("/quit")
    assert ann.process.wait(PATIENCE_S) == 0
    bob.type("anybody?")
    bob.wait_for("bob: anybody?")
    assert bob.end() == 0


def test_a_chat_on_a_terminal_replaces_the_typed_line(tmp_path):
    ann = Session(tmp_path, "chat", "ann", terminal=True)
    ann.type("hello")
    ann.wait_for("\x1b[1A\x1b[2Kann: hello")
    assert ann.end() == 0


def test_a_chat_says_what_it_cannot_say(tmp_path):
    ann = Session(tmp_path, "chat", "ann")
    ann.type("x" * 200)
    ann.wait_for("(")
    ann.type("beep \a")
    ann.wait_for("control character")
    ann.type("/help")
    ann.wait_for("/quit")
    assert ann.end() == 0


@pytest.fixture(name="database")
def database_fixture():
    """The URL of a new database of the PostgreSQL that the tests use."""
    server = os.environ.get("MEOWER_TEST_POSTGRESQL")
    name = f"meower_examples_{os.getpid()}_{time.monotonic_ns()}"
    sql = ["psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", server or "", "-c"]
    if server is None or subprocess.run([*sql, f"CREATE DATABASE {name} TEMPLATE template0"], check=False).returncode:
        if os.environ.get("CI"):
            pytest.fail("there is no PostgreSQL, and CI is set")
        pytest.skip("MEOWER_TEST_POSTGRESQL names no server")
    yield f"{server}{'&' if '?' in server else '?'}dbname={name}"
    subprocess.run([*sql, f"DROP DATABASE {name} WITH (FORCE)"], check=False)


def test_a_tail_follows_what_another_process_posts(tmp_path, database):
    tail = Session(tmp_path, "tail_libevent", database)
    tail.type("ready")
    tail.wait_for("ready")
    run(tmp_path, "load_libuv", "a", database, text="from elsewhere\n")
    tail.wait_for("from elsewhere")
    assert tail.end(signal.SIGINT) == 0


def test_two_chats_talk_through_postgresql(tmp_path, database):
    ann = Session(tmp_path, "chat", "ann", database, database)
    bob = Session(tmp_path, "chat", "bob", database, database)
    ann.type("hello")
    bob.wait_for("ann: hello")
    bob.type("hi")
    ann.wait_for("bob: hi")
    assert ann.end() == 0
    assert bob.end() == 0
