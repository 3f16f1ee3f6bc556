"""What each verdict says, on losses made so that the answer is known."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pandas as pd
import pytest

from study import sentences, verdicts
from tests.losses import scored, trial


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(0)


def usual_trials(depths: tuple[int, ...] = (1,), n_folds: int = 1) -> pd.DataFrame:
    folds = range(n_folds)
    rows = [trial("constant", 0, 2.0, outer_fold=f) for f in folds] + [trial("linear", 0, 1.0, outer_fold=f) for f in folds]
    return pd.DataFrame(rows + [trial("neural", d, 1.0 / d, outer_fold=f) for d in depths for f in folds])


def only_verdict(predictions: list[pd.DataFrame], trials: pd.DataFrame | None = None, margin: float = 0.05) -> dict[str, Any]:
    trials = usual_trials() if trials is None else trials
    (verdict,) = verdicts.verdicts(pd.concat(predictions, ignore_index=True), trials, margin, 5)
    json.dumps(verdict, allow_nan=False)
    return verdict


def test_a_gain_far_beyond_the_margin_is_worth_a_network(rng: np.random.Generator) -> None:
    base = rng.uniform(0.9, 1.1, 500)
    models = [scored(2 * base, "constant"), scored(base), scored(base * rng.uniform(0.19, 0.21, 500), "neural", 2)]

    verdict = only_verdict(models, usual_trials((2,)))

    low, high = (sentences.percent(verdict[end]) for end in ("low", "high"))
    assert verdict["verdict"] == "network is worth it"
    assert verdict["sentence"] == (
        f"A network with 2 hidden layers predicts y with {sentences.percent(verdict['improvement'])} % less loss than linear "
        f"regression (95 % interval {low} to {high} %), far beyond the 5 % margin: the network is worth it."
    )
    assert verdict["action"] == "Use the network."
    assert verdict["smallest_sufficient_depth"] == 2
    assert verdict["beats_constant"] is True
    assert verdict["candidate"] == {"regression": "refit", "network": "ensemble"}


def test_a_gain_wholly_below_the_margin_leaves_the_regression(rng: np.random.Generator) -> None:
    base = rng.uniform(0.9, 1.1, 500)
    models = [scored(2 * base, "constant"), scored(base), scored(base * rng.uniform(1.0, 1.04, 500), "neural", 1)]

    verdict = only_verdict(models)

    assert verdict["verdict"] == "regression is enough"
    assert verdict["sentence"] == (
        "A network with 1 hidden layer predicts y with 2.0 % more loss than linear regression (95 % interval of the gain "
        f"{sentences.percent(verdict['low'])} to {sentences.percent(verdict['high'])} %), a gain below the 5 % margin: the "
        "regression is enough."
    )
    assert verdict["action"] == "Use linear regression."
    assert verdict["smallest_sufficient_depth"] == 0


def test_an_interval_on_both_sides_of_the_margin_is_undecided_and_keeps_the_simpler_model(rng: np.random.Generator) -> None:
    base, network = rng.exponential(1.0, (2, 40))

    verdict = only_verdict([scored(base), scored(network, "neural", 1)])

    assert verdict["low"] < 0.05 < verdict["high"]
    assert verdict["verdict"] == "undecided"
    assert verdict["sentence"].endswith("which lies on both sides of the 5 % margin: undecided.")
    expected = "Keep linear regression, the simpler model; more rows, or repeats of the outer split, can decide it."
    assert verdict["action"] == expected
    assert verdict["beats_constant"] is None


def test_the_network_is_the_depth_of_least_validation_loss_in_each_outer_fold(rng: np.random.Generator) -> None:
    losses = rng.random((2, 2, 30))  # depth, outer fold, row
    networks = [
        scored(losses[depth - 1, fold], "neural", depth, outer_fold=fold).assign(row=np.arange(30) + 30 * fold)
        for depth in (1, 2)
        for fold in range(2)
    ]
    base = [scored(np.ones(30), outer_fold=fold).assign(row=np.arange(30) + 30 * fold) for fold in range(2)]
    validation = {(1, 0): 0.1, (2, 0): 0.2, (1, 1): 0.2, (2, 1): 0.1}
    chosen = [trial("neural", depth, loss, outer_fold=fold) for (depth, fold), loss in validation.items()]
    trials = pd.DataFrame([trial("linear", 0, 1.0, outer_fold=fold) for fold in range(2)] + chosen)

    verdict = only_verdict([*base, *networks], trials)

    assert verdict["depths_by_fold"] == {"0": 1, "1": 2}
    assert verdict["network_loss"] == pytest.approx((losses[0, 0].mean() + losses[1, 1].mean()) / 2)
    assert "A network with 1 to 2 hidden layers" in verdict["sentence"]


def test_the_smallest_sufficient_depth_is_within_the_margin_of_the_best(rng: np.random.Generator) -> None:
    base = rng.uniform(0.9, 1.1, 100)
    models = [scored(base), *(scored(base * f, "neural", d) for d, f in [(1, 0.30), (2, 0.04), (3, 0.01)])]

    verdict = only_verdict(models, usual_trials((1, 2, 3)))

    assert verdict["network_depth"] == 3
    assert verdict["smallest_sufficient_depth"] == 2


def test_without_a_network_there_is_no_verdict_but_a_reason() -> None:
    verdict = only_verdict([scored(np.ones(5))], pd.DataFrame([trial("linear", 0, 1.0)]))

    assert verdict["verdict"] is None
    assert verdict["sentence"] == "There is no verdict for y: no test rows were scored with a network."
    assert verdict["action"] == "Run the study with a network among its families."


def test_without_a_regression_there_is_no_verdict_but_a_reason() -> None:
    verdict = only_verdict([scored(np.ones(5), "neural", 1)], pd.DataFrame([trial("neural", 1, 1.0)]))

    assert verdict["verdict"] is None
    assert verdict["sentence"] == "There is no verdict for y: no test rows were scored with a regression."


def test_models_without_a_common_test_row_give_no_verdict() -> None:
    apart = scored(np.ones(5), "neural", 1).assign(row=np.arange(5, 10))

    verdict = only_verdict([scored(np.ones(5)), apart])

    assert verdict["verdict"] is None
    assert verdict["sentence"] == "There is no verdict for y: no test rows were scored with a network."


def test_a_regression_without_loss_is_enough_and_divides_nothing_by_zero() -> None:
    verdict = only_verdict([scored(np.zeros(9)), scored(np.full(9, 1e-9), "neural", 1)])

    assert verdict["verdict"] == "regression is enough"
    assert verdict["improvement"] is None
    expected = "Nothing can be gained on y, which linear regression predicts without any loss: the regression is enough."
    assert verdict["sentence"] == expected


def test_a_network_many_times_worse_is_told_in_times(rng: np.random.Generator) -> None:
    base = rng.uniform(0.9, 1.1, 100)

    verdict = only_verdict([scored(base), scored(40 * base, "neural", 1)])

    assert "predicts y with 40 times the loss of linear regression (95 % interval 40 to 40 times)" in verdict["sentence"]


def test_where_nothing_beats_the_constant_the_verdict_says_so(rng: np.random.Generator) -> None:
    base = rng.uniform(0.9, 1.1, 100)

    verdict = only_verdict([scored(base, "constant"), scored(base * 1.01), scored(base * 1.02, "neural", 1)])

    assert verdict["beats_constant"] is False
    assert verdict["sentence"].endswith("Neither is reliably better than the constant, which ignores every feature.")
    assert verdict["action"] == "Use neither yet: look for features that tell more about the target."


@pytest.mark.parametrize(
    ("share", "text"),
    [
        (0.9994, "99.94"),
        (0.5, "50.0"),
        (0.0123, "1.2"),
        (0.00123, "0.12"),
        (0, "0"),
        (-0.05, "\N{MINUS SIGN}5.0"),
        (-12, "\N{MINUS SIGN}1,200"),
    ],
)
def test_a_share_reads_as_per_cent_and_never_rounds_up_to_all(share: float, text: str) -> None:
    assert sentences.percent(share) == text
