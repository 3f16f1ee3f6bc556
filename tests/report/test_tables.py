"""Tables and words of the report."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd
import pytest

from study.evidence import compare, scores, sentences, winners
from study.evidence.findings import Shortfall, TreesLine
from study.records.results import Results
from study.report import tables
from study.schema import ModelData
from tests.report.synthetic import compared, with_frames


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
    gain = first.gain.model_copy(update={"low": low, "high": high})

    html = tables.answer(with_frames(results, verdicts=[first.model_copy(update={"gain": gain})]))

    assert f'<section class="answer {style}">' in html
    assert f'<span class="badge">{verdict}</span>' in html


def test_where_nothing_was_scored_the_card_says_no_verdict(results: Results) -> None:
    first = results.verdicts[0]
    gain = first.gain.model_copy(update={"n_rows": 0})

    html = tables.answer(with_frames(results, verdicts=[first.model_copy(update={"gain": gain})]))

    assert '<section class="answer none">' in html
    assert '<span class="badge">no verdict</span>' in html


def test_names_are_escaped(results: Results) -> None:
    told = with_frames(results, verdicts=[results.verdicts[0].model_copy(update={"target": "<b> & c"})])

    html = tables.answer(told)

    assert "<h3>&lt;b&gt; &amp; c</h3>" in html
    assert "predicts &lt;b&gt; &amp; c with" in html


def test_a_table_rounds_to_three_digits_aligns_numbers_and_drops_empty_columns() -> None:
    frame = pd.DataFrame({"model": ["linear"], "loss": [0.0123456], "auc": [np.nan]})

    html = tables.table(frame)

    assert '<thead><tr><th>model</th><th class="n">loss</th></tr></thead>' in html
    assert '<tbody><tr><td>linear</td><td class="n">0.0123</td></tr></tbody>' in html


def test_an_empty_table_says_why() -> None:
    assert tables.table(pd.DataFrame(), "Every trial completed.") == "<p>Every trial completed.</p>"


def test_every_target_has_its_own_table_with_its_own_metrics(results: Results) -> None:
    html = tables.by_target(tables.scores_frame(results))

    balloons, colour = html.split("<h4>")[1:3]
    assert balloons.startswith("balloons</h4>")
    assert "R²" in balloons
    assert "AUC" not in balloons
    assert "AUC" in colour


def test_the_winners_show_their_hyperparameters(results: Results) -> None:
    frame = tables.incumbents_frame(results)

    best = winners.incumbents(results.trials)
    assert len(frame) == len(best)
    assert {"learning rate", "width", "trial", "validation loss"} <= set(frame)
    assert "outer fold" not in frame


def test_pairs_read_in_per_cent(results: Results) -> None:
    frame = tables.pairwise_frame(results)

    pair = compare.pairwise(results.predictions, results.config.margin, 5, winners.incumbents(results.trials)).iloc[0]
    assert frame.loc[0, "gain"] == f"{sentences.percent(pair['improvement'])} %"
    assert frame.loc[0, "95 % interval"] == f"{sentences.percent(pair['low'])} to {sentences.percent(pair['high'])} %"


def test_where_nothing_can_be_gained_the_pairs_show_dashes(results: Results) -> None:
    frame = tables.pairwise_frame(compared(results, results.predictions.assign(loss=0.0)))

    assert set(frame.loc[0, ["gain", "95 % interval", "p", "better"]]) == {"\N{EN DASH}"}


def test_a_card_says_what_the_verdict_is_about_and_where_boosted_trees_lie(results: Results) -> None:
    first = results.verdicts[0]
    verdict = first.model_copy(update={"trees": TreesLine(loss=0.1, over_regression=first.gain, over_network=None)})
    told = with_frames(results, verdicts=[verdict])

    html = tables.answer(told)

    said = f"{verdict.candidate_words} {verdict.estimand} Interval: {verdict.method_words}. {verdict.trees_words}"
    assert said.endswith("linear regression is behind them, by " + sentences.percent(first.gain.improvement) + " %.")
    assert f'<p class="basis">{tables.no_break(said)}</p>' in html


def test_what_the_regression_misses_is_ranked_with_the_formula_that_keeps_up(results: Results) -> None:
    ranking = [
        {"term": "sex[<m>] by age", "form": "product", "columns": ["sex[<m>]", "age"], "loss": 0.5, "share_closed": 0.625},
        {"term": "age²", "form": "square", "columns": ["age"], "loss": 1.3, "share_closed": -0.02},
    ]
    steps = [
        {"n_terms": 0, "terms": [], "n_agree": 1, "val_loss": 1.0, "loss": 1.25, "share_closed": 0.0},
        {"n_terms": 1, "terms": ["sex[<m>] by age"], "n_agree": 1, "val_loss": 0.5, "loss": 0.5, "share_closed": 0.625},
    ]
    words = {"terms": [], "formula": "y ~ 2·sex[<m>] by age", "sentence": "It misses sex[<m>] by age."}
    found = Shortfall.model_validate({"base_loss": 1.25, "network_loss": 0.1, "ranking": ranking, "steps": steps} | words)
    told = with_frames(results, verdicts=[results.verdicts[0].model_copy(update={"shortfall": found}), results.verdicts[1]])

    html = tables.shortfall(told)

    assert html.count("<h4>") == 1
    assert "<p>It misses sex[&lt;m&gt;] by age.</p><pre><code>y ~ 2·sex[&lt;m&gt;] by age</code></pre>" in html
    rows = [re.sub(r"<[^>]+>", "|", row).strip("|").replace("||", "|") for row in html.split("<tr>")[1:]]
    assert rows[:3] == [
        "added alone|form|test loss|share of the gap closed",
        "sex[&lt;m&gt;] by age|product|0.500|62.5\N{NO-BREAK SPACE}%",
        "age²|square|1.30|\N{MINUS SIGN}2.0\N{NO-BREAK SPACE}%",
    ]
    assert rows[3].startswith("terms|added together|")
    assert rows[5] == "1|sex[&lt;m&gt;] by age|0.500|62.5\N{NO-BREAK SPACE}%"


def test_every_model_and_the_network_have_a_rank_and_a_spread(results: Results) -> None:
    frame = tables.spread_frame(results)

    own = frame[frame["target"] == "balloons"]
    names = ["constant", "linear regression", "network, 1 layer", "network, 2 layers", "network, depth chosen"]
    assert own["model"].tolist() == names
    assert own["by rows"].gt(0).all()
    assert own["spread by splits"].isna().all()


def test_tables_name_models_by_the_labels_of_the_study(results: Results) -> None:
    labels = (ModelData(family="neural", depth=2, label="dense, 2 deep"), ModelData(family="linear", depth=0, label="line"))
    told = with_frames(results, data=results.data.model_copy(update={"models": labels}))

    frames = [make(told) for make in (tables.scores_frame, tables.spread_frame, tables.pairwise_frame, tables.incumbents_frame)]

    names = [set(frame.loc[frame["target"] == "balloons", "model"]) for frame in frames]
    assert all({"line", "dense, 2 deep", "network, 1 layer"} <= found for found in names)
    assert "line" in set(frames[2]["against"])


def test_every_metric_that_is_scored_has_a_name() -> None:
    assert tuple(tables.METRIC_NAMES) == scores.METRICS


def test_odds_ratios_are_shown_for_the_logistic_regression_alone(results: Results) -> None:
    balloons, colour = tables.by_target(tables.coefficients_frame(results)).split("<h4>")[1:3]

    assert "odds ratio" in colour
    assert "odds ratio" not in balloons


def test_failures_are_counted_by_arm(results: Results) -> None:
    trials = results.trials.copy()
    broken = (trials["target"] == "colour") & (trials["depth"] == 1) & (trials["number"] < 2)

    frame = tables.failures_frame(with_frames(results, trials=trials.assign(state=trials["state"].mask(broken, "FAIL"))))

    assert frame[["target", "model", "COMPLETE", "FAIL"]].to_numpy().tolist() == [["colour", "network, 1 layer", 4, 2]]
    assert tables.failures_frame(results).empty


def test_classes_and_reasons_of_the_data_are_told(results: Results) -> None:
    html = tables.data_summary(results)

    assert "<p>600 rows.</p>" in html
    assert "<td>blue, red</td>" in html
    assert "<td>Poisson loss</td>" in html
