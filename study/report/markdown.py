"""Text of others in Markdown."""

from __future__ import annotations

import re

from study.schema import printable


def literal(text: str) -> str:
    """`text` as a line of Markdown that shows it as it is, whatever a column is called."""
    return re.sub(r"([\\`*_{}\[\]<>#|~$&])", r"\\\1", printable(text))
