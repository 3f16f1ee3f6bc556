from __future__ import annotations

import subprocess
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from harness.studies import STUDY, run
from study import load_results, run_study
from study.schema import StudyError
from tests.runs.helpers import reproduce

pytestmark = pytest.mark.slow

SETTINGS = [
    "effort=quick", "protocol=holdout", "depths=1", "search.trials=2", "inner.folds=2", "inner.seeds=1", "training.epochs=10",
    "space.neural={width: 8, batch_size: 64, activation: silu, dropout: 0}",
]  # fmt: skip


def make_table(rows: int = 300) -> pd.DataFrame:
    """Numbers, categories, dates, booleans and missing cells, and a target of three kinds."""
    rng = np.random.default_rng(0)
    age = rng.normal(50, 10, rows).round(1)
    town = rng.choice(["Bonn", "Köln, Süd", 'Ulm "Alb"'], rows)
    smoker = rng.random(rows) < 0.4
    seen = pd.Timestamp("2020-01-01") + pd.to_timedelta(rng.integers(0, 900, rows), unit="D")
    rate = np.exp(0.02 * (age - 50) + 0.5 * smoker)
    table = pd.DataFrame(
        {
            "id": np.arange(1000, 1000 + rows),
            "age": age,
            "town [km]": town,
            "smoker?": np.where(smoker, "yes", "no"),
            "last seen": seen.strftime("%Y-%m-%d"),
            "visits": rng.poisson(2 * rate),
            "species": np.array(["cat", "dog", "eel"])[np.digitize(age + rng.normal(0, 5, rows), [45, 55])],
            "sick": np.where(rng.random(rows) < 1 / (1 + np.exp(-(age - 50) / 5)), "true", "false"),
        }
    )
    for column, share in {"age": 0.1, "town [km]": 0.1, "last seen": 0.05, "sick": 0.05}.items():
        table[column] = table[column].mask(rng.random(rows) < share)
    return table


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("sources") / "Grüße an 'alle'"
    folder.mkdir()
    make_table().to_csv(folder / "my table.csv", index=False)
    return folder


@pytest.fixture(scope="module")
def ended(folder: Path) -> subprocess.CompletedProcess[str]:
    """`study run` on the CSV file with three targets, tiny settings and a name with a space."""
    targets = [part for target in ("visits", "species", "sick") for part in ("--target", target)]
    settings = [part for setting in SETTINGS for part in ("--set", setting)]
    return run(STUDY, "run", "my table.csv", *targets, *settings, "--name", "our study", cwd=folder)


@pytest.fixture
def results(ended: subprocess.CompletedProcess[str], folder: Path) -> Path:
    assert ended.returncode == 0, ended.stderr
    return folder / "results" / "our study"


def test_a_csv_with_mixed_columns_goes_the_whole_way(ended: subprocess.CompletedProcess[str], results: Path) -> None:
    lines = ended.stdout.splitlines()

    assert (ended.returncode, ended.stderr) == (0, "")
    assert lines[-1] == "results/our study/report.html"
    assert (results / "report.html").stat().st_size > 100_000


def test_every_kind_of_target_has_its_families_and_a_verdict(results: Path) -> None:
    loaded = load_results(results)

    families = loaded.trials.groupby(["target", "kind"])["family"].unique().map(sorted).to_dict()

    assert families == {
        ("visits", "count"): ["constant", "extended", "neural", "poisson"],
        ("species", "multiclass"): ["constant", "extended", "logistic", "neural"],
        ("sick", "binary"): ["constant", "extended", "logistic", "neural"],
    }
    assert {verdict.target for verdict in loaded.verdicts} == {"visits", "species", "sick"}
    assert set(loaded.trials["state"]) == {"COMPLETE"}


def test_every_column_has_the_type_a_reader_expects(results: Path) -> None:
    coefficients = load_results(results).coefficients

    terms = set(coefficients.query("target == 'visits' and outer_fold == 0")["term"])

    assert {"intercept", "age", "smoker?", "last seen", "age[missing]", "last seen[missing]", "town [km][missing]"} <= terms
    assert len({term for term in terms if term.startswith("town [km][")}) == 3
    assert "id" not in terms


def test_rows_without_a_target_are_left_out_for_that_target_only(results: Path, folder: Path) -> None:
    table, predictions = pd.read_csv(folder / "my table.csv"), load_results(results).predictions

    missing = set(table.index[table["sick"].isna()])

    assert not missing & set(predictions.query("target == 'sick'")["row"])
    assert missing & set(predictions.query("target == 'visits'")["row"])


def test_probabilities_of_the_classes_sum_to_one(results: Path) -> None:
    frame = load_results(results).predictions.query("target == 'species'")

    sums = frame[["p_cat", "p_dog", "p_eel"]].sum(axis=1)

    n_candidates = len(frame[["family", "depth", "candidate", "seed"]].drop_duplicates())
    assert len(sums) == 60 * n_candidates
    np.testing.assert_allclose(sums, 1, atol=1e-6)


def test_models_of_every_kind_give_the_stored_predictions(results: Path) -> None:
    gaps = reproduce(results)

    assert len(gaps) == 12
    assert set(gaps.values()) == {0.0}, gaps


def test_a_table_that_has_changed_since_is_refused(results: Path, folder: Path) -> None:
    config, table = load_results(results).config, folder / "my table.csv"
    content = table.read_bytes()

    table.write_bytes(content.replace(b",cat,", b",dog,", 1))
    with pytest.raises(StudyError) as caught:
        run_study(config, results.parent)
    table.write_bytes(content)

    assert str(caught.value) == (
        f"{results} holds a study of other data: {table} has changed since. "
        f"Choose another name with --name (it is 'our study' now), or remove {results} if its results are not needed."
    )
