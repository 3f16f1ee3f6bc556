from __future__ import annotations

import json
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from study.cli.ending import aligned
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


def test_a_table_with_long_names_fits_80_columns_and_loses_no_letter_of_them() -> None:
    names = ["measurement_of_sensor_number_0001_in_kilowatt_hours", "a name of several words " * 3]
    rows = [[name, "continuous", "numeric, 60 distinct values", "1"] for name in names]
    console = Console(width=80, file=StringIO())

    console.print(aligned(["column", "type", "why", "empty cells"], rows, 3), crop=False)

    lines = console.file.getvalue().splitlines()  # type: ignore[attr-defined]
    assert max(map(len, lines)) <= 80
    first = "".join(line[2:28].split("  ")[0].strip() for line in lines[1:])
    assert names[0] in first
