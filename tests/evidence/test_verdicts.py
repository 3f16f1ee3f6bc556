"""What each verdict says, on losses made so that the answer is known."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest

from study.evidence import sentences, verdicts
from study.evidence.findings import Rung, Shortfall
from tests.evidence.losses import in_folds, only_verdict, scored, trial, usual_trials


def test_a_gain_far_beyond_the_margin_is_worth_a_network(rng: np.random.Generator) -> None:
    base = rng.uniform(0.9, 1.1, 500)
    models = [scored(2 * base, "constant"), scored(base), scored(base * rng.uniform(0.19, 0.21, 500), "neural", 2)]

    verdict = only_verdict(models, usual_trials((2,)))

    low, high = map(sentences.percent, (verdict.gain.low, verdict.gain.high))
    assert verdict.verdict == "network is worth it"
    assert verdict.sentence == (
        f"A network with 2 hidden layers predicts y with {sentences.percent(verdict.gain.improvement)} % less loss than linear "
        f"regression (95 % interval {low} to {high} %), far beyond the 5 % margin: the network is worth it."
    )
    assert verdict.action == "Use the network."
    assert verdict.smallest_sufficient == Rung(family="neural", depth=2)
    assert verdict.beats_constant is True
    assert verdict.candidate == "ensemble"


def test_a_gain_wholly_below_the_margin_leaves_the_regression(rng: np.random.Generator) -> None:
    base = rng.uniform(0.9, 1.1, 500)
    models = [scored(2 * base, "constant"), scored(base), scored(base * rng.uniform(1.0, 1.04, 500), "neural", 1)]

    verdict = only_verdict(models)

    assert verdict.verdict == "regression is enough"
    assert verdict.sentence == (
        "A network with 1 hidden layer predicts y with 2.0 % more loss than linear regression (95 % interval of the gain "
        f"{sentences.percent(verdict.gain.low)} to {sentences.percent(verdict.gain.high)} %), a gain below the 5 % margin: the "
        "regression is enough."
    )
    assert verdict.action == "Use linear regression."
    assert verdict.smallest_sufficient == Rung(family="linear", depth=0)


def test_an_interval_on_both_sides_of_the_margin_is_undecided_and_keeps_the_simpler_model(rng: np.random.Generator) -> None:
    base, network = rng.exponential(1.0, (2, 40))

    verdict = only_verdict([scored(base), scored(network, "neural", 1)])

    assert verdict.gain.low < 0.05 < verdict.gain.high
    assert verdict.verdict == "undecided"
    assert verdict.sentence.endswith("which lies on both sides of the 5 % margin: undecided.")
    most = sentences.percent(verdict.gain.high)
    assert verdict.action == (
        f"Keep linear regression, the simpler model: with 95 % confidence at most {most} % of its loss is given away. At how "
        "many rows it would be decided cannot be told: no model was refitted on parts of the rows."
    )
    assert verdict.decided_at is not None
    assert math.isnan(verdict.decided_at.rows)
    assert verdict.beats_constant is None


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

    assert verdict.chosen == {0: Rung(family="neural", depth=1), 1: Rung(family="neural", depth=2)}
    assert verdict.gain.other_loss == pytest.approx((losses[0, 0].mean() + losses[1, 1].mean()) / 2)
    assert "A network with 1 to 2 hidden layers" in verdict.sentence


def test_the_network_chooses_among_all_families_and_each_keeps_its_own_depths(rng: np.random.Generator) -> None:
    base = rng.uniform(0.9, 1.1, (1, 2, 50))
    factors = {("neural", 1): 0.5, ("neural", 2): 0.011, ("residual", 1): 0.01, ("residual", 2): 0.012}
    models = [in_folds(base), *(in_folds(factor * base, *model) for model, factor in factors.items())]
    validation = dict.fromkeys(factors, (0.9, 0.9)) | {("neural", 2): (0.2, 0.1), ("residual", 1): (0.1, 0.2)}
    chosen = [trial(*model, loss, outer_fold=fold) for model, losses in validation.items() for fold, loss in enumerate(losses)]
    trials = pd.DataFrame([trial("linear", 0, 1.0, outer_fold=fold) for fold in range(2)] + chosen)

    (verdict,) = verdicts.verdicts(pd.concat(models), trials, 0.05, 2)

    assert verdict.chosen == {0: Rung(family="residual", depth=1), 1: Rung(family="neural", depth=2)}
    assert verdict.gain.other_loss == pytest.approx((0.01 * base[0, 0].mean() + 0.011 * base[0, 1].mean()) / 2)
    assert verdict.smallest_sufficient == Rung(family="residual", depth=1)
    assert verdict.sentence.startswith("A network (neural or residual) with 1 to 2 hidden layers predicts y with")


def test_the_smallest_sufficient_depth_is_within_the_margin_of_the_best(rng: np.random.Generator) -> None:
    base = rng.uniform(0.9, 1.1, 100)
    models = [scored(base), *(scored(base * f, "neural", d) for d, f in [(1, 0.30), (2, 0.04), (3, 0.01)])]

    verdict = only_verdict(models, usual_trials((1, 2, 3)))

    assert verdict.chosen == {0: Rung(family="neural", depth=3)}
    assert verdict.smallest_sufficient == Rung(family="neural", depth=2)


def test_without_a_network_there_is_no_verdict_but_a_reason() -> None:
    verdict = only_verdict([scored(np.ones(5))], pd.DataFrame([trial("linear", 0, 1.0)]))

    assert verdict.verdict is None
    assert verdict.sentence == "There is no verdict for y: no test rows were scored with a network."
    assert verdict.action == "Run the study with a network among its families."


def test_without_a_regression_there_is_no_verdict_but_a_reason() -> None:
    verdict = only_verdict([scored(np.ones(5), "neural", 1)], pd.DataFrame([trial("neural", 1, 1.0)]))

    assert verdict.verdict is None
    assert verdict.sentence == "There is no verdict for y: no test rows were scored with a regression."


def test_what_the_regression_misses_is_asked_only_where_a_network_is_worth_it(rng: np.random.Generator) -> None:
    base = rng.uniform(0.9, 1.1, 100)
    missed = Shortfall(base_loss=1, network_loss=0.5, ranking=(), steps=(), terms=(), formula=None, sentence="It misses.")
    asked: list[tuple[str, float, float]] = []

    def why(target: str, regression: pd.DataFrame, network: pd.DataFrame) -> Shortfall:
        asked.append((target, regression["loss"].mean(), network["loss"].mean()))
        return missed

    found = [
        verdicts.verdicts(pd.concat([scored(base), scored(f * base, "neural", 1)]), usual_trials(), 0.05, 5, why=why)[0]
        for f in (0.5, 1.0)
    ]

    assert [verdict.shortfall for verdict in found] == [missed, None]
    assert asked == [("y", pytest.approx(base.mean()), pytest.approx(base.mean() / 2))]


def test_models_without_a_common_test_row_give_no_verdict() -> None:
    apart = scored(np.ones(5), "neural", 1).assign(row=np.arange(5, 10))

    verdict = only_verdict([scored(np.ones(5)), apart])

    assert verdict.verdict is None
    assert verdict.sentence == "There is no verdict for y: no test rows were scored with a network."


def test_a_regression_without_loss_is_enough_and_divides_nothing_by_zero() -> None:
    verdict = only_verdict([scored(np.zeros(9)), scored(np.full(9, 1e-9), "neural", 1)])

    assert verdict.verdict == "regression is enough"
    assert math.isnan(verdict.gain.improvement)
    expected = "Nothing can be gained on y, which linear regression predicts without any loss: the regression is enough."
    assert verdict.sentence == expected


def test_a_network_many_times_worse_is_told_in_times(rng: np.random.Generator) -> None:
    base = rng.uniform(0.9, 1.1, 100)

    verdict = only_verdict([scored(base), scored(40 * base, "neural", 1)])

    assert "predicts y with 40 times the loss of linear regression (95 % interval 40 to 40 times)" in verdict.sentence


def test_where_nothing_beats_the_constant_the_verdict_says_so(rng: np.random.Generator) -> None:
    base = rng.uniform(0.9, 1.1, 100)

    verdict = only_verdict([scored(base, "constant"), scored(base * 1.01), scored(base * 1.02, "neural", 1)])

    assert verdict.beats_constant is False
    assert verdict.sentence.endswith("Neither is reliably better than the constant, which ignores every feature.")
    assert verdict.action == "Use neither yet: look for features that tell more about the target."


def test_the_verdict_names_its_estimand_method_and_candidate_and_gives_the_other(rng: np.random.Generator) -> None:
    base = rng.uniform(0.9, 1.1, (2, 5, 20))
    models = [in_folds(base), in_folds(0.5 * base, "neural", 1), in_folds(0.97 * base, "neural", 1, "refit")]

    verdict = only_verdict(models, usual_trials(n_folds=10))

    assert verdict.estimand == "The expected loss of the whole procedures (encode, search, refit), trained on 80 rows."
    assert (verdict.gain.method, verdict.gain.n_folds) == ("rows and repeats", 10)
    assert (verdict.gain.n_repeats, verdict.gain.n_rows) == (2, 100)
    assert verdict.method_words == (
        "t over 100 test rows of 5 outer folds x 2 repeats (Bayle et al. 2020) with the spread between repeats added"
    )
    assert verdict.candidates["refit"].improvement == pytest.approx(0.03)
    assert verdict.candidates["ensemble"] == verdict.gain
    assert verdict.verdict == "network is worth it"
    assert verdict.candidate_words == (
        "The network is the mean prediction of the replicates that the search trained; as the incumbent refitted on all "
        "development rows it gains 3.0 % (3.0 to 3.0 %): regression is enough."
    )


def test_the_rows_of_a_holdout_are_said_where_they_are_told(rng: np.random.Generator) -> None:
    predictions = pd.concat([scored(rng.random(30)), scored(rng.random(30), "neural", 1)])

    (verdict,) = verdicts.verdicts(predictions, usual_trials(), 0.05, 5, n_train={"y": 120})

    assert verdict.estimand.endswith("trained on 120 rows.")
    assert verdict.method_words == "paired t over 30 test rows"


def test_boosted_trees_are_no_part_of_the_verdict_but_say_when_both_models_are_behind_them(rng: np.random.Generator) -> None:
    base = rng.uniform(0.9, 1.1, 400)
    models = [scored(base), scored(0.99 * base * rng.uniform(0.99, 1.01, 400), "neural", 1)]

    alone = only_verdict(models)
    verdict = only_verdict([*models, scored(0.8 * base * rng.uniform(0.99, 1.01, 400), "trees", 0, "refit")])

    assert verdict.trees is not None
    over = verdict.trees.over_regression, verdict.trees.over_network
    ends = [sentences.percent(getattr(gain, end)) for gain in over for end in ("improvement", "low", "high")]
    assert verdict.model_copy(update={"trees": None}) == alone
    assert verdict.trees_words == (
        f"Boosted trees, which no verdict is about, have {ends[0]} % less loss than linear regression (95 % "
        f"interval of the gain {ends[1]} to {ends[2]} %) and {ends[3]} % less loss than the network (95 % interval of the gain "
        f"{ends[4]} to {ends[5]} %): both models are behind them, the better one by {ends[3]} %."
    )


def test_trees_alone_are_no_regression() -> None:
    verdict = only_verdict([scored(np.ones(5), "neural", 1), scored(np.ones(5), "trees", 0, "refit")])

    assert verdict.regression is None
    assert verdict.verdict is None


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
