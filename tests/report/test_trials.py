"""Every trial, what every model was given, how rows were kept apart, and how to repeat it."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd
import pytest

from study.diagnostics.drawing.html_table import filtered, table
from study.records.reading import digest, write_trial
from study.records.results import Results
from study.records.trial import TrialRecord
from study.report import fair, repeat, trials
from study.schema import LOSS_NAMES, Kind, Search, TrialState
from tests.report.synthetic import copied, numbers, with_frames


@pytest.fixture(scope="module")
def failed(results: Results, tmp_path_factory: pytest.TempPathFactory) -> Results:
    """A study of which two trials of one search failed, the first for a reason, and one was given
    up.
    """
    copy = copied(results, tmp_path_factory.mktemp("failed") / "party")
    frame = results.trials.copy()
    own = frame[(frame["target"] == "colour") & (frame["depth"] == 1)]
    frame.loc[own.index[:2], ["state", "val_loss"]] = [TrialState.FAIL.value, np.nan]
    frame.loc[own.index[2], "state"] = TrialState.PRUNED.value
    search = Search(target="colour", kind="binary", family="neural", depth=1, outer_fold=0)
    told = {
        "study": "party",
        "trial_id": own["trial_id"].iloc[0],
        "number": 0,
        "generation": 0,
        "params": {},
    }
    record = TrialRecord(
        search=search, state=TrialState.FAIL, error="Traceback:\nValueError: <not> finite.", **told
    )
    found = with_frames(copy, trials=frame)
    write_trial(found.paths, record)
    return found


def test_every_trial_has_a_row_with_its_numbers_and_hyperparameters(results: Results) -> None:
    frame = trials.trials_frame(results)

    own = results.trials[(results.trials["target"] == "colour") & (results.trials["depth"] == 2)]
    shown = frame[(frame["target"] == "colour") & (frame["model"] == "network, 2 layers")]
    assert len(frame) == len(results.trials)
    assert (
        frame["target"].drop_duplicates().tolist()
        == results.trials["target"].drop_duplicates().tolist()
    )
    assert shown["trial"].tolist() == [0, 1, 2, 3]
    assert shown["validation loss"].tolist() == own["val_loss"].tolist()
    assert shown["seconds"].tolist() == [0.4] * 4
    assert shown["hyperparameters"].iloc[1] == "learning rate 0.00720 \N{MIDDLE DOT} width 64"
    assert "why it failed" not in frame


def test_what_failed_says_why_and_all_else_is_counted(failed: Results) -> None:
    frame, html = trials.trials_frame(failed), trials.all_trials(failed)

    said = frame[frame["state"] == "FAIL"]["why it failed"].tolist()
    assert said[0] == "ValueError: <not> finite"
    assert pd.isna(said[1])
    assert numbers(html.partition("</p>")[0]) == [2, len(frame)]
    assert "<td>ValueError: &lt;not&gt; finite</td>" in html.replace(' class="words"', "")
    assert re.findall("<option>(COMPLETE|PRUNED|FAIL)</option>", html) == [
        "COMPLETE",
        "FAIL",
        "PRUNED",
    ]


def test_of_too_many_trials_the_best_of_every_search_and_the_failed_are_shown(
    failed: Results, monkeypatch: pytest.MonkeyPatch
) -> None:
    searches = failed.trials.groupby(["target", "family", "depth"]).ngroups

    few = trials.shortened(failed.trials, searches + 2 + 3)

    complete = few[few["val_loss"].notna()]
    assert len(few) == searches + 5
    assert (few["state"] == "FAIL").sum() == 2
    best = failed.trials.groupby(["target", "family", "depth"])["val_loss"].min()
    assert complete.groupby(["target", "family", "depth"])["val_loss"].min().equals(best)
    assert complete.groupby(["target", "family", "depth"]).size().max() == 2

    monkeypatch.setattr(trials, "MOST_TRIALS", searches)
    count = len(failed.trials)
    assert numbers(trials.all_trials(failed).partition("</p>")[0]) == [2, count, searches, count]


def test_budgets_are_what_each_model_was_given_on_each_target(failed: Results) -> None:
    frame = fair.budgets_frame(failed).set_index(["target", "model"])

    own = failed.trials[(failed.trials["target"] == "colour") & (failed.trials["depth"] == 1)]
    given = frame.loc[("colour", "network, 1 layer")]
    assert given.drop("seconds").tolist() == [1, 4, 1, 2, 40]
    assert given["seconds"] == pytest.approx(own["wall_time_s"].sum())
    assert frame.loc[("colour", "logistic regression"), "trials"] == 1
    assert (
        frame.index.get_level_values("target").drop_duplicates().tolist()
        == failed.trials["target"].drop_duplicates().tolist()
    )


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({"protocol": "holdout"}, [20, 600]),
        ({"protocol": "nested", "outer": {"folds": 5, "repeats": 2}}, [600, 5]),
        ({"protocol": "nested", "outer": {"folds": 3}}, [600, 3]),
    ],
)
def test_what_is_tested_is_said_in_words(
    results: Results, changed: dict[str, object], expected: list[float]
) -> None:
    words = fair.split_words(with_frames(results, config=results.config.replace(**changed)))

    assert numbers(words[0]) == expected
    assert "`groups`" in words[1]


def test_time_order_is_said_to_test_later_rows(results: Results) -> None:
    timed = results.data.model_copy(update={"time": "date", "splitting": "ordered"})
    nested = results.config.replace(protocol="nested")

    words = fair.split_words(with_frames(results, data=timed, config=nested))

    assert words[0] != fair.split_words(with_frames(results, config=nested))[0]
    assert numbers(words[0]) == [600, 5]
    assert words[1] == "ordered"


def test_classes_and_reasons_of_the_data_are_told_and_features_are_folded(results: Results) -> None:
    html = fair.columns(results)

    (note,) = results.data.notes
    assert f"<li>{note}</li>" in html
    assert "<td>blue, red</td>" in html
    assert f"<td>{LOSS_NAMES[Kind.COUNT]}</td>" in html
    (summary,) = re.findall(
        '<details class="fold"><summary>(.*?)</summary><div class="scroll"', html
    )
    assert numbers(summary) == [3, 3]  # features, of which numeric


def test_a_time_budget_is_said_to_have_ended_the_search(results: Results) -> None:
    timed = with_frames(results, config=results.config.replace(time_budget_min=5))

    assert numbers(fair.budgets(timed).partition("<div")[0]) == [5]
    assert fair.budgets(timed).endswith(fair.budgets(results))


def test_whoever_repeats_a_study_is_told_what_must_be_the_same(results: Results) -> None:
    told = repeat.facts_frame(results).set_index("what")["value"]

    assert told.iloc[:2].tolist() == [digest(results.trials), results.data.digest]
    assert told["seed"] == "0"
    assert results.environment.packages["family-study"] in set(told)
    assert "<pre><code>name: party\n" in repeat.facts(results)
    assert "statsmodels" in repeat.facts(results)


def test_a_table_says_what_it_holds_to_those_who_do_not_see_it() -> None:
    html = table(pd.DataFrame({f"c{i}": [i, i] for i in range(9)}))

    (label,) = re.findall('role="region" aria-label="(.*?)"', html)
    assert numbers(label) == [9, 2]  # columns, rows
    assert all(name in label for name in ("c0", "c1", "c2"))
    assert table(pd.DataFrame({"a": [1]})).endswith('<p class="more"></p>')


def test_a_filter_offers_each_value_once_by_the_place_of_its_column() -> None:
    html = filtered(
        pd.DataFrame({"empty": [None, None], "n": [1, 2], "model": ["<a>", "<a>"]}),
        ["model"],
        "trials",
    )

    assert (
        '<select data-column="1"><option value="">all</option><option>&lt;a&gt;</option></select>'
        in html
    )
    assert '<p class="count" role="status">2 trials.</p>' in html


def test_trials_of_several_targets_and_folds_are_told_apart(nested: Results) -> None:
    one = with_frames(nested, trials=nested.trials[nested.trials["target"] == "balloons"])

    heads = [
        re.findall('<th scope="col"[^>]*>([^<]+)</th>', trials.all_trials(own))
        for own in (nested, one)
    ]

    assert heads[1][:4] == ["model", "outer fold", "trial", "validation loss"]
    assert heads[0] == ["target", *heads[1]]
