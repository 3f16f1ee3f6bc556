"""Mistakes in a config, each with a pattern of the offender and the way out that its message must
name.
"""

from __future__ import annotations

from typing import Any

from study.schema import Kind

TEXTS: list[tuple[bytes, str]] = [
    (b"name: \xff\n", r"'utf-8'.*0xff"),
    (b"name: party\ndata: [1\ntargets: y\n", r"line 2, column 7.*line 3, column 8"),
    (b"data: {source: x}\ntarget: y\nseed: 1\nmargin: 0.1\nseed: 2\n", r"'seed'.* 3 and 5"),
    (b"target: y\nsearch:\n  trials: 3\n  generation: 2\n  trials: 4\n", r"'trials'.* 3 and 5"),
    (b"space: [{width: 8, width: 16}]\n", r"'width'.* 1\b"),
    (b"targets:\n  1: count\n  '1': binary\n", r"'1'.* 2 and 3"),
    (b"targets:\n  a: count\n  <<: {b: count,\n    b: binary}\n", r"'b'.* 3 and 4"),
    (b"<<: {a: 1}\n<<: {b: 1}\n", r"'<<'.* 1 and 2"),
    (b"data:\n\tsource: x\ntarget: y\n", r"line 2\b.*tab.*spaces"),
    (b"", r"`study init"),
    (b"- a\n- b\n", r"`study init"),
    (b"just words", r"`study init"),
    (b"data: {source: balloons}\ntarget: y\nserach: {trials: 3}\n", r"'serach'.*'search'"),
]
"""Whole files."""
CONTENTS: list[tuple[dict[str, Any], str]] = [
    ({"search": {"trails": 3}}, r"'search\.trails'.*'trials'"),
    ({"inner": {"zzz": 1}}, r"'inner\.zzz'.*folds, seeds"),
    ({"zzz": 1}, r"'zzz'.*name, data, targets.*seed"),
    ({"data": {}}, r"'data\.source'"),
    ({"targets": []}, r"'targets'"),
    ({"targets": 3}, r"'targets'.*\b3\b"),
    ({"targets": {"y": "continous"}}, r"'targets\.y'.*'continous'.*'continuous'"),
    ({"targets": {"y": {"transform": "sqrt"}}}, r"'targets\.y\.transform'.*'log'.*'sqrt'"),
    (
        {"targets": {"y": {"transform": "log", "kind": "count"}}},
        r"'targets\.y\.kind'.*continuous.*'count'",
    ),
    (
        {"targets": {"y": {"transform": "log", "knid": "continuous"}}},
        r"'targets\.y\.knid'.*'kind'",
    ),
    ({"target": "y"}, r"`target`.*`targets`"),
    ({"families": 3}, r"'families'.*'auto'.*\b3\b"),
    ({"depths": 0}, r"'depths\.0'.*\b1\b.*\b0\b"),
    ({"depths": [1, 40]}, r"'depths\.1'.*\b32\b.*\b40\b"),
    ({"metric": "acuracy"}, r"'metric'.*'acuracy'.*'accuracy'"),
    ({"metric": {"y": "AUC"}}, r"'metric\.y'.*'AUC'.*'auc'"),
    ({"min_margin": "nan"}, r"'min_margin'.*'nan'"),
    ({"margin": 5}, r"'margin'.*\b5\b.*`margin_of: unit`"),
    ({"margin": {"y": 0.1}}, r"'margin'"),
    ({"margin": "x%"}, r"'margin'.*'x%'"),
    ({"margin": "500%"}, r"'margin'.*\b5\b"),
    ({"effort": "thorogh"}, r"'effort'.*'thorogh'.*'thorough'"),
    ({"name": "a/b"}, r"'name'.*'a/b'"),
    ({"name": ".."}, r"'name'.*'\.\.'"),
    ({"name": "a\nb"}, r"'name'.*'a\\nb'.*'\\n'"),
    ({"name": "a\x1b[2Jb"}, r"'name'.*'\\x1b'"),
    ({"name": "a\u202eb"}, r"'name'.*'\\u202e'"),
    ({"name": "ü" * 101}, r"'name'.*\b200\b.*\b202\b"),
    ({"data": {"source": "a\0.csv"}}, r"'data\.source'.*'a\\x00\.csv'"),
    ({"data": {"source": "\ud800"}}, r"'data\.source'.*'\\ud800'"),
    ({"data": "balloons"}, r"'data'.*'balloons'"),
    ({"data": {"source": "x", "types": {"a": "number"}}}, r"'data\.types\.a'.*'number'.*'numeric'"),
    (
        {"space": {"neural": {"width": {"low": 64, "high": 8}}}},
        r"'space\.neural\.width'.*\b64.*\b8",
    ),
    (
        {"space": {"neural": {"weight_decay": {"low": 0, "high": 1, "log": True}}}},
        r"'space\.neural\.weight_decay'.*`zero: true`",
    ),
    (
        {"space": {"neural": {"width": {"low": 1, "high": 8, "intger": True}}}},
        r"'space\.neural\.width\.intger'.*'integer'",
    ),
    ({"space": {"neural": {"width": None}}}, r"'space\.neural\.width'.*None"),
    ({"space": {"neural": {"width": [8, None]}}}, r"'space\.neural\.width'.*None"),
    (
        {"seed": -1, "margin": 0, "serach": {}},
        r"\b3\b.*'margin'.*\b0\b.*'seed'.*-1\b.*'serach'.*'search'",
    ),
]
"""What is put into, or takes the place of, keys of a good config."""
OVERRIDES: list[tuple[str, str]] = [
    ("trials", r"--set trials:.*search\.trials=20"),
    ("=3", r"--set =3:.*search\.trials=20"),
    ("search.trials=[", r"--set search\.trials.*'\['"),
    ("search={trials: 3, trials: 4}", r"--set search.*'trials'.* 1\b"),
    ("name.first=x", r"--set name\.first=x.*'name'.*'party'"),
    ("search.trials=many", r"'search\.trials'.*'many'"),
    ("search.trails=3", r"'search\.trails'.*'trials'"),
]
UNITS: list[tuple[float, str, Kind, str]] = [
    (3, "auc", Kind.BINARY, r"AUC.*\by\b.*\b1\b.*\b3\b.*\b0\.03\b"),
    (1, "accuracy", Kind.MULTICLASS, r"accuracy.*\by\b.*\b1\b.*\b0\.01\b"),
    (1.5, "r2", Kind.CONTINUOUS, r"R².*\by\b.*\b1\.5\b"),
    (2, "brier", Kind.MULTICLASS, r"Brier.*\by\b.*\b2\b"),
]
"""Margins in a metric's own unit, which no difference of the metric of `y` reaches."""
