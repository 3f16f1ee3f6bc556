"""What a family is. Importable without TensorFlow."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol

from study.config.options import Space
from study.families.schedule import Schedule
from study.schema import LABELS, Kind


class Layers(Protocol):
    """What hidden layers are made of. `Family.hidden` is called with those of a stack and with
    Keras's.

    Keras's layers and operations without weights, such as `keras.layers.add`, may stand between
    them.
    """

    def dense(
        self, units: int, activation: str = "linear", variance: float = 2.0
    ) -> Callable[[Any], Any]:
        """Fully connected layer; its kernel starts normal with variance `variance` / fan_in (2: He
        et al. 2015), its bias at 0.

        activation: a name that Keras knows.
        """

    def direct(self, units: int) -> Callable[[Any], Any]:
        """The path from the inputs to the predictor: the regression, which is not trained."""

    def dropout(self) -> Callable[[Any], Any]:
        """Dropout at the schedule's rate while training; here, for layers that only predict,
        nothing.
        """
        return lambda x: x


@dataclass(frozen=True)
class Architecture:
    """One stacked model: (n_replicates, batch, n_features) in, linear predictor (n_replicates,
    batch, n_outputs) out.

    It is the key of the compiled programs: what is no part of it is a variable in them. family,
    form: whose hidden layers they are, and the hyperparameters that shape them; None and () at
    depth 0, which is just a linear layer, whoever asks for it.
    """

    n_replicates: int
    n_features: int
    n_outputs: int
    depth: int = 0
    family: Family | None = None
    form: tuple[tuple[str, Any], ...] = ()

    def predictor(self, x: Any, layers: Layers) -> Any:
        """(..., n_features) -> (..., n_outputs): the regression, and what the family's hidden layers
        add to it.
        """
        direct = layers.direct(self.n_outputs)(x)
        if self.family is None:
            return direct
        hidden = self.family.hidden(x, layers, self.depth, dict(self.form))
        return layers.dense(self.n_outputs)(hidden) + direct


LIMITS = (-1e100, 1e100)
"""Beyond them squares and products of numbers overflow."""


class Family:
    """A way of building and training the model. Subclass it, set the class attributes and say what
    differs.

    name: the word in configs and in the `family` column. kinds: the kinds it serves. convex: a
    linear layer fitted to convergence, so that its weights are estimates a statistician knows;
    otherwise hidden
        layers trained by mini-batches with early stopping.
    inputs: whether it looks at the features at all. path: where it is convex, the hyperparameter of
    which every trial scores the whole space, the weight of the sum of squared
        weights beside the sum of losses; Optuna suggests the others.
    zeros: hyperparameters for which 0 is always tried. limits: smallest and largest value that a
    config may give a hyperparameter; LIMITS where none are named. most_trials: trials of a search
    beyond which more bring nothing; None: as many as a search has.
    """

    name: ClassVar[str]
    kinds: ClassVar[frozenset[Kind]]
    convex: ClassVar[bool] = False
    inputs: ClassVar[bool] = True
    path: ClassVar[str | None] = None
    zeros: ClassVar[tuple[str, ...]] = ()
    limits: ClassVar[Mapping[str, tuple[float, float]]] = {}
    most_trials: ClassVar[int | None] = None

    def __repr__(self) -> str:
        return self.name

    def label(self, depth: int) -> str:
        """What figures and tables call it at that depth."""
        return LABELS.get(self.name, self.name)

    def start(self) -> dict[str, Any]:
        """Every hyperparameter, with its value in a search's first trial; None: the middle of its
        range, or its first choice.

        A sound guess, which the search must beat; the space bounds it.
        """
        raise NotImplementedError

    def space(self, n_rows: int) -> Space:
        """Default search space, for a table with so many training rows: a range or choices for each
        name in `start`.
        """
        raise NotImplementedError

    def first(self) -> Sequence[Mapping[str, Any]]:
        """What a search's first trials differ in from `start`, one each; where a space leaves it no
        choice, it is passed over.
        """
        return ({},)

    def weights(self, params: Mapping[str, Any]) -> tuple[float, float, float]:
        """How far columns, products and curves count, where it is convex; 0 is without them."""
        return float(self.inputs), 0.0, 0.0

    def parts(self, params: Mapping[str, Any]) -> Sequence[str]:
        """Candidates that a search's best trial with such hyperparameters is scored as, beside the
        winner.
        """
        return ()

    def form(self, params: Mapping[str, Any]) -> dict[str, Any]:
        """Hyperparameters that shape the hidden layers, hashable: every combination is compiled
        once a worker.
        """
        return {}

    def hidden(self, x: Any, layers: Layers, depth: int, form: Mapping[str, Any]) -> Any:
        """Output of the hidden layers for x (..., n_features), made of `layers`; form: what `form`
        gave.
        """
        raise NotImplementedError

    def schedule(self, params: Mapping[str, Any], epochs: int, patience: int) -> Schedule:
        """How it trains where it is not convex: for at most `epochs`, stopping early by `patience`."""
        raise NotImplementedError

    def architecture(
        self, params: Mapping[str, Any], depth: int, shape: tuple[int, int, int]
    ) -> Architecture:
        """Stacked model for these hyperparameters; shape: (n_replicates, n_features, n_outputs)."""
        return (
            Architecture(*shape, depth, self, tuple(self.form(params).items()))
            if depth
            else Architecture(*shape)
        )
