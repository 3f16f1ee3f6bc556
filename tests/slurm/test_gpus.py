"""GPUs that SLURM counts, and nobody has."""

from __future__ import annotations

import pytest

from harness.cluster import Cluster, wait_until
from harness.jobs import JOB_S
from tests.slurm.conftest import Submit

pytestmark = [pytest.mark.slurm, pytest.mark.slow]


def test_gpus_of_a_type_are_counted_on_every_node_however_they_are_asked_for(cluster: Cluster, submit: Submit) -> None:
    """Both jobs share the nodes, so that neither counts more than it was given."""

    def offered(node: str) -> list[str]:
        """GPUs that each Ray on a node offers."""
        rays = [line for line in cluster.processes(node) if "/raylet" in line.split()[0]]
        return sorted(line.partition("GPU,")[2][:1] for line in rays)

    for name, options in {"one": ["--gres=gpu:none:1"], "other": ["--gpus-per-node=none:1"]}.items():
        submit("--nodes=2", *options, name=name)

    wait_until(
        lambda: all(offered(node) == ["1", "1"] for node in ("n1", "n2")), lambda: f"{offered('n1')} {offered('n2')}", JOB_S
    )
