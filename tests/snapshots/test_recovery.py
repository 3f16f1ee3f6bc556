"""What is said of what failed in a study, and of what is tried again."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

from study.execution.again import retry
from study.execution.events import Ended, Event, Lost
from study.execution.journal import Journal
from study.execution.pool import Pool
from study.execution.runner import run_searches
from study.execution.tune_hooks import WorkerCallback
from study.records.delivery import delivery_notes
from study.records.paths import StudyPaths, write_atomic
from study.records.reading import read_outcomes, write_trial, write_winner, write_work
from study.records.results import Results
from study.records.work import failure_notes
from study.schema import ALL_ROWS, Kind, StudyError
from study.search.cost import Size
from study.search.plan import make_plan
from study.training.task import Task
from tests.execution.test_dispatcher import UNSCORED, Script, dispatcher, report
from tests.execution.test_failures import FIRST, Heard, Prompt, died, raised
from tests.records.examples import (
    failed,
    failed_work,
    make_folder,
    scored_trees,
    search,
    shortening,
    trees,
    trial,
    winner,
)
from tests.search.bench import small
from tests.search.helpers import config_of
from tests.snapshots.conftest import Approve
from tests.snapshots.told import Told


class Hired(Script):
    """Workers in place of a pool."""

    def start(self, wanted: int) -> None:
        self.wanted = wanted

    def serve(self, data: object) -> None:
        """All is known to them."""

    def finish(self, done: bool = False) -> None:
        """All leave."""

    @contextmanager
    def stopped_by_ctrl_c(self) -> Iterator[None]:
        yield


class Rows:
    """As long as a search's training rows, all that a search asks of its data."""

    train = ([0] * 80,)


def searched(folder: Path, workers: Script, **more: Any) -> list[str]:
    """What a run says, its end included: of one regression on one fold and all rows."""
    plan = make_plan(
        config_of(families=["linear"], protocol="holdout", **more),
        [Size("y", Kind.CONTINUOUS, 80, 3)],
    )
    heard, data = Heard(), cast(Any, {("y", own.outer_fold): Rows() for own in plan.searches})
    try:
        run_searches(plan, data, StudyPaths(folder), cast(Pool, workers), heard)
    except StudyError as error:
        heard.notes.append(f"Error: {error}")
    return heard.notes


def test_what_is_said_of_what_failed_and_of_what_is_tried_again(
    tmp_path: Path, approve: Approve
) -> None:
    told = Told()
    of_runs(told, tmp_path)
    of_nodes(told, tmp_path)
    of_deaths(told, tmp_path)
    of_retries(told, make_folder(tmp_path / "retried", done=True))
    of_the_end(told, make_folder(tmp_path / "ended", done=True))
    approve(told.text)


def of_runs(told: Told, folder: Path) -> None:
    """Runs whose records were broken, whose driver died, or in which all failed or nothing began."""
    own = search()
    paths = StudyPaths(folder / "broken")
    write_atomic(paths.trial(own, 0), "{")
    write_atomic(paths.journal, f'{{"out": "{own.trial_id(0)}"}}\n{{"out": "y-trees-o0"}}\n')
    told.of("a broken record and a driver that died", *searched(paths.root, Hired(report)))

    def act(worker: str, task: Task) -> list[Event]:
        return (
            raised(worker, "Traceback\nValueError: no.\n")
            if "linear" in task.key
            else report(worker, task)
        )

    told.of(
        "every trial fails",
        *searched(folder / "failing", Hired(act), search={"max_tries": 1}),
    )
    told.of("no time", *searched(folder / "late", Hired(report), time_budget_min=1e-9))
    late = StudyPaths(folder / "all rows")
    write_trial(late, trial(own))
    told.of("no time for all rows", *searched(late.root, Hired(report), time_budget_min=1e-9))


def of_nodes(told: Told, folder: Path) -> None:
    """Nodes of no use, beside others and alone."""
    bad = {f"w{n}" for n in range(1, 40, 2)}

    def notes(workers: Script, name: str) -> list[str]:
        dispatched = dispatcher(folder / name, [small(trials=12)], workers)
        heard = dispatched.recorder.observer = Heard()
        try:
            dispatched.run()
        except StudyError as error:
            heard.notes.append(f"Error: {error}")
        return [note for note in heard.notes if UNSCORED not in note]

    def failing(worker: str, task: Task) -> list[Event]:
        return (
            raised(worker, "Traceback\nOSError: full\n") if worker in bad else report(worker, task)
        )

    told.of("a node fails at all it is given", *notes(Prompt(failing, "bad", "good"), "one"))
    unfit = Script(
        lambda worker, _: [Lost(worker, "Traceback\nImportError: libcuda\n", died=False)]
    )
    told.of("the only node cannot train", *notes(unfit, "only"))
    alone = dispatcher(folder / "nowhere", [small(trials=1)], Script(report))
    alone.faults.add_node("n", "here")
    alone.faults.left_out["n"] = "Traceback\nImportError: libcuda\n"
    told.of("nor where nothing is kept", alone.faults.environment_error(on_disk=False))
    for case, error in {"with a reason": "OSError: full", "without": ""}.items():
        workers = Script(report)
        workers.events = [Ended(f"unborn-{n}", error) for n in range(100)]
        told.of(f"workers end before they begin, {case}", *notes(workers, f"unborn {case}"))
    registry = WorkerCallback(Pool(config_of(), 0), folder / "scratch")
    told.refusal("Ray's files are gone", lambda: registry.on_step_begin(1, []))


def of_deaths(told: Told, folder: Path) -> None:
    """What a trial's record says whose worker died, or whose driver did."""

    def act(worker: str, task: Task) -> list[Event]:
        return died(worker) if task.key == FIRST else report(worker, task)

    for tries in (1, 2):
        search = small(trials=3)
        dispatcher(folder / f"{tries} tries", [search], Script(act), max_tries=tries).run()
        told.of(f"its worker died, and it may die {tries} times", search.records[0].error)
        paths = StudyPaths(folder / f"{tries} deaths")
        write_atomic(paths.journal, f'{{"suspect": "{FIRST}", "deaths": {tries}}}\n')
        with Journal(paths, tries) as journal:
            told.of(
                f"its driver died, and it may die {tries} times",
                journal.final_error(cast(Task, SimpleNamespace(key=FIRST, noun="this trial"))),
            )


def of_retries(told: Told, paths: StudyPaths) -> None:
    """What can be retried, what not, and what is done."""
    write_trial(
        paths,
        failed(search("neural", 1), 0).model_copy(update={"error": "TrainingFailed: in epoch 3."}),
    )
    write_work(paths, failed_work(trees(fold=1)), {})
    told.refusal("what did not fail", lambda: retry(paths.root, "y-linear-o0-0000"))
    told.refusal("what is not there", lambda: retry(paths.root, "y-linear-o0-0007"))
    said: list[str] = []
    retry(paths.root, tell=said.append)
    told.of("all that failed", *said)
    told.refusal("what fails again", lambda: retry(paths.root, tell=lambda _: None))
    retry(paths.root, "y-neural-d1-o0-0000", tell=lambda _: None)
    told.refusal("nothing", lambda: retry(paths.root))


def of_the_end(told: Told, paths: StudyPaths) -> None:
    """What is noted at the end: of work that failed, of cells outside the known range, and of what
    is delivered.
    """
    every = failed_work(trees("z", fold=ALL_ROWS)), failed_work(trees(fold=ALL_ROWS))
    for record in (
        scored_trees(),
        failed_work(trees(fold=1)),
        failed_work(trees(fold=2)),
        failed_work(shortening("z")),
        *every,
    ):
        write_work(paths, record, {})
    told.of("work that failed", *failure_notes(read_outcomes(paths)))
    write_winner(
        paths, winner(models=("y-linear-o0.keras",)), {"y-linear-o0.keras": bytes(2_000_000)}
    )
    write_atomic(paths.delivered("y", "regression"), "model")
    results = Results(paths.root)
    vars(results)["verdicts"] = [SimpleNamespace(target="y")]
    told.of("what is delivered", *delivery_notes(results))
