"""Addresses and ports of a study's own Ray on the nodes of a job."""

from __future__ import annotations

import socket
from contextlib import ExitStack, suppress
from dataclasses import dataclass

import psutil

from study.schema import StudyError

N_SERVERS = 7
"""Ports that Ray's own servers take on a node: those of `Ports`, but the workers'."""
WORKERS_A_CORE, MORE_WORKERS = 3, 16
"""Ports for workers: of those that run and of those that replace them, and for the driver and Ray's own."""


def address_towards(other: str) -> str:
    """This machine's address on the network that leads to another, a name or an address: the one that the other can reach.

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
        f"{socket.gethostname()} finds no way to the node {other}: {said or 'no route'}. SLURM's node names must resolve."
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
        f"slurm.interface is {interface}, which has no address on {socket.gethostname()}. It has {', '.join(sorted(known))}."
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


@dataclass(frozen=True)
class Ports:
    """Ports of Ray on one node. workers: those that its workers and the driver take."""

    gcs: int
    node_manager: int
    object_manager: int
    agent_grpc: int
    agent_http: int
    metrics: int
    environments: int
    workers: tuple[int, ...]

    @property
    def worker_list(self) -> str:
        """The workers', as Ray reads them."""
        return ",".join(map(str, self.workers))

    @classmethod
    def choose(cls, allowed: str, cpus: int, job: int) -> Ports:
        """Free ports of a range such as 20000-20999, from a place in it that is the job's: another job may be on this node.

        Another one may still take one before Ray does; on other nodes Ray is then started again.

        Raises
        ------
        StudyError
            Too few of them are free here.
        """
        first, last = map(int, allowed.split("-"))
        size, least = N_SERVERS + WORKERS_A_CORE * cpus + MORE_WORKERS, _least_ports(cpus)
        blocks = max(1, (last + 1 - first) // size)
        begin = first + size * (job % blocks)
        free: list[int] = []
        for port in [*range(begin, last + 1), *range(first, begin)]:
            if len(free) == size:
                break
            if _is_free(port):
                free.append(port)
        if len(free) < least:
            raise StudyError(
                f"slurm.ports is {allowed}, of which {len(free)} are free on {socket.gethostname()}; "
                f"{cpus} cores need {least}, and each job beside it as many."
            )
        gcs, node, objects, grpc, http, metrics, environments, *workers = free
        return cls(gcs, node, objects, grpc, http, metrics, environments, tuple(workers))


def check_ports(allowed: str, cpus: int) -> None:
    """Raise a StudyError where a range has fewer ports than the workers of a node with so many cores need."""
    first, last = map(int, allowed.split("-"))
    if (there := last + 1 - first) < (least := _least_ports(cpus)):
        raise StudyError(
            f"slurm.ports is {allowed}, which are {there}; a node of {cpus} core{'s' * (cpus > 1)} needs {least}. "
            "Name a wider range."
        )


def _least_ports(cpus: int) -> int:
    return N_SERVERS + cpus + MORE_WORKERS


def _is_free(port: int) -> bool:
    with suppress(OSError):
        for family in (socket.AF_INET, socket.AF_INET6) if socket.has_dualstack_ipv6() else (socket.AF_INET,):
            socket.create_server(("", port), family=family).close()
        return True
    return False


def free_ports(count: int) -> list[int]:
    """Ports that are free now. Another job may take one before Ray does; Ray is then started again."""
    with ExitStack() as stack:
        return [stack.enter_context(socket.create_server(("", 0))).getsockname()[1] for _ in range(count)]
