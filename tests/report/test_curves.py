"""Curves over rows and over margins: their numbers by value, and what a reader must find in the
drawing.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from study.diagnostics.decided_curve import figure as decided_curve
from study.diagnostics.margins import figure as margins
from study.diagnostics.registry import picture_of
from study.records.results import Results
from tests.report.frames import decided, over_margins
from tests.report.synthetic import axes_of, numbers, with_frames


def test_the_curve_of_an_undecided_target_ends_where_it_is_likely_decided(results: Results) -> None:
    curved = decided(results)

    frame = decided_curve.data(curved)
    picture = picture_of(decided_curve, frame)

    assert frame["n_rows"].tolist() == [100, 200, 400]
    ends = [(np.nan, 0.3), (-2.0, np.nan), (0.01, 0.12)]
    assert frame[["low", "high"]].to_numpy() == pytest.approx(np.array(ends), nan_ok=True)
    assert frame["decided_rows"].unique().tolist() == [1200]
    assert len(frame["pair"].unique()) == 1
    assert numbers(picture.title) == [1200, 400]
    (ax,) = axes_of(picture)
    assert [line.get_linestyle() for line in ax.lines].count(":") == 1


def test_an_interval_goes_to_the_edge_where_it_has_no_end_or_one_beyond_the_axis() -> None:
    about = {
        "target": "y",
        "pair": "a over b",
        "margin": 0.05,
        "bound": 0.05,
        "decided_rows": np.nan,
    }
    places = {
        "n_rows": [100, 200, 400],
        "improvement": [-3.0, 0.4, 0.2],
        "low": [-9.0, -2.0, 0.1],
        "high": [np.nan, 0.6, 0.3],
    }

    (ax,) = axes_of(picture_of(decided_curve, pd.DataFrame(places).assign(**about)))

    bottom, top = ax.get_ylim()
    assert -1.2 < bottom < -1
    assert 0.6 < top < 0.8
    lines = [segment[:, 1].tolist() for segment in ax.collections[0].get_segments()]
    assert lines == pytest.approx(np.array([[bottom, top], [bottom, 0.6], [0.1, 0.3]]))


def test_a_curve_of_margins_is_drawn_for_every_gain(with_terms: Results) -> None:
    frame = margins.data(with_terms)

    (verdict,) = with_terms.verdicts
    told = frame.drop_duplicates("model").set_index("model")
    assert told[["base", "other"]].to_numpy().tolist() == [
        [gain.base, gain.other] for gain in verdict.gains
    ]
    picture = picture_of(margins, frame)
    (ax,) = axes_of(picture)
    assert ax.get_legend() is None
    named = [text.get_text() for text in picture.figure.legends[0].get_texts()]
    assert named == list(told.index)
    assert verdict.metric.noun in ax.get_xlabel()
    colours = [line.get_color() for line in ax.get_lines()]
    assert set(told["colour"]) <= set(colours)


def test_the_title_of_the_curves_of_margins_is_the_chance_at_the_margin_of_the_verdict(
    with_terms: Results,
) -> None:
    title = margins.finding(over_margins())

    assert title.startswith("terms:")
    assert numbers(title) == [37]
    assert numbers(margins.finding(over_margins().assign(bound=np.nan))) == []
    sure = picture_of(margins, margins.data(with_terms)).title  # both are, but for rounding
    assert sure.startswith("Terms")
    assert numbers(sure) == [99]


def test_without_gains_there_is_no_curve_of_margins(results: Results) -> None:
    assert margins.data(with_frames(results, margins=results.margins.iloc[:0])).empty
