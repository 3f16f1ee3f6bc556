"""What a warm step of training costs beside the matrix products it cannot do without:
`scripts/benchmark step`.
"""

from __future__ import annotations

import time
from itertools import pairwise
from typing import Any

import numpy as np

REPLICATES = 10
SHAPES = {
    "3 columns, 64 x 64, batch 64": (3, 64, 2, 64),
    "200 columns, 256 x 256, batch 256": (200, 256, 2, 256),
    "200 columns, 6 x 256, batch 256": (200, 256, 6, 256),
}
"""Columns, width, depth and rows of a batch."""
SECONDS = 2.0
"""How long either is measured in each round."""
ROUNDS = 5


def _products(columns: int, width: int, depth: int, batch: int) -> float:
    """Seconds of forward and both backward products of one step in NumPy, the first layer's inputs
    without a gradient.
    """
    rng = np.random.default_rng(0)
    sizes = [columns, *[width] * depth, 1]
    shapes = list(pairwise(sizes))
    kernels = [rng.normal(size=(REPLICATES, *shape)).astype(np.float32) for shape in shapes]
    inputs = [
        rng.normal(size=(REPLICATES, batch, fan_in)).astype(np.float32) for fan_in, _ in shapes
    ]
    slopes = [
        rng.normal(size=(REPLICATES, batch, fan_out)).astype(np.float32) for _, fan_out in shapes
    ]
    done, begin = 0, time.perf_counter()
    while time.perf_counter() - begin < SECONDS:
        for layer, (kernel, x, slope) in enumerate(zip(kernels, inputs, slopes, strict=True)):
            x @ kernel
            x.swapaxes(1, 2) @ slope
            if layer:
                slope @ kernel.swapaxes(1, 2)
        done += 1
    return (time.perf_counter() - begin) / done


def _program(columns: int, width: int, depth: int, batch: int) -> Any:
    """A warm epoch of the program that ships, relu without dropout, as a function, and its steps."""
    import tensorflow as tf

    from harness.networks import problem_on
    from study.families import HEADS, Schedule, get_family
    from study.training.batches import Data
    from study.training.fit import Shape, compiled

    rng, rows = np.random.default_rng(0), 64 * batch
    x = rng.normal(size=(rows + 1, columns)).astype(np.float32)
    train, held = (np.arange(rows),) * REPLICATES, (np.array([rows]),) * REPLICATES
    problem = problem_on(x, x[:, 0].astype(float), train, held, HEADS["continuous"])
    form = {"width": width, "activation": "relu", "dropout": 0.0}
    architecture = get_family("neural").architecture(form, depth, (REPLICATES, columns, 1))
    shape = Shape.of(problem, batch)
    program = compiled(architecture, problem.head, shape)
    seeds = list(range(REPLICATES))
    program.reset(problem.regressions, Schedule(1e-3, batch, 1e-4, 0.0, 10, 10), seeds)
    order = rng.integers(0, rows, (shape.chunk, shape.steps, REPLICATES, batch)).astype(np.int32)
    mask = tf.ones((1, REPLICATES, 1)), tf.constant(np.full((1, REPLICATES, 1), rows, np.int32))
    data, span, rates = (
        Data.of(problem),
        (tf.constant(1), tf.constant(shape.steps)),
        tf.fill((shape.chunk,), 1e-3),
    )
    arguments = data, span, tf.constant(order), rates, (mask[1], mask[0])
    return (lambda: program.epochs(*arguments)[0].numpy()), shape.steps


def step() -> None:
    """Print microseconds of a step and of its products, medians of rounds in turn, and the median
    of their ratios.
    """
    from threadpoolctl import threadpool_limits

    from study.training.device import prepare_tensorflow

    prepare_tensorflow()
    print(
        f"| shape, {REPLICATES} replicates | step, µs | products in NumPy, µs | ratio |\n| --- | ---: | ---: | ---: |"
    )
    with threadpool_limits(1):
        for name, shape in SHAPES.items():
            epoch, steps = _program(*shape)
            epoch()
            found = []
            for _ in range(ROUNDS):
                done, begin = 0, time.perf_counter()
                while time.perf_counter() - begin < SECONDS:
                    epoch()
                    done += 1
                found.append(((time.perf_counter() - begin) / done / steps, _products(*shape)))
            own, bare = np.median(found, axis=0)
            ratio = np.median([one / other for one, other in found])
            print(f"| {name} | {1e6 * own:,.0f} | {1e6 * bare:,.0f} | {ratio:.2f} |", flush=True)
