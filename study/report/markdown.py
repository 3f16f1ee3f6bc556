"""Text of others in Markdown."""

from __future__ import annotations

import re


def literal(text: str) -> str:
    """`text` as Markdown that shows it as it is, whatever a column is called."""
    return re.sub(r"([\\`*_{}\[\]<>()#+!|$~&-])", r"\\\1", text)
