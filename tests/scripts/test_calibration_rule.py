"""The rule as a whole, on tables whose losses and true answers are made."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from calibration_rule import by_truth, judge, true_answer, with_truth, write

from tests.evidence.losses import in_folds

FOLDS = 5
SHARES = {("linear", 0): 1.0, ("extended", 0): 0.6, ("neural", 1): 0.595}


def table(rng: np.random.Generator, shares: dict[tuple[str, int], float] = SHARES, spread: float = 0.02) -> pd.DataFrame:
    """A table as `calibration.run_table` leaves it, in three repeats."""
    base, parts = rng.uniform(0.9, 1.1, (3, FOLDS, 30)), []
    for (family, depth), share in shares.items():
        losses = share * base * rng.uniform(1 - spread, 1 + spread, base.shape)
        test = in_folds(losses, family, depth)
        parts.append(test.assign(part="test"))
        fresh = test.groupby(["target", "kind", "family", "depth", "outer_fold", "candidate"], as_index=False)["row"].first()
        parts.append(fresh.assign(part="fresh", row=-1, loss=share))
        parts.append(fresh.drop(columns="candidate").assign(part="validation", row=0, loss=share))
    return pd.concat(parts, ignore_index=True)


@pytest.mark.parametrize(
    ("losses", "answer"),
    [
        ({"regression": 2.0, "extended": 1.95, "network": 1.92}, "regression"),
        ({"regression": 2.0, "extended": 1.2, "network": 1.15}, "extended"),
        ({"regression": 2.0, "extended": 1.2, "network": 1.0}, "network"),
        ({"regression": 2.0, "extended": 1.92, "network": 1.88}, "extended"),
        ({"regression": 2.0, "network": 1.0}, "network"),
    ],
)
def test_the_true_answer_is_that_of_exact_gains(losses: dict[str, float], answer: str) -> None:
    assert true_answer(losses) == answer


def test_a_table_is_judged_in_every_scheme(rng: np.random.Generator) -> None:
    judged = list(judge(table(rng), FOLDS))

    assert [row["scheme"] for row in judged] == ["one split", "one pass", "two repeats", "three repeats"]
    assert {row["left"] for row in judged} == {("extended",)}
    assert judged[0]["regression"] == pytest.approx(1.0)
    assert judged[0]["extended"] == pytest.approx(0.6)
    assert judged[0]["network"] == pytest.approx(0.595)


def test_answers_are_wrong_in_the_ways_that_they_are() -> None:
    truths = {"a": (1.0, 0.99, 0.99), "b": (1.0, 0.5, 0.5), "c": (1.0, 0.9, 0.5)}
    left = {"a": [("regression",), ("extended",)], "b": [("network",), ("regression",)], "c": [("extended", "network")] * 2}
    rows = [
        {"cell": cell, "left": found, "scheme": "one pass", "rows": 300}
        | dict(zip(("regression", "extended", "network"), truths[cell], strict=True))
        for cell, both in left.items()
        for found in both
    ]

    judged = with_truth(pd.DataFrame(rows))
    shown = by_truth(judged, "rows").set_index("truth")

    assert judged["truth"].tolist() == ["regression"] * 2 + ["extended"] * 2 + ["network"] * 2
    columns = ["right", "too_rich", "too_simple", "undecided", "passed", "misled"]
    assert [[name for name in columns if row[name]] for row in judged.to_dict("records")] == [
        ["right"], ["too_rich", "passed"], ["too_rich", "misled"], ["too_simple"], ["undecided"], ["undecided"],
    ]  # fmt: skip
    assert shown.loc["regression", "regression true but left"].startswith("50.0 (")
    assert shown.loc["extended", "terms true but network said"].startswith("50.0 (")
    assert shown.loc["network", ["regression true but left", "terms true but network said"]].tolist() == ["", ""]


def test_the_rates_are_written_between_their_marks(rng: np.random.Generator, tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("Words.\n<!-- rule -->\nold\n<!-- end of rule -->\n")
    for number in range(2):
        table(rng).to_parquet(tmp_path / f"continuous-300x3-low-interaction-0.5-{number}.parquet")

    write(tmp_path, FOLDS, page)

    lines = page.read_text().splitlines()
    assert "old" not in lines
    assert sum(line.startswith("| extended | 300 | ") for line in lines) == 4
