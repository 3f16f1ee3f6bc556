"""Records come back from disk as they were written, broken ones are named, and a results folder is
read at any time.
"""

from __future__ import annotations

import math
import os
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, strategies as st

from study.evidence.stored import VERSION
from study.records import gathering, reading
from study.records.environment import Environment, version_of
from study.records.formula import FormulaRecord
from study.records.frames import trials_frame
from study.records.outcome import Outcome
from study.records.paths import StudyPaths, write_atomic
from study.records.reading import Records, digest, read_trials, write_work
from study.records.results import load_results
from study.records.trees import TreesRecord
from study.records.trial import TrialRecord
from study.records.work import failure_notes
from study.schema import ALL_ROWS, Kind, StudyError
from tests.records.examples import (
    described,
    failed,
    failed_work,
    make_folder,
    scored_trees,
    search,
    shortened,
    shortening,
    trees,
    trial,
    winner,
)

FLOATS = st.floats(allow_nan=False, allow_infinity=False)


@given(FLOATS, FLOATS, st.dictionaries(st.text(max_size=8), FLOATS, max_size=3))
def test_a_record_comes_back_from_its_text_to_the_bit(
    loss: float, train_loss: float, numbers: dict[str, float]
) -> None:
    record = trial(val_loss=loss, train_loss=train_loss, params=numbers, coefficients=numbers)

    again = TrialRecord.model_validate_json(record.model_dump_json())

    assert again == record
    assert [math.copysign(1, x) for x in again.coefficients.values()] == [
        math.copysign(1, x) for x in numbers.values()
    ]


def test_records_come_back_from_disk_in_order_of_search_and_number(tmp_path: Path) -> None:
    paths = StudyPaths(tmp_path)
    records = [
        trial(number=2),
        trial(number=0),
        failed(number=1),
        trial(search("neural", 2), 0),
        trial(search("baseline"), 0),
    ]
    for record in records:
        reading.write_trial(paths, record)
    reading.write_winner(paths, winner(), {"y-linear.keras": b"model"})
    work = [scored_trees(trees(fold=1)), scored_trees(), shortened(shortening(fold=1)), shortened()]
    for record in work:
        write_work(paths, record, {})

    found = reading.read_records(paths)

    assert [record.trial_id for record in found.trials] == [
        "y-baseline-o0-0000", "y-linear-o0-0000", "y-linear-o0-0001", "y-linear-o0-0002", "y-neural-d2-o0-0000",
    ]  # fmt: skip
    assert {r.trial_id: r for r in read_trials(paths)} == {r.trial_id: r for r in records}
    assert found.trials == [Outcome.of(r, r.search) for r in read_trials(paths)]
    assert (reading.read_work(paths, TreesRecord), reading.read_work(paths, FormulaRecord)) == (
        work[1::-1],
        work[:1:-1],
    )
    assert found.beside == [record.outcome() for record in (*work[1::-1], *work[:1:-1])]
    assert (found.winners, found.broken) == ([winner()], [])
    assert (paths.fold_models / "y-linear.keras").read_bytes() == b"model"


@pytest.mark.parametrize(
    "content", [b"", b"{", b"null", b"[]", b'{"study": "party"}', b"\xff\xfe", b"\0" * 900]
)
def test_a_broken_record_is_named_and_left_where_it_is(tmp_path: Path, content: bytes) -> None:
    paths = StudyPaths(tmp_path)
    reading.write_trial(paths, trial(number=0))
    reading.write_trial(paths, trial(number=1))
    paths.trial(search(), 1).write_bytes(content)

    found = reading.read_records(paths)

    assert [record.number for record in found.trials] == [0]
    assert found.broken == [paths.trial(search(), 1)]
    assert paths.trial(search(), 1).read_bytes() == content


def test_a_record_cut_anywhere_is_broken(tmp_path: Path) -> None:
    paths, text = StudyPaths(tmp_path), trial().model_dump_json()
    path = paths.trial(search(), 0)

    for length in range(0, len(text), 97):
        write_atomic(path, text[:length])
        assert reading.read_records(paths) == Records([], [], [], [path])


def test_broken_winners_and_work_and_work_of_another_fold_are_named_too(tmp_path: Path) -> None:
    paths = StudyPaths(tmp_path)
    work = [trees(), trees(fold=1), shortening(), shortening(fold=1)]
    places = [paths.winner(search()), *map(paths.work, work)]
    others = scored_trees().model_dump_json(), shortened().model_dump_json()
    for path, content in zip(places, ["{", "", others[0], "{", others[1]], strict=True):
        write_atomic(path, content)

    assert reading.read_records(paths) == Records([], [], [], places)


def test_work_that_failed_is_noted_with_its_reason_and_trees_leave_their_target_out_of_the_frame(
    tmp_path: Path,
) -> None:
    paths = make_folder(tmp_path)
    write_atomic(paths.data, described(dict.fromkeys("yz", Kind.CONTINUOUS)).model_dump_json())
    every = failed_work(trees("z", fold=ALL_ROWS)), failed_work(trees(fold=ALL_ROWS))
    for record in (
        scored_trees(),
        failed_work(trees(fold=1)),
        scored_trees(trees("z")),
        failed_work(shortening("z")),
        *every,
    ):
        write_work(paths, record, {})

    gathering.gather(paths)

    assert load_results(tmp_path).trees["target"].tolist() == ["z", "z"]
    notes = failure_notes(reading.read_outcomes(paths))
    assert [re.findall(r"\b([yz])\b.*\((ValueError: no)\)", note) for note in notes] == [
        [(target, "ValueError: no")] for target in "yzz"
    ]
    assert [re.findall(r"twice|once", note) for note in notes] == [["twice"], ["once"], ["once"]]


@pytest.mark.parametrize("gathered", [False, True])
def test_curves_of_some_trials_are_those_rows_of_all_curves(tmp_path: Path, gathered: bool) -> None:
    paths = make_folder(tmp_path)
    reading.write_trial(paths, trial(number=2))
    if gathered:
        gathering.gather(paths)

    results = load_results(tmp_path)

    own = results.curves[results.curves["number"] == 2].reset_index(drop=True)
    assert len(own) == 6
    pd.testing.assert_frame_equal(results.curves_of([search().trial_id(2), "unknown"]), own)


def test_a_study_of_regressions_alone_has_no_curves_of_its_trials(tmp_path: Path) -> None:
    paths = make_folder(tmp_path / "party")
    reading.write_trial(paths, trial(curves={}))
    gathering.gather(paths)

    assert load_results(paths.root).curves_of([search().trial_id(0)]).empty


def test_an_unfinished_study_can_be_read_from_its_records(tmp_path: Path) -> None:
    make_folder(tmp_path)

    results = load_results(str(tmp_path))

    assert results.config.name == "party"
    assert digest(results.trials) == digest(trials_frame([trial(), failed()]))
    assert (len(results.folds), len(results.curves)) == (2, 6)


@pytest.mark.parametrize(
    ("attribute", "file"),
    [("predictions", "frames/predictions.parquet"), ("verdicts", "verdicts.json")],
)
def test_what_an_unfinished_study_lacks_is_named_with_the_way_on(
    tmp_path: Path, attribute: str, file: str
) -> None:
    make_folder(tmp_path)

    with pytest.raises(StudyError, match=f"{tmp_path / file}.*{load_results(tmp_path).again}"):
        getattr(load_results(tmp_path), attribute)


def test_what_a_version_before_has_not_written_is_named_with_the_way_to_it(tmp_path: Path) -> None:
    paths = make_folder(tmp_path, done=True)
    write_atomic(paths.verdicts, "[]")

    with pytest.raises(
        StudyError, match=f"{paths.frame('scores')}.*{load_results(tmp_path).again}"
    ):
        _ = load_results(tmp_path).scores


def test_the_description_of_the_data_comes_back_as_it_was_written(tmp_path: Path) -> None:
    paths, data = (
        make_folder(tmp_path),
        described({"y": Kind.BINARY}, {"y": ["no", "yes"]}, notes=("Grüße",), groups="town"),
    )
    write_atomic(paths.data, data.model_dump_json(indent=2))

    found = load_results(tmp_path).data

    assert found == data
    assert found.classes == {"y": ["no", "yes"]}


def test_a_description_of_another_form_is_named_with_what_is_wrong(tmp_path: Path) -> None:
    paths = make_folder(tmp_path)
    write_atomic(paths.data, '{"rows": 40, "features": [], "targets": []}')

    with pytest.raises(StudyError, match=f"{paths.data}.*digest.*{load_results(tmp_path).again}"):
        _ = load_results(tmp_path).data


def test_the_environment_of_this_process_comes_back_as_it_was_written(tmp_path: Path) -> None:
    paths, environment = make_folder(tmp_path), Environment.here(seed=3)
    write_atomic(paths.environment, environment.model_dump_json(indent=2))

    found = load_results(tmp_path).environment

    assert found == environment
    assert (found.seed, found.pid) == (3, os.getpid())
    assert found.packages["numpy"] == np.__version__


def test_a_package_that_is_installed_as_its_build_for_cpus_has_the_version_of_that(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "lonely_cpu-2.21.dist-info").mkdir()
    (tmp_path / "lonely_cpu-2.21.dist-info/METADATA").write_text(
        "Name: lonely-cpu\nVersion: 2.21\n", encoding="utf-8"
    )
    monkeypatch.syspath_prepend(tmp_path)

    assert version_of("lonely") == "2.21"


@pytest.mark.parametrize(("content", "reason"), [
    ('[{"target": "y"}]', rf"\b1\b.*\b{VERSION}\b"), ("{", ""),
    (f'{{"version": {VERSION}, "verdicts": [{{"target": "y"}}]}}', "kind"),
])  # fmt: skip
def test_verdicts_of_another_version_are_refused_with_the_way_out(
    tmp_path: Path, content: str, reason: str
) -> None:
    make_folder(tmp_path)
    (tmp_path / "verdicts.json").write_text(content)

    with pytest.raises(
        StudyError, match=rf"{tmp_path / 'verdicts.json'}.*{reason}.*{load_results(tmp_path).again}"
    ):
        _ = load_results(tmp_path).verdicts


@pytest.mark.parametrize("name", ["missing", "."])
def test_a_folder_without_a_study_is_refused(tmp_path: Path, name: str) -> None:
    root = tmp_path / name

    with pytest.raises(StudyError, match=rf"{root}.*config\.yaml.*study run"):
        load_results(root)
