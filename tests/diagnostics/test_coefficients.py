"""The table of coefficients: contrasts, odds ratios, and gaps to fits that statsmodels makes of the
same rows.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from scipy import stats

from study.diagnostics.coefficients.basis import SEPARATED
from study.diagnostics.coefficients.compute import coefficient_table, contrasts
from study.schema import Kind
from tests.diagnostics.people import N, fit, make_people


@pytest.fixture
def design() -> pd.DataFrame:
    return make_people()


def linear_predictor(design: pd.DataFrame) -> np.ndarray:
    return (
        0.008 * (design["height"] - 1700).to_numpy()
        - 0.4 * design["wealth"].to_numpy()
        + design["single"].to_numpy()
    )


def estimates(rows: list[tuple[str, str | None, float]], **more: Any) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=["term", "output", "estimate"])
    return frame.assign(
        **({"target": "y", "family": "logistic", "outer_fold": 0, "level": None, "unit": ""} | more)
    )


def test_softmax_estimates_become_contrasts_with_the_first_class() -> None:
    weights = estimates([("x", "a", 1.0), ("x", "b", 3.0), ("x", "c", 0.5)])

    found = contrasts(weights, ["a", "b", "c"])

    assert found[["output", "estimate"]].to_numpy().tolist() == [["b", 2.0], ["c", -0.5]]


def test_the_table_puts_estimates_beside_their_reference_with_the_gap_in_standard_errors(
    design: pd.DataFrame,
) -> None:
    y = linear_predictor(design) + np.random.default_rng(1).normal(size=N)
    reference = fit(design, y, Kind.CONTINUOUS)
    shifted = reference["ref_estimate"] + 0.5 * reference["ref_std_error"]
    trained = estimates(
        list(zip(reference["term"], reference["output"], shifted, strict=True)), family="linear"
    )

    spread = reference["term"].map(design.std(ddof=0))
    table = coefficient_table(
        trained, reference.assign(target="y", family="linear", outer_fold=0, sd=spread)
    )

    assert table["standardised"].tolist()[1:] == pytest.approx((shifted * spread).tolist()[1:])
    assert np.isnan(table["standardised"][0])  # of the intercept, which has no column
    assert table["gap_in_se"].to_numpy() == pytest.approx([0.5] * 4)
    assert table["term"].tolist() == ["intercept", "height", "wealth", "single"]
    assert set(table["se_over"]) == {"rows"}


def test_the_table_puts_the_contrasts_of_a_softmax_beside_those_of_its_reference(
    design: pd.DataFrame,
) -> None:
    y = np.digitize(linear_predictor(design) + np.random.default_rng(1).logistic(size=N), [-1, 1])
    reference = fit(design, y, Kind.MULTICLASS, ["a", "b", "c"])
    rows = [(term, "a", 7.0) for term in reference["term"].unique()]
    rows += [(r.term, r.output, r.ref_estimate + 7.0) for r in reference.itertuples()]

    table = coefficient_table(
        contrasts(estimates(rows), ["a", "b", "c"]), reference.assign(target="y")
    )

    assert table["output"].tolist() == ["b"] * 4 + ["c"] * 4
    assert table["gap_in_se"].to_numpy() == pytest.approx(0, abs=1e-9)
    assert table["note"].str.endswith(" a").all()


def test_logistic_weights_have_odds_ratios_and_their_share_of_the_largest() -> None:
    rows = [("intercept", None, 9.0), ("children", None, 8.0), ("age", None, -16.0)]
    reference = pd.DataFrame(
        columns=["term", "output", "ref_estimate", "ref_std_error", "ref_low", "ref_high", "note"]
    )

    table = coefficient_table(estimates(rows), reference).set_index("term")
    linear = coefficient_table(estimates(rows, family="linear"), reference)

    assert table["odds_ratio"].tolist()[1:] == pytest.approx([math.exp(8), math.exp(-16)])
    assert math.isnan(table.loc["intercept", "odds_ratio"])
    assert linear["odds_ratio"].isna().all()


def test_an_estimate_without_reference_keeps_its_row() -> None:
    reference = pd.DataFrame(
        columns=["term", "output", "ref_estimate", "ref_std_error", "ref_low", "ref_high", "note"]
    )

    table = coefficient_table(estimates([("x", None, 1.0)]), reference)

    assert table[["term", "estimate", "note"]].to_numpy().tolist() == [["x", 1.0, ""]]
    assert table["ref_estimate"].isna().all()


def test_a_study_without_regressions_has_an_empty_table() -> None:
    empty = estimates([])

    table = coefficient_table(empty, empty)

    assert table.empty
    assert "gap_in_se" in table


@pytest.mark.parametrize("kind", [Kind.CONTINUOUS, Kind.BINARY, Kind.COUNT])
def test_a_penalised_weight_stands_beside_the_unpenalised_fit_of_statsmodels(
    design: pd.DataFrame, kind: Kind
) -> None:
    rng, eta = np.random.default_rng(1), linear_predictor(design) / 2
    x = sm.add_constant(design.assign(height=design["height"] - 1700))
    if kind is Kind.CONTINUOUS:
        y = eta + rng.normal(size=N)
        exact = sm.OLS(y, x).fit(cov_type="HC3", use_t=True)
    elif kind is Kind.BINARY:
        y = (rng.random(N) < 1 / (1 + np.exp(-eta))) * 1.0
        exact = sm.Logit(y, x).fit(disp=False, cov_type="HC0")
    else:
        y = rng.poisson(np.exp(eta)) * 1.0
        exact = sm.GLM(y, x, family=sm.families.Poisson()).fit(cov_type="HC0")
    names = {Kind.CONTINUOUS: "linear", Kind.BINARY: "logistic", Kind.COUNT: "poisson"}
    search = {"target": "y", "family": names[kind], "outer_fold": 0}
    found = fit(design, y, kind, l2=40.0)
    trained = estimates(
        list(zip(found["term"], found["output"], found["ref_estimate"], strict=True)), **search
    )

    table = coefficient_table(trained, found.assign(**search)).set_index("term").drop("intercept")

    weights, error = exact.params.drop("const"), exact.bse.drop("const").to_numpy()
    half, near = (
        stats.t.ppf(0.975, N - 4),
        1e-6 if kind is Kind.CONTINUOUS else 0.08,
    )  # HC0 leaves no row out
    assert table["mle_estimate"].to_numpy() == pytest.approx(weights.to_numpy(), rel=1e-5)
    assert table["mle_std_error"].to_numpy() == pytest.approx(error, rel=near)
    assert (table["mle_std_error"] >= error * (1 - 1e-9)).all()
    for end, side in (("mle_low", -1), ("mle_high", 1)):
        assert table[end].to_numpy() == pytest.approx(
            table["mle_estimate"] + side * half * table["mle_std_error"]
        )
    assert table["pull_in_se"].to_numpy() == pytest.approx(
        (table["estimate"] - weights) / table["mle_std_error"], rel=1e-3
    )
    assert (table["pull_in_se"] * np.sign(weights) < 0).all()
    assert table[["ref_std_error", "ref_low", "ref_high", "gap_in_se"]].isna().all(axis=None)


def test_without_a_penalty_there_is_one_fit_and_one_gap(design: pd.DataFrame) -> None:
    found = fit(
        design, linear_predictor(design) + np.random.default_rng(1).normal(size=N), Kind.CONTINUOUS
    )
    trained = estimates(
        [
            (term, None, value + 1)
            for term, value in zip(found["term"], found["ref_estimate"], strict=True)
        ]
    )

    table = coefficient_table(trained.assign(family="linear"), found)

    assert table["pull_in_se"].tolist() == table["gap_in_se"].tolist()
    for end in ("estimate", "std_error", "low", "high"):
        assert table[f"mle_{end}"].tolist() == table[f"ref_{end}"].tolist()


def test_separated_classes_have_no_standard_error_behind_a_penalty_either(
    design: pd.DataFrame,
) -> None:
    found = fit(design, (design["wealth"] > 1).to_numpy() * 1.0, Kind.BINARY, l2=1.0)

    assert found["mle_std_error"].isna().all()
    assert found["ref_estimate"].notna().all()
    assert found["note"].str.endswith(SEPARATED).all()


def test_more_coefficients_than_can_be_fitted_in_time_are_left_out_behind_a_penalty() -> None:
    wide = pd.DataFrame(np.random.default_rng(0).normal(size=(600, 120))).rename(columns=str)
    y = np.random.default_rng(1).integers(0, 5, 600) * 1.0

    found = fit(wide, y, Kind.MULTICLASS, list("abcde"), l2=1.0)

    assert found["ref_estimate"].notna().all()
    assert found["mle_estimate"].isna().all()
