"""Every code block of the documentation does what it is there for: it is run against an installed build, page by page, in
an empty folder (blocks.py says how a page is read).

    INSTALLED=build/installed /usr/bin/python3 -m pytest tests/docs
"""

import contextlib
import os
import pathlib
import re
import signal
import socket
import subprocess
import time
import urllib.request

import pytest

import blocks

PROJECT = pathlib.Path(__file__).resolve().parents[2]
INSTALLED = pathlib.Path(os.environ.get("INSTALLED", PROJECT / "build/installed")).resolve()
TRACKED = subprocess.run(["git", "ls-files", "--cached", "--others", "--exclude-standard", "*.md"], cwd=PROJECT,
                         capture_output=True, text=True, check=True).stdout.split()
PAGES = {name: blocks.read((PROJECT / name).read_text()) for name in sorted(TRACKED) if (PROJECT / name).exists()}
TIMEOUT_S = 120

# The address that pages give an engine, and the variable with the URL of the one that the tests use.
ENGINES = {
    "postgresql": ("postgresql://meower@db/meower", "MEOWER_TEST_POSTGRESQL"),
    "nats": ("nats://nats:4222", "MEOWER_TEST_NATS"),
    "kafka": ("kafka://kafka:9092/meow.events", "MEOWER_TEST_KAFKA"),
    "elasticsearch": ("elasticsearch:http://search:9200", "MEOWER_TEST_ELASTICSEARCH"),
}


# A command that ends by Ctrl-C gets five seconds.
PRELUDE = """meowctl() {
    case " $* " in
    *" tail "*) timeout --foreground 5 meowctl "$@" || [ $? -eq 124 ] ;;
    *) command meowctl "$@" ;;
    esac
}
"""


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Session:
    """The folder, the ports and the processes of one page."""

    def __init__(self, folder, addresses):
        self.folder = folder
        self.addresses = {"127.0.0.1:8080": f"127.0.0.1:{free_port()}", "127.0.0.1:9180": f"127.0.0.1:{free_port()}",
                          **addresses}
        self.groups = []
        self.environment = {
            **os.environ,
            "PATH": f"{INSTALLED}/bin:{os.environ['PATH']}",
            "PKG_CONFIG_PATH": f"{INSTALLED}/lib/pkgconfig",
            "CMAKE_PREFIX_PATH": str(INSTALLED),
            "LD_LIBRARY_PATH": f"{INSTALLED}/lib",
            "MEOWER_LIBRARY": f"{INSTALLED}/lib/libmeower.so.1",
            "PYTHONPATH": str(PROJECT / "bindings/python/src"),
            "MEOWER_URL": f"http://{self.addresses['127.0.0.1:8080']}",
            "MEOWER_ADMIN_URL": f"http://{self.addresses['127.0.0.1:9180']}",
        }
        for name in ("examples", "deploy", "docs", "include", "bench", "web", "bindings"):  # as in a checkout
            if (PROJECT / name).exists():
                (folder / name).symlink_to(PROJECT / name)

    def translate(self, text):
        for shown, used in self.addresses.items():
            text = text.replace(shown, used)
        return text

    def run(self, command, where):
        """Runs it to its end. Programs that it started and did not end run on until the end of the page."""
        log = self.folder / ".log"
        with log.open("w") as output:
            process = subprocess.Popen(command, cwd=self.folder, env=self.environment, stdin=subprocess.DEVNULL,
                                       stdout=output, stderr=output, start_new_session=True)
            self.groups.append(process.pid)
            try:
                status = process.wait(TIMEOUT_S)
            except subprocess.TimeoutExpired:
                status = "none: it does not end"
        assert status == 0, f"{where}: status {status}\n{log.read_text()}"

    def run_sh(self, code, where):
        self.run(["bash", "-euo", "pipefail", "-c", PRELUDE + self.translate(code)], where)

    def run_console(self, code, where):
        """Runs the commands, which stand after "$ ", one after another."""
        commands = re.findall(r"^\$ (.*)$", code, re.M)
        assert commands, f"{where}: no line begins with $"
        self.run_sh("\n".join(commands), where)

    def run_c(self, code, where):
        source = self.folder / "block.c"
        if "int main(" in code:
            source.write_text(self.translate(code))
        else:
            (self.folder / "block.inc").write_text(self.translate(code))
            source.write_text((PROJECT / "tests/docs/fragment.c").read_text())
        self.run_sh("gcc -std=c11 -Wall -Wextra -Wno-unused -Werror block.c -o block $(pkg-config --cflags --libs meower)"
                    " && ./block", where)

    def run_python(self, code, where):
        (self.folder / "block.py").write_text(self.translate(code))
        self.run(["/usr/bin/python3", "-W", "error", "block.py"], where)

    def start_server(self):
        self.run_sh("meowerd --listen 127.0.0.1:8080 --admin 127.0.0.1:9180 --data ./meower-data --token secret "
                    ">server.log 2>&1 &", "the page's server")
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            try:
                return urllib.request.urlopen(f"{self.environment['MEOWER_ADMIN_URL']}/readyz", timeout=1)
            except OSError:
                time.sleep(0.05)
        raise AssertionError((self.folder / "server.log").read_text())

    def end(self):
        for group in self.groups:
            try:
                os.killpg(group, signal.SIGKILL)
            except ProcessLookupError:
                pass


@contextlib.contextmanager
def new_database(server):
    """The URL of a database that is there as long as the page needs it."""
    name = f"meower_docs_{os.getpid()}_{time.monotonic_ns()}"
    sql = ["psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", server, "-c"]
    subprocess.run([*sql, f"CREATE DATABASE {name}"], check=True)
    try:
        yield f"{server}{'&' if '?' in server else '?'}dbname={name}"
    finally:
        subprocess.run([*sql, f"DROP DATABASE {name} WITH (FORCE)"], check=True)


def addresses_of(page, until_the_end):
    """What stands for the engines that a page needs, or None when one is missing."""
    used = {}
    for engine in page.needs:
        shown, variable = ENGINES[engine]
        url = os.environ.get(variable)
        if not url:
            return None
        if engine == "postgresql":
            url = until_the_end.enter_context(new_database(url))
        elif engine in ("kafka", "elasticsearch"):
            url += f"/docs-{time.monotonic_ns()}"
        used[shown] = url
    return used


@pytest.mark.parametrize("name", [name for name, page in PAGES.items() if page.blocks])
def test_every_block_of_a_page_runs(name, tmp_path):
    page = PAGES[name]
    with contextlib.ExitStack() as until_the_end:
        addresses = addresses_of(page, until_the_end)
        if addresses is None:
            if os.environ.get("CI"):
                pytest.fail(f"no server for {page.needs}, and CI is set")
            pytest.skip(f"no server for {page.needs}; ./dev test docs starts them")
        session = Session(tmp_path, addresses)
        until_the_end.callback(session.end)
        if page.has_server:
            session.start_server()
        for block in page.blocks:
            getattr(session, f"run_{block.language}")(block.code, f"{name}:{block.line}")


@pytest.mark.parametrize("name", [name for name, page in PAGES.items() if page.not_run])
def test_what_is_not_run_has_a_reason(name):
    for line, reason in PAGES[name].not_run:
        assert len(reason) > 10, f"{name}:{line}"
