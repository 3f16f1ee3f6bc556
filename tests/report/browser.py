"""A real browser for the tests that read a report as people do: Chromium, as Debian ships it."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from typing import Any

import pytest

NAMES = ("chromium", "chromium-browser", "google-chrome")


def missing() -> str:
    """Why there is no browser to test with, if there is none."""
    if not any(map(shutil.which, NAMES)):
        return f"no browser: none of {', '.join(NAMES)} is on PATH (on Debian: apt-get install chromium)"
    lacking = [name for name in ("playwright", "axe_playwright_python") if find_spec(name) is None]
    return f"no {' and no '.join(lacking)}: scripts/setup --dev installs what tests need" if lacking else ""


@contextmanager
def chromium() -> Iterator[Any]:
    """A headless Chromium, driven by Playwright, while whose block lasts no event loop can be run in this thread.

    Where there is none the test is skipped; it fails with BROWSER_TESTS=required in the environment, as in continuous
    integration.
    """
    if why := missing():
        (pytest.fail if os.environ.get("BROWSER_TESTS") == "required" else pytest.skip)(why)
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        program = next(filter(None, map(shutil.which, NAMES)))
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        try:
            yield browser
        finally:
            browser.close()
