"""The virtual environment in .venv, made from the hash-locked requirements."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import sys
import tempfile
from pathlib import Path

from bootstrap.shell import ROOT, SetupError, run, say, works

VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
#: Locked packages that their authors publish as source only (pure Python, no compiler needed).
SOURCE_ONLY = "connection-pool"
WHEELS = ("--only-binary", ":all:", "--no-binary", SOURCE_ONLY)
PIP = (str(PYTHON), "-m", "pip", "install", "--quiet", "--disable-pip-version-check")
#: A line of `pip config list`, such as global.index-url='https://...'.
SETTING = re.compile(r"^[\w:]+\.([\w-]+)='(.*)'$", re.MULTILINE)
#: pip's settings and what uv calls them.
UV_NAMES = {
    "index-url": "UV_DEFAULT_INDEX",
    "extra-index-url": "UV_INDEX",
    "find-links": "UV_FIND_LINKS",
    "cert": "SSL_CERT_FILE",
    "proxy": "ALL_PROXY",
}


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
        make_venv(VENV)
    say(f"Installing {path.relative_to(ROOT)} (hashes checked; up to 2 minutes the first time) ...")
    _install_locked(path)
    _install_project()
    stamp.write_text(wanted)


def _install_locked(path: Path) -> None:
    """Install a lock file by uv, four times as fast as pip; by pip where uv cannot."""
    try:
        run([*PIP, "--require-hashes", "-r", str(ROOT / "requirements" / "installer.txt")])
        command = [str(VENV / "bin" / "uv"), "pip", "install", "--python", str(PYTHON)]
        # Of several indexes the best match, as pip does; the hashes say what may be installed.
        command += ["--index-strategy", "unsafe-best-match", "--require-hashes"]
        # As pip does. Where PYTHONDONTWRITEBYTECODE is set, as in many images, every job would
        # else translate all of TensorFlow's sources again: 11 seconds instead of 4.
        command.append("--compile-bytecode")
        run([*command, *WHEELS, "-r", str(path)], env=os.environ | _uv_settings())
    except SetupError as error:
        say(f"uv could not; pip goes on, which takes longer.\n  {str(error)[:600]}")
        run([*PIP, *WHEELS, "--require-hashes", "-r", str(path)])


def _uv_settings() -> dict[str, str]:
    """What uv has to be told of pip's own settings (mirrors, certificates, proxies)."""
    listed = run([str(PYTHON), "-m", "pip", "config", "list"])
    found = dict(SETTING.findall(listed))
    return {name: found[key] for key, name in UV_NAMES.items() if key in found}


def _install_project() -> None:
    """Put the command ``deepexpr`` into .venv; the code stays where it is, translated once."""
    run([*PIP, "--no-deps", "--no-index", "--no-build-isolation", "--editable", str(ROOT)])
    run([str(PYTHON), "-m", "compileall", "-q", str(ROOT / "deepexpr")])


def make_venv(folder: Path) -> None:
    """A virtual environment with pip, also where Debian's Python comes without ensurepip."""
    if works([sys.executable, "-c", "import ensurepip, venv"]):
        run([sys.executable, "-m", "venv", str(folder)])
        return
    name = f"python{sys.version_info.major}.{sys.version_info.minor}-venv"
    if not shutil.which("apt-get"):
        raise SetupError(f"This Python cannot make virtual environments.\n  fix: install {name}")
    if os.geteuid() == 0:
        say(f"Installing {name} with apt ...")
        run(["apt-get", "update", "-qq"])
        run(["apt-get", "install", "-y", "-qq", "--no-install-recommends", name])
        run([sys.executable, "-m", "venv", str(folder)])
        return
    _make_venv_with_debian_pip(folder)


def _make_venv_with_debian_pip(target: Path) -> None:
    """Without root: Debian keeps the pip wheel in a package that can be unpacked anywhere."""
    from bootstrap.debian import unpack_packages

    run([sys.executable, "-m", "venv", "--without-pip", str(target)])
    with tempfile.TemporaryDirectory() as folder:
        unpack_packages(["python3-pip-whl"], Path(folder))
        wheels = sorted(Path(folder).glob("usr/share/python-wheels/pip-*.whl"))
        if not wheels:
            raise SetupError("Debian's package python3-pip-whl holds no pip wheel.")
        run([str(target / "bin/python"), f"{wheels[-1]}/pip", "install", "--quiet", "pip"])
