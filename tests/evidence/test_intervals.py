"""Every interval on one fixed set of fold losses, against an independent implementation, and its
coverage.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from study.evidence.intervals import (
    METHODS,
    CorrectedT,
    Interval,
    Rows,
    RowsAndRepeats,
    level_of,
    method_at,
)
from study.evidence.pairs import paired
from tests.evidence.fixed import K, N, R, by_row, fixed_losses, fixed_pairs, units


@pytest.fixture(scope="module")
def losses() -> tuple[np.ndarray, np.ndarray]:
    return fixed_losses()


@pytest.fixture(scope="module")
def pairs() -> pd.DataFrame:
    return fixed_pairs()


def test_pairs_name_repeat_and_fold_and_keep_only_common_rows() -> None:
    base = pd.DataFrame({"outer_fold": [7, 7], "row": [1, 2], "loss": [0.5, 0.6]})

    pairs = paired(base, base.iloc[:1].assign(loss=0.1), K)

    assert pairs.to_dict("records") == [
        {"repeat": 1, "fold": 2, "row": 1, "group": 1, "base": 0.5, "other": 0.1}
    ]


def test_the_corrected_t_is_that_of_nadeau_and_bengio(
    losses: tuple[np.ndarray, np.ndarray], pairs: pd.DataFrame
) -> None:
    r, share = units(*losses)
    variance = (1 / (R * K) + N / ((K - 1) * N)) * np.var(share.mean(axis=2), ddof=1)

    found = CorrectedT()(pairs)

    assert found.estimate == pytest.approx(r)
    assert (found.low, found.high) == pytest.approx(
        stats.t.interval(0.95, R * K - 1, r, math.sqrt(variance))
    )
    assert found.p_value(0.0) == pytest.approx(
        2 * stats.t.sf(abs(r) / math.sqrt(variance), R * K - 1)
    )


def test_rows_are_averaged_over_repeats_and_then_vary_as_they_do(
    losses: tuple[np.ndarray, np.ndarray], pairs: pd.DataFrame
) -> None:
    r, share = units(*losses)

    found = Rows()(pairs)

    assert found.estimate == pytest.approx(r)
    assert found.std_error == pytest.approx(stats.sem(by_row(share)))


def test_the_spread_between_repeats_is_added_to_that_of_rows(
    losses: tuple[np.ndarray, np.ndarray], pairs: pd.DataFrame
) -> None:
    r, share = units(*losses)
    between = np.var(share.mean(axis=(1, 2)), ddof=1)

    found = RowsAndRepeats()(pairs)

    assert found.estimate == pytest.approx(r)
    assert found.std_error == pytest.approx(math.sqrt(stats.sem(by_row(share)) ** 2 + between / R))


def test_with_one_repeat_rows_and_repeats_are_rows(pairs: pd.DataFrame) -> None:
    once = pairs[pairs["repeat"] == 0]

    assert RowsAndRepeats(name="rows")(once) == Rows()(once)


@pytest.mark.parametrize("method", METHODS.values(), ids=METHODS)
def test_interval_p_value_and_probability_say_the_same_of_every_bound(
    method: Callable[..., Interval], pairs: pd.DataFrame
) -> None:
    gains = [method(pairs.assign(other=pairs["other"] * f)) for f in np.linspace(0.6, 1.6, 11)]

    for bound in (0.0, 0.05):
        for gain in gains:
            assert (gain.p_value(bound) < 0.05) == (not gain.low <= bound <= gain.high)
            assert (gain.above(bound) > 0.975) == (gain.low > bound)
            assert (gain.above(bound) < 0.025) == (gain.high < bound)
        assert {gain.p_value(bound) < 0.05 for gain in gains} == {True, False}


@pytest.mark.parametrize("method", METHODS.values(), ids=METHODS)
def test_losses_without_a_base_give_no_improvement(
    method: Callable[..., Interval], pairs: pd.DataFrame
) -> None:
    found = method(pairs.assign(base=0.0))

    assert all(
        math.isnan(value) for value in (found.estimate, found.low, found.high, found.p_value(0.0))
    )


@pytest.mark.parametrize("name", METHODS)
def test_two_intervals_that_shall_hold_together_are_each_at_a_higher_level(
    name: str, pairs: pd.DataFrame
) -> None:
    one, both = (method_at(name, level_of(tests))(pairs) for tests in (1, 2))

    assert one == METHODS[name](pairs)
    assert [both.above(end) for end in (both.low, both.high)] == pytest.approx([1 - 0.0125, 0.0125])


@pytest.mark.parametrize("method", METHODS.values(), ids=METHODS)
def test_a_third_procedure_without_loss_gives_no_improvement(
    method: Callable[..., Interval], pairs: pd.DataFrame
) -> None:
    assert math.isnan(method(pairs.assign(per=0.0)).low)


def test_a_share_of_a_third_procedures_loss_covers_the_true_share() -> None:
    rng = np.random.default_rng(4)

    def covers() -> bool:
        common = rng.exponential(1.0, 200)
        losses = {
            "base": common * 0.6,
            "other": common * rng.uniform(0.2, 0.8, 200),
            "per": common * rng.uniform(0.5, 1.5, 200),
        }
        rows = {"repeat": 0, "fold": 0, "row": range(200), "group": range(200)}
        found = Rows()(pd.DataFrame(rows | losses))
        return found.low <= 0.1 <= found.high

    assert np.mean([covers() for _ in range(60)]) >= 0.9  # of an interval half as wide about 0.67


@pytest.mark.parametrize("method", METHODS.values(), ids=METHODS)
def test_no_pairs_give_no_interval(method: Callable[..., Interval], pairs: pd.DataFrame) -> None:
    found = method(pairs.iloc[:0])

    assert math.isnan(found.low)


def least_squares_pairs(
    rng: np.random.Generator, n: int, repeats: int
) -> tuple[pd.DataFrame, float]:
    """A table with a linear truth, fitted with and without products and squares; and the true gain
    on fresh rows.
    """
    x = rng.normal(size=(n, 3))
    y = x.sum(axis=1) + rng.normal(size=n)

    def design(z: np.ndarray, quadratic: bool) -> np.ndarray:
        products = [z[:, i] * z[:, j] for i in range(3) for j in range(i, 3)] if quadratic else []
        return np.column_stack([np.ones(len(z)), z, *products])

    fresh = rng.normal(size=(1000, 3))
    pieces, truth = [], []
    for r in range(repeats):
        for f, test in enumerate(np.array_split(rng.permutation(n), K)):
            train = np.setdiff1d(np.arange(n), test)
            losses, risks = [], []
            for quadratic in (False, True):
                weights = np.linalg.lstsq(design(x[train], quadratic), y[train])[0]
                losses.append((y[test] - design(x[test], quadratic) @ weights) ** 2)
                risks.append(
                    1 + np.mean((fresh.sum(axis=1) - design(fresh, quadratic) @ weights) ** 2)
                )
            pieces.append(
                pd.DataFrame(
                    {
                        "repeat": r,
                        "fold": f,
                        "row": test,
                        "group": test,
                        "base": losses[0],
                        "other": losses[1],
                    }
                )
            )
            truth.append(risks)
    base, other = np.mean(truth, axis=0)
    return pd.concat(pieces, ignore_index=True), 1 - other / base


def test_intervals_of_a_real_cross_validation_cover_the_true_gain() -> None:
    rng = np.random.default_rng(11)
    tables = [least_squares_pairs(rng, 100, 3) for _ in range(30)]
    truth = np.mean([gain for _, gain in tables])

    covered = {
        name: np.mean(
            [
                found.low <= truth <= found.high
                for found in (METHODS[name](pairs) for pairs, _ in tables)
            ]
        )
        for name in ("corrected t", "rows", "rows and repeats")
    }

    assert covered["corrected t"] >= 0.9
    assert covered["rows and repeats"] >= 0.88
    assert covered["rows"] >= 0.8
