"""A verdict in words: its headline, the numbers that decide it, what to do, and what stands beside
it.
"""

from __future__ import annotations

import math

from study.evidence.decided import LIKELY, MOST_TIMES
from study.evidence.findings import NONE, UNDECIDED, Gain
from study.evidence.metrics import metric_of
from study.evidence.rule import open_pair, scored_models
from study.evidence.wording.amounts import capital, digits, limits, listed, points, share, signed
from study.evidence.wording.beside import Beside, at_most
from study.formatting import about, count, human
from study.schema import LOSS, NETWORK, REGRESSION, TERMS

BESIDE = ("bound", "margins", "sources", "formula", "depths", "trees", "clipped")
"""Sentences that stand beside a verdict, in the order in which they are told; None where there is
nothing to tell."""
WORDS = ("headline", "lines", "settle", "action", "tested", "method", *BESIDE)
RICHER = {TERMS: "extra terms", NETWORK: "a network"}
FEW_WRONG = 20
"""Test rows that are wrong, below which models of classes cannot be ranked."""


class Words(Beside):
    """What is said of a verdict, property by property; None where there is nothing to say."""

    @property
    def headline(self) -> str:
        """The verdict, with the model to use."""
        own, plain = self.verdict, capital(self.names[REGRESSION])
        stay = f"Can't tell yet. Stay with {self.names[own.left[0]]}." if own.gains else ""
        told = {
            None: f"No verdict: {self._lacking}.",
            REGRESSION: f"{plain} is enough.",
            TERMS: f"{plain} with extra terms is enough.",
            NETWORK: "A neural network is worth it.",
            NONE: f"No model {'beats the baseline by the margin' if self._no_better else 'is shown to beat the baseline'}.",
            UNDECIDED: self._settled or stay,
        }
        return told[own.verdict]

    @property
    def lines(self) -> tuple[str, ...]:
        """The number that decides, and the margin."""
        own = self.verdict
        told = {
            REGRESSION: self._enough,
            TERMS: self._terms,
            NETWORK: self._worth,
            UNDECIDED: self._undecided,
        }
        lines = told[own.verdict]() if own.verdict in told else []
        if own.verdict == NONE:
            most = own.over_baseline
            lines = [
                f"The data allow at most {signed(most)} over the baseline." if 0 < most < 1 else "",
                f"Look for features that say more about {own.target}.",
            ]
        return tuple(filter(None, [self.question, *lines]))

    @property
    def sentence(self) -> str:
        """Headline and lines."""
        return " ".join((self.headline, *self.lines))

    @property
    def question(self) -> str | None:
        """What was asked of, where it is not the loss or was chosen late."""
        asked, metric = self.verdict.question, self.verdict.metric
        if asked.after:
            return f"Exploratory: this question ({metric.title}) was chosen after the results were known."
        return f"Judged by {metric.title}." if asked.metric != LOSS else None

    @property
    def action(self) -> str:
        """What to do."""
        own = self.verdict
        if own.verdict is None:
            lost = own.undefined
            return (
                "Ask by another metric: `study ask FOLDER --metric loss`."
                if lost
                else "Add the missing family to `families`."
            )
        if own.verdict == NONE:
            return f"Look for features that say more about {own.target}; until then predict with {self.names[own.left[0]]}."
        do = f"{'Stay' if own.verdict == UNDECIDED else 'Predict'} with {self.names[own.left[0]]}."
        return " ".join(filter(None, [do, self.settle, self.trees]))

    @property
    def settle(self) -> str | None:
        """What would settle an open verdict."""
        found = self.verdict.decided_at
        if found is None or math.isnan(found.above):
            return None
        if math.isnan(found.times):
            ended = min(1.0, found.above + found.below)
            return f"With {MOST_TIMES:g} times the rows, {ended:.0%} of such studies would reach a verdict."
        rows = (
            f"About {about(found.rows)} rows in all"
            if math.isfinite(found.rows)
            else f"{about(found.times)} times the rows"
        )
        chance = max(found.above, found.below, LIKELY)
        return f"{rows} would likely settle it ({10 * chance:.0f} in 10 such studies). Collect them, then run once."

    @property
    def _lacking(self) -> str:
        if self.verdict.undefined:
            return f"the metric {self.verdict.metric.label} does not exist on these test rows"
        return f"no test rows were scored with {'extra terms or a network' if self.verdict.regression else 'a regression'}"

    @property
    def _no_better(self) -> bool:
        """Whether every model's improvement over the baseline is surely below the margin."""
        return self.verdict.over_baseline < self.verdict.question.margin

    @property
    def _loss(self) -> str:
        return f"{self.names[REGRESSION]}'s {self.verdict.metric.noun}"

    @property
    def _settled(self) -> str | None:
        """What an open verdict has settled; None where nothing."""
        enough = f"{capital(self.names[REGRESSION])} is not enough. Can't tell yet whether extra terms will do."
        settled: dict[tuple[str, ...], str] = {
            (REGRESSION, TERMS): "No network needed. Can't tell yet whether extra terms are.",
            (TERMS, NETWORK): enough,
            (
                REGRESSION,
                NETWORK,
            ): "Extra terms alone won't do. Can't tell yet whether a network is worth it.",
        }
        return (
            settled.get(self.verdict.left)
            if len(scored_models(self.verdict.by_pair)) == 3
            else None
        )

    def _enough(self) -> list[str | None]:
        over = {
            other: gain
            for (base, other), gain in self.verdict.by_pair.items()
            if base == REGRESSION
        }
        names = [RICHER[name] for name in over]
        if all(gain.nothing for gain in over.values()):
            return [f"It predicts every test row of {self.verdict.target} without error."]
        worst = max(over.values(), key=lambda gain: gain.high if gain.bounded else math.inf)
        if not worst.bounded:
            return [
                f"{capital(listed(names, 'or'))} would improve it by less than the margin.",
                self.bound,
            ]
        if worst.high <= 0:
            either = (
                f"Neither {' nor '.join(names)} improves"
                if len(names) > 1
                else f"{capital(names[0])} would not improve"
            )
            return [f"{either} on it.", self.bound]
        return [
            f"{capital(listed(names, 'or'))} would improve it by at most {share(worst.high)} (95% confidence).",
            self.bound,
        ]

    def _terms(self) -> list[str | None]:
        gains = self.verdict.by_pair
        rest = gains.get((TERMS, NETWORK))
        first = (
            f"Extra terms remove {self._removed(gains[REGRESSION, TERMS])}."
            if (REGRESSION, TERMS) in gains
            else ""
        )
        return [first, at_most(rest, "A network would remove") if rest and rest.known else ""]

    def _worth(self) -> list[str | None]:
        gains = self.verdict.by_pair
        lines = (
            [f"It removes {self._removed(gains[REGRESSION, NETWORK])}."]
            if (REGRESSION, NETWORK) in gains
            else []
        )
        if (more := gains.get((TERMS, NETWORK))) and more.known and math.isfinite(more.improvement):
            size = points(more.improvement)
            inside = limits(more, "", plain=True)
            lines.append(
                f"That is {size} points{f' ({inside})' * (inside != size)} more than extra terms remove."
            )
        return [*lines, self.bound]

    def _undecided(self) -> list[str | None]:
        pair = open_pair(self.verdict.by_pair, self.verdict.threshold)
        gains = self.verdict.by_pair
        if pair is None:
            return ["No test row compares the models that are left."]
        gain, model = gains[pair[:2]], RICHER[pair[1]]
        if not gain.bounded and math.isnan(gain.low):
            return [
                *self._few(gain),
                f"{count(gain.n_rows, 'test row')} can't say whether {model} would help or harm.",
                self.bound,
            ]
        if pair[0] == TERMS:
            return [
                f"Over extra terms the data allow a network {self._allowed(limits(gain, ''))} points.",
                self.bound,
            ]
        terms = gains.get((REGRESSION, TERMS))
        if pair[1] == NETWORK and terms and terms.bounded and TERMS in self.verdict.left:
            both = f"{limits(terms)} for extra terms and {limits(gain)} for a network"
            return [f"The data allow {both}.", self.bound]
        return [f"For {model} the data allow {self._allowed(limits(gain))}.", self.bound]

    def _few(self, gain: Gain) -> list[str | None]:
        """How few rows are wrong, where that is why models of classes cannot be ranked."""
        own = self.verdict
        right = (
            own.meaning.values.get(own.left[0], math.nan)
            if own.meaning and own.meaning.metric == "accuracy"
            else math.nan
        )
        if not (1 - right) * gain.n_rows < FEW_WRONG:
            return []
        if right == 1:
            return [
                f"It gets all {human(gain.n_rows)} test rows right, so none can show a better model."
            ]
        lost = digits(100 * (1 - right))
        few = f"About {round((1 - right) * gain.n_rows)} of {human(gain.n_rows)} rows are wrong, too few to compare models on."
        return [
            f"It gets {metric_of('accuracy', own.kind).told(right)} of rows right. "
            f"A perfect model would get {lost} points more.",
            few,
        ]

    @staticmethod
    def _allowed(found: str) -> str:
        return f"anything from {found}" if " to " in found and not found.startswith("up") else found

    def _removed(self, gain: Gain) -> str:
        """What is removed, with its limits: `41% of linear regression's MSE (31% to 50%)`."""
        if math.isnan(gain.improvement):
            return f"{points(gain.base_loss - gain.other_loss)} points of the rows that {self.names[REGRESSION]} gets wrong"
        size = share(gain.improvement).replace(">", "over ")
        inside = limits(gain, plain=True)
        return f"{size} of {self._loss}" + (
            "" if inside == share(gain.improvement) else f" ({inside})"
        )
