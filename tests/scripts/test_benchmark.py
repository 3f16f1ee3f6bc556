"""The command line of the benchmarks."""

from __future__ import annotations

import pytest
from benchmark import parsed


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["memory", "tree"], "TASK must be one of references, predictions, regression, network, regression's winner, "),
        (["memory", "--case", "5"], "argument --case: invalid choice: '5'"),
        (["terms", "wine"], "terms takes SOURCE=TARGET, such as sklearn:wine=target, but got 'wine'."),
        (["answers", "wine"], "answers takes SOURCE=TARGET, such as sklearn:wine=target, but got 'wine'."),
        (["estimates"], "the following arguments are required: CONFIG"),
        (["margins"], "the following arguments are required: FOLDER"),
        (["sizes", "7 x 7"], "CASE must be one of 1,000 x 200; "),
        (["rivals", "fits", "a.yaml"], "rivals: error: fits takes no arguments, but got 'a.yaml'. Leave it out."),
        (["rivals", "workers", "seed=1"], "workers takes a config before KEY=VALUE, but got 'seed=1' first. Name the config"),
    ],
)
def test_what_no_benchmark_takes_is_refused(words: list[str], message: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        parsed(words)

    assert message in capsys.readouterr().err


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
