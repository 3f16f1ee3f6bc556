"""Curves over rows and over margins: their numbers by value, and what a reader must find in the drawing."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from study.evidence.findings import CurvePoint, DecidedAt
from study.records.results import Results
from study.report.figures import (
    decided_curve,
    margin_curve,
)
from tests.report.synthetic import axes_of, with_frames


def test_the_curve_of_an_undecided_target_ends_where_it_is_likely_decided(results: Results) -> None:
    ends = {0.25: (np.nan, 0.3), 0.5: (-2.0, np.nan), 1.0: (0.01, 0.12)}
    points = [
        CurvePoint(fraction=f, n_rows=400 * f, improvement=0.08 * f, low=low, high=high) for f, (low, high) in ends.items()
    ]
    names = ("rows", "above", "below", "slope", "slope_error", "repeats_limit")
    told = DecidedAt(
        base="regression",
        other="network",
        bound=0.05,
        times=3.0,
        side="above",
        curve=tuple(points),
        **dict.fromkeys(names, np.nan),
    )
    first, second = results.verdicts[:2]
    verdicts = [first.model_copy(update={"target": "y", "decided_at": told}), second.model_copy(update={"decided_at": None})]

    frame = decided_curve.data(with_frames(results, verdicts=verdicts))
    picture = decided_curve.draw(frame)

    assert frame["n_rows"].tolist() == [100, 200, 400]
    assert frame[["low", "high"]].to_numpy() == pytest.approx(np.array(list(ends.values())), nan_ok=True)
    assert frame["level"].unique().tolist() == [first.by_pair["regression", "network"].level]
    assert frame["decided_rows"].unique().tolist() == [1200]
    pair = "the network over linear regression"
    assert frame["pair"].unique().tolist() == [pair]
    level = f"{100 * first.by_pair['regression', 'network'].level:.3g} % interval"
    told = ((100, "2.0", "at most 30.0 %"), (200, "4.0", "at least \N{MINUS SIGN}200 %"), (400, "8.0", "1.0 to 12.0 %"))
    said = [f"y, {pair}, {n} rows: {gain} % ({level}: {interval})" for n, gain, interval in told]
    assert picture.alt.endswith(f". {'; '.join(said)}.")
    assert picture.title == f"The gain of {pair} on y is likely decided at about 1,200 training rows; there are 400 now"
    (ax,) = axes_of(picture)
    assert [line.get_linestyle() for line in ax.lines].count(":") == 1


def test_an_interval_goes_to_the_edge_with_an_arrow_where_it_has_no_end_or_one_beyond_the_axis() -> None:
    about = {"target": "y", "pair": "a over b", "margin": 0.05, "bound": 0.05, "level": 0.95, "decided_rows": np.nan}
    places = {"n_rows": [100, 200, 400], "improvement": [-3.0, 0.4, 0.2], "low": [-9.0, -2.0, 0.1], "high": [np.nan, 0.6, 0.3]}

    (ax,) = axes_of(decided_curve.draw(pd.DataFrame(places).assign(**about)))

    bottom, top = ax.get_ylim()
    assert -1.2 < bottom < -1
    assert 0.6 < top < 0.8
    lines = [segment[:, 1].tolist() for segment in ax.collections[0].get_segments()]
    assert lines == pytest.approx(np.array([[bottom, top], [bottom, 0.6], [0.1, 0.3]]))
    arrows = {line.get_marker(): list(zip(*line.get_data(), strict=True)) for line in ax.lines if line.get_marker() in "v^"}
    assert arrows == {"v": [(100, bottom), (200, bottom)], "^": [(100, top)]}


def test_the_axes_keep_their_place_where_every_interval_has_its_ends() -> None:
    about = {"target": "y", "pair": "a over b", "margin": 0.05, "bound": 0.05, "level": 0.95, "decided_rows": np.nan}
    points = pd.DataFrame({"n_rows": [100, 200], "improvement": [0.1, 0.2], "low": [0.0, 0.1], "high": [0.2, 0.3]})

    assert decided_curve.draw(points.assign(**about)).png()


def test_a_curve_of_margins_is_drawn_for_every_gain_with_its_break_even_margin(with_terms: Results) -> None:
    frame = margin_curve.data(with_terms)

    (verdict,) = with_terms.verdicts
    told = frame.drop_duplicates("model").set_index("model")
    assert list(told.index) == ["terms over regression", "network over regression", "network over terms"]
    for step, even in zip(verdict.gains, told["break_even"], strict=True):
        assert step.gain.low <= even <= step.gain.high
    picture = margin_curve.draw(frame)
    (ax,) = axes_of(picture)
    assert ax.get_legend() is None
    named = [*told.index, "margin, or a larger floor"]
    assert [text.get_text() for text in picture.figure.legends[0].get_texts()] == named
    assert ax.get_xlabel() == "margin, share of the regression's loss"
    assert [line.get_label() for line in ax.get_lines() if not str(line.get_label()).startswith("_")] == named


def test_the_title_of_the_curves_of_margins_is_the_chance_at_the_margin_of_the_verdict(with_terms: Results) -> None:
    points = {"margin": [0.0, 0.05, 0.1], "above": [0.9, 0.37, 0.1]}
    over = pd.DataFrame(points).assign(base="regression", model="terms over regression")
    rest = pd.DataFrame(points).assign(base="extended", model="network over terms", above=1.0)
    frame = pd.concat([over, rest]).assign(target="y", bound=0.05)

    assert margin_curve.finding(frame) == "How likely a gain above the margin is: terms over regression on y, 37 %"
    assert margin_curve.finding(frame.assign(bound=np.nan)) == "No margin can be told that a gain could be held against"
    assert margin_curve.draw(margin_curve.data(with_terms)).title.endswith("terms over regression on balloons, > 99 %")


def test_without_gains_there_is_no_curve_of_margins(results: Results) -> None:
    assert not margin_curve.when(with_frames(results, margins=results.margins.iloc[:0]))
