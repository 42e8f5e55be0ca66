"""What ctypes was told is what include/meower declares: every function, every struct, every number.

A function or member that is new in the headers belongs into meower/_library.py or meower/_types.py.
"""

import ctypes
import re

import c_headers
import meower
import pytest
from meower import _types
from meower._library import RELEASE, SIGNATURES

SCALARS = {
    "int": ctypes.c_int,
    "unsigned int": ctypes.c_uint,
    "size_t": ctypes.c_size_t,
    "int64_t": ctypes.c_int64,
    "uint32_t": ctypes.c_uint32,
    "uint64_t": ctypes.c_uint64,
    "double": ctypes.c_double,
    "void": None,
    "char *": ctypes.c_char_p,
    "void *": ctypes.c_void_p,
}
DOCUMENTED = {
    kind.__doc__: kind
    for kind in vars(_types).values()
    if isinstance(kind, type) and issubclass(kind, (ctypes.Structure, ctypes.c_void_p)) and kind.__module__ == _types.__name__
    and kind is not _types.Sized
}
HANDLES = {name: kind for name, kind in DOCUMENTED.items() if issubclass(kind, ctypes.c_void_p)}
STRUCTS = {name: kind for name, kind in DOCUMENTED.items() if issubclass(kind, ctypes.Structure)}
# Filled by backends, which are written in C; the binding hands them on as they are.
OPAQUE = {
    "meower_store_vtable", "meower_bus_vtable", "meower_search_vtable", "meower_clock", "meower_fault_hook",
}


def expected(text):
    """What a C type is in ctypes."""
    if text in SCALARS:
        return SCALARS[text]
    inner = text.removesuffix("*").removesuffix(" ")
    assert text.endswith("*"), f"{text} is unknown here"
    if inner in HANDLES:
        return HANDLES[inner]
    if inner in STRUCTS:
        return ctypes.POINTER(STRUCTS[inner])
    if inner in OPAQUE:
        return ctypes.c_void_p
    return ctypes.POINTER(expected(inner))


@pytest.fixture(scope="module")
def declared(tmp_path_factory):
    return c_headers.declarations(tmp_path_factory.mktemp("headers"))


def test_every_function_is_declared_and_no_other(declared):
    functions, _ = declared
    assert len(functions) > 50
    assert set(SIGNATURES) == set(functions)


def test_the_parser_has_missed_no_function(declared, tmp_path):
    assert c_headers.parenthesised(tmp_path) == set(declared[0])


@pytest.mark.parametrize("name", SIGNATURES)
def test_results_and_parameters_are_those_of_the_headers(declared, name):
    result, parameters, _ = declared[0][name]
    found_result, found_parameters = SIGNATURES[name]
    assert found_result is expected(result)
    assert list(found_parameters) == [expected(parameter) for parameter in parameters]


def test_every_struct_that_a_user_meets_is_defined(declared):
    of_backends = set(re.findall(r"\} (meower_\w+);", (c_headers.INCLUDE / "meower/backend.h").read_text()))
    assert set(STRUCTS) == set(declared[1]) - of_backends


def test_sizes_and_offsets_are_those_of_a_c_compiler(declared, tmp_path):
    layouts = c_headers.layouts(tmp_path, {name: declared[1][name] for name in STRUCTS})
    found = {
        name: (
            ctypes.sizeof(kind),
            {member: (getattr(kind, member).offset, getattr(kind, member).size) for member, _ in kind._fields_},
        )
        for name, kind in STRUCTS.items()
    }
    assert found == layouts


def test_the_cursor_of_the_start_is_that_of_the_headers():
    assert f'#define MEOWER_CURSOR_START "{meower.CURSOR_START}"' in (c_headers.INCLUDE / "meower/subscription.h").read_text()


def test_numbers_are_those_of_the_headers(tmp_path):
    numbers = {f"MEOWER_{name}": value for name, value in vars(_types).items() if isinstance(value, int)}
    numbers |= {"MEOWER_VERSION_MAJOR": RELEASE[0], "MEOWER_VERSION_MINOR": RELEASE[1]}
    assert len(numbers) > 10
    assert c_headers.constants(tmp_path, list(numbers)) == numbers
