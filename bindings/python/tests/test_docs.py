"""Every program in the documents runs, and prints what stands below it."""

import re
import subprocess
import sys

import pytest
from conftest import PROJECT

DOCUMENTS = ["docs/guide/python.md", "bindings/python/README.md"]
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$(?:\n+^```text\n(.*?)^```$)?", re.MULTILINE | re.DOTALL)
LANGUAGES = {"python", "sh", "text"}


def blocks(document):
    return [match.groups() for match in BLOCK.finditer((PROJECT / document).read_text())]


@pytest.mark.parametrize("document", DOCUMENTS)
def test_its_programs_print_what_they_say(document, tmp_path):
    programs = [(code, output or "") for language, code, output in blocks(document) if language == "python"]
    assert programs
    for number, (code, expected) in enumerate(programs):
        path = tmp_path / f"program{number}.py"
        path.write_text(code)
        done = subprocess.run(
            [sys.executable, "-W", "error", path], cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False
        )
        assert (done.returncode, done.stderr) == (0, ""), f"{document}:\n{code}\n{done.stderr}"
        assert done.stdout == expected, f"{document}:\n{code}"


@pytest.mark.parametrize("document", DOCUMENTS)
def test_no_block_is_left_out(document):
    assert {language for language, _, _ in blocks(document)} <= LANGUAGES
    assert len(re.findall(r"^```\w", (PROJECT / document).read_text(), re.MULTILINE)) == sum(
        1 + (output is not None) for _, _, output in blocks(document)
    )


@pytest.mark.parametrize("document", DOCUMENTS)
def test_its_shell_commands_are_those_that_the_readme_has_and_the_scripts_run(document):
    install = next(code for language, code, _ in blocks("bindings/python/README.md") if language == "sh")
    known = {*install.splitlines(), "./dev test python", "./dev bench python"}
    for language, code, _ in blocks(document):
        if language == "sh":
            assert set(code.splitlines()) <= known


def test_every_public_name_is_in_the_guide():
    import meower

    guide = (PROJECT / "docs/guide/python.md").read_text()
    missing = [name for name in meower.__all__ if name not in guide]
    assert missing == []
