"""The options of a feed: the library's own table, as keywords.

    >>> [option.name for option in options()][:4]
    ['store', 'bus', 'search', 'roles']
"""

from __future__ import annotations

from contextlib import contextmanager
from ctypes import byref
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypedDict

from ._library import lib
from ._types import OPTION_BOOLEAN, OPTION_NUMBER, OPTION_SECRET, OPTION_TEXT, ErrorStruct, OptionsHandle
from .errors import InvalidError, check

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

__all__ = ["Option", "Options", "options"]

_TYPES = {OPTION_TEXT: "text", OPTION_NUMBER: "number", OPTION_BOOLEAN: "boolean", OPTION_SECRET: "secret"}


class Options(TypedDict, total=False):
    """The keywords of meower.open() beside store, bus and search; options() says what each is for."""

    roles: str
    threads: int
    queue_max: int
    batch_max: int
    timeline_max: int
    event_log_max: int
    wait_max_ms: int
    poll_interval_ms: int
    checkpoint_interval_ms: int
    idempotency_ttl_s: int
    escape_html: bool
    sqlite_synchronous: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """One row of the table."""

    name: str
    type: str
    """"text", "number", "boolean" or "secret"."""
    default: str
    minimum: int
    """Of a number."""
    maximum: int
    """Of a number."""
    help: str
    """One sentence, with the unit."""


def options() -> list[Option]:
    """Everything that can be set, out of the library that is loaded."""
    table: list[Option] = []
    while row := lib.meower_option_at(len(table)):
        struct = row.contents
        table.append(
            Option(
                name=struct.name.decode(),
                type=_TYPES.get(struct.type, "text"),
                default=struct.default_value.decode(),
                minimum=struct.minimum,
                maximum=struct.maximum,
                help=struct.help.decode(),
            )
        )
    return table


def as_bytes(value: str, what: str) -> bytes:
    """Text for a NUL-terminated parameter of the library."""
    if not isinstance(value, str):
        raise TypeError(f"{what} must be str, not {type(value).__name__}")
    encoded = value.encode()
    if b"\0" in encoded:
        raise InvalidError(f"{what} must not contain a NUL character")
    return encoded


def as_optional_bytes(value: str | None, what: str) -> bytes | None:
    """The same for a parameter that may be left out."""
    return None if value is None else as_bytes(value, what)


def _as_text(name: str, value: object) -> bytes:
    if isinstance(value, bool):
        return b"true" if value else b"false"
    if isinstance(value, int):
        return str(value).encode()
    if isinstance(value, str):
        return as_bytes(value, f"the option {name}")
    raise TypeError(f"the option {name} must be str, int or bool, not {type(value).__name__}")


@contextmanager
def option_set(values: Mapping[str, object]) -> Iterator[OptionsHandle]:
    """A set of the library's options with these values, for as long as the block lasts."""
    handle = OptionsHandle()
    error = ErrorStruct()
    check(lib.meower_options_new(byref(handle), byref(error)), error)
    try:
        for name, value in values.items():
            text = _as_text(name, value)
            check(lib.meower_options_set(handle, as_bytes(name, "an option's name"), text, byref(error)), error)
        yield handle
    finally:
        lib.meower_options_free(handle)


def value_of(handle: OptionsHandle, name: str) -> str:
    """The value of an option of the table."""
    value: bytes = lib.meower_options_get(handle, name.encode())
    return value.decode()
