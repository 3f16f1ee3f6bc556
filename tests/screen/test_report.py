"""`study report` in other forms and of several studies."""

from __future__ import annotations

from pathlib import Path

import pytest

from study.records.environment import Environment
from study.records.paths import write_atomic
from study.records.results import write_trial
from tests.records.examples import arm, make_folder, trial
from tests.screen.conftest import Command


@pytest.fixture
def begun(folder: Path) -> Path:
    """A study with two trials, one of which failed."""
    paths = make_folder(folder / "results" / "party")
    write_atomic(paths.environment, Environment.here(seed=0).model_dump_json())
    write_trial(paths, trial(arm("constant")))
    return paths.root


def test_a_search_alone_is_written_as_markdown_beside_the_html(begun: Path, command: Command) -> None:
    ended = command("report", "results/party", "--format", "md")

    text = (begun / "report.md").read_text(encoding="utf-8")
    assert (ended.code, ended.out, ended.err) == (0, "results/party/report.md\n", "")
    assert "The study is not finished" in text
    assert "FAIL" in text
    assert (begun / "report.html").is_file()


def test_without_a_browser_a_pdf_is_refused_and_the_html_is_there(
    begun: Path, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(begun))

    ended = command("report", "results/party", "--format", "pdf")

    assert (ended.code, ended.out) == (2, "")
    assert ended.err.startswith("Error: A PDF needs a browser on PATH, one of chromium, ")
    assert ended.err.endswith("results/party/report.html is written: open it in any browser and print it.\n")
    assert (begun / "report.html").is_file()


def test_what_cannot_be_is_refused_before_anything_is_written(begun: Path, command: Command) -> None:
    named = command("report", "results/party", "--out", "both.html")
    beside = command("report", "results/party", "results/party")
    other = command("report", "results/party", "--format", "doc")

    assert (named.code, beside.code, other.code) == (2, 2, 2)
    assert named.err == (
        "Error: --out names the page of several studies, but there is one. Its report stands in its own folder.\n"
    )
    assert "verdicts.json does not exist yet" in beside.err
    assert "'doc' is not one of 'html', 'md', 'pdf'" in other.err
    assert not (begun / "report.html").exists()
