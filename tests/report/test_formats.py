"""A report as Markdown and as PDF, and several studies on one page."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import nbformat
import pytest

from study.api import write_side_by_side
from study.evidence.sentences import percent
from study.records.results import Results, load_results
from study.report.formats import BROWSERS, as_markdown, write_pdf
from study.report.plain import to_markdown
from study.schema import StudyError
from tests.report.conftest import Reported
from tests.report.synthetic import KINDS, copied, numbers


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<p>one</p><p>two <b>bold</b> &amp; <em>so</em></p>", "one\n\ntwo **bold** & *so*"),
        ("<ul><li>a<li>b</ul><ol><li>c</li></ol>", "- a\n- b\n1. c"),
        ("<p>a_b * [c] &lt;d&gt; | $e$</p>", r"a\_b \* \[c\] \<d\> \| \$e\$"),
        ("<p># no heading</p><p>1. no list</p>", "\\# no heading\n\n\\1. no list"),
        ('<a href="x/y.html">there</a> <a href="#top">here</a>', "[there](x/y.html) here"),
        ("<details><summary>More</summary><p>below</p></details>", "**More**\n\nbelow"),
        ('<div><svg role="img" aria-label="A gain of 3 %"><text>3</text></svg>after</div>', "*A gain of 3 %*\n\nafter"),
        ("<style>p {}</style><script>let a = '<p>b</p>'</script><p>c</p>", "c"),
        ("<label>all<select><option>a<option>b</select></label><p hidden>no</p><button>x</button><p>c</p>", "c"),
        ("<p><span>a</span><b>b</b>, <i>c</i>.</p>", "a **b**, *c*."),
        ("<p>3 %<small>1 to 5 %</small></p>", "3 % 1 to 5 %"),
        ("<h4>Title</h4>text", "#### Title\n\ntext"),
        ("<table><tr><th>a</th><th>b</th></tr><tr><td>1</td></tr></table>", "| a | b |\n| --- | --- |\n| 1 |  |"),
    ],
)
def test_html_becomes_markdown(html: str, text: str) -> None:
    assert to_markdown(html) == text


def test_rows_beyond_the_most_are_counted() -> None:
    rows = "".join(f"<tr><td>{i}</td></tr>" for i in range(30))

    text = to_markdown(f"<table><tr><th>n</th></tr>{rows}</table>", most_rows=10)

    assert [line for line in text.splitlines() if line][-2] == "| 9 |"
    assert numbers(text)[-1] == 20


def test_markdown_has_the_words_the_tables_and_the_figures_of_the_report_and_no_code(reported: Reported) -> None:
    paths = reported.study
    text = paths.markdown.read_text(encoding="utf-8")

    notebook = nbformat.read(paths.notebook, as_version=4)
    sources = [cell.source for cell in notebook.cells if cell.cell_type == "markdown"]
    assert all(source.strip() in text for source in sources)
    pictures = re.findall(r"!\[([^\n]+)\]\((figures/[\w.]+)\)", text)
    assert {Path(file).stem for _, file in pictures} == {path.stem for path in paths.figures.iterdir()}
    assert all((paths.root / file).is_file() and len(alt) > 20 for alt, file in pictures)
    assert "load_results" not in text
    assert "<table" not in text
    gain = percent(next(each.gain.improvement for each in load_results(paths.root).verdicts[0].gains))
    assert f"{gain} %" in text


def test_words_of_a_stream_are_kept_as_they_are() -> None:
    output = nbformat.v4.new_output("stream", text="a_b\n")
    cell = nbformat.v4.new_code_cell("1", outputs=[output])

    assert as_markdown(nbformat.v4.new_notebook(cells=[cell])) == "a\\_b\n"


@pytest.mark.skipif(not any(map(shutil.which, BROWSERS)), reason="no browser on PATH")
def test_a_page_is_printed_as_a_pdf(tmp_path: Path) -> None:
    page = tmp_path / "a b.html"
    page.write_text("<h1>Grüße</h1>", encoding="utf-8")

    printed = write_pdf(page, tmp_path / "a b.pdf")

    assert printed.read_bytes().startswith(b"%PDF")
    assert [path.name for path in sorted(tmp_path.iterdir())] == ["a b.html", "a b.pdf"]


def test_without_a_browser_the_way_out_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))

    with pytest.raises(StudyError, match=r"PATH.*chromium.*apt-get install chromium.*page\.html"):
        write_pdf(tmp_path / "page.html", tmp_path / "page.pdf")


def test_a_browser_that_prints_nothing_is_named_with_what_it_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    browser = tmp_path / "chromium"
    browser.write_text("#!/bin/sh\necho no display >&2\n")
    browser.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))

    with pytest.raises(StudyError, match=rf"{browser}.*no display.*page\.html"):
        write_pdf(tmp_path / "page.html", tmp_path / "page.pdf")


def test_studies_stand_side_by_side_with_what_is_paired_and_links_to_their_reports(reported: Reported) -> None:
    page = reported.side_by_side

    assert page == reported.study.root.parent / "side-by-side.md"
    text, html = page.read_text(encoding="utf-8"), page.with_suffix(".html").read_text(encoding="utf-8")
    links = re.findall(r"\[[^]]+\]\(([^)]+)\)", text)
    assert links == ["a%20study%20%7C%201/report.md", "the%20other/report.md"]
    assert reported.small.markdown.is_file()
    assert 'href="the%20other/report.' in html
    verdicts = [line for line in text.splitlines() if line.startswith("| balloons | ")]
    assert [line.split(" | ")[1] for line in verdicts] == [r"a study \| 1", "the other"]
    heads = [line.removeprefix("### ") for line in text.splitlines() if line.startswith("### ")]
    assert sorted(heads[:4]) == sorted(KINDS)
    assert heads[4:] == ["balloons", "balloons"]  # the answer of the other, and what both have, whose losses are paired
    assert "<summary>Code" not in html


def test_a_study_that_is_not_finished_stands_beside_no_other(small: Results, tmp_path: Path) -> None:
    begun = copied(small, tmp_path / "begun").root
    (begun / "verdicts.json").unlink()

    with pytest.raises(StudyError, match=r"verdicts\.json.*`study run "):
        write_side_by_side([small.root, begun])

    assert not (small.root.parent / "side-by-side.html").exists()
