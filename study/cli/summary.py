"""What a finished study says at its end, for programs."""

from __future__ import annotations

import json
from typing import Any

from study.cli.progress import notes
from study.evidence.stored import write_verdicts
from study.evidence.winners import select_candidate
from study.records.delivery import delivery_notes
from study.records.reading import digest
from study.records.results import Results


def summary_json(results: Results) -> dict[str, Any]:
    """results (its folder), report (its page, if there is one), digest (of the dataframe),
    verdicts, together and warnings (as in verdicts.json), scores (of each model's candidate that is
    used) and metrics (rows of those frames), notes, delivered."""
    told = json.loads(write_verdicts(results.verdicts, results.warnings))
    return {
        "results": results.root,
        "report": results.paths.html if results.paths.html.exists() else None,
        "digest": digest(results.trials),
        "verdicts": told["verdicts"],
        "together": told["together"],
        "warnings": told["warnings"],
        "scores": select_candidate(results.scores),
        "metrics": results.metrics,
        "notes": notes(results),
        "delivered": delivery_notes(results),
    }
