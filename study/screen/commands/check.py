"""`study check`: what would be done."""

from __future__ import annotations

from study.screen.given import config_of, console
from study.screen.options import ConfigOrTable, Name, Overrides, Targets


def check(source: ConfigOrTable, target: Targets = None, set_: Overrides = None, name: Name = None) -> None:
    """Validate a config or table and print what would be done, without doing it."""
    from study.prepare import prepare
    from study.screen.check import print_check

    print_check(prepare(config_of(source, target, set_, name)), console())
