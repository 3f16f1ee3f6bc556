"""What `study status --verify` does: read every file of a results folder whole."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from study.cli.status import status_json
from study.diagnostics.registry import computed
from study.records.columns import FRAMES
from study.records.delivery import PROCEDURES
from study.records.reading import Records, read_records
from study.records.refusal import check_file, damaged, opened
from study.records.results import GATHERED, Results
from study.schema import ALL_ROWS, StudyError, TrialState


def verify(results: Results) -> int:
    """How many files were read; a StudyError names each that is broken or, of a finished study,
    missing.

    What `study retry` and `study export` left, locks and what was set aside are no part of it.
    """
    paths, records = results.paths, read_records(results.paths)
    said = [str(damaged(path, paths.root)) for path in records.broken]
    apart = {paths.retried, paths.exported, paths.trials, paths.lock.parent}
    below = sorted(paths.root.rglob("*.*"))
    files = [path for path in below if apart.isdisjoint([path, *path.parents])]
    whole: list[str | Path] = ["config", "data", "environment", *files]
    if results.concluded:
        whole += [
            "verdicts",
            "trials",
            *map(paths.frame, GATHERED),
            *(Path(name).stem for name in list(FRAMES)[1:]),
            *computed(),
        ]
    for each in whole:
        try:
            getattr(results, each) if isinstance(each, str) else check_file(each, paths.root)
        except StudyError as error:
            said.append(str(error))
    if results.concluded and not said:
        said = list(_lacks(results, records))
    if said:
        raise StudyError("\n".join(dict.fromkeys(said)))
    return len(files) + len(list(paths.trials.glob("*/*.json*"))) + 1


def _lacks(results: Results, records: Records) -> Iterator[str]:
    """What is said of records, models and rows of results.csv that a finished study had."""
    paths, keep = results.paths, results.config.keep_fold_models
    if results.config.time_budget_min is None and not status_json(results, "", records)["finished"]:
        yield f"{paths.trials} lacks records of the finished study. {results.again} makes them again."
    made = [each.search for each in records.winners if each.models]
    made += [each.work.search for each in records.beside if each.state is TrialState.COMPLETE]
    needed = set[Path]()
    for search in made:
        if final := search.outer_fold == ALL_ROWS and search.procedure in PROCEDURES:
            needed.add(paths.delivered(search.target, search.procedure))
        if keep:
            needed.add(paths.model(search))
        if keep or final:
            needed.add(paths.reader(search.target, search.outer_fold))
    for path in sorted(needed):
        if not path.exists():
            yield str(damaged(path, paths.root, FileNotFoundError(2, "the file is missing")))
    with opened(csv := paths.results_csv, paths.root):
        told = csv.read_text(encoding="utf-8")
    if told != results.trials.to_csv(index=False):
        differs = OSError(0, f"it differs from {paths.results.name}")
        yield str(damaged(csv, paths.root, differs))
