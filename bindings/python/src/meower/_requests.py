"""What can be asked of the library: each request checks its arguments when it is made, and submits itself."""

from __future__ import annotations

from ctypes import byref
from dataclasses import dataclass, replace
from itertools import takewhile
from typing import TYPE_CHECKING, Generic, Protocol, TypeVar

from . import _types as t
from ._library import lib
from .errors import InvalidError, MeowerError, error_of
from .labels import label_array
from .models import Deleted, Posted, deleted_of, posted_of
from .options import as_bytes, as_optional_bytes

if TYPE_CHECKING:
    from collections.abc import Iterable
    from ctypes import c_void_p

    from .labels import LabelArray, LabelMapping
    from .models import Meow
    from .pages import Page

Answer = TypeVar("Answer", covariant=True)

SEARCH_SKIP_MAX = 10_000
"""Best matches that a search leaves out, at most (query.h)."""

_submit_post = lib.meower_command_submit_post
_submit_one = lib.meower_command_submit_one
_submit_delete = lib.meower_command_submit_delete
_submit_list = lib.meower_query_submit_list
_submit_count = lib.meower_query_submit_count
_submit_search = lib.meower_query_submit_search
_submit_get = lib.meower_query_submit_get


class Query(Protocol):
    """A request that a page answers."""

    def submit(self, pointer: c_void_p, tag: int, error: t.ErrorStruct) -> int: ...


class Continued(Query, Protocol):
    """One that may go on after its page."""

    def after(self, page: Page) -> Continued | None: ...

    def at_most(self, count: int) -> Continued: ...

    def meows(self, page: Page) -> Iterable[Meow]: ...


def _whole(value: int, what: str, maximum: int) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise TypeError(f"{what} must be int, not {type(value).__name__}")
    if not 0 <= value <= maximum:
        raise ValueError(f"{what} must be 0 to {maximum:,}, not {value}")
    return value


def _checked_take(take: int | None) -> None:
    if take is not None and (not isinstance(take, int) or isinstance(take, bool)):
        raise TypeError(f"take must be int or None, not {type(take).__name__}")
    if take is not None and take < 0:
        raise InvalidError("take must not be negative")


def _page_take(page_size: int, take: int | None) -> int:
    """The meows of a page, when so many are asked for in all."""
    return page_size if take is None else min(page_size, take)


def _left(take: int | None, page: Page) -> int | None:
    """What a page leaves to ask for."""
    return None if take is None else take - len(page)


class Command(Generic[Answer]):
    """A request that a result answers."""

    __slots__ = ()

    def submit(self, pointer: c_void_p, tag: int, error: t.ErrorStruct) -> int:
        raise NotImplementedError

    def convert(self, result: t.ResultStruct) -> Answer:
        raise NotImplementedError

    def outcome(self, result: t.ResultStruct) -> Answer | MeowerError:
        """What the library answered."""
        if result.status:
            return error_of(result.status, result.error.contents)
        return self.convert(result)


class Post(Command[Posted]):
    """A meow to be stored."""

    __slots__ = ("body", "body_len", "key", "labels")

    def __init__(self, body: str, key: str | None = None, labels: LabelMapping | None = None) -> None:
        if not isinstance(body, str):
            raise TypeError(f"a body must be str, not {type(body).__name__}")
        self.body = body.encode()
        self.body_len = len(self.body)
        self.key = as_optional_bytes(key, "an idempotency key")
        self.labels = label_array(labels)

    def submit(self, pointer: c_void_p, tag: int, error: t.ErrorStruct) -> int:
        status: int
        if self.labels is None:  # which costs no struct
            status = _submit_post(pointer, self.body, self.body_len, self.key, tag, error)
        else:
            post = t.PostStruct(self.body, self.body_len, self.key, tag, self.labels, len(self.labels))
            status = _submit_one(pointer, byref(post), error)
        return status

    def convert(self, result: t.ResultStruct) -> Posted:
        return posted_of(result)


class Delete(Command[Deleted]):
    """A meow to be removed."""

    __slots__ = ("id",)

    def __init__(self, meow_id: str) -> None:
        self.id = as_bytes(meow_id, "an id")

    def submit(self, pointer: c_void_p, tag: int, error: t.ErrorStruct) -> int:
        status: int = _submit_delete(pointer, self.id, tag, error)
        return status

    def convert(self, result: t.ResultStruct) -> Deleted:
        return deleted_of(result)


class Get:
    """One meow, by its id."""

    __slots__ = ("cursor", "id")

    def __init__(self, meow_id: str, cursor: str | None) -> None:
        self.id = as_bytes(meow_id, "an id")
        self.cursor = as_optional_bytes(cursor, "a cursor")

    def submit(self, pointer: c_void_p, tag: int, error: t.ErrorStruct) -> int:
        status: int = _submit_get(pointer, self.id, self.cursor, tag, error)
        return status


@dataclass
class List:
    """A page of the feed, and the pages after it."""

    page_size: int
    take: int | None = None
    """Meows in all; None: all there are."""
    skip: int = 0
    max_id: str | None = None
    since_id: str | None = None
    min_id: str | None = None
    cursor: str | None = None
    labels: LabelArray | None = None
    """What meows must carry; None: any will do."""
    floor: str | None = None
    """since_id, in requests for pages after the first: these are bounded above."""

    def __post_init__(self) -> None:
        _checked_take(self.take)
        if self.since_id is not None:
            self.floor = self.since_id
        self._struct = t.ListStruct(
            _whole(self.skip, "skip", 2**63),
            _page_take(_whole(self.page_size, "page_size", t.TAKE_MAX), self.take),
            as_optional_bytes(self.max_id, "max_id"),
            as_optional_bytes(self.since_id, "since_id"),
            as_optional_bytes(self.min_id, "min_id"),
            as_optional_bytes(self.cursor, "a cursor"),
            self.labels,
            len(self.labels or ()),
        )

    def submit(self, pointer: c_void_p, tag: int, error: t.ErrorStruct) -> int:
        status: int = _submit_list(pointer, byref(self._struct), tag, error)
        return status

    def after(self, page: Page) -> List | None:
        """The request for what follows a page; None when nothing does."""
        left = _left(self.take, page)
        if left == 0:
            return None
        if self.min_id is not None:
            return replace(self, take=left, min_id=page[0].id) if page.has_newer else None
        if not page.has_older or self._beyond(page[-1]):
            return None
        return replace(self, take=left, skip=0, max_id=page[-1].id, since_id=None)

    def at_most(self, count: int) -> List:
        """The same in pages of at most so many."""
        return replace(self, page_size=min(self.page_size, count))

    def meows(self, page: Page) -> Iterable[Meow]:
        """What was asked for of its page, in the order of iteration."""
        if self.min_id is not None:
            return reversed(page)
        return page if self.floor is None else takewhile(lambda meow: not self._beyond(meow), page)

    def _beyond(self, meow: Meow) -> bool:
        return self.floor is not None and meow.id <= self.floor


class Count(List):
    """How many meows a list has in all: its page has none."""

    def submit(self, pointer: c_void_p, tag: int, error: t.ErrorStruct) -> int:
        status: int = _submit_count(pointer, byref(self._struct), tag, error)
        return status


@dataclass
class Search:
    """A page of what matches a text, and the pages after it."""

    text: str
    page_size: int
    take: int | None = None
    """Meows in all; None: all there are."""
    skip: int = 0
    highlight: bool = False
    cursor: str | None = None
    labels: LabelArray | None = None
    """What meows must carry; None: any will do."""

    def __post_init__(self) -> None:
        if not isinstance(self.text, str):
            raise TypeError(f"the text must be str, not {type(self.text).__name__}")
        _checked_take(self.take)
        encoded = self.text.encode()
        self._struct = t.SearchStruct(
            encoded,
            len(encoded),
            _whole(self.skip, "skip", SEARCH_SKIP_MAX),
            _page_take(_whole(self.page_size, "page_size", t.TAKE_MAX), self.take),
            1 if self.highlight else 0,
            as_optional_bytes(self.cursor, "a cursor"),
            self.labels,
            len(self.labels or ()),
        )

    def submit(self, pointer: c_void_p, tag: int, error: t.ErrorStruct) -> int:
        status: int = _submit_search(pointer, byref(self._struct), tag, error)
        return status

    def after(self, page: Page) -> Search | None:
        """The request for what follows a page; None when nothing does."""
        left = _left(self.take, page)
        skip = self.skip + len(page)
        if left == 0 or not page.has_older or skip > SEARCH_SKIP_MAX:
            return None
        return replace(self, take=left, skip=skip)

    def at_most(self, count: int) -> Search:
        """The same in pages of at most so many."""
        return replace(self, page_size=min(self.page_size, count))

    def meows(self, page: Page) -> Iterable[Meow]:
        """What was asked for of its page: the engine decides."""
        return page
