"""What a search tried beside what it cost."""

from __future__ import annotations

import itertools

import numpy as np
import pandas as pd
import pytest

from study.evidence.searched import LEAST, choice_of_best, choice_word, fronts, searched_trials, where_best


def trials(rows: list[tuple[str, int, int, int, float | None, str, float, int]], target: str = "y") -> pd.DataFrame:
    """Rows of (family, depth, outer fold, number, validation loss, state, seconds, parameters)."""
    columns = ["family", "depth", "outer_fold", "number", "val_loss", "state", "wall_time_s", "n_parameters"]
    return pd.DataFrame(rows, columns=columns).assign(target=target, kind="continuous").astype({"n_parameters": "Int64"})


def two_folds() -> pd.DataFrame:
    return trials(
        [
            ("linear", 0, 0, 0, 10.0, "COMPLETE", 1.0, 3),
            ("neural", 1, 0, 0, 12.0, "COMPLETE", 2.0, 30),
            ("neural", 1, 0, 1, 8.0, "COMPLETE", 4.0, 60),
            ("neural", 1, 0, 2, 30.0, "PRUNED", 0.5, 30),
            ("neural", 1, 0, 3, None, "FAIL", 0.1, 30),
            ("linear", 0, 1, 0, 100.0, "COMPLETE", 1.0, 3),
            ("neural", 1, 1, 0, 90.0, "COMPLETE", 3.0, 30),
            ("neural", 1, 1, 1, 60.0, "COMPLETE", 5.0, 60),
            ("neural", 1, -1, 0, 1.0, "COMPLETE", 1.0, 30),
        ]
    )


def test_losses_are_shares_of_the_regression_of_their_fold_and_ranks_of_their_arm() -> None:
    found = searched_trials(two_folds())

    assert found["relative"].tolist() == pytest.approx([1.0, 1.2, 0.8, 3.0, 1.0, 0.9, 0.6])
    assert found["rank"].tolist() == [0.0, 0.5, 0.0, 1.0, 0.0, 1.0, 0.0]
    assert found.loc[found["best"], ["outer_fold", "family", "number"]].to_numpy().tolist() == [
        [0, "linear", 0], [0, "neural", 1], [1, "linear", 0], [1, "neural", 1],
    ]  # fmt: skip
    assert set(found["reference"]) == {"linear"}


@pytest.mark.parametrize(("family", "reference", "relative"), [("constant", "constant", 1.2), ("extended", LEAST, 1.5)])
def test_without_a_regression_losses_are_shares_of_the_constant_or_of_the_least(
    family: str, reference: str, relative: float
) -> None:
    one = two_folds().query("outer_fold == 0").replace({"family": {"linear": family}})

    found = searched_trials(one)

    assert (found["reference"] == reference).all()
    assert found["relative"].iloc[1] == pytest.approx(relative)


def test_a_loss_of_nothing_is_no_reference() -> None:
    table = two_folds()
    table.loc[table["family"] == "linear", "val_loss"] = 0.0

    found = searched_trials(table)

    assert found["reference"].unique().tolist() == [LEAST]
    assert found["relative"].isna().all()
    assert fronts(found).empty


def test_the_front_of_one_fold_is_of_the_trials_that_none_is_both_cheaper_and_better_than() -> None:
    rng = np.random.default_rng(0)
    rows = [("neural", 1, 0, i, float(loss), "COMPLETE", float(s), 5) for i, (loss, s) in enumerate(rng.random((40, 2)))]
    table = trials([("linear", 0, 0, 0, 1.0, "COMPLETE", 2.0, 3), *rows])

    found = fronts(searched_trials(table)).query("cost == 'seconds'")

    points = [(seconds, loss) for *_, loss, _, seconds, _ in rows]
    unbeaten = sorted((s, x) for s, x in points if not any(t <= s and y < x for t, y in points))
    assert found[["at", "relative"]].to_numpy().tolist() == [pytest.approx(point) for point in unbeaten]


def test_the_front_of_several_folds_is_the_median_of_theirs() -> None:
    third = two_folds().query("outer_fold == 1").assign(outer_fold=2)

    found = fronts(searched_trials(pd.concat([two_folds(), third])))

    for cost, at in (("n_parameters", [3.0, 30.0, 60.0]), ("seconds", [1.0, 3.0, 5.0])):
        own = found[found["cost"] == cost]
        assert own["at"].tolist() == at
        assert own["relative"].tolist() == pytest.approx([1.0, 0.9, 0.6])


@pytest.mark.parametrize(("linear", "network"), [(6.9e-32, 6.1e-32), (2.0, 2.0 - 1e-9)])
def test_what_is_less_by_rounding_is_no_corner_of_the_front(linear: float, network: float) -> None:
    told = [("constant", 0, 10.0), ("linear", 0, linear), ("neural", 1, network)]
    table = trials([(f, d, 0, 0, x, "COMPLETE", 1.0 + k, 3 + k) for k, (f, d, x) in enumerate(told)])

    assert fronts(searched_trials(table))["at"].tolist() == [2.0, 4.0]


def test_the_front_has_neither_the_constant_nor_what_was_given_up() -> None:
    table = two_folds().replace({"family": {"linear": "constant"}})

    found = fronts(searched_trials(table))

    assert found["at"].min() > 1.0
    assert (np.diff(found[found["cost"] == "seconds"]["relative"]) < 0).all()


def test_where_the_best_lie_is_told_on_the_scale_that_was_searched() -> None:
    values = pd.Series(10.0 ** np.linspace(-4, 0, 101))
    best = pd.Series([-3.0 <= np.log10(v) <= -2.0 for v in values])

    low, high, share = where_best(values, best, 1e-4, 1.0, log=True)

    assert (np.log10(low), np.log10(high)) == pytest.approx((-2.9, -2.1), abs=0.03)
    assert share == pytest.approx(0.25, abs=0.02)


def test_the_ends_of_a_few_best_are_those_of_trials() -> None:
    values = pd.Series([0.0029, 0.006, 0.0062, 0.02])

    assert where_best(values, values < 0.01, 1e-4, 1.0, log=True)[:2] == (0.0029, 0.0062)


def test_even_draws_take_all_of_a_range() -> None:
    values = pd.Series(np.linspace(0, 1, 201))

    assert where_best(values, pd.Series([True] * 201), 0.0, 1.0, log=False)[2] == pytest.approx(1.0)


@pytest.mark.parametrize(
    ("counts", "expected"), [((9, 1), ("32", 0.9, 0.2)), ((5, 5), ("32", 0.5, 1.0)), ((0, 10), ("64", 1.0, 0.0))]
)
def test_what_the_best_choose_is_told_with_how_much_that_leaves_open(
    counts: tuple[int, int], expected: tuple[str, float, float]
) -> None:
    values = pd.Series(list(itertools.chain([32] * counts[0], [64] * counts[1])))

    name, share, left = choice_of_best(values, pd.Series([True] * 10), 2)

    assert (name, share, left) == (expected[0], pytest.approx(expected[1]), pytest.approx(expected[2]))


@pytest.mark.parametrize(("config", "frame"), [(64, 64.0), (0, 0.0), ("relu", "relu"), (True, "True"), (np.float64(0.1), 0.1)])
def test_a_choice_is_the_same_in_a_config_and_in_a_frame(config: object, frame: object) -> None:
    assert choice_word(config) == choice_word(frame)
