"""A user who is not root has a study of his own, and leaves what is another's alone."""

from __future__ import annotations

import pytest

from harness.cluster import GUEST, GUEST_ID, Cluster
from harness.studies import records
from tests.slurm.conftest import Submit

pytestmark = [pytest.mark.slurm, pytest.mark.slow]
LEFT = "/tmp/study-another"
LEAVE = f"umask 077; mkdir {LEFT} && touch {LEFT}/.owned"
"""What a killed driver of root leaves."""


def owners(cluster: Cluster, node: str, pattern: str) -> set[str]:
    """Owner and mode of what a pattern finds on a node."""
    return set(cluster.on(node, "sh", "-c", f"stat -c '%U %a' {pattern}").stdout.splitlines())


def test_a_study_of_another_user_than_root_is_all_his_and_queues_again_by_itself(
    cluster: Cluster, submit: Submit, undisturbed: str
) -> None:
    for node in ("n1", "n2"):
        cluster.on(node, "sh", "-c", LEAVE)
    job = submit("--nodelist=n1,n2", guest=True)
    job.wait_for_records(more_than=4)
    secret = {node: owners(cluster, node, "/tmp/study-*/token") for node in ("n1", "n2")}
    cluster.login("scancel", "--signal=USR2", "--batch", job.number)
    job.wait("PENDING")
    kept = records(job.results)
    job.wait()
    left = {node: cluster.on(node, "sh", "-c", f"ls -A {LEFT} && rm -r {LEFT}").stdout for node in ("n1", "n2")}

    assert secret == {node: {f"{GUEST} 600"} for node in ("n1", "n2")}
    assert job.show()["Restarts"] == "1"
    assert f"new records; job {job.number} queues again." in job.log
    assert kept.items() <= records(job.results).items()
    assert {path.stat().st_uid for path in job.results.rglob("*")} == {GUEST_ID}
    assert left == {"n1": ".owned\n", "n2": ".owned\n"}
    assert job.digest == undisturbed
