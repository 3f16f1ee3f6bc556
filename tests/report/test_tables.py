"""Tables and words of the report."""

from __future__ import annotations

import io
import re
from html import escape

import numpy as np
import pandas as pd
import pytest
from rich.console import Console

from study.cli.ending import print_all as print_summary
from study.diagnostics.coefficients import figure as coefficients
from study.evidence import winners
from study.evidence.metrics import metric_of
from study.evidence.wording.amounts import signed
from study.evidence.wording.answer import Words
from study.formatting import chance
from study.records.results import Results
from study.report import tables
from study.schema import ModelData
from tests.evidence.losses import pairs_of
from tests.report.synthetic import numbers, with_frames


def test_a_table_rounds_to_three_digits_aligns_numbers_and_drops_empty_columns() -> None:
    frame = pd.DataFrame({"model": ["linear"], "loss": [0.0123456], "auc": [np.nan]})

    html = tables.table(frame)

    assert (
        '<thead><tr><th scope="col">model</th><th scope="col" class="n">loss</th></tr></thead>'
        in html
    )
    assert '<tbody><tr><td>linear</td><td class="n">0.0123</td></tr></tbody>' in html


def test_words_may_be_broken_into_lines_and_intervals_may_not() -> None:
    html = tables.table(
        pd.DataFrame(
            {"gain of": ["one word and many more"], "interval": ["more than 99.9994 to all"]}
        )
    )

    assert re.findall("<td( class=.words.)?>", html) == [' class="words"', ""]


def test_an_empty_table_says_why() -> None:
    assert tables.table(pd.DataFrame(), "none & no") == "<p>none &amp; no</p>"


def test_every_target_has_its_own_table_with_its_own_metrics(results: Results) -> None:
    html = tables.by_target(tables.scores_frame(results))

    balloons, colour = html.split("<h4>")[1:3]
    assert balloons.startswith("balloons</h4>")
    assert "calibration error" in colour
    assert "calibration error" not in balloons
    assert not {"R²", "AUC", "accuracy"} & set(tables.scores_frame(results))


def test_pairs_read_in_per_cent(results: Results) -> None:
    frame = tables.pairwise_frame(results)

    pair = pairs_of(
        results.predictions, results.config.margin, 5, winners.best_trials(results.trials)
    ).iloc[0]
    assert frame.loc[0, "compared with"] == "baseline"
    assert frame.loc[0, "improvement"] == signed(pair["improvement"])
    assert frame.loc[0, "interval"] == f"{signed(pair['low'])} to {signed(pair['high'])}"
    assert frame.loc[0, "better / same / worse"] == " / ".join(
        chance(pair[name]) for name in ("better", "equal", "worse")
    )


def test_where_nothing_can_be_gained_the_pairs_show_dashes(nothing: Results) -> None:
    frame = tables.pairwise_frame(nothing)

    assert frame.loc[0, "improvement"] == "\N{EN DASH}"
    assert frame.loc[0, "interval"] == "no limits"


def test_where_the_gain_comes_from_stands_beside_the_short_formula(with_terms: Results) -> None:
    html = tables.sources(with_terms)

    (verdict,) = with_terms.verdicts
    rows = cells(html)
    assert [row[0] for row in rows] == ["term", "relationship[&lt;m&gt;] by age", "children²"]
    assert [row[1] for row in rows[-2:]] == ["1", "1"]
    assert f"<p>{escape(str(Words(verdict).formula))}</p>" in html
    assert f"<pre><code>{verdict.formula}</code></pre>" in html


def cells(html: str) -> list[list[str]]:
    """Every row of every table as its cells."""
    return [re.findall(r"<t[hd][^>]*>(.*?)</t", row) for row in html.split("<tr>")[1:]]


def test_every_model_has_one_row_of_scores(results: Results) -> None:
    frame = tables.scores_frame(results)

    own = frame[frame["target"] == "balloons"]
    names = [
        "baseline",
        "linear regression",
        "network, 1 layer",
        "network, 2 layers",
        "network, depth chosen",
    ]
    assert list(own["model"]) == names


def test_tables_name_models_by_the_labels_of_the_study(results: Results) -> None:
    labels = (
        ModelData(family="neural", depth=2, label="dense, 2 deep"),
        ModelData(family="linear", depth=0, label="line"),
    )
    told = with_frames(results, data=results.data.model_copy(update={"models": labels}))

    frames = [make(told) for make in (tables.scores_frame, tables.pairwise_frame)]

    names = [set(frame.loc[frame["target"] == "balloons", "model"]) for frame in frames]
    assert all({"line", "dense, 2 deep", "network, 1 layer"} <= found for found in names)
    assert "line" in set(frames[1]["compared with"])


def test_every_model_has_a_row_of_metrics_with_intervals(with_terms: Results) -> None:
    frame = tables.metrics_frame(with_terms).set_index("model")

    labels = [metric_of(name, "continuous").label for name in ("r2", "rmse", "mae")]
    assert list(frame.columns) == ["target", *labels]
    own = with_terms.metrics.query("metric == 'rmse' and base.isna() and other == 'network'")
    told = numbers(frame.loc["neural network", labels[1]])
    assert told == pytest.approx(own[["value", "low", "high"]].to_numpy().ravel(), rel=0.005)
    assert len(frame) == 5


def test_table_and_terminal_say_on_how_many_folds_a_metric_exists_where_not_on_all(
    results: Results,
) -> None:
    own, out = results.metrics, io.StringIO()
    others = (own["target"] == "colour") & (own["metric"] != "auc")
    some = with_frames(results, metrics=own.assign(n_folds=own["n_folds"].mask(others, 3)))

    frame = tables.metrics_frame(some)
    print_summary(some, Console(file=out, width=1_000))

    (head,) = set(frame) - set(tables.metrics_frame(results))
    label, _, told = head.partition(", ")
    assert label == metric_of("auc", "binary").label
    assert numbers(told) == [1, 3]
    assert told in " ".join(out.getvalue().split())


def test_odds_ratios_are_shown_for_the_logistic_regression_alone(results: Results) -> None:
    balloons, colour = tables.by_target(coefficients.coefficients_frame(results)).split("<h4>")[1:3]

    assert "odds ratio" in colour
    assert "odds ratio" not in balloons


def test_a_target_without_a_model_of_all_rows_shows_the_weights_of_its_first_fold(
    results: Results,
) -> None:
    own = results.coefficients.copy()
    own.loc[own["target"] == "colour", "outer_fold"] = -1

    late = with_frames(results, coefficients=own)

    assert len(coefficients.coefficients_frame(late)) == len(
        coefficients.coefficients_frame(results)
    )
    assert set(coefficients.data(late)["target"]) == set(coefficients.data(results)["target"])


def test_no_number_of_the_terminal_has_a_letter_e_and_none_is_called_nan(
    with_terms: Results,
) -> None:
    out = io.StringIO()

    print_summary(with_terms, Console(file=out, width=1_000))

    assert "formula" in out.getvalue()
    assert re.findall(r"\d[eE][+-]\d|\bnan\b", out.getvalue()) == []


def test_of_many_weights_the_table_has_the_largest(results: Results) -> None:
    own = results.coefficients.query("target == 'balloons'")
    wide = pd.concat(
        [
            own.assign(term=own["term"] + f"[{i}]", standardised=own["standardised"] / (i + 1))
            for i in range(60)
        ]
    )

    frame = coefficients.coefficients_frame(with_frames(results, coefficients=wide))

    assert len(frame) == coefficients.MOST_WEIGHTS
    assert {"children[0]", "intercept[59]"} <= set(frame["column"])
    assert "relationship[59]" not in set(frame["column"])
