"""The lasso over terms: its minimum is that of others, and what the columns tell already is no
term's.
"""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.linear_model import Lasso

from study.families.heads import HEADS, FloatArray
from study.schema import Kind
from study.training.lasso import Rest, bend, lasso, slopes, strongest

KINDS = list(Kind)


def sample(kind: Kind, n: int = 400, width: int = 12) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Terms, offset and targets, of which the first two terms tell something."""
    rng = np.random.default_rng(3)
    values = rng.normal(size=(n, width))
    values[:, 2] += values[:, 0]
    values /= np.sqrt(np.square(values).mean(axis=0))
    eta = 0.2 + values[:, 0] - 0.5 * values[:, 1]
    y = {
        Kind.CONTINUOUS: eta + rng.normal(size=n),
        Kind.BINARY: (rng.logistic(size=n) < eta) * 1.0,
        Kind.MULTICLASS: np.digitize(eta + rng.logistic(size=n), [-1, 1]) * 1.0,
        Kind.COUNT: rng.poisson(np.exp(0.5 * eta)) * 1.0,
    }[kind]
    return values, np.tile(HEADS[kind].constant(y, 3 if kind is Kind.MULTICLASS else 1), (n, 1)), y


@pytest.mark.parametrize("kind", KINDS)
def test_no_chosen_term_can_gain_and_no_other_has_a_slope_above_the_penalty(kind: Kind) -> None:
    values, offset, y = sample(kind)
    head, path = (
        HEADS[kind],
        strongest(values, offset, y, HEADS[kind]) * np.geomspace(0.9, 0.02, 12),
    )

    for penalty, (chosen, weights) in zip(
        path, lasso(values, offset, y, head, path.tolist()), strict=True
    ):
        slope = values.T @ slopes(head, offset + values[:, chosen] @ weights, y) / len(y)
        pull = penalty * weights / np.linalg.norm(weights, axis=1, keepdims=True)
        np.testing.assert_allclose(slope[chosen], -pull, atol=0.02 * path[0])
        others = np.delete(slope, chosen, axis=0)
        assert np.linalg.norm(others, axis=1).max() <= penalty * 1.002
    assert {0, 1} <= {*chosen.tolist()}


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_is_chosen_at_the_strongest_penalty_and_one_term_just_below_it(kind: Kind) -> None:
    values, offset, y = sample(kind)
    top = strongest(values, offset, y, HEADS[kind])

    counts = [
        len(chosen)
        for chosen, _ in lasso(values, offset, y, HEADS[kind], [1.001 * top, 0.98 * top])
    ]

    assert counts == [0, 1]


def test_of_a_number_it_is_the_minimum_that_scikit_learn_finds() -> None:
    values, offset, y = sample(Kind.CONTINUOUS)
    expected = Lasso(alpha=0.1, fit_intercept=False, tol=1e-10).fit(values, y - offset[:, 0]).coef_

    ((chosen, weights),) = lasso(
        values, offset, y, HEADS[Kind.CONTINUOUS], [0.2]
    )  # scikit-learn halves the squares

    assert chosen.tolist() == np.flatnonzero(expected).tolist()
    np.testing.assert_allclose(weights[:, 0], expected[chosen], atol=1e-3)


@pytest.mark.parametrize("kind", KINDS)
def test_what_columns_tell_already_is_taken_off_a_term_and_a_term_that_they_tell_is_none(
    kind: Kind,
) -> None:
    values, offset, _ = sample(kind)
    columns, terms = (
        values[:, :3],
        np.column_stack([values[:, 3] + values[:, 0], values[:, 0] - 2 * values[:, 2]]),
    )
    weights = bend(HEADS[kind], offset)

    rest = Rest.of(terms, columns, weights)

    np.testing.assert_allclose(
        columns.T @ (weights[:, None] * rest.values), 0, atol=1e-5 * len(columns)
    )
    np.testing.assert_allclose(rest.values.std(axis=0), [1, 0], atol=1e-6)
    again = (
        rest.values[:, 0] * rest.scale[0]
        + np.column_stack([np.ones(len(columns)), columns]) @ rest.back[:, 0]
    )
    np.testing.assert_allclose(again, terms[:, 0])
