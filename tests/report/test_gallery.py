"""The gallery of finished reports that the docs show."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from pages import gallery
from study.records.results import Results
from study.schema import StudyError
from tests.report.synthetic import copied


@pytest.mark.skipif(not any(map(shutil.which, gallery.BROWSERS)), reason="no Chromium is on PATH")
def test_a_gallery_has_the_report_a_picture_and_the_answers_of_a_study_and_nothing_of_before(
    small: Results, tmp_path: Path
) -> None:
    place = tmp_path / "gallery"
    place.mkdir()
    (place / "index.md").write_text(
        "# Gallery\n\n<!-- studies -->\n<!-- end of studies -->\n\nAfter.\n", encoding="utf-8"
    )
    studies = [copied(small, tmp_path / "one")]
    for results in studies:
        results.paths.html.write_text(f"<h1>{results.root.name}</h1>", encoding="utf-8")
    (place / "before.html").write_text("", encoding="utf-8")

    gallery.make([results.root for results in studies], place)

    names = [results.root.name for results in studies]
    page = (place / "index.md").read_text(encoding="utf-8")
    assert {path.name for path in place.iterdir()} == {
        "index.md",
        *(f"{n}.{end}" for n in names for end in ("html", "png")),
    }
    assert [line for line in page.splitlines() if line.startswith("## ")] == [
        f"## {name}" for name in names
    ]
    assert f"- **balloons** (continuous): {small.words[0].headline}\n" in page
    assert page.startswith("# Gallery\n")
    assert page.endswith("\n\nAfter.\n")
    assert all((place / f"{name}.png").read_bytes().startswith(b"\x89PNG") for name in names)


def test_a_study_without_a_report_is_refused_before_anything_is_lost(
    small: Results, tmp_path: Path
) -> None:
    before = tmp_path / "before.html"
    before.write_text("", encoding="utf-8")

    with pytest.raises(StudyError, match=rf"{re.escape(str(small.root))}.*`study run "):
        gallery.make([small.root], tmp_path)

    assert before.exists()
