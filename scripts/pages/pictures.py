"""Pictures of reports: `scripts/pictures OUT RESULTS [RESULTS ...]`."""

from __future__ import annotations

import sys
from pathlib import Path

from harness.browser import chromium, missing, photographs
from study.records.paths import StudyPaths


def main(arguments: list[str]) -> int:
    """Photograph the report of every folder, and print the pictures' paths."""
    if why := missing():
        print(why, file=sys.stderr)
        return 2
    out, *folders = map(Path, arguments)
    out.mkdir(parents=True, exist_ok=True)
    with chromium() as browser:
        for folder in folders:
            print(
                *photographs(browser, StudyPaths(folder).html, out, folder.resolve().name), sep="\n"
            )
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
