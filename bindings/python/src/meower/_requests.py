"""What can be asked of the library: each request checks its arguments when it is made, and submits itself."""

from __future__ import annotations

from ctypes import byref
from typing import TYPE_CHECKING, Generic, Protocol, TypeVar

from . import _types as t
from ._library import lib
from .errors import MeowerError, error_of
from .models import Deleted, Posted, deleted_of, posted_of
from .options import as_bytes, as_optional_bytes

if TYPE_CHECKING:
    from ctypes import c_void_p

    from .pages import Page

Answer = TypeVar("Answer", covariant=True)

SEARCH_SKIP_MAX = 10_000
"""Best matches that a search leaves out, at most (query.h)."""

_submit_post = lib.meower_command_submit_post
_submit_delete = lib.meower_command_submit_delete
_submit_list = lib.meower_query_submit_list
_submit_search = lib.meower_query_submit_search
_submit_get = lib.meower_query_submit_get


class Query(Protocol):
    """A request that a page answers."""

    def submit(self, pointer: c_void_p, tag: int, error: t.ErrorStruct) -> int: ...


class Continued(Query, Protocol):
    """One that may go on after its page."""

    ascending: bool
    """Whether what follows is newer."""

    def after(self, page: Page) -> Continued | None: ...

    def beyond(self, meow_id: str) -> bool: ...


def _whole(value: int, what: str, maximum: int) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise TypeError(f"{what} must be int, not {type(value).__name__}")
    if not 0 <= value <= maximum:
        raise ValueError(f"{what} must be 0 to {maximum:,}, not {value}")
    return value


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

    __slots__ = ("body", "body_len", "key")

    def __init__(self, body: str, key: str | None = None) -> None:
        if not isinstance(body, str):
            raise TypeError(f"a body must be str, not {type(body).__name__}")
        self.body = body.encode()
        self.body_len = len(self.body)
        self.key = as_optional_bytes(key, "an idempotency key")

    def submit(self, pointer: c_void_p, tag: int, error: t.ErrorStruct) -> int:
        status: int = _submit_post(pointer, self.body, self.body_len, self.key, tag, error)
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


class List:
    """A page of the feed."""

    def __init__(
        self,
        take: int,
        skip: int = 0,
        max_id: str | None = None,
        since_id: str | None = None,
        min_id: str | None = None,
        cursor: str | None = None,
    ) -> None:
        self.take = _whole(take, "page_size", t.TAKE_MAX)
        self.ascending = min_id is not None
        self.floor = since_id
        self._cursor = cursor
        self._struct = t.ListStruct(
            _whole(skip, "skip", 2**63),
            take,
            as_optional_bytes(max_id, "max_id"),
            as_optional_bytes(since_id, "since_id"),
            as_optional_bytes(min_id, "min_id"),
            as_optional_bytes(cursor, "a cursor"),
        )

    def submit(self, pointer: c_void_p, tag: int, error: t.ErrorStruct) -> int:
        status: int = _submit_list(pointer, byref(self._struct), tag, error)
        return status

    def after(self, page: Page) -> List | None:
        """The request for what follows a page; None when nothing does."""
        if self.ascending:
            return List(self.take, min_id=page[0].id, cursor=self._cursor) if page.has_newer else None
        if not page.has_older or self.beyond(page[-1].id):
            return None
        following = List(self.take, max_id=page[-1].id, cursor=self._cursor)
        following.floor = self.floor
        return following

    def beyond(self, meow_id: str) -> bool:
        """Whether a meow is not asked for any more: pages after the first know of no floor."""
        return self.floor is not None and meow_id <= self.floor


class Search:
    """A page of what matches a text."""

    ascending = False

    def __init__(
        self, text: str, take: int, skip: int = 0, highlight: bool = False, cursor: str | None = None
    ) -> None:
        if not isinstance(text, str):
            raise TypeError(f"the text must be str, not {type(text).__name__}")
        self.take = _whole(take, "page_size", t.TAKE_MAX)
        self.skip = _whole(skip, "skip", SEARCH_SKIP_MAX)
        self.text = text
        self._highlight = highlight
        self._cursor = cursor
        encoded = text.encode()
        self._struct = t.SearchStruct(
            encoded,
            len(encoded),
            skip,
            take,
            1 if highlight else 0,
            as_optional_bytes(cursor, "a cursor"),
        )

    def submit(self, pointer: c_void_p, tag: int, error: t.ErrorStruct) -> int:
        status: int = _submit_search(pointer, byref(self._struct), tag, error)
        return status

    def after(self, page: Page) -> Search | None:
        """The request for what follows a page; None when nothing does."""
        skip = self.skip + len(page)
        if not page.has_older or skip > SEARCH_SKIP_MAX:
            return None
        return Search(self.text, self.take, skip, self._highlight, self._cursor)

    def beyond(self, meow_id: str) -> bool:
        """Nothing is: the engine decides."""
        return False
