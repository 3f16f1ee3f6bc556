"""`study status`: how far a study is."""

from __future__ import annotations

from study.screen.given import console
from study.screen.options import ResultsFolder


def status(results: ResultsFolder) -> None:
    """Say how far a study is: a row an arm, failures, and the digest of a finished dataframe."""
    from study.machines.submit import queued
    from study.records.paths import StudyPaths
    from study.records.results import load_results
    from study.screen.status import print_status

    if job := queued(StudyPaths(results)):
        print(job)
        if not StudyPaths(results).config.exists():
            return
    print_status(load_results(results), console(), job)
