"""The report as a whole: it executes anywhere, answers first, and its HTML needs nothing but
itself.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path

import nbformat
import numpy as np
import pytest

from study.diagnostics.margins import figure as margins
from study.diagnostics.registry import picture_of
from study.evidence.intervals import DEFAULT_ONE_PASS
from study.evidence.wording.answer import Words
from study.records.paths import StudyPaths
from study.records.results import Results, load_results
from study.report.markdown import literal
from study.report.notebook import UNFINISHED, build_notebook
from study.report.page import render
from study.report.sections import CHAPTERS
from study.schema import StudyError
from tests.report.conftest import Reported
from tests.report.synthetic import copied, numbers

FIGURES = {
    "predicted_observed",
    "residuals",
    "calibration",
    "discrimination",
    "confusion",
    "coefficients",
    "margins",
    "best_so_far",
    "learning_curves",
}


OF_CLASSES = {"calibration", "discrimination", "confusion"}


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
def report(reported: Reported) -> StudyPaths:
    return reported.study


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
    places = [page.text.index(Words(verdict).headline) for verdict in results.verdicts]

    assert max(places) < page.text.rindex(
        CHAPTERS[0].title
    )  # after the contents, which name it too


def test_the_page_loads_nothing(page: Page) -> None:
    sources = [
        attributes[name]
        for _, attributes in page.tags
        for name in ("src", "href")
        if name in attributes
    ]

    assert not {"link", "iframe", "img"} & {tag for tag, _ in page.tags}
    assert all(str(source).startswith(("data:", "#", "trials.html")) for source in sources)


def test_the_style_loads_nothing(report: StudyPaths) -> None:
    assert not re.findall(r"url\((?!#)|@import|https?://", report.html.read_text(encoding="utf-8"))


def test_every_picture_has_words_and_code_is_folded_away(page: Page) -> None:
    shown = [attributes for tag, attributes in page.tags if attributes.get("role") == "img"]
    words = [attributes.get("aria-label") for attributes in shown]

    assert sum("panels" in str(attributes.get("class")) for attributes in shown) == len(FIGURES)
    assert all(len(str(word)) > 60 and numbers(str(word)) for word in words)
    assert not any("open" in attributes for tag, attributes in page.tags if tag == "details")


def test_the_page_fits_a_phone(page: Page) -> None:
    assert (
        "meta",
        {"name": "viewport", "content": "width=device-width, initial-scale=1"},
    ) in page.tags


def test_data_environment_and_how_to_reproduce_are_there(
    page: Page, results: Results, report: StudyPaths
) -> None:
    reasons = {feature.reason for feature in results.data.features}
    for expected in (
        *results.data.notes,
        *reasons,
        "numpy",
        np.__version__,
        f"study report {shlex.quote(report.root.name)}",
    ):
        assert expected in page.text


@pytest.mark.parametrize(
    "name", ["<script>alert(1)</script>", "a_b_ *c* `d` $e$ [f](g)", "# 1 & 2 | 3 \\ 4"]
)
def test_names_show_as_they_are(name: str) -> None:
    cell = nbformat.v4.new_markdown_cell(f"# {literal(name)}\n\n{literal(name)}")

    page = Page(render(nbformat.v4.new_notebook(cells=[cell])))

    assert page.text.count(name) == 2
    assert [tag for tag, _ in page.tags].count("script") == 1  # the page's own


def test_a_name_of_many_lines_stays_in_its_heading_and_its_block_of_code() -> None:
    assert literal("a\n\n# b\u2028c") == r"a\\n\\n\# b\\u2028c"


def test_a_folder_of_many_lines_stays_in_its_block_of_code(small: Results, tmp_path: Path) -> None:
    moved = copied(small, tmp_path / "a\n```\n<b>").root

    text = next(
        cell.source
        for cell in build_notebook(moved).cells
        if cell.source.startswith(f"## {CHAPTERS[-1].title}")
    )

    assert "\nstudy run 'a\\n```\\n<b>/config.yaml' --results .\n" in text
    assert text.count("\n```") == 2


def test_sections_follow_what_the_study_has(make_results: Callable[..., Results]) -> None:
    only_regression = make_results(["balloons"], depths=())

    named = {
        cell.metadata.get("report", {}).get("figure")
        for cell in build_notebook(only_regression.root).cells
    }

    assert named - {None} == FIGURES - {"margins"} - OF_CLASSES


def test_several_outer_folds_are_told_apart(nested: Results) -> None:
    assert nested.verdicts[0].gains[0].gain.method == DEFAULT_ONE_PASS


def test_an_unfinished_study_reports_its_search_alone(small: Results, tmp_path: Path) -> None:
    paths = copied(small, tmp_path / "begun").paths
    for path in (
        paths.verdicts,
        *map(paths.frame, ("predictions", "coefficients", "scores", "pairs")),
    ):
        path.unlink()

    notebook = build_notebook(paths.root)

    named = {cell.metadata.get("report", {}).get("figure") for cell in notebook.cells}
    assert named - {None} == {"best_so_far", "learning_curves"}
    assert UNFINISHED in notebook.cells[0].source


def test_a_study_that_a_version_before_concluded_is_to_be_concluded_anew(
    small: Results, tmp_path: Path
) -> None:
    old = copied(small, tmp_path / "old")
    old.paths.frame("scores").unlink()

    with pytest.raises(StudyError, match=r"scores\.parquet.*`study run "):
        build_notebook(old.root)


def test_a_folder_without_a_study_is_an_error_that_says_so(tmp_path: Path) -> None:
    with pytest.raises(
        StudyError, match=rf"^{re.escape(str(tmp_path))} .*config\.yaml.*`study run CONFIG`"
    ):
        build_notebook(tmp_path)


def test_a_report_runs_no_code_that_lies_in_the_results_folder(reported: Reported) -> None:
    here = picture_of(margins, margins.data(load_results(reported.study.root))).svg

    assert not reported.mark.exists()
    assert (reported.study.figures / "margins.svg").read_text(
        encoding="utf-8"
    ) == here  # no setting of that folder was heeded
