"""Records as TensorBoard reads them: a run a trial, with its losses by epoch, and its
hyperparameters for the HParams table.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from tensorboard.compat.proto.event_pb2 import Event
from tensorboard.compat.proto.summary_pb2 import Summary
from tensorboard.plugins.hparams import api_pb2, metadata, plugin_data_pb2
from tensorboard.plugins.hparams.api import hparams_pb
from tensorboard.summary.writer.record_writer import RecordWriter

from study.records.exports.searches import Changes, described, losses_of
from study.records.trial import TrialRecord
from study.schema import TrialState

VERSION = "brain.Event:2"
STATUS = {
    TrialState.COMPLETE: api_pb2.STATUS_SUCCESS,
    TrialState.PRUNED: api_pb2.STATUS_SUCCESS,
    TrialState.FAIL: api_pb2.STATUS_FAILURE,
}


@dataclass
class Events:
    """Keeps a log folder of TensorBoard's up to the records of a study.

    Each trial is a run, SEARCH/NUMBER. Under the name of its target's loss (`metric_of`) it has
    `training` and `validation`, the means over its replicates by epoch (a regression has none, and
    one point in their place), `val_loss`, and where it won its search `test_loss` by candidate. In
    the HParams table its row has these, target, family, hidden layers, outer fold, state and
    hyperparameters.
    """

    folder: Path
    _told: dict[str, tuple[TrialRecord, dict[str, float]]] = field(default_factory=dict, init=False)

    def sync(self, changes: Changes) -> int:
        """Write the runs that are new, or of another record than before; gives how many there are."""
        for search in changes:
            for record, losses, begin, end in search.in_time:
                known = record, losses
                if self._told.get(record.trial_id) != known:
                    self._told[record.trial_id] = known
                    _write(
                        self.folder / search.spec.key / f"{record.number:04d}",
                        _of_trial(*known, begin, end),
                    )
        return len(self._told)


def _of_trial(
    record: TrialRecord, test_losses: dict[str, float], begin: datetime, end: datetime
) -> list[tuple[datetime, Summary, int]]:
    stop = plugin_data_pb2.SessionEndInfo(
        status=STATUS[record.state], end_time_secs=end.timestamp()
    )
    told = metadata.create_summary_metadata(
        plugin_data_pb2.HParamsPluginData(session_end_info=stop)
    )
    ended = Summary.Value(
        tag=metadata.SESSION_END_INFO_TAG, metadata=told, tensor=metadata.NULL_TENSOR
    )
    values = [
        (Summary.Value(tag=name, simple_value=loss), epoch)
        for name, loss, epoch in losses_of(record, test_losses)
    ]
    return [
        (begin, hparams_pb(described(record), record.trial_id, begin.timestamp()), 0),
        *((end, Summary(value=[value]), epoch) for value, epoch in [*values, (ended, 0)]),
    ]


def _write(folder: Path, summaries: list[tuple[datetime, Summary, int]]) -> None:
    """Write an event file: its version, then the summaries."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "events.out.tfevents.trial").open("wb") as file:
        writer = RecordWriter(file)
        writer.write(
            Event(wall_time=summaries[0][0].timestamp(), file_version=VERSION).SerializeToString()
        )
        for time, summary, step in summaries:
            writer.write(
                Event(wall_time=time.timestamp(), step=step, summary=summary).SerializeToString()
            )
