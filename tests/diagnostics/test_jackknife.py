"""Standard errors over rows, groups and blocks are those of refits without each, and hold where
rows depend on each other.
"""

from __future__ import annotations

import re
from functools import partial

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm

from calibrations import coefficients as simulated
from study.data.units import Units
from study.diagnostics import jackknife
from study.diagnostics.coefficients import likelihood
from study.schema import Kind
from tests.diagnostics.people import fit, make_people

CLASSES = ["a", "b", "c"]


def target_of(design: pd.DataFrame, kind: Kind) -> np.ndarray:
    rng, eta = (
        np.random.default_rng(1),
        0.005 * (design["height"] - 1700).to_numpy() + 0.5 * design["single"].to_numpy(),
    )
    if kind is Kind.CONTINUOUS:
        return np.asarray(eta + rng.normal(size=len(eta)) * np.exp(design["single"].to_numpy()))
    if kind is Kind.COUNT:
        return rng.poisson(np.exp(eta)).astype(float)
    return np.digitize(
        eta + rng.logistic(size=len(eta)), [0.0] if kind is Kind.BINARY else [-0.5, 0.5]
    ).astype(float)


def grouped(sizes: list[int]) -> Units:
    """Groups of these sizes, scattered over the rows."""
    return Units(
        "group", np.random.default_rng(3).permutation(np.repeat(np.arange(len(sizes)), sizes))
    )


@pytest.fixture
def design() -> pd.DataFrame:
    return make_people()


def test_over_rows_least_squares_has_the_hc3_errors_of_statsmodels(design: pd.DataFrame) -> None:
    y = target_of(design, Kind.CONTINUOUS)
    centred = design.assign(height=design["height"] - 1700)

    found = fit(centred, y, Kind.CONTINUOUS)

    exact = sm.OLS(y, sm.add_constant(centred)).fit(cov_type="HC3", use_t=True)
    assert found["ref_std_error"].to_numpy() == pytest.approx(exact.bse.to_numpy(), rel=1e-9)
    assert found[["ref_low", "ref_high"]].to_numpy() == pytest.approx(
        exact.conf_int().to_numpy(), rel=1e-9
    )


@pytest.mark.parametrize(
    ("kind", "sizes", "near"),
    [
        (Kind.CONTINUOUS, [3] * 100 + [1] * 100, 1e-9),
        (Kind.CONTINUOUS, [100] + [15] * 20, 1e-9),
        (Kind.BINARY, [20] * 20, 0.04),
        (Kind.COUNT, [20] * 20, 0.06),
    ],
)
def test_over_groups_errors_are_the_spread_of_refits_without_each_group(
    design: pd.DataFrame, kind: Kind, sizes: list[int], near: float
) -> None:
    y, units = target_of(design, kind), grouped(sizes)
    family = {Kind.BINARY: sm.families.Binomial(), Kind.COUNT: sm.families.Poisson()}.get(
        kind, sm.families.Gaussian()
    )
    x = sm.add_constant(design.assign(height=design["height"] - 1700)).to_numpy()

    found = fit(design, y, kind, units=units)

    whole = sm.GLM(y, x, family=family).fit()
    kept = [units.codes != unit for unit in range(units.count)]
    moved = [
        sm.GLM(y[rows], x[rows], family=family).fit(start_params=whole.params).params - whole.params
        for rows in kept
    ]
    expected = np.sqrt(np.square(moved).sum(axis=0))
    assert found["ref_std_error"].to_numpy()[1:] == pytest.approx(expected[1:], rel=near)
    assert set(found["se_over"]) == {"groups"}


def test_of_classes_the_errors_are_near_the_spread_of_refits_without_each_group(
    design: pd.DataFrame,
) -> None:
    design = design.drop(columns="wealth")  # whose largest values a single step does not do justice
    y, units = target_of(design, Kind.MULTICLASS), grouped([20] * 20)

    whole = fit(design, y, Kind.MULTICLASS, CLASSES, units=units)

    rest = [units.codes != unit for unit in range(units.count)]
    moved = [
        fit(design[rows], y[rows], Kind.MULTICLASS, CLASSES)["ref_estimate"] - whole["ref_estimate"]
        for rows in rest
    ]
    assert whole["ref_std_error"].to_numpy() == pytest.approx(
        np.sqrt(np.square(moved).sum(axis=0)), rel=0.06
    )


@pytest.mark.parametrize(
    ("kind", "sizes"),
    [
        (Kind.CONTINUOUS, [1] * 400),
        (Kind.BINARY, [5] * 80),
        (Kind.MULTICLASS, [1] * 400),
        (Kind.MULTICLASS, [20] * 20),
        (Kind.COUNT, [5] * 80),
    ],
)
def test_small_pieces_give_the_errors_of_the_whole(
    design: pd.DataFrame, kind: Kind, sizes: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    of = partial(fit, design, target_of(design, kind), kind, CLASSES, units=grouped(sizes))
    whole = of()

    monkeypatch.setattr(likelihood, "BLOCK", 37)
    monkeypatch.setattr(jackknife, "MOST_CELLS", 100)

    assert of()["ref_std_error"].to_numpy() == pytest.approx(
        whole["ref_std_error"].to_numpy(), rel=1e-5
    )


@pytest.mark.parametrize("kind", [Kind.CONTINUOUS, Kind.MULTICLASS])
def test_a_group_that_is_solved_in_its_own_size_has_the_step_of_one_that_is_solved_in_that_of_the_weights(
    design: pd.DataFrame, kind: Kind, monkeypatch: pytest.MonkeyPatch
) -> None:
    of = partial(fit, design, target_of(design, kind), kind, CLASSES, units=grouped([2] * 200))
    small = of()

    monkeypatch.setattr(
        jackknife, "SURE", 2.0
    )  # no unit is sure: all are solved one by one, by their eigenvectors

    assert of()["ref_std_error"].to_numpy() == pytest.approx(
        small["ref_std_error"].to_numpy(), rel=1e-7
    )


def test_a_column_that_varies_in_one_group_alone_loses_its_error_and_no_other_does(
    design: pd.DataFrame,
) -> None:
    units = grouped([20] * 20)
    y, mine = target_of(design, Kind.CONTINUOUS), units.codes == 3
    own = design.assign(own=np.where(mine, design["height"] % 7, 0.0))

    found = fit(own, y, Kind.CONTINUOUS, units=units).set_index("term")

    assert found["note"].ne("").to_dict() == found["ref_std_error"].isna().to_dict()
    assert found["ref_std_error"].isna().to_dict() == dict.fromkeys(
        ["intercept", *design], False
    ) | {"own": True}
    assert found["se_over"].isna().to_dict() == found["ref_std_error"].isna().to_dict()


def test_a_column_that_two_groups_tell_of_has_no_error(design: pd.DataFrame) -> None:
    units = grouped([20] * 20)

    found = fit(
        design.assign(few=(units.codes < 2) * 1.0),
        target_of(design, Kind.BINARY),
        Kind.BINARY,
        units=units,
    )

    assert found["note"].tolist()[:-1] == [""] * 4
    assert re.findall(r"\d\.\d", found["note"].iloc[-1]) == [
        "2.4"
    ]  # groups, as it were, that tell of it
    assert np.isnan(found["ref_std_error"].iloc[-1])


def test_fewer_than_ten_groups_have_no_errors_and_say_so(design: pd.DataFrame) -> None:
    found = fit(design, target_of(design, Kind.COUNT), Kind.COUNT, units=grouped([50] * 8))

    assert found["ref_std_error"].isna().all()
    assert found["ref_estimate"].notna().all()
    assert [re.findall(r"\d+", note) for note in found["note"].unique()] == [["8", "10"]]


@pytest.mark.parametrize(
    ("moments", "count"), [(4, 2), (12, 6), (20, 10), (99, 10), (178, 13), (2_000, 44)]
)
def test_time_is_cut_into_about_as_many_blocks_as_each_is_long(moments: int, count: int) -> None:
    assert jackknife.blocks(moments) == count


BADLY = {
    ("continuous", "60 groups of 5"): 0.8,
    ("continuous", "in time, correlation 0.8"): 0.75,
    ("count", "negative binomial"): 0.88,
}
"""Scenarios, and what the shares of before lie below."""


@pytest.mark.parametrize("scenario", BADLY, ids=" ".join)
def test_intervals_hold_the_truth_where_those_of_before_did_not(scenario: tuple[str, str]) -> None:
    (table,) = [
        s
        for s in simulated.SCENARIOS
        if (s.kind.value, s.text) == scenario and s.n_rows in (178, 300)
    ]

    share = simulated.held(table, 60)

    assert share["before"] < BADLY[scenario]
    assert share["now"] > 0.85
