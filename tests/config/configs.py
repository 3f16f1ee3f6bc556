"""The least that a config must say, and configs on disk."""

from __future__ import annotations

from pathlib import Path
from typing import Any

BASE: dict[str, Any] = {"name": "party", "data": {"source": "balloons"}, "targets": ["balloons"]}


def written(folder: Path, text: str) -> Path:
    path = folder / "party.yaml"
    path.write_text(text, encoding="utf-8")
    return path
