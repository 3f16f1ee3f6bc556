"""What each verdict says, on losses made so that the answer is known."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest

from study.evidence import sentences, verdicts
from study.evidence.answer import BESIDE
from study.evidence.findings import Gain, Rung
from study.evidence.margins import Question
from tests.evidence.losses import in_folds, only_verdict, scored, three, trial, usual_trials


def size(gain: Gain) -> tuple[str, str]:
    """A gain as a sentence tells it."""
    of = "" if gain.improvement >= 0 else " of the gain"
    low, high = map(sentences.percent, (gain.low, gain.high))
    return (
        f"{sentences.percent(abs(gain.improvement))} %",
        f"({100 * gain.level:g} % interval{of} {low} to {high} %)",
    )


def test_terms_that_bring_what_the_network_brings_are_enough(rng: np.random.Generator) -> None:
    verdict = only_verdict(three(rng, 0.6, 0.595))

    (terms, terms_in), (network, network_in), (rest, rest_in) = (size(step.gain) for step in verdict.gains)
    assert verdict.verdict == "regression with terms is enough"
    assert verdict.sentence == (
        f"A regression with terms saves {terms} of linear regression's loss on y {terms_in}, far beyond the 5 % margin; a "
        f"network with 1 hidden layer saves {network} of that loss {network_in}, far beyond it; over the regression with terms "
        f"the network saves {rest} of that loss {rest_in}, below it: the regression with terms is enough."
    )
    assert verdict.action == "Use the regression with terms."
    assert verdict.answer_procedure == "extended"
    assert [step.gain.level for step in verdict.gains] == [0.975, 0.975, 0.95]


def test_a_network_far_ahead_of_both_regressions_is_worth_it(rng: np.random.Generator) -> None:
    verdict = only_verdict(three(rng, 0.9, 0.2))

    assert verdict.verdict == "network is worth it"
    assert verdict.sentence.endswith("far beyond it: the network is worth it.")
    assert verdict.action == "Use the network."
    assert verdict.smallest_sufficient == Rung(family="neural", depth=1)
    assert verdict.beats_constant is True
    assert verdict.candidate == "ensemble"


def test_gains_wholly_below_the_margin_leave_the_regression(rng: np.random.Generator) -> None:
    verdict = only_verdict(three(rng, 0.99, 1.02))

    network, network_in = size(verdict.gains[1].gain)
    assert verdict.verdict == "regression is enough"
    assert f"a network with 1 hidden layer adds {network} to that loss {network_in}, below it" in verdict.sentence
    assert verdict.sentence.endswith(": the regression is enough.")
    assert verdict.action == "Use linear regression."
    assert verdict.smallest_sufficient == Rung(family="linear", depth=0)


def test_two_found_terms_beside_a_tiny_loss_of_the_network_are_the_answer(rng: np.random.Generator) -> None:
    verdict = only_verdict(three(rng, 1e-15, 1e-7))

    assert verdict.verdict == "regression with terms is enough"


def test_a_regression_with_terms_that_is_worse_than_without_leaves_the_choice_to_the_two_others(
    rng: np.random.Generator,
) -> None:
    worth, enough = (only_verdict(three(rng, 1.3, network)).verdict for network in (0.8, 1.0))

    assert (worth, enough) == ("network is worth it", "regression is enough")


def test_where_the_regression_is_passed_for_the_network_alone_both_gains_are_named(rng: np.random.Generator) -> None:
    verdict = only_verdict(three(rng, 0.955, 0.935, spread=0.01))

    terms, network, rest = (step.gain for step in verdict.gains)
    assert terms.low > 0
    assert terms.high < 0.05 < network.low
    assert rest.high < 0.05
    assert verdict.verdict == "regression with terms is enough"
    assert all(" ".join(size(gain)[:1]) in verdict.sentence for gain in (terms, network))


def test_terms_that_may_be_nothing_are_no_answer_though_the_network_gains_nothing_over_them() -> None:
    base = np.ones(400)
    terms = np.where(np.arange(400) < 24, 0.66 * 400 / 24, 0.0)  # a third less on average, by the luck of a few rows
    verdict = only_verdict([scored(base), scored(terms, "extended"), scored(0.93 * base, "neural", 1)])

    first, network, rest = (step.gain for step in verdict.gains)
    assert first.low < 0 < 0.3 < first.improvement
    assert rest.high < 0.05 < network.low
    assert verdict.verdict == "undecided"
    unsure = "the regression with terms, which is not surely better than linear regression, and the network"
    assert verdict.sentence.endswith(f": undecided between {unsure}.")
    assert verdict.decided_at is not None
    assert (verdict.decided_at.base, verdict.decided_at.other, verdict.decided_at.bound) == ("regression", "extended", 0)
    assert verdict.action.startswith("Keep the regression with terms, the simpler of the two: with 95 % confidence at most ")
    between = "it would be decided between linear regression and the regression with terms"
    assert f"At how many rows {between} cannot be told" in verdict.action


def test_an_interval_on_both_sides_of_the_margin_is_undecided_and_keeps_the_simpler_model(rng: np.random.Generator) -> None:
    base, network = rng.exponential(1.0, (2, 40))

    verdict = only_verdict([scored(base), scored(network, "neural", 1)])

    (step,) = verdict.gains
    assert step.gain.low < 0.05 < step.gain.high
    assert step.gain.level == 0.95
    assert verdict.verdict == "undecided"
    assert verdict.sentence.endswith("on both sides of the 5 % margin: undecided between linear regression and the network.")
    most = sentences.percent(step.gain.high)
    assert verdict.action == (
        f"Keep linear regression, the simpler of the two: with 95 % confidence at most {most} % of linear regression's loss is "
        "given away. At how many rows it would be decided between linear regression and the network cannot be told: they were "
        "not trained on parts of the rows."
    )
    assert verdict.decided_at is not None
    assert math.isnan(verdict.decided_at.rows)
    assert verdict.beats_constant is None


def test_undecided_between_three_keeps_the_simplest_at_the_level_of_both_gains(rng: np.random.Generator) -> None:
    base, terms, network = rng.exponential(1.0, (3, 40))

    verdict = only_verdict([scored(base), scored(terms, "extended"), scored(network, "neural", 1)])

    most = sentences.percent(max(step.gain.high for step in verdict.gains[:2]))
    assert verdict.left == ("regression", "extended", "network")
    assert verdict.sentence.endswith("undecided between linear regression, the regression with terms and the network.")
    assert verdict.action.startswith(
        f"Keep linear regression, the simplest of these: with 95 % confidence at most {most} % of linear regression's loss is"
    )
    assert "97.5 % interval" in verdict.sentence


def test_without_a_network_the_terms_are_judged_alone(rng: np.random.Generator) -> None:
    verdict = only_verdict(three(rng, 0.7, 1.0)[1:3], pd.DataFrame([trial("linear", 0, 1.0), trial("extended", 0, 0.9)]))

    assert verdict.verdict == "regression with terms is enough"
    assert verdict.gains[0].gain.level == 0.95
    assert verdict.candidate_words is None


def test_without_anything_richer_there_is_no_verdict_but_a_reason() -> None:
    verdict = only_verdict([scored(np.ones(5))], pd.DataFrame([trial("linear", 0, 1.0)]))

    assert verdict.verdict is None
    assert verdict.answer_procedure is None
    lacking = "a network or a regression with terms"
    assert verdict.sentence == f"There is no verdict for y: no test rows were scored with {lacking}."
    assert verdict.action == f"Run the study with {lacking} among its families."


def test_models_without_a_common_test_row_give_no_verdict() -> None:
    apart = scored(np.ones(5), "neural", 1).assign(row=np.arange(5, 10))

    assert only_verdict([scored(np.ones(5)), apart]).verdict is None


def test_a_regression_without_loss_is_enough_and_divides_nothing_by_zero() -> None:
    models = [scored(np.full(9, 0.5), "constant"), scored(np.zeros(9)), scored(np.full(9, 1e-9), "neural", 1)]

    verdict = only_verdict([*models, scored(np.zeros(9), "trees")])

    assert verdict.verdict == "regression is enough"
    assert math.isnan(verdict.gains[0].gain.improvement)
    assert verdict.beats_constant is True
    assert verdict.trees is None
    expected = "Nothing can be gained on y, which linear regression predicts without any loss: the regression is enough."
    assert verdict.sentence.startswith(expected)


def test_a_network_many_times_worse_is_told_in_times(rng: np.random.Generator) -> None:
    base = rng.uniform(0.9, 1.1, 100)

    verdict = only_verdict([scored(base), scored(40 * base, "neural", 1)])

    assert "has 40 times linear regression's loss on y (95 % interval about 40 times), below the 5 %" in verdict.sentence


def test_where_nothing_beats_the_constant_the_verdict_says_so(rng: np.random.Generator) -> None:
    base = rng.uniform(0.9, 1.1, 100)

    verdict = only_verdict([scored(base, "constant"), scored(base * 1.01), scored(base * 1.02, "neural", 1)])

    assert verdict.use_none
    assert verdict.sentence.endswith("None of these is reliably better than the constant, which ignores every feature.")
    assert verdict.action == "Use none of these yet: look for features that tell more about the target."


def test_terms_that_alone_beat_the_constant_are_used(rng: np.random.Generator) -> None:
    base = rng.uniform(0.9, 1.1, 100)
    models = [scored(base, "constant"), scored(base * 1.01), scored(base * 0.8, "extended"), scored(base * 1.02, "neural", 1)]

    verdict = only_verdict(models)

    assert verdict.beats_constant is True
    assert verdict.action == "Use the regression with terms."


def test_the_verdict_names_its_estimand_method_and_candidate_and_gives_the_other(rng: np.random.Generator) -> None:
    base = rng.uniform(0.9, 1.1, (2, 5, 20))
    models = [in_folds(base), in_folds(0.5 * base, "neural", 1), in_folds(0.97 * base, "neural", 1, "refit")]

    verdict = only_verdict(models, usual_trials(n_folds=10))

    gain = verdict.by_pair["regression", "network"]
    assert str(verdict.estimand).startswith(
        "The losses are those of the whole procedures (encode, search, refit), trained on 80 rows. What is delivered "
    )
    assert (gain.method, gain.n_folds, gain.n_repeats, gain.n_rows) == ("rows and repeats", 10, 2, 100)
    words = (
        "t over 100 test rows of 5 outer folds x 2 repeats (Bayle et al. 2020), solved for the gain (Fieller 1954) with the "
        "spread between repeats added"
    )
    assert verdict.method_words == words
    assert verdict.candidates["refit"].improvement == pytest.approx(0.03)
    assert verdict.candidates["ensemble"] == gain
    assert verdict.verdict == "network is worth it"
    assert verdict.candidate_words == (
        "The network is the mean prediction of the replicates that the search trained; as the incumbent refitted on all "
        "development rows it saves 3.0 % (95 % interval about 3.0 %) of linear regression's loss, below the 5 % margin."
    )
    terms = only_verdict([*models, in_folds(0.6 * base, "extended")], usual_trials(n_folds=10))
    assert terms.method_words == f"{words}, those over linear regression at 97.5 %, so that both hold together in 95 %"
    assert terms.candidates["ensemble"] == terms.by_pair["regression", "network"]


def test_the_search_on_all_rows_changes_no_verdict(rng: np.random.Generator) -> None:
    models, trials = three(rng, 0.9, 0.2), usual_trials()
    last = pd.DataFrame([trial("neural", depth, 1e-9, outer_fold=-1) for depth in (1, 2)])

    assert only_verdict(models, pd.concat([trials, last])) == only_verdict(models, trials)


def test_without_a_regression_there_is_no_verdict_but_a_reason() -> None:
    verdict = only_verdict([scored(np.ones(5), "neural", 1)], pd.DataFrame([trial("neural", 1, 1.0)]))

    assert verdict.verdict is None
    assert verdict.sentence == "There is no verdict for y: no test rows were scored with a regression."


def test_the_rows_of_a_holdout_are_said_where_they_are_told(rng: np.random.Generator) -> None:
    predictions = pd.concat([scored(rng.random(30)), scored(rng.random(30), "neural", 1)])

    (verdict,) = verdicts.verdicts(predictions, usual_trials(), 0.05, 5, n_train={"y": 120})

    assert "trained on 120 rows." in verdict.estimand
    assert verdict.method_words == "paired t over 30 test rows, solved for the gain (Fieller 1954)"


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
    assert sentences.percent(share) == text


@pytest.mark.parametrize(
    ("metric", "kind", "label"),
    [
        ("r2", "continuous", "R²"),
        ("auc", "binary", "AUC"),
        ("explained_deviance", "count", "deviance explained"),
    ],
)
def test_a_metric_that_does_not_exist_on_the_test_rows_gives_no_verdict_and_says_so(
    rng: np.random.Generator, metric: str, kind: str, label: str
) -> None:
    """The target has one value, 0."""
    models = [scored(rng.uniform(0.9, 1.1, 30), *model) for model in (("constant",), ("linear",), ("neural", 1), ("short",))]
    still = [model.assign(observed=0.0, predicted=rng.uniform(0.1, 0.9, 30), kind=kind) for model in models]

    for more in ({}, {"margin_of": "unit"}, {"margin_of": "explained"}, {"floor": 0.1}):
        asked = {"y": Question.model_validate({"metric": metric, **more})}
        verdict = only_verdict(still, usual_trials().assign(kind=kind), questions=asked)

        assert (verdict.verdict, verdict.answer_procedure, verdict.use_none) == (None, None, False)
        assert verdict.sentence == f"There is no verdict for y: the metric {label} does not exist on these test rows."
        assert verdict.action == "Ask of another metric, such as the loss: `study ask FOLDER --metric loss`."
        assert {getattr(verdict, words) for words in BESIDE} == {None}
