"""The first screen: a headline, one table with intervals drawn in its rows, what to do, and why to
trust it.
"""

from __future__ import annotations

import math
import re
from html import escape

import pandas as pd
import pytest

from study.evidence.answer import Verdict
from study.evidence.findings import TreesLine
from study.evidence.wording.answer import Words
from study.evidence.wording.table import models_table
from study.records.results import Results
from study.report import fair, tables
from tests.report.frames import told
from tests.report.synthetic import with_frames


def with_ends(results: Results, low: float, high: float) -> Verdict:
    """The first verdict, with another interval of its gain."""
    first = results.verdicts[0]
    (step,) = first.gains
    gain = step.gain.model_copy(update={"low": low, "high": high})
    return first.model_copy(update={"gains": (step.model_copy(update={"gain": gain}),)})


def shown(results: Results, verdict: Verdict) -> str:
    return str(tables.answer(with_frames(results, verdicts=[verdict])))


@pytest.mark.parametrize(
    ("ends", "style"),
    [
        ((0.1, 0.2), "network"),
        ((0.0, 0.04), "regression"),
        ((0.0, 0.1), "undecided"),
        (None, "none"),
    ],
)
def test_every_verdict_has_its_colour_and_its_headline(
    results: Results, ends: tuple[float, float] | None, style: str
) -> None:
    verdict = (
        with_ends(results, *ends) if ends else results.verdicts[0].model_copy(update={"gains": ()})
    )

    html = shown(results, verdict)

    assert re.findall('<section class="answer (.*?)">', html) == [style]
    assert f"<h3>{escape(Words(verdict).headline)}</h3>" in html


def test_names_are_escaped(results: Results) -> None:
    html = shown(results, results.verdicts[0].model_copy(update={"target": "<b> & c"}))

    assert "&lt;b&gt; &amp; c" in html
    assert "<b> & c" not in html


def test_the_rows_have_the_losses_of_all_other_sections(with_terms: Results) -> None:
    (verdict,) = with_terms.verdicts
    rows = models_table(verdict, with_terms.metrics).rows

    assert [row.procedure for row in rows] == ["regression", "terms", "network"]
    assert [row.gain for row in rows] == [
        None,
        *(verdict.by_pair["regression", name] for name in ("terms", "network")),
    ]
    assert [row.use for row in rows] == [row.procedure == verdict.answer_procedure for row in rows]
    html = shown(with_terms, verdict)
    assert all(
        f">{escape(text)}<" in html
        for row in rows
        for text in (row.loss, row.metric, row.improvement, row.interval)
    )


def test_trees_are_a_row_for_reference(results: Results) -> None:
    first = results.verdicts[0]
    verdict = first.model_copy(
        update={"trees": TreesLine(loss=0.1, over={"regression": first.gains[0].gain})}
    )
    metrics = results.metrics
    own = metrics[
        (metrics["target"] == first.target)
        & (metrics["other"] == "network")
        & metrics["base"].isna()
    ]
    beside = with_frames(
        results, verdicts=[verdict], metrics=pd.concat([metrics, own.assign(other="trees")])
    )

    (row,) = (row for row in models_table(verdict, beside.metrics).rows if row.reference)

    assert (row.procedure, row.gain, row.use) == ("trees", first.gains[0].gain, False)
    assert str(tables.answer(beside)).count("<tr class=reference>") == 1


def test_intervals_lie_on_one_axis_that_holds_all_of_them(with_terms: Results) -> None:
    html = shown(with_terms, told(with_terms.verdicts[0]))

    left, right = -0.1, 0.3  # twice the margin, and the largest limit
    lines = re.findall(r'class="interval" x1="([\d.]+)%" x2="([\d.]+)%"', html)
    places = [3 + 94 * (share - left) / (right - left) for share in (0.05, 0.15, 0.1, 0.3)]
    assert [float(end) for pair in lines for end in pair] == pytest.approx(places, abs=0.01)
    dots = [float(dot) for dot in re.findall(r'<circle class="dot" cx="([\d.]+)%"', html)]
    assert dots == pytest.approx(
        [3 + 94 * (share - left) / (right - left) for share in (0.1, 0.2)], abs=0.01
    )


def test_an_interval_that_leaves_the_axis_or_has_no_limit_has_an_arrow_there(
    with_terms: Results,
) -> None:
    html = shown(
        with_terms,
        told(with_terms.verdicts[0], [-2.0, 0.2, 0.1], [math.nan, 0.1, -0.1], [0.1, 0.3, 0.2]),
    )

    arrows = re.findall(r'<svg x="([\d.]+)%" y="\d+" overflow="visible">', html)
    assert [float(place) for place in arrows] == [
        3.0,
        3.0,
    ]  # a limit that is none, and the dot at -200%
    assert html.count("<circle") == 1


def test_card_and_data_say_what_groups_do_to_the_splits(results: Results) -> None:
    said = "of 'dealer', 40"
    grouped = with_frames(results, data=results.data.model_copy(update={"splitting": said}))

    assert str(tables.answer(grouped)).count(f"<li>{escape(said)}</li>") == len(results.verdicts)
    assert f"<li>{escape(said)}</li>" in fair.splits(grouped)
    assert "dealer" not in tables.answer(results) + fair.splits(results)
