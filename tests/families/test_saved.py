"""What a saved model is and says, for every family: raw rows in, the response, or its mean over the
replicates, out.
"""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from harness.networks import linear_predictor
from study.families import HEADS, get_family
from study.families.saved import BATCH, Reading, model_bytes, open_model, predict_raw, stacked_model
from study.schema import TERMS, Kind
from study.training.columns import Regression
from study.training.regression import fit as fit_regression
from study.training.termed import term_model

from .problems import N_INNER, Case, encoded_for, task_for
from .trained import every_case, networks, usually_trained

PLACES = np.arange(3)


@pytest.fixture(autouse=True)
def installed(plugin: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(plugin)


@lru_cache
def reading(case: Case) -> Reading:
    """Each inner fold reads rows in its own way, and fills gaps with other numbers than its
    centers.
    """
    encoded, _ = encoded_for(case)
    own = slice(N_INNER)
    units = encoded.y_center[own], encoded.y_scale[own]
    fill, head = encoded.center[own] + [[0.5, 3.0, -0.02]], HEADS[case.kind]
    return Reading(PLACES, fill, encoded.center[own], encoded.scale[own], *units, head)


@lru_cache
def regression(case: Case) -> Regression:
    """Fitted to all development rows, with every sort of terms where the family has them; gaps take
    odd numbers.
    """
    weights = {"products": 0.3, "curves": 0.3} if case.family == TERMS else {}
    encoded, _ = encoded_for(case)
    task = task_for(case, **weights, **({"l2": 1.0} if get_family(case.family).path else {}))
    own, _ = fit_regression(task, encoded, -1, encoded.development)
    return replace(own, fill=own.fill + np.array([0.5, 3.0, -0.02]))


@lru_cache
def saved(case: Case) -> Any:
    if get_family(case.family).convex:
        own = regression(case)
        return term_model(own, HEADS[case.kind])
    fit, architecture = usually_trained(case)
    return stacked_model(fit.weights, architecture, reading(case))


def odd_rows(case: Case) -> np.ndarray:
    """Rows of the table, some with gaps, some far outside its range."""
    raw = encoded_for(case)[0].raw()[: BATCH + 44].copy()
    raw[::7, 0], raw[::5, 2], raw[3] = np.nan, np.nan, np.nan
    raw[1::11] *= 3
    return raw


def mean_response(case: Case, raw: np.ndarray) -> np.ndarray:
    """The same from the weights themselves."""
    if get_family(case.family).convex:
        return HEADS[case.kind].response(regression(case).predictor(raw))
    fit, architecture = usually_trained(case)
    own = reading(case)
    x = (np.where(np.isnan(raw), own.fill[:, None], raw) - own.center[:, None]) / own.scale[:, None]
    eta = linear_predictor(fit.weights, architecture, x.astype(np.float32))
    return (
        HEADS[case.kind]
        .response(eta * own.y_scale[:, None, None] + own.y_center[:, None, None])
        .mean(axis=0)
    )


@every_case
def test_it_says_the_mean_of_the_replicates_also_of_gaps_and_far_outside(case: Case) -> None:
    raw = odd_rows(case)
    expected = mean_response(case, raw)
    share = 1e-12 if get_family(case.family).convex else 1e-6

    found = predict_raw(saved(case), raw)

    assert found.dtype == np.float64
    np.testing.assert_allclose(found, expected, rtol=2 * share, atol=share * np.abs(expected).max())


@every_case
def test_it_is_made_of_keras_own_layers_and_opens_to_the_bit_in_safe_mode(
    case: Case, tmp_path: Path
) -> None:
    raw = odd_rows(case)
    (tmp_path / "model.keras").write_bytes(model_bytes(saved(case)))

    found = predict_raw(open_model(tmp_path / "model.keras"), raw)

    assert {type(layer).__module__.partition(".")[0] for layer in saved(case).layers} == {"keras"}
    np.testing.assert_array_equal(found, predict_raw(saved(case), raw))


@pytest.mark.parametrize(
    "case", [Case(TERMS, Kind.COUNT, 0), Case("residual", Kind.COUNT, 1)], ids=str
)
def test_a_rate_far_outside_is_much_and_finite_in_the_file_as_in_the_loss(case: Case) -> None:
    raw, head = odd_rows(case), HEADS[Kind.COUNT]
    raw[:4] = 1e7 * np.array(
        [[1.0, 1.0, 1.0], [-1.0, 1.0, 1.0], [1.0, -1.0, 1.0], [1.0, 1.0, -1.0]]
    )
    raw[4:8] = -raw[:4]

    found = predict_raw(saved(case), raw)

    with np.errstate(over="raise", invalid="raise"):
        loss = head.response_loss(found, np.zeros(len(found)))
        if get_family(case.family).convex:
            own = head.loss(regression(case).predictor(raw), np.zeros(len(found)))
            np.testing.assert_allclose(loss, own, rtol=1e-9, atol=1e-12)
            assert found.max() > 1e12
    assert found.max() <= loss.max() * (1 + 1e-12) < 1.1e13


def test_it_opens_where_there_is_no_study(tmp_path: Path) -> None:
    own = [Case("residual", Kind.COUNT, 1), Case(TERMS, Kind.MULTICLASS, 0)]
    for case in own:
        (tmp_path / f"{case}.keras").write_bytes(model_bytes(saved(case)))
        np.save(tmp_path / f"{case}.npy", odd_rows(case))
    code = (
        "import sys; sys.modules['study'] = None\n"
        "import keras, numpy\n"
        "for name in sys.argv[1:]:\n"
        "    model = keras.models.load_model(f'{name}.keras')\n"
        "    numpy.save(f'{name}.npy', model.predict(numpy.load(f'{name}.npy'), verbose=0))"
    )

    subprocess.run(
        [sys.executable, "-P", "-c", code, *map(str, own)],
        cwd=tmp_path,
        check=True,
        capture_output=True,
    )

    for case in own:
        expected = predict_raw(saved(case), odd_rows(case))
        np.testing.assert_allclose(
            np.load(tmp_path / f"{case}.npy").reshape(expected.shape), expected, rtol=1e-5
        )


@every_case
def test_a_row_gets_the_same_wherever_it_stands(case: Case) -> None:
    raw = odd_rows(case)
    order = np.random.default_rng(1).permutation(len(raw))[:77]

    found = predict_raw(saved(case), raw[order])

    expected = predict_raw(saved(case), raw)[order]
    np.testing.assert_allclose(
        found, expected, rtol=1e-6, atol=1e-6 * np.abs(expected).max()
    )  # a place may cost the last bits
    assert predict_raw(saved(case), raw[:0]).shape == found[:0].shape


@networks
def test_terms_are_put_at_their_places_among_the_columns_that_a_network_sees(case: Case) -> None:
    """The second column is no term of this fold, the others come in another order."""
    fit, architecture = usually_trained(case)
    whole, few = reading(case), [2, 0]
    some = {name: getattr(whole, name)[:, few] for name in ("fill", "center", "scale")}
    part = replace(whole, columns=np.array(few), **some)
    raw = odd_rows(case)
    at_center = raw.copy()
    at_center[:, 1] = 0
    level = replace(whole, center=whole.center * [1, 0, 1])

    found = predict_raw(stacked_model(fit.weights, architecture, part), raw[:, few])

    expected = predict_raw(stacked_model(fit.weights, architecture, level), at_center)
    np.testing.assert_array_equal(found, expected)


def test_a_term_that_does_not_vary_for_a_replicate_says_nothing() -> None:
    case = Case("neural", Kind.CONTINUOUS, 1)
    fit, architecture = usually_trained(case)
    own = reading(case)
    still = replace(own, scale=np.where(PLACES == 0, np.inf, own.scale))
    model = stacked_model(fit.weights, architecture, still)
    raw = odd_rows(case)
    moved = raw + np.array([100.0, 0.0, 0.0])

    np.testing.assert_array_equal(predict_raw(model, moved), predict_raw(model, raw))
