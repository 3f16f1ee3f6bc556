"""The reference fits against normal equations, gradients and hand-made designs that break them."""

from __future__ import annotations

import math
import tracemalloc

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from statsmodels.discrete.discrete_model import Logit, MNLogit
from statsmodels.genmod.generalized_linear_model import GLM

from study.data.encode import encode
from study.data.encoding import design as design_of
from study.diagnostics.coefficients.basis import SEPARATED
from study.diagnostics.coefficients.reference import reference_coefficients
from study.schema import Kind
from tests.data.helpers import bare
from tests.diagnostics.people import N, fit, make_people


@pytest.fixture
def design() -> pd.DataFrame:
    return make_people()


def with_ones(design: pd.DataFrame) -> np.ndarray:
    return np.column_stack([np.ones(len(design)), design])


def linear_predictor(design: pd.DataFrame) -> np.ndarray:
    return (
        0.008 * (design["height"] - 1700).to_numpy()
        - 0.4 * design["wealth"].to_numpy()
        + design["single"].to_numpy()
    )


def test_least_squares_solves_the_normal_equations_with_hc3_errors(design: pd.DataFrame) -> None:
    rng = np.random.default_rng(1)
    y = linear_predictor(design) + rng.normal(size=N) * design["wealth"].to_numpy()

    found = fit(design, y, Kind.CONTINUOUS)

    x = with_ones(design)
    inverse = np.linalg.inv(x.T @ x)
    beta = inverse @ x.T @ y
    leverage = np.einsum("ij,jk,ik->i", x, inverse, x)
    meat = x.T @ (((y - x @ beta) / (1 - leverage))[:, None] ** 2 * x)
    error = np.sqrt(np.diag(inverse @ meat @ inverse))
    assert found["term"].tolist() == ["intercept", "height", "wealth", "single"]
    assert found["ref_estimate"].to_numpy() == pytest.approx(beta, rel=1e-6)
    assert found["ref_std_error"].to_numpy() == pytest.approx(error, rel=1e-6)
    assert found["note"].tolist() == [""] * 4


def one_row_out(x: np.ndarray, curvature: np.ndarray, residual: np.ndarray) -> np.ndarray:
    """Standard errors from a step of Newton's method to the weights without each row."""
    information = x.T @ (x * curvature[:, None])
    steps = [
        np.linalg.solve(information - c * np.outer(row, row), r * row)
        for row, c, r in zip(x, curvature, residual, strict=True)
    ]
    return np.asarray(np.sqrt(np.square(steps).sum(axis=0)))


def test_logistic_regression_zeroes_the_score_and_leaves_out_a_row_at_a_time(
    design: pd.DataFrame,
) -> None:
    y = (np.random.default_rng(1).random(N) < 1 / (1 + np.exp(-linear_predictor(design)))).astype(
        float
    )

    found = fit(design, y, Kind.BINARY)

    x = with_ones(design)
    p = 1 / (1 + np.exp(-x @ found["ref_estimate"].to_numpy()))
    error = one_row_out(x, p * (1 - p), y - p)
    assert x.T @ (y - p) / (N * np.abs(x).max(axis=0)) == pytest.approx(0, abs=1e-8)
    assert found["ref_std_error"].to_numpy() == pytest.approx(error, rel=1e-6)
    assert (found["ref_high"] - found["ref_estimate"]).to_numpy() == pytest.approx(
        stats.t.ppf(0.975, N - 4) * error, rel=1e-6
    )


def test_poisson_regression_zeroes_the_score_and_leaves_out_a_row_at_a_time(
    design: pd.DataFrame,
) -> None:
    y = np.random.default_rng(1).poisson(np.exp(linear_predictor(design) / 2)).astype(float)

    found = fit(design, y, Kind.COUNT)

    x = with_ones(design)
    rate = np.exp(x @ found["ref_estimate"].to_numpy())
    assert x.T @ (y - rate) / (N * np.abs(x).max(axis=0)) == pytest.approx(0, abs=1e-7)
    assert found["ref_std_error"].to_numpy() == pytest.approx(
        one_row_out(x, rate, y - rate), rel=1e-6
    )


def test_classes_are_contrasts_with_the_first_and_zero_the_score(design: pd.DataFrame) -> None:
    eta = np.column_stack([np.zeros(N), linear_predictor(design), -linear_predictor(design)])
    y = np.argmax(eta + np.random.default_rng(1).gumbel(size=(N, 3)), axis=1)

    found = fit(design, y, Kind.MULTICLASS, ["a", "b", "c"])

    x = with_ones(design)
    weights = np.column_stack(
        [np.zeros(4), *(found.loc[found["output"] == o, "ref_estimate"] for o in "bc")]
    )
    p = np.exp(x @ weights)
    p /= p.sum(axis=1, keepdims=True)
    score = x.T @ (np.eye(3)[y] - p) / (N * np.abs(x).max(axis=0)[:, None])
    assert found["output"].tolist() == ["b"] * 4 + ["c"] * 4
    assert score == pytest.approx(0, abs=1e-8)
    assert (found["ref_std_error"] > 0).all()


def test_standard_errors_have_the_unit_of_the_estimate(design: pd.DataFrame) -> None:
    y = (np.random.default_rng(1).random(N) < 1 / (1 + np.exp(-linear_predictor(design)))).astype(
        float
    )

    metres, millimetres = (
        fit(design.assign(height=design["height"] / 1000), y, Kind.BINARY),
        fit(design, y, Kind.BINARY),
    )

    for column in ("ref_estimate", "ref_std_error", "ref_low", "ref_high"):
        assert metres[column].iloc[1] == pytest.approx(1000 * millimetres[column].iloc[1], rel=1e-6)
        assert metres[column].iloc[2] == pytest.approx(millimetres[column].iloc[2], rel=1e-6)


@pytest.mark.parametrize("kind", [Kind.CONTINUOUS, Kind.BINARY, Kind.COUNT])
def test_a_penalised_fit_zeroes_the_gradient_of_summed_loss_plus_l2_times_squared_weights(
    design: pd.DataFrame, kind: Kind
) -> None:
    rng, eta = np.random.default_rng(1), linear_predictor(design) / 2
    draws = {
        Kind.CONTINUOUS: eta + rng.normal(size=N),
        Kind.BINARY: (rng.random(N) < 1 / (1 + np.exp(-eta))) * 1.0,
    }
    y = draws.get(kind, rng.poisson(np.exp(eta)) * 1.0)

    found = fit(design, y, kind, l2=0.03)

    scale = design.std(ddof=0).to_numpy()
    z = with_ones((design - design.mean()) / scale)
    weights = found["ref_estimate"].to_numpy()[1:] * scale
    eta = with_ones(design) @ found["ref_estimate"].to_numpy()
    mean = {Kind.CONTINUOUS: eta, Kind.BINARY: 1 / (1 + np.exp(-eta)), Kind.COUNT: np.exp(eta)}[
        kind
    ]
    slope = 2 if kind == Kind.CONTINUOUS else 1
    gradient = -slope * z.T @ (y - mean) / N + 2 * 0.03 / N * np.append(0, weights)
    assert gradient == pytest.approx(0, abs=1e-7)
    assert found["ref_std_error"].isna().all()
    assert found["note"].str.contains("0.03", regex=False).all()


def test_a_penalised_softmax_zeroes_the_gradient_of_its_sum_to_zero_weights(
    design: pd.DataFrame,
) -> None:
    eta = np.column_stack([np.zeros(N), linear_predictor(design), -linear_predictor(design)])
    y = np.argmax(eta + np.random.default_rng(1).gumbel(size=(N, 3)), axis=1)

    found = fit(design, y, Kind.MULTICLASS, ["a", "b", "c"], l2=0.03)

    scale = design.std(ddof=0).to_numpy()
    b = np.column_stack(
        [np.zeros(4), *(found.loc[found["output"] == o, "ref_estimate"] for o in "bc")]
    )
    p = np.exp(with_ones(design) @ b)
    p /= p.sum(axis=1, keepdims=True)
    weights = b[1:] * scale[:, None]
    weights -= weights.mean(axis=1, keepdims=True)
    z = ((design - design.mean()) / scale).to_numpy()
    assert -z.T @ (np.eye(3)[y] - p) / N + 2 * 0.03 / N * weights == pytest.approx(0, abs=1e-7)


def separations(design: pd.DataFrame) -> dict[str, tuple[np.ndarray, Kind]]:
    """Targets whose likelihood has no maximum, with their kinds."""
    rng, single = np.random.default_rng(1), design["single"] == 1
    return {
        "all rows": ((design["height"] > 1700).to_numpy(float), Kind.BINARY),
        "a level": (np.where(single, 1.0, rng.integers(0, 2, N)), Kind.BINARY),
        "a level without a count": (np.where(single, 0.0, rng.poisson(2, N)), Kind.COUNT),
        "classes": (np.digitize(design["height"], [1650, 1750]), Kind.MULTICLASS),
    }


@pytest.mark.parametrize("failing", [False, True], ids=["diverging", "failing"])
@pytest.mark.parametrize("name", separations(make_people()))
def test_separation_has_finite_estimates_no_standard_error_and_one_note_however_newtons_steps_end(
    design: pd.DataFrame, name: str, failing: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    y, kind = separations(design)[name]

    def fail(*args: object, **more: object) -> None:
        raise np.linalg.LinAlgError("Singular matrix")

    if failing:  # as on some processors, by the last bits of a matrix that vanishes
        for model in (Logit, MNLogit, GLM):
            monkeypatch.setattr(model, "fit", fail)
    found = fit(design, y, kind, ["short", "middle", "tall"])

    assert set(found["note"]) == {SEPARATED}
    assert np.isfinite(found["ref_estimate"]).all()
    assert found["ref_std_error"].isna().all()


def test_an_exact_copy_shares_the_weight_and_only_the_tied_terms_lose_their_error(
    design: pd.DataFrame,
) -> None:
    y = linear_predictor(design) + np.random.default_rng(1).normal(size=N)
    copied = design.assign(cm=design["height"] / 10)

    found = fit(copied, y, Kind.CONTINUOUS).set_index("term")
    alone = fit(design, y, Kind.CONTINUOUS).set_index("term")

    shared = found.loc["height", "ref_estimate"] + found.loc["cm", "ref_estimate"] / 10
    assert shared == pytest.approx(alone.loc["height", "ref_estimate"])
    assert found.loc["height", "ref_estimate"] * 10 == pytest.approx(
        found.loc["cm", "ref_estimate"]
    )
    assert "(height, cm)" in found.loc["cm", "note"]
    assert found["ref_std_error"].isna().to_dict() == {
        "intercept": True,
        "height": True,
        "wealth": False,
        "single": False,
        "cm": True,
    }
    assert found.loc["wealth", "ref_std_error"] == pytest.approx(
        alone.loc["wealth", "ref_std_error"], rel=1e-6
    )


def test_near_copies_are_told_by_condition_number_or_variance_inflation(
    design: pd.DataFrame,
) -> None:
    rng = np.random.default_rng(1)
    y, noise = linear_predictor(design) + rng.normal(size=N), rng.normal(size=N)

    near = fit(design.assign(again=design["height"] + 10 * noise), y, Kind.CONTINUOUS).set_index(
        "term"
    )
    nearer = fit(design.assign(again=design["height"] + 0.01 * noise), y, Kind.CONTINUOUS)

    assert near["note"].str.contains("30 (height, again)", regex=False).tolist() == [
        False,
        True,
        False,
        False,
        True,
    ]
    assert near["ref_std_error"].notna().to_dict()["wealth"]
    assert nearer["note"].str.contains(r"1\d,000").all()
    assert nearer["ref_std_error"].isna().all()


def test_beside_a_copy_and_one_that_float64_hardly_tells_apart_other_terms_keep_their_error(
    design: pd.DataFrame,
) -> None:
    rng = np.random.default_rng(1)
    again, y = design["wealth"] + 1e-8 * rng.normal(size=N), rng.normal(size=N)

    found = fit(design.assign(cm=design["height"] / 10, again=again), y, Kind.CONTINUOUS).set_index(
        "term"
    )
    alone = fit(design, y, Kind.CONTINUOUS).set_index("term")

    assert found["ref_std_error"].notna().to_dict() == dict.fromkeys(found.index, False) | {
        "single": True
    }
    assert found.loc["single", "ref_std_error"] == pytest.approx(
        alone.loc["single", "ref_std_error"], rel=0.02
    )


def test_fewer_rows_than_terms_give_least_norm_weights_and_no_errors() -> None:
    rng = np.random.default_rng(1)
    wide = pd.DataFrame(rng.normal(size=(6, 9)), columns=list("abcdefghi"))
    y = rng.normal(size=6)

    found = fit(wide, y, Kind.CONTINUOUS)

    deviation = wide.std(ddof=0).to_numpy()
    z = ((wide - wide.mean()) / deviation).to_numpy()
    assert found["ref_estimate"].to_numpy()[1:] * deviation == pytest.approx(
        np.linalg.pinv(z) @ (y - y.mean())
    )
    assert found["ref_std_error"].isna().all()
    assert found["note"].str.contains("6 .* 10 ").all()


def test_a_row_that_has_a_weight_to_itself_is_fitted_without_a_warning() -> None:
    alone, y = (np.arange(8) == 1) * 1.0, np.arange(8.0) % 3

    found = fit(pd.DataFrame({"alone": alone}), y, Kind.CONTINUOUS)

    others = y[alone == 0].mean()
    assert found["ref_estimate"].tolist() == pytest.approx([others, y[1] - others])
    assert found["ref_std_error"].isna().tolist() == [False, True]
    assert found["note"].ne("").tolist() == [False, True]


def test_a_constant_column_has_weight_zero_and_spoils_nothing_else(design: pd.DataFrame) -> None:
    y = linear_predictor(design) + np.random.default_rng(1).normal(size=N)

    found = fit(design.assign(one=1.0), y, Kind.CONTINUOUS).set_index("term")
    alone = fit(design, y, Kind.CONTINUOUS).set_index("term")

    assert found.loc["one", "note"]
    assert (found.loc["one", "ref_estimate"], math.isnan(found.loc["one", "ref_std_error"])) == (
        0,
        True,
    )
    pd.testing.assert_frame_equal(found.drop("one"), alone)


def test_a_fit_takes_memory_in_proportion_to_its_rows() -> None:
    design = pd.DataFrame(np.random.default_rng(0).normal(size=(4_000, 4)), columns=list("abcd"))

    tracemalloc.start()
    try:
        fit(design, design["a"].to_numpy(), Kind.CONTINUOUS)
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert most < 4_000 * 4_000  # bytes: an eighth of a matrix of rows by rows


def test_a_column_named_as_the_intercept_has_a_coefficient_of_its_own() -> None:
    numbers = np.random.default_rng(0).normal(size=(50, 2))
    columns = {"intercept": numbers[:, 0], "b": numbers[:, 1]}
    encoded = encode(*bare(columns, dict.fromkeys(columns, "numeric")))
    x = design_of(encoded)

    found = reference_coefficients(
        x, 3 + 2 * numbers[:, 0] - numbers[:, 1], Kind.CONTINUOUS, None, 0.0, encoded.scale[-1]
    )

    assert found["term"].tolist() == ["intercept", "intercept (2)", "b"]
    np.testing.assert_allclose(found["ref_estimate"], [3, 2, -1], atol=1e-5)
