"""YAML text as plain values: no code, no aliases, no key twice."""

from __future__ import annotations

import json
from typing import Any

import yaml


class Mistake(yaml.YAMLError):
    """One that says where it is and how it is fixed."""


class _Loader(yaml.SafeLoader):
    """Reads plain values, each key once, and no aliases: a few lines of them can stand for more
    than memory holds.
    """

    def compose_node(self, parent: Any, index: Any) -> Any:
        if self.check_event(yaml.AliasEvent):
            raise yaml.MarkedYAMLError(
                problem="aliases are not read; write the value out",
                problem_mark=self.peek_event().start_mark,  # type: ignore[no-untyped-call]
            )
        return super().compose_node(parent, index)

    def compose_mapping_node(self, anchor: Any) -> Any:
        """Before merges (`<<`) are applied, where a key of its own rightly wins over a merged one."""
        node = super().compose_mapping_node(anchor)
        lines: dict[Any, int] = {}
        for key, _ in node.value:
            if not isinstance(key, yaml.ScalarNode):
                continue  # no text, which is refused later
            line, text = key.start_mark.line + 1, key.value
            if not key.tag.endswith((":merge", ":value")):
                text = self.construct_object(key)
            same = {
                text,
                text if isinstance(text, str) else json.dumps(text, default=str),
            }  # 1 and "1" become one key
            if before := [lines[each] for each in same if each in lines]:
                places = (
                    f"in line {line}" if before[0] == line else f"in lines {before[0]} and {line}"
                )
                raise Mistake(f"the key {key.value!r} is there twice, {places}. Remove one.")
            lines |= dict.fromkeys(same, line)
        return node


def read_yaml(text: str) -> Any:
    """Plain values of a YAML text.

    Raises
    ------
    Mistake
        A mapping has a key twice, or a tab stands where spaces should.
    yaml.YAMLError
        It is no YAML, or YAML that says more than plain values.
    """
    try:
        return yaml.load(text, _Loader)
    except yaml.MarkedYAMLError as error:
        if r"'\t'" in (error.problem or "") and error.problem_mark:
            line = error.problem_mark.line + 1
            raise Mistake(f"line {line} is indented with a tab. Use spaces.") from None
        raise
    except (
        ValueError,
        ArithmeticError,
        LookupError,
        AttributeError,
        RecursionError,
    ) as error:  # a thirteenth month, `!!int x`
        raise yaml.YAMLError(str(error)) from None
