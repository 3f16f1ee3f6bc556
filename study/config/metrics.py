"""Which metric the verdict on each target is asked of."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Literal

from study.evidence.metrics import NAMES, metrics_of
from study.schema import LOSS, Kind, StudyError, nearest

QUESTION_KEYS = ("metric", "margin", "margin_of", "min_margin")
"""Keys that say what a verdict is asked of; no trial depends on them."""


if TYPE_CHECKING:
    MetricName = str
else:
    MetricName = Literal[NAMES]


def metrics_asked(
    metric: str | Mapping[str, str], kinds: Mapping[str, Kind], of_one: bool = False
) -> dict[str, str]:
    """By target the metric that is asked of, of one for all or of those by target.

    kinds: of every target. of_one: whether it can be asked of one target alone, which an error then
    offers as the way out.

    Raises
    ------
    StudyError
        A metric is not one of a target's kind, or none of the targets has a name.
    """
    asked = (
        dict.fromkeys(kinds, metric)
        if isinstance(metric, str)
        else dict.fromkeys(kinds, LOSS) | dict(metric)
    )
    for target, name in asked.items():
        if target not in kinds:
            raise StudyError(
                f"metric.{target}: there is no such target.{nearest(target, kinds)} Targets: {', '.join(kinds)}."
            )
        fitting = {
            each: [metric.name for metric in metrics_of(kind)] for each, kind in kinds.items()
        }
        known = dict.fromkeys(name for names in fitting.values() for name in names)
        if name not in NAMES:
            raise StudyError(
                f"metric: '{name}' is unknown.{nearest(name, known)} Metrics: {', '.join(known)}."
            )
        if name not in fitting[target]:
            fits = [each for each, names in fitting.items() if name in names]
            way = (
                f" Name it by target: metric: {{{', '.join(f'{each}: {name}' for each in fits)}}}."
            )
            if of_one:
                options = " or ".join(f"--target {each}" for each in fits)
                way = f" Ask it of {' or '.join(fits)} alone: {options}."
            raise StudyError(
                f"metric: '{name}' does not fit {target}, which is {kinds[target].value}. "
                f"These do: {', '.join(fitting[target])}.{way if fits else ''}"
            )
    return {target: str(name) for target, name in asked.items()}
