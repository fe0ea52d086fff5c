"""The one place that speaks to the backend under Keras: logs, threads, determinism, devices.

Everything else in this package is pure Keras 3 and imports ``keras`` from here, so that the
default backend and its log level are set before Keras is first imported, whoever does it.
"""

from __future__ import annotations

import logging
import os

os.environ.setdefault("KERAS_BACKEND", "tensorflow")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")  # errors only; its start-up notes are no news
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")

import keras

from deepexpr.errors import InputError

__all__ = ["configure", "device_name", "keras"]

log = logging.getLogger(__name__)


def configure(threads: int | None = None, require_gpu: bool = False) -> str:
    """Set threads and deterministic operations; return and log the device that will be used.

    threads : CPU threads inside and between operations; None leaves the backend's choice. Only
        the first call in a process can set them (TensorFlow fixes them at its first operation).
    require_gpu : stop with InputError where the backend sees no GPU, instead of running for days
        on the CPU.
    """
    if keras.backend.backend() == "tensorflow":
        _configure_tensorflow(threads)
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
