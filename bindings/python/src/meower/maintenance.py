"""Looking after the data of a feed that nobody needs to have open."""

from __future__ import annotations

import os
from ctypes import byref
from typing import TYPE_CHECKING

from ._library import lib
from ._types import ErrorStruct
from .errors import InvalidError, check
from .options import option_set

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["backup", "new_epoch", "restore"]


def _path(path: str | os.PathLike[str]) -> bytes:
    encoded = os.fsencode(path)
    if b"\0" in encoded:
        raise InvalidError("a path must not contain a NUL character")
    return encoded


def _run(function: Callable[..., int], store: str, *arguments: bytes) -> None:
    error = ErrorStruct()
    with option_set({"store": store}) as options:
        check(function(options, *arguments, byref(error)), error)


def backup(store: str, path: str | os.PathLike[str]) -> None:
    """Writes a copy of a store, of one moment, to a new file. The store may be open meanwhile.

    >>> import tempfile
    >>> from meower import open
    >>> with tempfile.TemporaryDirectory() as folder, open(store=f"sqlite:{folder}/feed.db") as m:
    ...     _ = m.post("hello")
    ...     backup(f"sqlite:{folder}/feed.db", f"{folder}/copy.db")
    """
    _run(lib.meower_backup, store, _path(path))


def restore(store: str, path: str | os.PathLike[str]) -> None:
    """Puts a copy in the place of a store that nobody has open. It gets a new epoch, so that no cursor of before is
    mistaken for one of its own."""
    _run(lib.meower_restore, store, _path(path))


def new_epoch(store: str) -> None:
    """Draws a new epoch for a store that was brought back to an earlier state by other means than restore()."""
    _run(lib.meower_new_epoch, store)
