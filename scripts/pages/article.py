"""The article's four runs on the balloons beside ours: `scripts/article RESULTS OUT.md`."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from study.diagnostics.drawing.style import model_name
from study.evidence.winners import best_trials, select_candidate
from study.formatting import human
from study.records.paths import write_atomic
from study.records.results import Results, load_results
from study.schema import NOUNS, StudyError


@dataclass(frozen=True)
class Run:
    """One run of the article: its validation loss, and the least loss that any model of the family
    can have.
    """

    target: str
    family: str
    title: str
    loss: float
    limit: float
    why: str


RUNS = (
    Run("balloons", "linear", "linear regression, balloons, mean squared error", 0.0207, 0.35**2 / 6, "0.35² / 6: each "
        "rule's weights of children and age are 0.35 from their mean, and either feature's variance is 1/12"),
    Run("balloons", "neural", "neural network, balloons, mean squared error", 1.18e-4, 0.0, "the rule has no noise"),
    Run("colour", "logistic", "logistic regression, colour, log loss", 0.1969, 0.1960, "at the maximum likelihood"),
    Run("colour", "neural", "neural network, colour, log loss", 0.0098, 0.0, "the rule has no noise"),
)  # fmt: skip

WEIGHTS = (
    (
        "balloons",
        "linear",
        "relationship",
        -0.003,
        0.0,
        "Alone it changes nothing: it only decides which of two rules holds.",
    ),
    (
        "balloons",
        "linear",
        "children",
        0.435,
        0.45,
        "The mean of 0.1 (partnered) and 0.8 (single): right for nobody.",
    ),
    (
        "balloons",
        "linear",
        "age",
        0.142,
        0.15,
        "The mean of \N{MINUS SIGN}0.2 and 0.5, which hides that the sign turns.",
    ),
    (
        "balloons",
        "linear",
        "intercept",
        0.0,
        0.0,
        "At the middle of all features there are no balloons on average.",
    ),
    (
        "colour",
        "logistic",
        "children",
        14.171,
        16.5,
        "Log-odds of red per unit; what matters is its ratio to age.",
    ),
    ("colour", "logistic", "age", 8.669, 10.4, "Log-odds of red per unit of age."),
)
"""Target, family, term, the article's weight, the limit's, and what the weight means."""


def article_losses(results: Results) -> pd.DataFrame:
    """Losses of the article's runs beside ours.

    Returns
    -------
    (4, 7) frame: run, article (validation loss), validation and test (ours; NaN where the study
    lacks the run), model, limit, why. The network is the depth of least validation loss, refitted
    regression and replicates' mean on test rows.

    Raises
    ------
    StudyError
        The study has neither a target `balloons` nor `colour`.
    """
    winners = best_trials(results.trials)
    targets = sorted(winners["target"].unique())
    if not {"balloons", "colour"} & set(targets):
        found = ", ".join(targets) or "none"
        raise StudyError(
            f"The article is about the targets balloons and colour but this study has {found}; run the balloons."
        )
    scores = select_candidate(results.scores)
    rows = []
    for run in RUNS:
        own = scores[
            (scores["target"] == run.target) & (scores["family"] == run.family)
        ].sort_values(["val_loss", "depth"])
        best = (
            own.iloc[0]
            if len(own)
            else pd.Series({"val_loss": float("nan"), "test_loss": float("nan"), "depth": 0})
        )
        name = model_name(run.family, int(best["depth"]), results.data.models)
        rows.append(
            (run.title, run.loss, best["val_loss"], best["test_loss"], name, run.limit, run.why)
        )
    return pd.DataFrame(
        rows, columns=["run", "article", "validation", "test", "model", "limit", "why"]
    )


def article_weights(results: Results) -> pd.DataFrame:
    """Weights of the article's regressions beside ours, per original unit, of the first outer fold.

    Returns
    -------
    (n_weights + 1, 8) frame: target, family, term, article, ours, std_error, limit, meaning. The
    last row is the ratio of the logistic weights of children and age. Ours is NaN where the study
    lacks the term.
    """
    own = results.coefficients
    own = own[own["outer_fold"] == 0]
    rows: list[tuple[str, str, str, float, float, float, float, str]] = []
    for target, family, term, article, limit, meaning in WEIGHTS:
        is_term = own["term"].str.partition("[")[0] == term
        found = own[(own["target"] == target) & (own["family"] == family) & is_term]
        ours, error = (
            found[["estimate", "ref_std_error"]].iloc[0]
            if len(found)
            else (float("nan"), float("nan"))
        )
        rows.append((target, family, term, article, float(ours), float(error), limit, meaning))
    children, age = rows[-2], rows[-1]
    meaning = "How many units of age weigh as much as one of children: the direction in which red turns to blue."
    ratios = (children[3] / age[3], children[4] / age[4], float("nan"), children[6] / age[6])
    rows.append(("colour", "logistic", "children / age", *ratios, meaning))
    return pd.DataFrame(
        rows,
        columns=["target", "family", "term", "article", "ours", "std_error", "limit", "meaning"],
    )


def write_article(results: Results, path: Path) -> None:
    """Write both tables, with what they show, as Markdown."""
    losses, weights = article_losses(results), article_weights(results)
    lines = [
        "# The balloons and their article",
        "",
        "The balloons have two rules. Partnered: balloons = 0.1 · children - 0.2 · age, red if 0.8 · children + 0.2 · age > 0. "
        "Single: balloons = 0.8 · children + 0.5 · age, red if 0.5 · children + 0.5 · age > 0. Relationship is "
        "-0.5 (partnered) or 0.5 (single); children and age are uniform on [-0.5, 0.5]. No weighted sum can switch between "
        "rules. A hidden layer can.",
        "",
        "The article prints `1.` where its own results (weight 0.4346, loss 0.0205) need `0.1`. It also leaves out the `else`.",
        "",
        "## Losses",
        "",
        "| run | article, validation | ours, validation | ours, test | our model | limit |",
        "|---|--:|--:|--:|---|---|",
        *(
            _row(r.run, r.article, r.validation, r.test, r.model, f"{human(r.limit, 4)} ({r.why})")
            for r in losses.itertuples()
        ),
        "",
        "The limit is the lowest expected loss of any model of the family. The loss on a sample of rows can fall on either "
        "side of it.",
        "",
        "## Weights",
        "",
        "| regression | weight of | article | ours | std. error | limit | what it means |",
        "|---|---|--:|--:|--:|--:|---|",
        *(
            _row(
                f"{NOUNS[str(r.family)]}, {r.target}",
                r.term,
                r.article,
                r.ours,
                r.std_error,
                r.limit,
                r.meaning,
            )
            for r in weights.itertuples()
        ),
        "",
        "Ours are the weights of the refit Keras models, per original unit of each column. The standard error comes from an "
        "exact fit to the same rows. A model with a penalty has none.",
        "",
    ]
    write_atomic(path, "\n".join(lines))


def _row(*cells: Any) -> str:
    return f"| {' | '.join(human(cell, 4) for cell in cells)} |"


def main(arguments: list[str]) -> int:
    """Write the article's tables of a results folder; returns an exit code."""
    if len(arguments) != 2:
        print("usage: scripts/article RESULTS OUT.md", file=sys.stderr)
        return 2
    try:
        write_article(load_results(arguments[0]), Path(arguments[1]))
    except StudyError as error:
        print(error, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
