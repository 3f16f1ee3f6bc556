"""How often the rule as a whole is right: which of the three answers each table gets, against the one that is true."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
from calibration_report import DEFAULTS, MARGIN, SCHEMES, about, by_group, put, share

from study.evidence.compare import Model, models, rung_gains, the_regression
from study.evidence.findings import Gain
from study.evidence.rule import LADDER, standing
from study.evidence.winners import ARM, CHOSEN
from study.schema import EXTENDED, NETWORK, REGRESSION, Kind


def judge(frame: pd.DataFrame, folds: int) -> Iterator[dict[str, object]]:
    """What the rule leaves of one table (`calibration.run_table`), by scheme.

    Gives dicts of scheme, left (procedures, the simplest first) and, by the name of each procedure, its mean expected loss on
    fresh rows.
    """
    frame = frame.assign(group=frame["row"])  # every row is a group of its own
    validation = frame[frame["part"] == "validation"]
    winners = validation.groupby(ARM)["loss"].mean().rename("val_loss").reset_index()
    used = frame[frame["candidate"] == np.where(frame["depth"] > 0, "ensemble", "refit")]
    tested, fresh = (models(used[used["part"] == part], winners) for part in ("test", "fresh"))
    plain = the_regression(tested, Kind(frame["kind"].iloc[0]))
    assert plain is not None
    same = [m for m in fresh if m.family in {plain.family, EXTENDED} or m.depth == CHOSEN]
    truth = {model.procedure: model.losses["loss"].mean() for model in same}
    for scheme, (repeats, _) in SCHEMES.items():
        sides = [Model(m.family, m.depth, m.losses[m.losses["outer_fold"] < repeats * folds]) for m in tested]
        regression = the_regression(sides, Kind(frame["kind"].iloc[0]))
        gains = {
            (base.procedure, other.procedure): gain
            for base, other, gain in rung_gains(sides, regression, MARGIN, folds, DEFAULTS[scheme])
        }
        yield {"scheme": scheme, "left": standing(gains, MARGIN), **truth}


def with_truth(judged: pd.DataFrame) -> pd.DataFrame:
    """Add the true answer of each cell, and how each table's answer is wrong.

    truth: what the rule leaves of the cell's own gains, from the mean expected losses of its tables. passed: the regression is
    true, and is not among what is left. too_rich, too_simple: the answer is decided, and richer or simpler than the true one.
    """
    means = judged.groupby("cell")[[name for name in LADDER if name in judged]].mean()
    judged = judged.assign(truth=judged["cell"].map({cell: true_answer(losses.to_dict()) for cell, losses in means.iterrows()}))
    decided = judged["left"].map(len) == 1
    said, true = (names.map(LADDER.index) for names in (judged["left"].str[0], judged["truth"]))
    return judged.assign(
        right=decided & (said == true),
        too_rich=decided & (said > true),
        too_simple=decided & (said < true),
        undecided=~decided,
        passed=(judged["truth"] == REGRESSION) & (said > true),
        misled=decided & (judged["truth"] == EXTENDED) & (judged["left"].str[0] == NETWORK),
    )


def true_answer(losses: dict[str, float]) -> str:
    """What the rule leaves of exact gains, from the losses of the procedures."""
    scored = [name for name in LADDER if np.isfinite(losses.get(name, np.nan))]
    gains = {
        (base, other): (losses[base] - losses[other]) / losses[REGRESSION]
        for place, base in enumerate(scored)
        for other in scored[place + 1 :]
    }
    exact = {pair: Gain.model_construct(improvement=gain, low=gain, high=gain) for pair, gain in gains.items()}
    return standing(exact, MARGIN)[0]


def by_truth(judged: pd.DataFrame, *by: str) -> pd.DataFrame:
    """One row a true answer, value of `by` and scheme: how often the rule says so, something else, or nothing."""

    def said(own: pd.DataFrame) -> dict[str, object]:
        rates = ("right", "undecided", "too_simple", "too_rich", "passed", "misled")
        names = ("right", "undecided", "too simple", "too rich", "regression true but left", "terms true but network said")
        none = {"passed": own["truth"].iloc[0] != REGRESSION, "misled": own["truth"].iloc[0] != EXTENDED}
        shares = ("" if none.get(rate) else share(own[rate]) for rate in rates)
        return {"tables": len(own)} | dict(zip(names, shares, strict=True))

    ranked = judged.sort_values("truth", key=lambda names: names.map(LADDER.index), kind="stable")
    return by_group(ranked, ["truth", *by, "scheme"], said)


def read(folder: Path, folds: int) -> pd.DataFrame:
    """Judge every table of a folder: a frame of `judge` with what `calibration_report.about` tells of each."""
    paths = sorted(folder.glob("*.parquet"))
    return with_truth(pd.DataFrame([about(path) | found for path in paths for found in judge(pd.read_parquet(path), folds)]))


def write(folder: Path, folds: int, page: Path) -> None:
    """Judge every table of a folder, and put the table of answers between the marks of a page."""
    put(page, {"rule": by_truth(read(folder, folds), "rows")})
