"""Tensors over the memory of the matrix itself."""

from __future__ import annotations

import gc

import numpy as np

from study.training.problem import ALIGNMENT, shared


def aligned(shape: tuple[int, int], off: int = 0) -> np.ndarray:
    """Distinct values whose memory begins `off` bytes behind a multiple of ALIGNMENT; read-only, as
    from the object store.
    """
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
    for values in (
        aligned((50, 4), off=4),
        aligned((50, 4))[:, :3],
        aligned((0, 4)),
        aligned((50, 4)).view(np.float64),
    ):
        expected, memory = values.copy(), values.base
        assert isinstance(memory, np.ndarray)

        tensor = shared(values)
        memory[:] = 255

        np.testing.assert_array_equal(tensor, expected)
