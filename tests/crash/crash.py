"""kill -9 at random moments under load, again and again, and after each: whatever was answered is there, once, in the
list, in the index and in the replay; a live client that comes back with its cursor gets each event once.

    tests/crash/crash.py [--stack NAME] [--cycles N] [--seed N] [--programs FOLDER]

A cycle: start what is dead; check what was sent before; post and delete for 50 to 200 ms; kill.
"""

import argparse
import collections
import pathlib
import random
import shutil
import sys
import tempfile
import threading
import time

import stacks
from book import Book, Follower, Line

THREADS = 6
LOAD_S = (0.05, 0.2)
EARLY = 0.1  # of the kills come while it is starting
FOLLOW_S = 60


def load_and_kill(stack, book, word, victim, chance):
    over = threading.Event()
    threads = [threading.Thread(target=book.post_until, args=(word, number, over, 0.02))
               for number in range(THREADS)]
    for thread in threads:
        thread.start()
    time.sleep(chance.uniform(*LOAD_S))
    stack.kill(victim)
    if victim not in ("all", "meowerd", "commandd"):
        time.sleep(chance.uniform(*LOAD_S))  # the others go on
    over.set()
    for thread in threads:
        thread.join()


def kill_while_starting(stack, chance):
    """Starts our processes, and kills them before they are ready or just when they are."""
    for daemon in stack.daemons.values():
        if not daemon.is_alive():
            daemon.spawn()
    time.sleep(chance.uniform(0, 0.06))
    stack.kill("all")


def play(stack, cycles, seed, report):
    chance = random.Random(seed)
    stack.start()
    book = Book(stack)
    line = Line(stack.query)
    start = line.page("/meows?take=1")[1]["Meower-Cursor"]
    line.close()
    book.cursor = start
    follower = Follower(stack.pusher, start)
    follower.start()
    killed = collections.Counter()
    for cycle in range(cycles):
        if chance.random() < EARLY:
            stack.kill("all")
            kill_while_starting(stack, chance)
            killed["starting"] += 1
        else:
            word = "".join(chance.choice("bcdfghjklmnpqrstvwxz") for _ in range(12))
            victim = stack.victim(chance)
            load_and_kill(stack, book, word, victim, chance)
            killed[victim] += 1
            stack.start()
            book.check(word, follower, FOLLOW_S)
        stack.start()
        if (cycle + 1) % 50 == 0:
            report(cycle + 1, book, follower)
    book.check_everything(start)
    follower.is_over = True
    stack.stop()
    follower.join()
    stack.check_files()
    return book, follower, killed


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--stack", default="sqlite", choices=stacks.NAMES)
    parser.add_argument("--cycles", type=int, default=300)
    parser.add_argument("--seed", type=int, default=random.randrange(1_000_000))
    parser.add_argument("--programs", default=str(stacks.PROJECT / "build/dev/bin"), type=pathlib.Path)
    arguments = parser.parse_args()
    directory = tempfile.mkdtemp(prefix="meower-crash-")
    begin = time.monotonic()

    def report(cycle, book, follower):
        print(f"{cycle:6} cycles, {len(book.ids)} posts answered, {time.monotonic() - begin:.0f} s", flush=True)

    stack = stacks.make(arguments.stack, pathlib.Path(arguments.programs).resolve(), directory)
    try:
        book, follower, killed = play(stack, arguments.cycles, arguments.seed, report)
    except BaseException as failure:
        print(f"{stack.name}, seed {arguments.seed}: {type(failure).__name__}: {failure}\nfiles and logs are in {directory}")
        print("tally: 0 1 0", flush=True)
        for daemon in stack.daemons.values():
            if daemon.is_alive():
                daemon.kill()
        if not isinstance(failure, AssertionError):
            raise
        return 1
    stack.close()
    shutil.rmtree(directory)
    kills = ", ".join(f"{name} {count}" for name, count in sorted(killed.items()))
    print(f"{stack.name}: {arguments.cycles} cycles in {time.monotonic() - begin:.0f} s (killed: {kills})")
    print(f"{len(book.ids)} posts answered, 0 lost, 0 twice; {book.unanswered} repeated that got no answer; "
          f"{len(book.deleted)} deleted; {len(follower.events)} events at a live client that came back "
          f"{follower.resumptions} times, each once")
    print("tally: 1 0 0")
    return 0


if __name__ == "__main__":
    sys.exit(main())
