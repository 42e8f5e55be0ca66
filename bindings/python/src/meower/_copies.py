"""What copy, deepcopy and pickle may do with what the library gave: two owners of one pointer would release it twice."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, NoReturn

if TYPE_CHECKING:
    from typing import Self, SupportsIndex


class Immutable:
    """Its copies are itself."""

    __slots__ = ()

    def __copy__(self) -> Self:
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        return self


class Bound:
    """Bound to what is open in this process: it cannot be pickled, nor copied, where it is not immutable."""

    __slots__ = ()
    _refusal: ClassVar[str]
    """Why not, and what to do instead."""

    def __reduce_ex__(self, protocol: SupportsIndex) -> NoReturn:
        raise TypeError(self._refusal)
