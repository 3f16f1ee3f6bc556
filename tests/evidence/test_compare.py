"""Pairs, ranks and spread, recomputed in plain numpy and scipy."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from statsmodels.stats.multitest import multipletests

from study.evidence import compare
from study.evidence.intervals import METHODS, Rows
from study.evidence.pairs import paired
from study.evidence.scores import model_scores
from study.evidence.thresholds import Threshold
from tests.evidence.losses import every_model, in_folds, pairs_of, scored, trial

FOLDS = 5
COMPARED = compare.Comparison(FOLDS, Threshold(0.05))


def side(losses: pd.DataFrame) -> compare.Model:
    return compare.Model("linear", 0, losses[["outer_fold", "row", "loss"]])


def test_the_probabilities_of_one_pass_are_those_of_the_bayesian_correlated_t_test(
    rng: np.random.Generator,
) -> None:
    base, other = rng.exponential(1.0, (1, FOLDS, 40)), rng.exponential(0.9, (1, FOLDS, 40))

    gain = COMPARED.gain(side(in_folds(base)), side(in_folds(other)))

    r = 1 - other.mean() / base.mean()
    x = ((1 - r) * base - other).mean(axis=2).ravel() / base.mean() + r
    rho = 40 / 200
    posterior = stats.t(4, x.mean(), math.sqrt((1 / 5 + rho / (1 - rho)) * x.var(ddof=1)))
    assert gain.better == pytest.approx(posterior.sf(0.05))
    assert gain.equal == pytest.approx(posterior.cdf(0.05) - posterior.cdf(-0.05))
    assert gain.worse == pytest.approx(posterior.cdf(-0.05))
    assert gain.p_value == pytest.approx(2 * min(posterior.sf(0.05), posterior.cdf(0.05)))
    assert (gain.n_rows, gain.n_folds, gain.n_repeats, gain.method) == (200, 5, 1, "corrected t")


@pytest.mark.parametrize("repeats", [1, 2])
def test_interval_probabilities_and_p_value_are_of_one_distribution(
    repeats: int, rng: np.random.Generator
) -> None:
    base = rng.exponential(1.0, (repeats, FOLDS, 40))
    gains = [
        COMPARED.gain(
            side(in_folds(base)), side(in_folds(scale * rng.exponential(1.0, base.shape)))
        )
        for scale in np.linspace(0.6, 1.2, 7)
    ]

    for gain in gains:
        assert (gain.better > 0.975) == (gain.low > 0.05)
        assert (gain.better < 0.025) == (gain.high < 0.05)
        assert (gain.worse > 0.975) == (gain.high < -0.05)
        assert (gain.positive > 0.975) == (gain.low > 0)
        assert gain.p_value == pytest.approx(2 * min(gain.better, 1 - gain.better))
        assert gain.better + gain.equal + gain.worse == pytest.approx(1)


def test_the_difference_of_losses_has_its_own_interval() -> None:
    base, other = np.random.default_rng(3).normal([[2.0], [1.0]], 0.1, (2, 200))

    found = Rows()(paired(scored(base), scored(other), FOLDS), "difference")

    expected = stats.ttest_rel(base, other).confidence_interval()
    assert found.estimate == pytest.approx(base.mean() - other.mean())
    assert [found.low, found.high] == pytest.approx([expected.low, expected.high], abs=0.002)


def test_two_models_with_the_same_losses_are_surely_equal() -> None:
    units = side(scored(np.array([1.0, 2.0, 3.0])))

    gain = COMPARED.gain(units, units)

    assert (gain.improvement, gain.low, gain.high) == (0, 0, 0)
    assert (gain.better, gain.equal, gain.worse, gain.p_value) == (0, 1, 0, 0)


def test_a_single_test_row_gives_no_interval() -> None:
    units = [side(scored(np.array([loss]))) for loss in (2.0, 1.0)]

    gain = COMPARED.gain(*units)

    assert gain.improvement == 0.5
    assert math.isnan(gain.low)
    assert math.isnan(gain.p_value)


def test_seeds_are_averaged_before_rows_are_compared(rng: np.random.Generator) -> None:
    one, two, network = rng.random((3, 50))
    predictions = pd.concat(
        [scored(one, seed=0), scored(two, seed=1), scored(network, "neural", 1)]
    )

    (pair,) = pairs_of(predictions, 0.05, FOLDS).to_dict("records")

    assert pair["base_loss"] == pytest.approx(((one + two) / 2).mean())
    assert pair["n_rows"] == 50


def test_families_and_the_ladder_of_depths_are_compared_apart_each_with_its_own_holm(
    rng: np.random.Generator,
) -> None:
    winners = pd.DataFrame([trial("neural", 1, 0.5), trial("neural", 2, 0.4)])

    pairs = pairs_of(every_model(rng), 0.05, FOLDS, winners)

    named = list(
        pairs[["question", "base", "base_depth", "other", "other_depth"]].itertuples(
            index=False, name=None
        )
    )
    assert named == [
        ("procedures", "baseline", 0, "linear", 0),
        ("procedures", "baseline", 0, "network", -1),
        ("procedures", "linear", 0, "network", -1),
        ("depths", "linear", 0, "neural", 1),
        ("depths", "linear", 0, "neural", 2),
        ("depths", "neural", 1, "neural", 2),
        ("choice", "neural", 1, "network", -1),
        ("choice", "neural", 2, "network", -1),
    ]
    for _, own in pairs.groupby("question"):
        np.testing.assert_allclose(own["p_holm"], multipletests(own["p_value"], method="holm")[1])


def test_each_family_of_networks_has_its_own_ladder_and_its_own_scores(
    rng: np.random.Generator,
) -> None:
    means = {("linear", 0): 1.0, ("neural", 1): 0.9, ("residual", 1): 0.6, ("residual", 2): 0.7}
    predictions = pd.concat(
        [scored(rng.exponential(mean, 60), *model) for model, mean in means.items()]
    )
    winners = pd.DataFrame([trial(*model, loss) for model, loss in means.items()])

    pairs = pairs_of(predictions, 0.05, FOLDS, winners)
    found = model_scores(predictions, winners, FOLDS).set_index(["family", "depth"])["test_loss"]

    ladders = pairs[pairs["question"] == "depths"]
    assert list(
        ladders[["base", "base_depth", "other", "other_depth"]].itertuples(index=False, name=None)
    ) == [
        ("linear", 0, "neural", 1),
        ("linear", 0, "residual", 1),
        ("linear", 0, "residual", 2),
        ("residual", 1, "residual", 2),
    ]
    expected = predictions.groupby(["family", "depth"])["loss"].mean()
    assert found.drop(("network", -1)).to_dict() == pytest.approx(expected.to_dict())
    assert found["network", -1] == pytest.approx(found["residual", 1])


def test_the_regression_with_terms_is_a_procedure_and_no_depth(
    rng: np.random.Generator,
) -> None:
    losses = rng.exponential(0.85, 80)
    own, formula = scored(losses, "terms"), scored(losses, "formula")
    parts = [
        scored(losses, "terms", candidate=name)
        for name in ("ensemble", "products", "curves", "rows-0.5")
    ]
    winners = pd.DataFrame(
        [trial("neural", 1, 0.5), trial("neural", 2, 0.4), trial("terms", 0, 0.1)]
    )

    before = pairs_of(every_model(rng), 0.05, FOLDS, winners)
    pairs = pairs_of(pd.concat([every_model(rng), own, formula, *parts]), 0.05, FOLDS, winners)
    found = model_scores(pd.concat([every_model(rng), own, formula, *parts]), winners, FOLDS)

    named = pairs[pairs["question"] == "procedures"]
    assert list(named[["base", "other"]].itertuples(index=False, name=None)) == [
        ("baseline", "linear"),
        ("baseline", "terms"),
        ("baseline", "network"),
        ("linear", "terms"),
        ("linear", "network"),
        ("terms", "network"),
    ]
    assert named["per"].tolist() == ["baseline"] * 3 + ["linear"] * 3
    assert named["level"].tolist() == [0.95] * 3 + [0.975] * 2 + [0.95]
    others = [
        frame.loc[frame["question"] != "procedures", ["base", "other", "other_depth"]]
        for frame in (before, pairs)
    ]
    assert others[0].to_numpy().tolist() == others[1].to_numpy().tolist()
    ranked = found[found["rank"].notna()]
    assert sorted(ranked["family"]) == [
        "baseline",
        "linear",
        "network",
        "neural",
        "neural",
        "terms",
    ]


def test_a_gain_of_two_can_be_a_share_of_the_loss_of_a_third(rng: np.random.Generator) -> None:
    plain, base, other = (rng.exponential(mean, (2, FOLDS, 40)) for mean in (1.0, 0.8, 0.7))

    gain = replace(COMPARED, per=side(in_folds(plain))).gain(
        *(side(in_folds(x)) for x in (base, other))
    )

    improvement = (base.mean() - other.mean()) / plain.mean()
    share = (base - other - improvement * plain) / plain.mean()
    between = share.mean(axis=(1, 2)).var(ddof=1) / 2
    rows = stats.sem(share.mean(axis=0).ravel()) ** 2
    assert gain.improvement == pytest.approx(improvement)
    assert gain.std_error == pytest.approx(math.sqrt(rows + between))
    assert (gain.base_loss, gain.other_loss, gain.per_loss) == pytest.approx(
        (base.mean(), other.mean(), plain.mean())
    )


def test_gains_over_a_ladder_add_up(rng: np.random.Generator) -> None:
    models = [
        scored(rng.exponential(1.0, 90)),
        scored(rng.exponential(0.8, 90), "terms"),
        scored(rng.random(90), "neural", 1),
    ]
    winners = pd.DataFrame([trial("neural", 1, 0.5)])

    pairs = pairs_of(pd.concat(models), 0.05, FOLDS, winners)

    gain = pairs[pairs["question"] == "procedures"].set_index(["base", "other"])["improvement"]
    assert gain["linear", "network"] == pytest.approx(
        gain["linear", "terms"] + gain["terms", "network"]
    )


def test_choosing_a_depth_is_held_against_each_depth_alone(rng: np.random.Generator) -> None:
    losses = rng.random((2, 1, 2, 30))  # depth, repeat, outer fold, row
    models = [in_folds(losses[depth - 1], "neural", depth) for depth in (1, 2)]
    chosen = [trial("neural", 1 + (fold == 1), 0.1, outer_fold=fold) for fold in range(2)]
    winners = pd.DataFrame(
        [*chosen, *(trial("neural", 2 - (fold == 1), 0.2, outer_fold=fold) for fold in range(2))]
    )
    plain = in_folds(np.full((1, 2, 30), 2.0))

    pairs = pairs_of(pd.concat([plain, *models]), 0.05, 2, winners)

    found = pairs[pairs["question"] == "choice"].set_index("base_depth")["improvement"]
    network = (losses[0, 0, 0].mean() + losses[1, 0, 1].mean()) / 2
    assert found.to_dict() == pytest.approx(
        {1: (losses[0].mean() - network) / 2, 2: (losses[1].mean() - network) / 2}
    )


def test_the_network_is_the_depth_that_validation_chose(rng: np.random.Generator) -> None:
    winners = pd.DataFrame([trial("neural", 1, 0.5), trial("neural", 2, 0.4)])

    pairs = pairs_of(every_model(rng), 0.05, FOLDS, winners)
    pairs = pairs[pairs["question"] != "choice"].set_index(["base", "other", "other_depth"])

    losses = pairs["other_loss"]
    assert losses["linear", "network", -1] == pytest.approx(losses["linear", "neural", 2])


def test_every_method_gives_its_own_row_and_all_agree_on_losses(
    monkeypatch: pytest.MonkeyPatch, rng: np.random.Generator
) -> None:
    predictions = pd.concat(
        [
            in_folds(rng.exponential(mean, (2, FOLDS, 20)), *model)
            for *model, mean in (("linear", 0, 1.0), ("neural", 1, 0.8))
        ]
    )

    methods = iter(METHODS)
    monkeypatch.setattr(compare, "default_method", lambda *_: next(methods))
    pairs = pd.concat(pairs_of(predictions, 0.05, FOLDS) for _ in METHODS)

    assert pairs["method"].tolist() == list(METHODS)
    assert len(set(pairs["base_loss"])) == 1
    assert pairs["low"].nunique() == len(METHODS)


def test_undefined_p_values_stay_undefined_and_count_for_nothing() -> None:
    adjusted = compare.holm([0.03, math.nan, 0.01])

    np.testing.assert_allclose(adjusted, [0.03, math.nan, 0.02])
    assert np.isnan(compare.holm([math.nan])).all()
    assert len(compare.holm([])) == 0
