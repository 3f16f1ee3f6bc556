"""Findings in words: what the title of a figure says of models and targets."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pandas as pd

from study.evidence.winners import baseline, least, ranks
from study.evidence.wording.amounts import capital, listed
from study.formatting import count, human, percent
from study.schema import NOUNS

MOST_TARGETS = 3
"""Targets whose findings stand in one title."""


def called(frame: pd.DataFrame) -> dict[str, str]:
    """What a sentence calls each model of a frame, by its name in figures: its noun, or that name."""
    pairs = frame[["family", "model"]].drop_duplicates().astype(str).to_numpy().tolist()
    return {model: NOUNS.get(family, model) for family, model in pairs}


def by_score(own: pd.DataFrame, score: str, write: Callable[[float], str]) -> str:
    """The models of a target with their score, from the largest, `the network 0.9 and the regression 0.8`; write: gives its
    words."""
    each = own.drop_duplicates("model").sort_values(score, key=lambda values: ranks(-values, 1.0), kind="stable")
    nouns = called(own)
    return listed([f"{nouns[model]} {write(value)}" for model, value in zip(each["model"], each[score], strict=True)])


def surely_off(
    own: pd.DataFrame, off: pd.Series, sure: pd.Series, what: str, much: str, bin_words: Callable[[dict[str, Any], str], str]
) -> list[str]:
    """The bin of a target that is off by most widths of its interval, which models are off too, and which are nowhere.

    off: by how much bins are off. sure: whether they surely are. what, much: the words for what is, and for by how much.
    bin_words: those for a bin and its model's noun.
    """
    if not sure.any():
        return [f"no model's {what} are surely off anywhere by more than {much}"]
    widths = (off.abs() / (own["high"] - own["low"]))[sure].to_numpy(float)
    worst, nouns, wrong = dict(own[sure].iloc[int(widths.argmax())]), called(own), set(own.loc[sure, "model"])
    others = [noun for model, noun in nouns.items() if model in wrong - {worst["model"]}]
    right = [noun for model, noun in nouns.items() if model not in wrong]
    said = [bin_words(worst, nouns[worst["model"]])]
    said += [f"those of {listed(others)} are off too"] if others else []
    return said + ([f"those of {listed(right)} are nowhere surely off by more than {much}"] if right else [])


def least_words(own: pd.DataFrame, loss: str) -> tuple[str, pd.DataFrame]:
    """For which models of a target the mean of a column is the least but for rounding, in words, and their rows."""
    means = own.groupby("model", sort=False)[loss].mean()
    names = least(means, baseline(own, loss))
    said = "all models alike" if 1 < len(names) == len(means) else listed(names)
    return f"is least for {said}", own[own["model"].isin(names)]


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
    said += [f"{count(more, 'more target')} below"] if (more := len(parts) - MOST_TARGETS) > 0 else []
    return f"{'; '.join(said)}." if said else ""


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
