"""`study explain`: what a warning means."""

from __future__ import annotations

from textwrap import fill
from typing import Annotated

import typer

from study.cli.given import print_json
from study.cli.options import AsJson


def explain(
    warning: Annotated[
        str | None,
        typer.Argument(help="Id of a warning, such as S003; default: list all."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Explain a warning: what it means, why it matters and what to do."""
    from dataclasses import asdict

    from study.evidence.warnings.catalogue import ENTRIES, entry_of

    if as_json:
        print_json(
            {"warnings": [asdict(each) for each in ENTRIES]}
            if warning is None
            else asdict(entry_of(warning))
        )
    elif warning is None:
        for each in ENTRIES:
            print(f"{each.id}  {each.title} (affects {each.touches})")
    else:
        entry = entry_of(warning)
        print(f"{entry.id} {entry.title}")
        for text in entry.text.replace("**", "").split("\n\n"):
            print("\n" + fill(text, 80))
