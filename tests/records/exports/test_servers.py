"""What the tools themselves read of an export; each is skipped where its package is not installed."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import urllib.request
from pathlib import Path
from typing import Any

import pytest

from study.evidence.wording.answer import Words
from study.records.exports.exports import export
from study.records.reading import write_trial, write_winner
from study.records.results import Results
from study.schema import LOSS_NAMES, Kind, StudyError
from tests.records.examples import search, trial, winner
from tests.records.exports.searched import PARAMS, searched
from tests.report.synthetic import write_results

LOSS = LOSS_NAMES[Kind.CONTINUOUS]


@pytest.fixture
def results(tmp_path: Path) -> Results:
    found = searched(tmp_path / "party")
    write_winner(found.paths, winner(search()), {})
    return found


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # MLflow's own
@pytest.mark.slow
def test_mlflow_finds_a_run_a_trial_and_logs_none_twice(results: Results, tmp_path: Path) -> None:
    pytest.importorskip("mlflow", reason="MLflow is not installed")
    from mlflow import MlflowClient

    first, second = export(results, "mlflow"), export(results, "mlflow")

    client = MlflowClient(first.where)
    experiment = client.get_experiment_by_name("party")
    runs = {run.info.run_name: run for run in client.search_runs([experiment.experiment_id])}
    assert (first.trials, second.trials, len(runs)) == (4, 4, 5)
    states = {name: run.info.status for name, run in runs.items()}
    assert states == {
        "party": "RUNNING", "y-linear-o0-0000": "FINISHED", "y-linear-o0-0001": "FAILED", "y-neural-d1-o0-0000": "FINISHED",
        "y-neural-d1-o0-0001": "KILLED",
    }  # fmt: skip
    network, linear = runs["y-neural-d1-o0-0000"], runs["y-linear-o0-0000"]
    assert {name: network.data.params[name] for name in ("width", "activation")} == {
        "width": "32",
        "activation": "silu",
    }
    curve = client.get_metric_history(network.info.run_id, f"y: {LOSS}/validation")
    assert [(point.step, point.value) for point in curve] == [(1, 4.5), (2, 3.5), (3, 2.5)]
    assert linear.data.metrics[f"y: {LOSS}/test_loss refit"] == 0.15625
    assert runs["party"].data.params["data.source"] == "balloons"
    assert linear.data.tags["mlflow.parentRunId"] == runs["party"].info.run_id


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.slow
def test_a_server_that_is_not_there_is_told_of(results: Results) -> None:
    pytest.importorskip("mlflow", reason="MLflow is not installed")

    with pytest.raises(StudyError, match=r"http://localhost:9 .*--uri"):
        export(results, "mlflow", uri="http://localhost:9")


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # MLflow's own
@pytest.mark.slow
def test_mlflow_gets_verdicts_metrics_and_files_of_a_concluded_study(tmp_path: Path) -> None:
    pytest.importorskip("mlflow", reason="MLflow is not installed")
    from mlflow import MlflowClient

    results = write_results(tmp_path / "party", ["balloons"], n_trials=1, depths=(1,))
    results.paths.trials.mkdir()

    done = export(results, "mlflow")

    client = MlflowClient(done.where)
    (run,) = client.search_runs([client.get_experiment_by_name("party").experiment_id])
    verdict = results.verdicts[0]
    assert (run.info.status, run.data.tags["verdict.balloons"]) == ("FINISHED", verdict.verdict)
    assert Words(verdict).sentence in run.data.tags["mlflow.note.content"]
    metrics = results.metrics
    r2 = metrics[
        (metrics["metric"] == "r2") & (metrics["other"] == "network") & metrics["base"].isna()
    ].iloc[0]
    assert run.data.metrics["balloons/r2/network"] == pytest.approx(r2["value"])
    assert {each.path for each in client.list_artifacts(run.info.run_id)} >= {
        "config.yaml",
        "verdicts.json",
    }


@pytest.mark.slow
def test_the_dashboard_serves_the_trials_and_those_that_come(results: Results) -> None:
    pytest.importorskip("optuna_dashboard", reason="optuna-dashboard is not installed")
    command = [
        sys.executable,
        "-P",
        "-m",
        "study.cli.main",
        "dashboard",
        str(results.root),
        "--port",
        "0",
    ]
    server = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        assert server.stdout is not None
        address = server.stdout.readline().split()[0]

        def get(path: str) -> Any:
            with urllib.request.urlopen(f"{address}api/{path}", timeout=60) as answer:
                return json.load(answer)

        def shown() -> dict[str, int]:
            studies = {
                each["study_name"]: each["study_id"] for each in get("studies")["study_summaries"]
            }
            return {
                name: len(get(f"studies/{key}?after=0")["trials"]) for name, key in studies.items()
            }

        assert shown() == {"y-linear-o0": 2, "y-neural-d1-o0": 2}
        write_trial(results.paths, trial(search("neural", 1), number=2, params=PARAMS))
        for _ in range(60):
            if shown()["y-neural-d1-o0"] == 3:
                break
            threading.Event().wait(1)
        assert shown()["y-neural-d1-o0"] == 3
    finally:
        server.terminate()
        server.communicate()
