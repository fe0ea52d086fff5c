"""The gradient of a network's output by its one-hot promoter, in batches."""

from __future__ import annotations

import numpy as np

from deepexpr.model.backend import gradient, keras
from deepexpr.model.examples import Examples, batches_of

#: Promoters per pass; memory grows with it, results do not change.
GRADIENT_BATCH = 32


def promoter_gradient(model: keras.Model, examples: Examples) -> np.ndarray:
    """d(last output unit) / d(one-hot promoter): float32 (n, L, 4), dropout off.

    examples : with promoters; other inputs are held as they are. The output is what the model
    predicts (log10 expression, or P(+1)). Raises InputError for a backend without gradients.
    """
    parts = []
    for rows, kept in batches_of(len(examples), GRADIENT_BATCH):
        promoter, *others = examples.take(rows).model_inputs()
        # Keras takes tensors or arrays, but not both in one call.
        others = [keras.ops.convert_to_tensor(other) for other in others]

        def total(values, others=others):
            inputs = [values, *others] if others else values
            return keras.ops.sum(model(inputs, training=False)[:, -1])

        parts.append(gradient(total, promoter)[:kept])
    return np.concatenate(parts)
