"""What a finished study says of rows is what it was judged by, however the rows come."""

from __future__ import annotations

import re
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from study.data.files import read_file
from study.evidence.intervals import Rows
from study.evidence.pairs import paired
from study.evidence.winners import class_probabilities
from study.inference.models import judged_rows
from study.inference.predictions import predict, promised
from study.results import Results
from study.schema import StudyError

from .made import KINDS, TARGETS, awkward_frame

MODELS = ("regression", "formula", "network", "trees")


def numbers(text: str) -> list[float]:
    """Numbers that stand in a text."""
    return [
        float(each.replace(",", "")) for each in re.findall(r"(?<![\w.])\d[\d,]*(?:\.\d+)?", text)
    ]


def as_csv(frame: pd.DataFrame, folder: Path) -> pd.DataFrame:
    frame.to_csv(folder / "rows.csv", index=False)
    return read_file(folder / "rows.csv")[0]


def as_parquet(frame: pd.DataFrame, folder: Path) -> pd.DataFrame:
    """Typed: dates, booleans and numbers, no text but that of categories."""
    built = pd.to_datetime(frame["built"], format="%d/%m/%Y")
    heated = frame["heated"].map({"yes": True, "no": False}).astype("boolean")
    frame.assign(built=built, heated=heated).to_parquet(folder / "rows.parquet")
    return read_file(folder / "rows.parquet")[0]


@pytest.mark.parametrize(("target", "fold"), [("price", 0), ("sort", 1)])
@pytest.mark.parametrize("model", MODELS)
def test_a_folds_model_says_of_its_test_rows_what_was_scored_to_the_bit(
    flats: Results, model: str, target: str, fold: int
) -> None:
    scored = judged_rows(flats, target, model, fold)

    found = predict(flats, awkward_frame().iloc[scored["row"]], target, model, fold).frame

    assert len(found) == len(scored) == 75
    shares = class_probabilities(scored) if target == "sort" else scored[["predicted"]]
    np.testing.assert_array_equal(found[shares.columns], shares)


def test_a_model_by_its_old_name_predicts_with_a_warning(flats: Results) -> None:
    rows = awkward_frame(5, seed=4)

    with pytest.warns(FutureWarning, match="'short'.*'formula'"):
        found = predict(flats, rows, "price", "short")

    assert found.model == "formula"
    assert found.frame.equals(predict(flats, rows, "price", "formula").frame)


def test_rows_get_the_same_to_the_bit_from_a_file_of_text_and_from_one_of_types(
    flats: Results, tmp_path: Path
) -> None:
    rows = awkward_frame(40, seed=4)

    known, *others = (
        predict(flats, each, "price", "regression").frame["predicted"]
        for each in (rows, as_csv(rows, tmp_path), as_parquet(rows, tmp_path))
    )

    assert all(other.tolist() == known.tolist() for other in others)


def test_a_row_alone_gets_what_it_gets_among_others(flats: Results) -> None:
    rows = awkward_frame()

    whole, alone = (
        predict(flats, each, "price", "network").frame for each in (rows, rows.iloc[[17]])
    )

    assert alone["predicted"].iloc[0] == whole["predicted"].iloc[17]


def test_labels_stand_beside_probabilities_and_other_columns_are_passed_through(
    flats: Results,
) -> None:
    rows = awkward_frame().drop(columns=["price", "dear", "sort", "visits"]).assign(note="seen")

    found = predict(flats, rows, "sort", "network").frame

    assert list(found) == ["flat", "note", "predicted", "p_large", "p_middle", "p_small"]
    shares = found[["p_large", "p_middle", "p_small"]]
    np.testing.assert_allclose(shares.sum(axis=1), 1, rtol=1e-6)
    assert (found["predicted"] == shares.idxmax(axis=1).str.removeprefix("p_")).all()
    assert found["flat"].tolist() == rows["flat"].tolist()


def test_a_column_that_is_passed_through_never_takes_the_place_of_a_prediction(
    flats: Results,
) -> None:
    given = ["predicted", "p_large", "low", "set", "predicted (2)"]
    rows = awkward_frame().iloc[:5].assign(**dict.fromkeys(given, 7))

    found = predict(flats, rows, "sort", "regression", interval=0.8).frame

    kept = ["predicted (3)", "p_large (2)", "low", "set (2)", "predicted (2)"]
    assert (found[kept] == 7).all(axis=None)
    assert set(found["predicted"]) <= {"large", "middle", "small"}
    assert found.columns.is_unique


def test_the_loss_that_is_promised_is_that_of_a_model_of_fewer_rows(flats: Results) -> None:
    said = predict(flats, awkward_frame(), "price", "trees")

    assert numbers(said.notes[0])[0] == 75


def test_rows_that_hold_the_target_are_scored_beside_what_was_promised(flats: Results) -> None:
    rows = awkward_frame(60, seed=5)
    rows.loc[:9, "price"] = np.nan

    said = predict(flats, rows, "price", "regression")

    loss = ((said.frame["predicted"] - rows["price"]) ** 2)[10:]
    promise = promised(flats, "price", "regression")
    ranks = flats.scores.query("target == 'price' and family == 'linear' and rank.notna()").iloc[0]
    assert promise is not None
    assert (promise.loss, promise.low, promise.high) == (
        ranks["test_loss"],
        ranks["low"],
        ranks["high"],
    )
    of_trees = flats.metrics.query(
        "target == 'price' and metric == 'loss' and base.isna() and other == 'trees'"
    ).iloc[0]
    trees = promised(flats, "price", "trees")
    assert trees is not None
    assert (trees.loss, trees.low, trees.high) == tuple(of_trees[["value", "low", "high"]])
    half = 1.96 * loss.std() / 50**0.5
    low, high = loss.mean() - half, loss.mean() + half
    rows_alone = pd.DataFrame({"outer_fold": 0, "row": np.arange(50), "loss": loss.to_numpy()})
    interval = Rows()(paired(rows_alone, rows_alone.assign(loss=0.0), 1), "difference")
    told = [50, loss.mean(), interval.low, interval.high]
    assert numbers(said.notes[0])[-3:] == pytest.approx(
        [promise.loss, promise.low, promise.high], rel=1e-3
    )
    assert numbers(said.notes[1]) == pytest.approx(told, rel=1e-3)
    assert (
        interval.low < low < high < interval.high
    )  # a few large losses make it wider than that of normal ones


def test_a_warning_counts_gaps_unseen_levels_unread_dates_and_values_outside_the_range(
    flats: Results,
) -> None:
    rows = awkward_frame().iloc[:6].drop(columns=[*TARGETS]).reset_index(drop=True)
    rows["size"], rows["floor"], rows["heated"] = [80.0, np.nan, 900.0, 80.0, 80.0, 80.0], 1, "yes"
    rows["town"], rows["built"] = (
        ["Bonn", "Ulm, alt", "Rome", "Oslo", "Bonn", "Bonn"],
        ["03/04/2005", "soon", *["01/01/2010"] * 4],
    )

    said = predict(flats, rows, "price", "regression").warnings[-1]

    counted = re.findall(r"(\w+) \((\d+)\)", said)
    assert counted == [
        ("size", "1"),
        ("built", "1"),
        ("town", "2"),
        ("size", "1"),
    ]  # empty, no date, unseen, outside
    assert numbers(said)[0] == 6


def test_an_unseen_level_is_taken_as_the_commonest_one(flats: Results) -> None:
    rows = awkward_frame().iloc[[3, 3]].assign(town=["Atlantis", "Bonn"])

    found = predict(flats, rows, "price", "network").frame["predicted"]

    assert found.iloc[0] == found.iloc[1]


def test_whole_numbers_that_are_levels_are_known_however_they_are_spelt(flats: Results) -> None:
    rows = awkward_frame().iloc[[1] * 4].reset_index(drop=True).drop(columns="floor")

    found = [
        predict(flats, rows.assign(floor=own), "price", "regression").frame["predicted"]
        for own in (2, 2.0, "2", "2.0")
    ]
    other = predict(flats, rows.assign(floor=3), "price", "regression").frame["predicted"]

    assert all((own == found[0]).all() for own in found)
    assert (other != found[0]).all()


def test_a_day_first_date_is_read_day_first_though_one_row_does_not_tell(flats: Results) -> None:
    rows = awkward_frame().iloc[[0, 0]].assign(built=["02/03/2010", "2010-03-02"])
    typed = rows.assign(built=pd.to_datetime(["2010-03-02", "2010-03-02"]))

    day_first, known = (
        predict(flats, each.iloc[:1], "price", "regression").frame["predicted"].iloc[0]
        for each in (rows, typed)
    )

    assert day_first.tolist() == known.tolist()
    with pytest.raises(StudyError, match=r"%d/%m/%Y.*'built'.*'2010-03-02'.*row 0"):
        predict(flats, rows.iloc[1:], "price", "regression")


def test_missing_columns_are_named(flats: Results) -> None:
    rows = awkward_frame().rename(columns={"size": "sise"}).drop(columns="town")

    with pytest.raises(StudyError, match=r"'size', 'town'.*'sise'"):
        predict(flats, rows, "price", "regression")


@pytest.mark.parametrize(
    ("asked", "way_out"),
    [
        ({}, "price, sort.*--target"),
        ({"target": "prize"}, "'prize'.*'price'"),
        ({"target": "price", "model": "tree"}, "'tree'.*'trees'"),
        ({"target": "price", "fold": 2}, "flats.*fold 2\\..* 0 to 1"),
        ({"target": "price", "fold": -2}, "flats.*fold -2\\..* 0 to 1"),
        ({"target": "price", "fold": -1}, "flats.*fold -1\\..* 0 to 1"),
        ({"target": "price", "interval": 90.0}, r"\b90\b.*0\.9"),
    ],
)
def test_what_is_not_there_is_an_error_with_the_way_out(
    flats: Results, asked: dict[str, object], way_out: str
) -> None:
    with pytest.raises(StudyError, match=way_out):
        predict(flats, awkward_frame(), **asked)  # type: ignore[arg-type]


def test_a_cell_that_breaks_its_columns_type_is_named(flats: Results) -> None:
    with pytest.raises(StudyError, match=r"'size'.*'large'.*row 0"):
        predict(flats, awkward_frame().iloc[:1].assign(size="large"), "price", "regression")


def test_what_the_verdict_has_against_a_model_is_a_warning(flats: Results) -> None:
    rows = awkward_frame().dropna()

    said = {target: predict(flats, rows, target).warnings for target in KINDS}

    for verdict in flats.verdicts:
        assert (
            len(said[verdict.target]) == (verdict.verdict in {"undecided", None}) + verdict.use_none
        )


def test_in_python_warnings_are_raised_and_notes_stand_beside_the_frame(flats: Results) -> None:
    said = predict(flats, awkward_frame(), "price")

    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        found = flats.predict(awkward_frame(), "price")

    assert [str(each.message) for each in caught if each.category is UserWarning] == list(
        said.warnings
    )
    assert found.attrs["notes"] == list(said.notes)
    assert len(said.notes) == 2


def test_a_cell_that_is_no_value_of_the_target_is_counted_and_its_loss_left_out(
    flats: Results,
) -> None:
    said = predict(
        flats,
        awkward_frame().iloc[:5].assign(sort=["huge", "small", "large", "small", None]),
        "sort",
        "regression",
    )

    assert numbers(said.warnings[-1]) == [1]
    assert numbers(said.notes[-1])[0] == 3


def test_predictions_keep_the_index_of_their_rows(flats: Results) -> None:
    rows = awkward_frame().iloc[:3].set_axis([10, 11, 12])
    named = rows.set_axis(pd.Index(["a", "b", "c"], name="key"))

    assert predict(flats, rows, "price", "regression").frame.index.tolist() == [10, 11, 12]
    assert predict(flats, named, "price", "regression").frame.index.equals(named.index)


def test_one_row_has_a_loss_and_no_interval_of_it(flats: Results) -> None:
    row = awkward_frame(1, seed=5)

    said = predict(flats, row, "price", "regression")

    loss = (said.frame["predicted"].iloc[0] - row["price"].iloc[0]) ** 2
    assert numbers(said.notes[-1])[0] == pytest.approx(loss, rel=1e-3)


@pytest.mark.parametrize("rows", [{"size": [80.0]}, pd.Series([80.0], name="size"), [80.0]])
def test_rows_that_are_no_frame_are_an_error(flats: Results, rows: object) -> None:
    with pytest.raises(StudyError, match=f"{type(rows).__name__}\\..*DataFrame"):
        flats.predict(rows, "price")  # type: ignore[arg-type]
