"""What a user gets wrong: every known mistake on the command line and in a config, and how each is
answered.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import chdir
from functools import partial
from pathlib import Path

import pytest

from harness.inputs import BAD_INPUTS, files
from study.config import load_config, make_config
from study.config.unit import check_unit
from study.schema import StudyError
from tests.cli.conftest import Ended, call
from tests.config.configs import BASE
from tests.config.mistakes import CONTENTS, OVERRIDES, TEXTS, UNITS
from tests.snapshots.conftest import Approve


def shortened(text: str) -> str:
    """Of a character that comes ten times or more there are three and dots."""
    return re.sub(r"([^.])\1{9,}", r"\1\1\1…", text)


@pytest.fixture(scope="module")
def tried(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Ended]:
    """How each bad input ended, after a look at what it left behind."""
    found = {}
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CUDA_VISIBLE_DEVICES", "")  # so that the GPU that is asked for is never there
        for name, bad in BAD_INPUTS.items():
            folder = tmp_path_factory.mktemp("input")
            bad.spoil(folder)
            before = files(folder)
            with chdir(folder):
                ended = call(*bad.args)
            found[name] = Ended(
                ended.args, ended.code, ended.out, ended.err.replace(str(folder), "<folder>")
            )
            assert files(folder) == before, name
    return found


def test_a_bad_input_ends_in_one_message_and_leaves_nothing_behind(tried: dict[str, Ended]) -> None:
    for name, ended in tried.items():
        assert (ended.code, ended.out) == (2, ""), name
        assert re.fullmatch(r"Error: [^\n]+\n", ended.err), name
        assert "Traceback" not in ended.err, name


def test_what_is_said_of_bad_inputs(tried: dict[str, Ended], approve: Approve) -> None:
    approve(shortened("\n".join(f"# {name}\n{ended.shown}" for name, ended in tried.items())))


def test_what_is_said_of_mistakes_in_a_config(tmp_path: Path, approve: Approve) -> None:
    path = tmp_path / "party.yaml"
    parts = []

    def add(case: object, wrong: Callable[[], object]) -> None:
        with pytest.raises(StudyError) as caught:
            wrong()
        parts.append(f"# {case}\n{caught.value}\n")

    for text, _ in TEXTS:
        path.write_bytes(text)
        add(text, partial(load_config, path))
    for content, _ in CONTENTS:
        add(content, partial(make_config, BASE | content))
    for override, _ in OVERRIDES:
        add(f"--set {override}", partial(make_config, BASE, [override]))
    for margin, metric, kind, _ in UNITS:
        add(
            f"margin {margin} of {metric}",
            partial(check_unit, margin, "unit", {"y": metric}, {"y": kind}),
        )
    approve(shortened("\n".join(parts)))
