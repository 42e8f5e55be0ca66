"""The feed as it happens, for asyncio: a task waits on the descriptor, no thread does."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from ._copies import Bound
from ._instance import OPEN
from .errors import BusyError, ClosedError
from .subscription import START_PAUSE_S, Subscription, SubscriptionHandle

if TYPE_CHECKING:
    from types import TracebackType

    from . import _types as t
    from ._instance import Instance
    from .models import Event

TURN = 64
"""Events that are given one after the other before the loop gets its turn."""


class AsyncSubscription(Bound):
    """Every event after its position, exactly once and in order: an asynchronous iterator.

    One task at a time may take events. After a retriable error, or a cancellation, go on: nothing is skipped.
    """

    _refusal = Subscription._refusal

    def __init__(
        self, feed: object, instance: Instance, loop: asyncio.AbstractEventLoop, follow: t.FollowStruct
    ) -> None:
        self._feed = feed  # which must not be collected before
        self._loop = loop
        self._waiter: asyncio.Future[None] | None = None
        self._streak = 0
        self._handle = SubscriptionHandle(instance, follow)
        self._started = self._start()

    def _start(self) -> bool:
        with self._handle.lock:
            self._handle.check()
            return self._handle.start()

    async def start(self) -> None:
        """Returns when it is known where the subscription starts, which takes a moment where other processes write to
        the same store. `async with` does it."""
        while not self._started:
            await self._readable()
            self._started = self._start()
            if not self._started:
                await asyncio.sleep(START_PAUSE_S)

    @property
    def recovered(self) -> bool:
        """Whether everything after the given cursor follows. If not (it is of another feed), read the list again.
        Known once it has started."""
        self._check_started()
        return self._handle.recovered

    @property
    def cursor(self) -> str:
        """The position of the last event taken, at first where it started: subscribe with it to go on there. With a
        filter it moves on while nothing matches. Known once it has started."""
        self._check_started()
        return self._handle.cursor

    def _check_started(self) -> None:
        if not self._started:
            raise BusyError("the subscription has not started: use `async with`, or await its start()", retriable=True)

    def __aiter__(self) -> AsyncSubscription:
        return self

    async def __anext__(self) -> Event:
        if self._waiter is not None:
            raise BusyError("another task is waiting on this subscription; open one for each")
        if not self._started:
            await self.start()
        if self._streak >= TURN:
            self._streak = 0
            await asyncio.sleep(0)
        while True:
            event = self._take()
            if event is not None:
                self._streak += 1
                return event
            self._streak = 0
            await self._readable()

    def _take(self) -> Event | None:
        handle = self._handle
        with handle.lock:
            handle.check()
            return handle.take()

    async def _readable(self) -> None:
        """Waits until there may be an event."""
        if asyncio.get_running_loop() is not self._loop:
            raise RuntimeError("this feed belongs to another event loop; open one in each")
        waiter = self._waiter = self._loop.create_future()
        self._loop.add_reader(self._handle.fd, self._wake)
        try:
            await waiter
        finally:
            self._waiter = None
            self._loop.remove_reader(self._handle.fd)

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    def close(self) -> None:
        """Ends it; a task that waits on it raises ClosedError. Closing again does nothing."""
        handle = self._handle
        if self._waiter is not None and not self._waiter.done():
            self._loop.remove_reader(handle.fd)  # before the descriptor is closed
            self._waiter.set_exception(ClosedError("the subscription is closed"))
        if handle.instance.state == OPEN:
            with handle.lock:
                handle.close_locked()

    async def __aenter__(self) -> AsyncSubscription:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __del__(self) -> None:
        handle = getattr(self, "_handle", None)
        if handle is not None:
            handle.close_unused()

    def __repr__(self) -> str:
        return f"<meower.aio.AsyncSubscription after {self._handle.cursor or 'an unknown position'}>"
