"""The two queues of a feed on asyncio: requests go in, and each answer finds who waits for it by its tag.

Everything here runs in the loop's thread. A handle's lock is held around calls of the library all the same: at the
interpreter's exit another thread may close it.
"""

from __future__ import annotations

import asyncio
from collections import deque
from ctypes import byref, c_void_p, sizeof
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from . import _types as t
from ._batches import CHUNK, Posts, Results, chunks, encoded
from ._instance import Handle
from ._library import lib
from ._pages import LibraryPage
from .errors import BusyError, ClosedError, MeowerError, error_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ._instance import Instance
    from ._requests import Delete, Post, Query
    from .labels import LabelArrays
    from .models import Deleted, Posted

Answer = TypeVar("Answer")

BUSY_PAUSE_S = 0.001
"""Pause before another try when the library's queue is full, and not of ours."""
NUMBERS = 2 ** (8 * sizeof(c_void_p)) // CHUNK - 1
"""Requests, or chunks of posts, that tags can tell apart."""

_query_next = lib.meower_query_next


def settle(future: asyncio.Future[Any], outcome: object) -> None:
    """Hands an outcome to who waits for it, if anybody still does."""
    if future.done():  # cancelled
        return
    if isinstance(outcome, MeowerError):
        future.set_exception(outcome)
    else:
        future.set_result(outcome)


class Single(Generic[Answer]):
    """One request, and who waits for its answer."""

    __slots__ = ("future", "request")

    def __init__(self, request: Any, future: asyncio.Future[Answer]) -> None:
        self.request = request
        self.future = future

    def answer(self, outcome: object) -> None:
        """Hands over the answer."""
        settle(self.future, outcome)

    drop = answer


class Many:
    """A call of post_many(), and who waits for all of it."""

    __slots__ = ("failed", "future", "missing", "outcomes")

    def __init__(self, count: int, future: asyncio.Future[None]) -> None:
        self.future = future
        self.missing = count
        self.outcomes: list[Any] = [None] * count
        self.failed = False

    def put(self, start: int, outcomes: Sequence[Posted | MeowerError], failed: bool) -> None:
        """What became of the posts from `start` on."""
        self.outcomes[start : start + len(outcomes)] = outcomes
        self.failed |= failed
        self.missing -= len(outcomes)
        if not self.missing:
            settle(self.future, None)

    def drop(self, error: MeowerError) -> None:
        """The answers that are missing will not come."""
        settle(self.future, error)


class Together:
    """Calls of post() that go to the library together, and who waits for each."""

    __slots__ = ("futures",)

    def __init__(self, futures: list[asyncio.Future[Posted]]) -> None:
        self.futures = futures

    def put(self, start: int, outcomes: Sequence[Posted | MeowerError], failed: bool) -> None:
        """What became of the posts from `start` on."""
        for future, outcome in zip(self.futures[start : start + len(outcomes)], outcomes, strict=True):
            settle(future, outcome)

    def drop(self, error: MeowerError) -> None:
        """The answers that are missing will not come."""
        for future in self.futures:
            settle(future, error)


class Chunk:
    """Posts that are submitted together, and whose they are."""

    __slots__ = ("number", "owner", "posts", "start", "under_way")

    def __init__(self, number: int, posts: Posts, owner: Many | Together, start: int) -> None:
        self.number = number
        self.posts = posts
        self.owner = owner
        self.start = start
        self.under_way = 0

    def submit(self, handle: Handle) -> bool:
        """Submits what is left. Returns False when there is no room now."""
        before = self.posts.accepted
        done = self.posts.submit(handle.pointer, handle.error)
        self.under_way += self.posts.accepted - before
        for index, error in self.posts.take_refused():
            self.owner.put(self.start + index, [error], True)
        return done

    def put(self, index: int, outcomes: Sequence[Posted | MeowerError], failed: bool) -> None:
        """What became of the posts from `index` on."""
        self.under_way -= len(outcomes)
        self.owner.put(self.start + index, outcomes, failed)

    def drop(self, error: MeowerError) -> None:
        """The answers that are missing will not come."""
        self.owner.drop(error)


class Queue:
    """What both queues have in common."""

    kind: type[Any]
    name: str

    def __init__(self, owner: object, instance: Instance, loop: asyncio.AbstractEventLoop) -> None:
        self._owner = owner  # which must live while the loop watches
        self._instance = instance
        self._loop = loop
        self._handle: Handle | None = None
        self._number = 0
        self._pending: dict[int, Any] = {}  # Single, or Chunk
        self._news: asyncio.Event = asyncio.Event()
        self._finishing = False

    def take(self, handle: Handle) -> None:
        """Takes answers that wait, as many as one turn allows, and hands them over."""
        raise NotImplementedError

    def idle(self) -> bool:
        """Whether nobody waits for an answer."""
        return not self._pending

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

    def _next_number(self) -> int:
        """Under which answers are awaited: the tag is CHUNK times it, and more for the others of a chunk."""
        self._number = self._number % NUMBERS + 1
        return self._number

    async def _ask(self, request: Any) -> Any:
        """Submits a request, and again while there is no room for it, and waits for its answer."""
        number = self._next_number()
        while True:
            handle = self._ready()
            with handle.lock:
                handle.check()
                status = request.submit(handle.pointer, number * CHUNK, handle.error)
                if status == 0:
                    break
                if status != BusyError.code:
                    raise error_of(status, handle.error)
            await self._room()
        waiter: Single[Any] = Single(request, self._loop.create_future())
        self._pending[number] = waiter
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
            self.take(handle)
        self._news.set()

    def drop(self, error: MeowerError) -> None:
        """Tells everybody who waits that no answer will come."""
        for waiter in self._pending.values():
            waiter.drop(error)
        self._pending.clear()

    async def finish(self, timeout: float) -> None:
        """Takes nothing more, waits for the answers under way, and has the loop watch no longer."""
        self._finishing = True
        try:
            async with asyncio.timeout(timeout):
                while not self.idle():
                    await self._room()
        except TimeoutError:
            pass
        finally:
            if self._handle is not None:
                self._loop.remove_reader(self._handle.fd)
            self.drop(ClosedError("the feed was closed before the answer came"))


class Commands(Queue):
    """Posts and deletions. Posts are submitted in chunks: those of post_many(), and what calls of post() there were in a
    turn of the loop."""

    kind = t.CommandHandle
    name = "command"

    def __init__(self, owner: object, instance: Instance, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__(owner, instance, loop)
        self._results = Results(CHUNK)
        self._chunk_max = min(CHUNK, instance.queue_max)
        self._asked: deque[tuple[Post, asyncio.Future[Posted]]] = deque()  # by post(), and in no chunk yet
        self._waiting: Chunk | None = None  # of them; there was no room for all of it
        self._sends = False  # _send() is about to be called

    def idle(self) -> bool:
        return not (self._pending or self._asked or self._waiting)

    def take(self, handle: Handle) -> None:
        results = self._results
        count = results.take(handle.pointer, handle.error)
        index = 0
        while index < count:
            number, first = divmod(results.tags[index], CHUNK)
            waiter = self._pending[number]
            if isinstance(waiter, Single):
                del self._pending[number]
                waiter.answer(waiter.request.outcome(results.struct(index)))
                index += 1
                continue
            stop = results.run(index, min(index + waiter.under_way, count))
            waiter.put(first, *results.outcomes(index, stop))
            if not waiter.under_way:
                del self._pending[number]
            index = stop
        if self._waiting:
            self._send_soon()

    def drop(self, error: MeowerError) -> None:
        super().drop(error)
        if self._waiting:
            self._waiting.drop(error)
            self._waiting = None
        for _, future in self._asked:
            settle(future, error)
        self._asked.clear()

    async def delete(self, request: Delete) -> Deleted:
        """A deletion and its result."""
        deleted: Deleted = await self._ask(request)
        return deleted

    def _submit(self, chunk: Chunk, handle: Handle) -> bool:
        """Submits what is left of it. Returns False when there is no room now."""
        with handle.lock:
            handle.check()
            done = chunk.submit(handle)
        if chunk.under_way:
            self._pending[chunk.number] = chunk
        return done

    def _chunk(
        self,
        text: bytes,
        lens: list[int],
        owner: Many | Together,
        start: int = 0,
        keys: list[bytes | None] | None = None,
        labels: LabelArrays = None,
    ) -> Chunk:
        number = self._next_number()
        return Chunk(number, Posts(text, lens, number * CHUNK, keys, labels), owner, start)

    # ---- many -----------------------------------------------------------------------------------------------------

    async def post_many(
        self, bodies: Sequence[str], labels: LabelArrays
    ) -> tuple[list[Posted | MeowerError], bool]:
        """Many posts, all of them on their way at once: what became of each, and whether any failed."""
        text, lens = encoded(bodies)
        self._ready()
        if not lens:
            return [], False
        many = Many(len(lens), self._loop.create_future())
        try:
            for start, part, part_lens in chunks(text, lens, self._chunk_max):
                if start:
                    await asyncio.sleep(0)
                part_labels = labels and labels[start : start + len(part_lens)]
                chunk = self._chunk(part, part_lens, many, start, labels=part_labels)
                while not self._submit(chunk, self._ready()):
                    await self._room()
            await many.future
            return many.outcomes, many.failed
        finally:
            many.future.cancel()

    # ---- one by one -----------------------------------------------------------------------------------------------

    async def post(self, post: Post) -> Posted:
        """A post and its result."""
        self._ready()
        future: asyncio.Future[Posted] = self._loop.create_future()
        self._asked.append((post, future))
        self._send_soon()
        return await future

    def _send_soon(self) -> None:
        if not self._sends:
            self._sends = True
            self._loop.call_soon(self._send)

    def _send(self) -> None:
        """Submits what calls of post() have asked for."""
        self._sends = False
        handle = self._handle
        while handle is not None and (chunk := self._waiting or self._gather()):
            self._waiting = chunk
            try:
                if not self._submit(chunk, handle):
                    break
            except MeowerError as error:  # closed meanwhile
                self.drop(error)
                return
            self._waiting = None
        if self._waiting and not self._pending:  # the queue is full of somebody else's
            self._sends = True
            self._loop.call_later(BUSY_PAUSE_S, self._send)

    def _gather(self) -> Chunk | None:
        """The next posts that somebody still waits for."""
        posts: list[Post] = []
        futures: list[asyncio.Future[Posted]] = []
        while self._asked and len(posts) < self._chunk_max:
            post, future = self._asked.popleft()
            if not future.done():
                posts.append(post)
                futures.append(future)
        if not posts:
            return None
        keys = [post.key for post in posts]
        labels = [post.labels for post in posts]
        return self._chunk(
            b"".join([post.body for post in posts]),
            [post.body_len for post in posts],
            Together(futures),
            keys=None if keys.count(None) == len(keys) else keys,
            labels=None if labels.count(None) == len(labels) else labels,
        )


class Queries(Queue):
    """Lists, searches and single meows."""

    kind = t.QueryHandle
    name = "query"

    def take(self, handle: Handle) -> None:
        for _ in range(CHUNK):
            pointer = t.PageHandle()
            if _query_next(handle.pointer, byref(pointer), handle.error) != 1:
                break
            number = lib.meower_page_tag(pointer) // CHUNK
            self._pending.pop(number).answer(LibraryPage.outcome(pointer, self._instance.escaped))

    async def run(self, query: Query) -> LibraryPage:
        """One request and its page."""
        page: LibraryPage = await self._ask(query)
        return page
