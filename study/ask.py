"""Finished studies asked anew: another metric, margin or minimum margin, or several beside each
other.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pandas as pd

from study.config import differing_keys, make_config
from study.config.metrics import metrics_asked
from study.config.questions import kinds_of, questions
from study.evidence.answer import Verdict
from study.evidence.between import Between, Finished, between
from study.evidence.verdicts import answers, judges
from study.evidence.wording.answer import Words
from study.evidence.wording.between import between_words
from study.records.results import Results
from study.schema import Frozen, StudyError, nearest


def ask(
    results: Results,
    metric: str | Mapping[str, str] | None = None,
    margin: float | str | None = None,
    margin_of: str | None = None,
    min_margin: float | None = None,
    target: str | None = None,
) -> list[Verdict]:
    """The verdict on every target, or on one, of another question. Nothing is written, and nothing
    is trained.

    What is left out is as in the study's config. A margin in a metric's own unit is of that metric
    alone: to or from one, or of another metric, its size has to be told. A verdict on another
    question than the study's says that it was asked after the results were known.

    Parameters
    ----------
    results : of a finished study.
    metric : the name of one of `study.evidence.metrics.metrics_of` the target's kind, or such by
        target.
    margin, margin_of, min_margin : as the keys of a config.
    target : by default all; a metric of one kind then has to fit all of them.

    Raises
    ------
    StudyError
        The study is not finished, there is no such target, or metric or margin cannot be.
    """
    told = {verdict.target: verdict for verdict in results.verdicts}
    kinds = kinds_of(results.trials)
    if target is not None and target not in kinds:
        raise StudyError(
            f"{results.root} has no target '{target}'.{nearest(target, kinds)} Targets: {', '.join(kinds)}."
        )
    old, new = results.config.margin_of, margin_of or results.config.margin_of
    if margin is None and "unit" in (old, new) and (old != new or metric is not None):
        raise StudyError(
            f"The study's margin {results.config.margin:g} is in another unit. Give the margin of this question with --margin."
        )
    kept = kinds if target is None else {target: kinds[target]}
    given = {"margin_of": margin_of, "margin": margin, "min_margin": min_margin}
    changes: dict[str, Any] = {key: value for key, value in given.items() if value is not None}
    asked = results.config.metric if metric is None else metric
    if metric is None and not isinstance(asked, str):
        asked = {name: own for name, own in asked.items() if name in kept}
    changes["metric"] = metrics_asked(asked, kept, of_one=True)
    config = make_config(results.config.model_dump(mode="json") | changes, origin="the question")
    before = {name: verdict.question for name, verdict in told.items()}
    wanted = {
        name: each.model_copy(update={"after": before[name].after or each != before[name]})
        for name, each in questions(config, kept).items()
    }
    frame = judged_rows(results)
    judged = judges(
        frame[frame["target"].isin(kept)],
        results.trials[results.trials["target"].isin(kept)],
        config.outer.folds,
        wanted,
        n_train={name: verdict.n_train for name, verdict in told.items()},
    )
    return [_with_what_stays(each, told[each.target]) for each in answers(judged)]


def judged_rows(results: Results) -> pd.DataFrame:
    """Test rows of all that is judged, boosted trees among it."""
    return pd.concat([results.predictions, results.trees], ignore_index=True)


def _with_what_stays(verdict: Verdict, told: Verdict) -> Verdict:
    """The verdict with what no question changes: the terms of the simple formula."""
    line = verdict.formula_line
    if line is not None and told.formula_line is not None:
        line = line.model_copy(
            update={
                name: getattr(told.formula_line, name) for name in ("counts", "n_terms", "formula")
            }
        )
    return verdict.model_copy(update={"formula_line": line})


class Compared(Frozen):
    """Several studies.

    names: what each is called, its folder's name, or its whole path where two have one name.
    config: keys that differ, with the value of every study; those that no result depends on are
    left out. verdicts: of every target of any study, by target, one a study (None where it has no
    such target). targets: what is paired, of targets that all have.
    """

    names: tuple[str, ...]
    digests: tuple[str, ...]
    config: dict[str, tuple[Any, ...]]
    verdicts: dict[str, tuple[Verdict | None, ...]]
    targets: tuple[Between, ...]

    def to_json(self) -> dict[str, Any]:
        """As JSON values; of each verdict what it says, without the numbers that verdicts.json
        holds.
        """
        told = {
            target: [each and _told(each) for each in own] for target, own in self.verdicts.items()
        }
        studies = zip(self.names, self.digests, strict=True)
        return {
            "studies": [{"name": name, "data": digest} for name, digest in studies],
            "config": self.config,
            "verdicts": told,
            "targets": [
                each.model_dump(mode="json") | {"words": list(self.words(each))}
                for each in self.targets
            ],
        }

    def words(self, target: Between) -> Iterator[str]:
        """What is said of a target that all have."""
        return between_words(
            target, self.names, [each for each in self.verdicts[target.target] if each]
        )


def _told(verdict: Verdict) -> dict[str, Any]:
    words = Words(verdict)
    said = {"verdict": verdict.verdict, "answer_procedure": verdict.answer_procedure}
    return said | {"sentence": words.sentence, "action": words.action}


def compare(studies: Sequence[Results], metric: str | None = None) -> Compared:
    """Hold finished studies against the first of them.

    metric: that the targets of all are asked of; by default each is asked what its own config asks.

    Raises
    ------
    StudyError
        There are fewer than two, one is not finished, or the metric does not fit their targets.
    """
    if len(studies) < 2:
        raise StudyError(
            "One results folder can't be compared. Give two or more: study compare results/A results/B."
        )
    told = [{each.target: each for each in own.verdicts} for own in studies]
    if metric is not None:
        shared = [target for target in told[0] if all(target in own for own in told)]
        told = [
            {each.target: each for each in ask(own, dict.fromkeys(shared, metric))}
            for own in studies
        ]
    names = _names(studies)
    targets = list(dict.fromkeys(target for own in told for target in own))
    frames = [judged_rows(own) for own in studies]
    found = []
    for target in targets:
        if all(target in own for own in told):
            sides = [
                Finished(name, own.data, verdicts[target], rows, own.trials, own.config.outer.folds)
                for name, own, verdicts, rows in zip(names, studies, told, frames, strict=True)
            ]
            found.append(between(sides))
    return Compared(
        names=names,
        digests=tuple(own.data.digest for own in studies),
        config=differing_keys(*(own.config for own in studies)),
        verdicts={target: tuple(own.get(target) for own in told) for target in targets},
        targets=tuple(found),
    )


def _names(studies: Sequence[Results]) -> tuple[str, ...]:
    names = [own.root.resolve().name for own in studies]
    return tuple(
        name if names.count(name) == 1 else str(own.root)
        for name, own in zip(names, studies, strict=True)
    )
