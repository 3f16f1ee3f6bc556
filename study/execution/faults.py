"""Whose a failure is: the task's that fails where others succeed, or the node's that fails at
whatever it is given.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass, field

from study.schema import StudyError
from study.training.task import FoldTask, Task, WinnerTask

IN_A_ROW = 3
"""Different tasks that fail on a node one after the other, none succeeding in between, after which
it is left out."""


@dataclass
class _Run:
    """A task that is out. turn: when it began. alone: whether nothing else has run on its node
    meanwhile.
    """

    turn: int
    alone: bool


@dataclass
class _Node:
    """running: what is out here. pending: failures that are nobody's yet, and whether each would be
    a try of its task. row: what failed here since the last success, and how. last: turn
    of the last failure. proved: whether any succeeded.
    """

    host: str
    running: dict[str, _Run] = field(default_factory=dict)
    pending: dict[str, bool] = field(default_factory=dict)
    row: list[tuple[str, str]] = field(default_factory=list)
    last: int = 0
    proved: bool = False

    def clear(self) -> None:
        self.pending.clear()
        self.row.clear()


class FaultTracker:
    """Counts failures, for tasks and for nodes.

    A failure is nobody's until another task succeeds on the same node: then it is a try of its
    task, which is at fault after `max_tries`. A node that fails IN_A_ROW different tasks before it
    succeeds with any, or one task so often before it has ever succeeded, is left out, and what
    failed there is nobody's. All winners of one family are one task in this, and so is all work of
    one sort beside the searches, since a fault of their own would hit each of them.

    A worker that died may have been out of memory for what its neighbours took. So its task asks
    for a whole node from then on, and only a death without neighbours is a try; workers that were
    at work together and died are one failure of their node.

    left_out: nodes that get nothing more, and the first error in a row of each.
    """

    def __init__(self, max_tries: int) -> None:
        self.max_tries = max_tries
        self.left_out: dict[str, str] = {}
        self._nodes: dict[str, _Node] = {}
        self._where: dict[str, str] = {}  # node of each task that is out
        self._tries: Counter[str] = Counter()
        self._said: dict[
            str, tuple[str, bool]
        ] = {}  # last error of a task, and whether its worker died
        self._whole: set[str] = set()
        self._turn = 0

    def add_node(self, node: str, host: str) -> None:
        """Take note of a node, and what people call it."""
        self._nodes.setdefault(node, _Node(host))

    def host(self, node: str) -> str:
        return self._nodes[node].host

    def closed(self, node: str) -> bool:
        """Whether a node gets nothing now: it is left out, or a task has it whole."""
        return node in self.left_out or not self._whole.isdisjoint(self._nodes[node].running)

    def may_run(self, key: str, node: str) -> bool:
        """Whether a task may run on a node: it is not at fault, and nobody has yet to say whose its
        last failure there was.

        One that asks for a whole node may not where anything runs.
        """
        own = self._nodes[node]
        return (
            self._tries[key] < self.max_tries
            and key not in own.pending
            and not (own.running and key in self._whole)
        )

    def started(self, task: Task, node: str) -> None:
        """A task is handed out."""
        running = self._nodes[node].running
        for run in running.values():
            run.alone = False
        self._turn += 1
        self._where[task.key] = node
        running[task.key] = _Run(self._turn, alone=not running)

    def succeeded(self, task: Task) -> None:
        """A task has ended with a record, a loss that is not finite included."""
        _, node, _ = self._end(task)
        self._tries.pop(task.key, None)
        self._said.pop(task.key, None)
        self._whole.discard(task.key)
        for each in self._nodes.values():
            each.pending.pop(task.key, None)
        self._count(node)
        node.proved = True
        node.clear()

    def failed(self, task: Task, error: str, *, died: bool = False, lost: bool = False) -> None:
        """A task has ended in an exception, or its worker died. lost: whether the whole node is, so
        that nobody is to blame.
        """
        name, node, run = self._end(task)
        if lost:
            node.clear()
        if lost or name in self.left_out:
            return
        if died:
            self._whole.add(task.key)
        node.pending[task.key] = not died or run.alone
        self._said[task.key] = error, died
        if not died or run.turn > node.last:
            node.row.append((_kind(task), error))
            node.last = self._turn
        if len(node.row) >= IN_A_ROW and (
            not node.proved or len({kind for kind, _ in node.row}) >= IN_A_ROW
        ):
            self.left_out.setdefault(name, node.row[0][1])
            node.clear()

    def attribute(self, nodes: Collection[str]) -> None:
        """Nothing is left but tasks that failed, and nothing is out: nobody else can say whose the
        failures were.

        On a node that has succeeded before they are their tasks'; on another one each task may run
        once more. nodes: that live.
        """
        for name, node in self._nodes.items():
            if node.proved and name in nodes:
                self._count(node)
                node.row.clear()
            node.pending.clear()

    def final_error(self, task: Task) -> str | None:
        """The last error in full of a task that is at fault."""
        if self._tries[task.key] < self.max_tries:
            return None
        error, died = self._said[task.key]
        if not died:
            return error
        times = f"{self._tries[task.key]} time{'s' * (self._tries[task.key] > 1)}"
        return f"{error}\nThe worker died {times} while it ran {task.noun}, out of memory or in a crash.".lstrip()

    def environment_error(self, on_disk: bool = True) -> StudyError:
        """What ends a run that has no other node. on_disk: whether it keeps records, from which it
        can go on.
        """
        hosts = ", ".join(dict.fromkeys(map(self.host, self.left_out)))
        (first, *_) = self.left_out.values()
        kept = "Fix it, then run the same command: finished trials are kept. "
        return StudyError(
            f"Every recent trial on {hosts} failed, which points to the environment. "
            f"{kept if on_disk else ''}First error:\n{first.rstrip()}"
        )

    def _end(self, task: Task) -> tuple[str, _Node, _Run]:
        name = self._where.pop(task.key)
        return name, self._nodes[name], self._nodes[name].running.pop(task.key)

    def _count(self, node: _Node) -> None:
        self._tries.update(key for key, counts in node.pending.items() if counts)


def _kind(task: Task) -> str:
    if isinstance(task, FoldTask):
        return task.work.sort
    return f"winner of {task.search.model_name}" if isinstance(task, WinnerTask) else task.key
