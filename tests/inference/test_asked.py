"""A finished study asked another question: what changes, what is refused, and that nothing is
written.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from study.ask import ask
from study.cli import main as cli
from study.config.metrics import metrics_asked
from study.evidence.metrics import metrics_of
from study.evidence.wording.answer import Words
from study.results import Results, load_results
from study.schema import Kind, StudyError
from tests.report.synthetic import with_frames, write_results


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Results:
    """A study of a continuous and a binary target, without boosted trees."""
    root = write_results(
        tmp_path_factory.mktemp("asked"), ["balloons", "colour"], n_trials=1, depths=(1,)
    ).root
    pd.DataFrame().to_parquet(root / "frames" / "trees.parquet")
    return load_results(root)


def content(root: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in sorted(root.rglob("*")) if path.is_file()}


def test_another_metric_is_asked_after_the_results_were_known_and_nothing_is_written(
    finished: Results,
) -> None:
    before = content(finished.root)

    (verdict,) = finished.ask(metric="rmse", margin=0.1, target="balloons")

    assert (verdict.target, verdict.question.metric, verdict.question.after) == (
        "balloons",
        "rmse",
        True,
    )
    assert "RMSE" in Words(verdict).sentence
    assert content(finished.root) == before


def test_the_gain_in_rmse_is_that_of_the_root_of_the_mean_squared_error(finished: Results) -> None:
    (squared,), (root,) = (
        finished.ask(metric=name, target="balloons") for name in ("loss", "rmse")
    )

    saved = [each.gains[0].gain.improvement for each in (squared, root)]
    assert 1 - saved[1] == pytest.approx((1 - saved[0]) ** 0.5)


def test_each_target_can_be_asked_of_its_own_metric(finished: Results) -> None:
    found = finished.ask(metric={"colour": "auc"})

    assert [(each.target, each.question.metric) for each in found] == [
        ("balloons", "loss"),
        ("colour", "auc"),
    ]
    assert "AUC" in Words(found[1]).sentence


def test_a_metric_of_another_kind_is_refused_with_those_that_fit(finished: Results) -> None:
    with pytest.raises(StudyError, match=r"'auc'.*balloons.*rmse.*--target colour"):
        finished.ask(metric="auc")


def test_the_questions_of_the_config_are_not_said_to_be_asked_afterwards(finished: Results) -> None:
    same, other = finished.ask(), finished.ask(min_margin=0.02)

    assert [each.question.after for each in (*same, *other)] == [False, False, True, True]
    assert [Words(each).sentence for each in same] == [
        Words(each).sentence for each in finished.verdicts
    ]


@pytest.mark.parametrize(
    ("question", "way_out"),
    [
        ({"target": "ballons"}, "'ballons'.*'balloons'.*balloons, colour"),
        ({"metric": "AUC"}, r"'AUC'.*'auc'.*\brmse\b.*\bbrier\b"),
        ({"margin_of": "unit"}, r"margin.*0\.05"),
        ({"margin": 3}, "'margin'.* 3"),
        ({"margin_of": "units"}, "'units'.*'unit'"),
        ({"metric": {"color": "auc"}}, r"metric\.color.*'colour'.*balloons, colour"),
    ],
)
def test_a_question_that_cannot_be_asked_says_why(
    question: dict[str, object], way_out: str, finished: Results
) -> None:
    with pytest.raises(StudyError, match=way_out):
        finished.ask(**question)  # type: ignore[arg-type]


def test_rows_in_time_order_are_judged_as_such(finished: Results) -> None:
    timed = finished.config.model_copy(update={"time": "age"})
    known = finished.predictions.assign(time=finished.predictions["row"].astype(float))

    asked = ask(with_frames(finished, config=timed, predictions=known))

    assert [each.gains[0].gain.n_times for each in (*asked, *finished.verdicts)] == [120, 120, 0, 0]


@pytest.mark.parametrize("kind", list(Kind))
def test_every_kind_has_its_metrics_and_the_loss(kind: Kind) -> None:
    for metric in metrics_of(kind):
        assert metrics_asked(metric.name, {"y": kind}) == {"y": metric.name}


def test_a_config_of_several_kinds_names_its_metric_by_target() -> None:
    with pytest.raises(StudyError, match=r"\bbrier\b.*metric: \{a: rmse\}"):
        metrics_asked("rmse", {"a": Kind.COUNT, "b": Kind.BINARY})


@pytest.mark.parametrize(
    ("question", "way_out"),
    [
        ({"margin": 3}, r".*'margin'.*\b3\b.*`margin_of: unit`"),
        ({"margin_of": "units"}, ".*'margin_of'.*'units'.*'unit'"),
        ({"metric": "acuracy"}, "metric:.*'acuracy'.*'accuracy'"),
        ({"min_margin": float("nan")}, ".*'min_margin'.*nan"),
    ],
)
def test_the_command_says_which_option_is_wrong(
    question: dict[str, Any], way_out: str, finished: Results
) -> None:
    with pytest.raises(StudyError, match=f"^{way_out}"):
        cli.ask(finished.root, **question)


def test_the_command_prints_the_verdicts_of_the_question_or_their_json(
    finished: Results, capsys: pytest.CaptureFixture[str]
) -> None:
    cli.ask(finished.root, metric="mae", target="balloons", margin=0.1)
    said = capsys.readouterr().out
    cli.ask(finished.root, margin=0.1, as_json=True)
    told = json.loads(capsys.readouterr().out)

    assert "balloons" in said
    assert "colour" not in said
    assert [each["question"]["margin"] for each in told["verdicts"]] == [0.1, 0.1]
