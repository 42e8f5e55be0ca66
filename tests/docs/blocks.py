"""The code blocks of a page. ```sh, ```c and ```python are run; ```console is run without comparing what it prints; ```text
is not. In a page's source, invisible to readers:

    <!-- not run: REASON -->   the block that follows is not run
    <!-- run: COMMANDS -->     shell commands for the test alone, such as to make what a block needs
    <!-- server -->            a meowerd is running: the page's 127.0.0.1:8080 and 127.0.0.1:9180
    <!-- needs: postgresql kafka -->   so are these engines, at the addresses the page names (ENGINES in test_docs.py)
"""

import dataclasses
import re

RUN = {"sh", "c", "python", "console"}
SHOWN = {"text", "json", "ini", "nginx", "yaml", ""}
TOKEN = re.compile(r"^<!-- (?P<directive>not run|run|needs|server)(?:: *(?P<value>.*?))? *-->"
                   r"|^ *```(?P<language>[\w-]*)[^\n]*\n(?P<code>.*?)^ *```", re.S | re.M)


@dataclasses.dataclass
class Block:
    language: str
    code: str
    line: int


@dataclasses.dataclass
class Page:
    blocks: list
    needs: set
    has_server: bool
    not_run: list  # (line, reason)


def read(text):
    page = Page([], set(), False, [])
    reason = None
    for token in TOKEN.finditer(text):
        line = text.count("\n", 0, token.start()) + 1
        directive, value = token["directive"], token["value"]
        if directive == "not run":
            reason = value or ""
        elif directive == "run":
            page.blocks.append(Block("sh", value + "\n", line))
        elif directive == "needs":
            page.needs |= set(value.split())
        elif directive == "server":
            page.has_server = True
        elif reason is not None:
            page.not_run.append((line, reason))
            reason = None
        elif token["language"] in RUN:
            page.blocks.append(Block(token["language"], token["code"], line))
        elif token["language"] not in SHOWN:
            raise ValueError(f"line {line}: a block of \"{token['language']}\": neither run nor known as shown only")
    return page
