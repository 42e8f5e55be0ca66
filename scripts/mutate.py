#!/usr/bin/python3
"""mutate.py - do the tests notice a mistake? Changes one token of the C code at a time, at random, and runs the tests.

    mutate.py [--folder FOLDER] [--count N] [--seed N] [--tests WHAT] [--jobs N] [--list]

The working tree is never changed: everything happens in copies of it below build/mutate. The fastest tests that touch
the file run first, and a mutation is done with as soon as one of them fails. What does not compile is no mutation of
use, and another one takes its place. Mutations that no test notices are written to build/mutate/survivors.txt, where a
person says of each whether it is equivalent (the program does the same) or a test is missing.
"""

import argparse
import bisect
import dataclasses
import os
import pathlib
import random
import re
import shlex
import shutil
import signal
import subprocess
import sys
import threading
import time

PROJECT = pathlib.Path(__file__).resolve().parents[1]
WORK = PROJECT / "build/mutate"
BUILD = "build/dev"
ENGINES = ("postgresql", "nats", "kafka", "elasticsearch")  # MEOWER_TEST_POSTGRESQL and so on say where one runs
SIMULATION = "sim"  # has mutants of its own, which do not fit a file that is changed
OPTIONS = ("MEOWER_BUILD_PAGE", "MEOWER_BUILD_BENCH", "MEOWER_BUILD_EXAMPLES", "MEOWER_BUILD_MANUAL")  # not needed here
LEAST_LIMIT_S = 30  # a step may take this long, or LIMIT_FACTOR times as long as without a mutation
LIMIT_FACTOR = 4
BUILD_LIMIT_S = 1200
STOP_S = 10  # for the tests to end their servers when they are stopped


def engines_that_are_missing():
    """Nobody can notice a mistake in what speaks to an engine that does not run; scripts/servers.sh starts them."""
    return [engine for engine in ENGINES if not os.environ.get(f"MEOWER_TEST_{engine.upper()}")]


# ---- mutations ------------------------------------------------------------------------------------------------------

TOKEN = re.compile(r"""
    (?P<space>\s+|//[^\n]*|/\*.*?\*/|\\\n)
  | (?P<text>"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*')
  | (?P<directive>^[ \t]*\#[ \t]*(?:include|if|ifdef|ifndef|elif|else|endif|undef|error|pragma)[^\n]*)
  | (?P<define>^[ \t]*\#[ \t]*define[ \t]+\w+(?:\([^)\n]*\))?)
  | (?P<number>0[xX][0-9a-fA-F]+[uUlL]*|\d+(?:\.\d+)?[uUlLfF]*)
  | (?P<name>[A-Za-z_]\w*)
  | (?P<operator><<=|>>=|->|\+\+|--|<<|>>|<=|>=|==|!=|&&|\|\||[-+*/%&|^]=|.)
""", re.X | re.S | re.M)

SWAPS = {
    "<": ("<=", ">"), "<=": ("<", ">"), ">": (">=", "<"), ">=": (">", "<"), "==": ("!=",), "!=": ("==",),
    "&&": ("||",), "||": ("&&",), "!": ("",), "+=": ("-=",), "-=": ("+=",), "++": ("--",), "--": ("++",),
    "<<": (">>",), ">>": ("<<",), "%": ("/",), "|=": ("&=",), "&=": ("|=",),
    "true": ("false",), "false": ("true",), "break": ("continue",), "continue": ("break",),
    "MEOWER_OK": ("MEOWER_ERROR_IO",),
}
ENDS_A_VALUE = re.compile(r"\w+$|[)\]]$")  # before a binary operator
STATEMENT = re.compile(r"^(?P<indent>[ \t]+)(?P<code>(?:\*?[A-Za-z_][\w.\[\]>-]*(?:\(.*\)| [-+|&*/]?= .*)|"
                       r"[\w.>-]+(?:\+\+|--));)$", re.M)
NO_STATEMENT = re.compile(r"return|goto|case|else|do|break|continue|va_end|va_start")
BEFORE_A_STATEMENT = re.compile(r"(?:[;{}:]|\*/)\s*$")
RETURN = re.compile(r"^[ \t]+return (?P<value>[^\n]+);$", re.M)
FUNCTION = re.compile(r"^(?P<type>[A-Za-z_][\w \t*]*?)\b\w+\([^;{]*\)\n\{", re.M)


@dataclasses.dataclass(frozen=True)
class Mutation:
    path: str  # in the tree
    start: int
    end: int
    new: str
    line: int
    old: str

    def __str__(self):
        return f'{self.path}:{self.line}: "{self.old}" -> "{self.new}"'


def neighbours(number):
    """The constant plus and minus 1, as C text; 0 has no neighbour below: it would often not compile."""
    digits = re.match(r"0[xX][0-9a-fA-F]+|\d+", number).group()
    suffix, base = number[len(digits):], 16 if digits[:2] in ("0x", "0X") else 10
    if "." in number:
        return []
    value = int(digits, base)
    values = [value + 1] + ([value - 1] if value > 0 else [])
    return [(hex(one) if base == 16 else str(one)) + suffix for one in values]


def changes_of_tokens(text):
    """(start, end, new) for every token that can be another one."""
    before = ""
    for token in TOKEN.finditer(text):
        kind, old = token.lastgroup, token.group()
        if kind == "space":
            continue
        if kind == "number":
            for new in neighbours(old):
                yield token.start(), token.end(), new
        elif kind in ("operator", "name"):
            new_ones = SWAPS.get(old, ())
            if old in ("+", "-") and ENDS_A_VALUE.search(before) and before != "return":
                new_ones = ("-" if old == "+" else "+",)
            for new in new_ones:
                yield token.start(), token.end(), new
        before = old


def changes_of_statements(text):
    """(start, end, new): a statement on a line of its own is left out, a truth value is returned as its opposite."""
    for found in STATEMENT.finditer(text):
        if BEFORE_A_STATEMENT.search(text, 0, found.start()) and not NO_STATEMENT.match(found["code"]):
            yield found.start("code"), found.end("code"), ";"
    functions = list(FUNCTION.finditer(text))
    starts = [function.start() for function in functions]
    for found in RETURN.finditer(text):
        number = bisect.bisect(starts, found.start()) - 1
        is_truth = number >= 0 and functions[number]["type"].split()[-1:] == ["bool"]
        if is_truth and found["value"] not in ("true", "false"):
            yield found.start("value"), found.end("value"), f"!({found['value']})"


def mutations_of(tree, folder):
    mutations = []
    missing = engines_that_are_missing()
    for path in sorted((tree / folder).rglob("*.[ch]")):
        if any(engine in path.name for engine in missing):
            continue
        text = path.read_text(encoding="utf-8")
        for start, end, new in [*changes_of_tokens(text), *changes_of_statements(text)]:
            mutations.append(Mutation(str(path.relative_to(tree)), start, end, new, text.count("\n", 0, start) + 1,
                                      " ".join(text[start:end].split())))
    return mutations


# ---- programs -------------------------------------------------------------------------------------------------------

class Programs:
    """Runs programs, each in a process group of its own, and ends all of them when it is stopped."""

    def __init__(self):
        self.lock = threading.Lock()
        self.running = set()
        self.is_stopped = False

    def run(self, command, directory, limit_s):
        """The exit status and what was printed; the status is None when the time was over."""
        with self.lock:
            if self.is_stopped:
                raise KeyboardInterrupt
            process = subprocess.Popen(command, cwd=directory, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                       stderr=subprocess.STDOUT, text=True, errors="replace", start_new_session=True)
            self.running.add(process)
        try:
            output, _ = process.communicate(timeout=limit_s)
            status = process.returncode
        except subprocess.TimeoutExpired:
            output, status = "", None
        finally:
            self.end(process)
            with self.lock:
                self.running.discard(process)
        if self.is_stopped:
            raise KeyboardInterrupt
        return status, output

    @staticmethod
    def end(process):
        """Ends a program with all that it has started: SIGINT, so that tests end their servers, then SIGKILL."""
        def tell(number):
            try:
                os.killpg(process.pid, number)
                return True
            except ProcessLookupError:
                return False

        tell(signal.SIGINT)
        until = time.monotonic() + STOP_S
        while time.monotonic() < until and tell(0):
            process.poll()
            time.sleep(0.05)
        tell(signal.SIGKILL)
        process.wait()

    def stop(self):
        with self.lock:
            self.is_stopped = True
            running = list(self.running)
        for process in running:
            self.end(process)


# ---- trees and tests ------------------------------------------------------------------------------------------------

@dataclasses.dataclass
class Step:
    """Tests that run together, and what they need to be built."""

    name: str
    command: list
    targets: list
    limit_s: float = BUILD_LIMIT_S


class Tree:
    """A copy of the working tree with a build of its own."""

    def __init__(self, root, programs):
        self.root, self.programs = root, programs

    def make(self):
        """Copies what git knows or would take, and configures. Files that are the same stay, so that little is built."""
        listed = subprocess.run(["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"], cwd=PROJECT,
                                check=True, stdout=subprocess.PIPE, text=True).stdout
        wanted = {name for name in listed.split("\0") if name and (PROJECT / name).is_file()}
        for path in sorted(self.root.rglob("*")):
            name = str(path.relative_to(self.root))
            if path.is_file() and not name.startswith("build/") and name not in wanted:
                path.unlink()
        for name in wanted:
            source, copy = PROJECT / name, self.root / name
            if not copy.exists() or source.read_bytes() != copy.read_bytes():
                copy.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(source, copy)
        self.must_run(["cmake", "--preset", "dev", *(f"-D{option}=OFF" for option in OPTIONS)])

    def must_run(self, command):
        status, output = self.programs.run(command, self.root, BUILD_LIMIT_S)
        if status != 0:
            sys.exit(f"{output[-6000:]}\nwithout any mutation, this failed: {shlex.join(command)}")

    def build(self, targets):
        if not targets:
            return True
        status, _ = self.programs.run(["cmake", "--build", BUILD, "-j2", "--target", *targets], self.root, BUILD_LIMIT_S)
        return status == 0

    def suites(self):
        """The names of the C suites that can run."""
        _, output = self.programs.run(["ctest", "--test-dir", BUILD, "-N"], self.root, 60)
        without = {SIMULATION, *engines_that_are_missing()}
        return [name for name in re.findall(r"Test +#\d+: (\S+)", output) if not without & set(name.split("_"))]


def ctest(names):
    pattern = "^(" + "|".join(names) + ")$"
    return ["ctest", "--test-dir", BUILD, "-j2", "--stop-on-failure", "--output-on-failure", "-R", pattern]


def suites_for(folder, suites):
    """Those that can notice a mistake there: the server's own for the daemons, all others for the library."""
    top = pathlib.PurePath(folder).parts[:1]
    if top not in (("daemons",), ("libmeower",)):
        return suites
    return [name for name in suites if name.startswith("test_server_") == (top == ("daemons",))]


def suites_near(path, suites):
    """Those named after the file: test_server_ring for ring.c, test_sqlite_batch or test_sqlite_store for
    sqlite_batch.c."""
    stem = pathlib.Path(path).stem
    named = [name for name in suites if name.endswith(f"_{stem}")]
    first = stem.split("_")[0]
    return named or [name for name in suites if first in name.split("_")]


BLACK_BOX = Step("the black box", [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", "tests/http"],
                 ["meowerd", "meowctl", "meower-commandd", "meower-queryd", "meower-pusherd"])


def steps_of(arguments, suites):
    """The steps after those of a single file."""
    c_suites = Step("the C suites", ctest(suites), suites)
    sets = {"c": [c_suites], "http": [BLACK_BOX], "all": [c_suites, BLACK_BOX]}
    if arguments.tests in sets:
        return sets[arguments.tests]
    return [Step(arguments.tests, ["sh", "-c", arguments.tests], ["all"])]


# ---- the run --------------------------------------------------------------------------------------------------------

class Run:
    def __init__(self, arguments, programs):
        self.arguments, self.programs = arguments, programs
        self.lock = threading.Lock()
        self.results = []  # (mutation, who noticed it, or None)
        self.under_way = 0
        self.refused = 0
        self.failure = None

    def prepare(self):
        """Makes the trees and sees that all tests pass there as the code is."""
        self.trees = [Tree(WORK / f"tree{number}", self.programs) for number in range(self.arguments.jobs)]
        for tree in self.trees:
            tree.root.mkdir(parents=True, exist_ok=True)
            tree.make()
        suites = suites_for(self.arguments.folder, self.trees[0].suites())
        self.suites = suites if self.arguments.tests in ("c", "all") else []
        self.steps = steps_of(self.arguments, suites)
        for step in self.steps:
            print(f"without a mutation: {step.name}", end="", flush=True)
            for tree in self.trees:
                if not tree.build(step.targets):
                    sys.exit(f"\n{step.name}: the build failed without any mutation")
            begun = time.monotonic()
            self.trees[0].must_run(step.command)
            took_s = time.monotonic() - begun
            step.limit_s = max(LEAST_LIMIT_S, LIMIT_FACTOR * took_s)
            print(f", {took_s:.0f} s", flush=True)
        self.candidates = mutations_of(self.trees[0].root, self.arguments.folder)
        random.Random(self.arguments.seed).shuffle(self.candidates)
        print(f"{len(self.candidates)} mutations are possible in {self.arguments.folder}; "
              f"{self.arguments.count} of them, seed {self.arguments.seed}:", flush=True)

    def try_one(self, tree, mutation):
        """Who noticed the mutation; "" when it does not compile; None when it survived."""
        near = suites_near(mutation.path, self.suites)
        steps = ([Step(", ".join(near), ctest(near), near, self.steps[0].limit_s)] if near else []) + self.steps
        for step in steps:
            if not tree.build(step.targets):
                return ""
            status, output = self.programs.run(step.command, tree.root, step.limit_s)
            if status is None:
                return f"{step.name} (the time was over)"
            if status != 0:
                failed = re.search(r"^FAILED (\S+)|^\s*\d+ - (\w+) \(", output, re.M)
                return next(filter(None, failed.groups())) if failed else step.name
        return None

    def work(self, tree):
        try:
            while True:
                with self.lock:
                    is_done = len(self.results) + self.under_way >= self.arguments.count or not self.candidates
                    if is_done or self.failure is not None:
                        return
                    mutation = self.candidates.pop()
                    self.under_way += 1
                path = tree.root / mutation.path
                text = path.read_text(encoding="utf-8")
                begun = time.monotonic()
                try:
                    path.write_text(text[:mutation.start] + mutation.new + text[mutation.end:], encoding="utf-8")
                    noticed_by = self.try_one(tree, mutation)
                finally:
                    path.write_text(text, encoding="utf-8")
                self.tell(mutation, noticed_by, time.monotonic() - begun)
        except BaseException as failure:  # handed to the main thread
            self.failure = failure

    def tell(self, mutation, noticed_by, took_s):
        with self.lock:
            self.under_way -= 1
            if noticed_by == "":
                self.refused += 1
                return
            self.results.append((mutation, noticed_by))
            outcome = "SURVIVED" if noticed_by is None else f"noticed by {noticed_by}"
            print(f"{len(self.results):3}/{self.arguments.count}  {mutation}  {outcome}, {took_s:.0f} s", flush=True)
            self.write_survivors()

    def run(self):
        threads = [threading.Thread(target=self.work, args=(tree,), daemon=True) for tree in self.trees]
        for thread in threads:
            thread.start()
        try:
            for thread in threads:
                while thread.is_alive():
                    thread.join(0.2)
        except KeyboardInterrupt:
            self.programs.stop()
            for thread in threads:
                thread.join()
            raise
        if self.failure is not None:
            raise self.failure

    def survivors(self):
        return [mutation for mutation, noticed_by in self.results if noticed_by is None]

    def write_survivors(self):
        lines = [f"{len(self.survivors())} of {len(self.results)} mutations of {self.arguments.folder} survived, seed "
                 f"{self.arguments.seed}. Each is equivalent (say why), or a test is missing.", ""]
        for mutation in self.survivors():
            line = (PROJECT / mutation.path).read_text(encoding="utf-8").splitlines()[mutation.line - 1]
            lines += [str(mutation), f"    {line.strip()}", ""]
        (WORK / "survivors.txt").write_text("\n".join(lines), encoding="utf-8")

    def sum_up(self):
        count = len(self.results)
        if count == 0:
            return
        noticed = count - len(self.survivors())
        print(f"{noticed} of {count} noticed ({100 * noticed / count:.0f} %), {self.refused} more did not compile")
        if self.survivors():
            print(f"survivors, for a person to judge: {(WORK / 'survivors.txt').relative_to(PROJECT)}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--folder", default="daemons/server", help="whose C files are changed (daemons/server)")
    parser.add_argument("--count", type=int, default=20, help="mutations to try (20)")
    parser.add_argument("--seed", type=int, default=random.randrange(10**6), help="the same seed draws the same ones")
    parser.add_argument("--tests", default="all", metavar="WHAT",
                        help="c: the C suites; http: the black box; all: both (all); or any shell command")
    parser.add_argument("--jobs", type=int, default=1, help="mutations at once, each in a tree of its own (1)")
    parser.add_argument("--list", action="store_true", help="only print the mutations that are possible")
    arguments = parser.parse_args()
    arguments.folder = arguments.folder.strip("/")
    if not (PROJECT / arguments.folder).is_dir():
        parser.error(f"there is no folder {arguments.folder}")
    if arguments.list:
        print("\n".join(map(str, mutations_of(PROJECT, arguments.folder))))
        return 0
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    programs = Programs()
    run = Run(arguments, programs)
    status = 0
    try:
        run.prepare()
        run.run()
    except KeyboardInterrupt:
        print("\nstopped", flush=True)
        status = 128 + signal.SIGINT
    finally:
        programs.stop()
    run.sum_up()
    return status


if __name__ == "__main__":
    sys.exit(main())
