"""meowerd as a program: flags, configuration, signals, its data directory, its port, restarts."""

import hashlib
import json
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import time

import pytest

from deployment import clean_environment, flag, free_port, run_program
from feed import Feed, assert_problem, eventually, far_ahead, in_threads, unique_word
from wire import Closed, Connection, request_bytes

pytestmark = pytest.mark.embedded_only


def output(result):
    return result.stdout + result.stderr


def serves_on(server, port):
    """Whether the port answers as a meowerd."""
    try:
        with Connection(f"http://127.0.0.1:{port}", deadline_s=2) as connection:
            connection.send(f"GET /meows HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\r\n".encode())
            return connection.read_response().status_code == 200
    except OSError:
        return False


def files_below(directory):
    """Content hashes of all files, by path."""
    return {str(path): hashlib.sha256(path.read_bytes()).hexdigest()
            for path in sorted(pathlib.Path(directory).rglob("*")) if path.is_file()}


# Flags


def test_help_names_every_setting_and_exits_0(meowerd):
    result = run_program(meowerd, "--help")
    assert result.returncode == 0
    for name in ("--help", "--version", "--check-config", "--config FILE", "--listen", "--data", "--admin", "--token"):
        assert name in result.stdout
    assert "MEOWER_" in result.stdout
    assert result.stderr == ""


def test_help_fills_its_lines(meowerd):
    lines = run_program(meowerd, "--help").stdout.splitlines()
    assert max(map(len, lines)) <= 110
    for line, following in zip(lines, lines[1:]):
        if following.startswith(30 * " ") and line[29] == " ":  # it goes on with the text of the line before
            assert len(line) + 1 + len(following.split()[0]) > 110, following


def test_version_is_printed_and_exits_0(meowerd):
    result = run_program(meowerd, "--version")
    assert result.returncode == 0
    assert re.search(r"\b\d+\.\d+\.\d+\b", result.stdout)
    assert result.stderr == ""


@pytest.mark.parametrize("arguments", [["--no-such-flag"], ["--no-such-flag=1"], ["stray"], ["-z"], ["--listen"],
                                       ["--listen="], ["--listen=nonsense"], ["--listen=127.0.0.1:99999"],
                                       ["--threads=many"], ["--timeline-max=-1"], ["--config=/no/such/file"],
                                       ["--config"]],
                         ids=lambda arguments: arguments[0])
def test_a_wrong_flag_is_explained_and_nothing_starts(meowerd, tmp_path, arguments):
    result = run_program(meowerd, *arguments, directory=tmp_path)
    assert result.returncode not in (0, None)
    assert result.returncode > 0, f"ended by signal {-result.returncode}"
    named = arguments[0].split("=")[0].lstrip("-")
    assert re.search(named.replace("-", "[-_]"), result.stderr), result.stderr
    assert list(tmp_path.iterdir()) == [], "something was written"


def test_check_config_accepts_a_right_one_and_starts_nothing(meowerd, tmp_path):
    data, port = tmp_path / "data", free_port()
    result = run_program(meowerd, flag("listen", f"127.0.0.1:{port}"), flag("data", data), "--check-config")
    assert result.returncode == 0, output(result)
    assert not data.exists()


def test_check_config_explains_a_wrong_one(meowerd, tmp_path):
    file = tmp_path / "meowerd.conf"
    for line, mark in (("NO_SUCH_THING=1", "NO_SUCH_THING|no_such_thing"), ("THREADS=many", "THREADS|threads"),
                       ("this is no setting", "meowerd.conf")):
        file.write_text(f"# a comment\n\n{line}\n")
        result = run_program(meowerd, f"--config={file}", "--check-config", directory=tmp_path)
        assert result.returncode > 0, line
        assert re.search(mark, result.stderr), result.stderr


@pytest.mark.parametrize("name", ["store", "bus", "search"])
def test_check_config_explains_an_unknown_backend(meowerd, tmp_path, name):
    result = run_program(meowerd, flag(name, "nosuch:thing"), "--check-config", directory=tmp_path)
    assert result.returncode > 0, output(result)
    assert "nosuch" in result.stderr


def test_secrets_are_not_shown(meowerd, new_server):
    secret = "very-secret-" + unique_word()
    result = run_program(meowerd, flag("token", secret), "--check-config")
    assert result.returncode == 0
    assert secret not in output(result)
    server = new_server(settings={"token": secret})
    server.start()
    assert Feed(server).delete("0" * 27, secret).status_code == 404
    server.restart()
    assert secret not in server.log()


@pytest.mark.parametrize("name", ["store", "bus", "search"])
def test_an_unknown_backend_is_explained(new_server, name):
    assert_refuses_to_start(new_server(settings={name: "nosuch:thing"}), "nosuch")


# Where a setting comes from: flag, then environment, then file


@pytest.mark.parametrize("given, expected", [
    (("file",), "file"), (("environment", "file"), "environment"), (("flag", "environment", "file"), "flag"),
    (("flag", "file"), "flag"), (("environment",), "environment"),
], ids=lambda value: "-".join(value) if isinstance(value, tuple) else value)
def test_a_flag_goes_before_the_environment_before_the_file(new_server, tmp_path, given, expected):
    ports = {source: free_port() for source in ("flag", "environment", "file")}
    address = {source: f"127.0.0.1:{port}" for source, port in ports.items()}
    file = tmp_path / "meowerd.conf"
    file.write_text("# where to listen\n\n" + (f"LISTEN={address['file']}\n" if "file" in given else ""))
    server = new_server(
        settings={"listen": address["flag"] if "flag" in given else None, "config": file},
        environment={"MEOWER_LISTEN": address["environment"]} if "environment" in given else {})
    server.start()
    assert [source for source in ports if serves_on(server, ports[source])] == [expected]


def test_a_file_may_be_named_by_the_environment(new_server, tmp_path):
    port = free_port()
    file = tmp_path / "meowerd.conf"
    file.write_text(f"LISTEN=127.0.0.1:{port}\n")
    server = new_server(settings={"listen": None}, environment={"MEOWER_CONFIG": str(file)})
    server.start()
    assert serves_on(server, port)


def test_the_origins_whose_pages_may_use_the_api_can_be_set(new_server):
    server = new_server(settings={"cors_origin": "https://a.example,https://b.example"})
    server.start()
    feed = Feed(server)
    for path in ("/meows", "/nowhere"):
        for origin in ("https://a.example", "https://b.example"):
            response = feed.request("GET", path, headers={"Origin": origin})
            assert response.headers["Access-Control-Allow-Origin"] == origin
            assert "origin" in response.headers["Vary"].lower()
        for origin in ("https://c.example", "https://a.example.evil", "http://a.example", "null"):
            response = feed.request("GET", path, headers={"Origin": origin})
            assert response.headers.get("Access-Control-Allow-Origin") not in ("*", origin)


# Signals


def test_sigterm_ends_with_0_even_while_clients_are_connected(new_server):
    server = new_server()
    server.start()
    feed = Feed(server)
    feed.post(unique_word())
    sockets = [feed.subscribe("") for _ in range(5)] + [feed.subscribe() for _ in range(5)]
    streams = [feed.events() for _ in range(5)]
    halves = [Connection(server.base_url) for _ in range(10)]
    for half in halves[:5]:
        half.send(b"POST /meows HTTP/1.1\r\nHost: x\r\nContent-Length: 50\r\n\r\nbody")
    for waiting in halves[5:]:
        waiting.send(request_bytes("x", "GET", "/meows", [f"Meower-Cursor: {far_ahead(feed.now())}"]))
    server.terminate()
    assert server.wait() == 0
    for connection in sockets + streams + halves:
        assert connection.is_closed_within(5)
        connection.close()


def test_sigterm_tells_websocket_clients_that_the_server_goes_away(new_server):
    server = new_server()
    server.start()
    socket = Feed(server).subscribe()
    assert server.stop() == 0
    assert socket.wait_for_close() in (1001, 1012)


def test_sigterm_while_posting_keeps_every_answered_post(new_server):
    server = new_server()
    server.start()
    feed = Feed(server)
    answered = [[] for _ in range(16)]

    def work(number):
        if number == 16:
            time.sleep(0.5)
            server.terminate()
            assert server.wait() == 0
            return
        try:
            while True:
                word = unique_word()
                response = feed.request("POST", "/meows", params={"body": word})
                if response.status_code != 200:
                    assert_problem(response, (500, 503))
                    return
                answered[number].append((response.json()["id"], word))
        except OSError:
            return

    in_threads(17, work)
    expected = sorted((pair for pairs in answered for pair in pairs), reverse=True)
    assert expected
    server.start()
    stored = [(meow["id"], meow["body"]) for meow in feed.everything()]
    assert [pair for pair in stored if pair in set(expected)] == expected


def test_sigterm_during_the_start_ends_it(new_server):
    for pause in (0.0, 0.01, 0.05, 0.1):
        server = new_server()
        server.spawn()
        time.sleep(pause)
        server.terminate()
        assert server.wait() in (0, -signal.SIGTERM)  # before its handlers are set, the signal ends it itself


def test_sigint_ends_with_0_too(new_server):
    server = new_server()
    server.start()
    server.process.send_signal(signal.SIGINT)
    assert server.wait() == 0


def test_a_broken_log_pipe_does_not_end_it(new_server, tmp_path):
    server = new_server()
    read_end, write_end = os.pipe()
    server.process = subprocess.Popen(server.command(), stdin=subprocess.DEVNULL, stdout=write_end, stderr=write_end,
                                      cwd=server.directory, env=clean_environment())
    os.close(write_end)
    server.generation += 1
    feed = Feed(server)

    def answers():
        try:
            return feed.get("/meows").status_code == 200
        except OSError:
            return False

    assert eventually(answers)
    os.close(read_end)
    assert feed.is_serving()
    assert server.stop() == 0


# Restart


def test_a_restart_keeps_everything(new_server):
    server = new_server()
    server.start()
    feed = Feed(server)
    word, key = unique_word(), unique_word()
    cursor = feed.now()
    first = feed.post(f"{word} first", key)
    posted = [first] + [feed.post(f"{word} {number}") for number in range(30)]
    deleted = posted.pop(7)
    assert feed.delete(deleted.id, server.token).status_code == 204
    ids = [meow.id for meow in posted][::-1]
    before = feed.page("/meows")
    after_all = feed.now()
    for _ in range(2):
        server.restart()
        assert feed.page("/meows") == before
        assert feed.now() == after_all
        assert feed.ids("/search", query=word, cursor=after_all) == ids
        assert feed.post(f"{word} first", key).id == first.id
        assert_problem(feed.get(f"/meows/{deleted.id}"), 404)
        with feed.subscribe(cursor) as socket:
            assert socket.sync["recovered"] is True
            events = socket.events_until(lambda event: event["cursor"] == after_all)
        assert [event["id"] for event in events if event["kind"] == 1 and event["id"] != deleted.id] == ids[::-1]
    newest = feed.post(unique_word())
    assert newest.id > max(ids + [deleted.id])
    assert feed.ids("/meows", take=1) == [newest.id]


def test_a_clean_stop_leaves_the_files_of_the_data_alone(new_server):
    """No log or part of SQLite's, which a copy of the folder would have to take along."""
    server = new_server()
    server.start()
    for _ in range(20):
        Feed(server).post(unique_word())
    assert server.stop() == 0
    assert sorted(os.listdir(server.data_directory)) == ["feed.db", "feed.db.lock", "search"]
    assert sorted(name for name in os.listdir(f"{server.data_directory}/search") if not name.endswith(".segment")) == [
        "lock", "manifest"]
    assert len(os.listdir(f"{server.data_directory}/search")) == 3


def test_an_index_file_of_before_is_neither_read_nor_changed(new_server):
    """The index was SQLite's once, in search.db."""
    server = new_server()
    os.makedirs(server.data_directory, exist_ok=True)
    old = f"{server.data_directory}/search.db"
    with open(old, "wb") as file:
        file.write(b"SQLite format 3\0" + bytes(4080))
    server.start()
    word = unique_word()
    posted = Feed(server).post(word)
    assert Feed(server).ids("/search", query=word, cursor=posted.cursor) == [posted.id]
    server.stop()
    with open(old, "rb") as file:
        assert file.read() == b"SQLite format 3\0" + bytes(4080)
    assert not os.path.exists(f"{old}.lock")


def test_a_subscriber_resumes_over_a_restart(new_server):
    server = new_server()
    server.start()
    feed = Feed(server)
    with feed.subscribe("") as socket:
        posted = [feed.post(unique_word()) for _ in range(3)]
        cursor = socket.next_event()["cursor"]
    server.restart()
    posted.append(feed.post(unique_word()))
    with feed.subscribe(cursor) as socket:
        assert socket.sync["recovered"] is True
        assert [socket.next_event()["id"] for _ in range(3)] == [meow.id for meow in posted[1:]]


def test_a_new_data_directory_is_another_epoch(new_server):
    one, two = new_server(), new_server()
    one.start()
    two.start()
    cursor = Feed(one).post(unique_word()).cursor
    Feed(two).post(unique_word())
    with Feed(two).subscribe(cursor) as socket:
        assert socket.sync["recovered"] is False


def test_a_new_server_is_empty_and_serving(new_server):
    server = new_server()
    server.start()
    feed = Feed(server)
    response = feed.get("/meows")
    assert response.text.strip() == "[]"
    assert response.headers["ETag"] and response.headers["Meower-Cursor"]
    assert feed.get("/meows", etag=response.headers["ETag"]).status_code == 304
    with feed.subscribe(response.headers["Meower-Cursor"]) as socket:
        assert socket.sync["recovered"] is True
        posted = feed.post(unique_word())
        assert socket.next_event()["id"] == posted.id


# The port and the data directory


def assert_refuses_to_start(server, *marks):
    """Ends soon with a status of its own and a message that has the marks."""
    server.spawn()
    status = server.wait(20)
    assert status > 0, f"exit status {status}\n{server.log()}"
    for mark in marks:
        assert str(mark) in server.log(), server.log()


def test_a_taken_port_is_explained(new_server):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert_refuses_to_start(new_server(settings={"listen": f"127.0.0.1:{port}"}), port)
        assert_refuses_to_start(new_server(settings={"admin": f"127.0.0.1:{port}"}), port)


def test_a_port_that_another_meowerd_serves_is_taken_too(new_server):
    first = new_server()
    first.start()
    assert_refuses_to_start(new_server(settings={"listen": f"127.0.0.1:{first.port}"}), first.port)
    assert Feed(first).is_serving()


def test_a_data_directory_in_use_is_explained_and_its_user_undisturbed(new_server):
    first = new_server()
    first.start()
    posted = Feed(first).post(unique_word())
    second = new_server(settings={"data": first.data_directory})
    assert_refuses_to_start(second, first.data_directory)
    assert Feed(first).ids("/meows", take=1) == [posted.id]
    assert Feed(first).is_serving()
    assert first.stop() == 0
    second.start()
    assert posted.id in Feed(second).ids("/meows")


def test_the_lock_of_a_killed_server_is_no_hindrance(new_server):
    server = new_server()
    server.start()
    posted = Feed(server).post(unique_word())
    server.kill()
    server.start()
    assert Feed(server).ids("/meows") == [posted.id]


@pytest.mark.parametrize("where", ["/proc/no/such/place", "/dev/null/data"])
def test_a_data_directory_that_cannot_be_made_is_explained(new_server, where):
    assert_refuses_to_start(new_server(settings={"data": where}), where)


def test_a_file_in_place_of_the_data_directory_is_explained(new_server, tmp_path):
    file = tmp_path / "a-file"
    file.write_text("mine")
    assert_refuses_to_start(new_server(settings={"data": file}), file)
    assert file.read_text() == "mine"


@pytest.fixture
def small_disk(tmp_path):
    """A file system of 2 MB; needs the right to mount one."""
    path = tmp_path / "disk"
    path.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=2m,mode=0777", "tmpfs", str(path)],
                             stderr=subprocess.PIPE, text=True)
    if mounted.returncode != 0:
        pytest.skip(f"cannot mount a small file system: {mounted.stderr.strip()}")
    yield path
    subprocess.run(["umount", "-l", str(path)], check=True)


def test_a_read_only_data_directory_is_explained(small_disk, new_server):
    server = new_server(settings={"data": small_disk / "data"})
    server.start()
    id = Feed(server).post(unique_word()).id
    assert server.stop() == 0
    subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)
    before = files_below(small_disk)
    assert_refuses_to_start(server, small_disk)
    assert files_below(small_disk) == before
    subprocess.run(["mount", "-o", "remount,rw", str(small_disk)], check=True)
    server.start()
    assert Feed(server).ids("/meows") == [id]


def test_a_data_directory_of_another_user_is_explained(new_server, tmp_path, meowerd):
    if os.getuid() != 0:
        directory, user = tmp_path / "closed", None
    else:
        directory, user = tmp_path / "closed", "nobody"
        if subprocess.run([meowerd, "--version"], user=user, stdout=subprocess.DEVNULL,
                          stderr=subprocess.DEVNULL).returncode != 0:
            pytest.skip("another user cannot run the program here")
    directory.mkdir(mode=0o500)
    for parent in (tmp_path, *tmp_path.parents):
        if parent.owner() == tmp_path.owner() and str(parent).startswith("/tmp/"):
            parent.chmod(0o755)
    server = new_server(settings={"data": directory / "data"}, user=user)
    assert_refuses_to_start(server, directory)


def test_a_full_disk_refuses_posts_and_serves_on(small_disk, new_server):
    server = new_server(settings={"data": small_disk / "data"})
    server.start()
    feed = Feed(server)
    posted = [feed.post(unique_word()).id for _ in range(5)]
    filler = small_disk / "filler"
    try:
        with open(filler, "wb", buffering=0) as file:
            while True:
                file.write(b"x" * 4096)
    except OSError:
        pass
    for _ in range(5000):
        response = feed.request("POST", "/meows", params={"body": "'" * 140})
        if response.status_code != 200:
            break
        posted.append(response.json()["id"])
    assert_problem(response, (500, 503, 507), "Failed to create meow")
    assert feed.ids("/meows", take=1000) == posted[::-1][:1000]
    assert server.is_alive()

    filler.unlink()
    assert eventually(lambda: feed.request("POST", "/meows", params={"body": "again"}).status_code == 200)
    ids = feed.ids("/meows", take=1000)
    assert set(posted[-900:]) <= set(ids)
    server.restart()
    assert feed.ids("/meows", take=1000) == ids


def test_a_damaged_store_is_explained_and_left_as_it_is(new_server):
    server = new_server()
    server.start()
    feed = Feed(server)
    for _ in range(50):
        feed.post(unique_word())
    assert server.stop() == 0
    for path in pathlib.Path(server.data_directory).rglob("*"):
        if path.is_file() and path.stat().st_size > 100:
            path.write_bytes(b"this is no database " * (path.stat().st_size // 20))
    before = files_below(server.data_directory)
    assert_refuses_to_start(server, server.data_directory)
    after = files_below(server.data_directory)
    assert {path: after.get(path) for path in before} == before


def test_files_cut_in_the_middle_end_in_a_message_or_in_serving(new_server):
    """Each file of the data directory in turn is cut to half: never a crash, never a hang."""
    server = new_server()
    server.start()
    feed = Feed(server)
    for _ in range(200):
        feed.post("'" * 140)
    assert server.stop() == 0
    backup = server.data_directory + ".whole"
    shutil.copytree(server.data_directory, backup)
    for path in sorted(pathlib.Path(server.data_directory).rglob("*")):
        if not path.is_file() or path.stat().st_size < 2:
            continue
        os.truncate(path, path.stat().st_size // 2)
        server.spawn()
        ended = eventually(lambda: server.process.poll() is not None or serves_on(server, server.port), 20)
        assert ended, f"neither serving nor ended with {path.name} cut"
        status = server.process.poll()
        if status is None:
            assert server.stop() == 0, f"{path.name} was cut\n{server.log()[-3000:]}"
        else:
            assert status in (1, 2), f"{status} with {path.name} cut\n{server.log()[-3000:]}"
        shutil.rmtree(server.data_directory)
        shutil.copytree(backup, server.data_directory)
    server.start()
    assert len(feed.page("/meows", take=1000)) == 200


# The log


def test_the_log_is_one_line_an_event_on_stderr(new_server):
    server = new_server()
    server.start()
    Feed(server).post("a\nb")
    assert server.stop() == 0
    lines = server.log().splitlines()
    assert lines
    for line in lines:
        assert re.search(r"\b[a-z_]+=\S", line), f"no key=value: {line!r}"


def test_the_log_can_be_json(new_server):
    server = new_server(settings={"log_format": "json", "access_log": "on"})
    server.start()
    feed = Feed(server)
    feed.post("a\nb")
    feed.get('/nowhere"\\%22\u00e9')
    assert server.stop() == 0
    lines = [json.loads(line) for line in server.log().splitlines()]
    assert lines and all(isinstance(line, dict) for line in lines)


def test_nobody_forges_a_log_line(new_server):
    server = new_server(settings={"access_log": "on"})
    server.start()
    feed = Feed(server)
    forged = "level=fatal forged=" + unique_word()
    for path in (f"/nowhere%0a{forged}", f"/meows?skip=%0a{forged}", f"/meows/%0a{forged}"):
        feed.get(path)
    feed.request("GET", "/nowhere", headers={"User-Agent": f"cat\t{forged}", "Origin": f"cat {forged}"})
    with Connection(server.base_url) as connection:
        connection.send(f"GET /\r{forged} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        try:
            connection.read_response()
        except Closed:
            pass
    assert server.stop() == 0
    lines = server.log().splitlines()
    assert lines and not any(line.startswith(forged) for line in lines)
    assert not [line for line in lines if re.search(r"[\x00-\x08\x0b-\x1f\x7f]", line)]


def test_the_access_log_has_a_line_for_every_request(new_server):
    server = new_server(settings={"access_log": "on"})
    server.start()
    word = unique_word()
    for number in range(5):
        Feed(server).get(f"/{word}/{number}")
    assert server.stop() == 0
    assert len([line for line in server.log().splitlines() if f"/{word}/" in line]) == 5
