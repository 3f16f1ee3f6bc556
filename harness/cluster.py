"""A real SLURM of several nodes on this machine: a namespace a host, with its own network,
processes, /tmp and /dev/shm.

The home that all hosts share is `Cluster.home`. CPUs are claimed, not confined; memory is, where
`harness.groups` can be made. A job of the partition `urgent` preempts those of `main`, which SLURM
queues again, and of `spare`, which it does not.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from harness import groups

ROOT = Path(__file__).parents[1]
NEEDED = ("slurmctld", "slurmd", "munged", "sbatch", "ip", "unshare", "nsenter", "setpriv")
SPACES = ("--net", "--uts", "--mount", "--ipc", "--pid", "--cgroup")
PACKAGES = "slurmctld slurmd slurm-client munge iproute2 util-linux"
WAIT_S = 60
OWN = ("/tmp", "/root", "/home")
"""Folders that every host has one of its own of, which all users may pass."""
GUEST, GUEST_ID = "guest", 29_999
"""A user of all hosts beside root."""

CONF = """
ClusterName=test
SlurmctldHost=ctl({controller})
SlurmUser=root
AuthType=auth/munge
AuthInfo=cred_expire=5
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/%n/spool
SlurmctldPidFile=/run/slurmctld.pid
SlurmdPidFile=/run/slurmd.pid
SlurmctldLogFile={folder}/ctl/slurmctld.log
SlurmdLogFile={folder}/%n/slurmd.log
ProctrackType=proctrack/{proctrack}
TaskPlugin=task/{task}
JobAcctGatherType=jobacct_gather/none
MpiDefault=none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core_Memory
DefMemPerCPU=2000
SchedulerParameters=batch_sched_delay=0,sched_interval=1,bf_interval=1
SlurmdParameters=config_overrides
ReturnToService=2
SlurmdTimeout=30
KillWait=15
GresTypes=gpu
NodeName=n[1-{nodes}] CPUs=4 RealMemory=8000 Gres=gpu:none:2
PreemptType=preempt/partition_prio
PreemptMode=REQUEUE
PartitionName=DEFAULT Nodes=ALL MaxTime=INFINITE State=UP
PartitionName=main Default=YES PriorityTier=1
PartitionName=spare PriorityTier=1 PreemptMode=CANCEL
PartitionName=urgent PriorityTier=2 PreemptMode=OFF
"""


def missing() -> str | None:
    """Why no cluster can be started here, if so."""
    if os.geteuid() != 0:
        return "a SLURM of namespaces needs root"
    lacking = [
        name
        for name in NEEDED
        if shutil.which(name, path=f"{os.environ['PATH']}:/usr/sbin") is None
    ]
    if lacking:
        return f"not installed: {', '.join(lacking)}; on Debian: apt-get install {PACKAGES}"
    tried = subprocess.run(
        ["unshare", *SPACES, "--fork", "true"], capture_output=True, text=True, check=False
    )
    return f"this root may make no namespaces: {tried.stderr.strip()}" if tried.returncode else None


def wait_until(
    true: Callable[[], object], what: str | Callable[[], str], seconds: float = WAIT_S
) -> None:
    """Wait for something to become true; what: told where it does not, or asked for then, so that
    it names the last state.
    """
    until = time.monotonic() + seconds
    while not true():
        late = time.monotonic() >= until
        assert not late, f"not within {seconds:g} s: {what if isinstance(what, str) else what()}"
        time.sleep(0.2)


class Cluster:
    """Hosts `ctl` (the controller, and the login node) and `n1` to `nN`."""

    def __init__(self, nodes: int) -> None:
        self.nodes = [f"n{i + 1}" for i in range(nodes)]
        self.folder = Path(
            tempfile.mkdtemp(prefix="slurm-", dir="/var/tmp")
        )  # short: sockets lie below it
        self.home = self.folder / "home"
        self.home.mkdir()
        (self.folder / "state").mkdir()
        self.confined = groups.missing() is None
        proctrack, task, plugin = (
            ("cgroup", "cgroup", "cgroup/v1")
            if self.confined
            else ("linuxproc", "none", "disabled")
        )
        (self.folder / "slurm.conf").write_text(
            CONF.format(
                controller=self.address("ctl"),
                folder=self.folder,
                nodes=nodes,
                proctrack=proctrack,
                task=task,
            )
        )
        (self.folder / "cgroup.conf").write_text(f"CgroupPlugin={plugin}\nConstrainRAMSpace=yes\n")
        gpus = "".join(
            f"Name=gpu Type=none File=/dev/{file}\n" for file in ("zero", "full")
        )  # SLURM only counts them
        (self.folder / "gres.conf").write_text(gpus)
        hosts = [f"{self.address(name)} {name}" for name in ("ctl", *self.nodes)]
        self.folder.chmod(0o755)
        self.guest_home.mkdir()
        os.chown(self.guest_home, GUEST_ID, GUEST_ID)
        for name, line in (
            ("passwd", f"{GUEST}:x:{GUEST_ID}:{GUEST_ID}::{self.guest_home}:/bin/sh"),
            ("group", f"{GUEST}:x:{GUEST_ID}:"),
        ):
            (self.folder / name).write_text(Path("/etc", name).read_text() + line + "\n")
        (self.folder / "hosts").write_text("\n".join(["127.0.0.1 localhost", *hosts]) + "\n")
        key = self.folder / "munge.key"
        key.touch(mode=0o600)
        key.write_bytes(os.urandom(128))
        self.hosts: dict[str, subprocess.Popen[bytes]] = {}

    def address(self, name: str) -> str:
        return f"10.78.0.{100 if name == 'ctl' else name[1:]}"

    @property
    def guest_home(self) -> Path:
        """The other user's home."""
        return self.home / GUEST

    @property
    def shared(self) -> list[Path]:
        """Folders that all hosts see: the project, its environment and Python, where they lie in a
        folder of OWN.
        """
        found = (ROOT, Path(sys.executable).parents[1], Path(sys.base_prefix))
        return [path for path in found if any(path.is_relative_to(own) for own in OWN)]

    @property
    def environment(self) -> dict[str, str]:
        paths = f"{Path(sys.executable).parent}:{os.environ['PATH']}:/usr/sbin:/sbin"
        return os.environ | {
            "SLURM_CONF": f"{self.folder}/slurm.conf",
            "PATH": paths,
            "PYTHONPATH": str(ROOT),
        }

    def up(self) -> None:
        """Start everything."""
        for name in ("ctl", *self.nodes):
            self.boot(name)
        wait_until(self.is_idle, "all nodes idle")

    def down(self) -> None:
        """End everything."""
        for name in [*self.nodes, "ctl"]:
            if name in self.hosts:
                self.power_off(name)
        shutil.rmtree(self.folder)

    def is_idle(self) -> bool:
        """Whether no job is queued, running or completing, and every node would take one."""
        idle = self.login("sinfo", "-hN", "-t", "idle", "-o", "%N", check=False).stdout.split()
        return set(idle) == set(self.nodes) and self.login("squeue", "-h", check=False).stdout == ""

    def boot(self, name: str) -> None:
        """Start a host and plug it in."""
        own = groups.make(f"{self.folder.name}-{name}") if self.confined else []
        command = [
            "setpriv",
            "--pdeathsig",
            "KILL",
            "unshare",
            *SPACES,
            "--fork",
            "--kill-child",
            "--mount-proc",
        ]
        script = [ROOT / "harness/host.sh", name, self.address(name), self.folder, *self.shared]
        (self.folder / name).mkdir(exist_ok=True)
        with (self.folder / name / "host.log").open("ab") as log:
            self.hosts[name] = subprocess.Popen(
                [*groups.entering(own), *command, "--propagation", "private", *map(str, script)],
                env=self.environment | {"GROUPS_OF_HOST": " ".join(map(str, own)), "OWN": " ".join(OWN)},
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
            )  # fmt: skip
        wait_until(lambda: self._first_pid(name), f"{name} has started")
        if name == "ctl":
            wait_until(
                lambda: not self.on("ctl", "ip", "link", "show", "eth0", check=False).returncode,
                "the switch is there",
            )
        else:
            ends = ["ip", "link", "add", name, "netns", self._first_pid("ctl"), "type", "veth"]
            subprocess.run(
                [*ends, "peer", "name", "eth0", "netns", self._first_pid(name)], check=True
            )
            self.on("ctl", "ip", "link", "set", name, "master", "eth0", "up")

    def _first_pid(self, name: str) -> str:
        unshare = self.hosts[name].pid
        children = Path(f"/proc/{unshare}/task/{unshare}/children").read_text().split()
        return children[0] if children else ""

    def power_off(self, name: str) -> None:
        """End a host as a power cut does: nothing says goodbye on the network."""
        if name != "ctl":
            self.on("ctl", "ip", "link", "delete", name)
        host = self.hosts.pop(name)
        host.kill()
        host.wait()
        groups.remove(f"{self.folder.name}-{name}")

    def cut(self, name: str) -> None:
        """Pull a node's network cable; its processes live on."""
        self.on("ctl", "ip", "link", "set", name, "down")

    def heal(self, name: str) -> None:
        """Plug it in again."""
        self.on("ctl", "ip", "link", "set", name, "up")

    def wire(self, one: str, other: str) -> None:
        """Lay a second network between two nodes, as eth1, of IPv6 alone."""
        ends = (
            f"netns {self._first_pid(one)} type veth",
            f"peer name eth1 netns {self._first_pid(other)}",
        )
        subprocess.run(f"ip link add eth1 {' '.join(ends)}".split(), check=True)
        for name in (one, other):
            self.on(name, "ip", "address", "add", f"fd79::{name[1:]}/64", "dev", "eth1", "nodad")
            self.on(name, "ip", "link", "set", "eth1", "up")

    def unwire(self, name: str) -> None:
        """Take the second network of a node, and of the other end, away."""
        self.on(name, "ip", "link", "delete", "eth1")

    def on(
        self, name: str, *command: str | Path, cwd: Path | None = None, check: bool = True
    ) -> subprocess.CompletedProcess[str]:
        """Run a command on a host, in the shared home."""
        enter = [
            "nsenter",
            "--target",
            self._first_pid(name),
            *SPACES,
            f"--wdns={cwd or self.home}",
        ]
        return subprocess.run(
            [*enter, "--", *map(str, command)],
            env=self.environment, capture_output=True, text=True, check=check, timeout=300,
        )  # fmt: skip

    def login(
        self, *command: str | Path, cwd: Path | None = None, check: bool = True
    ) -> subprocess.CompletedProcess[str]:
        """Run a command on the login node."""
        return self.on("ctl", *command, cwd=cwd, check=check)

    def as_guest(
        self, *command: str | Path, cwd: Path | None = None
    ) -> subprocess.CompletedProcess[str]:
        """Run a command of the other user on the login node."""
        user = [
            "setpriv",
            f"--reuid={GUEST_ID}",
            f"--regid={GUEST_ID}",
            "--clear-groups",
            "env",
            f"HOME={self.guest_home}",
        ]
        return self.login(*user, f"USER={GUEST}", *command, cwd=cwd)

    def processes(self, name: str) -> list[str]:
        """Command lines on a node, without those that make it one."""
        own = ("slurmd", "munged", "host.sh", "sleep 3600", "ps --no-headers")
        lines = self.on(name, "ps", "--no-headers", "-wweo", "args").stdout.splitlines()
        return [line for line in lines if not any(word in line for word in own)]

    def scratch(self, name: str) -> list[str]:
        """What lies in a node's own /tmp, without the shared folders."""
        names = self.on(name, "ls", "/tmp").stdout.split()
        return [
            entry
            for entry in names
            if not any(path.is_relative_to(f"/tmp/{entry}") for path in self.shared)
        ]

    def restart_controller(self, seconds: float) -> None:
        """End slurmctld, and start it again after a while."""
        pid = self.on("ctl", "cat", "/run/slurmctld.pid").stdout.strip()
        self.on("ctl", "kill", pid)
        time.sleep(seconds)
        self.on("ctl", "slurmctld")
