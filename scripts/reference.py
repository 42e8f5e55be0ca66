#!/usr/bin/python3
"""reference.py - the public headers are the manual: reads them, checks their comments, and makes pages of them.

    reference.py check                 every function's comment is complete; "Since" fits what abi/ promises
    reference.py markdown FOLDER       one page a header
    reference.py man FOLDER VERSION    one manual page (section 3) a comment, aliases for all its functions
    reference.py symbols [--debian]    each function with the version that brought it, or as debian/*.symbols has it
"""

import dataclasses
import pathlib
import re
import sys

PROJECT = pathlib.Path(__file__).resolve().parents[1]
FIRST = ["meower", "base", "meow", "options", "command", "query", "subscription"]  # in reading order, then the others
THREAD_RULE = re.compile(r"any thread|one thread at a time|no other call on|thread rule as|otherwise as|the same as",
                         re.I)
ERRORS = re.compile(r"errors?\b|returns?\b|status|as above|otherwise as", re.I)


@dataclasses.dataclass
class Block:
    """A comment and the declarations under it, down to the next empty line."""

    comment: str
    code: str
    line: int
    functions: list = dataclasses.field(default_factory=list)

    def title(self):
        """What the block declares: its functions, its type, or its first constant."""
        if self.functions:
            return ", ".join(f"{name}()" for name in self.functions)
        typedef = re.search(r"(?:typedef struct \w+ (\w+);|^\} (\w+);)", self.code, re.M)
        if typedef:
            return typedef.group(1) or typedef.group(2)
        constant = re.search(r"\b(MEOWER_\w+)", self.code)
        return constant.group(1) if constant else ""


@dataclasses.dataclass
class Header:
    name: str
    summary: str
    intro: str
    blocks: list


def plain(comment):
    """The text of a comment, without its frame."""
    text = re.sub(r"^/\*+ ?|\s*\*/$", "", comment.strip())
    return "\n".join(re.sub(r"^ \* ?|^ \*$", "", line).rstrip() for line in text.splitlines()).strip("\n")


def functions_of(code):
    """The functions that code declares: the name before its parameters."""
    names = []
    for declaration in re.findall(r"^MEOWER_API\s+([^;]*);", re.sub(r"/\*.*?\*/", "", code, flags=re.S), re.S | re.M):
        names.append(re.search(r"\b(meower_\w+)\s*\((?!\*)", declaration).group(1))
    return names


def read(name):
    """A header as an introduction and blocks. A block begins with a comment at the margin."""
    text = (PROJECT / f"include/meower/{name}.h").read_text()
    intro = re.match(r"/\*.*?\*/", text, re.S).group(0)
    summary, _, rest = plain(intro).partition("\n")
    blocks = []
    pattern = re.compile(r"^(/\*(?! ----).*?\*/)\n((?:(?!\n\n|/\* ----).)*)", re.S | re.M)
    for found in pattern.finditer(text, len(intro)):
        code = found.group(2)
        if code.lstrip().startswith(("#if", "#endif")) or not code.strip():
            continue
        if "{" in code and code.count("{") > code.count("}"):  # a struct or enum with empty lines inside
            end = text.index("\n}", found.end())
            code = text[found.start(2):text.index("\n", end + 1)]
            code += (";" if not code.endswith(";") and code.rstrip().endswith("}") else "")
        line = text.count("\n", 0, found.start()) + 1
        blocks.append(Block(plain(found.group(1)), code.rstrip(), line, functions_of(code)))
    return Header(name, summary.split(" - ", 1)[1], rest.strip("\n"), blocks)


def headers():
    others = sorted(path.stem for path in (PROJECT / "include/meower").glob("*.h") if path.stem not in FIRST)
    return [read(name) for name in FIRST + others]


def since(block):
    found = re.search(r"Since\s+(\d+\.\d+)", block.comment)
    return found.group(1) if found else None


# ---- check ----------------------------------------------------------------------------------------------------------


def version():
    text = (PROJECT / "include/meower/base.h").read_text()
    return tuple(int(re.search(rf"MEOWER_VERSION_{part} (\d+)", text).group(1)) for part in ("MAJOR", "MINOR"))


def faults_of(block, promised):
    """What is missing in the comment of a block of functions."""
    comment = " ".join(block.comment.split())
    number = since(block)
    if number is None:
        yield 'it does not say "Since"'
    elif tuple(map(int, number.split("."))) > version():
        yield f"it says Since {number}, which is yet to come"
    elif tuple(map(int, number.split("."))) < version() and not set(block.functions) <= promised:
        yield f"it says Since {number}, but abi/libmeower.abixml does not have it: it comes with this version"
    if not THREAD_RULE.search(comment):
        yield "it has no thread rule"
    known = {"error", "out", "instance", "command", "query", "subscription", "page", "options", "void"}
    for parameters in re.findall(r"\bmeower_\w+\(([^()]*)\)", re.sub(r"/\*.*?\*/", "", block.code, flags=re.S)):
        for name in (re.search(r"(\w+)(?:\[\w*\])?$", parameter.strip()) for parameter in parameters.split(",")):
            if name and name.group(1) not in known and not re.search(rf"\b{name.group(1)}\b", comment):
                yield f"it does not mention {name.group(1)}"
    if re.search(r"MEOWER_API int\b", block.code) and not ERRORS.search(comment + block.code):
        yield "it does not say what is returned"


def check():
    faults = []
    promised = set(re.findall(r"elf-symbol name='(\w+)'", (PROJECT / "abi/libmeower.abixml").read_text()))
    layout = (PROJECT / "tests/abi/test_layout.c").read_text()
    count = 0
    for header in headers():
        text = (PROJECT / f"include/meower/{header.name}.h").read_text()
        found = [name for block in header.blocks for name in block.functions]
        for name in functions_of(text):
            if name not in found:
                faults.append(f"{header.name}.h: {name}() has no comment above it")
        for block in header.blocks:
            count += len(block.functions)
            faults += [f"{header.name}.h:{block.line}: {block.title()}: {fault}" for fault in
                       (faults_of(block, promised) if block.functions else ())]
        for struct in re.findall(r"^\} (meower_\w+);", text, re.M):
            if f"sizeof({struct})" not in layout:
                faults.append(f"{header.name}.h: tests/abi/test_layout.c does not hold the size of {struct}")
        for constant in re.findall(r"^    (MEOWER_\w+)\s*=", text, re.M):
            if f"({constant}, " not in layout:
                faults.append(f"{header.name}.h: tests/abi/test_layout.c does not hold the number of {constant}")
    if faults or count < 20:
        sys.exit("\n".join(faults or ["the functions were not found: this check needs repair"]))
    print(f"{count} functions are described, each since a version")


# ---- pages ----------------------------------------------------------------------------------------------------------


def markdown_text(text):
    """Comment text as Markdown: names become code, indented parts stay as they are."""
    out = []
    for line in text.splitlines():
        if line.startswith("    ") or re.match(r"  [A-Z]\w+ {3,}", line):
            out.append("    " + line)
            continue
        line = re.sub(r"([*_<>\[\]|])", r"\\\1", line)
        line = re.sub(r"`([^`]*)`|\b((?:meower|MEOWER)\\_[\w\\]+(?:\(\))?)",
                      lambda match: "`" + (match.group(1) or match.group(2)).replace("\\", "") + "`", line)
        out.append(line)
    return "\n".join(out)


def markdown(folder):
    folder.mkdir(parents=True, exist_ok=True)
    index = ["# API reference", "", "Made from the public headers. Start with [meower.h](meower.md); the conventions of the"
             " whole API are in [base.h](base.md).", "", "| header | what it is for |", "|---|---|"]
    names = []
    for header in headers():
        page = [f"# {header.name}.h", "", header.summary[0].upper() + header.summary[1:], "", markdown_text(header.intro)]
        for block in header.blocks:
            page += ["", f"## {block.title()}", "", "```text", block.code, "```", "", markdown_text(block.comment)]
            names += [(name, header.name, block.title()) for name in block.functions]
        (folder / f"{header.name}.md").write_text("\n".join(page) + "\n")
        index.append(f"| [{header.name}.h]({header.name}.md) | {header.summary} |")
    index += ["", "## Every function", "", "| function | header |", "|---|---|"]
    index += [f"| `{name}()` | [{header}.h]({header}.md) |" for name, header, _ in sorted(names)]
    (folder / "index.md").write_text("\n".join(index) + "\n")


def roff(text):
    """Text for a manual page; lines that begin with a space keep their shape."""
    text = text.replace("\\", "\\e").replace("-", "\\-")
    out = []
    shaped = False
    for line in text.splitlines():
        if line.startswith("  ") != shaped and line:
            out.append(".EX" if not shaped else ".EE")
            shaped = not shaped
        line = "\\&" + line if line[:1] in (".", "'") else line
        out.append(line if line else (".PP" if not shaped else ""))
    if shaped:
        out.append(".EE")
    return re.sub(r"`([^`\n]*)`", r"\\fI\1\\fR", "\n".join(out))


def man_page(header, block, release):
    name = block.functions[0]
    include = "backend.h" if header.name == "backend" else "meower.h"
    first = re.split(r"(?<=[.:;]) |\n", block.comment.replace("\n", " "))[0].rstrip(".:;")
    others = [other for candidate in header.blocks for other in candidate.functions if other not in block.functions]
    see = ", ".join(f"\\fB{other}\\fR(3)" for other in others[:8])
    return "\n".join([
        f'.TH {name.upper()} 3 "" "meower {release}" "libmeower"', ".nh",
        ".SH NAME",
        roff(f"{', '.join(block.functions)} - {first[0].lower() + first[1:]}"),
        ".SH LIBRARY", "libmeower (\\fIlibmeower\\fR, \\fI\\-lmeower\\fR)",
        ".SH SYNOPSIS", ".nf", f".B #include <meower/{include}>", ".PP",
        roff(re.sub(r"MEOWER_API ", "", block.code)), ".fi",
        ".SH DESCRIPTION", roff(block.comment),
        ".SH SEE ALSO", see + (", " if see else "") + "\\fBlibmeower\\fR(3)", ""])


def man_overview(release):
    """libmeower(3): what the whole is, the conventions, and the list of functions."""
    base, meower = read("base"), read("meower")
    lines = [f'.TH LIBMEOWER 3 "" "meower {release}" "libmeower"', ".nh", ".SH NAME",
             "libmeower \\- a live, searchable feed of short messages", ".SH SYNOPSIS", ".nf",
             ".B #include <meower/meower.h>", ".fi", ".PP", roff(meower.intro), ".SH CONVENTIONS",
             roff(base.intro.split("\n", 1)[1]), ".SH FUNCTIONS"]
    for header in headers():
        lines += [".TP", f".B {header.name}.h", roff(header.summary), ".br"]
        lines.append(", ".join(f"\\fB{name}\\fR(3)" for block in header.blocks for name in block.functions) or "types")
    return "\n".join(lines) + "\n"


def man(folder, release):
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "libmeower.3").write_text(man_overview(release))
    for header in headers():
        for block in header.blocks:
            for name in block.functions[1:]:
                (folder / f"{name}.3").write_text(f".so man3/{block.functions[0]}.3\n")
            if block.functions:
                (folder / f"{block.functions[0]}.3").write_text(man_page(header, block, release))


def symbols():
    return sorted((name, since(block)) for header in headers() for block in header.blocks for name in block.functions)


def later(first, second):
    return max(first, second, key=lambda number: tuple(map(int, number.split("."))))


def debian_symbols():
    """What dpkg-gensymbols(1) reads: the versions of the package, which begins with the soname, in 0.2."""
    lines = ["libmeower.so.1 libmeower1 #MINVER#", "* Build-Depends-Package: libmeower-dev", " MEOWER_0.2@MEOWER_0.2 0.2"]
    return lines + [f" {name}@MEOWER_0.2 {later(number, '0.2')}" for name, number in symbols()]


def main(arguments):
    match arguments:
        case ["check"]:
            check()
        case ["markdown", folder]:
            markdown(pathlib.Path(folder))
        case ["man", folder, release]:
            man(pathlib.Path(folder), release)
        case ["symbols"]:
            print("\n".join(f"{name} {number}" for name, number in symbols()))
        case ["symbols", "--debian"]:
            print("\n".join(debian_symbols()))
        case _:
            sys.exit(__doc__)


if __name__ == "__main__":
    main(sys.argv[1:])
