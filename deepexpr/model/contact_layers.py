"""Layers for places that loops join to a gene; registered, so that a saved model finds them."""

import numpy as np

from deepexpr.model.backend import keras


@keras.saving.register_keras_serializable("deepexpression")
class Slots(keras.layers.Layer):
    """Sequences one behind the other, each followed by `gap` unknown letters.

    (batch, N, W, 4) one-hot to (batch, N * (W + gap), 4).
    """

    def __init__(self, gap: int, **options) -> None:
        super().__init__(**options)
        self.gap = gap

    def call(self, letters):
        """One row of letters for each gene."""
        padded = keras.ops.pad(letters, ((0, 0), (0, 0), (0, self.gap), (0, 0)))
        return keras.ops.reshape(padded, (-1, padded.shape[1] * padded.shape[2], 4))

    def compute_output_shape(self, input_shape):
        """(batch, N * (W + gap), 4)."""
        return (input_shape[0], input_shape[1] * (input_shape[2] + self.gap), 4)

    def get_config(self) -> dict:
        """Keras' settings and `gap`."""
        return super().get_config() | {"gap": self.gap}


@keras.saving.register_keras_serializable("deepexpression")
class LogSums(keras.layers.Layer):
    """Means over `size` positions to log(1 + sum): a second site says less than the first."""

    def __init__(self, size: int, **options) -> None:
        super().__init__(**options)
        self.size = size

    def call(self, means):
        """Of the same shape."""
        return keras.ops.log1p(means * self.size)

    def compute_output_shape(self, input_shape):
        """That of the input."""
        return input_shape

    def get_config(self) -> dict:
        """Keras' settings and `size`."""
        return super().get_config() | {"size": self.size}


@keras.saving.register_keras_serializable("deepexpression")
class ContactNumbers(keras.layers.Layer):
    """Contacts (batch, N, 2), log2(1 + count) and distance in bp, to what attention reads.

    (batch, N, 3): the count as it is, the decimal logarithm of the distance (0 at 100 kb), and on
    which side of the TSS the place lies (-1, 1).
    """

    def call(self, contacts):
        """Numbers of about the same size."""
        ops = keras.ops
        count, distance = contacts[:, :, :1], contacts[:, :, 1:]
        far = ops.log(1e3 + ops.abs(distance)) / np.log(10.0) - 5.0
        return ops.concatenate([count, far, ops.sign(distance)], axis=2)

    def compute_output_shape(self, input_shape):
        """(batch, N, 3)."""
        return (*input_shape[:2], 3)


@keras.saving.register_keras_serializable("deepexpression")
class AttendedTotals(keras.layers.Layer):
    """[Attention (batch, N, K), contacts (batch, N, 2)] to log2(1 + weighted counts), (batch, K).

    Attention lies between 0 and 1 for each contact alone, and not in shares that sum to 1: two
    enhancers do more than one. An empty slot has no count, whatever its attention.

    distance : contacts farther from the TSS than so many bp count nothing; None: all count.
    """

    def __init__(self, distance: int | None = None, **options) -> None:
        super().__init__(**options)
        self.distance = distance

    def call(self, inputs):
        """Counts are summed before the logarithm, as in bins."""
        ops = keras.ops
        attention, contacts = inputs
        counts = ops.exp(contacts[:, :, :1] * np.log(2.0)) - 1.0
        if self.distance is not None:
            near = ops.abs(contacts[:, :, 1:]) < self.distance
            counts = counts * ops.cast(near, counts.dtype)
        return ops.log1p(ops.sum(attention * counts, axis=1)) / np.log(2.0)

    def compute_output_shape(self, input_shape):
        """(batch, K)."""
        attention, _ = input_shape
        return (attention[0], attention[2])

    def get_config(self) -> dict:
        """Keras' settings and `distance`."""
        return super().get_config() | {"distance": self.distance}
