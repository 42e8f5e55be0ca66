"""Labels: what a meow carries besides its text, such as room=garden."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from ctypes import Array
from itertools import groupby
from operator import itemgetter
from typing import TYPE_CHECKING, NoReturn, TypeAlias

from . import _types as t
from ._copies import Immutable
from .errors import InvalidError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

__all__ = ["Labels"]

LabelMapping: TypeAlias = Mapping[str, str | Iterable[str]]
"""Labels as a program gives them: each key with its value, or with several."""
LabelArray: TypeAlias = Array[t.LabelStruct]
"""Labels as the library takes them."""
LabelArrays: TypeAlias = list[LabelArray | None] | None
"""Of each of many posts; None when none of them has any."""


def _refuse(*_arguments: Any, **_keywords: Any) -> NoReturn:
    raise TypeError("the labels of a meow cannot be changed; dict(labels) can")


class Labels(Immutable, dict[str, str | tuple[str, ...]]):
    """The labels of a meow: a dict that cannot be changed, with a value for each key, or a tuple of several.

    >>> labels = Labels({"room": "garden", "tag": ("cats", "naps")})
    >>> labels
    {'room': 'garden', 'tag': ('cats', 'naps')}
    >>> labels.getall("room"), labels.getall("tag"), labels.getall("author")
    (('garden',), ('cats', 'naps'), ())
    """

    __slots__ = ()

    def getall(self, key: str) -> tuple[str, ...]:
        """The values of a key, be it none, one or several."""
        value = self.get(key, ())
        return (value,) if isinstance(value, str) else value

    def __hash__(self) -> int:  # type: ignore[override]  # a dict has none, for it can be changed
        return hash(frozenset(self.items()))

    def __reduce__(self) -> tuple[type[Labels], tuple[dict[str, str | tuple[str, ...]]]]:
        return Labels, (dict(self),)

    __setitem__ = _refuse
    __delitem__ = _refuse
    __ior__ = _refuse
    clear = _refuse
    pop = _refuse
    popitem = _refuse
    setdefault = _refuse
    update = _refuse


NO_LABELS = Labels()


def labels_of(struct: t.MeowStruct) -> Labels:
    """Copies the labels of a meow out of the library's memory. They come sorted by key and value."""
    pairs = [(label.key.decode(), label.value.decode()) for label in struct.labels[: struct.label_count]]
    labels: dict[str, str | tuple[str, ...]] = {}
    for key, run in groupby(pairs, itemgetter(0)):
        values = tuple(value for _, value in run)
        labels[key] = values if len(values) > 1 else values[0]
    return Labels(labels)


def _values(key: str, given: object) -> Iterator[str]:
    if isinstance(given, str):
        yield given
        return
    if isinstance(given, bytes | bytearray) or not isinstance(given, Iterable):
        raise TypeError(f"the label {key!r} must be str or an iterable of str, not {type(given).__name__}")
    values = given
    for value in values:
        if not isinstance(value, str):
            raise TypeError(f"a value of the label {key!r} must be str, not {type(value).__name__}")
        yield value


def _pairs(labels: LabelMapping) -> Iterator[tuple[str, list[str]]]:
    if not isinstance(labels, Mapping):
        raise TypeError(f"labels must be a mapping, not {type(labels).__name__}")
    for key, given in labels.items():
        if not isinstance(key, str):
            raise TypeError(f"the key of a label must be str, not {type(key).__name__}")
        yield key, list(_values(key, given))


def as_labels(given: LabelMapping) -> Labels:
    """Labels in the form that the labels of a meow have."""
    sets = {key: tuple(sorted(values)) for key, values in sorted(_pairs(given)) if values}
    return Labels({key: values if len(values) > 1 else values[0] for key, values in sets.items()})


def _encoded(key: str, value: str) -> tuple[bytes, bytes]:
    try:
        return key.encode(), value.encode()
    except UnicodeEncodeError:
        raise InvalidError(f"the label {key!r}={value!r} has a surrogate, which is no character") from None


def _array(pairs: Iterable[tuple[str, list[str]]]) -> LabelArray | None:
    texts = [_encoded(key, value) for key, values in pairs for value in values]
    if not texts:
        return None
    return (t.LabelStruct * len(texts))(*(t.LabelStruct(key, len(key), value, len(value)) for key, value in texts))


def label_array(labels: LabelMapping | None) -> LabelArray | None:
    """What a meow is to carry, for the library; None for none."""
    return None if labels is None else _array(_pairs(labels))


def label_arrays(labels: LabelMapping | Iterable[LabelMapping | None] | None, count: int) -> LabelArrays:
    """What so many meows are to carry: all of them the same, or each its own."""
    if labels is None:
        return None
    if isinstance(labels, Mapping):
        array = label_array(labels)
        return None if array is None else [array] * count
    arrays = [label_array(each) for each in labels]
    if len(arrays) != count:
        raise ValueError(f"there are labels for {len(arrays)} posts, and {count} posts")
    return arrays


def _term(key: str, values: list[str]) -> tuple[str, list[str]]:
    if not values:
        raise InvalidError(f"a filter by the label {key!r} must have a value")
    return key, values


def filter_array(labels: LabelMapping | None) -> LabelArray | None:
    """What meows must carry, for the library; None where any will do. A key without a value would be no filter at all."""
    return None if labels is None else _array(_term(key, values) for key, values in _pairs(labels))
