"""What of a family is searched, and where its search begins."""

from __future__ import annotations

import math
from collections.abc import Mapping
from itertools import product
from typing import Any

import numpy as np

from study.config.options import Range, Space
from study.families.base import LIMITS, Family
from study.schema import StudyError, nearest

PENALTIES = 50
"""Values of a path over a range, beside zero."""


def check_space(family: Family, override: Space) -> None:
    """Raise a StudyError where a config overrides what `family` does not have, with what it cannot
    be, or without a zero.

    A zero is 0 for one of its `zeros`.
    """
    names = family.start()
    for name in override:
        if name not in names:
            valid = ", ".join(names) or "none"
            raise StudyError(
                f"'{family.name}' has no hyperparameter '{name}'.{nearest(name, names)} It has: {valid}."
            )
        if wrong := _wrong(names[name], family.limits.get(name, LIMITS), override[name]):
            raise StudyError(f"space.{family.name}.{name} {wrong}.")
        if name in family.zeros and not _lies_in(override[name], 0):
            raise StudyError(
                f"space.{family.name}.{name} lacks 0, the regression without {name}. Add 0 to its choices."
            )


def _wrong(start: Any, limits: tuple[float, float], form: Any) -> str:
    """What a hyperparameter takes and what it got instead, if anything; its `start` tells words and
    whole numbers.
    """
    values = (
        [form.low, form.high]
        if isinstance(form, Range)
        else form
        if isinstance(form, list)
        else [form]
    )
    low, high = limits
    whole = isinstance(start, int) and not isinstance(form, Range)

    def fits(value: Any) -> bool:
        if isinstance(start, str) or isinstance(value, str | bool):
            return isinstance(start, str) and isinstance(value, str)
        return bool(low <= value <= high and (not whole or value % 1 == 0))

    rule = (
        "words" if isinstance(start, str) else f"{'whole ' * whole}numbers from {low:g} to {high:g}"
    )
    return next((f"must be {rule} (got {value!r})" for value in values if not fits(value)), "")


def is_searched(family: Family, override: Space) -> bool:
    """Whether a config's override leaves any hyperparameter of `family` open that Optuna suggests."""
    forms = [override.get(name) for name in family.start() if name != family.path]
    return any(
        form.low < form.high if isinstance(form, Range) else form is None or isinstance(form, list)
        for form in forms
    )


def resolve_space(family: Family, n_rows: int, override: Space) -> Space:
    """Default space of `family` for so many training rows, with the config's override; StudyError
    as `check_space`.
    """
    check_space(family, override)
    return {**family.space(n_rows), **override}


def searched(family: Family, space: Space) -> Space:
    """What Optuna suggests of a space: all but a path."""
    return {name: form for name, form in space.items() if name != family.path}


def penalties(family: Family, space: Space) -> tuple[float, ...]:
    """What every trial of a convex family scores of a space, the strongest first: PENALTIES of a
    range, spread evenly.
    """
    form = space[family.path] if family.path else 0.0
    if isinstance(form, Range):
        spread = np.geomspace if form.log else np.linspace
        return *spread(form.high, form.low, PENALTIES).tolist(), *[0.0] * (
            form.zero and form.low > 0
        )
    return tuple(
        sorted({float(l2) for l2 in (form if isinstance(form, list) else [form])}, reverse=True)
    )


def first_trials(family: Family, space: Space) -> list[dict[str, Any]]:
    """Hyperparameters of a search's first trials, each once, moved into the space."""
    found = [first_params(family, space, own) for own in family.first()]
    return [params for i, params in enumerate(found) if params not in found[:i]]


def first_params(
    family: Family, space: Space, own: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """Hyperparameters of a search's first trial: the family's start, or `own`, moved into the
    space; 0 where that says so.
    """
    start = family.start() | dict(own or {})
    params: dict[str, Any] = {}
    for name, form in space.items():
        guess = start[name]
        if isinstance(form, Range):
            middle = (form.low * form.high) ** 0.5 if form.log else (form.low + form.high) / 2
            value = (
                0.0
                if form.zero
                else min(max(middle if guess is None else guess, form.low), form.high)
            )
            params[name] = round(value) if form.integer else float(value)
        elif isinstance(form, list):
            params[name] = guess if guess in form else form[0]
        else:
            params[name] = form
    return params


def outside(space: Space, params: Mapping[str, Any]) -> str | None:
    """The first of some hyperparameters that does not lie in `space`, or that one of them lacks,
    and both in words.
    """
    for name in dict.fromkeys([*params, *space]):
        if name not in params or name not in space or not _lies_in(space[name], params[name]):
            form = space.get(name, "none")
            now = f"{form.low:g} to {form.high:g}" if isinstance(form, Range) else form
            return f"{name} {params.get(name, 'none')}, where its space now has {now}"
    return None


def _lies_in(form: Any, value: Any) -> bool:
    """Rounding aside."""
    if not isinstance(form, Range):
        return value in (form if isinstance(form, list) else [form])
    low, high = (round(form.low), round(form.high)) if form.integer else (form.low, form.high)
    return isinstance(value, int | float) and (
        math.isclose(value, min(max(value, low), high)) or (form.zero and value == 0)
    )


def shaping(family: Family, space: Space) -> dict[str, list[Any]]:
    """Choices of the hyperparameters of a network that shape a program, by name; those that `space`
    leaves open alone.
    """
    start = first_params(family, space)
    found = {}
    for name, form in space.items():
        values = form if isinstance(form, list) else []
        if isinstance(form, Range) and form.integer:
            values = list(range(round(form.low), round(form.high) + 1))
        if len({_shape(family, start | {name: value}) for value in values}) > 1:
            found[name] = values
    return found


def count_programs(family: Family, space: Space) -> int:
    """Programs that a worker compiles at most for one depth of a network whose hyperparameters are
    drawn from `space`.
    """
    start = first_params(family, space)
    choices = shaping(family, space)
    return len(
        {
            _shape(family, start | dict(zip(choices, values, strict=True)))
            for values in product(*choices.values())
        }
    )


def _shape(family: Family, params: dict[str, Any]) -> tuple[Any, ...]:
    return *family.form(params).items(), family.schedule(params, 1, 1).batch_size
