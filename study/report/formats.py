"""A report in other forms than HTML: Markdown with its figures beside it, and PDF as a browser
prints it.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from study.records.paths import write_atomic
from study.report.form import Form
from study.schema import StudyError

if TYPE_CHECKING:
    from nbformat import NotebookNode

BROWSERS = (
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
    "chrome",
    "microsoft-edge",
)
"""Programs that print a page without a screen, in the order in which they are looked for on PATH.
"""
PRINT_S = 120
"""Seconds that printing may take."""


def write_form(form: Form, html: Path, notebook: NotebookNode) -> Path:
    """Write a report whose HTML is there in another form beside it, and give that file's path;
    errors as `write_pdf`.

    notebook: executed, which the HTML was made of.
    """
    if form is Form.HTML:
        return html
    path = html.with_suffix(f".{form}")
    if form is Form.PDF:
        return write_pdf(html, path)
    from study.report.plain import as_markdown

    write_atomic(path, as_markdown(notebook))
    return path


def write_pdf(html: Path, path: Path) -> Path:
    """Print a page as a browser does.

    Raises
    ------
    StudyError
        No browser is found that prints without a screen, or it printed nothing.
    """
    browser = next((found for name in BROWSERS if (found := shutil.which(name))), None)
    way = f"Or open {html} in any browser and print it."
    if browser is None:
        raise StudyError(
            f"A PDF needs a browser on PATH: {', '.join(BROWSERS)}. Install one (on Debian: apt-get install chromium). {way}"
        )
    with tempfile.TemporaryDirectory() as scratch:
        printed = Path(scratch) / "page.pdf"
        command = [
            browser,
            "--headless",
            "--disable-gpu",
            f"--user-data-dir={scratch}/profile",
            "--no-pdf-header-footer",
        ]
        if hasattr(os, "geteuid") and os.geteuid() == 0:
            command.append("--no-sandbox")  # it has none for root
        try:
            ended = subprocess.run(
                [*command, f"--print-to-pdf={printed}", html.resolve().as_uri()],
                capture_output=True, text=True, errors="replace", timeout=PRINT_S, check=False,
            )  # fmt: skip
            said = ended.stderr.strip().splitlines()[-1:]
        except subprocess.TimeoutExpired:
            said = [f"it took more than {PRINT_S} s"]
        except OSError as error:
            said = [error.strerror or str(error)]
        content = printed.read_bytes() if printed.exists() else b""
    if not content.startswith(b"%PDF"):
        raise StudyError(f"{browser} printed no PDF{': ' * bool(said)}{''.join(said)}. {way}")
    write_atomic(path, content)
    return path
