"""What is said of families, spaces, packages, plans, searches and exports that cannot be, and what
an export prints.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from study.config import samplers
from study.config.options import Range
from study.execution.runner import late_note
from study.families import FAMILIES, get_family, register, resolve_space
from study.records.exports import exports
from study.schema import ALL_ROWS, Kind, StudyError
from study.search.plan import families_of, make_plan
from tests.cli.conftest import Command
from tests.families.packages import FOUND, install
from tests.records.exports.searched import searched
from tests.search.helpers import TRIALS, changed, play, records_of, search_of, search_state
from tests.search.sizes import SMALL, config_of
from tests.snapshots.conftest import Approve


def said(refused: Callable[[], Any]) -> str:
    with pytest.raises((StudyError, ValueError)) as caught:
        refused()
    return str(caught.value)


def space(family: str, **own: Any) -> Callable[[], Any]:
    return lambda: resolve_space(get_family(family), 100, own)


def plan(**config: Any) -> Callable[[], Any]:
    return lambda: make_plan(config_of(**config), [SMALL])


def goes_on(**change: Any) -> Callable[[], Any]:
    records = records_of()
    records[3] = changed(records[3], params=records[3].params | change)
    return lambda: search_state(trials=TRIALS + 1, records=records)


def late() -> str | None:
    """What a time budget has left that ended before the search on all rows."""
    searches = [
        search_state(spec=search_of(family, fold=fold), trials=1)
        for family in ("linear", "neural")
        for fold in (0, ALL_ROWS)
    ]
    play(searches[1])
    for search in searches:
        search.close()
    return late_note(searches)


REFUSED: dict[str, Callable[[], Any]] = {
    "an unknown family, nearly one": lambda: get_family("logistics"),
    "an unknown family": lambda: get_family("zzz"),
    "a family twice": lambda: register(type(FAMILIES["linear"])),
    "a family that serves no target": lambda: families_of(
        config_of(families=["linear"]), Kind.COUNT
    ),
    "an unknown hyperparameter, nearly one": space("neural", widht=1.0),
    "an unknown hyperparameter": space("baseline", l2=1.0),
    "a word for a number": space("neural", width=[8, "wide"]),
    "a number beyond its range": space("neural", width=Range(low=1, high=1e300, integer=True)),
    "a number for a word": space("neural", activation=Range(low=1, high=2)),
    "a penalty below 0": space("linear", l2=-1),
    "terms that are never left out": space("terms", curves=[0.1, 0.3]),
    "an unknown family in a space": plan(space={"neutral": {"width": 8}}),
    "a sampler whose package is missing": plan(search={"sampler": "gp"}),
    "a budget of nothing": lambda: config_of(budget_core_hours=0),
    "a record with a value that its range lacks": goes_on(learning_rate=99.0),
    "a record with a value that its choices lack": goes_on(width=7),
    "a record with a value of an unknown name": goes_on(momentum=0.9),
}
BROKEN = {
    "lost": "import no_such_module",
    "none": "",
    "text": "Found = 'text'",
    "other": FOUND.format("another"),
    "trees": FOUND.format("trees"),
    "neural-d1": FOUND.format("neural-d1"),
}
"""Families of packages, with the code that is to bring them."""


@pytest.fixture(autouse=True)
def nothing_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (samplers, exports):
        monkeypatch.setattr(module, "find_spec", lambda name: None)


def test_what_is_said_of_families_spaces_and_searches_that_cannot_be(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, approve: Approve
) -> None:
    texts = {name: said(refused) for name, refused in REFUSED.items()}
    for name, code in BROKEN.items():
        (tmp_path / name).mkdir()
        install(tmp_path / name, name, code)
        with monkeypatch.context() as patch:
            patch.syspath_prepend(tmp_path / name)
            told = said(lambda name=name: get_family(name))  # type: ignore[misc]
        texts[f"a package's family '{name}'"] = re.sub("at 0x[0-9a-f]+", "at <place>", told)
    texts |= {
        "a time budget that ended early": str(late()),
    }

    approve("\n\n".join(f"== {name}\n{text}" for name, text in texts.items()))


def test_what_an_export_prints(folder: Path, command: Command, approve: Approve) -> None:
    searched(folder / "party")
    (folder / "empty").mkdir()
    (folder / "empty" / "config.yaml").write_text(
        "name: empty\ndata: {source: balloons}\ntarget: y\n"
    )
    (folder / "mine").mkdir()
    (folder / "mine" / "thesis.txt").write_text("years")
    asked = [
        ("party", "--to", "optuna"),
        ("party", "--to", "csv"),
        ("party", "--to", "csv", "--json"),
        ("party", "--to", "optun"),
        ("party", "--to", "csv", "--uri", "http://x"),
        ("party", "--to", "csv", "--out", "mine"),
        ("party", "--to", "mlflow"),
        ("empty", "--to", "csv"),
    ]

    ended = [command("export", *args) for args in asked]

    approve("\n".join(each.shown for each in ended))
