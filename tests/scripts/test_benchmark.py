"""The command line of the benchmarks."""

from __future__ import annotations

import re

import pytest

from benchmarks.__main__ import parsed


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["memory", "tree"], "TASK .*trees"),
        (["memory", "--case", "5"], "--case.*5"),
        (["terms", "wine"], "SOURCE=TARGET.*wine"),
        (["answers", "wine"], "SOURCE=TARGET.*wine"),
        (["estimates"], "CONFIG"),
        (["margins"], "FOLDER"),
        (["sizes", "7 x 7"], "CASE .*1,000 x 200"),
        (["rivals", "fits", "a.yaml"], r"fits.*a\.yaml"),
        (["rivals", "workers", "seed=1"], "config.*seed=1"),
    ],
)
def test_what_no_benchmark_takes_is_refused(
    words: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        parsed(words)

    assert re.search(message, capsys.readouterr().err.splitlines()[-1])


@pytest.mark.parametrize(
    "words",
    [
        ["memory"],
        ["memory", "trees"],
        ["rivals", "fits"],
        ["rivals", "workers", "a.yaml", "seed=1"],
        ["sizes"],
        ["estimates", "a.yaml", "b.yaml", "--set", "effort=quick"],
        ["answers"],
        ["margins", "a"],
    ],
)
def test_what_a_benchmark_takes_is_parsed(words: list[str]) -> None:
    assert parsed(words).command == words[0]
