"""The container files, as far as they can be tried without containers: every RUN line, entry point and health check is
run here as it stands in the Dockerfile and compose.yaml, with folders, ports and the engines' addresses replaced.

    /usr/bin/python3 -m pytest tests/containers        with scripts/servers.sh's PostgreSQL, NATS and OpenSearch running
"""

import json
import os
import pathlib
import re
import secrets
import shutil
import subprocess
import sys
import tempfile
import urllib.parse
import urllib.request

import pytest
import yaml

from dockerfile import all_of, health_check, read_stages

PROJECT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(PROJECT / "tests/http"))

from deployment import Daemon, engine_url, free_port, psql  # noqa: E402

DOCKERFILE = PROJECT / "deploy/containers/Dockerfile"
COMPOSE = PROJECT / "deploy/containers/compose.yaml"
STAGES = read_stages(DOCKERFILE)
SERVICES = yaml.safe_load(COMPOSE.read_text(encoding="utf-8"))["services"]
DAEMONS = ("commandd", "queryd", "pusherd")
PASSWORD = "a password with : / @ and %"


def run(command, timeout_s=900, **arguments):
    return subprocess.run(["bash", "-euo", "pipefail", "-c", command], check=True, stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, text=True, timeout=timeout_s, **arguments).stdout


def elsewhere(command, places):
    """The command with each absolute path of `places` replaced."""
    for path, place in places.items():
        command = re.sub(rf"(?<![\w/.]){path}(?![\w.-])", str(place), command)
    return command


@pytest.fixture(scope="session")
def scratch():
    """A folder that any user may read."""
    path = pathlib.Path(tempfile.mkdtemp(prefix="meower-containers-"))
    path.chmod(0o755)
    yield path
    shutil.rmtree(path, ignore_errors=True)


@pytest.fixture(scope="session")
def image(scratch):
    """What the build stage makes: /image, built by its own lines."""
    places = {"/src": PROJECT, "/build": PROJECT / "build/containers", "/image": scratch / "image"}
    lines = [line for line in all_of(STAGES["build"], "RUN") if "apt-get" not in line]
    assert len(lines) == 3
    for line in lines:
        run(elsewhere(line, places), cwd=PROJECT)
    return scratch / "image"


# Packages


def packages_of(line):
    """Those that an apt-get line installs."""
    install = line.partition("apt-get install -y --no-install-recommends")[2].partition("&&")[0]
    if "| xargs apt-get install" in line:
        return run(line.partition("&& ")[2].partition("| xargs")[0], cwd=PROJECT).split()
    return install.split()


def apt_lines(stage):
    return [line for line in all_of(STAGES[stage], "RUN") if "apt-get" in line]


@pytest.mark.parametrize("stage", STAGES)
def test_every_package_exists_in_debian(stage):
    (line,) = apt_lines(stage)
    packages = packages_of(line)
    known = set(re.findall(r"^Package: (.+)$", run("apt-cache show --no-all-versions " + " ".join(packages)), re.MULTILINE))
    assert known == set(packages) != set()


def owner_of(path):
    """The package that a file is of. Where /lib is /usr/lib, packages may still have it under its old name."""
    return run(f"dpkg-query -S {path} 2>/dev/null || dpkg-query -S {path.removeprefix('/usr')}").split(":")[0]


def test_the_packages_have_every_library_that_the_programs_need(image):
    (line,) = apt_lines("meower")
    closure = set(run("apt-cache depends --recurse --no-recommends --no-suggests --no-conflicts --no-breaks "
                      "--no-replaces --no-enhances " + " ".join(packages_of(line)) + " libc6").split())
    programs = list((image / "usr/local/bin").iterdir())
    assert {"meowerd", "meowctl", "meower-commandd", "meower-queryd", "meower-pusherd"} <= {p.name for p in programs}
    for program in programs:
        for library in re.findall(r"=> (/\S+)", run(f"ldd {program}")):
            if not library.startswith(str(image)):
                owner = owner_of(os.path.realpath(library))
                assert owner in closure, f"{program.name} needs {library} of {owner}"


def test_what_is_copied_is_there(image, scratch):
    for stage in STAGES.values():
        for text in all_of(stage, "COPY"):
            source = text.split()[-2]
            if text.startswith("--from=build"):
                source = elsewhere(source, {"/image": image})
            assert (PROJECT / source).exists(), text


# The compose file


def test_compose_names_only_what_there_is(image):
    whole = yaml.safe_load(COMPOSE.read_text(encoding="utf-8"))
    for name, service in SERVICES.items():
        assert set(service.get("depends_on", [])) <= set(SERVICES), name
        for volume in service.get("volumes", []):
            assert volume.split(":")[0] in whole["volumes"], name
        if "build" in service:
            folder = (COMPOSE.parent / service["build"]["context"]).resolve()
            assert (folder / service["build"]["dockerfile"]).samefile(DOCKERFILE)
            assert service["build"]["target"] in STAGES
        for program in service.get("command", [])[:1]:
            assert (image / "usr/local/bin" / program).exists(), name


def test_every_variable_of_compose_has_a_default_or_says_what_is_missing():
    text = COMPOSE.read_text(encoding="utf-8")
    assert set(re.findall(r"\$\{\w+(:.)", text)) == {":-", ":?"}
    assert text.count("${") == len(re.findall(r"\$\{\w+:[-?][^}]*\}", text))


def test_kafka_comes_with_its_profile_only():
    assert [name for name, service in SERVICES.items() if service.get("profiles")] == ["kafka"]


# Running it


def with_defaults(value):
    """What compose makes of ${NAME:-default}; ${NAME:?...} is the password here."""
    value = re.sub(r"\$\{\w+:-([^}]*)\}", r"\1", str(value))
    return re.sub(r"\$\{\w+:\?[^}]*\}", PASSWORD, value)


class Containers:
    """The services of compose.yaml that are ours, as processes of the image's user."""

    def __init__(self, image, scratch):
        self.image, self.scratch = image, scratch
        self.name = "meower_test_" + secrets.token_hex(6)
        self.daemons = {}
        store = urllib.parse.urlsplit(engine_url("postgresql"))
        self.addresses = {"POSTGRES_HOST": store.netloc.rpartition("@")[2], "POSTGRES_DB": self.name,
                          "POSTGRES_USER": self.name,
                          "MEOWER_BUS": engine_url("nats"),
                          "ELASTICSEARCH_ADDRESS": f"{engine_url('elasticsearch').partition('://')[2]}/{self.name}"}

    def start(self):
        literal = PASSWORD.replace("'", "''")
        psql(f"CREATE ROLE {self.name} LOGIN PASSWORD '{literal}'")
        psql(f"CREATE DATABASE {self.name} OWNER {self.name}")
        (user,) = all_of(STAGES["meower"], "USER")
        for name in DAEMONS:
            service = SERVICES[name]
            environment = {key: with_defaults(value) for key, value in service["environment"].items()}
            assert environment["POSTGRES_PASSWORD"] == PASSWORD
            environment.update({key: value for key, value in self.addresses.items() if key in environment})
            program, *arguments = service["command"]
            directory = self.scratch / name
            directory.mkdir()
            self.daemons[name] = Daemon(self.image / "usr/local/bin" / program, directory, environment=environment,
                                        arguments=arguments, user=int(user.split(":")[0]))
            self.daemons[name].spawn()
        for daemon in self.daemons.values():
            daemon.wait_until_ready()

    def stop(self):
        for daemon in self.daemons.values():
            if daemon.is_alive():
                daemon.kill()
        psql(f"DROP DATABASE IF EXISTS {self.name} WITH (FORCE)")
        psql(f"DROP ROLE IF EXISTS {self.name}")
        address = self.addresses["ELASTICSEARCH_ADDRESS"]
        urllib.request.urlopen(urllib.request.Request(f"http://{address}", method="DELETE"), timeout=30).close()


@pytest.fixture(scope="session")
def containers(image, scratch):
    containers = Containers(image, scratch)
    try:
        containers.start()
        yield containers
    finally:
        containers.stop()


@pytest.mark.parametrize("name", DAEMONS)
def test_a_daemon_starts_as_compose_says_and_passes_its_health_check(containers, name):
    daemon = containers.daemons[name]
    run(health_check(STAGES["meower"]).replace("127.0.0.1:9180", daemon.admin_url.partition("://")[2]))
    assert PASSWORD not in daemon.log()


def test_the_health_check_fails_when_the_daemon_is_gone():
    with pytest.raises(subprocess.CalledProcessError):
        run(health_check(STAGES["meower"]).replace("127.0.0.1:9180", f"127.0.0.1:{free_port()}"))


def test_the_image_alone_is_meowerd(image, scratch):
    (command,) = all_of(STAGES["meower"], "CMD")
    (folder,) = [text.split()[-1] for text in all_of(STAGES["meower"], "VOLUME")]
    (line,) = [line for line in all_of(STAGES["meower"], "RUN") if "install -d" in line]
    places = {folder: scratch / "var"}
    run(elsewhere(line.partition("&& ")[2], places))
    program, *arguments = json.loads(command)
    assert arguments[arguments.index("--listen") + 1] == ":8080"
    arguments[arguments.index("--listen") + 1] = f":{free_port()}"
    arguments[arguments.index("--data") + 1] = elsewhere(arguments[arguments.index("--data") + 1], places)
    daemon = Daemon(image / "usr/local/bin" / program, scratch, settings={"listen": None}, arguments=arguments,
                    user=10001)
    daemon.start()
    assert daemon.stop() == 0


@pytest.fixture(scope="session")
def proxy(containers, scratch):
    """NGINX with the site as the proxy's image has it; only names of containers become addresses."""
    etc = scratch / "etc-nginx"
    logs = scratch / "log-nginx"
    for folder in (etc / "conf.d", etc / "sites-enabled", logs):
        folder.mkdir(parents=True)
    (etc / "sites-enabled/default").touch()
    (copied,) = all_of(STAGES["proxy"], "COPY")
    source, target = copied.split()
    places = {"/etc/nginx": etc, "/var/log/nginx": logs}
    shutil.copy(PROJECT / source, elsewhere(target, places))
    for line in all_of(STAGES["proxy"], "RUN"):
        if "apt-get" not in line:
            run(elsewhere(line, places))
    assert not (etc / "sites-enabled/default").exists()
    site = etc / "conf.d/meower.conf"
    text = site.read_text(encoding="utf-8")
    for name, daemon in containers.daemons.items():
        assert f"server {name}:8080;" in text
        text = text.replace(f"server {name}:8080;", f"server {daemon.address};")
    site.write_text(text, encoding="utf-8")
    port = free_port()
    environment = {**os.environ, "PORT": str(port), "NGINX_SITE": str(site)}
    script = PROJECT / "tests/servers/nginx"
    for what in ("install", "start"):
        subprocess.run([script, what, scratch / "nginx"], env=environment, check=True, stdin=subprocess.DEVNULL)
    yield port
    subprocess.run([script, "stop", scratch / "nginx"], env=environment, check=True, stdin=subprocess.DEVNULL)


def test_the_proxy_passes_its_health_check(proxy):
    run(health_check(STAGES["proxy"]).replace("http://127.0.0.1/", f"http://127.0.0.1:{proxy}/"))


def test_a_meow_posted_through_the_proxy_is_listed_and_found(proxy):
    base = f"http://127.0.0.1:{proxy}"
    with urllib.request.urlopen(f"{base}/meows?body=container", data=b"", timeout=30) as response:
        id = json.load(response)["id"]
        cursor = response.headers["Meower-Cursor"]
    for path in ("/meows", "/search?query=container"):
        request = urllib.request.Request(base + path, headers={"Meower-Cursor": cursor})
        with urllib.request.urlopen(request, timeout=30) as response:
            assert response.headers.get("Meower-Search") is None
            assert [meow["id"] for meow in json.load(response)] == [id]


def test_the_proxys_command_is_nginxs():
    (command,) = all_of(STAGES["proxy"], "CMD")
    assert json.loads(command) == ["nginx", "-g", "daemon off;"]  # as tests/servers/nginx starts it
