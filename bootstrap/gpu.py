"""The Python of `make gpu`: .venv-gpu from what envs/ pins for training on a GPU, or one's own."""

from __future__ import annotations

import hashlib
import re
import shutil
import sys
from pathlib import Path

from bootstrap.environment import make_venv
from bootstrap.shell import ROOT, SetupError, run, say, works

VENV = ROOT / ".venv-gpu"
ENVIRONMENTS = ("jax-gpu", "tensorflow-gpu")
PIN = re.compile(r"^ +- (\S+==\S+)$", re.MULTILINE)
#: Python versions for which all pins have wheels.
FIRST, LAST = (3, 11), (3, 13)
#: What the benchmark imports; TensorFlow beside it is measured where it is there.
NEEDED = (
    "h5py", "jax", "keras", "numpy", "pandas", "pydantic", "yaml", "sklearn", "scipy",
    "threadpoolctl",
)  # fmt: skip
#: Prints those of its arguments that cannot be imported.
MISSING = (
    "import sys; from importlib.util import find_spec; "
    "print(*[name for name in sys.argv[1:] if find_spec(name) is None])"
)
#: Is there where the driver is loaded, with or without the command nvidia-smi.
DRIVER = Path("/proc/driver/nvidia")


def ensure_gpu_python(own: str | None) -> None:
    """Make .venv-gpu hold what envs/ pins, or see that the Python `own` has what is needed."""
    if own:
        _check(own)
    else:
        _ensure_environment()


def _check(own: str) -> None:
    missing = run([own, "-c", MISSING, *NEEDED]).split()
    if missing:
        raise SetupError(
            f"{own} cannot import {', '.join(missing)}.\n"
            "  fix: install what envs/jax-gpu.yaml lists there, or leave GPU_PYTHON out"
        )


def _ensure_environment() -> None:
    if not (works(["nvidia-smi"]) or DRIVER.exists()):
        raise SetupError(
            f"No NVIDIA GPU: nvidia-smi does not work and {DRIVER} is not there; nothing was "
            "installed.\n  fix: run it where nvidia-smi shows a card, or with a Python whose JAX "
            "sees a GPU: make gpu GPU_PYTHON=python3"
        )
    version = sys.version_info[:2]
    if not FIRST <= version <= LAST:
        raise SetupError(
            f"make gpu needs Python 3.11 to 3.13; this is {version[0]}.{version[1]} at "
            f"{sys.executable}.\n  fix: make gpu PYTHON=/path/to/python3.13"
        )
    pins = _pins()
    wanted = hashlib.sha256("\n".join([*pins, sys.version]).encode()).hexdigest()
    stamp, python = VENV / ".stamp", str(VENV / "bin/python")
    if stamp.is_file() and stamp.read_text() == wanted and works([python, "-c", ""]):
        return
    # A half-made one has no pip; one of another Python may have no wheels.
    usable = f"import pip, sys; sys.exit(sys.version != {sys.version!r})"
    if not works([python, "-c", usable]):
        say(f"Making the Python environment {VENV.name} ...")
        shutil.rmtree(VENV, ignore_errors=True)
        make_venv(VENV)
    say("Installing JAX and TensorFlow with CUDA (some gigabytes) ...")
    run([python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *pins])
    stamp.write_text(wanted)


def _pins() -> list[str]:
    """NAME==VERSION of all packages of both environments, each once."""
    texts = [(ROOT / f"envs/{name}.yaml").read_text() for name in ENVIRONMENTS]
    return sorted({pin for text in texts for pin in PIN.findall(text)})
