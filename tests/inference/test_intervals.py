"""How many fresh rows lie in intervals and sets, and that both are what their papers define."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd
import pytest
from scipy.special import softmax
from sklearn.linear_model import LogisticRegression

from study.inference.intervals import Scored, guarantee_words, sets, symmetric
from study.inference.models import judged_rows, open_saved
from study.inference.predictions import predict
from study.results import Results

from .made import awkward_frame

FOLDS, ROWS, FRESH, TABLES = 5, 100, 200, 60


def test_the_ends_are_the_order_statistics_of_the_paper(rng: np.random.Generator) -> None:
    n, alpha = 23, 0.2
    folds, residuals = np.arange(n) % 3, rng.exponential(size=n)
    predicted = rng.normal(size=(3, 4))

    low, high = symmetric(predicted, Scored.of(residuals, folds), 1 - alpha)

    for x in range(4):
        below, above = (np.sort(predicted[folds, x] + sign * residuals) for sign in (-1, 1))
        assert low[x] == below[int(np.floor(alpha * (n + 1))) - 1]
        assert high[x] == above[int(np.ceil((1 - alpha) * (n + 1))) - 1]


def test_where_rows_are_too_few_an_interval_is_infinite() -> None:
    low, high = symmetric(np.zeros((1, 2)), Scored.of(np.arange(8.0), np.zeros(8, int)), 0.9)

    assert np.isneginf(low).all()
    assert np.isposinf(high).all()
    assert ["infinite" in guarantee_words(0.9, 1, False, rows) for rows in (8, 9)] == [True, False]


def test_a_set_holds_the_classes_that_the_paper_puts_in(rng: np.random.Generator) -> None:
    n, level = 30, 0.8
    folds, scores = np.arange(n) % 2, rng.uniform(size=n)
    shares = softmax(rng.normal(size=(2, 5, 3)), axis=2)

    inside = sets(shares, Scored.of(scores, folds), level)

    for x in range(5):
        for c in range(3):
            own = [1 - shares[k, x, c] for k in range(2)]  # the score that the class would have
            assert inside[x, c] == (
                sum(scores[i] < own[folds[i]] for i in range(n)) < level * (n + 1)
            )


def with_ones(x: np.ndarray) -> np.ndarray:
    return np.column_stack([np.ones(len(x)), x])


def covered(
    draw: pd.Series | object, rng: np.random.Generator, group: int | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Whether each fresh row lies inside its 90 % interval by least squares, and its prediction."""
    x, y, houses = draw(ROWS)  # type: ignore[operator]
    own = (houses if group else rng.permutation(ROWS)) % FOLDS
    new_x, new_y, _ = draw(FRESH)  # type: ignore[operator]
    weights = [
        np.linalg.lstsq(with_ones(x[own != k]), y[own != k], rcond=None)[0] for k in range(FOLDS)
    ]
    residuals = np.abs(y - np.einsum("ij,ij->i", with_ones(x), np.array(weights)[own]))
    predicted = np.array([with_ones(new_x) @ each for each in weights])
    low, high = symmetric(predicted, Scored.of(residuals, own, houses if group else None), 0.9)
    return (low <= new_y) & (new_y <= high), predicted.mean(axis=0)


@pytest.mark.parametrize("unequal", [False, True])
def test_nine_of_ten_fresh_rows_lie_inside_also_where_the_spread_is_unequal(
    rng: np.random.Generator, unequal: bool
) -> None:
    def draw(n: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        x = rng.uniform(0, 1, (n, 3))
        spread = 0.2 + 2 * x[:, 0] if unequal else 1.0
        return x, 4 * x[:, 0] + x[:, 1] + spread * rng.normal(size=n), np.arange(n)

    found = [covered(draw, rng) for _ in range(TABLES)]
    inside, predicted = (np.concatenate(part) for part in zip(*found, strict=True))
    thirds = [inside[own].mean() for own in np.array_split(np.argsort(predicted), 3)]

    assert 0.885 < inside.mean() < 0.935
    if unequal:  # one width for all rows: few of the quiet third lie outside, many of the noisy one
        assert thirds[0] > 0.96
        assert thirds[2] < 0.86
    else:
        assert all(0.87 < third < 0.94 for third in thirds)


def test_rows_of_new_groups_lie_inside_where_each_group_counts_once(
    rng: np.random.Generator,
) -> None:
    """Groups of 1 to 19 rows with an effect of their own; fresh rows are one of each new group."""

    def draw(n: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        houses = np.arange(n) if n == FRESH else np.repeat(np.arange(10), np.arange(1, 20, 2))
        x = rng.normal(size=(n, 2))
        return x, x[:, 0] + rng.normal(size=n) + rng.normal(0, 2, houses.max() + 1)[houses], houses

    inside = np.concatenate([covered(draw, rng, group=1)[0] for _ in range(2 * TABLES)])

    assert inside.mean() > 0.88


@pytest.mark.parametrize("groups", [8, 9, 11])
def test_a_few_groups_of_rows_alike_hold_a_new_one_as_often_as_asked(
    rng: np.random.Generator, groups: int
) -> None:
    own, tables = np.repeat(np.arange(groups), 5), 2_000
    inside, infinite = [], []
    for residuals in np.abs(rng.normal(size=(tables, groups + 1))):
        _, high = symmetric(
            np.zeros((1, 1)), Scored.of(residuals[own], np.zeros(len(own), int), own), 0.9
        )
        inside.append(residuals[-1] <= high[0])
        infinite.append(np.isinf(high[0]))

    assert np.mean(inside) > 0.9 - 2 * (0.09 / tables) ** 0.5
    assert set(infinite) == {groups < 9} == {"infinite" in guarantee_words(0.9, 1, True, groups)}


def test_nine_of_ten_fresh_rows_have_their_class_in_the_set(rng: np.random.Generator) -> None:
    truth = rng.normal(size=(2, 3)) * 1.5

    def draw(n: int) -> tuple[np.ndarray, np.ndarray]:
        x = rng.normal(size=(n, 2))
        return x, (rng.random((n, 1)) > softmax(x @ truth, axis=1).cumsum(axis=1)).sum(axis=1)

    inside, sizes = [], []
    for _ in range(TABLES // 3):
        x, y = draw(ROWS)
        own = rng.permutation(ROWS) % FOLDS
        models = [LogisticRegression().fit(x[own != k], y[own != k]) for k in range(FOLDS)]
        shares = np.array([models[k].predict_proba(x[[i]])[0] for i, k in enumerate(own)])
        scores = 1 - shares[np.arange(ROWS), y]
        new_x, new_y = draw(FRESH)
        found = sets(
            np.array([m.predict_proba(new_x) for m in models]), Scored.of(scores, own), 0.9
        )
        inside.append(found[np.arange(FRESH), new_y])
        sizes.append(found.sum(axis=1))

    assert 0.885 < np.mean(inside) < 0.94
    assert np.mean(sizes) < 2.6  # of three classes


@pytest.mark.parametrize("model", ["formula", "network", "trees"])
def test_rows_get_intervals_of_the_folds_models(flats: Results, model: str) -> None:
    fresh = awkward_frame(400, seed=9)

    said = predict(flats, fresh, "price", model, interval=0.8)

    inside = fresh["price"].between(said.frame["low"], said.frame["high"])
    assert inside.mean() > 0.7
    assert re.findall(r"\d+", said.notes[0]) == [
        "2",
        "150",
        "80",
        "60",
    ]  # folds, rows, share in practice and for certain
    residuals = [
        np.abs(rows["observed"] - rows["predicted"])
        for rows in (judged_rows(flats, "price", model, k) for k in range(2))
    ]
    saved = [open_saved(flats, "price", model, k) for k in range(2)]
    predicted = np.stack([each.response(each.reader.read(fresh).values) for each in saved])
    low, high = symmetric(
        predicted, Scored.of(np.concatenate(residuals), np.repeat([0, 1], 75)), 0.8
    )
    own = said.frame["predicted"]
    np.testing.assert_array_equal(
        said.frame[["low", "high"]], np.column_stack([np.minimum(low, own), np.maximum(high, own)])
    )


def test_classes_get_sets_that_hold_the_predicted_one(flats: Results) -> None:
    fresh = awkward_frame(300, seed=9)

    found = predict(flats, fresh, "sort", "network", interval=0.9).frame

    assert (
        np.mean(
            [
                own in named.split(", ")
                for own, named in zip(fresh["sort"], found["set"], strict=True)
            ]
        )
        > 0.8
    )
    assert all(
        own in named.split(", ")
        for own, named in zip(found["predicted"], found["set"], strict=True)
    )
