"""What the wheel carries. MEOWER_WHEEL names it; scripts/check_python.sh does."""

import os
import re
import zipfile

import pytest

WHEEL = os.environ.get("MEOWER_WHEEL", "")
pytestmark = pytest.mark.skipif(not WHEEL, reason="MEOWER_WHEEL names no wheel")


@pytest.fixture(scope="module")
def names():
    with zipfile.ZipFile(WHEEL) as wheel:
        return wheel.namelist()


def test_it_is_for_any_python_3_and_a_named_libc():
    assert re.search(r"-py3-none-manylinux_2_\d+_\w+\.whl$", WHEEL)


def test_it_carries_the_library_and_what_that_needs(names):
    assert "meower/lib/libmeower.so.1" in names
    for library in ("libsqlite3", "libutf8proc", "libpq", "libnats", "librdkafka", "libcurl"):
        assert any(name.startswith(f"meower.libs/{library}-") for name in names), library


def test_it_says_that_it_is_typed(names):
    assert "meower/py.typed" in names


def test_it_carries_our_licence_and_one_for_each_library(names):
    with zipfile.ZipFile(WHEEL) as wheel:
        (metadata,) = (name for name in names if name.endswith(".dist-info/METADATA"))
        listed = re.findall(r"^License-File: (.*)$", wheel.read(metadata).decode(), re.MULTILINE)
        folder = metadata.replace("METADATA", "licenses/")
        assert "Permission is hereby granted" in wheel.read(f"{folder}LICENSE").decode()
        for name in listed:
            assert wheel.read(folder + name).strip(), name
    for name in names:
        if not name.startswith("meower.libs/lib"):
            continue
        stem = re.match(r"meower\.libs/lib([a-z_]+)", name)[1].rstrip("_").replace("_", "-")
        of = {"brotlicommon": "brotli", "brotlidec": "brotli", "crypto": "ssl", "lber": "ldap"}.get(stem, stem)
        assert any(re.match(rf"bundled/lib{of}[^/]*/copyright", each) for each in listed), name


def test_a_text_that_a_licence_refers_to_is_there_too(names):
    with zipfile.ZipFile(WHEEL) as wheel:
        for name in names:
            if name.endswith("/copyright"):
                for text in re.findall(r"/usr/share/common-licenses/([A-Z]+-[\d.]*\d)", wheel.read(name).decode()):
                    assert any(each.endswith(f"/common-licenses/{text}") for each in names), (name, text)
