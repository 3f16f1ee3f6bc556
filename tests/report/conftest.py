"""Results folders for the tests of the report, each made once, and the reports that several tests
read.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import pytest

from study.api import write_report
from study.records.paths import StudyPaths
from study.records.reading import write_trial
from study.records.results import Results
from study.records.trial import TrialRecord
from study.schema import Search, TrialState
from tests.report.synthetic import KINDS, compared, copied, write_results

REASON = "the loss is not a number after 3 epochs"
"""Why one trial of the study that is reported failed."""
PLANTED = (
    "study", "seaborn", "ipykernel_launcher", "ipykernel", "sitecustomize", "usercustomize", "zmq", "json",
    "ipython_config", "ipython_kernel_config", "jupyter_config", "jupyter_nbconvert_config",
)  # fmt: skip
"""Modules and settings in the folder of the study that is reported, none of which may run."""


class Reported(NamedTuple):
    """What `study report` left of two studies."""

    study: StudyPaths
    """Of all four kinds; one of its trials failed."""
    small: StudyPaths
    mark: Path
    """A file that planted code would have written."""


@pytest.fixture(scope="session")
def make_results(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Results]:
    """A results folder, made once of each sort, which no test changes; a path with spaces and
    accents, as people have.
    """
    made: dict[str, Results] = {}

    def make(*args: Any, **kwargs: Any) -> Results:
        if (name := repr((args, kwargs))) not in made:
            made[name] = write_results(tmp_path_factory.mktemp("résultats d'été"), *args, **kwargs)
        return made[name]

    return make


@pytest.fixture(scope="session")
def small(make_results: Callable[..., Results]) -> Results:
    """One trial of a regression and of a network."""
    return make_results(["balloons"], n_trials=1, depths=(1,))


@pytest.fixture(scope="session")
def with_terms(make_results: Callable[..., Results]) -> Results:
    """One holdout study of balloons with a regression with terms and a simple formula."""
    return make_results(["balloons"], n_trials=2, terms=True, noise=0.02)


@pytest.fixture(scope="session")
def results(make_results: Callable[..., Results]) -> Results:
    """One holdout study of all four kinds."""
    return make_results(list(KINDS), n_trials=4)


@pytest.fixture(scope="session")
def nothing(results: Results) -> Results:
    """One target that every model predicts without a loss."""
    own = results.predictions[results.predictions["target"] == "balloons"]
    return compared(results, own.assign(loss=0.0))


@pytest.fixture(scope="session")
def nested(make_results: Callable[..., Results]) -> Results:
    """Two outer folds of two targets with networks of two depths, six trials each."""
    return make_results(["balloons", "pops"], outer_folds=2)


@pytest.fixture(scope="session")
def reported(
    results: Results, small: Results, tmp_path_factory: pytest.TempPathFactory
) -> Reported:
    """Two studies and their reports, one as Markdown too: what takes longest, once for all tests
    that read any of it.
    """
    root = tmp_path_factory.mktemp("reported")
    paths, other = (
        copied(own, root / name).paths
        for own, name in ((results, "a study | 1"), (small, "the other"))
    )
    fail_one(paths)
    mark = root / "mark"
    for name in PLANTED:
        (paths.root / f"{name}.py").write_text(f"open({str(mark)!r}, 'a').write({name!r})")
    (paths.root / "matplotlibrc").write_text("backend: nonsense\nfigure.figsize: 1, 1\n")
    write_report(paths)
    write_report(other)
    for name in PLANTED:
        (paths.root / f"{name}.py").unlink()
    (paths.root / "matplotlibrc").unlink()
    return Reported(paths, other, mark)


def fail_one(paths: StudyPaths) -> None:
    """Make the first trial of a network of two layers one that failed."""
    trials = pd.read_parquet(paths.results)
    place = trials.index[(trials["target"] == "balloons") & (trials["depth"] == 2)][0]
    trials.loc[place, ["state", "val_loss", "val_loss_se", "train_loss"]] = [
        TrialState.FAIL.value,
        np.nan,
        np.nan,
        np.nan,
    ]
    trials.to_parquet(paths.results, index=False)
    row = trials.loc[place]
    search = Search(
        **{name: row[name] for name in ("target", "kind", "family", "depth", "outer_fold")}
    )
    told = {
        "study": "party",
        "trial_id": row["trial_id"],
        "number": row["number"],
        "generation": 0,
        "params": {},
    }
    error = f"Traceback (most recent call last):\nFloatingPointError: {REASON}."
    write_trial(paths, TrialRecord(search=search, state=TrialState.FAIL, error=error, **told))
