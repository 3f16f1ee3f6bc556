"""Results folders as the version before left them."""

from __future__ import annotations

from pathlib import Path

from study.renamed import OLD_FAMILIES


def make_older(root: Path) -> None:
    """Give a results folder the names of before."""
    if (config := root / "config.yaml").exists():
        config.write_text(config.read_text().replace("\nmin_margin:", "\nfloor:"))
    for new, old in OLD_FAMILIES.items():
        for path in sorted(root.glob("*/**/*"), reverse=True):
            if path.is_file():
                content = path.read_bytes().replace(
                    f'"family":"{new}"'.encode(), f'"family":"{old}"'.encode()
                )
                for fold in ("o0", "all"):
                    content = content.replace(f"-{new}-{fold}".encode(), f"-{old}-{fold}".encode())
                path.write_bytes(content)
            name = path.name
            for end in ("-o0", "-all", ".keras"):
                name = name.replace(f"-{new}{end}", f"-{old}{end}")
            path.rename(path.with_name(name.replace("formula.json", "short.json")))
