"""SLURM and munge from Debian, for the tests that run the pipeline through a real scheduler."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from bootstrap.shell import SetupError, say
from bootstrap.tools import apt_install

#: Debian packages, and the programs of them that are needed.
PACKAGES = ("slurm-wlm", "munge")
DAEMONS = ("munged", "slurmctld", "slurmd")
CLIENTS = ("sbatch", "srun", "squeue", "scancel", "scontrol", "sinfo", "sacct")
SYSTEM_FOLDERS = ("/usr/local/sbin", "/usr/sbin", "/sbin")


def missing_programs() -> list[str]:
    """Programs of SLURM and munge that are not on this machine."""
    return [name for name in (*DAEMONS, *CLIENTS) if find_program(name) is None]


def why_not_installable() -> str | None:
    """Why SLURM cannot be had here; None where it is there or apt can install it as root."""
    if not missing_programs():
        return None if os.geteuid() == 0 else "SLURM's daemons need root, and this is not root"
    if not shutil.which("apt-get"):
        return "SLURM is not installed, and without apt-get it is not installed from here"
    if os.geteuid() != 0:
        return f"installing {' and '.join(PACKAGES)} with apt needs root"
    return None


def install_slurm_where_possible() -> None:
    """Install SLURM for the tests; where that cannot be, say why they will be skipped."""
    try:
        ensure_slurm()
    except SetupError as error:
        say(f"The tests through SLURM will be skipped. {error}")


def ensure_slurm() -> None:
    """Install SLURM with apt where it is absent; SetupError where that cannot be."""
    reason = why_not_installable()
    if reason:
        raise SetupError(f"No SLURM to test with: {reason}.\n  fix: run as root on Debian/Ubuntu")
    if not missing_programs():
        return
    with _services_kept_off():
        apt_install(list(PACKAGES))
    if missing_programs():
        raise SetupError(f"apt installed no {', '.join(missing_programs())}.")


class _services_kept_off:
    """While packages are installed, Debian's policy file keeps their services from starting."""

    path = Path("/usr/sbin/policy-rc.d")

    def __enter__(self) -> None:
        self.mine = not self.path.exists()
        if self.mine:
            self.path.write_text("#!/bin/sh\nexit 101\n")
            self.path.chmod(0o755)

    def __exit__(self, *_) -> None:
        if self.mine:
            self.path.unlink(missing_ok=True)


def find_program(name: str) -> str | None:
    """Path of a program, looked for also where Debian puts daemons; None where it is not."""
    return shutil.which(name, path=os.pathsep.join([os.environ["PATH"], *SYSTEM_FOLDERS]))
