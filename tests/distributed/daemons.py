"""The three daemons as processes of a test, and what their admin listeners say."""

import os
import time
import urllib.request

import deployment


class Daemon(deployment.Daemon):
    """One process. Its settings are those of the command line, with underscores; None leaves one out."""

    def __init__(self, bin_folder, name, directory, **settings):
        super().__init__(os.path.join(bin_folder, name), directory, settings)
        self.name = name
        self.place = f"{name} on port {self.port}"  # for people
        self.log_path = os.path.join(self.directory, f"{name}-{self.port}.log")

    def wait_until_part_is_ready(self, part, seconds=deployment.START_S):
        deadline = time.monotonic() + seconds
        while part not in (parts := self.readiness()[1]) or parts[part]["reason"]:
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


class Cluster:
    """Two or more meower-commandd, two meower-queryd and a meower-pusherd on one store."""

    def __init__(self, make, store, bus, search, command_count=2, **settings):
        shared = {"store": store, "bus": bus, **settings}
        self.commands = [make("meower-commandd", **shared) for _ in range(command_count)]
        self.queries = [make("meower-queryd", search=search, **shared) for _ in range(2)]
        self.pusher = make("meower-pusherd", **shared)
        self.daemons = [*self.commands, *self.queries, self.pusher]

    def start(self):
        for daemon in self.daemons:
            daemon.spawn()
        for daemon in self.daemons:
            daemon.wait_until_ready()
        return self
