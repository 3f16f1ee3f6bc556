"""A verdict in words."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import partial

from study.evidence.answer import Verdict
from study.evidence.findings import UNDECIDED
from study.evidence.margins import FLOOR, MARGIN
from study.evidence.rule import above_all, apart
from study.evidence.wording import lines, questions
from study.evidence.wording.clauses import Clauses, given_away
from study.evidence.wording.margins import margins_words
from study.evidence.wording.meaning import meaning_words, most_words
from study.evidence.wording.sentences import decided_words, listed
from study.schema import CONSTANT, EXTENDED, NETWORK, NOUNS, REGRESSION

BESIDE = ("bound", "margins", "sources", "short", "depths", "trees", "floor")
"""Sentences that stand beside an answer, in the order in which they are told; None where there is nothing to tell."""
WORDS = ("sentence", "action", "estimand", "method", *BESIDE)


@dataclass(frozen=True)
class Words:
    """What is said of a verdict, property by property; None where there is nothing to say."""

    verdict: Verdict

    @property
    def sentence(self) -> str:
        own = self.verdict
        if own.verdict is None:
            return lines.no_verdict_words(own.target, self._lacking, own.metric.label if own.undefined else None)
        beaten = f" None of these is reliably better than {NOUNS[CONSTANT]}, which ignores every feature."
        means = f"{meaning_words(own.meaning, own.kind, own.target, own.nouns)} " if own.meaning else ""
        said = questions.question_words(own.question, own.kind) + means + self._clauses.sentence()
        return said + (beaten if own.use_none else "")

    @property
    def action(self) -> str:
        """What to do."""
        own, todo = self.verdict, self._action()
        if own.trees is None or not above_all(own.trees.over, own.by_pair, own.bar):
            return todo
        sure = f"Boosted trees are ahead of all models here by more than the {self.bound_name}"
        return f"{sure}: use them where prediction alone counts. Otherwise {todo[:1].lower()}{todo[1:]}"

    @property
    def estimand(self) -> str:
        """What the losses and intervals are about."""
        return lines.estimand_words(self.verdict.n_train)

    @property
    def method(self) -> str | None:
        """What the intervals are."""
        own = self.verdict
        return lines.method_words([each.gain for each in own.gains], own.nouns[REGRESSION]) if own.gains else None

    @property
    def sources(self) -> str | None:
        """Where the gain comes from."""
        own = self.verdict
        if own.sources is None or math.isnan(own.sources.interactions.improvement):
            return None
        rest = own.by_pair.get((EXTENDED, NETWORK))
        return lines.sources_words(own.sources, rest, own.nouns, REGRESSION, own.metric.noun)

    @property
    def short(self) -> str | None:
        """What the short formula gives."""
        own = self.verdict
        more = own.nouns, REGRESSION, own.bar, own.metric.noun, self.named
        return lines.short_words(own.short, *more) if own.short else None

    @property
    def depths(self) -> str | None:
        """What choosing the depth costs and brings."""
        own = self.verdict
        told = [each for each in own.depths if math.isfinite(each.gain.improvement)]
        said = lines.depths_words(told, own.chosen, own.nouns[REGRESSION], own.metric.noun) if own.regression else ""
        return said or None

    @property
    def trees(self) -> str | None:
        """What boosted trees say beside the verdict."""
        own = self.verdict
        return lines.trees_words(own.trees, own.nouns, own.metric.noun) if own.trees else None

    @property
    def floor(self) -> str | None:
        """How many test rows are at the floor of the log loss."""
        return lines.floor_words(self.verdict.floor, self.verdict.nouns) if self.verdict.floor else None

    @property
    def bound(self) -> str | None:
        """What the margin is where it is no plain share of the regression's loss, and whether the floor takes its place."""
        own = self.verdict
        return questions.bound_words(own.question, own.bound, own.metric, own.target, own.nouns[REGRESSION]) or None

    @property
    def margins(self) -> str | None:
        """What the answer is at other margins."""
        own = self.verdict
        if own.meaning is None or math.isnan(own.margin) or math.isnan(own.gains[0].gain.improvement):
            return None
        tell = partial(questions.stated, question=own.question, bound=own.bound, metric=own.metric)
        return margins_words(own.by_pair, own.bar, self.named.get(FLOOR, FLOOR), tell)

    @property
    def bound_name(self) -> str:
        """What the larger of margin and floor is called, after an article."""
        return self.named[self.verdict.bound.held if self.verdict.bound else MARGIN]

    @property
    def named(self) -> dict[str, str]:
        """What MARGIN and FLOOR are called, after an article."""
        own = self.verdict
        return questions.named(own.question, own.bound, own.metric, own.target)

    @property
    def _lacking(self) -> str:
        return "a network or a regression with terms" if self.verdict.regression else "a regression"

    @property
    def _clauses(self) -> Clauses:
        own, held = self.verdict, (self.verdict.bar, self.named)
        return Clauses(own.target, own.gains, own.left, str(own.verdict), own.nouns, own.chosen, *held, own.metric.noun)

    def _action(self) -> str:
        own = self.verdict
        if own.verdict is None:
            return lines.no_verdict_action(self._lacking, own.undefined)
        if own.use_none:
            return "Use none of these yet: look for features that tell more about the target."
        noun = own.nouns[own.left[0]]
        if own.verdict != UNDECIDED:
            return f"Use {noun}."
        keep = f"Keep {noun}, the {'simplest of these' if len(own.left) > 2 else 'simpler of the two'}"
        richer = [gain for (base, _), gain in own.by_pair.items() if base == own.left[0]]
        if lost := [own.nouns[other] for base, other in apart(own.by_pair) if base == own.left[0]]:
            return f"{keep}: no test row compares it with {listed(lost)}, so that nothing bounds what is given away."
        if not all(gain.known for gain in richer):
            return f"{keep}; more test rows are needed for any interval."
        means = most_words(own.meaning, own.kind, own.left[0]) if own.meaning else ""
        of = f"of {own.nouns[REGRESSION]}'s {own.metric.noun}"
        said = f"{keep}: {given_away(richer, of, means)}"
        if (found := own.decided_at) is None:
            return said
        names = own.nouns[found.base], own.nouns[found.other], self.named.get(found.held, found.held)
        return f"{said} {decided_words(found, *names)}"
