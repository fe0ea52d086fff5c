"""The one place that speaks to the backend under Keras: logs, threads, devices, gradients.

Everything else in this package is pure Keras 3 and imports ``keras`` from here, so that the
default backend and its log level are set before Keras is first imported, whoever does it.
"""

import contextlib
import gc
import importlib
import logging
import os
import sys
import tempfile
from collections.abc import Callable
from typing import Any

import numpy as np

os.environ.setdefault("KERAS_BACKEND", "tensorflow")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")  # errors only
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")

from deepexpr.errors import InputError


@contextlib.contextmanager
def _without_start_up_notes():
    """Keep what is written past Python to file descriptor 2; it is shown if something fails.

    TensorFlow's libraries note, at no level that could be set, that they see no GPU driver.
    """
    sys.stderr.flush()
    shown = os.dup(2)
    with tempfile.TemporaryFile() as notes:
        os.dup2(notes.fileno(), 2)
        try:
            yield
        except BaseException:
            notes.seek(0)
            os.write(shown, notes.read())
            raise
        finally:
            os.dup2(shown, 2)
            os.close(shown)


@contextlib.contextmanager
def _without_optional(*packages: str):
    """Packages that are not loaded yet look absent: to Keras and TensorFlow they are optional.

    They would be loaded for galleries of images, wrappers and converters that nothing here uses,
    for a third of the seconds that every job takes to start.
    """
    hidden = [name for name in packages if name not in sys.modules]
    sys.modules.update(dict.fromkeys(hidden))  # type: ignore[arg-type]  # None: not importable
    try:
        yield
    finally:
        for name in hidden:
            sys.modules.pop(name, None)


@contextlib.contextmanager
def _without_collecting():
    """What is loaded stays: it is not searched for garbage now, which takes as long as loading it,
    nor ever again."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        if enabled:
            gc.enable()


#: JAX only where it is the backend.
_OPTIONAL = ("matplotlib", "sklearn", "jax")[: 2 if os.environ["KERAS_BACKEND"] == "jax" else 3]

try:
    with _without_start_up_notes(), _without_optional(*_OPTIONAL), _without_collecting():
        import keras
except ValueError as error:
    raise InputError(
        f"Keras does not start: {error}",
        where="environment variable KERAS_BACKEND, or Keras' own settings (~/.keras/keras.json)",
        expected="the backend tensorflow or jax, and settings that Keras knows",
        found=f"KERAS_BACKEND={os.environ['KERAS_BACKEND']}",
    ) from error

# Keras reads these from a file of the user, ~/.keras/keras.json. Losses and rates take floatx and
# layers the order of axes, whatever the dtype policy: numbers must not depend on that file.
keras.config.set_floatx("float32")
keras.config.set_epsilon(1e-7)
keras.config.set_image_data_format("channels_last")
# KERAS_MAX_EPOCHS and KERAS_MAX_STEPS_PER_EPOCH of the environment would end training early.
for _limit in ("set_max_epochs", "set_max_steps_per_epoch"):
    if hasattr(keras.config, _limit):  # not before Keras 3.10
        getattr(keras.config, _limit)(None)

__all__ = ["configure", "device_name", "gradient", "keras", "set_seed"]

log = logging.getLogger(__name__)


def configure(threads: int | None = None, require_gpu: bool = False) -> str:
    """Set threads and deterministic operations; return and log the device that will be used.

    threads : CPU threads inside and between operations; None leaves the backend's choice. Only
        the first call in a process can set them (both backends fix them at their first operation).
    require_gpu : stop with InputError where the backend sees no GPU, instead of running for days
        on the CPU.
    """
    if keras.backend.backend() == "tensorflow":
        _configure_tensorflow(threads)
    elif threads:  # JAX has no setting; XLA's CPU client asks for this when it starts
        os.environ["NPROC"] = str(threads)
    device = device_name()
    if require_gpu and device == "CPU":
        raise InputError(
            "A GPU was promised to this job and the backend sees none.",
            expected="at least one GPU",
            found=f"CPU only (backend {keras.backend.backend()})",
            fix="Check the job's GPU request, the driver and the backend's GPU package, "
            "or run without --require-gpu.",
        )
    log.info("backend %s, device %s", keras.backend.backend(), device)
    return device


def _configure_tensorflow(threads: int | None) -> None:
    import tensorflow as tf

    if threads:
        try:
            tf.config.threading.set_intra_op_parallelism_threads(threads)
            tf.config.threading.set_inter_op_parallelism_threads(threads)
        except RuntimeError:
            log.warning("threads stay as they are: TensorFlow has already started")
    # The same seed gives the same bits; without it some reductions depend on thread timing.
    tf.config.experimental.enable_op_determinism()


def device_name() -> str:
    """ "GPU (n)" where the backend sees n GPUs, else "CPU"."""
    gpus = [name for name in keras.distribution.list_devices() if "cpu" not in name.lower()]
    return f"GPU ({len(gpus)})" if gpus else "CPU"


def set_seed(seed: int) -> None:
    """Seed Python, NumPy and Keras.

    On JAX, Keras would load TensorFlow to seed it too, for seconds and hundreds of megabytes: there
    it looks absent.
    """
    with _without_optional(*(("tensorflow",) if keras.backend.backend() == "jax" else ())):
        keras.utils.set_random_seed(seed)


def jax_module() -> Any:
    """JAX, by name: it is there where Keras runs on it, and in no environment of other rules."""
    return importlib.import_module("jax")


def device_bytes() -> int | None:
    """Memory of the first device under JAX, where it says so; CPUs do not."""
    known = jax_module().devices()[0].memory_stats() or {}
    return known.get("bytes_limit")


def gradient(function: Callable[[Any], Any], values: np.ndarray) -> np.ndarray:
    """d function / d values, of their shape: the one thing Keras 3 has no call of its own for.

    function : takes the values as a tensor and gives a tensor of one number.
    """
    backend = keras.backend.backend()
    if backend == "tensorflow":
        import tensorflow as tf

        tensor = tf.convert_to_tensor(values)
        with tf.GradientTape() as tape:
            tape.watch(tensor)
            result = function(tensor)
        return tape.gradient(result, tensor).numpy()
    if backend == "jax":
        jax = jax_module()
        return np.asarray(jax.grad(function)(jax.numpy.asarray(values)))
    raise InputError(
        f"The backend {backend} gives no gradients.",
        expected="tensorflow or jax",
        fix="Set KERAS_BACKEND to one of these, or use in-silico mutagenesis.",
    )
