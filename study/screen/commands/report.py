"""`study report`: the page of a study."""

from __future__ import annotations

import sys

from study.screen.given import writing
from study.screen.options import ResultsFolder


def report(results: ResultsFolder) -> None:
    """Execute the notebook of a study anew and render its HTML; of an unfinished one it shows the search alone."""
    from study.api import write_report
    from study.records.results import load_results
    from study.screen.warned import count_words

    opened = load_results(results)
    with writing(results):
        print(write_report(opened.paths))
    if told := count_words(opened.warnings):
        print(told, file=sys.stderr)
