"""The card: its bars, its rows and its sentences."""

from __future__ import annotations

import math
import re
from html import escape

import pandas as pd
import pytest

from study.evidence import sentences
from study.evidence.findings import TreesLine
from study.records.results import Results
from study.report import card, fair, tables
from study.report.card_bars import bars
from study.report.figures import gains
from tests.report.synthetic import with_frames
from tests.report.test_tables import cells


@pytest.mark.parametrize(
    ("low", "high", "verdict", "style"),
    [
        (0.1, 0.2, "network is worth it", "network"),
        (0.0, 0.04, "regression is enough", "regression"),
        (0.0, 0.1, "undecided", "undecided"),
    ],
)
def test_every_verdict_has_its_badge(results: Results, low: float, high: float, verdict: str, style: str) -> None:
    first = results.verdicts[0]
    (step,) = first.gains
    gains = (step.model_copy(update={"gain": step.gain.model_copy(update={"low": low, "high": high})}),)

    html = tables.answer(with_frames(results, verdicts=[first.model_copy(update={"gains": gains})]))

    assert f'<section class="answer {style}">' in html
    assert f'<span class="badge">{verdict}</span>' in html


def test_where_nothing_was_scored_the_card_says_no_verdict(results: Results) -> None:
    first = results.verdicts[0]

    html = tables.answer(with_frames(results, verdicts=[first.model_copy(update={"gains": ()})]))

    assert '<section class="answer none">' in html
    assert '<span class="badge">no verdict</span>' in html


def test_names_are_escaped(results: Results) -> None:
    told = with_frames(results, verdicts=[results.verdicts[0].model_copy(update={"target": "<b> & c"})])

    html = tables.answer(told)

    assert "<h3>&lt;b&gt; &amp; c</h3>" in html
    assert "loss on &lt;b&gt; &amp; c (" in html


def test_a_card_says_what_the_verdict_is_about_and_where_boosted_trees_lie(results: Results) -> None:
    first = results.verdicts[0]
    verdict = first.model_copy(update={"trees": TreesLine(loss=0.1, over={"regression": first.gains[0].gain})})
    told = with_frames(results, verdicts=[verdict])

    html = tables.answer(told)

    said = [verdict.margins_words, verdict.candidate_words, verdict.estimand, f"Intervals: {verdict.method_words}."]
    said += ["1 hidden layer is enough: more gain too little to matter.", verdict.depths_words, verdict.trees_words]
    by = sentences.percent(first.gains[0].gain.improvement)
    assert str(said[-1]).endswith(f"linear regression is behind them, by {by} %.")
    assert f'<ul class="basis">{"".join(f"<li>{escape(tables.no_break(str(each)))}</li>" for each in said)}</ul>' in html


def test_a_card_shows_every_gain_with_its_level_and_chances(with_terms: Results) -> None:
    html = tables.answer(with_terms)

    (verdict,) = with_terms.verdicts
    rows = cells(html.split("<details>")[1])
    bound = "5\N{NO-BREAK SPACE}%"
    chances = [f"{side} {bound}" for side in ("better by over", "within", "worse by over")]
    assert rows[0] == ["gain of", "share", "interval", "level", *chances]
    assert [row[0] for row in rows[1:]] == [
        "the regression with terms over linear regression",
        "the network over linear regression",
        "the network over the regression with terms",
    ]
    assert [row[3] for row in rows[1:]] == [f"{level}\N{NO-BREAK SPACE}%" for level in ("97.5", "97.5", "95")]
    assert [row[1] for row in rows[1:]] == [
        f"{sentences.percent(step.gain.improvement)}\N{NO-BREAK SPACE}%" for step in verdict.gains
    ]


def test_card_and_data_say_what_groups_do_to_the_splits(results: Results) -> None:
    said = "Rows of one 'dealer' (40 groups) stay together in every split."
    grouped = with_frames(results, data=results.data.model_copy(update={"splitting": said}))

    assert tables.answer(grouped).count(f'<ul class="basis"><li>{escape(said)}</li>') == len(results.verdicts)
    assert f"<li>{escape(said)}</li>" in fair.splits(grouped)
    assert "stay together" not in tables.answer(results) + fair.splits(results)


def told(**changed: object) -> pd.DataFrame:
    """Gains of one target, as `gains.data` has them: terms and network over the regression, and the network over terms."""
    pairs = [("regression", "extended"), ("regression", "network"), ("extended", "network")]
    frame = pd.DataFrame(pairs, columns=["base", "other"]).assign(
        target="y", kind="continuous", improvement=[0.1, 0.2, 0.1], low=[0.05, 0.1, -0.1], high=[0.15, 0.3, 0.2],
        ends=["5.0 to 15.0 %", "10.0 to 30.0 %", "\N{MINUS SIGN}10.0 to 20.0 %"], level=[0.975, 0.975, 0.95], margin=0.05,
        stake="loss", model=["a", "b", "c"],
    )  # fmt: skip
    return frame.assign(**changed)


def test_each_gain_over_the_regression_is_a_bar_and_the_network_over_terms_one_of_its_own_below() -> None:
    html = bars(told(), "linear regression", "5 % margin")

    labels = re.findall(r'role="img" aria-label="([^"]*)"', html)
    assert labels == [
        "the regression with terms over the regression: 10.0 %, 97.5 % interval 5.0 to 15.0 %; what matters begins at 5.0 %",
        "the network over the regression: 20.0 %, 97.5 % interval 10.0 to 30.0 %; what matters begins at 5.0 %",
        "the network over the regression with terms: 10.0 %, 95 % interval \N{MINUS SIGN}10.0 to 20.0 %; "
        "what matters begins at 5.0 %",
    ]
    assert html.index(labels[1]) < html.index('<div class="apart">') < html.index(labels[2])
    assert "Share of linear regression&#x27;s loss that is saved on the test rows, with its 97.5 % or 95 % interval" in html
    assert "arrow" not in html


def test_bars_lie_on_one_axis_that_holds_all_of_them() -> None:
    html = bars(told(), "linear regression", "5 % margin")

    lines = re.findall(r'class="interval" x1="([\d.]+)%" x2="([\d.]+)%"', html)
    places = {share: 3 + 94 * (share + 0.1) / 0.4 for share in (0.05, 0.15, 0.1, 0.3, -0.1, 0.2)}  # from -0.1 to 0.3
    assert [float(end) for pair in lines for end in pair] == pytest.approx(list(places.values()), abs=0.01)
    assert [float(dot) for dot in re.findall(r'<circle class="dot" cx="([\d.]+)%"', html)] == pytest.approx(
        [3 + 94 * (share + 0.1) / 0.4 for share in (0.1, 0.2, 0.1)], abs=0.01
    )


def test_a_bar_that_leaves_the_axis_or_has_no_end_has_an_arrow_there() -> None:
    html = bars(told(low=[-1.5, 0.1, math.nan], improvement=[0.1, 0.2, -2.0]), "linear regression", "5 % margin")

    arrows = re.findall(r'<svg x="([\d.]+)%" y="20" overflow="visible">', html)
    assert [float(place) for place in arrows] == [3.0, 3.0, 3.0]  # two ends, and the dot at -200 %
    assert html.count("<circle") == 2
    assert "Where there is an arrow, it goes on beyond the axis." in html


def test_without_a_network_arm_or_a_gain_the_card_has_the_bars_that_there_are() -> None:
    assert bars(told().iloc[:1], "linear regression", "5 % margin").count('class="interval"') == 1
    assert 'class="apart"' not in bars(told().iloc[:2], "linear regression", "5 % margin")
    assert bars(told().iloc[:0], "linear regression", "5 % margin") == ""


def test_the_rows_of_a_card_have_the_losses_of_all_other_sections(with_terms: Results) -> None:
    frame = card.models_frame(with_terms).set_index("procedure")

    ranks = with_terms.ranks.set_index("family")["test_loss"]
    assert list(frame.index) == ["regression", "extended", "network"]
    assert frame["loss"].tolist() == pytest.approx(ranks[["linear", "extended", "network"]].tolist())
    own = with_terms.metrics.query("metric == 'r2' and base.isna()").set_index("other")["value"]
    assert set(frame["metric"]) == {"R²"}
    assert frame["value"].tolist() == own[list(frame.index)].tolist()
    assert frame["kept"].tolist() == [name == with_terms.verdicts[0].answer_procedure for name in frame.index]
    assert (frame["file"] == "").all()


def test_the_gains_of_card_and_figure_are_one(with_terms: Results) -> None:
    html = tables.answer(with_terms)

    shown = gains.data(with_terms).query("base != other")
    assert re.findall(r'<div class="is">(.*?)<small', html) == [
        f"{sentences.percent(share)}\N{NO-BREAK SPACE}%" for share in shown["improvement"]
    ]


def test_a_card_says_how_many_layers_are_enough_only_where_the_network_is_the_answer(results: Results) -> None:
    worth = next(verdict for verdict in results.verdicts if verdict.verdict == "network is worth it")
    low = worth.gains[0].gain.model_copy(update={"low": -0.2})
    unsure = worth.model_copy(update={"gains": (worth.gains[0].model_copy(update={"gain": low}),)})

    sure, doubted = (tables.answer(with_frames(results, verdicts=[verdict])) for verdict in (worth, unsure))

    assert worth.smallest_sufficient is not None
    assert "enough: more gain too little to matter." in sure
    assert "enough: more" not in doubted
