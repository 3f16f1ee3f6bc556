"""Which addresses and ports a Ray of several nodes takes."""

from __future__ import annotations

import shutil
import socket
import subprocess
import sys
from typing import Any

import pytest

from study.execution.cluster.network import (
    SERVERS,
    address_of,
    address_towards,
    answers,
    check_ports,
    choose_ports,
    free_ports,
    host_and_port,
)
from study.schema import StudyError

TWO_NETWORKS = """
set -e
for card in 1 2; do
  ip link add card$card type veth peer name end$card
  ip address add 10.99.$card.1/24 dev card$card
  ip -6 address add fd0$card::1/64 dev card$card nodad
  ip link set card$card up
  ip link set end$card up
done
exec "$@"
"""
ASK = """
import sys
from study.execution.cluster.network import address_of, address_towards
print(*map(address_towards, ["10.99.2.7", "10.99.1.7", "fd02::7"]), *map(address_of, ["card2", "card1"]))
"""


def test_the_address_is_that_of_the_route_to_the_other() -> None:
    assert address_towards("127.0.0.1") == "127.0.0.1"


def test_a_name_that_does_not_resolve_is_named() -> None:
    with pytest.raises(StudyError, match=r"no-such-node\.invalid"):
        address_towards("no-such-node.invalid")


def test_with_several_networks_the_address_is_that_of_the_one_which_leads_there_or_of_the_named_card() -> (
    None
):
    namespace = ["unshare", "--map-root-user", "--net"]
    if (
        shutil.which("ip") is None
        or subprocess.run([*namespace, "true"], capture_output=True, check=False).returncode
    ):
        pytest.skip("a network of its own needs unshare and ip")

    command = [*namespace, "sh", "-c", TWO_NETWORKS, "sh", sys.executable, "-c", ASK]
    asked = subprocess.run(command, capture_output=True, text=True, check=False)

    assert asked.stdout.split() == [
        "10.99.2.1",
        "10.99.1.1",
        "fd02::1",
        "10.99.2.1",
        "10.99.1.1",
    ], asked.stderr


def test_a_card_that_is_not_there_is_named_beside_those_that_are() -> None:
    with pytest.raises(StudyError, match=r"slurm\.interface.*\bib7\b.*\blo\b"):
        address_of("ib7")


def test_an_address_of_ipv6_stands_in_brackets() -> None:
    assert host_and_port("[fd00::1]:6379") == ("fd00::1", 6379)
    assert host_and_port("n1:80") == ("n1", 80)


@pytest.mark.skipif(not socket.has_dualstack_ipv6(), reason="no IPv6 here")
def test_a_listener_on_ipv6_answers() -> None:
    with socket.create_server(("::1", 0), family=socket.AF_INET6) as server:
        port = server.getsockname()[1]
        assert answers(f"[::1]:{port}", 5)
    assert not answers(f"[::1]:{port}", 5)


def test_jobs_take_different_ports_of_a_range_and_none_that_is_taken() -> None:
    begin = min(
        range(20_000, 30_000, 100),
        key=lambda first: sum(taken(port) for port in range(first, first + 100)),
    )
    allowed = f"{begin}-{begin + 99}"

    first, other = (choose_ports(allowed, 2, job) for job in (7, 8))
    with socket.create_server(("", first["gcs_server_port"])):
        again = choose_ports(allowed, 2, 7)

    assert not ports_of(first) & ports_of(other)
    assert all(begin <= port < begin + 100 for port in ports_of(first) | ports_of(other))
    assert len(ports_of(first)) == 7 + 3 * 2 + 16
    assert first["gcs_server_port"] not in ports_of(again)


def taken(port: int) -> bool:
    return answers(f"127.0.0.1:{port}", 1)


def ports_of(chosen: dict[str, Any]) -> set[int]:
    return {chosen[name] for name in SERVERS} | set(map(int, chosen["worker_port_list"].split(",")))


def test_a_range_that_is_too_small_is_named() -> None:
    port = free_ports(1)[0]

    with pytest.raises(StudyError, match=rf"slurm\.ports.*\b{port}-{port + 9}\b.*\b4\b.*\b27\b"):
        choose_ports(f"{port}-{port + 9}", 4, 7)


def test_a_range_that_is_too_narrow_is_refused_before_a_job_is_queued() -> None:
    check_ports("20000-20026", 4)

    with pytest.raises(StudyError, match=r"slurm\.ports.*\b20000-20025\b.*\b26\b.*\b27\b"):
        check_ports("20000-20025", 4)
