"""What the improvements of a report are shares of, and the margins of its verdicts."""

from __future__ import annotations

from collections.abc import Iterable

from study.evidence.wording.amounts import listed
from study.formatting import given, given_percent
from study.records.results import Results


def _either(words: Iterable[str]) -> str:
    return listed(list(dict.fromkeys(words)), "or")


def shares_of(results: Results) -> str:
    """What the improvements are shares of."""
    nouns = [each.metric.noun for each in results.verdicts] if results.concluded else []
    return f"the regression's {_either(nouns) or 'loss'}"


def margins_of(results: Results) -> str:
    """The margins in words: of the verdicts, or of the config before there are any."""
    config = results.config
    found = [words.margin for words in results.words] if results.concluded else []
    amount = given if config.margin_of == "unit" else given_percent
    return f"your margin ({_either(found) or amount(config.margin)})"
