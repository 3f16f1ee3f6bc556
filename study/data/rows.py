"""Row positions of many folds, held as a bit a row."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Generic, TypeVar, overload

import numpy as np
import numpy.typing as npt

IntArray = npt.NDArray[np.int64]
T = TypeVar("T")


class Bits:
    """Ascending positions (n,) int64, in an eighth of a byte for each row up to the last of them.

    Raises
    ------
    ValueError
        They do not ascend, or one comes twice.
    """

    def __init__(self, positions: IntArray) -> None:
        if not (np.diff(positions) > 0).all():
            raise ValueError("Positions of rows must ascend, each but once. Sort them.")
        present = np.zeros(positions[-1] + 1 if len(positions) else 0, bool)
        present[positions] = True
        self.packed, self.count = np.packbits(present), len(positions)

    def positions(self) -> IntArray:
        """The positions, as an array of its own."""
        return np.flatnonzero(np.unpackbits(self.packed).view(bool))


class RowSets(Generic[T]):
    """A sequence of arrays of positions, or of tuples with such arrays, each made when it is looked at."""

    def __init__(self, sets: Iterable[T] = ()) -> None:
        self._sets = tuple(_held(each) for each in sets)

    def __len__(self) -> int:
        return len(self._sets)

    def __getitem__(self, i: int) -> T:
        found: T = _given(self._sets[i])
        return found

    def __iter__(self) -> Iterator[T]:
        return map(self.__getitem__, range(len(self._sets)))

    def sizes(self) -> list[int]:
        """Number of positions in each array, without making it."""
        return [each.count for each in self._sets]


class Rows:
    """A field of a frozen dataclass: positions (n,) int64, ascending, held as Bits and made whenever it is read."""

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = f"_{name}"

    @overload
    def __get__(self, instance: None, owner: type) -> Rows: ...
    @overload
    def __get__(self, instance: object, owner: type) -> IntArray: ...
    def __get__(self, instance: object | None, owner: type) -> Rows | IntArray:
        if instance is None:
            raise AttributeError(self.name)  # so that the field has no default
        held: Bits = instance.__dict__[self.name]
        return held.positions()

    def __set__(self, instance: object, positions: IntArray) -> None:
        instance.__dict__[self.name] = Bits(positions)


class Sets(Generic[T]):
    """A field of a frozen dataclass: a RowSets, made of any sequence. default: a sequence, where the field has one."""

    def __init__(self, *default: Sequence[T]) -> None:
        self.default = default

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = f"_{name}"

    def __get__(self, instance: object | None, owner: type) -> RowSets[T]:
        if instance is None and not self.default:
            raise AttributeError(self.name)  # so that the field has no default
        held: RowSets[T] = RowSets(self.default[0]) if instance is None else instance.__dict__[self.name]
        return held

    def __set__(self, instance: object, sets: Iterable[T]) -> None:
        instance.__dict__[self.name] = sets if isinstance(sets, RowSets) else RowSets(sets)


def _held(value: Any) -> Any:
    if isinstance(value, tuple):
        return tuple(map(_held, value))
    return Bits(value) if isinstance(value, np.ndarray) else value


def _given(value: Any) -> Any:
    if isinstance(value, tuple):
        return tuple(map(_given, value))
    return value.positions() if isinstance(value, Bits) else value


def shuffled(rows: IntArray, y: npt.NDArray[np.float64] | None, seed: int) -> IntArray:
    """Rows in random order, but one of each class first, where y (indexed by rows) has classes."""
    mixed = np.random.default_rng(seed).permutation(rows)
    if y is not None:
        _, first = np.unique(y[mixed], return_index=True)
        mixed = np.concatenate([mixed[first], np.delete(mixed, first)])
    return mixed


def drawn(rows: IntArray, y: npt.NDArray[np.float64] | None, most: int, seed: int) -> IntArray:
    """At most so many of the rows, drawn at random, ascending; one of each class stays among them."""
    return rows if len(rows) <= most else np.sort(shuffled(rows, y, seed)[:most])
