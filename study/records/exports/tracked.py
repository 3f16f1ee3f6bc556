"""Records as MLflow runs: one a study, and below it one a trial."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Any

os.environ.setdefault(
    "MLFLOW_DISABLE_TELEMETRY", "true"
)  # nobody hears of a study but the server that was named
os.environ.setdefault("MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT", "true")
os.environ.setdefault(
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES", "2"
)  # a server that is not there is told of within seconds

import pandas as pd
from mlflow import MlflowClient
from mlflow.entities import Metric, Param
from mlflow.exceptions import MlflowException

from study.evidence.wording.answer import Words
from study.records.exports.searches import Changes, SearchRecords, described, losses_of
from study.records.results import Results
from study.records.trial import TrialRecord
from study.records.work import reason
from study.schema import StudyError, TrialState, printable

STATUS = {TrialState.COMPLETE: "FINISHED", TrialState.PRUNED: "KILLED", TrialState.FAIL: "FAILED"}
TRIAL = "study.trial_id"
RECORD = "study.record"
STUDY = "study.results"
VERDICTS = "study.verdicts"
"""Tags of runs: a trial's id, SHA-256 of its record and test losses, the folder of a study, SHA-256
of its verdicts.json."""
LONGEST = 6_000
"""Characters of a param."""


@dataclass
class Tracked:
    """Keeps an experiment of MLflow's, named by a study, up to its records.

    The study's run has its config as params, its files as artifacts, and once it is concluded each
    verdict as a tag and each metric with its interval. Below it each trial is a run:
    hyperparameters, losses by epoch, and of a search's winner its test losses. One that was logged
    before, by its id and record, is left as it is.

    uri: of the tracking server, or of a file. artifacts: folder for them; None: the server's own.
    """

    results: Results
    uri: str
    artifacts: Path | None = None
    _runs: dict[str, tuple[str, str]] = field(
        default_factory=dict, init=False
    )  # a trial's run and record
    _concluded: bool = field(default=False, init=False)

    @cached_property
    def client(self) -> Any:
        """Of the tracking server."""
        return MlflowClient(tracking_uri=self.uri)

    @cached_property
    def experiment(self) -> str:
        """Its id, made if it is not there."""
        name = self.results.config.name
        found = self.client.get_experiment_by_name(name)
        place = None if self.artifacts is None else self.artifacts.absolute().as_uri()
        return str(
            found.experiment_id
            if found
            else self.client.create_experiment(name, artifact_location=place)
        )

    @cached_property
    def parent(self) -> str:
        """The study's run, made if it is not there; what was logged of its trials before is looked
        up.
        """
        found, token = "", None
        while True:
            page = self.client.search_runs([self.experiment], max_results=1_000, page_token=token)
            for run in page:
                tags = run.data.tags
                if tags.get(STUDY) == self._place and TRIAL in tags:
                    self._runs[tags[TRIAL]] = run.info.run_id, tags.get(RECORD, "")
                elif tags.get(STUDY) == self._place:
                    found = run.info.run_id
            if not (token := page.token):
                break
        if not found:
            config = self.results.config
            run = self.client.create_run(
                self.experiment, tags={STUDY: self._place}, run_name=config.name
            )
            found = run.info.run_id
            self._log(
                found, params=pd.json_normalize(config.model_dump(mode="json")).iloc[0].to_dict()
            )
        return found

    @property
    def _place(self) -> str:
        return str(self.results.root.resolve())

    def sync(self, changes: Changes) -> int:
        """Log the trials that are new, and the verdicts once they are drawn; gives how many trials
        there are.

        Raises
        ------
        StudyError
            The server cannot be reached, or refuses.
        """
        try:
            parent = self.parent
            for search in changes:
                self._sync(search)
            if self.results.concluded and not self._concluded:
                self._concluded = True
                self._conclude(parent)
        except MlflowException as error:
            said = printable(str(error).partition("\n")[0])[:300]
            raise StudyError(
                f"MLflow at {self.uri} refused the records: {said}. Check --uri, and that the server runs."
            ) from None
        return len(self._runs)

    def _sync(self, search: SearchRecords) -> None:
        for record, losses, begin, end in search.in_time:
            digest = hashlib.sha256(f"{record.model_dump_json()}{losses}".encode()).hexdigest()
            run, known = self._runs.get(record.trial_id, ("", ""))
            if known != digest:
                if run:
                    self.client.delete_run(run)
                self._runs[record.trial_id] = (
                    self._trial(record, losses, digest, begin, end),
                    digest,
                )

    def _trial(
        self,
        record: TrialRecord,
        losses: dict[str, float],
        digest: str,
        begin: datetime,
        end: datetime,
    ) -> str:
        tags = {
            "mlflow.parentRunId": self.parent,
            STUDY: self._place,
            TRIAL: record.trial_id,
            RECORD: digest,
        }
        tags |= {"error": reason(record.error)} if record.error else {}
        start = int(1_000 * begin.timestamp())
        run = self.client.create_run(
            self.experiment, start_time=start, tags=tags, run_name=record.trial_id
        )
        found = [_metric(name, loss, end, epoch) for name, loss, epoch in losses_of(record, losses)]
        self._log(run.info.run_id, found, described(record))
        self.client.set_terminated(
            run.info.run_id, STATUS[record.state], int(1_000 * end.timestamp())
        )
        return str(run.info.run_id)

    def _conclude(self, parent: str) -> None:
        """Log the verdicts, unless these are there."""
        now = datetime.now().astimezone()
        verdicts = self.results.verdicts
        paths = self.results.paths
        digest = hashlib.sha256(paths.verdicts.read_bytes()).hexdigest()
        if self.client.get_run(parent).data.tags.get(VERDICTS) == digest:
            return
        said = "\n\n".join(f"{words.sentence} {words.action}" for words in map(Words, verdicts))
        self.client.set_tag(parent, "mlflow.note.content", said)
        for verdict in verdicts:
            self.client.set_tag(
                parent, _name(f"verdict.{verdict.target}"), verdict.verdict or "none"
            )
        metrics = self.results.metrics
        told = metrics[metrics["base"].isna()].melt(
            ["target", "metric", "other"], ["value", "low", "high"], "part", "number"
        )
        told["name"] = (
            told["target"]
            + "/"
            + told["metric"]
            + "/"
            + told["other"]
            + ("/" + told["part"]).replace("/value", "")
        )
        numbers = told.dropna(subset="number").set_index("name")["number"]
        self._log(parent, [_metric(str(name), value, now) for name, value in numbers.items()])
        for path in (
            paths.config,
            paths.data,
            paths.environment,
            paths.verdicts,
            paths.results_csv,
            paths.html,
        ):
            if path.exists():
                self.client.log_artifact(parent, str(path))
        self.client.set_tag(parent, VERDICTS, digest)
        self.client.set_terminated(parent, "FINISHED")

    def _log(
        self, run: str, metrics: Sequence[Any] = (), params: Mapping[Any, Any] | None = None
    ) -> None:
        """Log both; the client divides what is too much for a call."""
        named = [
            Param(_name(str(key)), str(value)[:LONGEST]) for key, value in (params or {}).items()
        ]
        self.client.log_batch(run, metrics=metrics, params=named)


def _metric(name: str, value: float, time: datetime, step: int = 0) -> Any:
    return Metric(_name(name), value, int(1_000 * time.timestamp()), step)


def _name(text: str) -> str:
    """A name that MLflow takes: letters, digits and a few signs."""
    return re.sub(r"[^\w\-./: ]", "_", text, flags=re.ASCII)[:250]
