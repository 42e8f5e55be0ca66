"""The two queues of a feed on asyncio: requests go in, and each answer finds who waits for it by its tag.

Everything here runs in the loop's thread. A handle's lock is held around calls of the library all the same: at the
interpreter's exit another thread may close it.
"""

from __future__ import annotations

import asyncio
from ctypes import byref
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from . import _types as t
from ._instance import Handle
from ._library import lib
from .errors import BusyError, ClosedError, MeowerError, error_of
from .pages import Page

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ._instance import Instance
    from ._requests import Command, Query

Answer = TypeVar("Answer")

TURN = 512
"""Requests or answers that are dealt with before the loop gets its turn."""
BUSY_PAUSE_S = 0.001
"""Pause before another try when the library's queue is full, and not of ours."""

_command_next = lib.meower_command_next
_query_next = lib.meower_query_next


class Single(Generic[Answer]):
    """One request, and who waits for its answer."""

    __slots__ = ("future", "request")

    def __init__(self, request: Any, future: asyncio.Future[Answer]) -> None:
        self.request = request
        self.future = future

    def answer(self, tag: int, queue: Queue) -> None:
        """Hands over the answer that the queue has taken."""
        outcome = queue.outcome(self.request)
        if self.future.done():  # cancelled: nobody waits any more
            return
        if isinstance(outcome, MeowerError):
            self.future.set_exception(outcome)
        else:
            self.future.set_result(outcome)


class Batch(Generic[Answer]):
    """Many requests under consecutive tags, and who waits for all of them."""

    __slots__ = ("first", "future", "missing", "outcomes", "requests")

    def __init__(
        self, requests: Sequence[Any], first: int, future: asyncio.Future[list[Answer | MeowerError]]
    ) -> None:
        self.requests = requests
        self.first = first
        self.future = future
        self.missing = len(requests)
        self.outcomes: list[Any] = [None] * len(requests)

    def answer(self, tag: int, queue: Queue) -> None:
        """Hands over the answer that the queue has taken."""
        index = tag - self.first
        self.put(index, queue.outcome(self.requests[index]))

    def put(self, index: int, outcome: object) -> None:
        self.outcomes[index] = outcome
        self.missing -= 1
        if not self.missing and not self.future.done():
            self.future.set_result(self.outcomes)


class Queue:
    """What both queues have in common."""

    kind: type[Any]
    name: str

    def __init__(self, owner: object, instance: Instance, loop: asyncio.AbstractEventLoop) -> None:
        self._owner = owner  # which must live while the loop watches
        self._instance = instance
        self._loop = loop
        self._handle: Handle | None = None
        self._tag = 0
        self._pending: dict[int, Single[Any] | Batch[Any]] = {}
        self._news: asyncio.Event = asyncio.Event()
        self._finishing = False

    def take(self, handle: Handle) -> int:
        """Takes the next answer. Returns its tag, 0 when none waits, or an error's code."""
        raise NotImplementedError

    def outcome(self, request: Any) -> Any:
        """The answer that was taken."""
        raise NotImplementedError

    def _ready(self) -> Handle:
        """The handle, opened and watched when it is first used."""
        self._instance.check()
        if asyncio.get_running_loop() is not self._loop:
            raise RuntimeError("this feed belongs to another event loop; open one in each")
        if self._finishing:
            raise ClosedError("the feed is closing")
        if self._handle is None:
            self._handle = Handle(self._instance, self.kind, self.name)
            self._loop.add_reader(self._handle.fd, self._on_readable)
        return self._handle

    def _tags(self, count: int) -> int:
        """The first of so many tags that were not used before."""
        first = self._tag + 1
        self._tag += count
        return first

    async def _ask(self, request: Any) -> Any:
        """Submits a request, and again while there is no room for it, and waits for its answer."""
        tag = self._tags(1)
        while True:
            handle = self._ready()
            with handle.lock:
                handle.check()
                status = request.submit(handle.pointer, tag, handle.error)
                if status == 0:
                    break
                if status != BusyError.code:
                    raise error_of(status, handle.error)
            await self._room()
        waiter: Single[Any] = Single(request, self._loop.create_future())
        self._pending[tag] = waiter
        return await waiter.future

    async def _room(self) -> None:
        """Returns when another try is worth it."""
        if not self._pending:
            await asyncio.sleep(BUSY_PAUSE_S)
            return
        self._news.clear()
        await self._news.wait()

    def _on_readable(self) -> None:
        handle = self._handle
        if handle is None or self._instance.state:
            return
        with handle.lock:
            if not handle.pointer:
                return
            for _ in range(TURN):
                tag = self.take(handle)
                if tag <= 0:
                    break
                self._pending.pop(tag).answer(tag, self)
        self._news.set()

    async def finish(self, timeout: float) -> None:
        """Takes nothing more, waits for the answers under way, and has the loop watch no longer."""
        self._finishing = True
        try:
            async with asyncio.timeout(timeout):
                while self._pending:
                    await self._room()
        except TimeoutError:
            pass
        finally:
            if self._handle is not None:
                self._loop.remove_reader(self._handle.fd)
            for waiter in list(self._pending.values()):
                if not waiter.future.done():
                    waiter.future.set_exception(ClosedError("the feed was closed before the answer came"))
            self._pending.clear()


class Commands(Queue):
    """Posts and deletions."""

    kind = t.CommandHandle
    name = "command"

    def __init__(self, owner: object, instance: Instance, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__(owner, instance, loop)
        self._result = t.ResultStruct()
        self._result_ref = byref(self._result)

    def take(self, handle: Handle) -> int:
        status: int = _command_next(handle.pointer, self._result_ref)
        tag: int = self._result.tag if status == 1 else status
        return tag

    def outcome(self, request: Any) -> Any:
        return request.outcome(self._result)

    async def run(self, command: Command[Answer]) -> Answer:
        """One command and its result."""
        answer: Answer = await self._ask(command)
        return answer

    async def run_many(self, commands: Sequence[Command[Answer]]) -> list[Answer | MeowerError]:
        """Many commands, all of them on their way at once, and what became of each."""
        if not commands:
            return []
        future: asyncio.Future[list[Answer | MeowerError]] = self._loop.create_future()
        batch = Batch(commands, self._tags(len(commands)), future)
        try:
            submitted = 0
            while True:
                before, submitted = submitted, self._submit_some(batch, submitted)
                if submitted == len(commands):
                    return await future
                if submitted == before:
                    await self._room()
                else:
                    await asyncio.sleep(0)
        finally:
            future.cancel()

    def _submit_some(self, batch: Batch[Answer], start: int) -> int:
        """Submits from `start` on, as many as one turn allows and as there is room for. Returns the next."""
        handle = self._ready()
        stop = min(start + TURN, len(batch.requests))
        with handle.lock:
            handle.check()
            for index in range(start, stop):
                tag = batch.first + index
                status = batch.requests[index].submit(handle.pointer, tag, handle.error)
                if status == 0:
                    self._pending[tag] = batch
                elif status == BusyError.code:
                    return index
                else:
                    batch.put(index, error_of(status, handle.error))
        return stop


class Queries(Queue):
    """Lists, searches and single meows."""

    kind = t.QueryHandle
    name = "query"

    def __init__(self, owner: object, instance: Instance, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__(owner, instance, loop)
        self._answer: Page | MeowerError | None = None

    def take(self, handle: Handle) -> int:
        pointer = t.PageHandle()
        status: int = _query_next(handle.pointer, byref(pointer))
        if status != 1:
            return status
        tag: int = lib.meower_page_tag(pointer)
        self._answer = Page.outcome(pointer, self._instance.escaped)
        return tag

    def outcome(self, request: Any) -> Any:
        answer, self._answer = self._answer, None
        return answer

    async def run(self, query: Query) -> Page:
        """One request and its page."""
        page: Page = await self._ask(query)
        return page
