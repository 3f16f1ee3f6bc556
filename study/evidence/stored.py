"""verdicts.json: the verdicts and warnings of a study, with what is said of them for those who read
the file.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from study.evidence.answer import Verdict
from study.evidence.joint import together
from study.evidence.wording.answer import WORDS, Words
from study.evidence.wording.together import together_words
from study.schema import StudyWarning

VERSION = 10
"""Of the file; the first was a list of dicts and named none."""
TOLD = ("verdict", "answer_procedure", "formula")
"""Properties of a verdict that stand beside its numbers."""


class OtherVersion(ValueError):
    """A verdicts.json is of another version; says of which."""


def write_verdicts(verdicts: Iterable[Verdict], warnings: Iterable[StudyWarning] = ()) -> str:
    """Content of verdicts.json; together: what holds for all targets at once."""
    told = list(verdicts)
    joint = together(told)
    content = {
        "version": VERSION,
        "verdicts": [to_json(verdict) for verdict in told],
        "together": None
        if joint is None
        else joint.model_dump(mode="json") | {"sentence": together_words(told)},
        "warnings": [warning.model_dump(mode="json") for warning in warnings],
    }
    return json.dumps(content, indent=2, ensure_ascii=False, allow_nan=False)


def to_json(verdict: Verdict) -> dict[str, Any]:
    """The numbers of a verdict as JSON values, with null for NaN, and below `words` what is said of
    it.
    """
    told = {name: getattr(verdict, name) for name in TOLD}
    words = {name: getattr(Words(verdict), name) for name in WORDS}
    return told | verdict.model_dump(mode="json") | {"words": words}


def read_verdicts(text: str) -> list[Verdict]:
    """The verdicts in the content of a verdicts.json.

    Raises
    ------
    ValueError
        It is of another version, or no such file.
    """
    numbers = (
        {key: value for key, value in each.items() if key not in {*TOLD, "words"}}
        for each in _read(text)["verdicts"]
    )
    return [Verdict.model_validate(each) for each in numbers]


def read_warnings(text: str) -> list[StudyWarning]:
    """The warnings in such content; errors as `read_verdicts`."""
    return [StudyWarning.model_validate(warning) for warning in _read(text).get("warnings", [])]


def _read(text: str) -> dict[str, Any]:
    content = json.loads(text)
    if (version := content.get("version") if isinstance(content, dict) else 1) != VERSION:
        raise OtherVersion(f"it is of version {version}, and this is version {VERSION}")
    return dict(content)
