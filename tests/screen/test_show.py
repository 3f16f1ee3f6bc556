from __future__ import annotations

import json
from pathlib import Path

import pytest

from study.records.results import Results, write_trial, write_winner
from study.schema import TrialState
from tests.records.examples import arm, make_folder, trial, winner
from tests.report.synthetic import write_results
from tests.screen.conftest import Command


def lines(out: str) -> list[str]:
    return [" ".join(line.split()) for line in out.splitlines()]


def test_all_of_a_trial_is_shown(folder: Path, command: Command) -> None:
    paths = make_folder(folder / "party")
    write_winner(paths, winner(), {})

    ended = command("show", "party", "--trial", "y-linear-o0-0000")

    assert (ended.code, ended.err) == (0, "")
    assert lines(ended.out) == [
        "Trial y-linear-o0-0000: linear of y (continuous), outer fold 0.",
        "COMPLETE, number 1 of 1 of its arm by validation loss; it was scored on the test rows as the arm's winner.",
        "hyperparameter value",
        "l2 0.300",
        "mean squared error mean",
        "validation 0.333 ± 0.010",
        "training 0.300",
        "test, refit 0.156",
        "test, ensemble 0.125",
        "Validation loss, epochs 1 to 3: █▅▁ 4.50 to 2.50, least 2.50 after 3",
        "Its replicates",
        "inner fold seed validation training best epoch epochs arrived",
        "0 7 0.600 0.500 2 3 yes",
        "1 7 1.60 0.500 2 3 yes",
        "coefficient, per original unit mean",
        "age 2",
        "intercept \N{MINUS SIGN}1",
        "4 parameters, 1.50 s on cpu of here.",
        "Train it again alone, in Python: study.train_trial('party', 'y-linear-o0-0000')",
    ]


def test_a_trial_that_failed_says_why_and_how_it_is_run_again(folder: Path, command: Command) -> None:
    make_folder(folder / "my party")

    ended = command("show", "my party", "--trial", "y-linear-o0-0001")

    assert lines(ended.out)[1] == "FAIL: ValueError: no."
    assert lines(ended.out)[-2] == (
        "Run it again, with all that was suggested from it: study retry 'my party' --trial y-linear-o0-0001"
    )


def test_a_trial_that_was_given_up_says_where(folder: Path, command: Command) -> None:
    paths = make_folder(folder / "party")
    network = arm("neural", 1)
    write_trial(paths, trial(network, state=TrialState.PRUNED, rungs=(0.5, 0.4)))

    ended = command("show", "party", "--trial", "y-neural-d1-o0-0000")

    assert lines(ended.out)[1] == "PRUNED: given up at rung 2, where it was worse than the median of earlier ones."


def test_json_of_a_trial_is_its_record_with_its_place(folder: Path, command: Command) -> None:
    make_folder(folder / "party")

    ended = command("show", "party", "--trial", "y-linear-o0-0000", "--json")

    found = json.loads(ended.out)
    names = ["results", "trial", "rank", "complete_trials_of_arm", "winner", "test_losses", "terms", "again"]
    assert list(found) == names
    assert found["trial"] == trial().model_dump(mode="json")
    assert (found["rank"], found["winner"], found["test_losses"]) == (1, False, {})
    assert found["again"] == {"python": "study.train_trial('party', 'y-linear-o0-0000')"}


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Results:
    return write_results(tmp_path_factory.mktemp("shown") / "party", ["balloons"], n_trials=1, depths=(1,))


def test_a_finished_study_is_shown_as_its_run_ended(finished: Results, command: Command) -> None:
    ended = command("show", str(finished.root))

    assert (ended.code, ended.err) == (0, "")
    assert finished.verdicts[0].sentence in ended.out
    assert "Loss of each family's winner on the test rows" in ended.out
    assert "nan" not in ended.out
    assert lines(ended.out)[-1] == f"Results: {finished.root}"


def test_json_of_a_finished_study_is_what_its_files_hold(finished: Results, command: Command) -> None:
    found = json.loads(command("show", str(finished.root), "--json").out)

    told = json.loads(finished.paths.verdicts.read_text(encoding="utf-8"))
    names = ["results", "report", "digest", "verdicts", "together", "warnings", "scores", "metrics", "notes", "delivered"]
    assert list(found) == names
    assert found["verdicts"] == told["verdicts"]
    assert found["warnings"] == told["warnings"]
    assert len(found["metrics"]) == len(finished.metrics)
    assert found["report"] is None
    assert "3 rows without a target were left out." in found["notes"]
