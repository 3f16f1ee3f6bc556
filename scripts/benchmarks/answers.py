"""The three answers on tables that others made, beside trees and EBM on the same folds:
`scripts/benchmark answers`.

Each table is a study of a stated, modest budget, run as a user would. What it says, and the losses
of explainable boosting machines on the outer folds of its first repeat, are kept in
results/answers, one JSON file a table, so that the command goes on where it ended. EBM_PYTHON names
a Python that has interpret-core; without it they are installed, or left out.
"""

from __future__ import annotations

import json
import math
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.engine import ROOT, run_study
from benchmarks.rival_tables import install
from benchmarks.searched import folds
from benchmarks.terms import TABLES, ebm

FOLDER = ROOT / "results" / "answers"
BUDGET = ("protocol=nested", "outer.repeats=2", "inner.seeds=1", "search.trials=8", "min_margin=0")
"""Of every study: five outer folds drawn twice, eight trials of a search of networks or of terms,
no minimum margin.
"""
OWN = {"balloons": ("data.rows=2000",)}
"""What is set beside it, by source."""
MACHINES: dict[str, int | float] = {"outer_bags": 2, "max_rounds": 4_000}
"""What EBM is given in place of its 14 bags and 50,000 rounds, with which a fold of ten columns
takes half a minute."""
ALL_TABLES = (
    *("balloons=balloons", "balloons=colour", *TABLES),
    *("statsmodels:engel=foodexp", "statsmodels:cancer=cancer", "statsmodels:grunfeld=invest"),
)
"""SOURCE=TARGET where none is named."""
FOLDS = 5
"""Outer folds of one repeat."""
NAMES = {"regression": "regression", "terms": "with terms", "network": "network"}
NONE = "-"


def told(folder: Path) -> dict[str, Any]:
    """What a finished study says of its one target, and the regression's test loss in each outer
    fold of the first repeat.

    Gains are [improvement, low, high], shares of the plain regression's loss.
    """
    from study import load_results
    from study.schema import NETWORK, REGRESSION, REGRESSIONS, TERMS

    results = load_results(folder)
    (verdict,), gains = results.verdicts, {}
    over = {name: gain for (base, name), gain in verdict.by_pair.items() if base == REGRESSION}
    for name, gain in (
        over | ({"trees": verdict.trees.over[REGRESSION]} if verdict.trees else {})
    ).items():
        gains[name] = [float(gain.improvement), float(gain.low), float(gain.high)]
    frame = results.predictions
    plain = frame[
        frame["family"].isin(REGRESSIONS.values())
        & (frame["candidate"] == "refit")
        & (frame["outer_fold"] >= 0)
    ]
    by_fold = plain.groupby("outer_fold")
    return {
        "kind": verdict.kind.value,
        "rows": int(plain["row"].nunique()),
        "columns": len(results.data.features),
        "answer": verdict.verdict,
        "left": list(verdict.left),
        "use_none": verdict.use_none,
        "terms": gains[TERMS],
        "network": gains[NETWORK],
        "trees": gains.get("trees"),
        "plain": by_fold["loss"].mean().tolist()[:FOLDS],
        "test": [sorted(rows.tolist()) for _, rows in by_fold["row"]][:FOLDS],
    }


def judged(source: str, target: str, folder: Path) -> dict[str, Any]:
    """What a study of a table says; it is run, or gone on with, below `folder`, with programs kept
    for the next.
    """
    own = folder / slug(source, target)
    own.mkdir(parents=True, exist_ok=True)
    config = own / "study.yaml"
    config.write_text(
        json.dumps({"name": "study", "data": {"source": source}, "targets": [target]}),
        encoding="utf-8",
    )
    keys = [*BUDGET, *OWN.get(source, ())]
    return told(run_study(ROOT, str(config), keys, own, folder / "cache").results)


def machines(found: Mapping[str, Any], source: str, target: str, python: Path) -> float:
    """Test loss of EBM as a share of the plain regression's, on the outer folds of a study's first
    repeat.

    Raises
    ------
    ValueError
        The study had other folds.
    """
    settings = OWN.get(source, ())
    encoded = folds(source, target, 1, *settings)
    if [sorted(own.rows[own.test[:]].tolist()) for own in encoded] != found["test"]:
        raise ValueError(
            f"{source}, {target}: the study has other outer folds than its settings give. Remove its folder."
        )
    return float(
        np.mean(ebm(python, encoded, source, target, settings, MACHINES)) / np.mean(found["plain"])
    )


def slug(source: str, target: str) -> str:
    """Name of a table's files."""
    return f"{source}-{target}".replace(":", "-").replace("/", "-")


def gain(interval: Sequence[float] | None) -> str:
    """A gain and its interval in per cent, with as many digits as tell it from 100."""
    from study.formatting import percent

    if interval is None:
        return NONE
    own, low, high = map(percent, interval)
    return f"{own} ({f'{low} to {high}' if math.isfinite(interval[1]) else 'no interval'})"


def row(table: str, found: Mapping[str, Any]) -> str:
    """A table's line: what it is, the answer, three gains, and that of EBM without an interval."""
    from study.formatting import percent

    answer = str(found["answer"])
    if len(found["left"]) > 1:
        answer += f": {' or '.join(NAMES[name] for name in found['left'])}"
    if found["use_none"]:
        answer += "; none beats the baseline"
    share = found.get("ebm")
    cells = [f"`{table}`", f"{found['rows']:,} x {found['columns']}", str(found["kind"]), answer]
    cells += [gain(found[name]) for name in ("terms", "network", "trees")]
    return f"| {' | '.join([*cells, NONE if share is None else percent(1 - share)])} |"


def answers(tables: Sequence[str], folder: Path = FOLDER) -> None:
    """Run what is missing, and print a row a table; first all studies, then EBM on the folds of
    each.

    A study that fails is named and left out; the same command tries it anew.
    """
    chosen = {table: folder / f"{slug(*_parts(table))}.json" for table in tables or ALL_TABLES}
    for table, path in chosen.items():
        if not path.exists():
            print(f"{table}: a study", file=sys.stderr, flush=True)
            try:
                _write(path, judged(*_parts(table), folder))
            except subprocess.CalledProcessError as error:
                config = folder / slug(*_parts(table)) / "study.yaml"
                print(
                    f"{table} is left out: study run {config} ended with code {error.returncode}.",
                    file=sys.stderr,
                )
    found = {
        table: json.loads(path.read_text(encoding="utf-8"))
        for table, path in chosen.items()
        if path.exists()
    }
    with tempfile.TemporaryDirectory() as name:
        lacking = [table for table, own in found.items() if "ebm" not in own]
        python = _python(Path(name)) if lacking else None
        for table in lacking if python else ():
            print(f"{table}: EBM", file=sys.stderr, flush=True)
            found[table] |= {"ebm": machines(found[table], *_parts(table), python)}
            _write(chosen[table], found[table])
    print(
        "| table | rows x columns | kind | answer | gain with terms | of the network | of trees | of EBM |"
    )
    print("| --- | ---: | --- | --- | ---: | ---: | ---: | ---: |")
    for table, own in found.items():
        print(row(table, own))


def _parts(table: str) -> tuple[str, str]:
    source, _, target = table.rpartition("=")
    return source, target


def _python(folder: Path) -> Path | None:
    own = os.environ.get("EBM_PYTHON")
    return Path(own) if own else install("EBM", "interpret-core", folder)


def _write(path: Path, found: Mapping[str, Any]) -> None:
    """Whole or not at all."""
    part = path.with_suffix(".part")
    part.write_text(json.dumps(found, indent=1), encoding="utf-8")
    part.replace(path)
