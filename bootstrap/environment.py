"""The virtual environment in .venv, made from the hash-locked requirements."""

from __future__ import annotations

import hashlib
import os
import shutil
import sys
import tempfile
from pathlib import Path

from bootstrap.shell import ROOT, SetupError, run, say, works

VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
#: Locked packages that their authors publish as source only (pure Python, no compiler needed).
SOURCE_ONLY = "connection-pool"


def ensure_environment(lock: str) -> None:
    """Make .venv hold exactly what requirements/{lock}.txt lists; do nothing if it does."""
    path = ROOT / "requirements" / f"{lock}.txt"
    wanted = hashlib.sha256(path.read_bytes() + sys.version.encode()).hexdigest()
    stamp = VENV / f".{lock}.stamp"
    command = VENV / "bin" / "deepexpr"
    done = stamp.is_file() and stamp.read_text() == wanted and command.is_file()
    if done and works([str(PYTHON), "-c", ""]):
        return
    if not works([str(PYTHON), "-m", "pip", "--version"]):
        say(f"Making the Python environment {VENV.relative_to(ROOT)} ...")
        shutil.rmtree(VENV, ignore_errors=True)
        _make_venv()
    say(f"Installing {path.relative_to(ROOT)} (hashes checked; 1 to 3 minutes the first time) ...")
    command = [str(PYTHON), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    command += ["--only-binary", ":all:", "--no-binary", SOURCE_ONLY, "--require-hashes"]
    run([*command, "-r", str(path)])
    _install_project()
    stamp.write_text(wanted)


def _install_project() -> None:
    """Put the command ``deepexpr`` into .venv; the code stays where it is."""
    command = [str(PYTHON), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    run([*command, "--no-deps", "--no-index", "--no-build-isolation", "--editable", str(ROOT)])


def _make_venv() -> None:
    if works([sys.executable, "-c", "import ensurepip, venv"]):
        run([sys.executable, "-m", "venv", str(VENV)])
        return
    name = f"python{sys.version_info.major}.{sys.version_info.minor}-venv"
    if not shutil.which("apt-get"):
        raise SetupError(f"This Python cannot make virtual environments.\n  fix: install {name}")
    if os.geteuid() == 0:
        say(f"Installing {name} with apt ...")
        run(["apt-get", "update", "-qq"])
        run(["apt-get", "install", "-y", "-qq", "--no-install-recommends", name])
        run([sys.executable, "-m", "venv", str(VENV)])
        return
    _make_venv_with_debian_pip()


def _make_venv_with_debian_pip() -> None:
    """Without root: Debian keeps the pip wheel in a package that can be unpacked anywhere."""
    from bootstrap.debian import unpack_packages

    run([sys.executable, "-m", "venv", "--without-pip", str(VENV)])
    with tempfile.TemporaryDirectory() as folder:
        unpack_packages(["python3-pip-whl"], Path(folder))
        wheels = sorted(Path(folder).glob("usr/share/python-wheels/pip-*.whl"))
        if not wheels:
            raise SetupError("Debian's package python3-pip-whl holds no pip wheel.")
        run([str(PYTHON), f"{wheels[-1]}/pip", "install", "--quiet", "pip"])
