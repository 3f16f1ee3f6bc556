"""What a family is, and the registry that holds them all. Importable without TensorFlow."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, ClassVar, TypeVar

from study.config.options import Range, Space
from study.schema import Kind, StudyError, nearest


@dataclass(frozen=True)
class Architecture:
    """Shape of one stacked model: (n_replicates, batch, n_features) in, (n_replicates, batch, n_outputs) out.

    depth counts hidden layers of `width` units; 0 is just a linear layer, and width, activation and dropout say nothing then.
    """

    n_replicates: int
    n_features: int
    n_outputs: int
    depth: int = 0
    width: int = 0
    activation: str = "linear"
    dropout: bool = False

    @property
    def n_parameters(self) -> int:
        """Weights and biases of one replicate."""
        sizes = [self.n_features, *[self.width] * self.depth, self.n_outputs]
        return sum((fan_in + 1) * fan_out for fan_in, fan_out in pairwise(sizes))


class Family:
    """A way of building the model. Subclass, set the class attributes, decorate with `register`.

    name: the word in configs and in the `family` column.
    kinds: the kinds it serves.
    convex: trained by full-batch descent to convergence, so that its weights are estimates a statistician knows;
        otherwise by mini-batches with early stopping.
    inputs: whether it looks at the features at all.
    """

    name: ClassVar[str]
    kinds: ClassVar[frozenset[Kind]]
    convex: ClassVar[bool] = False
    inputs: ClassVar[bool] = True

    def space(self, n_rows: int) -> Space:
        """Default search space, for a table with so many training rows."""
        raise NotImplementedError

    def start(self) -> dict[str, Any]:
        """Hyperparameters of an arm's first trial, a sound guess that the search must beat; the space bounds them."""
        return {}

    def architecture(self, params: Mapping[str, Any], depth: int, shape: tuple[int, int, int]) -> Architecture:
        """Shape of the stacked model for these hyperparameters; shape: (n_replicates, n_features, n_outputs)."""
        return Architecture(*shape, depth=depth)


FAMILIES: dict[str, Family] = {}
"""Every family by its name."""

F = TypeVar("F", bound=type[Family])


def register(family: F) -> F:
    """Class decorator: put the family into the registry. Registering a name twice is an error."""
    if family.name in FAMILIES:
        raise ValueError(f"a family is registered once, but '{family.name}' is registered already")
    FAMILIES[family.name] = family()
    return family


def get_family(name: str) -> Family:
    """Return the registered family of that name, or raise a StudyError that names the nearest."""
    if name not in FAMILIES:
        raise StudyError(f"'{name}' is not a family.{nearest(name, FAMILIES)} Families: {', '.join(FAMILIES)}.")
    return FAMILIES[name]


def resolve_space(family: Family, n_rows: int, override: Space) -> Space:
    """Default space of `family` with the config's override; an unknown hyperparameter is a StudyError naming the nearest."""
    space = family.space(n_rows)
    for name in override:
        if name not in space:
            valid = ", ".join(space) or "none"
            raise StudyError(f"'{family.name}' has no hyperparameter '{name}'.{nearest(name, space)} It has: {valid}.")
    return {**space, **override}


def first_params(family: Family, space: Space) -> dict[str, Any]:
    """Hyperparameters of the first trial of an arm: the family's start, moved into the space; 0 where the space says so."""
    start = family.start()
    params: dict[str, Any] = {}
    for name, form in space.items():
        guess = start.get(name)
        if isinstance(form, Range):
            if form.zero:
                params[name] = 0 if form.integer else 0.0
            else:
                middle = (form.low * form.high) ** 0.5 if form.log else (form.low + form.high) / 2
                value = min(max(middle if guess is None else guess, form.low), form.high)
                params[name] = round(value) if form.integer else float(value)
        elif isinstance(form, list):
            params[name] = guess if guess in form else form[0]
        else:
            params[name] = form
    return params
