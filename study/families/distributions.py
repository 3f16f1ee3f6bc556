"""A search space in Optuna's words."""

from __future__ import annotations

from typing import Any

from optuna.distributions import (
    BaseDistribution,
    CategoricalDistribution,
    FloatDistribution,
    IntDistribution,
)

from study.config.options import Range, Space


def distributions(space: Space) -> dict[str, BaseDistribution]:
    """A space in Optuna's words; a single value is a choice of one."""

    def distribution(form: Any) -> BaseDistribution:
        if not isinstance(form, Range):
            return CategoricalDistribution(form if isinstance(form, list) else [form])
        if form.integer:
            return IntDistribution(round(form.low), round(form.high), log=form.log)
        return FloatDistribution(form.low, form.high, log=form.log)

    return {name: distribution(form) for name, form in space.items()}
