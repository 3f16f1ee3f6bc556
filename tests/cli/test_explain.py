"""`study explain` for programs."""

from __future__ import annotations

import json

from study.evidence.warnings.catalogue import CATALOGUE
from tests.cli.conftest import Command


def test_explain_prints_one_warning_or_lists_all(command: Command) -> None:
    one, all_ = command("explain", "S003"), command("explain")

    assert (one.code, all_.code) == (0, 0)
    assert one.out.startswith("S003 ")
    assert [line[:4] for line in all_.out.splitlines()] == list(CATALOGUE)
    assert json.loads(command("explain", "S003", "--json").out)["title"] == CATALOGUE["S003"].title
    assert [
        each["id"] for each in json.loads(command("explain", "--json").out)["warnings"]
    ] == list(CATALOGUE)
