"""Names of before 1.0: accepted for one release, and what seeds still come from."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from typing import Any

OLD_FAMILIES = {"baseline": "constant", "terms": "extended", "formula": "short"}
"""What families were called; seeds still come from it."""
RENAMED = {old: new for new, old in OLD_FAMILIES.items()} | {
    "floor": "min_margin",
}
"""Names that this release accepts, and what they are called now."""


def current(name: str) -> str:
    """The name of now; an old one is accepted with a warning."""
    if name in RENAMED:
        text = f"'{name}' is now '{RENAMED[name]}'. The next version won't accept the old name."
        warnings.warn(text, FutureWarning, stacklevel=2)
    return RENAMED.get(name, name)


def renamed(values: Mapping[str, Any]) -> dict[str, Any]:
    """Values by the names of now; a ValueError where one is given by both."""
    found: dict[str, Any] = {}
    for name, value in values.items():
        if (new := current(name)) in found or name != new in values:
            raise ValueError(f"'{name}' and '{new}' are one: give '{new}' alone")
        found[new] = value
    return found
