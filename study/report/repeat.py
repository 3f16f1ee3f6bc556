"""How to repeat a study: what has to be the same, what comes out the same, and what it was run
with.
"""

from __future__ import annotations

from html import escape

import pandas as pd

from study.diagnostics.drawing.html_table import Html, folded, table
from study.records.reading import digest
from study.records.results import Results


def facts_frame(results: Results) -> pd.DataFrame:
    """What has to be the same, and the digest that shows that it came out the same.

    Returns
    -------
    (n_facts, 2) frame: what, value.
    """
    environment = results.environment
    told = {
        "digest of the dataframe": digest(results.trials),
        "digest of the table": results.data.digest,
        "table": str(results.config.data.source),
        "seed": str(environment.seed),
        "commit of study": environment.commit or "none: it did not run in a Git checkout",
        "version of study": environment.packages.get("family-study", ""),
        "Python": environment.python,
    }
    return pd.DataFrame([fact for fact in told.items() if fact[1]], columns=["what", "value"])


def environment_frame(results: Results) -> pd.DataFrame:
    """Versions of packages, and the machine that the last run began on: a name and a value a row."""
    told = results.environment.model_dump()
    rows = list(told.pop("packages").items())
    rows += [(name, told[name]) for name in ("platform", "processor", "cores", "node", "started")]
    return pd.DataFrame(
        [(name, str(value)) for name, value in rows if value not in (None, "")],
        columns=["what", "value"],
    )


def facts(results: Results) -> Html:
    """These facts, and folded below them the config and what it was run with."""
    text = results.paths.config.read_text(encoding="utf-8")
    config = folded(
        "The config, with all that was decided for it", f"<pre><code>{escape(text)}</code></pre>"
    )
    ran = folded("Versions of packages, and the machine", table(environment_frame(results)))
    return Html(f"{table(facts_frame(results))}{config}{ran}")
