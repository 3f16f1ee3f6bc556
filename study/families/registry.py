"""Every family by its name: those of study itself, and those that installed packages bring."""

from __future__ import annotations

import re
from collections.abc import Collection
from functools import lru_cache
from importlib.metadata import EntryPoint, entry_points
from typing import TypeVar

from study.families.base import Family
from study.schema import FORMULA, NETWORK, REGRESSION, TREES, StudyError, nearest

GROUP = "study.families"
"""Entry points of other packages' families: `NAME = "module:Class"`, the class a Family of that
name.

They are loaded where a config names them. `families: auto` means those of study itself, so that no
study changes because something was installed."""

FAMILIES: dict[str, Family] = {}
"""Every family of study itself."""

F = TypeVar("F", bound=type[Family])


def register(family: F) -> F:
    """Class decorator: put the family into the registry. Registering a name twice is an error."""
    if family.name in FAMILIES:
        raise ValueError(f"a family is registered once, but '{family.name}' is registered already")
    FAMILIES[family.name] = family()
    return family


def get_family(name: str) -> Family:
    """Return the family of that name.

    Raises
    ------
    StudyError
        There is none, in which case the nearest is named, or the package that brings it is broken.
    """
    return FAMILIES[name] if name in FAMILIES else _plugged_in(name)


@lru_cache
def _plugged_in(name: str) -> Family:
    points = {point.name: point for point in entry_points(group=GROUP)}
    if name not in points:
        known = [*FAMILIES, *points]
        hint = f"{nearest(name, known)} Families: {', '.join(known)}."
        raise StudyError(f"'{name}' is not a family.{hint}")
    return _load(points[name])


def _load(point: EntryPoint) -> Family:
    package = f"{point.dist.name} {point.dist.version}" if point.dist else "an unknown package"
    origin = f"family '{point.name}' of {package} (entry point {point.value!r})"
    taken = (FORMULA, NETWORK, REGRESSION, TREES)
    if point.name in taken or not re.fullmatch(r"[A-Za-z][A-Za-z0-9_]*", point.name):
        raise StudyError(
            f"Can't use {origin}: its name needs letters, digits and _, and is not {', '.join(taken)}."
        )
    try:
        found = point.load()
        family = found() if isinstance(found, type) else found
    except Exception as error:
        raise StudyError(
            f"Can't load {origin}: {type(error).__name__}: {error}. Fix or remove the package."
        ) from error
    if not isinstance(family, Family) or getattr(family, "name", None) != point.name:
        raise StudyError(
            f"Can't use {origin}: it is {found!r}, and must be a study.families.Family with the name '{point.name}'."
        )
    return family


def packages(families: Collection[str]) -> dict[str, str]:
    """Distributions that bring any of `families` (a config's, so `auto` too), and their versions."""
    named = {families} if isinstance(families, str) else {*families}
    points = [point for point in entry_points(group=GROUP) if point.name in named - FAMILIES.keys()]
    return {point.dist.name: point.dist.version for point in points if point.dist}
