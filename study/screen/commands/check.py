"""`study check`: what would be done."""

from __future__ import annotations

from study.screen.given import config_of, console
from study.screen.options import AsJson, ConfigOrTable, Name, Overrides, Targets


def check(
    source: ConfigOrTable, target: Targets = None, set_: Overrides = None, name: Name = None, as_json: AsJson = False
) -> None:
    """Validate a config or table and print what would be done, without doing it."""
    from study.prepare import prepare
    from study.screen.as_json import print_json
    from study.screen.check import check_json, print_check

    prepared = prepare(config_of(source, target, set_, name))
    if as_json:
        print_json(check_json(prepared))
    else:
        print_check(prepared, console())
