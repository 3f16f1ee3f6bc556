"""What models answered, from records to frames."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd

from study.diagnostics.answers import answered, effects_frame, rises_frame
from study.diagnostics.registry import computed
from study.records.inspection import Axis, Effect, Inspection, Rise
from study.records.trees import Trees
from study.records.trial import WinnerRecord
from study.schema import ALL_ROWS, Kind, TrialState
from tests.diagnostics.predicted import context_of

from .examples import search, winner

AGE = Axis(column="age", sort="number", values=(1.0, 3.0), shares=(0.25, 0.75))


def probed(start: float = 0.0, outputs: tuple[str, ...] = ("",)) -> Inspection:
    """Two curves of age; numbers count up from `start`, outputs fastest."""
    k = len(outputs)
    return Inspection(
        outputs=outputs,
        loss=1.0,
        constant=2.0,
        effects=(Effect(axis=AGE, curves=start + np.arange(4 * k).reshape(2, 2, k)),),
        rises=(Rise(column="age", rise=0.5, error=0.1),),
    )


def test_a_record_of_a_version_that_asked_nothing_reads_and_one_that_did_comes_back_as_it_was() -> (
    None
):
    own = winner(probed=probed())
    old = own.model_dump(mode="json", exclude={"probed"})

    assert WinnerRecord.model_validate(old).probed is None
    assert WinnerRecord.model_validate_json(own.model_dump_json()) == own
    assert list(answered([WinnerRecord.model_validate(old)])) == []


def test_what_earlier_versions_asked_of_two_columns_is_ignored() -> None:
    own = winner(probed=probed())
    age = own.model_dump(mode="json")["probed"]["effects"][0]["axis"]
    old = own.model_dump(mode="json")
    old["probed"]["surfaces"] = [
        {"axes": [age, age], "shares": [[0.5, 0.5]] * 2, "heights": [[[1.0], [2.0]]] * 2}
    ]

    assert WinnerRecord.model_validate_json(json.dumps(old)) == own


def test_of_the_networks_of_a_fold_the_one_of_least_validation_loss_answers() -> None:
    networks = [
        winner(search("neural", depth, fold=fold), val_loss=loss, probed=probed(10 * depth))
        for depth, fold, loss in (
            (1, 0, 0.2),
            (2, 0, 0.1),
            (1, 1, 0.1),
            (2, 1, 0.1),
            (1, ALL_ROWS, 0.1),
        )
    ]
    trees = Trees(target="y", kind=Kind.CONTINUOUS, outer_fold=0).record(
        "party", TrialState.COMPLETE, probed=probed(99)
    )

    told = [
        (head["procedure"], head["outer_fold"], np.array(each.effects[0].curves)[0, 0, 0])
        for head, each in answered([winner(probed=probed()), *networks], [trees])
    ]

    assert told == [("regression", 0, 0), ("network", 0, 20), ("network", 1, 10), ("trees", 0, 99)]


def test_curves_are_a_row_a_point_the_judged_first() -> None:
    frame = effects_frame(answered([winner(probed=probed(outputs=("a", "b")))]))

    assert frame[["replicate", "value", "share", "output", "effect"]].to_numpy().tolist() == [
        [-1, 1, 0.25, "a", 0], [-1, 1, 0.25, "b", 1], [-1, 3, 0.75, "a", 2], [-1, 3, 0.75, "b", 3],
        [0, 1, 0.25, "a", 4], [0, 1, 0.25, "b", 5], [0, 3, 0.75, "a", 6], [0, 3, 0.75, "b", 7],
    ]  # fmt: skip
    assert frame[
        ["target", "kind", "procedure", "column", "sort"]
    ].drop_duplicates().to_numpy().tolist() == [["y", "continuous", "regression", "age", "number"]]


def test_rises_are_a_row_a_column() -> None:
    rises = rises_frame(answered([winner(probed=probed())]))

    assert rises[["procedure", "column", "rise", "error", "constant"]].to_numpy().tolist() == [
        ["regression", "age", 0.5, 0.1, 2]
    ]


def test_what_is_concluded_of_records_that_were_never_asked_has_no_rows() -> None:
    context = context_of(pd.DataFrame(), pd.DataFrame(), answers=list(answered([winner()])))

    assert [computed()[name].compute(context).shape[0] for name in ("effects", "importances")] == [
        0,
        0,
    ]
