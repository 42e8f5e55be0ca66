"""An open instance and the handles on it: who may use them when, and how they end.

The rules of the C API that misuse could break are kept here, once:

* A handle is used under its lock, so that nothing closes it meanwhile. What waits under a lock waits on the instance's
  bell too, which close() rings.
* close() refuses what is new, rings, takes the locks one after the other, closes the handles, then the instance.
* In a forked child everything fails, and nothing is released: it is the parent's.
"""

from __future__ import annotations

import os
import select
import threading
import time
import warnings
import weakref
from collections import deque
from contextlib import contextmanager, suppress
from ctypes import byref, c_void_p
from typing import TYPE_CHECKING, Any

from . import _types as t
from ._copies import Bound
from ._library import lib
from .errors import BusyError, ClosedError, ForkedError, MeowerError, check, error_of
from .options import option_set, value_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

OPEN, CLOSED, FORKED = range(3)

SLICE_MS = 1000
"""A wait is looked after this often: a signal that comes just before it begins is noticed then."""
IDLE_MS = 5
"""Pause between two looks at an instance without threads that has nothing to do."""
EXIT_S = 2.0
"""What an instance that nobody closed gets at the interpreter's exit."""


class Handle(Bound):
    """A handle of the library, with the descriptor that is readable when it has something."""

    _refusal = "a handle cannot be copied or pickled"
    __slots__ = ("__weakref__", "_close", "error", "fd", "instance", "lock", "poll", "pointer")

    def __init__(self, instance: Instance, kind: type[c_void_p], name: str, *arguments: object) -> None:
        self.instance = instance
        self.lock = threading.Lock()
        self.error = t.ErrorStruct()
        self.pointer = kind()
        self._close: Callable[[c_void_p], None] = getattr(lib, f"meower_{name}_close")
        self.fd = -1
        self.poll = select.poll()
        opener = f"meower_{name}_{'begin' if name == 'subscription' else 'open'}"  # what never blocks
        instance.adopt(self, getattr(lib, opener), getattr(lib, f"meower_{name}_fd"), arguments)

    def check(self) -> None:
        """Raises when the handle cannot be used any more."""
        self.instance.check()
        if not self.pointer:
            raise ClosedError("it is closed")

    def wait(self, deadline: float | None) -> bool:
        """Waits until there is something, or it is time (time.monotonic()): then False. Needs the lock."""
        instance = self.instance
        left_ms = SLICE_MS if deadline is None else max(0, int((deadline - time.monotonic()) * 1000 + 0.999))
        if not instance.threaded:
            if left_ms == 0:
                return False
            if instance.step():
                return True
            left_ms = min(left_ms, IDLE_MS)
        ready = self.poll.poll(min(left_ms, SLICE_MS))
        instance.check()
        return bool(ready) or deadline is None or time.monotonic() < deadline

    def close_locked(self) -> None:
        """Closes the handle. Needs the lock."""
        pointer, self.pointer = self.pointer, type(self.pointer)()
        if pointer and self.instance.state != FORKED:
            self._close(pointer)
        self.instance.handles.discard(self)

    def close_unused(self) -> bool:
        """Closes it, unless a thread is using it: then the instance will. Never waits; returns whether it did."""
        if not self.lock.acquire(blocking=False):
            return False
        try:
            self.close_locked()
        finally:
            self.lock.release()
        return True


class Instance(Bound):
    """What meower_open() gave, and all that is open on it."""

    _refusal = "an instance cannot be copied or pickled"

    def __init__(self, values: Mapping[str, object]) -> None:
        self.state = CLOSED
        self.pointer = t.FeedHandle()
        self.handles: set[Handle] = set()
        self.commands: deque[Handle] = deque()
        self.queries: deque[Handle] = deque()
        self._lock = threading.Lock()
        self._step_lock = threading.Lock()
        self.bell = os.eventfd(0, os.EFD_NONBLOCK | os.EFD_CLOEXEC)
        try:
            self._open(values)
        except BaseException:
            os.close(self.bell)
            raise
        _instances.add(self)

    def _open(self, values: Mapping[str, object]) -> None:
        error = t.ErrorStruct()
        with option_set(values) as options:
            check(lib.meower_open(options, byref(self.pointer), byref(error)), error)
            self.state = OPEN
            self.threaded = value_of(options, "threads") != "0"
            self.queue_max = int(value_of(options, "queue_max"))
            self.escaped = value_of(options, "escape_html") == "true"
            self.schemes = tuple(value_of(options, name).partition(":")[0] for name in ("store", "bus", "search"))

    # ---- use ------------------------------------------------------------------------------------------------------

    def check(self) -> None:
        """Raises when the instance cannot be used any more."""
        if self.state:
            if self.state == FORKED:
                raise ForkedError("the feed belongs to the parent process; open one after the fork")
            raise ClosedError("the feed is closed")

    @contextmanager
    def _usable(self, lock: threading.Lock) -> Iterator[None]:
        """Holds a lock around calls on the instance. Looks before, for in a forked child another thread's lock is never
        released, and after, for close() may have come meanwhile."""
        self.check()
        with lock:
            self.check()
            yield

    def adopt(
        self,
        handle: Handle,
        opener: Callable[..., int],
        descriptor_of: Callable[[c_void_p], int],
        arguments: tuple[object, ...],
    ) -> None:
        """Opens a handle."""
        with self._usable(self._lock):
            self.handles.add(handle)
            status = opener(self.pointer, *arguments, byref(handle.pointer), byref(handle.error))
            if status < 0:
                self.handles.discard(handle)
                raise error_of(status, handle.error)
            handle.fd = descriptor_of(handle.pointer)
            handle.poll.register(handle.fd, select.POLLIN)
            handle.poll.register(self.bell, select.POLLIN)

    def command(self) -> Handle:
        """A command handle that nobody else uses; give it back to commands."""
        return self._borrow(self.commands, t.CommandHandle, "command")

    def query(self) -> Handle:
        """A query handle that nobody else uses; give it back to queries."""
        return self._borrow(self.queries, t.QueryHandle, "query")

    def _borrow(self, pool: deque[Handle], kind: type[c_void_p], name: str) -> Handle:
        self.check()
        try:
            return pool.pop()
        except IndexError:
            return Handle(self, kind, name)

    def step(self) -> bool:
        """Runs every stage once. Returns whether any had work."""
        error = t.ErrorStruct()
        with self._usable(self._step_lock):
            status: int = lib.meower_step(self.pointer, byref(error))
        check(status, error)
        return status == 1

    def rebuild_start(self) -> None:
        """Starts to build a new search index."""
        error = t.ErrorStruct()
        with self._usable(self._lock):
            status = lib.meower_rebuild_start(self.pointer, byref(error))
        check(status, error)

    def rebuild_state(self) -> t.RebuildStruct:
        """What the last rebuild is at."""
        struct, error = t.RebuildStruct(), t.ErrorStruct()
        with self._usable(self._lock):
            status = lib.meower_rebuild_state(self.pointer, byref(struct), byref(error))
        check(status, error)
        return struct

    def read_all(self, struct: Any, reader: Callable[..., int], convert: Callable[[Any], Any]) -> list[Any]:
        """What a function of the library gives by index."""
        rows: list[Any] = []
        error = t.ErrorStruct()
        with self._usable(self._lock):
            while (status := reader(self.pointer, len(rows), byref(struct), byref(error))) == 1:
                rows.append(convert(struct))
        check(status, error)
        return rows

    # ---- the end --------------------------------------------------------------------------------------------------

    def close(self, timeout: float) -> None:
        """Closes what is open on it, then the instance itself."""
        if self.state == FORKED or not self.pointer:
            return
        deadline = time.monotonic() + timeout
        with self._lock:
            if not self.pointer:
                return
            self.state = CLOSED
            os.eventfd_write(self.bell, 1)
        for handle in list(self.handles):
            if not handle.lock.acquire(timeout=max(0.0, deadline - time.monotonic())):
                raise BusyError(f"another call of the feed did not end within {timeout:g} s; call close() again")
            try:
                handle.close_locked()
            finally:
                handle.lock.release()
        with self._step_lock, self._lock:
            if not self.pointer:
                return
            error = t.ErrorStruct()
            left_ms = max(0, int((deadline - time.monotonic()) * 1000))
            status = lib.meower_close(self.pointer, left_ms, byref(error))
            if status != BusyError.code:
                self.pointer = t.FeedHandle()
                os.close(self.bell)
        check(status, error)

    def abandon(self, feed: str) -> None:
        """The end of an instance that nobody closed: when its feed is collected, or the interpreter exits."""
        try:
            if self.state == OPEN:
                warnings.warn(f"{feed} was not closed", ResourceWarning, stacklevel=2)
        finally:
            with suppress(MeowerError):
                self.close(EXIT_S)

    def forked(self) -> None:
        """This is a child now, and the instance the parent's."""
        self.state = FORKED


_instances: weakref.WeakSet[Instance] = weakref.WeakSet()


def _after_fork() -> None:
    for instance in list(_instances):
        instance.forked()


os.register_at_fork(after_in_child=_after_fork)
