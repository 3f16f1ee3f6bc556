"""Whether what is predicted with a probability happens as often."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pandas as pd

from study.evidence.checks.bins import IntArray, apart, bins_for, equal_bins, share_of
from study.evidence.winners import MODEL, class_probabilities
from study.schema import Kind

MOST_CLASSES = 12
"""Classes of a target, those of the most test rows, whose probabilities are looked at."""
COLUMNS = [*MODEL, "class", "n_class", "bin", "p", "share", "low", "high", "n_rows", "n_groups"]


def class_rows(rows: pd.DataFrame) -> Iterator[tuple[str, pd.DataFrame]]:
    """For each target of classes its `checked_rows` once a class, with class (its index), n_class (distinct test rows of it), p
    (its probability) and hit, 1 or 0.

    Of two classes the second stands for both; of more than MOST_CLASSES those of the most test rows.
    """
    for (target, kind), own in rows[rows["kind"].isin((Kind.BINARY, Kind.MULTICLASS))].groupby(["target", "kind"], sort=False):
        observed = own["observed"].astype(int)
        sizes = own.groupby(observed)["row"].nunique()
        if kind == Kind.BINARY:
            shares = {1: own["predicted"].astype(float)}
        else:
            every = class_probabilities(own)
            shares = {
                int(k): every.iloc[:, int(k)] for k in sizes.sort_values(ascending=False, kind="stable").index[:MOST_CLASSES]
            }
        parts = [
            own.assign(n_class=int(sizes.get(k, 0)), p=p, hit=(observed == k).astype(float)).assign(**{"class": k})
            for k, p in sorted(shares.items())
        ]
        yield str(target), pd.concat(parts, ignore_index=True)


def calibration(rows: pd.DataFrame) -> pd.DataFrame:
    """Share of test rows that are of a class, in bins of about equally many by the probability that a model gave to it; bins of
    nearly the same probability are one (`apart`).

    Returns
    -------
    (n_bins, 13) frame of COLUMNS: class and n_class as in `class_rows`; p: mean probability of the distinct rows of a bin;
    share: of them that are of the class, with its interval (`share_of`), together for all bins of a target.
    """
    found: list[dict[str, Any]] = []
    for _, own in class_rows(rows):
        bins = bins_for(own["row"].nunique())
        models = [(key, part, _places(part, bins)) for key, part in own.groupby([*MODEL, "class", "n_class"], sort=False)]
        tests = sum(int(places.max()) + 1 for _, _, places in models)
        for key, part, places in models:
            about = dict(zip([*MODEL, "class", "n_class"], key, strict=True))
            for place, rows_in in part.groupby(places):
                share = share_of(rows_in, rows_in["hit"], tests)
                p = float(rows_in.groupby("row")["p"].mean().mean())
                told = {"share": share.mean, "low": share.low, "high": share.high}
                found.append(about | {"bin": place, "p": p} | told | {"n_rows": share.n_rows, "n_groups": share.n_groups})
    return pd.DataFrame(found, columns=COLUMNS)


def _places(rows: pd.DataFrame, bins: int) -> IntArray:
    p = rows["p"].to_numpy(float)
    return apart(p, equal_bins(p, bins))
