"""Addresses and ports of a study's own Ray on the nodes of a job."""

from __future__ import annotations

import socket
from contextlib import ExitStack, suppress
from itertools import islice
from typing import Any

import psutil

from study.schema import StudyError

WORKERS_A_CORE, MORE_WORKERS = 3, 16
"""Ports for workers: of those that run and of those that replace them, and for the driver and Ray's
own."""


def address_towards(other: str) -> str:
    """This machine's address on the network that leads to another, a name or an address: the one
    that the other can reach.

    Raises
    ------
    StudyError
        The other's name is not known here.
    """
    said: OSError | None = None
    try:
        for family, *_, address in socket.getaddrinfo(other, 9, type=socket.SOCK_DGRAM):
            with suppress(OSError), socket.socket(family, socket.SOCK_DGRAM) as probe:
                probe.connect(address)  # sends nothing: it only asks for the route
                return str(probe.getsockname()[0])
    except OSError as error:
        said = error
    raise StudyError(
        f"{socket.gethostname()} can't reach the node {other}: {said or 'no route'}. SLURM's node names must resolve."
    )


def address_of(interface: str) -> str:
    """This machine's address on a network interface, IPv4 before IPv6.

    Raises
    ------
    StudyError
        There is no such interface, or it has no address that others could reach.
    """
    known = psutil.net_if_addrs()
    for family in (socket.AF_INET, socket.AF_INET6):
        for each in known.get(interface, []):
            if each.family == family and not each.address.startswith("fe80:"):
                return str(each.address)
    raise StudyError(
        f"slurm.interface {interface} has no address on {socket.gethostname()}. Choose one of {', '.join(sorted(known))}."
    )


def host_and_port(address: str) -> tuple[str, int]:
    """Of HOST:PORT, where an IPv6 address stands in brackets."""
    host, _, port = address.rpartition(":")
    return host.strip("[]"), int(port)


def answers(address: str, timeout_s: float) -> bool:
    """Whether something listens at HOST:PORT."""
    with suppress(OSError), socket.create_connection(host_and_port(address), timeout=timeout_s):
        return True
    return False


SERVERS = (
    "gcs_server_port",
    "node_manager_port",
    "object_manager_port",
    "metrics_agent_port",
    "dashboard_agent_listen_port",
    "metrics_export_port",
    "runtime_env_agent_port",
)
"""Ray's own servers on a node, as its parameters call their ports."""


def choose_ports(allowed: str, cpus: int, job: int) -> dict[str, Any]:
    """Free ports of a range such as 20000-20999, by Ray's parameters, from a place in it that is
    the job's.

    Another job may be on this node. `worker_port_list` has those that workers and the driver take.
    Another job may still take one before Ray does; on other nodes Ray is then started again.

    Raises
    ------
    StudyError
        Too few of them are free here.
    """
    first, last = map(int, allowed.split("-"))
    size = len(SERVERS) + WORKERS_A_CORE * cpus + MORE_WORKERS
    least = _least_ports(cpus)
    blocks = max(1, (last + 1 - first) // size)
    begin = first + size * (job % blocks)
    free = list(islice(filter(_is_free, [*range(begin, last + 1), *range(first, begin)]), size))
    if len(free) < least:
        raise StudyError(
            f"slurm.ports {allowed}: {len(free)} of them are free on {socket.gethostname()}, but a job on "
            f"{cpus} cores needs {least}. Name a wider range."
        )
    servers = dict(zip(SERVERS, free, strict=False))
    return servers | {"worker_port_list": ",".join(map(str, free[len(SERVERS) :]))}


def check_ports(allowed: str, cpus: int) -> None:
    """Raise a StudyError where a range has fewer ports than the workers of a node with so many
    cores need.
    """
    first, last = map(int, allowed.split("-"))
    if (there := last + 1 - first) < (least := _least_ports(cpus)):
        raise StudyError(
            f"slurm.ports {allowed} has {there} ports, but a node of {cpus} core{'s' * (cpus > 1)} needs {least}. "
            "Name a wider range."
        )


def _least_ports(cpus: int) -> int:
    return len(SERVERS) + cpus + MORE_WORKERS


def _is_free(port: int) -> bool:
    with suppress(OSError):
        for family in (
            (socket.AF_INET, socket.AF_INET6) if socket.has_dualstack_ipv6() else (socket.AF_INET,)
        ):
            socket.create_server(("", port), family=family).close()
        return True
    return False


def free_ports(count: int) -> list[int]:
    """Ports that are free now. Another job may take one before Ray does; Ray is then started again."""
    with ExitStack() as stack:
        return [
            stack.enter_context(socket.create_server(("", 0))).getsockname()[1]
            for _ in range(count)
        ]
