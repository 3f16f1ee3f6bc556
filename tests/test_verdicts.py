"""What each verdict says, on losses made so that the answer is known."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pandas as pd
import pytest

from study import sentences, verdicts
from tests.losses import in_folds, scored, trial


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(0)


def usual_trials(depths: tuple[int, ...] = (1,), n_folds: int = 1) -> pd.DataFrame:
    folds = range(n_folds)
    rows = [trial("constant", 0, 2.0, outer_fold=f) for f in folds] + [trial("linear", 0, 1.0, outer_fold=f) for f in folds]
    return pd.DataFrame(rows + [trial("neural", d, 1.0 / d, outer_fold=f) for d in depths for f in folds])


def only_verdict(
    predictions: list[pd.DataFrame], trials: pd.DataFrame | None = None, margin: float = 0.05, method: str | None = None
) -> dict[str, Any]:
    trials = usual_trials() if trials is None else trials
    (verdict,) = verdicts.verdicts(pd.concat(predictions, ignore_index=True), trials, margin, 5, method=method)
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
    most = sentences.percent(verdict["high"])
    assert verdict["action"] == (
        f"Keep linear regression, the simpler model: with 95 % confidence at most {most} % of its loss is given away. At how "
        "many rows it would be decided cannot be told: no model was refitted on parts of the rows."
    )
    assert verdict["given_away"] == verdict["high"]
    assert verdict["decided_at"]["rows"] is None
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


def test_the_verdict_names_its_estimand_method_and_candidate_and_gives_the_other(rng: np.random.Generator) -> None:
    base = rng.uniform(0.9, 1.1, (2, 5, 20))
    models = [in_folds(base), in_folds(0.5 * base, "neural", 1), in_folds(0.97 * base, "neural", 1, "refit")]

    verdict = only_verdict(models, usual_trials(n_folds=10))

    assert verdict["estimand"] == "The expected loss of the whole procedures (encode, search, refit), trained on 80 rows."
    assert (verdict["method"], verdict["n_folds"], verdict["n_repeats"], verdict["n_rows"]) == ("rows and repeats", 10, 2, 100)
    assert verdict["method_words"] == (
        "t over 100 test rows of 5 outer folds x 2 repeats (Bayle et al. 2020) with the spread between repeats added"
    )
    assert verdict["candidates"]["refit"]["improvement"] == pytest.approx(0.03)
    assert verdict["candidates"]["ensemble"]["verdict"] == verdict["verdict"] == "network is worth it"
    assert verdict["candidate_words"] == (
        "The network is the mean prediction of the replicates that the search trained; as the incumbent refitted on all "
        "development rows it gains 3.0 % (3.0 to 3.0 %): regression is enough."
    )


def test_the_rows_of_a_holdout_are_said_where_they_are_told(rng: np.random.Generator) -> None:
    predictions = pd.concat([scored(rng.random(30)), scored(rng.random(30), "neural", 1)])

    (verdict,) = verdicts.verdicts(predictions, usual_trials(), 0.05, 5, n_train={"y": 120})

    assert verdict["estimand"].endswith("trained on 120 rows.")
    assert verdict["method_words"] == "paired BCa bootstrap over 30 test rows (Efron 1987)"


def test_the_reference_line_is_no_part_of_the_verdict_but_says_when_both_are_behind_it(rng: np.random.Generator) -> None:
    base = rng.uniform(0.9, 1.1, 400)
    models = [scored(base), scored(0.99 * base * rng.uniform(0.99, 1.01, 400), "neural", 1)]

    alone = only_verdict(models)
    verdict = only_verdict([*models, scored(0.8 * base * rng.uniform(0.99, 1.01, 400), "trees", 0, "reference")])

    own, over = verdict["reference"], verdict["reference"]["over_network"]
    ends = [sentences.percent(part[end]) for part in (own, over) for end in ("improvement", "low", "high")]
    assert {**verdict, "reference": None} == alone
    assert own["sentence"] == (
        f"Boosted trees, a reference line and no part of the verdict, have {ends[0]} % less loss than linear regression (95 % "
        f"interval of the gain {ends[1]} to {ends[2]} %) and {ends[3]} % less loss than the network (95 % interval of the gain "
        f"{ends[4]} to {ends[5]} %): both models are behind them, the better one by {ends[3]} %."
    )


def test_trees_alone_are_no_regression() -> None:
    verdict = only_verdict([scored(np.ones(5), "neural", 1), scored(np.ones(5), "trees", 0, "reference")])

    assert verdict["regression"] is None
    assert verdict["verdict"] is None


def undecided(rng: np.random.Generator, gain: float, n: int = 400, spread: float = 0.6) -> list[pd.DataFrame]:
    base = rng.exponential(1.0, n)
    factor = 1 + spread * rng.uniform(-1, 1, n)
    factor += 1 - gain - np.average(factor, weights=base)
    return [scored(base), scored(base * factor, "neural", 1)]


def parts(models: list[pd.DataFrame], gains: dict[float, float]) -> list[pd.DataFrame]:
    """Refits of both models on parts of the rows, with the given gains, and on all of them."""
    base = models[0]["loss"].to_numpy()
    noise = models[1]["loss"].to_numpy() / base
    noise = noise - np.average(noise, weights=base)
    found = []
    for fraction, gain in gains.items():
        candidate = "refit" if fraction == 1 else f"rows-{fraction:g}"
        found.append(scored(base * (1 - gain + noise), "neural", 1, candidate))
        found += [scored(base, candidate=candidate)] if fraction < 1 else []
    return found


def test_an_undecided_gain_that_grows_with_rows_says_at_how_many_it_is_decided(rng: np.random.Generator) -> None:
    models = undecided(rng, 0.08)
    curve = parts(models, {f: 0.13 - 0.05 / f for f in (0.25, 0.5, 1.0)})

    (verdict,) = verdicts.verdicts(pd.concat([*models, *curve]), usual_trials(), 0.05, 5, n_train={"y": 1600})

    found = verdict["decided_at"]
    k = found["times"]
    half = (verdict["improvement"] - verdict["low"]) * k**-0.5
    assert verdict["verdict"] == "undecided"
    assert [point["n_rows"] for point in found["curve"]] == [400, 800, 1600]
    assert found["limit"] == pytest.approx(0.13, abs=1e-6)
    assert found["side"] == "above"
    assert 0.13 - 0.05 / k - half == pytest.approx(0.05, abs=0.01)
    assert found["rows"] == pytest.approx(2000 * k)
    assert verdict["action"].endswith(
        f"It is likely decided at about {sentences.about(found['rows'])} rows, {k:.2g} times these (between "
        f"{found['times_low']:.2g} and {found['times_high']:.2g}): network is worth it."
    )


def test_a_gain_that_tends_to_the_margin_is_not_decided_by_rows(rng: np.random.Generator) -> None:
    models = undecided(rng, 0.05)
    curve = parts(models, {0.25: 0.05, 0.5: 0.05, 1.0: 0.05})

    verdict = only_verdict([*models, *curve])

    assert verdict["decided_at"]["rows"] is None
    assert verdict["decided_at"]["sentence"] == (
        "Not decided within 100 times the rows: with more rows the gain tends to 5.0 %, too near the 5 % margin."
    )


def test_a_curve_that_is_too_noisy_is_not_read(rng: np.random.Generator) -> None:
    models = undecided(rng, 0.08)
    noisy = parts(models, {0.25: 0.3, 0.5: -0.6, 1.0: 0.08})

    verdict = only_verdict([*models, *noisy])

    assert verdict["decided_at"]["rows"] is None
    assert verdict["decided_at"]["sentence"].startswith(
        "At how many rows it would be decided cannot be told: the gain over parts of the rows is known to \N{PLUS-MINUS SIGN}"
    )


def test_repeats_that_cannot_decide_are_said_to_be_of_no_use(rng: np.random.Generator) -> None:
    base = np.tile(rng.exponential(1.0, (1, 5, 30)), (3, 1, 1))
    luck = rng.uniform(-0.7, 0.7, (1, 5, 30))
    other = base * (0.94 + luck - np.average(luck, weights=base[:1])) + 0.01 * rng.random((3, 5, 30))

    verdict = only_verdict([in_folds(base), in_folds(other, "neural", 1)], usual_trials(n_folds=15))

    assert verdict["verdict"] == "undecided"
    assert verdict["decided_at"]["repeats"] is None
    assert "No number of repeats of the outer split can decide it: these rows leave" in verdict["action"]


def test_repeats_that_average_the_luck_of_the_split_are_counted() -> None:
    rng = np.random.default_rng(5)
    base = np.tile(rng.uniform(0.9, 1.1, (1, 5, 20)), (2, 1, 1))
    noise = rng.uniform(-0.7, 0.7, (2, 5, 20))
    noise -= noise.mean(axis=(1, 2), keepdims=True)
    other = base * 0.9 + noise

    verdict = only_verdict([in_folds(base), in_folds(other, "neural", 1)], usual_trials(n_folds=10))

    found = verdict["decided_at"]["repeats"]
    assert verdict["verdict"] == "undecided"
    assert 2 < found < 10
    assert f"It is likely decided at {found:.0f} repeats of the outer split (2 now)." in verdict["action"]


def test_by_rows_one_repeat_tells_nothing_of_more(rng: np.random.Generator) -> None:
    base, other = rng.exponential(1.0, (2, 1, 5, 20))

    verdict = only_verdict([in_folds(base), in_folds(other, "neural", 1)], usual_trials(n_folds=5), method="rows and repeats")

    assert verdict["action"].endswith("One repeat of the outer split cannot tell what more would bring.")


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
