"""The black-box suite: what SPEC says, asked of a running deployment over HTTP and WebSocket.

    /usr/bin/python3 -m pytest tests/http [--meowerd PATH] [--deployment NAME [--bus NAME] [--search NAME]]

One deployment serves each test file; tests keep apart by words and ids of their own, never by what else is in the feed.
At the end of a file the deployment must still be alive, end with status 0 at SIGTERM, and have no sanitizer report.
"""

import os
import pathlib

import pytest

pytest.register_assert_rewrite("feed", "wire", "deployment")

from deployment import DEPLOYMENTS, Daemon, Distributed, Embedded, sound_at_the_end  # noqa: E402
from feed import Feed  # noqa: E402

PROJECT = pathlib.Path(__file__).resolve().parents[2]


def pytest_addoption(parser):
    parser.addoption("--meowerd", default=os.environ.get("MEOWERD", str(PROJECT / "build/dev/bin/meowerd")),
                     help="the server to test (default: the variable MEOWERD, or build/dev/bin/meowerd)")
    parser.addoption("--deployment", default="embedded", choices=sorted(DEPLOYMENTS),
                     help="how it is deployed (deployment.py); the two options below are for distributed")
    parser.addoption("--bus", default="postgresql", choices=Distributed.BUSES)
    parser.addoption("--search", default="index", choices=Distributed.SEARCHES)
    parser.addoption("--service-threads", type=int, help="of every daemon (default: the daemon's own)")


def pytest_configure(config):
    Daemon.service_threads = config.getoption("--service-threads")


def pytest_collection_modifyitems(config, items):
    deployment = DEPLOYMENTS[config.getoption("--deployment")]
    for item in items:
        if item.get_closest_marker("embedded_only") and deployment is not Embedded:
            item.add_marker(pytest.mark.skip(reason="needs the embedded process"))
        if item.get_closest_marker("direct_only") and not deployment.is_direct:
            item.add_marker(pytest.mark.skip(reason="needs the server itself, not a proxy"))


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    """A failed test shows what its servers logged."""
    outcome = yield
    report = outcome.get_result()
    if report.failed:
        for deployment in getattr(item, "deployments", []):
            report.sections.append((f"log of {deployment.log_path}", deployment.log()[-4000:]))


@pytest.fixture(scope="session")
def meowerd(pytestconfig):
    """The path of the program."""
    path = pathlib.Path(pytestconfig.getoption("--meowerd")).resolve()
    if not path.exists():
        pytest.exit(f"{path} does not exist: build it, or give --meowerd PATH", returncode=3)
    return path


def make_deployment(config, meowerd, directory):
    if config.getoption("--deployment") == Distributed.name:
        return Distributed(meowerd, directory, config.getoption("--bus"), config.getoption("--search"))
    return Embedded(meowerd, directory)


@pytest.fixture(scope="module")
def shared_server(pytestconfig, meowerd, tmp_path_factory):
    deployment = make_deployment(pytestconfig, meowerd, tmp_path_factory.mktemp("server"))
    try:
        deployment.start()
        yield deployment
        deployment.assert_is_sound()
    finally:
        if deployment.is_alive():
            deployment.kill()
        deployment.close()


@pytest.fixture
def server(request, shared_server):
    """The deployment that this file's tests share."""
    request.node.deployments = getattr(request.node, "deployments", []) + [shared_server]
    return shared_server


@pytest.fixture
def feed(server):
    """A client of the shared server."""
    return Feed(server)


@pytest.fixture
def host(server):
    """For the Host field of requests that are written by hand."""
    return server.base_url.split("//")[1]


@pytest.fixture
def new_server(request, meowerd, tmp_path):
    """Makes servers of the test's own, not yet started: new_server(settings={...}, ...). Those that still run at the
    end of the test must be sound like the shared one."""
    request.node.deployments = getattr(request.node, "deployments", [])
    made = []

    def make(**arguments):
        directory = arguments.pop("directory", None) or tmp_path / f"server{len(made)}"
        directory.mkdir(exist_ok=True)
        made.append(Embedded(meowerd, directory, **arguments))
        request.node.deployments.append(made[-1])
        return made[-1]

    with sound_at_the_end(made):
        yield make
