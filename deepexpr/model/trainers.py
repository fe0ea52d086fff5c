"""Which trainer a job takes; asked before Keras is loaded, as one of them needs it on JAX."""

import importlib
import importlib.util
import logging
import os
import sys
from collections.abc import Mapping
from importlib.metadata import entry_points
from typing import Any

from deepexpr.errors import InputError

log = logging.getLogger(__name__)

SEQUENTIAL, STACKED = "sequential", "stacked"
_VARIABLE = "KERAS_BACKEND"


def choose_trainer(asked: str | None) -> str:
    """SEQUENTIAL or STACKED; None: STACKED where JAX is installed, allowed and sees a GPU.

    For STACKED, Keras will be loaded on JAX. Raises InputError where JAX was asked for and is not
    installed, or another backend is asked for in the environment or already loaded.
    """
    if asked == SEQUENTIAL or (asked is None and not (_may_be_jax() and _jax_sees_gpu())):
        return SEQUENTIAL
    if problem := _problem():
        raise problem
    os.environ[_VARIABLE] = "jax"
    return STACKED


def warn_of_trainer(training: Mapping[str, Any]) -> None:
    """Say before a run that its networks could not be trained here as the settings ask.

    It is no error, as jobs may find JAX where this process does not: by conda, on other nodes.
    """
    if training.get("trainer") == STACKED and (problem := _problem()):
        log.warning("%s Here its jobs would fail. %s", problem.problem, problem.fix)


def _problem() -> InputError | None:
    """Why the trainer stacked cannot run here, or None."""
    if importlib.util.find_spec("jax") is None:
        return InputError(
            "The trainer stacked runs on JAX, which is not installed.",
            where="training.trainer",
            fix="In the project's folder: python -m pip install -e '.[jax]' ('.[jax-cuda]' for a "
            "GPU). Or use conda (envs/jax.yaml, envs/jax-gpu.yaml), or the trainer sequential.",
        )
    if not _may_be_jax():
        return InputError(
            "The trainer stacked needs Keras on JAX.",
            where=f"training.trainer, environment variable {_VARIABLE}",
            expected=f"{_VARIABLE}=jax, or none",
            found=f"Keras on {os.environ[_VARIABLE]}",
            fix=f"Unset {_VARIABLE}, or take the trainer sequential.",
        )
    return None


def _may_be_jax() -> bool:
    """Whether neither the environment nor a loaded Keras says otherwise.

    deepexpr.model.backend sets the variable before it loads Keras.
    """
    asked = os.environ.get(_VARIABLE, "jax")
    return asked == "jax" and ("keras" not in sys.modules or _VARIABLE in os.environ)


def _jax_sees_gpu() -> bool:
    if importlib.util.find_spec("jax") is None:
        return False
    # JAX takes a second to start, and sees a GPU only through a plug-in.
    if not importlib.util.find_spec("jax_plugins") and not entry_points(group="jax_plugins"):
        return False
    return importlib.import_module("jax").default_backend() == "gpu"
