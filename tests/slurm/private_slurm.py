"""A private SLURM of one node on this machine, to run the pipeline through a real scheduler.

The daemons run in the foreground as children, with their configuration, state and sockets in
one folder; nothing of a SLURM that this machine may already have is read or changed.
"""

from __future__ import annotations

import os
import re
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from pathlib import Path

from bootstrap.shell import SetupError
from bootstrap.slurm import CLIENTS, find_program

#: Accounting needs a database server; without one, jobs stay in slurmctld's memory for a day
#: and `scontrol show job` is their record. Memory is watched by sampling, every 2 s, and a job
#: over its request is killed, as cgroups do on a real cluster.
CONFIGURATION = """\
ClusterName=deepexpr
SlurmctldHost=localhost
SlurmctldPort={controller_port}
SlurmdPort={node_port}
AuthType=auth/munge
AuthInfo=socket={folder}/munge/socket
CredType=cred/munge
SlurmUser={user}
SlurmdUser={user}
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.pid
SlurmctldLogFile={folder}/slurmctld.log
SlurmdLogFile={folder}/slurmd.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
MpiDefault=none
ReturnToService=2
SelectType=select/cons_tres
SelectTypeParameters=CR_Core_Memory
GresTypes=gpu
JobAcctGatherType=jobacct_gather/linux
JobAcctGatherFrequency=task=2
JobAcctGatherParams=OverMemoryKill
AccountingStorageType=accounting_storage/none
JobCompType=jobcomp/filetxt
JobCompLoc={folder}/finished_jobs.txt
MinJobAge=86400
SlurmdTimeout=30
KillWait=2
SchedulerParameters=sched_interval=2
NodeName=localhost CPUs={cpus} RealMemory={memory} Gres=gpu:1 State=UNKNOWN
PartitionName=main Nodes=ALL Default=YES MaxTime=INFINITE State=UP
"""
#: gres.conf: one GPU that is none.
GPU = "AutoDetect=off\nNodeName=localhost Name=gpu File=/dev/null\n"


class PrivateSlurm:
    """One node of `cpus` cores, `memory` MB and one fake GPU, from start() to stop().

    Its folder is a temporary one of its own: munge wants every folder above its socket open to
    all, and sockets have short paths.
    """

    def __init__(self, cpus: int | None = None, memory: int | None = None) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="slurm-"))
        self.cpus = cpus or os.cpu_count() or 1
        pages = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
        self.memory = memory or int(0.9 * pages / 2**20)
        self.processes: dict[str, subprocess.Popen] = {}

    def start(self) -> None:
        """Write the configuration, start the daemons and wait until the node takes jobs."""
        self._write_configuration()
        self._start("munged", *self._munge_options())
        self._wait_for("munge", lambda: (self.folder / "munge" / "socket").exists())
        self._start("slurmctld", "-D", "-f", str(self.folder / "slurm.conf"))
        self.start_node()

    def start_node(self) -> None:
        """Start slurmd and wait until its node takes jobs."""
        self._start("slurmd", "-D", "-N", "localhost", "-f", str(self.folder / "slurm.conf"))
        self._wait_for("the node", lambda: self.node_state() in ("idle", "mixed", "allocated"))

    def kill_node(self) -> None:
        """End slurmd as a crash would, by SIGKILL; running jobs lose their node's daemon."""
        process = self.processes.pop("slurmd")
        process.send_signal(signal.SIGKILL)
        process.wait()

    def stop(self) -> None:
        """Cancel what still runs, end each daemon by its process id, remove the folder."""
        if "slurmctld" in self.processes and "slurmd" in self.processes:
            self._client("scancel", "--partition=main", check=False)
            self._wait_for("jobs to end", lambda: not self._client("squeue", "-h"), fatal=False)
        for process in reversed(self.processes.values()):
            process.terminate()
            try:
                process.wait(timeout=20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        self.processes.clear()
        shutil.rmtree(self.folder, ignore_errors=True)

    def misses_its_node(self) -> bool:
        """Whether the controller has noticed that the node does not answer."""
        state = self._client("sinfo", "-h", "-o", "%T", check=False).strip()
        return state.endswith("*") or state.startswith("down")

    def node_state(self) -> str:
        """The node's state as sinfo says it: idle, mixed, allocated, down ..."""
        return self._client("sinfo", "-h", "-o", "%T", check=False).strip().rstrip("*")

    def jobs(self) -> list[dict[str, str]]:
        """The record of every job, in order of submission: scontrol's fields and the rules' names.

        The executor writes rule_ and the rule's or the group's name into Comment.
        """
        lines = self._client("scontrol", "show", "job", "-d", "-o").splitlines()
        fields = (re.findall(r"(\S+?)=(.*?) *(?= \S+?=|$)", line) for line in lines)
        found = [dict(each) for each in fields if each]
        return sorted(found, key=lambda record: int(record["JobId"]))

    def cancel(self, job: str) -> None:
        """scancel one job."""
        self._client("scancel", job)

    def _start(self, name: str, *options: str) -> None:
        with open(self.folder / f"{name}.out", "ab") as log:
            self.processes[name] = subprocess.Popen(
                [find_program(name), *options], stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                cwd=self.folder, start_new_session=True,
            )  # fmt: skip

    def _client(self, name: str, *options: str, check: bool = True) -> str:
        result = subprocess.run(
            [str(self.folder / "bin" / name), *options],
            capture_output=True, text=True, check=False, timeout=60,
        )  # fmt: skip
        if check and result.returncode:
            raise SetupError(f"{name} {' '.join(options)} failed: {result.stderr.strip()}")
        return result.stdout

    def _wait_for(self, what: str, ready, seconds: float = 300, fatal: bool = True) -> None:
        deadline = time.monotonic() + seconds
        while not ready():
            dead = [name for name, process in self.processes.items() if process.poll() is not None]
            if fatal and (dead or time.monotonic() > deadline):
                raise SetupError(f"The private SLURM did not start ({what}).\n{self._last_words()}")
            if time.monotonic() > deadline:
                return
            time.sleep(0.2)

    def _last_words(self) -> str:
        logs = sorted([*self.folder.glob("*.out"), *self.folder.glob("*.log")])
        return "\n".join(f"{log.name}: {log.read_text(errors='replace')[-600:]}" for log in logs)

    def _munge_options(self) -> list[str]:
        own = self.folder / "munge"
        files = {"key-file": "key", "socket": "socket", "pid-file": "pid", "seed-file": "seed"}
        options = [f"--{option}={own / name}" for option, name in files.items()]
        return ["--foreground", f"--log-file={own / 'log'}", *options]

    def _write_configuration(self) -> None:
        self.folder.chmod(0o755)  # munge refuses a socket that others cannot reach
        for name in ("munge", "state", "spool", "bin"):
            (self.folder / name).mkdir(mode=0o755)
        key = self.folder / "munge" / "key"
        key.touch(mode=0o600)
        key.write_bytes(secrets.token_bytes(128))
        controller, node = _free_ports(2)
        (self.folder / "slurm.conf").write_text(
            CONFIGURATION.format(
                folder=self.folder, user="root", cpus=self.cpus, memory=self.memory,
                controller_port=controller, node_port=node,
            )
        )  # fmt: skip
        (self.folder / "gres.conf").write_text(GPU)
        for name in CLIENTS:
            # The executor and its jobs drop SLURM_* variables; a launcher sets this one anew.
            launcher = self.folder / "bin" / name
            launcher.write_text(
                f"#!/bin/sh\nexport SLURM_CONF='{self.folder}/slurm.conf'\n"
                f'exec {find_program(name)} "$@"\n'
            )
            launcher.chmod(0o755)


def _free_ports(number: int) -> list[int]:
    sockets = [socket.socket() for _ in range(number)]
    try:
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in sockets]
    finally:
        for each in sockets:
            each.close()
