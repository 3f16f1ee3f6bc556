"""Three answers on tables made so that the truth, and what their test rows say of it, are known."""

from __future__ import annotations

import pandas as pd
import pytest

from calibrations import answers
from study.evidence.findings import Gain
from tests.scripts.calibrated import FOLDS, made

PLAIN, TERMS, DEEP = (1.0, 1.0, 1.0), (1.0, 0.8, 0.78), (1.0, 0.8, 0.6)
"""Expected losses of the three, where each of them is the right answer."""
SAID = {
    ("none", 0): (PLAIN, PLAIN, "regression"),
    ("none", 1): (PLAIN, TERMS, "terms"),
    ("both", 0): (TERMS, TERMS, "terms"),
    ("both", 1): (TERMS, DEEP, "network"),
    ("both", 2): (TERMS, PLAIN, "regression"),
    ("deep", 0): (DEEP, DEEP, "network"),
    ("deep", 1): (DEEP, (1.0, 0.6, 0.6), "terms"),
    ("deep", 2): (DEEP, (1.0, 0.85, 0.8), "undecided"),
}
"""By effect and table: the true losses, the mean losses of test rows, and what these say."""


@pytest.fixture(scope="module")
def tables(tmp_path_factory: pytest.TempPathFactory) -> pd.DataFrame:
    folder = tmp_path_factory.mktemp("answers")
    for place, ((effect, number), (true, tested, _)) in enumerate(SAID.items()):
        made(true, tested, place).to_parquet(
            folder / f"continuous-200x3-low-{effect}-0.3-{number}.parquet"
        )
    return answers.read(folder, FOLDS).set_index(["effect", "table"])


def test_what_is_said_follows_from_the_test_rows_and_what_is_right_from_the_expected_losses(
    tables: pd.DataFrame,
) -> None:
    assert tables["said"].to_dict() == {place: said for place, (_, _, said) in SAID.items()}
    assert tables["right"].groupby("effect").unique().map(list).to_dict() == {
        "none": ["regression"],
        "both": ["terms"],
        "deep": ["network"],
    }


def test_an_answer_is_too_rich_or_too_simple_and_undecided_is_neither(tables: pd.DataFrame) -> None:
    assert list(tables.index[tables["too_rich"]]) == [("none", 1), ("both", 1)]
    assert list(tables.index[tables["too_simple"]]) == [("both", 2), ("deep", 1)]
    assert list(tables.index[tables["undecided"]]) == [("deep", 2)]
    assert (tables["lost"] == tables["too_rich"] | tables["too_simple"]).all()


def test_the_right_answer_is_that_of_the_mean_over_the_tables_of_a_cell() -> None:
    losses = pd.DataFrame({"regression": [1.0, 1.0], "terms": [0.9, 0.98], "network": [0.9, 0.98]})
    about = dict.fromkeys(answers.CELL, "-")
    frame = made(PLAIN, PLAIN, 0)
    judged = answers.judge(frame, FOLDS)

    found = answers.with_truth(
        pd.DataFrame([about | judged | row for row in losses.to_dict("records")])
    )

    assert found["right"].tolist() == ["terms"] * 2  # 10 % and 2 %: 6 % on average
    assert found["true"].iloc[0]["regression", "terms"] == pytest.approx(0.06)
    assert found["errors"].iloc[0]["regression", "terms"] == pytest.approx(0.04)
    assert not found["sure"].any()


def test_an_interval_without_an_end_holds_what_lies_beyond_and_one_of_unknown_error_holds_nothing() -> (
    None
):
    known = Gain.model_construct(low=0.1, high=float("nan"), std_error=0.1)
    unknown = Gain.model_construct(low=float("nan"), high=float("nan"), std_error=float("nan"))

    assert answers.ends(known) == (0.1, float("inf"))
    assert not answers.ends(unknown)[0] <= 0.2


def test_shares_are_counted_by_truth_by_right_answer_and_by_gain(tables: pd.DataFrame) -> None:
    flat = tables.reset_index()
    truths, rights, pairs = (
        count(flat) for count in (answers.by_truth, answers.by_right, answers.by_pair)
    )

    assert [text.split()[-1] for text in truths["right"]] == ["2", "3", "3"]
    assert [text.split()[-1:] for text in truths["between"]] == [[], [], ["1"]]
    assert [text.split()[0] for text in truths["wrong"]] == ["50.0", "66.7", "33.3"]
    assert [text.split()[0] for text in rights["too simple"]] == ["0.0", "33.3", "33.3", "25.0"]
    assert [text.split()[0] for text in rights["too rich"]] == ["50.0", "33.3", "0.0", "25.0"]
    covers = pairs.set_index(["gain", "truth"])["covers"].str.split().str[0]
    levels, held = (
        pairs.groupby("gain", sort=False)["level, %"].first(),
        covers.groupby("gain", sort=False).agg(list),
    )
    assert levels.tolist() == ["97.5", "97.5", "95", "95"]
    assert held.iloc[[0, 1, 3]].tolist() == [
        ["50.0", "66.7", "33.3", "50.0"],
        ["50.0", "33.3", "66.7", "50.0"],
        ["50.0", "33.3", "33.3", "37.5"],
    ]
