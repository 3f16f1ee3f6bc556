"""How often does a forecast come true? The first 300 rows of a table are judged; where a forecast
names at most 1,000, all are.

`scripts/calibration forecasts`: tables are made, and procedures searched, as for `answers`, with
parts of the rows beside them. A table leaves one file a size, of losses, so that a changed rule is
judged anew without training anything; a run that was stopped goes on.
"""

from __future__ import annotations

import os
import tempfile
import time
from argparse import ArgumentParser, RawDescriptionHelpFormatter
from collections.abc import Iterator
from dataclasses import replace
from itertools import product
from pathlib import Path

import numpy as np
import pandas as pd

from calibrations.report import MARGIN, PAGE, ROOT, share
from calibrations.tables import DEPTHS, FOLDS, KINDS, REGRESSIONS, each_done
from harness.truths import Cell, Effect, simulate
from pages.marks import put_tables
from study.evidence.answer import Verdict
from study.evidence.rule import side
from study.evidence.winners import SEARCH

FEW, MANY = 300, 1_000
REPEATS = 2
TRUTHS: list[tuple[Effect, float]] = [
    ("interaction", 0.1),
    ("interaction", 0.15),
    ("smooth", 0.2),
    ("smooth", 0.25),
    ("both", 0.2),
    ("deep", 0.3),
    ("deep", 0.45),
]
"""Effects that 300 rows often leave undecided and 1,000 seldom, and by how much their truth gains.
"""
CELLS = [
    Cell(kind, MANY, 3, "low", effect, gain) for (effect, gain), kind in product(TRUTHS, KINDS)
]
TIMED: tuple[Effect, int] = ("both", 3)
"""Of tables of this effect the first so many are searched twice more, without parts too, to tell
what these cost."""
KEPT = [*SEARCH, "candidate", "seed", "row", "group", "val_loss", "observed", "predicted", "loss"]


def searched(cell: Cell, number: int, rows: int) -> pd.DataFrame:
    """Run the pipeline on the first rows of a table.

    Returns
    -------
    frame of `part` (`test`, a row a test row of every candidate: KEPT; `best trial`, a row a
    search: number, state, val_loss), and of core-seconds: `seconds` with parts of the rows, `bare`
    without, NaN where that was not timed.
    """
    from study.config import make_config
    from study.data.encode import encode_all
    from study.data.splits import make_splits
    from study.data.tables import read_table
    from study.evidence.winners import best_trials
    from study.execution.in_process import InMemoryRecords, search_in_process
    from study.records.frames import predictions_frame, trials_frame
    from study.schema import ALL_ROWS
    from study.search.cost import Size
    from study.search.plan import make_plan

    frame, _ = simulate(cell, number, 0)
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "table.parquet"
        frame.head(rows).to_parquet(source)
        config = make_config(
            {
                "name": cell.key,
                "data": {"source": str(source)},
                "targets": {"y": cell.kind},
                "families": [*REGRESSIONS, "terms", "neural"],
                "depths": DEPTHS,
                "protocol": "nested",
                "outer": {"folds": FOLDS, "repeats": REPEATS},
                "inner": {"seeds": 1},
                "search": {"trials": 4},
                "training": {"epochs": 100, "patience": 20},
                "space": {
                    "neural": {"width": 32, "batch_size": 32, "activation": "silu", "dropout": 0.0}
                },
                "seed": number,
            }
        )
        table = read_table(config)
    (target,) = table.targets
    *splits, _ = make_splits(table, target, config)
    plan = make_plan(config, [Size("y", target.kind, len(splits[0].development), cell.features)])
    plan = replace(
        plan,
        searches=tuple(search for search in plan.searches if search.outer_fold != ALL_ROWS),
        beside=(),
    )

    def timed(with_parts: bool) -> tuple[InMemoryRecords, float]:
        used = splits if with_parts else [replace(split, parts=()) for split in splits]
        data = encode_all(table, [(target, split) for split in used])
        begin = time.process_time()
        return search_in_process(plan, data), time.process_time() - begin

    bare = np.nan
    if cell.effect == TIMED[0] and number < TIMED[1] and rows == FEW:
        timed(True)  # what is compiled is no cost of either
        bare = timed(False)[1]
    found, seconds = timed(True)
    if found.unscored:
        raise RuntimeError(found.unscored[0].error)
    tested = predictions_frame(found.winners, {})[KEPT].assign(part="test")
    best = best_trials(trials_frame(found.trials))[[*SEARCH, "number", "state", "val_loss"]].assign(
        part="best trial"
    )
    return pd.concat([tested, best], ignore_index=True).assign(seconds=seconds, bare=bare)


def judged(frame: pd.DataFrame) -> Verdict:
    """The verdict on a table (`searched`)."""
    from harness.judged import verdicts

    tested, best = (frame[frame["part"] == part] for part in ("test", "best trial"))
    (verdict,) = verdicts(tested.dropna(axis="columns", how="all"), best, MARGIN, FOLDS)
    return verdict


def run(cell: Cell, number: int, folder: Path) -> None:
    """Leave the files of a table that are missing: all its rows are judged only where the first
    foresee an answer from them.
    """
    from study.records.paths import write_atomic

    for rows in (FEW, MANY):
        path = folder / f"{cell.key}-{number}-{rows}.parquet"
        if not path.exists():
            write_atomic(path, searched(cell, number, rows).to_parquet(index=False))
        found = judged(pd.read_parquet(path)).decided_at
        if found is None or not found.rows <= MANY:
            return


def run_all(tables: int, folder: Path, workers: int) -> None:
    """Run so many tables a cell, one of each in turn, so that any stop leaves as many of each."""
    jobs = [(cell, number, folder) for number, cell in product(range(tables), CELLS)]
    for _ in each_done(run, jobs, workers):
        pass


def read(folder: Path) -> pd.DataFrame:
    """One row a table whose first rows were judged.

    effect; undecided: whether they were; foreseen: whether a number of rows was named; rows: that
    number; side: what it was to be, and became: what the gain that was open is at MANY rows
    (`above`, `below` or `open`), None where it was not judged; seconds, bare: as in `searched`.
    """

    def told() -> Iterator[dict[str, object]]:
        for path in sorted(folder.glob(f"*-{FEW}.parquet")):
            few = pd.read_parquet(path)
            later = path.with_name(path.name.replace(f"-{FEW}.parquet", f"-{MANY}.parquet"))
            found, became = judged(few).decided_at, None
            if found is not None and later.exists():
                gain = judged(pd.read_parquet(later)).by_pair[found.base, found.other]
                became = side(gain.improvement, gain.low, gain.high, found.bound)
            yield {
                "effect": path.name.split("-")[3],
                "undecided": found is not None,
                "foreseen": found is not None and found.side is not None,
                "rows": np.nan if found is None else found.rows,
                "side": None if found is None else found.side,
                "became": became,
                **few[["seconds", "bare"]].iloc[0],
            }

    return pd.DataFrame(told())


def by_effect(tables: pd.DataFrame) -> pd.DataFrame:
    """One row an effect, and all: of the tables how many are undecided, foreseen, foreseen within
    MANY rows, and came true.
    """

    def said(effect: str, own: pd.DataFrame) -> dict[str, object]:
        near = own[(own["rows"] <= MANY) & own["became"].notna()]
        return {
            "effect": effect,
            "tables": len(own),
            f"undecided at {FEW}": int(own["undecided"].sum()),
            "of them foreseen": int(own["foreseen"].sum()),
            f"within {MANY:,} rows": len(near),
            f"of these on that side at {MANY:,}, %": share(near["side"] == near["became"]),
        }

    return pd.DataFrame(
        [said(str(key), own) for key, own in tables.groupby("effect", sort=False)]
        + [said("all", tables)]
    )


def cost(tables: pd.DataFrame) -> pd.DataFrame:
    """What parts of the rows cost: core-seconds of a table of FEW rows with and without."""
    timed = tables.dropna(subset="bare")
    more = 1 - timed["bare"].sum() / timed["seconds"].sum()
    return pd.DataFrame(
        [
            {
                "tables": len(timed),
                "core-seconds": f"{timed['seconds'].mean():.1f}",
                "without parts": f"{timed['bare'].mean():.1f}",
                "share of parts, %": f"{100 * more:.0f}",
            }
        ]
    )


def main() -> None:
    """Parse the command line."""
    parser = ArgumentParser(
        "scripts/calibration forecasts",
        description=__doc__,
        formatter_class=RawDescriptionHelpFormatter,
    )
    parser.add_argument("--tables", type=int, default=20, help="tables a cell")
    parser.add_argument(
        "--out",
        type=Path,
        default=ROOT / "results" / "calibration",
        help="folder of a folder a question",
    )
    parser.add_argument("--workers", type=int, default=os.cpu_count(), help="tables at once")
    parser.add_argument(
        "--report", action="store_true", help="simulate nothing, and judge what is there"
    )
    arguments = parser.parse_args()
    folder = arguments.out / "forecasts"
    folder.mkdir(parents=True, exist_ok=True)
    if not arguments.report:
        run_all(arguments.tables, folder, arguments.workers)
    tables = read(folder)
    put_tables(PAGE, {"forecasts": by_effect(tables), "parts": cost(tables)})


if __name__ == "__main__":
    main()
