"""Copy the reports of finished studies into docs/gallery, picture each, and show them between the
marks of its page.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
from pathlib import Path

from pages.marks import put
from study.evidence.answer import Verdict
from study.evidence.wording.answer import Words
from study.results import Results, load_results
from study.schema import StudyError

FOLDER = Path(__file__).parents[2] / "docs" / "gallery"
WIDTH, HEIGHT = 1_100, 825
"""Pixels of a picture: the top of the page."""
BROWSERS = ("chromium", "chromium-browser", "google-chrome")


def entry(results: Results, name: str) -> str:
    """What the page says of a study: its picture, its table and its verdicts."""
    data = results.data
    verdicts = "\n".join(
        f"- **{each.target}** ({each.kind.value}): {told.headline}" for each, told in _told(results)
    )
    about = f"{data.rows:,} rows, {len(data.features)} columns, {len(results.trials):,} trials."
    return (
        f"## {name}\n\n[![The top of the report of {name}]({name}.png)]({name}.html)\n\n"
        f"{about} [Its report]({name}.html).\n\n{verdicts}\n"
    )


def _told(results: Results) -> zip[tuple[Verdict, Words]]:
    return zip(results.verdicts, results.words, strict=True)


def photograph(page: Path, picture: Path) -> None:
    """Write the top of a page as a PNG; a StudyError where there is no browser."""
    browser = next(filter(None, map(shutil.which, BROWSERS)), None)
    if browser is None:
        raise StudyError(
            f"Pictures need one of {', '.join(BROWSERS)} on PATH (Debian: apt-get install chromium)."
        )
    flags = [
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--hide-scrollbars",
        f"--window-size={WIDTH},{HEIGHT}",
    ]
    command = [browser, *flags, f"--screenshot={picture.resolve()}", page.resolve().as_uri()]
    subprocess.run(command, check=True, capture_output=True, timeout=120)


def make(folders: list[Path], place: Path) -> None:
    """Show these results folders between the marks of the gallery; reports and pictures of before
    go.
    """
    found = {folder.resolve().name: load_results(folder) for folder in folders}
    for name, results in found.items():
        if not results.concluded or not results.paths.html.exists():
            raise StudyError(
                f"{results.root} has no finished report ({name}); {results.again} makes it."
            )
    put(
        place / "index.md",
        "\n" + "\n".join(entry(each, name) for name, each in found.items()) + "\n",
        "studies",
    )
    for old in [*place.glob("*.html"), *place.glob("*.png")]:
        old.unlink()
    for name, results in found.items():
        page = place / f"{name}.html"
        shutil.copyfile(results.paths.html, page)
        photograph(page, place / f"{name}.png")


def main() -> None:
    """Make the gallery of the folders that are named."""
    parser = argparse.ArgumentParser("scripts/gallery", description=__doc__)
    parser.add_argument(
        "results",
        nargs="+",
        type=Path,
        help="results folders of finished studies, in the order of the page",
    )
    parser.add_argument(
        "--out", type=Path, default=FOLDER, help="its folder, with an index.md that has the marks"
    )
    given = parser.parse_args()
    try:
        make(given.results, given.out)
    except StudyError as error:
        sys.exit(f"Error: {error}")


if __name__ == "__main__":
    main()
