"""The deployments the suite can run against. Tests know them only by the members of Deployment.

To run the suite against another one, write a class with the same members and enter it in DEPLOYMENTS.
"""

import contextlib
import http.client
import json
import os
import pathlib
import random
import re
import secrets
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.parse
import urllib.request

PROJECT = pathlib.Path(__file__).resolve().parents[2]
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

    def stop_daemons(self):
        """As stop(), but what stands before the daemons goes on; start() follows."""
        return self.stop()

    def kill(self):
        """kill -9 to every process of ours."""
        raise NotImplementedError

    def close(self):
        """Forgets what it stored beyond its directory. Comes last; it may never have been started."""

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


class Daemon(Deployment):
    """One process on free ports. Settings that are None are left at their default."""

    service_threads = None  # of every daemon, unless its settings say so; None: the default

    def __init__(self, program, directory, settings=None, environment=None, arguments=(), user=None):
        self.program = str(program)
        self.directory = str(directory)
        self.log_path = os.path.join(self.directory, "log")
        self.port, self.admin_port = free_port(), free_port()
        self.address = f"127.0.0.1:{self.port}"
        self.base_url = f"http://{self.address}"
        self.ws_url = f"ws://{self.address}"
        self.admin_url = f"http://127.0.0.1:{self.admin_port}"
        self.settings = {
            "listen": self.address,
            "admin": f"127.0.0.1:{self.admin_port}",
            **({} if self.service_threads is None else {"service_threads": self.service_threads}),
            **(settings or {}),
        }
        self.environment = environment or {}
        self.arguments = list(arguments)
        self.user = user
        self.process = None
        self.generation = 0
        self.sessions = []

    def command(self, *arguments):
        return [self.program, *(flag(name, value) for name, value in self.settings.items() if value is not None),
                *self.arguments, *arguments]

    def spawn(self):
        """Starts the process without waiting for anything."""
        with open(self.log_path, "ab") as log:
            self.process = subprocess.Popen(self.command(), stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                            cwd=self.directory, env=clean_environment(self.environment),
                                            user=self.user)
        self.generation += 1

    def start(self):
        self.spawn()
        self.wait_until_ready()

    def readiness(self):
        """Status and parts of /readyz, these by their names; (0, {}) while nobody answers."""
        try:
            with urllib.request.urlopen(self.admin_url + "/readyz", timeout=5) as response:
                status, page = response.status, response.read()
        except urllib.error.HTTPError as refusal:
            status, page = refusal.code, refusal.read()
        except (OSError, http.client.HTTPException):
            return 0, {}
        return status, {part["part"]: part for part in json.loads(page)["parts"]}

    def reasons(self):
        """Why it is not ready, in one text; "" when it is, or does not answer."""
        status, parts = self.readiness()
        assert status in (0, 200, 503)
        return "; ".join(f"{name}: {part['reason']}" for name, part in parts.items() if part["reason"])

    def wait_until_ready(self, seconds=START_S):
        deadline = time.monotonic() + seconds
        while self.readiness()[0] != 200:
            status = self.process.poll()
            assert status is None, f"{' '.join(self.command())}\nended with {status} instead of serving\n{self.log()}"
            assert time.monotonic() < deadline, f"not ready after {seconds} s: {self.reasons()}\n{self.log()[-6000:]}"
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


@contextlib.contextmanager
def sound_at_the_end(deployments):
    """Those of the list that still run at the end must be sound; none is left running."""
    try:
        yield
        for deployment in deployments:
            if deployment.is_alive():
                deployment.assert_is_sound()
    finally:
        for deployment in deployments:
            if deployment.is_alive():
                deployment.kill()


class Embedded(Daemon):
    """meowerd with everything in one process, with a data directory of its own."""

    name = "embedded"
    token = "a-token-of-the-tests"

    def __init__(self, program, directory, settings=None, **arguments):
        self.data_directory = os.path.join(str(directory), "data")
        super().__init__(program, directory, {"data": self.data_directory, "token": self.token, **(settings or {})},
                         **arguments)


class Distributed(Deployment):
    """meower-commandd, meower-queryd and meower-pusherd on real engines, behind NGINX with deploy/nginx/meower.conf.

    Each has a database, a Kafka topic and a search index of its own. On NATS, where all share their subjects, the
    others' messages are of another epoch, and of no effect. The engines are those of scripts/servers.sh.
    """

    name = "distributed"
    is_direct = False
    token = "a-token-of-the-tests"
    BUSES = ("postgresql", "nats", "kafka")
    SEARCHES = ("index", "elasticsearch")

    def __init__(self, program, directory, bus="postgresql", search="index"):
        self.directory = self.log_path = str(directory)
        self.bus, self.search = bus, search
        self.unique_name = "meower_test_" + secrets.token_hex(6)
        self.has_database = False
        self.commandd, self.queryd, self.pusherd = self.daemons = [
            self._daemon(pathlib.Path(program).with_name(f"meower-{part}")) for part in ("commandd", "queryd", "pusherd")]
        self.commandd.settings["token"] = self.token
        self.port = free_port()
        self.base_url = f"http://127.0.0.1:{self.port}"
        self.ws_url = f"ws://127.0.0.1:{self.port}"
        self.admin_url = self.commandd.admin_url
        self.generation = 0
        self.sessions = []

    def _daemon(self, program):
        directory = os.path.join(self.directory, program.name)
        os.mkdir(directory)
        return Daemon(program, directory, settings=self._engines(), environment=self._original_environment())

    def _original_environment(self):
        """The store and NATS are named as in the original system."""
        store = urllib.parse.urlsplit(engine_url("postgresql"))
        environment = {"POSTGRES_DB": self.unique_name, "POSTGRES_USER": store.username,
                       "POSTGRES_PASSWORD": store.password, "POSTGRES_HOST": store.netloc.rpartition("@")[2]}
        if self.bus == "nats":
            environment["NATS_ADDRESS"] = engine_url("nats").partition("://")[2]
        return environment

    def _engines(self):
        settings = {}
        if self.bus == "kafka":
            settings["bus"] = f"{engine_url('kafka')}/{self.unique_name}"
        if self.search == "elasticsearch":
            settings["search"] = f"{engine_url('elasticsearch')}/{self.unique_name}"
        return settings

    def _nginx(self, what):
        environment = {**os.environ, "PORT": str(self.port), "COMMAND": self.commandd.address,
                       "QUERY": self.queryd.address, "PUSHER": self.pusherd.address}
        subprocess.run([PROJECT / "tests/servers/nginx", what, os.path.join(self.directory, "nginx")],
                       env=environment, check=True, stdin=subprocess.DEVNULL)

    def start(self):
        if not self.has_database:
            psql(f"CREATE DATABASE {self.unique_name}")
            self.has_database = True
        for daemon in self.daemons:
            daemon.spawn()
        self.generation += 1
        for daemon in self.daemons:
            daemon.wait_until_ready()
        self._nginx("start")

    def stop_daemons(self):
        while self.sessions:
            self.sessions.pop().close()
        for daemon in self.daemons:
            daemon.terminate()
        return max((daemon.wait() for daemon in self.daemons), key=abs)

    def stop(self):
        status = self.stop_daemons()
        self._nginx("stop")
        return status

    def restart(self):
        """The daemons; NGINX stays."""
        status = self.stop_daemons()
        assert status == 0, f"exit status {status} at SIGTERM\n{self.log()[-3000:]}"
        self.start()

    def kill(self):
        for daemon in self.daemons:
            if daemon.is_alive():
                daemon.kill()
        self._nginx("stop")

    def close(self):
        if self.has_database:
            psql(f"DROP DATABASE {self.unique_name} WITH (FORCE)")
        if self.search == "elasticsearch":
            url = f"{engine_url('elasticsearch').partition(':')[2]}/{self.unique_name}"
            request = urllib.request.Request(url, method="DELETE")
            with urllib.request.urlopen(request, timeout=30) as response:
                assert response.status == 200

    def is_alive(self):
        return all(daemon.is_alive() for daemon in self.daemons)

    def log(self):
        return "".join(f"{os.path.basename(daemon.program)}:\n{daemon.log()}" for daemon in self.daemons)

    def publish_raw(self, payload):
        return FOREIGN_PRODUCERS[self.bus](self.unique_name, payload)


def engine_url(name):
    """Where scripts/servers.sh has started the engine."""
    variable = f"MEOWER_TEST_{name.upper()}"
    url = os.environ.get(variable)
    assert url, f"{variable} is not set: where is the server? scripts/servers.sh starts one"
    return url


def psql(statement, database="postgres"):
    url = urllib.parse.urlsplit(engine_url("postgresql"))._replace(path=f"/{database}").geturl()
    subprocess.run(["psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", "-d", url, "-c", statement], check=True,
                   stdin=subprocess.DEVNULL)


def publish_on_postgresql(database, payload):
    """NOTIFY carries text alone."""
    try:
        text = payload.decode("utf-8")
    except UnicodeDecodeError:
        return False
    if "\0" in text or len(payload) > 7000:
        return False
    psql("SELECT pg_notify('meower_events', '" + text.replace("'", "''") + "')", database)
    return True


def publish_on_nats(_, payload):
    url = urllib.parse.urlsplit(engine_url("nats"))
    with socket.create_connection((url.hostname, url.port), timeout=10) as connection:
        connection.sendall(b'CONNECT {"verbose":false}\r\nPUB meow.created %d\r\n%s\r\nPING\r\n'
                           % (len(payload), payload))
        received = b""
        while b"PONG" not in received:
            data = connection.recv(4096)
            assert data, received
            received += data
    return True


def publish_on_kafka(topic, payload):
    import kafka_producer
    kafka_producer.publish(engine_url("kafka").partition("://")[2], topic, payload)
    return True


FOREIGN_PRODUCERS = {"postgresql": publish_on_postgresql, "nats": publish_on_nats, "kafka": publish_on_kafka}

DEPLOYMENTS = {Embedded.name: Embedded, Distributed.name: Distributed}


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
