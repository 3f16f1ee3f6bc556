"""Which model stands for a procedure, and what is handed over at the end of a study."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from study.records.delivery import chosen_searches, deliver, delivered_frame, fold_model
from study.records.paths import StudyPaths, write_atomic
from study.records.reading import write_winner, write_work
from study.records.results import Results
from study.schema import ALL_ROWS, Kind, Search
from tests.records.examples import scored_trees, trees, winner

LOSSES = {
    ("baseline", 0): 3.0,
    ("linear", 0): 2.0,
    ("neural", 1): 1.5,
    ("neural", 2): 1.0,
    ("neural", 3): 1.0,
}


@pytest.fixture
def paths(tmp_path: Path) -> StudyPaths:
    """Models of an outer fold and of all rows, each with its name as content, and trees of all
    rows.
    """
    paths = StudyPaths(tmp_path)
    for search in searches():
        write_atomic(paths.model(search), search.key)
    write_atomic(paths.fold_model("y", "trees", ALL_ROWS), "trees")
    write_atomic(paths.reader("y", 0), "reader")
    return paths


def searches() -> list[Search]:
    return [
        Search(target="y", kind=Kind.CONTINUOUS, family=family, depth=depth, outer_fold=fold)
        for fold in (0, ALL_ROWS)
        for family, depth in LOSSES
    ]


def trials() -> pd.DataFrame:
    rows = [
        search.model_dump() | {"state": "COMPLETE", "val_loss": LOSSES[search.family, search.depth]}
        for search in searches()
    ]
    worse = [row | {"val_loss": 9.0} for row in rows]
    failed = [
        rows[1] | {"state": "FAIL", "val_loss": None},
        rows[2] | {"state": "PRUNED", "val_loss": 0.1},
    ]
    return pd.DataFrame([*worse, *rows, *failed])


def test_the_network_is_the_depth_of_least_validation_loss_and_the_shallower_of_two() -> None:
    found = chosen_searches(trials(), 0)

    assert {procedure: search.key for (_, procedure), search in found.items()} == {
        "baseline": "y-baseline-o0", "regression": "y-linear-o0", "network": "y-neural-d2-o0",
    }  # fmt: skip


def test_another_depth_does_not_stand_in_for_a_model_that_is_lacking(paths: StudyPaths) -> None:
    (unscored,) = (search for search in searches() if search.key == "y-neural-d2-o0")
    paths.model(unscored).unlink()

    assert fold_model(paths, trials(), "y", "network", 0) is None
    assert (
        fold_model(paths, trials(), "y", "network", ALL_ROWS)
        == paths.fold_models / "y-neural-d2-all.keras"
    )
    assert fold_model(paths, trials(), "y", "trees", 0) is None
    assert (
        fold_model(paths, trials(), "y", "trees", ALL_ROWS)
        == paths.fold_models / "y-trees-all.skops"
    )


def test_seconds_to_fit_are_those_of_every_task_that_the_procedure_needed_on_all_rows(
    paths: StudyPaths,
) -> None:
    deliver(paths, trials(), keep_folds=True)
    for own in searches():
        write_winner(paths, winner(own, wall_time_s=10.0), {})
    write_work(paths, scored_trees(trees(fold=ALL_ROWS), wall_time_s=7.0), {})
    write_work(paths, scored_trees(trees(fold=0), wall_time_s=50.0), {})
    results = Results(paths.root)
    vars(results)["trials"] = trials().assign(wall_time_s=1.0)

    found = delivered_frame(results).set_index("procedure")

    assert found["file"].to_dict() == {
        "regression": "models/y-regression.keras", "network": "models/y-network.keras", "trees": "models/y-trees.skops",
    }  # fmt: skip
    # two trials of all rows and a fit; of the network two trials and a fit of each of three depths
    assert found["seconds"].to_dict() == {"regression": 12.0, "network": 36.0, "trees": 7.0}


def test_models_of_all_rows_are_handed_over_and_the_folds_are_kept(paths: StudyPaths) -> None:
    deliver(paths, trials(), keep_folds=True)

    assert {path.name: path.read_text() for path in paths.models.iterdir() if path.is_file()} == {
        "y-regression.keras": "y-linear-all", "y-network.keras": "y-neural-d2-all", "y-trees.skops": "trees",
    }  # fmt: skip
    assert len(list(paths.fold_models.iterdir())) == 2 * len(LOSSES) + 2


def test_without_the_folds_what_was_handed_over_stays_also_the_next_time(paths: StudyPaths) -> None:
    for _ in range(2):
        deliver(paths, trials(), keep_folds=False)

    assert not paths.fold_models.exists()
    assert {path.name for path in paths.models.iterdir()} == {
        "y-regression.keras",
        "y-network.keras",
        "y-trees.skops",
    }
