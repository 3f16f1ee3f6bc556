"""What a report can be written as, for those who only name it."""

from __future__ import annotations

from enum import StrEnum


class Form(StrEnum):
    """What a report is written as; the HTML is written always."""

    HTML = "html"
    MD = "md"
    PDF = "pdf"
