"""Looking after the data of a feed that nobody needs to have open."""

from __future__ import annotations

import os
from ctypes import byref
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ._library import lib
from ._types import CheckHandle, CheckTotalsStruct, ErrorStruct
from .errors import InvalidError
from .errors import check as check_status
from .options import option_set

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Check", "Finding", "backup", "check", "new_epoch", "restore"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that is wrong."""

    kind: int
    """The MEOWER_FINDING_ number of the C API."""
    position: int
    """Of the event; 0 when it concerns none."""
    id: str
    """Of the meow; empty when it concerns none."""
    text: str
    """What is wrong, for people."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """What a check has looked at, and what it has found."""

    head: int
    """Position of the last event."""
    meows: int
    documents: int
    """In the index."""
    index_position: int
    """How far the index is; behind the head is no fault."""
    has_index: bool
    """Whether there is an index that outlives its feed."""
    finding_count: int
    """How much is wrong; of very many only the first stand in findings."""
    findings: tuple[Finding, ...]


def _path(path: str | os.PathLike[str]) -> bytes:
    encoded = os.fsencode(path)
    if b"\0" in encoded:
        raise InvalidError("a path must not contain a NUL character")
    return encoded


def _run(function: Callable[..., int], store: str, *arguments: bytes) -> None:
    error = ErrorStruct()
    with option_set({"store": store}) as options:
        check_status(function(options, *arguments, byref(error)), error)


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


def check(store: str, search: str | None = None) -> Check:
    """Compares a store, its positions and its search index with each other. Reads all of it and changes nothing; the
    feed may be open meanwhile.

    >>> import tempfile
    >>> from meower import open
    >>> with tempfile.TemporaryDirectory() as folder, open(store=f"sqlite:{folder}/feed.db") as m:
    ...     _ = m.post("hello")
    ...     check(f"sqlite:{folder}/feed.db").findings
    ()
    """
    handle, error, totals = CheckHandle(), ErrorStruct(), CheckTotalsStruct()
    with option_set({"store": store} if search is None else {"store": store, "search": search}) as options:
        check_status(lib.meower_check_run(options, byref(handle), byref(error)), error)
    try:
        check_status(lib.meower_check_read_totals(handle, byref(totals), byref(error)), error)
        findings: list[Finding] = []
        while pointer := lib.meower_check_finding(handle, len(findings)):
            found = pointer.contents
            findings.append(
                Finding(kind=found.kind, position=found.position, id=found.id.decode(), text=found.text.decode())
            )
    finally:
        lib.meower_check_free(handle)
    return Check(
        head=totals.head,
        meows=totals.meows,
        documents=totals.documents,
        index_position=totals.index_position,
        has_index=bool(totals.has_index),
        finding_count=totals.findings,
        findings=tuple(findings),
    )
