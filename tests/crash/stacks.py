"""What is killed: a server, or three of them and the engines they stand on."""

import os
import pathlib
import secrets
import signal
import socket
import sqlite3
import subprocess
import sys
import time

PROJECT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(PROJECT / "tests/http"))

from deployment import Daemon, engine_url, psql  # noqa: E402

READY_S = 90
TOKEN = "a-token-of-the-tests"


class Stack:
    """daemons    all processes of ours, by name
    command, query, pusher   the daemon that answers posts, lists and searches, and live clients
    engines    names of servers that may be killed as well"""

    engines = ()

    def start(self):
        """Starts what does not run. Returns when all of it is ready."""
        for daemon in self.daemons.values():
            if not daemon.is_alive():
                daemon.spawn()
        self.await_ready()

    def await_ready(self):
        deadline = time.monotonic() + READY_S
        for daemon in self.daemons.values():
            while daemon.readiness()[0] != 200:
                assert daemon.is_alive(), f"{daemon.program} ended by itself\n{daemon.log()[-4000:]}"
                assert time.monotonic() < deadline, f"{daemon.program} is not ready\n{daemon.log()[-4000:]}"
                time.sleep(0.004)

    def kill(self, name):
        """kill -9. "all" are all processes of ours."""
        for daemon in self.daemons.values() if name == "all" else [self.daemons[name]]:
            if daemon.is_alive():
                daemon.kill()

    def stop(self):
        """SIGTERM; each must end with status 0."""
        for daemon in self.daemons.values():
            if daemon.is_alive():
                status = daemon.stop()
                assert status == 0, f"{daemon.program} ended with {status}\n{daemon.log()[-4000:]}"

    def check_files(self):
        pass

    def close(self):
        for daemon in self.daemons.values():
            if daemon.is_alive():
                daemon.kill()


class SQLite(Stack):
    """meowerd with everything in one process and two files."""

    name = "sqlite"

    def __init__(self, programs, directory):
        self.data = os.path.join(directory, "data")
        os.makedirs(os.path.join(directory, "meowerd"))
        daemon = Daemon(programs / "meowerd", os.path.join(directory, "meowerd"),
                        {"data": self.data, "token": TOKEN, "web": None})
        self.daemons = {"meowerd": daemon}
        self.command = self.query = self.pusher = daemon

    def victim(self, chance):
        return "meowerd"

    def check_files(self):
        for path in pathlib.Path(self.data).glob("*.db"):
            with sqlite3.connect(path) as database:
                answer = database.execute("PRAGMA integrity_check").fetchall()
                assert answer == [("ok",)], f"{path}: {answer[:5]}"


class Distributed(Stack):
    """meower-commandd, meower-queryd and meower-pusherd on PostgreSQL and a bus. Engines die too, now and then."""

    def __init__(self, programs, directory, bus, search="index"):
        self.name = f"postgresql-{bus}" + ("" if search == "index" else f"-{search}")
        self.engines = ("postgresql", bus) + ((search,) if search != "index" else ())
        unique = "meower_crash_" + secrets.token_hex(6)
        psql(f"CREATE DATABASE {unique}")
        self.database = unique
        store = engine_url("postgresql").rpartition("/")[0] + "/" + unique
        self.daemons = {}
        for part in ("commandd", "queryd", "pusherd"):
            folder = os.path.join(directory, part)
            os.makedirs(folder)
            settings = {"store": store, "bus": engine_url(bus), "wait-max-ms": "3000"}
            if bus == "kafka":
                settings["bus"] += f"/{unique}"
            if part == "commandd":
                settings["token"] = TOKEN
            if part == "queryd":
                settings["search"] = f"index:{folder}/search" if search == "index" else \
                    f"{engine_url('elasticsearch')}/{unique}"
            self.daemons[part] = Daemon(programs / f"meower-{part}", folder, settings)
        self.command, self.query, self.pusher = self.daemons.values()

    def victim(self, chance):
        """Most often one of ours, sometimes all of them or an engine."""
        draw = chance.random()
        if draw < 0.25:
            return "all"
        if draw < 0.9 or not self.engines:
            return chance.choice(list(self.daemons))
        return chance.choice(self.engines)

    def kill(self, name):
        if name in self.engines:
            kill_engine(name)
        else:
            super().kill(name)

    def start(self):
        for name in self.engines:
            start_engine(name)
        super().start()

    def close(self):
        super().close()
        for name in self.engines:
            start_engine(name)
        psql(f"DROP DATABASE {self.database} WITH (FORCE)")


ENGINE_SCRIPTS = {"elasticsearch": "search-engine"}


def engine_folder(name):
    folder = os.environ.get("MEOWER_TEST_SERVERS")
    assert folder, "MEOWER_TEST_SERVERS is not set: scripts/test.sh (step crash) starts the engines"
    return os.path.join(folder, ENGINE_SCRIPTS.get(name, name))


def engine_pid(name):
    """The process of the pid file, if it lives and is no zombie."""
    script = ENGINE_SCRIPTS.get(name, name)
    try:
        pid = int(pathlib.Path(engine_folder(name), f"{script}.pid").read_text())
        state = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
        return None if state == "Z" else pid
    except (OSError, ValueError):
        return None


def engine_port(name):
    return int(engine_url(name).rpartition(":")[2].partition("/")[0])


def is_served(port):
    """Some threads of a killed process outlive the first, and keep its port."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def kill_engine(name):
    """Returns when it is gone and its port is free."""
    pid = engine_pid(name)
    if pid is None:
        return
    os.kill(pid, signal.SIGKILL)
    deadline = time.monotonic() + READY_S
    while engine_pid(name) == pid or is_served(engine_port(name)):
        assert time.monotonic() < deadline, f"{name} does not die"
        time.sleep(0.01)


def start_engine(name):
    """Does nothing when it runs."""
    if engine_pid(name) is not None:
        return
    script = ENGINE_SCRIPTS.get(name, name)
    subprocess.run([PROJECT / "tests/servers" / script, "start", engine_folder(name)], check=True, timeout=180,
                   env={**os.environ, "PORT": str(engine_port(name))}, stdin=subprocess.DEVNULL)


def make(name, programs, directory):
    if name == "sqlite":
        return SQLite(programs, directory)
    parts = name.split("-")
    assert parts[0] == "postgresql" and parts[1] in ("nats", "kafka"), f"there is no stack {name}"
    return Distributed(programs, directory, *parts[1:])


NAMES = ("sqlite", "postgresql-nats", "postgresql-kafka", "postgresql-nats-elasticsearch",
         "postgresql-kafka-elasticsearch")
