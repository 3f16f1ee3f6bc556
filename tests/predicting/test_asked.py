"""A finished study asked another question: what changes, what is refused, and that nothing is written."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from study.config.metrics import metrics_asked
from study.predicting.asked import ask
from study.predicting.results import Results, load_results
from study.schema import METRICS_OF, Kind, StudyError
from study.screen import cli
from tests.report.synthetic import with_frames, write_results


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Results:
    """A study of a continuous and a binary target, without boosted trees."""
    root = write_results(tmp_path_factory.mktemp("asked"), ["balloons", "colour"], n_trials=2).root
    pd.DataFrame().to_parquet(root / "trees.parquet")
    return load_results(root)


def content(root: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in sorted(root.rglob("*")) if path.is_file()}


def test_another_metric_is_asked_after_the_results_were_known_and_nothing_is_written(finished: Results) -> None:
    before = content(finished.root)

    (verdict,) = finished.ask(metric="rmse", margin=0.1, target="balloons")

    assert (verdict.target, verdict.question.metric, verdict.question.after) == ("balloons", "rmse", True)
    assert verdict.sentence.startswith("Asked after the results were known, of the RMSE. Predictions of balloons")
    assert "linear regression's RMSE on balloons" in verdict.sentence
    assert content(finished.root) == before


def test_the_gain_in_rmse_is_that_of_the_root_of_the_mean_squared_error(finished: Results) -> None:
    (squared,), (root,) = (finished.ask(metric=name, target="balloons") for name in ("loss", "rmse"))

    saved = [each.gains[0].gain.improvement for each in (squared, root)]
    assert 1 - saved[1] == pytest.approx((1 - saved[0]) ** 0.5)


def test_each_target_can_be_asked_of_its_own_metric(finished: Results) -> None:
    found = finished.ask(metric={"colour": "auc"})

    assert [(each.target, each.question.metric) for each in found] == [("balloons", "loss"), ("colour", "auc")]
    assert "distance to an AUC of 1" in found[1].sentence


def test_a_metric_of_another_kind_is_refused_with_those_that_fit(finished: Results) -> None:
    with pytest.raises(StudyError) as caught:
        finished.ask(metric="auc")

    assert str(caught.value) == (
        "metric: 'auc' is no metric of balloons, which is continuous; it can be loss, r2, rmse, mae. "
        "Ask it of colour alone: --target colour."
    )


def test_the_questions_of_the_config_are_not_said_to_be_asked_afterwards(finished: Results) -> None:
    same, other = finished.ask(), finished.ask(floor=0.02)

    assert [each.question.after for each in (*same, *other)] == [False, False, True, True]
    assert [each.sentence for each in same] == [each.sentence for each in finished.verdicts]


@pytest.mark.parametrize(
    ("question", "said"),
    [
        ({"target": "ballons"}, "has no target 'ballons'; its targets are balloons, colour. Did you mean 'balloons'?"),
        (
            {"metric": "AUC"},
            "metric: 'AUC' is no metric; there are loss, r2, rmse, mae, auc, brier, accuracy. Did you mean 'auc'?",
        ),
        ({"margin_of": "unit"}, "margin: the study's 0.05 is of another unit; give the margin of this question."),
        ({"margin": 3}, "the question: 'margin': a share must be less than 1 but got 3"),
        ({"margin_of": "explaned"}, "Did you mean 'explained'?"),
        (
            {"metric": {"color": "auc"}},
            "metric.color: no such target; the targets are balloons, colour. Did you mean 'colour'?",
        ),
    ],
)
def test_a_question_that_cannot_be_asked_says_why(question: dict[str, object], said: str, finished: Results) -> None:
    with pytest.raises(StudyError, match=re.escape(said)):
        finished.ask(**question)  # type: ignore[arg-type]


def test_predictions_that_do_not_tell_the_order_of_their_rows_are_not_judged_as_independent(finished: Results) -> None:
    timed = finished.config.model_copy(update={"time": "age"})
    known = finished.predictions.assign(time=finished.predictions["row"].astype(float))

    for unknown in (finished.predictions, known.assign(time=known["time"].where(known["family"] != "neural"))):
        with pytest.raises(StudyError, match=re.escape(f"The rows of {finished.root} are in the order of 'age'")) as caught:
            ask(with_frames(finished, config=timed, predictions=unknown))
        assert str(caught.value).endswith(
            f"{finished.again} concludes the study anew; trials that are there are not run again."
        )
    verdict = ask(with_frames(finished, config=timed, predictions=known))[0]
    assert "in time order" in str(verdict.method_words)


@pytest.mark.parametrize("kind", list(Kind))
def test_every_kind_has_its_metrics_and_the_loss(kind: Kind) -> None:
    for metric in ("loss", *METRICS_OF[kind]):
        assert metrics_asked(metric, {"y": kind}) == {"y": metric}


def test_a_config_of_several_kinds_names_its_metric_by_target() -> None:
    with pytest.raises(
        StudyError, match=re.escape("it can be loss, auc, brier, accuracy. Name it by target: metric: {a: rmse}.")
    ):
        metrics_asked("rmse", {"a": Kind.COUNT, "b": Kind.BINARY})


@pytest.mark.parametrize(
    ("question", "said"),
    [
        ({"margin": 3}, "--margin: a share must be less than 1 but got 3; `--margin-of unit` takes the metric's own unit."),
        ({"margin_of": "explaned"}, "--margin-of: Input should be 'regression', 'explained' or 'unit' (got 'explaned')."),
        ({"metric": "acuracy"}, "--metric: 'acuracy' is no metric; there are "),
        ({"floor": float("nan")}, "--floor: Input should be a finite number (got nan)."),
    ],
)
def test_the_command_says_which_option_is_wrong(question: dict[str, Any], said: str, finished: Results) -> None:
    with pytest.raises(StudyError, match=f"^{re.escape(said)}"):
        cli.ask(finished.root, **question)


def test_the_command_prints_the_verdicts_of_the_question_or_their_json(
    finished: Results, capsys: pytest.CaptureFixture[str]
) -> None:
    cli.ask(finished.root, metric="mae", target="balloons", margin=0.1)
    said = capsys.readouterr().out
    cli.ask(finished.root, margin=0.1, as_json=True)
    told = json.loads(capsys.readouterr().out)

    assert said.startswith("Asked after the results were known, of the mean absolute error. Predictions of balloons")
    assert [each["question"]["margin"] for each in told["verdicts"]] == [0.1, 0.1]
