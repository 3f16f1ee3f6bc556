"""What is read in sixty dirty tables."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from harness.dirt import dirty_tables, outcome


def test_dirty_tables_are_read_as_a_person_would_or_refused_with_the_place(tmp_path: Path) -> None:
    found = {(dirty.dirt, dirty.table): outcome(dirty, tmp_path)[0] for dirty in dirty_tables()}

    counts = Counter(found.values())
    assert counts.total() == 60
    assert not [place for place, each in found.items() if each in {"silent", "wrong"}]
    assert counts["read"] >= 54
