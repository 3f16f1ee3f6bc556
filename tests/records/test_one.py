from __future__ import annotations

from pathlib import Path

import pytest

from study.records.one import find_trial, mean_curve
from study.records.reading import write_trial, write_winner
from study.schema import StudyError
from tests.records.examples import make_folder, trial, winner


def test_a_trial_has_its_place_among_the_complete_ones_of_its_search(tmp_path: Path) -> None:
    paths = make_folder(tmp_path / "party")  # number 1 failed
    write_trial(paths, trial(number=2, val_loss=0.1))

    first, failed, best = (find_trial(paths, f"y-linear-o0-000{number}") for number in range(3))

    assert [(each.rank, each.complete) for each in (first, failed, best)] == [
        (2, 2),
        (None, 2),
        (1, 2),
    ]


def test_only_the_winner_of_its_search_has_test_losses_the_means_of_its_candidates(
    tmp_path: Path,
) -> None:
    paths = make_folder(tmp_path / "party")
    write_trial(paths, trial(number=2))
    write_winner(paths, winner(), {})

    won = find_trial(paths, "y-linear-o0-0000").winner
    assert won is not None
    assert won.test_losses == {"refit": 0.15625, "ensemble": 0.125}
    assert find_trial(paths, "y-linear-o0-0002").winner is None


def test_the_curve_is_the_mean_over_replicates() -> None:
    assert mean_curve(trial()) == [(1, 4.5), (2, 3.5), (3, 2.5)]
    assert mean_curve(trial(curves={})) == []


def test_a_trial_that_is_not_there_is_answered_with_the_nearest(tmp_path: Path) -> None:
    paths = make_folder(tmp_path / "party")

    with pytest.raises(StudyError, match=f"{paths.root}.*'y-linear-o0-0007'.*'y-linear-o0-0001'"):
        find_trial(paths, "y-linear-o0-0007")
    with pytest.raises(StudyError, match=r"'what'.*\b2\b.*\by-linear-o0-0000\b.*results\.csv"):
        find_trial(paths, "what")
