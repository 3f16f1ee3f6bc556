"""What a report says, whole: of small studies whose answers are known; its cells run in this
process, without a kernel.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import chdir
from pathlib import Path
from typing import Any, NamedTuple

import nbformat
import numpy as np
import pandas as pd
import pytest

from harness import plain
from harness.plain import as_markdown, to_markdown
from study.api import write_report
from study.diagnostics.best_so_far import figure as best_so_far
from study.diagnostics.calibration import figure as calibration
from study.diagnostics.coefficients import figure as coefficients
from study.diagnostics.confusion import figure as confusion
from study.diagnostics.decided_curve import figure as decided_curve
from study.diagnostics.discrimination import figure as discrimination
from study.diagnostics.drawing.html_table import filtered
from study.diagnostics.effects import figure as effects
from study.diagnostics.helps import figure as helps
from study.diagnostics.importances import figure as importances
from study.diagnostics.margins import figure as margins
from study.diagnostics.predicted_observed import figure as predicted_observed
from study.diagnostics.registry import picture_of
from study.diagnostics.residuals import figure as residuals
from study.evidence.findings import TreesLine
from study.evidence.thresholds import EvaluationSpec
from study.records.environment import Environment
from study.records.paths import write_atomic
from study.records.results import Results, load_results
from study.report import fair, tables, trials
from study.report.asked import margins_of, shares_of
from study.report.notebook import build_notebook
from study.report.shown import Figures
from study.schema import StudyError
from tests.diagnostics.predicted import predicted
from tests.report import asked_models as made
from tests.report.conftest import fail_one
from tests.report.frames import (
    N,
    X,
    decided,
    looked_at,
    over_margins,
    searched,
    three,
    values_of,
    weights,
)
from tests.report.synthetic import KINDS, copied, with_frames, write_results
from tests.report.test_asked import asked
from tests.report.test_card import with_ends
from tests.snapshots.conftest import Approve

HERE = Environment(
    python="3", packages={"family-study": "1", "numpy": "2"}, commit=None, platform="any", processor="any", cores=4, node="n1",
    pid=1, started="2026-01-01 12:00:00+00:00", seed=0,
)  # fmt: skip
"""A machine that all tests run on, in what they show."""


def write(root: Path, *args: Any, **kwargs: Any) -> Results:
    """Synthetic results of that machine."""
    results = write_results(root, *args, **kwargs)
    write_atomic(results.paths.environment, HERE.model_dump_json())
    return results


@pytest.fixture(scope="module")
def kinds(tmp_path_factory: pytest.TempPathFactory) -> Results:
    """Of all four kinds, with a network of two layers, one of whose trials failed."""
    results = write(
        tmp_path_factory.mktemp("kinds") / "party", list(KINDS), n_trials=3, depths=(2,)
    )
    fail_one(results.paths)
    return load_results(results.root)


@pytest.fixture(scope="module")
def rich(tmp_path_factory: pytest.TempPathFactory) -> Results:
    """Of two outer folds, with terms, a simple formula, and models that were asked what they say."""
    results = write(
        tmp_path_factory.mktemp("terms") / "party",
        ["balloons"],
        outer_folds=2,
        terms=True,
        noise=0.02,
    )
    lost = {
        "side": "less",
        "holds": False,
        "rule": "town is Ulm",
        "difference": -0.1,
        "low": -0.4,
        "high": 0.2,
    }
    frames = {
        "effects": made.effects(),
        "importances": made.importances(),
        "helps": made.helps({}, lost),
    }
    for name, frame in frames.items():
        frame.to_parquet(results.paths.frame(name))
    return load_results(results.root)


class Report(NamedTuple):
    """A report as Markdown, and the titles of its figures, which stand in their files."""

    text: str
    titles: dict[str, str]


def report(root: Path) -> Report:
    notebook = build_notebook(root)
    names: dict[str, Any] = {}
    titles = {}
    with chdir(root):
        for cell in notebook.cells:
            about = cell.metadata.get("report", {})
            if cell.cell_type != "code":
                continue
            if about.get("role") == "setup":
                exec(cell.source, names)
                continue
            shown = eval(cell.source, names)
            data = {"text/html": str(shown)}
            if name := about.get("figure"):
                titles[name] = shown.title
                data = {"text/plain": shown.alt}
            cell.outputs = [nbformat.v4.new_output("execute_result", data, execution_count=1)]
    return Report(as_markdown(notebook), titles)


@pytest.fixture(scope="module")
def of_kinds(kinds: Results) -> Report:
    return report(kinds.root)


@pytest.fixture(scope="module")
def of_rich(rich: Results) -> Report:
    return report(rich.root)


def listed(cases: Mapping[str, str]) -> str:
    """All cases below each other, each after its name."""
    return "\n\n".join(f"==== {name}\n{text}" for name, text in cases.items())


def test_the_report_of_a_study_of_every_kind(of_kinds: Report, approve: Approve) -> None:
    approve(of_kinds.text)


def test_the_report_of_a_study_with_terms(of_rich: Report, approve: Approve) -> None:
    approve(of_rich.text)


def test_the_report_of_a_study_that_is_not_finished(
    rich: Results, tmp_path: Path, approve: Approve
) -> None:
    paths = copied(rich, tmp_path / "party").paths
    for path in (
        paths.verdicts,
        *map(paths.frame, ("predictions", "coefficients", "scores", "pairs")),
    ):
        path.unlink()

    approve(report(paths.root).text)


def by_rows(results: Results) -> Iterator[tuple[str, str]]:
    """Titles of figures of the predictions that are off in known places, and of those that are
    right.
    """
    rng = np.random.default_rng(4)
    high = np.where(np.sort(X)[-30] <= X, 0.5, 0.0)
    off = three(
        "continuous",
        10 * X + 0.1 * rng.normal(size=N) + 10 * high,
        10 * X,
        10 * (X + high),
        10 * (X + high),
    )
    frame = residuals.data(looked_at(results, off))
    yield "residuals, one model off above", residuals.finding(frame)
    yield "residuals, none off", residuals.finding(frame[frame["family"] != "linear"])

    p = rng.uniform(0, 1, N)
    sure = p**4 / (p**4 + (1 - p) ** 4)
    hit = three("binary", (rng.random(N) < p).astype(float), p, sure, p)
    frame = calibration.data(looked_at(results, hit, classes={"y": ["no", "yes"]}))
    yield "calibration, a network too sure", calibration.finding(frame)
    yield "calibration, none off", calibration.finding(frame[frame["family"] != "network"])

    observed = np.arange(N) % 6
    shares = np.exp(
        rng.normal(size=(N, 6)) + np.where(observed < 2, 0.3, 2.0)[:, None] * np.eye(6)[observed]
    )
    shares /= shares.sum(axis=1, keepdims=True)
    six = three("multiclass", observed, shares, shares, shares)
    picture = picture_of(
        discrimination, discrimination.data(looked_at(results, six, classes={"y": list("abcdef")}))
    )
    legend = picture.figure.axes[0].get_legend()
    yield (
        "discrimination, of six classes the hardest",
        f"{picture.title}\n{legend and legend.get_title().get_text()}",
    )

    taken = (np.arange(N) < 60).astype(float)
    two = looked_at(
        results, three("binary", taken, 0 * X, taken, taken), classes={"y": ["no", "yes"]}
    )
    yield "confusion, one class taken for the other", confusion.finding(confusion.data(two))
    observed = np.repeat(np.arange(8), 2 ** np.arange(8)[::-1])
    one = predicted(
        observed,
        {("logistic", 0): np.eye(8)[np.where(observed == 7, 6, observed)]},
        kind="multiclass",
    )
    eight = confusion.data(looked_at(results, one, classes={"y": list("abcdefgh")}))
    yield "confusion, one model", confusion.finding(eight)

    metrics = values_of("y", "r2", regression=0.461, network=0.523, trees=-0.2)
    frame = predicted_observed.data(
        looked_at(results, three("continuous", X, X, X, X), metrics=metrics)
    )
    yield "predicted, trees below nothing", predicted_observed.finding(frame)


def of_frames(results: Results) -> Iterator[tuple[str, str]]:
    """Titles, and words for those who do not see a figure, of frames whose answer is known."""
    yield "margins", margins.finding(over_margins())
    yield "margins, none can be told", margins.finding(over_margins().assign(bound=np.nan))
    picture = picture_of(decided_curve, decided_curve.data(decided(results)))
    yield "decided", f"{picture.title}\n{picture.alt}"

    for name, last in {"still improving": 3.0, "no more": 3.99}.items():
        found = with_frames(results, trials=searched({0: [5.0, 4, 4, 4, 4, 4, 4, last]}))
        yield f"best so far, {name}", best_so_far.finding(best_so_far.data(found))

    referred = weights(3, mle_estimate=1.0, mle_std_error=0.25, mle_low=0.5, mle_high=1.5)
    for name, own in {"without intervals": weights(60), "with intervals": referred}.items():
        found = with_frames(results, coefficients=own)
        yield f"coefficients, {name}", coefficients.finding(coefficients.data(found))

    chance = made.effects("colour").assign(differ=0.0)
    yield "effects", effects.finding(made.effects())
    yield (
        "effects, none beyond chance",
        picture_of(effects, pd.concat([made.effects(output="red"), chance])).title,
    )
    yield (
        "effects, of five targets",
        picture_of(effects, pd.concat([made.effects(f"t{i}") for i in range(5)])).title,
    )
    lost = made.importances()
    lost.loc[lost["procedure"] == "regression", "low"] = -0.1
    same = made.importances("colour", first="age").drop_duplicates(["column", "procedure"])
    yield "importance", importances.finding(made.importances())
    yield (
        "importance, one column of all",
        picture_of(importances, pd.concat([made.importances(), same])).title,
    )
    yield "importance, none surely for one", importances.finding(lost)
    yield "importance, none", importances.finding(lost.assign(low=-0.1))
    less_bad = made.helps({"gain": -0.1, "rest": -0.9})
    yield "helps, where it hurts least", picture_of(helps, less_bad).alt


def test_the_titles_of_figures(
    kinds: Results, of_kinds: Report, of_rich: Report, approve: Approve
) -> None:
    found = {f"{name}, all kinds": title for name, title in of_kinds.titles.items()}
    found |= {f"{name}, terms": title for name, title in of_rich.titles.items()}

    approve(listed(found | dict(of_frames(kinds)) | dict(by_rows(kinds))))


def test_the_cards(kinds: Results, rich: Results, approve: Approve) -> None:
    def card(results: Results, **change: Any) -> str:
        return to_markdown(tables.answer(with_frames(results, **change)))

    first = kinds.verdicts[0]
    trees = first.model_copy(
        update={"trees": TreesLine(loss=0.1, over={"regression": first.gains[0].gain})}
    )
    grouped = kinds.data.model_copy(
        update={"splitting": "Rows of one 'dealer' (40 groups) stay together in every split."}
    )
    none = first.model_copy(update={"gains": ()})
    found = {
        "four targets": card(kinds),
        "terms": card(rich),
        "more": card(kinds, verdicts=[with_ends(kinds, 0.1, 0.2)]),
        "enough": card(kinds, verdicts=[with_ends(kinds, 0.0, 0.04)]),
        "undecided": card(kinds, verdicts=[with_ends(kinds, 0.0, 0.1)]),
        "nothing scored": card(kinds, verdicts=[none]),
        "no verdict at all": card(kinds, verdicts=[]),
        "trees, and rows that stay together": card(kinds, verdicts=[trees], data=grouped),
    }

    approve(listed(found))


def test_what_tables_and_lists_say_in_rarer_cases(
    kinds: Results, rich: Results, monkeypatch: pytest.MonkeyPatch, approve: Approve
) -> None:
    def splits(**change: Any) -> str:
        return to_markdown(fair.splits(with_frames(kinds, config=kinds.config.replace(**change))))

    def few(html: str, rows: int) -> str:
        with monkeypatch.context() as patched:
            patched.setattr(plain, "MOST_ROWS", rows)
            return to_markdown(html)

    metrics, own = kinds.metrics, kinds.coefficients.query("target == 'balloons'")
    some = metrics.assign(
        n_folds=metrics["n_folds"].mask(
            (metrics["target"] == "colour") & (metrics["metric"] != "auc"), 3
        )
    )
    wide = pd.concat(
        [
            own.assign(term=own["term"] + f"[{i}]", standardised=own["standardised"] / (i + 1))
            for i in range(60)
        ]
    )
    timed = kinds.data.model_copy(update={"time": "date", "splitting": "In the order of 'date'."})
    hurt = {
        "side": "less",
        "gain": -0.3,
        "rest": 0.2,
        "difference": -0.5,
        "low": -0.9,
        "high": -0.1,
        "rule": "age is over 9",
    }
    lost = hurt | {"holds": False}
    questions = {
        "accuracy with a minimum margin": asked(
            kinds, colour=EvaluationSpec(metric="accuracy", min_margin=0.5)
        ),
        "two questions": asked(
            kinds, balloons=EvaluationSpec(metric="rmse"), colour=EvaluationSpec(min_margin=0.9)
        ),
    }
    groups = {
        "held": ({}, lost),
        "hurts": ({}, hurt),
        "failed": (lost,),
        "none": ({"side": "", "rule": "", "holds": False},),
    }
    found = {
        "repeated splits": splits(protocol="nested", outer={"folds": 5, "repeats": 2}),
        "nested splits": splits(protocol="nested", outer={"folds": 3}),
        "splits in time": to_markdown(
            fair.splits(
                with_frames(kinds, data=timed, config=kinds.config.replace(protocol="nested"))
            )
        ),
        "a time budget": to_markdown(
            fair.budgets(with_frames(rich, config=rich.config.replace(time_budget_min=5)))
        ),
        "a metric that some folds lack": to_markdown(
            tables.by_target(tables.metrics_frame(with_frames(kinds, metrics=some)))
        ),
        "many weights": few(coefficients.table(with_frames(kinds, coefficients=wide)), 2),
        "a filter": filtered(
            pd.DataFrame({"n": [1, 2], "model": ["<a>", "<a>"]}), ["model"], "trials"
        ).partition("<table")[0],
    }
    for name, own in groups.items():
        found[f"groups, {name}"] = to_markdown(
            helps.table(with_frames(kinds, helps=made.helps(*own)))
        )
    found |= {
        f"{name}: shares of": f"{shares_of(own)}; {margins_of(own)}"
        for name, own in questions.items()
    }
    monkeypatch.setattr(trials, "MOST_TRIALS", 14)
    found["of too many trials"] = few(trials.all_trials(kinds), 0)

    approve(listed(found))


def test_what_cannot_be_reported(
    rich: Results, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, approve: Approve
) -> None:
    def old() -> None:
        own = copied(rich, tmp_path / "old")
        own.paths.frame("scores").unlink()
        build_notebook(own.root)

    def begun() -> None:
        own = copied(rich, tmp_path / "begun")
        own.paths.results.unlink()
        write_report(own.paths)

    here = with_frames(rich)
    refused: dict[str, Callable[[], Any]] = {
        "no study": lambda: build_notebook(tmp_path),
        "of a version before": old,
        "no trial": begun,
        "a figure of nothing": Figures(here).calibration,
        "no such figure": lambda: Figures(here).margin,
    }
    found = {}
    for name, call in refused.items():
        with pytest.raises((StudyError, AttributeError)) as caught:
            call()
        found[name] = str(caught.value).replace(str(rich.root), "<party>")

    approve(listed(found))
