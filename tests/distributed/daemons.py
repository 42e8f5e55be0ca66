"""The three daemons as processes of a test, and what their admin listeners say."""

import json
import os
import re
import signal
import subprocess
import time
import urllib.error
import urllib.request

from deployment import clean_environment, flag, free_port

START_S = 60
STOP_S = 10  # "SIGTERM: ... exit 0 within 10 s"

_SANITIZER_REPORT = re.compile(r"(Address|Leak|Thread|Memory|UndefinedBehavior)Sanitizer|runtime error:")


class Daemon:
    """One process. Its settings are those of the command line, with underscores; None leaves one out."""

    def __init__(self, bin_folder, name, directory, **settings):
        self.name = name
        self.program = os.path.join(bin_folder, name)
        self.directory = str(directory)
        self.port, self.admin_port = free_port(), free_port()
        self.place = f"{name} on port {self.port}"  # for people
        self.base_url = f"http://127.0.0.1:{self.port}"
        self.ws_url = f"ws://127.0.0.1:{self.port}"
        self.admin_url = f"http://127.0.0.1:{self.admin_port}"
        self.log_path = os.path.join(self.directory, f"{name}-{self.port}.log")
        self.settings = {"listen": f"127.0.0.1:{self.port}", "admin": f"127.0.0.1:{self.admin_port}", **settings}
        self.process = None

    def command(self, *arguments):
        return [self.program, *(flag(name, value) for name, value in self.settings.items() if value is not None),
                *arguments]

    def spawn(self):
        """Starts it without waiting for anything."""
        with open(self.log_path, "ab") as log:
            self.process = subprocess.Popen(self.command(), stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                            cwd=self.directory, env=clean_environment())

    def start(self):
        self.spawn()
        self.wait_until_ready()

    def readiness(self):
        """Status and parts of /readyz; (0, {}) while nobody answers."""
        try:
            with urllib.request.urlopen(self.admin_url + "/readyz", timeout=5) as response:
                return response.status, parts_of(response.read())
        except urllib.error.HTTPError as error:
            return error.code, parts_of(error.read())
        except (urllib.error.URLError, OSError):
            return 0, {}

    def reasons(self):
        """Why it is not ready, in one text; "" when it is."""
        status, parts = self.readiness()
        assert status in (0, 200, 503)
        return "; ".join(f"{name}: {reason}" for name, reason in parts.items() if reason)

    def wait_until_ready(self, seconds=START_S):
        deadline = time.monotonic() + seconds
        while self.readiness()[0] != 200:
            status = self.process.poll()
            assert status is None, f"{self.name} ended with {status}\n{self.log()[-3000:]}"
            assert time.monotonic() < deadline, f"{self.name} is not ready: {self.reasons()}\n{self.log()[-3000:]}"
            time.sleep(0.05)

    def wait_until_part_is_ready(self, part, seconds=START_S):
        deadline = time.monotonic() + seconds
        while self.readiness()[1].get(part) != "":
            assert time.monotonic() < deadline, f"{self.name} is not ready: {self.reasons()}\n{self.log()[-3000:]}"
            time.sleep(0.05)

    def wait_until_not_ready(self, words, seconds=30):
        """Until /readyz gives a reason with all these words; returns it."""
        deadline = time.monotonic() + seconds
        while True:
            reasons = self.reasons()
            if reasons and all(word in reasons for word in words):
                return reasons
            assert self.process.poll() is None, f"{self.name} ended\n{self.log()[-3000:]}"
            assert time.monotonic() < deadline, f"{self.name} says {reasons!r}, not {words}\n{self.log()[-3000:]}"
            time.sleep(0.05)

    def metric(self, name):
        with urllib.request.urlopen(self.admin_url + "/metrics", timeout=5) as response:
            for line in response.read().decode().splitlines():
                if line.startswith(f"meower_{name} "):
                    return float(line.split()[1])
        raise AssertionError(f"{self.name} has no metric {name}")

    def wait(self, seconds):
        """The exit status."""
        try:
            return self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.kill()
            raise AssertionError(f"{self.name} still runs after {seconds} s\n{self.log()[-6000:]}") from None

    def stop(self):
        """SIGTERM; returns the exit status."""
        self.process.send_signal(signal.SIGTERM)
        return self.wait(STOP_S + 5)

    def kill(self):
        self.process.kill()
        self.process.wait()

    def is_alive(self):
        return self.process is not None and self.process.poll() is None

    def log(self):
        try:
            with open(self.log_path, encoding="utf-8", errors="replace") as log:
                return log.read()
        except FileNotFoundError:
            return ""

    def assert_ended_well(self):
        assert self.is_alive(), f"{self.name} died during the test\n{self.log()[-6000:]}"
        status = self.stop()
        assert not _SANITIZER_REPORT.search(self.log()), f"a sanitizer reported\n{self.log()[-12000:]}"
        assert status == 0, f"{self.name}: exit status {status} at SIGTERM\n{self.log()[-6000:]}"


def parts_of(page):
    """The reason of each part; empty for those that are ready."""
    return {part["part"]: part["reason"] for part in json.loads(page)["parts"]}


class Cluster:
    """Two meower-commandd, two meower-queryd and a meower-pusherd on one store."""

    def __init__(self, make, store, bus, search, **settings):
        shared = {"store": store, "bus": bus, **settings}
        self.commands = [make("meower-commandd", **shared) for _ in range(2)]
        self.queries = [make("meower-queryd", search=search, **shared) for _ in range(2)]
        self.pusher = make("meower-pusherd", **shared)
        self.daemons = [*self.commands, *self.queries, self.pusher]

    def start(self):
        for daemon in self.daemons:
            daemon.spawn()
        for daemon in self.daemons:
            daemon.wait_until_ready()
        return self
