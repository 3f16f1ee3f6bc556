"""Cells where a verdict is hardest, and the pilot that finds how large their effects must be.

What a procedure gains is less than the truth does, since it learns from few rows. The pilot runs the pipeline on some tables of
three effects a cell, draws a line of a known slope through the gains of the procedure over those of the truth, and prints where
it crosses the gain that the cell should have. Its tables are none of those that are judged.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from harness.truths import Cell, Effect, Together
from study.schema import EXTENDED, NETWORK

ROOT = Path(__file__).resolve().parent.parent
AT_MARGIN, BESIDE = 0.05, 0.06
"""True gains: the margin, where no answer is right more often than another, and one point beside it."""
PILOT = 0.8, 1.0, 1.25
"""Gains of the truth in the pilot, as shares of what the cell is tuned to."""
SLOPE = 0.75
"""Of what the truth gains more, what a procedure gains more; few tables cannot tell it (docs/calibration.md has 0.6 to 0.9)."""


@dataclass(frozen=True)
class Hard:
    """A cell tuned so that `other`, EXTENDED or NETWORK, gains `aim` over the regression where it learns from so many rows."""

    cell: Cell
    other: str
    aim: float


def _hard(kind: str, together: Together, effect: Effect, gain: float, aim: float, rows: int = 300) -> Hard:
    cell = Cell(kind, rows, effect=effect, gain=gain, together=together)  # type: ignore[arg-type]
    return Hard(cell, NETWORK if effect == "deep" else EXTENDED, aim)


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
"""The cells, with small budgets; a method is chosen on every second one, and reported on the others."""
SHIPPED = [HARD[0], HARD[7]]
"""Two of them, with the budgets of a config that sets none, by which they gain another share than `aim`."""


def tuned(truth: Sequence[float], procedure: Sequence[float], aim: float) -> float:
    """Gain of the truth at which the line of SLOPE through the procedure's gains (n,) over the truth's (n,) is `aim`."""
    return float(np.mean(truth) + (aim - np.mean(procedure)) / SLOPE)


def pilot(folder: Path, tables: int, workers: int) -> Iterator[tuple[Hard, float, float]]:
    """Every cell with the gain that it should be given, and the standard error of what the procedure then gains."""
    import calibration
    from calibration_answers import judge, true_gains
    from calibration_report import tables_of

    from study.evidence.rule import LADDER
    from study.schema import REGRESSION

    tried = {hard: [replace(hard.cell, gain=round(hard.cell.gain * part, 4)) for part in PILOT] for hard in HARD}
    question = calibration.Question(["extended", "neural"], 0, [cell for cells in tried.values() for cell in cells])
    calibration.simulate_all(question, tables, folder, workers)
    own: dict[str, list[float]] = {}
    for about, frame in tables_of(folder):
        losses = judge(frame, calibration.FOLDS)
        gains = true_gains({rung: losses[rung] for rung in LADDER}).iloc[0]  # type: ignore[misc]
        own.setdefault(str(about["cell"]), []).append([gains[REGRESSION, other] for other in (EXTENDED, NETWORK)])  # type: ignore[arg-type]
    for hard, cells in tried.items():
        found = [(cell.gain, gains[hard.other == NETWORK]) for cell in cells for gains in own[cell.key]]  # type: ignore[index]
        truth, procedure = map(np.array, zip(*found, strict=True))
        error = (procedure - SLOPE * truth).std(ddof=1) / np.sqrt(len(truth))
        yield hard, tuned(truth, procedure, hard.aim), float(error)


def main() -> None:
    """Parse the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tables", type=int, default=4, help="tables an effect of a cell")
    parser.add_argument("--out", type=Path, default=ROOT / "results" / "calibration" / "pilot", help="folder of the tables")
    parser.add_argument("--workers", type=int, default=1, help="tables at once")
    arguments = parser.parse_args()
    arguments.out.mkdir(parents=True, exist_ok=True)
    for hard, gain, error in pilot(arguments.out, arguments.tables, arguments.workers):
        print(f"{hard.cell.key}: {hard.other} gains {hard.aim:.0%} ± {error:.1%} at {gain:.3f}")


if __name__ == "__main__":
    main()
