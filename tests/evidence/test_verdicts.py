"""What the verdict is, on losses made so that the answer is known."""

from __future__ import annotations

import math
import re
from functools import cache

import numpy as np
import pandas as pd
import pytest

from harness import judged
from study.evidence.answer import Verdict
from study.evidence.findings import UNDECIDED
from study.evidence.thresholds import EvaluationSpec
from study.evidence.wording.amounts import digits
from study.evidence.wording.answer import BESIDE, Words
from study.formatting import percent
from study.schema import NETWORK, REGRESSION, TERMS
from tests.evidence.losses import in_folds, only_verdict, scored, three, trial, usual_trials


@cache
def of_three(terms: float, network: float, spread: float = 0.02, n: int = 500) -> Verdict:
    return only_verdict(three(np.random.default_rng(0), terms, network, spread, n))


def numbers(text: str) -> set[str]:
    return set(re.findall(r"\d+(?:\.\d+)?", text))


def test_terms_that_bring_what_the_network_brings_are_enough() -> None:
    verdict = of_three(0.6, 0.595)

    assert verdict.verdict == TERMS
    assert (verdict.answer_procedure, verdict.left) == ("terms", ("terms",))
    assert [step.gain.improvement for step in verdict.gains] == pytest.approx(
        [0.4, 0.405, 0.005], abs=1e-3
    )
    assert [step.gain.level for step in verdict.gains] == [0.975, 0.975, 0.95]


def test_a_network_far_ahead_of_both_regressions_is_worth_it() -> None:
    verdict = of_three(0.9, 0.2)

    assert verdict.verdict == NETWORK
    assert verdict.beats_baseline is True


def test_gains_wholly_below_the_margin_leave_the_regression() -> None:
    verdict = of_three(0.99, 1.02)

    assert verdict.verdict == REGRESSION


def test_two_found_terms_beside_a_tiny_loss_of_the_network_are_the_answer() -> None:
    assert of_three(1e-15, 1e-7).verdict == TERMS


def test_a_regression_with_terms_that_is_worse_than_without_leaves_the_choice_to_the_two_others() -> (
    None
):
    assert [of_three(1.3, network).verdict for network in (0.8, 1.0)] == [NETWORK, REGRESSION]


def test_where_the_regression_is_passed_for_the_network_alone_terms_that_surely_help_may_be_enough() -> (
    None
):
    verdict = of_three(0.955, 0.935, spread=0.01)

    terms, network, rest = (step.gain for step in verdict.gains)
    assert terms.low > 0
    assert terms.high < 0.05 < network.low
    assert rest.high < 0.05
    assert verdict.verdict == TERMS


def test_terms_that_may_be_nothing_are_no_answer_though_the_network_gains_nothing_over_them() -> (
    None
):
    base = np.ones(400)
    terms = np.where(
        np.arange(400) < 24, 0.66 * 400 / 24, 0.0
    )  # a third less on average, by the luck of a few rows
    verdict = only_verdict([scored(base), scored(terms, "terms"), scored(0.93 * base, "neural", 1)])

    first, network, rest = (step.gain for step in verdict.gains)
    assert first.low < 0 < 0.3 < first.improvement
    assert rest.high < 0.05 < network.low
    assert (verdict.verdict, verdict.left) == (UNDECIDED, ("terms", "network"))
    assert verdict.decided_at is not None
    assert (verdict.decided_at.base, verdict.decided_at.other, verdict.decided_at.bound) == (
        "regression",
        "terms",
        0,
    )


def test_an_interval_on_both_sides_of_the_margin_is_undecided_and_keeps_the_simpler_model(
    rng: np.random.Generator,
) -> None:
    base, network = rng.exponential(1.0, (2, 40))

    verdict = only_verdict([scored(base), scored(network, "neural", 1)])

    (step,) = verdict.gains
    assert step.gain.low < 0.05 < step.gain.high
    assert step.gain.level == 0.95
    assert verdict.verdict == UNDECIDED
    assert verdict.answer_procedure == "regression"
    assert digits(100 * step.gain.high) in numbers(Words(verdict).sentence)
    assert verdict.decided_at is not None
    assert math.isnan(verdict.decided_at.rows)
    assert verdict.beats_baseline is None


def test_undecided_between_three_keeps_the_simplest_at_the_level_of_both_gains(
    rng: np.random.Generator,
) -> None:
    base, terms, network = rng.exponential(1.0, (3, 40))

    verdict = only_verdict([scored(base), scored(terms, "terms"), scored(network, "neural", 1)])

    assert verdict.left == ("regression", "terms", "network")
    assert verdict.answer_procedure == "regression"
    assert digits(100 * verdict.by_pair["regression", "network"].high) in numbers(
        Words(verdict).sentence
    )
    assert [step.gain.level for step in verdict.gains] == [0.975, 0.975, 0.95]


def test_without_a_network_the_terms_are_judged_alone(rng: np.random.Generator) -> None:
    verdict = only_verdict(
        three(rng, 0.7, 1.0)[1:3],
        pd.DataFrame([trial("linear", 0, 1.0), trial("terms", 0, 0.9)]),
    )

    assert verdict.verdict == TERMS
    assert verdict.gains[0].gain.level == 0.95


@pytest.mark.parametrize("model", [("linear", 0), ("neural", 1)])
def test_of_one_model_alone_there_is_no_verdict(model: tuple[str, int]) -> None:
    verdict = only_verdict([scored(np.ones(5), *model)], pd.DataFrame([trial(*model, 1.0)]))

    assert (verdict.verdict, verdict.answer_procedure) == (None, None)


def test_models_without_a_common_test_row_give_no_verdict() -> None:
    apart = scored(np.ones(5), "neural", 1).assign(row=np.arange(5, 10))

    assert only_verdict([scored(np.ones(5)), apart]).verdict is None


def test_a_regression_without_loss_is_enough_and_divides_nothing_by_zero() -> None:
    models = [
        scored(np.full(9, 0.5), "baseline"),
        scored(np.zeros(9)),
        scored(np.full(9, 1e-9), "neural", 1),
    ]

    verdict = only_verdict([*models, scored(np.zeros(9), "trees")])

    assert verdict.verdict == REGRESSION
    assert math.isnan(verdict.gains[0].gain.improvement)
    assert verdict.beats_baseline is True
    assert verdict.trees is None


@pytest.mark.parametrize("losses", [(6.9e-32, 6.1e-32), (6.1e-32, 6.9e-32)])
def test_a_regression_whose_loss_is_but_rounding_has_nothing_to_lose_to_a_network(
    losses: tuple[float, float],
) -> None:
    own, other = (loss * np.linspace(0.5, 1.5, 9) for loss in losses)

    verdict = only_verdict(
        [scored(np.full(9, 0.5), "baseline"), scored(own), scored(other, "neural", 1)]
    )

    assert verdict.verdict == REGRESSION
    assert math.isnan(verdict.gains[0].gain.improvement)
    assert verdict.beats_baseline is True


def test_models_that_differ_from_the_constant_by_rounding_do_not_beat_it() -> None:
    base = np.linspace(0.9, 1.1, 100)

    verdict = only_verdict(
        [scored(base, "baseline"), scored(base - 1e-15), scored(base - 2e-15, "neural", 1)]
    )

    assert verdict.use_none


def test_where_nothing_beats_the_constant_none_is_to_be_used(rng: np.random.Generator) -> None:
    base = rng.uniform(0.9, 1.1, 100)

    verdict = only_verdict(
        [scored(base, "baseline"), scored(base * 1.01), scored(base * 1.02, "neural", 1)]
    )

    assert verdict.beats_baseline is False
    assert verdict.use_none


def test_terms_that_alone_beat_the_constant_are_used(rng: np.random.Generator) -> None:
    base = rng.uniform(0.9, 1.1, 100)
    models = [
        scored(base, "baseline"),
        scored(base * 1.01),
        scored(base * 0.8, "terms"),
        scored(base * 1.02, "neural", 1),
    ]

    verdict = only_verdict(models)

    assert verdict.beats_baseline is True
    assert verdict.verdict == TERMS


def test_the_verdict_is_about_the_ensemble(rng: np.random.Generator) -> None:
    base = rng.uniform(0.9, 1.1, (2, 5, 20))
    models = [
        in_folds(base),
        in_folds(0.5 * base, "neural", 1),
        in_folds(0.97 * base, "neural", 1, "refit"),
    ]

    verdict = only_verdict(models, usual_trials(n_folds=10))

    gain = verdict.by_pair["regression", "network"]
    assert verdict.n_train == 80
    assert (gain.method, gain.n_folds, gain.n_repeats, gain.n_rows) == (
        "rows and repeats",
        10,
        2,
        100,
    )
    assert gain.improvement == pytest.approx(0.5)
    assert verdict.verdict == NETWORK


def test_the_search_on_all_rows_changes_no_verdict(rng: np.random.Generator) -> None:
    trials = usual_trials()
    last = pd.DataFrame([trial("neural", depth, 1e-9, outer_fold=-1) for depth in (1, 2)])

    assert only_verdict(three(rng, 0.9, 0.2), pd.concat([trials, last])) == of_three(0.9, 0.2)


def test_the_rows_of_a_holdout_are_known_where_they_are_told(rng: np.random.Generator) -> None:
    predictions = pd.concat([scored(rng.random(30)), scored(rng.random(30), "neural", 1)])

    (verdict,) = judged.verdicts(predictions, usual_trials(), 0.05, 5, n_train={"y": 120})

    assert verdict.n_train == 120
    assert verdict.gains[0].gain.method == "rows"


@pytest.mark.parametrize(
    ("share", "text"),
    [
        (0.9994, "99.94"),
        (0.5, "50.0"),
        (0.0123, "1.2"),
        (0.00123, "0.12"),
        (0, "0"),
        (-1e-17, "0"),
        (-0.05, "\N{MINUS SIGN}5.0"),
        (-12, "\N{MINUS SIGN}1,200"),
    ],
)
def test_a_share_reads_as_per_cent_and_never_rounds_up_to_all(share: float, text: str) -> None:
    assert percent(share) == text


@pytest.mark.parametrize(
    ("metric", "kind"), [("r2", "continuous"), ("auc", "binary"), ("explained_deviance", "count")]
)
def test_a_metric_that_does_not_exist_on_the_test_rows_gives_no_verdict(
    rng: np.random.Generator, metric: str, kind: str
) -> None:
    """The target has one value, 0."""
    models = [
        scored(rng.uniform(0.9, 1.1, 30), *model)
        for model in (("baseline",), ("linear",), ("neural", 1), ("formula",))
    ]
    still = [
        model.assign(observed=0.0, predicted=rng.uniform(0.1, 0.9, 30), kind=kind)
        for model in models
    ]
    questions = ({"margin_of": "unit"}, {"min_margin": 0.1}) if metric == "r2" else ({},)

    for more in questions:
        asked = {"y": EvaluationSpec.model_validate({"metric": metric, **more})}
        verdict = only_verdict(still, usual_trials().assign(kind=kind), questions=asked)

        assert (verdict.verdict, verdict.answer_procedure, verdict.use_none) == (None, None, False)
        assert verdict.undefined
        assert "`study ask FOLDER --metric loss`" in Words(verdict).action
        assert {getattr(Words(verdict), name) for name in BESIDE} == {None}
