#!/usr/bin/python3
"""manual.py PROGRAM SECTION VERSION EXTRA - prints the manual page of a program, made of its --help, whose texts come
from the program's own tables. What --help does not say (files, signals, examples) is in the file EXTRA, as it is."""

import pathlib
import re
import subprocess
import sys

ENTRY = re.compile(r"^  (?P<term>--[\w-]+(?: [A-Z][A-Z:]*| [a-z|]+)?|[a-z-]+(?: [A-Z]+)?)(?:  +| (?=[A-Z]))(?P<text>\S.*)$")
ENTRY_ALONE = re.compile(r"^  (?P<term>--[\w-]+ [A-Z:]+)$")
HEADING = re.compile(r"^[A-Z][\w ]*:?$")


def escape(text):
    text = text.replace("\\", "\\e").replace("-", "\\-").replace("'", "\\(aq")
    return "\\&" + text if text.startswith(".") else text


def term(text):
    name, _, argument = text.partition(" ")
    return f".B {escape(name)}" if not argument else f".BI {escape(name)} \" {escape(argument)}\""


def body(lines):
    """The part of --help after the usage line: headings, entries with their continuation lines, and paragraphs."""
    for line in lines:
        entry = ENTRY.match(line) or ENTRY_ALONE.match(line)
        if entry:
            yield from (".TP", term(entry["term"]))
            if "text" in entry.groupdict():
                yield escape(entry["text"])
        elif HEADING.match(line):
            yield f".SH {line.rstrip(':').upper()}"
        elif not line.strip():
            yield ".PP"
        else:
            yield escape(line.strip())


def page(program, section, version, extra):
    text = subprocess.run([program, "--help"], check=True, capture_output=True, text=True, timeout=60).stdout
    name, summary = text.splitlines()[0].split(" - ", 1)
    lines = text.splitlines()[1:]
    usage = next(line for line in lines if line.startswith("Usage: "))
    rest = lines[lines.index(usage) + 1:]
    if rest and not HEADING.match(next(line for line in rest if line)):
        rest = ["Description"] + rest
    out = [f'.TH {name.upper()} {section} "" "meower {version}" "meower"', ".nh", ".SH NAME", f"{escape(name)} \\- {escape(summary)}",
           ".SH SYNOPSIS", escape(usage.removeprefix("Usage: ")).replace(escape(name), f"\\fB{escape(name)}\\fR", 1)]
    out += body(rest)
    cleaned = [line for number, line in enumerate(out)
               if line != ".PP" or not (number + 1 == len(out) or out[number + 1].startswith((".SH", ".TP", ".PP"))
                                        or out[number - 1].startswith(".SH"))]
    return "\n".join(cleaned) + "\n" + pathlib.Path(extra).read_text()


if __name__ == "__main__":
    if len(sys.argv) != 5:
        sys.exit(__doc__)
    print(page(*sys.argv[1:]), end="")
