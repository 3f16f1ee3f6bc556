"""Every trial, what every model was given, how rows were kept apart, and how to repeat it."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from study.records.results import Results, digest, load_results, write_trial
from study.records.trial import TrialRecord
from study.report import fair, repeat, trials
from study.report.html_table import filtered, table
from study.schema import Arm, TrialState
from tests.report.synthetic import with_frames


@pytest.fixture(scope="module")
def failed(results: Results, tmp_path_factory: pytest.TempPathFactory) -> Results:
    """A study of which two trials of one arm failed, the first for a reason, and one was given up."""
    root = tmp_path_factory.mktemp("failed") / "party"
    shutil.copytree(results.root, root)
    frame = results.trials.copy()
    own = frame[(frame["target"] == "colour") & (frame["depth"] == 1)]
    frame.loc[own.index[:2], ["state", "val_loss"]] = [TrialState.FAIL.value, np.nan]
    frame.loc[own.index[2], "state"] = TrialState.PRUNED.value
    arm = Arm(target="colour", kind="binary", family="neural", depth=1, outer_fold=0)
    told = {"study": "party", "trial_id": own["trial_id"].iloc[0], "number": 0, "generation": 0, "params": {}}
    record = TrialRecord(arm=arm, state=TrialState.FAIL, error="Traceback:\nValueError: <not> finite.", **told)
    found = with_frames(load_results(root), trials=frame)
    write_trial(found.paths, record)
    return found


def test_every_trial_has_a_row_with_its_numbers_and_hyperparameters(results: Results) -> None:
    frame = trials.trials_frame(results)

    own = results.trials[(results.trials["target"] == "colour") & (results.trials["depth"] == 2)]
    shown = frame[(frame["target"] == "colour") & (frame["model"] == "network, 2 layers")]
    assert len(frame) == len(results.trials)
    assert frame["target"].drop_duplicates().tolist() == results.trials["target"].drop_duplicates().tolist()
    assert shown["trial"].tolist() == [0, 1, 2, 3, 4, 5]
    assert shown["validation loss"].tolist() == own["val_loss"].tolist()
    assert shown["seconds"].tolist() == [0.4] * 6
    assert shown["hyperparameters"].iloc[1] == "learning rate 0.00720 \N{MIDDLE DOT} width 64"
    assert "why it failed" not in frame


def test_what_failed_says_why_and_all_else_is_counted(failed: Results) -> None:
    frame, html = trials.trials_frame(failed), trials.all_trials(failed)

    said = frame[frame["state"] == "FAIL"]["why it failed"].tolist()
    assert said[0] == "ValueError: <not> finite"
    assert pd.isna(said[1])
    assert html.startswith(f"<p>2 of {len(frame)} trials failed.</p>")
    assert "<td>ValueError: &lt;not&gt; finite</td>" in html.replace(' class="words"', "")
    assert re.findall("<option>(COMPLETE|PRUNED|FAIL)</option>", html) == ["COMPLETE", "FAIL", "PRUNED"]


def test_of_too_many_trials_the_best_of_every_arm_and_the_failed_are_shown(
    failed: Results, monkeypatch: pytest.MonkeyPatch
) -> None:
    arms = failed.trials.groupby(["target", "family", "depth"]).ngroups

    few = trials.shortened(failed.trials, arms + 2 + 3)

    complete = few[few["val_loss"].notna()]
    assert len(few) == arms + 5
    assert (few["state"] == "FAIL").sum() == 2
    best = failed.trials.groupby(["target", "family", "depth"])["val_loss"].min()
    assert complete.groupby(["target", "family", "depth"])["val_loss"].min().equals(best)
    assert complete.groupby(["target", "family", "depth"]).size().max() == 2

    monkeypatch.setattr(trials, "MOST_TRIALS", arms)
    count = len(failed.trials)
    assert f"The table holds {arms} of {count} trials: the best of every arm, and what failed." in trials.all_trials(failed)


def test_budgets_are_what_each_model_was_given_on_each_target(failed: Results) -> None:
    frame = fair.budgets_frame(failed).set_index(["target", "model"])

    own = failed.trials[(failed.trials["target"] == "colour") & (failed.trials["depth"] == 1)]
    given = frame.loc[("colour", "network, 1 layer")]
    assert given.drop("seconds").tolist() == [1, 6, 1, 2, 60]
    assert given["seconds"] == pytest.approx(own["wall_time_s"].sum())
    assert frame.loc[("colour", "logistic regression"), "trials"] == 1
    assert (
        frame.index.get_level_values("target").drop_duplicates().tolist() == failed.trials["target"].drop_duplicates().tolist()
    )


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({"protocol": "holdout"}, "600 rows, of which a share of 0.200 is tested, once."),
        (
            {"protocol": "nested", "outer": {"folds": 5, "repeats": 2}},
            "600 rows, of which each is tested 2 times, each time divided anew, in one of 5 outer folds.",
        ),
        ({"protocol": "nested", "outer": {"folds": 3}}, "600 rows, of which each is tested once, in one of 3 outer folds."),
    ],
)
def test_what_is_tested_is_said_in_words(results: Results, changed: dict[str, object], expected: str) -> None:
    words = fair.split_words(with_frames(results, config=results.config.replace(**changed)))

    assert words[0] == expected
    assert words[1].startswith("No column keeps rows together")


def test_time_order_is_said_to_test_later_rows(results: Results) -> None:
    timed = results.data.model_copy(update={"time": "date", "splitting": "In the order of 'date'."})
    nested = results.config.replace(protocol="nested")

    words = fair.split_words(with_frames(results, data=timed, config=nested))

    assert words[0] == "600 rows, of which later ones are tested by models of earlier ones, in 5 outer folds."
    assert words[1] == "In the order of 'date'."


def test_classes_and_reasons_of_the_data_are_told_and_features_are_folded(results: Results) -> None:
    html = fair.columns(results)

    assert "<li>3 rows without a target were left out.</li>" in html
    assert "<td>blue, red</td>" in html
    assert "<td>Poisson loss</td>" in html
    summary = "3 features (3 numeric), and why each is read so"
    assert f'<details class="fold"><summary>{summary}</summary><div class="scroll"' in html


def test_a_time_budget_is_said_to_have_ended_the_search(results: Results) -> None:
    timed = with_frames(results, config=results.config.replace(time_budget_min=5))

    assert "No trial was suggested after 5 minutes" in fair.budgets(timed)
    assert "No trial was suggested" not in fair.budgets(results)


def test_whoever_repeats_a_study_is_told_what_must_be_the_same(results: Results) -> None:
    told = repeat.facts_frame(results).set_index("what")["value"]

    assert told["digest of the dataframe"] == digest(results.trials)
    assert told["digest of the table"] == results.data.digest
    assert told["seed"] == "0"
    assert told["version of study"] == results.environment.packages["family-study"]
    assert "<pre><code>name: party\n" in repeat.facts(results)
    assert "statsmodels" in repeat.facts(results)


def test_a_table_says_what_it_holds_to_those_who_do_not_see_it() -> None:
    html = table(pd.DataFrame({f"c{i}": [i, i] for i in range(9)}))

    assert 'role="region" aria-label="Table of c0, c1, c2: 9 columns, 2 rows"' in html
    assert html.endswith('<p class="more">9 columns</p>')
    assert table(pd.DataFrame({"a": [1]})).endswith('<p class="more"></p>')


def test_a_filter_offers_each_value_once_by_the_place_of_its_column() -> None:
    html = filtered(pd.DataFrame({"empty": [None, None], "n": [1, 2], "model": ["<a>", "<a>"]}), ["model"], "trials")

    assert '<select data-column="1"><option value="">all</option><option>&lt;a&gt;</option></select>' in html
    assert '<p class="count" role="status">2 trials.</p>' in html


def test_trials_of_several_targets_and_folds_are_told_apart(make_results: Callable[..., Results]) -> None:
    nested = make_results(["balloons"], outer_folds=2, n_trials=2)

    heads = re.findall('<th scope="col"[^>]*>([^<]+)</th>', trials.all_trials(nested))

    assert heads[:4] == ["model", "outer fold", "trial", "validation loss"]
