"""A proximal module that reads the promoter along, in both directions."""

from dataclasses import dataclass

from deepexpr.model.backend import keras
from deepexpr.model.network import TwoModules

layers = keras.layers


@dataclass(frozen=True, kw_only=True)
class Recurrent(TwoModules):
    """Filters, pooling and a bidirectional LSTM, whose last states go to the dense layers.

    recurrent : its units in each direction.
    """

    recurrent: int
    blocks: int = 0
    layers: int = 0
    growth: int = 1
    block_kernel: int = 1
    pool: int = 1

    def summary(self, x):
        """Maps (batch, positions, maps) to the last states, (batch, 2 * recurrent)."""
        return layers.Bidirectional(layers.LSTM(self.recurrent, name="lstm"), name="recurrent")(x)
