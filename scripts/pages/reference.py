"""Write the pages of the docs that the program itself knows: every command, every key of a config,
every column of results.
"""

from __future__ import annotations

import argparse
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import typer

from study.cli import main as cli
from study.config import json_schema
from study.config.options import Range
from study.diagnostics.registry import computed
from study.families import FAMILIES
from study.records.columns import FRAMES, OPEN

FOLDER = Path(__file__).parents[2] / "docs" / "reference"

COMMANDS = """\
# Commands

`study COMMAND --help` says the same. `study --install-completion` lets your shell complete commands and options, and \
`study --version` prints what is installed.

Mistakes you can fix end with one message and exit code 2. Ctrl-C, SIGTERM or a closed terminal ends a study with 130; \
the same command resumes it. A second `study run` on the same results folder is refused, with the name of the first.
"""
CONFIG = """\
# Config

Every key of a config, its type and its default; only `data` and `targets` are needed. `study init TABLE --target \
COLUMN` writes one, [an example](../config.md) explains one. An unknown key is an error that names the nearest. `--set \
search.trials=20` overrides a key for one run. `configs/study.schema.json` says the same to editors.
"""
ROWS = 1_000
SPACES = f"""\
## Search spaces

What is searched unless `space` says otherwise, on {ROWS:,} training rows; what depends on their number says so in the \
family's file. A regression's `l2` is no search: every trial scores the whole path.
"""
COLUMNS = """\
# Columns

Every dataframe in a results folder. `study.load_results` reads them, as does `pandas.read_parquet`. A loss has the \
unit of its kind: mean squared error in the target's unit squared, log loss in nats a row, or half the mean Poisson \
deviance in nats. Losses of different kinds are never compared. `results.parquet` is the same to the bit with any \
number of workers and after any stop, but for `wall_time_s`, `node` and `device`. `verdicts.json`, `.study/data.json` and \
`environment.json` are described by their models: `study.evidence.answer.Verdict`, `study.schema.StudyData` and \
`study.records.environment.Environment`.
"""


def table(head: Sequence[str], rows: Iterator[Sequence[str]]) -> str:
    """Cells as a table in Markdown."""
    lines = [head, ["---"] * len(head), *rows]
    return "".join(
        f"| {' | '.join(cell.replace('|', '&#124;') for cell in line)} |\n" for line in lines
    )


def commands_page() -> str:
    """Usage, arguments and options of every command."""
    group: Any = typer.main.get_command(cli.app)
    parts = [COMMANDS]
    for name, command in sorted(group.commands.items()):
        shown = [each for each in command.params if not each.hidden]
        takes = [each for each in shown if each.param_type_name == "argument"]
        options = [each for each in shown if each.param_type_name == "option"]
        usage = " ".join(["study", name, *(["[OPTIONS]"] if options else []), *map(_word, takes)])
        help_text = " ".join(re.split(r"\n\s*\n", command.help or "")[0].split())
        parts.append(f"## study {name}\n\n{help_text}\n\n```text\n{usage}\n```\n")
        if takes:
            parts.append(
                table(
                    ["argument", "is"], ([f"`{each.name.upper()}`", _help(each)] for each in takes)
                )
            )
        if options:
            width = 3 if any(map(_default, options)) else 2
            rows = ([_flags(each), _help(each), _default(each)][:width] for each in options)
            parts.append(table(["option", "does", "default"][:width], rows))
    return "\n".join(parts)


def _word(argument: Any) -> str:
    name = argument.name.upper() + ("..." if argument.nargs < 0 else "")
    return name if argument.required else f"[{name}]"


def _flags(option: Any) -> str:
    return ", ".join(f"`{flag}`" for flag in [*option.opts, *option.secondary_opts])


def _help(parameter: Any) -> str:
    return " ".join((parameter.help or "").split())


def _default(option: Any) -> str:
    if option.required:
        return "required"
    return "" if option.default in (None, False, ()) else f"`{option.default}`"


def config_page() -> str:
    """Every key of a config: those of the top, then a table a section."""
    schema = json.loads(json_schema())
    definitions = schema["$defs"]
    sections = {
        key: of["$ref"] for key, of in schema["properties"].items() if _section(of, definitions)
    }
    own = {key: of for key, of in schema["properties"].items() if key not in sections}
    parts = [CONFIG, _keys(own, "", definitions)]
    for key, name in sections.items():
        model = definitions[name.rsplit("/", 1)[1]]
        words = model["description"].split("\n")[0]
        parts.append(f"## {key}\n\n{words}\n\n{_keys(model['properties'], f'{key}.', definitions)}")
    parts.append(
        f"{SPACES}\n{table(['family', 'hyperparameter', 'first trial', 'searched'], _spaces())}"
    )
    spans = definitions["Range"]
    parts.append(
        f"## A range of `space`\n\n{spans['description']}\n\n{_keys(spans['properties'], '', definitions)}"
    )
    return "\n".join(parts)


def _spaces() -> Iterator[Sequence[str]]:
    for family in sorted(FAMILIES.values(), key=lambda each: each.name):
        begin = family.start()
        for name, form in family.space(ROWS).items():
            yield [f"`{family.name}`", f"`{name}`", _first(begin[name]), _form(form)]


def _first(value: Any) -> str:
    return "" if value is None else f"{value:g}" if isinstance(value, float) else str(value)


def _form(form: Any) -> str:
    if not isinstance(form, Range):
        return ", ".join(map(_first, form if isinstance(form, list) else [form]))
    told = ["on a log scale"] * form.log + ["whole"] * form.integer + ["and 0"] * form.zero
    return f"{form.low:g} to {form.high:g}{', ' * bool(told)}{', '.join(told)}"


def _section(of: Mapping[str, Any], definitions: Mapping[str, Any]) -> bool:
    return "$ref" in of and "properties" in definitions[of["$ref"].rsplit("/", 1)[1]]


def _keys(properties: Mapping[str, Any], before: str, definitions: Mapping[str, Any]) -> str:
    rows = (
        [f"`{before}{key}`", _type(of, definitions), _value(of), of.get("description", "")]
        for key, of in properties.items()
    )
    return table(["key", "type", "default", "meaning"], rows)


def _value(of: Mapping[str, Any]) -> str:
    return f"`{json.dumps(of['default'])}`".replace('"', "") if of.get("default", "") != "" else ""


def _type(of: Mapping[str, Any], definitions: Mapping[str, Any]) -> str:
    """A JSON Schema in words."""
    if "$ref" in of:
        name = of["$ref"].rsplit("/", 1)[1]
        return "range" if name == "Range" else _type(definitions[name], definitions)
    if "enum" in of:
        return ", ".join(f"`{value}`" for value in of["enum"])
    if "const" in of:
        return f"`{of['const']}`"
    if among := of.get("anyOf") or of.get("oneOf"):
        if [each.get("type") for each in among] == ["boolean", "integer", "number", "string"]:
            return "value"
        told = list(dict.fromkeys(_type(each, definitions) for each in among))
        return " or ".join(told).replace(f"mapping to {told[0]}", "mapping to one of these")
    if of.get("type") == "array":
        return f"list of {_type(of['items'], definitions)}" if "items" in of else "list"
    if of.get("type") == "object":
        inner = of.get("additionalProperties")
        return f"mapping to {_type(inner, definitions)}" if isinstance(inner, dict) else "mapping"
    named = {
        "integer": "whole number",
        "number": "number",
        "string": "text",
        "boolean": "true or false",
        "null": "null",
    }
    return named.get(str(of.get("type")), "") + _bounds(of)


def _bounds(of: Mapping[str, Any]) -> str:
    words = {
        "exclusiveMinimum": "above",
        "minimum": "from",
        "exclusiveMaximum": "below",
        "maximum": "to",
    }
    told = [f"{word} {of[key]:,}" for key, word in words.items() if key in of]
    return f" {' '.join(told)}" if told else ""


def columns_page() -> str:
    """Every column of every dataframe."""
    parts = [COLUMNS]
    frames = FRAMES | {f"{name}.parquet": each.COLUMNS for name, each in computed().items()}
    for name, frame in frames.items():
        columns = {**frame.columns, **{each: OPEN[each] for each in frame.open}}
        rows = ([f"`{column}`", dtype, meaning] for column, (dtype, meaning) in columns.items())
        place = name if name == "results.parquet" else f"frames/{name}"
        said = f"A row: {frame.row[0].lower()}{frame.row[1:]}"
        parts.append(f"## {place}\n\n{said}\n\n{table(['column', 'type', 'holds'], rows)}")
    return "\n".join(parts)


PAGES = {"commands.md": commands_page, "config.md": config_page, "columns.md": columns_page}


def main() -> None:
    """Write all pages."""
    parser = argparse.ArgumentParser("scripts/reference", description=__doc__)
    parser.add_argument("folder", nargs="?", type=Path, default=FOLDER)
    folder = parser.parse_args().folder
    folder.mkdir(parents=True, exist_ok=True)
    for name, page in PAGES.items():
        (folder / name).write_text(page(), encoding="utf-8")


if __name__ == "__main__":
    main()
