from __future__ import annotations

import json
from pathlib import Path

import pytest

from study.records.reading import write_winner
from study.records.results import Results
from tests.cli.conftest import Command
from tests.records.examples import make_folder, trial, winner


def test_json_of_a_trial_is_its_record_with_its_place(folder: Path, command: Command) -> None:
    write_winner(make_folder(folder / "party"), winner(), {})

    found, failed = (
        json.loads(command("show", "party", "--trial", f"y-linear-o0-{number}", "--json").out)
        for number in ("0000", "0001")
    )

    names = [
        "version",
        "results",
        "trial",
        "rank",
        "complete_trials_of_search",
        "winner",
        "test_losses",
        "terms",
        "resume",
    ]
    assert list(found) == names
    assert found["trial"] == trial().model_dump(mode="json")
    assert (found["rank"], found["complete_trials_of_search"], found["winner"]) == (1, 1, True)
    assert found["test_losses"] == pytest.approx({"refit": 0.15625, "ensemble": 0.125})
    assert found["resume"] is None
    assert (failed["trial"]["state"], failed["rank"], failed["winner"], failed["test_losses"]) == (
        "FAIL",
        None,
        False,
        {},
    )
    assert failed["resume"] == "study retry party --trial y-linear-o0-0001"


def test_json_of_a_finished_study_is_what_its_files_hold(
    finished: Results, command: Command
) -> None:
    found = json.loads(command("show", str(finished.root), "--json").out)

    told = json.loads(finished.paths.verdicts.read_text(encoding="utf-8"))
    names = [
        "version",
        "results",
        "report",
        "digest",
        "verdicts",
        "together",
        "warnings",
        "scores",
        "metrics",
        "notes",
        "delivered",
    ]
    assert list(found) == names
    assert found["verdicts"] == told["verdicts"]
    assert found["warnings"] == told["warnings"]
    assert len(found["metrics"]) == len(finished.metrics)
    assert found["report"] is None
    assert finished.data.notes[0] in found["notes"]
