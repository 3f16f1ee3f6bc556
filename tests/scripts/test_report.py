"""Seconds and size of reports."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.report import Cost, all_trials, told, trials_an_arm, weighed
from pages.marks import put


@pytest.mark.parametrize(("wanted", "most_off"), [(100, 12), (1_000, 9), (5_000, 9)])
def test_a_study_has_nearly_as_many_trials_as_wanted(wanted: int, most_off: int) -> None:
    assert abs(all_trials(trials_an_arm(wanted)) - wanted) <= most_off


def test_every_byte_of_a_page_belongs_to_one_part() -> None:
    figure, table = "<figure><table><tr></tr></table></figure>", "<table>1</table>"
    html = f"<style>a</style><p>ü</p>{figure}{table}<script>2</script>"

    sizes = weighed(html)

    assert (sizes["figures"], sizes["tables"], sizes["text"]) == (
        len(figure),
        len(table),
        len("<p>ü</p>".encode()),
    )
    assert sum(sizes.values()) == len(html.encode())


def test_the_table_goes_between_its_marks_alone(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("a\n<!-- report -->\nold\n<!-- end of report -->\nb\n")
    cost = Cost(
        1_002,
        36,
        12.4,
        8.6,
        1_500_000,
        {"figures": 1_000_000, "text": 500_000},
        {"notebook": 2_000_000},
    )

    put(page, told([cost]), "report")

    before, mark, head, line, row, *after = page.read_text().splitlines()
    assert (before, mark, after) == ("a", "<!-- report -->", ["<!-- end of report -->", "b"])
    assert row == "| 1,002 | 36 | 12 | 9 | 1.50 | 1.00 | 0.50 | 2.00 |"
    assert head.count("|") == line.count("|") == row.count("|")
