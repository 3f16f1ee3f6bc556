"""Positions of rows, held as bits: what goes in comes out, in an eighth of a byte a row."""

from __future__ import annotations

import pickle
from dataclasses import dataclass, replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from study.data.rows import IntArray, Rows, Sets


@dataclass(frozen=True, eq=False)
class Fold:
    held: Rows = Rows()
    sets: Sets[IntArray] = Sets()
    parts: Sets[tuple[float, IntArray]] = Sets(())


def positions(*numbers: int) -> IntArray:
    return np.array(numbers, np.int64)


@given(st.sets(st.integers(0, 200)))
def test_positions_come_out_as_they_went_in(numbers: set[int]) -> None:
    rows = positions(*sorted(numbers))

    fold = pickle.loads(pickle.dumps(Fold(rows, (rows, rows[:2]), [(0.5, rows)])))

    assert fold.held.dtype == np.int64
    np.testing.assert_array_equal(fold.held, rows)
    assert [found.tolist() for found in fold.sets] == [rows.tolist(), rows[:2].tolist()]
    assert fold.sets.sizes() == [len(rows), len(rows[:2])]
    ((fraction, part),) = fold.parts
    assert (fraction, part.tolist()) == (0.5, rows.tolist())


def test_a_field_keeps_its_default_and_can_be_replaced() -> None:
    fold = Fold(positions(1, 4), (positions(0),))

    assert len(fold.parts) == 0
    assert replace(fold, held=positions(2)).held.tolist() == [2]
    assert replace(fold, held=positions(2)).sets[0].tolist() == [0]


@pytest.mark.parametrize("numbers", [(2, 1), (1, 1)])
def test_positions_that_do_not_ascend_are_refused(numbers: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="ascend"):
        Fold(positions(*numbers), ())


def test_a_row_takes_an_eighth_of_a_byte() -> None:
    rows = np.arange(80_000)[::2]

    size = len(pickle.dumps(Fold(rows, (rows, rows), ((0.5, rows),))))

    assert size < 4 * 80_000 / 8 + 1_000
