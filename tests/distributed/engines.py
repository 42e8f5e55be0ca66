"""The real servers, installed and started by tests/servers, and how to take them down.

They are those that scripts/servers.sh started for the other suites: MEOWER_TEST_SERVERS names their folder, and the
MEOWER_TEST_... URLs their ports. Every test has a database, an index and a topic of its own in them.
"""

import os
import pathlib
import re
import signal
import subprocess
import time
import urllib.error
import urllib.request
import uuid

SERVERS = pathlib.Path(__file__).resolve().parents[1] / "servers"


class Engine:
    """One server: `kind` is its script in tests/servers, `variable` names its URL."""

    def __init__(self, kind, variable):
        self.kind = kind
        self.url = os.environ[variable]
        self.port = re.search(r":(\d+)(/|$)", self.url).group(1)
        self.folder = os.path.join(os.environ["MEOWER_TEST_SERVERS"], kind)

    def __str__(self):
        return self.kind

    def _call(self, action):
        subprocess.run([SERVERS / self.kind, action, self.folder], check=True, env={**os.environ, "PORT": self.port},
                       stdin=subprocess.DEVNULL, timeout=180)

    def start(self):
        """Starts it, unless it runs, and returns when it answers."""
        self._call("start")

    def stop(self):
        self._call("stop")

    def kill(self):
        """SIGKILL: it finishes nothing."""
        (pid_file,) = pathlib.Path(self.folder).glob("*.pid")
        pid = int(pid_file.read_text())
        os.kill(pid, signal.SIGKILL)
        deadline = time.monotonic() + 20
        while os.path.exists(f"/proc/{pid}/cmdline") and pathlib.Path(f"/proc/{pid}/cmdline").read_bytes():
            assert time.monotonic() < deadline, f"{self} survived SIGKILL"
            time.sleep(0.02)


class PostgreSQL(Engine):
    def __init__(self):
        super().__init__("postgresql", "MEOWER_TEST_POSTGRESQL")

    def execute(self, *statements, database="postgres"):
        """What psql prints, without decoration."""
        commands = [part for sql in statements for part in ("-c", sql)]
        done = subprocess.run(["psql", "-XqAt", "-v", "ON_ERROR_STOP=1", self.database_url(database), *commands],
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                              timeout=60)
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    def database_url(self, database, user=None, password=None, parameters=""):
        url = re.sub(r"/[^/]*$", f"/{database}{parameters}", self.url)
        return url if user is None else re.sub(r"//[^@]*@", f"//{user}:{password}@", url)

    def create_database(self):
        """Makes an empty database; returns its name."""
        name = f"distributed_{uuid.uuid4().hex[:12]}"
        self.execute(f"CREATE DATABASE {name}")
        return name

    def drop_database(self, name):
        self.execute("SET client_min_messages = warning", f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


class SearchEngine(Engine):
    def __init__(self):
        super().__init__("search-engine", "MEOWER_TEST_ELASTICSEARCH")
        self.http = self.url.split(":", 1)[1]

    def request(self, method, path, body=None):
        """The status of the answer."""
        request = urllib.request.Request(self.http + path, body, {"Content-Type": "application/json"}, method=method)
        try:
            with urllib.request.urlopen(request, timeout=30) as response:
                return response.status
        except urllib.error.HTTPError as error:
            return error.code


class Engines:
    """All of them, by their names."""

    def __init__(self):
        self.postgresql = PostgreSQL()
        self.nats = Engine("nats", "MEOWER_TEST_NATS")
        self.kafka = Engine("kafka", "MEOWER_TEST_KAFKA")
        self.search = SearchEngine()

    def __iter__(self):
        return iter((self.postgresql, self.nats, self.kafka, self.search))
