"""Cells where a verdict is hardest.

What a procedure gains is less than the truth does, since it learns from few rows. How large an
effect must be was found once, by a pilot on tables that are not judged.
"""

from __future__ import annotations

from dataclasses import dataclass

from harness.truths import Cell, Effect, Together
from study.schema import NETWORK, TERMS

AT_MARGIN, BESIDE = 0.05, 0.06
"""True gains: the margin, where no answer is right more often than another, and one point beside
it."""


@dataclass(frozen=True)
class Hard:
    """A cell tuned so that `other`, TERMS or NETWORK, gains `aim` over the regression where it
    learns from so many rows.
    """

    cell: Cell
    other: str
    aim: float


def _hard(
    kind: str, together: Together, effect: Effect, gain: float, aim: float, rows: int = 300
) -> Hard:
    cell = Cell(kind, rows, effect=effect, gain=gain, together=together)  # type: ignore[arg-type]
    return Hard(cell, NETWORK if effect == "deep" else TERMS, aim)


HARD = [
    _hard("continuous", "alone", "deep", 0.15, AT_MARGIN),
    _hard("continuous", "groups", "deep", 0.195, AT_MARGIN),
    _hard("continuous", "heavy", "deep", 0.175, BESIDE),
    _hard("continuous", "time", "deep", 0.22, AT_MARGIN, rows=600),
    _hard("continuous", "time", "interaction", 0.088, BESIDE, rows=600),
    _hard("continuous", "heavy", "interaction", 0.065, AT_MARGIN),
    _hard("continuous", "groups", "interaction", 0.138, BESIDE),
    _hard("binary", "groups", "deep", 0.17, BESIDE),
    _hard("binary", "alone", "deep", 0.147, AT_MARGIN),
    _hard("count", "alone", "deep", 0.15, AT_MARGIN),
    _hard("multiclass", "alone", "deep", 0.16, AT_MARGIN),
    _hard("multiclass", "groups", "smooth", 0.167, BESIDE),
    _hard("binary", "alone", "deep", 0.067, AT_MARGIN, rows=5_000),
    _hard("continuous", "time", "deep", 0.085, AT_MARGIN, rows=5_000),
]
"""The cells, with small budgets; a method is chosen on every second one, and reported on the
others."""
SHIPPED = [HARD[0], HARD[7]]
"""Two of them, with the budgets of a config that sets none, by which they gain another share than
`aim`."""
