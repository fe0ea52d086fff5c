"""A copy of the workflow in its own folder, run by Snakemake as a user would."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


class Workflow:
    """A copy of the workflow in its own folder, run by Snakemake as a user would."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @classmethod
    def copied_to(cls, folder: Path) -> "Workflow":
        """The project's files, copied into `folder`."""
        for name in ("Snakefile", "workflow", "rules", "envs", "config", "scripts", "deepexpr",
                     "report", "profiles"):  # fmt: skip
            source = ROOT / name
            copy = shutil.copytree if source.is_dir() else shutil.copy
            copy(source, folder / name)
        return cls(folder)

    def command(self, *arguments: str, cores: int = 2) -> list[str]:
        """Snakemake in this copy."""
        base = [sys.executable, "-m", "snakemake", "--cores", str(cores)]
        return [*base, "--rerun-incomplete", *arguments]

    def environment(self) -> dict[str, str]:
        """The environment without the test run's own settings."""
        kept = {k: v for k, v in os.environ.items() if not k.startswith("PYTEST")}
        kept["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{kept['PATH']}"
        return kept

    def run(self, *arguments: str, cores: int = 2, timeout: float = 2000) -> str:
        """Run Snakemake, assert that it ends well and return what it printed."""
        result = self.attempt(*arguments, cores=cores, timeout=timeout)
        assert result.returncode == 0, result.stdout[-5000:]
        return result.stdout

    def attempt(self, *arguments: str, cores: int = 2, timeout: float = 2000):
        """Run Snakemake and return the finished process, output and errors together."""
        return subprocess.run(
            self.command(*arguments, cores=cores),
            cwd=self.folder,
            env=self.environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=timeout,
            check=False,
        )
