"""Passes over a long table: in blocks, and over the memory of the matrix itself."""

from __future__ import annotations

import gc

import numpy as np
import pytest
from study.training.descent import compiled_descent, descend

from study.families import HEADS
from study.schema import Kind
from study.training import passes
from study.training.problem import ALIGNMENT, Fit, Problem, shared


def fitted(block: int, gaps: bool, kind: Kind, monkeypatch: pytest.MonkeyPatch) -> Fit:
    """150 rows train and 50 others validate the first of two replicates; every row does both for the second."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=(210, 3)).astype(np.float32)
    y = np.digitize(x[:, 0] + rng.normal(size=210), [-0.5, 0.5]).astype(float)
    if gaps:
        x[rng.random(x.shape) < 0.1] = np.nan
    rows = np.arange(210)
    train, validation = (rows[:150], rows), (rows[150:200], rows)
    problem = Problem.of(x, y, train, validation, HEADS[kind], 3 if kind is Kind.MULTICLASS else 1)
    monkeypatch.setattr(passes, "BLOCK", block)
    compiled_descent.cache_clear()
    return descend(problem, 1.0, 1_000)


@pytest.mark.parametrize(("gaps", "kind"), [(False, Kind.MULTICLASS), (True, Kind.CONTINUOUS)])
def test_a_regression_in_blocks_is_that_of_the_whole(monkeypatch: pytest.MonkeyPatch, gaps: bool, kind: Kind) -> None:
    whole, blocks = (fitted(block, gaps, kind, monkeypatch) for block in (1_000, 64))
    compiled_descent.cache_clear()

    assert whole.converged.all()
    assert blocks.converged.all()
    for one, other in zip(whole.weights, blocks.weights, strict=True):
        np.testing.assert_allclose(other, one, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(blocks.val_loss, whole.val_loss, rtol=1e-5)
    np.testing.assert_allclose(blocks.curve_val[:, -1], whole.curve_val[:, -1], rtol=1e-5)


def aligned(shape: tuple[int, int], off: int = 0) -> np.ndarray:
    """Distinct values whose memory begins `off` bytes behind a multiple of ALIGNMENT; read-only, as from the object store."""
    size = 4 * shape[0] * shape[1]
    memory = np.zeros(size + 2 * ALIGNMENT, np.uint8)
    begin = -memory.ctypes.data % ALIGNMENT + off
    values = memory[begin : begin + size].view(np.float32).reshape(shape)
    values[:] = np.arange(values.size).reshape(shape)
    values.flags.writeable = False
    return values


def test_a_tensor_of_an_aligned_array_is_its_memory_and_keeps_it() -> None:
    values = aligned((50, 4))
    memory = values.base
    assert isinstance(memory, np.ndarray)

    tensor = shared(values)
    del values
    gc.collect()
    memory.view(np.uint8)[:] = np.ones(len(memory) // 4, np.float32).view(np.uint8)

    np.testing.assert_array_equal(tensor, np.ones((50, 4)))


def test_a_tensor_of_any_other_array_is_a_copy() -> None:
    for values in (aligned((50, 4), off=4), aligned((50, 4))[:, :3], aligned((0, 4)), aligned((50, 4)).view(np.float64)):
        expected, memory = values.copy(), values.base
        assert isinstance(memory, np.ndarray)

        tensor = shared(values)
        memory[:] = 255

        np.testing.assert_array_equal(tensor, expected)
