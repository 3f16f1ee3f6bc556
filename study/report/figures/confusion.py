"""Which classes are taken for which."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap, to_rgba

from study.digits import human
from study.evidence.sentences import listed
from study.evidence.winners import MODEL, least, ranks
from study.records.results import Results
from study.report.classes import class_name
from study.report.style import INK, Picture, look, panels, plain, with_names
from study.report.words import called, each_target, rows_in_words, share, short, verb

MOST_CLASSES = 12
"""Classes of a matrix: of more the largest, and all others as one."""
MOST_PANELS = 16
PLACES = ["place_observed", "place_predicted"]

TEXT = """\
### Which classes are taken for which?

A row is the class that was observed, a column the one that the model gave the largest probability; a cell has the share of the
row and, in small matrices, how many test rows it is. On the diagonal the model is right. A row that several repeats tested is
divided between what they said of it. Of many classes the rarest are one, *others*.
"""


def when(results: Results) -> bool:
    """Where a target of classes was scored."""
    return results.concluded and not results.confusion.empty


def data(results: Results) -> pd.DataFrame:
    """Confusion matrices (`study.evidence.checks.confusion`), the rarest of more than MOST_CLASSES classes as one.

    Returns
    -------
    (n_cells, 14) frame: target, kind, family, depth, place_observed, place_predicted (in the matrix, from 0), n_rows (distinct
    test rows, with fractions where repeats differ), n_right (of them those given the right class: fewer than n_rows on the
    diagonal of the others), others (whether either class is of them), share (of the observed class), observed, predicted
    (names), model, colour; every pair of classes.
    """
    return with_names(
        pd.concat([_of_target(results, own) for _, own in results.confusion.groupby("target", sort=False)]), results.data.models
    )


def _of_target(results: Results, own: pd.DataFrame) -> pd.DataFrame:
    target = str(own["target"].iloc[0])
    sizes = own.groupby("observed")["n_rows"].sum().reindex(range(len(results.data.classes[target])), fill_value=0)
    kept = sorted(sizes.sort_values(ascending=False, kind="stable").index[: MOST_CLASSES - (len(sizes) > MOST_CLASSES)])
    names = [class_name(results.data, target, int(k)) for k in kept]
    if len(kept) < len(sizes):
        names.append(f"{len(sizes) - len(kept)} others")
    place = {int(k): kept.index(k) if k in kept else len(kept) for k in sizes.index}
    placed = own.assign(
        n_right=own["n_rows"].where(own["observed"] == own["predicted"], 0.0),
        place_observed=own["observed"].map(place),
        place_predicted=own["predicted"].map(place),
    )
    counts = placed.groupby([*MODEL, *PLACES], sort=False)[["n_rows", "n_right"]].sum().reset_index()
    every = pd.MultiIndex.from_product([range(len(names))] * 2, names=PLACES).to_frame(index=False)
    cells = counts[MODEL].drop_duplicates().merge(every, how="cross").merge(counts, on=[*MODEL, *PLACES], how="left")
    cells = cells.fillna({"n_rows": 0.0, "n_right": 0.0})
    cells = cells.assign(others=(cells[PLACES] >= len(kept)).any(axis=1))
    whole = cells.groupby([*MODEL, "place_observed"])["n_rows"].transform("sum")
    named = {side: [names[k] for k in cells[f"place_{side}"]] for side in ("observed", "predicted")}
    return cells.assign(share=(cells["n_rows"] / whole).where(whole > 0), **named)


def finding(frame: pd.DataFrame) -> str:
    """Of each target the share of rows that each model has right, and the most common mistake."""
    return each_target(frame, _finding)


def _finding(own: pd.DataFrame) -> list[str]:
    by = own.groupby("model", sort=False)[["n_right", "n_rows"]].sum()
    shares = (by["n_right"] / by["n_rows"]).sort_values(key=lambda right: ranks(-right, 1.0), kind="stable")
    nouns = called(own)
    (noun, most), *others = [(nouns[str(model)], share(value)) for model, value in shares.items()]
    told = f"{noun} {verb(noun, 'has', 'have')} the right class on {most} of the test rows"
    told += f", {listed([f'{name} on {value}' for name, value in others])}" if others else ""
    wrong = own[(own["place_observed"] != own["place_predicted"]) & (own["n_rows"] > 0) & ~own["others"]]
    if wrong.empty:
        return [told]
    counts = wrong.groupby(["observed", "predicted"], sort=False)["n_rows"].sum().reset_index()
    common = counts.iloc[int(counts["n_rows"].to_numpy().argmax())]
    return [told, f"most often {common['observed']} is taken for {common['predicted']}"]


def draw(frame: pd.DataFrame) -> Picture:
    """One axes a target and model, as many as MOST_PANELS, of more targets each one's best model: the matrix in shares."""
    frame = _fitting(frame)
    parts = [own for _, own in frame.groupby(["target", "model"], sort=False)]
    several, most = len(frame["target"].unique()) > 1, int(frame["place_observed"].max()) + 1
    with look():
        figure, axes = panels(len(parts), 1.3 + 0.32 * max(most, 4))
        for ax, own in zip(axes, parts, strict=True):
            target, model = str(own["target"].iloc[0]), str(own["model"].iloc[0])
            ax.set_title(plain(f"{target}: {model}" if several else model))
            _matrix(ax, own)
    return Picture(figure, f"Confusion matrices. {_alt(frame)}", finding(frame))


def _fitting(frame: pd.DataFrame) -> pd.DataFrame:
    if len(frame[["target", "model"]].drop_duplicates()) <= MOST_PANELS:
        return frame
    right = frame[frame["place_observed"] == frame["place_predicted"]].groupby(["target", "model"], sort=False)["n_rows"].sum()
    best = [least(-own, 1.0)[0] for _, own in right.groupby(level=0)][:MOST_PANELS]
    return frame[[pair in best for pair in zip(frame["target"], frame["model"], strict=True)]]


def _matrix(ax: Axes, own: pd.DataFrame) -> None:
    names = list(own.drop_duplicates("place_observed").sort_values("place_observed", kind="stable")["observed"])
    cells = own.sort_values(PLACES)
    shares, counts = (cells[name].to_numpy(float).reshape(len(names), len(names)) for name in ("share", "n_rows"))
    colour = own["colour"].iloc[0]
    clear, full = to_rgba(colour, 0.0), to_rgba(colour, 0.6)  # what is below shows through, light or dark
    ax.pcolormesh(np.nan_to_num(shares), cmap=LinearSegmentedColormap.from_list("cell", [clear, full]), vmin=0, vmax=1)
    ax.set(xlim=(0, len(names)), ylim=(len(names), 0), xlabel="predicted", ylabel="observed")
    small = len(names) <= 5
    for i, j in ((i, j) for i in range(len(names)) for j in range(len(names)) if counts[i, j] > 0):
        text = f"{share(shares[i, j])}\n{rows_in_words(counts[i, j])}" if small else human(round(100 * shares[i, j]))
        ax.text(j + 0.5, i + 0.5, text, ha="center", va="center", fontsize=8, color=INK)
    places = [k + 0.5 for k in range(len(names))]
    shown = [plain(short(name, 12)) for name in names]
    turned = len(names) > 4 or max(map(len, shown)) > 9
    ax.set_xticks(places, shown)
    if turned:
        ax.tick_params("x", rotation=40)
        for label in ax.get_xticklabels():
            label.set(ha="right", rotation_mode="anchor")
    ax.set_yticks(places, shown)


def _alt(frame: pd.DataFrame) -> str:
    wrong = frame[(frame["place_observed"] != frame["place_predicted"]) & (frame["n_rows"] > 0)]
    worst = wrong.sort_values("n_rows", kind="stable").drop_duplicates(["target", "model"], keep="last").sort_index()
    said = "; ".join(
        f"{row['target']}, {row['model']}: {rows_in_words(row['n_rows'])} of {row['observed']} called {row['predicted']}"
        for row in worst.to_dict("records")
    )
    return f"Most common mistakes: {said}." if said else "No row was given a wrong class."
