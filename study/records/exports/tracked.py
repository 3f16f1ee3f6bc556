"""Records as MLflow runs: one a study, and below it one a trial."""

from __future__ import annotations

import hashlib
import json
import math
import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Any

os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")  # nobody hears of a study but the server that was named
os.environ.setdefault("MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT", "true")
os.environ.setdefault("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "2")  # a server that is not there is told of within seconds

from mlflow import MlflowClient
from mlflow.entities import Metric, Param
from mlflow.exceptions import MlflowException

from study.evidence.wording.answer import Words
from study.records.exports.arms import LOSSES, ArmRecords, Changes, by_epoch, described, metric_of
from study.records.results import Results
from study.records.trial import TrialRecord
from study.records.work import reason
from study.schema import StudyError, TrialState, printable

STATUS = {TrialState.COMPLETE: "FINISHED", TrialState.PRUNED: "KILLED", TrialState.FAIL: "FAILED"}
TRIAL, RECORD, STUDY, VERDICTS = "study.trial_id", "study.record", "study.results", "study.verdicts"
"""Tags of runs: a trial's id and the SHA-256 of its record, the folder of a study, and the SHA-256 of its verdicts.json."""
MOST_METRICS, MOST_PARAMS, LONGEST = 900, 90, 6_000
"""Metrics and params that one call takes, and characters of a value."""


@dataclass
class Tracked:
    """Keeps an experiment of MLflow's, named by a study, up to its records.

    The study's run has its config as params, its files as artifacts, and once it is concluded each verdict as a tag and each
    metric with its interval. Below it each trial is a run: hyperparameters, losses by epoch, and of an arm's winner its test
    losses. One that was logged before, by its id and record, is left as it is.

    uri: of the tracking server, or of a file. artifacts: folder for them; None: the server's own.
    """

    results: Results
    uri: str
    artifacts: Path | None = None
    _runs: dict[str, tuple[str, str]] = field(default_factory=dict, init=False)  # a trial's run and record
    _scored: set[str] = field(default_factory=set, init=False)
    _concluded: bool = field(default=False, init=False)

    @cached_property
    def client(self) -> Any:
        """Of the tracking server."""
        return MlflowClient(tracking_uri=self.uri)

    @cached_property
    def experiment(self) -> str:
        """Its id, made if it is not there; what was logged in it before is looked up."""
        name = self.results.config.name
        found = self.client.get_experiment_by_name(name)
        place = None if self.artifacts is None else self.artifacts.absolute().as_uri()
        key = str(found.experiment_id if found else self.client.create_experiment(name, artifact_location=place))
        token = None
        while True:
            page = self.client.search_runs([key], max_results=1_000, page_token=token)
            for run in page:
                tags = run.data.tags
                if tags.get(STUDY) == self._place and TRIAL in tags:
                    self._runs[tags[TRIAL]] = run.info.run_id, tags.get(RECORD, "")
            if not (token := page.token):
                return key

    @cached_property
    def parent(self) -> str:
        """The study's run."""
        found = self.client.search_runs([self.experiment], f"tags.`mlflow.runName` = '{_quoted(self.results.config.name)}'")
        own = next((run for run in found if run.data.tags.get(STUDY) == self._place and TRIAL not in run.data.tags), None)
        if own:
            return str(own.info.run_id)
        run = self.client.create_run(self.experiment, tags={STUDY: self._place}, run_name=self.results.config.name)
        params = _flat(self.results.config.model_dump(mode="json"))
        self._log(run.info.run_id, params=params)
        return str(run.info.run_id)

    @property
    def _place(self) -> str:
        return str(self.results.root.resolve())

    def sync(self, changes: Changes) -> int:
        """Log the trials that are new, and the verdicts once they are drawn; gives how many trials there are.

        Raises
        ------
        StudyError
            The server cannot be reached, or refuses.
        """
        try:
            self.experiment  # noqa: B018 -- looks up what was logged
            for arm in changes:
                self._sync(arm)
            if self.results.concluded and not self._concluded:
                self._concluded = True
                self._conclude()
        except MlflowException as error:
            said = printable(str(error).partition("\n")[0])[:300]
            raise StudyError(
                f"MLflow at {self.uri} could not take the records: {said}. Check --uri, and that it runs."
            ) from None
        return len(self._runs)

    def _sync(self, arm: ArmRecords) -> None:
        for record, begin, end in arm.in_time:
            digest = hashlib.sha256(record.model_dump_json().encode()).hexdigest()
            run, known = self._runs.get(record.trial_id, ("", ""))
            if known != digest:
                if run:
                    self.client.delete_run(run)
                self._runs[record.trial_id] = self._trial(record, digest, begin, end), digest
            if record.number == arm.winner and record.trial_id not in self._scored:
                self._scored.add(record.trial_id)
                losses = {f"{metric_of(arm.arm)}/test_loss {name}": loss for name, loss in arm.test_losses.items()}
                self._log(self._runs[record.trial_id][0], [_metric(name, loss, end) for name, loss in losses.items()])

    def _trial(self, record: TrialRecord, digest: str, begin: datetime, end: datetime) -> str:
        tags = {"mlflow.parentRunId": self.parent, STUDY: self._place, TRIAL: record.trial_id, RECORD: digest}
        tags |= {"error": reason(record.error)} if record.error else {}
        start = int(1_000 * begin.timestamp())
        run = self.client.create_run(self.experiment, start_time=start, tags=tags, run_name=record.trial_id)
        metric = metric_of(record.arm)
        found = [_metric(f"{metric}/{name}", loss, end, step) for name in LOSSES for step, loss in by_epoch(record, name)]
        if record.val_loss is not None:
            found.append(_metric(f"{metric}/val_loss", record.val_loss, end))
        self._log(run.info.run_id, found, described(record))
        self.client.set_terminated(run.info.run_id, STATUS[record.state], int(1_000 * end.timestamp()))
        return str(run.info.run_id)

    def _conclude(self) -> None:
        """Log the verdicts, unless these are there."""
        now, verdicts = datetime.now().astimezone(), self.results.verdicts
        digest = hashlib.sha256(self.results.paths.verdicts.read_bytes()).hexdigest()
        if self.client.get_run(self.parent).data.tags.get(VERDICTS) == digest:
            return
        said = "\n\n".join(f"{words.sentence} {words.action}" for words in map(Words, verdicts))
        self.client.set_tag(self.parent, "mlflow.note.content", said)
        for verdict in verdicts:
            self.client.set_tag(self.parent, _name(f"verdict.{verdict.target}"), verdict.verdict or "none")
        metrics = self.results.metrics
        told = metrics[metrics["base"].isna()]
        found = []
        for row in told.to_dict("records"):
            for part in ("value", "low", "high"):
                if row[part] == row[part]:  # NaN is no metric
                    name = f"{row['target']}/{row['metric']}/{row['other']}" + f"/{part}" * (part != "value")
                    found.append(_metric(name, float(row[part]), now))
        self._log(self.parent, found)
        paths = self.results.paths
        for path in (paths.config, paths.data, paths.environment, paths.verdicts, paths.results_csv, paths.html):
            if path.exists():
                self.client.log_artifact(self.parent, str(path))
        self.client.set_tag(self.parent, VERDICTS, digest)
        self.client.set_terminated(self.parent, "FINISHED")

    def _log(self, run: str, metrics: Sequence[Any] = (), params: Mapping[str, Any] | None = None) -> None:
        """Log both in as few calls as may be."""
        named = [Param(_name(key), str(value)[:LONGEST]) for key, value in (params or {}).items()]
        calls = max(math.ceil(len(metrics) / MOST_METRICS), math.ceil(len(named) / MOST_PARAMS))
        for call in range(calls):
            own = metrics[call * MOST_METRICS :][:MOST_METRICS], named[call * MOST_PARAMS :][:MOST_PARAMS]
            self.client.log_batch(run, metrics=own[0], params=own[1])


def _metric(name: str, value: float, time: datetime, step: int = 0) -> Any:
    return Metric(_name(name), value, int(1_000 * time.timestamp()), step)


def _name(text: str) -> str:
    """A name that MLflow takes: letters, digits and a few signs."""
    return re.sub(r"[^\w\-./: ]", "_", text, flags=re.ASCII)[:250]


def _quoted(text: str) -> str:
    return text.replace("'", "\\'")


def _flat(value: Any, prefix: str = "") -> dict[str, Any]:
    """Nested keys as dotted ones; a list is JSON."""
    if isinstance(value, dict) and value:
        return {k: v for key, below in value.items() for k, v in _flat(below, f"{prefix}.{key}" if prefix else key).items()}
    return {prefix: json.dumps(value, ensure_ascii=False) if isinstance(value, list | dict) else value}
