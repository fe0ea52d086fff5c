"""A proximal module whose first layer gives each k-mer of the promoter a learnt vector."""

from dataclasses import dataclass

from deepexpr.model.backend import keras
from deepexpr.model.network import TwoModules, normalise_and_rectify

layers = keras.layers


@keras.saving.register_keras_serializable("deepexpression")
class TokenVectors(keras.layers.Layer):
    """Overlapping k-mers as tokens: letters (batch, L, 4) to (batch, L - token + 1, vector).

    A token is the product of its letters' one-hot codes, so one with N is all 0, and the gradient
    by letters is there, which a table looked up by number has not.

    token : its letters. vector : numbers learnt for each of the 4^token.
    """

    def __init__(self, token: int, vector: int, **options) -> None:
        super().__init__(**options)
        self.token, self.vector = token, vector

    def build(self, input_shape) -> None:
        """The vectors: (4^token, vector)."""
        self._vectors = self.add_weight(
            shape=(4**self.token, self.vector), initializer="glorot_uniform", name="vectors"
        )

    def call(self, letters):
        """The vector of each token."""
        ops = keras.ops
        places = letters.shape[1] - self.token + 1
        tokens = letters[:, :places]
        for i in range(1, self.token):
            following = letters[:, i : i + places]
            tokens = ops.expand_dims(tokens, -1) * ops.expand_dims(following, -2)
            tokens = ops.reshape(tokens, (-1, places, 4 ** (i + 1)))
        return ops.matmul(tokens, self._vectors)

    def compute_output_shape(self, input_shape):
        """(batch, L - token + 1, vector)."""
        return (input_shape[0], input_shape[1] - self.token + 1, self.vector)

    def get_config(self) -> dict:
        """Keras' settings and those of the layer."""
        return super().get_config() | {"token": self.token, "vector": self.vector}


@dataclass(frozen=True, kw_only=True)
class Embedded(TwoModules):
    """Mean vectors of k-mers, rectified, then dense blocks as in the other variants."""

    token: int
    vector: int
    filters: int = 1
    kernel: int = 1

    def first_maps(self, promoter):
        """(batch, L, 4) to mean vectors, (batch, (L - token + 1) // first_pool, vector)."""
        x = TokenVectors(self.token, self.vector, name="token_vectors")(promoter)
        x = layers.AveragePooling1D(self.first_pool, name="first_pool")(x)
        return normalise_and_rectify(self, x, "first")
