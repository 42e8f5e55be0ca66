"""Requests that a thread waits for: submit, wait on the descriptor, take the answer.

The library has synchronous calls too. These wait in Python, where a signal (Ctrl-C) ends the wait.
"""

from __future__ import annotations

import time
from ctypes import byref
from typing import TYPE_CHECKING, Any, TypeVar

from . import _types as t
from ._library import lib
from .errors import BusyError, MeowerError, TimedOutError, check, error_of
from .pages import Page

if TYPE_CHECKING:
    from collections import deque
    from collections.abc import Callable, Sequence

    from ._instance import Handle, Instance
    from ._requests import Command, Query

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
        result = t.ResultStruct()
        while handle.wait(deadline.at):
            if status := _command_next(handle.pointer, byref(result)):
                check(status)
                return command.outcome(result)
        raise deadline.error()

    return _run(instance.command(), instance.commands, body)


def run_commands(
    instance: Instance, commands: Sequence[Command[Answer]], timeout: float | None
) -> list[Answer | MeowerError]:
    """Many commands, all of them on their way at once, and what became of each."""

    def body(handle: Handle) -> list[Answer | MeowerError]:
        deadline = Deadline(timeout)
        outcomes: list[Answer | MeowerError | None] = [None] * len(commands)
        result = t.ResultStruct()
        submitted = awaited = 0
        while submitted < len(commands) or awaited:
            status = BusyError.code
            if submitted < len(commands):
                status = commands[submitted].submit(handle.pointer, submitted + 1, handle.error)
            if status == 0:
                submitted += 1
                awaited += 1
                continue
            if status != BusyError.code:
                outcomes[submitted] = error_of(status, handle.error)
                submitted += 1
                continue
            if awaited:
                if not handle.wait(deadline.at):
                    raise deadline.error()
            elif deadline.has_passed():
                raise deadline.error()
            else:
                _pause(instance)
            while (status := _command_next(handle.pointer, byref(result))) == 1:
                outcomes[result.tag - 1] = commands[result.tag - 1].outcome(result)
                awaited -= 1
            check(status)
        return [outcome for outcome in outcomes if outcome is not None]

    return _run(instance.command(), instance.commands, body)


def run_query(instance: Instance, query: Query, timeout: float | None) -> Page:
    """One request and its page."""

    def body(handle: Handle) -> Page | MeowerError:
        deadline = Deadline(timeout)
        if (refused := _submit(instance, handle, query, deadline)) is not None:
            return refused
        pointer = t.PageHandle()
        while not (status := _query_next(handle.pointer, byref(pointer))):
            if not handle.wait(deadline.at):
                raise deadline.error()
        check(status)
        return Page.outcome(pointer, instance.escaped)

    return _run(instance.query(), instance.queries, body)
