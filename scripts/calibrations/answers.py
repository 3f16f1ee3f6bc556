"""From the files of a calibration to docs/calibration-tables.md: how often each answer is wrong."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd

from calibrations.report import MARGIN, by_group, share, tables_of
from harness.truths import TERMS as BY_TERMS
from pages.marks import put_tables
from study.evidence.compare import Comparison, Model, model_gains, models, the_regression
from study.evidence.findings import UNDECIDED, Gain
from study.evidence.intervals import LEVEL, Interval
from study.evidence.rule import LADDER, standing
from study.evidence.scores import with_groups
from study.evidence.thresholds import Threshold
from study.evidence.winners import SEARCH
from study.schema import NETWORK, REGRESSION, TERMS, Kind

Gains = dict[tuple[str, str], Gain]
PAIRS = [(REGRESSION, TERMS), (REGRESSION, NETWORK), (TERMS, NETWORK)]
NAMES = {REGRESSION: "regression", TERMS: "with terms", NETWORK: "network"}
TRUTHS = {"none": "linear", **dict.fromkeys(BY_TERMS, "with terms"), "deep": "deeper"}
"""Sort of truth by the effect of a table."""
CELL = ["effect", "gain", "kind", "features", "noise", "rows"]


def sides(frame: pd.DataFrame) -> tuple[list[Model], list[Model]]:
    """Models of one table (`tables.run_table`) by test rows, and by fresh rows; the network's own
    choice comes last.
    """
    frame = with_groups(frame)
    inner = frame[frame["part"] == "validation"]
    winners = inner.groupby(SEARCH)["loss"].mean().rename("val_loss").reset_index()
    used = frame[frame["candidate"] == np.where(frame["depth"] > 0, "ensemble", "refit")]
    tested, fresh = (models(used[used["part"] == part], winners) for part in ("test", "fresh"))
    return tested, fresh


def judge(frame: pd.DataFrame, folds: int) -> dict[str, object]:
    """What the rule says of one table (`tables.run_table`).

    Gives gains by PAIRS, left (`standing`), said (the one rung that is left, or UNDECIDED), and for
    each rung of LADDER the mean expected loss on fresh rows of its models of all outer folds.
    """
    tested, fresh = sides(frame)
    plain = the_regression(tested, Kind(frame["kind"].iloc[0]))
    steps = model_gains(tested, plain, Comparison(folds, Threshold(MARGIN)))
    gains = {(base.procedure, other.procedure): gain for base, other, gain in steps}
    left = standing(gains, Threshold(MARGIN))
    losses = {model.procedure: float(model.losses["loss"].mean()) for model in fresh}
    said = left[0] if len(left) == 1 else UNDECIDED
    return {"gains": gains, "left": left, "said": said, **{rung: losses[rung] for rung in LADDER}}


def true_gains(losses: Mapping[str, float] | pd.DataFrame) -> pd.DataFrame:
    """Gains of PAIRS in columns, as shares of the regression's loss, of expected losses (n,) of
    LADDER.
    """
    sides = pd.DataFrame(losses, index=None if isinstance(losses, pd.DataFrame) else [0])
    return pd.DataFrame(
        {pair: (sides[pair[0]] - sides[pair[1]]) / sides[REGRESSION] for pair in PAIRS}
    )


def right_answer(true: Mapping[tuple[str, str], float]) -> str:
    """The rung that the rule gives where it knows the gains."""
    about = {"base_loss": 1.0, "per_loss": 1.0}  # the margin alone is asked, which is a share
    known = {
        pair: Gain.model_construct(improvement=gain, low=gain, high=gain, **about)
        for pair, gain in true.items()
    }
    (answer,) = standing(known, Threshold(MARGIN))
    return answer


def with_truth(tables: pd.DataFrame) -> pd.DataFrame:
    """Add to tables, one a row, the right answer of their cell and how they stand to it.

    right: the rule's answer by the mean expected losses of the cell's tables. sure: whether all
    true gains lie two standard errors of that mean from the margin. true, errors: those gains and
    standard errors, dicts by PAIRS. too_simple, too_rich: the answer is a simpler or a richer rung
    than the right one. lost: the right one is not among what is left.
    """
    found = []
    for _, own in tables.groupby(CELL, sort=False):
        true = true_gains(own[list(LADDER)].mean().to_dict()).iloc[0].to_dict()
        errors = true_gains(own[list(LADDER)]).sem().to_dict()
        sure = all(abs(true[pair] - MARGIN) > 2 * errors[pair] for pair in PAIRS)
        about = {"right": right_answer(true), "sure": sure, "true": true, "errors": errors}
        found.append(own.assign(**{name: [value] * len(own) for name, value in about.items()}))
    whole = pd.concat(found)
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


def read(folder: Path, folds: int) -> pd.DataFrame:
    """Judge every table of a folder: one a row, with CELL, table, truth (of TRUTHS), what `judge`
    and `with_truth` give.
    """
    tables = pd.DataFrame([about | judge(frame, folds) for about, frame in tables_of(folder)])
    tables = tables.assign(truth=tables["effect"].map(TRUTHS)).sort_values(
        ["truth", *CELL, "table"], key=_in_order
    )
    return with_truth(tables)


def _in_order(values: pd.Series) -> pd.Series:
    """Truths from the simplest, as they are named; all else as it is."""
    order = {name: place for place, name in enumerate(dict.fromkeys([*TRUTHS.values(), *TRUTHS]))}
    return values.map(order) if values.name in {"truth", "effect"} else values


def by_truth(tables: pd.DataFrame) -> pd.DataFrame:
    """One row a sort of truth and number of rows: what is said, and what it is undecided between."""

    def said(own: pd.DataFrame) -> dict[str, object]:
        right = own["right"].value_counts()
        between = own.loc[own["undecided"], "left"].value_counts()
        return {
            "tables": len(own),
            "right": ", ".join(f"{NAMES[rung]} {right[rung]}" for rung in LADDER if rung in right),
            **{f"says {NAMES[rung]}": share(own["said"] == rung) for rung in LADDER},
            "undecided": share(own["undecided"]),
            "between": ", ".join(
                f"{' or '.join(NAMES[rung] for rung in left)} {count}"
                for left, count in between.items()
            ),
            "wrong": share(own["too_simple"] | own["too_rich"]),
        }

    return by_group(tables, ["truth", "rows"], said)


def outcomes(own: pd.DataFrame) -> dict[str, object]:
    """How often the right answer of tables (`with_truth`) is said, and what is said instead."""
    return {
        "right answer said": share(own["said"] == own["right"]),
        "too rich": share(own["too_rich"]),
        "too simple": share(own["too_simple"]),
        "undecided": share(own["undecided"]),
        "right answer ruled out": share(own["lost"]),
    }


def by_right(tables: pd.DataFrame) -> pd.DataFrame:
    """One row a right answer and number of rows: how often it is said, and what is said instead;
    then all tables.
    """

    def said(own: pd.DataFrame) -> dict[str, object]:
        return {"tables": len(own)} | outcomes(own)

    every = tables.assign(**{"right answer": "all", "rows": "all"})
    ranked = tables.sort_values(
        ["right", "rows"],
        key=lambda v: v.map(LADDER.index) if v.name == "right" else v,
        kind="stable",
    )
    named = ranked.assign(**{"right answer": ranked["right"].map(NAMES)})
    return by_group(pd.concat([named, every]), ["right answer", "rows"], said)


def by_pair(tables: pd.DataFrame) -> pd.DataFrame:
    """One row a gain, sort of truth and number of rows, and one for all: whether its interval holds
    the true one.
    """
    rows: list[dict[str, object]] = []
    for table in tables.to_dict("records"):
        own = true_gains({rung: table[rung] for rung in LADDER}).iloc[0].to_dict()
        about = {name: table[name] for name in ("truth", "rows")}
        found = [_held(table["gains"][pair], table["true"][pair], own[pair]) for pair in PAIRS]
        names = [f"{NAMES[other]} over {NAMES[base]}" for base, other in PAIRS]
        rows += [about | {"gain": name} | held for name, held in zip(names, found, strict=True)]
        both = {name: found[0][name] and found[1][name] for name in ("covered", "own")}
        rows.append(about | {"gain": f"both over {NAMES[REGRESSION]}", "level": LEVEL} | both)

    def said(own: pd.DataFrame) -> dict[str, object]:
        apart = own["width"].notna().all()
        return {
            "level, %": f"{100 * own['level'].iloc[0]:g}",
            "tables": len(own),
            "covers": share(own["covered"]),
            "covers own models": share(own["own"]),
            "true gain above": share(own["above"]) if apart else "",
            "median width": f"{100 * own['width'].median():.1f}" if apart else "",
        }

    frame = pd.DataFrame(rows)
    frame = pd.concat([frame, frame.assign(truth="all", rows="all")], ignore_index=True)
    ranked = frame.sort_values(
        "gain", key=lambda names: names.map(frame["gain"].unique().tolist().index), kind="stable"
    )
    return by_group(ranked, ["gain", "truth", "rows"], said)


def ends(gain: Gain | Interval) -> tuple[float, float]:
    """Ends of an interval, infinite where there is none; NaN where the rows do not tell how sure
    the gain is.
    """
    if not math.isfinite(gain.std_error):
        return math.nan, math.nan
    return (
        -math.inf if math.isnan(gain.low) else gain.low,
        math.inf if math.isnan(gain.high) else gain.high,
    )


def _held(gain: Gain, true: float, own: float) -> dict[str, object]:
    """Whether an interval holds the true gain of the procedures and of a table's own models, and
    which side it errs on.
    """
    low, high = ends(gain)
    held = {"covered": low <= true <= high, "own": low <= own <= high, "above": true > high}
    return held | {"level": gain.level, "width": high - low}


def by_cell(tables: pd.DataFrame) -> pd.DataFrame:
    """One row a cell: the true gains, the right answer, and how often each is said."""

    def said(own: pd.DataFrame) -> dict[str, object]:
        one, counts = own.iloc[0], own["said"].value_counts()
        true = {
            f"{NAMES[other]} over {NAMES[base]}": f"{100 * gain:.1f} ± {100 * one['errors'][base, other]:.1f}"
            for (base, other), gain in one["true"].items()
        }
        right = NAMES[one["right"]] + ("" if one["sure"] else ", uncertain")
        heard = ", ".join(
            f"{NAMES.get(name, name)} {counts[name]}"
            for name in (*LADDER, UNDECIDED)
            if name in counts
        )
        return {"tables": len(own), **true, "right": right, "said": heard}

    return by_group(tables, CELL, said)


def write(folder: Path, folds: int, page: Path) -> None:
    """Judge every table of a folder, and put the tables between the marks of a page."""
    tables = read(folder, folds)
    put_tables(
        page,
        {
            "answers": by_truth(tables),
            "rights": by_right(tables),
            "gains": by_pair(tables),
            "cells": by_cell(tables),
        },
    )
