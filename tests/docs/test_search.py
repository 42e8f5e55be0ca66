"""The search of the documentation finds what stands in the site that ./dev docs has built, with the script and the index
of the site itself.

    SITE=build/docs/site /usr/bin/python3 -m pytest tests/docs/test_search.py
"""

import json
import os
import pathlib
import subprocess

import pytest

SITE = pathlib.Path(os.environ.get("SITE", pathlib.Path(__file__).resolve().parents[2] / "build/docs/site"))
FIND = """
const fs = require("fs"), vm = require("vm");
const context = { window: {} };
vm.createContext(context);
for (const name of ["search_index.js", "search.js"]) vm.runInContext(fs.readFileSync(name, "utf8"), context);
console.log(JSON.stringify(vm.runInContext(`find(window.searchIndex, ${JSON.stringify(process.argv[1])})`, context)));
"""


def find(query):
    done = subprocess.run(["node", "-e", FIND, query], cwd=SITE, capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


@pytest.mark.parametrize(("query", "place"), [
    ("meower_command_submit_posts", "docs/reference/command.html#meower_command_submit_posts"),
    ("backup restore", "docs/OPERATIONS.html"),
    ("HARMLESS repetition", "docs/guide/python.html#posting-and-deleting"),
    ("asyn", "docs/guide/python.html#asyncio"),
])
def test_words_are_found_where_they_stand(query, place):
    assert any(found["place"].startswith(place) for found in find(query))


def test_headings_come_before_text():
    found = find("fork")
    assert "fork" in found[0]["title"].lower()
    assert any("fork" not in each["title"].lower() for each in found)


def test_every_word_must_be_there():
    assert find("fork xylophone") == []
    assert find("   ") == []


def test_what_is_shown_is_the_text_around_the_word():
    assert any("sigpipe" in each["excerpt"].lower() for each in find("SIGPIPE"))


def test_every_place_in_the_index_is_a_page_of_the_site():
    text = (SITE / "search_index.js").read_text()
    sections = json.loads(text.removeprefix("window.searchIndex = ").removesuffix(";\n"))
    assert len(sections) > 100
    for place, page, heading, _ in sections:
        name, _, anchor = place.partition("#")
        assert f'id="{anchor}"' in (SITE / name).read_text()
        assert page and heading
