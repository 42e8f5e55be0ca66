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
from .models import Event, event_of
from .options import as_optional_bytes

if TYPE_CHECKING:
    from types import TracebackType

    from ._instance import Instance
    from .feed import Feed

__all__ = ["CURSOR_START", "Subscription"]

CURSOR_START = "start"
"""The cursor before the first event."""

_next = lib.meower_subscription_next
_started = lib.meower_subscription_started

START_PAUSE_S = 0.001
"""Pause between two looks at whether a subscription has started, when its descriptor is readable all the same."""


class SubscriptionHandle(Handle):
    """The handle, and what an event of it is copied from."""

    __slots__ = ("_out", "_refs", "cursor", "recovered")

    def __init__(self, instance: Instance, cursor: str | None) -> None:
        follow = t.FollowStruct(as_optional_bytes(cursor, "a cursor"))
        super().__init__(instance, t.SubscriptionHandle, "subscription", byref(follow))
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
        return None

    def start(self) -> bool:
        """Whether it is known by now where it starts: then recovered and cursor say it. Needs the lock."""
        status: int = _started(self.pointer, byref(self.error))
        check(status, self.error)
        if status == 1:
            self.recovered = bool(lib.meower_subscription_recovered(self.pointer))
            self.cursor = lib.meower_subscription_cursor(self.pointer).decode()
        return status == 1


class Subscription(Bound):
    """Every event after its position, exactly once and in order: an iterator that waits for the next one.

    One thread at a time may take events. After a retriable error, go on: nothing is skipped.
    """

    _refusal = "a subscription cannot be copied or pickled: open another one with subscribe(cursor)"

    def __init__(self, feed: Feed, instance: Instance, cursor: str | None, timeout: float | None) -> None:
        self._feed = feed  # which must not be collected before
        self._timeout = timeout
        self._handle = SubscriptionHandle(instance, cursor)
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
        """The position of the last event taken, at first where it started: subscribe with it to go on there."""
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
            deadline = Deadline(timeout).at
            while (event := handle.take()) is None:
                if not handle.wait(deadline):
                    return None
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
