from __future__ import annotations

import io
import json
import re
import shutil
import subprocess
from pathlib import Path

import nbformat
import pandas as pd
import pytest
from rich.console import Console

from harness.kept import replace
from harness.studies import drive
from study import load_config, load_results, run_study
from study.cli.ending import print_all as print_summary
from study.cli.status import status_json
from study.conclude import conclude
from study.diagnostics.registry import computed
from study.evidence.wording.amounts import small
from study.evidence.wording.answer import Words
from study.plan import prepare
from study.records.columns import FRAMES
from study.records.formula import FormulaRecord
from study.records.paths import StudyPaths
from study.records.reading import digest, read_outcomes, read_work, write_work
from study.records.trees import TreesRecord
from study.records.work import failure_notes
from study.report.fair import columns
from study.schema import StudyError, TrialState
from tests.records.older import make_older
from tests.runs.helpers import ROUNDING, reproduce

SMOKE = Path(__file__).parents[2] / "configs" / "smoke.yaml"
TRIALS = {"baseline": 1, "linear": 1, "terms": 2, "neural-d1": 2}
SEARCHES = {
    f"balloons-{model}-{fold}": trials for fold in ("o0", "all") for model, trials in TRIALS.items()
}


@pytest.fixture
def ended(smoke: subprocess.CompletedProcess[str]) -> subprocess.CompletedProcess[str]:
    """configs/smoke.yaml, run by the executable; its folder is `ended.args[-1]`."""
    return smoke


@pytest.fixture
def results(ended: subprocess.CompletedProcess[str]) -> Path:
    return Path(ended.args[-1]) / "results" / "smoke"


def test_a_study_ends_well_and_its_last_line_is_the_path_of_its_report(
    ended: subprocess.CompletedProcess[str], results: Path
) -> None:
    lines = ended.stdout.splitlines()

    assert (ended.returncode, ended.stderr) == (0, "")
    assert re.findall(r"\d+", lines[0]) == ["12", "8", "36"]  # trials, searches and fits
    assert lines[-1] == "results/smoke/report.html"
    assert (results / "report.html").is_file()


def test_the_answer_comes_before_the_evidence(
    ended: subprocess.CompletedProcess[str], results: Path
) -> None:
    text = " ".join(ended.stdout.split())

    verdicts = json.loads((results / "verdicts.json").read_text(encoding="utf-8"))["verdicts"]

    assert [verdict["target"] for verdict in verdicts] == ["balloons"]
    words = verdicts[0]["words"]
    places = [
        text.index(said) for said in (small(words["headline"]), *words["lines"], "neural network")
    ]
    assert places == sorted(places)


def test_nothing_is_left_outside_the_results_folder(
    ended: subprocess.CompletedProcess[str], results: Path
) -> None:
    left = [path.name for path in Path(ended.args[-1]).iterdir()]

    assert left == ["results"]
    assert [path.name for path in results.parent.iterdir()] == ["smoke"]


def test_the_results_folder_is_complete(results: Path) -> None:
    found = {str(path.relative_to(results)) for path in results.rglob("*") if path.is_file()}

    figures = {path for path in found if path.startswith("figures/")}
    trials = {f"trials/{search}/trials.jsonl" for search in SEARCHES}
    winners = {f"trials/{search}/winner.json" for search in SEARCHES}
    work = [
        (sort, end, fold)
        for sort, end in (("formula", "keras"), ("trees", "skops"))
        for fold in ("o0", "all")
    ]
    beside = {f"trials/balloons-{sort}-{fold}/{sort}.json" for sort, _, fold in work}
    models = {f"models/folds/{search}.keras" for search in SEARCHES} | {
        "models/folds/balloons-o0.json",
        "models/balloons.json",
    }
    models |= {f"models/folds/balloons-{sort}-{fold}.{end}" for sort, end, fold in work}
    models |= {
        f"models/balloons-{name}.keras" for name in ("regression", "terms", "network", "formula")
    }
    models |= {"models/balloons-trees.skops"}
    frames = {f"frames/{name}" for name in FRAMES if name != "results.parquet"} | {
        f"frames/{name}.parquet" for name in computed()
    }
    assert found - figures == {
        "config.yaml", "environment.json", ".study/data.json", "results.parquet", "results.csv", "verdicts.json",
        "report.ipynb", "report.html", "trials.html",
        *frames, *trials, *winners, *beside, *models,
    }  # fmt: skip
    assert {Path(figure).suffix for figure in figures} == {".svg"}


def test_nothing_is_pickled(results: Path) -> None:
    endings = {path.suffix for path in results.rglob("*") if path.is_file()}

    starts = {path.read_bytes()[:2] for path in results.rglob("*") if path.is_file()}

    assert endings == {
        ".yaml",
        ".json",
        ".jsonl",
        ".parquet",
        ".csv",
        ".ipynb",
        ".html",
        ".svg",
        ".keras",
        ".skops",
    }
    assert not any(start[:1] == b"\x80" for start in starts)


def test_every_frame_is_read_by_pandas_and_by_load_results(results: Path) -> None:
    # candidates, two of each search on parts of the rows, and the simple formula's; two trials are too
    # few for parts of a gain
    predicted = 80 * (3 * (2 + 2) + (1 + 2) + 1)
    rows = {"folds": 36, "predictions": predicted, "coefficients": 8, "scores": 9, "pairs": 7}
    loaded = load_results(results)

    frames = {name: pd.read_parquet(results / "frames" / f"{name}.parquet") for name in rows}
    frames["trials"] = pd.read_parquet(results / "results.parquet")

    for name, frame in frames.items():
        pd.testing.assert_frame_equal(getattr(loaded, name), frame)
    assert {name: len(frame) for name, frame in frames.items()} == {"trials": 12} | rows


def test_every_trial_trained_on_every_inner_fold(results: Path) -> None:
    loaded = load_results(results)

    trials = loaded.trials.set_index("trial_id")

    assert set(trials["state"]) == {"COMPLETE"}
    assert set(trials["n_replicates"]) == {3}
    pd.testing.assert_series_equal(
        loaded.folds.groupby("trial_id")["val_loss"].mean(), trials["val_loss"].sort_index()
    )
    assert set(loaded.curves["trial_id"]) == set(trials.index[trials["depth"] > 0])


def test_the_regression_without_terms_alone_has_coefficients(results: Path) -> None:
    loaded = load_results(results)

    by_family = loaded.trials.set_index("family")[
        ["coef_age", "coef_children", "coef_relationship", "intercept"]
    ]

    assert by_family.loc["linear"].notna().all(axis=None)
    assert by_family.loc[["terms", "neural"]].isna().all(axis=None)
    assert set(loaded.coefficients["term"]) == {"intercept", "relationship", "children", "age"}


def test_the_stored_config_is_the_given_one_with_every_number_filled_in(results: Path) -> None:
    stored, given = load_results(results).config, load_config(SMOKE)

    assert stored.replace(training=given.training, search=given.search, inner=given.inner) == given
    assert (
        stored.search.trials,
        stored.inner.seeds,
        stored.training.epochs,
        stored.training.patience,
    ) == (2, 1, 20, 5)


def test_models_and_encoder_together_give_the_stored_predictions(results: Path) -> None:
    gaps = reproduce(results)

    assert set(gaps) == {f"balloons-{model}-o0" for model in TRIALS}
    assert max(gaps.values()) < ROUNDING


def test_the_report_loads_nothing_from_elsewhere(results: Path) -> None:
    html = (results / "report.html").read_text(encoding="utf-8")

    loaded = re.findall(
        r"<(?:script|img|link|iframe|source|object)\b[^>]*?\b(?:src|href|data)\s*=\s*[\"']?([^\"'\s>]+)",
        html,
    )
    style = re.findall(r"url\(\s*[\"']?([^\"')]+)|@import\s+[\"']?([^\"';]+)", html)

    assert html.count("<figure>") >= 5
    assert loaded == []
    assert all((url or imported).startswith(("data:", "#")) for url, imported in style)


def test_the_notebook_was_executed_without_an_error(results: Path) -> None:
    notebook = nbformat.read(results / "report.ipynb", as_version=4)

    cells = [cell for cell in notebook.cells if cell.cell_type == "code"]

    nbformat.validate(notebook)
    assert [cell.execution_count for cell in cells] == list(range(1, len(cells) + 1))
    assert {output.output_type for cell in cells for output in cell.outputs} <= {
        "execute_result",
        "display_data",
    }


@pytest.mark.faults
def test_lost_and_broken_records_are_made_again_by_one_worker_and_give_the_same_dataframe(
    results: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "smoke"
    shutil.copytree(results, folder)
    for lost in ("balloons-neural-d1-o0/0001.json", "balloons-linear-o0/winner.json"):
        replace(folder, lost, None)
    broken = [
        folder / "trials" / place
        for place in ("balloons-terms-o0/trials.jsonl", "balloons-formula-o0/formula.json")
    ]
    kept = [len(path.read_bytes()) - 200 for path in broken]
    for path, length in zip(broken, kept, strict=True):
        path.write_bytes(path.read_bytes()[:length])

    notes = drive(SMOKE, tmp_path, "resources.max_concurrent=1")

    aside = [path.with_suffix(".broken") for path in broken]
    assert [str(path) in note for path, note in zip(aside, notes.splitlines(), strict=True)] == [
        True,
        True,
    ]
    assert [len(path.read_bytes()) for path in aside] == kept
    assert digest(load_results(folder).trials) == digest(load_results(results).trials)
    assert (folder / "verdicts.json").read_bytes() == (results / "verdicts.json").read_bytes()


@pytest.mark.filterwarnings("ignore::FutureWarning")
def test_a_folder_with_the_names_of_before_is_resumed_without_a_trial(
    results: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "smoke"
    shutil.copytree(results, folder)
    make_older(folder)
    before = load_results(results)

    again = run_study(load_config(folder / "config.yaml"), tmp_path, report=False)

    assert again.trials.equals(before.trials)  # seconds of each trial too
    assert (folder / "verdicts.json").read_bytes() == (results / "verdicts.json").read_bytes()
    assert (folder / "config.yaml").read_bytes() == (results / "config.yaml").read_bytes()
    assert sorted(path.name for path in folder.glob("models/**/*.*")) == sorted(
        path.name for path in results.glob("models/**/*.*")
    )


def test_status_of_a_finished_study_has_verdict_and_digest(results: Path) -> None:
    opened = load_results(results)

    told = status_json(opened)

    assert told["verdicts"] == [Words(opened.verdicts[0]).sentence]
    assert told["digest"] == digest(opened.trials)
    assert (told["finished"], told["failed"], told["remaining"]) == (True, 0, {})
    assert [(row["trials"], row["budget"], row["winner"]) for row in told["searches"]] == [
        (n, n, True) for n in SEARCHES.values()
    ]


def test_status_of_a_study_that_a_version_without_short_formulas_finished_says_what_to_run(
    results: Path, tmp_path: Path
) -> None:
    shutil.copytree(results, tmp_path / "smoke")
    shutil.rmtree(tmp_path / "smoke" / "trials" / "balloons-formula-o0")

    told = status_json(load_results(tmp_path / "smoke"))

    assert (told["finished"], told["remaining"]) == (False, {"simple formulas": 1})
    assert told["resume"] == f"study run {tmp_path / 'smoke' / 'config.yaml'} --results {tmp_path}"


def test_work_that_failed_leaves_the_verdict_without_what_it_tells_and_says_so(
    results: Path, tmp_path: Path
) -> None:
    paths = StudyPaths(tmp_path / "copy")
    shutil.copytree(results, paths.root)
    for model in (TreesRecord, FormulaRecord):
        done = next(each for each in read_work(paths, model) if each.work.outer_fold == 0)
        write_work(
            paths,
            done.work.record("smoke", TrialState.FAIL, error="Traceback\nValueError: no."),
            {},
        )

    conclude(paths, prepare(load_config(paths.config)).data)

    own, before = load_results(paths.root), load_results(results)
    out = io.StringIO()
    print_summary(own, Console(file=out, width=1_000))
    notes = failure_notes(read_outcomes(paths))
    assert len(notes) == 2
    assert all(note in " ".join(out.getvalue().split()) for note in notes)
    assert all(note in columns(own)._repr_html_() for note in notes)
    assert before.verdicts[0].trees is not None
    assert own.verdicts[0].trees is None
    assert own.verdicts[0].verdict == before.verdicts[0].verdict


def test_the_folder_can_be_copied_anywhere(results: Path, tmp_path: Path) -> None:
    copy = tmp_path / "another place"

    shutil.copytree(results, copy)

    assert load_results(copy).verdicts == load_results(results).verdicts
    assert load_results(copy).config == load_results(results).config


def test_another_config_in_the_same_folder_is_refused_with_the_keys_that_differ(
    results: Path,
) -> None:
    config = load_config(
        SMOKE, ["seed=1", "training.epochs=21", "training.patience=5", "resources.max_concurrent=1"]
    )
    before = {path: path.stat().st_mtime_ns for path in results.rglob("*") if path.is_file()}

    with pytest.raises(StudyError, match=str(results)) as caught:
        run_study(config, results.parent)

    differing = re.findall(r"^\W*([\w.]+): (\d+)\b.*\b(\d+)\b", str(caught.value), re.MULTILINE)
    assert differing == [("seed", "0", "1"), ("training.epochs", "20", "21")]
    assert "--name" in str(caught.value)
    assert {
        path: path.stat().st_mtime_ns for path in results.rglob("*") if path.is_file()
    } == before
