"""The answer for one target, and the file of all answers of a study."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable
from functools import partial
from typing import Any

from study.evidence import lines
from study.evidence.clauses import Clauses, given_away
from study.evidence.findings import (
    UNDECIDED,
    DecidedAt,
    DepthGain,
    Gain,
    Missing,
    Number,
    Rung,
    RungGain,
    ShortLine,
    Sources,
    TreesLine,
)
from study.evidence.joint import together_json
from study.evidence.margin_curves import margins_words
from study.evidence.margins import FLOOR, MARGIN, Bar, Bound, Question
from study.evidence.metrics import Metric, metric_of
from study.evidence.questions import bound_words, named, question_words, stated
from study.evidence.rule import ANSWERS, BELOW, above_all, apart, side_of, standing
from study.evidence.scale import Meaning, meaning_words, most_words
from study.evidence.sentences import decided_words, listed
from study.schema import CONSTANT, EXTENDED, NETWORK, NOUNS, REGRESSION, Frozen, Kind, StudyWarning

VERSION = 8
"""Version of verdicts.json; the first was a list of dicts and named none."""
BESIDE = (
    "bound_words", "margins_words", "sources_words", "short_words", "missing_words", "depths_words", "trees_words",
    "floor_words",
)  # fmt: skip
"""Sentences that stand beside a verdict, in the order in which they are told; None where there is nothing to tell."""
WORDS = (
    "verdict", "sentence", "action", "answer_procedure", "formula", "estimand", "method_words", *BESIDE,
)  # fmt: skip
"""What is written beside the numbers for those who read the file, and made anew from the numbers when it is read."""


class Verdict(Frozen):
    """Whether on one target the regression is enough, the regression with terms, or the network, or what is undecided.

    margin: smallest gain that matters, a share of the regression's shortfall in the metric that was asked of, which is its loss
    unless `question` says otherwise; NaN where no margin can be told (`bound`). regression: its family. chosen: family and
    depth that *the network* took in each outer fold. gains: of every richer rung over every simpler one. smallest_sufficient:
    the fewest hidden layers that are surely enough, where that is told (`study.evidence.judge.Judge`). beats_constant: whether
    any of the models is reliably better than the constant. n_train: rows that an outer fold leaves. decided_at: only where
    undecided. sources: of the gain of the regression with terms. depths: the network against each single depth, where there are
    several. trees, short, missing: beside it. floor: test rows at the floor of the log loss, of each procedure that has any.
    question: what was asked of; bound: margin and floor on one scale. meaning: what the losses mean. undefined: whether the
    rows have no such metric. None or empty where it does not apply or rows are too few to tell.
    """

    target: str
    kind: Kind
    margin: Number
    regression: str | None
    chosen: dict[int, Rung]
    gains: tuple[RungGain, ...]
    smallest_sufficient: Rung | None
    beats_constant: bool | None
    n_train: Number
    decided_at: DecidedAt | None = None
    sources: Sources | None = None
    depths: tuple[DepthGain, ...] = ()
    trees: TreesLine | None = None
    short: ShortLine | None = None
    missing: Missing | None = None
    floor: dict[str, int] = {}
    question: Question = Question()
    bound: Bound | None = None
    meaning: Meaning | None = None
    undefined: bool = False

    @property
    def metric(self) -> Metric:
        """What was asked of."""
        return metric_of(self.question.metric, self.kind)

    @property
    def by_pair(self) -> dict[tuple[str, str], Gain]:
        """Gains by (simpler, richer) of REGRESSION, EXTENDED and NETWORK."""
        return {(each.base, each.other): each.gain for each in self.gains}

    @property
    def left(self) -> tuple[str, ...]:
        """What the rule leaves (`study.evidence.rule.standing`): the answer alone, or what it is undecided between."""
        return standing(self.by_pair, self.bar)

    @property
    def bar(self) -> Bar:
        """What a gain has to pass to matter."""
        return self.bound.bar if self.bound else Bar(self.margin)

    @property
    def verdict(self) -> str | None:
        """ENOUGH, TERMS, WORTH or UNDECIDED; None where no test row was scored with two of the three."""
        return None if not self.gains else ANSWERS[self.left[0]] if len(self.left) == 1 else UNDECIDED

    @property
    def answer_procedure(self) -> str | None:
        """REGRESSION, EXTENDED or NETWORK: the answer, or the simplest of what it is undecided between."""
        return self.left[0] if self.gains else None

    @property
    def use_none(self) -> bool:
        """Whether nothing is reliably better than the constant."""
        return self.beats_constant is False

    @property
    def nouns(self) -> dict[str, str]:
        """What a sentence calls each procedure."""
        return NOUNS | {REGRESSION: NOUNS.get(str(self.regression), str(self.regression))}

    @property
    def sentence(self) -> str:
        if self.verdict is None:
            return lines.no_verdict_words(self.target, self._lacking, self.metric.label if self.undefined else None)
        beaten = f" None of these is reliably better than {NOUNS[CONSTANT]}, which ignores every feature."
        means = f"{meaning_words(self.meaning, self.kind, self.target, self.nouns)} " if self.meaning else ""
        return question_words(self.question, self.kind) + means + self._clauses.sentence() + (beaten if self.use_none else "")

    @property
    def action(self) -> str:
        """What to do."""
        todo = self._action()
        if self.trees is None or not above_all(self.trees.over, self.by_pair, self.bar):
            return todo
        sure = f"Boosted trees are ahead of all models here by more than the {self.bound_name}"
        return f"{sure}: use them where prediction alone counts. Otherwise {todo[:1].lower()}{todo[1:]}"

    @property
    def formula(self) -> str | None:
        """The short formula as text, where it stands for a regression with terms that is not ruled out."""
        stands = self.short and self.short.left and side_of(self.short.left, self.bar) == BELOW
        return self.short.formula if self.short and stands and EXTENDED in self.left else None

    @property
    def estimand(self) -> str:
        """What the losses and intervals are about."""
        return lines.estimand_words(self.n_train)

    @property
    def method_words(self) -> str | None:
        """What the intervals are."""
        return lines.method_words([each.gain for each in self.gains], self.nouns[REGRESSION]) if self.gains else None

    @property
    def sources_words(self) -> str | None:
        """Where the gain comes from."""
        if self.sources is None or math.isnan(self.sources.interactions.improvement):
            return None
        return lines.sources_words(
            self.sources, self.by_pair.get((EXTENDED, NETWORK)), self.nouns, REGRESSION, self.metric.noun
        )

    @property
    def short_words(self) -> str | None:
        """What the short formula gives."""
        return (
            lines.short_words(self.short, self.nouns, REGRESSION, self.bar, self.metric.noun, self._named)
            if self.short
            else None
        )

    @property
    def missing_words(self) -> str | None:
        """What is surely missing from the regression."""
        return lines.missing_words(self.missing, self.nouns[REGRESSION]) if self.missing and self.regression else None

    @property
    def depths_words(self) -> str | None:
        """What choosing the depth costs and brings."""
        told = [each for each in self.depths if math.isfinite(each.gain.improvement)]
        return (
            lines.depths_words(told, self.chosen, self.nouns[REGRESSION], self.metric.noun) or None if self.regression else None
        )

    @property
    def trees_words(self) -> str | None:
        """What boosted trees say beside the verdict, where they were scored."""
        return lines.trees_words(self.trees, self.nouns, self.metric.noun) if self.trees else None

    @property
    def floor_words(self) -> str | None:
        """How many test rows are at the floor of the log loss."""
        return lines.floor_words(self.floor, self.nouns) if self.floor else None

    @property
    def _lacking(self) -> str:
        return "a network or a regression with terms" if self.regression else "a regression"

    @property
    def bound_words(self) -> str | None:
        """What the margin is where it is no plain share of the regression's loss, and whether the floor takes its place."""
        return bound_words(self.question, self.bound, self.metric, self.target, self.nouns[REGRESSION]) or None

    @property
    def margins_words(self) -> str | None:
        """What the answer is at other margins; nothing where no margin can be told, or nothing be gained."""
        if self.meaning is None or math.isnan(self.margin) or math.isnan(self.gains[0].gain.improvement):
            return None
        tell = partial(stated, question=self.question, bound=self.bound, metric=self.metric)
        return margins_words(self.by_pair, self.bar, self._named.get(FLOOR, FLOOR), tell)

    @property
    def bound_name(self) -> str:
        """What the larger of margin and floor is called, after an article."""
        return self._named[self.bound.held if self.bound else MARGIN]

    @property
    def _named(self) -> dict[str, str]:
        return named(self.question, self.bound, self.metric, self.target)

    @property
    def _clauses(self) -> Clauses:
        """The parts of the sentence, of a target with a verdict."""
        answer, held = str(self.verdict), (self.bar, self._named)
        return Clauses(self.target, self.gains, self.left, answer, self.nouns, self.chosen, *held, self.metric.noun)

    def _action(self) -> str:
        if self.verdict is None:
            return lines.no_verdict_action(self._lacking, self.undefined)
        if self.use_none:
            return "Use none of these yet: look for features that tell more about the target."
        noun = self.nouns[self.left[0]]
        if self.verdict != UNDECIDED:
            return f"Use {noun}."
        keep = f"Keep {noun}, the {'simplest of these' if len(self.left) > 2 else 'simpler of the two'}"
        richer = [gain for (base, _), gain in self.by_pair.items() if base == self.left[0]]
        if lost := [self.nouns[other] for base, other in apart(self.by_pair) if base == self.left[0]]:
            return f"{keep}: no test row compares it with {listed(lost)}, so that nothing bounds what is given away."
        if not all(gain.known for gain in richer):
            return f"{keep}; more test rows are needed for any interval."
        means = most_words(self.meaning, self.kind, self.left[0]) if self.meaning else ""
        of = f"of {self.nouns[REGRESSION]}'s {self.metric.noun}"
        said = f"{keep}: {given_away(richer, of, means)}"
        if (found := self.decided_at) is None:
            return said
        names = self.nouns[found.base], self.nouns[found.other], self._named.get(found.held, found.held)
        return f"{said} {decided_words(found, *names)}"

    def to_json(self) -> dict[str, Any]:
        """The numbers as JSON values, with null for NaN, and WORDS."""
        words = {name: getattr(self, name) for name in WORDS}
        return {"target": self.target, "kind": self.kind.value} | words | self.model_dump(mode="json")

    @classmethod
    def from_json(cls, content: dict[str, Any]) -> Verdict:
        """The verdict that `to_json` wrote; a ValueError where it is another thing."""
        return cls.model_validate({key: value for key, value in content.items() if key not in WORDS})


def write_verdicts(verdicts: Iterable[Verdict], warnings: Iterable[StudyWarning] = ()) -> str:
    """Content of verdicts.json; together: what holds for all targets at once."""
    told = list(verdicts)
    content = {"version": VERSION, "verdicts": [verdict.to_json() for verdict in told], "together": together_json(told)}
    content["warnings"] = [warning.model_dump(mode="json") for warning in warnings]
    return json.dumps(content, indent=2, ensure_ascii=False, allow_nan=False)


def read_verdicts(text: str) -> list[Verdict]:
    """The verdicts in the content of a verdicts.json.

    Raises
    ------
    ValueError
        It is of another version, or no such file.
    """
    return [Verdict.from_json(verdict) for verdict in _read(text)["verdicts"]]


def read_warnings(text: str) -> list[StudyWarning]:
    """The warnings in such content; errors as `read_verdicts`."""
    return [StudyWarning.model_validate(warning) for warning in _read(text).get("warnings", [])]


def _read(text: str) -> dict[str, Any]:
    content = json.loads(text)
    if (version := content.get("version") if isinstance(content, dict) else 1) != VERSION:
        raise ValueError(f"it is of version {version}, and this is version {VERSION}")
    return dict(content)
