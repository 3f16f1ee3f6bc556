from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from study import results as results_module
from study.config import dump_config, make_config
from study.frames import curves_frame, estimates_frame, folds_frame, predictions_frame, trials_frame
from study.paths import StudyPaths, write_atomic
from study.results import digest, gather, load_results, read_records, read_trials, write_trial, write_winner
from study.schema import (
    RESULT_COLUMNS,
    Arm,
    Candidate,
    CoefficientRow,
    Kind,
    ReplicateRecord,
    StudyError,
    TrialRecord,
    TrialState,
    WinnerRecord,
)

FLOATS = st.floats(allow_nan=False, allow_infinity=False)


def arm(family: str = "linear", depth: int = 0, target: str = "y", kind: Kind = Kind.CONTINUOUS, fold: int = 0) -> Arm:
    return Arm(target=target, kind=kind, family=family, depth=depth, outer_fold=fold)


def trial(own: Arm | None = None, number: int = 0, **more: Any) -> TrialRecord:
    own = own or arm()
    replicate = {"seed": 7, "train_loss": 0.5, "best_epoch": 2, "n_epochs": 3, "converged": True}
    found: dict[str, Any] = {
        "study": "party",
        "trial_id": own.trial_id(number),
        "generation": number // 2,
        "state": TrialState.COMPLETE,
        "params": {"l2": 0.1 + 0.2},
        "val_loss": 1 / 3 + number,
        "val_loss_se": 0.01,
        "train_loss": 0.3,
        "best_epoch": 2,
        "n_parameters": 4,
        "n_replicates": 2,
        "wall_time_s": 1.5,
        "node": "here",
        "device": "cpu",
        "replicates": tuple(ReplicateRecord(inner_fold=k, val_loss=0.6 + k, **replicate) for k in range(2)),
        "curves": {"epoch": [1, 2, 3], "val_loss": [[3, 2, 1], [6, 5, 4]], "train_loss": [[1, 1, 0.5], [2, 2, 2]]},
        "coefficients": {"coef_age": 2.0, "intercept": -1.0},
    }
    return TrialRecord(arm=own, number=number, **(found | more))


def failed(own: Arm | None = None, number: int = 1) -> TrialRecord:
    own = own or arm()
    told = {"study": "party", "trial_id": own.trial_id(number), "generation": 0, "params": {"l2": 1e-3}}
    return TrialRecord(arm=own, number=number, state=TrialState.FAIL, error="ValueError: no", **told)


def winner(own: Arm | None = None, **more: Any) -> WinnerRecord:
    found: dict[str, Any] = {
        "study": "party",
        "arm": own or arm(),
        "number": 0,
        "params": {"l2": 0.25},
        "val_loss": 0.1,
        "rows": [3, 5],
        "observed": [1.0, 0.0],
        "candidates": (
            Candidate(name="refit", seed=7, predicted=[0.5, 0.25], loss=[0.25, 0.0625]),
            Candidate(name="ensemble", seed=-1, predicted=[1.0, 0.5], loss=[0.0, 0.25]),
        ),
        "coefficients": (CoefficientRow(term="age", level=None, output=None, unit="", estimate=2.0),),
        "models": ("y-linear.keras",),
    }
    return WinnerRecord(**(found | more))


def frame_of_two_arms() -> pd.DataFrame:
    network = arm("neural", 1)
    records = [trial(network, k, coefficients={}, params={"width": 8, "activation": "relu"}) for k in (1, 0)]
    return trials_frame([*records, trial(), failed()])


@given(FLOATS, FLOATS, st.dictionaries(st.text(max_size=8), FLOATS, max_size=3))
def test_a_record_comes_back_from_its_text_to_the_bit(loss: float, train_loss: float, numbers: dict[str, float]) -> None:
    record = trial(val_loss=loss, train_loss=train_loss, params=numbers, coefficients=numbers)

    again = TrialRecord.model_validate_json(record.model_dump_json())

    assert again == record
    assert [math.copysign(1, x) for x in again.coefficients.values()] == [math.copysign(1, x) for x in numbers.values()]


def test_records_come_back_from_disk_in_order_of_arm_and_number(tmp_path: Path) -> None:
    paths = StudyPaths(tmp_path)
    records = [trial(number=2), trial(number=0), failed(number=1), trial(arm("neural", 2), 0), trial(arm("constant"), 0)]
    for record in records:
        write_trial(paths, record)
    write_winner(paths, winner(), {"y-linear.keras": b"model"})

    trials, winners, broken = read_records(paths)

    assert [record.trial_id for record in trials] == [
        "y-constant-o0-0000", "y-linear-o0-0000", "y-linear-o0-0001", "y-linear-o0-0002", "y-neural-d2-o0-0000",
    ]  # fmt: skip
    assert {r.trial_id: r for r in read_trials(paths)} == {r.trial_id: r for r in records}
    assert trials == [r.outcome() for r in read_trials(paths)]
    assert (winners, broken) == ([winner()], [])
    assert (paths.models / "y-linear.keras").read_bytes() == b"model"


@pytest.mark.parametrize("content", [b"", b"{", b"null", b"[]", b'{"study": "party"}', b"\xff\xfe", b"\0" * 900])
def test_a_broken_record_is_named_and_left_where_it_is(tmp_path: Path, content: bytes) -> None:
    paths = StudyPaths(tmp_path)
    write_trial(paths, trial(number=0))
    write_trial(paths, trial(number=1))
    paths.trial(arm(), 1).write_bytes(content)

    trials, _, broken = read_records(paths)

    assert [record.number for record in trials] == [0]
    assert broken == [paths.trial(arm(), 1)]
    assert paths.trial(arm(), 1).read_bytes() == content


def test_a_record_cut_anywhere_is_broken(tmp_path: Path) -> None:
    paths, text = StudyPaths(tmp_path), trial().model_dump_json()
    path = paths.trial(arm(), 0)

    for length in range(0, len(text), 97):
        write_atomic(path, text[:length])
        assert read_records(paths) == ([], [], [path])


def test_a_broken_winner_is_named_too(tmp_path: Path) -> None:
    paths = StudyPaths(tmp_path)
    write_atomic(paths.winner(arm()), "{")

    _, winners, broken = read_records(paths)

    assert (winners, broken) == ([], [paths.winner(arm())])


def test_the_results_dataframe_has_one_row_a_trial_and_the_promised_columns() -> None:
    frame = frame_of_two_arms()

    more = ["params_width", "params_activation", "params_l2", "coef_age", "intercept"]
    assert list(frame) == [*RESULT_COLUMNS, *more]
    assert {c: str(frame[c].dtype) for c in RESULT_COLUMNS} == RESULT_COLUMNS
    assert {c: str(frame[c].dtype) for c in frame if c not in RESULT_COLUMNS} == {
        "params_activation": "str", "params_l2": "float64", "params_width": "float64", "coef_age": "float64",
        "intercept": "float64",
    }  # fmt: skip
    assert list(frame["trial_id"]) == ["y-linear-o0-0000", "y-linear-o0-0001", "y-neural-d1-o0-0000", "y-neural-d1-o0-0001"]


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
    frame = folds_frame([trial(), failed(), trial(arm("neural", 1))])

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

    assert frame.groupby("replicate")["val_loss"].apply(list).to_dict() == {0: [3, 2, 1], 1: [6, 5, 4]}
    assert frame.groupby("replicate")["train_loss"].apply(list).to_dict() == {0: [1, 1, 0.5], 1: [2, 2, 2]}
    assert frame["epoch"].tolist() == [1, 2, 3, 1, 2, 3]
    assert frame["inner_fold"].tolist() == [0, 0, 0, 1, 1, 1]


def test_predictions_have_one_row_a_test_row_and_candidate() -> None:
    frame = predictions_frame([winner()], {"y": []})

    assert frame[["candidate", "seed", "row", "observed", "predicted", "loss"]].to_numpy().tolist() == [
        ["refit", 7, 3, 1.0, 0.5, 0.25], ["refit", 7, 5, 0.0, 0.25, 0.0625],
        ["ensemble", -1, 3, 1.0, 1.0, 0.0], ["ensemble", -1, 5, 0.0, 0.5, 0.25],
    ]  # fmt: skip


def test_predictions_of_several_classes_hold_the_probability_of_the_observed_one_beside_all() -> None:
    own = arm("logistic", kind=Kind.MULTICLASS)
    candidate = Candidate(name="refit", seed=7, predicted=[[0.2, 0.3, 0.5], [0.7, 0.2, 0.1]], loss=[0.7, 0.4])

    frame = predictions_frame([winner(own, observed=[2.0, 0.0], candidates=(candidate,))], {"y": ["a", "b", "c"]})

    assert frame["predicted"].tolist() == [0.5, 0.7]
    assert frame[["p_a", "p_b", "p_c"]].to_numpy().tolist() == [[0.2, 0.3, 0.5], [0.7, 0.2, 0.1]]


def test_estimates_have_one_row_a_coefficient_with_its_penalty() -> None:
    frame = estimates_frame([winner(), winner(arm("neural", 1), coefficients=())])

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


@pytest.mark.parametrize("column", [c for c in frame_of_two_arms() if c not in {"study", "node", "device", "wall_time_s"}])
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


def make_folder(root: Path, *, done: bool = False) -> StudyPaths:
    paths = StudyPaths(root)
    config = make_config({"name": "party", "data": {"source": "balloons"}, "targets": {"y": "continuous"}})
    write_atomic(paths.config, dump_config(config))
    write_atomic(paths.data, json.dumps({"targets": [{"name": "y", "kind": "continuous", "classes": {}}]}))
    write_trial(paths, trial())
    write_trial(paths, failed())
    if done:
        write_winner(paths, winner(), {})
        gather(paths)
    return paths


def test_gathered_files_hold_the_frames_of_the_records(tmp_path: Path) -> None:
    paths = make_folder(tmp_path, done=True)

    results = load_results(tmp_path)

    pd.testing.assert_frame_equal(results.trials, trials_frame([trial(), failed()]))
    pd.testing.assert_frame_equal(results.folds, folds_frame([trial()]))
    pd.testing.assert_frame_equal(results.curves, curves_frame([trial()]))
    pd.testing.assert_frame_equal(results.predictions, predictions_frame([winner()], {"y": []}))
    table = pd.read_csv(paths.results_csv)
    assert list(table) == list(results.trials)
    assert table["val_loss"].dropna().tolist() == [1 / 3]


def test_records_gathered_in_batches_give_the_files_of_all_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    paths = make_folder(tmp_path)
    records = [failed(number=0), failed(number=1), trial(number=2), trial(number=3), trial(arm("neural", 1), 0)]
    for record in records:
        write_trial(paths, record)
    monkeypatch.setattr(results_module, "BATCH", 2)

    gather(paths)

    results = load_results(tmp_path)
    pd.testing.assert_frame_equal(results.trials, trials_frame(records))
    pd.testing.assert_frame_equal(results.folds, folds_frame(records))
    pd.testing.assert_frame_equal(results.curves, curves_frame(records))


@pytest.mark.parametrize("gathered", [False, True])
def test_curves_of_some_trials_are_those_rows_of_all_curves(tmp_path: Path, gathered: bool) -> None:
    paths = make_folder(tmp_path)
    write_trial(paths, trial(number=2))
    if gathered:
        gather(paths)

    results = load_results(tmp_path)

    own = results.curves[results.curves["number"] == 2].reset_index(drop=True)
    assert len(own) == 6
    pd.testing.assert_frame_equal(results.curves_of([arm().trial_id(2), "unknown"]), own)


def test_an_unfinished_study_can_be_read_from_its_records(tmp_path: Path) -> None:
    make_folder(tmp_path)

    results = load_results(str(tmp_path))

    assert results.config.name == "party"
    assert digest(results.trials) == digest(trials_frame([trial(), failed()]))
    assert (len(results.folds), len(results.curves)) == (2, 6)


@pytest.mark.parametrize(("attribute", "file"), [
    ("coefficients", "coefficients.parquet"), ("predictions", "predictions.parquet"), ("verdicts", "verdicts.json"),
])  # fmt: skip
def test_what_an_unfinished_study_lacks_is_named_with_the_way_on(tmp_path: Path, attribute: str, file: str) -> None:
    make_folder(tmp_path)

    with pytest.raises(StudyError) as caught:
        getattr(load_results(tmp_path), attribute)

    assert (
        str(caught.value) == f"{tmp_path / file} does not exist yet; `study run {tmp_path / 'config.yaml'}` finishes the study."
    )


@pytest.mark.parametrize("name", ["missing", "."])
def test_a_folder_without_a_study_is_refused(tmp_path: Path, name: str) -> None:
    root = tmp_path / name

    with pytest.raises(StudyError) as caught:
        load_results(root)

    assert str(caught.value) == f"{root} is not a results folder: it has no config.yaml. `study run CONFIG` makes one."
