"""The feed as it happens, for a thread that waits."""

from __future__ import annotations

import time
from ctypes import byref
from typing import TYPE_CHECKING

from . import _types as t
from ._calls import Deadline
from ._copies import Bound
from ._instance import Handle
from ._library import lib
from .errors import BusyError, check
from .labels import filter_array
from .models import Event, event_of
from .options import as_optional_bytes

if TYPE_CHECKING:
    from types import TracebackType

    from ._instance import Instance
    from .feed import Feed
    from .labels import LabelMapping

__all__ = ["CURSOR_START", "Subscription"]

CURSOR_START = "start"
"""The cursor before the first event."""

_next = lib.meower_subscription_next
_started = lib.meower_subscription_started
_cursor = lib.meower_subscription_cursor

START_PAUSE_S = 0.001
"""Pause between two looks at whether a subscription has started, when its descriptor is readable all the same."""


def follow_of(cursor: str | None, labels: LabelMapping | None, query: str | None) -> t.FollowStruct:
    """What to follow, for the library."""
    if query is not None and not isinstance(query, str):
        raise TypeError(f"a query must be str, not {type(query).__name__}")
    terms = filter_array(labels)
    text = None if query is None else query.encode()
    return t.FollowStruct(as_optional_bytes(cursor, "a cursor"), terms, len(terms or ()), text, len(text or ()))


class SubscriptionHandle(Handle):
    """The handle, and what an event of it is copied from."""

    __slots__ = ("_out", "_refs", "cursor", "filtered", "recovered")

    def __init__(self, instance: Instance, follow: t.FollowStruct) -> None:
        super().__init__(instance, t.SubscriptionHandle, "subscription", byref(follow))
        self.filtered = bool(follow.label_count) or follow.text is not None
        self.recovered = False
        self.cursor = ""
        self._out = t.EventPointer()
        self._refs = byref(self._out), byref(self.error)

    def take(self) -> Event | None:
        """The next event, or None when none waits. Needs the lock."""
        status = _next(self.pointer, *self._refs)
        if status == 1:
            event = event_of(self._out.contents, self.instance.escaped)
            self.cursor = event.cursor
            return event
        check(status, self.error)
        if self.filtered:  # it may be on by what did not match
            self.cursor = _cursor(self.pointer).decode()
        return None

    def start(self) -> bool:
        """Whether it is known by now where it starts: then recovered and cursor say it. Needs the lock."""
        status: int = _started(self.pointer, byref(self.error))
        check(status, self.error)
        if status == 1:
            self.recovered = bool(lib.meower_subscription_recovered(self.pointer))
            self.cursor = _cursor(self.pointer).decode()
        return status == 1


class Subscription(Bound):
    """Every event after its position, exactly once and in order: an iterator that waits for the next one.

    One thread at a time may take events. After a retriable error, go on: nothing is skipped.
    """

    _refusal = "a subscription cannot be copied or pickled: open another one with subscribe(cursor)"

    def __init__(self, feed: Feed, instance: Instance, follow: t.FollowStruct, timeout: float | None) -> None:
        self._feed = feed  # which must not be collected before
        self._timeout = timeout
        self._handle = SubscriptionHandle(instance, follow)
        with self._handle.lock:
            self._handle.check()
            while not self._handle.start():
                self._handle.wait(None)
                time.sleep(START_PAUSE_S)

    @property
    def recovered(self) -> bool:
        """Whether everything after the given cursor follows. If not (it is of another feed), read the list again."""
        return self._handle.recovered

    @property
    def cursor(self) -> str:
        """The position of the last event taken, at first where it started: subscribe with it to go on there. With a
        filter it moves on while nothing matches."""
        return self._handle.cursor

    def wait(self, timeout: float | None = None) -> Event | None:
        """The next event; None when there was none for so many seconds. With 0 it does not wait."""
        handle = self._handle
        handle.check()
        if not handle.lock.acquire(blocking=False):
            handle.check()
            raise BusyError("another thread is waiting on this subscription; open one for each")
        try:
            handle.check()
            deadline = Deadline(timeout)
            while (event := handle.take()) is None:
                if not handle.wait(deadline.at) or (handle.filtered and deadline.has_passed()):
                    return None  # with a filter the descriptor may be readable for long and nothing match
            return event
        finally:
            handle.lock.release()

    def __iter__(self) -> Subscription:
        return self

    def __next__(self) -> Event:
        event = self.wait(self._timeout)
        if event is None:
            raise StopIteration
        return event

    def fileno(self) -> int:
        """The descriptor that is readable while events wait, for select() and its like: then call wait(0)."""
        self._handle.check()
        return self._handle.fd

    def close(self) -> None:
        """Ends it. Closing again does nothing."""
        handle = self._handle
        if handle.instance.state or not handle.pointer:
            return
        if not handle.close_unused():
            raise BusyError("another thread is waiting on this subscription")

    def __enter__(self) -> Subscription:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __del__(self) -> None:
        handle = getattr(self, "_handle", None)
        if handle is not None:
            handle.close_unused()

    def __repr__(self) -> str:
        return f"<meower.Subscription after {self.cursor}>"
