"""A regression's winner: fitted on all development rows, and as the parts that tell where its gain
comes from.
"""

from __future__ import annotations

from functools import partial

import numpy as np

from study.data.encoding import Encoded
from study.data.terms import MOST_CELLS
from study.families import get_family
from study.families.heads import FloatArray
from study.records.trial import CoefficientRow, TermRow
from study.schema import ALL_ROWS, TERMS
from study.training.columns import Regression, head_of
from study.training.regression import fit, walked
from study.training.scored import Won, asked, candidates, judged, scored_parts
from study.training.task import WinnerTask


def run_regression_winner(task: WinnerTask, encoded: Encoded) -> Won:
    """Fit the best trial on all development rows (candidate `refit`, which is judged) and save it.

    Candidate `ensemble` is the mean of the linear predictors of fits on the inner folds' training
    rows, left out where the search drew its rows; `rows-<fraction>` are made of a part of the
    development rows as `refit` is of all, terms and penalty from the part alone; the task's `parts`
    are other hyperparameters, fitted on all of them. Of the search on all rows there is a model and
    no candidate. One thread.
    """
    from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

    from study.training.termed import term_model

    head = head_of(encoded)
    with threadpool_limits(1):
        own, converged = fit(task, encoded, -1, encoded.development)
        model = term_model(own, head)
        scored = judged("refit", task.number, model, encoded)
        if encoded.outer_fold != ALL_ROWS:
            others = [
                (name, -1, fit(task, encoded, -1, encoded.development, params)[0])
                for name, params in task.parts.items()
            ]
            test = encoded.test
            predicted = [
                (name, seed, head.response(each.predicted(encoded, test)))
                for name, seed, each in others
            ]
            if len(encoded.development) * len(own.kernel) <= MOST_CELLS:
                inner = [
                    fit(task, encoded, e, rows)[0].predicted(encoded, test)
                    for e, rows in enumerate(encoded.train)
                ]
                predicted.insert(0, ("ensemble", -1, head.response(np.mean(inner, axis=0))))
            scored += candidates(
                [each for each in predicted if np.isfinite(each[2]).all()], encoded
            )
            scored += scored_parts(encoded, partial(_on_part, task, encoded))
        inputs = get_family(task.search.family).inputs
        probed = asked(encoded, lambda raw: head.response(own.predictor(raw))) if inputs else None
    if task.search.family == TERMS:
        raw = encoded.raw(encoded.test)
        clipped = own.terms.clipped(raw)
        return Won(model, scored, (), term_rows(own, encoded), clipped, converged, probed)
    rows = _coefficient_rows(encoded, own.kernel, own.bias - own.smear) if inputs else []
    return Won(model, scored, tuple(rows), converged=converged, probed=probed)


def _on_part(
    task: WinnerTask, encoded: Encoded, own: Encoded, number: int
) -> tuple[FloatArray, float]:
    """Response on the test rows of what the part `own` gives, and its validation loss."""
    path, family = walked(task, own), get_family(task.search.family)
    params = task.params | ({family.path: task.penalties[path.place]} if family.path else {})
    fitted, _ = fit(task, own, -1, own.development, params)
    return head_of(own).response(fitted.predicted(encoded, encoded.test)), path.losses[path.place]


def term_rows(own: Regression, encoded: Encoded) -> tuple[TermRow, ...]:
    """Every column and term of a regression with terms, and its intercept, with all that its
    formula says of it.
    """
    terms, names = own.terms, [term.name for term in encoded.terms]
    described: list[tuple[str, tuple[int, ...], float | None]] = [("intercept", (), None)]
    described += [("column", (i,), None) for i in range(len(names))]
    described += [("product", tuple(pair), None) for pair in terms.products.tolist()]
    described += [
        ("hinge", (int(i),), float(knot)) for i, knot in zip(terms.hinges, terms.knots, strict=True)
    ]
    weights = np.vstack([own.bias, own.kernel])
    outputs: list[str | None] = [*encoded.classes] if encoded.n_outputs > 1 else [None]
    return tuple(
        TermRow(
            form=form,
            columns=tuple(names[i] for i in columns),
            fill=tuple(float(own.fill[i]) for i in columns),
            centers=tuple(float(terms.center[i]) for i in columns) if form == "product" else (),
            low=tuple(float(terms.low[i]) for i in columns) if form in {"product", "hinge"} else (),
            high=tuple(float(terms.high[i]) for i in columns)
            if form in {"product", "hinge"}
            else (),
            knot=knot,
            output=output,
            weight=float(weight),
        )
        for o, output in enumerate(outputs)
        for (form, columns, knot), weight in zip(described, weights[:, o], strict=True)
    )


def _coefficient_rows(
    encoded: Encoded, weights: FloatArray, intercept: FloatArray
) -> list[CoefficientRow]:
    outputs: list[str | None] = [*encoded.classes] if encoded.n_outputs > 1 else [None]
    rows = []
    for o, output in enumerate(outputs):
        rows.append(
            CoefficientRow(
                term="intercept", level=None, output=output, unit="", estimate=float(intercept[o])
            )
        )
        rows += [
            CoefficientRow(
                term=term.name,
                level=term.level,
                output=output,
                unit=term.unit,
                estimate=float(weights[i, o]),
            )
            for i, term in enumerate(encoded.terms)
        ]
    return rows
