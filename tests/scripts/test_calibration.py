"""A small calibration: simulated tables have the truth they claim, and verdicts on them are seldom
wrong.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LinearRegression, LogisticRegression, PoissonRegressor

from calibrations import answers, tables as simulated
from calibrations.intervals import REPEATED, by_method, judge, read, with_truth, write
from calibrations.report import MARGIN, share
from harness.truths import TERMS, Cell, expected_loss, simulate
from study.families.heads import HEADS
from study.schema import NETWORK, REGRESSION, Kind
from tests.scripts.calibrated import small

NULL, LARGE = (
    Cell("continuous", 120, noise="high"),
    Cell("continuous", 120, effect="interaction", gain=0.7),
)
"""Of one size and kind, so that they share compiled programs."""
QUESTION = simulated.Question(["terms", "neural"], 2, [], fresh=500)
FOLDS = 3


@pytest.mark.parametrize(
    ("kind", "effect"), [*(("continuous", effect) for effect in TERMS), ("binary", "deep")]
)
def test_a_simulated_table_has_the_gain_that_its_cell_claims(kind: str, effect: str) -> None:
    assert gain_of(Cell(kind, 30_000, effect=effect, gain=0.2)) == pytest.approx(0.2, abs=0.015)  # type: ignore[arg-type]


@pytest.mark.parametrize(("kind", "together"), [("multiclass", "groups"), ("count", "time")])
def test_a_table_whose_rows_come_together_has_that_gain_too(kind: str, together: str) -> None:
    cell = Cell(kind, 12_000, effect="deep", gain=0.2, together=together)  # type: ignore[arg-type]

    assert gain_of(cell) == pytest.approx(0.2, abs=0.04)


def gain_of(cell: Cell) -> float:
    """What the truth of a table gains over the best regression on it."""
    frame, truth = simulate(cell, 3, 0)
    x, y = frame[["x0", "x1", "x2"]].to_numpy(), frame["y"]
    if cell.kind == "continuous":
        best = LinearRegression().fit(x, y).predict(x)
    elif cell.kind == "count":
        best = PoissonRegressor(alpha=1e-6).fit(x, y).predict(x)
    else:
        best = LogisticRegression(C=1e4).fit(x, y).predict_proba(x)
        best = best[:, 1] if cell.kind == "binary" else best
    return float(
        1
        - expected_loss(cell.kind, truth, truth).mean()
        / expected_loss(cell.kind, truth, best).mean()
    )


@pytest.mark.parametrize("kind", ["continuous", "binary", "multiclass", "count"])
def test_the_expected_loss_is_what_fresh_targets_have_on_average(kind: Kind) -> None:
    frame, truth = simulate(Cell(kind, 15_000, effect="smooth", gain=0.1), 5, 0)  # type: ignore[arg-type]
    guess = truth * 0.8 + 0.1
    y = frame["y"].to_numpy()
    values = (
        y.astype(float) if frame["y"].dtype.kind in "if" else np.unique(y, return_inverse=True)[1]
    )

    observed = HEADS[Kind(kind)].response_loss(guess, values)

    assert observed.mean() == pytest.approx(expected_loss(kind, truth, guess).mean(), rel=0.03)


@pytest.mark.parametrize(("together", "column"), [("groups", "group"), ("time", "time")])
def test_rows_that_come_together_share_features_and_noise_and_say_so(
    together: str, column: str
) -> None:
    cell = Cell("continuous", 6_000, effect="smooth", gain=0.2, together=together)  # type: ignore[arg-type]
    frame, truth = simulate(cell, 1, 600)
    alone, _ = simulate(replace(cell, together="alone"), 1, 600)
    noise, first = frame["y"] - truth, frame["x0"]

    assert column in frame
    assert list(alone) == ["x0", "x1", "x2", "y"]
    assert noise.std() == pytest.approx(1, abs=0.05)
    assert min(values.corr(values.shift()) for values in (noise, first)) > 0.5
    if column == "group":
        assert not set(frame["group"][:6_000]) & set(frame["group"][6_000:])
        assert set(frame.groupby("group").size()) == {6}


def test_heavy_noise_has_the_variance_of_normal_noise_and_many_times_its_extremes() -> None:
    frame, truth = simulate(Cell("continuous", 60_000, together="heavy"), 1, 0)
    noise = frame["y"] - truth

    assert noise.std() == pytest.approx(1, abs=0.1)
    assert (noise.abs() > 5).sum() > 50  # of normal noise 0.03 rows are expected there


def test_a_share_comes_with_its_exact_interval() -> None:
    assert share(pd.Series([True] * 3 + [False] * 97)) == "3.0 (0.6 to 8.5)"
    assert share(pd.Series(dtype=bool)) == ""


def test_a_verdict_is_wrong_where_the_truth_lies_on_the_other_side_of_the_margin() -> None:
    said = {"low": [0.06, 0.06, -0.1, -0.1], "high": [0.2, 0.2, 0.04, 0.04], "own": 0.0}
    about = {
        "cell": list("abcd"),
        "verdict": [NETWORK, NETWORK, REGRESSION, REGRESSION],
    }
    judged = pd.DataFrame(said | about | {"base": 1.0, "other": [0.9, 0.97, 0.9, 0.97]})

    found = with_truth(judged)

    assert found["truth"].tolist() == pytest.approx([0.1, 0.03, 0.1, 0.03])
    assert found["wrong"].tolist() == [False, True, True, False]
    assert found["covered"].tolist() == [True, False, False, True]


@pytest.fixture(scope="module")
def calibrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Tables of the whole pipeline, run in this process: one without effect and one with a large
    one.
    """
    folder = tmp_path_factory.mktemp("calibration")
    with pytest.MonkeyPatch.context() as patch:
        small(patch, FOLDS, trials=4, epochs=40)
        for cell in (NULL, LARGE):
            simulated.run_table(cell, 0, QUESTION).to_parquet(folder / f"{cell.key}-0.parquet")
    return folder


@pytest.mark.checks
@pytest.mark.slow
def test_intervals_on_simulated_tables_hold_their_truth_and_a_large_gain_is_found(
    calibrated: Path,
) -> None:
    judged = read(calibrated, FOLDS)
    judged = judged[judged["scheme"] == "two repeats"]
    null, large = (judged[judged["effect"] == effect] for effect in ("none", "interaction"))

    assert set(judged["method"]) == set(REPEATED)
    assert not null["worth"].any()
    assert null["covered"].mean() >= 0.5
    assert (large["truth"] > MARGIN).all()
    assert not large["enough"].any()
    assert large.loc[large["method"] == "rows", "worth"].all()
    assert not by_method(read(calibrated, FOLDS)).empty


def test_test_rows_are_the_tables_own_and_fresh_rows_are_apart(calibrated: Path) -> None:
    frame = pd.read_parquet(calibrated / f"{NULL.key}-0.parquet")
    tested = frame[
        (frame["part"] == "test") & (frame["candidate"] == "refit") & (frame["family"] == "linear")
    ]

    assert (
        tested.groupby(tested["outer_fold"] // FOLDS)["row"].apply(sorted).tolist()
        == [list(range(120))] * 2
    )
    assert frame.loc[frame["part"] == "fresh", "loss"].min() >= 1  # the noise of a continuous cell
    assert len(list(judge(frame, FOLDS))) == 1 + 2 + 3 + 3
    assert {"products", "curves"} <= set(frame["candidate"])


def test_the_pages_are_written_between_their_marks(calibrated: Path, tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    names = ("methods", "null", "effects", "answers", "rights", "gains", "cells")
    page.write_text(
        "Words.\n"
        + "".join(f"<!-- {name} -->\nold\n<!-- end of {name} -->\n" for name in names)
        + "More words.\n"
    )

    write(calibrated, FOLDS, page)
    answers.write(calibrated, FOLDS, page)

    lines = page.read_text().splitlines()
    assert (lines[0], lines[-1]) == ("Words.", "More words.")
    assert "old" not in lines
    assert sum(line.startswith("| one split | rows |") for line in lines) == 1
    assert page.with_suffix(".png").stat().st_size > 10_000


def test_the_answers_on_simulated_tables_are_those_of_their_truths(calibrated: Path) -> None:
    found = answers.read(calibrated, FOLDS).set_index("effect")

    assert found["right"].to_dict() == {"none": "regression", "interaction": "terms"}
    assert not found["too_rich"].any()
    assert found.loc["interaction", "said"] in {"terms", "undecided"}  # the only one of 120 rows
