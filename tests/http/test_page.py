"""The page as files: compressed forms, caching, and what the page may do."""

import gzip
import re

import pytest
import requests


def get(server, path, encoding="identity", **fields):
    return requests.get(server.base_url + path, headers={"Accept-Encoding": encoding, **fields}, timeout=10, stream=True)


@pytest.fixture
def script(server):
    """The path of the page's script."""
    return re.search(r'<script[^>]* src="(/[^"]+\.js)"', get(server, "/").text)[1]


@pytest.fixture
def compressed_script(server, script):
    if not script.startswith("/assets/"):
        pytest.skip("the plain page has no compressed forms")
    return script


def test_the_page_is_at_the_root_whatever_the_query_says(server):
    page = get(server, "/")
    assert page.status_code == 200
    assert page.headers["Content-Type"] == "text/html; charset=utf-8"
    assert get(server, "/?query=cat").content == get(server, "/?meow=0ujtsYcgvSTl8PAuAdqWYSMnLOv").content == page.content


def test_the_page_is_asked_for_again_and_answered_304_when_it_is_the_same(server):
    page = get(server, "/")
    assert page.headers["Cache-Control"] == "no-cache"
    again = get(server, "/", **{"If-None-Match": page.headers["ETag"]})
    assert (again.status_code, again.content) == (304, b"")


def test_the_page_may_load_nothing_from_elsewhere_and_run_nothing_of_its_own(server):
    policy = dict(part.strip().split(" ", 1) for part in get(server, "/").headers["Content-Security-Policy"].split(";"))
    assert policy["default-src"] == "'none'"
    for directive in ("script-src", "style-src", "img-src", "connect-src", "form-action"):
        assert policy[directive] == "'self'", directive
    assert policy["require-trusted-types-for"] == "'script'"
    assert policy["frame-ancestors"] == policy["base-uri"] == "'none'"
    text = get(server, "/").text
    assert not re.search(r"<script(?![^>]* src=)|<style| on[a-z]+=| style=", text)


def test_a_file_whose_name_changes_with_its_content_is_kept_for_ever(server, compressed_script):
    assert get(server, compressed_script).headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert get(server, "/icon.svg").headers["Cache-Control"] == "no-cache"


@pytest.mark.parametrize("accepted, encoding", [
    ("gzip, deflate, br, zstd", "br"), ("br;q=0.5, gzip", "br"), ("gzip", "gzip"), ("GZIP;q=0.2", "gzip"),
    ("br;q=0, gzip", "gzip"), ("br; q=0.00, gzip;q=0", None), ("identity", None), ("*", None), ("brx", None),
    ("", None), (";,;br;", None),
])
def test_a_form_is_chosen_by_what_the_client_accepts(server, compressed_script, accepted, encoding):
    answer = get(server, compressed_script, accepted)
    assert answer.status_code == 200
    assert answer.headers.get("Content-Encoding") == encoding
    assert answer.headers["Vary"] == "Accept-Encoding"
    assert answer.headers["Content-Type"] == "text/javascript; charset=utf-8"


def test_every_form_is_the_same_file_and_has_a_tag_of_its_own(server, compressed_script):
    plain, packed = get(server, compressed_script), get(server, compressed_script, "gzip")
    assert gzip.decompress(packed.raw.read(decode_content=False)) == plain.content
    tags = {get(server, compressed_script, encoding).headers["ETag"] for encoding in ("identity", "gzip", "br")}
    assert len(tags) == 3
    again = get(server, compressed_script, "gzip", **{"If-None-Match": plain.headers["ETag"]})
    assert again.status_code == 200


def test_head_says_what_get_would(server, script):
    for path in ("/", script):
        head = requests.head(server.base_url + path, headers={"Accept-Encoding": "br"}, timeout=10)
        whole = get(server, path, "br")
        assert head.content == b""
        assert head.headers["Content-Length"] == whole.headers["Content-Length"]
        assert head.headers["ETag"] == whole.headers["ETag"]
