"""What `study retry` says, and what it does before it runs anything."""

from __future__ import annotations

from pathlib import Path

import pytest

from study.config import dump_config, make_config
from study.records.paths import StudyPaths, write_atomic
from study.records.results import read_records, write_trial
from tests.records.examples import failed, trial
from tests.screen.conftest import Command


@pytest.fixture
def paths(folder: Path) -> StudyPaths:
    """A study whose second trial of three failed."""
    paths = StudyPaths(folder / "results" / "party")
    config = make_config({"name": "party", "data": {"source": "balloons"}, "targets": {"y": "continuous"}})
    write_atomic(paths.config, dump_config(config))
    for record in (trial(number=0), failed(number=1), trial(number=2)):
        write_trial(paths, record)
    return paths


def test_what_failed_can_be_put_aside_alone_for_a_job_to_go_on_with(paths: StudyPaths, command: Command) -> None:
    ended = command("retry", "results/party", "--put-aside")

    assert (ended.code, ended.err) == (0, "")
    assert ended.out.splitlines() == [
        "To be run again: y-linear-o0-0001. What they left is in results/party/retried/1.",
        "Go on with: study run results/party/config.yaml",
    ]
    assert [outcome.number for outcome in read_records(paths).trials] == [0]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (
            ["results/party", "--trial", "y-linear-o0-0002"],
            "Only what failed is retried, but y-linear-o0-0002 in ",
        ),
        (["results/party", "--trial=y-linear-o0-0011"], "There is no trial 'y-linear-o0-0011' in results/party. Did you mean "),
        (["results/party"], "targets must name columns of balloons, but it has no column 'y'."),
        (["results/none"], "results/none is not a results folder: it has no config.yaml."),
        (["results/party", "--set", "seeds=1"], "results/party/config.yaml: unknown key 'seeds'. Did you mean 'seed'?"),
    ],
)
def test_what_cannot_be_retried_is_an_error_that_changes_nothing(
    paths: StudyPaths, command: Command, words: list[str], said: str
) -> None:
    ended = command("retry", *words)

    assert (ended.code, ended.out) == (2, "")
    assert ended.err.startswith(f"Error: {said}")
    assert len(read_records(paths).trials) == 3
