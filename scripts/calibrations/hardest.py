"""From the files of a calibration to docs/calibration-tables.md: whether intervals and answers hold
where that is hardest.

What is judged of a table, some hundred numbers, is kept beside the page, so that tables of several
machines add up.
"""

from __future__ import annotations

import subprocess
from collections.abc import Mapping
from itertools import product
from pathlib import Path

import numpy as np
import pandas as pd

from calibrations.answers import (
    NAMES,
    PAIRS,
    ends,
    judge as judge_answer,
    outcomes,
    right_answer,
    sides,
    true_gains,
)
from calibrations.cells import AT_MARGIN, HARD
from calibrations.report import MARGIN, ROOT, beside, by_group, exact, kept, share, tables_of
from pages.marks import put_tables
from study.evidence.compare import the_regression
from study.evidence.findings import UNDECIDED
from study.evidence.intervals import METHODS, default_method
from study.evidence.pairs import paired
from study.evidence.rule import LADDER
from study.schema import REGRESSION, Kind

WANTED = 400
"""Tables a cell from which on what was not refuted is said to hold."""
FEWEST = 30
"""Tables below which nothing is said to fail: the truth itself is a mean over the other tables."""
COVERS, FALSE = (92, 98), 5
"""Per cent within which an interval's coverage must lie, and most of the tables at the margin that
may be falsely above it."""
METHODS_OF = {
    "one split": ("rows",),
    "one pass": ("corrected t", "rows"),
    "repeats": tuple(METHODS),
}
"""Methods to choose from, by what outer folds there are."""
RULE, SIDES = "as the rule", ("low", "high")
"""In place of a method: the interval that the answer is read from, at the level that it takes. Ends
of an interval."""
VERSION = "git", "-C", str(ROOT), "log", "-1", "--format=%h", "--", "study/evidence"
"""Command for the commit that judges; outside a repository there is none."""
HALVES = "chosen on", "reported on"
"""Every second cell of HARD is of the first half."""


def end(method: str, pair: tuple[str, str], side: str) -> str:
    """Column of an interval's end: side `low` or `high`, method of METHODS_OF or RULE."""
    return f"{NAMES[pair[1]]} over {NAMES[pair[0]]}, {method}, {side}"


def judge(frame: pd.DataFrame, folds: int) -> dict[str, object]:
    """What is kept of one table: said, left and expected losses as in `answers.judge`, and its
    intervals.

    scheme, method (in use), seconds. Of each gain of PAIRS, as a share of the regression's loss,
    the ends (`end`) at 95 % by each method of its scheme, and those of RULE.
    """
    tested, _ = sides(frame)
    plain = the_regression(tested, Kind(frame["kind"].iloc[0]))
    assert plain is not None
    ladder = {model.procedure: model for model in tested} | {
        REGRESSION: plain
    }  # the network's own choice comes last
    places = plain.losses["outer_fold"]
    n = places.nunique()
    scheme = "one split" if n == 1 else "one pass" if n <= folds else "repeats"
    found = judge_answer(frame, folds)
    gains = {(RULE, pair): gain for pair, gain in found.pop("gains").items()} | {  # type: ignore[attr-defined]
        (method, pair): METHODS[method](
            paired(ladder[pair[0]].losses, ladder[pair[1]].losses, folds, plain.losses)
        )
        for method in METHODS_OF[scheme]
        for pair in PAIRS
    }
    about = {
        "scheme": scheme,
        "method": default_method(places, folds),
        "seconds": frame["seconds"].iloc[0],
    }
    held = {
        end(*key, side): value
        for key, gain in gains.items()
        for side, value in zip(SIDES, ends(gain), strict=True)
    }
    return found | about | held


def keep(folder: Path, folds: int, page: Path) -> pd.DataFrame:
    """Judge every table of a folder, and keep it with those that are kept beside the page, which it
    gives.
    """
    places = {hard.cell.key for hard in HARD}
    version = (
        subprocess.run(VERSION, capture_output=True, text=True, check=False).stdout.strip()
        or "no commit"
    )
    found = [
        {name: about[name] for name in ("cell", "table", "rows")}
        | judge(frame, folds)
        | {"version": version}
        for about, frame in tables_of(folder)
        if about["cell"] in places  # others are left by another tuning
    ]
    before = kept(page, folder.name)
    if not found:
        return before
    own = pd.DataFrame(found)
    whole = (
        pd.concat([before, own]).drop_duplicates(["cell", "table"], keep="last")
        if len(before)
        else own
    )
    whole.to_parquet(beside(page, folder.name), index=False, compression="zstd")
    return whole


def read(whole: pd.DataFrame) -> pd.DataFrame:
    """Tables as they are kept, of cells in the order of HARD, with pair, aim and half of their cell
    and `with_truth`.
    """
    places = {hard.cell.key: place for place, hard in enumerate(HARD)}
    own = whole[whole["cell"].isin(places)]
    place = own["cell"].map(places)
    own = own.assign(
        place=place,
        pair=[(REGRESSION, HARD[each].other) for each in place],
        aim=[HARD[each].aim for each in place],
        half=[HALVES[each % 2] for each in place],
    )
    return with_truth(own.sort_values(["place", "table"]))


def with_truth(tables: pd.DataFrame) -> pd.DataFrame:
    """Add what the other tables of a table's cell say of it; a cell of one table is left out.

    true: gains by PAIRS from the mean expected losses of the cell's other tables, so that no table
    has a say in the truth that it is judged by. right: the rule's answer to these. error: standard
    error of the mean gain that the cell is tuned for, and gain_of_cell that mean. too_simple,
    too_rich, undecided, lost: as in `answers.with_truth`.
    """
    found = []
    for _, own in tables.groupby("cell", sort=False):
        n = len(own)
        if n < 2:
            continue
        losses = own[list(LADDER)]
        true = true_gains((losses.sum() - losses) / (n - 1)).to_dict("records")
        each = true_gains(losses)[own["pair"].iloc[0]]
        about = {"true": true, "right": [right_answer(gains) for gains in true]}
        found.append(own.assign(**about, gain_of_cell=each.mean(), error=each.sem()))
    if not found:
        return pd.DataFrame()
    whole = pd.concat(found, ignore_index=True)
    said, right = (
        whole[name].map({rung: place for place, rung in enumerate(LADDER)})
        for name in ("said", "right")
    )
    lost = [right not in left for right, left in zip(whole["right"], whole["left"], strict=True)]
    return whole.assign(
        too_simple=said < right,
        too_rich=said > right,
        undecided=whole["said"] == UNDECIDED,
        lost=lost,
    )


def verdict(hits: pd.Series, low: float, high: float) -> str:
    """`fails` where the exact interval of a share lies outside low to high (per cent), `open` where
    tables are too few.
    """
    if len(hits) < FEWEST:
        return "open"
    least, most = exact(100.0 * hits)
    return "fails" if most < low or least > high else "holds" if len(hits) >= WANTED else "open"


def intervals_of(tables: pd.DataFrame) -> pd.DataFrame:
    """One row a table, method and gain: whether the interval holds the true gain, misses it below
    or above, and its width.

    in_use: whether it is the method in use. tuned: whether the cell is tuned for this gain.
    """
    rows = []
    for table in tables.to_dict("records"):
        for method, pair in product(METHODS_OF[table["scheme"]], PAIRS):
            true, (low, high) = (
                table["true"][pair],
                (table[end(method, pair, side)] for side in SIDES),
            )
            rows.append(
                {name: table[name] for name in ("cell", "place", "half", "scheme", "table", "rows")}
                | {
                    "method": method,
                    "in_use": method == table["method"],
                    "tuned": pair == table["pair"],
                }
                | {"gain": f"{NAMES[pair[1]]} over {NAMES[pair[0]]}", "width": high - low}
                | {"covered": low <= true <= high, "below": true < low, "above": true > high}
            )
    return pd.DataFrame(rows)


def by_gain(intervals: pd.DataFrame) -> pd.DataFrame:
    """One row a gain and cell, and one for all cells of so many rows: how often the interval in use
    holds the true gain.
    """

    def said(own: pd.DataFrame) -> dict[str, object]:
        return {
            "tables": len(own),
            "covers": share(own["covered"]),
            "verdict": verdict(own["covered"], *COVERS),
            "true gain below": share(own["below"]),
            "true gain above": share(own["above"]),
            "median width": f"{100 * own['width'].median():.1f}",
        }

    used = intervals[intervals["in_use"]]
    every = used.assign(
        cell="all of " + used["rows"].astype(str) + " rows", place=len(HARD) + used["rows"]
    )
    ranked = pd.concat([used, every]).sort_values(["gain", "place"], kind="stable")
    return by_group(ranked, ["gain", "cell"], said)


def by_cell(tables: pd.DataFrame) -> pd.DataFrame:
    """One row a cell: what it is tuned for and truly gains, what is right and said, and how often
    that is too rich.

    falsely above: the rule's interval of the gain it is tuned for lies wholly above the margin, and
    above the true gain where that is more. The verdict is on that share, of the cells at the
    margin.
    """

    def said(own: pd.DataFrame) -> dict[str, object]:
        one, pair = own.iloc[0], own["pair"].iloc[0]
        above = zip(own[end(RULE, pair, "low")], own["true"], strict=True)
        falsely = pd.Series([low > max(MARGIN, true[pair]) for low, true in above])
        return {
            "tables": len(own),
            "tuned": f"{NAMES[pair[1]]} {100 * one['aim']:g}%",
            "true gain": f"{100 * one['gain_of_cell']:.1f} ± {100 * one['error']:.1f}",
            "right": _counted(own["right"]),
            "said": _counted(own["said"]),
            "too rich": share(own["too_rich"]),
            "falsely above": share(falsely),
            "verdict": verdict(falsely, 0, FALSE) if one["aim"] == AT_MARGIN else "",
        }

    return by_group(tables, ["cell"], said)


def _counted(answers: pd.Series) -> str:
    counts = answers.value_counts()
    return ", ".join(
        f"{NAMES.get(name, name)} {counts[name]}" for name in (*LADDER, UNDECIDED) if name in counts
    )


def by_rows(tables: pd.DataFrame) -> pd.DataFrame:
    """One row a number of rows, and one for all tables: how often an answer is right, and what it
    is instead.
    """

    def said(own: pd.DataFrame) -> dict[str, object]:
        return {"cells": own["cell"].nunique(), "tables": len(own)} | outcomes(own)

    return by_group(
        pd.concat([tables.sort_values("rows", kind="stable"), tables.assign(rows="all")]),
        ["rows"],
        said,
    )


def chosen(first: Mapping[str, pd.DataFrame]) -> str:
    """The narrowest method whose share of hits lies in COVERS; where none does, the one nearest to
    their middle.

    first: intervals by method.
    """
    shares = {method: 100 * own["covered"].mean() for method, own in first.items()}
    within = [method for method, value in shares.items() if COVERS[0] <= value <= COVERS[1]]
    if within:
        return min(within, key=lambda method: first[method]["width"].median())
    return min(shares, key=lambda method: abs(shares[method] - np.mean(COVERS)))


def by_method(intervals: pd.DataFrame) -> pd.DataFrame:
    """One row a scheme and method: its coverage on the half of the cells where one is chosen, and
    on the other half.

    Of every table the gain that its cell is tuned for counts alone, so that all hits are of
    different tables.
    """
    rows = []
    for scheme, own in intervals[intervals["tuned"]].groupby("scheme", sort=False):
        halves = [
            dict(iter(own[own["half"] == half].groupby("method", sort=False))) for half in HALVES
        ]
        best = chosen(halves[0]) if halves[0] else ""
        for method in METHODS_OF[str(scheme)]:
            row: dict[str, object] = {"scheme": scheme, "method": method}
            for name, half in zip(HALVES, halves, strict=True):
                hits = half[method]["covered"] if method in half else pd.Series(dtype=bool)
                row |= {f"{name}: tables": len(hits), f"{name}: covers": share(hits)}
                row[f"{name}: median width"] = (
                    f"{100 * half[method]['width'].median():.1f}" if len(hits) else ""
                )
            row["verdict"] = verdict(hits, *COVERS) if len(hits) else ""
            in_use = own.loc[own["method"] == method, "in_use"].any()
            rows.append(
                row | {"is": ", ".join(["chosen"] * (method == best) + ["in use"] * bool(in_use))}
            )
    return pd.DataFrame(rows)


def by_cost(tables: pd.DataFrame) -> pd.DataFrame:
    """How many tables there are, and the hours that they had one core at work."""
    counts = tables["cell"].value_counts()
    row = {
        "cells": len(counts),
        "tables": len(tables),
        "fewest a cell": counts.min(),
        "most a cell": counts.max(),
    }
    row |= {
        "core-hours": f"{tables['seconds'].sum() / 3600:.1f}",
        "judged by": ", ".join(sorted(set(tables["version"]))),
    }
    return pd.DataFrame([row])


def write(folder: Path, folds: int, page: Path) -> None:
    """Judge every table of a folder, and put what is kept between the marks of a page, which begin
    with the folder's name.
    """
    tables = read(keep(folder, folds, page))
    if tables.empty:
        print(f"No cell of {folder.name} has two tables yet: nothing is judged.")
        return
    intervals = intervals_of(tables)
    found = {"runs": by_cost(tables), "cells": by_cell(tables), "gains": by_gain(intervals)}
    if folder.name == "hardest":  # of two cells none is a half
        found |= {"answers": by_rows(tables), "methods": by_method(intervals)}
    put_tables(page, {f"{folder.name}-{name}": table for name, table in found.items()})
