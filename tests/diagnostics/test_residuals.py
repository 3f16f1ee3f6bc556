"""Residuals by the prediction."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from study.diagnostics.context import Context
from study.diagnostics.residuals.compute import compute as residuals
from tests.diagnostics.predicted import context_of, predicted

N = 400
RNG = np.random.default_rng(3)
X, NOISE = RNG.uniform(-1, 1, (2, N))


def rows_of(
    observed: np.ndarray, models: dict[tuple[str, int], np.ndarray], **more: object
) -> Context:
    return context_of(predicted(observed, models, **more))  # type: ignore[arg-type]


def test_a_mean_residual_is_that_of_its_bin_with_an_interval_for_all_bins_together() -> None:
    observed = X + np.where(X > 0.8, 2.0, 0.0) + 0.1 * NOISE

    bins = residuals(rows_of(observed, {("linear", 0): X, ("trees", 0): observed}))

    linear = bins[bins["family"] == "linear"]
    last = linear.iloc[-1]
    inside = (last["start"] <= X) & (last["end"] >= X)
    assert linear["n_rows"].sum() == N
    assert last["mean"] == pytest.approx((observed - X)[inside].mean())
    assert last["q90"] == pytest.approx(np.quantile((observed - X)[inside], 0.9))
    assert linear[linear["low"] > 0]["start"].min() > 0.6
    assert (bins.loc[bins["family"] == "trees", ["mean", "low", "high"]] == 0).all(axis=None)


def test_repeats_do_not_make_a_bin_surer() -> None:
    observed = X + NOISE

    once, thrice = (
        residuals(rows_of(observed, {("linear", 0): X}, repeats=repeats)) for repeats in (1, 3)
    )

    columns = ["mean", "low", "high", "n_rows"]
    pd.testing.assert_frame_equal(once[columns], thrice[columns])


def test_classes_have_no_residuals_and_a_count_no_less_variance_than_its_rates() -> None:
    hit, none = (X > 0).astype(float), np.zeros(N)
    two = rows_of(hit, {("logistic", 0): np.full(N, 0.25)}, kind="binary")
    counts = rows_of(none, {("poisson", 0): np.full(N, 0.1)}, kind="count")

    ((low, high),) = residuals(counts)[["low", "high"]].to_numpy()

    assert residuals(two).empty
    assert low < -0.1 < high
