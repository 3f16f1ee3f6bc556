"""The columns of every dataframe in a results folder: their types and what they hold, as the reference of the docs has them."""

from __future__ import annotations

from dataclasses import dataclass

from study.schema import RESULT_COLUMNS

Column = tuple[str, str]
"""dtype, meaning."""

OPEN = {
    "params_*": ("float64 or str", "A hyperparameter, in its own unit; missing where the family has none of that name."),
    "coef_*": ("float64", "Weight of a term of a regression, per original unit of its column; missing for others."),
    "intercept*": ("float64", "Intercept of a regression, one a class where there are several; missing for others."),
    "p_*": ("float64", "Predicted probability of the class, where the target has more than two."),
    "time": ("float64", "How many rows of the table are earlier; only where rows are in time order."),
}
"""Columns that are there or not, and how many, by the study: hyperparameters, terms, classes, and the order of the rows."""

_SHARED: dict[str, Column] = {
    "study": ("str", "Name of the study."),
    "trial_id": ("str", "Target, model, outer fold and number: the trial's name everywhere."),
    "target": ("str", "Column that is predicted."),
    "kind": ("str", "`continuous`, `binary`, `multiclass` or `count`; it decides the unit of every loss."),
    "family": ("str", "Model family: `constant`, `linear`, `logistic`, `poisson`, `extended`, `neural` or one of a package."),
    "depth": ("int64", "Hidden layers; 0 of a regression."),
    "outer_fold": ("int64", "Outer fold from 0, counted through all repeats; -1 is the search on all rows."),
    "number": ("int64", "Number of the trial in its arm, from 0."),
    "generation": ("int64", "Window of the search that the trial was suggested in."),
    "state": ("str", "`COMPLETE`, `PRUNED` (given up as worse than the earlier ones of its arm) or `FAIL`."),
    "val_loss": ("float64", "Mean loss on validation rows; missing where the trial failed."),
    "val_loss_se": ("float64", "Standard error of `val_loss` over inner folds."),
    "train_loss": ("float64", "Mean loss on training rows."),
    "best_epoch": ("Int64", "Epoch of the least validation loss, from 1; none of a regression."),
    "n_parameters": ("Int64", "Numbers that training chose."),
    "n_replicates": ("int64", "Inner folds times seeds."),
    "wall_time_s": ("float64", "Seconds on the worker."),
    "node": ("str", "Host that trained it."),
    "device": ("str", "CPU or GPU that trained it."),
    "replicate": ("int64", "Number of the replicate: one inner fold and one seed."),
    "inner_fold": ("int64", "Inner fold from 0."),
    "seed": ("int64", "Seed, counted from 0."),
    "candidate": ("str", "How the incumbent is used: `refit` on all development rows, `ensemble`, the mean of its replicates, "
                  "or `rows-<share>`, made of a part of the rows."),
    "row": ("int64", "Row of the table, from 0."),
    "group": ("int64", "Code of the row's group; the row itself where rows are independent."),
    "observed": ("float64", "The target's value, or the code of its class."),
    "predicted": ("float64", "Predicted value or rate, or the probability of the second class; of several classes that of the "
                  "observed one."),
    "loss": ("float64", "Loss of the row, in the unit of the kind."),
    "test_loss": ("float64", "Mean loss on test rows."),
    "std_error": ("float64", "Standard error of the value beside it."),
    "low": ("float64", "Lower end of the interval; missing where the test rows give none."),
    "high": ("float64", "Upper end of the interval; missing where the test rows give none."),
    "level": ("float64", "Confidence level of the interval."),
    "df": ("float64", "Degrees of freedom of the interval."),
    "p_value": ("float64", "Two-sided."),
    "optimism": ("float64", "Validation loss less test loss: far below 0, the search flattered itself."),
    "n_rows": ("int64", "Test rows."),
    "n_groups": ("int64", "Groups among the test rows."),
    "n_folds": ("int64", "Outer folds."),
    "n_repeats": ("int64", "Times that the outer folds were drawn."),
    "n_times": ("int64", "Blocks of consecutive times."),
    "method": ("str", "How the interval is made (`study.evidence.intervals.METHODS`)."),
    "metric": ("str", "`loss`, or the metric's name."),
    "base": ("str", "The simpler procedure or family."),
    "other": ("str", "The richer procedure or family."),
    "term": ("str", "Name of the term: a column, a product, a `hinge`, or `intercept`."),
    "output": ("str", "Class that the weight is of, where there are several; else missing."),
}  # fmt: skip

_TRIAL = "trial_id target kind family depth outer_fold number replicate"
_TEST = "study target kind family depth outer_fold number candidate seed val_loss row group observed predicted loss"


@dataclass(frozen=True)
class Frame:
    """What a row of a dataframe is, and its columns in order: name to dtype and meaning. open: keys of OPEN that may follow."""

    row: str
    columns: dict[str, Column]
    open: tuple[str, ...] = ()


def _frame(row: str, names: str, own: dict[str, Column] | None = None, open_: str = "") -> Frame:
    told = _SHARED | (own or {})
    return Frame(row, {name: told[name] for name in names.split()}, tuple(open_.split()))


FRAMES = {
    "results.parquet": _frame(
        "One trial. `results.csv` holds the same.", " ".join(RESULT_COLUMNS), open_="params_* coef_* intercept*"
    ),
    "folds.parquet": _frame(
        "One replicate of a trial.",
        f"study {_TRIAL} inner_fold seed val_loss train_loss best_epoch n_epochs converged",
        {"n_epochs": ("Int64", "Epochs that it trained; none of a regression."),
         "converged": ("bool", "Whether training arrived before its last epoch or iteration.")},
    ),
    "curves.parquet": _frame(
        "One recorded epoch of a replicate.",
        f"{_TRIAL} inner_fold seed epoch val_loss train_loss",
        {"epoch": ("int64", "Epoch, from 1."), "val_loss": ("float64", "Validation loss after it."),
         "train_loss": ("float64", "Training loss after it.")},
    ),
    "predictions.parquet": _frame(
        "One test row of one winner, by candidate and seed; the short formula is family `short`.", _TEST,
        {"val_loss": ("float64", "Of a candidate that is made of a part of the rows, the mean validation loss there.")},
        "time p_*",
    ),
    "trees.parquet": _frame(
        "One test row of the boosted trees (family `trees`).", _TEST,
        {"val_loss": ("float64", "Always missing.")}, "time p_*",
    ),
    "scores.parquet": _frame(
        "One model and candidate, on the test rows of all outer folds.",
        "target kind family depth candidate test_loss std_error low high n_rows n_floor n_folds r2 mae auc brier accuracy "
        "calibration_error explained_deviance val_loss optimism",
        {"n_floor": ("int64", "Test rows whose log loss is that of the surest mistake, 15.94 nats."),
         "r2": ("float64", "R², mean over fits."), "mae": ("float64", "Mean absolute error, in the target's unit."),
         "auc": ("float64", "Area under the ROC curve, mean over fits."),
         "brier": ("float64", "Brier score; summed over several classes."),
         "accuracy": ("float64", "Share of rows that are right."),
         "calibration_error": ("float64", "Expected calibration error in ten bins of equally many rows."),
         "explained_deviance": ("float64", "Share of the Poisson deviance that is explained.")},
    ),
    "ranks.parquet": _frame(
        "One model, and the network as a procedure, with where the spread of its loss comes from.",
        "target kind family depth rank test_loss std_error low high val_loss optimism sd_splits sd_seeds sd_rows n_rows "
        "n_folds n_repeats method",
        {"depth": ("int64", "Hidden layers; -1 of the network that chooses family and depth."),
         "rank": ("Int64", "1 has the least test loss of the target."),
         "sd_splits": ("float64", "Standard deviation of a fold's test loss by other training rows; missing with one fold."),
         "sd_seeds": ("float64", "The same by another start of training; missing with one seed."),
         "sd_rows": ("float64", "The same by the luck of which rows are tested.")},
    ),
    "pairs.parquet": _frame(
        "One model against a simpler one, on the same test rows.",
        "target kind metric question base base_depth other other_depth margin floor n_rows n_groups n_folds n_repeats n_times "
        "per per_loss base_loss other_loss improvement low high low_amount high_amount level std_error df p_value positive "
        "better equal worse half_carried_by counted method p_holm",
        {"question": ("str", "Which comparisons the pair belongs to: of procedures, of depths, or of choosing a depth."),
         "base_depth": ("int64", "Hidden layers of `base`."),
         "other_depth": ("int64", "Hidden layers of `other`; -1 of the network that chooses."),
         "margin": ("float64", "Margin, as a share of `per_loss`."), "floor": ("float64", "Floor, as a share of `per_loss`."),
         "per": ("str", "Family whose loss the shares are of."), "per_loss": ("float64", "Mean loss of `per`."),
         "base_loss": ("float64", "Mean loss of `base`."), "other_loss": ("float64", "Mean loss of `other`."),
         "improvement": ("float64", "The gain: (base_loss - other_loss) / per_loss."),
         "low_amount": ("float64", "Lower end of the interval of base_loss - other_loss; missing without a floor."),
         "high_amount": ("float64", "Upper end of it."),
         "p_value": ("float64", "Two-sided, that the gain is just the bar (margin or floor) that is harder to pass."),
         "positive": ("float64", "Probability that the gain is above 0."),
         "better": ("float64", "Probability that it is above the bar."),
         "equal": ("float64", "Probability that it is neither above nor below its negative."),
         "worse": ("float64", "Probability that it is below its negative."),
         "half_carried_by": ("int64", "Fewest units (rows, groups, times) that make half of the variance."),
         "counted": ("bool", "Whether rows are counted that two procedures have right or wrong, which are not the same."),
         "p_holm": ("float64", "`p_value`, adjusted over the pairs of one question (Holm 1979).")},
    ),
    "metrics.parquet": _frame(
        "One metric of a procedure (`base` missing), or by how much `other` is better than `base` in it.",
        "target kind metric base other value low high std_error df p_value level base_value other_value n_rows n_groups "
        "n_folds n_repeats method",
        {"base": ("str", "The procedure that it is compared with; missing where it is of one."),
         "other": ("str", "The procedure."),
         "value": ("float64", "The metric; of two the difference, above 0 where `other` is better."),
         "p_value": ("float64", "Two-sided, of no difference; missing of one procedure."),
         "base_value": ("float64", "The metric of `base` on the rows of both."),
         "other_value": ("float64", "The metric of `other` on the rows of both.")},
    ),
    "margins.parquet": _frame(
        "One margin of one gain of a verdict.",
        "target kind base other margin above bound break_even",
        {"margin": ("float64", "A margin, as a share of the regression's loss."),
         "above": ("float64", "Probability that the gain is above it."),
         "bound": ("float64", "What the gain was held against, as a share; missing where it is refused."),
         "break_even": ("float64", "Margin at which the verdict's answer on this gain is another.")},
    ),
    "coefficients.parquet": _frame(
        "One weight of a regression, in original units, beside a reference fit of statsmodels or scikit-learn.",
        "target family outer_fold term level output unit estimate ref_estimate ref_std_error ref_low ref_high gap_in_se "
        "mle_estimate mle_std_error mle_low mle_high pull_in_se odds_ratio ratio_to_largest se_over note",
        {"level": ("str", "Level of a column of categories; else missing."),
         "unit": ("str", "Unit of the weight."), "estimate": ("float64", "The weight."),
         "ref_estimate": ("float64", "The same weight by the other library, with the same penalty."),
         "ref_std_error": ("float64", "Its standard error; missing where there is a penalty."),
         "ref_low": ("float64", "Lower end of its 95 % interval."), "ref_high": ("float64", "Upper end of it."),
         "gap_in_se": ("float64", "(estimate - ref_estimate) / ref_std_error."),
         "mle_estimate": ("float64", "The weight without a penalty."),
         "mle_std_error": ("float64", "Its standard error."), "mle_low": ("float64", "Lower end of its 95 % interval."),
         "mle_high": ("float64", "Upper end of it."),
         "pull_in_se": ("float64", "(estimate - mle_estimate) / mle_std_error: how far the penalty moved it."),
         "odds_ratio": ("float64", "exp(estimate) of a logistic regression."),
         "ratio_to_largest": ("float64", "Over the largest weight of the same logistic model and class."),
         "se_over": ("str", "What standard errors are over: `rows`, `groups` or `blocks of time`."),
         "note": ("str", "What to know of the weight, such as that classes separate.")},
    ),
    "terms.parquet": _frame(
        "One weight of a regression with terms (family `extended`) or of a short formula (`short`).",
        "target family outer_fold term form columns fill centers low high knot output weight",
        {"form": ("str", "`intercept`, `column`, `product` or `hinge`."),
         "columns": ("object", "List: columns that it is made of."), "fill": ("object", "List: what a gap in each takes."),
         "centers": ("object", "List: what is taken from each of a product."),
         "low": ("object", "List: where each is clipped from below."),
         "high": ("object", "List: where each is clipped from above."),
         "knot": ("float64", "Where a hinge begins."), "weight": ("float64", "The weight, in original units.")},
    ),
}  # fmt: skip
"""By file, in the order of `StudyPaths.concluded`."""
