"""Every warning that a study can give: what it means, why it matters and what to do.
`docs/warnings.md` is made of it.
"""

from __future__ import annotations

from dataclasses import dataclass

from study.evidence.warnings import limits
from study.schema import StudyError, nearest


@dataclass(frozen=True)
class Entry:
    """One warning. title: in a few words. touches: what it makes doubtful. means, why, todo:
    Markdown, a paragraph each.
    """

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
        return f"{self.means}\n\n**Effect on {self.touches}.** {self.why}\n\n**Fix.** {self.todo}"


VERDICT = "the verdict"
SEARCH = "the search"
COEFFICIENTS = "the coefficients"

ENTRIES = (
    Entry(
        "S001",
        "Too few rows for a verdict",
        VERDICT,
        "The interval that keeps the verdict open is wider than twice the margin, or lacks a limit. Even a true "
        "improvement of 0 would have stayed open.",
        "*Can't tell yet* then describes the table, not the models. Running again with other seeds until a verdict "
        "appears finds a verdict, not the truth.",
        "Collect more rows and run once. `study show --all` says how many, where that can be foreseen. Until then use the"
        " simplest model left.",
    ),
    Entry(
        "S002",
        "Best trial at the edge of its search space",
        SEARCH,
        f"In most outer folds a hyperparameter of the best trial is within {100 * limits.EDGE:g}% of an end of its range, or "
        f"an outermost choice. Chance alone does that on at most {100 * limits.EDGE_CHANCE:g}% of targets.",
        "A better value may lie outside, so this model may be better than it looks.",
        "Widen the range under `space:` and run under another `name`.",
    ),
    Entry(
        "S003",
        "Still improving when the budget ended",
        SEARCH,
        f"The last quarter of the trials lowered the best validation loss by more than {100 * limits.PART_OF_MARGIN:g}% of "
        "the margin on average. It did so in at least a third of the outer folds.",
        "More trials may help this model. A verdict against it may be one against its budget.",
        "Raise `search.trials` or set `effort: thorough`, under another `name`. Skip this if that model is the verdict "
        "already.",
    ),
    Entry(
        "S004",
        "Validation loss misleads",
        SEARCH,
        "A richer model's test loss exceeds its best validation loss by more than two standard errors. The excess is also "
        "larger than its difference from the regression.",
        "The best of many trials is partly lucky. Choosing models by validation loss would follow that luck. The verdict "
        "uses test rows only.",
        "Go by the verdict. More validation data (`inner.folds`, `inner.seeds`) or fewer trials reduce the effect.",
    ),
    Entry(
        "S005",
        "A family that failed often",
        SEARCH,
        f"At least {100 * limits.FAILED:g}% of a model's trials failed.",
        "It had fewer trials than the others, and the failures are no random part of its search space.",
        "See the reasons with `study status` and repeat them with `study retry`. A loss that is not finite fails again: "
        "narrow the space, usually the learning rate.",
    ),
    Entry(
        "S006",
        "Leakage suspected",
        VERDICT,
        f"One feature, or that its cell is empty, predicts the target with R² or AUC above {limits.LEAK:g}. For numbers "
        f"that count the rows, {limits.ORDERED:g} is enough.",
        "Such a column is usually the target itself or recorded after it. Every model looks perfect, and none is on new rows.",
        "Is the column known when you predict? If not, add it to `data.drop`. If so, you need no model.",
    ),
    Entry(
        "S007",
        "Separation",
        COEFFICIENTS,
        "Without a penalty the likelihood has no maximum: some combination of columns separates the classes (Albert and "
        "Anderson 1984).",
        "Coefficients have no standard error, and their size comes from the penalty. Predictions are unaffected.",
        "Don't read coefficients as effects. Look for a column that gives the answer away (S006), or merge rare classes "
        "(S009).",
    ),
    Entry(
        "S008",
        "Collinearity",
        COEFFICIENTS,
        "Some columns are nearly sums of others: a variance inflation factor above 30, or a condition number above 1,000.",
        "Their coefficients are interchangeable and have no standard error here. Predictions on similar rows are unaffected.",
        "To read coefficients, keep one such column and put the others in `data.drop`. To predict, do nothing.",
    ),
    Entry(
        "S009",
        "Classes too rare for the folds",
        VERDICT,
        f"A class has fewer than {limits.RARE} rows, or none in some training, validation or test set.",
        "A class missing from training can't be predicted, and one missing from the test rows isn't tested.",
        "Merge it with another class, drop its rows, collect more, or lower `outer.folds` and `inner.folds`.",
    ),
    Entry(
        "S010",
        "Duplicates across splits",
        VERDICT,
        f"At least {100 * limits.TWINS:g}% of test rows equal a training row in every column or feature, "
        f"{limits.CHANCE_TWINS} times what chance would produce. One of its values is in at most {limits.FINE} rows.",
        "Models that memorise rows look better than they are, and intervals are too narrow.",
        "Remove copies. If they are repeated measurements of one unit, name the unit's column in `groups`.",
    ),
    Entry(
        "S011",
        "Drift between folds",
        VERDICT,
        "Rows are in time order, and in most folds the test rows differ from earlier rows in the same column. The "
        f"Kolmogorov-Smirnov distance is at least {limits.DISTANCE:g}, beyond chance at 1%.",
        "Models are tested outside the range they were trained on. That is the right test for future rows, but a harder one.",
        "Replace growing columns (counters, years, prices) by differences or ratios, or drop them.",
    ),
    Entry(
        "S012",
        "Few rows carry the difference",
        VERDICT,
        f"Half the variance of an improvement comes from at most {limits.FEW_CARRY} rows, groups or times, or "
        f"{100 * limits.FEW_SHARE:g}% of them. An interval {limits.WIDER:g} times as wide would change the verdict.",
        "One wrong cell may decide the verdict. Intervals assume many similar rows.",
        "Check the rows named. Fix or remove wrong ones; if they are right, collect more like them.",
    ),
    Entry(
        "S013",
        "Codes read as numbers",
        VERDICT,
        "A column of whole numbers looks like names: by its own name (zip, id, code), or because its values repeat, have "
        "equal length and lie far apart. Or it counts the rows: hardly any value repeats.",
        "A regression multiplies the code by a coefficient, which means nothing. That holds the regression back.",
        "Set `data.types.COLUMN` to `category`, or to `numeric` if it measures something. Drop a column that counts rows.",
    ),
    Entry(
        "S014",
        "Groups that were not declared",
        VERDICT,
        "A column names more than 20 customers, dealers or the like, each with three or more rows, and neither `groups` "
        "nor `time` is set.",
        "Rows of one customer may be in both training and test rows. On new customers models would do worse, richer ones most.",
        "To predict for new customers, set `groups` to that column. To predict for the same ones, do nothing.",
    ),
    Entry(
        "S015",
        "Cells that may mean missing",
        VERDICT,
        f"At least {limits.MARKED} cells have a value far outside the rest, such as -999 or 1900-01-01, or a word such as "
        "`unknown`.",
        "Numbers such as -999 bend every effect and hold the regression back most. A gap gets a coefficient of its own.",
        "Empty these cells in the file if the value is missing there. If it is real, do nothing.",
    ),
    Entry(
        "S016",
        "Levels that may be the same",
        VERDICT,
        f"Two levels differ by case or spaces, or by one letter while one is {limits.RARER} times as rare.",
        "Each level is learnt from its own rows alone, and rare ones are not learnt at all.",
        "Spell them one way in the file. If they differ, do nothing.",
    ),
    Entry(
        "S017",
        "Target on the wrong scale",
        VERDICT,
        f"A quick regression of the positive target's logarithm has over {100 * limits.LOG_GAIN:g}% less squared error, in the "
        "target's own unit, than one of the target itself or a constant. With `transform: log` the reverse. Silent where S006 "
        "speaks.",
        "Extra terms or a network may be ahead only because they make up for the scale.",
        "Set `targets.TARGET.transform` to `log`, or remove it, under another `name`. `study compare` shows which has the "
        "lower loss. Coefficients of a logarithm are relative changes.",
    ),
)
DOUBTS = ("S006", "S010", "S015")
"""Those that put a whole study in doubt, whatever its verdict, and come first."""
CATALOGUE = {entry.id: entry for entry in ENTRIES}
"""By id."""

PAGE = """\
# Warnings

What may be wrong with a study. `study check` gives those of the table, the end of a run and the report all of them.
`study explain S003` prints one. This page is written by

```sh
python -m study.evidence.warnings > docs/warnings.md
```

| id | warning | affects |
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
            f"There is no warning {id_!r}.{nearest(named, CATALOGUE)} `study explain` lists them all."
        )
    return found


def anchor(id_: str) -> str:
    """The part of a link to docs/warnings.md that leads to an entry, as GitHub and MkDocs make it
    of its heading.
    """
    return f"{id_} {CATALOGUE[id_].title}".lower().replace(" ", "-")


def page() -> str:
    """docs/warnings.md."""
    rows = "\n".join(
        f"| [{each.id}](#{anchor(each.id)}) | {each.title} | {each.touches} |" for each in ENTRIES
    )
    parts = "\n\n".join(f"## {each.id} {each.title}\n\n{each.text}" for each in ENTRIES)
    return f"{PAGE}{rows}\n\n{parts}\n"
