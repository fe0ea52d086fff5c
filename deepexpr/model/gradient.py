"""The gradient of a network's output by its one-hot promoter, in batches."""

import numpy as np

from deepexpr.features.dataset import PROMOTER
from deepexpr.model.backend import gradient, keras
from deepexpr.model.examples import Examples, batches_of, input_names

#: Promoters per pass; memory grows with it, results do not change.
GRADIENT_BATCH = 32


def promoter_gradient(model: keras.Model, examples: Examples) -> np.ndarray:
    """d(last output unit) / d(one-hot promoter): float32 (n, L, 4), dropout off.

    examples : with promoters; other inputs are held as they are. The output is what the model
    predicts (log10 expression, or P(+1)). Raises InputError for a backend without gradients.
    """
    parts, names = [], input_names(model)
    place, examples = names.index(PROMOTER), examples.only(names)
    for rows, kept in batches_of(len(examples), GRADIENT_BATCH):
        arrays = examples.take(rows).floats()
        # Keras takes tensors or arrays, but not both in one call.
        inputs = [keras.ops.convert_to_tensor(array) for array in arrays]

        def total(values, inputs=inputs):
            inputs = [*inputs[:place], values, *inputs[place + 1 :]]
            output = model(inputs if len(inputs) > 1 else values, training=False)
            return keras.ops.sum(output[:, -1])

        parts.append(gradient(total, arrays[place])[:kept])
    return np.concatenate(parts)
