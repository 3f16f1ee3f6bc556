"""A saved model, found by the words that a user has for it, and asked."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from study.data.reader import Reader
from study.data.sources import named
from study.evidence.answer import Verdict
from study.evidence.findings import UNDECIDED
from study.evidence.winners import select_candidate
from study.families.heads import HEADS, FloatArray
from study.records.delivery import PROCEDURES, chosen_searches, fold_model
from study.records.refusal import check_file
from study.records.results import Results
from study.renamed import current
from study.schema import ALL_ROWS, FORMULA, REGRESSION, TREES, StudyError, nearest

ANSWER = "answer"
"""The model that the verdict gives."""
MODELS = (ANSWER, *PROCEDURES)


@dataclass(frozen=True)
class Model:
    """One saved model of a target, and what turns rows into what it takes. name: of MODELS, but the
    answer.
    """

    name: str
    path: Path
    reader: Reader

    @cached_property
    def _opened(self) -> Any:
        if self.name == TREES:
            from study.training.trees import open_trees

            return open_trees(self.path)
        from study.training.device import prepare_tensorflow, quiet

        with quiet():
            prepare_tensorflow()
        from study.families.saved import open_model

        return open_model(self.path)

    def response(self, raw: FloatArray) -> FloatArray:
        """Values, rates or probabilities of the second class (n_rows,), or (n_rows, n_classes), of
        raw rows.
        """
        if self.name == TREES:
            from study.training.trees import trees_response

            return trees_response(self._opened, raw, self.reader.classes)
        opened = self._opened  # before TensorFlow is imported in any other way
        from study.families.saved import predict_raw

        return predict_raw(opened, raw)

    def loss(self, predicted: FloatArray, observed: FloatArray) -> FloatArray:
        """Loss of each row, as the study counts it."""
        return HEADS[self.reader.kind].response_loss(predicted, observed)


def class_shares(response: FloatArray) -> FloatArray:
    """Probabilities of all classes, (n_rows, n_classes); of two a response is the second one's."""
    return np.column_stack([1 - response, response]) if response.ndim == 1 else response


def plain_frame(rows: pd.DataFrame) -> pd.DataFrame:
    """A user's frame with text names and index 0..n-1, as sources are read; a StudyError where it
    is no frame.
    """
    if isinstance(rows, pd.DataFrame):
        return named(rows, "the frame")
    raise StudyError(
        f"The rows are of type {type(rows).__name__}. Give a pandas DataFrame with a column for each feature."
    )


def target_of(results: Results, target: str | None) -> str:
    """The target that is meant, which may be left out where there is but one."""
    known = [each.name for each in results.data.targets]
    if target is None and len(known) == 1:
        return known[0]
    if target not in known:
        said = f"not '{target}'.{nearest(target, known)}" if target else "so name one."
        raise StudyError(f"{results.root} has models of {', '.join(known)}, {said} Use --target.")
    return target


def verdict_on(results: Results, target: str) -> Verdict:
    """The verdict on a target."""
    return next(verdict for verdict in results.verdicts if verdict.target == target)


def known_model(model: str) -> str:
    """One of MODELS, by its name of now."""
    if (model := current(model)) not in MODELS:
        raise StudyError(
            f"There is no model '{model}'.{nearest(model, MODELS)} Models: {', '.join(MODELS)}."
        )
    return model


def procedure_for(results: Results, target: str, model: str) -> str:
    """What a model of MODELS is in a comparison; the answer is the verdict's, the simplest model
    where it is undecided.
    """
    if (model := known_model(model)) != ANSWER:
        return model
    return verdict_on(results, target).answer_procedure or REGRESSION


def open_saved(results: Results, target: str, procedure: str, outer_fold: int = ALL_ROWS) -> Model:
    """The delivered model of a procedure, or that which was judged on the test rows of an outer
    fold.

    Raises
    ------
    StudyError
        There is none.
    """
    paths = results.paths
    path: Path | None = paths.delivered(target, procedure)
    if outer_fold != ALL_ROWS:
        path = fold_model(paths, results.trials, target, procedure, outer_fold)
    reader = paths.reader(target, outer_fold)
    if path is None or not path.exists():
        raise StudyError(_lacking(results, target, procedure, outer_fold))
    check_file(path, results.root)
    return Model(procedure, path, results.record(reader, Reader))


def check_fold(results: Results, fold: int | None) -> None:
    """Raise a StudyError where there is no such outer fold."""
    folds = results.config.n_outer
    if fold is not None and not 0 <= fold < folds:
        raise StudyError(f"{results.root} has no outer fold {fold}. Choose from 0 to {folds - 1}.")


def judged_rows(results: Results, target: str, procedure: str, outer_fold: int) -> pd.DataFrame:
    """Rows of predictions.parquet, or of trees.parquet, of the model that was judged on an outer
    fold.
    """
    if procedure == TREES:
        own = results.trees
        own = own[own["target"] == target] if len(own) else own
    else:
        own = results.predictions[results.predictions["target"] == target]
        if procedure == FORMULA:
            own = own[own["family"] == FORMULA]
        elif search := chosen_searches(results.trials, outer_fold).get((target, procedure)):
            own = select_candidate(
                own[(own["family"] == search.family) & (own["depth"] == search.depth)]
            )
        else:
            own = own.iloc[:0]
    return own[own["outer_fold"] == outer_fold] if len(own) else own


def cautions(results: Results, target: str, model: str, procedure: str) -> list[str]:
    """What a verdict has against the use of a model."""
    verdict = verdict_on(results, target)
    found = []
    if verdict.use_none:
        found.append(
            f"The study says to use no model of {target} yet: none is reliably better than the constant."
        )
    if model == ANSWER and verdict.verdict in {UNDECIDED, None}:
        noun = verdict.nouns[procedure]
        found.append(
            f"The study is undecided on {target}; the simplest model that it names predicts here: {noun}."
        )
    return found


def _lacking(results: Results, target: str, procedure: str, outer_fold: int) -> str:
    """Why there is no such model, and how it comes back: a run makes what has no record, whatever
    files there are.
    """
    back = f"remove its winner.json, formula.json or trees.json below {results.paths.trials}, then"
    if outer_fold != ALL_ROWS and not results.config.keep_fold_models:
        return (
            "The models of the outer folds were not kept (keep_fold_models: false). "
            f"To train one again, {back} run the study with keep_fold_models: true."
        )
    where = "all rows" if outer_fold == ALL_ROWS else f"outer fold {outer_fold}"
    return (
        f"There is no model '{procedure}' of {target} on {where}. "
        f"{results.again} trains it if it was not tried yet. If its file was removed, {back} run that."
    )
