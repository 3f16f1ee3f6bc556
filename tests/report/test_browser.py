"""The report in a real browser: it loads nothing, fits every width, follows light and dark, and is open to all readers."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from harness.browser import PHONE, WIDE, chromium, missing, photographs, window
from study.api import write_report
from study.records.paths import StudyPaths
from study.records.results import Results, write_trial
from study.records.trial import TrialRecord
from study.schema import Arm, TrialState

REASON = "the loss is not a number after 3 epochs"
SMALLEST_PX = 8.0
"""Text of a figure below this is read by nobody."""


@pytest.fixture(scope="module", autouse=True)
def needed() -> None:
    """Without a browser these tests are skipped; with BROWSER_TESTS=required, as in continuous integration, they fail."""
    if why := missing():
        (pytest.fail if os.environ.get("BROWSER_TESTS") == "required" else pytest.skip)(why)


@pytest.fixture(scope="module")
def html(results: Results, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Report of a study of all four kinds, of which one trial failed."""
    root = tmp_path_factory.mktemp("browser") / "a study"
    shutil.copytree(results.root, root, ignore=shutil.ignore_patterns("report.*", "figures"))
    paths = StudyPaths(root)
    trials = pd.read_parquet(paths.results)
    place = trials.index[(trials["target"] == "balloons") & (trials["depth"] == 2)][0]
    trials.loc[place, ["state", "val_loss", "val_loss_se", "train_loss"]] = [TrialState.FAIL.value, np.nan, np.nan, np.nan]
    trials.to_parquet(paths.results, index=False)
    row = trials.loc[place]
    arm = Arm(**{name: row[name] for name in ("target", "kind", "family", "depth", "outer_fold")})
    told = {"study": "party", "trial_id": row["trial_id"], "number": row["number"], "generation": 0, "params": {}}
    error = f"Traceback (most recent call last):\nFloatingPointError: {REASON}."
    write_trial(paths, TrialRecord(arm=arm, state=TrialState.FAIL, error=error, **told))
    return write_report(paths)


@pytest.fixture(scope="module")
def browser(html: Path) -> Iterator[Any]:
    with chromium() as started:
        yield started


@pytest.fixture(scope="module")
def opened(browser: Any, html: Path) -> Iterator[Callable[..., Any]]:
    """`opened(size, scheme)`: the report in a window of its own, once for all tests that look at it so."""
    pages: dict[tuple[Any, ...], Any] = {}

    def page(size: tuple[int, int] = WIDE, scheme: str = "light", scripts: bool = True) -> Any:
        key = size, scheme, scripts
        if key not in pages:
            pages[key] = own = window(browser, *key)
            own.told, own.asked = [], []
            own.on("console", lambda message: own.told.append(message.text))
            own.on("pageerror", lambda error: own.told.append(str(error)))
            own.on("request", lambda request: own.asked.append(request.url))
            own.goto(html.as_uri())
        return pages[key]

    yield page
    for each in pages.values():
        each.context.close()


def brightness(photograph: Path) -> float:
    """Its mean, from 0 to 255."""
    from PIL import Image

    return float(np.asarray(Image.open(photograph).convert("L")).mean())


def rows(page: Any) -> list[list[str]]:
    """Cells of the table of trials that can be seen, row by row."""
    script = "rows => rows.filter(row => !row.hidden).map(row => [...row.cells].map(cell => cell.textContent))"
    return page.eval_on_selector_all(".filtered tbody tr", script)


def test_nothing_is_asked_of_elsewhere_and_no_error_is_told(opened: Callable[..., Any], html: Path) -> None:
    page = opened()

    assert page.asked == [html.as_uri()]
    assert page.told == []


@pytest.mark.parametrize("size", [WIDE, (700, 900), PHONE])
def test_no_page_is_wider_than_its_window_and_no_panel_or_legend_leaves_it(opened: Callable[..., Any], size: Any) -> None:
    page = opened(size)

    width = page.evaluate("document.documentElement.scrollWidth")
    box = "const b = svg.getBoundingClientRect(); return b.left < 0 || b.right > innerWidth"
    beyond = page.eval_on_selector_all(".panels svg:not(.defs)", f"all => all.filter(svg => {{ {box} }}).length")
    assert width == size[0]
    assert beyond == 0


@pytest.mark.parametrize("size", [WIDE, PHONE])
def test_the_text_of_every_figure_is_legible(opened: Callable[..., Any], size: Any) -> None:
    sizes = opened(size).eval_on_selector_all(
        ".panels svg text", "all => all.map(t => parseFloat(getComputedStyle(t).fontSize) * t.getScreenCTM().a)"
    )

    assert len(sizes) > 100
    assert min(size for size in sizes if size > 0) > SMALLEST_PX


def test_every_figure_has_words_and_a_size(opened: Callable[..., Any]) -> None:
    figures = opened().eval_on_selector_all(
        "figure > .panels",
        "all => all.map(f => [f.getAttribute('role'), f.getAttribute('aria-label').length, f.clientWidth, f.clientHeight])",
    )

    assert len(figures) > 9
    assert all(role == "img" and words > 60 and width > 300 and height > 100 for role, words, width, height in figures)


def test_light_and_dark_are_what_the_reader_asks_for(
    opened: Callable[..., Any], browser: Any, html: Path, tmp_path: Path
) -> None:
    script = "document => getComputedStyle(document.querySelector('.panels .panel text[style*=ink]')).fill"

    light, dark, phone = map(brightness, photographs(browser, html, tmp_path, "party"))
    inks = [opened(scheme=scheme).eval_on_selector("html", script) for scheme in ("light", "dark")]

    assert dark < 60
    assert min(light, phone) > 200
    assert inks == ["rgb(31, 41, 51)", "rgb(230, 234, 238)"]


def test_the_contents_lead_to_every_chapter_and_follow_the_reader(opened: Callable[..., Any]) -> None:
    page = opened()
    links = page.locator("nav.side > ol > li > a")

    for place in range(links.count()):
        links.nth(place).click()
        page.wait_for_function(
            "place => document.querySelectorAll('nav.side > ol > li')[place].className === 'here'", arg=place
        )
        heading = page.locator("main h2").nth(place)
        assert heading.inner_text() == links.nth(place).inner_text()
        assert heading.bounding_box()["y"] < WIDE[1]
    broken = page.eval_on_selector_all("nav a", "all => all.filter(a => !document.getElementById(a.hash.slice(1))).length")
    assert broken == 0
    assert links.count() == 8


def test_the_folded_contents_of_a_phone_lead_on(opened: Callable[..., Any]) -> None:
    page = opened(PHONE)

    page.locator("nav.top summary").click()
    page.locator("nav.top a", has_text="All trials").click()

    assert 0 <= page.locator("#all-trials").bounding_box()["y"] < PHONE[1]
    assert page.locator("nav.top details").get_attribute("open") is None


def test_trials_are_sorted_by_what_numbers_are_worth(opened: Callable[..., Any]) -> None:
    page = opened()
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


def test_trials_are_filtered_by_words_and_by_state(opened: Callable[..., Any]) -> None:
    page = opened()
    count = len(rows(page))

    page.locator(".filter input").fill("Balloons layers COMPLETE")
    some = rows(page)
    page.locator(".filter input").fill("")
    page.locator(".filter select[data-column='3']").select_option("FAIL")
    failed = rows(page)
    said = page.locator(".count").inner_text()
    page.locator(".filter select[data-column='3']").select_option("")

    assert {(row[0], row[1], row[3]) for row in some} == {("balloons", "network, 2 layers", "COMPLETE")}
    assert [row[-1] for row in failed] == [f"FloatingPointError: {REASON}"]
    assert said == f"1 of {count} trials fit."
    assert len(rows(page)) == count == 56


@pytest.mark.parametrize(("size", "scheme"), [(WIDE, "light"), (PHONE, "dark")])
def test_axe_finds_no_serious_fault(opened: Callable[..., Any], size: Any, scheme: str) -> None:
    from axe_playwright_python.sync_playwright import Axe

    drawings = {"exclude": [[".panels > *"]]}  # pictures with words, whatever is drawn
    found = Axe().run(opened(size, scheme), context=drawings, options={"resultTypes": ["violations"]}).response["violations"]

    serious = [each for each in found if each["impact"] in {"serious", "critical"}]
    assert [(each["id"], node["html"][:120]) for each in serious for node in each["nodes"]] == []


def test_the_first_key_leads_past_the_contents_and_wide_tables_can_be_reached(opened: Callable[..., Any]) -> None:
    page = opened(PHONE)
    page.evaluate("document.body.tabIndex = -1; document.body.focus()")

    page.keyboard.press("Tab")
    first = page.evaluate("document.activeElement.className")
    wide = "all => all.filter(box => box.scrollWidth > box.clientWidth + 1)"
    reached = page.eval_on_selector_all(".scroll", f"all => ({wide})(all).map(box => box.tabIndex)")
    told = page.eval_on_selector_all(".scroll", f"all => ({wide})(all).map(box => box.nextElementSibling.textContent)")

    assert first == "skip"
    assert len(reached) > 5
    assert set(reached) == {0}
    assert all("to the right" in words for words in told)


def test_the_page_is_whole_without_scripts(opened: Callable[..., Any]) -> None:
    page = opened(scripts=False)

    assert page.locator(".filtered tbody tr").count() == 56
    assert not page.locator("form.filter").is_visible()
    assert page.locator("nav.side a").first.is_visible()
