from __future__ import annotations

from pathlib import Path

import pytest

from study.config.options import Range
from study.records.exports.searches import Changes, holding, losses_of
from study.records.paths import write_atomic
from study.records.reading import write_trial, write_winner
from tests.records.examples import search, trial, winner
from tests.records.exports.searched import searched


def test_only_searches_with_new_records_come_again(tmp_path: Path) -> None:
    results = searched(tmp_path / "party")
    changes = Changes(results)
    first = {each.spec.key: [record.number for record in each.records] for each in changes}
    again = list(changes)

    write_trial(results.paths, trial(search("neural", 1), number=2))
    write_winner(results.paths, winner(search()), {})
    new = {each.spec.key: (len(each.records), each.winner, each.test_losses) for each in changes}

    assert first == {"y-linear-o0": [0, 1], "y-neural-d1-o0": [0, 1]}
    assert again == []
    assert new == {
        "y-linear-o0": (2, 0, {"refit": 0.15625, "ensemble": 0.125}),
        "y-neural-d1-o0": (3, None, {}),
    }


def test_a_record_waits_for_those_of_lower_numbers_until_the_study_is_concluded(
    tmp_path: Path,
) -> None:
    results = searched(tmp_path / "party")
    write_trial(results.paths, trial(search("neural", 1), number=3))
    changes = Changes(results)

    during = {each.spec.key: len(each.records) for each in changes}["y-neural-d1-o0"]
    write_atomic(results.paths.verdicts, "{}")
    after = {each.spec.key: [record.number for record in each.records] for each in changes}[
        "y-neural-d1-o0"
    ]

    assert (during, after) == (2, [0, 1, 3])


def test_trials_of_a_search_are_laid_one_after_the_other_from_when_the_study_was_described(
    tmp_path: Path,
) -> None:
    results = searched(tmp_path / "party")
    begin = results.paths.config.stat().st_mtime

    own = next(each for each in Changes(results) if each.spec.family == "neural")

    times = [
        ((start - own.begin).total_seconds(), (end - own.begin).total_seconds())
        for _, _, start, end in own.in_time
    ]
    assert own.begin.timestamp() == pytest.approx(begin)
    assert times == [(0, 1.5), (1.5, 3)]


@pytest.mark.parametrize(
    ("form", "values", "held"),
    [
        (Range(low=1, high=8, log=True, zero=True), [2.0], Range(low=1, high=8, log=True)),
        (Range(low=1, high=8, log=True, zero=True), [0.0, 2.0], Range(low=0, high=8)),
        (Range(low=1, high=8, log=True), [16.0], Range(low=1, high=16, log=True)),
        ([32, 64], [64, 128], [32, 64, 128]),
        (32, [64, 64], [64]),
        (32, [], 32),
    ],
)
def test_a_space_is_made_to_hold_what_was_recorded(
    form: object, values: list[float], held: object
) -> None:
    records = tuple(
        trial(number=number, params={"x": value}) for number, value in enumerate(values)
    )

    assert holding({"x": form}, records) == {"x": held}  # type: ignore[dict-item]


def test_losses_are_means_by_epoch_and_one_point_where_there_are_no_epochs() -> None:
    def points(name: str, **own: object) -> list[tuple[int, float]]:
        told = losses_of(trial(**own), {"refit": 2.0})
        return [(epoch, loss) for each, loss, epoch in told if each.partition(": ")[2] == name]

    assert points("mean squared error/training") == [(1, 1.5), (2, 1.5), (3, 1.25)]
    assert points("mean squared error/validation", curves={}, val_loss=0.5) == [(0, 0.5)]
    assert points("mean squared error/validation", curves={}, val_loss=None) == []
    assert points("mean squared error/test_loss refit") == [(0, 2.0)]
