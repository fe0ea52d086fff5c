"""What made a result: versions and checksums, recorded beside it."""

import hashlib
import importlib.metadata
import json
import platform
from pathlib import Path

from deepexpr import __version__

PACKAGES = (
    "numpy", "scipy", "pandas", "scikit-learn", "numba", "h5py", "pysam", "pyranges", "keras",
    "tensorflow", "jax", "matplotlib", "memelite", "pyjaspar", "snakemake",
)  # fmt: skip


def versions() -> dict[str, str]:
    """Versions of deepexpr, Python and of those PACKAGES that are installed."""
    found = {"deepexpr": __version__, "python": platform.python_version()}
    for name in PACKAGES:
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    return found


def sha256_file(path: str | Path) -> str:
    """SHA-256 of a file's bytes, as hex."""
    with open(path, "rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()


def fingerprint(*parts: object) -> str:
    """SHA-256 over the JSON of `parts`, keys sorted: equal settings give equal text."""
    text = json.dumps(parts, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()
