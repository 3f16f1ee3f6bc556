"""A table of a user's own goes the whole way: mixed columns, a target of several classes, one of
counts, names with spaces.
"""

from __future__ import annotations

import threading
from contextlib import chdir
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from study import load_results, plan as prepare, run_study
from study.execution.events import Event, Reported
from study.execution.pool import Pool
from study.schema import StudyError
from study.training.task import Task
from tests.cli.conftest import Ended, call
from tests.runs.helpers import ROUNDING, reproduce

pytestmark = [pytest.mark.slow, pytest.mark.faults]  # as long as those

TARGETS = ("visits", "species")
SETTINGS = [
    "effort=quick", "protocol=holdout", "depths=1", "search.trials=1", "inner.folds=2", "inner.seeds=1", "training.epochs=10",
    "space.neural={width: 8, batch_size: 64, activation: silu, dropout: 0}",
    "resources={max_concurrent: 2, cpus_per_trial: 0.5}",
]  # fmt: skip
COME_S = 120
"""Seconds in which two workers have come, on the busiest machine."""


def make_table(rows: int = 300) -> pd.DataFrame:
    """Numbers, categories, dates, booleans and missing cells, and targets of several kinds."""
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
            "species": np.array(["cat", "dog", "eel"])[
                np.digitize(age + rng.normal(0, 5, rows), [45, 55])
            ],
            "sick": np.where(rng.random(rows) < 1 / (1 + np.exp(-(age - 50) / 5)), "true", "false"),
        }
    )
    for column, share in {
        "age": 0.1,
        "town [km]": 0.1,
        "last seen": 0.05,
        "sick": 0.05,
        "species": 0.05,
    }.items():
        table[column] = table[column].mask(rng.random(rows) < share)
    return table


@dataclass
class Order:
    """What happens in a run, in order: "came" for a worker, "encoded", the worker of each task that
    is sent, "reported".
    """

    seen: list[str] = field(default_factory=list)
    there: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))

    def watch(self, patch: pytest.MonkeyPatch) -> None:
        """Hold the encoding of the data back until two workers are there, and note what follows."""
        encode, came, send, hear = prepare.encode_all, Pool.came, Pool.send, Pool.next

        def encode_when_both_are_there(*given: Any) -> Any:
            for _ in range(0 if "encoded" in self.seen else 2):
                assert self.there.acquire(timeout=COME_S), (
                    "a worker waits until the data are encoded"
                )
            self.seen.append("encoded")
            return encode(*given)

        def note_came(pool: Pool, worker: str, *more: Any) -> None:
            came(pool, worker, *more)
            self.seen.append("came")
            self.there.release()

        def note_sent(pool: Pool, worker: str, task: Task) -> None:
            self.seen.append(worker)
            send(pool, worker, task)

        def note_heard(pool: Pool, timeout_s: float) -> Event | None:
            event = hear(pool, timeout_s)
            if isinstance(event, Reported):
                self.seen.append("reported")
            return event

        patch.setattr(prepare, "encode_all", encode_when_both_are_there)
        for name, own in (("came", note_came), ("send", note_sent), ("next", note_heard)):
            patch.setattr(Pool, name, own)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("sources") / "Grüße an 'alle'"
    folder.mkdir()
    make_table().to_csv(folder / "my table.csv", index=False)
    return folder


@pytest.fixture(scope="module")
def order() -> Order:
    return Order()


@pytest.fixture(scope="module")
def ended(folder: Path, order: Order) -> Ended:
    """`study run` on the CSV file with two targets, tiny settings and a name with a space, watched
    in this process.
    """
    targets = [part for target in TARGETS for part in ("--target", target)]
    settings = [part for setting in SETTINGS for part in ("--set", setting)]
    with pytest.MonkeyPatch.context() as patch, chdir(folder):
        order.watch(patch)
        return call("run", "my table.csv", *targets, *settings, "--name", "our study")


@pytest.fixture
def results(ended: Ended, folder: Path) -> Path:
    assert ended.code == 0, ended.err
    return folder / "results" / "our study"


def test_a_csv_with_mixed_columns_goes_the_whole_way(ended: Ended, results: Path) -> None:
    assert (ended.code, ended.err) == (0, "")
    assert ended.out.splitlines()[-1] == "results/our study/report.html"
    assert (results / "report.html").stat().st_size > 100_000


@pytest.mark.usefixtures("ended")
def test_workers_come_while_the_driver_encodes_and_both_are_busy_before_the_first_result(
    order: Order,
) -> None:
    until_first = order.seen[: order.seen.index("reported")]

    assert until_first[:3] == ["came", "came", "encoded"]
    assert len(until_first[3:]) == len({*until_first[3:]}) == 2  # each of the two has a task


def test_every_kind_of_target_has_its_families_and_a_verdict(results: Path) -> None:
    loaded = load_results(results)

    families = loaded.trials.groupby(["target", "kind"])["family"].unique().map(sorted).to_dict()

    assert families == {
        ("visits", "count"): ["baseline", "neural", "poisson", "terms"],
        ("species", "multiclass"): ["baseline", "logistic", "neural", "terms"],
    }
    assert {verdict.target for verdict in loaded.verdicts} == {*TARGETS}
    assert set(loaded.trials["state"]) == {"COMPLETE"}


def test_every_column_has_the_type_a_reader_expects(results: Path) -> None:
    coefficients = load_results(results).coefficients

    terms = set(coefficients.query("target == 'visits' and outer_fold == 0")["term"])

    assert {
        "intercept",
        "age",
        "smoker?",
        "last seen",
        "age[missing]",
        "last seen[missing]",
        "town [km][missing]",
    } <= terms
    assert {"sick", "sick[missing]"} <= terms
    assert len({term for term in terms if term.startswith("town [km][")}) == 3
    assert "id" not in terms


def test_rows_without_a_target_are_left_out_for_that_target_only(
    results: Path, folder: Path
) -> None:
    table, predictions = pd.read_csv(folder / "my table.csv"), load_results(results).predictions

    missing = set(table.index[table["species"].isna()])

    assert not missing & set(predictions.query("target == 'species'")["row"])
    assert missing & set(predictions.query("target == 'visits'")["row"])


def test_probabilities_of_the_classes_sum_to_one(results: Path) -> None:
    frame = load_results(results).predictions.query("target == 'species'")

    sums = frame[["p_cat", "p_dog", "p_eel"]].sum(axis=1)

    n_candidates = len(frame[["family", "depth", "candidate", "seed"]].drop_duplicates())
    assert len(sums) == frame["row"].nunique() * n_candidates
    np.testing.assert_allclose(sums, 1, atol=1e-6)


def test_models_of_every_kind_give_the_stored_predictions(results: Path) -> None:
    gaps = reproduce(results)

    assert len(gaps) == 8
    assert max(gaps.values()) < ROUNDING, gaps


def test_a_table_that_has_changed_since_is_refused(results: Path, folder: Path) -> None:
    config, table = load_results(results).config, folder / "my table.csv"
    content = table.read_bytes()

    table.write_bytes(content.replace(b",cat,", b",dog,", 1))
    try:
        with pytest.raises(StudyError, match=rf"{results}.*{table}.*--name.*'our study'"):
            run_study(config, results.parent)
    finally:
        table.write_bytes(content)
