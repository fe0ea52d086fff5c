"""Debian packages without root: an own package list, downloaded and unpacked into a folder."""

from __future__ import annotations

import re
import tempfile
from pathlib import Path

from bootstrap.shell import SetupError, run


def unpack_packages(packages: list[str], prefix: Path) -> None:
    """Unpack `packages` and those of their dependencies that are not installed into `prefix`."""
    prefix.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        options = _private_options(Path(folder))
        try:
            run(["apt-get", *options, "update", "-qq"])
            plan = run(["apt-get", *options, "-s", "install", "--no-install-recommends", *packages])
            names = re.findall(r"^Inst (\S+)", plan, flags=re.MULTILINE)
            run(["apt-get", *options, "download", *(names or packages)], cwd=folder)
        except SetupError as error:
            raise SetupError(
                f"The Debian packages {', '.join(packages)} could not be downloaded.\n{error}"
            ) from error
        for archive in sorted(Path(folder).glob("*.deb")):
            run(["dpkg-deb", "-x", str(archive), str(prefix)])


def _private_options(folder: Path) -> list[str]:
    """apt with its lists and cache in `folder`; what is installed is still read from the system."""
    for name in ("lists/partial", "cache/archives/partial"):
        (folder / name).mkdir(parents=True)
    return [
        "-o", f"Dir::State::lists={folder}/lists",
        "-o", f"Dir::Cache={folder}/cache",
        "-o", "Debug::NoLocking=1",
        "-o", "APT::Sandbox::User=",
    ]  # fmt: skip
