"""The commented config that `study init` writes."""

from __future__ import annotations

import json
import os
from pathlib import Path

from study.config import StudyConfig, json_schema
from study.plan import Prepared
from study.schema import printable

WIDEST_COMMENT = 60
"""Features listed one a line before the rest are only counted."""


def _quoted(text: str) -> str:
    """`text` as a YAML scalar in one line: a JSON string is one, and escapes of eight digits are those of YAML."""
    return "".join(
        c if c.isprintable() else f"\\U{ord(c):08x}" for c in json.dumps(text, ensure_ascii=False)
    )


SCHEMA = "study.schema.json"
"""What editors hold a config against, in its own folder: such a path works without a network, and wherever the two go."""


def write_config(path: Path, prepared: Prepared, source: str) -> list[Path]:
    """Write the config of a table, and beside it the schema that its first line names; gives what was written.

    Another file of the schema's name stays.

    Raises
    ------
    OSError
        One of them cannot be written.
    """
    path.write_text(config_text(prepared, source, path.parent), encoding="utf-8")
    schema, text = path.with_name(SCHEMA), json_schema()
    if not schema.exists() or f'"title": "{StudyConfig.__name__}"' in schema.read_text(
        encoding="utf-8", errors="replace"
    ):
        schema.write_text(text, encoding="utf-8")
        return [path, schema]
    return [path]


def _beside(config: StudyConfig, folder: Path) -> str:
    """The table's source as a config in `folder` names it: a file by its path from there."""
    if not config.data.is_path:
        return config.data.source
    path = os.path.relpath(config.data.source, folder.resolve())
    named = config.data.model_copy(update={"source": path})
    return path if named.is_path else f"./{path}"  # such as `a:b.csv`, which would be a library's


def config_text(prepared: Prepared, source: str, folder: Path) -> str:
    """YAML of a config in `folder`, every choice commented, the inferred kinds and types with their reasons.

    `load_config` reads it back to the study that `study run TABLE --target T` would run.
    """
    table, config = prepared.table, prepared.plan.config
    targets = "".join(
        f"  {_quoted(t.name)}: {t.kind.value}  # {printable(t.reason)}\n" for t in table.targets
    )
    listed = table.features[:WIDEST_COMMENT]
    features = "".join(
        f"  #   {_quoted(f.name)}: {f.type}  ({printable(f.reason)})\n" for f in listed
    )
    if len(table.features) > len(listed):
        features += f"  #   and {len(table.features) - len(listed)} more\n"
    notes = "".join(f"  # Note: {printable(note)}\n" for note in table.notes)
    notes += "".join(
        f"  # Warning {each.id}: {printable(each.sentence)}\n" for each in table.warnings
    )
    return f"""# yaml-language-server: $schema={SCHEMA}
# A study of {printable(source)}: is a regression enough, or is a neural network worth it?
# Check it with `study check`, run it with `study run`. What is left out keeps its default.
name: {_quoted(config.name)}

data:
  source: {_quoted(_beside(config, folder))}
  # Inferred types of the features:
{features}{notes}  # features: [a, b]        # use only these columns
  # drop: [c]               # or leave these out
  # types: {{zip: category}}  # where a type above is wrong: numeric, boolean, category or date

# What to predict and its kind: continuous, binary, multiclass or count; `auto` infers it.
# {{kind: continuous, transform: log}} trains on the logarithm of a positive number.
targets:
{targets}
families: auto    # the baseline, the regression of the target's kind, and the networks
depths: {config.depths}  # hidden layers of the networks

effort: normal    # quick, normal or thorough: about 1, 5 and 30 minutes on two cores
# budget_core_hours: 200    # in place of effort: so much work, to fill what is left open
margin: {config.margin}      # smallest relative gain in loss for which you would change the model
# metric: rmse              # ask the verdict of another metric than the loss: r2, mae, auc, brier, accuracy, ...
# margin_of: unit           # give the margin in the metric's own unit
# min_margin: {config.min_margin}          # smallest difference that can matter, whatever share of the loss it is
seed: {config.seed}

# protocol: {config.protocol:<16}# nested: outer folds, each with its own search; holdout: one split
# groups: customer          # rows of one group stay together in every split
# time: date                # test rows come later than all others
# space:                    # search spaces, by family
#   neural: {{width: [32, 64], learning_rate: {{low: 1.0e-3, high: 1.0e-2, log: true}}}}
# resources: {{worker_memory_gb: 3, gpus_per_trial: 0, max_concurrent: 2}}
"""
