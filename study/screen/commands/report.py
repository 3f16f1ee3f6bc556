"""`study report`: the page of a study."""

from __future__ import annotations

from study.screen.given import writing
from study.screen.options import AsJson, ResultsFolder


def report(results: ResultsFolder, as_json: AsJson = False) -> None:
    """Execute the notebook of a study anew and render its HTML; of an unfinished one it shows the search alone."""
    from study.api import write_report
    from study.records.results import load_results
    from study.screen.as_json import print_json

    with writing(results):
        page = write_report(load_results(results).paths)
    if as_json:
        print_json({"results": results, "report": page})
    else:
        print(page)
