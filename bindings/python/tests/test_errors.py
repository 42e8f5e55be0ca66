"""The exceptions mirror the status codes."""

import copy
import errno
import pickle
import re

import meower
import pytest
from conftest import PROJECT

STATUSES = {
    name: int(number)
    for name, number in re.findall(
        r"MEOWER_ERROR_(\w+) = (-\d+)", (PROJECT / "include/meower/base.h").read_text()
    )
}
KINDS = {
    name: kind for name, kind in vars(meower).items() if isinstance(kind, type) and issubclass(kind, meower.MeowerError)
}


def test_each_status_has_its_exception():
    assert sorted(kind.code for kind in KINDS.values() if kind.code) == sorted(STATUSES.values())
    assert len(STATUSES) > 15


@pytest.mark.parametrize("kind", [kind for kind in KINDS.values() if kind.code], ids=lambda kind: kind.__name__)
def test_each_exception_says_what_it_was_given(kind):
    error = kind("what was wrong", backend_code=7, retriable=True)
    assert (str(error), error.args, error.backend_code, error.retriable) == ("what was wrong", ("what was wrong",), 7, True)
    assert error.status and error.status != "unknown status"
    assert isinstance(error, meower.MeowerError)


def test_an_exception_can_be_pickled():
    error = pickle.loads(pickle.dumps(meower.FullError("full", backend_domain="sqlite", backend_code=13, retriable=True)))
    assert (type(error), str(error), error.retriable) == (meower.FullError, "full", True)
    assert (error.backend_domain, error.backend_code) == ("sqlite", 13)


def test_an_engines_code_has_its_domain(tmp_path):
    with pytest.raises(meower.MeowerError) as caught:
        meower.open(store=f"sqlite:{tmp_path}/not/there/feed.db")
    assert (caught.value.backend_domain, caught.value.backend_code) == ("errno", errno.ENOENT)
    with pytest.raises(meower.MeowerError) as caught:
        meower.open(store="nowhere:")
    assert (caught.value.backend_domain, caught.value.backend_code) == ("", 0)


def test_an_error_of_the_operating_system_has_its_errno():
    with pytest.raises(OSError) as caught:
        meower.open(store="sqlite:/proc/feed.db")  # where nobody can make a file
    for error in (caught.value, copy.copy(caught.value), pickle.loads(pickle.dumps(caught.value))):
        assert error.errno == errno.ENOENT
        assert str(error) == error.args[0] != ""


def test_a_code_of_another_domain_is_no_errno():
    assert meower.FullError("full", backend_domain="sqlite", backend_code=13).errno is None
    assert meower.UnavailableError("away").errno is None


@pytest.mark.parametrize(
    ("kind", "builtin"),
    [
        (meower.InvalidError, ValueError),
        (meower.NotFoundError, LookupError),
        (meower.TimedOutError, TimeoutError),
        (meower.NotPermittedError, PermissionError),
        (meower.UnavailableError, ConnectionError),
        (meower.IoError, OSError),
        (meower.NoMemoryError, MemoryError),
    ],
)
def test_where_python_has_an_exception_for_it_that_catches_it_too(kind, builtin):
    assert issubclass(kind, builtin)


def test_an_engine_that_is_away_is_unavailable_and_retriable():
    with pytest.raises(meower.MeowerError) as caught:
        meower.open(store="postgresql://nobody@127.0.0.1:1/nothing?connect_timeout=1")
    assert isinstance(caught.value, (meower.UnavailableError, meower.UnsupportedError))
    assert caught.value.retriable == isinstance(caught.value, meower.UnavailableError)


def test_the_library_says_what_would_be_right():
    with pytest.raises(meower.InvalidError, match="memory:"):
        meower.open(store="nosuch:")
