"""What is warned of an answer: too few rows, a search that flattered itself, few rows that carry a
gain.
"""

from __future__ import annotations

import re

import numpy as np
import pandas as pd

from harness.judged import judges
from study.evidence.answer import Verdict
from study.evidence.scores import row_losses, units
from study.evidence.stored import read_verdicts, read_warnings, write_verdicts
from study.evidence.warnings.answers import (
    asked_anew,
    carried_by_few,
    carriers,
    few_carry,
    flattered,
    in_order,
    of_verdict,
    optimism,
    too_few_rows,
)
from study.evidence.wording.amounts import digits
from study.schema import NETWORK, StudyWarning
from tests.evidence.losses import in_folds, only_verdict, scored, trial, undecided


def judged(base: np.ndarray, network: np.ndarray) -> Verdict:
    return only_verdict([scored(base), scored(network, "neural", 1)])


def test_an_interval_that_could_not_leave_out_a_gain_of_nothing_is_of_too_few_rows(
    rng: np.random.Generator,
) -> None:
    wide = only_verdict(undecided(rng, 0.03, n=60, spread=0.6))
    near = only_verdict(undecided(rng, 0.05, n=4_000, spread=0.2))
    gain = wide.gains[0].gain

    found = too_few_rows(wide)

    assert wide.verdict == near.verdict == "undecided"
    assert found is not None
    assert (found.id, found.target) == ("S001", "y")
    assert all(digits(100 * end) in found.text for end in (gain.low, gain.high))
    assert too_few_rows(near) is None


def test_an_interval_without_an_end_is_of_too_few_rows_and_a_decided_one_never(
    rng: np.random.Generator,
) -> None:
    endless = judged(np.r_[np.full(39, 0.05), 40.0], rng.uniform(0.5, 1.5, 40))
    beyond = judged(np.r_[np.full(199, 0.05), 0.1], np.r_[np.full(199, 0.05), 9.0])

    assert too_few_rows(endless) is not None
    assert too_few_rows(beyond) is not None
    assert too_few_rows(judged(np.ones(60), np.full(60, 0.5) + 0.01 * rng.normal(size=60))) is None


def test_a_gain_that_few_rows_carry_names_them_and_no_other_is_warned_of() -> None:
    rng = np.random.default_rng(3)
    base = rng.exponential(1.0, 60)
    near = 0.97 * base * np.exp(0.3 * rng.normal(size=60)) + np.where(np.arange(60) == 3, 6.0, 0.0)
    losses = {
        "regression": units(row_losses(scored(base))),
        "network": units(row_losses(scored(near, "neural", 1))),
    }

    found = few_carry(judged(base, near), losses)

    assert found is not None
    assert found.id == "S012"
    assert "1 of 60" in found.text
    assert re.findall(r"\brow (\d+)", found.todo) == ["3"]
    assert few_carry(judged(np.ones(60), rng.uniform(0.8, 1.1, 60)), losses) is None


def test_of_groups_that_carry_a_gain_a_row_of_each_is_named_and_of_no_other() -> None:
    base = np.r_[1.0, 9.0, 1.0, *np.full(9, 2.0), *np.full(28, 1.0)]
    other = np.r_[
        1.0, 1.0, 9.0, *np.full(9, 1.0), *np.full(28, 1.0)
    ]  # rows 1 and 2, of one group, take each other back
    losses = {
        name: units(row_losses(scored(own, *model))).assign(
            group=np.r_[np.zeros(3), np.ones(9), np.arange(2, 30)]
        )
        for name, own, model in (("regression", base, ()), ("network", other, ("neural", 1)))
    }

    assert carriers(losses, "regression", "network", 1)[0] in map(str, range(3, 12))


def test_of_a_small_table_as_few_rows_as_normal_differences_have_are_not_warned_of() -> None:
    gain = judged(np.ones(30), np.linspace(0.5, 1.5, 30)).gains[0].gain

    assert [
        carried_by_few(gain.model_copy(update={"half_carried_by": few})) for few in (1, 2, 3)
    ] == [True, False, False]


def test_few_rows_that_could_not_move_an_answer_are_not_warned_of() -> None:
    rng = np.random.default_rng(3)
    base = rng.exponential(1.0, 600)
    network = 0.02 * base + np.where(np.arange(600) == 3, 8.0, 0.0)

    verdict = judged(base, network)

    assert verdict.verdict == NETWORK
    assert verdict.gains[0].gain.half_carried_by == 1
    assert few_carry(verdict, {}) is None


def flattering(validation: float) -> StudyWarning | None:
    """Ten outer folds in which the network is as good as the regression, and looked like
    `validation` to its search.
    """
    rng = np.random.default_rng(1)
    base = rng.exponential(1.0, (2, 5, 60))
    predictions = [
        in_folds(base),
        in_folds(base * (1 + 0.02 * rng.normal(size=base.shape)), "neural", 1),
    ]
    trials = pd.DataFrame(
        [trial("linear", 0, 1.0, outer_fold=f) for f in range(10)]
        + [trial("neural", 1, validation, outer_fold=f) for f in range(10)]
    )
    (judge,) = judges(pd.concat(predictions), trials, 5, margin=0.05)
    losses = {name: model.losses for name, model in judge.ladder.items()}
    return flattered(judge.verdict(None), losses, trials)


def test_a_search_whose_validation_loss_does_not_come_true_is_warned_of() -> None:
    found = flattering(0.5)

    assert found is not None
    assert (found.id, found.target) == ("S004", "y")
    assert flattering(0.99) is None


def test_optimism_is_test_less_validation_loss_of_each_outer_fold() -> None:
    losses = pd.DataFrame({"outer_fold": [0, 0, 1], "loss": [1.0, 3.0, 5.0]})

    found = optimism(losses, pd.Series({0: 1.5, 1: 6.0}))

    np.testing.assert_array_equal(found["optimism"], [0.5, -1.0])


def test_warnings_are_read_as_they_were_written_and_another_question_replaces_those_of_its_own(
    rng: np.random.Generator,
) -> None:
    verdict = only_verdict(undecided(rng, 0.03, n=60, spread=0.6))
    stored = [
        StudyWarning(id="S001", target="y", text="Few.", todo="Add."),
        StudyWarning(id="S002", target="y", text="Edge.", todo="Widen."),
        StudyWarning(id="S002", target="other", text="Edge.", todo="Widen."),
        StudyWarning(id="S013", text="Code.", todo="Say so."),
    ]

    text = write_verdicts([verdict], stored)
    anew = asked_anew(stored, [verdict])

    assert read_warnings(text) == stored
    assert read_verdicts(text) == [verdict]
    assert anew == in_order([*of_verdict(verdict), stored[1], stored[3]])
    assert anew[0].text != "Few."


def test_a_target_that_a_column_gives_away_is_not_also_on_the_wrong_scale() -> None:
    found = [
        StudyWarning(id=id_, target=target, text="", todo="")
        for id_, target in [("S017", "y"), ("S017", "z"), ("S006", "y")]
    ]

    assert [(each.id, each.target) for each in in_order(found)] == [("S006", "y"), ("S017", "z")]
