"""The report as a whole: it executes anywhere, answers first, and its HTML needs nothing but itself."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path

import nbformat
import numpy as np
import pytest
from nbclient.exceptions import CellExecutionError

from study.api import write_report
from study.evidence.intervals import DEFAULT_ONE_PASS
from study.records.paths import StudyPaths
from study.records.results import Results
from study.report.notebook import UNFINISHED, build_notebook, execute, literal, render
from study.schema import StudyError

FIGURES = {
    "gains",
    "test_loss",
    "predicted_observed",
    "residuals",
    "residual_columns",
    "rootogram",
    "probabilities",
    "roc",
    "precision_recall",
    "confusion",
    "coefficients",
    "loss_by_family",
    "margin_curve",
    "best_so_far",
    "learning_curves",
    "cost",
}


OF_CLASSES = {"probabilities", "roc", "precision_recall", "confusion"}


class Page(HTMLParser):
    """Tags with their attributes, and the text outside styles."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        if self.tags and self.tags[-1][0] not in {"style", "script"}:
            self.text += data


@pytest.fixture(scope="module")
def report(results: Results) -> StudyPaths:
    paths = StudyPaths(results.root)
    write_report(paths)
    return paths


@pytest.fixture(scope="module")
def page(report: StudyPaths) -> Page:
    return Page(report.html.read_text(encoding="utf-8"))


def test_every_cell_ran_and_none_wrote_warnings(report: StudyPaths) -> None:
    notebook = nbformat.read(report.notebook, as_version=4)

    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    nbformat.validate(notebook)
    assert [cell.execution_count for cell in code] == list(range(1, len(code) + 1))
    assert {output.output_type for cell in code for output in cell.outputs} == {"execute_result"}


def test_every_figure_is_a_file_of_its_own(report: StudyPaths) -> None:
    assert {path.stem for path in report.figures.glob("*.svg")} == FIGURES


def test_the_answer_comes_before_everything_else(page: Page, results: Results) -> None:
    places = [page.text.index(verdict.sentence.replace(" %", "\N{NO-BREAK SPACE}%")) for verdict in results.verdicts]

    assert max(places) < page.text.rindex("Is it fair?")  # after the contents, which name it too


def test_the_page_loads_nothing(page: Page) -> None:
    sources = [attributes[name] for _, attributes in page.tags for name in ("src", "href") if name in attributes]

    assert not {"link", "iframe", "img"} & {tag for tag, _ in page.tags}
    assert all(str(source).startswith(("data:", "#")) for source in sources)


def test_the_style_loads_nothing(report: StudyPaths) -> None:
    assert not re.findall(r"url\((?!#)|@import|https?://", report.html.read_text(encoding="utf-8"))


def test_every_picture_has_words_and_code_is_folded_away(page: Page) -> None:
    shown = [attributes for tag, attributes in page.tags if attributes.get("role") == "img"]
    words = [attributes.get("aria-label") for attributes in shown]

    assert sum("panels" in str(attributes.get("class")) for attributes in shown) == len(FIGURES)
    assert all(len(str(word)) > 60 for word in words)
    assert not any("open" in attributes for tag, attributes in page.tags if tag == "details")


def test_the_page_fits_a_phone(page: Page) -> None:
    assert ("meta", {"name": "viewport", "content": "width=device-width, initial-scale=1"}) in page.tags


def test_data_environment_and_how_to_reproduce_are_there(page: Page, results: Results) -> None:
    notes = ("3 rows without a target were left out.", "more than two different numbers")
    for expected in (*notes, "numpy", np.__version__):
        assert expected in page.text
    assert "No trial failed." in page.text
    assert f"study report {shlex.quote(results.root.name)}" in page.text


def test_the_notebook_runs_again_from_its_folder(report: StudyPaths) -> None:
    notebook = nbformat.read(report.notebook, as_version=4)
    notebook.cells = [cell for cell in notebook.cells if cell.cell_type == "code"][:2]

    again = execute(notebook, report.root)

    assert "answer network" in again.cells[1].outputs[0].data["text/html"]


def test_the_kernel_is_this_interpreter_in_the_results_folder(tmp_path: Path) -> None:
    folder = tmp_path / "ça va ?"
    folder.mkdir()
    cell = nbformat.v4.new_code_cell("import sys, os; print(sys.executable, os.getcwd(), sep='|')")

    executed = execute(nbformat.v4.new_notebook(cells=[cell]), folder)

    assert executed.cells[0].outputs[0].text.strip() == f"{sys.executable}|{folder}"


def test_the_report_needs_neither_ray_nor_tensorflow() -> None:
    source = "import sys, study.report.notebook; print(sorted({'ray', 'tensorflow'} & set(sys.modules)))"

    found = subprocess.run([sys.executable, "-c", source], capture_output=True, text=True, check=True)

    assert found.stdout == "[]\n"


def test_a_cell_that_raises_ends_the_report_with_its_message(tmp_path: Path) -> None:
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("1 / 0")])

    with pytest.raises(CellExecutionError, match="division by zero"):
        execute(notebook, tmp_path)


@pytest.mark.parametrize("name", ["<script>alert(1)</script>", "a_b_ *c* `d` $e$ [f](g)", "# 1 & 2 | 3 \\ 4"])
def test_names_show_as_they_are(name: str) -> None:
    cell = nbformat.v4.new_markdown_cell(f"# {literal(name)}\n\n{literal(name)}")

    page = Page(render(nbformat.v4.new_notebook(cells=[cell])))

    assert page.text.count(name) == 2
    assert [tag for tag, _ in page.tags].count("script") == 1  # the page's own


def test_a_name_of_many_lines_stays_in_its_heading_and_its_block_of_code() -> None:
    assert literal("a\n\n# b\u2028c") == r"a\\n\\n\# b\\u2028c"


def test_a_folder_of_many_lines_stays_in_its_block_of_code(make_results: Callable[..., Results], tmp_path: Path) -> None:
    moved = tmp_path / "a\n```\n<b>"
    shutil.copytree(make_results(["balloons"], n_trials=1, depths=(1,)).root, moved)

    text = next(cell.source for cell in build_notebook(moved).cells if cell.source.startswith("## How to repeat"))

    assert "\nstudy run 'a\\n```\\n<b>/config.yaml' --results .\n" in text
    assert text.count("\n```") == 2


def test_sections_follow_what_the_study_has(make_results: Callable[..., Results]) -> None:
    only_regression = make_results(["balloons"], depths=())

    named = {cell.metadata.get("report", {}).get("figure") for cell in build_notebook(only_regression.root).cells}

    assert named - {None} == FIGURES - {"gains", "margin_curve", "rootogram", "cost"} - OF_CLASSES


def test_several_outer_folds_are_told_apart(make_results: Callable[..., Results]) -> None:
    nested = make_results(["balloons"], outer_folds=3, n_trials=2)

    text = "\n".join(cell.source for cell in build_notebook(nested.root).cells)

    assert "of the first outer fold" in text
    assert nested.verdicts[0].gains[0].gain.method == DEFAULT_ONE_PASS


def test_an_unfinished_study_reports_its_search(make_results: Callable[..., Results]) -> None:
    unfinished = make_results(["balloons"], n_trials=2)
    paths = StudyPaths(unfinished.root)
    for path in (paths.verdicts, paths.predictions, paths.coefficients, paths.scores, paths.ranks, paths.pairs):
        path.unlink()

    notebook = execute(build_notebook(paths.root), paths.root)

    named = {cell.metadata.get("report", {}).get("figure") for cell in notebook.cells}
    assert named - {None} == {"loss_by_family", "best_so_far", "learning_curves"}
    assert UNFINISHED in notebook.cells[0].source
    assert "No target has been scored yet." in render(notebook)


def test_a_study_that_a_version_before_concluded_is_to_be_concluded_anew(make_results: Callable[..., Results]) -> None:
    old = make_results(["balloons"], n_trials=1, depths=(1,))
    old.paths.scores.unlink()

    with pytest.raises(StudyError, match=r"scores.parquet does not exist, as after .*concludes the study anew\.$"):
        build_notebook(old.root)


def test_a_folder_without_a_study_is_an_error_that_says_so(tmp_path: Path) -> None:
    expected = f"{tmp_path} is not a results folder: it has no config.yaml. `study run CONFIG` makes one."

    with pytest.raises(StudyError, match=f"^{re.escape(expected)}$"):
        build_notebook(tmp_path)


def test_a_report_runs_no_code_that_lies_in_the_results_folder(report: StudyPaths, tmp_path: Path) -> None:
    folder, mark = tmp_path / "mail", tmp_path / "mark"
    shutil.copytree(report.root, folder)
    modules = ["study", "seaborn", "ipykernel_launcher", "ipykernel", "sitecustomize", "usercustomize", "zmq", "json"]
    for name in [*modules, "ipython_config", "ipython_kernel_config", "jupyter_config", "jupyter_nbconvert_config"]:
        (folder / f"{name}.py").write_text(f"open({str(mark)!r}, 'a').write({name!r})")
    (folder / "matplotlibrc").write_text("backend: nonsense\nfigure.figsize: 1, 1\n")

    write_report(StudyPaths(folder))

    assert not mark.exists()
    assert (folder / "figures" / "gains.svg").read_bytes() == (report.figures / "gains.svg").read_bytes()
