"""Records as TensorBoard reads them: a run a trial, with its losses by epoch, and its hyperparameters for the HParams table."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from tensorboard.compat.proto.event_pb2 import Event
from tensorboard.compat.proto.summary_pb2 import Summary
from tensorboard.plugins.hparams import api_pb2, metadata, plugin_data_pb2
from tensorboard.summary.writer.record_writer import RecordWriter

from study.exporting.arms import LOSSES, ArmRecords, Changes, by_epoch, described, metric_of
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

    Each trial is a run, ARM/NUMBER, with `loss/validation` and `loss/training`, the means over its replicates by epoch (a
    regression has none, and one point in their place). In the HParams table its row has target, family, hidden layers, outer
    fold, state and hyperparameters, and the validation loss of its target, and where it won its arm the test loss.
    """

    folder: Path
    _told: dict[str, TrialRecord] = field(default_factory=dict, init=False)
    _scored: set[str] = field(default_factory=set, init=False)
    _metrics: set[str] = field(default_factory=set, init=False)

    def sync(self, changes: Changes) -> int:
        """Write the runs that are new, or of another record than before; gives how many."""
        return sum(map(self._sync, changes))

    def _sync(self, arm: ArmRecords) -> int:
        written = 0
        for record, begin, end in arm.in_time:
            place = self.folder / arm.arm.key / f"{record.number:04d}"
            if self._told.get(record.trial_id) != record:
                self._told[record.trial_id] = record
                _write(place / "events.out.tfevents.trial", _of_trial(record, begin, end))
                written += 1
            if record.number == arm.winner and record.trial_id not in self._scored:
                self._scored.add(record.trial_id)
                scored = [
                    (end, _scalar(f"test {metric_of(record.arm)}, {name}", loss), 0) for name, loss in arm.test_losses.items()
                ]
                _write(place / "events.out.tfevents.winner", scored)
        self._name_metrics(arm)
        return written

    def _name_metrics(self, arm: ArmRecords) -> None:
        """Name the metrics of the HParams table, the same file again for every target that comes."""
        tag = metric_of(arm.arm)
        if {tag, *(f"test {tag}, {name}" for name in arm.test_losses)} <= self._metrics:
            return
        self._metrics |= {tag, *(f"test {tag}, {name}" for name in arm.test_losses)}
        named = [api_pb2.MetricInfo(name=api_pb2.MetricName(tag=each)) for each in sorted(self._metrics)]
        data = plugin_data_pb2.HParamsPluginData(experiment=api_pb2.Experiment(metric_infos=named))
        summary = _hparams(metadata.EXPERIMENT_TAG, data)
        _write(self.folder / "events.out.tfevents.experiment", [(arm.begin, summary, 0)])


def _of_trial(record: TrialRecord, begin: datetime, end: datetime) -> list[tuple[datetime, Summary, int]]:
    start = plugin_data_pb2.SessionStartInfo(group_name=record.trial_id, start_time_secs=begin.timestamp())
    for name, value in described(record).items():
        kind = "string_value" if isinstance(value, str) else "bool_value" if isinstance(value, bool) else "number_value"
        setattr(start.hparams[name], kind, value)
    stop = plugin_data_pb2.SessionEndInfo(status=STATUS[record.state], end_time_secs=end.timestamp())
    session = [
        _hparams(metadata.SESSION_START_INFO_TAG, plugin_data_pb2.HParamsPluginData(session_start_info=start)),
        _hparams(metadata.SESSION_END_INFO_TAG, plugin_data_pb2.HParamsPluginData(session_end_info=stop)),
    ]
    found = [(begin, session[0], 0)]
    for name in LOSSES:
        found += [(end, _scalar(f"loss/{name}", loss), step) for step, loss in by_epoch(record, name)]
    if record.val_loss is not None:
        found.append((end, _scalar(metric_of(record.arm), record.val_loss), 0))
    return [*found, (end, session[1], 0)]


def _scalar(tag: str, value: float) -> Summary:
    return Summary(value=[Summary.Value(tag=tag, simple_value=value)])


def _hparams(tag: str, data: Any) -> Summary:
    return Summary(value=[Summary.Value(tag=tag, metadata=metadata.create_summary_metadata(data), tensor=metadata.NULL_TENSOR)])


def _write(path: Path, summaries: list[tuple[datetime, Summary, int]]) -> None:
    """Write an event file: its version, then the summaries."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        writer = RecordWriter(file)
        begin = summaries[0][0].timestamp() if summaries else 0.0
        writer.write(Event(wall_time=begin, file_version=VERSION).SerializeToString())
        for time, summary, step in summaries:
            writer.write(Event(wall_time=time.timestamp(), step=step, summary=summary).SerializeToString())
        writer.flush()
