"""What boosted trees leave on disk, beside the records of the arms."""

from __future__ import annotations

from collections.abc import Iterable

from study.schema import Candidate, Frozen, Trees, TrialState


class TreesRecord(Frozen):
    """What boosted trees leave of one target and outer fold, scored or failed (state FAIL, with its error).

    number, params, val_loss: of the trial chosen, with the iterations of its refit (`max_iter`). val_losses: of every trial,
    (n_trials,). rows, observed, candidates, groups: as in a WinnerRecord; nothing where they failed.
    """

    study: str
    trees: Trees
    state: TrialState
    number: int | None = None
    params: dict[str, float] = {}
    val_loss: float | None = None
    val_losses: list[float] = []
    rows: list[int] = []
    observed: list[float] = []
    candidates: tuple[Candidate, ...] = ()
    groups: list[int] = []
    wall_time_s: float = 0.0
    node: str = ""
    device: str = ""
    error: str | None = None

    def outcome(self) -> TreesRecord:
        """What a run needs of this record: all but what is said of each row."""
        return self.model_copy(update={"rows": [], "observed": [], "candidates": (), "groups": []})


def trees_notes(records: Iterable[TreesRecord]) -> list[str]:
    """What to know where trees failed: a sentence a target."""
    failed = {record.trees.target: record for record in records if record.state is not TrialState.COMPLETE}
    return [
        f"The boosted trees of {target} failed on outer fold {record.trees.outer_fold} ({reason(record.error)}), so no line "
        "of trees stands beside its verdict."
        for target, record in failed.items()
    ]


def reason(error: str | None) -> str:
    """Last line of a traceback: what went wrong, without its full stop."""
    return ((error or "").strip().splitlines() or ["no reason given"])[-1].rstrip(".")
