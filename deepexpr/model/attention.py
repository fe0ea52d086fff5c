"""What a trained network makes of each contacted place (deepexpr.model.contacted)."""

from collections.abc import Callable

import numpy as np

from deepexpr.errors import InputError
from deepexpr.features.dataset import CONTACTS
from deepexpr.model.backend import keras
from deepexpr.model.examples import Examples
from deepexpr.model.training import forward

#: Examples of n genes to predictions (n,).
Predict = Callable[[Examples], np.ndarray]

#: Names of the module that reads contacted places, and of its attention.
CONTACTED, ATTENTION = "contacted", "attention"


def contact_attention(model: keras.Model, examples: Examples) -> np.ndarray:
    """How much of each contact a trained network counts: float32 (n, N, attentions), 0 to 1; NaN in
    empty slots. Raises InputError where the network reads no contacted places."""
    if CONTACTED not in [layer.name for layer in model.layers]:
        raise InputError(
            "The network reads no contacted places.",
            expected="variant enhancers, kind full or hichip",
        )
    contacted = model.get_layer(CONTACTED)
    judge = keras.Model(contacted.inputs, contacted.get_layer(ATTENTION).output)
    found = forward(judge, examples)
    found[examples.arrays[CONTACTS][:, :, 0] == 0] = np.nan
    return found


def contact_effects(predict: Predict, examples: Examples) -> np.ndarray:
    """What a prediction loses without each contact: float64 (n, N), in the prediction's unit; NaN
    in empty slots. Bins stay as they are. predict : examples to (n,)."""
    contacts = examples.arrays[CONTACTS]
    whole = predict(examples)
    effects = np.full(contacts.shape[:2], np.nan)
    for slot in range(contacts.shape[1]):
        rows = np.flatnonzero(contacts[:, slot, 0] > 0)
        if len(rows):
            changed = contacts[rows].copy()
            changed[:, slot] = 0
            without = predict(examples.take(rows).changed(**{CONTACTS: changed}))
            effects[rows, slot] = whole[rows] - without
    return effects
