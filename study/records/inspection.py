"""What a fold's model answers when it is asked column by column: the types that records keep of it."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import model_validator

from study.records.numbers import Numbers
from study.schema import Frozen

ColumnSort = Literal["number", "date", "category"]


class Axis(Frozen):
    """The points at which a column is asked about, and the share of the table's rows that are
    nearest to each.

    values: of a number, or of a date in days since 1970, ascending; empty for a category, whose
    levels are names.
    """

    column: str
    sort: ColumnSort
    values: tuple[float, ...] = ()
    levels: tuple[str, ...] = ()
    shares: tuple[float, ...]


class Effect(Frozen):
    """Partial dependence on one column: the mean response with every row's cell of it set to a
    point.

    curves: (1 + n_replicates, n_points, n_outputs), that of the judged model first, then those of
    its replicates.
    """

    axis: Axis
    curves: Numbers


class Rise(Frozen):
    """By how much the loss of a test row rises where a column's cells are permuted among the rows.

    rise: mean over rows and permutations. error: its standard error over rows, or over their
    groups.
    """

    column: str
    rise: float
    error: float


class Inspection(Frozen):
    """A model's answers on test rows.

    outputs: the classes that effects are of, the second of two; a single empty word for other
    kinds. loss, constant: mean loss of the model, and of the best constant, on the rows that are
    permuted.
    """

    outputs: tuple[str, ...]
    loss: float
    constant: float
    effects: tuple[Effect, ...] = ()
    rises: tuple[Rise, ...] = ()

    @model_validator(mode="before")
    @classmethod
    def _without_surfaces(cls, values: Any) -> Any:
        """Leave out what versions before this one asked of pairs of columns."""
        if not isinstance(values, dict):
            return values
        return {name: value for name, value in values.items() if name != "surfaces"}
