"""The report as a notebook: build it, execute it, render it as one HTML file, and write all of it
below the results.
"""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Any

import matplotlib as mpl
import nbformat
from nbformat import NotebookNode

from study.diagnostics.drawing.picture import Picture
from study.records.paths import StudyPaths, write_atomic
from study.records.results import Results, load_results
from study.report.asked import margins_of, shares_of
from study.report.markdown import literal
from study.report.page import page, render
from study.report.sections import CHAPTERS
from study.report.trials import all_trials
from study.schema import printable

UNFINISHED = "Not finished: here is the search so far. The verdict comes at the end."

IMPORTS = '''"""Run in the results folder. Needs the package `study`; reads only files of this folder."""
from study import load_results
from study.report import fair, repeat, tables, warnings
from study.report.sections import figure, table
'''
SETUP = f'{IMPORTS}\nresults = load_results(".")'


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
    title = f"{results.config.name}: regression or neural network?"
    return nbformat.v4.new_notebook(cells=cells, metadata=metadata | {"title": title})


def _cells(results: Results) -> list[NotebookNode]:
    name = results.root.resolve().name
    words = {
        "of": shares_of(results),
        "bound": margins_of(results),
        "trials": f"{len(results.trials):,}",
        "folder": printable(shlex.quote(name)),  # in one line, or it could end the block of code
        "config": printable(shlex.quote(f"{name}/config.yaml")),
    }
    unfinished = "" if results.concluded else f"\n\n{UNFINISHED}"
    cells = [
        _markdown(f"# {literal(results.config.name)}{unfinished}"),
        _code(SETUP, role="setup"),
        _code("tables.answer(results)"),
    ]
    for chapter in CHAPTERS:
        sections = [section for section in chapter.sections if section.when(results)]
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


def execute(notebook: NotebookNode, results: Results) -> None:
    """Run the cells of a notebook on `results` and put what they show below them.

    They run in this process, in whatever folder it is: nothing that lies in the results folder is
    imported or taken for a setting.
    """
    names: dict[str, Any] = {"results": results}
    exec(IMPORTS, names)
    cells = (cell for cell in notebook.cells if cell.cell_type == "code")
    with mpl.rc_context():
        mpl.rcdefaults()
        for number, cell in enumerate(cells, 1):
            cell.execution_count = number
            if cell.source != SETUP:
                shown = eval(cell.source, names)
                is_figure = isinstance(shown, Picture)
                data = shown._repr_mimebundle_() if is_figure else {"text/html": str(shown)}
                cell.outputs = [
                    nbformat.v4.new_output("execute_result", data, execution_count=number)
                ]


def write_report(paths: StudyPaths) -> Path:
    """Write report.ipynb (executed), report.html and figures/*.svg of the study at `paths`; returns
    the path of the HTML.
    """
    results = load_results(paths.root)
    notebook = build_notebook(paths.root)
    execute(notebook, results)
    write_atomic(paths.html, render(notebook))
    write_atomic(paths.trials_html, page(f"{results.config.name}: all trials", all_trials(results)))
    for cell in notebook.cells:
        if name := cell.metadata.get("report", {}).get("figure"):
            (output,) = cell.outputs
            write_atomic(paths.figures / f"{name}.svg", output["data"]["image/svg+xml"])
            del output["data"]["text/html"]  # which is the same once more
    write_atomic(paths.notebook, nbformat.writes(notebook))
    return paths.html


def _markdown(text: str, **report: str) -> NotebookNode:
    return nbformat.v4.new_markdown_cell(text, metadata={"report": report} if report else {})


def _code(source: str, **report: str) -> NotebookNode:
    return nbformat.v4.new_code_cell(source, metadata={"report": report} if report else {})
