"""Many numbers in a record: eight bytes each, where Python's own take 32."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from pydantic_core import core_schema


class Numbers:
    """A field of a record: float64 numbers (n,) or (n, k), as lists in JSON. Equal to those of the
    same shape and values.
    """

    def __init__(self, values: npt.ArrayLike) -> None:
        self.values = np.asarray(values, np.float64)

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: Any) -> core_schema.CoreSchema:
        written = core_schema.plain_serializer_function_ser_schema(
            lambda numbers: numbers.values.tolist()
        )
        return core_schema.no_info_plain_validator_function(cls.of, serialization=written)

    @classmethod
    def of(cls, values: Any) -> Numbers:
        """Numbers of lists, as they come from JSON, or Numbers themselves.

        Raises
        ------
        ValueError
            Something in the lists is no number, or they differ in length.
        """
        try:
            found = cls(values)
        except TypeError as error:  # which pydantic would not take for an error of the record
            raise ValueError(str(error)) from None
        if not found.values.ndim or np.isnan(found.values).any():
            raise ValueError("a list of numbers is needed, none of them missing")
        return found

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> npt.NDArray[Any]:
        return np.array(self.values, dtype, copy=copy)

    def __len__(self) -> int:
        return len(self.values)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Numbers) and np.array_equal(self.values, other.values)
