"""Which metric the verdict on each target is asked of."""

from __future__ import annotations

from collections.abc import Mapping

from study.schema import LOSS, METRICS_OF, Kind, StudyError, nearest

QUESTION_KEYS = ("metric", "margin", "margin_of", "floor")
"""Keys that say what a verdict is asked of; no trial depends on them."""


def metrics_asked(metric: str | Mapping[str, str], kinds: Mapping[str, Kind], key: str = "metric") -> dict[str, str]:
    """By target the metric that is asked of, of one for all or of those by target.

    kinds: of every target. key: what an error calls it.

    Raises
    ------
    StudyError
        A metric is not one of a target's kind, or none of the targets has a name.
    """
    asked = dict.fromkeys(kinds, metric) if isinstance(metric, str) else dict.fromkeys(kinds, LOSS) | dict(metric)
    for target, name in asked.items():
        if target not in kinds:
            raise StudyError(f"{key}.{target}: no such target; the targets are {', '.join(kinds)}.{nearest(target, kinds)}")
        valid = (LOSS, *METRICS_OF[kinds[target]])
        if name not in valid:
            by_target = f" For several kinds name it by target: {key}: {{{target}: {valid[1]}}}." if len(kinds) > 1 else ""
            rule = f"'{name}' is no metric of {target}, which is {kinds[target].value}"
            raise StudyError(f"{key}: {rule}; it can be {', '.join(valid)}.{by_target}")
    return {target: str(name) for target, name in asked.items()}
