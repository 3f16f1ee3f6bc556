"""The report in a real browser: it loads nothing, fits every width, follows light and dark, and is
open to all readers.
"""

from __future__ import annotations

import io
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from harness.browser import PHONE, WIDE, chromium, missing, window
from study.report.sections import CHAPTERS
from tests.report.conftest import REASON, Reported
from tests.report.synthetic import numbers

TRIALS = 40
"""Rows of the table of trials."""
SMALLEST_PX = 8.0
"""Text of a figure below this is read by nobody."""


@pytest.fixture(scope="module", autouse=True)
def needed() -> None:
    """Without a browser these tests are skipped; with BROWSER_TESTS=required, as in continuous
    integration, they fail.
    """
    if why := missing():
        (pytest.fail if os.environ.get("BROWSER_TESTS") == "required" else pytest.skip)(why)


@pytest.fixture(scope="module")
def html(reported: Reported) -> Path:
    return reported.study.html


@pytest.fixture(scope="module")
def browser(html: Path) -> Iterator[Any]:
    with chromium() as started:
        yield started


@pytest.fixture(scope="module")
def page(browser: Any, html: Path) -> Any:
    own = window(browser, WIDE)
    own.told, own.asked = [], []
    own.on("console", lambda message: own.told.append(message.text))
    own.on("pageerror", lambda error: own.told.append(str(error)))
    own.on("request", lambda request: own.asked.append(request.url))
    own.goto(html.as_uri())
    return own


@pytest.fixture
def opened(page: Any) -> Callable[..., Any]:
    """`opened(size, scheme)`: the one page, in a window of that size, as a reader sees it who asks
    for light or dark.
    """

    def seen(size: tuple[int, int] = WIDE, scheme: str = "light", unfolded: bool = True) -> Any:
        page.set_viewport_size({"width": size[0], "height": size[1]})
        page.emulate_media(color_scheme=scheme)
        page.eval_on_selector_all(
            "details.chapter", "(all, open) => all.forEach(each => { each.open = open; })", unfolded
        )
        return page

    return seen


def brightness(photograph: bytes) -> float:
    """Its mean, from 0 to 255."""
    from PIL import Image

    return float(np.asarray(Image.open(io.BytesIO(photograph)).convert("L")).mean())


def rows(page: Any) -> list[list[str]]:
    """Cells of the table of trials that can be seen, row by row."""
    script = "rows => rows.filter(row => !row.hidden).map(row => [...row.cells].map(cell => cell.textContent))"
    return page.eval_on_selector_all(".filtered tbody tr", script)


def test_nothing_is_asked_of_elsewhere_and_no_error_is_told(
    opened: Callable[..., Any], html: Path
) -> None:
    page = opened()

    assert page.asked == [html.as_uri()]
    assert page.told == []


@pytest.mark.parametrize("size", [WIDE, (700, 900), PHONE])
def test_no_page_is_wider_than_its_window_and_no_panel_or_legend_leaves_it(
    opened: Callable[..., Any], size: Any
) -> None:
    page = opened(size)

    width = page.evaluate("document.documentElement.scrollWidth")
    box = "const b = svg.getBoundingClientRect(); return b.left < 0 || b.right > innerWidth"
    beyond = page.eval_on_selector_all(
        ".panels > *", f"all => all.filter(svg => {{ {box} }}).length"
    )
    assert width == size[0]
    assert beyond == 0


@pytest.mark.parametrize("size", [WIDE, PHONE])
def test_the_text_of_every_figure_is_legible(opened: Callable[..., Any], size: Any) -> None:
    sizes = opened(size).eval_on_selector_all(
        ".panels svg text",
        "all => all.map(t => parseFloat(getComputedStyle(t).fontSize) * t.getScreenCTM().a)",
    )

    assert len(sizes) > 100
    assert min(size for size in sizes if size > 0) > SMALLEST_PX


def test_every_figure_has_words_and_a_size(opened: Callable[..., Any]) -> None:
    figures = opened().eval_on_selector_all(
        "figure > .panels",
        "all => all.map(f => [f.getAttribute('role'), f.getAttribute('aria-label').length, f.clientWidth, f.clientHeight])",
    )

    assert len(figures) == 9
    assert all(
        role == "img" and words > 60 and width > 300 and height > 100
        for role, words, width, height in figures
    )


def test_light_and_dark_are_what_the_reader_asks_for(opened: Callable[..., Any]) -> None:
    script = (
        "document => getComputedStyle(document.querySelector('.panels svg text[style*=ink]')).fill"
    )

    inks, shades = [], []
    for scheme in ("light", "dark"):
        page = opened(scheme=scheme)
        inks.append(page.eval_on_selector("html", script))
        shades.append(brightness(page.screenshot()))

    assert shades[1] < 60
    assert shades[0] > 200
    assert inks == ["rgb(31, 41, 51)", "rgb(230, 234, 238)"]


def test_the_contents_lead_to_every_chapter_and_open_it(opened: Callable[..., Any]) -> None:
    page = opened(unfolded=False)
    links = page.locator("nav.side > ol > li > a")

    for place in range(links.count()):
        chapter = page.locator("details.chapter").nth(place)
        assert chapter.get_attribute("open") is None
        links.nth(place).click()
        page.wait_for_function(
            "place => document.querySelectorAll('details.chapter')[place].open", arg=place
        )
        heading = page.locator("main h2").nth(place)
        assert heading.inner_text() == links.nth(place).inner_text()
        assert heading.bounding_box()["y"] < WIDE[1]
    broken = page.eval_on_selector_all(
        "nav a", "all => all.filter(a => !document.getElementById(a.hash.slice(1))).length"
    )
    assert broken == 0
    assert links.count() == len(CHAPTERS)


def test_the_folded_contents_of_a_phone_lead_on(opened: Callable[..., Any]) -> None:
    page = opened(PHONE)

    page.locator("nav.top summary").click()
    page.locator("nav.top a[href='#reproduce']").click()

    assert 0 <= page.locator("#reproduce").bounding_box()["y"] < PHONE[1]
    assert page.locator("nav.top details").get_attribute("open") is None


@pytest.fixture(scope="module")
def trials(browser: Any, reported: Reported) -> Any:
    own = window(browser, WIDE)
    own.goto(reported.study.trials_html.as_uri())
    return own


def test_no_table_scrolls_sideways_on_a_desktop(opened: Callable[..., Any], trials: Any) -> None:
    trials.set_viewport_size({"width": 1280, "height": 900})
    script = (
        "all => all.filter(box => box.scrollWidth > box.clientWidth + 1).map(box => box.ariaLabel)"
    )

    wide = [page.eval_on_selector_all(".scroll", script) for page in (opened((1280, 900)), trials)]

    assert wide == [[], []]


def test_trials_are_sorted_by_what_numbers_are_worth(trials: Any) -> None:
    page = trials
    heads = page.locator(".filtered thead th")
    names = heads.all_inner_texts()
    place = names.index("validation loss")

    page.locator(".filtered thead button").nth(place).click()
    rising = [row[place] for row in rows(page)]
    page.locator(".filtered thead button").nth(place).click()
    falling = [row[place] for row in rows(page)]

    told = [float(text.replace(",", "")) for text in rising[:-1]]
    assert told == sorted(told)
    assert rising[-1] == falling[-1] == "\N{EN DASH}"
    assert [float(text.replace(",", "")) for text in falling[:-1]] == sorted(told, reverse=True)
    assert heads.nth(place).get_attribute("aria-sort") == "descending"


def test_trials_are_filtered_by_words_and_by_state(trials: Any) -> None:
    page = trials
    count = len(rows(page))

    page.locator(".filter input").fill("Balloons layers COMPLETE")
    some = rows(page)
    page.locator(".filter input").fill("")
    page.locator(".filter select[data-column='3']").select_option("FAIL")
    failed = rows(page)
    said = numbers(page.locator(".count").inner_text())
    page.locator(".filter select[data-column='3']").select_option("")

    assert {(row[0], row[1], row[3]) for row in some} == {
        ("balloons", "network, 2 layers", "COMPLETE")
    }
    assert [row[-1] for row in failed] == [f"FloatingPointError: {REASON}"]
    assert said == [1, count]
    assert len(rows(page)) == count == TRIALS


def test_axe_finds_no_serious_fault(browser: Any, html: Path) -> None:
    from axe_playwright_python.sync_playwright import Axe

    page = window(browser, WIDE)
    page.goto(html.as_uri())
    alike = ".panels > *, tbody tr:nth-child(n+3)"  # pictures with words, whatever is drawn, and rows like those before
    page.eval_on_selector_all(alike, "all => all.forEach(each => each.remove())")
    found = []
    for size, scheme in ((WIDE, "light"), (PHONE, "dark")):
        page.set_viewport_size({"width": size[0], "height": size[1]})
        page.emulate_media(color_scheme=scheme)
        found += Axe().run(page, options={"resultTypes": ["violations"]}).response["violations"]

    serious = [each for each in found if each["impact"] in {"serious", "critical"}]
    assert [(each["id"], node["html"][:120]) for each in serious for node in each["nodes"]] == []


def test_the_first_key_leads_past_the_contents_and_wide_tables_can_be_reached(
    opened: Callable[..., Any],
) -> None:
    page = opened(PHONE)
    page.evaluate("document.body.tabIndex = -1; document.body.focus()")

    page.keyboard.press("Tab")
    first = page.evaluate("document.activeElement.className")
    wide = "all => all.filter(box => box.scrollWidth > box.clientWidth + 1)"
    reached = page.eval_on_selector_all(".scroll", f"all => ({wide})(all).map(box => box.tabIndex)")
    told = page.eval_on_selector_all(
        ".scroll", f"all => ({wide})(all).map(box => box.nextElementSibling.textContent)"
    )

    assert first == "skip"
    assert len(reached) > 5
    assert set(reached) == {0}
    assert all(told)


def test_the_pages_are_whole_without_scripts(browser: Any, html: Path, reported: Reported) -> None:
    page = window(browser, WIDE, scripts=False)
    page.goto(html.as_uri())

    assert page.locator("nav.side a").first.is_visible()
    page.locator("details.chapter summary").first.click()
    assert page.locator("details.chapter").first.get_attribute("open") is not None
    page.goto(reported.study.trials_html.as_uri())
    assert page.locator(".filtered tbody tr").count() == TRIALS
    assert not page.locator("form.filter").is_visible()
