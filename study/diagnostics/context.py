"""What diagnostics are computed from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import pandas as pd

from study.config import StudyConfig
from study.data.encoding import EncodedData
from study.diagnostics.rows import checked_rows
from study.evidence.judge import Judge
from study.evidence.winners import best_trials
from study.records.inspection import Inspection


@dataclass(frozen=True)
class Context:
    """A study whose trials are done.

    trials: the results dataframe. predictions: test rows of all that is judged, boosted trees among
    it. estimates: weights of the regressions. answers: of the models that were asked about columns
    (`study.diagnostics.answers.answered`). judges: of every target.
    """

    config: StudyConfig
    data: EncodedData
    trials: pd.DataFrame
    predictions: pd.DataFrame
    estimates: pd.DataFrame
    answers: Sequence[tuple[dict[str, Any], Inspection]]
    judges: Sequence[Judge]

    @cached_property
    def winners(self) -> pd.DataFrame:
        """Best trial of every search."""
        return best_trials(self.trials)

    @cached_property
    def rows(self) -> pd.DataFrame:
        """Test rows of the procedures whose predictions are looked at (`checked_rows`)."""
        return checked_rows(self.predictions, self.winners)
