"""The gallery of finished reports that the docs show."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import gallery
import pytest

from study.records.results import Results
from study.schema import StudyError


@pytest.mark.skipif(not any(map(shutil.which, gallery.BROWSERS)), reason="no Chromium is on PATH")
def test_a_gallery_has_the_report_a_picture_and_the_answers_of_each_study_and_nothing_of_before(
    with_terms: Results, make_results: Callable[..., Results], tmp_path: Path
) -> None:
    studies = [with_terms, make_results(["colour"], n_trials=1, depths=(1,))]
    for results in studies:
        results.paths.html.write_text(f"<h1>{results.root.name}</h1>", encoding="utf-8")
    (tmp_path / "before.html").write_text("", encoding="utf-8")

    gallery.make([results.root for results in studies], tmp_path)

    names = [results.root.name for results in studies]
    page = (tmp_path / "index.md").read_text(encoding="utf-8")
    assert {path.name for path in tmp_path.iterdir()} == {"index.md", *(f"{n}.{end}" for n in names for end in ("html", "png"))}
    assert [line for line in page.splitlines() if line.startswith("## ")] == [f"## {name}" for name in names]
    assert f"- **balloons** (continuous): {with_terms.verdicts[0].verdict}\n" in page
    assert all((tmp_path / f"{name}.png").read_bytes().startswith(b"\x89PNG") for name in names)


def test_a_study_without_a_report_is_refused_before_anything_is_lost(
    make_results: Callable[..., Results], tmp_path: Path
) -> None:
    before = tmp_path / "before.html"
    before.write_text("", encoding="utf-8")

    with pytest.raises(StudyError, match=r"has no finished report .* makes it\.$"):
        gallery.make([make_results(["balloons"], n_trials=1, depths=(1,)).root], tmp_path)

    assert before.exists()
