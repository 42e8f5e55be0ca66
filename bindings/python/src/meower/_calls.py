"""Requests that a thread waits for: submit, wait on the descriptor, take the answer.

The library has synchronous calls too. These wait in Python, where a signal (Ctrl-C) ends the wait.
"""

from __future__ import annotations

import time
from ctypes import byref
from typing import TYPE_CHECKING, Any, TypeVar

from . import _types as t
from ._batches import CHUNK, Posts, Results, chunks, encoded
from ._library import lib
from ._pages import LibraryPage
from .errors import BusyError, MeowerError, TimedOutError, check, error_of

if TYPE_CHECKING:
    from collections import deque
    from collections.abc import Callable, Sequence

    from ._instance import Handle, Instance
    from ._requests import Command, Query
    from .labels import LabelArrays
    from .models import Posted

Answer = TypeVar("Answer")

BUSY_PAUSE_S = 0.001
"""Pause before another try when a queue is full."""

_command_next = lib.meower_command_next
_query_next = lib.meower_query_next


class Deadline:
    """When a wait of so many seconds ends; None: never."""

    __slots__ = ("at", "timeout")

    def __init__(self, timeout: float | None) -> None:
        self.timeout = timeout
        self.at = None if timeout is None else time.monotonic() + timeout

    def has_passed(self) -> bool:
        return self.at is not None and time.monotonic() >= self.at

    def error(self) -> TimedOutError:
        return TimedOutError(
            f"no answer within {self.timeout:g} s; the request may still be carried out", retriable=True
        )


def _pause(instance: Instance) -> None:
    """Lets the library work off what its queues are full of."""
    if instance.threaded or not instance.step():
        time.sleep(BUSY_PAUSE_S)


def _run(
    handle: Handle, pool: deque[Handle], body: Callable[[Handle], Answer | MeowerError]
) -> Answer:
    """Runs `body` on a handle that nobody else uses. It returns what the library answered, be it an error, and raises
    when it left an answer behind: then the handle is closed, and what comes late finds nobody."""
    with handle.lock:
        handle.check()
        answer: Answer | MeowerError | None = None
        try:
            answer = body(handle)
        finally:
            if answer is None:
                handle.close_locked()
            else:
                pool.append(handle)
    if isinstance(answer, MeowerError):
        raise answer
    return answer


def _submit(
    instance: Instance, handle: Handle, request: Command[Any] | Query, deadline: Deadline
) -> MeowerError | None:
    """Submits the one request of a handle, and again while the queue is full and there is time. Returns why not."""
    while (status := request.submit(handle.pointer, 1, handle.error)) < 0:
        if status != BusyError.code or deadline.has_passed():
            return error_of(status, handle.error)
        _pause(instance)
    return None


def run_command(instance: Instance, command: Command[Answer], timeout: float | None) -> Answer:
    """One command and its result."""

    def body(handle: Handle) -> Answer | MeowerError:
        deadline = Deadline(timeout)
        if (refused := _submit(instance, handle, command, deadline)) is not None:
            return refused
        result = t.ResultStruct(t.ErrorPointer(handle.error))
        while handle.wait(deadline.at):
            if status := _command_next(handle.pointer, byref(result), handle.error):
                check(status, handle.error)
                return command.outcome(result)
        raise deadline.error()

    return _run(instance.command(), instance.commands, body)


def run_posts(
    instance: Instance, bodies: Sequence[str], labels: LabelArrays, timeout: float | None
) -> tuple[list[Posted | MeowerError], bool]:
    """Many posts, all of them on their way at once: what became of each, and whether any failed."""
    text, lens = encoded(bodies)

    def body(handle: Handle) -> tuple[list[Posted | MeowerError], bool]:
        return _PostMany(instance, handle, lens, Deadline(timeout)).run(text, labels)

    return _run(instance.command(), instance.commands, body)


class _PostMany:
    """A call of post_many(). The tags are the places in the list."""

    def __init__(self, instance: Instance, handle: Handle, lens: list[int], deadline: Deadline) -> None:
        self.instance = instance
        self.handle = handle
        self.lens = lens
        self.deadline = deadline
        self.results = Results(max(1, min(CHUNK, len(lens))))
        self.outcomes: list[Any] = [None] * len(lens)
        self.missing = len(lens)
        self.failed = False

    def run(self, text: bytes, labels: LabelArrays) -> tuple[list[Posted | MeowerError], bool]:
        for start, part, lens in chunks(text, self.lens, min(CHUNK, self.instance.queue_max)):
            posts = Posts(part, lens, start, labels=labels and labels[start : start + len(lens)])
            while not posts.submit(self.handle.pointer, self.handle.error):
                self._make_room(start + posts.accepted)
            for index, error in posts.take_refused():
                self._put(start + index, [error], True)
            self._take()
        while self.missing:
            self._wait()
        return self.outcomes, self.failed

    def _make_room(self, submitted: int) -> None:
        """The queue is full: of ours, or of somebody else's."""
        if submitted > len(self.lens) - self.missing:
            self._wait()
        elif self.deadline.has_passed():
            raise self.deadline.error()
        else:
            _pause(self.instance)

    def _wait(self) -> None:
        if not self.handle.wait(self.deadline.at):
            raise self.deadline.error()
        self._take()

    def _take(self) -> None:
        count = self.results.take(self.handle.pointer, self.handle.error)
        index = 0
        while index < count:
            stop = self.results.run(index, count)
            self._put(self.results.tags[index], *self.results.outcomes(index, stop))
            index = stop

    def _put(self, index: int, outcomes: Sequence[Posted | MeowerError], failed: bool) -> None:
        self.outcomes[index : index + len(outcomes)] = outcomes
        self.missing -= len(outcomes)
        self.failed |= failed


def run_query(instance: Instance, query: Query, timeout: float | None) -> LibraryPage:
    """One request and its page."""

    def body(handle: Handle) -> LibraryPage | MeowerError:
        deadline = Deadline(timeout)
        if (refused := _submit(instance, handle, query, deadline)) is not None:
            return refused
        pointer = t.PageHandle()
        while not (status := _query_next(handle.pointer, byref(pointer), handle.error)):
            if not handle.wait(deadline.at):
                raise deadline.error()
        check(status, handle.error)
        return LibraryPage.outcome(pointer, instance.escaped)

    return _run(instance.query(), instance.queries, body)
