"""What is independent in a table: single rows, groups of them, or blocks of time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np

from study.data.encoding import Encoded
from study.data.rows import IntArray

Sort = Literal["row", "group", "block"]


@dataclass(frozen=True, eq=False)
class Units:
    """Which unit each row is in; rows of different units are taken to be independent.

    sort: rows of their own, groups of the table, or blocks of consecutive times. codes: (n_rows,)
    int64, 0.. without a gap.
    """

    sort: Sort
    codes: IntArray

    @property
    def count(self) -> int:
        """How many there are."""
        return int(self.codes.max(initial=-1)) + 1

    @classmethod
    def rows(cls, n_rows: int) -> Units:
        """Each row a unit of its own."""
        return cls("row", np.arange(n_rows))

    @classmethod
    def of(cls, encoded: Encoded, rows: IntArray, blocks: Callable[[int], int]) -> Units:
        """Units of some rows (n_rows,), positions of `encoded`: blocks where they have an order,
        groups where they have these.

        blocks: from the number of distinct times to that of blocks, which hold as nearly as can be
        as many times each.
        """
        if encoded.times is not None:
            moments, times = np.unique(encoded.times[rows], return_inverse=True)
            return cls(
                "block", np.asarray(times * blocks(len(moments)) // max(1, len(moments)), np.int64)
            )
        if encoded.groups is not None:
            return cls(
                "group",
                np.asarray(np.unique(encoded.groups[rows], return_inverse=True)[1], np.int64),
            )
        return cls.rows(len(rows))
