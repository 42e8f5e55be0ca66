"""meower: a live, searchable feed of short messages inside your program.

>>> import meower
>>> with meower.open() as m:
...     posted = m.post("the cat sat on the keyboard")
...     print([meow.text for meow in m.search("keybaord", cursor=posted.cursor)])
['the cat sat on the keyboard']

meower.open() is for threads that wait, meower.aio.open() for asyncio.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ._library import lib as _lib
from .errors import (
    AbiError,
    BusyError,
    ClosedError,
    ConflictError,
    CorruptError,
    ForkedError,
    FullError,
    InternalError,
    InterruptedWaitError,
    InvalidError,
    IoError,
    LockedError,
    MeowerError,
    NoMemoryError,
    NotFoundError,
    NotPermittedError,
    OutcomeUnknownError,
    TimedOutError,
    UnavailableError,
    UnsupportedError,
)
from .feed import Feed
from .feed import open as open
from .labels import Labels
from .maintenance import Check, Finding, backup, check, new_epoch, restore
from .models import Deleted, Event, Head, Health, Meow, Metric, Posted, Rebuild
from .options import Option, options
from .pages import Listing, Page
from .subscription import CURSOR_START, Subscription

if TYPE_CHECKING:
    from types import ModuleType

    from . import aio as aio

__version__ = "0.2.0"
"""Of this package; version() is the library's."""

__all__ = [  # without open: `from meower import *` leaves the builtin alone
    "CURSOR_START",
    "AbiError",
    "BusyError",
    "Check",
    "ClosedError",
    "ConflictError",
    "CorruptError",
    "Deleted",
    "Event",
    "Feed",
    "Finding",
    "ForkedError",
    "FullError",
    "Head",
    "Health",
    "InternalError",
    "InterruptedWaitError",
    "InvalidError",
    "IoError",
    "Labels",
    "Listing",
    "LockedError",
    "Meow",
    "MeowerError",
    "Metric",
    "NoMemoryError",
    "NotFoundError",
    "NotPermittedError",
    "Option",
    "OutcomeUnknownError",
    "Page",
    "Posted",
    "Rebuild",
    "Subscription",
    "TimedOutError",
    "UnavailableError",
    "UnsupportedError",
    "__version__",
    "aio",
    "backup",
    "check",
    "new_epoch",
    "options",
    "restore",
    "version",
]


def version() -> str:
    """The version of the library that is loaded.

    >>> version().count(".")
    2
    """
    text: bytes = _lib.meower_version()
    return text.decode()


def __getattr__(name: str) -> ModuleType:
    if name == "aio":  # loaded when it is used: asyncio takes longer to import than all the rest
        import importlib

        return importlib.import_module("meower.aio")
    raise AttributeError(f"module 'meower' has no attribute {name!r}")
