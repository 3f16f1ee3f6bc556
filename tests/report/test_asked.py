"""The text of a report says what its verdicts were asked of."""

from __future__ import annotations

from harness import judged
from study.diagnostics.drawing.style import wrapped
from study.diagnostics.margins import figure as margins
from study.diagnostics.registry import picture_of
from study.evidence.metrics import metric_of
from study.evidence.thresholds import EvaluationSpec
from study.evidence.wording.answer import Words
from study.records.results import Results
from study.report.asked import margins_of, shares_of
from tests.report.synthetic import SECTIONS, axes_of, numbers, with_frames


def asked(results: Results, **questions: EvaluationSpec) -> Results:
    """The same results, of which some targets were asked these questions, and the others are left
    out.
    """
    whole = {"predictions": results.predictions, "trials": results.trials}
    kept = {name: frame[frame["target"].isin(questions)] for name, frame in whole.items()}
    answers = judged.verdicts(kept["predictions"], kept["trials"], 0.05, 5, questions=questions)
    return with_frames(results, verdicts=answers, **kept)


def test_the_text_tells_the_metric_and_the_min_margin_that_the_verdict_was_drawn_by(
    results: Results,
) -> None:
    told = asked(results, colour=EvaluationSpec(metric="accuracy", min_margin=0.5))

    (verdict,) = told.verdicts
    assert metric_of("accuracy", verdict.kind).noun in shares_of(told)
    assert Words(verdict).margin in margins_of(told)
    assert verdict.bound is not None
    assert numbers(Words(verdict).margin)[0] > 5  # the minimum is larger than the margin


def test_of_several_questions_the_text_tells_each(results: Results) -> None:
    told = asked(
        results, balloons=EvaluationSpec(metric="rmse"), colour=EvaluationSpec(min_margin=0.9)
    )
    stakes, bounds = shares_of(told), margins_of(told)
    for verdict, metric in zip(told.verdicts, ("rmse", "loss"), strict=True):
        assert metric_of(metric, verdict.kind).noun in stakes
        assert Words(verdict).margin in bounds
    assert numbers(bounds)[0] == 5


def test_every_text_is_filled_with_what_the_verdicts_were_asked_of() -> None:
    filled = [
        section.text.format(of="OF", bound="BOUND", fold="", folder="", config="")
        for section in SECTIONS
    ]

    assert sum("OF" in text for text in filled) >= 1
    assert sum("BOUND" in text for text in filled) >= 1


def test_the_axis_of_margins_names_what_was_asked_of(with_terms: Results) -> None:
    judged = asked(with_terms, balloons=EvaluationSpec(metric="mae"))

    (ax,) = axes_of(picture_of(margins, margins.data(judged)))

    assert metric_of("mae", "continuous").noun in " ".join(ax.get_xlabel().split())


def test_the_label_of_an_axis_is_broken_where_it_is_wider_than_half_a_figure() -> None:
    label = " ".join(["seven77"] * 9)

    lines = wrapped(label).splitlines()

    assert [len(line.split()) for line in lines] == [5, 4]
    assert " ".join(lines) == label
