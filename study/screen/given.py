"""What a command line gives: a config or a table, a question's options, and a place to print to."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from study.schema import StudyError

if TYPE_CHECKING:
    from rich.console import Console

    from study.config import StudyConfig


def config_of(source: str, targets: list[str] | None, overrides: list[str] | None, name: str | None) -> StudyConfig:
    """Config from a YAML file, or made for a table and its targets."""
    from study.config import load_config, make_config
    from study.records.paths import safe_name

    settings = list(overrides or [])
    if name is not None:
        settings.append(f"name={json.dumps(name)}")
    if Path(source).suffix.lower() in {".yaml", ".yml"}:
        if targets:
            settings.append(f"targets=[{', '.join(map(json.dumps, targets))}]")
        return load_config(source, settings)
    if not targets:
        raise StudyError(
            f"A table needs a target: study run {source} --target COLUMN. (A config is a file that ends in .yaml.)"
        )
    stem = Path(source.replace(":", "-")).name.split(".")[0] or "study"
    content: dict[str, Any] = {"name": safe_name(stem), "data": {"source": source}, "targets": targets}
    return make_config(content, settings, "the command line", Path())


def as_options(text: str) -> str:
    """What is said of the keys of a question, said of the options that `ask` takes."""

    def option(found: re.Match[str]) -> str:
        return f"--{found[1].replace('_', '-')}"

    text = re.sub(r"^(?:the question: )?'?(metric|margin_of|margin|floor)\b'?", option, text)
    return re.sub(r"`(metric|margin_of|margin|floor): (\w+)`", lambda found: f"`{option(found)} {found[2]}`", text)


def console() -> Console:
    """Where people read: names of columns are printed as they are, brackets and colons included."""
    from rich.console import Console

    return Console(markup=False, emoji=False, highlight=False)
