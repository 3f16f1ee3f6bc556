"""Gains by the rows that models were made of: what parts of the rows tell, and what they leave out."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from study.evidence import compare
from study.evidence.curve import gain_curve, on_parts
from study.evidence.intervals import METHODS, method_at
from study.evidence.pairs import paired
from study.evidence.scores import with_groups
from study.evidence.thresholds import EvaluationSpec
from tests.evidence.losses import (
    in_folds,
    only_verdict,
    parts,
    scored,
    trial,
    undecided,
    usual_trials,
)


def test_on_a_part_the_network_takes_the_depth_of_least_validation_loss_on_that_part(
    rng: np.random.Generator,
) -> None:
    models = undecided(rng, 0.08)
    deep = models[1].assign(depth=2, loss=models[1]["loss"] * 1.01)
    curve = parts(models, {0.25: -0.1, 0.5: 0.0})
    shallow = [part for part in curve if part["depth"].iloc[0] == 1]
    better = [part.assign(depth=2, val_loss=0.9, loss=part["loss"] * 0.5) for part in shallow]
    trials = pd.DataFrame(
        [trial("linear", 0, 1.0), trial("neural", 1, 0.5), trial("neural", 2, 0.6)]
    )

    one, two = (
        only_verdict([*models, deep, *curve, *more], trials).decided_at for more in ([], better)
    )

    assert [point.improvement for point in one.curve] == pytest.approx([-0.1, 0.0, 0.08])
    assert [point.improvement for point in two.curve] == pytest.approx([0.45, 0.5, 0.08])


def test_parts_of_an_earlier_version_are_not_read(rng: np.random.Generator) -> None:
    models = undecided(rng, 0.08)
    old = [part.drop(columns="val_loss") for part in parts(models, {0.25: 0.0, 0.5: 0.05})]

    verdict = only_verdict([*models, *old])

    assert verdict.decided_at is not None
    assert (verdict.decided_at.curve, verdict.decided_at.parts) == ((), False)


def test_a_curve_of_another_metric_is_of_that_metric_on_parts_too(rng: np.random.Generator) -> None:
    models = [each.assign(observed=3 * (-1.0) ** each["row"]) for each in undecided(rng, 0.08)]
    curve = [
        each.assign(observed=3 * (-1.0) ** each["row"])
        for each in parts(models, {0.25: 0.0, 0.5: 0.05})
    ]
    told = [
        each.assign(predicted=each["observed"] - np.sqrt(each["loss"]))
        for each in (*models, *curve)
    ]

    found = only_verdict(
        told, questions={"y": EvaluationSpec(metric="r2", margin=0.006, margin_of="unit")}
    ).decided_at

    assert [point.improvement for point in found.curve] == pytest.approx([0.0, 0.05, 0.08])


@pytest.mark.parametrize(
    ("method", "min_margin", "held"),
    [("rows", 0.013, "min_margin"), ("corrected t", 0.0, "margin")],
)
def test_every_point_of_a_curve_has_the_interval_that_the_gain_itself_is_judged_by(
    monkeypatch: pytest.MonkeyPatch,
    rng: np.random.Generator,
    method: str,
    min_margin: float,
    held: str,
) -> None:
    y = 3 * (-1.0) ** np.arange(400)
    models = undecided(rng, 0.08)
    told = [
        each.assign(observed=y, predicted=y - np.sqrt(each["loss"]), outer_fold=each["row"] % 5)
        for each in (*models, *parts(models, {0.25: 0.0, 0.5: 0.05}))
    ]

    question = EvaluationSpec(margin=0.07, min_margin=min_margin)
    monkeypatch.setattr(compare, "default_method", lambda *_: method)
    verdict = only_verdict(told, usual_trials(n_folds=5), questions={"y": question})

    assert verdict.decided_at is not None
    assert verdict.decided_at.held == held
    gain, (quarter, _, whole) = verdict.by_pair["regression", "network"], verdict.decided_at.curve
    amounts = (gain.low_amount / gain.per_loss, gain.high_amount / gain.per_loss)
    assert (whole.low, whole.high) == pytest.approx(
        (gain.low, gain.high) if held == "margin" else amounts
    )
    regression, _, network, *_ = told
    per = regression if held == "margin" else regression.assign(loss=regression["loss"].mean())
    expected = method_at(method, gain.level)(paired(regression, network, 5, per))
    assert (quarter.low, quarter.high) == pytest.approx((expected.low, expected.high))


def test_parts_of_an_earlier_version_beside_new_ones_are_left_out(rng: np.random.Generator) -> None:
    folds = [scored(rng.random(4), "neural", 1, "rows-0.5", outer_fold=fold) for fold in (0, 1)]

    found = on_parts(
        pd.concat([folds[0].assign(val_loss=np.nan), folds[1].assign(val_loss=1.0)]), "neural", 1
    )

    assert found[0.5]["outer_fold"].tolist() == [1] * 4


def test_folds_that_lack_a_part_bend_no_curve(rng: np.random.Generator) -> None:
    gains = np.array([-0.3, 0.1, 0.2, 0.2, 0.3])[None, :, None]
    base = rng.uniform(0.9, 1.1, (1, 5, 30))
    sides = [
        with_groups(in_folds(losses)[["outer_fold", "row", "loss"]])
        for losses in (base, base * (1 - gains) + rng.uniform(0, 0.01, base.shape))
    ]
    whole = [dict.fromkeys((0.25, 0.5, 1.0), side) for side in sides]
    lacking = whole[1] | {0.25: sides[1][sides[1]["outer_fold"] > 0]}

    curve = gain_curve(whole[0], lacking, whole[0], 5, 120, METHODS["rows"])

    assert curve is not None
    assert abs(curve.slope) < 1e-9
