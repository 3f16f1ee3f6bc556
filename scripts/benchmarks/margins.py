"""P(improvement > m) at every margin m of finished studies, and verdicts by margin:
`scripts/benchmark margins`.
"""

from __future__ import annotations

import io
import math
from collections.abc import Mapping, Sequence
from pathlib import Path

import pandas as pd
from PIL import Image

from benchmarks.engine import ROOT
from pages.marks import markdown, put
from study import load_results
from study.diagnostics.drawing.picture import DPI, Picture, look
from study.diagnostics.drawing.words import SHORT_NAMES
from study.diagnostics.margins import figure as margin_curve
from study.diagnostics.registry import picture_of
from study.evidence.answer import Verdict
from study.evidence.margin_curves import spans
from study.evidence.wording.amounts import listed
from study.evidence.wording.answer import Words
from study.formatting import percent
from study.results import Results
from study.schema import NETWORK, REGRESSION, TERMS, StudyError

PAGE = ROOT / "docs" / "answers-tables.md"
COLOURS = 64
"""Of the PNG, so that it is small."""
AT = 0.05
"""The margin of the column of probabilities."""
BY_MARGIN = "verdict by margin, with the minimum margin"
NONE = "-"
SAID = {
    REGRESSION: "regression is enough",
    TERMS: "regression + terms is enough",
    NETWORK: "a network is worth it",
}
"""The verdict where one model alone is left."""


def opened(folders: Sequence[str]) -> dict[str, Results]:
    """Results of folders, each once, by the folder's name, or by its path where two have one name."""
    paths = list({Path(folder).resolve(): Path(folder) for folder in folders}.values())
    names = [path.resolve().name for path in paths]
    alike = len(set(names)) < len(names)
    return {
        str(path) if alike else name: load_results(path)
        for path, name in zip(paths, names, strict=True)
    }


def drawn(studies: Mapping[str, Results]) -> Picture:
    """Curves of all targets, an axes each, named by study and target.

    Raises
    ------
    StudyError
        A study is not finished, or none has a gain whose margin can be varied.
    """
    frames = {name: margin_curve.data(results) for name, results in studies.items()}
    named = [
        frame.assign(target=f"{name}: " + frame["target"])
        for name, frame in frames.items()
        if len(frame)
    ]
    if not named:
        raise StudyError(
            f"{listed(list(studies))}: no gain has a probability. Name a study in which a gain has one."
        )
    return picture_of(margin_curve, pd.concat(named, ignore_index=True))


def table(studies: Mapping[str, Results]) -> pd.DataFrame:
    """One row a gain: its target and P(gain > AT), and in a target's first row the answer by
    margin.

    Margins are shares of the regression's loss, or of the metric that was asked of; P is of no
    minimum margin, as `study ask FOLDER --margin 0.05 --margin-of regression --min-margin 0` has
    it, the answers are beside the study's minimum margin.
    """
    rows = []
    for name, results in studies.items():
        asked = {
            each.target: each.by_pair
            for each in results.ask(margin=AT, margin_of="regression", min_margin=0.0)
        }
        for verdict in results.verdicts:
            for place, pair in enumerate(verdict.by_pair):
                rows.append(
                    {
                        "target": f"{name}: {verdict.target}".replace("|", r"\|")
                        if place == 0
                        else "",
                        "improvement of": f"{SHORT_NAMES[pair[1]]} over {SHORT_NAMES[pair[0]]}",
                        f"P(improvement > {100 * AT:g}%)": chance(
                            asked[verdict.target][pair].better
                        ),
                        BY_MARGIN: by_margin(verdict) if place == 0 else "",
                    }
                )
    return pd.DataFrame(rows)


def share(margin: float) -> str:
    """A margin in per cent."""
    return f"{percent(margin)}%" if math.isfinite(margin) else NONE


def chance(probability: float) -> str:
    """A probability in whole per cent, of which none is rounded to 0 or 100."""
    if math.isnan(probability):
        return NONE
    return (
        "<1%"
        if probability < 0.01
        else ">99%"
        if probability > 0.99
        else f"{100 * probability:.0f}%"
    )


def by_margin(verdict: Verdict) -> str:
    """The answer at every margin, beside the minimum margin as it is; nothing where no margin can
    be told.
    """
    if Words(verdict).margins is None:
        return NONE
    found = [(answer(each.left), each.high) for each in spans(verdict.by_pair, verdict.threshold)]
    if len(found) == 1:
        return f"at every margin {found[0][0]}"
    told = [f"up to {share(high)} {said}" for said, high in found[:-1]]
    return "; ".join([*told, f"above {found[-1][0]}"])


def answer(left: Sequence[str]) -> str:
    """What is said where these models are left."""
    names = SHORT_NAMES | {TERMS: "with terms"}
    return (
        SAID[left[0]]
        if len(left) == 1
        else f"can't tell yet: {listed([names[rung] for rung in left], 'or')}"
    )


def small(png: bytes) -> bytes:
    """The same picture in COLOURS colours."""
    stream = io.BytesIO()
    image = Image.open(io.BytesIO(png)).convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE)
    image.save(stream, "PNG", optimize=True)
    return stream.getvalue()


def margins(folders: Sequence[str], page: Path = PAGE) -> None:
    """Draw margins.png beside a page, and put it and the table between the marks of the page; print
    the table.
    """
    try:
        studies = opened(folders)
        picture, told = drawn(studies), table(studies)
    except StudyError as error:
        raise SystemExit(str(error)) from None
    image = page.with_name("margins.png")
    put(page, f"![{picture.alt}]({image.name})\n\n{markdown(told)}", "margins")
    stream = io.BytesIO()
    with look():
        picture.figure.savefig(stream, format="png", dpi=DPI)
    image.write_bytes(small(stream.getvalue()))
    print(told.to_string(index=False))
