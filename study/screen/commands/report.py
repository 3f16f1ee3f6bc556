"""`study report`: the page of a study, or of several."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from study.report.form import Form
from study.schema import StudyError
from study.screen.given import writing
from study.screen.options import AsJson


def report(
    results: Annotated[list[Path], typer.Argument(help="A results folder, such as results/balloons; several, side by side.")],
    form: Annotated[Form, typer.Option("--format", "-f", help="Beside the HTML: Markdown for a forge, or a PDF.")] = Form.HTML,
    out: Annotated[Path | None, typer.Option("--out", "-o", help="The page of several studies; side-by-side.html.")] = None,
    as_json: AsJson = False,
) -> None:
    """Write a study's report anew, of an unfinished one its search alone; of several a page that compares them."""
    from study.api import write_report, write_side_by_side
    from study.records.results import load_results
    from study.screen.as_json import print_json
    from study.screen.warned import count_words

    if out is not None and len(results) == 1:
        raise StudyError("--out names the page of several studies, but there is one. Its report stands in its own folder.")
    told = ""
    with writing(results[0]):
        if len(results) > 1:
            page = write_side_by_side(results, form, out)
        else:
            opened = load_results(results[0])
            page, told = write_report(opened.paths, form=form), count_words(opened.warnings)
    if as_json:
        print_json({"results": results if len(results) > 1 else results[0], "report": page})
    else:
        print(page)
    if told:
        print(told, file=sys.stderr)
