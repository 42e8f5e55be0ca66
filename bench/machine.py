"""machine.py - what the figures were measured on."""

import datetime
import os
import pathlib
import re
import sqlite3
import subprocess
import time


def first_line(*command):
    """The first line a command prints, or "unknown"."""
    try:
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=True)
        return done.stdout.splitlines()[0].strip()
    except (OSError, subprocess.CalledProcessError, IndexError):
        return "unknown"


def package_version(package):
    return first_line("dpkg-query", "-W", "-f", "${Version}", package)


def field(path, name, separator=":"):
    """The value of a line "name : value" of a file in /proc."""
    match = re.search(rf"^{name}\s*{separator}\s*(.*)$", pathlib.Path(path).read_text(), re.MULTILINE)
    return match.group(1) if match else "unknown"


def filesystem(folder):
    """The kind of file system that holds a folder, and its mount options."""
    folder, best = str(pathlib.Path(folder).resolve()), ("", "unknown", "")
    for line in pathlib.Path("/proc/mounts").read_text().splitlines():
        _, mount, kind, options = line.split()[:4]
        inside = folder == mount or folder.startswith(mount.rstrip("/") + "/")
        if inside and len(mount) >= len(best[0]):
            best = (mount, kind, options)
    return f"{best[1]} ({best[2]})"


def busy(seconds):
    """The share of all cores that this machine was busy for so long, while we do nothing."""
    def read():
        user, nice, system, idle, io_wait = map(int, field("/proc/stat", "cpu", "").split()[:5])
        return user + nice + system, idle + io_wait
    (busy_before, idle_before), _, (busy_after, idle_after) = read(), time.sleep(seconds), read()
    return (busy_after - busy_before) / max(1, busy_after - busy_before + idle_after - idle_before)


def describe(meowerd, nginx, data):
    """Lines of a Markdown list."""
    memory_gib = int(field("/proc/meminfo", "MemTotal").split()[0]) / 1024 / 1024
    commit = first_line("git", "rev-parse", "--short", "HEAD")
    dirty = " with changes" if subprocess.run(["git", "diff", "--quiet", "HEAD"], check=False).returncode else ""
    return [
        f"- Date: {datetime.datetime.now(datetime.timezone.utc):%Y-%m-%d %H:%M} UTC; commit {commit}{dirty}; "
        f"machine {busy(2):.0%} busy before the start",
        f"- Machine: {field('/proc/cpuinfo', 'model name')}, {os.cpu_count()} cores shared by server and clients, "
        f"{memory_gib:.0f} GiB; Linux {os.uname().release}; data on {filesystem(data)}",
        f"- Versions: {first_line(meowerd, '--version')}; SQLite {sqlite3.sqlite_version}; "
        f"libwebsockets {package_version('libwebsockets-dev')}; {first_line(nginx, '-v')}; "
        f"wrk {package_version('wrk')}; {first_line('gcc', '--version')}",
        "- Durability: SQLite, journal_mode=WAL, synchronous=FULL, for every row, ours and the bare loop's",
    ]
