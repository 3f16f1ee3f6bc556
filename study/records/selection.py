"""The terms that forward selection finds for the regression of a target and outer fold, and what it leaves on disk."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from study.records.work import FoldRecord, FoldWork
from study.schema import SELECTION, Frozen, TrialState

TIMES = "\N{MULTIPLICATION SIGN}"
SUPERSCRIPTS = {"square": "\N{SUPERSCRIPT TWO}", "cube": "\N{SUPERSCRIPT THREE}"}


MOST_CELLS = 2_000_000
"""Cells of development rows that terms are selected by, for one output;"""
OUTPUTS = 1.25
"""for several, less by their number to this power, by which a selection takes longer."""


def most_rows(terms: int, outputs: int) -> int:
    """Development rows that terms are selected by at most."""
    return max(1, int(MOST_CELLS / terms / outputs**OUTPUTS))


@dataclass(frozen=True)
class Extra:
    """A term to add: the `product` of two terms of different columns, or the `square`, `cube` or `hinge` of a measured one."""

    form: str
    names: tuple[str, ...]

    @property
    def name(self) -> str:
        return self.text(self.names, f"hinge({self.names[0]})")

    def text(self, factors: Sequence[str], hinge: str) -> str:
        """The term as text, from that of its factors and that of the hinge, if it is one."""
        return hinge if self.form == "hinge" else TIMES.join(factors) + SUPERSCRIPTS.get(self.form, "")


class Selection(Frozen):
    """The regression of one outer fold as terms are added to it, and with each of the most promising terms alone.

    terms: (n_terms,) in the order in which they were added, a few at most. l2, val_losses, losses: (n_terms + 1,) penalty,
    validation loss and test loss of the regression with the first 0, 1, ... of them. alone: terms added alone, the largest
    score statistic first, each with its test loss. Losses are means, in the units of `LOSS_NAMES`.
    """

    target: str
    outer_fold: int
    terms: tuple[Extra, ...]
    l2: tuple[float, ...]
    val_losses: tuple[float, ...]
    losses: tuple[float, ...]
    alone: tuple[tuple[Extra, float], ...]

    def place(self, n_terms: int) -> int:
        """Where l2 and losses have the regression with so many terms, or with all where it has fewer."""
        return min(n_terms, len(self.terms))


class ForwardSelection(FoldWork):
    """The search for terms that the regression lacks; the verdict tells them where the network is worth it."""

    sort: ClassVar = SELECTION
    noun: ClassVar = "selection of terms"
    many: ClassVar = "selections of terms"
    without: ClassVar = "what its regression lacks is not told"

    def record(self, study: str, state: TrialState, **found: Any) -> SelectionRecord:
        return SelectionRecord(study=study, work=self, state=state, **found)


class SelectionRecord(FoldRecord):
    """What a selection of terms leaves. selection: nothing where it failed."""

    sort: ClassVar = SELECTION
    work: ForwardSelection
    selection: Selection | None = None
