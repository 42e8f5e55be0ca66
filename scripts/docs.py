#!/usr/bin/python3
"""docs.py FOLDER - the documentation as static HTML: every Markdown page of the project and the API reference, made by
pandoc, at the same place in the tree, so that links are the same here and in the repository. Every link is checked. The
text of every section goes into an index, in which search.js finds words without a server.
"""

import concurrent.futures
import html.parser
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys

PROJECT = pathlib.Path(__file__).resolve().parents[1]
SITE = PROJECT / "docs/site"
LINK = re.compile(r"(?<!!)\[((?:[^\[\]]|\[[^\]]*\])*)\]\(([^()\s]+)\)")
FOLDERS = {"docs/decisions": "docs/decisions/index.md", "include/meower": "docs/reference/index.md"}
NAVIGATION = [
    ("Start", "README.md"), ("C", "docs/guide/c.md"), ("Server", "docs/guide/server.md"),
    ("Python", "docs/guide/python.md"), ("Teams", "docs/guide/teams.md"), ("API", "docs/reference/index.md"),
    ("Search", "docs/SEARCH.md"), ("Operations", "docs/OPERATIONS.md"), ("Reliability", "docs/RELIABILITY.md"),
    ("Performance", "docs/PERFORMANCE.md"), ("Threads", "docs/THREADS.md"), ("Examples", "examples/README.md"),
    ("Decisions", "docs/decisions/index.md"), ("Changes", "CHANGELOG.md"),
]


def tracked():
    names = subprocess.run(["git", "ls-files", "--cached", "--others", "--exclude-standard", "*.md"], cwd=PROJECT,
                           capture_output=True, text=True, check=True).stdout.split()
    return {name: (PROJECT / name).read_text() for name in names if (PROJECT / name).exists()}


def reference(folder):
    subprocess.run([PROJECT / "scripts/reference.py", "markdown", folder], check=True)
    return {f"docs/reference/{path.name}": path.read_text() for path in folder.glob("*.md")}


def decisions(pages):
    lines = ["# Decisions", "", "Why it is as it is.", ""]
    for name in sorted(pages):
        if name.startswith("docs/decisions/"):
            lines.append(f"- [{pages[name].splitlines()[0].lstrip('# ')}]({pathlib.Path(name).name})")
    return "\n".join(lines) + "\n"


def html_name(name):
    """README.md is the page of its folder."""
    path = pathlib.PurePosixPath(name)
    return str(path.with_name("index.html") if path.name == "README.md" else path.with_suffix(".html"))


class Site:
    def __init__(self, folder):
        self.folder = folder
        self.pages = tracked()
        self.pages.update(reference(folder.parent / "reference"))
        self.pages["docs/decisions/index.md"] = decisions(self.pages)
        self.sources = set()  # files of the project that pages link to
        self.faults = []

    def resolve(self, page, target):
        """The place in the site that a relative link of a page leads to."""
        path, _, fragment = target.partition("#")
        name = os.path.normpath(os.path.join(os.path.dirname(page), path)) if path else page
        fragment = f"#{fragment}" if fragment else ""
        name = FOLDERS.get(name, name)
        if name in self.pages:
            return html_name(name) + fragment
        if f"{name}/README.md" in self.pages:
            return html_name(f"{name}/README.md") + fragment
        if (PROJECT / name).is_file():
            self.sources.add(name)
            return f"{name}.html"
        self.faults.append(f"{page}: there is no {target}")
        return None

    def translate_links(self, page, text):
        def replace(link):
            if re.match(r"[a-z]+:", link[2]):
                return link[0]
            place = self.resolve(page, link[2])
            if place is None:
                return link[0]
            return f"[{link[1]}]({os.path.relpath(place, os.path.dirname(html_name(page)) or '.')})"

        parts = re.split(r"(^```.*?^```)", text, flags=re.S | re.M)
        return "".join(part if part.startswith("```") else LINK.sub(replace, part) for part in parts)

    def navigation(self, place):
        here = os.path.dirname(place) or "."
        items = [f'<a href="{os.path.relpath(html_name(name), here)}"{" class=here" if html_name(name) == place else ""}>'
                 f"{title}</a>" for title, name in NAVIGATION if name in self.pages]
        return "\n".join(items)

    def write(self, place, markdown, title):
        target = self.folder / place
        target.parent.mkdir(parents=True, exist_ok=True)
        here = os.path.dirname(place) or "."
        subprocess.run(["pandoc", "--from", "gfm", "--to", "html5", "--template", SITE / "page.html", "--output", target,
                        "--metadata", f"title={title}", "--variable", f"navigation={self.navigation(place)}",
                        "--variable", f"root={os.path.relpath('.', here)}"],
                       input=markdown, text=True, check=True)

    def build(self):
        shutil.rmtree(self.folder, ignore_errors=True)
        work = []
        for name, text in sorted(self.pages.items()):
            title = re.search(r"^# (.*)$", text, re.M)
            work.append((html_name(name), self.translate_links(name, text), title[1] if title else name))
        for name in sorted(self.sources):
            language = {".c": "c", ".h": "c", ".py": "python", ".sh": "bash"}.get(pathlib.Path(name).suffix, "text")
            text = (PROJECT / name).read_text()
            work.append((f"{name}.html", f"# {name}\n\n````{language}\n{text}\n````\n", name))
        with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
            list(pool.map(lambda arguments: self.write(*arguments), work))
        for name in ("style.css", "search.js"):
            shutil.copy(SITE / name, self.folder)
        anchors = {path: Anchors.of(path) for path in sorted(self.folder.rglob("*.html"))}
        self.write_index(anchors)
        self.check(anchors)

    def write_index(self, anchors):
        """A script rather than JSON: a page that is read from a folder may load that."""
        order = {html_name(name): number for number, (_, name) in enumerate(NAVIGATION)}
        places = sorted(anchors, key=lambda path: order.get(str(path.relative_to(self.folder)), len(order)))
        sections = []
        for path in places:
            place = str(path.relative_to(self.folder))
            if place.removesuffix(".html") in self.sources:
                continue  # code: its page links to what is said about it
            page = None
            for anchor, heading, words in anchors[path].sections:
                page = page or heading
                sections.append([f"{place}#{anchor}", page, heading, " ".join("".join(words).split())])
        (self.folder / "search_index.js").write_text(f"window.searchIndex = {json.dumps(sections, ensure_ascii=False)};\n")

    def check(self, anchors):
        """Every link and every fragment leads somewhere."""
        for path, page in anchors.items():
            for link in page.links:
                if re.match(r"[a-z]+:|//", link):
                    continue
                name, _, fragment = link.partition("#")
                target = pathlib.Path(os.path.normpath(path.parent / name)) if name else path
                if not target.exists():
                    self.faults.append(f"{path.relative_to(self.folder)}: {link} leads nowhere")
                elif fragment and target in anchors and fragment not in anchors[target].ids:
                    self.faults.append(f"{path.relative_to(self.folder)}: {link}: no such heading")
        if self.faults:
            sys.exit("\n".join(self.faults))
        print(f"{len(anchors)} pages, every link leads somewhere: {self.folder / 'index.html'}")


class Anchors(html.parser.HTMLParser):
    """What a page has: ids, links, and sections as [id, heading, words]."""

    def __init__(self):
        super().__init__()
        self.ids = set()
        self.links = []
        self.sections = []
        self.in_heading = False

    @classmethod
    def of(cls, path):
        parser = cls()
        parser.feed(path.read_text())
        return parser

    def handle_starttag(self, tag, attributes):
        values = dict(attributes)
        if "id" in values:
            self.ids.add(values["id"])
        if tag == "a" and values.get("href"):
            self.links.append(values["href"])
        if re.fullmatch("h[1-4]", tag) and "id" in values:
            self.sections.append([values["id"], "", []])
            self.in_heading = True
        elif self.sections and tag in ("p", "li", "td", "th", "pre", "br"):
            self.sections[-1][2].append(" ")

    def handle_endtag(self, tag):
        if re.fullmatch("h[1-4]", tag):
            self.in_heading = False

    def handle_data(self, data):
        if self.in_heading:
            self.sections[-1][1] += data
        elif self.sections:
            self.sections[-1][2].append(data)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    Site(pathlib.Path(sys.argv[1]).resolve()).build()
