"""Whether what is predicted with a probability happens as often."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pandas as pd

from study.diagnostics.bins import binned, share_of
from study.diagnostics.context import Context
from study.evidence.winners import MODEL, class_probabilities
from study.records.columns.shared import frame
from study.schema import Kind

MOST_CLASSES = 12
"""Classes of a target, those of the most test rows, whose probabilities are looked at."""
COLUMNS = frame(
    "One bin of a model's predicted probabilities of a class.",
    "target kind family depth class n_class bin p share low high n_rows",
    {"n_class": ("int64", "Distinct test rows of the class."),
     "p": "Mean probability of the distinct rows.",
     "share": "Share of these rows in the class.",
     "low": "Lower limit of the share, for all bins of the target together.",
     "high": "Upper limit of the share.",
     "n_rows": ("int64", "Distinct test rows in the bin.")},
)  # fmt: skip


def class_rows(rows: pd.DataFrame) -> Iterator[pd.DataFrame]:
    """For each target of classes its `checked_rows` once a class, with class (its index), n_class
    (distinct test rows of it), p (its probability) and hit, 1 or 0.

    Of two classes the second stands for both; of more than MOST_CLASSES those of the most test
    rows.
    """
    for (_, kind), own in rows[rows["kind"].isin((Kind.BINARY, Kind.MULTICLASS))].groupby(
        ["target", "kind"], sort=False
    ):
        observed = own["observed"].astype(int)
        sizes = own.groupby(observed)["row"].nunique()
        if kind == Kind.BINARY:
            shares = {1: own["predicted"].astype(float)}
        else:
            every = class_probabilities(own)
            largest = sizes.sort_values(ascending=False, kind="stable").index[:MOST_CLASSES]
            shares = {int(k): every.iloc[:, int(k)] for k in sorted(largest)}
        parts = [
            own.assign(
                **{"class": k}, n_class=int(sizes.get(k, 0)), p=p, hit=(observed == k).astype(float)
            )
            for k, p in shares.items()
        ]
        yield pd.concat(parts, ignore_index=True)


def compute(context: Context) -> pd.DataFrame:
    """Share of test rows that are of a class, in bins of about equally many by the probability that
    a model gave to it; bins of nearly the same probability are one (`apart`).

    Returns
    -------
    (n_bins, 12) frame of COLUMNS: class and n_class as in `class_rows`; p: mean probability of the
    distinct rows of a bin; share: of them that are of the class, with its interval (`share_of`),
    together for all bins of a target.
    """
    rows = context.rows
    found: list[dict[str, Any]] = []
    for own in class_rows(rows):
        for about, inside, tests in binned(own, [*MODEL, "class", "n_class"], "p"):
            mean, low, high, n_rows = share_of(inside, inside["hit"], tests)
            p = float(inside.groupby("row")["p"].mean().mean())
            found.append(
                about | {"p": p, "share": mean, "low": low, "high": high, "n_rows": n_rows}
            )
    return COLUMNS.of(found)
