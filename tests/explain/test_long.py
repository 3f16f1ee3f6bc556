"""The reference fits of a long table, from blocks of its rows, are those of the whole."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from study.explain import long
from study.explain.long import Blocks
from study.explain.reference import REFERENCES, UNPENALISED, reference_coefficients
from study.schema import Kind
from tests.explain.people import N, make_people

CLASSES = ("a", "b", "c")


def target_of(design: pd.DataFrame, kind: Kind) -> np.ndarray:
    rng, eta = np.random.default_rng(1), 0.008 * (design["height"] - 1700).to_numpy() - 0.4 * design["wealth"].to_numpy()
    if kind is Kind.CONTINUOUS:
        return eta + rng.normal(size=N) * design["wealth"].to_numpy()
    if kind is Kind.COUNT:
        return rng.poisson(np.exp(0.3 * eta)).astype(float)
    return np.digitize(eta + rng.logistic(size=N), [0.0] if kind is Kind.BINARY else [-1.0, 0.5]).astype(float)


def fitted(design: pd.DataFrame, y: np.ndarray, kind: Kind, l2: float, blocks: bool) -> pd.DataFrame:
    values = design.to_numpy(float)
    given = Blocks(list(design.columns), len(design), lambda part: values[part]) if blocks else design
    return reference_coefficients(given, y, kind, CLASSES, l2, values.std(axis=0))


@pytest.mark.parametrize("l2", [0.0, 3.0])
@pytest.mark.parametrize("kind", list(Kind))
def test_blocks_give_the_coefficients_errors_and_notes_of_the_whole(
    monkeypatch: pytest.MonkeyPatch, kind: Kind, l2: float
) -> None:
    monkeypatch.setattr(long, "BLOCK", 37)
    design = make_people().assign(same=1.0)
    y = target_of(design, kind)

    whole, found = (fitted(design, y, kind, l2, blocks) for blocks in (False, True))

    numbers = [*REFERENCES, *UNPENALISED]
    assert found["note"].tolist() == whole["note"].tolist()
    pd.testing.assert_frame_equal(found[["term", "output"]], whole[["term", "output"]])
    np.testing.assert_allclose(found[numbers], whole[numbers], rtol=2e-6, atol=1e-9)


def test_of_collinear_columns_the_least_norm_weights_are_found_in_blocks_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(long, "BLOCK", 37)
    design = make_people()
    design["twice"] = 2 * design["wealth"] - design["single"]
    y = target_of(design, Kind.CONTINUOUS)

    whole, found = (fitted(design, y, Kind.CONTINUOUS, 0.0, blocks) for blocks in (False, True))

    assert "collinear" in found["note"][0]
    np.testing.assert_allclose(found["ref_estimate"], whole["ref_estimate"], rtol=1e-6)
