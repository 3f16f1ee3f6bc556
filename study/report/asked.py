"""What the verdicts of a report were asked of, for its text: what gains are shares of, and what
they are held against.
"""

from __future__ import annotations

from study.formatting import given, given_percent
from study.records.results import Results
from study.report.markdown import literal


def _by_target(told: dict[str, str], all_of: str) -> str:
    """What is told of each target: once where it is the same of all, else after `all_of`."""
    if len(set(told.values())) == 1:
        return next(iter(told.values()))
    return f"{all_of} ({'; '.join(f'{words} for {literal(target)}' for target, words in told.items())})"


def shares_of(results: Results) -> str:
    """What the gains are shares of."""
    asked = (
        {each.target: each.metric.noun for each in results.verdicts} if results.concluded else {}
    )
    return _by_target(
        {t: f"the regression's {stake}" for t, stake in asked.items()}
        or {"": "the regression's loss"},
        "what is asked of",
    )


def held_against(results: Results) -> str:
    """What the gains are held against."""
    told = (
        {words.verdict.target: f"the margin of {words.margin}" for words in results.words}
        if results.concluded
        else {}
    )
    return _by_target(told or {"": f"the margin ({_margin(results)})"}, "the bound of each target")


def _margin(results: Results) -> str:
    """The margin of the config, in words."""
    config = results.config
    if config.margin_of == "unit":
        return f"{given(config.margin)} in the metric's own unit"
    return given_percent(config.margin)
