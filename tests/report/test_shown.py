"""What a notebook shows of results: the answer in a style that reaches nothing else, and the
report's figures by name.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from pathlib import Path

import nbformat
import pytest
from matplotlib.figure import Figure
from nbclient import NotebookClient
from nbformat.v4 import new_code_cell, new_notebook

from study.diagnostics.margins import figure as margins
from study.diagnostics.registry import picture_of
from study.records.results import Results as Records
from study.report import tables
from study.report.asked import margins_of, shares_of
from study.report.notebook import UNFINISHED
from study.report.shown import NAMES
from study.results import Results, load_results
from study.schema import StudyError
from tests.report.conftest import Reported
from tests.report.synthetic import copied


@pytest.fixture(scope="module")
def opened(results: Records) -> Results:
    return load_results(results.root)


def test_a_notebook_shows_every_answer(opened: Results) -> None:
    shown = opened._repr_html_()

    assert str(tables.answer(opened)) in shown
    assert shown.count("<style>") == 1


def test_an_unfinished_study_shows_that_it_is_not_finished(small: Records, tmp_path: Path) -> None:
    root = copied(small, tmp_path / "begun").root
    (root / "verdicts.json").unlink()

    shown = load_results(root)._repr_html_()

    assert UNFINISHED in shown
    assert "<details>" not in re.sub("<style>.*</style>", "", shown, flags=re.DOTALL)


def test_figures_are_those_of_matplotlib_by_the_names_of_the_report(opened: Results) -> None:
    assert {"margins", "coefficients", "learning_curves"} <= set(dir(opened.figures)) == set(NAMES)
    drawn = opened.figures.margins()
    again = picture_of(margins, margins.data(opened)).figure
    assert isinstance(drawn, Figure)
    assert [ax.get_title(loc="left") for ax in drawn.axes] == [
        ax.get_title(loc="left") for ax in again.axes
    ]


def test_the_docstring_of_a_figure_is_what_the_report_says_before_it(opened: Results) -> None:
    words = str(opened.figures.margins.__doc__)

    asked = {"of": shares_of(opened), "bound": margins_of(opened), "fold": ""}
    assert words == margins.TEXT.format(**asked)
    assert "{" not in words


def test_a_figure_that_the_study_has_nothing_for_says_why(
    make_results: Callable[..., Records],
) -> None:
    numbers = load_results(make_results(["balloons"], depths=()).root)

    with pytest.raises(StudyError, match=rf"{re.escape(str(numbers.root))}.*`calibration`"):
        numbers.figures.calibration()


def test_a_figure_that_there_is_not_is_an_attribute_error_that_names_the_nearest(
    opened: Results,
) -> None:
    with pytest.raises(AttributeError, match=r"'margin'.*'margins'"):
        _ = opened.figures.margin


@pytest.fixture(scope="module")
def by_jupyter(reported: Reported, tmp_path_factory: pytest.TempPathFactory) -> NotebookClient:
    """A report's notebook, run by the kernel that Jupyter starts, in a folder elsewhere, and beside
    it a user's own cells.
    """
    moved = tmp_path_factory.mktemp("moved") / "elsewhere, later"
    shutil.copytree(reported.small.root, moved)
    notebook = nbformat.read(moved / "report.ipynb", as_version=4)
    cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
    cells = [
        *cells[:2],
        *(cell for cell in cells[2:] if cell.metadata.get("report") is None),
    ]  # all but the other figures
    own = [new_code_cell("results.figures.margins()"), new_code_cell("results")]
    client = NotebookClient(
        new_notebook(cells=[*cells, *own], metadata=notebook.metadata),
        resources={"metadata": {"path": str(moved)}},
        extra_arguments=["--log-level=ERROR"],
    )
    client.execute()
    return client


def test_the_notebook_runs_in_a_moved_folder_with_the_kernel_of_jupyter(
    by_jupyter: NotebookClient,
) -> None:
    outputs = [output for cell in by_jupyter.nb.cells[1:] for output in cell.outputs]

    assert {output.output_type for output in outputs} == {"execute_result"}
    assert len(outputs) == len(by_jupyter.nb.cells) - 1


def test_a_figure_and_results_show_themselves_in_a_cell(by_jupyter: NotebookClient) -> None:
    figure, answer = (cell.outputs[0].data for cell in by_jupyter.nb.cells[-2:])

    assert "<svg" in figure["text/html"]
    assert "<svg" in figure["image/svg+xml"]
    assert (
        figure["text/plain"]
        == picture_of(
            margins, margins.data(load_results(by_jupyter.resources["metadata"]["path"]))
        ).alt
    )
    assert 'class="study-results"' in answer["text/html"]


def test_a_figure_is_written_where_its_user_says(small: Records, tmp_path: Path) -> None:
    load_results(small.root).figures.best_so_far().savefig(tmp_path / "search.svg")

    assert "<svg" in (tmp_path / "search.svg").read_text(encoding="utf-8")
