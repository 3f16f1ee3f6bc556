"""Write docs/messy.md: what study makes of sixty dirty tables, and whether quick studies of some of
them end as those of what a person would read in them.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from argparse import ArgumentParser
from collections import Counter
from pathlib import Path

import numpy as np

from harness.dirt import CLEAN, Dirty, dirty_tables, outcome, plain
from harness.studies import STUDY
from study import load_results

STUDIED = (
    "`€10,435.60`, words, dates and `|` at once",
    "columns `intercept`, `row`, `fold`, `loss`",
)
"""Dirt of which each table is studied."""

PAGE = """# Messy tables

Three clean tables of 150 rows, each spoilt in twenty ways. `scripts/messy --studies --out docs/messy.md` writes this page.

- **read**: as a person would. Where there was something to decide, `study check` says what.
- **refused**: with a message that names the column and the line, and says what to do.
- **wrong**: read in another way, and said.
- **silent**: read in another way without a word.

Of {n} tables, {counts}.{studies}

| in the file | {heads} |
|---|{lines}|
{rows}
"""


def same_study(dirty: Dirty, folder: Path) -> bool:
    """Whether quick studies of a spoilt table, and of what a person would read in it, have the same
    verdict and the same losses.
    """
    assert dirty.read is not None
    ends = []
    for name, content in (("dirty", dirty.content), ("clean", plain(dirty.read))):
        (folder / f"{name}.csv").write_bytes(content)
        words = ["run", f"{name}.csv", "--target", dirty.target, "--set", "effort=quick"]
        subprocess.run([str(STUDY), *words], cwd=folder, check=True, stdout=sys.stderr)
        results = load_results(folder / "results" / name)
        ends.append((results.verdicts[0].verdict, results.trials["val_loss"].to_numpy()))
    (one, losses), (other, expected) = ends
    return one == other and np.allclose(losses, expected, rtol=1e-6, equal_nan=True)


def main() -> None:
    """Parse the command line, read all tables, write the page; exit code 1 where one is silent."""
    parser = ArgumentParser("scripts/messy", description=__doc__)
    parser.add_argument("--studies", action="store_true", help="also run quick studies: 15 minutes")
    parser.add_argument("--out", type=Path, default=Path("/dev/stdout"), help="page to write")
    arguments = parser.parse_args()
    rows: dict[str, list[str]] = {}
    counted: Counter[str] = Counter()
    studied: list[bool] = []
    for dirty in dirty_tables():
        with tempfile.TemporaryDirectory() as folder:
            found, said = outcome(dirty, Path(folder))
            if found not in {"read", "refused"}:
                print(f"{found}: {dirty.dirt} in {dirty.table}\n{said}\n", file=sys.stderr)
            if arguments.studies and dirty.dirt in STUDIED:
                studied.append(same_study(dirty, Path(folder)))
        counted[found] += 1
        rows.setdefault(dirty.dirt, []).append(found)
    text = PAGE.format(
        n=counted.total(),
        counts=", ".join(f"{n} are {found}" for found, n in counted.most_common()),
        studies=f" Of {len(studied)} that were also studied, {sum(studied)} have the verdict and the losses of the clean table."
        if studied
        else "",
        heads=" | ".join(f"`{name}`" for name in CLEAN),
        lines="|".join(["---"] * len(CLEAN)),
        rows="\n".join(
            f"| {dirt.replace('|', chr(92) + '|')} | {' | '.join(found)} |"
            for dirt, found in rows.items()
        ),
    )
    arguments.out.write_text(text, encoding="utf-8")
    sys.exit(counted["silent"] > 0)


if __name__ == "__main__":
    main()
