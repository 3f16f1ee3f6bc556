"""A report as Markdown, in which tests approve it."""

from __future__ import annotations

import re
from pathlib import Path

import nbformat
import pytest

from harness.plain import MOST_ROWS, as_markdown, to_markdown
from study.evidence.wording.amounts import signed
from study.records.results import load_results
from tests.report.conftest import Reported
from tests.report.synthetic import numbers


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<p>one</p><p>two <b>bold</b> &amp; <em>so</em></p>", "one\n\ntwo **bold** \\& *so*"),
        ("<ul><li>a</li><li>b_c</li></ul>", "- a\n- b\\_c"),
        ("<p>a_b * [c] &lt;d&gt; | $e$</p>", r"a\_b \* \[c\] \<d\> \| \$e\$"),
        (
            "<p>as <code>a_b</code></p><pre><code>a: [1]\n</code></pre>",
            "as `a_b`\n\n```\na: [1]\n```",
        ),
        ('<p>1 warning: <a href="#warning-0">one</a>.</p>', "1 warning: one."),
        ("<details><summary>More</summary><p>below</p></details>", "**More**\n\nbelow"),
        (
            '<div><span>3 %<small>1 to 5 %</small></span><span><svg role="img"><text>3</text></svg></span></div>',
            "3 % 1 to 5 %",
        ),
        (
            "<style>p {}</style><form><label>all<select><option>a</select></label></form><p>c</p>",
            "c",
        ),
        ("<section><h4>Title</h4><p>text</p></section>", "#### Title\n\ntext"),
        (
            "<table><tr><th>a</th><th>b</th></tr><tr><td>1</td><td>2</td></tr></table>",
            "| a | b |\n| --- | --- |\n| 1 | 2 |",
        ),
    ],
)
def test_html_becomes_markdown(html: str, text: str) -> None:
    assert to_markdown(html) == text


def test_rows_beyond_the_most_are_counted() -> None:
    rows = "".join(f"<tr><td>{i}</td></tr>" for i in range(MOST_ROWS + 20))

    text = to_markdown(f"<table><tr><th>n</th></tr>{rows}</table>")

    assert [line for line in text.splitlines() if line][-2] == f"| {MOST_ROWS - 1} |"
    assert numbers(text)[-1] == 20


def test_markdown_has_the_words_the_tables_and_the_figures_of_the_report_and_no_code(
    reported: Reported,
) -> None:
    paths = reported.study
    notebook = nbformat.read(paths.notebook, as_version=4)
    text = as_markdown(notebook)

    sources = [cell.source for cell in notebook.cells if cell.cell_type == "markdown"]
    assert all(source.strip() in text for source in sources)
    pictures = re.findall(r"!\[([^\n]+)\]\((figures/[\w.]+)\)", text)
    assert {Path(file).stem for _, file in pictures} == {
        path.stem for path in paths.figures.iterdir()
    }
    assert all((paths.root / file).is_file() and len(alt) > 20 for alt, file in pictures)
    assert "load_results" not in text
    assert "<table" not in text
    assert signed(load_results(paths.root).verdicts[0].gains[0].gain.improvement) in text
