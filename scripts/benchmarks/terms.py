"""The regression with terms beside its rivals on the same folds: `scripts/benchmark terms`.

Each model's test loss is a share of the plain regression's. Explainable boosting machines run in an
environment of their own, which is gone afterwards; where they cannot be installed they are left
out. EBM_PYTHON names a Python that has them already.
"""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from benchmarks.rival_tables import install
from benchmarks.searched import best, cautious, folds, loss_of, scored, searched, second_class
from study.data.encoding import Encoded
from study.families.extra_terms import FIRST
from study.schema import TERMS

TABLES = (
    "sklearn:diabetes=target",
    "sklearn:breast_cancer=target",
    "sklearn:wine=target",
    "sklearn:iris=target",
    "statsmodels:fair=affairs",
    "statsmodels:ccard=AVGEXP",
    "statsmodels:scotland=YES",
    "statsmodels:anes96=vote",
    "statsmodels:star98=NABOVE",
    "statsmodels:statecrime=violent",
    "statsmodels:fertility=2000",
    "statsmodels:heart=survival",
)
"""SOURCE=TARGET of the tables that are compared where none is named."""
REPEATS = 3
CHOICES = tuple({"products": products, "curves": curves} for products, curves in FIRST)


def shares(losses: Mapping[str, Sequence[float]], repeats: int) -> dict[str, tuple[float, float]]:
    """Mean loss of each model as a share of that of `plain`, and its standard deviation over
    repeats (NaN of one).
    """
    base = np.reshape(losses["plain"], (repeats, -1)).mean(axis=1)
    found = {}
    for name, own in losses.items():
        each = np.reshape(own, (repeats, -1)).mean(axis=1) / base
        spread = float(each.std(ddof=1)) if repeats > 1 else float("nan")
        found[name] = float(np.mean(own) / np.mean(losses["plain"])), spread
    return found


def rows_of(
    encoded: Sequence[Encoded],
    source: str,
    target: str,
    folder: Path,
    settings: Sequence[str] = (),
    given: Mapping[str, float] | None = None,
) -> None:
    """Write the table as study reads it, the folds' rows, and what each machine is given, for
    `ebm.py`.
    """
    from study.config import make_config
    from study.plan import survey

    table = survey(
        make_config(
            {"name": "x", "data": {"source": source}, "targets": [target]},
            settings,
            "words",
            Path(),
        )
    ).table
    own = encoded[0]
    frame = table.frame[[feature.name for feature in table.features]].iloc[own.rows]
    frame = frame.set_axis([f"column {i}" for i in range(frame.shape[1])], axis=1)
    frame.assign(target=own.y).to_parquet(folder / "table.parquet", index=False)
    parts = [(each.development[:].tolist(), each.test[:].tolist()) for each in encoded]
    (folder / "folds.json").write_text(
        json.dumps({"kind": own.kind.value, "folds": parts, "given": dict(given or {})}),
        encoding="utf-8",
    )


def ebm(
    python: Path,
    encoded: Sequence[Encoded],
    source: str,
    target: str,
    settings: Sequence[str] = (),
    given: Mapping[str, float] | None = None,
) -> list[float]:
    """Test loss of an explainable boosting machine in each fold; given: what differs from its
    defaults.
    """
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        rows_of(encoded, source, target, folder, settings, given)
        command = [str(python), "-I", str(Path(__file__).with_name("ebm.py")), str(folder)]
        subprocess.run(
            command,
            cwd=folder,
            env=os.environ | {"PYTHONPATH": ""},
            check=True,
            capture_output=True,
            text=True,
        )
        predicted = json.loads((folder / "predicted.json").read_text(encoding="utf-8"))["predicted"]
    found = []
    for each, own in zip(encoded, predicted, strict=True):
        response = np.asarray(own, float)
        found.append(scored(each, second_class(each, response) if each.classes else response))
    return found


def compared(
    encoded: Sequence[Encoded], source: str, target: str, python: Path | None
) -> dict[str, list[float]]:
    """Test losses of every model in each outer fold."""
    losses: dict[str, list[float]] = {name: [] for name in ("plain", "terms", "extended, 1 se")}
    for each in encoded:
        records = searched(each, TERMS, CHOICES)
        losses["plain"].append(loss_of(each, records[0]))
        losses["terms"].append(loss_of(each, best(records)))
        kept = cautious(records)
        losses["extended, 1 se"].append(
            losses["plain"][-1] if kept is records[0] else losses["terms"][-1]
        )
    losses["EBM"] = (
        [float("nan")] * len(encoded) if python is None else ebm(python, encoded, source, target)
    )
    return losses


def terms(tables: Sequence[str], repeats: int = REPEATS) -> None:
    """Print a row a table: shares of the plain regression's loss, with their standard deviations
    over repeats.
    """
    own = os.environ.get("EBM_PYTHON")
    with tempfile.TemporaryDirectory() as folder:
        python = Path(own) if own else install("EBM", "interpret-core", Path(folder))
        print("| table | rows | plain | extended | extended, 1 se | EBM | extended / EBM |")
        print("| --- |" + " ---: |" * 6, flush=True)
        for table in tables or TABLES:
            source, _, target = table.rpartition("=")
            encoded = folds(source, target, repeats)
            losses = compared(encoded, source, target, python)
            found = shares(losses, repeats)
            cells = [
                f"{share:.3f} ± {spread:.3f}"
                for name, (share, spread) in found.items()
                if name != "plain"
            ]
            name = f"{Path(source).stem if '/' in source else source}, {target}"
            base, ratio = np.mean(losses["plain"]), found["terms"][0] / found["EBM"][0]
            print(
                f"| {name} | {len(encoded[0].rows):,} | {base:.4g} | {' | '.join(cells)} | {ratio:.3f} |",
                flush=True,
            )
