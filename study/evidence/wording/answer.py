"""A verdict in words: its headline, the numbers that decide it, what to do, and what stands beside it."""

from __future__ import annotations

import math
from dataclasses import dataclass

from study.evidence.answer import Verdict
from study.evidence.decided import LIKELY, MOST_TIMES
from study.evidence.findings import ENOUGH, LEAST_UNITS, NONE, TERMS, UNDECIDED, WORTH, Gain
from study.evidence.intervals import METHODS
from study.evidence.margin_curves import MOST, spans
from study.evidence.margins import FLOOR, UNIT
from study.evidence.metrics import metric_of
from study.evidence.rule import BELOW, above_all, open_pair, rungs, side_of
from study.evidence.wording.amounts import capital, digits, limits, listed, points, share, signed
from study.formatting import about, count, given_percent, human
from study.schema import EXTENDED, LOSS, NETWORK, NOUNS, REGRESSION

BESIDE = ("bound", "margins", "sources", "formula", "missing", "depths", "trees", "clipped")
"""Sentences that stand beside a verdict, in the order in which they are told; None where there is nothing to tell."""
WORDS = ("headline", "lines", "settle", "action", "tested", "method", *BESIDE)
RICHER = {EXTENDED: "extra terms", NETWORK: "a network"}
MOST_NAMED = 6
"""Most terms that a sentence names."""
FEW_WRONG = 20
"""Test rows that are wrong, below which models of classes cannot be ranked."""


@dataclass(frozen=True)
class Words:
    """What is said of a verdict, property by property; None where there is nothing to say."""

    verdict: Verdict

    @property
    def names(self) -> dict[str, str]:
        """What a sentence calls each model."""
        regression = self.verdict.nouns[REGRESSION]
        return NOUNS | {REGRESSION: regression, EXTENDED: f"{regression} with extra terms", NETWORK: "the network"}

    @property
    def headline(self) -> str:
        """The verdict, with the model to use."""
        own, plain = self.verdict, capital(self.names[REGRESSION])
        stay = f"Can't tell yet. Stay with {self.names[own.left[0]]}." if own.gains else ""
        told = {
            None: f"No verdict: {self._lacking}.",
            ENOUGH: f"{plain} is enough.",
            TERMS: f"{plain} with extra terms is enough.",
            WORTH: "A neural network is worth it.",
            NONE: f"No model {'beats the baseline by the margin' if self._no_better else 'is shown to beat the baseline'}.",
            UNDECIDED: self._settled or stay,
        }
        return told[own.verdict]

    @property
    def lines(self) -> tuple[str, ...]:
        """The number that decides, and the margin."""
        own = self.verdict
        told = {ENOUGH: self._enough, TERMS: self._terms, WORTH: self._worth, UNDECIDED: self._undecided}
        lines = told[own.verdict]() if own.verdict in told else []
        if own.verdict == NONE:
            lines = [f"Look for features that say more about {own.target}."]
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
                "Ask by another metric: `study ask FOLDER --metric loss`." if lost else "Add the missing family to `families`."
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
            open_ = max(0.0, 1 - found.above - found.below)
            return f"Even with {MOST_TIMES:g} times the rows, {open_:.0%} of such studies would stay undecided."
        rows = f"About {about(found.rows)} rows in all" if math.isfinite(found.rows) else f"{about(found.times)} times the rows"
        chance = max(found.above, found.below, LIKELY)
        return f"{rows} would likely settle it ({10 * chance:.0f} in 10 such studies). Collect them, then run once."

    @property
    def tested(self) -> str:
        """What the test losses are of."""
        rows = self.verdict.n_train
        trained = f"trained on {human(round(rows))} rows" if math.isfinite(rows) else "trained without the test rows"
        final = "The final model is trained the same way on all rows, so it can't be tested itself."
        return f"Test losses come from models {trained}. {final}"

    @property
    def method(self) -> str | None:
        """What the intervals are."""
        own = self.verdict
        return capital(METHODS[own.gains[0].gain.method].words(own.gains[0].gain)) + "." if own.gains else None

    @property
    def bound(self) -> str:
        """The margin, and where it comes from if it is no plain share."""
        own, asked = self.verdict, self.verdict.question
        if own.bound is None or math.isnan(own.margin):
            return ""
        if own.bound.held == FLOOR:
            return f"The margin here is {share(own.bound.share)}: {own.metric.floor(asked.floor, own.target)}."
        if asked.margin_of == UNIT:
            return f"Your margin is {own.metric.amount(asked.margin)}, {share(own.bound.share)} here."
        return f"Your margin is {self.margin}."

    @property
    def margin(self) -> str:
        """The larger of margin and minimum margin, in per cent."""
        own = self.verdict
        plain = own.bound is None or (own.bound.held != FLOOR and own.question.margin_of != UNIT)
        return given_percent(own.question.margin) if plain else share(own.margin)

    @property
    def margins(self) -> str | None:
        """For which margins the verdict is the same."""
        own = self.verdict
        if not own.gains or math.isnan(own.bar.margin) or math.isnan(own.gains[0].gain.improvement) or own.verdict == NONE:
            return None
        found = next((each for each in spans(own.by_pair, own.bar) if each.low <= own.bar.margin <= each.high), None)
        if found is None:
            return None
        low, high = share(found.low), share(found.high)
        if found.low == 0:
            where = "" if found.high >= MOST else f" up to {high}"
        else:
            where = f" from {low} up" if found.high >= MOST else f" from {low} to {high}"
        return f"The verdict is the same for every margin{where}."

    @property
    def sources(self) -> str | None:
        """What extra terms consist of."""
        own = self.verdict
        gain = own.by_pair.get((REGRESSION, EXTENDED))
        if own.sources is None or gain is None or not gain.low > 0:
            return None
        told = [
            f"{signed(each.improvement, '')} points ({limits(each, '')})"
            for each in (own.sources.interactions, own.sources.curvature)
        ]
        whole = f"Of the {share(gain.improvement)} improvement by extra terms"
        return f"{whole}, interactions account for {told[0]} and curves for {told[1]}."

    @property
    def formula(self) -> str | None:
        """What the simple formula gives, and whether it stands for the full model."""
        short, gain = self.verdict.short, self.verdict.short.gain if self.verdict.short else None
        if short is None or gain is None or math.isnan(gain.improvement):
            return None
        terms = sorted({*short.n_terms})
        size = (
            f", with {'' if len(terms) == 1 else f'{terms[0]} to '}{count(terms[-1], 'extra term')},"
            if terms and terms[-1]
            else ""
        )
        said = f"The simple formula{size} improves by {signed(gain.improvement)} ({limits(gain)})."
        if short.left is None or math.isnan(short.left.improvement):
            return said
        if side_of(short.left, self.verdict.bar) != BELOW:
            return f"{said} The full model may improve on it by more than your margin ({limits(short.left, '')} points)."
        return f"{said} {self._at_most(short.left, 'The full model adds')}"

    @property
    def missing(self) -> str | None:
        """Terms that the score test of most outer folds names."""
        missing = self.verdict.missing
        if missing is None or missing.n_units < LEAST_UNITS:
            return None
        sure = [each for each in missing.counts if 2 * each.n_folds > missing.n_folds]
        names = [f"{each.term} ({each.n_folds} of {missing.n_folds} folds)" for each in sure[:MOST_NAMED]]
        names += [f"{len(sure) - MOST_NAMED} more"] if len(sure) > MOST_NAMED else []
        return f"A score test finds terms that {self.names[REGRESSION]} lacks: {listed(names)}." if sure else None

    @property
    def depths(self) -> str | None:
        """What choosing the depth in each fold brings, against each single depth."""
        own = self.verdict
        taken = {(rung.family, rung.depth) for rung in own.chosen.values()}
        told = [
            f"{each.rung.depth} ({signed(each.gain.improvement, '')} points, {limits(each.gain, '')})"
            for each in own.depths
            if math.isfinite(each.gain.improvement) and taken != {(each.rung.family, each.rung.depth)}
        ]
        return (
            f"Improvement by choosing the depth in each fold, over a fixed number of layers: {listed(told)}." if told else None
        )

    @property
    def trees(self) -> str | None:
        """Boosted trees, where they are ahead of all models."""
        own = self.verdict
        if own.trees is None or not above_all(own.trees.over, own.by_pair, own.bar) or REGRESSION not in own.trees.over:
            return None
        gain = own.trees.over[REGRESSION]
        told = f"{signed(gain.improvement)} ({limits(gain)})"
        return f"Boosted trees do better still: {told}. Use them if prediction is all you need."

    @property
    def clipped(self) -> str | None:
        """Test rows whose predicted probability was limited."""
        told = [f"{human(n)} by {self.names[name]}" for name, n in self.verdict.floor.items()]
        return f"Clipped probabilities of test rows: {listed(told)}." if told else None

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
            (REGRESSION, EXTENDED): "No network needed. Can't tell yet whether extra terms are.",
            (EXTENDED, NETWORK): enough,
            (REGRESSION, NETWORK): "Extra terms alone won't do. Can't tell yet whether a network is worth it.",
        }
        return settled.get(self.verdict.left) if len(rungs(self.verdict.by_pair)) == 3 else None

    def _enough(self) -> list[str]:
        over = {other: gain for (base, other), gain in self.verdict.by_pair.items() if base == REGRESSION}
        names = [RICHER[name] for name in over]
        if all(gain.nothing for gain in over.values()):
            return [f"It predicts every test row of {self.verdict.target} without error."]
        worst = max(over.values(), key=lambda gain: gain.high if gain.bounded else math.inf)
        if not worst.bounded:
            return [f"{capital(listed(names, 'or'))} would improve it by less than the margin.", self.bound]
        if worst.high <= 0:
            either = f"Neither {' nor '.join(names)} improves" if len(names) > 1 else f"{capital(names[0])} would not improve"
            return [f"{either} on it.", self.bound]
        return [f"{capital(listed(names, 'or'))} would improve it by at most {share(worst.high)} (95% confidence).", self.bound]

    def _terms(self) -> list[str]:
        gains = self.verdict.by_pair
        rest = gains.get((EXTENDED, NETWORK))
        first = f"Extra terms remove {self._removed(gains[REGRESSION, EXTENDED])}." if (REGRESSION, EXTENDED) in gains else ""
        return [first, self._at_most(rest, "A network would remove") if rest and rest.known else ""]

    def _worth(self) -> list[str]:
        gains = self.verdict.by_pair
        lines = [f"It removes {self._removed(gains[REGRESSION, NETWORK])}."] if (REGRESSION, NETWORK) in gains else []
        if (more := gains.get((EXTENDED, NETWORK))) and more.known and math.isfinite(more.improvement):
            told = f"{points(more.improvement)} points ({limits(more, '', plain=True)})"
            lines.append(f"That is {told} more than extra terms remove.")
        return [*lines, self.bound]

    def _undecided(self) -> list[str]:
        pair, gains = open_pair(self.verdict.by_pair, self.verdict.bar), self.verdict.by_pair
        if pair is None:
            return ["No test row compares the models that are left."]
        gain, model = gains[pair[:2]], RICHER[pair[1]]
        if not gain.bounded and math.isnan(gain.low):
            return [
                *self._few(gain),
                f"The {human(gain.n_rows)} test rows set no limits to what {model} would improve.",
                self.bound,
            ]
        if pair[0] == EXTENDED:
            return [f"Over extra terms the data allow a network {self._allowed(limits(gain, ''))} points.", self.bound]
        return [f"For {model} the data allow {self._allowed(limits(gain))}.", self.bound]

    def _few(self, gain: Gain) -> list[str]:
        """How few rows are wrong, where that is why models of classes cannot be ranked."""
        own = self.verdict
        right = own.meaning.values.get(own.left[0], math.nan) if own.meaning and own.meaning.metric == "accuracy" else math.nan
        if not (1 - right) * gain.n_rows < FEW_WRONG:
            return []
        lost = digits(100 * (1 - right))
        few = f"About {round((1 - right) * gain.n_rows)} of {human(gain.n_rows)} rows are wrong, too few to compare models on."
        return [
            f"It gets {metric_of('accuracy', own.kind).told(right)} of rows right. A perfect model would add {lost} points.",
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
        return f"{size} of {self._loss}" + ("" if inside == share(gain.improvement) else f" ({inside})")

    @staticmethod
    def _at_most(gain: Gain, start: str) -> str:
        """The most that a richer model adds, in points; it cannot be more than all that is left."""
        most = min(gain.high if math.isfinite(gain.high) else math.inf, gain.most)
        if not math.isfinite(most):
            return ""
        return f"{start} no more." if most < 0.0005 else f"{start} at most {points(most)} points more."
