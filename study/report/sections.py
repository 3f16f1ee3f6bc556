"""The parts of the report in their order: every figure, and between them the tables with their
words.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from study.diagnostics import registry
from study.diagnostics.drawing.html_table import Html
from study.diagnostics.drawing.picture import Picture
from study.records.results import Results
from study.report import tables, warnings


def _always(results: Results) -> bool:
    return True


@dataclass(frozen=True)
class Section:
    """A part of the report.

    text: Markdown before it; `build_notebook` fills {of}, what gains are shares of, {bound}, what
    they are held against, {fold}, {folder} and {config}. code: of its cell, where `results` and all
    modules that `SETUP` names are at hand. when: whether it is shown. figure: the name of its
    picture.
    """

    text: str
    code: str
    when: Callable[[Results], bool] = _always
    figure: str = ""


def drawn(chapter: str) -> tuple[Section, ...]:
    """The sections of a chapter's diagnostics: a figure each, and below it what else their folder
    shows.
    """
    found = []
    for name in registry.CHAPTERS[chapter]:
        own: Any = registry.figure(name)
        found.append(Section(own.TEXT, f"figure({name!r}, results)", own.when, name))
        if hasattr(own, "table"):
            found.append(Section(own.TABLE, f"table({name!r}, results)", own.has_table))
    return tuple(found)


def table(name: str, results: Results) -> Html:
    """What a diagnostic shows below its figure."""
    own: Any = registry.figure(name)
    return own.table(results)  # type: ignore[no-any-return]


def is_concluded(results: Results) -> bool:
    """Whether there are verdicts and, as a StudyError says where a version before drew them,
    scores.
    """
    return bool(results.concluded and results.present(results.paths.frame("scores")))


def figure(name: str, results: Results) -> Picture:
    """A diagnostic's figure of these results."""
    own = registry.figure(name)
    return own.draw(own.data(results))


def has_sources(results: Results) -> bool:
    """Whether it is known of some target where its gain comes from, or what its regression misses."""
    return results.concluded and any(map(tables.has_sources, results.verdicts))


READING = """\
Each model is tuned separately for every target, in every outer fold: a **search**. A regression needs one trial, which covers
all its penalties. Validation rows choose a search's best trial; test rows, which nothing has seen before, then judge it once.

<details class="fold"><summary>What is compared, and how the answer is drawn</summary>

**The regression with terms** adds products and curves of the columns to the regression, chosen and shrunk by validation rows.
**The network** is the whole procedure: take the family and depth with the least validation loss, then average the predictions
of its replicates. **The gain** is the share of {of} that a richer model saves over a simpler one, and its interval is held
against {bound}. From the regression up, a model is passed if the gain of some richer one over it lies
wholly above that, and is the answer if all lie wholly below; the network is the answer if all others are passed.
Where an interval lies on both sides the answer is undecided, and the simplest model that is left stays. Leaving the
regression tests two gains at once, so that their intervals are at 97.5%.

</details>
"""
SOURCES = """\
### Where does the gain come from?

Shares of {of}, by the same test rows. *Interactions* and *curvature* divide what the regression with terms
saves: each is the mean of what its terms save alone and what they save on top of the others. The *short formula* is a
procedure of its own with few terms, chosen in every outer fold. It is printed only where what it leaves to the regression with
terms lies wholly below {bound}; its terms were chosen on the rows that it was fitted to, so they have no standard errors.
"""
SCORES = """\
### Scores

*refit* is the best trial trained again on all development rows, *ensemble* the mean prediction of the search's replicates.
*Optimism* is test loss minus validation loss: positive if validation looked too good. *Calibration error* is how far, on
average, the share of hits lies from the predicted probability, in ten bins of equally many test rows by that probability; of
several classes that of the most probable one. *At the limit* are test rows whose log loss is that of the surest mistake.
"""
METRICS = """\
### Metrics that people know

Of every procedure on all test rows, with 95% intervals. *Better than the regression* is the paired difference on the same
rows, in the metric's own unit: above 0 the procedure is better, whether more or less of the metric is. RMSE is the root of the
mean over all test rows, R² and deviance explained are of all test rows, AUC is the mean over the outer folds that have both
classes.
"""
PAIRS = """\
### Every model against every simpler one

*gain* is what the model saves, compared row by row, as a share of the loss that is named beside it. *p* tests that the gain is
just the margin: small where it is surely larger or surely smaller. After Holm it allows for all comparisons of one question:
of the procedures, of the depths, or of choosing a depth against always taking the same. The last columns are the probabilities
that the gain is above the margin, within it, or that the model is worse by more than the margin. All of it is of the metric
that the verdict is asked of. What a gain is *held against*, the larger of margin and floor, is a share of the same loss; a
margin that is a share of a loss is one of the loss that is named.
"""
SPLITS = """\
### How rows are kept apart
"""
BUDGETS = """\
### What every model was given
"""
COLUMNS = """\
### What was read, and what was left out
"""
TRIALS = """\
All trials: [trials.html](trials.html), and results.csv.
"""
REPRODUCE = """\
`config.yaml` in this folder is the whole description of the study; the same config gives the same numbers on any number of
workers. In the folder that holds this one:

```
study run {config} --results .
study report {folder}
study status {folder}
```

The last one prints the digest of the dataframe: equal digests are equal results, to the bit of every loss. Every split, start
and suggestion draws from a seed that is made of the study's and of what it is for. This notebook runs again as it is, in this
folder.
"""


@dataclass(frozen=True)
class Chapter:
    """A chapter of the report: its title, what it says first (Markdown, filled as that of a
    section), and its sections.
    """

    title: str
    text: str
    sections: tuple[Section, ...]


CHAPTERS = (
    Chapter(
        "Is it fair?",
        READING,
        (
            Section(SPLITS, "fair.splits(results)"),
            Section(BUDGETS, "fair.budgets(results)"),
            Section(warnings.TEXT, "warnings.section(results)"),
            Section(COLUMNS, "fair.columns(results)"),
        ),
    ),
    Chapter(
        "The comparison",
        "",
        (
            *drawn("The comparison"),
            Section(SOURCES, "tables.sources(results)", has_sources),
            Section(SCORES, "tables.by_target(tables.scores_frame(results))", is_concluded),
            Section(METRICS, "tables.by_target(tables.metrics_frame(results))", is_concluded),
            Section(PAIRS, "tables.by_target(tables.pairwise_frame(results))", is_concluded),
        ),
    ),
    *(
        Chapter(title, TRIALS * (title == "How the search went"), drawn(title))
        for title in list(registry.CHAPTERS)[1:]
    ),
    Chapter(
        "How to repeat this",
        REPRODUCE,
        (
            Section("", "repeat.facts(results)"),
            Section("### The models", "tables.delivered(results)", is_concluded),
        ),
    ),
)
"""In the order of the report, which begins with the answer. One of which no section is shown is
left out."""
