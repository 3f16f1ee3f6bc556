from __future__ import annotations

import json
import re
from pathlib import Path

import optuna
import pandas as pd
import pytest

from study.records.exports import exports
from study.records.exports.exports import TOOLS, export
from study.records.exports.optuna_trials import OptunaTrials
from study.records.exports.searches import Changes
from study.records.reading import write_trial, write_winner
from study.records.results import Results, load_results
from study.schema import LOSS_NAMES, Kind, StudyError
from tests.cli.conftest import Command, command, folder  # noqa: F401 -- fixtures
from tests.records.examples import search, trial, winner
from tests.records.exports.searched import PARAMS, searched
from tests.report.synthetic import write_results


def test_optuna_finds_a_study_a_search_with_the_values_params_and_states_of_its_trials(
    tmp_path: Path,
) -> None:
    results = searched(tmp_path / "party")
    write_winner(results.paths, winner(search()), {})

    done = export(results, "optuna")

    storage = f"sqlite:///{results.paths.exported / 'optuna.db'}"
    studies = {
        name: optuna.load_study(study_name=name, storage=storage)
        for name in optuna.get_all_study_names(storage)
    }
    assert (done.trials, done.where) == (4, str(results.paths.exported / "optuna.db"))
    assert sorted(studies) == ["y-linear-o0", "y-neural-d1-o0"]
    linear, network = studies["y-linear-o0"], studies["y-neural-d1-o0"]
    assert [(each.number, each.state.name, each.value) for each in linear.trials] == [
        (0, "COMPLETE", 1 / 3),
        (1, "FAIL", None),
    ]
    assert linear.best_trial.params == {"l2": 0.1 + 0.2}
    assert linear.trials[1].user_attrs["error"] == "ValueError: no"
    assert linear.user_attrs["winner"] == "y-linear-o0-0000"
    assert linear.user_attrs["test_loss_refit"] == 0.15625
    assert linear.user_attrs["loss"] == LOSS_NAMES[Kind.CONTINUOUS]
    first, second = network.trials
    assert (first.params, first.state.name, second.state.name) == (PARAMS, "COMPLETE", "PRUNED")
    assert first.intermediate_values == {1: 4.5, 2: 3.5, 3: 2.5}
    assert first.duration == pd.Timedelta(seconds=1.5)
    assert first.distributions["learning_rate"] == optuna.distributions.FloatDistribution(
        3e-4, 3e-2, log=True
    )
    assert second.user_attrs["trial_id"] == "y-neural-d1-o0-0001"


def test_a_storage_follows_what_comes_what_is_retried_and_what_wins(tmp_path: Path) -> None:
    results = searched(tmp_path / "party")
    kept, changes = OptunaTrials(optuna.storages.InMemoryStorage()), Changes(results)
    assert [kept.sync(changes), kept.sync(changes)] == [4, 4]

    results.paths.trial(search(), 1).unlink()  # as `study retry` does
    write_trial(results.paths, trial(number=1, val_loss=0.125))
    write_winner(results.paths, winner(search(), number=1), {})

    assert kept.sync(changes) == 4  # the search is made anew
    again = optuna.load_study(study_name="y-linear-o0", storage=kept.storage)
    assert [each.state.name for each in again.trials] == ["COMPLETE", "COMPLETE"]
    assert (
        again.best_trial.user_attrs["trial_id"] == again.user_attrs["winner"] == "y-linear-o0-0001"
    )


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Results:
    root = tmp_path_factory.mktemp("exported") / "party"
    results = write_results(root, ["balloons"], n_trials=1, depths=(1,))
    write_trial(results.paths, trial())
    pd.DataFrame({"target": ["balloons"], "loss": [0.5]}).to_parquet(results.paths.frame("trees"))
    terms = pd.DataFrame(
        {
            "target": ["balloons"],
            "columns": [["age", "size"]],
            "low": [[0.5, float("nan")]],
            "weight": [2.0],
        }
    )
    terms.to_parquet(results.paths.frame("terms"))
    return results


def test_csv_holds_every_frame_and_a_row_a_gain_of_the_verdicts(
    finished: Results, tmp_path: Path
) -> None:
    done = export(finished, "csv", tmp_path / "csv")

    found = {path.stem: pd.read_csv(path) for path in Path(done.where).iterdir()}
    frames = {path.stem for path in finished.paths.frames.iterdir()}
    assert set(found) == frames | {"trials"} >= {"calibration", "confusion"}
    pd.testing.assert_frame_equal(found["predictions"], finished.predictions, check_dtype=False)
    assert json.loads(found["terms"]["columns"][0]) == ["age", "size"]


def test_csv_of_a_study_that_runs_holds_its_search(tmp_path: Path) -> None:
    done = export(searched(tmp_path / "party"), "csv")

    names = {path.name: len(pd.read_csv(path)) for path in Path(done.where).iterdir()}
    assert (done.trials, names) == (4, {"trials.csv": 4, "folds.csv": 6, "curves.csv": 18})


def test_what_follows_a_study_goes_on_until_it_is_concluded(
    finished: Results, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    results = searched(tmp_path / "party")
    told: list[int] = []

    def later(seconds: float) -> None:
        write_trial(results.paths, trial(search("neural", 1), number=2, params=PARAMS))
        results.paths.verdicts.write_text("{}")

    monkeypatch.setattr(exports.time, "sleep", later)

    assert export(results, "optuna", follow=True, tell=told.append).trials == 5
    assert told == [4, 5]


def test_nothing_that_is_there_is_overwritten(tmp_path: Path) -> None:
    results = searched(tmp_path / "party")
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("years")

    with pytest.raises(StudyError, match=f"^{tmp_path / 'mine'} .*--out"):
        export(results, "csv", tmp_path / "mine")

    assert [path.name for path in (tmp_path / "mine").iterdir()] == ["thesis.txt"]
    assert (
        export(results, "optuna").trials == export(results, "optuna").trials == 4
    )  # its own is written anew


def test_a_package_that_is_not_there_is_named_with_the_command_that_brings_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    results = searched(tmp_path / "party")
    monkeypatch.setattr(exports, "find_spec", lambda name: None)

    with pytest.raises(StudyError, match=r"mlflow.*scripts/setup --with mlflow"):
        export(results, "mlflow")

    assert not results.paths.exported.exists()


def test_the_command_prints_where_it_is_and_as_json(tmp_path: Path, command: Command) -> None:  # noqa: F811
    searched(tmp_path / "party")

    said, found = (
        command("export", "party", "--to", "optuna"),
        command("export", "party", "--to", "csv", "--json"),
    )
    wrong, other = (
        command("export", "party", "--to", "optun"),
        command("export", "party", "--to", "csv", "--uri", "http://x"),
    )

    assert "party/export/optuna.db" in said.out
    assert "optuna-dashboard sqlite:///party/export/optuna.db\n" in said.out
    assert json.loads(found.out) == {
        "version": 2,
        "to": "csv",
        "where": "party/export/csv",
        "trials": 4,
        "view": None,
    }
    assert (wrong.code, other.code) == (2, 2)
    assert re.search("'optun'.*'optuna'", wrong.err)
    assert re.search("--uri.* csv.*--out", other.err)


def test_every_extra_that_a_tool_names_is_declared() -> None:
    text = (Path(__file__).parents[3] / "pyproject.toml").read_text(encoding="utf-8")

    for tool in (*TOOLS.values(), exports.DASHBOARD):
        assert not tool.extra or f"\n{tool.extra} = [" in text


def test_a_study_without_a_trial_has_nothing_to_export(tmp_path: Path) -> None:
    (tmp_path / "config.yaml").write_text("name: party\ndata: {source: balloons}\ntarget: y\n")

    with pytest.raises(StudyError, match="`study run "):
        export(load_results(tmp_path), "csv")
