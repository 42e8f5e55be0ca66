"""Where the content of a page is: in the library's memory, or, when it was pickled, in Python's own."""

from __future__ import annotations

from ctypes import byref, c_size_t, create_string_buffer
from typing import TYPE_CHECKING, overload

from ._library import lib
from .errors import MeowerError, error_of
from .models import Meow, meow_of
from .pages import Page

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from . import _types as t
    from .pages import Content

NO_SUCH_MEOW = "there is no such meow on the page"

_free = lib.meower_page_free
_meow = lib.meower_page_meow


class LibraryPage(Page):
    """A page that owns the library's."""

    __slots__ = ("_count", "_escaped", "_pointer")

    def __init__(self, pointer: t.PageHandle, escaped: bool) -> None:
        self._pointer = pointer
        self._escaped = escaped
        self._count: int = lib.meower_page_count(pointer)

    @classmethod
    def outcome(cls, pointer: t.PageHandle, escaped: bool) -> LibraryPage | MeowerError:
        """The page that the library gave, or the error that it carries."""
        page = cls(pointer, escaped)
        status: int = lib.meower_page_status(pointer)
        return error_of(status, lib.meower_page_error(pointer).contents) if status else page

    def __del__(self, _free: Callable[[t.PageHandle], None] = _free) -> None:
        pointer = getattr(self, "_pointer", None)
        if pointer is not None:
            del self._pointer
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
            raise IndexError(NO_SUCH_MEOW)
        return meow_of(_meow(self._pointer, number).contents, self._escaped)

    def __iter__(self) -> Iterator[Meow]:
        return self._at(range(self._count))

    def __reversed__(self) -> Iterator[Meow]:
        return self._at(range(self._count - 1, -1, -1))

    def _at(self, numbers: range) -> Iterator[Meow]:
        pointer, escaped = self._pointer, self._escaped
        for number in numbers:
            yield meow_of(_meow(pointer, number).contents, escaped)

    @property
    def cursor(self) -> str:
        cursor: bytes = lib.meower_page_cursor(self._pointer)
        return cursor.decode()

    def position(self) -> int:
        """The position that the cursor names."""
        position: int = lib.meower_page_position(self._pointer)
        return position

    def total(self) -> int:
        """What a Count found."""
        total: int = lib.meower_page_total(self._pointer)
        return total

    @property
    def has_older(self) -> bool:
        return bool(lib.meower_page_has_older(self._pointer))

    @property
    def has_newer(self) -> bool:
        return bool(lib.meower_page_has_newer(self._pointer))

    @property
    def is_fallback(self) -> bool:
        return bool(lib.meower_page_is_fallback(self._pointer))

    @property
    def json(self) -> bytes:
        length: int = lib.meower_page_json_len(self._pointer)
        buffer = create_string_buffer(length)
        lib.meower_page_write_json(self._pointer, buffer)
        return buffer.raw

    def highlights(self, index: int) -> list[tuple[int, int]]:
        if not 0 <= index < self._count:
            raise IndexError(NO_SUCH_MEOW)
        count = c_size_t()
        parts = lib.meower_page_highlights(self._pointer, index, byref(count))
        return [(part.start, part.length) for part in parts[: count.value]]

    def __reduce__(self) -> tuple[type[PlainPage], tuple[Content]]:
        return PlainPage, (self._content(),)


class PlainPage(Page):
    """What was a page of the library before it was pickled."""

    __slots__ = ("_told",)

    def __init__(self, told: Content) -> None:
        self._told = told

    def __len__(self) -> int:
        return len(self._told.meows)

    @overload
    def __getitem__(self, index: int) -> Meow: ...

    @overload
    def __getitem__(self, index: slice) -> list[Meow]: ...

    def __getitem__(self, index: int | slice) -> Meow | list[Meow]:
        meows = self._told.meows
        return list(meows[index]) if isinstance(index, slice) else meows[index]

    @property
    def cursor(self) -> str:
        return self._told.cursor

    @property
    def has_older(self) -> bool:
        return self._told.has_older

    @property
    def has_newer(self) -> bool:
        return self._told.has_newer

    @property
    def is_fallback(self) -> bool:
        return self._told.is_fallback

    @property
    def json(self) -> bytes:
        return self._told.json

    def highlights(self, index: int) -> list[tuple[int, int]]:
        if not 0 <= index < len(self):
            raise IndexError(NO_SUCH_MEOW)
        return list(self._told.highlights[index])

    def __reduce__(self) -> tuple[type[PlainPage], tuple[Content]]:
        return PlainPage, (self._told,)
