"""Installed packages that bring a family, broken ones."""

from __future__ import annotations

from pathlib import Path

FOUND = "class Found(Family):\n    name = {!r}\n"
"""Code of a family of this name."""


def install(folder: Path, family: str, code: str) -> None:
    """A package `broken 0.1` of one module as an installer leaves it: metadata, entry points, the
    module.
    """
    module = f"broken_{folder.name.replace('-', '_')}"
    (folder / "broken-0.1.dist-info").mkdir()
    (folder / "broken-0.1.dist-info" / "METADATA").write_text(
        "Metadata-Version: 2.1\nName: broken\nVersion: 0.1\n"
    )
    (folder / "broken-0.1.dist-info" / "entry_points.txt").write_text(
        f"[study.families]\n{family} = {module}:Found\n"
    )
    (folder / f"{module}.py").write_text(f"from study.families import Family\n{code}\n")
