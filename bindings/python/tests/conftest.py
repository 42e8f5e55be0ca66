"""What the tests share. They run against the package that is installed, or PYTHONPATH=src with MEOWER_LIBRARY."""

import pathlib
import subprocess
import sys
import textwrap

import meower
import pytest

PROJECT = pathlib.Path(__file__).resolve().parents[3]


@pytest.fixture
def m():
    """A feed in memory."""
    with meower.open() as feed:
        yield feed


@pytest.fixture
def script(tmp_path):
    """Runs a program of its own, in an empty folder: what it prints."""

    def run(code, status=0, arguments=(), timeout=60):
        path = tmp_path / "script.py"
        path.write_text(textwrap.dedent(code))
        done = subprocess.run(
            [sys.executable, "-X", "faulthandler", path, *arguments],
            cwd=tmp_path, capture_output=True, text=True, timeout=timeout, check=False,
        )
        assert done.returncode == status, done.stdout + done.stderr
        assert "Sanitizer" not in done.stderr, done.stderr
        return done.stdout

    return run
