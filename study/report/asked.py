"""What the verdicts of a report were asked of, for its text: what gains are shares of, and what they are held against."""

from __future__ import annotations

from study.digits import given, given_percent
from study.evidence.answer import Verdict
from study.evidence.metrics import METRICS
from study.records.results import Results
from study.report.markdown import literal


def _by_target(told: dict[str, str], all_of: str) -> str:
    """What is told of each target: once where it is the same of all, else after `all_of`."""
    if len(set(told.values())) == 1:
        return next(iter(told.values()))
    return f"{all_of} ({'; '.join(f'{words} for {literal(target)}' for target, words in told.items())})"


def shares_of(results: Results) -> str:
    """What the gains are shares of."""
    asked = {each.target: METRICS[each.question.metric].stake for each in results.verdicts} if results.concluded else {}
    return _by_target(
        {t: f"the regression's {stake}" for t, stake in asked.items()} or {"": "the regression's loss"}, "what is asked of"
    )


def held_against(results: Results) -> str:
    """What the gains are held against."""
    told = {each.target: _bound(each) for each in results.verdicts} if results.concluded else {}
    return _by_target(told or {"": f"the margin ({_margin(results)})"}, "the bound of each target")


def _bound(verdict: Verdict) -> str:
    refused = verdict.bound is not None and verdict.bound.refused
    return "a margin, which is refused" if refused else f"the {verdict.bound_name}"


def _margin(results: Results) -> str:
    """The margin of the config, in words."""
    config = results.config
    if config.margin_of == "unit":
        return f"{given(config.margin)} in the metric's own unit"
    return given_percent(config.margin) + (" of what the regression explains" if config.margin_of == "explained" else "")
