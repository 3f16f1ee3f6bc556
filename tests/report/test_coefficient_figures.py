"""The figure of coefficients: standardised, the largest first."""

from __future__ import annotations

import numpy as np
import pytest

from study.diagnostics.coefficients import figure as coefficients
from study.diagnostics.registry import picture_of
from study.records.results import Results
from tests.report.frames import weights
from tests.report.synthetic import TERMS, axes_of, make_table, numbers, with_frames

DEVELOPMENT = np.concatenate(np.array_split(np.random.default_rng(2).permutation(600), 5)[1:])
"""Rows that the synthetic studies train on."""


def test_coefficients_are_standardised_beside_their_reference_without_the_intercept(
    results: Results,
) -> None:
    frame = coefficients.data(results)

    own = frame[frame["target"] == "balloons"].set_index("label")
    expected = results.coefficients[results.coefficients["target"] == "balloons"].set_index("term")
    spread = make_table().loc[DEVELOPMENT, TERMS].std(ddof=0)
    for term in TERMS:
        assert own.loc[term, "weight"] == pytest.approx(
            expected.loc[term, "estimate"] * spread[term]
        )
        assert own.loc[term, "ref_weight"] == pytest.approx(
            expected.loc[term, "mle_estimate"] * spread[term]
        )
        assert own.loc[term, "ref_low"] == pytest.approx(
            expected.loc[term, "mle_low"] * spread[term]
        )
    assert own["weight"].abs().tolist() == sorted(own["weight"].abs().tolist(), reverse=True)
    assert sorted(own.index) == sorted(TERMS)
    assert (
        "children \N{RIGHTWARDS ARROW} star"
        in frame.loc[frame["target"] == "shape", "label"].tolist()
    )


def test_of_many_terms_those_of_largest_standardised_size_are_drawn_and_the_others_counted(
    results: Results,
) -> None:
    frame = coefficients.data(with_frames(results, coefficients=weights(60)))

    assert frame["label"].tolist() == [f"t{i:02d}" for i in range(30)]
    assert set(frame["n_more"]) == {30}
    (ax,) = axes_of(picture_of(coefficients, frame))
    assert numbers(ax.get_xlabel()) == [30]
    assert "t00" in coefficients.finding(frame)
    assert numbers(coefficients.finding(frame)).count(1) == 1


def test_a_term_that_is_small_in_its_unit_is_not_left_out(results: Results) -> None:
    km = weights(40)
    km.loc[39, ["estimate", "sd", "standardised"]] = [-0.05, 50_000.0, -2500.0]

    frame = coefficients.data(with_frames(results, coefficients=km))

    assert frame["label"].tolist()[0] == "t39"


def test_a_reference_interval_that_leaves_the_axis_goes_to_its_edge(results: Results) -> None:
    wide = weights(
        2,
        mle_estimate=[1.0, 2.0],
        mle_std_error=[0.1, 150.0],
        mle_low=[0.9, -300.0],
        mle_high=[1.1, 300.0],
    )

    (ax,) = axes_of(
        picture_of(coefficients, coefficients.data(with_frames(results, coefficients=wide)))
    )

    assert ax.collections[0].get_segments()[1][:, 0].tolist() == list(ax.get_xlim())
