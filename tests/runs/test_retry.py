"""A trial that fails once, for a reason outside of it, is retried with all that was suggested from
it.
"""

from __future__ import annotations

import json
import os
import re
import shutil
from pathlib import Path

import pytest

from harness.kept import kept, replace
from harness.studies import STUDY, drive, records, run
from study import load_results
from study.records.reading import digest

FAMILY = """
import os
from study.families import Family, get_family

Neural = type(get_family("neural"))


class Fragile(Neural):
    name = "fragile"

    def schedule(self, params, epochs, patience):
        if os.environ.get("STUDY_TEST_FAILS") == repr(params["learning_rate"]):
            raise OSError("full")
        return super().schedule(params, epochs, patience)
"""
CONFIG = """
data: {source: balloons, rows: 200}
targets: [balloons]
families: [linear, fragile]
depths: [1]
search: {trials: 4, generation: 1}
effort: quick
protocol: holdout
inner: {folds: 2, seeds: 1}
training: {epochs: 10}
space: {fragile: {width: 8, batch_size: 64, activation: silu, dropout: 0}}
resources: {max_concurrent: 2}
"""
SEARCH, FAILS = "balloons-fragile-d1-o0", 2


@pytest.fixture
def fragile(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A package whose family fails on the node where a variable names its trial."""
    folder = tmp_path / "packages"
    (folder / "study_fragile-1.dist-info").mkdir(parents=True)
    (folder / "study_fragile.py").write_text(FAMILY)
    (folder / "study_fragile-1.dist-info" / "METADATA").write_text(
        "Metadata-Version: 2.1\nName: study-fragile\nVersion: 1\n"
    )
    points = "[study.families]\nfragile = study_fragile:Fragile\n"
    (folder / "study_fragile-1.dist-info" / "entry_points.txt").write_text(points)
    monkeypatch.setenv(
        "PYTHONPATH", os.pathsep.join([str(folder), *filter(None, [os.environ.get("PYTHONPATH")])])
    )


@pytest.mark.slow
@pytest.mark.faults  # as long as those
@pytest.mark.usefixtures("fragile")
def test_a_study_in_which_a_trial_failed_once_is_retried_and_ends_as_if_it_had_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "tiny.yaml").write_text(CONFIG)
    drive(tmp_path / "tiny.yaml", tmp_path / "sound")
    sound = tmp_path / "sound" / "tiny"
    rate = json.loads(records(sound)[f"{SEARCH}/{FAILS:04d}.json"])["params"]["learning_rate"]
    folder = tmp_path / "results" / "tiny"
    shutil.copytree(sound, folder)
    for name in records(folder):  # beside what fails others succeed
        search, record = name.split("/")
        if search in {SEARCH, f"{SEARCH.removesuffix('o0')}all"} and record >= f"{FAILS:04d}.json":
            replace(folder, name, None)

    with monkeypatch.context() as patch:
        patch.setenv("STUDY_TEST_FAILS", repr(rate))
        drive(tmp_path / "tiny.yaml", folder.parent)
    failed, before = records(folder), digest(load_results(folder).trials)
    ended = run(STUDY, "retry", "results/tiny", cwd=tmp_path)
    again = run(STUDY, "retry", "results/tiny", cwd=tmp_path)

    assert json.loads(failed[f"{SEARCH}/{FAILS:04d}.json"])["state"] == "FAIL"
    assert before != digest(load_results(sound).trials)
    assert (ended.returncode, ended.stderr) == (0, "")
    assert re.search(
        rf"\b{SEARCH}-{FAILS:04d}\b.*results/tiny/retried/1\b", ended.stdout.splitlines()[0]
    )
    assert digest(load_results(folder).trials) == digest(load_results(sound).trials)
    now, aside = records(folder), records(folder / "retried" / "1")
    untouched = {
        name
        for name in failed
        if not name.startswith(f"{SEARCH}/") or name < f"{SEARCH}/{FAILS:04d}.json"
    }
    assert {name for name in failed if failed[name] == now[name]} == untouched
    assert aside[f"{SEARCH}/{FAILS:04d}.json"] == failed[f"{SEARCH}/{FAILS:04d}.json"]
    assert all(
        record.written is None for name, record in kept(folder).items() if name[-9:-5].isdigit()
    )  # packed again
    assert again.returncode == 2
    assert "study status results/tiny" in again.stderr
