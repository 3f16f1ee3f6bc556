"""The text of a report says what its verdicts were asked of."""

from __future__ import annotations

import pytest

from study.evidence import verdicts
from study.evidence.margins import Question
from study.records.results import Results
from study.report.asked import held_against, shares_of
from study.report.figures import gains
from study.report.sections import SECTIONS
from study.report.style import wrapped
from tests.report.synthetic import with_frames

LABEL = "share of the regression's distance to an AUC of 1 that is saved"


def asked(results: Results, **questions: Question) -> Results:
    """The same results, of which some targets were asked these questions, and the others are left out."""
    whole = {"predictions": results.predictions, "trials": results.trials}
    kept = {name: frame[frame["target"].isin(questions)] for name, frame in whole.items()}
    answers = verdicts.verdicts(kept["predictions"], kept["trials"], 0.05, 5, questions=questions)
    return with_frames(results, verdicts=answers, **kept)


def test_the_text_tells_the_metric_and_the_floor_that_the_verdict_was_drawn_by(results: Results) -> None:
    told = asked(results, colour=Question(metric="accuracy", floor=0.5))

    assert shares_of(told) == "the regression's share of wrong rows"
    assert held_against(told) == f"the {told.verdicts[0].bound_name}"
    assert "floor" in held_against(told)


def test_a_margin_that_is_refused_is_said_to_be(results: Results) -> None:
    nothing = results.predictions["family"].eq("constant")
    worst = with_frames(results, predictions=results.predictions.assign(loss=results.predictions["loss"].mask(nothing, 0.0)))

    told = asked(worst, balloons=Question(margin_of="explained"))

    assert held_against(told) == "a margin, which is refused"


def test_of_several_questions_the_text_tells_each(results: Results) -> None:
    told = asked(results, balloons=Question(metric="rmse"), colour=Question(floor=0.9))
    first, second = (f"the {verdict.bound_name} for {verdict.target}" for verdict in told.verdicts)

    assert shares_of(told) == "what is asked of (the regression's RMSE for balloons; the regression's loss for colour)"
    assert held_against(told) == f"the bound of each target ({first}; {second})"
    assert first == "the 5 % margin for balloons"


@pytest.mark.parametrize("place", range(len(SECTIONS)))
def test_no_text_names_a_margin_or_a_loss_of_its_own(place: int) -> None:
    text = SECTIONS[place].text

    assert "share of the regression's loss" not in text.replace("\n", " ")
    assert text.format(of="", bound="", fold="", folder="", config="") is not None


def test_the_words_for_those_who_do_not_see_a_figure_name_what_was_asked_of(with_terms: Results) -> None:
    frame = gains.data(asked(with_terms, balloons=Question(metric="mae")))

    assert gains.draw(frame).alt.startswith("Share of the regression's mean absolute error that richer models save")


def test_the_label_of_an_axis_is_broken_where_it_is_wider_than_half_a_figure() -> None:
    assert wrapped(LABEL).splitlines() == ["share of the regression's distance to an AUC", "of 1 that is saved"]
    assert " ".join(wrapped(LABEL).split()) == LABEL
