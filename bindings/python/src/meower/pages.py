"""Answers: a page of meows, and listings that fetch one page after the other while they are iterated."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, overload

from ._copies import Bound, Immutable
from .errors import MeowerError
from .models import Meow, table

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from ._requests import Continued, Query

__all__ = ["Listing", "Page"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """All that a page tells."""

    cursor: str
    has_older: bool
    has_newer: bool
    is_fallback: bool
    meows: tuple[Meow, ...]
    highlights: tuple[tuple[tuple[int, int], ...], ...]
    """Of each meow, of each word: start and length in characters."""
    json: bytes


class Page(Immutable, Sequence[Meow]):
    """A sequence of meows, and the position of the feed that it reflects. Any thread may read it,
    and any process: it can be pickled. Pages that tell the same are equal; a copy is the page itself.

    >>> import meower
    >>> with meower.open() as m:
    ...     _ = m.post_many(["one", "two", "three"])
    ...     page = m.list(page_size=2).page()
    >>> len(page), page[0].text, page.has_older
    (2, 'three', True)
    """

    __slots__ = ()

    @overload
    @abstractmethod
    def __getitem__(self, index: int) -> Meow: ...

    @overload
    @abstractmethod
    def __getitem__(self, index: slice) -> list[Meow]: ...

    @abstractmethod
    def __getitem__(self, index: int | slice) -> Meow | list[Meow]:
        raise NotImplementedError

    @property
    @abstractmethod
    def cursor(self) -> str:
        """The position that the answer reflects, as a token."""

    @property
    @abstractmethod
    def has_older(self) -> bool:
        """Whether more follow the last meow."""

    @property
    @abstractmethod
    def has_newer(self) -> bool:
        """Whether more precede the first meow."""

    @property
    @abstractmethod
    def is_fallback(self) -> bool:
        """Whether the search engine was away, and the newest meows were scanned."""

    @property
    @abstractmethod
    def json(self) -> bytes:
        """The page as the HTTP API gives it: a JSON array."""

    @abstractmethod
    def highlights(self, index: int) -> list[tuple[int, int]]:
        """Where the words that were searched stand in the body of a meow: start and length in characters. Empty when
        the search did not ask for highlights."""

    def __eq__(self, other: object) -> bool:
        return self._content() == other._content() if isinstance(other, Page) else NotImplemented

    def __hash__(self) -> int:
        return hash((self.cursor, len(self)))

    def _content(self) -> Content:
        return Content(
            cursor=self.cursor,
            has_older=self.has_older,
            has_newer=self.has_newer,
            is_fallback=self.is_fallback,
            meows=tuple(self),
            highlights=tuple(tuple(self.highlights(index)) for index in range(len(self))),
            json=self.json,
        )

    def __repr__(self) -> str:
        return f"<meower.Page of {len(self)} meows>"

    def _repr_html_(self) -> str:
        return table(("posted (UTC)", "meow", "id"), [row_of(meow) for meow in self])


def row_of(meow: Meow) -> tuple[str, str, str]:
    """A meow as a row of a table."""
    return f"{meow.created_at:%Y-%m-%d %H:%M:%S}", meow.text, meow.id


class Listing(Immutable, Bound):
    """What was asked for, not fetched yet. Iterate it for meows: it fetches pages as it goes, to the end of the feed
    or until `take` meows were given. Each iteration asks anew.

    It is true when there is any meow, for which it asks. It has no len(): that is known when all of it was fetched, and
    list(listing) would ask for it first. len(list(listing)) is the length, and a page has one.

    >>> import meower
    >>> with meower.open() as m:
    ...     _ = m.post_many(["one", "two", "three"])
    ...     [meow.text for meow in m.list(page_size=2)]
    ...     [len(page) for page in m.list(page_size=2).pages()]
    ['three', 'two', 'one']
    [2, 1]
    """

    __slots__ = ("_ask", "_request")
    _refusal = "a listing cannot be pickled, for it asks an open feed: pickle its page(), or list() of it"

    def __init__(self, ask: Callable[[Query], Page], request: Continued) -> None:
        self._ask = ask
        self._request = request

    def page(self) -> Page:
        """The first page, of at most `take` meows."""
        return self._ask(self._request)

    def pages(self) -> Iterator[Page]:
        """Page after page, of at most `take` meows together. The last may have some that are not newer than since_id."""
        request: Continued | None = self._request
        while request is not None:
            page = self._ask(request)
            if not len(page):
                return
            yield page
            request = request.after(page)

    def __iter__(self) -> Iterator[Meow]:
        for page in self.pages():
            yield from self._request.meows(page)

    def __bool__(self) -> bool:
        return len(self._ask(self._request.at_most(1))) > 0

    def __repr__(self) -> str:
        return f"<meower.Listing of {type(self._request).__name__.lower()}; iterate it>"

    def _repr_html_(self) -> str:
        try:
            return self.page()._repr_html_()
        except MeowerError as error:
            return table(("error",), [(error,)])
