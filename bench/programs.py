"""programs.py - starts, loads, watches and stops the programs that are compared. Loopback only."""

import contextlib
import json
import os
import pathlib
import re
import resource
import shutil
import sqlite3
import subprocess
import sys
import time
import urllib.error
import urllib.request

BENCH = pathlib.Path(__file__).resolve().parent
BUILD = BENCH.parent / "build" / "release"
WORK = BENCH.parent / "build" / "bench"
MEOWERD = BUILD / "bin" / "meowerd"
NGINX = pathlib.Path(shutil.which("nginx", path="/usr/sbin:/usr/bin") or WORK / "nginx/usr/sbin/nginx")
MEOWERD_PORT, ADMIN_PORT, NGINX_PORT, SENDER_PORT = 18400, 18401, 18402, 18403
CONNECTIONS = 64
TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")


def progress(text):
    print(f"    {text}", file=sys.stderr, flush=True)


class Process:
    """A running program, with what it has used so far."""

    def __init__(self, command, log, cwd=None):
        self.log = WORK / log
        with open(self.log, "ab") as output:
            self.popen = subprocess.Popen(command, cwd=cwd, stdin=subprocess.DEVNULL, stdout=output, stderr=output)

    def pids(self):
        """It and its children (NGINX works in one)."""
        pid = self.popen.pid
        children = pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        return [pid, *map(int, children)]

    def cpu_seconds(self):
        ticks = 0
        for pid in self.pids():
            fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
            ticks += int(fields[11]) + int(fields[12])  # utime, stime: proc(5)
        return ticks / TICKS_PER_SECOND

    def peak_rss_mib(self):
        peak_kib = 0
        for pid in self.pids():
            status = pathlib.Path(f"/proc/{pid}/status").read_text()
            peak_kib += int(re.search(r"VmHWM:\s*(\d+)", status).group(1))
        return peak_kib / 1024

    def wait_until_it_answers(self, url):
        for _ in range(100):
            if self.popen.poll() is not None:
                break
            with contextlib.suppress(urllib.error.URLError, OSError):
                with urllib.request.urlopen(url, timeout=2) as answer:
                    return answer.read()
            time.sleep(0.1)
        raise SystemExit(f"{self.popen.args[0]} does not answer {url}; its output is in {self.log}")

    def wait_until_idle(self):
        """Work that the last load has caused, such as indexing, must not slow down the next competitor."""
        start = time.monotonic()
        used = self.cpu_seconds()
        while time.monotonic() < start + 20:
            time.sleep(0.3)
            used, before = self.cpu_seconds(), used
            if used - before <= 0.02:
                break
        return time.monotonic() - start

    def stop(self):
        self.popen.terminate()
        try:
            self.popen.wait(15)
        except subprocess.TimeoutExpired:
            self.popen.kill()
            self.popen.wait()


@contextlib.contextmanager
def stopped_at_the_end(process):
    try:
        yield process
    finally:
        process.stop()


def data_folder(name):
    """A new, empty folder for data."""
    folder = WORK / "data" / name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder


def feed_database(folder):
    """The file in which a meowerd that has ended kept its meows."""
    for path in sorted(folder.glob("*.db")):
        with contextlib.closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as database:
            if database.execute("SELECT 1 FROM sqlite_master WHERE name = 'meows'").fetchone():
                return path
    raise SystemExit(f"no feed in {folder}")


def meowerd(folder, program=MEOWERD):
    """Starts meowerd on a folder for its data."""
    process = Process([program, f"--data={folder}", f"--listen=127.0.0.1:{MEOWERD_PORT}",
                       f"--admin=127.0.0.1:{ADMIN_PORT}"], "meowerd.log")
    process.wait_until_it_answers(f"http://127.0.0.1:{ADMIN_PORT}/readyz")
    return stopped_at_the_end(process)


def rows_per_transaction():
    """How many posts the running meowerd has put into one transaction, on average."""
    with urllib.request.urlopen(f"http://127.0.0.1:{ADMIN_PORT}/metrics", timeout=2) as answer:
        numbers = dict(re.findall(r"^(meower_(?:posts|batches)_total) (\d+)$", answer.read().decode(), re.MULTILINE))
    return max(1, round(int(numbers["meower_posts_total"]) / int(numbers["meower_batches_total"])))


NGINX_CONFIGURATION = """
daemon off;
{user}
worker_processes 1;
pid {work}/nginx.pid;
error_log {work}/nginx-error.log;
events {{ worker_connections 4096; }}
http {{
    access_log off;
    client_body_temp_path {work};
    proxy_temp_path {work};
    fastcgi_temp_path {work};
    scgi_temp_path {work};
    uwsgi_temp_path {work};
    sendfile on;
    tcp_nopush on;
    keepalive_requests 1000000000;
    open_file_cache max=10;
    server {{
        listen 127.0.0.1:{port};
        location = /meows {{ default_type application/json; alias {work}/meows.json; }}
    }}
}}
"""


def nginx(page):
    """Starts NGINX with one worker, serving these bytes as GET /meows from a file."""
    user = "user root root;" if os.geteuid() == 0 else ""  # its worker must be able to read this folder
    (WORK / "meows.json").write_bytes(page)
    (WORK / "nginx.conf").write_text(NGINX_CONFIGURATION.format(work=WORK, port=NGINX_PORT, user=user))
    process = Process([NGINX, "-e", WORK / "nginx-error.log", "-c", WORK / "nginx.conf"], "nginx.log")
    process.wait_until_it_answers(f"http://127.0.0.1:{NGINX_PORT}/meows")
    return stopped_at_the_end(process)


def output_of(command, cwd=None):
    done = subprocess.run([str(part) for part in command], cwd=cwd, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{' '.join(map(str, command))} failed:\n{done.stdout}")
    return done.stdout


def wrk(url, script, seconds, *arguments, connections=CONNECTIONS):
    """One load of wrk: one thread, kept-alive connections; the arguments are the script's."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    output = output_of(["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "-s", script, url, "--", *arguments],
                       cwd=BENCH)
    result = json.loads(re.search(r"^result: (.*)$", output, re.MULTILINE).group(1))
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    spent = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    result["busy"] = spent * 1e6 / result["duration_us"]
    result["per_second"] = result["requests"] * 1e6 / result["duration_us"]
    return result


def post_load(port, seconds, connections=CONNECTIONS, rooms=0, authors=0):
    """Posts on kept-alive connections; the bodies are made before the clock starts. With rooms each has two labels."""
    result = tool("post_load", port, connections, seconds, rooms, authors)
    result["busy"] = result["spent_us"] / result["duration_us"]
    result["per_second"] = result["requests"] * 1e6 / result["duration_us"]
    return result


def tool(name, *arguments):
    """One run of a measuring program of this folder."""
    return json.loads(output_of([BUILD / "bench" / name, *arguments]))


def sender(clients, seconds, payload_bytes, frames_per_send):
    """Starts the bare sender of frames, which ends by itself."""
    return stopped_at_the_end(Process(
        [str(part) for part in (BUILD / "bench" / "frame_sender", SENDER_PORT, clients, seconds, payload_bytes,
                                frames_per_send)], "sender.log"))
