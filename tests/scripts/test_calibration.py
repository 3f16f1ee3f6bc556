"""A small calibration: simulated tables have the truth they claim, and verdicts on them are seldom wrong."""

from __future__ import annotations

from pathlib import Path

import calibration
import calibration_answers as answers
import numpy as np
import pandas as pd
import pytest
from calibration_report import MARGIN, REPEATED, by_method, judge, read, share, with_truth, write
from sklearn.linear_model import LinearRegression, LogisticRegression

from harness.truths import TERMS, Cell, expected_loss, simulate
from study.evidence.findings import ENOUGH, WORTH

NULL = [Cell("continuous", 120, noise="high"), Cell("binary", 120, noise="high")]
LARGE = Cell("continuous", 120, effect="interaction", gain=0.7)
TABLES = [(cell, number) for cell in NULL for number in range(2)] + [(LARGE, 0)]
"""Of one size, so that they share compiled programs."""
QUESTION = calibration.Question(["extended", "neural"], 2, [])
FOLDS = 3


@pytest.mark.parametrize("effect", [*TERMS, "deep"])
@pytest.mark.parametrize("kind", ["continuous", "binary"])
def test_a_simulated_table_has_the_gain_that_its_cell_claims(kind: str, effect: str) -> None:
    frame, truth = simulate(Cell(kind, 60_000, effect=effect, gain=0.2), 3, 0)  # type: ignore[arg-type]
    x, y = frame[["x0", "x1", "x2"]].to_numpy(), frame["y"]
    if kind == "binary":
        best = LogisticRegression(C=1e4).fit(x, y == "yes").predict_proba(x)[:, 1]
    else:
        best = LinearRegression().fit(x, y).predict(x)

    gain = 1 - expected_loss(kind, truth, truth).mean() / expected_loss(kind, truth, best).mean()

    assert gain == pytest.approx(0.2, abs=0.01)


@pytest.mark.parametrize("kind", ["continuous", "binary"])
def test_the_expected_loss_is_what_fresh_targets_have_on_average(kind: str) -> None:
    frame, truth = simulate(Cell(kind, 100_000, effect="smooth", gain=0.1), 5, 0)  # type: ignore[arg-type]
    guess = truth * 0.8 + 0.1
    y = frame["y"].to_numpy()

    observed = -np.log(np.where(y == "yes", guess, 1 - guess)) if kind == "binary" else (y - guess) ** 2

    assert observed.mean() == pytest.approx(expected_loss(kind, truth, guess).mean(), rel=0.02)


def test_a_share_comes_with_its_exact_interval() -> None:
    assert share(pd.Series([True] * 3 + [False] * 97)) == "3.0 (0.6 to 8.5)"
    assert share(pd.Series(dtype=bool)) == ""


def test_a_verdict_is_wrong_where_the_truth_lies_on_the_other_side_of_the_margin() -> None:
    said = {"low": [0.06, 0.06, -0.1, -0.1], "high": [0.2, 0.2, 0.04, 0.04], "own": 0.0}
    about = {"cell": list("abcd"), "candidate": "ensemble", "verdict": [WORTH, WORTH, ENOUGH, ENOUGH]}
    judged = pd.DataFrame(said | about | {"base": 1.0, "other": [0.9, 0.97, 0.9, 0.97]})

    found = with_truth(judged)

    assert found["truth"].tolist() == pytest.approx([0.1, 0.03, 0.1, 0.03])
    assert found["wrong"].tolist() == [False, True, True, False]
    assert found["covered"].tolist() == [True, False, False, True]


@pytest.fixture(scope="module")
def calibrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Tables of the whole pipeline, run in this process: four without effect and one with a large one."""
    folder = tmp_path_factory.mktemp("calibration")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(calibration, "FRESH", 500)
        patch.setattr(calibration, "FOLDS", FOLDS)
        patch.setattr(calibration, "DEPTHS", [1])
        for cell, number in TABLES:
            calibration.run_table(cell, number, QUESTION).to_parquet(folder / f"{cell.key}-{number}.parquet")
    return folder


@pytest.mark.slow
def test_verdicts_on_simulated_tables_are_seldom_wrong(calibrated: Path) -> None:
    judged = read(calibrated, FOLDS)
    judged = judged[(judged["candidate"] == "ensemble") & (judged["scheme"] == "two repeats")]
    null, large = (judged[judged["effect"] == effect] for effect in ("none", "interaction"))

    assert set(judged["method"]) == set(REPEATED)
    assert (null["worth"].groupby(null["method"]).sum() <= 1).all()
    assert (null["covered"].groupby(null["method"]).mean() >= 0.5).all()
    assert (large["truth"] > MARGIN).all()
    assert not large["enough"].any()
    assert large.loc[large["method"] == "rows", "worth"].all()


@pytest.mark.slow
def test_test_rows_are_the_tables_own_and_fresh_rows_are_apart(calibrated: Path) -> None:
    frame = pd.read_parquet(calibrated / f"{NULL[0].key}-0.parquet")
    tested = frame[(frame["part"] == "test") & (frame["candidate"] == "refit") & (frame["family"] == "linear")]

    assert tested.groupby(tested["outer_fold"] // FOLDS)["row"].apply(sorted).tolist() == [list(range(120))] * 2
    assert frame.loc[frame["part"] == "fresh", "loss"].min() >= 1  # the noise of a continuous cell
    assert len(list(judge(frame, FOLDS))) == 2 * (2 + 3 + 5 + 5)
    assert not by_method(read(calibrated, FOLDS)).empty


@pytest.mark.slow
def test_the_page_is_written_between_its_marks(calibrated: Path, tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    names = ("methods", "null", "effects", "candidates")
    page.write_text("Words.\n" + "".join(f"<!-- {name} -->\nold\n<!-- end of {name} -->\n" for name in names) + "More words.\n")

    write(calibrated, FOLDS, page)

    lines = page.read_text().splitlines()
    assert (lines[0], lines[-1]) == ("Words.", "More words.")
    assert "old" not in lines
    assert sum(line.startswith("| one split | bca |") for line in lines) == 1
    assert page.with_suffix(".png").stat().st_size > 10_000


@pytest.mark.slow
def test_the_answers_on_simulated_tables_are_those_of_their_truths(calibrated: Path, tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    names = ("answers", "rights", "gains", "cells")
    page.write_text("".join(f"<!-- {name} -->\nold\n<!-- end of {name} -->\n" for name in names))

    found = answers.read(calibrated, FOLDS).set_index("effect")
    answers.write(calibrated, FOLDS, page)

    assert found["right"].to_dict() == {"none": "regression", "interaction": "extended"}
    assert not found["too_rich"].any()
    assert found.loc["interaction", "said"] in {"extended", "undecided"}  # the only one of 120 rows
    assert {"products", "curves"} <= set(pd.read_parquet(next(calibrated.glob("*.parquet")))["candidate"])
    assert "old" not in page.read_text().splitlines()
