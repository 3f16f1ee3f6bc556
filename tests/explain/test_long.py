"""The reference fits of a long table, from blocks of its rows, are those of the whole."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from study.explain import long
from study.explain.reference import REFERENCES, UNPENALISED
from study.schema import Kind
from tests.explain.people import N, blocks_of, fit, make_people

CLASSES = ["a", "b", "c"]


@pytest.fixture(autouse=True)
def few_rows_a_block(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(long, "BLOCK", 37)


def target_of(design: pd.DataFrame, kind: Kind) -> np.ndarray:
    rng, eta = np.random.default_rng(1), 0.008 * (design["height"] - 1700).to_numpy() - 0.4 * design["wealth"].to_numpy()
    if kind is Kind.CONTINUOUS:
        return eta + rng.normal(size=N) * design["wealth"].to_numpy()
    if kind is Kind.COUNT:
        return rng.poisson(np.exp(0.3 * eta)).astype(float)
    return np.digitize(eta + rng.logistic(size=N), [0.0] if kind is Kind.BINARY else [-1.0, 0.5]).astype(float)


@pytest.mark.parametrize("l2", [0.0, 3.0])
@pytest.mark.parametrize("kind", list(Kind))
def test_blocks_give_the_coefficients_errors_and_notes_of_the_whole(kind: Kind, l2: float) -> None:
    design = make_people().assign(same=1.0)
    y = target_of(design, kind)

    whole, found = (fit(design, y, kind, CLASSES, l2, blocks) for blocks in (False, True))

    numbers = [*REFERENCES, *UNPENALISED]
    assert found["note"].tolist() == whole["note"].tolist()
    pd.testing.assert_frame_equal(found[["term", "output"]], whole[["term", "output"]])
    np.testing.assert_allclose(found[numbers], whole[numbers], rtol=2e-6, atol=1e-9)


def test_of_collinear_columns_the_least_norm_weights_are_found_in_blocks_too() -> None:
    design = make_people()
    design["twice"] = 2 * design["wealth"] - design["single"]
    y = target_of(design, Kind.CONTINUOUS)

    whole, found = (fit(design, y, Kind.CONTINUOUS, blocks=blocks) for blocks in (False, True))

    assert "collinear" in found["note"][0]
    np.testing.assert_allclose(found["ref_estimate"], whole["ref_estimate"], rtol=1e-6)


@pytest.mark.parametrize("kind", list(Kind))
def test_a_penalised_fit_arrives_in_a_few_passes(kind: Kind) -> None:
    design = make_people()
    blocks, passes = blocks_of(design), []
    counted = replace(blocks, read=lambda part: passes.append(part.start) or blocks.read(part))
    n_outputs = 2 if kind is Kind.MULTICLASS else 1

    _, arrived = long.penalised(
        long.basis(blocks), counted, n_outputs, target_of(design, kind), kind, 3.0, design.std(ddof=0).to_numpy()
    )

    assert arrived
    assert passes.count(0) <= 8


def test_a_penalised_fit_that_does_not_arrive_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(long, "MOST_STEPS", 1)
    design = make_people()

    found = fit(design, target_of(design, Kind.BINARY), Kind.BINARY, l2=3.0, blocks=True)

    monkeypatch.undo()
    assert (found["note"] != fit(design, target_of(design, Kind.BINARY), Kind.BINARY, l2=3.0, blocks=True)["note"]).all()


@pytest.mark.parametrize("l2", [0.0, 3.0])
@pytest.mark.parametrize("blocks", [False, True])
def test_a_class_without_a_row_has_no_estimate_and_changes_none(l2: float, blocks: bool) -> None:
    design = make_people()
    y = target_of(design, Kind.MULTICLASS)

    found = fit(design, y + (y > 0), Kind.MULTICLASS, ["a", "none", "b", "c"], l2, blocks)
    others = fit(design, y, Kind.MULTICLASS, CLASSES, l2, blocks)

    lost = found["output"] == "none"
    assert found.loc[lost, [*REFERENCES, *UNPENALISED]].isna().all(axis=None)
    assert found.loc[lost, "note"].str.contains(" none ").tolist() == [True] * 4
    pd.testing.assert_frame_equal(found[~lost].reset_index(drop=True), others, check_dtype=False)


@pytest.mark.parametrize("blocks", [False, True])
def test_without_a_row_of_the_first_class_there_is_no_contrast(blocks: bool) -> None:
    design = make_people()

    found = fit(design, 1 + target_of(design, Kind.BINARY), Kind.MULTICLASS, CLASSES, 3.0, blocks)

    assert found["ref_estimate"].isna().all()
    assert found["note"].str.contains(" a ").all()


@pytest.mark.parametrize("l2", [0.0, 3.0])
def test_two_classes_of_a_softmax_are_one_contrast_of_the_whole_as_of_blocks(l2: float) -> None:
    design = make_people()
    y = target_of(design, Kind.BINARY)

    whole, parts = (fit(design, y, Kind.MULTICLASS, ["a", "b"], l2, blocks) for blocks in (False, True))

    pd.testing.assert_frame_equal(whole, parts, rtol=1e-5)
