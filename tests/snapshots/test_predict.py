"""What a finished study says of rows and of another question, and what it refuses, by models that
are made by hand.
"""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from study import FamilyClassifier, FamilyRegressor
from study.cli import main as cli
from study.config import dump_config, make_config
from study.config.metrics import metrics_asked
from study.data.reader import ReadColumn, Reader, ReadTerm
from study.evidence.stored import write_verdicts
from study.inference.intervals import guarantee_words
from study.inference.models import cautions
from study.inference.predictions import predict
from study.records import results as records
from study.records.delivery import chosen_searches
from study.records.paths import StudyPaths, write_atomic
from study.results import Results, load_results
from study.schema import ALL_ROWS, Kind, StudyError
from tests.cli.conftest import Command
from tests.report.synthetic import make_table, with_frames
from tests.snapshots.conftest import Approve

COLUMNS = (
    *(ReadColumn(name=name, type="numeric") for name in ("relationship", "children", "age")),
    ReadColumn(name="town", type="category", levels=("Bonn", "Ulm")),
    ReadColumn(name="seen", type="date", pattern="%d/%m/%Y"),
)
TERMS = tuple(
    ReadTerm(
        name=each.name, column=each.name, level=None, gap=False, offset=0.0, low=-0.5, high=0.5
    )
    for each in COLUMNS[:3]
)
ROWS = pd.DataFrame(
    {
        "guest": ["Ann", "Bob", "Cem", "Dua"],
        "relationship": [0.5, 0.5, -0.5, -0.5],
        "children": [0.25, -0.5, 7.5, 0.0],
        "age": [0.25, None, 0.5, 0.125],
        "town": ["Bonn", "Rome", "Ulm", "Ulm"],
        "seen": ["03/04/2005", "01/01/2010", "01/01/2010", "soon"],
        "balloons": [0.25, -0.25, 3.0, None],
    }
)


def model_bytes(folder: Path) -> bytes:
    """A model that halves the children and adds a quarter of the age, which no rounding touches."""
    import keras

    rows = keras.Input((len(TERMS),), dtype="float64")
    dense = keras.layers.Dense(1, dtype="float64")
    model = keras.Model(rows, dense(keras.ops.nan_to_num(rows)))
    dense.set_weights([np.array([[0.0], [0.5], [0.25]]), np.zeros(1)])
    model.save(folder / "model.keras")
    return (folder / "model.keras").read_bytes()


@pytest.fixture
def party(finished: records.Results, folder: Path) -> Results:
    """The finished study below `folder`, with models of all rows and of the one fold, and its table
    beside it.
    """
    shutil.copytree(finished.root, folder / "party")
    make_table().assign(town="Bonn", seen="03/04/2005").to_csv("table.csv", index=False)
    told = [verdict.model_copy(update={"n_train": 480.0}) for verdict in finished.verdicts]
    content = finished.config.model_dump(mode="json") | {
        "data": {"source": str(folder / "table.csv")},
        "protocol": "holdout",
    }
    paths = StudyPaths(folder / "party")
    reader = {
        "target": "balloons",
        "kind": Kind.CONTINUOUS,
        "classes": (),
        "n_rows": 600,
        "columns": COLUMNS,
        "terms": TERMS,
    }
    write_atomic(paths.config, dump_config(make_config(content)))
    digest = hashlib.sha256(Path("table.csv").read_bytes()).hexdigest()
    write_atomic(paths.data, finished.data.model_copy(update={"digest": digest}).model_dump_json())
    write_atomic(paths.verdicts, write_verdicts(told, finished.warnings))
    model = model_bytes(folder)
    for fold, places in {
        ALL_ROWS: [paths.delivered("balloons", name) for name in ("regression", "network")],
        0: [
            paths.model(search)
            for (_, name), search in chosen_searches(finished.trials, 0).items()
            if name != "baseline"
        ],
    }.items():
        own = Reader(**reader, outer_fold=fold)
        write_atomic(paths.reader("balloons", fold), own.model_dump_json())
        for place in places:
            write_atomic(place, model)
    ROWS.to_csv("rows.csv", index=False)
    ROWS.iloc[:1].to_csv("one.csv", index=False)
    pd.read_csv("table.csv").iloc[:3].to_csv("own.csv", index=False)
    return load_results(paths.root)


def altered(results: Results, **changes: Any) -> records.Results:
    """The same study with another config."""
    return with_frames(results, config=results.config.model_copy(update=changes))


def test_what_predictions_are_said_to_be(
    party: Results, command: Command, approve: Approve
) -> None:
    (verdict,) = party.verdicts
    none = verdict.model_copy(update={"gains": (), "beats_baseline": False})
    timed = predict(altered(party, time="age"), ROWS, model="regression", interval=0.9)
    said = {
        "of intervals of folds": guarantee_words(0.9, 5, False, 600),
        "of few rows": guarantee_words(0.9, 5, False, 8),
        "of groups": guarantee_words(0.95, 5, True, 40),
        "of sets of classes, of few groups": guarantee_words(0.9, 1, True, 8, numbers=False),
        "of rows in time order": timed.notes[0],
        "against an answer": "\n".join(
            cautions(with_frames(party, verdicts=[none]), "balloons", "answer", "regression")
        ),
        "of cells that are no value": predict(
            party, ROWS.assign(balloons="many"), model="regression"
        ).warnings[-1],
    }

    shown = [
        command("predict", "party", "rows.csv").shown,
        command(
            "predict",
            "party",
            "rows.csv",
            "--model",
            "regression",
            "--interval",
            "0.9",
            "--out",
            "said.csv",
        ).shown,
        command(
            "predict", "party", "own.csv", "--model", "regression", "--output", "own_said.csv"
        ).shown,
        command("predict", "party", "one.csv", "--model", "regression", "--fold", "0").shown,
        *(f"# {name}\n{text}\n" for name, text in said.items()),
    ]

    approve("\n".join(shown))


def test_what_another_question_is_answered(
    party: Results, command: Command, approve: Approve
) -> None:
    asked = [
        ("--metric", "mae", "--margin", "0.1"),
        ("--metric", "rmse", "--margin-of", "unit", "--min-margin", "0.01"),
    ]

    approve("\n".join(command("ask", "party", *each).shown for each in asked))


Refused = Callable[[], object]


def of_rows(party: Results) -> dict[str, Refused]:
    """What `study predict` refuses of rows and of what is asked for."""

    def of(
        rows: Any = ROWS, results: records.Results = party, model: str = "regression", **more: Any
    ) -> Refused:
        return lambda: predict(results, rows, model=model, **more)

    kept = party.data.targets[0]
    two = party.data.model_copy(
        update={"targets": (kept, kept.model_copy(update={"name": "colour"}))}
    )
    return {
        "no target": of(results=with_frames(party, data=two)),
        "no such target": of(target="baloons"),
        "no such model": of(model="tree"),
        "no such outer fold": of(results=altered(party, protocol="nested"), fold=-1),
        "no such outer fold of one": of(fold=3),
        "a share above one": of(interval=90.0),
        "no frame": of([80.0]),
        "a column that is lacking": of(ROWS.rename(columns={"age": "agee"})),
        "two columns that are lacking": of(ROWS.drop(columns=["age", "town"])),
        "a word for a number": of(ROWS.assign(age="old")),
        "a list for a number": of(ROWS.assign(age=[[1], [2], [3], [4]])),
        "a date for a number": of(ROWS.assign(age=pd.Timestamp("2020-01-01"))),
        "an infinite number": of(ROWS.assign(age=np.inf)),
        "a date in another format": of(ROWS.assign(seen="2010-03-02")),
        "no boosted trees": of(model="trees"),
        "no trees of a fold": of(model="trees", fold=0),
    }


def of_tables(party: Results, folder: Path) -> dict[str, Refused]:
    """What is refused of the study's own table and of files."""
    (folder / "none.csv").write_text("age\n")

    def command(rows: str, **more: Any) -> Refused:
        return lambda: cli.predict(
            party.root, folder / rows, target="balloons", model="regression", **more
        )

    return {
        "a file that is not there": command("lost.csv"),
        "a file without rows": command("none.csv"),
        "a file of an unknown format to write": command("rows.csv", out=folder / "said.xlsx"),
        "a folder that is not there to write to": command(
            "rows.csv", out=folder / "lost" / "said.csv"
        ),
        "a folder in place of a file to write": command("rows.csv", out=folder / "folder.csv"),
    }


def of_questions(party: Results) -> dict[str, Refused]:
    """What `study ask` refuses, and a config that asks the same."""

    def of(**question: Any) -> Refused:
        return lambda: party.ask(**question)

    def option(**question: Any) -> Refused:
        return lambda: cli.ask(party.root, **question)

    kinds = {"balloons": Kind.CONTINUOUS, "colour": Kind.BINARY}
    return {
        "no target to ask of": of(target="ballons"),
        "no metric": of(metric="AUC"),
        "a metric of another kind": lambda: metrics_asked("auc", kinds, of_one=True),
        "a metric of another kind in a config": lambda: metrics_asked("rmse", kinds),
        "a metric of no target": of(metric={"balons": "mae"}),
        "a margin of another unit": of(margin_of="unit"),
        "a margin that is no share": of(margin=3),
        "a margin of nothing": of(margin_of="explaned"),
        "--margin": option(margin=3),
        "--margin-of": option(margin_of="explaned"),
        "--metric": option(metric="acuracy"),
        "--min-margin": option(min_margin=float("nan")),
    }


def of_estimators(folder: Path) -> dict[str, Refused]:
    """What estimators refuse before they train."""
    X, y = np.arange(60.0).reshape(30, 2) ** 2 % 37, np.arange(30.0)
    (folder / "rows.parquet").touch()

    def of(rows: Any = X, values: Any = y, **parameters: Any) -> Refused:
        return lambda: FamilyRegressor(**parameters).fit(rows, values)

    return {
        "no model to fit": of(model="net"),
        "no kind": of(kind="binary"),
        "an unknown key": of(config={"traning": {}}),
        "groups that are no column": of(config={"groups": "dealer"}),
        "too few rows to search": of(X[:19], y[:19]),
        "one class": lambda: FamilyClassifier().fit(X, np.full(30, "a")),
        "a folder of other rows": of(evidence=True, results=folder),
    }


def of_spoilt(party: Results) -> dict[str, Refused]:
    """What is refused of a study whose models were removed or changed."""

    def removed() -> object:
        shutil.rmtree(party.paths.fold_models)
        return predict(altered(party, keep_fold_models=False), ROWS, model="regression", fold=0)

    def changed() -> object:
        party.paths.reader("balloons", ALL_ROWS).write_text("{}")
        return predict(party, ROWS, model="regression")

    return {"models of folds that were removed": removed, "a reader of another version": changed}


def test_what_predictions_questions_and_estimators_are_refused_for(
    party: Results, folder: Path, approve: Approve
) -> None:
    (folder / "folder.csv").mkdir()
    cases = (
        of_rows(party)
        | of_tables(party, folder)
        | of_questions(party)
        | of_estimators(folder)
        | of_spoilt(party)
    )
    told = []
    for name, refused in cases.items():
        with pytest.raises((StudyError, ValueError)) as raised:
            refused()
        told.append(f"# {name}\n{raised.value}")

    approve("\n\n".join(told))
