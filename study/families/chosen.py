"""Which models are compared on a target, and how many trials each of their searches gets."""

from __future__ import annotations

import math
import sys

from study.config import StudyConfig
from study.config.options import Range, Space
from study.families import FAMILIES, get_family, is_searched, resolve_space, searched
from study.schema import REGRESSIONS, TERMS, Kind, Search, StudyError

DEPTHS = (1, 2, 3)
"""Hidden layers of the networks where a config names none."""
REGRESSION_WINDOWS = 2
"""Windows of a network in that of a regression (docs/design/0013)."""


def families_of(config: StudyConfig, kind: Kind) -> list[str]:
    """Families that serve a kind: study's own, the simplest first, or those of an explicit list
    that do, at least one.
    """
    if config.families == "auto":
        own = [family for family in FAMILIES.values() if kind in family.kinds]
        return [
            family.name
            for family in sorted(own, key=lambda family: (not family.convex, family.inputs))
        ]
    serving = [name for name in config.families if kind in get_family(name).kinds]
    if not serving:
        fit = ", ".join(name for name, family in FAMILIES.items() if kind in family.kinds)
        raise StudyError(
            f"families {config.families}: none fits a {kind.value} target. These do: {fit}."
        )
    return serving


def depths_of(config: StudyConfig, family: str) -> list[int]:
    """Depths at which a family is compared."""
    if get_family(family).convex:
        return [0]
    return [*DEPTHS] if config.depths is None else config.depths


def has_formula(config: StudyConfig, kind: Kind) -> bool:
    """Whether there is a simple formula: it stands beside the kind's regression, which a config's
    families may lack.
    """
    return REGRESSIONS[kind] in families_of(config, kind)


def search_space(config: StudyConfig, search: Search, n_rows: int) -> Space:
    """The search space of a search with so many training rows, the config's overrides applied; the
    regression with terms takes the plain one's path."""
    family, spaces = get_family(search.family), config.space
    plain = spaces.get(REGRESSIONS[search.kind], {}) if family.name == TERMS else {}
    path = {name: form for name, form in plain.items() if name == family.path}
    return resolve_space(family, n_rows, path | spaces.get(family.name, {}))


def search_trials(config: StudyConfig, search: Search) -> int:
    """Trials of one search under a config whose budget is filled in, or as many as its space has
    points or its family needs.
    """
    family = get_family(search.family)
    override = config.space.get(search.family, {})
    if not is_searched(family, override):
        return 1
    forms = searched(family, resolve_space(family, 1, override)).values()
    choices = math.prod(
        len(form) if isinstance(form, list) else math.inf if isinstance(form, Range) else 1
        for form in forms
    )
    return min(config.search.trials or 1, int(min(choices, family.most_trials or sys.maxsize)))


def search_window(config: StudyConfig, search: Search) -> int:
    """Trials of one search that may be out at once: `search.generation`, or a regression's multiple
    of it.
    """
    return config.search.generation * (
        REGRESSION_WINDOWS if get_family(search.family).convex else 1
    )
