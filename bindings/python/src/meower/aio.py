"""The same feed on asyncio: no thread waits, the loop watches the library's descriptors.

>>> import asyncio
>>> import meower
>>> async def main():
...     async with meower.aio.open() as m:
...         posted = await m.post("the cat sat on the keyboard")
...         return [meow.text async for meow in m.search("keybaord", cursor=posted.cursor)]
>>> asyncio.run(main())
['the cat sat on the keyboard']
"""

from __future__ import annotations

import asyncio
import weakref
from typing import TYPE_CHECKING, Any, Literal, NoReturn, overload

from . import _types as t
from ._aio_queues import Commands, Queries
from ._aio_subscription import AsyncSubscription
from ._copies import Bound, Immutable
from ._feed_base import FeedBase
from ._instance import OPEN, Instance
from ._requests import Count, Delete, Get, List, Post, Search
from .models import Head
from .errors import MeowerError, UnsupportedError
from .feed import CLOSE_S, all_posted, option_values
from .labels import filter_array, label_arrays
from .pages import Listing
from .subscription import follow_of

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Coroutine, Generator, Iterable
    from types import TracebackType
    from typing import Unpack

    from ._requests import Continued, Query
    from .labels import LabelMapping
    from .models import Deleted, Meow, Posted
    from .options import Options
    from .pages import Page

__all__ = ["AsyncFeed", "AsyncListing", "AsyncSubscription"]


class AsyncListing(Immutable, Bound):
    """As meower.Listing, for `async for`. Its truth would have to be awaited: ask `if await listing.page()`."""

    __slots__ = ("_ask", "_request")
    _refusal = Listing._refusal

    def __init__(self, ask: Callable[[Query], Coroutine[Any, Any, Page]], request: Continued) -> None:
        self._ask = ask
        self._request = request

    async def page(self) -> Page:
        """As Listing.page()."""
        return await self._ask(self._request)

    async def pages(self) -> AsyncIterator[Page]:
        """As Listing.pages()."""
        request: Continued | None = self._request
        while request is not None:
            page = await self._ask(request)
            if not len(page):
                return
            yield page
            request = request.after(page)

    async def __aiter__(self) -> AsyncIterator[Meow]:
        async for page in self.pages():
            for meow in self._request.meows(page):
                yield meow

    def __bool__(self) -> NoReturn:
        raise TypeError("whether there is any meow has to be awaited: `if await listing.page()`")

    def __repr__(self) -> str:
        return f"<meower.aio.AsyncListing of {type(self._request).__name__.lower()}; iterate it>"


class AsyncFeed(FeedBase):
    """An open feed; meower.aio.open() makes it. It belongs to the loop in which it was opened.

    A task may be cancelled at any time: nothing is left behind, but what it had submitted is still carried out.
    """

    _name = "aio.AsyncFeed"

    def __init__(self, instance: Instance, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__(instance)
        self._loop = loop
        self._commands = Commands(self, instance, loop)
        self._queries = Queries(self, instance, loop)
        self._subscriptions: weakref.WeakSet[AsyncSubscription] = weakref.WeakSet()

    # ---- writing --------------------------------------------------------------------------------------------------

    async def post(
        self, body: str, *, labels: LabelMapping | None = None, key: str | None = None
    ) -> Posted:
        """As Feed.post(). Waits while the library's queue is full."""
        return await self._commands.post(Post(body, key, labels))

    @overload
    async def post_many(
        self,
        bodies: Iterable[str],
        *,
        labels: LabelMapping | Iterable[LabelMapping | None] | None = None,
        return_errors: Literal[False] = False,
    ) -> list[Posted]: ...

    @overload
    async def post_many(
        self,
        bodies: Iterable[str],
        *,
        labels: LabelMapping | Iterable[LabelMapping | None] | None = None,
        return_errors: bool,
    ) -> list[Posted | MeowerError]: ...

    async def post_many(
        self,
        bodies: Iterable[str],
        *,
        labels: LabelMapping | Iterable[LabelMapping | None] | None = None,
        return_errors: bool = False,
    ) -> list[Posted | MeowerError] | list[Posted]:
        """As Feed.post_many()."""
        texts = list(bodies)
        outcomes, failed = await self._commands.post_many(texts, label_arrays(labels, len(texts)))
        return all_posted(outcomes) if failed and not return_errors else outcomes

    async def delete(self, id: str) -> Deleted:
        """As Feed.delete()."""
        return await self._commands.delete(Delete(id))

    # ---- reading --------------------------------------------------------------------------------------------------

    async def get(self, id: str, *, cursor: str | None = None) -> Meow:
        """As Feed.get()."""
        page = await self._queries.run(Get(id, cursor))
        return page[0]

    def list(
        self,
        *,
        labels: LabelMapping | None = None,
        take: int | None = None,
        skip: int = 0,
        max_id: str | None = None,
        since_id: str | None = None,
        min_id: str | None = None,
        cursor: str | None = None,
        page_size: int = t.TAKE_DEFAULT,
    ) -> AsyncListing:
        """As Feed.list()."""
        request = List(page_size, take, skip, max_id, since_id, min_id, cursor, filter_array(labels))
        return AsyncListing(self._queries.run, request)

    async def count(
        self,
        *,
        labels: LabelMapping | None = None,
        max_id: str | None = None,
        since_id: str | None = None,
        cursor: str | None = None,
    ) -> int:
        """As Feed.count()."""
        request = Count(0, None, 0, max_id, since_id, None, cursor, filter_array(labels))
        return (await self._queries.run(request)).total()

    async def head(self) -> Head:
        """As Feed.head()."""
        page = await self._queries.run(List(0))
        return Head(position=page.position(), cursor=page.cursor)

    def search(
        self,
        text: str,
        *,
        labels: LabelMapping | None = None,
        take: int | None = None,
        skip: int = 0,
        highlight: bool = False,
        cursor: str | None = None,
        page_size: int = t.TAKE_DEFAULT,
    ) -> AsyncListing:
        """As Feed.search()."""
        request = Search(text, page_size, take, skip, highlight, cursor, filter_array(labels))
        return AsyncListing(self._queries.run, request)

    def subscribe(
        self, cursor: str | None = None, *, labels: LabelMapping | None = None, query: str | None = None
    ) -> AsyncSubscription:
        """As Feed.subscribe(): an asynchronous iterator, and a context manager that ends it."""
        subscription = AsyncSubscription(self, self._instance, self._loop, follow_of(cursor, labels, query))
        self._subscriptions.add(subscription)
        return subscription

    # ---- the feed itself ------------------------------------------------------------------------------------------

    async def close(self, timeout: float = CLOSE_S) -> None:
        """Ends it: waits for what was submitted, then closes; subscriptions that wait raise ClosedError."""
        if self._instance.state == OPEN:
            await self._commands.finish(timeout)
            await self._queries.finish(timeout)
            for subscription in list(self._subscriptions):
                subscription.close()
        await self._loop.run_in_executor(None, self._instance.close, timeout)
        self._finalizer.detach()

    async def __aenter__(self) -> AsyncFeed:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()


class _Opening:
    """A feed that is being opened: await it, or use it as an asynchronous context manager."""

    __slots__ = ("_feed", "_values")

    def __init__(self, values: dict[str, object]) -> None:
        self._values = values
        self._feed: AsyncFeed | None = None

    def __await__(self) -> Generator[Any, None, AsyncFeed]:
        return self._open().__await__()

    async def _open(self) -> AsyncFeed:
        loop = asyncio.get_running_loop()
        opening = loop.run_in_executor(None, _open_instance, self._values)
        try:
            return AsyncFeed(await asyncio.shield(opening), loop)
        except asyncio.CancelledError:
            opening.add_done_callback(_abandon)
            raise

    async def __aenter__(self) -> AsyncFeed:
        self._feed = await self._open()
        return self._feed

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._feed is not None:
            await self._feed.close()


def _open_instance(values: dict[str, object]) -> Instance:
    instance = Instance(values)
    if not instance.threaded:
        instance.close(CLOSE_S)
        raise UnsupportedError("asyncio needs a feed with threads of its own: leave the option threads above 0")
    return instance


def _abandon(opening: asyncio.Future[Instance]) -> None:
    """Nobody waits for this feed any more."""
    if not opening.cancelled() and opening.exception() is None:
        opening.result().close(CLOSE_S)


def open(
    *, store: str | None = None, bus: str | None = None, search: str | None = None, **options: Unpack[Options]
) -> _Opening:
    """As meower.open(), for asyncio: `async with meower.aio.open(...) as m`, or `m = await meower.aio.open(...)`.

    Opening and closing may take a while, and run in a thread of the loop's executor; nothing else does.
    """
    return _Opening(option_values(store, bus, search, options))
