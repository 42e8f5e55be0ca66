"""Settings that are wrong: what a daemon says names the setting to change, and never a password."""

import base64
import contextlib
import http.server
import os
import re
import subprocess
import threading
import time
import uuid

import pytest
from deployment import clean_environment, free_port
from engines import SERVERS

SECRET = "geheim-5ecret"  # what must not be shown
CA_OF_OTHERS = "/etc/ssl/certs/ca-certificates.crt"


def texts_of(daemon, tmp_path):
    """All that a daemon tells anybody about its settings: its log, its health, and what --check-config prints, with the
    settings given as flags, as variables and as a file."""
    yield daemon.log()
    if daemon.is_alive():
        yield daemon.reasons()
    variables = {f"MEOWER_{name.upper()}": value for name, value in daemon.settings.items()}
    file = tmp_path / "settings"
    file.write_text("".join(f"{name}={value}\n" for name, value in daemon.settings.items()))
    for arguments, environment in ((daemon.command("--check-config"), {}),
                                   ([daemon.program, "--check-config"], variables),
                                   ([daemon.program, "--check-config", f"--config={file}"], {})):
        done = subprocess.run(arguments, env=clean_environment(environment), stdin=subprocess.DEVNULL, text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=30)
        yield done.stdout


def says(daemon, tmp_path, *words, seconds=30):
    """Starts it, and waits until it has said all these words, in its health or in its last line before it ended.
    Returns its exit status, or None while it runs."""
    daemon.spawn()
    deadline = time.monotonic() + seconds
    text = ""
    while not all(word in text for word in words):
        assert time.monotonic() < deadline, f"{text!r} does not say {words}"
        status = daemon.process.poll()
        text = daemon.log().replace('\\"', '"') if status is not None else daemon.reasons()
        assert status is None or all(word in text for word in words), f"{text!r} does not say {words}"
        time.sleep(0.05)
    assert "--data" not in daemon.log(), "the data are not in a folder"
    for text in texts_of(daemon, tmp_path):
        assert SECRET not in text and base64.b64encode(SECRET.encode()).decode().rstrip("=") not in text, text
    return daemon.process.poll()


@pytest.fixture
def wrong(make_daemon, tmp_path, store):
    """Starts a daemon with these settings, which must say these words."""

    def check(name, *words, **settings):
        return says(make_daemon(name, **{"store": store, **settings}), tmp_path, *words)

    return check


# ---- the store -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["meower-commandd", "meower-queryd", "meower-pusherd"])
def test_a_wrong_password_of_the_store(name, wrong, engines, database):
    status = wrong(name, 'option "store"', "correct the user or the password in that URL",
                   store=engines.postgresql.database_url(database, "meower", SECRET))
    assert status == 1


def test_a_wrong_user_of_the_store(wrong, engines, database):
    wrong("meower-commandd", 'option "store"', "correct the user or the password in that URL",
          store=engines.postgresql.database_url(database, "nobody_of_this_name", SECRET))


def test_a_database_that_is_not_there(wrong, engines):
    wrong("meower-commandd", 'option "store"', "no_such_database", "create that database, or name another one",
          store=engines.postgresql.database_url("no_such_database"))


def test_a_user_who_may_not_make_tables(wrong, engines, database):
    user = f"reader_{uuid.uuid4().hex[:8]}"
    engines.postgresql.execute(f"CREATE ROLE {user} LOGIN PASSWORD '{SECRET}'")
    try:
        wrong("meower-commandd", 'option "store"', "permission denied", "GRANT CREATE ON SCHEMA public",
              store=engines.postgresql.database_url(database, user, SECRET))
    finally:
        engines.postgresql.execute(f"DROP ROLE {user}")


def test_a_store_without_tls(wrong, engines, database):
    wrong("meower-commandd", 'option "store"', "SSL", "correct sslmode",
          store=engines.postgresql.database_url(database, "meower", SECRET, "?sslmode=require"))


def test_a_table_of_another_program(wrong, engines, database):
    engines.postgresql.execute("CREATE TABLE meows (title TEXT)", database=database)
    wrong("meower-commandd", 'option "store"', database, 'table "meows" of another program', "name another database")


# ---- the bus ---------------------------------------------------------------------------------------------------------


def test_a_wrong_password_of_a_bus_on_postgresql(wrong, engines, database):
    wrong("meower-pusherd", 'option "bus"', "correct the user or the password in that URL",
          bus=engines.postgresql.database_url(database, "meower", SECRET))


@contextlib.contextmanager
def nats_server(engines, settings):
    """A NATS server of the test's own, with these settings; gives its address."""
    folder = f"{engines.nats.folder}-{uuid.uuid4().hex[:8]}"
    os.makedirs(folder)
    os.symlink(f"{engines.nats.folder}/root", f"{folder}/root")
    settings_path = f"{folder}/more.conf"
    with open(settings_path, "w", encoding="utf-8") as file:
        file.write(settings)
    port = free_port()
    environment = {**os.environ, "PORT": str(port), "NATS_CONF": settings_path}

    def call(action):
        subprocess.run([SERVERS / "nats", action, folder], check=True, env=environment)

    call("start")
    try:
        yield f"127.0.0.1:{port}"
    finally:
        call("stop")
        subprocess.run(["rm", "-r", folder], check=True)


def test_a_wrong_password_of_nats(wrong, engines):
    with nats_server(engines, 'authorization { user: meower, password: "another" }\n') as address:
        wrong("meower-commandd", "refuses its user, password or token", 'option "bus"',
              bus=f"nats://meower:{SECRET}@{address}")
        wrong("meower-pusherd", "refuses its user, password or token", 'option "bus"', bus=f"nats://{SECRET}@{address}")


def test_nats_without_tls(wrong, engines):
    wrong("meower-commandd", "does not speak TLS", 'option "bus"',
          bus=f"{engines.nats.url.replace('//', f'//meower:{SECRET}@')}?tls_ca={CA_OF_OTHERS}")


def test_nats_with_a_certificate_of_nobody(wrong, engines, tmp_path):
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=127.0.0.1", "-days", "2",
                    "-keyout", tmp_path / "key", "-out", tmp_path / "certificate"], check=True, capture_output=True)
    settings = f'tls {{ cert_file: "{tmp_path}/certificate", key_file: "{tmp_path}/key" }}\n'
    with nats_server(engines, settings) as address:
        wrong("meower-commandd", "TLS with the bus", "check tls_ca", 'option "bus"',
              bus=f"nats://meower:{SECRET}@{address}?tls_ca={CA_OF_OTHERS}")


def test_a_file_of_certificates_that_is_not_there(wrong, engines):
    wrong("meower-commandd", "tls_ca", "PEM", "the bus", bus=f"{engines.nats.url}?tls_ca=/nowhere/ca.pem")


def test_a_topic_that_cannot_be_made(wrong, engines, make_daemon, buses):
    """Kafka refuses a topic whose name differs from another one's only in its dots."""
    make_daemon("meower-commandd", store=buses["postgresql"], bus=buses["kafka"]).start()
    url, topic = buses["kafka"].rsplit("/", 1)
    topic = topic.replace(".", "_")
    wrong("meower-pusherd", f"has no topic {topic}", "make it, or name another", 'option "bus"', bus=f"{url}/{topic}")


def test_kafka_without_tls(wrong, engines):
    wrong("meower-commandd", 'option "bus"', "SSL",
          bus=f"{engines.kafka.url}?security.protocol=sasl_ssl&sasl.mechanism=PLAIN&sasl.username=meower"
              f"&sasl.password={SECRET}")


def test_kafka_that_asks_for_no_password(wrong, engines):
    wrong("meower-commandd", 'option "bus"',
          bus=f"{engines.kafka.url}?security.protocol=sasl_plaintext&sasl.mechanism=PLAIN&sasl.username=meower"
              f"&sasl.password={SECRET}")


# ---- the search engine -----------------------------------------------------------------------------------------------


def test_an_index_of_another_program(wrong, engines, search_url):
    index = search_url.rsplit("/", 1)[1]
    mapping = b'{"mappings":{"properties":{"title":{"type":"text"}}}}'
    assert engines.search.request("PUT", f"/{index}", mapping) == 200
    wrong("meower-queryd", f'index "{index}"', "something else than a feed", 'option "search"', search=search_url)
    assert engines.search.request("GET", f"/{index}/_mapping/field/title") == 200, "it was not touched"


def test_a_search_engine_without_tls(wrong, search_url):
    wrong("meower-queryd", "does not answer", "http or https", 'option "search"',
          search=search_url.replace("http://", f"https://meower:{SECRET}@"))


def test_a_wrong_password_of_the_search_engine(wrong):
    class Refusal(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(401)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_):
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Refusal) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        wrong("meower-queryd", "refuses the user or the password", 'option "search"',
              search=f"elasticsearch:http://meower:{SECRET}@127.0.0.1:{server.server_port}/meows")
        server.shutdown()


# ---- settings that cannot be read ------------------------------------------------------------------------------------


@pytest.mark.parametrize("setting, value", [
    ("store", f"postgresql://meower:{SECRET}@127.0.0.1:port/meows"),
    ("store", f"postgresql://meower:{SECRET}/#@127.0.0.1/meows"),
    ("store", f"postgresql:host=127.0.0.1 password='{SECRET}' nonsense=1"),
    ("store", f"oracle://meower:{SECRET}@127.0.0.1/meows"),
    ("bus", f"nats://meower:{SECRET}@127.0.0.1:port"),
    ("bus", f"kafka://127.0.0.1/meow.events?sasl.password={SECRET}&nonsense=1"),
    ("bus", f"rabbitmq://meower:{SECRET}@127.0.0.1"),
    ("search", f"elasticsearch:http://meower:{SECRET}@127.0.0.1:port"),
    ("search", f"elasticsearch:http://meower:{SECRET}#@127.0.0.1"),
    ("search", f"solr:http://meower:{SECRET}@127.0.0.1"),
])
def test_a_url_that_cannot_be_read_is_not_repeated_with_its_password(setting, value, wrong):
    status = wrong("meower-queryd", re.match(r"\w+", value).group(), **{setting: value})
    assert status not in (0, None)
