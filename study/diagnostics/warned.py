"""What is to be warned of when a study is concluded: the finders of `study.evidence.warnings`,
`data` and `explain` at once.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

import pandas as pd

from study.config import StudyConfig
from study.config.options import Range
from study.data.encoding import EncodedData
from study.data.fold_warnings import fold_warnings
from study.diagnostics.coefficients.warned import coefficient_warnings
from study.evidence.answer import Verdict
from study.evidence.judge import Judge
from study.evidence.warnings import answers, searches
from study.evidence.warnings.searches import LEAST_CHOICES, Axis
from study.families import get_family
from study.families.chosen import depths_of, families_of, search_space, search_trials
from study.records.results import Results
from study.schema import NETWORK, REGRESSIONS, TERMS, Kind, Search, StudyWarning


def study_warnings(
    results: Results,
    data: EncodedData,
    judged: Sequence[Judge],
    verdicts: Sequence[Verdict],
    coefficients: pd.DataFrame,
) -> list[StudyWarning]:
    """All warnings of a study, in the order of the catalogue.

    results: config, trials and what the table showed. judged, verdicts: of every target.
    coefficients: as they are written.
    """
    found = [*results.data.warnings, *fold_warnings(data), *coefficient_warnings(coefficients)]
    for judge, verdict in zip(judged, verdicts, strict=True):
        losses = {name: model.losses for name, model in judge.ladder.items()}
        logged = data[verdict.target, 0].measured is not None  # validation losses too
        flattered = None if logged else answers.flattered(verdict, losses, results.trials)
        found += [
            *of_search(results, data, verdict, flattered is None and not logged),
            *answers.of_verdict(verdict, losses),
        ]
        found += [flattered] if flattered else []
    return answers.in_order(found)


def of_search(
    results: Results, data: EncodedData, verdict: Verdict, honest: bool
) -> list[StudyWarning]:
    """Those of one target's search; honest: whether its validation losses come true, so that less
    of them is better.
    """
    config = results.config
    trials = results.trials
    target = verdict.target
    n_rows = min(map(len, data[target, 0].train))
    axes = list(axes_of(config, target, verdict.kind, n_rows))
    found = [searches.at_edges(trials, target, axes), searches.failing(trials, target)]
    if honest and verdict.gains and math.isfinite(verdict.margin):
        loss = verdict.gains[0].gain.per_loss
        if loss > 0:
            found.append(
                searches.still_improving(
                    trials, target, loss, verdict.margin, budgets(config, target, verdict.kind)
                )
            )
    return [warning for warning in found if warning]


def axes_of(config: StudyConfig, target: str, kind: Kind, n_rows: int) -> Iterator[Axis]:
    """What was searched of every family of a target.

    Left out: the path of penalties, unless the config names it, since it goes from none to hardly a
    weight; fewer than LEAST_CHOICES numbers, and words.
    """
    for name in families_of(config, kind):
        family = get_family(name)
        given = config.space.get(name, {}) | (
            config.space.get(REGRESSIONS[kind], {}) if name == TERMS else {}
        )
        for hyper, form in search_space(
            config, _search(config, target, kind, name), n_rows
        ).items():
            if hyper == family.path and hyper not in given:
                continue
            if isinstance(form, Range) and form.low < form.high:
                closed = ("low",) if form.zero or form.low == int(form.integer and form.log) else ()
                yield Axis(
                    name, hyper, form.low, form.high, form.log, (), closed, form.integer, form.zero
                )
            elif (
                isinstance(form, list)
                and len(form) >= LEAST_CHOICES
                and not any(isinstance(v, str | bool) for v in form)
            ):
                values = tuple(sorted(map(float, form)))
                yield Axis(
                    name,
                    hyper,
                    values[0],
                    values[-1],
                    choices=values,
                    closed=("low",) if values[0] == 0 else (),
                )


def budgets(config: StudyConfig, target: str, kind: Kind) -> dict[str, int]:
    """Trials a search of the regression with terms and of the networks, where a larger
    `search.trials` gives them more.
    """
    found: dict[str, int] = {}
    for name in families_of(config, kind):
        family = get_family(name)
        trials = search_trials(config, _search(config, target, kind, name))
        if not family.convex or name == TERMS:
            procedure = TERMS if name == TERMS else NETWORK
            if trials == config.search.trials and trials != family.most_trials:
                found[procedure] = max(trials, found.get(procedure, 0))
    return found


def _search(config: StudyConfig, target: str, kind: Kind, family: str) -> Search:
    return Search(
        target=target, kind=kind, family=family, depth=depths_of(config, family)[0], outer_fold=0
    )
