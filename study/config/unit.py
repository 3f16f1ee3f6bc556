"""Margins: one of a study, and in a metric's own unit which of them can be."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, PositiveFloat

from study.evidence.metrics import metric_of
from study.schema import Kind, StudyError


def _one(value: Any) -> Any:
    if isinstance(value, Mapping):
        raise ValueError(
            "a study has one margin for all targets. `study ask RESULTS --target NAME --margin M` asks another of one target"
        )
    if isinstance(value, str) and value.endswith("%"):
        with suppress(ValueError):
            return float(value[:-1]) / 100
    return value


Margin = Annotated[
    float,
    Field(gt=0, allow_inf_nan=False),
    BeforeValidator(_one, json_schema_input_type=PositiveFloat | str),
]
"""Of all targets of a study; a share may be a number, or text such as `5%`."""


def check_unit(
    margin: float, margin_of: str, asked: Mapping[str, str], kinds: Mapping[str, Kind]
) -> None:
    """Refuse a margin in a metric's own unit that no difference can reach.

    asked: metric by target. kinds: of every target.

    Raises
    ------
    StudyError
        It is at least the most that the metric can differ by: 1, and 2 of the Brier score of
        several classes.
    """
    if margin_of != "unit":
        return
    for target, name in asked.items():
        metric = metric_of(name, kinds[target])
        most = min(metric.most, 1.0) if metric.more else metric.most
        if margin >= most:
            points = f" For {margin:g} points set {margin / 100:g}." if margin < 100 else ""
            raise StudyError(
                f"margin {margin:g} with `margin_of: unit`: the {metric.title} of {target} differs by less than {most:g}."
                f"{points}"
            )
