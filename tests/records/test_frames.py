"""Frames hold what the records say, each with the promised columns; the digest sees every bit that
a result depends on.
"""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from study.records.frames import (
    curves_frame,
    estimates_frame,
    folds_frame,
    predictions_frame,
    terms_frame,
    trials_frame,
    whole,
)
from study.records.reading import digest
from study.records.trial import TIMES, Candidate, TermRow, named_terms
from study.schema import RESULT_COLUMNS, Kind
from tests.records.examples import failed, scored_trees, search, shortened, trial, winner


def frame_of_two_arms() -> pd.DataFrame:
    network = search("neural", 1)
    records = [
        trial(network, k, coefficients={}, params={"width": 8, "activation": "relu"})
        for k in (1, 0)
    ]
    return trials_frame([*records, trial(), failed()])


def test_the_results_dataframe_has_one_row_a_trial_and_the_promised_columns() -> None:
    frame = frame_of_two_arms()

    more = ["params_width", "params_activation", "params_l2", "coef_age", "intercept"]
    assert list(frame) == [*RESULT_COLUMNS, *more]
    assert {c: str(frame[c].dtype) for c in RESULT_COLUMNS} == RESULT_COLUMNS
    assert {c: str(frame[c].dtype) for c in frame if c not in RESULT_COLUMNS} == {
        "params_activation": "str", "params_l2": "float64", "params_width": "float64", "coef_age": "float64",
        "intercept": "float64",
    }  # fmt: skip
    assert list(frame["trial_id"]) == [
        "y-linear-o0-0000",
        "y-linear-o0-0001",
        "y-neural-d1-o0-0000",
        "y-neural-d1-o0-0001",
    ]


def test_coefficients_of_a_network_are_missing_not_zero() -> None:
    frame = frame_of_two_arms().set_index("trial_id")

    assert frame.loc["y-linear-o0-0000", ["coef_age", "intercept"]].tolist() == [2.0, -1.0]
    assert frame.loc["y-neural-d1-o0-0000", ["coef_age", "intercept"]].isna().all()


def test_a_failed_trial_is_a_row_without_losses() -> None:
    row = frame_of_two_arms().set_index("trial_id").loc["y-linear-o0-0001"]

    assert (row["state"], row["n_replicates"], row["params_l2"]) == ("FAIL", 0, 1e-3)
    assert row[["val_loss", "val_loss_se", "train_loss", "best_epoch", "n_parameters"]].isna().all()


def test_no_trials_are_an_empty_frame_with_the_promised_columns() -> None:
    frame = trials_frame([])

    assert {c: str(frame[c].dtype) for c in frame} == RESULT_COLUMNS
    assert len(frame) == 0


def test_folds_have_one_row_a_trial_and_replicate() -> None:
    frame = folds_frame([trial(), failed(), trial(search("neural", 1))])

    assert list(frame) == [
        "study", "trial_id", "target", "kind", "family", "depth", "outer_fold", "number", "replicate", "inner_fold", "seed",
        "val_loss", "train_loss", "best_epoch", "n_epochs", "converged",
    ]  # fmt: skip
    assert frame[["family", "replicate", "val_loss"]].to_numpy().tolist() == [
        ["linear", 0, 0.6], ["linear", 1, 1.6], ["neural", 0, 0.6], ["neural", 1, 1.6],
    ]  # fmt: skip
    assert frame["converged"].dtype == bool


def test_folds_and_curves_without_any_replicate_keep_their_columns() -> None:
    empty = folds_frame([failed()]), curves_frame([failed()])

    full = folds_frame([trial()]), curves_frame([trial()])

    assert [list(frame) for frame in empty] == [list(frame) for frame in full]
    assert [len(frame) for frame in empty] == [0, 0]


def test_curves_have_one_row_a_replicate_and_epoch() -> None:
    frame = curves_frame([trial(), failed()])

    assert frame.groupby("replicate")["val_loss"].apply(list).to_dict() == {
        0: [3, 2, 1],
        1: [6, 5, 4],
    }
    assert frame.groupby("replicate")["train_loss"].apply(list).to_dict() == {
        0: [1, 1, 0.5],
        1: [2, 2, 2],
    }
    assert frame["epoch"].tolist() == [1, 2, 3, 1, 2, 3]
    assert frame["inner_fold"].tolist() == [0, 0, 0, 1, 1, 1]


def test_predictions_have_one_row_a_test_row_and_candidate() -> None:
    frame = predictions_frame([winner()], {"y": []})

    assert frame[["candidate", "seed", "row", "observed", "predicted", "loss"]].to_numpy().tolist() == [
        ["refit", 7, 3, 1.0, 0.5, 0.25], ["refit", 7, 5, 0.0, 0.25, 0.0625],
        ["ensemble", -1, 3, 1.0, 1.0, 0.0], ["ensemble", -1, 5, 0.0, 0.5, 0.25],
    ]  # fmt: skip


def test_predictions_in_time_order_say_how_many_rows_are_earlier_and_others_say_nothing() -> None:
    frame = predictions_frame([winner(earlier=[40, 41])], {"y": []})

    assert frame.groupby("row")["time"].unique().map(list).to_dict() == {3: [40.0], 5: [41.0]}
    assert "time" not in predictions_frame([winner()], {"y": []})


def test_predictions_of_several_classes_hold_the_probability_of_the_observed_one_beside_all() -> (
    None
):
    own = search("logistic", kind=Kind.MULTICLASS)
    candidate = Candidate(
        name="refit", seed=7, predicted=[[0.2, 0.3, 0.5], [0.7, 0.2, 0.1]], loss=[0.7, 0.4]
    )

    frame = predictions_frame(
        [winner(own, observed=[2.0, 0.0], candidates=(candidate,))], {"y": ["a", "b", "c"]}
    )

    assert frame["predicted"].tolist() == [0.5, 0.7]
    assert frame[["p_a", "p_b", "p_c"]].to_numpy().tolist() == [[0.2, 0.3, 0.5], [0.7, 0.2, 0.1]]


def test_trees_have_the_columns_of_every_prediction_and_their_own_family() -> None:
    frame = predictions_frame(whole([scored_trees()]), {"y": []})

    assert list(frame) == list(predictions_frame([winner()], {"y": []}))
    assert frame[
        ["study", "target", "kind", "family", "depth", "outer_fold", "number"]
    ].drop_duplicates().to_numpy().tolist() == [["party", "y", "continuous", "trees", 0, 0, 1]]
    assert frame[["candidate", "row", "group", "predicted", "loss"]].to_numpy().tolist() == [
        ["refit", 3, 3, 0.75, 0.0625], ["refit", 5, 5, 0.5, 0.25],
    ]  # fmt: skip


def test_estimates_have_one_row_a_coefficient_with_its_penalty() -> None:
    frame = estimates_frame([winner(), winner(search("neural", 1), coefficients=())])

    assert frame.to_dict("records") == [
        {"target": "y", "kind": "continuous", "family": "linear", "outer_fold": 0, "l2": 0.25, "term": "age", "level": None,
         "output": None, "unit": "", "estimate": 2.0}
    ]  # fmt: skip


def test_the_digest_ignores_study_name_hosts_timings_and_the_order_of_rows() -> None:
    frame = frame_of_two_arms()
    other = frame.assign(study="other", node="there", device="gpu", wall_time_s=9.0).iloc[::-1]

    assert digest(other) == digest(frame)
    assert digest(frame.drop(columns=["study", "node", "device", "wall_time_s"])) == digest(frame)


def test_the_digest_is_the_same_after_a_way_through_parquet(tmp_path: Path) -> None:
    frame = frame_of_two_arms()

    frame.to_parquet(tmp_path / "results.parquet", index=False)

    assert digest(pd.read_parquet(tmp_path / "results.parquet")) == digest(frame)


@pytest.mark.parametrize(
    "column",
    [c for c in frame_of_two_arms() if c not in {"study", "node", "device", "wall_time_s"}],
)
def test_the_digest_sees_every_other_bit(column: str) -> None:
    frame = frame_of_two_arms()
    value = frame.loc[0, column]
    gap = bool(pd.isna(value))
    dtype = str(frame[column].dtype)

    if dtype == "float64":
        changed: Any = 0.0 if gap else np.nextafter(value, math.inf)
    else:
        changed = "x" if dtype == "str" else 0 if gap else value + 1
    other = frame.copy()
    other.loc[0, column] = changed

    assert str(other[column].dtype) == dtype
    assert digest(other) != digest(frame)


def test_the_digest_sees_a_missing_row_a_missing_value_and_a_new_column() -> None:
    frame = frame_of_two_arms()
    others = [
        frame.iloc[1:],
        frame.assign(val_loss=np.nan),
        frame.assign(more=1),
        frame.rename(columns={"coef_age": "coef_agf"}),
        frame.assign(intercept=frame["intercept"] * -0.0, coef_age=0.0),
        frame.assign(intercept=frame["intercept"] * 0.0, coef_age=0.0),
    ]

    digests = {digest(other) for other in [frame, *others]}

    assert len(digests) == 7


def test_terms_have_the_names_that_verdicts_give_them() -> None:
    found = terms_frame([], [shortened()])

    assert found["term"].tolist() == ["intercept", "age", "hinge(age)"]
    assert found["weight"].tolist() == [-1.0, 1.0, 2.0]


def test_a_product_and_a_hinge_have_no_name_of_a_column_or_of_each_other() -> None:
    _, column, hinge = shortened().terms

    def row(form: str, *columns: str) -> TermRow:
        return (hinge if form == "hinge" else column).model_copy(
            update={"form": form, "columns": columns}
        )

    columns = [
        row("column", name) for name in ("a", "b", f"a{TIMES}b", f"b{TIMES}c", "c", "hinge(a)")
    ]
    terms = [
        row("product", "a", "b"),
        row("product", "a", f"b{TIMES}c"),
        row("product", f"a{TIMES}b", "c"),
    ]
    hinges = [row("hinge", "a"), row("hinge", "a")]

    found = [name for name, _ in named_terms([*columns, *terms, *hinges])]

    assert found[:6] == ["a", "b", f"a{TIMES}b", f"b{TIMES}c", "c", "hinge(a)"]
    assert found[6:9] == [f"a{TIMES}b (2)", f"a{TIMES}b{TIMES}c", f"a{TIMES}b{TIMES}c (2)"]
    assert found[9:] == ["hinge(a) (2)"] * 2


def test_records_of_a_version_that_kept_no_order_take_it_from_the_table() -> None:
    before, now = winner(), winner(search(fold=1), earlier=[42, 43])
    known = {("y", 0): pd.Series([40, 41], [3, 5]), ("y", 1): pd.Series([0, 0], [3, 5])}

    frame = predictions_frame([before, now], {"y": []}, known)

    assert frame.groupby(["outer_fold", "row"])["time"].first().tolist() == [40.0, 41.0, 42.0, 43.0]


def test_a_column_that_an_earlier_version_called_like_the_intercept_is_apart() -> None:
    start, column, _ = shortened().terms
    written = column.model_dump() | {"columns": ("intercept",)}

    found = named_terms([start, TermRow.model_validate(written)])

    assert [name for name, _ in found] == ["intercept", "intercept (2)"]
