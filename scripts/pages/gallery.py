"""Copy the reports of finished studies into docs/gallery, picture each, and write the page that shows them."""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
from pathlib import Path

from study.results import Results, load_results
from study.schema import StudyError

FOLDER = Path(__file__).parents[2] / "docs" / "gallery"
HEAD = """\
# Gallery

Finished reports, as `study run` wrote them; each is one file that loads nothing from elsewhere. `scripts/gallery` makes \
this page.
"""
WIDTH, HEIGHT = 1_100, 825
"""Pixels of a picture: the top of the page."""
BROWSERS = ("chromium", "chromium-browser", "google-chrome")


def entry(results: Results, name: str) -> str:
    """What the page says of a study: its picture, its table and its answers."""
    data = results.data
    answers = "\n".join(f"- **{each.target}** ({each.kind.value}): {each.verdict or 'no verdict'}" for each in results.verdicts)
    about = f"{data.rows:,} rows, {len(data.features)} columns, {len(results.trials):,} trials."
    return (
        f"## {name}\n\n[![The top of the report of {name}]({name}.png)]({name}.html)\n\n"
        f"{about} [Its report]({name}.html).\n\n{answers}\n"
    )


def photograph(page: Path, picture: Path) -> None:
    """Write the top of a page as a PNG; a StudyError where there is no browser."""
    browser = next(filter(None, map(shutil.which, BROWSERS)), None)
    if browser is None:
        raise StudyError(f"Pictures need one of {', '.join(BROWSERS)} on PATH (Debian: apt-get install chromium).")
    flags = ["--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", f"--window-size={WIDTH},{HEIGHT}"]
    command = [browser, *flags, f"--screenshot={picture.resolve()}", page.resolve().as_uri()]
    subprocess.run(command, check=True, capture_output=True, timeout=120)


def make(folders: list[Path], place: Path) -> None:
    """Write the gallery of these results folders; what it held before goes."""
    found = {folder.resolve().name: load_results(folder) for folder in folders}
    for name, results in found.items():
        if not results.concluded or not results.paths.html.exists():
            raise StudyError(f"{results.root} has no finished report ({name}); {results.again} makes it.")
    place.mkdir(parents=True, exist_ok=True)
    for old in [*place.glob("*.html"), *place.glob("*.png")]:
        old.unlink()
    for name, results in found.items():
        page = place / f"{name}.html"
        shutil.copyfile(results.paths.html, page)
        photograph(page, place / f"{name}.png")
    (place / "index.md").write_text("\n".join([HEAD, *(entry(each, name) for name, each in found.items())]), encoding="utf-8")


def main() -> None:
    """Make the gallery of the folders that are named."""
    parser = argparse.ArgumentParser("scripts/gallery", description=__doc__)
    parser.add_argument("results", nargs="+", type=Path, help="results folders of finished studies, in the order of the page")
    parser.add_argument("--out", type=Path, default=FOLDER, help="where to write it")
    given = parser.parse_args()
    try:
        make(given.results, given.out)
    except StudyError as error:
        sys.exit(f"Error: {error}")


if __name__ == "__main__":
    main()
