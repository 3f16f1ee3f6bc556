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

from study.records.exports.arms import LOSSES, ArmRecords, Changes, by_epoch, described, metric_of
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

    Each trial is a run, ARM/NUMBER. Under the name of its target's loss (`metric_of`) it has `training` and `validation`, the
    means over its replicates by epoch (a regression has none, and one point in their place), `val_loss`, and where it won its
    arm `test_loss` by candidate. In the HParams table its row has these last two, target, family, hidden layers, outer fold,
    state and hyperparameters.
    """

    folder: Path
    _told: dict[str, TrialRecord] = field(default_factory=dict, init=False)
    _scored: set[str] = field(default_factory=set, init=False)
    _named: dict[str, int | None] = field(default_factory=dict, init=False)

    def sync(self, changes: Changes) -> int:
        """Write the runs that are new, or of another record than before; gives how many there are."""
        for arm in changes:
            self._sync(arm)
        return len(self._told)

    def _sync(self, arm: ArmRecords) -> None:
        known = dict(self._named)
        losses = {f"{metric_of(arm.arm)}/test_loss {name}": loss for name, loss in arm.test_losses.items()}
        for record, begin, end in arm.in_time:
            place = self.folder / arm.arm.key / f"{record.number:04d}"
            if self._told.get(record.trial_id) != record:
                self._told[record.trial_id] = record
                _write(place / "events.out.tfevents.trial", _of_trial(record, begin, end))
                self._named |= {name: _sort(value) for name, value in described(record).items()}
            if record.number == arm.winner and record.trial_id not in self._scored:
                self._scored.add(record.trial_id)
                _write(place / "events.out.tfevents.winner", [(end, _scalar(tag, loss), 0) for tag, loss in losses.items()])
        self._named |= dict.fromkeys([f"{metric_of(arm.arm)}/val_loss", *losses])
        if self._named != known:
            _write(self.folder / "events.out.tfevents.experiment", [(arm.begin, self._experiment(), 0)])

    def _experiment(self) -> Summary:
        """What the HParams table has columns of: hyperparameters with their sort, and metrics."""
        hparams = [api_pb2.HParamInfo(name=name, type=sort) for name, sort in self._named.items() if sort is not None]
        metrics = [name for name, sort in self._named.items() if sort is None]
        named = [api_pb2.MetricInfo(name=api_pb2.MetricName(tag=name)) for name in metrics]
        experiment = api_pb2.Experiment(hparam_infos=hparams, metric_infos=named)
        return _hparams(metadata.EXPERIMENT_TAG, plugin_data_pb2.HParamsPluginData(experiment=experiment))


def _sort(value: Any) -> int:
    """Of a hyperparameter."""
    sorts = {bool: api_pb2.DATA_TYPE_BOOL, str: api_pb2.DATA_TYPE_STRING}
    return int(sorts.get(type(value), api_pb2.DATA_TYPE_FLOAT64))


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
        found += [(end, _scalar(f"{metric_of(record.arm)}/{name}", loss), step) for step, loss in by_epoch(record, name)]
    if record.val_loss is not None:
        found.append((end, _scalar(f"{metric_of(record.arm)}/val_loss", record.val_loss), 0))
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
