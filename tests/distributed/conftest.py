"""The distributed deployment on real engines: several daemons of each kind, engines that come and go.

    ./dev test servers distributed                              as continuous integration runs it
    /usr/bin/python3 -m pytest tests/distributed [--bin FOLDER] [--long]    with the variables of scripts/servers.sh set

No test waits for a fixed time and hopes: what clients saw is written down with its times and checked by history.py.
"""

import os
import pathlib
import sys
import uuid

import pytest

PROJECT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(PROJECT / "tests" / "http"))

from daemons import Cluster, Daemon  # noqa: E402
from deployment import sound_at_the_end  # noqa: E402
from engines import Engines  # noqa: E402


def pytest_addoption(parser):
    parser.addoption("--bin", default=str(PROJECT / "build/dev/bin"), help="the folder of the daemons")
    parser.addoption("--long", action="store_true", help="every engine in every role, and longer")


def pytest_collection_modifyitems(config, items):
    for item in items:
        if item.get_closest_marker("long") and not config.getoption("--long"):
            item.add_marker(pytest.mark.skip(reason="only with --long"))


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    """A failed test shows what its daemons logged."""
    outcome = yield
    report = outcome.get_result()
    if report.failed:
        for daemon in getattr(item, "made", []):
            report.sections.append((f"log of {daemon.name} on port {daemon.port}", daemon.log()[-3000:]))


@pytest.fixture(scope="session")
def is_long(pytestconfig):
    return pytestconfig.getoption("--long")


@pytest.fixture(scope="session")
def all_engines():
    """Starts the servers, and leaves them running."""
    if "MEOWER_TEST_SERVERS" not in os.environ:
        pytest.exit("set the variables of scripts/servers.sh, or run ./dev test servers distributed", returncode=3)
    engines = Engines()
    for engine in engines:
        engine.start()
    return engines


@pytest.fixture
def engines(all_engines):
    """The servers, all of them up again when the test ends."""
    try:
        yield all_engines
    finally:
        for engine in all_engines:
            engine.start()


@pytest.fixture
def database(engines):
    """The name of an empty database of the test's own."""
    name = engines.postgresql.create_database()
    yield name
    engines.postgresql.start()
    engines.postgresql.drop_database(name)


@pytest.fixture
def store(engines, database):
    return engines.postgresql.database_url(database)


@pytest.fixture
def buses(engines, store):
    """The URL of each bus; Kafka's with a topic of the test's own."""
    return {"postgresql": store, "nats": engines.nats.url,
            "kafka": f"{engines.kafka.url}/distributed.{uuid.uuid4().hex[:12]}"}


@pytest.fixture
def search_url(engines):
    """The URL of an index of the test's own."""
    index = f"distributed-{uuid.uuid4().hex[:12]}"
    yield f"{engines.search.url}/{index}"
    engines.search.start()
    engines.search.request("DELETE", f"/{index}")


@pytest.fixture
def make_daemon(request, pytestconfig, tmp_path):
    """Makes daemons, not yet started: make_daemon("meower-queryd", store=..., ...). Those that still run at the end must
    end as they should."""
    request.node.made = made = []

    def make(name, **settings):
        made.append(Daemon(str(pathlib.Path(pytestconfig.getoption("--bin")).resolve()), name, tmp_path, **settings))
        return made[-1]

    with sound_at_the_end(made):
        yield make


@pytest.fixture
def make_cluster(make_daemon):
    def make(*arguments, **settings):
        return Cluster(make_daemon, *arguments, **settings)

    return make
