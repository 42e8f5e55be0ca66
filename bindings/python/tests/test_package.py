"""The package as a whole: its version, and what its names are."""

import builtins
import importlib
import pkgutil
import re

import meower
import pytest
from conftest import PROJECT

MODULES = ["meower", *(f"meower.{module.name}" for module in pkgutil.iter_modules(meower.__path__))]


def test_it_has_the_version_of_the_project():
    header = (PROJECT / "include/meower/base.h").read_text()
    assert re.search(r'#define MEOWER_VERSION +"(.*)"', header)[1] == meower.__version__


@pytest.mark.parametrize("module", MODULES)
def test_a_star_import_takes_no_builtin_away(module):
    names = {}
    exec(f"from {module} import *", names)
    del names["__builtins__"]
    assert names.keys() & vars(builtins).keys() == set()


def test_every_name_that_it_promises_is_there():
    for module in map(importlib.import_module, MODULES):
        for name in getattr(module, "__all__", ()):
            assert hasattr(module, name), (module, name)
    assert callable(meower.open) and callable(meower.aio.open)
