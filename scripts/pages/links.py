"""A hook of MkDocs: pages that lie outside docs become pages of the site, and links to what is none
become plain words.
"""

from __future__ import annotations

import posixpath
import re
from pathlib import Path
from typing import Any

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

ROOT = Path(__file__).parents[2]
OUTSIDE = {
    "slurm/README.md": "slurm.md",
    "CONTRIBUTING.md": "contributing.md",
    "CHANGELOG.md": "changelog.md",
}
"""Pages of the repository beside docs, and what they are called on the site."""
HOME = {"README.md": "index.md", "docs/design": "design/index.md"}
"""What is told elsewhere on the site."""
LINK = re.compile(r"(?<!!)\[([^\]]+)\]\(([^)\s]+)\)")


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the pages from outside, and the decision records to the contents."""
    for source, name in OUTSIDE.items():
        files.append(
            File.generated(config, name, content=(ROOT / source).read_text(encoding="utf-8"))
        )
    return files


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """Put every file of a folder into the contents where they name the folder."""
    config.nav = [_expanded(entry, Path(config.docs_dir)) for entry in config.nav or []]
    return config


def _expanded(entry: Any, docs: Path) -> Any:
    if isinstance(entry, dict):
        return {title: _expanded(below, docs) for title, below in entry.items()}
    if isinstance(entry, list):
        return [_expanded(each, docs) for each in entry]
    if entry.endswith("/"):
        pages = sorted(
            (docs / entry).glob("*.md"), key=lambda page: (page.name != "index.md", page.name)
        )
        return [page.relative_to(docs).as_posix() for page in pages]
    return entry


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Point the links of a page, which are those of the repository, to pages of the site."""
    own = page.file.src_uri
    source = next((place for place, name in OUTSIDE.items() if name == own), f"docs/{own}")
    return LINK.sub(lambda match: _link(match, source, own, files), markdown)


def _link(match: re.Match[str], source: str, own: str, files: Files) -> str:
    words, (path, _, anchor) = match[1], match[2].partition("#")
    if not path or ":" in path:
        return match[0]
    place = posixpath.normpath(posixpath.join(posixpath.dirname(source), path))
    name = OUTSIDE.get(place) or HOME.get(place) or place.removeprefix("docs/")
    if (name == place and not place.startswith("docs/")) or files.get_file_from_path(name) is None:
        exists = (ROOT / place).exists()
        return words if exists else match[0]  # what is nowhere stays, and is warned of
    return f"[{words}]({posixpath.relpath(name, posixpath.dirname(own) or '.')}{'#' * bool(anchor)}{anchor})"
