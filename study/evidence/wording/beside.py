"""What stands beside a verdict, in words: the margin, what extra terms consist of, and how it was
tested.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from study.evidence.answer import Verdict
from study.evidence.findings import NONE, UNDECIDED, Gain
from study.evidence.intervals import METHODS
from study.evidence.margin_curves import MOST, spans
from study.evidence.rule import BELOW, above_all, side_of
from study.evidence.thresholds import MIN_MARGIN, UNIT
from study.evidence.wording.amounts import capital, limits, listed, points, share, signed
from study.formatting import count, given_percent, human
from study.schema import NETWORK, NOUNS, REGRESSION, TERMS


def at_most(gain: Gain, start: str) -> str:
    """The most that a richer model adds, in points; it cannot be more than all that is left."""
    most = min(gain.high if math.isfinite(gain.high) else math.inf, gain.most)
    if not math.isfinite(most):
        return ""
    return f"{start} no more." if most < 0.0005 else f"{start} at most {points(most)} points more."


@dataclass(frozen=True)
class Beside:
    """What is said beside a verdict, property by property; None where there is nothing to say."""

    verdict: Verdict

    @property
    def names(self) -> dict[str, str]:
        """What a sentence calls each model."""
        regression = self.verdict.nouns[REGRESSION]
        return NOUNS | {
            REGRESSION: regression,
            TERMS: f"{regression} with extra terms",
            NETWORK: "the network",
        }

    @property
    def tested(self) -> str:
        """What the test losses are of."""
        rows = self.verdict.n_train
        trained = (
            f"trained on {human(round(rows))} rows"
            if math.isfinite(rows)
            else "trained without the test rows"
        )
        final = "The final model is trained the same way on all rows, so it can't be tested itself."
        return f"Test losses come from models {trained}. {final}"

    @property
    def method(self) -> str | None:
        """What the intervals are."""
        own = self.verdict
        return (
            capital(METHODS[own.gains[0].gain.method].words(own.gains[0].gain)) + "."
            if own.gains
            else None
        )

    @property
    def bound(self) -> str | None:
        """The margin, and where it comes from if it is no plain share."""
        own, asked = self.verdict, self.verdict.question
        if own.bound is None or math.isnan(own.margin):
            return None
        if own.bound.held == MIN_MARGIN:
            least = own.metric.min_margin(asked.min_margin, own.target)
            return f"The margin here is the minimum, {share(own.bound.share)}: {least}."
        if asked.margin_of == UNIT:
            return (
                f"Your margin is {own.metric.amount(asked.margin)}, {share(own.bound.share)} here."
            )
        return f"Your margin is {self.margin}."

    @property
    def margin(self) -> str:
        """The larger of margin and minimum margin, in per cent."""
        own = self.verdict
        plain = own.bound is None or (
            own.bound.held != MIN_MARGIN and own.question.margin_of != UNIT
        )
        return given_percent(own.question.margin) if plain else share(own.margin)

    @property
    def margins(self) -> str | None:
        """For which margins the verdict is the same."""
        own = self.verdict
        if (
            not own.gains
            or math.isnan(own.threshold.margin)
            or math.isnan(own.gains[0].gain.improvement)
            or own.verdict == NONE
        ):
            return None
        found = next(
            (
                each
                for each in spans(own.by_pair, own.threshold)
                if each.low <= own.threshold.margin <= each.high
            ),
            None,
        )
        if found is None:
            return None
        low, high = share(found.low), share(found.high)
        if found.low == 0:
            where = "" if found.high >= MOST else f" up to {high}"
        else:
            where = f" from {low} up" if found.high >= MOST else f" from {low} to {high}"
        if own.verdict == UNDECIDED:
            return None if where else "No margin would settle it."
        return f"The verdict is the same for every margin{where}."

    @property
    def sources(self) -> str | None:
        """What extra terms consist of."""
        own = self.verdict
        gain = own.by_pair.get((REGRESSION, TERMS))
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
        line = self.verdict.formula_line
        gain = self.verdict.formula_line.gain if self.verdict.formula_line else None
        if line is None or gain is None or math.isnan(gain.improvement):
            return None
        terms = sorted({*line.n_terms})
        size = (
            f", with {'' if len(terms) == 1 else f'{terms[0]} to '}{count(terms[-1], 'extra term')},"
            if terms and terms[-1]
            else ""
        )
        said = f"The simple formula{size} improves by {signed(gain.improvement)} ({limits(gain)})."
        if line.left is None or math.isnan(line.left.improvement):
            return said
        if side_of(line.left, self.verdict.threshold) != BELOW:
            return f"{said} The full model may improve on it by more than your margin ({limits(line.left, '')} points)."
        return f"{said} {at_most(line.left, 'The full model adds')}"

    @property
    def depths(self) -> str | None:
        """What choosing the depth in each fold brings, against each single depth."""
        own = self.verdict
        taken = {(model.family, model.depth) for model in own.chosen.values()}
        told = [
            f"{each.architecture.depth} ({signed(each.gain.improvement, '')} points, {limits(each.gain, '')})"
            for each in own.depths
            if math.isfinite(each.gain.improvement)
            and taken != {(each.architecture.family, each.architecture.depth)}
        ]
        return (
            f"Improvement by choosing the depth in each fold, over a fixed number of layers: {listed(told)}."
            if told
            else None
        )

    @property
    def trees(self) -> str | None:
        """Boosted trees, where they are ahead of all models."""
        own = self.verdict
        if (
            own.trees is None
            or not above_all(own.trees.over, own.by_pair, own.threshold)
            or REGRESSION not in own.trees.over
        ):
            return None
        gain = own.trees.over[REGRESSION]
        told = f"{signed(gain.improvement)} ({limits(gain)})"
        return f"Boosted trees do better still: {told}. Use them if prediction is all you need."

    @property
    def clipped(self) -> str | None:
        """Test rows whose predicted probability was limited."""
        told = [f"{human(n)} by {self.names[name]}" for name, n in self.verdict.clipped.items()]
        return f"Clipped probabilities of test rows: {listed(told)}." if told else None
