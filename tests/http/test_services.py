"""meower-commandd, meower-queryd and meower-pusherd each by itself: what they serve, and what they say without a store.
How they work together is what the other files ask of --deployment distributed."""

import time
import urllib.request

import pytest

from deployment import Daemon, free_port, run_program, sound_at_the_end
from feed import UNKNOWN_ID
from wire import exchange, request_bytes

pytestmark = pytest.mark.embedded_only  # they are started by these tests, whatever the deployment is

SERVICES = ("commandd", "queryd", "pusherd")
SECRET = "a secret: / @ ? # %"


@pytest.fixture
def program(meowerd):
    """The path of a service's program."""
    return lambda service: meowerd.with_name(f"meower-{service}")


@pytest.fixture
def service(program, tmp_path):
    """Makes services, not yet started; they are gone at the end."""
    made = []

    def make(name, **arguments):
        made.append(Daemon(program(name), tmp_path, **arguments))
        return made[-1]

    with sound_at_the_end(made):
        yield make


def answer(daemon, method, path):
    return exchange(daemon.base_url, request_bytes(daemon.address, method, path, ["Content-Length: 0"]), method)


SERVED = {
    "commandd": {("POST", "/meows"): 400, ("DELETE", f"/meows/{UNKNOWN_ID}"): 403},
    "queryd": {("GET", "/meows"): 200, ("HEAD", "/meows"): 200, ("GET", f"/meows/{UNKNOWN_ID}"): 404,
               ("GET", "/search?query=cat"): 200, ("GET", "/"): 200, ("GET", "/openapi.json"): 200},
    "pusherd": {("GET", "/pusher"): 426, ("HEAD", "/events"): 200},
}


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_answers_its_own_routes_and_404_to_the_others(service, name):
    daemon = service(name, settings={"store": "memory:"})
    daemon.start()
    for owner, routes in SERVED.items():
        for (method, path), status in routes.items():
            expected = status if owner == name else 404
            assert answer(daemon, method, path).status_code == expected, (method, path)


@pytest.mark.parametrize("name", ["commandd", "queryd"])
def test_services_that_share_a_path_name_all_its_methods(service, name):
    """A proxy may send OPTIONS, or a method that nobody has, to either of them."""
    daemon = service(name, settings={"store": "memory:"})
    daemon.start()
    for path, allowed in (("/meows", "GET, HEAD, POST, OPTIONS"),
                          (f"/meows/{UNKNOWN_ID}", "GET, HEAD, DELETE, OPTIONS")):
        assert answer(daemon, "OPTIONS", path).headers["Allow"] == allowed
        refused = answer(daemon, "PUT", path)
        assert (refused.status_code, refused.headers["Allow"]) == (405, allowed)


@pytest.mark.parametrize("name", SERVICES)
def test_without_a_store_it_says_which_flag_and_variables_name_one(program, name):
    ended = run_program(program(name))
    assert ended.returncode == 2
    assert ended.stdout == "" and ended.stderr.count("\n") == 1
    for word in ("--store", "MEOWER_STORE", "POSTGRES_DB", "POSTGRES_USER", "POSTGRES_PASSWORD", "POSTGRES_HOST"):
        assert word in ended.stderr


@pytest.mark.parametrize("name", SERVICES)
def test_it_listens_where_the_original_did(program, name):
    text = run_program(program(name), "--help").stdout
    assert "[:8080]" in text
    assert "--data" not in text


def test_the_variables_of_the_original_are_enough(program):
    environment = {"POSTGRES_DB": "meower", "POSTGRES_USER": "meower", "POSTGRES_PASSWORD": SECRET,
                   "NATS_ADDRESS": "nats:4222", "ELASTICSEARCH_ADDRESS": "elasticsearch:9200"}
    for name in SERVICES:
        assert run_program(program(name), "--check-config", environment=environment).returncode == 0


@pytest.mark.parametrize("variable, option", [("POSTGRES_DB", "store"), ("NATS_ADDRESS", "bus"),
                                              ("ELASTICSEARCH_ADDRESS", "search")])
def test_ours_go_before_the_variables_of_the_original(program, variable, option):
    """What is wrong is what counts."""
    environment = {"POSTGRES_DB": "meower", variable: "there:1", f"MEOWER_{option.upper()}": "nosuch:thing"}
    ended = run_program(program("queryd"), "--check-config", environment=environment)
    assert ended.returncode == 2
    assert "nosuch" in ended.stderr


def unready_parts(daemon):
    """The parts of /readyz by name, once it answers."""
    deadline = time.monotonic() + 20
    while True:
        status, parts = daemon.readiness()
        if status == 503:
            return parts
        assert status == 0, f"/readyz is {status} without its store"
        assert time.monotonic() < deadline, daemon.log()
        time.sleep(0.05)


@pytest.mark.parametrize("name", SERVICES)
def test_while_the_store_is_away_readiness_says_so_and_the_log_shows_no_password(service, name):
    port = free_port()
    daemon = service(name, environment={"POSTGRES_DB": "meower", "POSTGRES_USER": "meower",
                                        "POSTGRES_PASSWORD": SECRET, "POSTGRES_HOST": f"127.0.0.1:{port}"})
    daemon.spawn()
    deadline = time.monotonic() + 20
    while str(port) not in unready_parts(daemon)["feed"]["reason"]:
        assert time.monotonic() < deadline, daemon.log()
        time.sleep(0.05)
    parts = unready_parts(daemon)
    assert not parts["feed"]["ready"] and 'option "store"' in parts["feed"]["reason"]
    with urllib.request.urlopen(daemon.admin_url + "/healthz", timeout=5) as response:
        assert response.status == 200
    assert daemon.stop() == 0
    assert "waiting for an engine" in daemon.log()
    assert "a secret" not in daemon.log() and "a%20secret" not in daemon.log()
