"""Nodes of the test cluster that are there, and of no use."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

from harness.cluster import Cluster

CACHE_KB = 64
"""Room for folders of a user's cache, and not for a compiled program."""


@contextmanager
def half_tensorflow(cluster: Cluster, node: str) -> Iterator[None]:
    """Take half of TensorFlow from a node: who imports it there in the block cannot."""
    found = find_spec("tensorflow")
    assert found is not None
    assert found.origin is not None
    with _covered(cluster, node, Path(found.origin).parent / "python"):
        yield


@contextmanager
def full_cache(cluster: Cluster, node: str) -> Iterator[None]:
    """Leave no room for a user's compiled programs on a node: every network fails there, and a
    worker's proof does not.
    """
    with _covered(cluster, node, Path("/root/.cache"), f"size={CACHE_KB}k"):
        yield


@contextmanager
def read_only_tmp(cluster: Cluster, node: str) -> Iterator[None]:
    """Let nothing be written to a node's /tmp, so that no Ray starts there."""
    cluster.on(node, "mount", "-o", "remount,ro", "/tmp")
    try:
        yield
    finally:
        cluster.on(node, "mount", "-o", "remount,rw", "/tmp")


@contextmanager
def _covered(
    cluster: Cluster, node: str, folder: Path, options: str = "mode=755"
) -> Iterator[None]:
    """An empty disk over a folder of a node."""
    cluster.on(node, "mkdir", "-p", folder)
    cluster.on(node, "mount", "-t", "tmpfs", "-o", options, "none", folder)
    try:
        yield
    finally:
        cluster.on(node, "umount", "--lazy", folder)
