"""Which two columns act together: the part of a model's surface that is no sum of two curves."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd

from study.evidence.effects import FloatArray, asked_pair, luck

PAIR = ["target", "column", "other_column"]


def mean_surfaces(surfaces: pd.DataFrame) -> pd.DataFrame:
    """Mean centred surface of each procedure over the outer folds, of pairs that half of them at least were asked about.

    surfaces: as from `study.records.probed.surfaces_frame`. Gives target, kind, column, other_column, output, base, other
    (procedures), differ, spread, h2, rank, sort, other_sort, procedure, place, value, level, other_place, other_value,
    other_level, share, height.

    differ is the root of the mean square, over the table's rows, of what the interactions of `other` are more than those of
    `base`, where the interaction is the surface less the effects of both columns, less the variance of that mean over outer
    folds. spread is the root of the mean variance over outer folds, NaN of one. h2 is what share of the variance of the surface
    of `other` its interaction has (Friedman and Popescu 2008, Annals of Applied Statistics 2, equation 44). Of several classes
    it is the output in which a pair differs most. rank: from 1, the largest `differ` first.
    """
    both = surfaces.assign(
        row=_point(surfaces["level"], surfaces["value"]), side=_point(surfaces["other_level"], surfaces["other_value"])
    )
    folds = both.groupby("target")["outer_fold"].transform("nunique")
    asked = both.groupby(PAIR)["outer_fold"].transform("nunique")
    found = []
    for _, own in both[2 * asked >= folds].groupby(PAIR, sort=False):
        pair = asked_pair(set(own["procedure"]))
        parts = [_measured(rows, *pair) for _, rows in own.groupby("output", sort=False)] if pair else []
        found += [max(parts, key=lambda part: part["differ"].iloc[0])] if parts else []
    if not found:
        return pd.DataFrame(columns=["target", "kind", "column", "other_column", "rank"])
    frame = pd.concat(found, ignore_index=True)
    strength = frame.drop_duplicates(PAIR)[[*PAIR, "differ"]]
    strength["rank"] = strength.groupby("target")["differ"].rank(method="first", ascending=False).astype(int)
    frame = frame.merge(strength[[*PAIR, "rank"]], on=PAIR)
    return frame.sort_values(["target", "rank", "procedure", "place", "other_place"], ignore_index=True)


def _point(level: pd.Series, value: pd.Series) -> pd.Series:
    return level.where(level != "", value.map(float.hex))


def _measured(rows: pd.DataFrame, base: str, other: str) -> pd.DataFrame:
    """The mean surfaces of one pair and output, with its numbers."""
    index, columns = (rows[name].drop_duplicates() for name in ("row", "side"))

    def table(own: pd.DataFrame, values: str) -> FloatArray:
        wide = own.pivot_table(index="row", columns="side", values=values)
        return wide.reindex(index=index, columns=columns).to_numpy(float)

    surfaces: dict[str, list[FloatArray]] = {}
    interactions: dict[str, dict[int, FloatArray]] = {}
    weights = []
    for keys, own in rows.groupby(["procedure", "outer_fold"], sort=False):
        procedure, fold = str(keys[0]), int(str(keys[1]))
        share, height = np.nan_to_num(table(own, "share")), table(own, "height")
        surface, interaction = _decomposed(share, height)
        weights.append(share)
        surfaces.setdefault(procedure, []).append(surface)
        interactions.setdefault(procedure, {})[fold] = interaction
    share = np.mean(weights, axis=0) / np.sum(np.mean(weights, axis=0))
    richer, plain = interactions[other], interactions[base]
    both = [richer[fold] - plain[fold] for fold in richer if fold in plain]
    each = np.nan_to_num(np.array(both or [np.zeros(share.shape)]))
    square = float((share * (each.mean(axis=0) ** 2 - luck(each))).sum())
    total = float((share * _mean(surfaces[other]) ** 2).sum())
    told: dict[str, Any] = {
        "base": base,
        "other": other,
        "differ": math.sqrt(max(square, 0.0)),
        "spread": math.sqrt((share * each.var(axis=0, ddof=1)).sum()) if len(each) > 1 else math.nan,
        "h2": float((share * _mean(list(richer.values())) ** 2).sum() / total) if total > 0 else 0.0,
    }
    cells = rows.drop_duplicates(["row", "side"]).drop(columns=["outer_fold", "height", "procedure", "share"])
    places = pd.Index(index).get_indexer(cells["row"]), pd.Index(columns).get_indexer(cells["side"])
    told |= {"share": share[places], "place": places[0], "other_place": places[1]}
    cells = cells.drop(columns=["row", "side"]).assign(**told)
    return pd.concat([cells.assign(procedure=name, height=_mean(values)[places]) for name, values in surfaces.items()])


def _mean(values: list[FloatArray]) -> FloatArray:
    """Mean of surfaces where they are known; 0 where none is."""
    known = np.isfinite(values).sum(axis=0)
    return np.asarray(np.nansum(values, axis=0) / np.maximum(known, 1))


def _decomposed(share: FloatArray, height: FloatArray) -> tuple[FloatArray, FloatArray]:
    """A surface less its mean, and less the effects of its two columns, each averaged over the rows of the other."""
    known = np.isfinite(height)
    filled = np.where(known, height, 0.0)
    down, across = share.sum(axis=1), share.sum(axis=0)
    effect = (filled @ across) / np.maximum(known @ across, 1e-300)
    beside = (down @ filled) / np.maximum(down @ known, 1e-300)
    mean = float(down @ effect / down.sum())
    interaction = height - effect[:, None] - beside[None, :] + mean
    return height - np.nansum(share * filled) / share.sum(), interaction
