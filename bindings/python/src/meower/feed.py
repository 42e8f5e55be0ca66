"""A feed, for threads that wait for its answers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, overload

from . import _types as t
from ._calls import run_command, run_posts, run_query
from ._feed_base import FeedBase
from ._instance import OPEN, Instance
from ._requests import Count, Delete, Get, List, Post, Search
from .models import Head
from .errors import MeowerError
from .labels import filter_array, label_arrays
from .models import Deleted, Meow, Posted
from .pages import Listing, Page
from .subscription import Subscription, follow_of

if TYPE_CHECKING:
    from collections.abc import Iterable
    from types import TracebackType
    from typing import Unpack

    from ._requests import Query
    from .labels import LabelMapping
    from .options import Options

__all__ = ["Feed"]

CLOSE_S = 10.0
"""Seconds that close() waits for what was accepted."""


class Feed(FeedBase):
    """An open feed; meower.open() makes it. Any number of threads may use it at once.

    >>> import meower
    >>> with meower.open() as m:
    ...     posted = m.post("the cat sat on the keyboard")
    ...     m.get(posted.id).text
    'the cat sat on the keyboard'
    """

    _name = "Feed"

    # ---- writing --------------------------------------------------------------------------------------------------

    def post(
        self,
        body: str,
        *,
        labels: LabelMapping | None = None,
        key: str | None = None,
        timeout: float | None = None,
    ) -> Posted:
        """Posts a meow, and returns when it is safe in the store.

        It may carry up to 16 labels: a key with a value (str), or with several (an iterable of str). With an idempotency
        key the same post may be repeated: it is stored once. After a timeout it may still be stored.

        >>> with open() as m:
        ...     m.post("hello", key="order 1").id == m.post("hello", key="order 1").id
        ...     m.get(m.post("naps", labels={"room": "garden", "tag": ["cats", "naps"]}).id).labels
        True
        {'room': 'garden', 'tag': ('cats', 'naps')}
        """
        return run_command(self._instance, Post(body, key, labels), timeout)

    @overload
    def post_many(
        self,
        bodies: Iterable[str],
        *,
        labels: LabelMapping | Iterable[LabelMapping | None] | None = None,
        return_errors: Literal[False] = False,
        timeout: float | None = None,
    ) -> list[Posted]: ...

    @overload
    def post_many(
        self,
        bodies: Iterable[str],
        *,
        labels: LabelMapping | Iterable[LabelMapping | None] | None = None,
        return_errors: bool,
        timeout: float | None = None,
    ) -> list[Posted | MeowerError]: ...

    def post_many(
        self,
        bodies: Iterable[str],
        *,
        labels: LabelMapping | Iterable[LabelMapping | None] | None = None,
        return_errors: bool = False,
        timeout: float | None = None,
    ) -> list[Posted | MeowerError] | list[Posted]:
        """Posts many meows in their order, all on their way at once: they share transactions.

        `labels` are those of all of them, as post() takes them, or an iterable of each one's, None where it has none. One
        that fails does not hold back the others; when all are answered, the first failure is raised, or, with
        return_errors, each stands in the place of its meow.

        >>> with open() as m:
        ...     [posted.position for posted in m.post_many(["one", "two"], labels={"room": "garden"})]
        ...     [posted.position for posted in m.post_many(["three", "four"], labels=[None, {"author": "tom"}])]
        [1, 2]
        [3, 4]
        """
        texts = list(bodies)
        arrays = label_arrays(labels, len(texts))
        outcomes, failed = run_posts(self._instance, texts, arrays, timeout)
        return all_posted(outcomes) if failed and not return_errors else outcomes

    def delete(self, id: str, *, timeout: float | None = None) -> Deleted:
        """Deletes a meow: its text leaves the store, the index and every page. Raises NotFoundError."""
        return run_command(self._instance, Delete(id), timeout)

    # ---- reading --------------------------------------------------------------------------------------------------

    def get(self, id: str, *, cursor: str | None = None, timeout: float | None = None) -> Meow:
        """One meow. Raises NotFoundError. With a cursor it is answered once that position is visible."""
        return run_query(self._instance, Get(id, cursor), timeout)[0]

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
        timeout: float | None = None,
    ) -> Listing:
        """Meows, newest first: a listing to iterate, or to take pages from; `take` at most, all of them without it, in
        pages of `page_size`.

        At most one of max_id (only older ones), since_id (only newer ones) and min_id (only newer ones, iterated
        oldest first); skip only without them. With labels only meows that carry them: several values (an iterable of
        str) of one key are alternatives, different keys must all hold. `timeout` is for each page.

        >>> with open() as m:
        ...     _ = m.post_many(["one", "two", "three"], labels=[{"room": "a"}, {"room": "b"}, {"room": "c"}])
        ...     [meow.text for meow in m.list(take=2)]
        ...     [meow.text for meow in m.list(labels={"room": ["a", "b"]})]
        ['three', 'two']
        ['two', 'one']
        """
        request = List(page_size, take, skip, max_id, since_id, min_id, cursor, filter_array(labels))
        return Listing(self._asker(timeout), request)

    def count(
        self,
        *,
        labels: LabelMapping | None = None,
        max_id: str | None = None,
        since_id: str | None = None,
        cursor: str | None = None,
        timeout: float | None = None,
    ) -> int:
        """How many meows there are, with labels and between ids as list() takes them. The store counts them one by one: a
        million takes a tenth of a second or more.

        >>> with open() as m:
        ...     _ = m.post_many(["one", "two", "three"], labels=[{"room": "a"}, {"room": "b"}, {"room": "a"}])
        ...     m.count(), m.count(labels={"room": "a"})
        (3, 2)
        """
        request = Count(0, None, 0, max_id, since_id, None, cursor, filter_array(labels))
        return run_query(self._instance, request, timeout).total()

    def head(self, timeout: float | None = None) -> Head:
        """How far the feed is, whichever process wrote to it last.

        >>> with open() as m:
        ...     posted = m.post("hello")
        ...     m.head().position, m.head().cursor == posted.cursor
        (1, True)
        """
        page = run_query(self._instance, List(0), timeout)
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
        timeout: float | None = None,
    ) -> Listing:
        """Meows that match plain text, best first, typos forgiven. With labels only those that carry them, as in list(). A
        post is found once the index has it; give its cursor to wait for that.

        >>> with open() as m:
        ...     posted = m.post("the cat sat on the keyboard")
        ...     [meow.text for meow in m.search("keybaord", cursor=posted.cursor)]
        ['the cat sat on the keyboard']
        """
        request = Search(text, page_size, take, skip, highlight, cursor, filter_array(labels))
        return Listing(self._asker(timeout), request)

    def subscribe(
        self,
        cursor: str | None = None,
        *,
        labels: LabelMapping | None = None,
        query: str | None = None,
        timeout: float | None = None,
    ) -> Subscription:
        """The events after a cursor, from the first on (CURSOR_START), or from now on. Iterating waits for the next event;
        with a timeout it ends when none came for so many seconds.

        With labels only meows that carry them, as in list(); with a query only meows that all its words match, as search()
        finds them. Deletions come in any case. A cursor is good for any filter.

        >>> with open() as m:
        ...     _ = m.post_many(["cats nap", "dogs nap", "cats purr"], labels=[{"room": "a"}, {"room": "a"}, {"room": "b"}])
        ...     [event.meow.text for event in m.subscribe("start", labels={"room": "a"}, timeout=0.1)]
        ...     [event.meow.text for event in m.subscribe("start", query="cats", timeout=0.1)]
        ['cats nap', 'dogs nap']
        ['cats nap', 'cats purr']
        """
        return Subscription(self, self._instance, follow_of(cursor, labels, query), timeout)

    def _asker(self, timeout: float | None) -> _Asker:
        self._instance.check()
        return _Asker(self, timeout)

    # ---- the feed itself ------------------------------------------------------------------------------------------

    def step(self) -> bool:
        """Runs every stage once, for a feed opened with threads=0. Returns whether any had work."""
        return self._instance.step()

    def close(self, timeout: float = CLOSE_S) -> None:
        """Ends it: calls that wait in other threads raise ClosedError, what was accepted is carried out, the index is
        brought up to it. Raises TimedOutError when that took longer; it is closed all the same. Closing again does
        nothing."""
        self._instance.close(timeout)
        if self._instance.state != OPEN:
            self._finalizer.detach()

    def __enter__(self) -> Feed:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class _Asker:
    """Asks for pages, and keeps the feed meanwhile."""

    __slots__ = ("_feed", "_timeout")

    def __init__(self, feed: Feed, timeout: float | None) -> None:
        self._feed = feed
        self._timeout = timeout

    def __call__(self, request: Query) -> Page:
        return run_query(self._feed._instance, request, self._timeout)


def all_posted(outcomes: list[Posted | MeowerError]) -> list[Posted]:
    """What was posted, if all was: otherwise raises the first failure."""
    posted = []
    for outcome in outcomes:
        if isinstance(outcome, MeowerError):
            raise outcome
        posted.append(outcome)
    return posted


def option_values(
    store: str | None, bus: str | None, search: str | None, options: Options
) -> dict[str, object]:
    """The keywords of open() as values for the library's table."""
    named = {"store": store, "bus": bus, "search": search}
    return {name: value for name, value in named.items() if value is not None} | dict(options)


def open(
    *, store: str | None = None, bus: str | None = None, search: str | None = None, **options: Unpack[Options]
) -> Feed:
    """Opens a feed. Close it, or use it as a context manager.

    `store`, `bus` and `search` are URLs, such as "sqlite:feed.db", "nats://localhost" and "index:index"; without
    them the feed lives in memory. Every other option of the library is a keyword too: meower.options() lists them.

    >>> with open(store="memory:", timeline_max=100) as m:
    ...     m
    <meower.Feed open, store='memory', bus='inproc', search='index'>
    """
    return Feed(Instance(option_values(store, bus, search, options)))
