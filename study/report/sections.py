"""The parts of the report in their order: every figure, and between them the tables with their
words.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from study.diagnostics import registry
from study.diagnostics.drawing.html_table import Html
from study.diagnostics.drawing.picture import Picture
from study.records.results import Results
from study.report import tables, warnings


@dataclass(frozen=True)
class Section:
    """A part of the report.

    text: Markdown before it; `build_notebook` fills {of}, what improvements are shares of, {bound},
    the margin, {folder} and {config}. code: of its cell, where `results` and all
    modules that `SETUP` names are at hand. when: whether it is shown. figure: the name of its
    picture.
    """

    text: str
    code: str
    when: Callable[[Results], bool] = lambda results: True
    figure: str = ""


def _is_drawn(name: str, results: Results) -> bool:
    return not registry.shown(name, results).empty


def drawn(chapter: str) -> tuple[Section, ...]:
    """The sections of a chapter's diagnostics: a figure each, and below it what else their folder
    shows.
    """
    found = []
    for name in registry.CHAPTERS[chapter]:
        own = registry.figure(name)
        when = partial(_is_drawn, name)
        found.append(Section(own.TEXT, f"figure({name!r}, results)", when, name))
        if hasattr(own, "table"):
            found.append(Section(own.TABLE, f"table({name!r}, results)", when))
    return tuple(found)


def table(name: str, results: Results) -> Html:
    """What a diagnostic shows below its figure."""
    return registry.figure(name).table(results)  # type: ignore[no-any-return]


def is_concluded(results: Results) -> bool:
    """Whether there are verdicts and, as a StudyError says where a version before drew them,
    scores.
    """
    return bool(results.concluded and results.present(results.paths.frame("scores")))


def figure(name: str, results: Results) -> Picture:
    """A diagnostic's figure of these results."""
    own = registry.figure(name)
    return registry.picture_of(own, own.data(results))


def has_sources(results: Results) -> bool:
    """Whether it is known of some target where its improvement comes from."""
    return results.concluded and any(map(tables.has_sources, results.verdicts))


READING = """\
Each model is tuned separately for every target and outer fold: a **search**. Validation rows choose its best trial; test rows
that it has never seen then score it.

<details class="fold"><summary>What is compared, and how a verdict is reached</summary>

**Regression + terms** adds interactions and curves of the columns, selected on validation rows. **The neural network** is an
ensemble that chooses its depth in each fold. **Improvement** is the share of {of} that a model removes on test rows.

Start with the regression. Rule it out if a richer model's whole interval is above {bound}. Keep it if every richer model's is
below. Otherwise the data can't tell yet, and the simpler model stays. Repeat with extra terms. Intervals of two improvements
over the regression are at 97.5%, and hold together at 95%.

</details>
"""
SOURCES = """\
### Where does the improvement come from?

What extra terms remove of {of}, split between interactions and curves. The simple formula has few terms. It is
printed if the full model improves on it by less than {bound}.
"""
SCORES = """\
### Scores

*Optimism*: test loss minus validation loss, positive if validation looked too good. *Calibration error*: mean distance of
predicted probabilities from observed shares, in ten bins. *Clipped*: test rows with a clipped probability.
"""
METRICS = """\
### Metrics

On all test rows, with 95% intervals. AUC is the mean over outer folds. To compare models by one of these, use `study ask`.
"""
PAIRS = """\
### Every model compared with every simpler one

*Improvement*: share of the simpler model's loss (%), or of the regression's (points). *Better / same / worse*: the
probabilities that it is above the margin, within it, or below minus the margin.
"""
REPRODUCE = """\
`config.yaml` describes the whole study. It gives the same numbers on any number of workers. In the parent folder:

```
study run {config} --results .
study report {folder}
study status {folder}
```

The last command prints the digest of the results: equal digests mean equal results, to the last bit.
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
        "How models were compared",
        READING,
        (
            Section("### How rows are kept apart", "fair.splits(results)"),
            Section(
                "### How much each model was tuned\n\nOne search per outer fold, and one on all rows for the final model.",
                "fair.budgets(results)",
            ),
            Section(warnings.TEXT, "warnings.section(results)"),
            Section("### What was read, and what was left out", "fair.columns(results)"),
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
        Chapter(
            title,
            "All {trials} trials: [trials.html](trials.html) and results.csv."
            * (title == "How the search went"),
            drawn(title),
        )
        for title in list(registry.CHAPTERS)[1:]
    ),
    Chapter(
        "Reproduce",
        REPRODUCE,
        (Section("", "repeat.facts(results)"),),
    ),
)
"""In the order of the report, which begins with the answer. One of which no section is shown is
left out."""
