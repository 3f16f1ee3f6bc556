"""Results as a notebook shows them: the answer with its table, and every figure of the report as
one of matplotlib.
"""

from __future__ import annotations

from collections.abc import Callable
from html import escape
from typing import Any

from matplotlib.figure import Figure

from study.diagnostics import registry
from study.diagnostics.registry import NAMES
from study.records.results import Results
from study.report import tables
from study.report.asked import margins_of, shares_of
from study.report.notebook import UNFINISHED
from study.schema import StudyError, nearest


class Figures:
    """The figures of a study's report, each a function without arguments that returns a
    `matplotlib.figure.Figure`.

    `dir` lists them; what each shows and how it is read stands in its docstring.
    """

    def __init__(self, results: Results) -> None:
        self._results = results

    def __dir__(self) -> list[str]:
        return list(NAMES)

    def __repr__(self) -> str:
        return f"Figures of {self._results.root}: {', '.join(NAMES)}"

    def __getattr__(self, name: str) -> Callable[[], Figure]:
        if name.startswith("_"):
            raise AttributeError(name)
        if name not in NAMES:
            raise AttributeError(
                f"There is no figure {name!r}, but {', '.join(NAMES)}.{nearest(name, NAMES)}"
            )
        module = registry.figure(name)
        results = self._results

        def draw() -> Figure:
            frame = registry.shown(name, results)
            if frame.empty:
                raise StudyError(
                    f"{results.root} lacks what the figure `{name}` shows. It is drawn: {module.WHEN}"
                )
            picture = registry.picture_of(module, frame)
            drawn: Any = picture.figure  # which, of no window, is shown by nothing else
            drawn._repr_mimebundle_ = picture._repr_mimebundle_
            return picture.figure

        draw.__name__, draw.__qualname__ = name, f"Figures.{name}"
        draw.__doc__ = module.TEXT.format(of=shares_of(results), bound=margins_of(results))
        return draw


def as_html(results: Results) -> str:
    """The answer to each target, for the output of a notebook's cell."""
    parts = [str(tables.answer(results)) if results.concluded else f"<p>{escape(UNFINISHED)}</p>"]
    where = f"<p><small>{escape(str(results.root))}</small></p>"
    return f'<div class="study-results">{"".join(parts)}{where}</div>'
