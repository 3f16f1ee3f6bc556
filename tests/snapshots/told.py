"""What is said in several cases, gathered for one snapshot."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from study.schema import StudyError

CONFIG: dict[str, Any] = {
    "name": "party",
    "data": {"source": "balloons", "rows": 60},
    "targets": ["balloons"],
}


class Told:
    """Everything that was said, each under the case that it was said in."""

    def __init__(self) -> None:
        self.parts: list[str] = []

    def of(self, case: str, *said: object) -> None:
        self.parts.append("\n".join([f"# {case}", *map(str, said)]))

    def refusal(self, case: str, ask: Callable[[], object]) -> None:
        with pytest.raises(StudyError) as refused:
            ask()
        self.of(case, refused.value)

    @property
    def text(self) -> str:
        return "\n\n".join(self.parts)
