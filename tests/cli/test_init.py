"""What `study init` writes."""

from __future__ import annotations

import json
import re
from pathlib import Path

import jsonschema
import pytest
import yaml

from harness.inputs import make_frame
from study.config import json_schema, load_config, make_config
from study.plan import prepare
from study.schema import Kind
from tests.cli.conftest import Command

WEIRD = "Grüße an 'alle' \"hier\" & $HOME #1 (neu)"
"""A folder name as people have."""


@pytest.mark.parametrize("name", [f"{WEIRD}/a b.c 表.csv", "-.csv"])
def test_init_writes_a_config_of_the_same_study_as_run_on_the_table(
    name: str, folder: Path, command: Command
) -> None:
    (folder / name).parent.mkdir(exist_ok=True)
    make_frame().to_csv(folder / name, index=False)

    ended = command("init", "--output", "written.yaml", "--target", "price", "--", name)

    planned = prepare(load_config("written.yaml")).plan
    direct = prepare(
        make_config(
            {"name": planned.config.name, "data": {"source": name}, "targets": "price"},
            folder=folder,
        )
    )
    assert (ended.code, ended.err) == (0, "")
    assert planned.searches == direct.plan.searches
    assert planned.config == direct.plan.config.replace(targets={"price": "continuous"})


def test_init_names_the_file_after_the_table_and_quotes_it_for_the_shell(
    folder: Path, command: Command
) -> None:
    make_frame().to_csv(folder / "my table.csv", index=False)

    ended = command("init", "my table.csv", "-t", "price")

    name = load_config(next(folder.glob("*.yaml"))).name
    assert name.startswith("my_table~")
    assert all(
        way in ended.out for way in (f"study check '{name}.yaml'", f"study run '{name}.yaml'")
    )


@pytest.mark.parametrize("table", ["data/cars.csv", "elsewhere/cars.csv", "data/a:b.csv"])
def test_a_config_and_its_table_can_be_moved_together(
    table: str, folder: Path, command: Command
) -> None:
    (folder / "home" / table).parent.mkdir(parents=True)
    (folder / "home" / "data" / "configs").mkdir(parents=True)
    make_frame().to_csv(folder / "home" / table, index=False)

    ended = command("init", f"home/{table}", "-t", "price", "-o", "home/data/configs/mine.yaml")
    (folder / "home").rename(folder / "moved")

    config = load_config("moved/data/configs/mine.yaml")
    assert (ended.code, ended.err) == (0, "")
    assert config.data.source == str(folder / "moved" / table)
    assert str(folder) not in (folder / "moved/data/configs/mine.yaml").read_text(encoding="utf-8")


def test_init_names_a_schema_that_lies_beside_the_config_and_allows_it(
    folder: Path, command: Command
) -> None:
    make_frame().to_csv(folder / "good.csv", index=False)
    (folder / "more").mkdir()
    (folder / "more/study.schema.json").write_text('{"title": "StudyConfig", "version": "before"}')
    (folder / "other").mkdir()
    (folder / "other/study.schema.json").write_text("somebody's")

    for place in ("", "more/", "other/"):
        assert command("init", "good.csv", "-t", "price", "-o", f"{place}good.yaml").code == 0

    text = (folder / "good.yaml").read_text(encoding="utf-8")
    _, _, named = text.splitlines()[0].partition("# yaml-language-server: $schema=")
    written = [
        (folder / place / named).read_text(encoding="utf-8") for place in ("", "more", "other")
    ]
    assert written == [json_schema(), json_schema(), "somebody's"]
    jsonschema.validate(yaml.safe_load(text), json.loads(json_schema()))


def test_what_init_writes_is_one_line_each_whatever_a_file_is_called(
    folder: Path, command: Command
) -> None:
    name = "a\nseed: 5 \u2028\x7f.csv"
    make_frame().to_csv(folder / name, index=False)

    ended = command("init", name, "-t", "price", "-o", "written.yaml")

    config = load_config("written.yaml")
    _, second, *_ = Path("written.yaml").read_text(encoding="utf-8").splitlines()
    assert (ended.code, config.seed, config.data.source) == (0, 0, str(folder / name))
    assert second.startswith("# ")
    assert r" a\nseed: 5 \u2028\x7f.csv" in second


def test_init_takes_a_built_in_table_and_several_targets(folder: Path, command: Command) -> None:
    ended = command("init", "sklearn:iris", "-t", "target", "-t", "sepal length (cm)")

    config = load_config("sklearn-iris.yaml")
    assert ended.code == 0
    assert config.targets == {"target": Kind.MULTICLASS, "sepal length (cm)": Kind.CONTINUOUS}


@pytest.mark.parametrize("spelled", ["--out", "--output"])
def test_init_overwrites_a_config_only_if_forced(
    spelled: str, folder: Path, command: Command
) -> None:
    make_frame().to_csv(folder / "good.csv", index=False)
    (folder / "mine.yaml").write_text("mine")
    given = "init", "good.csv", "-t", "price", spelled, "mine.yaml"

    refused = command(*given)
    kept = (folder / "mine.yaml").read_text()
    forced = command(*given, "--force")

    assert (refused.code, refused.out, kept) == (2, "", "mine")
    assert re.search(r"mine\.yaml.*--force", refused.err)
    assert (forced.code, [*load_config("mine.yaml").targets]) == (0, ["price"])
