"""Approved snapshots of whole things a person reads; `scripts/test tests/snapshots
--snapshot-update` accepts new ones.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from syrupy.assertion import SnapshotAssertion
from syrupy.extensions.single_file import SingleFileSnapshotExtension, WriteMode

from tests.cli.conftest import clock, command, finished, folder, slurm  # noqa: F401 -- fixtures of these tests too

Approve = Callable[[str], None]

VARIES = {
    r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d)?(\.\d+)?([+-]\d\d:\d\d)?": "<time>",
    r"\b[0-9a-f]{64}\b": "<digest>",
}
"""What differs from run to run, and what stands for it."""


class Screen(SingleFileSnapshotExtension):
    """One text file a snapshot, as it is read."""

    _write_mode = WriteMode.TEXT
    file_extension = "txt"


@pytest.fixture
def approve(snapshot: SnapshotAssertion, tmp_path: Path) -> Approve:
    """`approve(text)` compares a text with the approved one, the test's own folder and times left
    out.
    """

    def compare(text: str) -> None:
        text = text.replace(str(tmp_path), "<folder>")
        for pattern, name in VARIES.items():
            text = re.sub(pattern, name, text)
        lines = [line.rstrip() for line in text.splitlines()]
        assert "\n".join(lines).strip("\n") + "\n" == snapshot(extension_class=Screen)

    return compare
