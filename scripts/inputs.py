"""Run every bad input through the program, each in a folder of its own, and print what it was and how it ended as Markdown.

It exits with 1 where one did not end in exit code 2, said more than its message, or left something behind.
"""

from __future__ import annotations

import os
import re
import shlex
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from harness.inputs import BAD_INPUTS, files
from harness.studies import STUDY, run
from study.schema import printable

HEAD = """\
# Inputs that are wrong

Every one ends in exit code 2 and one message, and leaves nothing behind. Their list is `harness/inputs.py`. This command runs
them all and writes this page, and `tests/screen/test_errors.py` holds each to its message, to the letter:

```sh
scripts/inputs > docs/inputs.md
```

Random configs, valid and nearly valid, are tried by `tests/screen/test_fuzz.py`.

| input | command | exit code | says |
|---|---|--:|---|"""


def cell(text: str) -> str:
    """A cell of a table in one line; of a character that comes ten times or more there are three and dots."""
    return re.sub(r"([^.])\1{9,}", r"\1\1\1…", printable(text)).replace("|", r"\|")


def tried(name: str) -> tuple[str, bool]:
    """The row of one input, and whether it ended as it should."""
    bad = BAD_INPUTS[name]
    with tempfile.TemporaryDirectory() as root:
        folder = Path(root).resolve()
        bad.spoil(folder)
        before = files(folder)
        ended = run(STUDY, *bad.args, cwd=folder)
        good = (ended.returncode, ended.stderr, ended.stdout) == (2, bad.message(folder), "") and files(folder) == before
        said = ended.stderr.strip().removeprefix("Error: ").replace(f"{folder}/", "").partition("\n")[0]
    command = cell(shlex.join(["study", *bad.args]))
    return f"| {name} | `{command}` | {ended.returncode} | {cell(said)} |", good


def main() -> None:
    """Print the page."""
    print(HEAD)
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        found = dict(zip(BAD_INPUTS, pool.map(tried, BAD_INPUTS), strict=True))
    print("\n".join(row for row, _ in found.values()))
    if wrong := [name for name, (_, good) in found.items() if not good]:
        sys.exit(f"These did not end as they should: {'; '.join(wrong)}")


if __name__ == "__main__":
    main()
