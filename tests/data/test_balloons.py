from __future__ import annotations

import numpy as np
import pandas as pd

from study.data.balloons import make_balloons


def test_inputs_are_uniform_and_relationship_has_two_values() -> None:
    frame = make_balloons(10_000, seed=1)

    inputs = frame[["children", "age"]]

    assert set(frame["relationship"]) == {-0.5, 0.5}
    assert inputs.abs().max().max() <= 0.5
    np.testing.assert_allclose(inputs.var(), 1 / 12, rtol=0.05)


def test_targets_follow_the_two_rules() -> None:
    frame = make_balloons(500, seed=2)
    partnered, single = frame[frame["relationship"] < 0], frame[frame["relationship"] > 0]

    expected = pd.concat(
        [
            0.1 * partnered["children"] - 0.2 * partnered["age"],
            0.8 * single["children"] + 0.5 * single["age"],
        ]
    ).sort_index()
    red = pd.concat(
        [
            0.8 * partnered["children"] + 0.2 * partnered["age"] > 0,
            0.5 * single["children"] + 0.5 * single["age"] > 0,
        ]
    ).sort_index()

    np.testing.assert_allclose(frame["balloons"], expected, rtol=1e-12)
    assert frame["colour"].tolist() == ["red" if r else "blue" for r in red]


def test_no_linear_model_beats_its_known_limit() -> None:
    frame = make_balloons(20_000, seed=3)
    x = np.column_stack([np.ones(len(frame)), frame[["relationship", "children", "age"]]])

    weights, residual, *_ = np.linalg.lstsq(x, frame["balloons"], rcond=None)

    np.testing.assert_allclose(weights, [0, 0, 0.45, 0.15], atol=0.01)
    np.testing.assert_allclose(residual / len(frame), 0.35**2 / 6, rtol=0.05)


def test_a_seed_gives_one_table() -> None:
    one, same, other = make_balloons(50, 4), make_balloons(50, 4), make_balloons(50, 5)

    pd.testing.assert_frame_equal(one, same)
    assert not one.equals(other)
