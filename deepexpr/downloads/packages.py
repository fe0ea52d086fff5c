"""Example data that travels inside Python packages, pinned by version and SHA-256."""

import logging
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Sequence
from pathlib import Path

from deepexpr.errors import InputError
from deepexpr.files import atomic_path

logger = logging.getLogger(__name__)


def fetch_package_files(
    name: str, version: str, sha256: str, folder: str, members: Sequence[str], output: str | Path
) -> None:
    """Take `members` of `folder` inside the wheel name==version and put them into `output`.

    pip compares the wheel with `sha256` (hex) and refuses another file.
    """
    with tempfile.TemporaryDirectory() as temporary:
        wheel = _download_wheel(name, version, sha256, Path(temporary))
        with zipfile.ZipFile(wheel) as archive:
            for member in members:
                _extract(archive, f"{folder}/{member}", Path(output) / member)
    logger.info("%s %s: %d files to %s", name, version, len(members), output)


def _download_wheel(name: str, version: str, sha256: str, folder: Path) -> Path:
    requirement = folder / "requirement.txt"
    requirement.write_text(f"{name}=={version} --hash=sha256:{sha256}\n")
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps"]
    command += ["--only-binary", ":all:", "--require-hashes", "-r", str(requirement)]
    result = subprocess.run(
        [*command, "--dest", str(folder)], capture_output=True, text=True, check=False
    )
    if result.returncode:
        raise InputError(
            f"The package {name} {version} could not be downloaded.",
            found=result.stderr.strip()[-600:],
            fix="Check the network and pip's settings; the SHA-256 in the configuration must be "
            "that of the published wheel.",
        )
    return next(folder.glob("*.whl"))


def _extract(archive: zipfile.ZipFile, member: str, path: Path) -> None:
    try:
        source = archive.open(member)
    except KeyError as error:
        raise InputError(
            f"The package does not hold {member}.",
            where=str(archive.filename),
            fix="Correct packages.*.folder and members in the configuration.",
        ) from error
    with source, atomic_path(path) as temporary, open(temporary, "wb") as target:
        shutil.copyfileobj(source, target)
