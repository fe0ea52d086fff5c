"""The gradient of a network's output by its one-hot promoter: the one thing Keras 3 has no
backend-independent call for. TensorFlow and JAX each get their own few lines.
"""

from __future__ import annotations

import importlib

import numpy as np

from deepexpr.errors import InputError
from deepexpr.model.backend import keras
from deepexpr.model.examples import Examples, batches_of

#: Promoters per pass; memory grows with it, results do not change.
GRADIENT_BATCH = 32


def promoter_gradient(model: keras.Model, examples: Examples) -> np.ndarray:
    """d(last output unit) / d(one-hot promoter): float32 (n, L, 4), dropout off.

    examples : with promoters; other inputs are held as they are. The output is what the model
    predicts (log10 expression, or P(+1)). Raises InputError for a backend without gradients.
    """
    backend = keras.backend.backend()
    if backend not in _BACKENDS:
        raise InputError(
            f"The backend {backend} gives no gradients.",
            expected=", ".join(_BACKENDS),
            fix="Set KERAS_BACKEND to one of these, or use in-silico mutagenesis.",
        )
    parts = []
    for rows, kept in batches_of(len(examples), GRADIENT_BATCH):
        inputs = examples.take(rows).model_inputs()
        parts.append(_BACKENDS[backend](model, inputs[0], inputs[1:])[:kept])
    return np.concatenate(parts)


def _called(model: keras.Model, promoter, others):
    # Keras takes tensors or arrays, but not both in one call.
    others = [keras.ops.convert_to_tensor(other) for other in others]
    return model([promoter, *others] if others else promoter, training=False)


def _tensorflow(model: keras.Model, promoter: np.ndarray, others: list) -> np.ndarray:
    import tensorflow as tf

    promoter = tf.convert_to_tensor(promoter)
    with tf.GradientTape() as tape:
        tape.watch(promoter)
        total = tf.reduce_sum(_called(model, promoter, others)[:, -1])
    return tape.gradient(total, promoter).numpy()


def _jax(model: keras.Model, promoter: np.ndarray, others: list) -> np.ndarray:
    # By name: JAX is there where Keras runs on it, and in no environment of the workflow.
    jax = importlib.import_module("jax")

    def total(values):
        return _called(model, values, others)[:, -1].sum()

    return np.asarray(jax.grad(total)(jax.numpy.asarray(promoter)))


_BACKENDS = {"tensorflow": _tensorflow, "jax": _jax}
