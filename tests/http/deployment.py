"""The deployments the suite can run against. Tests know them only by the members of Deployment.

To run the suite against another one, write a class with the same members and enter it in DEPLOYMENTS.
"""

import os
import random
import re
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request

START_S = 60
STOP_S = 10  # "SIGTERM: ... exit 0 within 10 s"

_SANITIZER_REPORT = re.compile(r"(Address|Leak|Thread|Memory|UndefinedBehavior)Sanitizer|runtime error:")
_OURS = ("MEOWER_", "POSTGRES_", "NATS_", "ELASTICSEARCH_")


def free_port():
    """A port below those that the kernel gives to clients (from 32768 on): none of the suite's many connections can
    take it while a server is being restarted."""
    while True:
        port = random.randrange(10_000, 32_768)
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
                return port
            except OSError:
                continue


def is_ready(admin_url):
    try:
        with urllib.request.urlopen(admin_url + "/readyz", timeout=5) as response:
            return response.status == 200
    except (urllib.error.URLError, OSError):
        return False


class Deployment:
    """What tests may use of a deployment.

    name        as in DEPLOYMENTS
    is_direct   the server itself is at the other end of the socket, not a proxy
    base_url    of the public HTTP routes, without a slash at the end
    ws_url      the same with ws:
    admin_url   of the admin listener (of any one daemon)
    token       one that may delete
    generation  a number that changes with every start
    sessions    idle connections of clients (requests.Session), which stop() closes first: a server that ends waits a
                moment for its clients to hang up, and the suite has no time for that at every stop
    """

    name = None
    is_direct = True

    def start(self):
        """Starts it and returns when it is ready."""
        raise NotImplementedError

    def stop(self):
        """SIGTERM to every process; returns the worst exit status."""
        raise NotImplementedError

    def kill(self):
        """kill -9 to every process of ours."""
        raise NotImplementedError

    def restart(self):
        status = self.stop()
        assert status == 0, f"exit status {status} at SIGTERM\n{self.log()[-3000:]}"
        self.start()

    def is_alive(self):
        raise NotImplementedError

    def log(self):
        """All that was logged so far, as text."""
        raise NotImplementedError

    def publish_raw(self, payload):
        """Puts bytes on the bus as a foreign producer would. False when the deployment's bus cannot be reached."""
        return False

    def assert_is_sound(self):
        """Ends it and checks that it had lived until then, ended as it should and had no fault to report."""
        assert self.is_alive(), f"the server died during the tests\n{self.log()[-6000:]}"
        status = self.stop()
        log = self.log()
        assert not _SANITIZER_REPORT.search(log), f"a sanitizer reported\n{log[-12000:]}"
        assert status == 0, f"exit status {status} at SIGTERM\n{log[-6000:]}"


class Embedded(Deployment):
    """meowerd with everything in one process, on free ports, with a data directory of its own."""

    name = "embedded"
    token = "a-token-of-the-tests"

    def __init__(self, program, directory, settings=None, environment=None, arguments=(), user=None):
        self.program = str(program)
        self.directory = str(directory)
        self.data_directory = os.path.join(self.directory, "data")
        self.log_path = os.path.join(self.directory, "log")
        self.port, self.admin_port = free_port(), free_port()
        self.base_url = f"http://127.0.0.1:{self.port}"
        self.ws_url = f"ws://127.0.0.1:{self.port}"
        self.admin_url = f"http://127.0.0.1:{self.admin_port}"
        self.settings = {
            "listen": f"127.0.0.1:{self.port}",
            "admin": f"127.0.0.1:{self.admin_port}",
            "data": self.data_directory,
            "token": self.token,
            **(settings or {}),
        }
        self.environment = environment or {}
        self.arguments = list(arguments)
        self.user = user
        self.process = None
        self.generation = 0
        self.sessions = []

    def command(self):
        """Settings that are None are left at their default."""
        return [self.program, *(flag(name, value) for name, value in self.settings.items() if value is not None),
                *self.arguments]

    def spawn(self):
        """Starts the process without waiting for anything."""
        with open(self.log_path, "ab") as log:
            self.process = subprocess.Popen(self.command(), stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                            cwd=self.directory, env=clean_environment(self.environment),
                                            user=self.user)
        self.generation += 1

    def start(self):
        self.spawn()
        deadline = time.monotonic() + START_S
        while not is_ready(self.admin_url):
            status = self.process.poll()
            assert status is None, f"{' '.join(self.command())}\nended with {status} instead of serving\n{self.log()}"
            assert time.monotonic() < deadline, f"not ready after {START_S} s\n{self.log()[-6000:]}"
            time.sleep(0.02)

    def wait(self, seconds=STOP_S + 5):
        """The exit status; a server that does not end fails the test."""
        try:
            return self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise AssertionError(f"still running after {seconds} s\n{self.log()[-6000:]}") from None

    def terminate(self):
        """SIGTERM, whatever clients are doing; wait() follows."""
        self.process.send_signal(signal.SIGTERM)

    def stop(self):
        while self.sessions:
            self.sessions.pop().close()
        self.terminate()
        return self.wait()

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


DEPLOYMENTS = {Embedded.name: Embedded}


def flag(name, value):
    return f"--{name.replace('_', '-')}={value}"


def clean_environment(extra=()):
    """This process's environment without anything that configures the server, plus `extra`."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(_OURS)}
    return {**kept, **dict(extra)}


def run_program(program, *arguments, environment=(), directory=None, timeout_s=30):
    """Runs the program to its end. Returns subprocess.CompletedProcess with text."""
    return subprocess.run([str(program), *map(str, arguments)], env=clean_environment(environment), cwd=directory,
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                          errors="replace", timeout=timeout_s)
