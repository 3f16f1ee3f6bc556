"""Several finished studies beside each other: how their configs differ, what each answered, and what one saves over another."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from study.config import differing_keys
from study.evidence.answer import Verdict
from study.evidence.between import Between, Finished, between
from study.evidence.wording.answer import Words
from study.predicting.asked import ask, judged_rows
from study.records.results import Results
from study.schema import Frozen, StudyError


class Compared(Frozen):
    """Several studies.

    names: what each is called, its folder's name, or its whole path where two have one name. config: keys that differ, with
    the value of every study; those that no result depends on are left out. verdicts: of every target of any study, by target,
    one a study (None where it has no such target). targets: what is paired, of targets that all have.
    """

    names: tuple[str, ...]
    digests: tuple[str, ...]
    config: dict[str, tuple[Any, ...]]
    verdicts: dict[str, tuple[Verdict | None, ...]]
    targets: tuple[Between, ...]

    def to_json(self) -> dict[str, Any]:
        """As JSON values; of each verdict what it says, without the numbers that verdicts.json holds."""
        told = {target: [each and _told(each) for each in own] for target, own in self.verdicts.items()}
        studies = [{"name": name, "data": digest} for name, digest in zip(self.names, self.digests, strict=True)]
        rest = {"config": self.config, "verdicts": told, "targets": [each.model_dump(mode="json") for each in self.targets]}
        return {"studies": studies} | rest


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
        raise StudyError("A comparison takes two results folders or more: study compare results/A results/B.")
    told = [{each.target: each for each in own.verdicts} for own in studies]
    if metric is not None:
        shared = [target for target in told[0] if all(target in own for own in told)]
        told = [{each.target: each for each in ask(own, dict.fromkeys(shared, metric))} for own in studies]
    names = _names(studies)
    configs = [own.config for own in studies]
    keys = sorted({key for config in configs[1:] for key in differing_keys(configs[0], config)})
    differing = {key: tuple(_value(config.model_dump(mode="json"), key) for config in configs) for key in keys}
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
        config=differing,
        verdicts={target: tuple(own.get(target) for own in told) for target in targets},
        targets=tuple(found),
    )


def _names(studies: Sequence[Results]) -> tuple[str, ...]:
    names = [own.root.resolve().name for own in studies]
    return tuple(name if names.count(name) == 1 else str(own.root) for name, own in zip(names, studies, strict=True))


def _value(content: Any, key: str) -> Any:
    """The value at a dotted key, None where there is none."""
    for part in key.split("."):
        content = content.get(part) if isinstance(content, dict) else None
    return content
