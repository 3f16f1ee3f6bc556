"""What a study is told: StudyConfig, the frozen description of one study, and `load_config`, the
only reader of YAML.
"""

from study.config.config import StudyConfig
from study.config.json_schema import json_schema
from study.config.loading import HOST_KEYS, differing_keys, dump_config, load_config, make_config

__all__ = [
    "HOST_KEYS",
    "StudyConfig",
    "differing_keys",
    "dump_config",
    "json_schema",
    "load_config",
    "make_config",
]
