"""The documentation as a site: it builds without a warning, loads nothing from elsewhere, and says
what the program says.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tomllib
from html.parser import HTMLParser
from pathlib import Path

import pytest
import yaml

import study
from pages import reference

ROOT = Path(__file__).parent.parent


class Loaded(HTMLParser):
    """What a page loads: addresses of scripts, styles, pictures and frames."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.addresses: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag in {"script", "img", "iframe", "source"}:
            self.addresses.append(given.get("src") or "")
        if tag == "link" and given.get("rel") not in {"canonical", "prev", "next"}:
            self.addresses.append(given.get("href") or "")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site as scripts/docs builds it."""
    folder = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(folder)]
    environment = {**os.environ, "NO_MKDOCS_2_WARNING": "1"}
    done = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False, env=environment
    )
    assert done.returncode == 0, done.stderr
    return folder


def test_every_page_of_the_docs_is_in_the_site(site: Path) -> None:
    pages = {
        path.relative_to(ROOT / "docs").with_suffix(".html").as_posix()
        for path in (ROOT / "docs").rglob("*.md")
    }

    found = {path.relative_to(site).as_posix() for path in site.rglob("*.html")}
    assert pages | {"slurm.html", "contributing.html", "changelog.html", "404.html"} <= found


def test_no_page_of_the_site_loads_anything_from_elsewhere(site: Path) -> None:
    for page in site.rglob("*.html"):
        addresses = Loaded(page.read_text(encoding="utf-8")).addresses
        assert [
            address for address in addresses if "//" in address and not address.startswith("data:")
        ] == [], page
    styles = [path.read_text(encoding="utf-8") for path in site.rglob("*.css")]
    assert not re.search(r"@import|url\([\"']?(https?:)?//", "".join(styles))


def test_links_to_pages_outside_the_docs_lead_to_pages_of_the_site(site: Path) -> None:
    assert 'href="slurm.html"' in (site / "index.html").read_text(encoding="utf-8")
    assert 'href="scaling.html' in (site / "slurm.html").read_text(encoding="utf-8")
    assert 'href="../calibration.html"' in (site / "design/0007-evidence.html").read_text(
        encoding="utf-8"
    )


def test_the_api_has_every_public_name_with_its_examples(site: Path) -> None:
    page = (site / "api.html").read_text(encoding="utf-8")

    assert [name for name in study.__all__ if f'id="study.{name}"' not in page] == []
    assert page.count("&gt;&gt;&gt; ") + page.count('<span class="gp">&gt;&gt;&gt; </span>') > 10


@pytest.mark.parametrize("name", reference.PAGES)
def test_the_reference_is_what_the_program_says(name: str) -> None:
    """`scripts/reference` writes it anew."""
    assert (ROOT / "docs/reference" / name).read_text(encoding="utf-8") == reference.PAGES[name]()


def test_the_reference_has_every_option_key_and_hyperparameter() -> None:
    commands, config = (
        (ROOT / "docs/reference" / name).read_text(encoding="utf-8")
        for name in ("commands.md", "config.md")
    )

    assert re.search(r"^\| `--target`, `-t` \| .+ \| required \|$", commands, re.MULTILINE)
    assert re.search(
        r"^\| `search\.trials` \| .*\b1 to 1,000,000\b.* \| `null` \| ", config, re.MULTILINE
    )
    assert re.search(
        r"^\| `neural` \| `learning_rate` \| 0\.005 \| 0\.0003 to 0\.03\b", config, re.MULTILINE
    )


def test_the_gallery_links_every_report_that_it_holds_and_no_other() -> None:
    folder = ROOT / "docs/gallery"
    page = (folder / "index.md").read_text(encoding="utf-8")

    assert set(re.findall(r"\(([\w-]+)\.html\)", page)) == {
        path.stem for path in folder.glob("*.html")
    }
    assert sum(path.stat().st_size for path in folder.iterdir()) < 20e6


def test_how_to_cite_names_this_version() -> None:
    cited = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]

    assert {
        "cff-version",
        "message",
        "title",
        "authors",
    } <= cited.keys()  # what the format requires
    assert (cited["version"], cited["license"], cited["type"]) == (
        project["version"],
        "MIT",
        "software",
    )
    assert all(
        set(author) == {"name"} or {"family-names", "given-names"} <= set(author)
        for author in cited["authors"]
    )


def test_every_extra_is_in_the_docs() -> None:
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"][
        "optional-dependencies"
    ]
    page = (ROOT / "docs/installing.md").read_text(encoding="utf-8")

    assert re.findall(r"^\| `(\w+)` \|", page, re.MULTILINE) == list(extras)
