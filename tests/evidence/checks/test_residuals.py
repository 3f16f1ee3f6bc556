"""Residuals by the prediction, and by the columns that explain most of them."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pandas as pd
import pytest

from study.evidence.checks.columns import MOST_COLUMNS, Cut, Original, adjusted, by_column, halves
from study.evidence.checks.residuals import by_prediction, with_residuals
from study.evidence.checks.rows import checked_rows
from tests.evidence.checks.predicted import incumbents_of, predicted

N = 400
RNG = np.random.default_rng(3)
X, NOISE, ERROR = RNG.uniform(-1, 1, (3, N))
REGION = np.where(RNG.random(N) < 0.3, "west", "east")


def rows_of(observed: np.ndarray, models: dict[tuple[str, int], np.ndarray], **more: object) -> pd.DataFrame:
    predictions = predicted(observed, models, **more)  # type: ignore[arg-type]
    return checked_rows(predictions, incumbents_of(predictions))


def originals(_: str) -> Iterable[Original]:
    yield Original("noise", "", pd.Series(NOISE))
    yield Original("x", "", pd.Series(np.where(np.arange(N) % 9 == 0, np.nan, X)))
    yield Original("region", "", pd.Series(REGION, dtype=object))


def test_a_mean_residual_is_that_of_its_bin_with_an_interval_for_all_bins_together() -> None:
    observed = X + np.where(X > 0.8, 2.0, 0.0) + 0.1 * NOISE

    bins = by_prediction(rows_of(observed, {("linear", 0): X, ("trees", 0): observed}))

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

    once, thrice = (by_prediction(rows_of(observed, {("linear", 0): X}, repeats=repeats)) for repeats in (1, 3))

    columns = ["mean", "low", "high", "n_rows"]
    pd.testing.assert_frame_equal(once[columns], thrice[columns])


def test_classes_have_residuals_of_their_probability_and_several_classes_have_none() -> None:
    hit, p = (X > 0).astype(float), np.full(N, 0.25)
    two = rows_of(hit, {("logistic", 0): p}, kind="binary")
    several = rows_of(hit, {("logistic", 0): np.full((N, 3), 1 / 3)}, kind="multiclass")

    residuals = with_residuals(two)

    assert set(residuals["residual"]) == {0.75, -0.25}
    assert set(residuals["least"]) == {0.1875}
    assert by_prediction(two).empty
    assert with_residuals(several).empty


def test_a_column_that_a_model_misses_is_found_and_holds_for_that_model_alone() -> None:
    observed = 2 * X + 3 * X**2 + np.where(REGION == "west", 2.0, 0.0) + 0.2 * ERROR
    complete = observed - 0.2 * ERROR

    bins = by_column(rows_of(observed, {("linear", 0): 2 * X, ("trees", 0): complete}), originals)

    linear = bins[bins["family"] == "linear"]
    assert set(linear["column"]) == {"x", "region"}
    assert linear["holds"].all()
    assert linear.drop_duplicates("column")["explained"].is_monotonic_decreasing
    assert not bins.loc[bins["family"] == "trees", "holds"].any()
    west = linear[linear["category"] == "west"].iloc[0]
    second = halves(with_residuals(rows_of(observed, {("linear", 0): 2 * X})))[1]
    told = second.loc[second["row"].map(pd.Series(REGION)) == "west", "residual"]
    assert west["mean"] == pytest.approx(told.mean())
    assert west["n_rows"] == len(told)
    assert linear[linear["column"] == "x"]["category"].tolist()[-1] == "missing"


@pytest.mark.parametrize("seed", range(4))
def test_of_many_columns_of_noise_none_holds_and_one_is_told(seed: int) -> None:
    rng = np.random.default_rng(seed)
    noise = [Original(f"x{k}", "", pd.Series(rng.normal(size=N))) for k in range(40)]

    bins = by_column(rows_of(rng.normal(size=N), {("linear", 0): np.zeros(N)}), lambda _: noise)

    assert not bins["holds"].any()
    assert len(bins["column"].unique()) == 1


def test_no_more_columns_are_told_than_are_read_at_a_glance() -> None:
    many = [Original(f"x{k}", "", pd.Series(X + 0.01 * k * NOISE)) for k in range(9)]

    bins = by_column(rows_of(X, {("linear", 0): np.zeros(N)}), lambda _: many)

    assert bins["column"].nunique() == MOST_COLUMNS
    assert bins["explained"].between(0.8, 1).all()


def test_a_model_that_was_scored_on_rows_of_one_half_alone_is_left_out() -> None:
    rows = rows_of(2 * X + NOISE, {("linear", 0): 2 * X, ("trees", 0): X})
    few = halves(rows)[1]["row"].unique()[:3]

    bins = by_column(rows[(rows["family"] == "linear") | rows["row"].isin(few)], originals)

    assert set(bins["family"]) == {"linear"}


def test_halves_divide_groups_and_are_always_the_same() -> None:
    rows = rows_of(X, {("linear", 0): X}, groups=np.arange(N) // 8, repeats=2)

    first, second = halves(rows)

    assert not set(first["group"]) & set(second["group"])
    assert len(first) + len(second) == len(rows)
    pd.testing.assert_frame_equal(first, halves(rows)[0])


def test_the_adjusted_share_is_that_of_a_regression_on_the_bins() -> None:
    import statsmodels.api as sm

    places = np.arange(60) % 4
    residuals = np.random.default_rng(0).normal(size=60) + places

    expected = sm.OLS(residuals, pd.get_dummies(places, dtype=float)).fit().rsquared_adj

    assert adjusted(residuals, places) == pytest.approx(expected)
    assert adjusted(np.append(residuals, np.nan), np.append(places, 0)) == pytest.approx(expected)
    assert adjusted(np.zeros(60), places) == 0


def test_few_numbers_have_a_bin_each_and_rare_categories_share_one() -> None:
    flags = Cut.of(pd.Series([0.0, 1.0, np.nan, 1.0]), 7)
    names = Cut.of(pd.Series(list("aaabbc"), dtype=object), 2)

    assert flags.places(pd.Series([1.0, 0.0, np.nan])).tolist() == [1, 0, 2]
    assert [flags.category(place) for place in (0, 2)] == ["", "missing"]
    assert names.places(pd.Series(["b", "c", "new"], dtype=object)).tolist() == [1, 2, 2]
    assert [names.category(place) for place in range(3)] == ["a", "b", "all others"]
