"""Makes instances of frozen dataclasses with slots, of which there are many, faster than their __init__.

That one looks each slot up by name, to get past the refusal to set it; here the slots are at hand.
"""

from __future__ import annotations

from collections import deque
from dataclasses import fields
from itertools import repeat
from typing import TYPE_CHECKING, Any, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

Record = TypeVar("Record")


def setters(kind: type[Any]) -> list[Callable[[Any, Any], None]]:
    """Of each field, in their order, the function that sets it on an instance that object.__new__() made."""
    return [getattr(kind, field.name).__set__ for field in fields(kind)]


class Columns(Generic[Record]):
    """Makes many instances at once, whose fields are given one after the other, each for all of them."""

    __slots__ = ("_kind", "_setters")

    def __init__(self, kind: type[Record]) -> None:
        self._kind = kind
        self._setters = setters(kind)

    def records(self, count: int, columns: Iterable[Iterable[Any]]) -> list[Record]:
        """So many instances."""
        made = list(map(object.__new__, repeat(self._kind, count)))
        for setter, column in zip(self._setters, columns, strict=True):
            deque(map(setter, made, column), maxlen=0)
        return made
