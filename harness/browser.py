"""A real browser that reads a report as people do: Chromium, as Debian ships it, driven by
Playwright.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any

NAMES = ("chromium", "chromium-browser", "google-chrome")
WIDE, PHONE = (1400, 1000), (390, 844)
"""Windows in pixels."""


def missing() -> str:
    """Why there is no browser, if there is none."""
    if not any(map(shutil.which, NAMES)):
        return f"no browser: none of {', '.join(NAMES)} is on PATH (on Debian: apt-get install chromium)"
    lacking = [name for name in ("playwright", "axe_playwright_python") if find_spec(name) is None]
    return (
        f"no {' and no '.join(lacking)}: scripts/setup --dev installs what tests need"
        if lacking
        else ""
    )


@contextmanager
def chromium() -> Iterator[Any]:
    """A headless Chromium. While its block lasts no other event loop runs in this thread."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        program = next(filter(None, map(shutil.which, NAMES)))
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        try:
            yield browser
        finally:
            browser.close()


def window(browser: Any, size: tuple[int, int], scheme: str = "light", scripts: bool = True) -> Any:
    """A page of its own, in which nothing moves. scheme: `light` or `dark`, as the reader's system
    has it.
    """
    width, height = size
    context = browser.new_context(
        viewport={"width": width, "height": height},
        color_scheme=scheme,
        java_script_enabled=scripts,
        reduced_motion="reduce",
    )
    return context.new_page()


def photographs(browser: Any, html: Path, folder: Path, name: str) -> list[Path]:
    """The top of a report in light, in dark and on a phone, as `NAME-light.png` and so on in
    `folder`.
    """
    views = {"light": (WIDE, "light"), "dark": (WIDE, "dark"), "phone": (PHONE, "light")}
    paths = []
    for view, (size, scheme) in views.items():
        page = window(browser, size, scheme)
        page.goto(html.resolve().as_uri())
        paths.append(folder / f"{name}-{view}.png")
        page.screenshot(path=paths[-1])
        page.context.close()
    return paths
