"""Differences between models, importances and helped rows whose values are known."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from harness.judged import judges
from study.diagnostics.effects.compute import differences, mean_effects
from study.diagnostics.helps.gains import LEVEL, apart, row_gains
from study.diagnostics.importances.compute import importances

from .losses import scored, trial

X = np.array([-1.0, 0.0, 2.0])
SHARE = np.array([0.25, 0.5, 0.25])
HEAD = {"target": "y", "kind": "continuous"}


def curve(
    procedure: str, effect: Any, column: str = "x", fold: int = 0, replicate: int = -1, **more: Any
) -> pd.DataFrame:
    points = {
        "place": [0, 1, 2],
        "value": X,
        "level": "",
        "share": SHARE,
        "sort": "number",
        "output": "",
    }
    own = {
        "procedure": procedure,
        "outer_fold": fold,
        "replicate": replicate,
        "column": column,
        "effect": effect,
    }
    return pd.DataFrame(HEAD | points | own | more)


def test_models_differ_by_the_root_mean_square_over_the_rows_whatever_their_levels_are() -> None:
    frame = pd.concat(
        [
            curve("regression", X),
            curve("terms", 2 * X),
            curve("network", 100 + X + [4, 0, 0]),
            *same("z"),
        ]
    )

    found = differences(frame)

    assert found["column"].tolist() == ["x", "z"]
    assert found["rank"].tolist() == [1, 2]
    assert found[["base", "other"]].to_numpy().tolist() == [["regression", "network"]] * 2
    assert found["differ"].tolist() == pytest.approx([math.sqrt(0.25 * 3**2 + 0.75 * 1**2), 0])


def test_the_richer_model_that_differs_most_is_the_one_that_is_named() -> None:
    frame = pd.concat(
        [curve("regression", X), curve("terms", 9 * X), curve("network", [-0.9, 0.0, 2.0])]
    )

    (found,) = differences(frame).to_dict("records")

    assert (found["base"], found["other"]) == ("regression", "terms")
    assert found["differ"] == pytest.approx(8 * math.sqrt(SHARE @ (X - SHARE @ X) ** 2))


def same(column: str) -> list[pd.DataFrame]:
    return [curve(procedure, X, column) for procedure in ("regression", "network")]


def test_what_folds_disagree_on_is_chance_and_no_difference(rng: np.random.Generator) -> None:
    frame = pd.concat(
        curve(procedure, X + strays, f"x{column}", fold)
        for column in range(30)
        for fold in range(4)
        for procedure, strays in (("regression", 0), ("network", rng.normal(size=3)))
    )

    found = differences(frame)

    assert 0.4 < (found["differ"] == 0).mean() < 0.75


def test_replicates_of_one_fold_tell_chance_where_there_is_no_other_fold() -> None:
    wide = [
        curve("network", X + k * np.array([1, 0, 0]), replicate=i)
        for i, k in enumerate((-3, -1, 1, 3))
    ]
    frame = pd.concat([curve("regression", X), curve("network", X), *wide])

    (found,) = differences(frame).to_dict("records")

    assert found["differ"] == 0


def test_of_several_classes_the_one_that_differs_most_is_shown() -> None:
    both = [
        curve(procedure, height * X, output=output)
        for output, height in (("a", 2), ("b", 5))
        for procedure, height in (("regression", 1), ("network", height))
    ]
    frame = pd.concat(both)
    measured = differences(frame)

    found = mean_effects(frame, measured)

    assert measured["output"].tolist() == ["b"]
    assert found["output"].unique().tolist() == ["b"]
    assert found["procedure"].tolist() == ["regression"] * 3 + ["network"] * 3
    np.testing.assert_allclose(found["effect"], [*(X - 0.25), *(5 * X - 1.25)])


def test_bands_are_of_single_curves_and_lines_of_the_judged_models() -> None:
    strays = [
        curve("network", k * X, fold=fold, replicate=i)
        for fold in (0, 1)
        for i, k in enumerate((1, 2, 3))
    ]
    judged = [
        curve(procedure, 2 * X, fold=fold)
        for fold in (0, 1)
        for procedure in ("regression", "network")
    ]
    frame = pd.concat([*judged, *strays])

    found = mean_effects(frame, differences(frame))

    own = found[found["procedure"] == "network"]
    np.testing.assert_allclose(own["effect"], 2 * (X - 0.25))
    expected = np.quantile([1, 1, 2, 2, 3, 3], [0.1, 0.9])
    np.testing.assert_allclose(own[["low", "high"]].iloc[2], expected * 1.75)


def test_levels_that_only_some_folds_know_are_averaged_over_those() -> None:
    def levels(procedure: str, fold: int, known: dict[str, float]) -> pd.DataFrame:
        n = len(known)
        told = {
            "place": range(n),
            "value": np.nan,
            "level": list(known),
            "share": 1 / n,
            "sort": "category",
            "output": "",
        }
        rest = {
            "procedure": procedure,
            "outer_fold": fold,
            "replicate": -1,
            "column": "town",
            "effect": list(known.values()),
        }
        return pd.DataFrame(HEAD | told | rest)

    frame = pd.concat(
        [
            *(levels("regression", fold, {"a": 0.0, "b": 0.0}) for fold in (0, 1)),
            levels("network", 0, {"a": 1.0, "b": -1.0}),
            levels("network", 1, {"b": -1.0, "c": 0.0, "a": 1.0}),
        ]
    )

    found = mean_effects(frame, differences(frame)).set_index(["procedure", "level"])["effect"]

    assert found["network"].to_dict() == pytest.approx({"a": 1, "b": -1, "c": 0})


def test_a_column_of_few_folds_and_a_lone_model_are_left_out() -> None:
    frame = pd.concat(
        [curve(p, X, fold=fold) for p in ("regression", "network") for fold in (0, 1, 2)]
    )
    once = pd.concat([frame, *(curve(p, X, "rare") for p in ("regression", "network"))])

    assert differences(once)["column"].tolist() == ["x"]
    assert differences(frame[frame["procedure"] == "network"]).empty
    assert mean_effects(frame.iloc[:0], differences(frame.iloc[:0])).empty


def test_importances_are_shares_of_the_constants_loss_and_stray_over_folds() -> None:
    rows = [
        HEAD
        | {
            "procedure": p,
            "outer_fold": fold,
            "column": c,
            "rise": rise + fold,
            "error": 0.1,
            "loss": 1,
            "constant": 4.0,
        }
        for p, c, rise in (
            ("network", "x", 1.0),
            ("network", "z", 0.0),
            ("regression", "x", 2.0),
            ("regression", "z", 0.5),
        )
        for fold in (0, 1)
    ]
    rows.append(rows[0] | {"column": "rare"})
    rows += [row | {"target": "alone"} for row in rows if row["outer_fold"] == 0]

    found = importances(pd.DataFrame(rows))

    own = found[(found["target"] == "y") & (found["column"] != "rare")]
    assert own[["column", "procedure"]].to_numpy().tolist() == [
        [c, p] for c in "xz" for p in ("regression", "network")
    ]
    assert own["share"].tolist() == pytest.approx([2.5 / 4, 1.5 / 4, 1 / 4, 0.5 / 4])
    assert (own["high"] - own["share"]).tolist() == pytest.approx([math.sqrt(0.5) / 4] * 4)
    alone = found[(found["target"] == "alone") & (found["column"] == "x")]
    assert (alone["share"] - alone["low"]).tolist() == pytest.approx([0.1 / 4] * 2)


def test_gains_of_rows_are_those_of_the_network_chosen_by_validation_in_each_fold() -> None:
    first, second = ({"outer_fold": fold} for fold in (0, 1))
    predictions = pd.concat(
        [
            scored(np.array([4.0, 9.0]), **first), scored(np.array([2.0, 3.0]), **second),
            scored(np.array([1.0, 1.0]), "neural", 1, **first), scored(np.array([7.0, 7.0]), "neural", 1, **second),
            scored(np.array([8.0, 8.0]), "neural", 2, **first), scored(np.array([0.0, 0.0]), "neural", 2, **second),
        ]
    )  # fmt: skip
    trials = pd.DataFrame(
        [
            trial("neural", depth, loss, **fold)
            for depth, loss, fold in ((1, 1, first), (2, 2, first), (1, 2, second), (2, 1, second))
        ]
    )

    found = row_gains(judges(predictions, trials, 1))

    assert found["gain"].tolist() == [(3 + 2) / 2, (8 + 3) / 2]
    assert found["loss"].tolist() == [3, 6]
    assert (found["base"].unique().tolist(), found["other"].unique().tolist()) == (
        ["regression"],
        ["network"],
    )


def test_a_group_of_single_rows_is_apart_as_in_the_test_of_welch_and_groups_of_rows_are_less_sure(
    rng: np.random.Generator,
) -> None:
    gain, inside = rng.normal(size=200), np.arange(200) < 60

    difference, low, high = apart(gain, inside, np.arange(200))
    _, wide_low, wide_high = apart(
        np.repeat(gain, 5), np.repeat(inside, 5), np.repeat(np.arange(200), 5)
    )

    welch = stats.ttest_ind(gain[:60], gain[60:], equal_var=False).confidence_interval(LEVEL)
    assert difference == pytest.approx(gain[:60].mean() - gain[60:].mean())
    assert (low, high) == pytest.approx((welch.low, welch.high), abs=0.02)
    assert (wide_low, wide_high) == pytest.approx((low, high))
    assert all(map(math.isnan, apart(gain, inside & False, np.arange(200))))
    assert math.isnan(apart(gain, inside, inside.astype(int))[1])
