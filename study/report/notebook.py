"""The report as a notebook: build it, execute it, render it as one HTML file, and write all of it
below the results.
"""

from __future__ import annotations

import shlex
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from study.records.paths import StudyPaths, write_atomic
from study.records.results import Results, load_results
from study.report.asked import margins_of, shares_of
from study.report.kernel import Kernel
from study.report.markdown import literal as literal
from study.report.page import TEMPLATE as TEMPLATE, page, render as render
from study.report.sections import CHAPTERS
from study.report.trials import all_trials
from study.schema import StudyError, printable

UNFINISHED = "Not finished: here is the search so far. The verdict comes at the end."

SETUP = '''"""Run in the results folder. Needs the package `study`; reads only files of this folder."""
from study import load_results
from study.report import fair, repeat, tables, warnings
from study.report.sections import figure, table

results = load_results(".")'''


def build_notebook(root: Path) -> NotebookNode:
    """A notebook that explains the study in folder `root`: the answer first, then the evidence; its
    sections follow the data.

    Its code runs in that folder and only calls `study.load_results`, the figures and the tables.
    Cells that draw a figure carry its file name in `metadata.report.figure`. Of an unfinished study
    it shows the search alone.

    Raises
    ------
    StudyError
        The folder holds no study, or one that a version before this one concluded.
    """
    results = load_results(root)
    cells = _cells(results)
    for number, cell in enumerate(cells):
        cell["id"] = f"cell-{number:02d}"
    metadata = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    return nbformat.v4.new_notebook(cells=cells, metadata=metadata | {"title": _title(results)})


def _cells(results: Results) -> list[NotebookNode]:
    shown = {
        chapter: [section for section in chapter.sections if section.when(results)]
        for chapter in CHAPTERS
    }
    name = results.root.resolve().name
    words = {
        "of": shares_of(results),
        "bound": margins_of(results),
        "trials": f"{len(results.trials):,}",
        "folder": printable(shlex.quote(name)),  # in one line, or it could end the block of code
        "config": printable(shlex.quote(f"{name}/config.yaml")),
    }
    cells = [
        _markdown(_opening(results)),
        _code(SETUP, role="setup"),
        _code("tables.answer(results)"),
    ]
    for chapter, sections in shown.items():
        if sections:
            cells += [
                _markdown(
                    f"## {chapter.title}\n\n{chapter.text.format(**words)}".rstrip(),
                    chapter=chapter.title,
                )
            ]
        for section in sections:
            cells += [_markdown(section.text.format(**words))] if section.text else []
            cells += [_code(section.code, **({"figure": section.figure} if section.figure else {}))]
    return cells


def execute(notebook: NotebookNode, folder: Path) -> NotebookNode:
    """Run `notebook` in `folder` and return it with its outputs; errors as `Kernel.execute`."""
    with Kernel(folder) as kernel:
        return kernel.execute(notebook)


def get_ready() -> None:
    """Render an empty page: what rendering imports it imports when it is first used, which takes
    longer than a report.
    """
    render(nbformat.v4.new_notebook(cells=[_code("0"), _markdown("0")]))


def write_report(paths: StudyPaths, kernel: Kernel) -> Path:
    """Write report.ipynb (executed), report.html and figures/*.svg of the study at `paths`; returns
    the HTML's path.
    """
    from nbclient.exceptions import CellExecutionError

    notebook = build_notebook(paths.root.resolve())
    with ThreadPoolExecutor(1) as beside:
        beside.submit(get_ready)  # while the kernel draws
        try:
            kernel.execute(notebook)
        except CellExecutionError as error:
            if error.ename not in {"StudyError", "MissingFrame"}:
                raise
            raise StudyError(error.evalue) from None
    write_atomic(paths.html, render(notebook))
    every = load_results(paths.root)
    write_atomic(paths.trials_html, page(f"{every.config.name}: all trials", all_trials(every)))
    for cell in notebook.cells:
        name = cell.metadata.get("report", {}).get("figure")
        for output in cell.get("outputs", []) if name else []:
            write_atomic(paths.figures / f"{name}.svg", output["data"]["image/svg+xml"])
            del output["data"]["text/html"]  # which is the same once more
    write_atomic(paths.notebook, nbformat.writes(notebook))
    return paths.html


def _markdown(text: str, **report: str) -> NotebookNode:
    return nbformat.v4.new_markdown_cell(text, metadata={"report": report} if report else {})


def _code(source: str, **report: str) -> NotebookNode:
    return nbformat.v4.new_code_cell(source, metadata={"report": report} if report else {})


def _title(results: Results) -> str:
    return f"{results.config.name}: regression or neural network?"


def _opening(results: Results) -> str:
    """The name of the study, and that it is not finished where it is not."""
    return f"# {literal(results.config.name)}" + ("" if results.concluded else f"\n\n{UNFINISHED}")
