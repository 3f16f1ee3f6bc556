"""`study check`: what a run would do."""

from __future__ import annotations

from study.cli.given import config_of, console, print_json
from study.cli.options import AsJson, ConfigOrTable, Name, Overrides, Targets


def check(
    source: ConfigOrTable,
    target: Targets = None,
    set_: Overrides = None,
    name: Name = None,
    as_json: AsJson = False,
) -> None:
    """Check a config or table, and print what a run would do and how long it takes."""
    from study.cli.check import check_json, print_check
    from study.plan import prepare

    prepared = prepare(config_of(source, target, set_, name))
    if as_json:
        print_json(check_json(prepared))
    else:
        print_check(prepared, console())
