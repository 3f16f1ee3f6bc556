"""Every warning that a study can give: what it means, why it matters and what to do. `docs/warnings.md` is made of it."""

from __future__ import annotations

from dataclasses import dataclass

from study.evidence.warnings import limits
from study.schema import StudyError, nearest


@dataclass(frozen=True)
class Entry:
    """One warning. title: in a few words. touches: what it makes doubtful. means, why, todo: Markdown, a paragraph each."""

    id: str
    title: str
    touches: str
    means: str
    why: str
    todo: str

    @property
    def phrase(self) -> str:
        """Id and title within a sentence."""
        return f"{self.id} {self.title[:1].lower()}{self.title[1:]}"

    @property
    def text(self) -> str:
        """All of it as Markdown below its heading."""
        return f"Touches {self.touches}.\n\n{self.means}\n\n**Why it matters.** {self.why}\n\n**What to do.** {self.todo}"


VERDICT, SEARCH, COEFFICIENTS = "the verdict", "the search", "the coefficients"

ENTRIES = (
    Entry(
        "S001",
        "Too few rows for a verdict",
        VERDICT,
        "The verdict is undecided, and half the interval of the gain that keeps it open is above what has to be gained to "
        "matter, margin or floor, or the interval has an end that the test rows do not give. Even a gain of exactly nothing "
        "would have been left open.",
        "*Undecided* then says that the table is small, not that the models are alike. Asking again with other seeds until "
        "one answer comes out finds the answer that was wished for.",
        "Judge once with more rows; the forecast beside the verdict says how many, where that can be foreseen. More "
        "`outer.repeats` narrow the interval a little, a larger `margin` asks an easier question. Until then keep the simplest "
        "model that is left.",
    ),
    Entry(
        "S002",
        "Incumbent at the edge of its space",
        SEARCH,
        f"In most outer folds the best trial of a model lies in the outermost {100 * limits.EDGE:g} % of the range of a "
        "hyperparameter (of its logarithm, where that is searched), or at the first or last of three or more numbers to choose "
        "from, and at one end. Chance would put that many folds there, at any of the edges that were looked at, on "
        f"{100 * limits.EDGE_CHANCE:g} % of targets at most (binomial distribution, Bonferroni). Of one outer fold the trial "
        "has to lie as far out. Edges beyond which nothing lies, such as no dropout, or that were tried apart, such as no "
        "penalty, are none.",
        "A better value may lie beyond, so that the model had less of a chance than it could have had.",
        "Widen that range in the config (`space:`) and run the study under another `name`. If the loss does not fall, the edge "
        "did no harm.",
    ),
    Entry(
        "S003",
        "Still improving when the budget ended",
        SEARCH,
        "The last quarter of the trials of each arm lowered the best validation loss of the network, or of the regression with "
        f"terms, by more than {100 * limits.PART_OF_BAR:g} % of what has to be gained to matter: the mean over outer folds, "
        "and in a third of them or more. It is not said where S004 is, which means that less validation loss was no better.",
        "If each quarter brings half of what the one before brought, as much again is still to come. An answer against that "
        "model may be one against its budget.",
        "Give the search more trials (`search.trials`, or `effort: thorough`) under another `name`. Where that model is the "
        "answer already, nothing has to be done.",
    ),
    Entry(
        "S004",
        "Optimism larger than the difference",
        SEARCH,
        "The test loss of what a richer model's search chose is above its validation loss, by more than the model's test loss "
        "differs from the regression's and by more than has to be gained to matter, and surely so (two standard errors of the "
        "mean over outer folds).",
        "The more trials a search has, the more its best validation loss owes to luck, and networks have more trials than a "
        "regression. Whoever compares validation losses would choose by that luck. The verdict does not: it compares test "
        "rows, which no search has seen.",
        "Read no validation loss of this study as a promise. More validation rows or replicates (`inner.folds`, "
        "`inner.seeds`), or fewer trials, flatter less.",
    ),
    Entry(
        "S005",
        "A family that failed often",
        SEARCH,
        f"{100 * limits.FAILED:g} % or more of the trials of a model failed: a loss that was not finite, or a worker that gave "
        "up on them again and again.",
        "Such a model had fewer trials than the others, and those that failed are not a random part of its space.",
        "`study status RESULTS` counts the failures and the report lists their reasons. `study retry RESULTS` runs them again. "
        "A loss that is not finite fails again with the same seed: take the values out of the space that led there, mostly "
        "high learning rates.",
    ),
    Entry(
        "S006",
        "Leakage suspected",
        VERDICT,
        "A feature tells the target without error: each of its values goes with one class, and each class with one value or "
        "each value with ten rows or more; or its correlation with the target is 1 in size, to nine digits.",
        "Mostly such a column is the target under another name, or was written down after it. Every model looks perfect, and "
        "none is on rows where the column is not known yet.",
        "Ask whether the column is known at the time of predicting. If it is not, add it to `data.drop`. If it is, no model is "
        "needed.",
    ),
    Entry(
        "S007",
        "Separation",
        COEFFICIENTS,
        "Without a penalty the likelihood of the logistic or Poisson regression has no maximum, or the fit found none: some "
        "sum of the columns tells the classes apart (Albert and Anderson 1984, *On the existence of maximum likelihood "
        "estimates in logistic regression models*), so that coefficients grow for ever.",
        "The size of such a coefficient is that of the penalty or of the last step, and none has a standard error. "
        "Predictions are as good as their test loss says.",
        "Predict with it, and read no coefficient as an effect. Look for a column that gives the answer away (S006), drop "
        "columns that few rows have, or merge rare classes (S009).",
    ),
    Entry(
        "S008",
        "Collinearity",
        COEFFICIENTS,
        "Some columns are nearly, or exactly, sums of others: a variance inflation factor above 30, that is, 97 % of a "
        "column's variance is told by the others, or a condition number of the standardised columns above 1,000.",
        "What one of them weighs another can weigh in its place: coefficients change sign from one sample to the next, and "
        "have no standard error here. Predictions on rows of the same kind do not suffer.",
        "To read coefficients, drop all but one of such columns (`data.drop`), or put their sum or mean in their place. To "
        "predict alone, do nothing.",
    ),
    Entry(
        "S009",
        "Classes too rare for the folds",
        VERDICT,
        f"A class has fewer than {limits.RARE} rows, or no row in some set of training, validation or test rows, as groups or "
        "time may leave it.",
        "A class that a training set lacks cannot be predicted, and one that a test set lacks is not tested there. With fewer "
        "than ten rows not even one coefficient is told (Peduzzi et al. 1996), and the loss on the class is luck.",
        "Merge it with another class, leave its rows out, collect more of them, or lower `outer.folds` and `inner.folds`.",
    ),
    Entry(
        "S010",
        "Duplicates across splits",
        VERDICT,
        f"{100 * limits.TWINS:g} % or more of the test rows equal a development row in every feature and in the target, far "
        f"more than chance would make: {limits.CHANCE_TWINS} times the pairs that independent columns have, in a table of "
        "which some column, or the target, takes many values.",
        "A model that remembers rows is right on such test rows for nothing, which flatters networks and trees over a "
        "regression, and rows counted twice make intervals too narrow.",
        "Remove copies before the study. If equal rows are repeated measurements of one unit, name the column of the unit in "
        "`groups`, so that they stay together.",
    ),
    Entry(
        "S011",
        "Drift between folds",
        VERDICT,
        "With rows in time order: in most outer folds the test rows differ from the earlier rows in the same column or in the "
        f"target. Their Kolmogorov-Smirnov distance is {limits.DISTANCE:g} or more and larger than chance makes over all "
        "columns and folds (1 %, Bonferroni). Folds that are drawn differ by chance alone and are not looked at.",
        "The study then answers how models do on rows unlike those that they were trained on. That is the right question for "
        "the rows of next month, and it is harder than one fold's luck: a straight line and a network leave the range of "
        "their rows in different ways.",
        "Put columns that only grow (counters, years, prices) as differences or ratios, or drop them. If rows to predict "
        "are like those at hand, `time` need not be set.",
    ),
    Entry(
        "S012",
        "Few rows carry the difference",
        VERDICT,
        f"Half the variance of a gain comes from {limits.FEW_CARRY} rows, groups or times, or {100 * limits.FEW_SHARE:g} % of "
        "them, and from no more than a sixteenth. Of differences that are normally distributed it is an eighth. It is not said "
        "of a gain whose interval stays on "
        f"its side of what matters where it is {limits.WIDER:g} times as wide.",
        "One wrong cell, or one row that is unlike all others, decides then. Intervals rest on the rows being many and alike.",
        "Look at the rows that are named: their cells, then what the models predict there (`frames/predictions.parquet`). Mend "
        "or leave out what is wrong; what is right and rare asks for more rows of its kind.",
    ),
    Entry(
        "S013",
        "Codes read as numbers",
        VERDICT,
        "A column of whole numbers looks like names: it is called so (zip, id, code), or all its values have as many digits, "
        "come again and again, lie far apart and are seldom multiples of ten.",
        "A regression multiplies a number by a coefficient. Of a code that means nothing, while a network may still tell one "
        "code from another: the regression is held back.",
        "Set `data.types.COLUMN` to `category`, or to `numeric` if it does measure something; then it is not warned of again.",
    ),
    Entry(
        "S014",
        "Groups that were not declared",
        VERDICT,
        "A category, or a column of codes or of the numbers of customers, dealers and the like, has more than 20 values, "
        "each in three rows or more, and neither `groups` nor `time` is set.",
        "If rows of one customer stand on both sides of a split, a model is tested on customers that it knows. On new ones it "
        "is worse, and the richer model loses most.",
        "If what is to be predicted are rows of new customers, set `groups` to that column. If they are further rows of the "
        "same ones, nothing has to be done.",
    ),
)
CATALOGUE = {entry.id: entry for entry in ENTRIES}
"""By id."""

PAGE = """\
# Warnings

What may be wrong with a study, each with an id. Those of the table stand in `study check` already; all of them are shown when a
study ends, in its report, and in `verdicts.json` below `warnings`. `study explain S003` prints one of them, and
`study explain` lists all. This page is written by

```sh
python -m study.evidence.warnings > docs/warnings.md
```

| id | warning | touches |
|---|---|---|
"""


def entry_of(id_: str) -> Entry:
    """The entry of an id: `S003`, `s003`, `S3` or `3`.

    Raises
    ------
    StudyError
        There is none.
    """
    number = id_.upper().removeprefix("S")
    named = f"S{number.zfill(3)}"
    if (found := CATALOGUE.get(named)) is None:
        raise StudyError(
            f"A warning is named by its id, but there is no {id_!r}.{nearest(named, CATALOGUE)} "
            f"There are {ENTRIES[0].id} to {ENTRIES[-1].id}; `study explain` lists them."
        )
    return found


def anchor(id_: str) -> str:
    """The part of a link to docs/warnings.md that leads to an entry, as GitHub and MkDocs make it of its heading."""
    return f"{id_} {CATALOGUE[id_].title}".lower().replace(" ", "-")


def page() -> str:
    """docs/warnings.md."""
    rows = "\n".join(f"| [{each.id}](#{anchor(each.id)}) | {each.title} | {each.touches} |" for each in ENTRIES)
    parts = "\n\n".join(f"## {each.id} {each.title}\n\n{each.text}" for each in ENTRIES)
    return f"{PAGE}{rows}\n\n{parts}\n"
