"""A family that another package brings goes the whole way: run, resumed, judged and reported."""

from __future__ import annotations

import os
import re
from itertools import islice
from pathlib import Path

import pytest

from harness.kept import replace
from harness.studies import STUDY, drive, records, run
from study import load_results
from study.evidence.findings import UNDECIDED
from study.records.reading import digest
from study.schema import NETWORK, REGRESSION
from tests.cli.conftest import call

CONFIG = """
data: {source: balloons, rows: 200}
targets: [balloons]
families: [linear, neural, residual]
depths: [1]
search: {trials: 2, generation: 1}
effort: quick
protocol: holdout
inner: {folds: 2, seeds: 1}
training: {epochs: 10}
space:
  neural: {width: 8, batch_size: 64, activation: silu, dropout: 0}
  residual: {stream: 8, block: 8, batch: 64}
"""
N_RECORDS = 2 * ((1 + 1) + 2 * (2 + 1) + 2)
"""For the one fold and for all rows: one trial of the regression, two of each network, winners,
trees and a simple formula."""


@pytest.mark.slow
@pytest.mark.faults  # as long as those
def test_a_residual_network_of_another_package_is_run_by_two_workers_resumed_judged_and_reported(
    tmp_path: Path, plugin: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(
        "PYTHONPATH", os.pathsep.join([str(plugin), *filter(None, [os.environ.get("PYTHONPATH")])])
    )
    (tmp_path / "plugged.yaml").write_text(CONFIG)
    folder = tmp_path / "results" / "plugged"

    drive(tmp_path / "plugged.yaml", folder.parent, "resources.max_concurrent=2")
    undisturbed, kept = digest(load_results(folder).trials), records(folder)
    for lost in islice(sorted(kept), 0, None, 2):
        replace(folder, lost, None)
    ended = run(STUDY, "run", "plugged.yaml", "--set", "resources.max_concurrent=2", cwd=tmp_path)

    assert ended.returncode == 0, ended.stderr
    results = load_results(folder)
    assert len(kept) == len(records(folder)) == N_RECORDS
    assert digest(results.trials) == undisturbed
    assert (
        results.trials.query("family == 'residual'")["state"] == "COMPLETE"
    ).sum() == 4  # the fold's and those on all rows
    assert {"params_stream", "params_rate"} <= set(results.trials.columns)
    networks = results.trials.query("depth > 0 and outer_fold == 0").sort_values("val_loss")
    (verdict,) = results.verdicts
    assert verdict.verdict in {REGRESSION, NETWORK, UNDECIDED}
    assert (verdict.chosen[0].family, verdict.chosen[0].depth) == tuple(
        networks.iloc[0][["family", "depth"]]
    )
    assert "residual network, 1 block" in (folder / "report.html").read_text()


def test_without_its_package_the_family_is_unknown(tmp_path: Path) -> None:
    (tmp_path / "plugged.yaml").write_text(CONFIG)

    ended = call("check", str(tmp_path / "plugged.yaml"))

    assert (ended.code, ended.out) == (2, "")
    assert re.search(r"^Error: .*\bresidual\b.*\bneural\b", ended.err)
