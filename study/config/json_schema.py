"""The JSON Schema of a config file."""

from __future__ import annotations

import json

from study.config.config import StudyConfig


def json_schema() -> str:
    """JSON Schema of a config file, for editors; `python -m study.config >
    configs/study.schema.json` writes it.
    """
    schema = StudyConfig.model_json_schema()
    schema["required"] = ["data"]
    schema["properties"]["target"] = {
        "type": "string",
        "description": "One column to predict; short for `targets: [NAME]`.",
    }
    targets = schema["properties"]["targets"]
    schema["properties"]["targets"] = {
        "description": targets.pop("description"),
        "anyOf": [targets, {"type": "array", "items": {"type": "string"}}, {"type": "string"}],
    }
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"
