"""Layers that Keras lacks; registered, so that a saved model finds them again."""

from __future__ import annotations

import numpy as np

from deepexpr.model.backend import keras


@keras.saving.register_keras_serializable("deepexpression")
class LoopTotals(keras.layers.Layer):
    """Loops summed within distances of the TSS: (batch, B) to (batch, len(reach)), both log2.

    Bins hold log2(1 + count). A gene's expression follows its summed count (paper, figure 2A),
    which a dense layer on logarithms of single bins learns only from many genes.

    reach : numbers of bins on each side of the TSS, which lies between bins B/2 - 1 and B/2;
        more than B/2 means all bins.
    """

    def __init__(self, reach: list[int], **options) -> None:
        super().__init__(**options)
        self.reach = list(reach)

    def call(self, bins):
        """log2(1 + the sum of the counts in reach)."""
        counts = keras.ops.exp(bins * np.log(2.0)) - 1.0
        members = keras.ops.convert_to_tensor(self._members(bins.shape[-1]), dtype=counts.dtype)
        return keras.ops.log1p(keras.ops.matmul(counts, members)) / np.log(2.0)

    def _members(self, bins: int) -> np.ndarray:
        distance = np.abs(np.arange(bins) + 0.5 - bins / 2)
        return (distance[:, None] < np.array(self.reach)).astype(np.float32)

    def compute_output_shape(self, input_shape):
        """(batch, number of totals)."""
        return (*input_shape[:-1], len(self.reach))

    def get_config(self) -> dict:
        """Keras' settings and `reach`."""
        return super().get_config() | {"reach": self.reach}


@keras.saving.register_keras_serializable("deepexpression")
class Flip(keras.layers.Layer):
    """The input with some axes reversed; a layer, so that it has a name of its own when saved.

    axes : numbers of the axes, batch axis 0. Axes 1 and 2 of a one-hot promoter in order A, C, G,
        T give its reverse complement.
    """

    def __init__(self, axes: list[int], **options) -> None:
        super().__init__(**options)
        self.axes = list(axes)

    def call(self, x):
        """The reversed input."""
        return keras.ops.flip(x, self.axes)

    def compute_output_shape(self, input_shape):
        """That of the input."""
        return input_shape

    def get_config(self) -> dict:
        """Keras' settings and `axes`."""
        return super().get_config() | {"axes": self.axes}


@keras.saving.register_keras_serializable("deepexpression")
class DropoutFrom(keras.layers.Dropout):
    """Dropout of the columns from number `first` on; those before it always stay."""

    def __init__(self, rate: float, first: int, **options) -> None:
        super().__init__(rate, **options)
        self.first = first

    def call(self, x, training=False):
        """Input and output (batch, columns)."""
        dropped = super().call(x[:, self.first :], training=training)
        return keras.ops.concatenate([x[:, : self.first], dropped], axis=1)

    def get_config(self) -> dict:
        """Keras' settings and `first`."""
        return super().get_config() | {"first": self.first}
