"""At how many rows or repeats an undecided verdict is likely decided, on gains made to grow, to stall or to be noisy."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest

from study.evidence import sentences, verdicts
from tests.evidence.losses import in_folds, only_verdict, scored, usual_trials


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

    found = verdict.decided_at
    assert found is not None
    k = found.times
    half = (verdict.gains[0].gain.improvement - verdict.gains[0].gain.low) * k**-0.5
    assert verdict.verdict == "undecided"
    assert [point.n_rows for point in found.curve] == [400, 800, 1600]
    assert found.limit == pytest.approx(0.13, abs=1e-6)
    assert found.side == "above"
    assert 0.13 - 0.05 / k - half == pytest.approx(0.05, abs=0.01)
    assert found.rows == pytest.approx(2000 * k)
    assert verdict.action.endswith(
        f"It is likely decided between linear regression and the network at about {sentences.about(found.rows)} rows, {k:.2g} "
        f"times these (between {found.times_low:.2g} and {found.times_high:.2g}): a gain above the 5 % margin."
    )


def test_the_forecast_is_of_the_pair_that_is_open(rng: np.random.Generator) -> None:
    base = rng.exponential(1.0, 400)
    noise = 0.4 * rng.uniform(-1, 1, 400)
    noise -= np.average(noise, weights=base)
    models = [scored(base), scored(0.5 * base, "extended"), scored(base * (0.43 + noise), "neural", 1)]
    curve = [scored(base * (0.43 + 0.02 / f + noise), "neural", 1, f"rows-{f:g}" if f < 1 else "refit") for f in (0.25, 0.5, 1)]
    for fraction in (0.25, 0.5):
        curve += [scored(base, candidate=f"rows-{fraction:g}")]
        curve += [scored(base * (0.4 + 0.1 / fraction), "extended", candidate=f"rows-{fraction:g}")]

    verdict = only_verdict([*models, *curve])

    found = verdict.decided_at
    assert verdict.left == ("extended", "network")
    assert found is not None
    assert (found.base, found.other, found.bound) == ("extended", "network", 0.05)
    assert [point.improvement for point in found.curve] == pytest.approx([-0.03 + 0.08 / f for f in (0.25, 0.5, 1)])
    assert "between the regression with terms and the network" in verdict.action


def test_a_gain_that_tends_to_the_margin_is_not_decided_by_rows(rng: np.random.Generator) -> None:
    models = undecided(rng, 0.05)
    curve = parts(models, {0.25: 0.05, 0.5: 0.05, 1.0: 0.05})

    verdict = only_verdict([*models, *curve])

    assert math.isnan(verdict.decided_at.rows)
    assert verdict.action.endswith(
        "It is not decided between linear regression and the network within 100 times the rows: with more rows the gain tends "
        "to 5.0 %, too near the 5 % margin."
    )


def test_a_curve_that_is_too_noisy_is_not_read(rng: np.random.Generator) -> None:
    models = undecided(rng, 0.08)
    noisy = parts(models, {0.25: 0.3, 0.5: -0.6, 1.0: 0.08})

    verdict = only_verdict([*models, *noisy])

    assert math.isnan(verdict.decided_at.rows)
    between = "it would be decided between linear regression and the network"
    error = "the gain over parts of the rows is known to \N{PLUS-MINUS SIGN}"
    assert f"At how many rows {between} cannot be told: {error}" in verdict.action


def test_repeats_that_cannot_decide_are_said_to_be_of_no_use(rng: np.random.Generator) -> None:
    base = np.tile(rng.exponential(1.0, (1, 5, 30)), (3, 1, 1))
    luck = rng.uniform(-0.7, 0.7, (1, 5, 30))
    other = base * (0.94 + luck - np.average(luck, weights=base[:1])) + 0.01 * rng.random((3, 5, 30))

    verdict = only_verdict([in_folds(base), in_folds(other, "neural", 1)], usual_trials(n_folds=15))

    assert verdict.verdict == "undecided"
    assert math.isnan(verdict.decided_at.repeats)
    assert "No number of repeats of the outer split can decide it: these rows leave" in verdict.action


def test_repeats_that_average_the_luck_of_the_split_are_counted() -> None:
    rng = np.random.default_rng(5)
    base = np.tile(rng.uniform(0.9, 1.1, (1, 5, 20)), (2, 1, 1))
    noise = rng.uniform(-0.7, 0.7, (2, 5, 20))
    noise -= noise.mean(axis=(1, 2), keepdims=True)
    other = base * 0.9 + noise

    verdict = only_verdict([in_folds(base), in_folds(other, "neural", 1)], usual_trials(n_folds=10))

    found = verdict.decided_at.repeats
    assert verdict.verdict == "undecided"
    assert 2 < found < 10
    assert f"It is likely decided at {found:.0f} repeats of the outer split (2 now)." in verdict.action


def test_by_rows_one_repeat_tells_nothing_of_more(rng: np.random.Generator) -> None:
    base, other = rng.exponential(1.0, (2, 1, 5, 20))

    verdict = only_verdict([in_folds(base), in_folds(other, "neural", 1)], usual_trials(n_folds=5), method="rows and repeats")

    assert verdict.action.endswith("One repeat of the outer split cannot tell what more would bring.")
