"""A copy of the workflow whose jobs go to a cluster."""

import sys
from dataclasses import dataclass
from pathlib import Path

import yaml
from private_slurm import PrivateSlurm
from workflow_copy import Workflow

IMPATIENT = Path(__file__).with_name("impatient_snakemake.py")


@dataclass
class SlurmWorkflow(Workflow):
    """A copy of the workflow whose jobs go to `cluster`, with the profile that is shipped."""

    folder: Path
    cluster: PrivateSlurm

    def command(self, *arguments: str, cores: int = 2) -> list[str]:
        """Snakemake with profiles/slurm; what differs from it is this cluster's size and that it
        has no accounting, and that the queue is looked at every second."""
        site = [
            "--slurm-status-command", "squeue",
            "--slurm-init-seconds-before-status-checks", "1",
            "--cores", str(self.cluster.cpus),
            "--resources", f"mem_mb={self.cluster.memory}",
            "--set-threads", *(f"{rule}=1" for rule in self.threaded_rules()),
        ]  # fmt: skip
        base = [sys.executable, str(IMPATIENT), "--profile", "profiles/slurm"]
        return [*base, *arguments, *site]

    def threaded_rules(self) -> list[str]:
        """Rules to which the profile gives several cores, more than this node has."""
        profile = yaml.safe_load((self.folder / "profiles/slurm/config.yaml").read_text())
        return list(profile["set-threads"])

    def environment(self) -> dict[str, str]:
        """The test run's, with the cluster's commands first on PATH."""
        kept = super().environment()
        kept["PATH"] = f"{self.cluster.folder / 'bin'}:{kept['PATH']}"
        return kept

    def records(self, rule: str) -> list[dict[str, str]]:
        """The job records of one rule in this folder, in order of submission."""
        return [
            job
            for job in self.cluster.jobs()
            if job["WorkDir"] == str(self.folder) and f"rule_{rule}" in job["Comment"]
        ]
