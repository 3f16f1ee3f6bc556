"""Findings in words: what the title of a figure says of models and targets."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

from study.evidence.winners import ranks
from study.evidence.wording.amounts import capital, listed
from study.formatting import human, percent
from study.schema import NETWORK, REGRESSION, TERMS, TREES

SHORT_NAMES = {REGRESSION: "regression", TERMS: "terms", NETWORK: "network", TREES: "trees"}
"""What legends call procedures."""
WIDE = 10.0
"""Per cent, or points."""


def by_score(own: pd.DataFrame, score: str, write: Callable[[float], str]) -> str:
    """The models of a target with their score, from the largest: `network 0.9 and linear regression
    0.8`.

    write: the words of a score.
    """
    each = own.drop_duplicates("model").sort_values(
        score, key=lambda values: ranks(-values, 1.0), kind="stable"
    )
    return listed(
        [
            f"{model.partition(',')[0]} {write(value)}"
            for model, value in zip(each["model"], each[score], strict=True)
        ]
    )


def most_off(own: pd.DataFrame, off: pd.Series, sure: pd.Series) -> dict[str, Any]:
    """Of bins that are off, the one furthest off in widths of its interval. off: by how much bins are."""
    widths = (off.abs() / (own["high"] - own["low"])).where(sure)
    return dict(own.iloc[int(np.nanargmax(widths))])


def at_most(what: str, limit: float, unit: str) -> str:
    """How far off the data allow `what` to be, in per cent; above WIDE they leave it open."""
    size = f"{human(limit, 2)}{unit}"
    if limit > WIDE:
        return f"too few rows to tell: {what} may be off by up to {size}"
    return f"{what} are off by at most {size}"


def each_target(frame: pd.DataFrame, finding: Callable[[pd.DataFrame], str]) -> str:
    """The finding on the one target, the one on all of them, or that on the first."""
    parts = [(str(target), rows) for target, rows in frame.groupby("target", sort=False)]
    if len(parts) == 1:
        return f"{capital(finding(parts[0][1]))}."
    said = {finding(rows): target for target, rows in reversed(parts)}
    if len(said) == 1:
        return f"{capital(*said)}, for every target."
    return f"For {parts[0][0]}, {finding(parts[0][1])}." if parts else ""


def share(value: float) -> str:
    """A share in per cent."""
    return f"{percent(value)}%"


def short(text: str, most: int) -> str:
    """`text` in so many characters at most."""
    return text if len(text) <= most else f"{text[: most - 1].rstrip()}\N{HORIZONTAL ELLIPSIS}"
