"""Many posts in one call, and many results: read and written as columns of numbers, with little work for each.

meower_command_submit_posts() takes an array of meower_post, meower_command_next_many() fills one of
meower_command_result. Attribute by attribute ctypes would take longer over them than the library over the posts.
"""

from __future__ import annotations

from array import array
from ctypes import addressof, byref, c_char_p, c_void_p, sizeof
from itertools import accumulate, repeat
from struct import Struct
from typing import TYPE_CHECKING

from . import _types as t
from ._library import lib
from ._records import Columns
from .errors import BusyError, InvalidError, check, error_of
from .models import Posted, posted_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from .errors import MeowerError
    from .labels import LabelArray

CHUNK = 512
"""Posts that are submitted and results that are taken in one call, at most."""

_submit_one = lib.meower_command_submit_one
_submit_posts = lib.meower_command_submit_posts
_next_many = lib.meower_command_next_many

_POINTER = sizeof(c_void_p)
_POST_POINTERS = sizeof(t.PostStruct) // _POINTER
_BODY = t.PostStruct.body.offset // _POINTER
_BODY_LEN = t.PostStruct.body_len.offset // _POINTER
_KEY = t.PostStruct.idempotency_key.offset // _POINTER
_POST_TAG = t.PostStruct.tag.offset // _POINTER
_LABELS = t.PostStruct.labels.offset // _POINTER
_LABEL_COUNT = t.PostStruct.label_count.offset // _POINTER
_POST_SIZE = sizeof(t.PostStruct)
_EMPTY_POSTS = array("L", (_POST_SIZE, *repeat(0, _POST_POINTERS - 1)) * CHUNK)
"""A chunk of meower_post of which only the size is set."""
_RESULT_SIZE = sizeof(t.ResultStruct)
_RESULT_POINTERS = _RESULT_SIZE // _POINTER
_ERROR_SIZE = sizeof(t.ErrorStruct)
_ERROR = t.ResultStruct.error.offset // _POINTER
_TAG = t.ResultStruct.tag.offset // _POINTER
_RESULT_INTS = _RESULT_SIZE // 4
_STATUS = t.ResultStruct.status.offset // 4
_RECEIPT = Struct(
    f"{t.ResultStruct.replayed.offset}xiqQ{t.ID_LEN}sx{t.CURSOR_SIZE}s"
    f"{_RESULT_SIZE - t.ResultStruct.flags.offset}x"
)
"""What a meower_command_result says of a post that was stored."""

_POSTED = Columns(Posted)


def encoded(bodies: Sequence[str]) -> tuple[bytes, list[int]]:
    """Bodies as one text, and how many bytes each has of it."""
    try:
        joined = "".join(bodies)
    except TypeError:
        wrong = next(body for body in bodies if not isinstance(body, str))
        raise TypeError(f"a body must be str, not {type(wrong).__name__}") from None
    if joined.isascii():
        return joined.encode(), list(map(len, bodies))
    texts = list(map(str.encode, bodies))
    return b"".join(texts), list(map(len, texts))


def chunks(text: bytes, lens: list[int], count_max: int) -> Iterator[tuple[int, bytes, list[int]]]:
    """Cuts encoded bodies into runs of at most so many: of each the first one's place, its text, and its lengths."""
    end = 0
    for start in range(0, len(lens), count_max):
        part = lens[start : start + count_max]
        begin, end = end, end + sum(part)
        yield start, text[begin:end], part


def _address(text: bytes | None) -> int:
    return c_void_p.from_buffer(c_char_p(text)).value or 0


def _address_of_labels(labels: LabelArray | None) -> int:
    return addressof(labels) if labels else 0


def _count_of_labels(labels: LabelArray | None) -> int:
    return len(labels) if labels else 0


class Posts:
    """Posts on their way to the library, tagged with consecutive numbers."""

    __slots__ = ("_apart", "_count", "_next", "_refused", "_rows", "_texts", "accepted")

    def __init__(
        self,
        text: bytes,
        lens: list[int],
        first_tag: int,
        keys: Sequence[bytes | None] | None = None,
        labels: Sequence[LabelArray | None] | None = None,
    ) -> None:
        self._texts = text, keys, labels  # the rows point into them
        self._count = len(lens)
        self._apart = False
        self._next = 0
        self._refused: list[tuple[int, MeowerError]] = []
        self.accepted = 0
        count = self._count
        addresses = list(accumulate(lens, initial=_address(text)))
        del addresses[count]
        self._rows = _EMPTY_POSTS[: count * _POST_POINTERS]
        self._rows[_BODY::_POST_POINTERS] = array("L", addresses)
        self._rows[_BODY_LEN::_POST_POINTERS] = array("L", lens)
        if keys is not None:
            self._rows[_KEY::_POST_POINTERS] = array("L", map(_address, keys))
        if labels is not None:
            self._rows[_LABELS::_POST_POINTERS] = array("L", map(_address_of_labels, labels))
            self._rows[_LABEL_COUNT::_POST_POINTERS] = array("L", map(_count_of_labels, labels))
        self._rows[_POST_TAG::_POST_POINTERS] = array("L", range(first_tag, first_tag + count))

    def submit(self, pointer: c_void_p, error: t.ErrorStruct) -> bool:
        """Submits what is left, in one call; one by one when one of them is refused, for the others are not. Returns
        False when there is no room now: then again."""
        count = self._count
        if not self._apart:
            status = _submit_posts(pointer, byref(t.PostStruct.from_buffer(self._rows)), count, error)
            if status == 0:
                self._next = self.accepted = count
            elif status == InvalidError.code:
                self._apart = True
            elif status != BusyError.code:
                self._refused = [(index, error_of(status, error)) for index in range(count)]
                self._next = count
        return self._submit_apart(pointer, error) if self._apart else self._next == count

    def _submit_apart(self, pointer: c_void_p, error: t.ErrorStruct) -> bool:
        for index in range(self._next, self._count):
            status = _submit_one(pointer, byref(t.PostStruct.from_buffer(self._rows, index * _POST_SIZE)), error)
            if status == BusyError.code:
                return False
            if status:
                self._refused.append((index, error_of(status, error)))
            else:
                self.accepted += 1
            self._next = index + 1
        return True

    def take_refused(self) -> list[tuple[int, MeowerError]]:
        """Those that were refused since the last call, with the reason."""
        refused, self._refused = self._refused, []
        return refused


class Results:
    """Room for the results that are taken at once."""

    __slots__ = ("_bytes", "_errors", "_first", "_ints", "_pointers", "_structs", "tags")

    def __init__(self, room: int) -> None:
        self._structs = (t.ResultStruct * room)()
        self._structs[0].struct_size = _RESULT_SIZE
        self._errors = (t.ErrorStruct * room)()
        self._first = byref(self._structs[0])
        self._bytes = memoryview(self._structs).cast("B")
        self._ints = self._bytes.cast("i")
        self._pointers = self._bytes.cast("L")
        first_error = addressof(self._errors)
        self._pointers[_ERROR::_RESULT_POINTERS] = array(
            "L", range(first_error, first_error + room * _ERROR_SIZE, _ERROR_SIZE)
        )
        self.tags: list[int] = []
        """Of the results that were taken."""

    def take(self, pointer: c_void_p, error: t.ErrorStruct) -> int:
        """Takes what waits, as far as there is room. Returns how many results."""
        count: int = _next_many(pointer, self._first, len(self._structs), error)
        check(count, error)
        self.tags = self._pointers[_TAG : count * _RESULT_POINTERS : _RESULT_POINTERS].tolist()
        return count

    def struct(self, index: int) -> t.ResultStruct:
        """One of them, until the next are taken."""
        return self._structs[index]

    def run(self, start: int, stop: int) -> int:
        """Where the tags from `start` on cease to be consecutive; not after `stop`."""
        tags = self.tags
        if tags[start:stop] == list(range(tags[start], tags[start] + stop - start)):
            return stop
        end = start + 1
        while tags[end] == tags[end - 1] + 1:
            end += 1
        return end

    def outcomes(self, start: int, stop: int) -> tuple[Sequence[Posted | MeowerError], bool]:
        """What became of the posts that these results are of, and whether one of them failed."""
        statuses = self._ints[start * _RESULT_INTS + _STATUS : stop * _RESULT_INTS : _RESULT_INTS].tolist()
        if not any(statuses):
            return self._posted(start, stop), False
        return [
            error_of(status, self._errors[index]) if status else posted_of(self._structs[index])
            for index, status in enumerate(statuses, start)
        ], True

    def _posted(self, start: int, stop: int) -> list[Posted]:
        """Column by column, each in one go: neither ids nor cursors have line ends or NULs in them."""
        rows = _RECEIPT.iter_unpack(self._bytes[start * _RESULT_SIZE : stop * _RESULT_SIZE])
        replayed, created_at_us, positions, ids, cursors = zip(*rows, strict=True)
        columns = (
            b"\n".join(ids).decode("ascii").split("\n"),
            created_at_us,
            positions,
            b"\n".join(cursors).translate(None, b"\0").decode("ascii").split("\n"),
            map(bool, replayed) if any(replayed) else repeat(False),
        )
        return _POSTED.records(stop - start, columns)
