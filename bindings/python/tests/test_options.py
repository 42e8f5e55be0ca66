"""The keywords of open() are the library's own table."""

import typing

import meower
import pytest
from meower.options import Options

TYPES = {"text": str, "number": int, "boolean": bool, "secret": str}


def test_the_keywords_that_type_checkers_know_are_the_table():
    table = {option.name: TYPES[option.type] for option in meower.options()}
    for name in ("store", "bus", "search"):
        assert table.pop(name) is str
    assert typing.get_type_hints(Options) == table


def test_each_option_says_what_it_is_for():
    for option in meower.options():
        assert option.help.endswith(".") and option.minimum <= option.maximum


def test_every_option_can_be_given_its_default():
    def value(option):
        return {"number": int, "boolean": lambda text: text == "true"}.get(option.type, str)(option.default)

    meower.open(**{option.name: value(option) for option in meower.options()}).close()


def test_an_option_that_is_not_in_the_table_is_refused():
    with pytest.raises(meower.InvalidError, match="nosuch"):
        meower.open(nosuch="1")


@pytest.mark.parametrize("options", [{"threads": 65}, {"threads": True}, {"escape_html": 2}, {"roles": "nothing"}])
def test_a_value_that_does_not_fit_is_refused(options):
    with pytest.raises(meower.InvalidError):
        meower.open(**options)


@pytest.mark.parametrize("options", [{"threads": 1.5}, {"threads": None}, {"store": b"memory:"}, {"roles": ["query"]}])
def test_a_value_of_another_type_is_refused(options):
    with pytest.raises(TypeError, match="option"):
        meower.open(**options)


def test_a_nul_in_a_value_is_refused():
    with pytest.raises(meower.InvalidError, match="NUL"):
        meower.open(store="memory:\0")
