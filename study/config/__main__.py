"""`python -m study.config > configs/study.schema.json` writes the JSON Schema of a config file."""

from study.config import json_schema

print(json_schema(), end="")
