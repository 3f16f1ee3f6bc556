"""The answer for one target, and the file of all answers of a study."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from study.evidence import sentences
from study.evidence.findings import DecidedAt, Gain, Number, Rung, Shortfall, TreesLine
from study.evidence.intervals import METHODS
from study.schema import Frozen, Kind

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
        return sentences.verdict_of(gain.improvement, gain.low, gain.high, self.margin) if gain.n_rows else None

    @property
    def sentence(self) -> str:
        """The answer."""
        return sentences.sentence(self)

    @property
    def action(self) -> str:
        """What to do."""
        return sentences.action(self)

    @property
    def estimand(self) -> str:
        """What the interval is about."""
        return sentences.estimand(self.n_train)

    @property
    def candidate_words(self) -> str | None:
        """Which way of using the network the verdict is about, and what the other way gives."""
        return sentences.candidate_words(self) if self.verdict else None

    @property
    def method_words(self) -> str:
        """What the interval is."""
        return METHODS[self.gain.method].words(self.gain)

    @property
    def trees_words(self) -> str | None:
        """What boosted trees say beside the verdict."""
        return sentences.trees_words(self)

    def to_json(self) -> dict[str, Any]:
        """The numbers as JSON values, with null for NaN, and WORDS."""
        numbers = self.model_dump(mode="json")
        words = {name: getattr(self, name) for name in WORDS}
        return {"target": self.target, "kind": self.kind.value} | words | numbers

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
