"""What README, CONTRIBUTING and the docs say is what the program does: blocks run, links lead
somewhere, tables are whole.
"""

from __future__ import annotations

import importlib.util
import os
import re
import shlex
import shutil
import subprocess
import sys
from dataclasses import dataclass
from functools import cache
from itertools import dropwhile
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import typer
from typer.exceptions import TyperException

from benchmarks.__main__ import parsed as parsed_benchmark
from study.cli import main as cli
from study.cli.given import config_of
from study.config import StudyConfig, load_config
from study.plan import prepare
from study.schema import ALL_ROWS

ROOT = Path(__file__).parent.parent
README = ROOT / "README.md"
PAGES = [
    README,
    ROOT / "CONTRIBUTING.md",
    ROOT / "CHANGELOG.md",
    ROOT / "results/README.md",
    ROOT / "slurm/README.md",
    *sorted(ROOT.glob("docs/**/*.md")),
]
GUIDE = [README, *(ROOT / "docs" / name for name in ("python.md", "predict.md"))]
"""Pages whose Python runs, one after the other."""
COMMANDS: dict[str, Any] = typer.main.get_command(cli.app).commands  # type: ignore[attr-defined]


@dataclass(frozen=True)
class Block:
    """A fenced block of a page, and the line it begins in."""

    page: str
    line: int
    language: str
    text: str

    def __str__(self) -> str:
        return f"{self.page}:{self.line}"


def blocks(*languages: str, pages: list[Path] | None = None) -> list[Block]:
    found = []
    for page in pages or [README]:
        text = page.read_text(encoding="utf-8")
        for match in re.finditer(r"^```(\w*)\n(.*?)^```$", text, re.MULTILINE | re.DOTALL):
            line = text[: match.start()].count("\n") + 1
            found.append(Block(page.name, line, match[1], match[2]))
    return [block for block in found if not languages or block.language in languages]


def shell_lines() -> list[tuple[str, str]]:
    shells = blocks("sh", pages=PAGES)
    return [
        (str(block), line) for block in shells for line in block.text.splitlines() if line.strip()
    ]


def write_cars(folder: Path) -> None:
    """A table with the columns that the README's cars have."""
    rng = np.random.default_rng(0)
    size, year = rng.normal(size=400), rng.integers(1990, 2024, 400)
    cars = {
        "vin": [f"V{i:05d}x" for i in range(400)],
        "zip": [f"0{code}" for code in rng.integers(1000, 1008, 400)],
        "dealer": rng.integers(0, 25, 400),
        "size": size.round(3),
        "year": year,
        "price": (20_000 + 3_000 * size + 400 * (year - 2_000) + rng.normal(0, 500, 400)).round(2),
    }
    pd.DataFrame(cars).to_csv(folder / "cars.csv", index=False)


@pytest.fixture(scope="module")
def cars(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("cars")
    write_cars(folder)
    (folder / "configs").symlink_to(ROOT / "configs")
    return folder


@pytest.fixture
def beside_cars(cars: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Working folder as the README's reader has it: cars.csv and the project's configs."""
    monkeypatch.chdir(cars)
    return cars


def parsed(command: str, arguments: list[str]) -> Any:
    """Arguments as the command would take them, without running it; an unknown command or option is
    an error.
    """
    assert command in COMMANDS, f"study has no command {command}"
    return COMMANDS[command].make_context(command, list(arguments))


def planned(context: Any) -> StudyConfig:
    """Config of what `study run` would do, planned on its table."""
    values = context.params
    return plan_of(values["source"], tuple(values["target"] or ()), tuple(values["set_"] or ()))


@cache
def plan_of(source: str, targets: tuple[str, ...], settings: tuple[str, ...]) -> StudyConfig:
    return prepare(config_of(source, list(targets), list(settings), None)).plan.config


def test_every_block_of_the_docs_is_of_a_language_that_is_tested_here() -> None:
    assert {block.language for block in blocks(pages=PAGES)} <= {"sh", "yaml", "python", "text"}
    assert {block.page for block in blocks("python", pages=PAGES)} == {page.name for page in GUIDE}


def test_the_readme_is_short_and_begins_with_its_question() -> None:
    text = README.read_text(encoding="utf-8")

    assert len(text.splitlines()) <= 90
    assert len(text.split()) <= 600
    assert text.splitlines()[2].startswith("**Is")


@pytest.mark.parametrize("block", blocks("yaml", pages=[ROOT / "docs/config.md"]), ids=str)
def test_a_config_of_the_docs_plans_a_study_with_what_its_comments_say(
    block: Block, beside_cars: Path
) -> None:
    (beside_cars / "cars.yaml").write_text(block.text, encoding="utf-8")

    prepared = prepare(load_config("cars.yaml"))

    config = prepared.plan.config
    assert {search.model_name for search in prepared.plan.searches} == {
        "baseline",
        "linear",
        "terms",
        "neural-d1",
        "neural-d2",
    }
    assert {search.outer_fold for search in prepared.plan.searches} == set(range(10)) | {ALL_ROWS}
    trials = {search.family: prepared.plan.trials(search) for search in prepared.plan.searches}
    assert trials == {"baseline": 1, "linear": 1, "terms": 12, "neural": 20}
    assert [(f.name, f.type) for f in prepared.table.features] == [
        ("zip", "category"),
        ("size", "numeric"),
        ("year", "numeric"),
    ]
    assert (config.effort, config.margin, config.seed) == ("normal", 0.05, 0)


@pytest.mark.parametrize(("place", "line"), shell_lines())
def test_a_command_line_of_the_docs_would_be_accepted(
    place: str, line: str, beside_cars: Path
) -> None:
    words = shlex.split(line.split(">")[0], comments=True)
    program, *arguments = dropwhile(
        re.compile(r"[A-Z_]+=").match, words
    )  # what is set for the command stands before it
    name = Path(program).name
    if name == "study":
        context = parsed(arguments[0], arguments[1:])
        if arguments[0] in {"run", "check"}:
            assert planned(context).search.trials
    elif program == "source":
        assert arguments == [".venv/bin/activate"]
    elif program == "sbatch":
        script, *arguments = [argument for argument in arguments if not argument.startswith("--")]
        assert (ROOT / script).is_file()
        assert planned(parsed("run", arguments)).search.trials
    elif name == "python":
        assert arguments[0] == "-m"
        assert importlib.util.find_spec(arguments[1]) is not None
    else:
        assert program.startswith("scripts/")
        assert os.access(ROOT / program, os.X_OK)
        if program == "scripts/run":
            parsed("run", arguments or ["configs/balloons.yaml"])
        if program == "scripts/benchmark":
            parsed_benchmark(arguments)


def test_a_command_line_with_a_wrong_option_is_not_accepted() -> None:
    with pytest.raises(TyperException, match="--tarquet"):
        parsed("run", ["cars.csv", "--tarquet", "price"])


def test_the_readme_names_commands_that_there_are() -> None:
    named = re.findall(r"^\| `study (\w+)", README.read_text(encoding="utf-8"), re.MULTILINE)

    assert len(named) >= 8
    assert set(named) <= set(COMMANDS)


@pytest.mark.checks
@pytest.mark.slow
def test_the_python_of_the_guide_runs_from_top_to_bottom_and_its_folder_holds_what_the_docs_list(
    beside_cars: Path, smoke: subprocess.CompletedProcess[str]
) -> None:
    shutil.copytree(smoke.args[-1] / "results", beside_cars / "results")
    script = beside_cars / "guide.py"
    script.write_text(
        "\n".join(block.text for block in blocks("python", pages=GUIDE)), encoding="utf-8"
    )

    done = subprocess.run(
        [sys.executable, str(script)], capture_output=True, text=True, timeout=300, check=False
    )

    assert done.returncode == 0, done.stderr
    assert "extra terms" in done.stdout.splitlines()[0]
    losses = re.search(
        r"baseline +(\S+)\nlinear +(\S+)\nneural +(\S+)\nterms +(\S+)\n", done.stdout
    )
    assert losses
    assert all(0 <= float(loss) < 0.1 for loss in losses.groups())
    predicted = re.search(r"^ +predicted\n0 +(\S+)\n1 +(\S+)$", done.stdout, re.MULTILINE)
    assert predicted
    assert list(map(float, predicted.groups())) == pytest.approx(
        [0.1 * 0.4 - 0.2 * 0.2, 0.8 * 0.4 + 0.5 * 0.2], abs=0.01
    )

    page = (ROOT / "docs/results.md").read_text(encoding="utf-8")
    cells = [row.split("|")[1] for row in page.splitlines() if row.startswith("| `")]
    listed = {name.rstrip("/") for cell in cells for name in re.findall(r"`([^`]+)`", cell)}
    root = beside_cars / "results/smoke"
    assert {name.split("/")[0] for name in listed} == {path.name for path in root.iterdir()}
    assert all((root / name).exists() for name in listed)


@cache
def headings(page: Path) -> set[str]:
    """Anchors of a Markdown page as code hosts make them."""
    titles = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_within_the_project_lead_somewhere(page: Path) -> None:
    links = re.findall(r"\]\(([^)\s]+)\)", page.read_text(encoding="utf-8"))

    for link in links:
        path, _, anchor = link.partition("#")
        if link.startswith("https://"):
            continue
        target = page.parent / path if path else page
        assert target.exists(), link
        assert not anchor or anchor in headings(target), link


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_files_that_a_page_names_exist(page: Path) -> None:
    named = re.findall(
        r"`((?:[\w.-]+/)+[\w.-]+\.(?:py|yaml|json|md|png|lock))\b", page.read_text(encoding="utf-8")
    )

    written = {name for name in named if not name.startswith(("results/", "trials/", ".study/"))}
    missing = [
        name for name in written if not ((ROOT / name).exists() or (ROOT / "study" / name).exists())
    ]

    assert missing == []


def test_every_decision_record_is_linked_from_their_contents_and_has_its_three_parts() -> None:
    records = sorted((ROOT / "docs/design").glob("0*.md"))
    contents = (ROOT / "docs/design/index.md").read_text(encoding="utf-8")

    assert [record.name for record in records if f"({record.name})" not in contents] == []
    for number, record in enumerate(records, 1):
        assert record.name.startswith(f"{number:04d}-")
        assert {"context", "decision", "consequences"} <= headings(record)
