"""What the command line says at the end of a study."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from study.results import Results
from study.scores import incumbents, select_candidate, test_scores

if TYPE_CHECKING:
    from rich.console import Console


def print_summary(done: Results, console: Console) -> None:
    """Print the answer first, then the evidence in one table, then what to know."""
    from rich.table import Table

    print()
    for verdict in done.verdicts:
        console.print(verdict["sentence"], style="bold", soft_wrap=True)
        if verdict.get("action"):
            console.print(verdict["action"], soft_wrap=True)
        for part in ("reference", "shortfall"):
            if verdict.get(part):
                console.print(verdict[part]["sentence"], soft_wrap=True)
    table = Table(box=None, title="Loss of each family's winner on the test rows", title_justify="left")
    for column in ("target", "model"):
        table.add_column(column)
    for column in ("test loss", "standard error", "validation loss"):
        table.add_column(column, justify="right")
    scores = test_scores(select_candidate(done.predictions), incumbents(done.trials))
    for row in scores.to_dict("records"):
        model = f"{row['family']}-d{row['depth']}" if row["depth"] else row["family"]
        losses = (f"{row[column]:.4g}" for column in ("test_loss", "std_error", "val_loss"))
        table.add_row(row["target"], model, *losses)
    console.print(table)
    for note in _notes(done):
        console.print(f"Note: {note}", soft_wrap=True)
    print(f"Results: {done.root}")


def _notes(done: Results) -> list[str]:
    notes = json.loads(done.paths.data.read_text(encoding="utf-8"))["notes"]
    failed = int((done.trials["state"] == "FAIL").sum())
    return [*notes, f"{failed} of {len(done.trials)} trials failed; their records say why."] if failed else notes
