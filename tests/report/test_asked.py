"""The text of a report says what its verdicts were asked of."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from study.evidence.margins import Bound, Question
from study.records.results import Results
from study.report.asked import held_against, shares_of
from study.report.figures import gains
from study.report.sections import SECTIONS
from study.report.style import wrapped
from tests.report.synthetic import with_frames

FLOOR = Bound(share=0.75, margin=0.05, floor=0.75, explained=np.nan, refused=False, sd=np.nan, amount=True)
LABEL = "share of the regression's distance to an AUC of 1 that is saved"


def asked(results: Results, *changes: dict[str, Any]) -> Results:
    return with_frames(
        results,
        verdicts=[verdict.model_copy(update=update) for verdict, update in zip(results.verdicts, changes, strict=False)],
    )


def test_the_text_tells_the_metric_and_the_floor_that_the_verdict_was_drawn_by(results: Results) -> None:
    told = asked(results, {"question": Question(metric="accuracy"), "bound": FLOOR, "margin": 0.75})

    assert (shares_of(told), held_against(told)) == ("the regression's share of wrong rows", "the 75 % floor")


def test_a_margin_that_is_refused_is_said_to_be(results: Results) -> None:
    refused = FLOOR.model_copy(update={"refused": True, "share": np.nan})

    assert held_against(asked(results, {"bound": refused, "margin": np.nan})) == "a margin, which is refused"


def test_of_several_questions_the_text_tells_each(results: Results) -> None:
    told = asked(results, {"question": Question(metric="rmse")}, {"bound": FLOOR, "margin": 0.75})
    first, second = (verdict.target for verdict in told.verdicts)

    assert shares_of(told) == (f"what is asked of (the regression's RMSE for {first}; the regression's loss for {second})")
    assert held_against(told) == f"the bound of each target (the 5 % margin for {first}; the 75 % floor for {second})"


@pytest.mark.parametrize("place", range(len(SECTIONS)))
def test_no_text_names_a_margin_or_a_loss_of_its_own(place: int) -> None:
    text = SECTIONS[place].text

    assert "share of the regression's loss" not in text.replace("\n", " ")
    assert text.format(of="", bound="", fold="", folder="", config="") is not None


def test_the_words_for_those_who_do_not_see_a_figure_name_what_was_asked_of(with_terms: Results) -> None:
    frame = gains.data(asked(with_terms, {"question": Question(metric="mae")}))

    assert gains.draw(frame).alt.startswith("Share of the regression's mean absolute error that richer models save")


def test_the_label_of_an_axis_is_broken_where_it_is_wider_than_half_a_figure() -> None:
    assert wrapped(LABEL).splitlines() == ["share of the regression's distance to an AUC", "of 1 that is saved"]
    assert " ".join(wrapped(LABEL).split()) == LABEL
