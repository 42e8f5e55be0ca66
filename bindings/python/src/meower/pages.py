"""Answers: a page of meows, and listings that fetch one page after the other while they are iterated."""

from __future__ import annotations

from collections.abc import Sequence
from ctypes import byref, c_size_t, create_string_buffer
from typing import TYPE_CHECKING, overload

from . import _types as t
from ._library import lib
from .errors import MeowerError, error_of
from .models import Meow, meow_of, table

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from ._requests import Continued, Query

__all__ = ["Listing", "Page"]

_free = lib.meower_page_free
_meow = lib.meower_page_meow


class Page(Sequence[Meow]):
    """A sequence of meows, and the position of the feed that it reflects. Any thread may read it.

    >>> import meower
    >>> with meower.open() as m:
    ...     _ = m.post_many(["one", "two", "three"])
    ...     page = m.list(page_size=2).page()
    >>> len(page), page[0].text, page.has_older
    (2, 'three', True)
    """

    __slots__ = ("_count", "_escaped", "_pointer")

    def __init__(self, pointer: t.PageHandle, escaped: bool) -> None:
        self._pointer = pointer
        self._escaped = escaped
        self._count: int = lib.meower_page_count(pointer)

    @classmethod
    def outcome(cls, pointer: t.PageHandle, escaped: bool) -> Page | MeowerError:
        """The page that the library gave, or the error that it carries."""
        page = cls(pointer, escaped)
        status: int = lib.meower_page_status(pointer)
        return error_of(status, lib.meower_page_error(pointer).contents) if status else page

    def __del__(self, _free: Callable[[t.PageHandle], None] = _free) -> None:
        pointer = getattr(self, "_pointer", None)
        if pointer is not None:
            _free(pointer)

    def __len__(self) -> int:
        return self._count

    @overload
    def __getitem__(self, index: int) -> Meow: ...

    @overload
    def __getitem__(self, index: slice) -> list[Meow]: ...

    def __getitem__(self, index: int | slice) -> Meow | list[Meow]:
        if isinstance(index, slice):
            return [self[number] for number in range(*index.indices(self._count))]
        number = index + self._count if index < 0 else index
        if not 0 <= number < self._count:
            raise IndexError("there is no such meow on the page")
        return meow_of(_meow(self._pointer, number).contents, self._escaped)

    def __iter__(self) -> Iterator[Meow]:
        pointer, escaped = self._pointer, self._escaped
        for number in range(self._count):
            yield meow_of(_meow(pointer, number).contents, escaped)

    @property
    def cursor(self) -> str:
        """The position that the answer reflects, as a token."""
        cursor: bytes = lib.meower_page_cursor(self._pointer)
        return cursor.decode()

    @property
    def has_older(self) -> bool:
        """Whether more follow the last meow."""
        return bool(lib.meower_page_has_older(self._pointer))

    @property
    def has_newer(self) -> bool:
        """Whether more precede the first meow."""
        return bool(lib.meower_page_has_newer(self._pointer))

    @property
    def is_fallback(self) -> bool:
        """Whether the search engine was away, and the newest meows were scanned."""
        return bool(lib.meower_page_is_fallback(self._pointer))

    @property
    def json(self) -> bytes:
        """The page as the HTTP API gives it: a JSON array."""
        length: int = lib.meower_page_json_len(self._pointer)
        buffer = create_string_buffer(length)
        lib.meower_page_write_json(self._pointer, buffer)
        return buffer.raw

    def highlights(self, index: int) -> list[tuple[int, int]]:
        """Where the words that were searched stand in the body of a meow: start and length in characters. Empty when
        the search did not ask for highlights."""
        if not 0 <= index < self._count:
            raise IndexError("there is no such meow on the page")
        count = c_size_t()
        parts = lib.meower_page_highlights(self._pointer, index, byref(count))
        return [(part.start, part.length) for part in parts[: count.value]]

    def __repr__(self) -> str:
        return f"<meower.Page of {self._count} meows>"

    def _repr_html_(self) -> str:
        return table(("posted (UTC)", "meow", "id"), [row_of(meow) for meow in self])


def row_of(meow: Meow) -> tuple[str, str, str]:
    """A meow as a row of a table."""
    return f"{meow.created_at:%Y-%m-%d %H:%M:%S}", meow.text, meow.id


class Listing:
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
