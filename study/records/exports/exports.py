"""The tools that records are handed to, and how: once, or on and on while a study runs."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from shlex import quote

from study.records.exports.searches import Changes
from study.records.results import Results
from study.schema import StudyError, nearest

EVERY_S = 5.0
"""Seconds between two looks at a study that runs."""


@dataclass(frozen=True)
class Tool:
    """One tool. place: where its export lies below the folder for exports. needs: module that must
    be installed, extra: what installs it."""

    name: str
    place: str
    needs: str = ""
    extra: str = ""

    def check(self) -> None:
        """Raise a StudyError where it is not installed."""
        if self.needs and find_spec(self.needs) is None:
            package = self.needs.replace("_", "-")
            raise StudyError(
                f"{self.name} needs {package}, which is not installed. `scripts/setup --with {self.extra}` installs it."
            )


TOOLS = {
    tool.name: tool
    for tool in (
        Tool("csv", "csv"),
        Tool("optuna", "optuna.db"),
        Tool("mlflow", "mlflow.db", "mlflow", "mlflow"),
    )
}
DASHBOARD = Tool("study dashboard", "", "optuna_dashboard", "dashboard")


@dataclass(frozen=True)
class Export:
    """What was exported. where: a folder, file or address. trials: that are there now. view: a
    command that shows them.
    """

    to: str
    where: str
    trials: int
    view: str | None


def export(
    results: Results,
    to: str,
    out: Path | None = None,
    uri: str | None = None,
    follow: bool = False,
    tell: Callable[[int], None] = lambda trials: None,
) -> Export:
    """Hand a study's records to another tool; of one that runs what there is so far.

    Parameters
    ----------
    results : of any study with a trial.
    to : a name of TOOLS.
    out : folder or file in place of that in the results folder.
    uri : of MLflow's tracking server, such as http://localhost:5000, or of its file.
    follow : go on, a look every EVERY_S, until the study is concluded.
    tell : hears how many trials there are, after each look that found others.

    Raises
    ------
    StudyError
        There is no such tool, it is not installed, there is no trial yet, or something else is at
        the place named.
    """
    if to not in TOOLS:
        raise StudyError(
            f"There is no export to '{to}'.{nearest(to, TOOLS)} Choose one of {', '.join(TOOLS)}."
        )
    if uri is not None and to != "mlflow":
        raise StudyError(
            f"--uri is for MLflow, but the export is to {to}. Name a place with --out."
        )
    tool = TOOLS[to]
    tool.check()
    if not results.paths.trials.is_dir():
        raise StudyError(f"{results.root} has no trial to export yet. Resume: {results.again}.")
    place = out or results.paths.exported / tool.place
    if (
        out is not None
        and to != "mlflow"
        and out.exists()
        and not (out.is_dir() and not any(out.iterdir()))
    ):
        raise StudyError(f"{out} exists already. Remove it, or name another place with --out.")
    results.check_records()
    sync, where, view = _opened(results, to, place, uri)
    trials = 0
    while True:
        concluded, before = results.concluded, trials
        trials = sync()
        if trials != before:
            tell(trials)
        if concluded or not follow:
            return Export(to, where, trials, view)
        time.sleep(EVERY_S)


def _opened(
    results: Results, to: str, place: Path, uri: str | None
) -> tuple[Callable[[], int], str, str | None]:
    """What writes the records that are new and counts all, where they lie, and a command that shows
    them.
    """
    changes = Changes(results)
    match to:
        case "optuna":
            from study.records.exports.optuna_trials import (
                POINTS_ON_DISK,
                OptunaTrials,
                open_storage,
            )

            storage = OptunaTrials(open_storage(place), POINTS_ON_DISK)
            return (
                lambda: storage.sync(changes),
                str(place),
                f"optuna-dashboard {quote(f'sqlite:///{place}')}",
            )
        case "mlflow":
            from study.records.exports.tracked import Tracked

            if uri is None:
                place.parent.mkdir(parents=True, exist_ok=True)
                uri = f"sqlite:///{place.absolute()}"
            artifacts = place.parent / "mlflow" if uri.startswith("sqlite:") else None
            tracked = Tracked(results, uri, artifacts)
            server = f"mlflow server --backend-store-uri {quote(uri)}"
            return lambda: tracked.sync(changes), uri, None if uri.startswith("http") else server
        case _:
            from study.records.exports.tables import write_tables

            return lambda: write_tables(results, place), str(place), None
