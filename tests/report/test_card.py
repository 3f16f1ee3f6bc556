"""The card: its bars, its rows and its sentences."""

from __future__ import annotations

import math
import re
from html import escape

import pytest
from study.report.card_bars import bars

from study.evidence.answer import Verdict
from study.evidence.findings import TreesLine
from study.evidence.wording import sentences
from study.evidence.wording.answer import Words
from study.records.results import Results
from study.report import card, fair, tables
from tests.report.frames import told
from tests.report.synthetic import numbers, with_frames
from tests.report.test_tables import cells


def with_ends(results: Results, low: float, high: float) -> Verdict:
    """The first verdict, with another interval of its gain."""
    first = results.verdicts[0]
    (step,) = first.gains
    gain = step.gain.model_copy(update={"low": low, "high": high})
    return first.model_copy(update={"gains": (step.model_copy(update={"gain": gain}),)})


@pytest.mark.parametrize(
    ("ends", "style"),
    [((0.1, 0.2), "network"), ((0.0, 0.04), "regression"), ((0.0, 0.1), "undecided"), (None, "none")],
)
def test_every_verdict_has_its_badge_and_where_nothing_was_scored_there_is_one_too(
    results: Results, ends: tuple[float, float] | None, style: str
) -> None:
    verdict = with_ends(results, *ends) if ends else results.verdicts[0].model_copy(update={"gains": ()})

    html = tables.answer(with_frames(results, verdicts=[verdict]))

    assert re.findall('<section class="answer (.*?)">', html) == [style]
    (badge,) = re.findall('<strong class="badge">(.*?)</strong>', html)
    assert badge == verdict.verdict if ends else verdict.verdict is None and badge


def test_names_are_escaped(results: Results) -> None:
    told = with_frames(results, verdicts=[results.verdicts[0].model_copy(update={"target": "<b> & c"})])

    html = tables.answer(told)

    assert "<h3>&lt;b&gt; &amp; c</h3>" in html
    assert html.count("&lt;b&gt; &amp; c") > 1
    assert "<b> & c" not in html


def test_a_card_says_what_the_verdict_is_about_and_where_boosted_trees_lie(results: Results) -> None:
    first = results.verdicts[0]
    verdict = first.model_copy(update={"trees": TreesLine(loss=0.1, over={"regression": first.gains[0].gain})})
    told = with_frames(results, verdicts=[verdict])

    html = tables.answer(told)

    said = [Words(verdict).margins, Words(verdict).estimand, f"Intervals: {Words(verdict).method}."]
    said += [Words(verdict).depths, Words(verdict).trees]
    assert numbers(str(Words(verdict).trees))[-1] == float(sentences.percent(first.gains[0].gain.improvement))
    (basis,) = re.findall('<ul class="basis">(.*?)</ul>', html)
    found = re.findall("<li>(.*?)</li>", basis)
    assert [each for each in found if each in [escape(str(words)) for words in said]] == [escape(str(words)) for words in said]
    assert len(found) == len(said) + 1  # and how many layers are enough


def test_a_card_shows_every_gain_with_its_level_and_chances(with_terms: Results) -> None:
    html = tables.answer(with_terms)

    (verdict,) = with_terms.verdicts
    rows = cells(html.split("<details>")[1])
    assert [numbers(head) for head in rows[0]] == [[], [], [], [], [5], [5], [5]]
    assert [row[0] for row in rows[1:]] == [
        f"{verdict.nouns[step.other]} over {verdict.nouns[step.base]}" for step in verdict.gains
    ]
    assert [row[3] for row in rows[1:]] == [f"{level} %" for level in ("97.5", "97.5", "95")]
    assert [row[1] for row in rows[1:]] == [f"{sentences.percent(step.gain.improvement)} %" for step in verdict.gains]


def test_card_and_data_say_what_groups_do_to_the_splits(results: Results) -> None:
    said = "of 'dealer', 40"
    grouped = with_frames(results, data=results.data.model_copy(update={"splitting": said}))

    assert tables.answer(grouped).count(f'<ul class="basis"><li>{escape(said)}</li>') == len(results.verdicts)
    assert f"<li>{escape(said)}</li>" in fair.splits(grouped)
    assert "dealer" not in tables.answer(results) + fair.splits(results)


def test_each_gain_over_the_regression_is_a_bar_and_the_network_over_terms_one_of_its_own_below(with_terms: Results) -> None:
    html = bars(told(with_terms.verdicts[0]))

    labels = re.findall(r'role="img" aria-label="([^"]*)"', html)
    assert [numbers(label) for label in labels] == [  # gain, level, interval, margin
        [10, 97.5, 5, 15, 5],
        [20, 97.5, 10, 30, 5],
        [10, 95, -10, 20, 5],
    ]
    assert html.index(labels[1]) < html.index('<div class="apart">') < html.index(labels[2])


def test_bars_lie_on_one_axis_that_holds_all_of_them(with_terms: Results) -> None:
    html = bars(told(with_terms.verdicts[0]))

    lines = re.findall(r'class="interval" x1="([\d.]+)%" x2="([\d.]+)%"', html)
    places = {share: 3 + 94 * (share + 0.1) / 0.4 for share in (0.05, 0.15, 0.1, 0.3, -0.1, 0.2)}  # from -0.1 to 0.3
    assert [float(end) for pair in lines for end in pair] == pytest.approx(list(places.values()), abs=0.01)
    assert [float(dot) for dot in re.findall(r'<circle class="dot" cx="([\d.]+)%"', html)] == pytest.approx(
        [3 + 94 * (share + 0.1) / 0.4 for share in (0.1, 0.2, 0.1)], abs=0.01
    )


def test_a_bar_that_leaves_the_axis_or_has_no_end_has_an_arrow_there(with_terms: Results) -> None:
    html = bars(told(with_terms.verdicts[0], [0.1, 0.2, -2.0], [-1.5, 0.1, math.nan]))

    arrows = re.findall(r'<svg x="([\d.]+)%" y="20" overflow="visible">', html)
    assert [float(place) for place in arrows] == [3.0, 3.0, 3.0]  # two ends, and the dot at -200 %
    assert html.count("<circle") == 2
    assert "arrow" in re.sub("<[^>]*>", "", html)


def test_without_a_network_arm_or_a_gain_the_card_has_the_bars_that_there_are(with_terms: Results) -> None:
    verdict = with_terms.verdicts[0]

    one, two, none = (bars(told(verdict, (0.1, 0.2)[:n])) for n in (1, 2, 0))

    assert one.count('class="interval"') == 1
    assert 'class="apart"' not in two
    assert none == ""


def test_the_rows_of_a_card_have_the_losses_of_all_other_sections(with_terms: Results) -> None:
    frame = card.models_frame(with_terms).set_index("procedure")

    ranks = with_terms.scores.query("rank.notna()").set_index("family")["test_loss"]
    assert list(frame.index) == ["regression", "extended", "network"]
    assert frame["loss"].tolist() == pytest.approx(ranks[["linear", "extended", "network"]].tolist())
    own = with_terms.metrics.query("metric == 'r2' and base.isna()").set_index("other")["value"]
    assert set(frame["metric"]) == {"R²"}
    assert frame["value"].tolist() == own[list(frame.index)].tolist()
    assert frame["kept"].tolist() == [name == with_terms.verdicts[0].answer_procedure for name in frame.index]
    assert (frame["file"] == "").all()


def said_of_layers(html: str, verdict: Verdict) -> int:
    """How many lines below a card are of no words that the verdict has itself."""
    own = (Words(verdict).bound, Words(verdict).margins, Words(verdict).estimand, Words(verdict).depths)
    (basis,) = re.findall('<ul class="basis">(.*?)</ul>', html)
    known = [escape(str(words)) for words in (*own, Words(verdict).trees, Words(verdict).floor) if words]
    return sum(line not in known and Words(verdict).method not in line for line in re.findall("<li>(.*?)</li>", basis))


def test_a_card_says_how_many_layers_are_enough_only_where_the_network_is_the_answer(results: Results) -> None:
    worth = next(verdict for verdict in results.verdicts if verdict.verdict == "network is worth it")
    low = worth.gains[0].gain.model_copy(update={"low": -0.2})
    unsure = worth.model_copy(update={"gains": (worth.gains[0].model_copy(update={"gain": low}),)})

    sure, doubted = (tables.answer(with_frames(results, verdicts=[verdict])) for verdict in (worth, unsure))

    assert worth.smallest_sufficient is not None
    assert said_of_layers(sure, worth) == 1
    assert said_of_layers(doubted, unsure) == 0
