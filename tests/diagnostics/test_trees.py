"""Boosted trees beside the verdict: better where the truth is bent, and blind to the test rows
until the end.
"""

from __future__ import annotations

import dataclasses
from functools import lru_cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LinearRegression

from study.config import make_config
from study.data.encode import encode
from study.data.encoding import Encoded
from study.data.splits import make_splits
from study.data.tables import read_table
from study.diagnostics.probe import MOST_COLUMNS
from study.families.heads import HEADS
from study.records.frames import predictions_frame, whole
from study.records.trees import Trees, TreesRecord
from study.schema import TrialState
from study.training.trees import MOST_ITERATIONS, open_trees, score_trees, trees_response


@lru_cache
def encoded_of(source: str, target: str = "target", every: bool = False) -> Encoded:
    """A holdout with two inner folds, or the split of all rows."""
    data = {"source": source, "rows": 300}
    config = make_config(
        {
            "name": "test",
            "data": data,
            "targets": [target],
            "protocol": "holdout",
            "inner": {"folds": 2},
        }
    )
    table = read_table(config)
    first, all_rows = make_splits(table, table.targets[0], config)
    return encode(table, table.targets[0], all_rows if every else first)


def scored(encoded: Encoded, seed: int = 0, trials: int = 1) -> TreesRecord:
    return score_trees(encoded, "test", seed, trials)[0]


@lru_cache
def usual(
    source: str, target: str = "target", every: bool = False, trials: int = 1
) -> tuple[TreesRecord, dict[str, bytes]]:
    return score_trees(encoded_of(source, target, every), "test", 0, trials)


def frame_of(source: str, target: str = "target") -> pd.DataFrame:
    encoded = encoded_of(source, target)
    return predictions_frame(
        whole([usual(source, target)[0]]), {encoded.target: list(encoded.classes)}
    )


@pytest.fixture
def balloons() -> Encoded:
    return encoded_of("balloons", "balloons")


def test_trees_beat_the_regression_where_the_truth_is_an_interaction(balloons: Encoded) -> None:
    x, y = balloons.x(-1), balloons.y
    linear = LinearRegression().fit(x[balloons.development], y[balloons.development])
    linear_loss = np.mean((linear.predict(x[balloons.test]) - y[balloons.test]) ** 2)

    found, _ = usual("balloons", "balloons", trials=2)

    assert np.mean(found.candidates[0].loss) < linear_loss / 10
    assert found.val_loss == min(found.val_losses) == found.val_losses[found.number or 0]
    assert len(found.val_losses) == 2


def test_the_same_seed_gives_the_same_record_and_another_seed_another(balloons: Encoded) -> None:
    (once, _), again, other = (
        usual("balloons", "balloons"),
        scored(balloons),
        scored(balloons, seed=5),
    )

    assert once == again
    assert once.candidates[0].predicted != other.candidates[0].predicted


def test_test_targets_change_nothing_but_what_was_observed_and_lost(balloons: Encoded) -> None:
    y = balloons.y.copy()
    y[balloons.test] = 1e6

    (found, _), blind = usual("balloons", "balloons"), scored(dataclasses.replace(balloons, y=y))

    assert (found.val_losses, found.params) == (blind.val_losses, blind.params)
    assert found.candidates[0].predicted == blind.candidates[0].predicted
    assert np.min(blind.candidates[0].loss) > 1e11


def test_predictions_look_like_those_of_every_other_model(balloons: Encoded) -> None:
    found = frame_of("balloons", "balloons")

    columns = [
        "study",
        "target",
        "kind",
        "family",
        "depth",
        "outer_fold",
        "number",
        "candidate",
        "seed",
        "val_loss",
        "row",
        "group",
    ]
    assert found.columns.tolist() == [*columns, "observed", "predicted", "loss"]
    assert found[
        ["target", "kind", "family", "depth", "candidate"]
    ].drop_duplicates().to_numpy().tolist() == [["balloons", "continuous", "trees", 0, "refit"]]
    np.testing.assert_array_equal(found["row"], balloons.rows[balloons.test])
    np.testing.assert_array_equal(found["loss"], (found["predicted"] - found["observed"]) ** 2)


def test_several_classes_have_a_probability_each() -> None:
    encoded, found = encoded_of("sklearn:wine"), frame_of("sklearn:wine")

    shares = found[[f"p_{name}" for name in encoded.classes]].to_numpy()
    observed = found["observed"].to_numpy(int)
    np.testing.assert_allclose(shares.sum(axis=1), 1)
    np.testing.assert_array_equal(found["predicted"], shares[np.arange(len(shares)), observed])
    np.testing.assert_array_equal(
        found["loss"], HEADS[encoded.kind].response_loss(shares, encoded.y[encoded.test])
    )


def test_the_record_says_whose_it_is_and_comes_back_from_its_text_to_the_bit() -> None:
    encoded, (found, _) = encoded_of("sklearn:wine"), usual("sklearn:wine")

    assert (found.study, found.state) == ("test", TrialState.COMPLETE)
    assert found.work == Trees(target="target", kind=encoded.kind, outer_fold=0)
    assert found.rows == encoded.rows[encoded.test].tolist()
    assert TreesRecord.model_validate_json(found.model_dump_json()) == found
    assert 1 <= found.params["max_iter"] < MOST_ITERATIONS


def test_of_a_long_table_as_many_rows_are_fitted_as_its_columns_allow_and_all_others_scored(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    encoded, (whole, _) = encoded_of("sklearn:wine"), usual("sklearn:wine")

    monkeypatch.setattr("study.training.trees.MOST_CELLS", 60 * len(encoded.terms))
    monkeypatch.setattr("study.training.trees.PREDICTED", 10)
    y = encoded.y.copy()
    y[(y == 2) & (np.arange(len(y)) != encoded.development[0])] = 1
    y[encoded.development[0]] = 2
    few, rare = (scored(e) for e in (encoded, dataclasses.replace(encoded, y=y)))

    assert len(few.candidates[0].loss) == len(encoded.test)
    assert np.isfinite(few.candidates[0].loss).all()
    assert few.candidates[0].predicted != whole.candidates[0].predicted
    assert np.isfinite(
        rare.candidates[0].loss
    ).all()  # the one row of its class is among those fitted


@pytest.mark.parametrize(
    ("source", "target"),
    [("balloons", "balloons"), ("balloons", "colour"), ("sklearn:wine", "target")],
)
def test_the_trees_of_the_file_predict_the_test_rows_as_recorded(
    tmp_path: Path, source: str, target: str
) -> None:
    encoded, (record, files) = encoded_of(source, target), usual(source, target)
    ((name, content),) = files.items()
    (tmp_path / name).write_bytes(content)

    found = trees_response(open_trees(tmp_path / name), encoded.raw(encoded.test), encoded.classes)

    np.testing.assert_array_equal(found, record.candidates[0].predicted)


def test_of_all_rows_there_are_trees_and_nothing_is_scored() -> None:
    record, files = usual("sklearn:wine", every=True)

    assert (record.candidates, record.rows, list(files)) == ((), [], ["target-trees-all.skops"])
    assert record.val_loss is not None


def test_trees_say_how_much_more_they_lose_without_a_column_and_nothing_on_all_rows() -> None:
    one, two, all_rows = (
        usual("balloons", "balloons"),
        usual("sklearn:wine"),
        usual("sklearn:wine", every=True),
    )

    told, several, nothing = (record.probed for record, _ in (one, two, all_rows))
    assert nothing is None
    assert told is not None
    assert several is not None
    rises = {each.column: each.rise for each in told.rises}
    assert rises["relationship"] > 0.3 * told.constant > 10 * told.loss
    assert len(several.rises) == MOST_COLUMNS
    assert told.effects == ()
