"""What a finished study says of rows is what it was judged by, however the rows come."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from study.data.files import read_file
from study.digits import human
from study.evidence.intervals import Rows
from study.evidence.pairs import paired
from study.evidence.winners import class_probabilities
from study.predicting.models import judged_rows
from study.predicting.predictions import predict, promised
from study.predicting.results import Results
from study.schema import StudyError

from .made import KINDS, awkward_frame

MODELS = ("regression", "extended", "short", "network", "trees")


def as_csv(frame: pd.DataFrame, folder: Path) -> pd.DataFrame:
    frame.to_csv(folder / "rows.csv", index=False)
    return read_file(folder / "rows.csv")[0]


def as_parquet(frame: pd.DataFrame, folder: Path) -> pd.DataFrame:
    """Typed: dates, booleans and numbers, no text but that of categories."""
    built = pd.to_datetime(frame["built"], format="%d/%m/%Y")
    heated = frame["heated"].map({"yes": True, "no": False}).astype("boolean")
    frame.assign(built=built, heated=heated).to_parquet(folder / "rows.parquet")
    return read_file(folder / "rows.parquet")[0]


def as_it_is(frame: pd.DataFrame, folder: Path) -> pd.DataFrame:
    return frame


@pytest.mark.parametrize("handed_in", [as_csv, as_parquet, as_it_is])
@pytest.mark.parametrize("target", KINDS)
@pytest.mark.parametrize("model", MODELS)
def test_a_folds_model_says_of_its_test_rows_what_was_scored_to_the_bit(
    flats: Results, tmp_path: Path, model: str, target: str, handed_in: Callable[[pd.DataFrame, Path], pd.DataFrame]
) -> None:
    for fold in range(3):
        scored = judged_rows(flats, target, model, fold)
        rows = handed_in(awkward_frame().iloc[scored["row"]], tmp_path)

        found = predict(flats, rows, target, model, fold).frame

        assert len(found) == len(scored) == 50
        if target == "sort":
            shares = class_probabilities(scored)
            np.testing.assert_array_equal(found[shares.columns], shares)
        else:
            np.testing.assert_array_equal(found["p_dear" if target == "dear" else "predicted"], scored["predicted"])


def test_a_row_alone_gets_what_it_gets_among_others(flats: Results) -> None:
    rows = awkward_frame()

    whole, alone = (predict(flats, each, "price", "network").frame for each in (rows, rows.iloc[[17]]))

    assert alone["predicted"].iloc[0] == whole["predicted"].iloc[17]


def test_labels_stand_beside_probabilities_and_other_columns_are_passed_through(flats: Results) -> None:
    rows = awkward_frame().drop(columns=["price", "dear", "sort", "visits"]).assign(note="seen")

    found = predict(flats, rows, "sort", "network").frame

    assert list(found) == ["flat", "note", "predicted", "p_large", "p_middle", "p_small"]
    shares = found[["p_large", "p_middle", "p_small"]]
    np.testing.assert_allclose(shares.sum(axis=1), 1, rtol=1e-6)
    assert (found["predicted"] == shares.idxmax(axis=1).str.removeprefix("p_")).all()
    assert found["flat"].tolist() == rows["flat"].tolist()


def test_the_delivered_model_knows_all_rows(flats: Results) -> None:
    said = predict(flats, awkward_frame(), "price", "trees")

    assert said.notes[0].startswith("No test row is left to score boosted trees for price, fitted on all 150 rows. The same ")
    assert "on 100 of them had a mean squared error of" in said.notes[0]


def test_rows_that_hold_the_target_are_scored_beside_what_was_promised(flats: Results) -> None:
    rows = awkward_frame(60, seed=5)
    rows.loc[:9, "price"] = np.nan

    said = predict(flats, rows, "price", "regression")

    loss = ((said.frame["predicted"] - rows["price"]) ** 2)[10:]
    promise = promised(flats, "price", "regression")
    ranks = flats.ranks.query("target == 'price' and family == 'linear'").iloc[0]
    assert promise is not None
    assert (promise.loss, promise.low, promise.high) == (ranks["test_loss"], ranks["low"], ranks["high"])
    of_trees = flats.metrics.query("target == 'price' and metric == 'loss' and base.isna() and other == 'trees'").iloc[0]
    trees = promised(flats, "price", "trees")
    assert trees is not None
    assert (trees.loss, trees.low, trees.high) == tuple(of_trees[["value", "low", "high"]])
    half = 1.96 * loss.std() / 50**0.5
    own, low, high = loss.mean(), loss.mean() - half, loss.mean() + half
    assert said.notes[1].startswith(f"On the 50 rows that hold price, its mean squared error is {human(own, 4)} (")
    assert said.notes[1].endswith(f"; the study promised {promise} for rows that it has not seen.")
    told = said.notes[1].partition("(")[2].partition(")")[0].split(" to ")
    rows_alone = pd.DataFrame({"outer_fold": 0, "row": np.arange(50), "loss": loss.to_numpy()})
    interval = Rows()(paired(rows_alone, rows_alone.assign(loss=0.0), 1), "difference")
    assert [float(end.replace(",", "")) for end in told] == pytest.approx([interval.low, interval.high], rel=1e-3)
    assert interval.low < low < high < interval.high  # a few large losses make it wider than that of normal ones


def test_a_warning_counts_gaps_unseen_levels_unread_dates_and_values_outside_the_range(flats: Results) -> None:
    rows = awkward_frame().iloc[:6].drop(columns=[*KINDS]).reset_index(drop=True)
    rows["size"], rows["floor"], rows["heated"] = [80.0, np.nan, 900.0, 80.0, 80.0, 80.0], 1, "yes"
    rows["town"], rows["built"] = (
        ["Bonn", "Ulm, alt", "Rome", "Oslo", "Bonn", "Bonn"],
        ["03/04/2005", "soon", *["01/01/2010"] * 4],
    )

    with pytest.warns(UserWarning, match="Of 6 rows") as caught:
        flats.predict(rows, "price", "regression")

    (said,) = (str(each.message) for each in caught if str(each.message).startswith("Of "))
    assert said == (
        "Of 6 rows some have empty cells in size (1); dates that are none, taken as empty, in built (1); levels that no row of "
        "the study had, taken as the commonest, in town (2); values outside the range of the study's rows in size (1)."
    )


def test_an_unseen_level_is_taken_as_the_commonest_one(flats: Results) -> None:
    rows = awkward_frame().iloc[[3, 3]].assign(town=["Atlantis", "Bonn"])

    found = predict(flats, rows, "price", "network").frame["predicted"]

    assert found.iloc[0] == found.iloc[1]


def test_whole_numbers_that_are_levels_are_known_however_they_are_spelt(flats: Results) -> None:
    rows = awkward_frame().iloc[[1] * 4].reset_index(drop=True).drop(columns="floor")

    found = [predict(flats, rows.assign(floor=own), "price", "regression").frame["predicted"] for own in (2, 2.0, "2", "2.0")]
    other = predict(flats, rows.assign(floor=3), "price", "regression").frame["predicted"]

    assert all((own == found[0]).all() for own in found)
    assert (other != found[0]).all()


def test_a_day_first_date_is_read_day_first_though_one_row_does_not_tell(flats: Results) -> None:
    rows = awkward_frame().iloc[[0, 0]].assign(built=["02/03/2010", "2010-03-02"])
    typed = rows.assign(built=pd.to_datetime(["2010-03-02", "2010-03-02"]))

    day_first, known = (
        predict(flats, each.iloc[:1], "price", "regression").frame["predicted"].iloc[0] for each in (rows, typed)
    )

    assert day_first.tolist() == known.tolist()
    with pytest.raises(StudyError, match=r"holds dates of one format \(%d/%m/%Y\), but 'built' has '2010-03-02' in row 0"):
        predict(flats, rows.iloc[1:], "price", "regression")


def test_missing_columns_are_named(flats: Results) -> None:
    rows = awkward_frame().rename(columns={"size": "sise"}).drop(columns="town")

    with pytest.raises(StudyError) as caught:
        predict(flats, rows, "price", "regression")

    assert str(caught.value) == (
        "A prediction needs every feature that the study was given, but the rows lack 'size', 'town'. Did you mean 'sise'? Add "
        "the columns; empty cells are gaps."
    )


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ({}, r"predicts price, dear, sort, visits, of which none was named\. Name one with --target\."),
        ({"target": "prize"}, r"of which 'prize' is none\. Did you mean 'price'\?"),
        ({"target": "price", "model": "tree"}, r"but 'tree' was named\. Did you mean 'trees'\?"),
        ({"target": "price", "fold": 3}, r"The outer folds of .*flats are 0 to 2, but 3 was named\."),
        ({"target": "price", "fold": -2}, r"are 0 to 2, but -2 was named"),
        ({"target": "price", "fold": -1}, r"are 0 to 2, but -1 was named"),
        ({"target": "price", "interval": 90.0}, r"a share of rows between 0 and 1, such as 0\.9, but 90 was asked for\."),
    ],
)
def test_what_is_not_there_is_an_error_with_the_way_out(flats: Results, asked: dict[str, object], message: str) -> None:
    with pytest.raises(StudyError, match=message):
        predict(flats, awkward_frame(), **asked)  # type: ignore[arg-type]


def test_a_cell_that_breaks_its_columns_type_is_named(flats: Results) -> None:
    with pytest.raises(StudyError, match="A numeric column holds only numbers, but column 'size' has 'large' in row 0"):
        predict(flats, awkward_frame().iloc[:1].assign(size="large"), "price", "regression")


def test_what_the_verdict_has_against_a_model_is_a_warning(flats: Results) -> None:
    said = {target: predict(flats, awkward_frame(), target).warnings for target in KINDS}

    for verdict in flats.verdicts:
        undecided = any(
            text.startswith(f"The study is undecided on {verdict.target}; the simplest") for text in said[verdict.target]
        )
        neither = any("to use no model of" in text for text in said[verdict.target])
        assert undecided == (verdict.verdict == "undecided")
        assert neither == (verdict.beats_constant is False)
    assert {verdict.verdict for verdict in flats.verdicts} != {"undecided"} or all(said.values())


def test_in_python_notes_stand_beside_the_frame(flats: Results) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = flats.predict(awkward_frame(), "price")

    assert [text.partition(" ")[0] for text in found.attrs["notes"]] == ["No", "On"]


def test_a_cell_that_is_no_value_of_the_target_is_counted_and_its_loss_left_out(flats: Results) -> None:
    said = predict(flats, awkward_frame().iloc[:5].assign(sort=["huge", "small", "large", "small", None]), "sort", "regression")

    assert "Of sort 1 cells are no value that the study knows; their loss is left out." in said.warnings
    assert any(text.startswith("On the 3 rows that hold sort") for text in said.notes)


def test_predictions_keep_the_index_of_their_rows(flats: Results) -> None:
    rows = awkward_frame().iloc[:3].set_axis([10, 11, 12])
    named = rows.set_axis(pd.Index(["a", "b", "c"], name="key"))

    assert predict(flats, rows, "price", "regression").frame.index.tolist() == [10, 11, 12]
    assert predict(flats, named, "price", "regression").frame.index.equals(named.index)


@pytest.mark.parametrize("model", ["regression", "trees"])
def test_rows_that_a_model_was_made_of_are_no_test_of_it(flats: Results, model: str) -> None:
    own, fresh = awkward_frame(), awkward_frame(60, seed=5)
    tested = own.iloc[judged_rows(flats, "price", model, 0)["row"]]
    words = " equal rows that the model was made of, on which a loss is no test."
    asked = {"all": (own, None), "some": (pd.concat([own[:7], fresh]), None), "fresh": (fresh, None), "tested": (tested, 0)}

    said = {name: predict(flats, rows, "price", model, fold).notes[-1] for name, (rows, fold) in asked.items()}
    said["fold"] = predict(flats, own, "price", model, 0).notes[-1]

    assert {name: text.partition(" Of them ")[2] for name, text in said.items()} == {
        "all": f"150{words}", "some": f"7{words}", "fresh": "", "tested": "", "fold": f"100{words}",
    }  # fmt: skip


def test_one_row_has_a_loss_and_no_interval_of_it(flats: Results) -> None:
    row = awkward_frame(1, seed=5)

    said = predict(flats, row, "price", "regression")

    loss = (said.frame["predicted"].iloc[0] - row["price"].iloc[0]) ** 2
    assert f"On the one row that holds price, its mean squared error is {human(loss, 4)}; the study promised " in said.notes[-1]


@pytest.mark.parametrize("rows", [{"size": [80.0]}, pd.Series([80.0], name="size"), [80.0]])
def test_rows_that_are_no_frame_are_an_error(flats: Results, rows: object) -> None:
    with pytest.raises(StudyError, match=f"^Rows are a DataFrame .*, but they are of type {type(rows).__name__}\\."):
        flats.predict(rows, "price")  # type: ignore[arg-type]
