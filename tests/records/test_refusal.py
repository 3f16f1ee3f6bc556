"""The command that goes on with a study, which a folder that cannot be read is refused with."""

from __future__ import annotations

from pathlib import Path

import pytest

from study.records.refusal import name_of, run_again


@pytest.mark.parametrize(
    ("root", "name", "command"),
    [
        ("results/party", "party", "study run results/party/config.yaml"),
        (
            "/data/old results/party",
            "party",
            "study run '/data/old results/party/config.yaml' --results '/data/old results'",
        ),
        ("results/copy", "party", "study run results/copy/config.yaml --name copy"),
        ("results/party", None, "study run results/party/config.yaml --name party"),
        ("copy", "party", "study run copy/config.yaml --results . --name copy"),
    ],
)
def test_the_command_goes_on_in_the_very_folder(root: str, name: str | None, command: str) -> None:
    assert run_again(Path(root), name) == f"`{command}`"


def test_the_folder_that_one_is_in_is_named_by_its_path(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)

    again = f"`study run {tmp_path / 'config.yaml'} --results {tmp_path.parent}`"
    assert run_again(Path(), tmp_path.name) == again


def test_a_config_that_cannot_be_read_names_no_study(tmp_path: Path) -> None:
    (tmp_path / "config.yaml").write_text("name: [\n")

    assert name_of(tmp_path) is None
