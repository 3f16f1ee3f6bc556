"""What is warned of a search: edges, a budget that ended too soon, failures."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pandas as pd
import pytest
import yaml

from study.config.options import Range
from study.evidence.warnings.searches import Axis, at_edges, failing, last_brought, still_improving
from study.schema import StudyWarning
from tests.evidence.losses import trial

RATE = Axis("neural", "learning_rate", 1e-3, 1e-1, log=True)
DROPOUT = Axis("neural", "dropout", 0.0, 0.3, choices=(0.0, 0.1, 0.3), closed=("low",))


def winners(name: str, values: list[float]) -> pd.DataFrame:
    """The one trial of each outer fold's search has such a value."""
    return pd.DataFrame(
        [
            trial("neural", 2, 1.0, outer_fold=f) | {f"params_{name}": v}
            for f, v in enumerate(values)
        ]
    )


def numbers(found: StudyWarning) -> list[float]:
    return [float(number) for number in re.findall(r"\d+(?:\.\d+)?", found.text)]


def test_incumbents_in_the_outermost_tenth_of_a_range_in_most_folds_are_at_its_edge() -> None:
    found = at_edges(winners("learning_rate", [0.07, 0.09, 0.065, 0.002, 0.08]), "y", [RATE])

    assert found is not None
    assert (found.id, found.target) == ("S002", "y")
    assert numbers(found) == [0.1, 2, 4, 5]  # the end, hidden layers, folds at it, all of them
    assert "`space.neural.learning_rate: {low: 0.001, high: 0.3, log: true}`" in found.todo


@pytest.mark.parametrize(
    ("axis", "values"),
    [
        (RATE, [0.07, 0.09, 0.01, 0.002, 0.02]),  # two of five
        (RATE, [0.055, 0.055, 0.055, 0.05, 0.055]),  # not in the outermost tenth of the logarithm
        (RATE, [0.08]),  # one fold, by chance
        (DROPOUT, [0.0, 0.0, 0.0, 0.0, 0.0, 0.0]),  # nothing lies below
        (DROPOUT, [0.3, 0.3, 0.3, 0.1, 0.1]),  # three of five, of three choices
    ],
)
def test_what_chance_or_a_closed_end_explains_is_no_edge(axis: Axis, values: list[float]) -> None:
    assert at_edges(winners(axis.name, values), "y", [axis]) is None


@pytest.mark.parametrize(
    ("axis", "edge", "expected"),
    [
        (
            Axis("linear", "l2", 1.0, 10.0, log=True, zero=True),
            "high",
            Range(low=1, high=30, log=True, zero=True),
        ),
        (
            Axis("own", "size", 2, 9, log=True, integer=True),
            "low",
            Range(low=1, high=9, log=True, integer=True),
        ),
        (Axis("own", "size", 2, 9, integer=True), "high", Range(low=2, high=13, integer=True)),
        (Axis("neural", "dropout", 0.1, 0.5), "low", Range(low=0, high=0.5)),
        (Axis("own", "shift", -1.0, 1.0), "low", Range(low=-2, high=1)),
    ],
)
def test_the_line_that_widens_a_range_is_one_that_a_config_takes(
    axis: Axis, edge: str, expected: Range
) -> None:
    ((key, told),) = yaml.safe_load(axis.key(edge).strip("`")).items()

    assert key == f"space.{axis.family}.{axis.name}"
    assert Range.model_validate(told) == expected


def test_the_last_choice_in_most_folds_and_the_very_end_in_one_fold_are_edges() -> None:
    choice = at_edges(winners("dropout", [0.3] * 9 + [0.1]), "y", [DROPOUT])
    end = at_edges(winners("learning_rate", [0.0999]), "y", [RATE])

    assert choice is not None
    assert numbers(choice) == [0.3, 2, 9, 10]
    assert "`space.neural.dropout: [0, 0.1, 0.3, 0.5]`" in choice.todo
    assert end is not None
    assert numbers(end) == [0.1, 2]


def searched(*folds: list[float], **more: Any) -> pd.DataFrame:
    """Trials of a search a fold, with such validation losses."""
    rows = [
        trial("neural", 1, v, number=i, outer_fold=f)
        for f, losses in enumerate(folds)
        for i, v in enumerate(losses)
    ]
    return pd.DataFrame(rows).assign(**more)


LATE = [1.0, 0.9, 0.9, 0.9, 0.9, 0.9, 0.8, 0.7]
EARLY = [1.0, 0.7, 0.8, 0.9, 0.9, 0.9, 0.8, 0.9]


def test_what_the_last_quarter_of_the_trials_brought_is_the_fall_of_the_best_loss() -> None:
    np.testing.assert_allclose(last_brought(searched(LATE, EARLY), 8), [0.2, 0.0])


def test_a_search_that_ended_while_it_got_better_is_warned_of() -> None:
    found = still_improving(searched(LATE, LATE, EARLY), "y", 2.0, 0.05, {"network": 8})

    assert found is not None
    assert (found.id, found.target) == ("S003", "y")
    assert numbers(found) == [2, 8, 6.7]  # the last trials of all, what they brought in per cent
    assert "`search.trials: 16`" in found.todo


def test_late_gains_of_few_folds_or_too_small_to_matter_are_not_warned_of() -> None:
    assert still_improving(searched(EARLY, EARLY, EARLY), "y", 2.0, 0.05, {"network": 8}) is None
    assert (
        still_improving(searched(LATE, EARLY, EARLY, EARLY), "y", 2.0, 0.05, {"network": 8}) is None
    )
    assert still_improving(searched(LATE, LATE, LATE), "y", 100.0, 0.05, {"network": 8}) is None
    assert still_improving(searched(LATE, LATE, LATE), "y", 2.0, 0.05, {}) is None


def test_a_model_of_which_a_tenth_of_the_trials_failed_is_warned_of() -> None:
    trials = pd.DataFrame(
        [
            trial("neural", 1, 1.0, number=i, state="FAIL" if i < 2 else "COMPLETE")
            for i in range(20)
        ]
        + [
            trial("neural", 3, 1.0, number=i, state="FAIL" if i < 1 else "COMPLETE")
            for i in range(20)
        ]
    )

    found = failing(trials, "y")

    assert found is not None
    assert (found.id, found.target) == ("S005", "y")
    assert numbers(found) == [2, 20, 1]
    assert failing(trials[trials["depth"] == 3], "y") is None
