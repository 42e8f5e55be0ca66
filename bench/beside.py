"""beside.py - meowerd beside a meowerd of another build, in turns on one machine: has a change made it slower or larger?"""

import contextlib
import pathlib
import re
import resource
import socket
import statistics
import time

import programs
from table import markdown

FRAME_CLIENTS = 1000
WINDOW = 16  # posts that may be ahead of their frames
IDLE_SOCKETS = 4000
PAUSE_MS = 20  # between two posts when latency is measured


def rss_kib(process):
    status = pathlib.Path(f"/proc/{process.popen.pid}/status").read_text()
    return int(re.search(r"VmRSS:\s*(\d+)", status).group(1))


def idle_sockets(process):
    """KiB in the process for each connection that asks for nothing."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    before = rss_kib(process)
    with contextlib.ExitStack() as sockets:
        for _ in range(IDLE_SOCKETS):
            sockets.enter_context(socket.create_connection(("127.0.0.1", programs.MEOWERD_PORT)))
        time.sleep(0.5)
        return (rss_kib(process) - before) / IDLE_SOCKETS


def measure(program, seconds):
    """One round of one program: figures by their names."""
    url = f"http://127.0.0.1:{programs.MEOWERD_PORT}"
    figures = {}
    with programs.meowerd(programs.data_folder("beside"), program) as process:
        figures["memory at start, KiB"] = rss_kib(process)
        figures["memory for an idle socket, KiB"] = idle_sockets(process)
        posts = programs.post_load(programs.MEOWERD_PORT, seconds)
        figures["posts/s"] = posts["per_second"]
        figures["posts, p99 in ms"] = posts["answer_p99_us"] / 1000
        process.wait_until_idle()
        pages = programs.wrk(f"{url}/meows?take=100", "report.lua", seconds)
        figures["pages of 100/s"] = pages["per_second"]
        frames = programs.tool("frame_clients", programs.MEOWERD_PORT, FRAME_CLIENTS, seconds, "post", WINDOW)
        figures["frames/s to 1,000 clients"] = frames["frames_per_second"]
        process.wait_until_idle()
        spans = programs.tool("latency", programs.MEOWERD_PORT, seconds * 1000 // (PAUSE_MS + 10), PAUSE_MS)
        for name in ("answered", "websocket", "search"):
            figures[f"post to {name}, p50 in ms"] = spans[f"{name}_p50_us"] / 1000
        figures["errors"] = posts["errors"] + pages["errors"] + frames["errors"] + frames["missing"] + spans["errors"]
    return figures


def other_build(rounds, seconds, beside):
    """meowerd beside the one of another build."""
    if beside is None:
        raise SystemExit("name the other build's folder of programs: --beside FOLDER")
    builds = {"ours": programs.MEOWERD, "theirs": beside / "meowerd"}
    found = {name: [] for name in builds}
    for number in range(1, rounds + 1):
        for name, program in builds.items():
            found[name].append(measure(program, seconds))
            programs.progress(f"round {number}: {name}: " + ", ".join(
                f"{figure} {value:,.2f}" for figure, value in found[name][-1].items()))
    rows = []
    for figure in found["ours"][0]:
        ours, theirs = (statistics.median(one[figure] for one in found[name]) for name in builds)
        rows.append((figure, f"{ours:,.2f}", f"{theirs:,.2f}", f"{ours / theirs:.2f}" if theirs else "–"))
    return markdown(("median of the rounds", "ours", "theirs", "ours / theirs"), rows)
