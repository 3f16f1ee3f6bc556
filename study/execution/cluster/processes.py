"""Processes that a run starts: what they ask for, and how they end."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

import psutil

from study.execution.cluster.scratch import remove_own


def use_token(folder: Path, token: str) -> None:
    """Let every Ray process that this one starts ask for `token`, which lies in a file that only
    its owner reads.
    """
    path = folder / "token"
    path.touch(mode=0o600)
    path.write_text(token, encoding="ascii")
    os.environ.pop("RAY_AUTH_TOKEN", None)
    os.environ.update(RAY_AUTH_MODE="token", RAY_AUTH_TOKEN_PATH=str(path))
    if (
        "ray" in sys.modules
    ):  # which somebody may have imported before us, and that is when Ray reads its settings
        from ray._raylet import AuthenticationTokenLoader, Config  # type: ignore[attr-defined]

        Config.initialize("")
        AuthenticationTokenLoader.instance().reset_cache()


def hold_children() -> None:
    """Stop every process below this one where it is: a server of Ray that ends takes this process
    along.
    """
    for child in psutil.Process().children(recursive=True):
        with suppress(psutil.Error):
            child.suspend()


def leave_now(code: int) -> None:
    """End this process, those below it and its scratch folders without asking Ray, which may no
    longer answer.
    """
    end_children([psutil.Process.kill])
    remove_own()
    os._exit(code)


def end_children(
    ways: Sequence[Callable[[psutil.Process], None]] = (
        psutil.Process.terminate,
        psutil.Process.kill,
    ),
) -> None:
    """End every process below this one, one way after the other; orphans among them have become its
    children.
    """
    children = psutil.Process().children(recursive=True)
    for send in ways:
        for child in children:
            with suppress(psutil.NoSuchProcess):
                send(child)
        _, children = psutil.wait_procs(
            [*children, *psutil.Process().children(recursive=True)], timeout=3
        )


def has_token() -> bool:
    """Whether the environment or ~/.ray/auth_token has the token of a cluster that is to be joined."""
    named = {"RAY_AUTH_TOKEN", "RAY_AUTH_TOKEN_PATH"} & os.environ.keys()
    return bool(named) or Path("~/.ray/auth_token").expanduser().exists()
