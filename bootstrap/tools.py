"""kallisto, bowtie and samtools: found, or installed by the first way that works.

The order: already on PATH; an existing conda or mamba (the pipeline then runs with
--use-conda); apt as root; Debian packages unpacked into .tools without root; else an error.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from bootstrap.debian import unpack_packages
from bootstrap.environment import VENV
from bootstrap.shell import ROOT, SetupError, run, say, works

PREFIX = ROOT / ".tools"
BIN = PREFIX / "bin"
#: Tool -> (programs it must provide, command that prints the version).
TOOLS = {
    "kallisto": (("kallisto",), ["kallisto", "version"]),
    "bowtie": (("bowtie", "bowtie-build"), ["bowtie", "--version"]),
    "samtools": (("samtools",), ["samtools", "--version"]),
}
DRIVER = "chromedriver"  # of the Debian package chromium-driver, which brings Chromium along
CONDA_FLOOR = (24, 7, 1)  # the oldest conda that Snakemake 9 accepts


@dataclass(frozen=True)
class Backend:
    """Where the tools come from; `use_conda` says whether Snakemake makes the environments."""

    sources: dict[str, str]
    use_conda: bool = False

    def describe(self) -> list[str]:
        """One line per tool: name, version, source."""
        if self.use_conda:
            return [f"{tool:<10} as pinned in envs/, by conda" for tool in TOOLS]
        return [
            f"{tool:<10} {tool_version(tool):<10} {source}" for tool, source in self.sources.items()
        ]


def ensure_tools() -> Backend:
    """Find or install the tools and return where each comes from."""
    os.environ["PATH"] = os.pathsep.join([str(BIN), os.environ["PATH"]])
    missing = [tool for tool in TOOLS if not _present(tool)]
    if missing and _usable_conda():
        return Backend({}, use_conda=True)
    if missing:
        _install(missing)
    still = [tool for tool in TOOLS if not _present(tool)]
    if still:
        raise SetupError(_advice(still))
    return Backend({tool: _source(tool, tool in missing) for tool in TOOLS})


def ensure_browser() -> str:
    """Chromium with its driver, which the report is tested with; where it comes from, in words.

    Installed by apt as root only: without it the tests of the report skip, and nothing else does.
    """
    if not shutil.which(DRIVER) and shutil.which("apt-get") and os.geteuid() == 0:
        try:
            apt_install(["chromium-driver"])
        except SetupError as error:
            say(f"Chromium could not be installed.\n{error}")
    found = shutil.which(DRIVER)
    return found or "not found: the report is not tested (fix: apt-get install chromium-driver)"


def tool_version(tool: str) -> str:
    """The version a tool prints of itself, or "unknown"."""
    result = subprocess.run(
        TOOLS[tool][1],
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
        stdin=subprocess.DEVNULL,
    )
    found = re.search(r"\d+\.\d+(\.\d+)*", result.stdout + result.stderr)
    return found.group() if found else "unknown"


def _present(tool: str) -> bool:
    return all(shutil.which(program) for program in TOOLS[tool][0]) and works(TOOLS[tool][1])


def _usable_conda() -> bool:
    for program in ("conda", "mamba"):
        if not shutil.which(program):
            continue
        try:
            text = run([program, "--version"])
        except SetupError:
            continue
        version = tuple(map(int, re.findall(r"\d+", text)[:3]))
        if program == "conda" and version >= CONDA_FLOOR:
            return True
        say(f"Found {text.strip()}, but Snakemake needs conda 24.7.1 or newer; not used.")
    return False


def _install(missing: list[str]) -> None:
    if not shutil.which("apt-get"):
        raise SetupError(_advice(missing))
    if os.geteuid() == 0:
        apt_install(missing)
    else:
        say(
            f"Unpacking Debian's {', '.join(missing)} into {PREFIX.relative_to(ROOT)} (no root) ..."
        )
        unpack_packages(missing, PREFIX / "debian")
        for tool in missing:
            _write_launchers(tool)


def apt_install(packages: list[str]) -> None:
    """Install Debian packages as root."""
    say(f"Installing {', '.join(packages)} with apt ...")
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    run(["apt-get", "update", "-qq"], env=environment)
    run(["apt-get", "install", "-y", "-qq", "--no-install-recommends", *packages], env=environment)


def _write_launchers(tool: str) -> None:
    """Programs in .tools/bin that find their unpacked libraries."""
    BIN.mkdir(parents=True, exist_ok=True)
    unpacked = PREFIX / "debian"
    folders = {path.parent for path in unpacked.rglob("*.so*")}
    libraries = ":".join(sorted(map(str, folders)))
    for program in sorted(unpacked.glob(f"usr/bin/{tool}*")):
        launcher = BIN / program.name
        launcher.write_text(
            "#!/bin/sh\n"
            f'LD_LIBRARY_PATH="{libraries}${{LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}}"\n'
            "export LD_LIBRARY_PATH\n"
            f'exec "{program}" "$@"\n'
        )
        launcher.chmod(0o755)
        # Found too where only the environment was activated.
        link = VENV / "bin" / program.name
        link.unlink(missing_ok=True)
        link.symlink_to(launcher)


def _source(tool: str, installed_now: bool) -> str:
    path = Path(shutil.which(TOOLS[tool][0][0]))
    if BIN in path.parents:
        return f"Debian package unpacked into {PREFIX.relative_to(ROOT)}"
    return f"{path} (installed by apt now)" if installed_now else f"{path} (was there)"


def _advice(tools: list[str]) -> str:
    names = " ".join(tools)
    return (
        f"{', '.join(tools)} not found, and no way to install them here.\n"
        f"  fix: one of\n"
        f"    apt-get install {names}                       (Debian or Ubuntu, as root)\n"
        f"    conda install -c conda-forge -c bioconda {names}\n"
        f"  or put conda 24.7.1 or newer on PATH, and run again."
    )


def record(backend: Backend) -> None:
    """Write the backend of each tool to .tools/backends.json."""
    PREFIX.mkdir(exist_ok=True)
    content = {"use_conda": backend.use_conda, "sources": backend.sources}
    (PREFIX / "backends.json").write_text(json.dumps(content, indent=1) + "\n")
