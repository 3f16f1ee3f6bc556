"""At how many rows an undecided verdict is likely decided: chances that come true, and what is said
of them.
"""

from __future__ import annotations

import math
import re
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from scipy.signal import lfilter

from harness import judged
from study.evidence.curve import GainCurve
from study.evidence.decided import LAW, LIKELY, SLOPE, Forecast, width_exponent
from study.evidence.intervals import METHODS, Interval, symmetric
from study.evidence.wording.answer import Words
from study.formatting import about
from tests.evidence.losses import only_verdict, parts, scored, undecided, usual_trials


def flat(slope: float = 0.0, error: float = 0.01, correlation: float = 0.0) -> GainCurve:
    return GainCurve(slope, error, correlation, ())


def measured(rows: np.ndarray, level: float = 0.95) -> Interval:
    """The t interval of the mean of rows (n,)."""
    return symmetric(
        float(rows.mean()), float(rows.var(ddof=1)) / len(rows), len(rows) - 1, level, "t"
    )


def half_a_width(gain: Interval, slope: float, bound: float) -> float:
    """Where half a width, shrunk as 1 / root n, equals the distance from the bound, with the slope
    as measured.
    """
    k = np.geomspace(1, 100, 400)
    r = gain.estimate + slope * (1 / k - 1)
    enough = np.abs(r - bound) > (gain.high - gain.estimate) * k**-0.5
    return float(k[enough.argmax()]) if enough.any() else np.inf


@pytest.mark.parametrize("n", [12, 100])
def test_forecasts_come_true_at_least_as_often_as_they_say_where_half_a_width_is_a_coin_flip(
    n: int,
) -> None:
    rng = np.random.default_rng(n)
    true: dict[str, list[bool]] = {"forecast": [], "half a width": []}
    while len(true["forecast"]) < 120:
        truth, slope, error = rng.uniform(-0.3, 0.4), rng.normal(0, SLOPE), 0.03
        now = (
            truth + rng.normal(0, 1.0, n) * 0.5 * n**-0.5
        )  # rows so noisy that about one in seven is undecided
        gain, told = measured(now), rng.normal(slope, error)
        if gain.low > 0.05 or gain.high < 0.05:
            continue
        k, side, *_ = Forecast(gain, flat(told, error), -0.5, 1.0).times(0.05)
        ways = {"forecast": (k, side), "half a width": (half_a_width(gain, told, 0.05), None)}
        for way, (times, named) in ways.items():
            more = round(times * n) - n if times <= 100 else 0
            if more:
                later = np.concatenate([now, truth + rng.normal(0, 1.0, more) * 0.5 * n**-0.5])
                found = measured(later + slope * (n / len(later) - 1))
                named = named or ("above" if gain.estimate > 0.05 else "below")
                true[way].append(found.low > 0.05 if named == "above" else found.high < 0.05)

    assert np.mean(true["forecast"]) >= LIKELY
    assert np.mean(true["half a width"]) < 0.68


def test_a_chance_is_that_of_normal_means_where_all_is_known() -> None:
    gain = symmetric(0.08, 0.02**2, 1e9, 0.95, "t")

    (above,), (below,) = Forecast(gain, flat(error=0.0), -0.5, 1.0).chances(0.05, np.array([4.0]))

    spread = 0.02 * math.sqrt(1 - 1 / 4)
    assert above == pytest.approx(stats.norm.sf((0.05 + 1.96 * 0.01 - 0.08) / spread), abs=1e-3)
    assert below == pytest.approx(stats.norm.cdf((0.05 - 1.96 * 0.01 - 0.08) / spread), abs=1e-3)


def test_the_posterior_of_gain_and_slope_is_that_of_conditioning_a_joint_normal() -> None:
    e, error, rho, r, b, k, q = 0.02, 0.03, -0.6, 0.07, -0.04, 5.0, 0.7
    d = math.hypot(error, LAW * b)
    wide = 1e3  # a gain before it is measured
    prior = np.diag([wide**2, SLOPE**2])
    noise = np.array([[e**2, rho * e * error], [rho * e * error, d**2]])
    gain_matrix = prior @ np.linalg.inv(prior + noise)
    mean, cov = gain_matrix @ [r, b], prior - gain_matrix @ prior
    to = np.array([1 - q / k, 1 / k - 1])
    expected, variance = to @ mean + q / k * r, to @ cov @ to + e**2 * (1 / k - q**2 / k**2)

    gain = symmetric(r, e**2, 1e9, 0.95, "t")
    (above,), _ = Forecast(gain, GainCurve(b, error, rho, ()), -0.5, q).chances(0.05, np.array([k]))

    half = 1.96 * e * k**-0.5
    assert above == pytest.approx(
        stats.norm.sf((0.05 + half - expected) / math.sqrt(variance)), abs=1e-3
    )


def test_an_interval_of_few_degrees_of_freedom_makes_a_forecast_of_more_rows() -> None:
    wide, sure = (symmetric(0.1, 0.03**2, df, 0.9, "t") for df in (4, 400))
    half = (sure.high - sure.low) / 2
    same = replace(wide, low=0.1 - half, high=0.1 + half)

    assert (
        Forecast(same, flat(), -0.5, 1.0).times(0.05)[0]
        > Forecast(sure, flat(), -0.5, 1.0).times(0.05)[0]
    )


def test_an_undecided_gain_that_grows_with_rows_says_at_how_many_it_is_likely_decided(
    rng: np.random.Generator,
) -> None:
    models = undecided(rng, 0.08)
    curve = parts(models, {f: 0.13 - 0.05 / f for f in (0.25, 0.5)})

    (verdict,) = judged.verdicts(
        pd.concat([*models, *curve]), usual_trials(), 0.05, 5, n_train={"y": 1600}
    )

    found = verdict.decided_at
    assert found is not None
    k = found.times
    assert verdict.verdict == "undecided"
    assert [point.n_rows for point in found.curve] == [400, 800, 1600]
    assert found.slope == pytest.approx(-0.05, abs=1e-6)
    assert (found.side, found.rows) == ("above", pytest.approx(2000 * k))
    assert 1 < k < 10
    assert found.above == pytest.approx(LIKELY, abs=0.01)
    assert about(found.rows) in re.findall(r"\d[\d.,]*", Words(verdict).action)


def test_the_forecast_is_of_the_pair_that_is_open(rng: np.random.Generator) -> None:
    base = rng.exponential(1.0, 400)
    noise = 0.4 * rng.uniform(-1, 1, 400)
    noise -= np.average(noise, weights=base)
    models = [
        scored(base),
        scored(0.5 * base, "terms"),
        scored(base * (0.43 + noise), "neural", 1),
    ]
    curve = []
    for fraction in (0.25, 0.5):
        candidate = f"rows-{fraction:g}"
        curve += [
            scored(base, candidate=candidate),
            scored(base * (0.4 + 0.1 / fraction), "terms", candidate=candidate),
        ]
        curve += [scored(base * (0.41 + 0.02 / fraction + noise), "neural", 1, candidate)]

    verdict = only_verdict([*models, *(part.assign(val_loss=1.0) for part in curve)])

    found = verdict.decided_at
    assert verdict.left == ("terms", "network")
    assert found is not None
    assert (found.base, found.other, found.bound) == ("terms", "network", 0.05)
    assert [point.improvement for point in found.curve] == pytest.approx(
        [-0.01 + 0.08 / f for f in (0.25, 0.5, 1)]
    )


def test_a_gain_that_tends_to_the_margin_cannot_be_foreseen_and_a_curve_that_is_too_noisy_is_hardly_read(
    rng: np.random.Generator,
) -> None:
    models = undecided(rng, 0.05)

    plain = only_verdict([*models, *parts(models, {0.25: 0.05, 0.5: 0.05})])
    noisy = only_verdict([*models, *parts(models, {0.25: 0.3, 0.5: -0.9})])

    found = plain.decided_at
    assert math.isnan(found.rows)
    assert found.side is None
    assert found.above + found.below < 1
    assert abs(noisy.decided_at.slope) > 0.05
    assert noisy.decided_at.slope_error > 0.1
    assert noisy.decided_at.above == pytest.approx(plain.decided_at.above, abs=0.1)


def test_of_rows_in_time_order_the_slope_is_less_sure_and_the_table_has_the_rows_of_the_last_fold(
    rng: np.random.Generator,
) -> None:
    base, n = rng.exponential(1.0, 400), 400
    walk = np.cumsum(rng.normal(0, 1, (2, n)), axis=1)
    drift = 0.3 * (walk - walk.mean(axis=1, keepdims=True)) / walk.std(axis=1, keepdims=True)
    gains = {0.25: drift[0], 0.5: drift.mean(axis=0), 1.0: 0.05 + drift[1]}
    pieces = []
    for fraction, gain in gains.items():
        name, val_loss = (None, np.nan) if fraction == 1 else (f"rows-{fraction:g}", 1.0)
        pieces += [scored(base, candidate=name), scored(base * (1 - gain), "neural", 1, name)]
        pieces[-2:] = [piece.assign(val_loss=val_loss) for piece in pieces[-2:]]

    timed = [piece.assign(time=100 + piece["row"]) for piece in pieces]
    series, rows = (only_verdict(some).decided_at for some in (timed, pieces))

    assert series.slope_error > 2 * rows.slope_error
    assert math.isnan(series.rows) or series.rows == pytest.approx(500 * series.times)


@pytest.mark.parametrize("method", ["rows", "corrected t"])
def test_how_a_width_falls_with_rows_is_no_matter_of_how_alike_neighbours_are(method: str) -> None:
    found = []
    for alike in (0.0, 0.7):
        noise = np.random.default_rng(1).normal(size=(3, 300))
        moves = lfilter([np.sqrt(1 - alike**2)], [1, -alike], noise, axis=1)
        place = np.arange(300)
        told = {
            "repeat": 0,
            "fold": place * 5 // 300,
            "row": place,
            "group": place,
            "time": place + 100.0,
            "base": 1.0,
        }
        found.append(
            np.mean(
                [
                    width_exponent(pd.DataFrame(told | {"other": 1 - move}), METHODS[method])
                    for move in moves
                ]
            )
        )

    assert found[1] == pytest.approx(found[0], abs=0.06)
    assert found[1] < -0.3  # of the bounds -0.5 and -0.25 nearer the first
