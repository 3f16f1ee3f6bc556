"""The answer for one target, and the file of all answers of a study."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable
from typing import Any

from study.evidence.findings import ENOUGH, UNDECIDED, WORTH, DecidedAt, Gain, Number, Rung, Shortfall, TreesLine, verdict_of
from study.evidence.intervals import METHODS
from study.evidence.sentences import decided_words, ends, percent, trees_words
from study.evidence.winners import CANDIDATES
from study.schema import CONSTANT, NETWORK, NOUNS, Frozen, Kind

VERSION = 2
"""Version of verdicts.json; the first was a list of dicts and named none."""
WORDS = ("verdict", "sentence", "action", "estimand", "candidate_words", "method_words", "trees_words")
"""What is written beside the numbers for those who read the file, and made anew from the numbers when it is read."""


class Verdict(Frozen):
    """Whether the network is worth it on one target, whether the regression is enough, or whether that is undecided.

    margin: smallest gain that matters, a share of the regression's loss. regression: its family. chosen: family and depth
    that *the network* took in each outer fold. gain: of the network over the regression. smallest_sufficient: the model of
    fewest hidden layers whose test loss is within margin * the regression's loss of the least. beats_constant: whether either
    is reliably better than the constant. candidate: the way of using the network that the verdict is about; candidates: gain
    of each way. n_train: rows that an outer fold leaves. decided_at: only where undecided; shortfall: only where the network
    is worth it; trees: where they were scored. None where it does not apply or a model was not scored.
    """

    target: str
    kind: Kind
    margin: float
    regression: str | None
    chosen: dict[int, Rung]
    gain: Gain
    smallest_sufficient: Rung | None
    beats_constant: bool | None
    candidate: str | None
    candidates: dict[str, Gain]
    n_train: Number
    decided_at: DecidedAt | None = None
    trees: TreesLine | None = None
    shortfall: Shortfall | None = None

    @property
    def verdict(self) -> str | None:
        """WORTH, ENOUGH or UNDECIDED; None where no test row was scored with both models."""
        gain = self.gain
        return verdict_of(gain.improvement, gain.low, gain.high, self.margin) if gain.n_rows else None

    @property
    def sentence(self) -> str:
        if self.verdict is None:
            return f"There is no verdict for {self.target}: no test rows were scored with {self._lacking}."
        beaten = f" Neither is reliably better than {NOUNS[CONSTANT]}, which ignores every feature."
        return self._answer() + (beaten if self.beats_constant is False else "")

    @property
    def action(self) -> str:
        """What to do."""
        if self.verdict is None:
            return f"Run the study with {self._lacking} among its families."
        if self.beats_constant is False:
            return "Use neither yet: look for features that tell more about the target."
        if self.verdict != UNDECIDED:
            return f"Use {self._noun if self.verdict == ENOUGH else NOUNS[NETWORK]}."
        if math.isnan(self.gain.low):
            return f"Keep {self._noun}, the simpler model; more test rows are needed for any interval."
        given_away = f"with 95 % confidence at most {percent(self.gain.high)} % of its loss is given away."
        then = f" {decided_words(self.decided_at, self.gain, self.margin)}" if self.decided_at else ""
        return f"Keep {self._noun}, the simpler model: {given_away}{then}"

    @property
    def estimand(self) -> str:
        """What the interval is about."""
        rows = f"{self.n_train:,.0f} rows" if math.isfinite(self.n_train) else "the development rows"
        return f"The expected loss of the whole procedures (encode, search, refit), trained on {rows}."

    @property
    def candidate_words(self) -> str | None:
        """Which way of using the network the verdict is about, and what the other way gives."""
        if self.verdict is None:
            return None
        used = str(self.candidate)
        said = f"The network is {CANDIDATES.get(used, used)}"
        for name, gain in self.candidates.items():
            if name != used and math.isfinite(gain.improvement):
                then = verdict_of(gain.improvement, gain.low, gain.high, self.margin)
                said += f"; as {CANDIDATES[name]} it gains {percent(gain.improvement)} % ({ends(gain)}): {then}"
        return f"{said}."

    @property
    def method_words(self) -> str:
        """What the interval is."""
        return METHODS[self.gain.method].words(self.gain)

    @property
    def trees_words(self) -> str | None:
        """What boosted trees say beside the verdict, where they were scored."""
        return trees_words(self.trees, self._noun) if self.trees else None

    @property
    def _lacking(self) -> str:
        return "a network" if self.regression else "a regression"

    @property
    def _noun(self) -> str:
        return NOUNS.get(str(self.regression), str(self.regression))

    def _answer(self) -> str:
        r, low, high = self.gain.improvement, self.gain.low, self.gain.high
        if math.isnan(r):
            nothing = f"Nothing can be gained on {self.target}, which {self._noun} predicts without any loss"
            return f"{nothing}: the regression is enough."
        size, interval = f"{percent(abs(r))} % {'less' if r >= 0 else 'more'} loss than", ends(self.gain)
        if r < 0:
            interval = f"of the gain {interval}"
        if r < -1:
            size, interval = f"{1 - r:,.3g} times the loss of", f"{max(1 - high, 0):,.3g} to {1 - low:,.3g} times"
        start = f"{self._network()} predicts {self.target} with {size} {self._noun}"
        if math.isnan(low):
            return f"{start}, on too few test rows to be sure of anything: undecided."
        start, bound = f"{start} (95 % interval {interval})", f"{100 * self.margin:.3g} % margin"
        if self.verdict == WORTH:
            far = "far " if low > 3 * self.margin else ""
            return f"{start}, {far}beyond the {bound}: the network is worth it."
        if self.verdict == ENOUGH:
            return f"{start}, a gain below the {bound}: the regression is enough."
        return f"{start}, which lies on both sides of the {bound}: undecided."

    def _network(self) -> str:
        """`A network with 1 to 2 hidden layers`; its families are named where there are several."""
        depths = sorted({rung.depth for rung in self.chosen.values()})
        families = sorted({rung.family for rung in self.chosen.values()})
        layers = f"{depths[0]} to {depths[-1]}" if len(depths) > 1 else str(depths[0])
        named = f" ({' or '.join(families)})" if len(families) > 1 else ""
        return f"A network{named} with {layers} hidden layer{'' if layers == '1' else 's'}"

    def to_json(self) -> dict[str, Any]:
        """The numbers as JSON values, with null for NaN, and WORDS."""
        words = {name: getattr(self, name) for name in WORDS}
        return {"target": self.target, "kind": self.kind.value} | words | self.model_dump(mode="json")

    @classmethod
    def from_json(cls, content: dict[str, Any]) -> Verdict:
        """The verdict that `to_json` wrote; a ValueError where it is another thing."""
        return cls.model_validate({key: value for key, value in content.items() if key not in WORDS})


def write_verdicts(verdicts: Iterable[Verdict]) -> str:
    """Content of verdicts.json."""
    content = {"version": VERSION, "verdicts": [verdict.to_json() for verdict in verdicts]}
    return json.dumps(content, indent=2, ensure_ascii=False, allow_nan=False)


def read_verdicts(text: str) -> list[Verdict]:
    """The verdicts in the content of a verdicts.json.

    Raises
    ------
    ValueError
        It is of another version, or no such file.
    """
    content = json.loads(text)
    version = content.get("version") if isinstance(content, dict) else 1
    if version != VERSION:
        raise ValueError(f"it is of version {version}, and this is version {VERSION}")
    return [Verdict.from_json(verdict) for verdict in content["verdicts"]]
