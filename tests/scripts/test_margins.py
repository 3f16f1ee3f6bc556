"""The picture and table of margins of several studies."""

from __future__ import annotations

import io
import re
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from benchmarks.margins import BY_MARGIN, SAID, by_margin, chance, drawn, margins, opened, table
from pages.marks import put
from study.results import Results
from tests.report.synthetic import write_results

MARKS = "before\n<!-- margins -->\n<!-- end of margins -->\nafter\n"


@pytest.fixture(scope="module")
def studies(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Results]:
    """One of one target with a regression with terms, and one of two targets."""
    root = tmp_path_factory.mktemp("studies")
    small: dict[str, Any] = {"n_trials": 1, "depths": (1,)}
    one, two = ["balloons"], ["balloons", "colour"]
    found = (
        write_results(root / "one", one, terms=True, **small),
        write_results(root / "two", two, **small),
    )
    for each in found:
        each.predictions.iloc[:0].to_parquet(each.paths.frame("trees"))
    return opened([str(each.root) for each in found])


def test_a_command_leaves_a_small_picture_and_a_row_a_gain_between_the_marks(
    studies: dict[str, Results], tmp_path: Path
) -> None:
    page = tmp_path / "page.md"
    page.write_text(MARKS, encoding="utf-8")

    margins([str(each.root) for each in studies.values()], page)

    text = page.read_text(encoding="utf-8")
    assert text.startswith(MARKS.partition("<!-- end")[0] + "![")
    assert text.endswith("|\n" + MARKS.partition("\n")[2].partition("\n")[2])
    assert text.count("](margins.png)") == 1
    gains = sum(len(verdict.gains) for each in studies.values() for verdict in each.verdicts)
    assert text.count("\n| ") == 2 + gains
    png = (tmp_path / "margins.png").read_bytes()
    assert len(png) < 100_000
    assert len(Image.open(io.BytesIO(png)).getcolors()) <= 64


def test_every_target_has_its_axes_named_by_study_and_target(studies: dict[str, Results]) -> None:
    picture = drawn(studies)

    names = ["one: balloons", "two: balloons", "two: colour"]
    assert [ax.get_title(loc="left") for ax in picture.figure.axes] == names


def test_the_table_has_what_the_study_itself_says_of_each_margin(
    studies: dict[str, Results],
) -> None:
    found = table(studies)

    (verdict,), first = studies["one"].verdicts, found.iloc[:3]
    (asked,) = studies["one"].ask(margin=0.05, margin_of="regression", min_margin=0)
    assert first["P(improvement > 5%)"].tolist() == [
        chance(step.gain.better) for step in asked.gains
    ]
    assert first["target"].tolist() == ["one: balloons", "", ""]
    (told, *more) = first[BY_MARGIN]
    assert more == ["", ""]
    for span in told.split("; "):
        assert any(answer in span for answer in (*SAID.values(), "can't tell yet"))
    assert told == by_margin(verdict)


def test_a_page_without_marks_is_refused(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("nothing\n", encoding="utf-8")

    with pytest.raises(ValueError, match=r"page\.md.*<!-- margins -->"):
        put(page, "text", "margins")

    assert page.read_text(encoding="utf-8") == "nothing\n"


@pytest.mark.parametrize(
    ("probability", "words"), [(0.004, "<1%"), (0.0126, "1%"), (0.5, "50%"), (0.9951, ">99%")]
)
def test_no_probability_is_rounded_to_none_or_all(probability: float, words: str) -> None:
    assert chance(probability) == words


def test_two_folders_of_one_name_are_told_apart_and_one_that_is_named_twice_counts_once(
    tmp_path: Path,
) -> None:
    folders = [tmp_path / place / "wine" for place in "ab"]
    for folder in folders:
        folder.mkdir(parents=True)
        (folder / "config.yaml").touch()
    first, second = map(str, folders)

    assert list(opened([first, first])) == ["wine"]
    assert list(opened([first, second])) == [first, second]


def test_a_folder_without_a_study_is_named_and_nothing_is_written(tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match=re.escape(str(tmp_path))):
        margins([str(tmp_path)])
