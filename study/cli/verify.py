"""What `study status --verify` does: read every file of a results folder whole."""

from __future__ import annotations

from pathlib import Path

from study.diagnostics.registry import computed
from study.records.columns import FRAMES
from study.records.reading import read_records
from study.records.refusal import check_file, damaged
from study.records.results import Results
from study.schema import StudyError


def verify(results: Results) -> int:
    """How many files were read; a StudyError names each that is broken or, of a finished study,
    missing.

    What `study retry` and `study export` left, locks and what was set aside are no part of it.
    """
    paths = results.paths
    said = [str(damaged(path, paths.root)) for path in read_records(paths).broken]
    apart = {paths.retried, paths.exported, paths.trials, paths.lock.parent}
    below = sorted(paths.root.rglob("*.*"))
    files = [path for path in below if apart.isdisjoint([path, *path.parents])]
    whole: list[str | Path] = ["config", "data", "environment", *files]
    if results.concluded:
        whole += [
            "verdicts",
            "trials",
            *(Path(name).stem for name in list(FRAMES)[1:]),
            *computed(),
        ]
    for each in whole:
        try:
            getattr(results, each) if isinstance(each, str) else check_file(each, paths.root)
        except StudyError as error:
            said.append(str(error))
    if said:
        raise StudyError("\n".join(dict.fromkeys(said)))
    return len(files) + len(list(paths.trials.glob("*/*.json*"))) + 1
