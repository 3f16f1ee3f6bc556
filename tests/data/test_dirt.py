"""What is read in dirty tables: each dirt in one of three; `scripts/messy` reads all sixty."""

from __future__ import annotations

from pathlib import Path

from harness.dirt import CLEAN, DIRT, dirty_tables, outcome


def test_dirty_tables_are_read_as_a_person_would_or_refused_with_the_place(tmp_path: Path) -> None:
    turns = {(dirt, [*CLEAN][place % len(CLEAN)]) for place, dirt in enumerate(DIRT)}

    found = {
        dirty.dirt: outcome(dirty, tmp_path)[0]
        for dirty in dirty_tables()
        if (dirty.dirt, dirty.table) in turns
    }

    unclear = ["`1e400`", "`1,234`: thousands or decimals?"]
    assert found == dict.fromkeys(DIRT, "read") | dict.fromkeys(unclear, "refused")
