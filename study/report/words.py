"""Findings in words: what the title of a figure says of models and targets."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import pandas as pd

from study.digits import count, human
from study.evidence.sentences import capital, listed, percent
from study.evidence.winners import baseline, least
from study.schema import NOUNS

MOST_TARGETS = 3
"""Targets whose findings stand in one title."""


def called(frame: pd.DataFrame) -> dict[str, str]:
    """What a sentence calls each model of a frame, by its name in figures: its noun, or that name."""
    pairs = frame[["family", "model"]].drop_duplicates().astype(str).to_numpy().tolist()
    return {model: NOUNS.get(family, model) for family, model in pairs}


def most_off(sure: pd.DataFrame, off: pd.Series) -> dict[str, Any]:
    """Of rows that are surely off, the one that is so by most widths of its interval."""
    widths = (off.abs() / (sure["high"] - sure["low"])).to_numpy(float)
    return dict(sure.iloc[int(widths.argmax())])


def beside(own: pd.DataFrame, sure: pd.DataFrame, first: str) -> tuple[str, str]:
    """The models of a target, but for the first, that are off somewhere, and those that are off nowhere, as `a, b and c`."""
    nouns, wrong = called(own), set(sure["model"])
    others = listed([noun for model, noun in nouns.items() if model in wrong and model != first])
    return others, listed([noun for model, noun in nouns.items() if model not in wrong])


def leading(own: pd.DataFrame, loss: str) -> tuple[str, pd.DataFrame]:
    """The models of a target whose mean of a column is the least but for rounding: their names in words, and their rows."""
    means = own.groupby("model", sort=False)[loss].mean()
    names = least(means, baseline(own, loss))
    said = "all models alike" if 1 < len(names) == len(means) else listed(names)
    return said, own[own["model"].isin(names)]


def several(frame: pd.DataFrame) -> bool:
    """Whether there is more than one target, so that words must name it."""
    return len(frame["target"].unique()) > 1


def first_of(told: list[str], most: int = 2) -> str:
    """What is told of the first targets, and of how many more it could be."""
    more = len(told) - most
    return "; ".join([*told[:most], *([f"and so on for {count(more, 'more target')}"] if more > 0 else [])])


def each_target(frame: pd.DataFrame, clauses: Callable[[pd.DataFrame], list[str]]) -> str:
    """All clauses on the one target, or the first on each of MOST_TARGETS after their names, and how many more there are."""
    parts = [(str(target), rows) for target, rows in frame.groupby("target", sort=False)]
    if len(parts) == 1:
        return capital("; ".join(clauses(parts[0][1]))) + "."
    said = [f"{target}: {clauses(rows)[0]}" for target, rows in parts[:MOST_TARGETS]]
    more = len(parts) - len(said)
    return "; ".join([*said, *([f"{count(more, 'more target')} below"] if more else [])]) + "."


def verb(noun: str, one: str, many: str) -> str:
    """What a model does: boosted trees are many."""
    return many if noun.endswith("trees") else one


def rows_in_words(rows: float) -> str:
    """How many test rows, to a tenth: repeats that differ divide a row."""
    tenths = round(rows, 1)
    whole = tenths.is_integer()
    return human(int(tenths)) if whole else human(tenths, max(math.floor(math.log10(tenths)) + 2, 1))


def share(value: float) -> str:
    """A share in per cent."""
    return f"{percent(value)} %"


def points(value: float) -> str:
    """A difference of two shares."""
    return f"{human(100 * value, 2)} percentage points"


def short(text: str, most: int) -> str:
    """`text` in so many characters at most."""
    return text if len(text) <= most else f"{text[: most - 1].rstrip()}\N{HORIZONTAL ELLIPSIS}"


def span(start: str, end: str, place: int, last: int) -> str:
    """A bin's range in words: the first is `below` its end, the last `above` its start; places count from 0."""
    if not 0 < place < last:
        return f"below {end}" if place == 0 else f"above {start}"
    return f"from {start} to {end}"
